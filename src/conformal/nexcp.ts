/** Conformal radii whose calibration rows fade with age. */
import { requireKnownKeys, requireNumber, requireSameLength } from '../core/assert.ts';
import { fitWeightedConformal, weightedRadius } from './weighted.ts';

export interface NexcpOptions {
  /** Miscoverage level in (0, 1). @default 0.1 */
  readonly alpha?: number;
  /** Weight lost per session of age is 1 - decay; in (0, 1]. 1 is the split conformal radius. @default 0.99 */
  readonly decay?: number;
}

/** A radius and how many rows it rests on. */
export interface NexcpFit {
  readonly kind: 'nexcp';
  readonly alpha: number;
  readonly decay: number;
  /** Radius of the score; Infinity when the weights of all rows together are below (1 - alpha) / alpha, too little to promise a finite one. */
  readonly radius: number;
  /** Rows with a score and an age. */
  readonly count: number;
  /** Equally weighted rows these are worth: (sum w)^2 / sum w^2. */
  readonly effectiveCount: number;
  readonly missingRows: number;
}

/**
 * Conformal radius under drift: a row of age a weighs decay^a, the test row 1.
 *
 * Coverage falls short of 1 - alpha by at most the weighted sum, over rows, of how far (in total variation) the scores with that row and the test
 * row swapped are from the scores as they came: weights fixed in advance keep recent rows, which differ least, on top. No exchangeability is assumed.
 *
 * @param scores - calibration scores, larger is worse, shape (n); NaN is missing
 * @param ages - sessions from each row to the test row, >= 0, shape (n); NaN is missing. Rows of one session have one age
 * @throws ShapeError for different lengths; DomainError for a negative or infinite age or an option outside its range
 * @see Barber, Candes, Ramdas and Tibshirani (2023), "Conformal prediction beyond exchangeability", section 3 (their newest row has age 1)
 * @example fitNexcp([3, 1, 2], [0, 1, 2], { alpha: 0.5, decay: 0.9 }).radius // 3: weights 0.9 at 1, 0.81 at 2, 1 at 3 and 1 at infinity
 */
export function fitNexcp(scores: ArrayLike<number>, ages: ArrayLike<number>, options: NexcpOptions = {}): NexcpFit {
  const fn = 'fitNexcp';
  requireKnownKeys(fn, options, ['alpha', 'decay']);
  const { alpha = 0.1 } = options;
  const decay = requireNumber(fn, 'decay', options.decay ?? 0.99, { min: Number.MIN_VALUE, max: 1 });
  requireSameLength(fn, { scores, ages });
  const rate = Math.log(decay); // no power operator: its last bit differs between engines
  const weights = Float64Array.from(ages, (age) => (age === age ? Math.exp(rate * requireNumber(fn, 'ages', age, { min: 0 })) : NaN));
  const fit = fitWeightedConformal(scores, weights, { alpha });
  const { count, effectiveCount, missingRows } = fit;
  return Object.freeze({ kind: 'nexcp', alpha, decay, radius: weightedRadius(fit, 1), count, effectiveCount, missingRows });
}
