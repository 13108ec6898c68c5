/** Bayesian online change point detection: the distribution of the time since the last change. */
import { DomainError } from '../core/errors.ts';
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, Reading } from './detector.ts';

export interface BocpdOptions extends DetectorOptions {
  /** Prior mean of a segment. @default 0 */
  readonly mean?: number;
  /** Prior weight of that mean, in values. With a known variance it is that variance over the prior variance of the mean. @default 1 */
  readonly kappa?: number;
  /** Shape of the inverse gamma prior of a segment's variance. @default 1 */
  readonly alpha?: number;
  /** Scale of that prior: its mean is beta / (alpha - 1). @default 1 */
  readonly beta?: number;
  /** Variance within a segment where it is known; `alpha` and `beta` are then without effect. 0: learned. @default 0 */
  readonly variance?: number;
  /** Probability of a change at each value, in (0, 1): 1 over the expected length of a segment. @default 0.004 */
  readonly hazard?: number;
  /** A change counts as detected when the present segment is at most this long. @default 10 */
  readonly recent?: number;
  /** Drift when P(run length <= recent) exceeds it; from 1 on never. @default 0.5 */
  readonly threshold?: number;
  /** Longest run length told apart; the last entry stands for all from there on, and forgets at that pace. @default 500 */
  readonly maximumRunLength?: number;
}

interface Memory {
  [name: string]: number | Float64Array;
  /** Run lengths 0 .. active - 1 have a probability. */
  active: number;
  probabilities: Float64Array;
  means: Float64Array;
  betas: Float64Array;
}

/**
 * Bayesian online change point detection for normal values with a constant hazard.
 *
 * Run length: values since the last change. Under each, mean and variance of the segment have a normal-inverse-gamma posterior, so the next value is
 * Student t; with a known variance it is normal. A run length grows with probability 1 - hazard times the density of the value, or drops to 0.
 * The priors are in the units of the values: standardise first, or set all four. One update takes time in proportion to `maximumRunLength`.
 *
 * @throws DomainError for options outside their ranges
 * @see Adams and MacKay (2007), "Bayesian online changepoint detection", algorithm 1; Murphy (2007), "Conjugate Bayesian analysis of the Gaussian distribution", section 3
 * @example new Bocpd({ hazard: 1 / 250 }).updateMany(standardised)
 */
export class Bocpd extends SequentialDetector<BocpdOptions, Memory> {
  readonly #constants: Float64Array; // of the log density at each run length

