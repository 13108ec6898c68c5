/** Platt scaling: a sigmoid through scores and outcomes. */
import { requireKnownKeys } from '../core/assert.ts';
import { crossEntropy } from './logit.ts';
import { plattFit, sigmoid } from './platt-fit.ts';
import type { PlattFallback, PlattFit } from './platt-fit.ts';
import { calibrationRows, softLabels } from './rows.ts';

export interface FitPlattOptions {
  /** Weight of each row, >= 0, shape (n); a row of weight 0 is left out. @default all 1 */
  readonly weights?: ArrayLike<number>;
  /** A score is known to speak for its label: a sigmoid that would fall is replaced by the base rate. @default false */
  readonly increasing?: boolean;
}

/**
 * Fits P(label = 1 | score) = 1 / (1 + exp(-(slope * score + intercept))) by maximum likelihood.
 *
 * The labels are softened to (N+ + 1) / (N+ + 2) and 1 / (N- + 2), N+ and N- being the weights of the classes, so that separable scores have
 * a finite slope. One class, constant scores, fewer than two rows or no convergence give the base rate (N+ + 1) / (N + 2), and say so.
 * The sign of `slope` is that of the score's relation to the label: Platt's A is -slope and B is -intercept.
 *
 * @param scores - raw scores, shape (n); NaN and infinities are missing
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels and for weights that are negative or not finite
 * @see Platt (1999), "Probabilistic outputs for support vector machines"; Lin, Lin and Weng (2007), "A note on Platt's probabilistic outputs", algorithm 1
 * @example applyPlatt(fitPlatt([-2, -1, 1, 2], [0, 1, 0, 1]), 1.5) // 0.60
 */
export function fitPlatt(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitPlattOptions = {}): PlattFit {
  requireKnownKeys('fitPlatt', options, ['weights', 'increasing']);
  const { weights, increasing = false } = options;
  const rows = calibrationRows('fitPlatt', scores, labels, weights);
  const { score, weight, classWeight, n, positives, missingRows } = rows;
  const result = (reason: PlattFallback | null, slope: number, intercept: number): PlattFit =>
    plattFit({ kind: 'platt', method: reason === null ? 'platt' : 'base-rate', reason, slope, intercept, lowestScore: -Infinity, highestScore: Infinity, n, positives, missingRows, converged: reason === null });
  const baseRate = (reason: PlattFallback): PlattFit => result(reason, 0, Math.log((classWeight[1] + 1) / (classWeight[0] + 1)));

  if (n < 2) return baseRate('too-few-rows');
  if (positives === 0 || positives === n) return baseRate('one-class');
  const { center, scale } = location(score, weight);
  // Closer together than this, intercept and slope * score cancel to rounding noise.
  if (!(scale > 1e-12 * Math.abs(center))) return baseRate('constant-scores');
  const standard = score.map((s) => (s - center) / scale);
  const line = newton(standard, softLabels(rows), weight);
  const slope = (line?.slope ?? NaN) / scale;
  const intercept = (line?.intercept ?? NaN) - slope * center;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept)) return baseRate('not-converged');
  if (increasing && slope < 0) return baseRate('inverted');
  return result(null, slope, intercept);
}

// Weighted mean and standard deviation; deviations are divided by the largest before squaring, so that no score overflows.
function location(score: Float64Array, weight: Float64Array): { center: number; scale: number } {
  let total = 0;
  let center = 0;
  for (let i = 0; i < score.length; i++) {
    total += weight[i];
    center += (weight[i] / total) * (score[i] - center);
  }
  let largest = 0;
  for (const s of score) largest = Math.max(largest, Math.abs(s - center));
  let sum = 0;
  for (let i = 0; i < score.length; i++) sum += weight[i] * ((score[i] - center) / largest) ** 2;
  return { center, scale: largest * Math.sqrt(sum / total) };
}

const MAX_ITERATIONS = 100;
const ROUNDING = 1 + 1e-13; // a loss this much higher is the same loss

// Newton steps with halving on the convex negative log likelihood; undefined when the gradient never becomes small.
function newton(score: Float64Array, target: Float64Array, weight: Float64Array): { slope: number; intercept: number } | undefined {
  let total = 0;
  let positive = 0;
  for (let i = 0; i < score.length; i++) {
    total += weight[i];
    positive += weight[i] * target[i];
  }
  let slope = 0;
  let intercept = Math.log(positive / (total - positive));
  let loss = lossAt(score, target, weight, slope, intercept);
  let lastGradient = Infinity;
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    let [gs, gi, hss, hsi, hii] = [0, 0, 0, 0, 0];
    for (let i = 0; i < score.length; i++) {
      const z = score[i];
      const p = sigmoid(slope * z + intercept);
      const residual = weight[i] * (p - target[i]);
      const curvature = weight[i] * p * (1 - p);
      gs += residual * z;
      gi += residual;
      hss += curvature * z * z;
      hsi += curvature * z;
      hii += curvature;
    }
    // Scores have unit variance: the gradient per unit of weight is an error in probability. Below 1e-8 Newton squares it until rounding stops it.
    const gradient = Math.max(Math.abs(gs), Math.abs(gi)) / total;
    if (gradient <= 1e-13 || (gradient <= 1e-8 && gradient > lastGradient / 2)) return { slope, intercept };
    lastGradient = gradient;
    const ridge = 1e-12 * total;
    const determinant = (hss + ridge) * (hii + ridge) - hsi * hsi;
    const stepSlope = ((hii + ridge) * gs - hsi * gi) / determinant;
    const stepIntercept = ((hss + ridge) * gi - hsi * gs) / determinant;
    let size = 1;
    let next = lossAt(score, target, weight, slope - stepSlope, intercept - stepIntercept);
    while (!(next <= loss * ROUNDING) && size > 1e-10) {
      size /= 2;
      next = lossAt(score, target, weight, slope - size * stepSlope, intercept - size * stepIntercept);
    }
    if (!(next <= loss * ROUNDING)) return undefined;
    slope -= size * stepSlope;
    intercept -= size * stepIntercept;
    loss = next;
  }
  return undefined;
}

function lossAt(score: Float64Array, target: Float64Array, weight: Float64Array, slope: number, intercept: number): number {
  let sum = 0;
  for (let i = 0; i < score.length; i++) {
    const margin = slope * score[i] + intercept;
    sum += weight[i] * crossEntropy(margin, target[i]);
  }
  return sum;
}
