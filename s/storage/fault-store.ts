/** A store that fails on purpose: hosts and this package test with it that every failure is survived. */
import { requireInteger, requireKnownKeys, requireOneOf } from '../core/assert.ts';
import { StoreError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { ObjectStore, StoreDeleteOptions, StoredObject, StoreGetOptions, StoreListing, StoreListOptions, StorePutOptions } from './types.ts';

export interface Fault {
  /** Which operation fails: 1 is the first call on the store. */
  readonly at: number;
  /**
   * `before`: it fails and was not applied. `after`: it is applied, then fails. `truncate`: a get returns the first half of the body.
   */
  readonly kind: 'before' | 'after' | 'truncate';
  /** Every later operation fails the same way. @default false */
  readonly isLasting?: boolean;
  /** Code of the error. @default 'ERR_UNKNOWN_OUTCOME' for put and delete, 'ERR_TRANSIENT' for get and list */
  readonly code?: ErrorCode;
}

export interface FaultPlan {
  /** The first that fits an operation counts. @default none */
  readonly faults?: readonly Fault[];
  /** Accept conditions and ignore them, as some S3-compatible stores do. @default false */
  readonly ignoreConditions?: boolean;
}

export interface StoreOperation {
  readonly method: 'get' | 'put' | 'list' | 'delete';
  /** Key or prefix. */
  readonly key: string;
}

export interface FaultStore extends ObjectStore {
  /** Every operation so far, failed ones included; operation k is entry k - 1. */
  readonly operations: readonly StoreOperation[];
}

/**
 * The same store with faults at chosen operations. A process that dies at operation k is `{ at: k, kind: 'before', isLasting: true }`.
 *
 * @example for (let k = 1; k <= operationCount; k++) await survives(faultStore(memoryStore(), { faults: [{ at: k, kind: 'after' }] }));
 */
export function faultStore(store: ObjectStore, plan: FaultPlan): FaultStore {
  requireKnownKeys('faultStore', plan, ['faults', 'ignoreConditions']);
  const { faults = [], ignoreConditions = false } = plan;
  for (const fault of faults) {
    requireKnownKeys('faultStore', fault, ['at', 'kind', 'isLasting', 'code']);
    requireInteger('faultStore', 'at', fault.at, { min: 1 });
    requireOneOf('faultStore', 'kind', fault.kind, ['before', 'after', 'truncate']);
  }
  const operations: StoreOperation[] = [];

  async function run<T>(method: StoreOperation['method'], key: string, call: () => Promise<T>, truncate: (result: T) => T = (result) => result): Promise<T> {
    operations.push({ method, key });
    const index = operations.length;
    const fault = faults.find(({ at, isLasting }) => (isLasting === true ? index >= at : index === at));
    if (fault === undefined) return call();
    if (fault.kind === 'truncate') return truncate(await call());
    if (fault.kind === 'after') await call();
    const code = fault.code ?? (method === 'put' || method === 'delete' ? 'ERR_UNKNOWN_OUTCOME' : 'ERR_TRANSIENT');
    throw new StoreError(code, `faultStore.${method}: operation ${index} (${key}) must fail ${fault.kind} it is applied`, { details: { operation: index, key } });
  }

  function get(key: string, options?: StoreGetOptions): Promise<StoredObject | undefined> {
    return run('get', key, () => store.get(key, options), (found) => found && { ...found, body: found.body.subarray(0, found.body.length >> 1) });
  }

  function put(key: string, body: Uint8Array, options: StorePutOptions): ReturnType<ObjectStore['put']> {
    return run('put', key, () => store.put(key, body, ignoreConditions ? { ...options, if: { kind: 'any' } } : options));
  }

  function list(prefix: string, options?: StoreListOptions): Promise<StoreListing> {
    return run('list', prefix, () => store.list(prefix, options));
  }

  function remove(key: string, options?: StoreDeleteOptions): Promise<void> {
    return run('delete', key, () => store.delete(key, options));
  }

  return Object.freeze({ name: `faultStore(${store.name})`, caps: store.caps, operations, get, put, list, delete: remove });
}
