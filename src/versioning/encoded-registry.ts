/** The registry over encoded bundles: what is stored, in which order, and how a version is found. It does not look inside a bundle. */
import { requireKnownKeys, requireText } from '../core/assert.ts';
import { sha256 } from '../core/digest.ts';
import { DomainError, isQuantwrightError, QuantwrightError, StoreError } from '../core/errors.ts';
import type { EncodedBundle } from '../bundle/encoded.ts';
import { openCommitLog } from '../storage/index.ts';
import type { CommitLog, ObjectStore } from '../storage/index.ts';
import { getFile, putFile } from './files.ts';
import { checkFamily, checkHorizon, checkModelKey, modelName, versionId } from './ids.ts';
import type { ModelKey } from './ids.ts';
import { checkFormat, ensureFormat, findModels, manifestKey, modelPrefix, partKey } from './layout.ts';
import type { RegisterOp } from './schema.ts';
import { parseSelector } from './selector.ts';
import type { ParsedSelector, VersionSelector } from './selector.ts';
import { EMPTY_MODEL, reduceModel } from './state.ts';
import type { ModelState, VersionRecord } from './state.ts';

export interface EncodedRegistryOptions {
  readonly store: ObjectStore;
  /** The host's clock. */
  readonly now: () => Date;
  /** A new unique text of at most 128 characters per publish. @default globalThis.crypto.randomUUID */
  readonly nonce?: () => string;
  /** Who publishes, as the host says; kept with every version. */
  readonly actor?: string;
}

export interface PublishOptions {
  readonly signal?: AbortSignal;
  /** Kept with the version; at most 1000 characters. */
  readonly note?: string;
  /**
   * Names the intent, e.g. the id of a training job: a publish whose nonce went through before returns that version and adds none.
   * After `ERR_UNKNOWN_OUTCOME` publish again with `details.nonce`. @default a new one
   */
  readonly nonce?: string;
}

export interface RegistryReadOptions {
  readonly signal?: AbortSignal;
}

export interface VersionFilter {
  readonly family?: string;
  readonly horizon?: number;
}

/** A bundle's bytes, every digest checked. */
export interface VerifiedBytes {
  readonly manifest: Uint8Array;
  readonly parts: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export interface EncodedRegistry {
  publishEncoded(encoded: EncodedBundle, key: ModelKey, options?: PublishOptions): Promise<VersionRecord>;
  find(selector: VersionSelector, options?: RegistryReadOptions): Promise<VersionRecord>;
  readEncoded(record: VersionRecord, options?: RegistryReadOptions): Promise<VerifiedBytes>;
  list(filter?: VersionFilter, options?: RegistryReadOptions): Promise<readonly VersionRecord[]>;
  newest(key: ModelKey, options?: RegistryReadOptions): Promise<VersionRecord | undefined>;
  resolve(nonce: string, options?: RegistryReadOptions): Promise<VersionRecord | undefined>;
}

const MAX_NOTE_LENGTH = 1000;

export function openEncodedRegistry(options: EncodedRegistryOptions): EncodedRegistry {
  const { store, now, nonce: newNonce = () => globalThis.crypto.randomUUID(), actor } = options;
  const logs = new Map<string, CommitLog<ModelState>>();
  let isFormatChecked = false;
  let isFormatEnsured = false;

  // A log remembers the commits it has verified and looks for new ones at every call: two registries over one store see each other at once.
  function logOf(key: ModelKey): CommitLog<ModelState> {
    const name = modelName(key);
    let log = logs.get(name);
    if (log === undefined) {
      log = openCommitLog({ store, prefix: modelPrefix(key), now, initial: EMPTY_MODEL, reduce: reduceModel(key), ...(actor === undefined ? {} : { actor }) });
      logs.set(name, log);
    }
    return log;
  }

  async function versionsOf(fn: string, key: ModelKey, signal: AbortSignal | undefined): Promise<readonly VersionRecord[]> {
    if (!isFormatChecked) isFormatChecked = await checkFormat(fn, store, signal);
    return (await logOf(key).head(signal === undefined ? {} : { signal })).state.versions;
  }

  async function publishEncoded(encoded: EncodedBundle, modelKey: ModelKey, publishOptions: PublishOptions = {}): Promise<VersionRecord> {
    requireKnownKeys('publish', publishOptions, ['signal', 'note', 'nonce']);
    const { signal, note } = publishOptions;
    const key = checkModelKey('publish', modelKey);
    const nonce = requireText('publish', 'nonce', publishOptions.nonce ?? newNonce());
    if (note !== undefined && requireText('publish', 'note', note).length > MAX_NOTE_LENGTH) throw new DomainError(`publish: note must have at most ${MAX_NOTE_LENGTH} characters, got ${note.length}`);
    await checkEncoded(encoded);
    if (!isFormatEnsured) await ensureFormat(store, signal);
    isFormatEnsured = true;
    const log = logOf(key);
    const earlier = await log.resolve(nonce, signal === undefined ? {} : { signal });
    if (earlier === undefined) {
      const publishId = `${encoded.digest.slice(0, 16)}-${(await sha256(new TextEncoder().encode(nonce))).slice(0, 12)}`;
      for (const [index, part] of encoded.parts.entries()) await putFile(store, partKey(key, publishId, index), part.bytes, signal);
      await putFile(store, manifestKey(key, publishId), encoded.manifest.bytes, signal);
      await commit(log, key, encoded, publishId, nonce, note, signal);
    }
    return publishedUnder(key, nonce, encoded.digest);
  }

  // The one step that makes the files above a version. Before it they are an orphan nobody sees, after it the version is complete.
  async function commit(log: CommitLog<ModelState>, key: ModelKey, encoded: EncodedBundle, publishId: string, nonce: string, note: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const parts = encoded.parts.map(({ name, bytes, sha256: digest }) => ({ name, bytes: bytes.length, sha256: digest }));
    const register = (version: number): RegisterOp => ({ op: 'register', model: modelName(key), version, publishId, digest: encoded.digest, manifestBytes: encoded.manifest.bytes.length, parts, ...(note === undefined ? {} : { note }) });
    try {
      await log.append(({ state }) => [register(state.versions.length + 1)], { nonce, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (!isQuantwrightError(error, 'ERR_UNKNOWN_OUTCOME')) throw error;
      throw new StoreError('ERR_UNKNOWN_OUTCOME', `publish: ${modelName(key)} may or may not have got a new version; ask registry.resolve(nonce) or publish again with nonce ${nonce}`, { cause: error, details: { ...key, nonce, publishId } });
    }
  }
