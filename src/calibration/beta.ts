/** Beta calibration: a probability that is too sure at one end only. */
import { requireKnownKeys, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { logisticRegression } from './logistic.ts';
import { logit } from './logit.ts';
import type { ConvexMinimum } from './newton.ts';
import { sigmoid } from './platt-fit.ts';
import type { PlattFallback } from './platt-fit.ts';
import { calibrationRows, softBaseRate, softLabels } from './rows.ts';
import type { CalibrationRows } from './rows.ts';

/** A map of probabilities as plain data: logit q = a ln p - b ln(1 - p) + c. */
export interface BetaFit {
  readonly kind: 'beta';
  /** What answers: the fitted map, or the base rate of the labels (a = b = 0) when no map could be trusted. */
  readonly method: 'beta' | 'base-rate';
  /** Why the base rate answers, or `separable` when the labels had to be softened; null otherwise. */
  readonly reason: null | PlattFallback | 'separable';
  /** >= 0: how much a probability near 0 says. */
  readonly a: number;
  /** >= 0: how much a probability near 1 says. */
  readonly b: number;
  readonly c: number;
  /** Rows used. */
  readonly n: number;
  /** Rows used whose label is 1. */
  readonly positives: number;
  /** Rows left out because probability or label is missing or their weight is 0. */
  readonly missingRows: number;
}

export interface FitBetaOptions {
  /** Weight of each row, >= 0, shape (n); a row of weight 0 is left out. @default all 1 */
  readonly weights?: ArrayLike<number>;
}

/**
 * Fits logit q = a ln p - b ln(1 - p) + c by maximum likelihood with a, b >= 0, so that q never falls where p rises.
 *
 * a = b = 1, c = 0 changes nothing; a = b is Platt scaling of the logit. When the optimum has a negative exponent, the best map with that
 * exponent at 0 is taken. Labels that the probabilities separate have no finite optimum: they are softened as in {@link fitPlatt}, with
 * `reason: 'separable'`. With fewer than three distinct probabilities a = b. Probabilities are moved into [1e-12, 1 - 1e-12].
 *
 * @param probabilities - of label 1, in [0, 1], shape (n); NaN is missing
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for probabilities outside [0, 1], other labels, bad weights
 * @see Kull, Silva Filho and Flach (2017), "Beyond sigmoids: how to obtain well-calibrated probabilities from binary classifiers with beta calibration", section 3.2
 * @example applyBeta(fitBeta(probabilities, labels), 0.9) // 0.81
 */
export function fitBeta(probabilities: ArrayLike<number>, labels: ArrayLike<number>, options: FitBetaOptions = {}): BetaFit {
  requireKnownKeys('fitBeta', options, ['weights']);
  for (let i = 0; i < probabilities.length; i++) if (probabilities[i] < 0 || probabilities[i] > 1) throw new DomainError(`fitBeta: probabilities must lie in [0, 1], got ${show(probabilities[i])} at row ${i}`);
  return betaOfLogits(calibrationRows('fitBeta', Float64Array.from(probabilities, logit), labels, options.weights));
}

/** {@link fitBeta} of rows whose scores are logits. */
export function betaOfLogits(rows: CalibrationRows): BetaFit {
  const { score, label, weight, n, positives, missingRows } = rows;
  const result = (reason: BetaFit['reason'], a: number, b: number, c: number): BetaFit =>
    Object.freeze({ kind: 'beta', method: reason === null || reason === 'separable' ? 'beta' : 'base-rate', reason, a, b, c, n, positives, missingRows });
  const baseRate = (reason: PlattFallback): BetaFit => result(reason, 0, 0, logit(softBaseRate(rows)));
  if (n < 2) return baseRate('too-few-rows');
  if (positives === 0 || positives === n) return baseRate('one-class');
  const distinct = new Set(score).size;
  if (distinct === 1) return baseRate('constant-scores');

  const isSeparable = extreme(rows, 0, Math.max) <= extreme(rows, 1, Math.min);
  const target = isSeparable ? softLabels(rows) : label;
  const one = new Float64Array(n).fill(1);
  const reason = isSeparable ? 'separable' : null;
  const fitWith = (...columns: Float64Array[]): ConvexMinimum => logisticRegression([...columns, one], target, weight);
  const rises = ({ x, converged }: ConvexMinimum): boolean => converged && x.subarray(0, -1).every((exponent) => exponent >= 0);
  const [lower, upper] = [score.map(lnProbability), score.map((z) => -lnProbability(-z))];
  const free = distinct === 2 ? undefined : fitWith(lower, upper);
  if (free === undefined || !free.converged) { // two points, or so close together that they lie on one line
    const line = fitWith(score);
    return rises(line) ? result(reason, line.x[0], line.x[0], line.x[1]) : baseRate(line.converged ? 'inverted' : 'not-converged');
  }
  if (rises(free)) return result(reason, free.x[0], free.x[1], free.x[2]);
  // The loss is convex: when its minimum lies outside, the constrained one lies on a bound.
  const [onlyA, onlyB] = [fitWith(lower), fitWith(upper)];
  if (rises(onlyA) && !(rises(onlyB) && onlyB.loss < onlyA.loss)) return result(reason, onlyA.x[0], 0, onlyA.x[1]);
  return rises(onlyB) ? result(reason, 0, onlyB.x[0], onlyB.x[1]) : baseRate('inverted');
}

/**
 * Calibrated probability of a probability.
 *
 * @param probability - in [0, 1]; values outside count as the nearest end
 * @returns a probability in [0, 1]; NaN, missing, for NaN
 */
export function applyBeta(fit: BetaFit, probability: number): number {
  return applyBetaToLogit(fit, logit(probability));
}

/** {@link applyBeta} of a logit. */
export function applyBetaToLogit({ a, b, c }: BetaFit, z: number): number {
  if (z !== z) return NaN;
  return sigmoid((a === 0 ? 0 : a * lnProbability(z)) - (b === 0 ? 0 : b * lnProbability(-z)) + c); // 0 * Infinity would be NaN
}

// ln(1 / (1 + exp(-z))).
function lnProbability(z: number): number {
  return Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
}

function extreme({ score, label }: CalibrationRows, of: 0 | 1, pick: (a: number, b: number) => number): number {
  let found = of === 0 ? -Infinity : Infinity;
  for (let i = 0; i < score.length; i++) if (label[i] === of) found = pick(found, score[i]);
  return found;
}
