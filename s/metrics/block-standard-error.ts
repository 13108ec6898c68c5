/** Standard errors of means whose values come in dependent groups. */
import { requireInteger, requireSameLength } from '../core/assert.ts';
import { mean } from '../core/stats.ts';

/**
 * Standard error of the mean of a series, from blocks of consecutive sessions.
 *
 * Sessions within a block may depend on each other in any way; blocks are taken as independent, so a block should be several times as long
 * as the overlap of the labels. The last block may be shorter.
 *
 * @param values - one per session, in time order, shape (S); NaN is missing and keeps its place
 * @param blockSessions - sessions in a block. @default 20
 * @returns NaN with fewer than two blocks
 * @see Carlstein (1986), "The use of subseries values for estimating the variance of a general statistic from a stationary sequence"
 */
export function blockStandardError(values: ArrayLike<number>, blockSessions = 20): number {
  requireInteger('blockStandardError', 'blockSessions', blockSessions, { min: 1 });
  return clusteredStandardError(values, Uint32Array.from({ length: values.length }, (_, s) => Math.floor(s / blockSessions)));
}

/**
 * Standard error of the mean of values that depend on each other within a cluster and not across clusters.
 *
 * With G clusters and S_g the sum of deviations from the mean in cluster g: sqrt(G / (G - 1) * sum S_g^2) / n. With clusters of one value
 * it is the plain standard error.
 *
 * @param values - shape (n); NaN is missing
 * @param clusters - cluster of each value, shape (n)
 * @returns NaN with fewer than two clusters
 * @see Liang and Zeger (1986), "Longitudinal data analysis using generalized linear models", for a mean
 */
export function clusteredStandardError(values: ArrayLike<number>, clusters: ArrayLike<number>): number {
  const size = requireSameLength('clusteredStandardError', { values, clusters });
  const center = mean(values);
  const sums = new Map<number, number>();
  let n = 0;
  for (let i = 0; i < size; i++) {
    if (values[i] !== values[i]) continue;
    n++;
    sums.set(clusters[i], (sums.get(clusters[i]) ?? 0) + values[i] - center);
  }
  if (sums.size < 2) return NaN;
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  return Math.sqrt((sums.size / (sums.size - 1)) * squares) / n;
}
