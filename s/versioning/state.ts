/** What a model's log says: a pure fold of its commits. */
import { QuantwrightError, SchemaError } from '../core/errors.ts';
import type { Commit, LogOp } from '../storage/index.ts';
import { modelName, versionId } from './ids.ts';
import type { ModelKey, VersionKey } from './ids.ts';
import { registerSchema } from './schema.ts';
import type { RegisterOp } from './schema.ts';

/** One published version, as its commit describes it. */
export interface VersionRecord extends VersionKey {
  /** `family.h<horizon>.v<version>`: what everything else refers to. */
  readonly id: string;
  /** SHA-256 of the bundle's manifest, which holds the digests of the rest. */
  readonly digest: string;
  /** Date-time in UTC, by the publisher's clock, never before that of the version before. */
  readonly publishedAt: string;
  readonly actor?: string;
  readonly note?: string;
  /** Of the intent to publish. */
  readonly nonce: string;
  /** Number of the commit in the model's log. */
  readonly seq: number;
  readonly publishId: string;
  readonly manifestBytes: number;
  readonly parts: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

export interface ModelState {
  /** In order: version n is entry n - 1. */
  readonly versions: readonly VersionRecord[];
}

export const EMPTY_MODEL: ModelState = Object.freeze({ versions: Object.freeze([]) });

type OpReducer = (state: ModelState, op: LogOp, commit: Commit, key: ModelKey) => ModelState;

// The closed set of ops. Aliases, pins and retirements take their seats here.
const OPS: Readonly<Record<string, OpReducer>> = { register };

/**
 * The fold of one model's log.
 *
 * @throws QuantwrightError `ERR_LAYOUT_NEWER` for an op this version does not know: what it means for the others cannot be guessed
 */
export function reduceModel(key: ModelKey): (state: ModelState, commit: Commit) => ModelState {
  return (state, commit) => commit.ops.reduce((sum, op) => reducerOf(op, commit, key)(sum, op, commit, key), state);
}

function reducerOf(op: LogOp, commit: Commit, key: ModelKey): OpReducer {
  if (Object.hasOwn(OPS, op.op)) return OPS[op.op];
  throw new QuantwrightError('ERR_LAYOUT_NEWER', `registry: commit ${commit.seq} of ${modelName(key)} has the op ${JSON.stringify(op.op)}, which this version does not know`, { details: { op: op.op, seq: commit.seq } });
}

function register(state: ModelState, op: LogOp, commit: Commit, key: ModelKey): ModelState {
  const where = `registry: commit ${commit.seq} of ${modelName(key)}`;
  const parsed = registerSchema.safeParse(op);
  if (!parsed.success) throw new SchemaError(`${where} must hold a valid register op: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`, { details: { issues: parsed.error.issues } });
  const { model, version, publishId, digest, manifestBytes, parts, note }: RegisterOp = parsed.data;
  if (model !== modelName(key)) throw new QuantwrightError('ERR_INTEGRITY', `${where} must belong to this model, got ${JSON.stringify(model)}`);
  const expected = state.versions.length + 1;
  if (version !== expected) throw new QuantwrightError('ERR_INTEGRITY', `${where} must register version ${expected}, got ${version}`);
  const record: VersionRecord = Object.freeze({
    id: versionId({ ...key, version }),
    family: key.family,
    horizon: key.horizon,
    version,
    digest,
    publishedAt: commit.at,
    ...(commit.actor === undefined ? {} : { actor: commit.actor }),
    ...(note === undefined ? {} : { note }),
    nonce: commit.nonce,
    seq: commit.seq,
    publishId,
    manifestBytes,
    parts: Object.freeze(parts.map((part) => Object.freeze(part))),
  });
  return Object.freeze({ versions: Object.freeze([...state.versions, record]) });
}
