/** P(up) from a predicted value and the scale of its error. */
import { requireKnownKeys, requireNumber, requireOneOf, requireSameLength } from '../core/assert.ts';
import { quantile } from '../core/stats.ts';
import { applyCalibrator } from './calibrator.ts';
import type { CalibratorFit, ChosenCalibratorFit } from './calibrator.ts';
import { chosenFit, fitCalibratorSync } from './choose.ts';
import type { FitCalibratorOptions } from './choose.ts';
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

/** How P(up) is fitted. */
export interface DirectionCalibratorOptions extends Pick<FitCalibratorOptions, 'methods' | 'loss' | 'sessions' | 'horizon' | 'folds'> {
  /** A rising sigmoid, or whatever {@link fitCalibrator} chooses with the options beside this one. @default 'platt' */
  readonly method?: 'platt' | 'auto';
}

const TAIL = 0.005; // share of scores clamped at each end: a frozen price must not make the sigmoid certain

/**
 * Fits P(outcome > threshold) as a rising sigmoid of {@link directionScore}, or with `method: 'auto'` as the curve that {@link fitCalibrator} chooses.
 *
 * Scores are clamped to their 0.5 % and 99.5 % quantiles here and in {@link applyPlatt}. Rows on which a larger prediction went with fewer
 * rises give the base rate with `reason: 'inverted'`: a calibrator does not turn a prediction round.
 *
 * @throws ShapeError for different lengths; DomainError for options that only `auto` takes
 * @example applyPlatt(fitDirectionCalibrator({ predictions, dispersion, outcomes }), directionScore(0.01, 0.02)) // 0.53
 */
export function fitDirectionCalibrator(rows: DirectionRows, options?: { readonly method?: 'platt' }): PlattFit;
export function fitDirectionCalibrator(rows: DirectionRows, options: DirectionCalibratorOptions & { readonly method: 'auto' }): ChosenCalibratorFit;
export function fitDirectionCalibrator(rows: DirectionRows, options: DirectionCalibratorOptions = {}): PlattFit | ChosenCalibratorFit {
  const fn = 'fitDirectionCalibrator';
  requireKnownKeys(fn, rows, ['predictions', 'dispersion', 'outcomes', 'threshold']);
  const { method = 'platt', ...choice } = options;
  requireOneOf(fn, 'method', method, ['platt', 'auto']);
  requireKnownKeys(fn, choice, method === 'auto' ? ['methods', 'loss', 'sessions', 'horizon', 'folds'] : []);
  const { predictions, dispersion, outcomes } = rows;
  const threshold = requireNumber(fn, 'threshold', rows.threshold ?? 0);
  requireSameLength(fn, { predictions, outcomes, ...(dispersion && { dispersion }) });
  const labels = Float64Array.from(outcomes, (y) => (y !== y ? NaN : y > threshold ? 1 : 0));
  const scores = Float64Array.from(predictions, (value, i) => directionScore(value, dispersion?.[i]));
  const usable = scores.filter((s, i) => Number.isFinite(s) && labels[i] === labels[i]);
  const isEmpty = usable.length === 0;
  const [lowestScore, highestScore] = isEmpty ? [-Infinity, Infinity] : [quantile(usable, TAIL), quantile(usable, 1 - TAIL)];
  const clamped = scores.map((s) => (Number.isFinite(s) ? Math.min(Math.max(s, lowestScore), highestScore) : NaN));
  if (method === 'auto') return chosenFit({ ...fitCalibratorSync(clamped, labels, choice), lowestScore, highestScore });
  return plattFit({ ...fitPlatt(clamped, labels, { increasing: true }), lowestScore, highestScore });
}

/**
 * P(up) of a prediction: what fit and serve both use.
 *
 * @param fit - of {@link fitDirectionCalibrator}, either method
 * @param dispersion - scale of the row's error, the same quantity as in the fit. @default 1
 * @returns a probability in [0, 1]; NaN, missing, when the prediction or its dispersion is
 * @example directionConfidence(fit, 0.01, 0.02) // 0.53
 */
export function directionConfidence(fit: CalibratorFit, prediction: number, dispersion = 1): number {
  return applyCalibrator(fit, directionScore(prediction, dispersion));
}