  constructor(options: BocpdOptions = {}) {
    const positive = [1, Number.MIN_VALUE] as const;
    const rules = {
      mean: [0, -Infinity], kappa: positive, alpha: positive, beta: positive, variance: [0, 0], hazard: [0.004, Number.MIN_VALUE, 1 - 2 ** -53],
      recent: [10, 0, 1e4, 'integer'], threshold: [0.5, 0], maximumRunLength: [500, 2, 1e5, 'integer'],
    } as const;
    super('Bocpd', 'bocpd', options, 2 * Number(options.recent ?? 10) + 1, rules, ({ mean, beta, maximumRunLength }) => {
      const size = maximumRunLength + 1;
      const memory = { active: 1, probabilities: new Float64Array(size), means: new Float64Array(size), betas: new Float64Array(size) };
      memory.probabilities[0] = 1;
      memory.means[0] = mean;
      memory.betas[0] = beta;
      return memory;
    });
    const { recent, minimumSamples, maximumRunLength, kappa, alpha, variance } = this.options;
    // All run lengths are recent before that, and the last one never is.
    if (Math.min(minimumSamples, maximumRunLength) <= recent) throw new DomainError(`Bocpd: minimumSamples and maximumRunLength must be above recent, got ${minimumSamples}, ${maximumRunLength} and ${recent}`);
    this.#constants = Float64Array.from({ length: maximumRunLength + 1 }, (_, r) => {
      const spread = 1 + 1 / (kappa + r);
      return (variance > 0 ? -0.5 * Math.log(variance) : logGammaHalfStep(alpha + r / 2)) - 0.5 * Math.log(2 * Math.PI * spread);
    });
  }

  /** P(run length = r) after the last value, shape (up to maximumRunLength + 1). */
  get runLengthProbabilities(): Float64Array {
    return this.memory.probabilities.slice(0, this.memory.active);
  }

  protected override observe(value: number, index: number): Reading {
    const { memory } = this;
    const { mean, kappa, alpha, beta, hazard, recent, threshold, variance } = this.options;
    const { probabilities, means, betas } = memory;
    const last = probabilities.length - 1;
    // Log of probability times density first, so that a value far from every segment underflows in none.
    let top = -Infinity;
    for (let r = 0; r < memory.active; r++) {
      const square = ((value - means[r]) ** 2 * (kappa + r)) / (kappa + r + 1) / 2;
      const shape = alpha + r / 2;
      const logDensity = this.#constants[r] - (variance > 0 ? square / variance : 0.5 * Math.log(betas[r]) + (shape + 0.5) * Math.log1p(square / betas[r]));
      probabilities[r] = Math.log(probabilities[r]) + logDensity;
      if (probabilities[r] > top) top = probabilities[r];
    }
    let total = 0;
    let pooled = 0;
    for (let r = memory.active - 1; r >= 0; r--) {
      const joint = Math.exp(probabilities[r] - top);
      total += joint;
      const weight = kappa + r;
      const gap = value - means[r];
      const grownMean = means[r] + gap / (weight + 1);
      const grownBeta = betas[r] + (gap * gap * weight) / (weight + 1) / 2;
      if (r === last) {
        // Kept at the weight of `last` values: as if each new value displaced an average old one.
        pooled = joint;
        means[r] = grownMean;
        betas[r] = (grownBeta * (alpha + r / 2)) / (alpha + r / 2 + 0.5);
        continue;
      }
      const isPool = r + 1 === last && memory.active > last;
      probabilities[r + 1] = joint + (isPool ? pooled : 0);
      if (isPool && pooled >= joint) continue;
      means[r + 1] = grownMean;
      betas[r + 1] = grownBeta;
    }
    memory.active = Math.min(memory.active + 1, last + 1);
    for (let r = 1; r < memory.active; r++) probabilities[r] *= (1 - hazard) / total;
    probabilities[0] = hazard;
    means[0] = mean;
    betas[0] = beta;

    let change = 0;
    let likeliest = 1; // of the recent run lengths; 0 is a change after this value, which it says nothing about
    for (let r = 0; r <= recent && r < memory.active; r++) {
      change += probabilities[r];
      if (r > 0 && probabilities[r] > probabilities[likeliest]) likeliest = r;
    }
    // Probabilities sum to 1 only up to rounding.
    return { level: change > threshold && threshold < 1 ? 'drift' : 'none', statistic: change, threshold, direction: null, onset: index - likeliest + 1 };
  }
}

// ln Gamma(a + 1/2) - ln Gamma(a): the series in 1/a (DLMF 5.11.13) from 20 on, a step of the recurrence below it.
function logGammaHalfStep(a: number): number {
  if (a < 20) return logGammaHalfStep(a + 1) - Math.log1p(0.5 / a);
  const s = 1 / (a * a);
  return 0.5 * Math.log(a) - (1 / 8 - s * (1 / 192 - s * (1 / 640 - (s * 17) / 14336))) / a;
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreBocpd(state: unknown): Bocpd {
  return restoreDetector('restoreBocpd', state, (options: BocpdOptions) => new Bocpd(options), ({ active, probabilities, means, betas }: Memory, detector, samples) => {
    const size = detector.options.maximumRunLength + 1;
    const isSized = [probabilities, means, betas].every((array) => array.length === size && array.every(Number.isFinite));
    return isSized && active === Math.min(samples + 1, size) && probabilities.every((p) => p >= 0 && p <= 1) && betas.subarray(0, active).every((b) => b > 0);
  });
}
