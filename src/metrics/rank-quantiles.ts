/** The quantile each name of a session falls into by its prediction. */
import { averageRanks } from '../core/sort.ts';

/** Why a session has no quantiles: too few names, predictions that are all the same, or ties that leave a quantile without a name. */
export type SkippedQuantilesReason = 'too-few-names' | 'constant-prediction' | 'empty-quantile';

/**
 * Quantile of each score, 0 for the lowest: floor((rank - 1/2) quantiles / n) with average ranks, so that without ties sizes differ by
 * one at most; tied names stay together, upwards where they lie across a bound. The rule of the label `quantileBuckets`.
 *
 * @param scores - without NaN, shape (n)
 * @returns shape (n), or the reason there are no quantiles
 */
export function rankQuantiles(scores: Float64Array, quantiles: number, minimumNames: number): Uint32Array | SkippedQuantilesReason {
  const n = scores.length;
  if (n < Math.max(minimumNames, quantiles)) return 'too-few-names';
  if (scores.every((score) => score === scores[0])) return 'constant-prediction';
  const found = Uint32Array.from(averageRanks(scores), (rank) => Math.floor(((rank - 0.5) * quantiles) / n));
  return new Set(found).size === quantiles ? found : 'empty-quantile';
}
