/** Development, calibration and test, one after the other. */
import { requireInteger, requireKnownKeys } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { printable, textTable } from '../core/inspect.ts';
import { checkTimes, describeSession, resolveBoundary } from './boundary.ts';
import type { Boundary } from './boundary.ts';
import { lowerBound } from '../core/sort.ts';
import { eligibleRows } from './eligible-rows.ts';
import type { LabelSpans, RowSet } from './types.ts';

export interface HoldoutSplitOptions {
  /** The last part. A share is of all labelled sessions. @default 0.15 */
  readonly test?: Boundary;
  /** The part before the test part. A share is of the labelled sessions before the test part. @default 0.15 */
  readonly calibration?: Boundary;
  /** Whole sessions left between the last label of a part and the first session of the next; the later part keeps its rows. @default 0 */
  readonly embargoSessions?: number;
  /** Rows to split, strictly ascending. @default all */
  readonly rows?: ArrayLike<number>;
  /** Times of all sessions, epoch milliseconds, ascending, shape (sessionCount); needed for dates. */
  readonly sessions?: ArrayLike<number>;
}

/** Counts of rows by the part they would have been in. The test part loses none. */
export interface HoldoutCounts {
  readonly development: number;
  readonly calibration: number;
}

export interface HoldoutSplit {
  readonly kind: 'holdout';
  readonly development: RowSet;
  readonly calibration: RowSet;
  readonly test: RowSet;
  /** Session indices at which the parts begin and, when `sessions` were given, their times; null for no such part. */
  readonly boundaries: {
    readonly calibrationFrom: number | null;
    readonly testFrom: number | null;
    readonly calibrationFromTime: number | null;
    readonly testFromTime: number | null;
  };
  /** Rows left out because their label ends at or after the first session of the next part. */
  readonly purged: HoldoutCounts;
  /** Rows left out because their label ends less than the embargo before the next part. */
  readonly embargoed: HoldoutCounts;
  /** Rows left out because they have no label. */
  readonly unlabelled: number;
}

const PARTS = ['development', 'calibration', 'test'] as const;

/**
 * Splits rows by session into development, calibration and test.
 *
 * A row of an earlier part stays only when its label ends before the first session of the next part: closed intervals, so a label that
 * ends exactly there is purged. Shares are rounded down, to one session at least.
 *
 * @param spans - where each row's label lies
 * @throws DomainError when a part that was asked for would have no session or, after the purge, no row
 * @see Lopez de Prado (2018), Advances in Financial Machine Learning, section 7.4.1
 * @example holdoutSplit(spans, { test: '2016-07-01', calibration: 0.15, sessions: panel.sessions })
 */
export function holdoutSplit(spans: LabelSpans, options: HoldoutSplitOptions = {}): HoldoutSplit {
  const fn = 'holdoutSplit';
  requireKnownKeys(fn, options, ['test', 'calibration', 'embargoSessions', 'rows', 'sessions']);
  const { test = 0.15, calibration = 0.15, embargoSessions = 0, sessions: times } = options;
  requireInteger(fn, 'embargoSessions', embargoSessions, { min: 0 });
  const { rows, unlabelled, sessions } = eligibleRows(fn, spans, options.rows);
  checkTimes(fn, times, spans.sessionCount);
  const testFrom = resolveBoundary(fn, 'test', test, sessions, spans.sessionCount, times);
  const beforeTest = testFrom === null ? sessions : sessions.subarray(0, lowerBound(sessions, testFrom));
  const calibrationFrom = resolveBoundary(fn, 'calibration', calibration, beforeTest, spans.sessionCount, times);

  const testStart = testFrom ?? Infinity;
  const calibrationStart = calibrationFrom ?? testStart;
  const nextStart = [calibrationStart, testStart, Infinity];
  const kept: number[][] = [[], [], []];
  const purged = [0, 0, 0];
  const embargoed = [0, 0, 0];
  for (const row of rows) {
    const session = spans.session[row];
    const end = spans.endSession[row];
    const part = session >= testStart ? 2 : session >= calibrationStart ? 1 : 0;
    if (end >= nextStart[part]) purged[part]++;
    else if (end + embargoSessions >= nextStart[part]) embargoed[part]++;
    else kept[part].push(row);
  }
  const wanted = [true, calibrationFrom !== null, testFrom !== null];
  PARTS.forEach((part, k) => {
    if (!wanted[k] || kept[k].length > 0) return;
    const next = k === 0 && calibrationFrom !== null ? calibrationFrom : (testFrom ?? 0);
    throw new DomainError(`${fn}: ${part} must keep a row, got none whose label ends ${embargoSessions > 0 ? `${embargoSessions} sessions ` : ''}before ${describeSession(next, times)} (${purged[k]} purged, ${embargoed[k]} embargoed)`);
  });
  const timeOf = (session: number | null): number | null => (session === null || times === undefined ? null : times[session]);
  const split: HoldoutSplit = {
    kind: 'holdout',
    development: Uint32Array.from(kept[0]),
    calibration: Uint32Array.from(kept[1]),
    test: Uint32Array.from(kept[2]),
    boundaries: Object.freeze({ calibrationFrom, testFrom, calibrationFromTime: timeOf(calibrationFrom), testFromTime: timeOf(testFrom) }),
    purged: Object.freeze({ development: purged[0], calibration: purged[1] }),
    embargoed: Object.freeze({ development: embargoed[0], calibration: embargoed[1] }),
    unlabelled,
  };
  return Object.freeze(printable(split, describe));
}

function describe({ development, calibration, test, boundaries, purged, embargoed, unlabelled }: HoldoutSplit): string {
  return `${textTable([
    { part: 'development', fromSession: null, rows: development.length, purged: purged.development, embargoed: embargoed.development },
    { part: 'calibration', fromSession: boundaries.calibrationFrom, rows: calibration.length, purged: purged.calibration, embargoed: embargoed.calibration },
    { part: 'test', fromSession: boundaries.testFrom, rows: test.length, purged: 0, embargoed: 0 },
  ])}\n${unlabelled} rows have no label`;
}
