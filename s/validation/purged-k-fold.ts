/** Cross-validation folds of a panel, purged and embargoed by time. */
import { requireInteger, requireKnownKeys, requireNumber } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { eligibleRows } from './eligible-rows.ts';
import type { LabelSpans, RowSet } from './types.ts';

export interface PurgedKFoldOptions {
  /** Number of folds, 2 up to the number of labelled sessions. */
  readonly folds: number;
  /** Sessions after the last label end of a test fold in which no training row may stand. @default 0 */
  readonly embargoSessions?: number;
  /** The same as a share in [0, 1) of the labelled sessions, rounded down; give one of the two. */
  readonly embargoFraction?: number;
  /** Rows to split, strictly ascending. @default all */
  readonly rows?: ArrayLike<number>;
}

export interface PurgedFold {
  readonly kind: 'fold';
  readonly index: number;
  readonly train: RowSet;
  readonly test: RowSet;
  /** First and last session of the test rows. */
  readonly testFromSession: number;
  readonly testToSession: number;
  /** Rows outside the fold whose label interval meets the fold's. */
  readonly purged: number;
  /** Rows outside the fold, not purged, that stand in the embargo after it. */
  readonly embargoed: number;
}

/**
 * K folds, each a contiguous block of distinct sessions, with training rows that share no time with the fold.
 *
 * The fold occupies the closed interval from its first session to the last label end of its rows. A row outside is purged when its own
 * closed interval meets that one, whatever its entity, and embargoed when it stands at most `embargoSessions` after it. Sessions are shared
 * out like numpy.array_split: the first folds take the remainder. This is stricter than the book's snippet 7.3, which keeps a row whose
 * label ends exactly where the fold begins.
 *
 * @throws DomainError for more folds than labelled sessions, and when a fold is left without a training row
 * @see Lopez de Prado (2018), Advances in Financial Machine Learning, section 7.4, snippets 7.1-7.3
 */
export function purgedKFold(spans: LabelSpans, options: PurgedKFoldOptions): readonly PurgedFold[] {
  const fn = 'purgedKFold';
  requireKnownKeys(fn, options, ['folds', 'embargoSessions', 'embargoFraction', 'rows']);
  const folds = requireInteger(fn, 'folds', options.folds, { min: 2 });
  const { rows, sessions } = eligibleRows(fn, spans, options.rows);
  const embargoSessions = embargoOf(fn, options, sessions.length);
  if (folds > sessions.length) throw new DomainError(`${fn}: folds must not exceed the number of labelled sessions, got ${folds} folds of ${sessions.length} session${sessions.length === 1 ? '' : 's'}`);
  const smaller = Math.floor(sessions.length / folds);
  const remainder = sessions.length % folds;
  return Object.freeze(Array.from({ length: folds }, (_, index) => {
    const first = index * smaller + Math.min(index, remainder);
    const last = first + smaller + (index < remainder ? 1 : 0) - 1;
    const fold = foldOf(spans, rows, index, sessions[first], sessions[last], embargoSessions);
    if (fold.train.length === 0) throw new DomainError(`${fn}: folds must leave training rows, got none for fold ${index + 1} of ${folds} over ${sessions.length} labelled sessions (${fold.purged} purged, ${fold.embargoed} embargoed)`);
    return fold;
  }));
}

function embargoOf(fn: string, options: PurgedKFoldOptions, sessionCount: number): number {
  const { embargoSessions, embargoFraction } = options;
  if (embargoFraction === undefined) return requireInteger(fn, 'embargoSessions', embargoSessions ?? 0, { min: 0 });
  if (embargoSessions !== undefined) throw new DomainError(`${fn}: embargoSessions must not be given together with embargoFraction, got ${embargoSessions} and ${embargoFraction}`);
  return Math.floor(requireNumber(fn, 'embargoFraction', embargoFraction, { min: 0, max: 1 }) * sessionCount + 1e-9);
}

function foldOf(spans: LabelSpans, rows: RowSet, index: number, from: number, to: number, embargoSessions: number): PurgedFold {
  const { session, endSession } = spans;
  const inFold = (row: number): boolean => session[row] >= from && session[row] <= to;
  const test = rows.filter(inFold);
  let lastEnd = to;
  for (const row of test) lastEnd = Math.max(lastEnd, endSession[row]);
  const train = new Uint32Array(rows.length - test.length);
  let kept = 0;
  let purged = 0;
  let embargoed = 0;
  for (const row of rows) {
    if (inFold(row)) continue;
    if (session[row] <= lastEnd && endSession[row] >= from) purged++;
    else if (session[row] > lastEnd && session[row] <= lastEnd + embargoSessions) embargoed++;
    else train[kept++] = row;
  }
  return Object.freeze({ kind: 'fold', index, train: train.slice(0, kept), test, testFromSession: from, testToSession: to, purged, embargoed });
}
