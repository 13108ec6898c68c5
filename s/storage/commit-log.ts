/**
 * A log of numbered commits over any store that can create a key only if it is absent.
 *
 * Creating `<prefix>/log/<seq>.json` is the one point where something happens: of several writers of one number exactly one wins, the others
 * read what was written and decide again. State is a pure fold of the commits. There is no lock, no lease and no pointer to go stale.
 */
import { requireInteger, requireKnownKeys, requireText, show } from '../core/assert.ts';
import { DomainError, isQuantwrightError, StoreError } from '../core/errors.ts';
import { parseTime } from '../core/time.ts';
import { commitKey, decodeCommit, encodeCommit, MAX_COMMIT_BYTES } from './commit.ts';
import type { Commit, LogOp } from './commit.ts';
import { checkKey } from './keys.ts';
import { openLogTail } from './log-tail.ts';
import type { LogHead, LogTail } from './log-tail.ts';
import type { ObjectStore } from './types.ts';

export interface CommitLogOptions<State> {
  readonly store: ObjectStore;
  /** Key under which the log lives, without a trailing slash. */
  readonly prefix: string;
  /** The host's clock. */
  readonly now: () => Date;
  /** State of the empty log. */
  readonly initial: State;
  /** State after one more commit. Pure; throws for an op that is not valid, which refuses the commit before it is written. */
  readonly reduce: (state: State, commit: Commit) => State;
  /** A new unique text of at most 128 characters. @default globalThis.crypto.randomUUID */
  readonly nonce?: () => string;
  /** Who writes, as the host says; goes into every commit. */
  readonly actor?: string;
}

/** What `build` returns when the intent makes no sense on the state it is shown. */
export interface LogRefusal<Reason> {
  readonly refused: Reason;
}

export interface LogReadOptions {
  readonly signal?: AbortSignal;
}

export interface AppendOptions {
  readonly signal?: AbortSignal;
  /** Names the intent: an append whose nonce is in the log already returns that commit and writes nothing. @default a new one */
  readonly nonce?: string;
}

export type Appended<State, Reason> =
  | {
      readonly status: 'committed';
      readonly commit: Commit;
      /** The log with the commit in it. */
      readonly head: LogHead<State>;
      /** The commit was in the log before this call. */
      readonly isRepeat: boolean;
    }
  | { readonly status: 'refused'; readonly reason: Reason; readonly head: LogHead<State> };

/** @see {@link openCommitLog} */
export interface CommitLog<State> {
  /** The state now, with every commit that any writer was told of before the call. */
  head(options?: LogReadOptions): Promise<LogHead<State>>;
  /** Verified commits in order, from number `from`. @param from - @default 1 */
  read(from?: number, options?: LogReadOptions): Promise<readonly Commit[]>;
  /** The state as it was at a moment: after the last commit at or before it. */
  asOf(time: Date | string | number, options?: LogReadOptions): Promise<LogHead<State>>;
  /**
   * Adds one commit.
   *
   * @param build - sees the newest state and returns the ops, or a refusal; asked again on the new state after a lost race
   * @throws StoreError `ERR_UNKNOWN_OUTCOME` with `details.nonce` when it may have been applied and the store cannot say;
   *   `ERR_TRANSIENT` when nothing was applied and it may be tried again
   */
  append<Reason = string>(build: (head: LogHead<State>) => readonly LogOp[] | LogRefusal<Reason>, options?: AppendOptions): Promise<Appended<State, Reason>>;
  /**
   * The commit with this nonce, or undefined: settles an unknown outcome.
   *
   * A write still on its way can land after the answer undefined; appending again under the same nonce is safe either way.
   */
  resolve(nonce: string, options?: LogReadOptions): Promise<Commit | undefined>;
}

// Below the rim nothing can wait, so a lost race is tried again at once: every loss means that another writer got on.
const MAX_ATTEMPTS = 100;
// Faults of the store are another matter: repeating them quickly helps nobody.
const MAX_FAULTS = 5;
const MAX_NONCE_LENGTH = 128;

