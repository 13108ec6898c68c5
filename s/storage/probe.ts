/** A start-up check that a store does what its `caps` say: some accept conditional headers and ignore them. */
import { isQuantwrightError, StoreError } from '../core/errors.ts';
import { checkKey } from './keys.ts';
import type { Etag, ObjectStore } from './types.ts';

const RACERS = 8;

/**
 * Proves create-if-absent, compare-and-swap, read-your-writes and listing on throw-away keys, and deletes them. About 20 calls.
 *
 * Run it once against a store that is new to you, above all an S3-compatible one.
 *
 * @param prefix - key under which the throw-away keys are made, without a trailing slash
 * @throws StoreError `ERR_UNSUPPORTED` whose `details.rule` says what the store does not keep; other store errors as they come
 * @example await probeStore(store, 'probe');
 */
export async function probeStore(store: ObjectStore, prefix: string): Promise<void> {
  checkKey('probeStore', prefix);
  const id = globalThis.crypto.randomUUID();
  const [key, raceKey] = [`${prefix}/${id}-a.bin`, `${prefix}/${id}-b.bin`];
  const [first, second] = [new TextEncoder().encode(`first ${id}`), new TextEncoder().encode(`second ${id}`)];
  try {
    demand(store, (await refusal(store.put(key, first, { if: { kind: 'absent' } }))) === undefined, 'create a key that is absent');
    demand(store, (await refusal(store.put(key, second, { if: { kind: 'absent' } }))) === 'ERR_PRECONDITION', 'refuse to create a key that exists');
    const found = await store.get(key);
    demand(store, found !== undefined && equalBytes(found.body, first), 'return the bytes of the first creator');
    const races = await Promise.all(Array.from({ length: RACERS }, () => refusal(store.put(raceKey, second, { if: { kind: 'absent' } }))));
    demand(store, races.filter((code) => code === undefined).length === 1, `let exactly one of ${RACERS} racing creators win`);
    const { keys } = await store.list(`${prefix}/`, { after: `${prefix}/${id}`, limit: 2 });
    demand(store, store.caps.list !== 'strong' || (keys[0]?.key === key && keys[1]?.key === raceKey), 'list what was put, in order');
    await probeMatch(store, key, (found as { readonly etag: Etag }).etag, second);
  } finally {
    await Promise.allSettled([store.delete(key), store.delete(raceKey)]);
  }
  demand(store, (await store.get(key)) === undefined, 'forget a deleted key');
}

async function probeMatch(store: ObjectStore, key: string, etag: Etag, body: Uint8Array): Promise<void> {
  const swap = (): Promise<string | undefined> => refusal(store.put(key, body, { if: { kind: 'match', etag } }));
  if (store.caps.ifMatch === 'none') {
    demand(store, (await swap()) === 'ERR_UNSUPPORTED', 'refuse a condition outside its caps');
    return;
  }
  demand(store, (await swap()) === undefined, 'put on a matching etag');
  demand(store, (await swap()) === 'ERR_PRECONDITION', 'refuse a stale etag');
}

// undefined when the put was accepted, else the code of its refusal. A transient refusal among racers is a loss as well.
async function refusal(put: Promise<unknown>): Promise<string | undefined> {
  try {
    await put;
    return undefined;
  } catch (error) {
    if (isQuantwrightError(error, 'ERR_PRECONDITION') || isQuantwrightError(error, 'ERR_UNSUPPORTED') || isQuantwrightError(error, 'ERR_TRANSIENT')) return error.code;
    throw error;
  }
}

function demand(store: ObjectStore, ok: boolean, rule: string): void {
  if (!ok) throw new StoreError('ERR_UNSUPPORTED', `probeStore: ${store.name} must ${rule}; it is not safe for a registry`, { details: { store: store.name, rule } });
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
