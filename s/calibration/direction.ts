/** P(up) from a predicted value and the scale of its error. */
import { requireKnownKeys, requireNumber, requireSameLength } from '../core/assert.ts';
import { quantile } from '../core/stats.ts';
import { plattFit } from './platt-fit.ts';
import type { PlattFit } from './platt-fit.ts';
import { fitPlatt } from './platt.ts';

/**
 * The score behind P(up): the prediction in units of its dispersion. Fit and serve both go through this function.
 *
 * @param dispersion - scale of the row's error, the same quantity in fit and serve. @default 1
 * @returns NaN, missing, when the dispersion is not a positive finite number
 */
export function directionScore(prediction: number, dispersion = 1): number {
  return dispersion > 0 && dispersion < Infinity ? prediction / dispersion : NaN;
}

/** Calibration rows: none of them may have been seen by the model that predicts. */
export interface DirectionRows {
  /** Predicted values of a signed target, shape (n). */
  readonly predictions: ArrayLike<number>;
  /** Scale of each row's error, shape (n). @default all 1 */
  readonly dispersion?: ArrayLike<number>;
  /** Realised values, shape (n); NaN is missing. */
  readonly outcomes: ArrayLike<number>;
  /** Outcomes above this are up, an equal one is not: 0 for returns, 0.5 for labels that are 0 or 1. @default 0 */
  readonly threshold?: number;
}

const TAIL = 0.005; // share of scores clamped at each end: a frozen price must not make the sigmoid certain

/**
 * Fits P(outcome > threshold) as a rising sigmoid of {@link directionScore}.
 *
 * Scores are clamped to their 0.5 % and 99.5 % quantiles here and in {@link applyPlatt}. Rows on which a larger prediction went with fewer
 * rises give the base rate with `reason: 'inverted'`: a calibrator does not turn a prediction round.
 *
 * @throws ShapeError for different lengths
 * @example applyPlatt(fitDirectionCalibrator({ predictions, dispersion, outcomes }), directionScore(0.01, 0.02)) // 0.53
 */
export function fitDirectionCalibrator(rows: DirectionRows): PlattFit {
  requireKnownKeys('fitDirectionCalibrator', rows, ['predictions', 'dispersion', 'outcomes', 'threshold']);
  const { predictions, dispersion, outcomes } = rows;
  const threshold = requireNumber('fitDirectionCalibrator', 'threshold', rows.threshold ?? 0);
  requireSameLength('fitDirectionCalibrator', { predictions, outcomes, ...(dispersion && { dispersion }) });
  const labels = Float64Array.from(outcomes, (y) => (y !== y ? NaN : y > threshold ? 1 : 0));
  const scores = Float64Array.from(predictions, (value, i) => directionScore(value, dispersion?.[i]));
  const usable = scores.filter((s, i) => Number.isFinite(s) && labels[i] === labels[i]);
  if (usable.length === 0) return fitPlatt(scores, labels, { increasing: true });
  const [lowestScore, highestScore] = [quantile(usable, TAIL), quantile(usable, 1 - TAIL)];
  const clamped = scores.map((s) => (Number.isFinite(s) ? Math.min(Math.max(s, lowestScore), highestScore) : NaN));
  return plattFit({ ...fitPlatt(clamped, labels, { increasing: true }), lowestScore, highestScore });
}
