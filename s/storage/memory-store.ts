/** A store in memory: for tests, notebooks and the walk-forward that needs no disk. */
import { checkGet, checkList, checkPut, closedError, preconditionFailed, tooLarge } from './calls.ts';
import { checkKey } from './keys.ts';
import type { Etag, ObjectStore, StoreCapabilities, StoreDeleteOptions, StoredObject, StoreGetOptions, StoreListing, StoreListOptions, StorePutOptions } from './types.ts';

const CAPS: StoreCapabilities = Object.freeze({ ifAbsent: 'process', ifMatch: 'process', durability: 'memory', list: 'strong', maxObjectBytes: 2 ** 31 - 1 });

/**
 * A new, empty store in memory. Bodies are copied in and out, so nobody can change a stored byte.
 *
 * @example const registry = openRegistry({ store: memoryStore(), now: () => new Date() });
 */
export function memoryStore(): ObjectStore {
  const self = { name: 'memoryStore', caps: CAPS };
  const objects = new Map<string, StoredObject>();
  let sortedKeys: readonly string[] | undefined;
  let etagCount = 0;
  let isClosed = false;

  function requireOpen(): void {
    if (isClosed) throw closedError(self);
  }

  async function get(key: string, options: StoreGetOptions = {}): Promise<StoredObject | undefined> {
    requireOpen();
    checkGet(self, key, options);
    const found = objects.get(key);
    if (found === undefined) return undefined;
    if (found.body.length > (options.maxBytes ?? Infinity)) throw tooLarge(self, key, found.body.length, options.maxBytes as number);
    return { body: found.body.slice(), etag: found.etag };
  }

  // No await between the check and the set: one tick is the atomic step.
  async function put(key: string, body: Uint8Array, options: StorePutOptions): Promise<{ readonly etag: Etag }> {
    requireOpen();
    checkPut(self, key, body, options);
    const condition = options.if;
    const found = objects.get(key);
    if (condition.kind === 'absent' && found !== undefined) throw preconditionFailed(self, key, 'absent');
    if (condition.kind === 'match' && found?.etag !== condition.etag) throw preconditionFailed(self, key, 'match');
    const etag = String(++etagCount) as Etag;
    objects.set(key, { body: new Uint8Array(body), etag });
    if (found === undefined) sortedKeys = undefined;
    return { etag };
  }

  async function list(prefix: string, options: StoreListOptions = {}): Promise<StoreListing> {
    requireOpen();
    const { after, limit } = checkList(self, prefix, options);
    sortedKeys ??= [...objects.keys()].sort(); // keys are ASCII: UTF-16 order is byte order
    const keys: { key: string; size: number }[] = [];
    for (const key of sortedKeys) {
      if (!key.startsWith(prefix) || key <= after) continue;
      if (keys.length === limit) return { keys, more: true };
      keys.push({ key, size: (objects.get(key) as StoredObject).body.length });
    }
    return { keys, more: false };
  }

  async function remove(key: string, options: StoreDeleteOptions = {}): Promise<void> {
    requireOpen();
    checkKey('memoryStore.delete', key);
    options.signal?.throwIfAborted();
    if (objects.delete(key)) sortedKeys = undefined;
  }

  async function stat(key: string): Promise<{ readonly etag: Etag; readonly size: number } | undefined> {
    requireOpen();
    const found = objects.get(checkKey('memoryStore.stat', key));
    return found === undefined ? undefined : { etag: found.etag, size: found.body.length };
  }

  async function close(): Promise<void> {
    isClosed = true;
  }

  return Object.freeze({ ...self, get, put, list, delete: remove, stat, close });
}
