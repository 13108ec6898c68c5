/** How good probabilities of K classes are. Outcomes are class numbers 0 .. K - 1; a row with a NaN is missing and counted. */
import { requireKnownKeys, requireNumber } from '../core/assert.ts';
import { errorOfRows } from './calibration-error.ts';
import type { CalibrationError, CalibrationErrorOptions } from './calibration-error.ts';
import { classRowTest } from './class-probabilities.ts';
import type { ClassProbabilities } from './class-probabilities.ts';
import type { MetricValue } from './metric-value.ts';
import type { LogLossOptions } from './probability.ts';
import { countedMean } from './weighted-mean.ts';
import type { WeightOptions } from './weighted-mean.ts';

/**
 * Mean over rows of the sum over classes of (probability - 1 if it happened, else 0)^2.
 *
 * Of two classes it is twice {@link brierScore}.
 *
 * @param actual - class numbers, shape (n)
 * @param probabilities - shape (n, K)
 * @returns in [0, 2], 0 is perfect
 * @throws ShapeError or DomainError for rows that are no probabilities
 * @see Brier (1950), "Verification of forecasts expressed in terms of probability", equation 2
 */
export function multiclassBrierScore(actual: ArrayLike<number>, probabilities: ClassProbabilities, options: WeightOptions = {}): MetricValue<'no-rows'> {
  requireKnownKeys('multiclassBrierScore', options, ['weights']);
  return meanClassScore('multiclassBrierScore', actual, probabilities, options.weights, (y, p) => {
    let sum = 0;
    for (let k = 0; k < p.length; k++) sum += (p[k] - (k === y ? 1 : 0)) ** 2;
    return sum;
  });
}

/**
 * Mean over rows of sum_k (P(class <= k) - 1 if it was, else 0)^2 / (K - 1), for classes that have an order: a near miss costs less.
 *
 * @param actual - class numbers in their order, shape (n)
 * @param probabilities - shape (n, K)
 * @returns in [0, 1], 0 is perfect
 * @throws ShapeError or DomainError for rows that are no probabilities
 * @see Epstein (1969), "A scoring system for probability forecasts of ranked categories"; Wilks (2011), Statistical Methods in the Atmospheric Sciences, equation 8.49, divided by K - 1
 */
export function rankedProbabilityScore(actual: ArrayLike<number>, probabilities: ClassProbabilities, options: WeightOptions = {}): MetricValue<'no-rows'> {
  requireKnownKeys('rankedProbabilityScore', options, ['weights']);
  return meanClassScore('rankedProbabilityScore', actual, probabilities, options.weights, (y, p) => {
    let [sum, cumulative] = [0, 0];
    for (let k = 0; k < p.length - 1; k++) {
      cumulative += p[k];
      sum += (cumulative - (k >= y ? 1 : 0)) ** 2;
    }
    return sum / (p.length - 1);
  });
}

/**
 * Mean of -ln(probability of the class that happened), in nats. Of two classes it is {@link logLoss}.
 *
 * @param actual - class numbers, shape (n)
 * @param probabilities - shape (n, K); taken as they are, not rescaled after clipping
 * @returns >= 0, ln K for uniform probabilities
 * @throws ShapeError or DomainError for rows that are no probabilities
 * @see Good (1952), "Rational decisions", section 8
 */
export function multiclassLogLoss(actual: ArrayLike<number>, probabilities: ClassProbabilities, options: LogLossOptions = {}): MetricValue<'no-rows'> {
  const fn = 'multiclassLogLoss';
  requireKnownKeys(fn, options, ['clip', 'weights']);
  const clip = requireNumber(fn, 'clip', options.clip ?? 1e-7, { min: 0, max: 0.5 });
  return meanClassScore(fn, actual, probabilities, options.weights, (y, p) => -Math.log(Math.min(1 - clip, Math.max(clip, p[y]))));
}

/**
 * {@link calibrationError} of the largest probability of each row against whether that class happened; the first of equal classes counts.
 *
 * It says nothing about the other classes: check those that matter one against the rest.
 *
 * @param actual - class numbers, shape (n)
 * @param probabilities - shape (n, K)
 * @throws ShapeError or DomainError for rows that are no probabilities
 * @see Guo et al. (2017), "On calibration of modern neural networks", equations 2 and 3
 */
export function topLabelCalibrationError(actual: ArrayLike<number>, probabilities: ClassProbabilities, options: CalibrationErrorOptions = {}): CalibrationError {
  const fn = 'topLabelCalibrationError';
  const present = classRowTest(fn, actual, probabilities);
  const size = actual.length;
  const [score, outcome, row, weight] = [new Float64Array(size), new Uint8Array(size), new Uint32Array(size), new Float64Array(size).fill(1)];
  let n = 0;
  for (let i = 0; i < size; i++) {
    if (!present(i)) continue;
    const p = probabilities[i];
    let top = 0;
    for (let k = 1; k < p.length; k++) if (p[k] > p[top]) top = k;
    score[n] = p[top];
    outcome[n] = top === actual[i] ? 1 : 0;
    row[n++] = i;
  }
  return errorOfRows(fn, { score: score.subarray(0, n), outcome: outcome.subarray(0, n), weight: weight.subarray(0, n), row: row.subarray(0, n), n, missing: size - n }, options);
}

function meanClassScore(fn: string, actual: ArrayLike<number>, probabilities: ClassProbabilities, weights: ArrayLike<number> | undefined, score: (outcome: number, probabilities: ArrayLike<number>) => number): MetricValue<'no-rows'> {
  const present = classRowTest(fn, actual, probabilities);
  return countedMean(fn, actual.length, (i) => (present(i) ? score(actual[i], probabilities[i]) : NaN), weights);
}
