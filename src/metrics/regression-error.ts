/** How far point predictions are from outcomes. Rows in which either is NaN are missing and left out of every number here. */
import { requireKnownKeys, requireNumber, requireSameLength } from '../core/assert.ts';
import { median } from '../core/stats.ts';
import { weightedMean } from './weighted-mean.ts';
import type { WeightOptions } from './weighted-mean.ts';

/**
 * Mean of (actual - predicted)^2.
 *
 * @param actual - outcomes, shape (n)
 * @param predicted - shape (n)
 * @returns in squared units of the outcome; NaN without a row
 * @throws ShapeError for different lengths; DomainError for a negative weight
 */
export function meanSquaredError(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: WeightOptions = {}): number {
  return meanLoss('meanSquaredError', actual, predicted, options, (error) => error * error);
}

/** Square root of {@link meanSquaredError}, in units of the outcome. */
export function rootMeanSquaredError(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: WeightOptions = {}): number {
  return Math.sqrt(meanLoss('rootMeanSquaredError', actual, predicted, options, (error) => error * error));
}

/** Mean of |actual - predicted|, in units of the outcome; NaN without a row. */
export function meanAbsoluteError(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: WeightOptions = {}): number {
  return meanLoss('meanAbsoluteError', actual, predicted, options, Math.abs);
}

/** Median of |actual - predicted|, in units of the outcome: half of the rows may be arbitrarily wrong. NaN without a row. */
export function medianAbsoluteError(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  const n = requireSameLength('medianAbsoluteError', { actual, predicted });
  return median(Float64Array.from({ length: n }, (_, i) => Math.abs(actual[i] - predicted[i])));
}

export interface PinballLossOptions extends WeightOptions {
  /** The quantile that was predicted, in (0, 1). */
  readonly quantile: number;
}

/**
 * Mean of quantile * max(e, 0) + (1 - quantile) * max(-e, 0) with e = actual - predicted: smallest, in expectation, at the true quantile.
 *
 * @returns in units of the outcome; NaN without a row
 * @see Koenker and Bassett (1978), "Regression quantiles", equation 2.1
 */
export function pinballLoss(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: PinballLossOptions): number {
  const fn = 'pinballLoss';
  requireKnownKeys(fn, options, ['quantile', 'weights']);
  const { quantile, ...rest } = options;
  const q = requireNumber(fn, 'quantile', quantile, { min: 0, max: 1, open: true });
  return meanLoss(fn, actual, predicted, rest, (error) => (error >= 0 ? q * error : (q - 1) * error));
}

export interface RSquaredOptions extends WeightOptions {
  /** What the predictions are measured against: one number, or one per row, shape (n). @default the mean of the outcomes */
  readonly baseline?: number | ArrayLike<number>;
}

/**
 * 1 - sum (actual - predicted)^2 / sum (actual - baseline)^2.
 *
 * Out of sample, give the mean of the training outcomes as the baseline: the default knows the mean of the test outcomes. Negative when
 * the predictions are worse than the baseline.
 *
 * @returns at most 1; NaN without a row or when the baseline has no error
 * @see Campbell and Thompson (2008), "Predicting excess stock returns out of sample", equation 1
 */
export function rSquared(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: RSquaredOptions = {}): number {
  const fn = 'rSquared';
  requireKnownKeys(fn, options, ['baseline', 'weights']);
  const { baseline, weights } = options;
  const n = requireSameLength(fn, { actual, predicted, ...(typeof baseline === 'object' && { baseline }) });
  const given = (i: number): number => (typeof baseline === 'number' ? baseline : baseline === undefined ? 0 : baseline[i]);
  const missing = (i: number): boolean => predicted[i] !== predicted[i] || actual[i] !== actual[i] || given(i) !== given(i);
  const center = baseline === undefined ? weightedMean(fn, n, (i) => (missing(i) ? NaN : actual[i]), weights) : 0;
  const model = weightedMean(fn, n, (i) => (missing(i) ? NaN : (actual[i] - predicted[i]) ** 2), weights);
  const naive = weightedMean(fn, n, (i) => (missing(i) ? NaN : (actual[i] - given(i) - center) ** 2), weights);
  return naive > 0 ? 1 - model / naive : NaN;
}

/**
 * 1 - variance of (actual - predicted) / variance of actual: {@link rSquared} of predictions freed of their mean error.
 *
 * @returns at most 1; NaN without a row or when the outcomes are constant
 */
export function explainedVariance(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: WeightOptions = {}): number {
  const fn = 'explainedVariance';
  requireKnownKeys(fn, options, ['weights']);
  const n = requireSameLength(fn, { actual, predicted });
  const bias = weightedMean(fn, n, (i) => actual[i] - predicted[i], options.weights);
  return rSquared(actual, Float64Array.from({ length: n }, (_, i) => predicted[i] + bias), options);
}

/**
 * Share of rows whose prediction has the sign of the outcome, over rows with a nonzero outcome. A prediction of 0 is never right.
 *
 * @returns in [0, 1]; NaN without a row
 */
export function hitRate(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: WeightOptions = {}): number {
  const fn = 'hitRate';
  requireKnownKeys(fn, options, ['weights']);
  const n = requireSameLength(fn, { actual, predicted });
  return weightedMean(fn, n, (i) => {
    const a = actual[i];
    const p = predicted[i];
    return a !== a || p !== p || a === 0 ? NaN : Number(Math.sign(a) === Math.sign(p));
  }, options.weights);
}

function meanLoss(fn: string, actual: ArrayLike<number>, predicted: ArrayLike<number>, options: WeightOptions, loss: (error: number) => number): number {
  requireKnownKeys(fn, options, ['weights']);
  const n = requireSameLength(fn, { actual, predicted });
  return weightedMean(fn, n, (i) => loss(actual[i] - predicted[i]), options.weights);
}
