/** Weighted conformal radii: for test rows drawn from a shifted population, or for rows that count less with age. */
import { requireKnownKeys, requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { argsort, lowerBound } from '../core/sort.ts';
import { effectiveWeightCount } from './effective-count.ts';
import { requireAlpha } from './radius.ts';

export interface WeightedConformalOptions {
  /** Miscoverage level in (0, 1). @default 0.1 */
  readonly alpha?: number;
}

/** The upper end of a weighted distribution of scores: all that any test weight can ask for. */
export interface WeightedConformalFit {
  readonly kind: 'weighted-conformal';
  readonly alpha: number;
  /** Largest scores, ascending: those above the (1 - alpha) quantile of the weighted scores. */
  readonly scores: Float64Array;
  /** Weight of all scores up to and including each of these, ascending. */
  readonly cumulativeWeights: Float64Array;
  readonly totalWeight: number;
  /** Rows with a score and a weight. */
  readonly count: number;
  /** Equally weighted rows these are worth: (sum w)^2 / sum w^2. */
  readonly effectiveCount: number;
  /** Rows left out because their score or weight is NaN. */
  readonly missingRows: number;
}

/**
 * Fits a conformal radius for a population other than the calibration rows'.
 *
 * With weights proportional to the density of the test population over that of the calibration rows, at the features of each row, intervals
 * cover with probability at least 1 - alpha under covariate shift. Estimated weights keep that only as far as they are right.
 *
 * @param scores - calibration scores, larger is worse, shape (n); NaN is missing
 * @param weights - likelihood ratio of each row up to a common factor, finite, >= 0, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for a negative or infinite weight or an alpha outside (0, 1)
 * @see Tibshirani, Barber, Candes and Ramdas (2019), "Conformal prediction under covariate shift", corollary 1
 * @example weightedRadius(fitWeightedConformal([3, 1, 2], [1, 1, 1], { alpha: 0.5 }), 1) // 2, as unweighted
 */
export function fitWeightedConformal(scores: ArrayLike<number>, weights: ArrayLike<number>, options: WeightedConformalOptions = {}): WeightedConformalFit {
  const fn = 'fitWeightedConformal';
  requireKnownKeys(fn, options, ['alpha']);
  const { alpha = 0.1 } = options;
  requireAlpha(fn, alpha);
  const n = requireSameLength(fn, { scores, weights });
  const present = Float64Array.from(scores, (score, i) => (weights[i] === weights[i] ? score : NaN));
  const sorted: number[] = [];
  const cumulative: number[] = [];
  const used: number[] = [];
  let totalWeight = 0;
  for (const i of argsort(present)) {
    if (present[i] !== present[i]) break;
    used.push(requireNumber(fn, 'weights', weights[i], { min: 0 }));
    totalWeight += weights[i];
    sorted.push(scores[i]);
    cumulative.push(totalWeight);
  }
  // A test weight only raises the target, so scores below the one for a test weight of 0 are never the answer.
  const first = lowerBound(cumulative, targetWeight(alpha, totalWeight, used.length));
  return Object.freeze({
    kind: 'weighted-conformal',
    alpha,
    scores: Float64Array.from(sorted.slice(first)),
    cumulativeWeights: Float64Array.from(cumulative.slice(first)),
    totalWeight,
    count: used.length,
    effectiveCount: effectiveWeightCount(used),
    missingRows: n - used.length,
  });
}

/**
 * The radius for a test row: the smallest score whose cumulative weight reaches 1 - alpha of all weight, the test row's own counted at infinity.
 *
 * @param testWeight - likelihood ratio of the test row on the scale of the calibration weights, >= 0
 * @returns Infinity when the test row's weight exceeds what the calibration rows can cover, and for a weight of NaN, about which nothing can be promised
 * @throws DomainError for a negative weight
 */
export function weightedRadius(fit: WeightedConformalFit, testWeight: number): number {
  if (testWeight < 0) throw new DomainError(`weightedRadius: testWeight must be a number >= 0, got ${show(testWeight)}`);
  const total = fit.totalWeight + testWeight;
  if (!(total < Infinity) || fit.totalWeight === 0) return Infinity;
  const index = lowerBound(fit.cumulativeWeights, targetWeight(fit.alpha, total, fit.count));
  return index === fit.scores.length ? Infinity : fit.scores[index];
}

// The guard of conformalRank, in weight: with equal weights both choose the same score.
function targetWeight(alpha: number, total: number, count: number): number {
  return (1 - alpha) * total - total * Math.max(1e-10 / (count + 1), 1e-13);
}
