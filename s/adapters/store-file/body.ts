/** Bodies as they lie in a folder: a file named after the key, or where files cannot be linked a folder of that name with one file in it. */
import type { BigIntStats } from 'node:fs';
import { constants, open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../core/errors.ts';
import type { Etag } from '../../storage/types.ts';
import { codeOf, isMissing } from './folders.ts';

/** The one file of the second form. No key segment starts with a dot. */
export const BODY_NAME = '.body';

// No links are followed, and opening a pipe does not wait for its other end. Windows has neither flag.
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface OpenBody {
  readonly handle: FileHandle;
  readonly size: number;
  readonly etag: Etag;
}

/** Weak: tells two bodies that follow each other apart, which is all a store without swaps needs. */
export function etagOf({ ino, mtimeNs, size }: BigIntStats): Etag {
  return `${ino}-${mtimeNs}-${size}` as Etag;
}

/** The open body at `path`, or undefined when there is none. The caller closes it. */
export async function openBody(path: string): Promise<OpenBody | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, READ_FLAGS);
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (codeOf(error) === 'EISDIR' && !path.endsWith(BODY_NAME)) return openBody(join(path, BODY_NAME)); // Windows does not open folders
    throw new StoreError('ERR_STORE', `fileStore: ${path} must be a readable file and no link (${codeOf(error)})`, { cause: error });
  }
  const status = await handle.stat({ bigint: true });
  if (status.isFile()) return { handle, size: Number(status.size), etag: etagOf(status) };
  await handle.close();
  if (status.isDirectory() && !path.endsWith(BODY_NAME)) return openBody(join(path, BODY_NAME));
  throw new StoreError('ERR_STORE', `fileStore: ${path} must be a regular file`);
}

export async function readBody({ handle, size }: OpenBody): Promise<Uint8Array> {
  const body = new Uint8Array(size);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await handle.read(body, done, size - done, done);
    if (bytesRead === 0) throw new StoreError('ERR_STORE', `fileStore: a body of ${size} bytes must not shrink while it is read, got ${done}`);
    done += bytesRead;
  }
  return body;
}

/** True when the second form holds a body at `path`. */
export async function hasFolderBody(path: string): Promise<boolean> {
  return stat(join(path, BODY_NAME)).then((status) => status.isFile(), () => false);
}
