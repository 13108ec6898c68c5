/** Whether one forecast is better than another, or only luckier. */
import { requireInteger, requireKnownKeys, requireOneOf, requireSameLength } from '../core/assert.ts';
import { mean } from '../core/stats.ts';
import { studentTCdf, studentTTwoSided } from '../core/special-functions.ts';

export interface DieboldMarianoOptions {
  /** Steps ahead of the forecasts: losses of errors that overlap over h steps depend on each other up to lag h - 1. @default 1 */
  readonly horizon?: number;
  /** What the p-value speaks for: a difference either way, or that the first or the second forecast loses less. @default 'different' */
  readonly alternative?: 'different' | 'first-better' | 'second-better';
}

/** Why there is no test: no more pairs than the horizon, an infinite loss, the same losses in every pair, or the same difference in every pair. */
export type UndefinedDieboldMarianoReason = 'too-few-pairs' | 'infinite-loss' | 'identical-losses' | 'constant-difference';

export interface DieboldMariano {
  /** Mean of first less second loss, in units of the loss: negative when the first forecast is better. NaN without a pair. */
  readonly meanDifference: number;
  /** Of the mean difference, from its autocovariances up to lag h - 1; NaN with a reason. */
  readonly standardError: number;
  /** meanDifference / standardError, the statistic of 1995; NaN with a reason. */
  readonly uncorrected: number;
  /** With the small-sample correction of 1997; NaN with a reason. */
  readonly statistic: number;
  /** Of `statistic`, Student t with n - 1 degrees of freedom; NaN with a reason. */
  readonly pValue: number;
  /** Weights of the autocovariances: all 1, or Bartlett's where that variance is not positive. */
  readonly kernel: 'rectangular' | 'bartlett';
  /** Pairs in which neither loss is NaN. */
  readonly n: number;
  /** Pairs left out. */
  readonly missing: number;
  readonly reason: UndefinedDieboldMarianoReason | null;
}

/**
 * Diebold-Mariano test of equal expected loss, with the correction of Harvey, Leybourne and Newbold for small samples.
 *
 * With d_t the loss differences and g_l their autocovariances (divisor n), the variance of the mean is (g_0 + 2 sum_(l < h) g_l) / n. It can
 * come out negative; Bartlett's weights 1 - l / h then take its place, and `kernel` says so. The corrected statistic is the plain one times
 * sqrt((n + 1 - 2 h + h (h - 1) / n) / n).
 *
 * Pairs must be one per step of time: of a panel compare the mean losses of each session. For nested models the statistic is not t distributed.
 *
 * @param firstLosses - loss of each forecast, in time order, shape (n); NaN is missing and keeps its place
 * @param secondLosses - losses of the other forecast of the same outcomes, shape (n)
 * @throws ShapeError for different lengths
 * @see Diebold and Mariano (1995), "Comparing predictive accuracy", equation 1; Harvey, Leybourne and Newbold (1997), "Testing the equality of prediction mean squared errors", equation 9
 * @example dieboldMariano(squaredErrors, squaredErrorsOfNaive, { horizon: 5 }).pValue
 */
export function dieboldMariano(firstLosses: ArrayLike<number>, secondLosses: ArrayLike<number>, options: DieboldMarianoOptions = {}): DieboldMariano {
  const fn = 'dieboldMariano';
  requireKnownKeys(fn, options, ['horizon', 'alternative']);
  const horizon = requireInteger(fn, 'horizon', options.horizon ?? 1, { min: 1 });
  const alternative = requireOneOf(fn, 'alternative', options.alternative ?? 'different', ['different', 'first-better', 'second-better']);
  const size = requireSameLength(fn, { firstLosses, secondLosses });
  const difference = Float64Array.from({ length: size }, (_, t) => (firstLosses[t] === secondLosses[t] ? 0 : firstLosses[t] - secondLosses[t]));
  const n = difference.filter((d) => d === d).length;
  const meanDifference = mean(difference);
  const shared = { meanDifference, n, missing: size - n };
  const reason = undefinedReason(firstLosses, secondLosses, difference, n, horizon);
  if (reason !== null) return Object.freeze({ ...shared, standardError: NaN, uncorrected: NaN, statistic: NaN, pValue: NaN, kernel: 'rectangular', reason });

  const deviation = difference.map((d) => (d === d ? d - meanDifference : 0));
  const covariances = Float64Array.from({ length: horizon }, (_, lag) => autocovariance(deviation, lag) / n);
  const sum = (weight: (lag: number) => number): number => covariances.reduce((total, covariance, lag) => total + (lag === 0 ? 1 : 2 * weight(lag)) * covariance, 0);
  const rectangular = sum(() => 1);
  // A variance that is all rounding would make a statistic of any size.
  const kernel = rectangular > 1e-12 * covariances[0] ? 'rectangular' : 'bartlett';
  const standardError = Math.sqrt((kernel === 'rectangular' ? rectangular : sum((lag) => 1 - lag / horizon)) / n);
  const uncorrected = meanDifference / standardError;
  const statistic = uncorrected * Math.sqrt((n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n) / n);
  const pValue = alternative === 'different' ? studentTTwoSided(statistic, n - 1) : studentTCdf(alternative === 'first-better' ? statistic : -statistic, n - 1);
  return Object.freeze({ ...shared, standardError, uncorrected, statistic, pValue, kernel, reason });
}

function undefinedReason(first: ArrayLike<number>, second: ArrayLike<number>, difference: Float64Array, n: number, horizon: number): UndefinedDieboldMarianoReason | null {
  if (n < 2 || n <= horizon) return 'too-few-pairs';
  const present = difference.filter((d) => d === d);
  if (present.some((d) => Math.abs(d) === Infinity)) return 'infinite-loss';
  if (present.every((d) => d === 0)) return 'identical-losses';
  let largest = 0;
  for (let t = 0; t < difference.length; t++) if (difference[t] === difference[t]) largest = Math.max(largest, Math.abs(first[t]), Math.abs(second[t]));
  // Differences of rounded losses are constant up to a few last bits of the losses.
  return present.every((d) => Math.abs(d - present[0]) <= 8 * Number.EPSILON * largest) ? 'constant-difference' : null;
}

// Sum over pairs `lag` apart; a missing deviation is 0.
function autocovariance(deviation: Float64Array, lag: number): number {
  let sum = 0;
  for (let t = lag; t < deviation.length; t++) sum += deviation[t] * deviation[t - lag];
  return sum;
}
