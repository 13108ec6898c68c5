/** Heston's parameters from quoted volatilities. */
import { drive, driveSync, type DriveOptions, type Task } from '../../core/drive.ts';
import type { SmileQuotes } from '../option.ts';
import type { HestonVolGrid } from './calibration-quotes.ts';
import { type ModelCalibration, printableCalibration } from './calibration-result.ts';
import { type CalibrationOptions, calibrationProblem } from './calibration-run.ts';
import { calibrationTask, divideOptions } from './calibration-task.ts';
import { type HestonParameters, hestonVector } from './parameters.ts';

/** As {@link CalibrationOptions}. */
export type HestonCalibrationOptions = CalibrationOptions<HestonParameters>;

export interface HestonCalibration extends ModelCalibration<HestonParameters> {
  readonly kind: 'heston-calibration';
}

/**
 * Fits the Heston model to the smiles of one or more expiries, as a task to drive or `yield*`.
 *
 * Weighted differences of volatility are squared, summed and minimised by Levenberg-Marquardt with exact derivatives: prices of all strikes of an
 * expiry share one characteristic function, Black's formula is inverted to the last digits, and parameters move as logarithms (atanh for the
 * correlation). A point at which any quote has no price is refused, never scored. Every run is reported, and one that fits to
 * the noise of prices is the last; the best is compared with prices a
 * thousand times finer and refined until their error does not matter. Quotes that cannot be used are counted, in the table with their reason,
 * and never throw. With more than 250 quotes the starts run on a sample of them, the best goes on with all.
 *
 * Not for one expiry: mean reversion and long-run variance are then open, which `conditionNumber` and `standardErrors` show.
 *
 * @param quotes - smiles, as from `chainToSmiles`, or a grid of volatilities
 * @throws {@link ShapeError} `ERR_SHAPE` when columns differ in length
 * @throws {@link DomainError} `ERR_DOMAIN` for options out of range
 * @see Cui, del Bano Rollin and Germano (2017), "Full and fast calibration of the Heston stochastic volatility model"
 */
export function* calibrateHestonTask(quotes: readonly SmileQuotes[] | HestonVolGrid, options: HestonCalibrationOptions = {}): Task<HestonCalibration> {
  const fn = 'calibrateHeston';
  const problem = calibrationProblem(fn, quotes, options, { count: 5, vectorOf: (start) => hestonVector(fn, start) });
  const result = yield* calibrationTask(problem, hestonParametersOf);
  return printableCalibration<HestonParameters, HestonCalibration>('HestonCalibration', { kind: 'heston-calibration', ...result });
}

/**
 * Runs {@link calibrateHestonTask} without blocking the host.
 *
 * @example (await calibrateHeston(chainToSmiles(chain).smiles)).parameters
 */
export function calibrateHeston(quotes: readonly SmileQuotes[] | HestonVolGrid, options: HestonCalibrationOptions & DriveOptions = {}): Promise<HestonCalibration> {
  const [own, driving] = divideOptions(options);
  return drive(calibrateHestonTask(quotes, own), driving);
}

/** Runs {@link calibrateHestonTask} in one go. */
export function calibrateHestonSync(quotes: readonly SmileQuotes[] | HestonVolGrid, options: HestonCalibrationOptions & DriveOptions = {}): HestonCalibration {
  const [own, driving] = divideOptions(options);
  return driveSync(calibrateHestonTask(quotes, own), driving);
}

function hestonParametersOf(p: ArrayLike<number>): HestonParameters {
  return Object.freeze({ initialVariance: p[0], meanReversion: p[1], longRunVariance: p[2], volOfVariance: p[3], correlation: p[4] });
}
