/** Immutable files of a publish: written once, read with proof. */
import { isQuantwrightError, QuantwrightError, StoreError } from '../core/errors.ts';
import { sha256 } from '../core/digest.ts';
import type { ObjectStore } from '../storage/index.ts';

// A file nobody refers to yet may be written again safely; below the rim there is no waiting, so only a few times.
const MAX_TRIES = 5;

const ABSENT = { kind: 'absent' } as const;

/** Calls `attempt` again after a fault that leaves nothing visible: the store was busy, or could not say. */
export async function repeatOnFault<T>(what: string, signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
  let lastError: unknown;
  for (let count = 1; count <= MAX_TRIES; count++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const isFault = isQuantwrightError(error) ? error.code === 'ERR_TRANSIENT' || error.code === 'ERR_UNKNOWN_OUTCOME' : !(signal?.aborted === true && error === signal.reason);
      if (!isFault) throw error;
      lastError = error;
    }
  }
  throw new StoreError('ERR_TRANSIENT', `publish: ${what} could not be written in ${MAX_TRIES} tries; nothing was published`, { cause: lastError });
}

/** Writes a file that never changes. Finding the same bytes there already is success: an earlier try put them. */
export async function putFile(store: ObjectStore, key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  await repeatOnFault(key, signal, async () => {
    try {
      await store.put(key, bytes, { if: ABSENT, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (!isQuantwrightError(error, 'ERR_PRECONDITION')) throw error;
      await getFile('publish', store, key, { bytes: bytes.length, sha256: await sha256(bytes) }, signal);
    }
  });
}

/**
 * Reads a file and proves that it is the one that was written.
 *
 * @throws QuantwrightError `ERR_INTEGRITY` when it is missing, longer, shorter or other bytes
 */
export async function getFile(fn: string, store: ObjectStore, key: string, expected: { readonly bytes: number; readonly sha256: string }, signal?: AbortSignal): Promise<Uint8Array> {
  const refuse = (what: string, cause?: unknown): QuantwrightError => new QuantwrightError('ERR_INTEGRITY', `${fn}: ${key} must be the file that was published, ${what}`, { details: { key }, ...(cause === undefined ? {} : { cause }) });
  const found = await store.get(key, { maxBytes: expected.bytes, ...(signal === undefined ? {} : { signal }) }).catch((error: unknown) => {
    throw isQuantwrightError(error, 'ERR_TOO_LARGE') ? refuse('it is longer', error) : error;
  });
  if (found === undefined) throw refuse('it is missing');
  if (found.body.length !== expected.bytes) throw refuse(`it has ${found.body.length} bytes instead of ${expected.bytes}`);
  if ((await sha256(found.body)) !== expected.sha256) throw refuse('its digest differs');
  return found.body;
}
