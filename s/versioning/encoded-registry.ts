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
interface VerifiedBytes {
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
    const earlier = (await versionsOf('publish', key, signal)).find((version) => version.nonce === nonce);
    if (earlier !== undefined) return sameBundle(earlier, encoded);
    const publishId = `${encoded.digest.slice(0, 16)}-${(await sha256(new TextEncoder().encode(nonce))).slice(0, 12)}`;
    for (const [index, part] of encoded.parts.entries()) await putFile(store, partKey(key, publishId, index), part.bytes, signal);
    await putFile(store, manifestKey(key, publishId), encoded.manifest.bytes, signal);
    return sameBundle(await commit(key, registerOp(key, encoded, publishId, note), nonce, signal), encoded);
  }

  // The one step that makes the files a version. Before it they are an orphan that nobody sees, after it the version is complete.
  async function commit(key: ModelKey, op: Omit<RegisterOp, 'version'>, nonce: string, signal: AbortSignal | undefined): Promise<VersionRecord> {
    try {
      const { head } = await logOf(key).append(({ state }) => [{ ...op, version: state.versions.length + 1 }], { nonce, ...(signal === undefined ? {} : { signal }) });
      return head.state.versions.find((version) => version.nonce === nonce) as VersionRecord;
    } catch (error) {
      if (!isQuantwrightError(error, 'ERR_UNKNOWN_OUTCOME')) throw error;
      const message = `publish: ${modelName(key)} may or may not have got a new version; ask registry.resolve(nonce) or publish again with the nonce ${nonce}`;
      throw new StoreError('ERR_UNKNOWN_OUTCOME', message, { cause: error, details: { ...key, nonce, publishId: op.publishId } });
    }
  }

  async function find(selector: VersionSelector, readOptions: RegistryReadOptions = {}): Promise<VersionRecord> {
    requireKnownKeys('load', readOptions, ['signal']);
    const { signal } = readOptions;
    const parsed = parseSelector('load', selector);
    const key = { family: parsed.family, horizon: parsed.horizon ?? (await onlyHorizon(parsed, signal)) };
    const versions = await versionsOf('load', key, signal);
    const found = parsed.version === 'newest' ? versions.at(-1) : versions[parsed.version - 1];
    return found ?? notFound(parsed, key, versions, signal);
  }

  // Without a horizon the family must have exactly one: guessing would hand a 5-session model to who wants 20.
  async function onlyHorizon(parsed: ParsedSelector, signal: AbortSignal | undefined): Promise<number> {
    const horizons = [...new Set((await list({ family: parsed.family }, signal === undefined ? {} : { signal })).map(({ horizon }) => horizon))];
    if (horizons.length === 0) return notFound(parsed, undefined, [], signal);
    if (horizons.length === 1) return horizons[0];
    const candidates = horizons.map((horizon) => modelName({ family: parsed.family, horizon }));
    throw new QuantwrightError('ERR_AMBIGUOUS', `load: horizon must be given, because ${parsed.family} has several: ${candidates.join(', ')}`, { details: { candidates } });
  }

  async function notFound(parsed: ParsedSelector, key: ModelKey | undefined, versions: readonly VersionRecord[], signal: AbortSignal | undefined): Promise<never> {
    const wanted = key === undefined ? parsed.family : parsed.version === 'newest' ? modelName(key) : versionId({ ...key, version: parsed.version });
    const newest = versions.at(-1);
    const exists = newest === undefined ? (await publishedModels(signal)).map(modelName) : versions.map(({ id }) => id);
    const known = newest === undefined ? `published are ${exists.join(', ') || 'none'}` : `its versions are 1 to ${newest.version}`;
    throw new QuantwrightError('ERR_NOT_FOUND', `load: ${wanted} must have been published; ${known}`, { details: { wanted, exists } });
  }

  async function publishedModels(signal: AbortSignal | undefined): Promise<ModelKey[]> {
    const models: ModelKey[] = [];
    for (const key of await findModels(store, signal)) if ((await versionsOf('load', key, signal)).length > 0) models.push(key);
    return models;
  }

  async function readEncoded(record: VersionRecord, { signal }: RegistryReadOptions = {}): Promise<VerifiedBytes> {
    const manifest = await getFile('load', store, manifestKey(record, record.publishId), { bytes: record.manifestBytes, sha256: record.digest }, signal);
    const parts: { name: string; bytes: Uint8Array }[] = [];
    for (const [index, part] of record.parts.entries()) parts.push({ name: part.name, bytes: await getFile('load', store, partKey(record, record.publishId, index), part, signal) });
    return { manifest, parts };
  }

  async function list(filter: VersionFilter = {}, readOptions: RegistryReadOptions = {}): Promise<readonly VersionRecord[]> {
    requireKnownKeys('list', filter, ['family', 'horizon']);
    requireKnownKeys('list', readOptions, ['signal']);
    const { signal } = readOptions;
    const family = filter.family === undefined ? undefined : checkFamily('list', filter.family);
    const horizon = filter.horizon === undefined ? undefined : checkHorizon('list', filter.horizon);
    const keys = (await findModels(store, signal)).filter((key) => (family ?? key.family) === key.family && (horizon ?? key.horizon) === key.horizon);
    keys.sort((a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : a.horizon - b.horizon));
    const records: VersionRecord[] = [];
    for (const key of keys) records.push(...(await versionsOf('list', key, signal)));
    return Object.freeze(records);
  }

  async function newest(key: ModelKey, readOptions: RegistryReadOptions = {}): Promise<VersionRecord | undefined> {
    requireKnownKeys('newest', key, ['family', 'horizon']);
    requireKnownKeys('newest', readOptions, ['signal']);
    return (await versionsOf('newest', checkModelKey('newest', key), readOptions.signal)).at(-1);
  }

  async function resolve(nonce: string, readOptions: RegistryReadOptions = {}): Promise<VersionRecord | undefined> {
    requireText('resolve', 'nonce', nonce);
    return (await list({}, readOptions)).find((version) => version.nonce === nonce);
  }

  return { publishEncoded, find, readEncoded, list, newest, resolve };
}

function registerOp(key: ModelKey, encoded: EncodedBundle, publishId: string, note: string | undefined): Omit<RegisterOp, 'version'> {
  const parts = encoded.parts.map(({ name, bytes, sha256: digest }) => ({ name, bytes: bytes.length, sha256: digest }));
  return { op: 'register', model: modelName(key), publishId, digest: encoded.digest, manifestBytes: encoded.manifest.bytes.length, parts, ...(note === undefined ? {} : { note }) };
}

// A version that nobody can load must not be made: the digests are those of the bytes now.
async function checkEncoded({ manifest, parts, digest }: EncodedBundle): Promise<void> {
  for (const part of [{ ...manifest, sha256: digest }, ...parts]) {
    if ((await sha256(part.bytes)) !== part.sha256) throw new QuantwrightError('ERR_INTEGRITY', `publish: ${part.name} must match its digest`, { details: { name: part.name } });
  }
}

// One nonce is one intent.
function sameBundle(record: VersionRecord, encoded: EncodedBundle): VersionRecord {
  if (record.digest === encoded.digest) return record;
  throw new QuantwrightError('ERR_DUPLICATE', `publish: nonce must be new, but ${record.nonce} has published another bundle as ${record.id}`, { details: { nonce: record.nonce, id: record.id } });
}
