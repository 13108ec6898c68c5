/** Folders of a file store: never one that leads out of it. */
import { lstat, mkdir, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreError } from '../../core/errors.ts';

/** The code of a file-system error, e.g. `ENOENT`. */
export function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | null)?.code);
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

/** The path of a folder under `root`, or undefined when it does not exist. `root` itself may be a link; nothing below it may. */
export async function findFolder(root: string, parts: readonly string[]): Promise<string | undefined> {
  try {
    const wanted = join(await realpath(root), ...parts);
    if ((await realpath(wanted)) !== wanted) throw linkError(parts);
    return wanted;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The path of a folder under `root`, made if need be, one level at a time so that no link is followed. */
export async function makeFolder(root: string, parts: readonly string[]): Promise<string> {
  const found = await findFolder(root, parts);
  if (found !== undefined) return found;
  await mkdir(root, { recursive: true });
  let folder = await realpath(root);
  for (const part of parts) {
    folder = join(folder, part);
    try {
      await mkdir(folder);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const status = await lstat(folder);
      if (status.isSymbolicLink()) throw linkError(parts);
      if (!status.isDirectory()) throw new StoreError('ERR_STORE', `fileStore: ${parts.join('/')} must be a folder, but ${part} in it is a key of its own`);
    }
  }
  return folder;
}

// Systems and file systems on which a folder cannot be opened or synced; there the entry is as durable as the system makes it.
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** Makes the entries of a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(codeOf(error))) throw error;
  }
}

/** Makes durable that `folder` exists: syncs the folders above it, up to the parent of the store. */
export async function syncAncestors(folder: string, depth: number): Promise<void> {
  let above = folder;
  for (let level = 0; level <= depth; level++) {
    above = dirname(above);
    await syncFolder(above);
  }
}

function linkError(parts: readonly string[]): StoreError {
  return new StoreError('ERR_STORE', `fileStore: ${parts.join('/')} must not pass through a symbolic link`);
}