/**
 * Opens a log. Nothing is read or written before the first call.
 *
 * @throws StoreError `ERR_UNSUPPORTED` for a store without create-if-absent
 * @example
 * const log = openCommitLog({ store, prefix: 'x/counter', now, initial: 0, reduce: (sum, commit) => sum + commit.ops.length });
 * await log.append(() => [{ op: 'add' }]);
 */
export function openCommitLog<State>(options: CommitLogOptions<State>): CommitLog<State> {
  requireKnownKeys('openCommitLog', options, ['store', 'prefix', 'now', 'initial', 'reduce', 'nonce', 'actor']);
  const { store, now, initial, reduce, actor, nonce: newNonce = () => globalThis.crypto.randomUUID() } = options;
  const prefix = checkKey('openCommitLog', options.prefix);
  if (actor !== undefined) requireText('openCommitLog', 'actor', actor);
  if (store.caps.ifAbsent === 'none') throw new StoreError('ERR_UNSUPPORTED', 'openCommitLog: store must be able to create a key only if it is absent (caps.ifAbsent)');
  const reader = openLogTail({ store, prefix, initial, reduce });

  // A clock that runs backwards must not reorder history.
  function timeNotBefore(at: string | null): string {
    const time = now();
    if (!(time instanceof Date) || Number.isNaN(time.getTime())) throw new DomainError(`append: now must return a valid Date, got ${show(time)}`);
    return at !== null && Date.parse(at) > time.getTime() ? at : time.toISOString();
  }

  // The next commit as it will be read back, so that this state and every reader's are one.
  async function prepare(tail: LogTail<State>, nonce: string, ops: readonly LogOp[]): Promise<{ readonly key: string; readonly body: Uint8Array; readonly commit: Commit; readonly next: LogTail<State> }> {
    const seq = tail.seq + 1;
    const key = commitKey(prefix, seq);
    const { body } = await encodeCommit({ seq, nonce, previous: tail.digest, at: timeNotBefore(tail.at), ...(actor === undefined ? {} : { actor }), ops });
    if (body.length > MAX_COMMIT_BYTES) throw new StoreError('ERR_TOO_LARGE', `append: a commit must be at most ${MAX_COMMIT_BYTES} bytes, got ${body.length}`);
    const commit = await decodeCommit('append', key, body, seq, tail.digest);
    return { key, body, commit, next: reader.extend(tail, [commit]) };
  }

  async function append<Reason>(build: (head: LogHead<State>) => readonly LogOp[] | LogRefusal<Reason>, appendOptions: AppendOptions = {}): Promise<Appended<State, Reason>> {
    requireKnownKeys('append', appendOptions, ['signal', 'nonce']);
    const { signal } = appendOptions;
    const nonce = checkNonce(appendOptions.nonce ?? newNonce());
    let unsettledSeq: number | undefined; // a commit of this number was sent and may be applied, now or later
    let faults = 0;
    let lastError: unknown;
    const unknownOutcome = (cause: unknown): StoreError =>
      new StoreError('ERR_UNKNOWN_OUTCOME', `append: commit ${unsettledSeq} of ${prefix} may or may not have been applied; resolve it by its nonce ${nonce}`, { cause, details: { nonce, seq: unsettledSeq, prefix } });

    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      let tail: LogTail<State>;
      try {
        // Once something was sent, its fate matters more than the wish to stop.
        tail = await reader.refresh('append', unsettledSeq === undefined ? signal : undefined);
      } catch (error) {
        if (unsettledSeq === undefined) throw error;
        lastError = error;
        if (++faults >= MAX_FAULTS) throw unknownOutcome(error);
        continue;
      }
      const own = tail.commits.find((commit) => commit.nonce === nonce);
      if (own !== undefined) return Object.freeze({ status: 'committed', commit: own, head: headOf(tail), isRepeat: attempt === 1 });
      if (unsettledSeq !== undefined && tail.seq >= unsettledSeq) unsettledSeq = undefined; // another writer has the number: ours is lost for good
      if (faults >= MAX_FAULTS) break;
      const built = build(headOf(tail));
      if ('refused' in built) return Object.freeze({ status: 'refused', reason: built.refused, head: headOf(tail) });
      const { key, body, commit, next } = await prepare(tail, nonce, checkOps(built));
      try {
        await store.put(key, body, { if: { kind: 'absent' }, ...(signal === undefined ? {} : { signal }) });
        reader.adopt(next);
        return Object.freeze({ status: 'committed', commit, head: headOf(next), isRepeat: false });
      } catch (error) {
        lastError = error;
        const failure = readFailure(error, signal);
        if (failure === 'not-applied') throw unsettledSeq === undefined ? error : unknownOutcome(error);
        if (failure === 'unknown') unsettledSeq = commit.seq;
        // A conflict may be our own write, answered twice by a client that repeats requests: the nonce tells.
        if (failure !== 'conflict') faults++;
      }
    }
    if (unsettledSeq !== undefined) throw unknownOutcome(lastError);
    throw new StoreError('ERR_TRANSIENT', `append: no commit of ${prefix} went through (${faults} faults of the store, at most ${MAX_ATTEMPTS} attempts); nothing was applied`, { cause: lastError, details: { nonce, prefix } });
  }

  async function head({ signal }: LogReadOptions = {}): Promise<LogHead<State>> {
    return headOf(await reader.refresh('head', signal));
  }

  async function read(from = 1, { signal }: LogReadOptions = {}): Promise<readonly Commit[]> {
    requireInteger('read', 'from', from, { min: 1 });
    return Object.freeze((await reader.refresh('read', signal)).commits.slice(from - 1));
  }

  async function asOf(time: Date | string | number, { signal }: LogReadOptions = {}): Promise<LogHead<State>> {
    const limit = parseTime('asOf', 'time', time);
    const { commits } = await reader.refresh('asOf', signal);
    return headOf(reader.extend(reader.empty, commits.filter((commit) => Date.parse(commit.at) <= limit)));
  }

  async function resolve(nonce: string, { signal }: LogReadOptions = {}): Promise<Commit | undefined> {
    return (await reader.refresh('resolve', signal)).commits.find((commit) => commit.nonce === nonce);
  }

  return Object.freeze({ head, read, asOf, append, resolve });
}

