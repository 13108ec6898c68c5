/** What prediction intervals are worth: whether they hold, and how wide they are. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength } from '../core/assert.ts';
import { clusteredStandardError } from './block-standard-error.ts';
import { rowsByGroup } from './groups.ts';
import type { GroupKey } from './groups.ts';
import { sessionBlocks } from './session-blocks.ts';
import { weightedMean } from './weighted-mean.ts';
import type { WeightOptions } from './weighted-mean.ts';

export interface CoverageCounts {
  /** Share of outcomes inside their interval, bounds included; NaN without a row. */
  readonly coverage: number;
  /** Standard error of the coverage from blocks of sessions; NaN without `sessions` or with fewer than two blocks. */
  readonly standardError: number;
  /** Rows counted. */
  readonly n: number;
  /** Rows below and above their interval. */
  readonly below: number;
  readonly above: number;
  /** Mean of upper - lower, in units of the outcome; infinite when one interval is. */
  readonly meanWidth: number;
}

export interface GroupCoverage<Key extends GroupKey = GroupKey> extends CoverageCounts {
  readonly group: Key;
}

export interface IntervalCoverage<Key extends GroupKey = GroupKey> extends CoverageCounts {
  /** One row per group, ascending; empty without `groups`. */
  readonly byGroup: readonly GroupCoverage<Key>[];
  /** Rows left out because a bound or the outcome is NaN. */
  readonly missing: number;
}

export interface IntervalCoverageOptions<Key extends GroupKey = GroupKey> {
  /** Group of each row, shape (n). A row whose group is NaN counts only in the total. */
  readonly groups?: ArrayLike<Key>;
  /** Session of each row, shape (n): gives the standard errors. */
  readonly sessions?: ArrayLike<number>;
  /** Distinct sessions in a block; rows of one block may depend on each other. @default 20 */
  readonly blockSessions?: number;
}

/**
 * How often intervals contain the outcome, overall and by group.
 *
 * @param lower - shape (n)
 * @param upper - shape (n)
 * @param actual - outcomes, shape (n)
 * @throws ShapeError for different lengths; DomainError for a NaN session
 * @example intervalCoverage(lower, upper, outcome, { groups: tercile, sessions }).byGroup
 */
export function intervalCoverage<Key extends GroupKey = GroupKey>(lower: ArrayLike<number>, upper: ArrayLike<number>, actual: ArrayLike<number>, options: IntervalCoverageOptions<Key> = {}): IntervalCoverage<Key> {
  const fn = 'intervalCoverage';
  requireKnownKeys(fn, options, ['groups', 'sessions', 'blockSessions']);
  const { groups, sessions } = options;
  const blockSessions = requireInteger(fn, 'blockSessions', options.blockSessions ?? 20, { min: 1 });
  const n = requireSameLength(fn, { lower, upper, actual, ...(groups && { groups }), ...(sessions && { sessions }) });
  const blocks = sessions === undefined ? undefined : sessionBlocks(fn, sessions, blockSessions);
  const all = Uint32Array.from({ length: n }, (_, i) => i);
  const count = (rows: ArrayLike<number>): CoverageCounts => countCoverage(lower, upper, actual, rows, blocks);
  const total = count(all);
  const byGroup = groups === undefined ? [] : rowsByGroup(groups).map(([group, rows]) => Object.freeze({ group, ...count(rows) }));
  return Object.freeze({ ...total, byGroup: Object.freeze(byGroup), missing: n - total.n });
}

function countCoverage(lower: ArrayLike<number>, upper: ArrayLike<number>, actual: ArrayLike<number>, rows: ArrayLike<number>, blocks: Uint32Array | undefined): CoverageCounts {
  const inside = new Uint8Array(rows.length);
  const block = new Uint32Array(rows.length);
  let [n, below, above, width] = [0, 0, 0, 0];
  for (let k = 0; k < rows.length; k++) {
    const i = rows[k];
    const y = actual[i];
    if (y !== y || lower[i] !== lower[i] || upper[i] !== upper[i]) continue;
    if (y < lower[i]) below++;
    else if (y > upper[i]) above++;
    else inside[n] = 1;
    if (blocks !== undefined) block[n] = blocks[i];
    n++;
    width += upper[i] - lower[i];
  }
  const standardError = blocks === undefined ? NaN : clusteredStandardError(inside.subarray(0, n), block.subarray(0, n));
  return Object.freeze({ coverage: n === 0 ? NaN : (n - below - above) / n, standardError, n, below, above, meanWidth: n === 0 ? NaN : width / n });
}

export interface WinklerScoreOptions extends WeightOptions {
  /** Miscoverage the intervals were made for, in (0, 1). */
  readonly alpha: number;
}

/**
 * Mean of upper - lower + (2 / alpha) * (distance of the outcome outside the interval): width and misses in one number, less is better.
 *
 * @param lower - shape (n); rows with a NaN are left out
 * @param upper - shape (n)
 * @param actual - outcomes, shape (n)
 * @returns in units of the outcome; NaN without a row
 * @see Winkler (1972), "A decision-theoretic approach to interval estimation"; Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", equation 43
 */
export function winklerScore(lower: ArrayLike<number>, upper: ArrayLike<number>, actual: ArrayLike<number>, options: WinklerScoreOptions): number {
  const fn = 'winklerScore';
  requireKnownKeys(fn, options, ['alpha', 'weights']);
  const alpha = requireNumber(fn, 'alpha', options.alpha, { min: 0, max: 1, open: true });
  const n = requireSameLength(fn, { lower, upper, actual });
  return weightedMean(fn, n, (i) => upper[i] - lower[i] + (2 / alpha) * (Math.max(0, lower[i] - actual[i]) + Math.max(0, actual[i] - upper[i])), options.weights);
}
