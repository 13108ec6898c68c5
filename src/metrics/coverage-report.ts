/** Whether intervals held, where they did not, and what they cost. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength } from '../core/assert.ts';
import type { GroupKey } from './groups.ts';
import { intervalWidths } from './interval-widths.ts';
import type { IntervalWidths } from './interval-widths.ts';
import { intervalCoverage, winklerScore } from './intervals.ts';
import type { IntervalCoverage } from './intervals.ts';
import { rollingCoverage } from './rolling-coverage.ts';
import type { CoverageWindow, RollingCoverage } from './rolling-coverage.ts';

export interface CoverageRows<Key extends GroupKey = GroupKey> {
  /** Bounds, shape (n); rows with a NaN bound or outcome are left out and counted. */
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  /** Shape (n). */
  readonly outcomes: ArrayLike<number>;
  /** Session of each row, shape (n), in any order. Absent: every row is a session of its own, in the order given. */
  readonly sessions?: ArrayLike<number>;
  /** Group of each row, shape (n); NaN for none. */
  readonly groups?: ArrayLike<Key>;
}

export interface CoverageReportOptions {
  /** Miscoverage level the intervals were made for, in (0, 1). @default 0.1 */
  readonly alpha?: number;
  /** Consecutive sessions in a rolling window; one of fewer than min(30, windowSessions) rows is not judged. @default 250 */
  readonly windowSessions?: number;
  /** Distinct sessions in a block of the standard errors. @default 20 */
  readonly blockSessions?: number;
}

export interface CoverageReport<Key extends GroupKey = GroupKey> extends IntervalCoverage<Key> {
  readonly alpha: number;
  /** The window of consecutive sessions with the lowest coverage; null when `worstWindowReason` says why. */
  readonly worstWindow: CoverageWindow | null;
  readonly worstWindowReason: RollingCoverage['reason'];
  /** Widths in units of the outcome, with the shares of infinite and of empty intervals. */
  readonly widths: IntervalWidths;
  /** Mean Winkler score of the rows with finite bounds, in units of the outcome, less is better; NaN when `finiteRows` is 0. */
  readonly winkler: number;
  readonly finiteRows: number;
}

/**
 * Coverage overall, by group and in the worst rolling window, with the width it was bought for.
 *
 * An infinite interval always covers and an empty one never does, so read coverage beside `widths`.
 *
 * @throws ShapeError for different lengths; DomainError for a NaN session or options outside their ranges
 * @example coverageReport({ lower, upper, outcomes, sessions, groups: tercile }, { alpha: 0.1 }).worstWindow?.coverage
 */
export function coverageReport<Key extends GroupKey = GroupKey>(rows: CoverageRows<Key>, options: CoverageReportOptions = {}): CoverageReport<Key> {
  const fn = 'coverageReport';
  requireKnownKeys(fn, rows, ['lower', 'upper', 'outcomes', 'sessions', 'groups']);
  requireKnownKeys(fn, options, ['alpha', 'windowSessions', 'blockSessions']);
  const { outcomes, sessions, groups } = rows;
  const { alpha = 0.1, windowSessions = 250, blockSessions = 20 } = options;
  requireNumber(fn, 'alpha', alpha, { min: 0, max: 1, open: true });
  requireInteger(fn, 'windowSessions', windowSessions, { min: 1 });
  requireInteger(fn, 'blockSessions', blockSessions, { min: 1 });
  const n = requireSameLength(fn, { lower: rows.lower, upper: rows.upper, outcomes, ...(sessions && { sessions }), ...(groups && { groups }) });
  // One set of rows for every number: a row without its outcome is missing throughout.
  const present = (values: ArrayLike<number>): Float64Array => Float64Array.from(values, (value, i) => (outcomes[i] === outcomes[i] ? value : NaN));
  const [lower, upper] = [present(rows.lower), present(rows.upper)];
  const days = sessions ?? Uint32Array.from({ length: n }, (_, i) => i);
  const window = rollingCoverage(lower, upper, outcomes, { sessions: days, window: windowSessions, minimumRows: Math.min(30, windowSessions) });
  const finite = Float64Array.from({ length: n }, (_, i) => (Number.isFinite(lower[i]) && Number.isFinite(upper[i]) ? 1 : 0));
  const ofFinite = (values: Float64Array): Float64Array => values.map((value, i) => (finite[i] === 1 ? value : NaN));
  return Object.freeze({
    ...intervalCoverage(lower, upper, outcomes, { sessions: days, blockSessions, ...(groups && { groups }) }),
    alpha,
    worstWindow: window.worst,
    worstWindowReason: window.reason,
    widths: intervalWidths(lower, upper),
    winkler: winklerScore(ofFinite(lower), ofFinite(upper), outcomes, { alpha }),
    finiteRows: finite.reduce((sum, one) => sum + one, 0),
  });
}
