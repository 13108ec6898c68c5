/** Every map from a score to a probability, and the one function that applies any of them. */
import type { BaseRateFit } from './base-rate.ts';
import { applyBeta, applyBetaToLogit } from './beta.ts';
import type { BetaFit } from './beta.ts';
import { applyHistogram } from './histogram.ts';
import type { HistogramFit } from './histogram.ts';
import { applyIsotonic } from './isotonic.ts';
import type { IsotonicFit } from './isotonic.ts';
import { logit } from './logit.ts';
import { applyPlatt } from './platt-fit.ts';
import type { PlattFit } from './platt-fit.ts';
import { applySmoothIsotonic } from './smooth-isotonic.ts';
import type { SmoothIsotonicFit } from './smooth-isotonic.ts';
import { applyTemperature } from './temperature.ts';
import type { TemperatureFit } from './temperature.ts';
import { applyVennAbers } from './venn-abers.ts';
import type { VennAbersFit } from './venn-abers.ts';

/** A calibrator of one method. */
export type SingleCalibratorFit = BaseRateFit | PlattFit | TemperatureFit | BetaFit | HistogramFit | SmoothIsotonicFit | VennAbersFit | IsotonicFit;

/** Methods in the order they are preferred: from the least to the most that rows can bend, Platt before a temperature, which cannot move the mean. */
export const CALIBRATOR_METHODS = ['base-rate', 'platt', 'temperature', 'beta', 'histogram', 'smooth-isotonic', 'venn-abers', 'isotonic'] as const;
export type CalibratorMethod = (typeof CALIBRATOR_METHODS)[number];

/** What the scores are: any number, log(p / (1 - p)), or a probability. */
export type ScoreScale = 'score' | 'logit' | 'probability';

/** How one method did on later rows. */
export interface CalibratorCandidate {
  readonly method: CalibratorMethod;
  /** Mean loss on rows later than those fitted on; NaN when the method was not judged. */
  readonly loss: number;
  /** Standard error of the difference from the lowest loss of a method that looks at the score; 0 for that method, NaN without a loss or with a single block of sessions. */
  readonly standardError: number;
  /** Why there is no loss; null when there is one. `scale`: needs logits or probabilities. `not-judged`: there was no choice to make, or no fold to make it on. */
  readonly reason: null | 'too-few-rows' | 'scale' | 'not-judged';
}

/** The answer of {@link fitCalibrator} as plain data. */
export interface ChosenCalibratorFit {
  readonly kind: 'chosen';
  /** What answers. */
  readonly method: CalibratorMethod;
  /**
   * Why. `lowest-loss`, or `within-error`: the first in order that is within two standard errors of it. `below-base-rate`: every method
   * lost to the base rate by more than that. `too-few-rows` for anything but the base rate, `few-rows` for anything but it, a temperature and
   * a sigmoid. `only-candidate`: no choice was given. `too-few-sessions` to cut into folds. The others: what was chosen could not be fitted to
   * all rows (one class, equal scores, scores that fall with the labels, no convergence).
   */
  readonly reason: 'lowest-loss' | 'within-error' | 'below-base-rate' | 'few-rows' | 'too-few-rows' | 'only-candidate' | 'too-few-sessions' | 'one-class' | 'constant-scores' | 'inverted' | 'not-converged' | 'separable';
  /** Scale of the scores it was fitted on and is applied to. */
  readonly scale: ScoreScale;
  /** Scores are moved into this range first; infinite bounds move nothing. */
  readonly lowestScore: number;
  readonly highestScore: number;
  readonly fit: SingleCalibratorFit;
  readonly loss: 'brier' | 'log-loss';
  /** Every method asked for, in the order they are preferred. */
  readonly candidates: readonly CalibratorCandidate[];
  /** Rows the losses are means of. */
  readonly judgedRows: number;
  /** Rows the answer was fitted on. */
  readonly n: number;
  /** Rows used whose label is 1. */
  readonly positives: number;
  /** Rows left out because score or label is missing or their weight is 0. */
  readonly missingRows: number;
}

/** Anything {@link applyCalibrator} applies. */
export type CalibratorFit = SingleCalibratorFit | ChosenCalibratorFit;

/**
 * Calibrated probability of a score.
 *
 * The score is what the fit was fitted on: any number, a logit for `temperature`, a probability for `beta`, the declared scale for `chosen`.
 *
 * @returns a probability in [0, 1] for a fit of 0/1 labels; NaN, missing, for a NaN score
 * @example applyCalibrator(fit, 0.73) // 0.61
 */
export function applyCalibrator(fit: CalibratorFit, score: number): number {
  switch (fit.kind) {
    case 'base-rate':
      return score === score ? fit.probability : NaN;
    case 'platt':
      return applyPlatt(fit, score);
    case 'temperature':
      return applyTemperature(fit, score);
    case 'beta':
      return applyBeta(fit, score);
    case 'histogram':
      return applyHistogram(fit, score);
    case 'smooth-isotonic':
      return applySmoothIsotonic(fit, score);
    case 'venn-abers':
      return applyVennAbers(fit, score);
    case 'isotonic':
      return applyIsotonic(fit, score);
    case 'chosen':
      return applyOnScale(fit.fit, fit.scale, Math.min(Math.max(score, fit.lowestScore), fit.highestScore));
  }
}

/** {@link applyCalibrator} of many scores, shape (n); the same numbers row by row. */
export function applyCalibratorBatch(fit: CalibratorFit, scores: ArrayLike<number>): Float64Array {
  return Float64Array.from(scores, (score) => applyCalibrator(fit, score));
}

/** Probability of a score on a declared scale: sigmoids work on logits, everything else on the score as it is. */
export function applyOnScale(fit: SingleCalibratorFit, scale: ScoreScale, score: number): number {
  if (scale === 'logit' && fit.kind === 'beta') return applyBetaToLogit(fit, score);
  if (scale === 'probability' && (fit.kind === 'platt' || fit.kind === 'temperature')) return applyCalibrator(fit, logit(score));
  return applyCalibrator(fit, score);
}
