/**
 * A store in a folder: every key whole or absent, whatever dies and whenever.
 *
 * A body is written to a temporary file beside its place, synced, and put in place in one step: linked if it must be new, renamed otherwise.
 * A link never replaces, so of several creators in any number of processes exactly one wins.
 */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { requireKnownKeys, requireText } from '../../core/assert.ts';
import { isQuantwrightError, StoreError } from '../../core/errors.ts';
import { checkGet, checkList, checkPut, closedError, preconditionFailed, tooLarge } from '../../storage/calls.ts';
import { checkKey } from '../../storage/keys.ts';
import type { Etag, ObjectStore, StoreCapabilities, StoreDeleteOptions, StoredObject, StoreGetOptions, StoreListing, StoreListOptions, StorePutOptions } from '../../storage/types.ts';
import { openBody, readBody } from './body.ts';
import type { OpenBody } from './body.ts';
import { codeOf, findFolder, makeFolder, syncAncestors, syncFolder } from './folders.ts';
import { placeAny, placeNew, removeBody } from './place.ts';
import { sweepTemps, writeTemp } from './temps.ts';
import { walkKeys } from './walk-keys.ts';

export interface FileStoreOptions {
  /** Sync every body and folder entry to the disk before a put resolves. Without it a put survives the process, not a power cut. @default true */
  readonly fsync?: boolean;
  /** Use hard links where the file system has them. False takes the way for file systems without, which works everywhere with two more calls. @default true */
  readonly hardLinks?: boolean;
}

/**
 * A store over the files of a folder, safe for any number of processes on one machine. The folder is made at the first put.
 *
 * Files are readable by their owner only. Symbolic links below the folder are refused. What dead processes left behind is
 * removed at the first put, once it is an hour old. Not for network folders that answer before they write.
 *
 * @param directory - path, resolved now against the working directory
 * @throws StoreError `ERR_STORE` with the system's error as cause when the disk refuses; nothing was applied unless the code is `ERR_UNKNOWN_OUTCOME`
 * @example const registry = openRegistry({ store: fileStore('trained_models'), now: () => new Date() });
 */
export function fileStore(directory: string, options: FileStoreOptions = {}): ObjectStore {
  requireKnownKeys('fileStore', options, ['fsync', 'hardLinks']);
  const { fsync: isSynced = true, hardLinks = true } = options;
  const root = resolve(requireText('fileStore', 'directory', directory));
  const caps: StoreCapabilities = Object.freeze({ ifAbsent: 'store', ifMatch: 'none', durability: isSynced ? 'fsync' : 'os', list: 'strong', maxObjectBytes: 2 ** 31 - 1 });
  const self = { name: 'fileStore', caps };
  const syncedFolders = new Set<string>(); // folders whose own entry this store has made durable
  let isClosed = false;
  let sweep: Promise<void> | undefined;

  function requireOpen(): void {
    if (isClosed) throw closedError(self);
  }

  async function openKey(key: string): Promise<OpenBody | undefined> {
    const parts = key.split('/');
    const name = parts.pop() as string;
    const folder = await findFolder(root, parts);
    return folder === undefined ? undefined : openBody(join(folder, name));
  }

  async function get(key: string, getOptions: StoreGetOptions = {}): Promise<StoredObject | undefined> {
    requireOpen();
    checkGet(self, key, getOptions);
    return named('get', key, async () => {
      const opened = await openKey(key);
      if (opened === undefined) return undefined;
      try {
        if (opened.size > (getOptions.maxBytes ?? Infinity)) throw tooLarge(self, key, opened.size, getOptions.maxBytes as number);
        getOptions.signal?.throwIfAborted();
        return { body: await readBody(opened), etag: opened.etag };
      } finally {
        await opened.handle.close();
      }
    }, getOptions.signal);
  }

  async function put(key: string, body: Uint8Array, putOptions: StorePutOptions): Promise<{ readonly etag: Etag }> {
    requireOpen();
    checkPut(self, key, body, putOptions);
    const own = body.slice(); // the caller may go on with its array while the disk works
    const { signal } = putOptions;
    return named('put', key, async () => {
      const parts = key.split('/');
      const name = parts.pop() as string;
      const folder = await makeFolder(root, parts);
      sweep ??= sweepTemps(root, Date.now());
      await sweep;
      if (isSynced && !syncedFolders.has(folder)) {
        await syncAncestors(folder, parts.length);
        syncedFolders.add(folder);
      }
      const temp = await writeTemp(folder, own, isSynced);
      try {
        signal?.throwIfAborted();
        const final = join(folder, name);
        if (putOptions.if.kind === 'any') await placeAny(temp.path, final);
        else if (!(await placeNew(temp.path, final, hardLinks))) throw preconditionFailed(self, key, 'absent');
        if (isSynced) await syncPlaced(folder, key);
        return { etag: temp.etag };
      } finally {
        await rm(temp.path, { force: true }).catch(() => {});
      }
    }, signal);
  }

  // The body is in place; whether it survives a power cut is what failed.
  async function syncPlaced(folder: string, key: string): Promise<void> {
    await syncFolder(folder).catch((cause: unknown) => {
      throw new StoreError('ERR_UNKNOWN_OUTCOME', `fileStore.put: ${key} was written but may not survive a power cut (${codeOf(cause)})`, { cause, details: { key } });
    });
  }

  async function list(prefix: string, listOptions: StoreListOptions = {}): Promise<StoreListing> {
    requireOpen();
    const { after, limit } = checkList(self, prefix, listOptions);
    return named('list', prefix, async () => {
      const folder = await findFolder(root, prefix.split('/').slice(0, -1));
      const keys: { readonly key: string }[] = [];
      if (folder !== undefined) {
        for await (const key of walkKeys(folder, prefix, after)) {
          listOptions.signal?.throwIfAborted();
          if (keys.length === limit) return { keys, more: true };
          keys.push({ key });
        }
      }
      return { keys, more: false };
    }, listOptions.signal);
  }

  async function remove(key: string, deleteOptions: StoreDeleteOptions = {}): Promise<void> {
    requireOpen();
    checkKey('fileStore.delete', key);
    deleteOptions.signal?.throwIfAborted();
    await named('delete', key, async () => {
      const parts = key.split('/');
      const name = parts.pop() as string;
      const folder = await findFolder(root, parts);
      if (folder === undefined) return;
      await removeBody(join(folder, name));
      if (isSynced) await syncFolder(folder);
    }, deleteOptions.signal);
  }

  async function stat(key: string): Promise<{ readonly etag: Etag; readonly size: number } | undefined> {
    requireOpen();
    checkKey('fileStore.stat', key);
    return named('stat', key, async () => {
      const opened = await openKey(key);
      await opened?.handle.close();
      return opened && { etag: opened.etag, size: opened.size };
    });
  }

  async function close(): Promise<void> {
    isClosed = true;
  }

  return Object.freeze({ ...self, get, put, list, delete: remove, stat, close });
}

// Errors of the file system become errors of the store; aborts and errors of this package pass.
async function named<T>(method: string, key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isQuantwrightError(error) || (signal?.aborted === true && error === signal.reason)) throw error;
    throw new StoreError('ERR_STORE', `fileStore.${method}: ${key} failed with ${codeOf(error)}`, { cause: error, details: { key, system: codeOf(error) } });
  }
}
