/** What a Platt fit is, and its probability. */
import { printable } from '../core/inspect.ts';

/** A sigmoid from score to probability as plain data: P = 1 / (1 + exp(-(slope * score + intercept))). */
export interface PlattFit {
  readonly kind: 'platt';
  /** What answers: the fitted sigmoid, or the base rate of the labels (slope 0) when no sigmoid could be trusted. */
  readonly method: 'platt' | 'base-rate';
  /** Why the base rate answers; null for the sigmoid. */
  readonly reason: null | PlattFallback;
  readonly slope: number;
  readonly intercept: number;
  /** Scores are clamped to [lowestScore, highestScore] before the sigmoid; infinite bounds clamp nothing. */
  readonly lowestScore: number;
  readonly highestScore: number;
  /** Rows used. */
  readonly n: number;
  /** Rows used whose label is 1. */
  readonly positives: number;
  /** Rows left out because score or label is missing or their weight is 0. */
  readonly missingRows: number;
  /** True when Newton's method reached its tolerance; false whenever the base rate answers. */
  readonly converged: boolean;
}

/** `inverted`: the sigmoid would fall where it was asked to rise. */
export type PlattFallback = 'too-few-rows' | 'one-class' | 'constant-scores' | 'not-converged' | 'inverted';

/**
 * Calibrated probability of a score.
 *
 * @returns a probability in [0, 1]; NaN, missing, for a NaN score
 * @example applyPlatt(fit, 0.73) // 0.61
 */
export function applyPlatt(fit: PlattFit, score: number): number {
  if (score !== score) return NaN;
  const clamped = Math.min(Math.max(score, fit.lowestScore), fit.highestScore);
  return sigmoid((fit.slope === 0 ? 0 : fit.slope * clamped) + fit.intercept); // 0 * Infinity would be NaN
}

/** {@link applyPlatt} of many scores, shape (n); the same numbers row by row. */
export function applyPlattBatch(fit: PlattFit, scores: ArrayLike<number>): Float64Array {
  return Float64Array.from(scores, (score) => applyPlatt(fit, score));
}

/** The frozen fit that prints itself. */
export function plattFit(fields: PlattFit): PlattFit {
  return Object.freeze(printable(fields, (fit) =>
    `platt (${fit.method}${fit.reason === null ? '' : `: ${fit.reason}`}), slope ${Number(fit.slope.toPrecision(4))}, intercept ${Number(fit.intercept.toPrecision(4))}, ${fit.positives} of ${fit.n} rows positive`));
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
