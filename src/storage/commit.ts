/** One entry of a commit log: its form in memory and in the store. */
import { show } from '../core/assert.ts';
import { QuantwrightError, SchemaError } from '../core/errors.ts';
import { tryParseTime } from '../core/time.ts';
import { seal, unseal } from './sealed.ts';
import type { Sealed } from './sealed.ts';

/** One change: a name from the reducer's closed set, and its arguments as plain data. */
export interface LogOp {
  readonly op: string;
  readonly [argument: string]: unknown;
}

/** One numbered, immutable entry. All its ops happen together or not at all. */
export interface Commit {
  /** 1 for the first. */
  readonly seq: number;
  /** Names the intent behind the commit: settles a write whose outcome is unknown. */
  readonly nonce: string;
  /** Digest of the commit before; null for the first. */
  readonly previous: string | null;
  /** Date-time in UTC, never before that of the commit before. */
  readonly at: string;
  /** Who did it, as the host says. */
  readonly actor?: string;
  readonly ops: readonly LogOp[];
  /** SHA-256 of the stored bytes. */
  readonly digest: string;
}

const VERSION = 1;

/** No commit is larger: ops describe artefacts, they do not hold them. */
export const MAX_COMMIT_BYTES: number = 1 << 20;

const DIGITS = 12;

/** `<prefix>/log/000000000042.json`: numbers of one width, so that listing order is log order. */
export function commitKey(prefix: string, seq: number): string {
  return `${prefix}/log/${String(seq).padStart(DIGITS, '0')}.json`;
}

/** The number of a commit key, or undefined for another file in the folder. */
export function commitSeq(prefix: string, key: string): number | undefined {
  const seq = Number(key.slice(prefix.length + '/log/'.length, -'.json'.length));
  return Number.isSafeInteger(seq) && seq > 0 && key === commitKey(prefix, seq) ? seq : undefined;
}

export async function encodeCommit(commit: Omit<Commit, 'digest'>): Promise<Sealed> {
  return seal({ v: VERSION, ...commit });
}

/**
 * Reads one stored commit and proves its place in the chain.
 *
 * @throws QuantwrightError `ERR_INTEGRITY` for changed bytes, a commit under another's number, or a broken chain; `ERR_LAYOUT_NEWER`
 */
export async function decodeCommit(fn: string, key: string, body: Uint8Array, seq: number, previous: string | null): Promise<Commit> {
  const { value, digest } = await unseal(fn, key, body);
  const raw = value as Readonly<Record<string, unknown>> | null;
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) throw new SchemaError(`${fn}: ${key} must hold an object, got ${show(raw)}`);
  if (typeof raw.v === 'number' && raw.v > VERSION) {
    throw new QuantwrightError('ERR_LAYOUT_NEWER', `${fn}: ${key} was written in layout ${raw.v}, this version reads up to ${VERSION}`, { details: { key, layout: raw.v } });
  }
  const demand: (ok: boolean, rule: string) => asserts ok = (ok, rule) => {
    if (!ok) throw new SchemaError(`${fn}: ${key} must have ${rule}`);
  };
  demand(raw.v === VERSION, `v ${VERSION}`);
  demand(typeof raw.seq === 'number' && typeof raw.nonce === 'string', 'a seq and a nonce');
  demand(raw.previous === null || typeof raw.previous === 'string', 'previous as text or null');
  demand(typeof raw.at === 'string' && tryParseTime(raw.at) !== undefined, 'at as a date-time');
  demand(raw.actor === undefined || typeof raw.actor === 'string', 'actor as text');
  demand(Array.isArray(raw.ops) && raw.ops.every((op: unknown): op is LogOp => typeof (op as LogOp | null)?.op === 'string'), 'ops that each have a name');
  if (raw.seq !== seq || raw.previous !== previous) {
    const rule = raw.seq !== seq ? `must be commit ${seq}, got ${show(raw.seq)}` : 'must follow from the commit before it';
    throw new QuantwrightError('ERR_INTEGRITY', `${fn}: ${key} ${rule}`, { details: { key, seq } });
  }
  const { nonce, at, actor, ops } = raw;
  return Object.freeze({ seq, nonce, previous, at, ...(actor === undefined ? {} : { actor }), ops: Object.freeze(ops), digest });
}
