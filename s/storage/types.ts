/** The storage port: five methods a host can put over anything. */

/** Opaque tag of one stored body; a new one after every successful put. */
export type Etag = string & { readonly __etag: unique symbol };

export type PutIf = { readonly kind: 'any' } | { readonly kind: 'absent' } | { readonly kind: 'match'; readonly etag: Etag };

/** In which scope a conditional put is atomic. */
export type ConditionScope = 'store' | 'process' | 'none';

export interface StoreCapabilities {
  readonly ifAbsent: ConditionScope;
  readonly ifMatch: ConditionScope;
  readonly durability: 'memory' | 'os' | 'fsync' | 'replicated';
  readonly list: 'strong' | 'eventual';
  readonly maxObjectBytes: number;
}

export interface StoreGetOptions {
  readonly signal?: AbortSignal;
  /** Refuse a larger body with `ERR_TOO_LARGE`. */
  readonly maxBytes?: number;
}

export interface StorePutOptions {
  readonly if: PutIf;
  readonly signal?: AbortSignal;
}

export interface StoreListOptions {
  /** Return keys greater than this one. */
  readonly after?: string;
  /** @default 1000 */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface StoreDeleteOptions {
  readonly signal?: AbortSignal;
}

export interface StoredObject {
  readonly body: Uint8Array;
  readonly etag: Etag;
}

export interface StoreListing {
  readonly keys: readonly { readonly key: string; readonly size?: number }[];
  readonly more: boolean;
}

/**
 * Named bytes.
 *
 * A get returns a whole body or undefined; of several creators of one key exactly one succeeds; a put that has resolved is seen by every
 * later get and list in scope; list is ordered by UTF-8 bytes; keys follow `checkKey` and are never rewritten.
 */
export interface ObjectStore {
  readonly name: string;
  readonly caps: StoreCapabilities;
  get(key: string, options?: StoreGetOptions): Promise<StoredObject | undefined>;
  put(key: string, body: Uint8Array, options: StorePutOptions): Promise<{ readonly etag: Etag }>;
  list(prefix: string, options?: StoreListOptions): Promise<StoreListing>;
  /** Deleting a missing key resolves. */
  delete(key: string, options?: StoreDeleteOptions): Promise<void>;
  stat?(key: string): Promise<{ readonly etag: Etag; readonly size: number } | undefined>;
  close?(): Promise<void>;
}