function headOf<State>({ seq, digest, at, state }: LogTail<State>): LogHead<State> {
  return Object.freeze({ seq, digest, at, state });
}

// What a failed put says about itself. A foreign error says nothing, so the write may have happened.
function readFailure(error: unknown, signal: AbortSignal | undefined): 'not-applied' | 'conflict' | 'transient' | 'unknown' {
  if (signal?.aborted === true && error === signal.reason) return 'not-applied';
  if (!isQuantwrightError(error)) return 'unknown';
  if (error.code === 'ERR_PRECONDITION') return 'conflict';
  if (error.code === 'ERR_TRANSIENT') return 'transient';
  const outcome = (error as { readonly outcome?: unknown }).outcome;
  return outcome === undefined || outcome === 'not-applied' ? 'not-applied' : 'unknown';
}

function checkNonce(nonce: unknown): string {
  const text = requireText('append', 'nonce', nonce);
  if (text.length > MAX_NONCE_LENGTH) throw new DomainError(`append: nonce must have at most ${MAX_NONCE_LENGTH} characters, got ${text.length}`);
  return text;
}

function checkOps(ops: readonly LogOp[]): readonly LogOp[] {
  if (!Array.isArray(ops) || ops.length === 0 || ops.some((op: LogOp) => typeof op?.op !== 'string')) throw new DomainError(`append: build must return ops that each have a name, or a refusal, got ${show(ops)}`);
  return ops;
}
