/** Conformal predictive distributions: a calibrated distribution of the outcome behind every interval. */
import { requireKnownKeys, requireNumber, requireSameLength } from '../core/assert.ts';
import { lowerBound, sortedFinite } from '../core/sort.ts';
import { usableDispersion } from './fit.ts';
import { conformalRank, requireAlpha } from './radius.ts';
import type { Interval } from './score.ts';

export interface PredictiveRows {
  /** Actual minus predicted on rows the model has not seen, shape (n); NaN is missing. */
  readonly residuals: ArrayLike<number>;
  /** Scale of each row's error, shape (n); NaN, infinite, zero or negative is missing. Absent: one shape for every row. */
  readonly dispersion?: ArrayLike<number>;
}

export interface PredictiveOptions {
  /** Positive dispersions below this are raised to it, here and at every prediction. @default 0 */
  readonly dispersionFloor?: number;
}

/** The distribution of a row is its prediction plus its dispersion times these scores. */
export interface PredictiveFit {
  readonly kind: 'predictive-distribution';
  /** Whether residuals were divided by a dispersion, which every row then needs. */
  readonly normalized: boolean;
  /** Signed scores, ascending, shape (n). */
  readonly scores: Float64Array;
  readonly dispersionFloor: number;
  /** Rows left out because the residual or the dispersion is missing. */
  readonly missingRows: number;
}

export interface PredictiveRow {
  readonly prediction: number;
  /** Required for a normalised fit, not read otherwise. */
  readonly dispersion?: number;
}

/**
 * Fits a split conformal predictive system.
 *
 * Between the k-th and the next of n sorted points the distribution function lies between k / (n + 1) and (k + 1) / (n + 1); beyond the
 * outermost points, where no score was seen, is a probability of 1 / (n + 1) on each side. Every function below is NaN for a row whose
 * prediction is not finite or that lacks the dispersion of a normalised fit.
 *
 * @throws ShapeError for arrays of different lengths; DomainError for a negative floor
 * @see Vovk, Nouretdinov, Manokhin and Gammerman (2018), "Cross-conformal predictive distributions", on the split form
 * @example probabilityAbove(fitPredictiveDistribution({ residuals: [-1, 0, 1] }), { prediction: 0.5 }, 0) // 0.625
 */
export function fitPredictiveDistribution(rows: PredictiveRows, options: PredictiveOptions = {}): PredictiveFit {
  const fn = 'fitPredictiveDistribution';
  requireKnownKeys(fn, rows, ['residuals', 'dispersion']);
  requireKnownKeys(fn, options, ['dispersionFloor']);
  const { residuals, dispersion } = rows;
  const dispersionFloor = requireNumber(fn, 'dispersionFloor', options.dispersionFloor ?? 0, { min: 0 });
  const n = requireSameLength(fn, { residuals, ...(dispersion && { dispersion }) });
  const scores = sortedFinite(Float64Array.from(residuals, (r, i) => (dispersion === undefined ? r : r / usableDispersion(dispersion[i], dispersionFloor)))).slice();
  return Object.freeze({ kind: 'predictive-distribution', normalized: dispersion !== undefined, scores, dispersionFloor, missingRows: n - scores.length });
}

/** The row's sorted points, one per score: prediction + dispersion * score. */
export function predictivePoints(fit: PredictiveFit, row: PredictiveRow): Float64Array {
  const scale = scaleOf(fit, row);
  return fit.scores.map((score) => row.prediction + scale * score);
}

/**
 * Probability of an outcome up to `value`: (points below + tieWeight * (points equal + 1)) / (n + 1).
 *
 * @param tieWeight - in [0, 1]: 0 and 1 are the lower and the upper distribution function, a fresh uniform draw makes the values of true
 *   outcomes exactly uniform. @default 0.5
 */
export function predictiveCdf(fit: PredictiveFit, row: PredictiveRow, value: number, tieWeight = 0.5): number {
  const { scores } = fit;
  const score = (value - row.prediction) / scaleOf(fit, row);
  if (score !== score) return NaN;
  const below = lowerBound(scores, score);
  let equal = 0;
  while (scores[below + equal] === score) equal++;
  return (below + tieWeight * (equal + 1)) / (scores.length + 1);
}

/** Probability of an outcome above `value` (of a rise, for a return and 0): 1 - {@link predictiveCdf}. */
export function probabilityAbove(fit: PredictiveFit, row: PredictiveRow, value: number, tieWeight = 0.5): number {
  return 1 - predictiveCdf(fit, row, value, tieWeight);
}

/**
 * The outcome that is exceeded with probability 1 - probability.
 *
 * @param probability - in (0, 1)
 * @param side - `higher`: the smallest point with at least that probability below or at it, a valid upper bound; `lower`: the largest point
 *   with at most that probability below it, a valid lower bound
 * @returns infinite when the probability lies beyond the outermost point
 * @throws DomainError for a probability outside (0, 1)
 * @example predictiveQuantile(fit, { prediction: 0.5 }, 0.95) // an upper bound that holds with probability 0.95
 */
export function predictiveQuantile(fit: PredictiveFit, row: PredictiveRow, probability: number, side: 'lower' | 'higher' = 'higher'): number {
  requireNumber('predictiveQuantile', 'probability', probability, { min: 0, max: 1, open: true });
  const { scores } = fit;
  const n = scores.length;
  const rank = side === 'higher' ? conformalRank(n, 1 - probability) : n + 1 - conformalRank(n, probability); // ceil and floor of (n + 1) * probability
  const score = rank < 1 ? -Infinity : rank > n ? Infinity : scores[rank - 1];
  return row.prediction + score * scaleOf(fit, row);
}

/** The central interval: lower quantile at alpha / 2, higher at 1 - alpha / 2; covers with probability at least 1 - alpha. */
export function predictiveInterval(fit: PredictiveFit, row: PredictiveRow, alpha = 0.1): Interval {
  requireAlpha('predictiveInterval', alpha);
  return Object.freeze({ lower: predictiveQuantile(fit, row, alpha / 2, 'lower'), upper: predictiveQuantile(fit, row, 1 - alpha / 2, 'higher') });
}

/**
 * Continuous ranked probability score of the row's points, each of probability 1 / n: mean |x - y| - mean |x - x'| / 2.
 *
 * The two tails of 1 / (n + 1) lie at infinity, where the score would be infinite for every outcome; they are left out.
 *
 * @returns in units of the outcome, >= 0, less is better; NaN for a missing outcome or a fit without rows
 * @see Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", eq. 21
 */
export function predictiveCrps(fit: PredictiveFit, row: PredictiveRow, outcome: number): number {
  const { scores } = fit;
  const n = scores.length;
  const scale = scaleOf(fit, row);
  const score = (outcome - row.prediction) / scale;
  if (Number.isFinite(score) && !(Number.isFinite(scores[0] ?? 0) && Number.isFinite(scores[n - 1] ?? 0))) return Infinity; // a point at infinity
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.abs(scores[i] - score) - ((2 * i + 1 - n) / n) * scores[i];
  return (scale * sum) / n;
}

function scaleOf(fit: PredictiveFit, row: PredictiveRow): number {
  if (!Number.isFinite(row.prediction)) return NaN;
  return fit.normalized ? usableDispersion(row.dispersion ?? NaN, fit.dispersionFloor) : 1;
}
