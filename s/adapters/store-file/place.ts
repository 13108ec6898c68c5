/** The one step that makes a body visible, and the one that takes it away. */
import { link, lstat, mkdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreError } from '../../core/errors.ts';
import { BODY_NAME, hasFolderBody } from './body.ts';
import { codeOf, isMissing, syncFolder } from './folders.ts';
import { tempName } from './temps.ts';

// What link answers on file systems without hard links: Linux EPERM, macOS ENOTSUP, FUSE ENOSYS, Windows EISDIR.
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EINVAL']);

/**
 * Puts a finished temporary file at `final` unless something is there. False when something is.
 *
 * Without hard links the file goes into a folder of its own, and that folder is renamed to `final`: renaming a folder never replaces a file or
 * a folder that holds something, and it is one step as well. Both forms exclude each other, so processes may mix them.
 */
export async function placeNew(temp: string, final: string, hasLinks: boolean): Promise<boolean> {
  if (hasLinks) {
    try {
      await link(temp, final);
      return true;
    } catch (error) {
      // A network file system may repeat a request whose answer was lost: then the link is there, and ours.
      if ((await stat(temp).then(({ nlink }) => nlink, () => 1)) === 2) return true;
      if (codeOf(error) === 'EEXIST') return requireBody(final);
      if (!NO_LINKS.has(codeOf(error))) throw error;
    }
  }
  return placeNewFolder(temp, final);
}

async function placeNewFolder(temp: string, final: string): Promise<boolean> {
  const folder = join(dirname(final), tempName());
  await mkdir(folder);
  try {
    await rename(temp, join(folder, BODY_NAME));
    await syncFolder(folder);
    await rename(folder, final);
    return true;
  } catch (error) {
    if (await exists(final)) return requireBody(final);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Puts a finished temporary file at `final`, replacing what is there. */
export async function placeAny(temp: string, final: string): Promise<void> {
  try {
    await rename(temp, (await hasFolderBody(final)) ? join(final, BODY_NAME) : final);
  } catch (error) {
    if (['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw folderOfKeys(final);
    // Windows refuses to replace a file that another process reads just now.
    if (['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error))) throw new StoreError('ERR_TRANSIENT', `fileStore: ${final} could not be replaced (${codeOf(error)})`, { cause: error });
    throw error;
  }
}

/** Removes the body at `final`; one that is not there is fine. */
export async function removeBody(final: string): Promise<void> {
  try {
    await unlink(final);
  } catch (error) {
    if (isMissing(error)) return;
    if (!(await lstat(final).then((status) => status.isDirectory(), () => false))) throw error;
    if (!(await hasFolderBody(final))) return;
    await unlink(join(final, BODY_NAME)).catch((inner: unknown) => {
      if (!isMissing(inner)) throw inner;
    });
    await rmdir(final).catch(() => {}); // an empty folder counts as nothing
  }
}

// False, for "not placed", when a body is there; a folder of other keys is a mistake that no retry mends.
async function requireBody(final: string): Promise<false> {
  const isFolder = await lstat(final).then((status) => status.isDirectory(), () => false);
  if (isFolder && !(await hasFolderBody(final))) throw folderOfKeys(final);
  return false;
}

function folderOfKeys(final: string): StoreError {
  return new StoreError('ERR_STORE', `fileStore: ${final} must not be a key, because other keys lie under it`);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(() => true, () => false);
}
