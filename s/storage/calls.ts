/** Checks that every store makes before it touches anything: arguments, limits, what it can do. */
import { requireInteger, requireKnownKeys, requireOneOf, show } from '../core/assert.ts';
import { DomainError, StoreError } from '../core/errors.ts';
import { checkKey, checkPrefix } from './keys.ts';
import type { ObjectStore, StoreGetOptions, StoreListOptions, StorePutOptions } from './types.ts';

type Described = Pick<ObjectStore, 'name' | 'caps'>;

const DEFAULT_LIST_LIMIT = 1000;

/** @throws `signal.reason` when already aborted: nothing was sent */
export function checkGet(store: Described, key: string, options: StoreGetOptions): void {
  const fn = `${store.name}.get`;
  checkKey(fn, key);
  if (options.maxBytes !== undefined) requireInteger(fn, 'maxBytes', options.maxBytes, { min: 0 });
  options.signal?.throwIfAborted();
}

/**
 * Refuses a put that the store cannot honour, before any of it is applied.
 *
 * @throws StoreError `ERR_UNSUPPORTED` for a condition outside `caps`, `ERR_TOO_LARGE`, `ERR_INVALID_KEY`
 */
export function checkPut(store: Described, key: string, body: Uint8Array, options: StorePutOptions): void {
  const fn = `${store.name}.put`;
  checkKey(fn, key);
  if (!(body instanceof Uint8Array)) throw new DomainError(`${fn}: body must be a Uint8Array, got ${show(body)}`);
  if (body.length > store.caps.maxObjectBytes) throw new StoreError('ERR_TOO_LARGE', `${fn}: body must be at most ${store.caps.maxObjectBytes} bytes, got ${body.length}`);
  requireKnownKeys(fn, options, ['if', 'signal']);
  const kind = requireOneOf(fn, 'options.if.kind', options.if?.kind, ['any', 'absent', 'match']);
  const scope = kind === 'absent' ? store.caps.ifAbsent : kind === 'match' ? store.caps.ifMatch : undefined;
  if (scope === 'none') throw new StoreError('ERR_UNSUPPORTED', `${fn}: this store has no put if ${kind}`);
  options.signal?.throwIfAborted();
}

/** The checked prefix, exclusive start and page size of a list. */
export function checkList(store: Described, prefix: string, options: StoreListOptions): { readonly prefix: string; readonly after: string; readonly limit: number } {
  const fn = `${store.name}.list`;
  requireKnownKeys(fn, options, ['after', 'limit', 'signal']);
  checkPrefix(fn, prefix);
  const after = options.after === undefined ? '' : checkKey(fn, options.after);
  const limit = requireInteger(fn, 'limit', options.limit ?? DEFAULT_LIST_LIMIT, { min: 1 });
  options.signal?.throwIfAborted();
  return { prefix, after, limit };
}

/** The error of a condition that is false: definitely not applied. */
export function preconditionFailed(store: Described, key: string, kind: 'absent' | 'match'): StoreError {
  const rule = kind === 'absent' ? 'must not exist yet' : 'must still have the given etag';
  return new StoreError('ERR_PRECONDITION', `${store.name}.put: ${key} ${rule}`, { details: { key } });
}

/** The error of a body larger than the reader asked for. */
export function tooLarge(store: Described, key: string, size: number, maxBytes: number): StoreError {
  return new StoreError('ERR_TOO_LARGE', `${store.name}.get: ${key} must be at most ${maxBytes} bytes, got ${size}`, { details: { key, size, maxBytes } });
}

/** The error of a call after close. */
export function closedError(store: Described): StoreError {
  return new StoreError('ERR_CLOSED', `${store.name}: the store is closed`);
}
