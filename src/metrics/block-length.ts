/** How long the blocks of a bootstrap must be to carry the dependence of a series. */
import { mean } from '../core/stats.ts';

export interface OptimalBlockLength {
  /** Expected block length for the stationary bootstrap, >= 1. */
  readonly stationary: number;
  /** Block length for circular and moving blocks, >= 1; round it up. */
  readonly circular: number;
  /** Lag after which autocorrelations are taken as noise. */
  readonly lag: number;
}

/**
 * Block length that minimises the mean squared error of the bootstrap variance of the mean, estimated from the series.
 *
 * From the first lag after which max(5, sqrt(log10 n)) autocorrelations stay below 2 sqrt(log10 n / n), flat-top weighted autocovariances
 * give G = sum |k| g_k and g(0) = sum g_k; the length is (2 G^2 / D)^(1/3) n^(1/3) with D = 2 g(0)^2 for the stationary and 4/3 g(0)^2 for
 * the circular bootstrap, at most min(3 sqrt(n), n / 3).
 *
 * @param values - in time order, shape (n); NaN is missing and keeps its place
 * @returns lengths of 1 for a constant series and for one without dependence
 * @see Politis and White (2004), "Automatic block-length selection for the dependent bootstrap"; Patton, Politis and White (2009), its correction, equations 4 to 7
 * @example optimalBlockLength(returns).stationary
 */
export function optimalBlockLength(values: ArrayLike<number>): OptimalBlockLength {
  const size = values.length;
  const center = mean(values);
  const deviation = Float64Array.from({ length: size }, (_, t) => (values[t] === values[t] ? values[t] - center : 0));
  let n = 0;
  for (let t = 0; t < size; t++) if (values[t] === values[t]) n++;
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let t = lag; t < size; t++) sum += deviation[t] * deviation[t - lag];
    return sum / n;
  };
  const longest = Math.max(1, Math.ceil(Math.min(3 * Math.sqrt(n), n / 3)));
  const quiet = Math.max(5, Math.ceil(Math.sqrt(Math.log10(Math.max(1, n)))));
  const mostLags = Math.min(Math.ceil(Math.sqrt(n)) + quiet, size - 1);
  const variance = n > 0 ? covariance(0) : 0;
  if (!(variance > 0)) return Object.freeze({ stationary: 1, circular: 1, lag: 0 });

  const limit = 2 * Math.sqrt(Math.log10(n) / n) * variance;
  let lag = 0; // last lag that is more than noise, up to a stretch of quiet ones
  for (let k = 1; k <= mostLags && k - lag <= quiet; k++) if (Math.abs(covariance(k)) >= limit) lag = k;
  const window = Math.min(2 * Math.max(lag, 1), mostLags);
  let [moment, spectrum] = [0, variance];
  for (let k = 1; k <= window; k++) {
    const weight = k / window <= 0.5 ? 1 : 2 * (1 - k / window); // flat top, then linear to 0
    const term = 2 * weight * covariance(k);
    moment += k * term;
    spectrum += term;
  }
  const lengthFor = (constant: number): number => {
    const length = Math.cbrt(((2 * moment * moment) / (constant * spectrum * spectrum)) * n);
    return Math.min(longest, Math.max(1, length === length ? length : 1));
  };
  return Object.freeze({ stationary: lengthFor(2), circular: lengthFor(4 / 3), lag });
}
