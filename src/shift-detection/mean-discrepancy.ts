/** Maximum mean discrepancy of two samples. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../core/assert.ts';
import { driveWith, driveWithSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { hashUniform } from '../core/hash.ts';
import { argsort } from '../core/sort.ts';
import { normalCdf } from '../core/special-functions.ts';
import { mean, median, standardDeviation } from '../core/stats.ts';
import { pairSums, squaredDistance } from './pair-sums.ts';
import { pointSamples } from './sample-values.ts';
import type { PointRows, Points } from './sample-values.ts';
import { twoSampleResult } from './two-sample.ts';
import type { TwoSampleResult } from './two-sample.ts';

export interface MeanDiscrepancyOptions {
  /** Width sigma of the kernel exp(-|x - y|^2 / (2 sigma^2)), > 0, in units of the values. @default the median distance of a pair of rows of both samples together */
  readonly bandwidth?: number;
  /** `linear` takes each row once, pairs neighbours and has a p-value for independent rows; the others take all pairs. @default 'unbiased' */
  readonly estimator?: 'unbiased' | 'biased' | 'linear';
  /** Of the rows the default bandwidth is taken from. @default 0 */
  readonly seed?: number;
}

export interface MeanDiscrepancyResult extends TwoSampleResult {
  /** Width of the kernel used; NaN when not assessable. */
  readonly bandwidth: number;
}

const HEURISTIC_ROWS = 400; // rows behind the default bandwidth: 80 thousand pairs

/**
 * Squared maximum mean discrepancy with a Gaussian kernel, as a task to drive or `yield*`.
 *
 * Sees any difference of the joint distribution. Bring the columns to one scale first. The unbiased estimate may be below 0. Time is quadratic
 * except for `linear`. Any order of the rows gives the same, up to rounding, except for `linear` and a default bandwidth from more than 400 rows.
 *
 * @param reference - numbers, or rows of numbers, shape (n1) or (n1, k); a row with a missing value is left out and counted
 * @param current - shape (n2) or (n2, k)
 * @returns `too-few-values` with fewer than 2 rows in a sample (4 for `linear`), `constant` when all rows are the same and no bandwidth is given; the p-value is NaN except for `linear`: see {@link blockPermutationTest}
 * @throws ShapeError for rows of different lengths; DomainError for options outside their ranges
 * @see Gretton, Borgwardt, Rasch, Schoelkopf and Smola (2012), "A kernel two-sample test", equations 3 and 5, section 6 for `linear` and section 8 for the median
 */
export function* meanDiscrepancyTask(reference: Points, current: Points, options: MeanDiscrepancyOptions = {}): Task<MeanDiscrepancyResult> {
  const fn = 'meanDiscrepancy';
  requireKnownKeys(fn, options, ['bandwidth', 'estimator', 'seed']);
  const estimator = requireOneOf(fn, 'estimator', options.estimator ?? 'unbiased', ['unbiased', 'biased', 'linear']);
  const seed = requireInteger(fn, 'seed', options.seed ?? 0);
  if (options.bandwidth !== undefined) requireNumber(fn, 'bandwidth', options.bandwidth, { min: 0, open: true });
  const { x, y, n, missing, reason } = pointSamples(fn, reference, current);
  const short = Math.min(...n) < (estimator === 'linear' ? 4 : 2);
  const bandwidth = reason !== null || short ? NaN : (options.bandwidth ?? medianDistance(x, y, seed));
  const why = reason ?? (short ? 'too-few-values' : bandwidth > 0 ? null : 'constant');
  if (why !== null) return Object.freeze({ ...twoSampleResult(why, NaN, NaN, n, missing), bandwidth: NaN });
  const scale = -1 / (2 * bandwidth * bandwidth);
  const kernel = (squared: number): number => Math.exp(scale * squared);
  if (estimator === 'linear') {
    const terms = Float64Array.from({ length: Math.floor(Math.min(...n) / 2) }, (_, t) => {
      const [i, j] = [2 * t, 2 * t + 1];
      return kernel(squaredDistance(x, i, x, j)) + kernel(squaredDistance(y, i, y, j)) - kernel(squaredDistance(x, i, y, j)) - kernel(squaredDistance(x, j, y, i));
    });
    const [value, deviation] = [mean(terms), standardDeviation(terms) / Math.sqrt(terms.length)];
    return Object.freeze({ ...twoSampleResult(deviation > 0 ? null : 'constant', value, normalCdf(-value / deviation), n, missing), bandwidth });
  }
  const [withinX, withinY, between] = yield* pairSums(x, y, kernel, 'mean discrepancy');
  const own = (sum: number, size: number): number => (estimator === 'unbiased' ? (2 * sum) / (size * (size - 1)) : (2 * sum + size) / (size * size));
  const value = own(withinX, n[0]) + own(withinY, n[1]) - (2 * between) / (n[0] * n[1]);
  return Object.freeze({ ...twoSampleResult(null, value, NaN, n, missing), bandwidth });
}

/** Runs {@link meanDiscrepancyTask} without blocking the host. */
export function meanDiscrepancy(reference: Points, current: Points, options: MeanDiscrepancyOptions & DriveOptions = {}): Promise<MeanDiscrepancyResult> {
  return driveWith(options, (own) => meanDiscrepancyTask(reference, current, own));
}

/** Runs {@link meanDiscrepancyTask} in one go. */
export function meanDiscrepancySync(reference: Points, current: Points, options: MeanDiscrepancyOptions & DriveOptions = {}): MeanDiscrepancyResult {
  return driveWithSync(options, (own) => meanDiscrepancyTask(reference, current, own));
}

// Where more than half of the pairs coincide, the median of the pairs that do not.
function medianDistance(x: PointRows, y: PointRows, seed: number): number {
  const size = x.n + y.n;
  const rows = argsort(Float64Array.from({ length: size }, (_, i) => (size <= HEURISTIC_ROWS ? i : hashUniform(seed, 0, i)))).subarray(0, HEURISTIC_ROWS);
  const distances: number[] = [];
  const at = (row: number): readonly [PointRows, number] => (row < x.n ? [x, row] : [y, row - x.n]);
  for (let i = 0; i < rows.length; i++) for (let j = i + 1; j < rows.length; j++) distances.push(Math.sqrt(squaredDistance(...at(rows[i]), ...at(rows[j]))));
  return median(distances) || median(distances.filter((distance) => distance > 0));
}
