/** Training windows that move through time. */
import { requireInteger, requireKnownKeys, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { checkTimes, resolveSession } from './boundary.ts';
import { lowerBound } from '../core/sort.ts';
import { eligibleRows } from './eligible-rows.ts';
import type { LabelSpans, RowSet } from './types.ts';

export interface WalkForwardSplitsOptions {
  /** Sessions in a test block, and between one split and the next. */
  readonly testSessions: number;
  /** Train on everything before, or on the last n sessions before the gap. @default 'expanding' */
  readonly window?: 'expanding' | { readonly rolling: number };
  /** Labelled sessions that must lie before the gap. Sets the first test block unless `from` does. @default the rolling window, or 1 with `from` */
  readonly minTrainSessions?: number;
  /** Sessions before a test block in which no training row may stand, whatever its label. @default 0 */
  readonly gapSessions?: number;
  /** Sessions between the one at which a label is known and the first row predicted by a model that has seen it. @default 0 */
  readonly latencySessions?: number;
  /** Whole sessions left between the last training label and the test block, beyond the latency. @default 0 */
  readonly embargoSessions?: number;
  /** First test session: an index or, with `sessions`, a date. */
  readonly from?: number | string | Date;
  /** Keep a last block of fewer than `testSessions` sessions, so that no session goes untested. @default true */
  readonly includePartialLast?: boolean;
  /** Rows to split, strictly ascending. @default all */
  readonly rows?: ArrayLike<number>;
  /** Times of all sessions, epoch milliseconds, ascending, shape (sessionCount); needed for a date. */
  readonly sessions?: ArrayLike<number>;
}

export interface WalkForwardSplit {
  readonly kind: 'walk-forward';
  readonly index: number;
  readonly train: RowSet;
  /** Labelled rows of the test sessions. */
  readonly test: RowSet;
  /** First and last session of the training rows. */
  readonly trainFromSession: number;
  readonly trainToSession: number;
  /** First and last session of the test rows. */
  readonly testFromSession: number;
  readonly testToSession: number;
  /** Rows of the training window whose label is not known, latency included, before the first test session. */
  readonly purged: number;
  /** Rows of the training window, not purged, whose label falls in the embargo. */
  readonly embargoed: number;
}

/**
 * Splits in time order: train on the past, test on the next block, move on by one block.
 *
 * A training row's label must be known before the test block: `endSession + latencySessions < testFromSession`. Windows and blocks are
 * counted in labelled sessions, gaps, latency and embargo in session indices.
 *
 * @throws DomainError when the first block would have too few sessions before it, no session, or no training row
 * @see Pardo (2008), The Evaluation and Optimization of Trading Strategies, chapter 11
 * @example walkForwardSplits(spans, { testSessions: 63, minTrainSessions: 504, window: { rolling: 1260 } })
 */
export function walkForwardSplits(spans: LabelSpans, options: WalkForwardSplitsOptions): readonly WalkForwardSplit[] {
  const fn = 'walkForwardSplits';
  requireKnownKeys(fn, options, ['testSessions', 'window', 'minTrainSessions', 'gapSessions', 'latencySessions', 'embargoSessions', 'from', 'includePartialLast', 'rows', 'sessions']);
  const { gapSessions = 0, latencySessions = 0, embargoSessions = 0, includePartialLast = true } = options;
  const testSessions = requireInteger(fn, 'testSessions', options.testSessions, { min: 1 });
  for (const [name, value] of Object.entries({ gapSessions, latencySessions, embargoSessions })) requireInteger(fn, name, value, { min: 0 });
  if (typeof includePartialLast !== 'boolean') throw new DomainError(`${fn}: includePartialLast must be a boolean, got ${show(includePartialLast)}`);
  const rolling = rollingOf(fn, options.window ?? 'expanding');
  const minTrainSessions = minTrainOf(fn, options, rolling);
  const { rows, sessions } = eligibleRows(fn, spans, options.rows);
  checkTimes(fn, options.sessions, spans.sessionCount);
  const start = options.from === undefined ? minTrainSessions + gapSessions : lowerBound(sessions, resolveSession(fn, 'from', options.from, spans.sessionCount, options.sessions));

  const splits: WalkForwardSplit[] = [];
  for (let first = start; first < sessions.length; first += testSessions) {
    const last = first + testSessions - 1;
    if (last >= sessions.length && !includePartialLast) break;
    const testFrom = sessions[first];
    const trainEnd = testFrom - gapSessions;
    const before = lowerBound(sessions, trainEnd);
    if (before < minTrainSessions) throw new DomainError(`${fn}: minTrainSessions must lie before the first test block and its gap, got ${before} of ${minTrainSessions} labelled sessions before session ${trainEnd}`);
    const trainStart = rolling === null ? 0 : sessions[Math.max(0, before - rolling)];
    const split = splitOf(spans, rows, { index: splits.length, trainStart, trainEnd, testFrom, testTo: sessions[Math.min(last, sessions.length - 1)], latencySessions, embargoSessions });
    if (split.train.length === 0) throw new DomainError(`${fn}: minTrainSessions must leave a training row whose label is known before session ${testFrom}, got none for split ${split.index} (${split.purged} purged, ${split.embargoed} embargoed)`);
    splits.push(split);
  }
  if (splits.length === 0) throw new DomainError(`${fn}: rows must span a first training window, the gap and a test block, got ${sessions.length} labelled sessions, ${start} before the first block of ${testSessions}`);
  return Object.freeze(splits);
}

function rollingOf(fn: string, window: NonNullable<WalkForwardSplitsOptions['window']>): number | null {
  if (window === 'expanding') return null;
  if (typeof window !== 'object' || window === null) throw new DomainError(`${fn}: window must be 'expanding' or { rolling: sessions }, got ${show(window)}`);
  requireKnownKeys(fn, window, ['rolling']);
  return requireInteger(fn, 'window.rolling', window.rolling, { min: 1 });
}

function minTrainOf(fn: string, options: WalkForwardSplitsOptions, rolling: number | null): number {
  const { minTrainSessions, from } = options;
  if (minTrainSessions !== undefined) return requireInteger(fn, 'minTrainSessions', minTrainSessions, { min: 1 });
  if (from !== undefined) return 1;
  if (rolling !== null) return rolling;
  throw new DomainError(`${fn}: minTrainSessions or from must be given for an expanding window, got neither`);
}

interface SplitPlan {
  readonly index: number;
  readonly trainStart: number;
  /** First session after the training window. */
  readonly trainEnd: number;
  readonly testFrom: number;
  readonly testTo: number;
  readonly latencySessions: number;
  readonly embargoSessions: number;
}

function splitOf(spans: LabelSpans, rows: RowSet, plan: SplitPlan): WalkForwardSplit {
  const { session, endSession } = spans;
  const { index, trainStart, trainEnd, testFrom, testTo, latencySessions, embargoSessions } = plan;
  const train: number[] = [];
  const test: number[] = [];
  let [purged, embargoed, trainFromSession, trainToSession] = [0, 0, Infinity, -1];
  for (const row of rows) {
    const at = session[row];
    if (at >= testFrom) {
      if (at <= testTo) test.push(row);
      continue;
    }
    if (at < trainStart || at >= trainEnd) continue;
    const known = endSession[row] + latencySessions;
    if (known >= testFrom) purged++;
    else if (known + embargoSessions >= testFrom) embargoed++;
    else {
      train.push(row);
      trainFromSession = Math.min(trainFromSession, at);
      trainToSession = Math.max(trainToSession, at);
    }
  }
  return Object.freeze({
    kind: 'walk-forward', index, train: Uint32Array.from(train), test: Uint32Array.from(test),
    trainFromSession, trainToSession, testFromSession: testFrom, testToSession: testTo, purged, embargoed,
  });
}
