/** How good probabilities of a 0/1 outcome are. Rows in which either value is NaN are missing and left out. */
import { requireKnownKeys, requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { weightedMean } from './weighted-mean.ts';
import type { WeightOptions } from './weighted-mean.ts';

/**
 * Mean of (probability - outcome)^2.
 *
 * @param actual - outcomes, 0 or 1, shape (n)
 * @param probability - of outcome 1, in [0, 1], shape (n)
 * @returns in [0, 1], 0 is perfect, 0.25 is a coin; NaN without a row
 * @throws ShapeError for different lengths; DomainError for other outcomes or probabilities
 * @see Brier (1950), "Verification of forecasts expressed in terms of probability", equation 2, for one of two classes
 */
export function brierScore(actual: ArrayLike<number>, probability: ArrayLike<number>, options: WeightOptions = {}): number {
  requireKnownKeys('brierScore', options, ['weights']);
  return meanScore('brierScore', actual, probability, options.weights, (y, p) => (p - y) ** 2);
}

export interface LogLossOptions extends WeightOptions {
  /** Probabilities are moved into [clip, 1 - clip], so that one certain mistake costs a lot and not everything. @default 1e-7 */
  readonly clip?: number;
}

/**
 * Mean of -ln(probability of what happened), in nats.
 *
 * @param actual - outcomes, 0 or 1, shape (n)
 * @param probability - of outcome 1, in [0, 1], shape (n)
 * @returns >= 0; NaN without a row
 * @throws ShapeError for different lengths; DomainError for other outcomes or probabilities
 * @see Good (1952), "Rational decisions", section 8
 */
export function logLoss(actual: ArrayLike<number>, probability: ArrayLike<number>, options: LogLossOptions = {}): number {
  const fn = 'logLoss';
  requireKnownKeys(fn, options, ['clip', 'weights']);
  const clip = requireNumber(fn, 'clip', options.clip ?? 1e-7, { min: 0, max: 0.5 });
  return meanScore(fn, actual, probability, options.weights, (y, p) => {
    const clipped = Math.min(1 - clip, Math.max(clip, p));
    return -Math.log(y === 1 ? clipped : 1 - clipped);
  });
}

function meanScore(fn: string, actual: ArrayLike<number>, probability: ArrayLike<number>, weights: ArrayLike<number> | undefined, score: (y: number, p: number) => number): number {
  const n = requireSameLength(fn, { actual, probability });
  return weightedMean(fn, n, (i) => {
    const y = actual[i];
    const p = probability[i];
    if (y !== y || p !== p) return NaN;
    if (y !== 0 && y !== 1) throw new DomainError(`${fn}: actual must be 0, 1 or NaN, got ${show(y)} at row ${i}`);
    if (p < 0 || p > 1) throw new DomainError(`${fn}: probability must lie in [0, 1], got ${show(p)} at row ${i}`);
    return score(y, p);
  }, weights);
}
