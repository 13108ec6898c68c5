/** The reading half of a commit log: finds, verifies and folds what any writer has added. */
import { QuantwrightError } from '../core/errors.ts';
import { commitKey, commitSeq, decodeCommit, MAX_COMMIT_BYTES } from './commit.ts';
import type { Commit } from './commit.ts';
import type { ObjectStore } from './types.ts';

/** The log up to and including its commit `seq`. */
export interface LogHead<State> {
  /** 0 for the empty log. */
  readonly seq: number;
  /** Digest of commit `seq`; null for the empty log. */
  readonly digest: string | null;
  /** Date-time of commit `seq`; null for the empty log. */
  readonly at: string | null;
  readonly state: State;
}

/** A head with the commits that led to it. */
export interface LogTail<State> extends LogHead<State> {
  readonly commits: readonly Commit[];
}

export interface LogTailOptions<State> {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly initial: State;
  readonly reduce: (state: State, commit: Commit) => State;
}

export interface LogTailReader<State> {
  readonly empty: LogTail<State>;
  /** Reads what is new since the last call and returns the whole. */
  refresh(fn: string, signal?: AbortSignal): Promise<LogTail<State>>;
  extend(tail: LogTail<State>, fresh: readonly Commit[]): LogTail<State>;
  /** Remembers a tail made by `extend` once its last commit is in the store. */
  adopt(tail: LogTail<State>): void;
}

const READ_WINDOW = 16;

export function openLogTail<State>({ store, prefix, initial, reduce }: LogTailOptions<State>): LogTailReader<State> {
  const isListStrong = store.caps.list === 'strong';
  const empty: LogTail<State> = Object.freeze({ seq: 0, digest: null, at: null, state: initial, commits: Object.freeze([]) });
  // Verified commits never change, so they are read once; the end of the log is looked for at every call.
  let known = empty;

  function missingCommit(fn: string, seq: number): QuantwrightError {
    const key = commitKey(prefix, seq);
    return new QuantwrightError('ERR_INTEGRITY', `${fn}: ${key} must exist: a commit was removed from the log`, { details: { key, seq } });
  }

  // The highest number in the listing. One taken while others write may miss a number below the highest it shows, never an acknowledged highest.
  async function lastListed(fn: string, knownSeq: number, signal: AbortSignal | undefined): Promise<number> {
    let after = knownSeq > 1 ? commitKey(prefix, knownSeq - 1) : undefined;
    let last = 0;
    for (;;) {
      const page = await store.list(`${prefix}/log/`, { ...(after === undefined ? {} : { after }), ...(signal === undefined ? {} : { signal }) });
      for (const { key } of page.keys) last = Math.max(last, commitSeq(prefix, key) ?? 0);
      after = page.keys.at(-1)?.key;
      if (!page.more || after === undefined) break;
    }
    if (isListStrong && last < knownSeq) throw missingCommit(fn, knownSeq);
    return Math.max(last, knownSeq);
  }

  async function refresh(fn: string, signal?: AbortSignal): Promise<LogTail<State>> {
    const start = known;
    const last = await lastListed(fn, start.seq, signal);
    const getOptions = { maxBytes: MAX_COMMIT_BYTES, ...(signal === undefined ? {} : { signal }) };
    const fresh: Commit[] = [];
    let seq = start.seq + 1;
    const take = async (body: Uint8Array): Promise<void> => {
      fresh.push(await decodeCommit(fn, commitKey(prefix, seq), body, seq, fresh.at(-1)?.digest ?? start.digest));
      seq++;
    };
    while (seq <= last) {
      const window = Array.from({ length: Math.min(READ_WINDOW, last - seq + 1) }, (_, i) => commitKey(prefix, seq + i));
      for (const object of await Promise.all(window.map((key) => store.get(key, getOptions)))) {
        if (object === undefined) throw missingCommit(fn, seq);
        await take(object.body);
      }
    }
    // A list that lags is not asked for the end: the next number is.
    while (!isListStrong) {
      const object = await store.get(commitKey(prefix, seq), getOptions);
      if (object === undefined) break;
      await take(object.body);
    }
    const tail = extend(start, fresh);
    adopt(tail);
    return tail;
  }

  function extend(tail: LogTail<State>, fresh: readonly Commit[]): LogTail<State> {
    const end = fresh.at(-1);
    if (end === undefined) return tail;
    return Object.freeze({ seq: end.seq, digest: end.digest, at: end.at, state: fresh.reduce(reduce, tail.state), commits: Object.freeze([...tail.commits, ...fresh]) });
  }

  function adopt(tail: LogTail<State>): void {
    if (tail.seq > known.seq) known = tail;
  }

  return { empty, refresh, extend, adopt };
}
