/** The registry of bundles: publish, load, list. Its log is the only truth; nothing in it is overwritten. */
import { requireKnownKeys, show } from '../core/assert.ts';
import { DomainError, QuantwrightError } from '../core/errors.ts';
import { bundleKey, decodeBundle, encodeBundle } from '../bundle/index.ts';
import type { Bundle, HostCodecs } from '../bundle/index.ts';
import { openEncodedRegistry } from './encoded-registry.ts';
import type { EncodedRegistryOptions, PublishOptions, RegistryReadOptions, VersionFilter } from './encoded-registry.ts';
import { modelName } from './ids.ts';
import type { ModelKey } from './ids.ts';
import type { VersionSelector } from './selector.ts';
import type { VersionRecord } from './state.ts';

export interface RegistryOptions extends EncodedRegistryOptions {
  /** Codecs of the host's own kinds of models. @default none */
  readonly codecs?: HostCodecs;
}

/** What a publish made. */
export interface Published {
  /** `family.h<horizon>.v<version>`: refer to the model by this from now on. */
  readonly id: string;
  readonly family: string;
  readonly horizon: number;
  readonly version: number;
  readonly digest: string;
  /** Date-time in UTC. */
  readonly publishedAt: string;
}

export interface LoadedVersion {
  readonly bundle: Bundle;
  /** Which version it is, whatever way it was asked for. */
  readonly id: string;
  readonly record: VersionRecord;
}

/** @see {@link openRegistry} */
export interface Registry {
  /**
   * Makes a bundle the next version of its family and horizon. Atomic: readers see all of it or nothing, and older versions stay as they are.
   *
   * @throws StoreError `ERR_UNKNOWN_OUTCOME` with `details.nonce` when the store cannot say whether it happened: publish again with that nonce;
   *   `ERR_TRANSIENT` when it certainly did not; `ERR_UNSUPPORTED` for a store that ignores create-if-absent
   */
  publish(bundle: Bundle, options?: PublishOptions): Promise<Published>;
  /**
   * Loads the version that is asked for, or fails; it never takes another one instead. Every byte is verified before it is parsed.
   *
   * @throws QuantwrightError `ERR_NOT_FOUND` with what exists, `ERR_AMBIGUOUS` with the candidates, `ERR_INTEGRITY`, `ERR_LAYOUT_NEWER`
   */
  load(selector: VersionSelector, options?: RegistryReadOptions): Promise<LoadedVersion>;
  /** Records of all versions, or of one family or horizon, by family, horizon and version. */
  list(filter?: VersionFilter, options?: RegistryReadOptions): Promise<readonly VersionRecord[]>;
  /** The record of the newest version of a family and horizon, or undefined. */
  newest(key: ModelKey, options?: RegistryReadOptions): Promise<VersionRecord | undefined>;
  /** The version published under a nonce, or undefined: settles an unknown outcome. */
  resolve(nonce: string, options?: RegistryReadOptions): Promise<VersionRecord | undefined>;
}

/**
 * Opens a registry over a store. Nothing is read or written before the first call, and no state goes stale: every call looks at the log.
 *
 * @example
 * const registry = openRegistry({ store: fileStore('trained_models'), now: () => new Date() });
 * const { id } = await registry.publish(outcome.bundle);
 * const { bundle } = await registry.load({ id });
 */
export function openRegistry(options: RegistryOptions): Registry {
  requireKnownKeys('openRegistry', options, ['store', 'now', 'nonce', 'actor', 'codecs']);
  if (typeof options.now !== 'function') throw new DomainError(`openRegistry: now must be a function that returns a Date, got ${show(options.now)}`);
  if (typeof options.store?.put !== 'function') throw new DomainError(`openRegistry: store must be an ObjectStore, got ${show(options.store)}`);
  const { codecs, ...rest } = options;
  const codecOptions = codecs === undefined ? {} : { codecs };
  const { publishEncoded, find, readEncoded, list, newest, resolve } = openEncodedRegistry(rest);

  async function publish(bundle: Bundle, publishOptions: PublishOptions = {}): Promise<Published> {
    const encoded = await encodeBundle(bundle, codecOptions);
    if (encoded.digest !== bundle.digest) throw new QuantwrightError('ERR_INTEGRITY', `publish: bundle must still be what was sealed as ${bundle.digest}, got ${encoded.digest}`);
    const { id, family, horizon, version, digest, publishedAt } = await publishEncoded(encoded, bundleKey(bundle), publishOptions);
    return Object.freeze({ id, family, horizon, version, digest, publishedAt });
  }

  async function load(selector: VersionSelector, readOptions: RegistryReadOptions = {}): Promise<LoadedVersion> {
    const record = await find(selector, readOptions);
    const bundle = await decodeBundle(await readEncoded(record, readOptions), { ...codecOptions, digest: record.digest });
    const key = bundleKey(bundle);
    if (modelName(key) !== modelName(record)) throw new QuantwrightError('ERR_INTEGRITY', `load: ${record.id} must hold a bundle of ${modelName(record)}, got one of ${modelName(key)}`);
    return Object.freeze({ bundle, id: record.id, record });
  }

  return Object.freeze({ publish, load, list, newest, resolve });
}
