/** Mean of an autocorrelated series. */
import { requireInteger } from '../core/assert.ts';
import { mean } from '../core/stats.ts';

export interface NeweyWestMean {
  /** NaN without a value. */
  readonly mean: number;
  /** NaN with fewer than two values. */
  readonly standardError: number;
  /** mean / standardError; NaN when the standard error is 0 or not known. */
  readonly tStatistic: number;
  /** Number of values that are not NaN. */
  readonly n: number;
}

/**
 * Mean of a series with the Newey-West standard error.
 *
 * With e_t the deviations from the mean, the variance of the mean is (1 / n^2) * (sum e_t^2 + 2 sum_l (1 - l / (lags + 1)) sum_t e_t e_(t-l)),
 * l from 1 to `lags`: the Bartlett kernel without a small-sample factor, as statsmodels' HAC with use_correction=False. `lags` 0 is the
 * plain standard error with n - 1.
 *
 * @param values - in time order, shape (S); a NaN has no value but keeps its place, so that a lag stays a lag
 * @param lags - autocovariances used, >= 0: for values that overlap over h sessions, h - 1 or a little more
 * @see Newey and West (1987), "A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent covariance matrix", equation 5
 * @see Datta and Du (2012), "Nonparametric HAC estimation for time series data with missing observations" (amplitude modulated estimator)
 * @example neweyWestMean([1, 2, 3], 1) // mean 2, standardError sqrt(2) / 3
 */
export function neweyWestMean(values: ArrayLike<number>, lags: number): NeweyWestMean {
  requireInteger('neweyWestMean', 'lags', lags, { min: 0 });
  const size = values.length;
  const center = mean(values);
  const deviation = new Float64Array(size);
  let n = 0;
  let sum = 0;
  for (let t = 0; t < size; t++) {
    if (values[t] !== values[t]) continue;
    n++;
    deviation[t] = values[t] - center;
    sum += deviation[t] * deviation[t];
  }
  for (let lag = 1; lag <= Math.min(lags, size - 1); lag++) {
    let product = 0;
    for (let t = lag; t < size; t++) product += deviation[t] * deviation[t - lag];
    sum += 2 * (1 - lag / (lags + 1)) * product;
  }
  const divisor = lags === 0 ? n * (n - 1) : n * n;
  const standardError = n < 2 ? NaN : Math.sqrt(Math.max(0, sum) / divisor);
  return Object.freeze({ mean: center, standardError, tStatistic: standardError > 0 ? center / standardError : NaN, n });
}
