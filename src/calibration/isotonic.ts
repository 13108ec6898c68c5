/** Isotonic regression: the closest monotone curve, without a shape of its own. */
import { DomainError, QuantwrightError, ShapeError } from '../core/errors.ts';
import { poolViolators } from '../core/pava.ts';
import { averageRanks, lowerBound } from '../core/sort.ts';
import { between } from './interpolate.ts';
import { groupByScore } from './score-groups.ts';

/** A piecewise linear monotone curve as plain data. */
export interface IsotonicFit {
  readonly kind: 'isotonic';
  /** Scores of the knots, strictly ascending, shape (k); empty when no row could be used. */
  readonly thresholds: Float64Array;
  /** Values at the knots, shape (k), rising or falling as `increasing` says. */
  readonly values: Float64Array;
  readonly increasing: boolean;
  /** Scores outside the knots get the value of the nearest knot, or NaN. */
  readonly outOfBounds: 'clip' | 'nan';
  /** Rows used. */
  readonly n: number;
  /** Rows left out because score or label is missing or their weight is 0. */
  readonly missingRows: number;
}

export interface FitIsotonicOptions {
  /** Weight of each row, >= 0, shape (n); a row of weight 0 is left out. @default all 1 */
  readonly weights?: ArrayLike<number>;
  /** `auto` falls when Spearman's correlation of scores and labels is negative and rises otherwise. @default true */
  readonly increasing?: boolean | 'auto';
  /** Values below are raised to this. @default -Infinity */
  readonly yMin?: number;
  /** Values above are lowered to this. @default Infinity */
  readonly yMax?: number;
  /** What scores outside those seen get: the value of the nearest knot, or NaN. @default 'clip' */
  readonly outOfBounds?: 'clip' | 'nan';
}

/**
 * Least-squares monotone curve through scores and labels.
 *
 * Rows of one score are averaged first. Values of the pooled blocks are kept at the first and last score of each block, and
 * {@link applyIsotonic} is linear between them. Not for fewer than about 1000 rows, where the steps are mostly noise: the outermost blocks
 * are often a certain 0 or 1, and steps tie scores that differed, which changes the AUC. {@link fitSmoothIsotonic} has neither trouble.
 *
 * @param scores - raw scores, shape (n); NaN and infinities are missing
 * @param labels - 0 or 1 for a calibrator, any numbers for a regression, shape (n); NaN and infinities are missing
 * @throws ShapeError for different lengths; DomainError for bad weights, bounds or choices; `ERR_UNKNOWN_NAME` for an unknown option
 * @see Zadrozny and Elkan (2002), "Transforming classifier scores into accurate multiclass probability estimates"; scikit-learn's IsotonicRegression, whose knots these are
 * @example applyIsotonic(fitIsotonic([1, 2, 3, 4], [0, 1, 0, 1]), 3.5) // 0.75
 */
export function fitIsotonic(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitIsotonicOptions = {}): IsotonicFit {
  // The checks of core/assert.ts print values and guess what was meant, and would be half of this import.
  const { weights, increasing = true, yMin = -Infinity, yMax = Infinity, outOfBounds = 'clip', ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name) throw new QuantwrightError('ERR_UNKNOWN_NAME', `fitIsotonic: unknown option ${name}`);
  if (labels.length !== scores.length || (weights && weights.length !== scores.length)) throw new ShapeError(`fitIsotonic: labels and weights must have the length of scores, got ${labels.length} and ${weights?.length}, not ${scores.length}`);
  if (!(yMin <= yMax && ['clip', 'nan'].includes(outOfBounds) && [true, false, 'auto'].includes(increasing))) {
    throw new DomainError(`fitIsotonic: yMin must be <= yMax, outOfBounds "clip" or "nan", increasing a boolean or "auto", got ${[yMin, yMax, outOfBounds, increasing]}`);
  }
  const groups = groupByScore('fitIsotonic', scores, labels, weights);
  const rises = increasing === 'auto' ? rankCovariance(scores, labels, weights) >= 0 : increasing;
  const { last, value } = poolViolators(rises ? groups.sum : groups.sum.map((v) => -v), groups.weight);
  const thresholds: number[] = [];
  const values: number[] = [];
  const knot = (group: number, v: number): void => {
    let k = values.length;
    // Bounds can make blocks equal: what lies inside a level stretch is dropped.
    if (k > 1 && values[k - 1] === v && values[k - 2] === v) k--;
    thresholds[k] = groups.score[group];
    values[k] = v;
  };
  for (let b = 0, first = 0; b < last.length; first = last[b++] + 1) {
    const v = Math.min(Math.max(rises ? value[b] : 0 - value[b], yMin), yMax);
    knot(first, v);
    if (first < last[b]) knot(last[b], v);
  }
  return Object.freeze({ kind: 'isotonic', thresholds: Float64Array.from(thresholds), values: Float64Array.from(values), increasing: rises, outOfBounds, n: groups.n, missingRows: scores.length - groups.n });
}

/**
 * Value of the curve at a score, linear between knots.
 *
 * @returns NaN, missing, for a NaN score, outside the knots when the fit says `nan`, and everywhere when it has no knot (`n` is 0)
 * @example applyIsotonic(fit, 0.73) // 0.61
 */
export function applyIsotonic(fit: IsotonicFit, score: number): number {
  const { thresholds, values, outOfBounds } = fit;
  const k = lowerBound(thresholds, score);
  if (score !== score || values.length === 0) return NaN;
  if (thresholds[k] === score) return values[k];
  if (k > 0 && k < values.length) return between(thresholds, values, k, score);
  return outOfBounds === 'nan' ? NaN : values[Math.max(0, k - 1)];
}

/** {@link applyIsotonic} of many scores, shape (n); the same numbers row by row. */
export function applyIsotonicBatch(fit: IsotonicFit, scores: ArrayLike<number>): Float64Array {
  return Float64Array.from(scores, (score) => applyIsotonic(fit, score));
}

// Its sign is that of Spearman's correlation over the rows used.
function rankCovariance(scores: ArrayLike<number>, labels: ArrayLike<number>, weights?: ArrayLike<number>): number {
  const ranks = (of: ArrayLike<number>, other: ArrayLike<number>): Float64Array => averageRanks(Float64Array.from(of, (v, i) => (other[i] * 0 === 0 && weights?.[i] !== 0 ? v + v * 0 : NaN)));
  const [a, b] = [ranks(scores, labels), ranks(labels, scores)];
  const center = (a.filter((rank) => rank > 0).length + 1) / 2;
  return a.reduce((sum, rank, i) => sum + ((rank - center) * (b[i] - center) || 0), 0); // NaN counts nothing
}
