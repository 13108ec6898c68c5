/** Isotonic regression without steps: strictly monotone, so that the order of scores, and with it the AUC, stays. */
import { requireKnownKeys, requireNumber } from '../core/assert.ts';
import { poolViolators } from '../core/pava.ts';
import { lowerBound } from '../core/sort.ts';
import { between } from './interpolate.ts';
import type { PlattFallback } from './platt-fit.ts';
import { calibrationRows, softBaseRate, softEnds } from './rows.ts';
import { groupByScore } from './score-groups.ts';

/** A strictly rising curve as plain data: linear between knots, hyperbolic beyond them. */
export interface SmoothIsotonicFit {
  readonly kind: 'smooth-isotonic';
  /** What answers: the curve, or the base rate of the labels (a single knot) when there is no curve. */
  readonly method: 'smooth-isotonic' | 'base-rate';
  /** Why the base rate answers; null for the curve. */
  readonly reason: null | PlattFallback;
  /** Scores of the knots, strictly ascending, shape (k). */
  readonly knots: Float64Array;
  /** Probabilities at the knots, in (0, 1), strictly rising, shape (k). */
  readonly values: Float64Array;
  /** Rows used. */
  readonly n: number;
  /** Rows used whose label is 1. */
  readonly positives: number;
  /** Rows left out because score or label is missing or their weight is 0. */
  readonly missingRows: number;
}

export interface FitSmoothIsotonicOptions {
  /** Least weight (rows, without weights) behind a knot: smaller blocks are pooled with a neighbour. @default 50 */
  readonly minimumPerBlock?: number;
  /** Weight of each row, >= 0, shape (n); a row of weight 0 is left out. @default all 1 */
  readonly weights?: ArrayLike<number>;
}

// Blocks closer than this in probability share a knot; where only one is left, this share of the room to the nearer of 0 and 1 keeps the order.
const TINY_RISE = 1e-6;

/**
 * Fits a strictly rising curve from score to probability.
 *
 * 1. Labels are softened as Platt's, 1 / (N- + 2) and (N+ + 1) / (N+ + 2), so that no value is 0 or 1. 2. Adjacent violators are pooled, and
 * blocks lighter than `minimumPerBlock`, or less than a millionth apart, are then pooled with the next (the last with the one before), which keeps their order. 3. Each block
 * becomes one knot: its weighted mean score c_k and its mean softened label v_k. 4. Between knots the curve is linear. 5. Beyond them it goes on
 * with the slope m of the nearest segment and bends towards its bound: v_1 / (1 + m (c_1 - s) / v_1) below, and the same from 1 above.
 *
 * Where pooling leaves one block, the scores do not rise with the labels: two knots at the lowest and highest score, apart by a millionth,
 * keep the order. One class, constant scores or fewer than two rows give the base rate (N+ + 1) / (N + 2), and say so.
 *
 * @param scores - raw scores, larger for label 1, shape (n); NaN and infinities are missing
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels, bad weights or options
 * @see Jiang, Osl, Kim and Ohno-Machado (2011), "Smooth isotonic regression: a new method to calibrate predictive models", from whose monotone spline this differs in being linear, with tails
 */
export function fitSmoothIsotonic(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitSmoothIsotonicOptions = {}): SmoothIsotonicFit {
  const fn = 'fitSmoothIsotonic';
  requireKnownKeys(fn, options, ['minimumPerBlock', 'weights']);
  const minimum = requireNumber(fn, 'minimumPerBlock', options.minimumPerBlock ?? 50, { min: 0 });
  const rows = calibrationRows(fn, scores, labels, options.weights);
  const { n, positives, missingRows } = rows;
  const result = (reason: PlattFallback | null, knots: readonly number[], values: readonly number[]): SmoothIsotonicFit =>
    Object.freeze({ kind: 'smooth-isotonic', method: reason === null ? 'smooth-isotonic' : 'base-rate', reason, knots: Float64Array.from(knots), values: Float64Array.from(values), n, positives, missingRows });
  const baseRate = (reason: PlattFallback): SmoothIsotonicFit => result(reason, [0], [softBaseRate(rows)]);
  if (n < 2) return baseRate('too-few-rows');
  if (positives === 0 || positives === n) return baseRate('one-class');
  const { score, sum, weight } = groupByScore(fn, rows.score, rows.label, rows.weight);
  if (score.length === 1) return baseRate('constant-scores');

  const blocks = poolViolators(sum, weight.slice());
  const [lowest, highest] = softEnds(rows);
  const knots: number[] = [];
  const values: number[] = [];
  const masses: number[] = [];
  const pour = (k: number, at: number, value: number, mass: number): void => {
    const share = mass / (masses[k] + mass);
    knots[k] += share * at - share * knots[k];
    values[k] += share * (value - values[k]);
    masses[k] += mass;
  };
  for (let b = 0, g = 0; b < blocks.last.length; b++) {
    const value = lowest + (highest - lowest) * blocks.value[b];
    const last = masses.length - 1;
    if (last < 0 || (masses[last] >= minimum && value > values[last] + TINY_RISE)) {
      knots.push(score[g]);
      values.push(value);
      masses.push(0);
    }
    for (; g <= blocks.last[b]; g++) pour(masses.length - 1, score[g], value, weight[g]);
  }
  if (masses.length > 1 && masses[masses.length - 1] < minimum) {
    const [at, value, mass] = [knots.pop() as number, values.pop() as number, masses.pop() as number];
    pour(masses.length - 1, at, value, mass);
  }
  // Scores nearer to each other than the digits of their mean cannot carry a curve.
  const isRising = knots.every((at, k) => k === 0 || (at > knots[k - 1] && values[k] > values[k - 1]));
  if (!isRising) return baseRate('constant-scores');
  if (knots.length > 1) return result(null, knots, values);
  const rise = TINY_RISE * Math.min(values[0], 1 - values[0]);
  return result(null, [score[0], score[score.length - 1]], [values[0] - rise, values[0] + rise]);
}

/**
 * Calibrated probability of a score.
 *
 * @returns a probability in [0, 1], strictly rising with the score as far as doubles can tell; NaN, missing, for a NaN score
 */
export function applySmoothIsotonic(fit: SmoothIsotonicFit, score: number): number {
  const { knots, values } = fit;
  if (score !== score) return NaN;
  const last = knots.length - 1;
  if (last === 0) return values[0];
  const k = lowerBound(knots, score);
  if (knots[k] === score) return values[k];
  if (k > 0 && k <= last) return between(knots, values, k, score);
  const [a, b] = k === 0 ? [0, 1] : [last - 1, last];
  // Distances in units of the segment; halves, because the distance of two doubles may overflow.
  const distance = Math.abs(score / 2 - knots[k === 0 ? 0 : last] / 2) / (knots[b] / 2 - knots[a] / 2);
  const rise = values[b] - values[a];
  return k === 0 ? values[0] / (1 + (rise * distance) / values[0]) : 1 - (1 - values[last]) / (1 + (rise * distance) / (1 - values[last]));
}
