/** Bates's parameters, jumps included, from quoted volatilities. */
import { drive, driveSync, type DriveOptions, type Task } from '../../core/drive.ts';
import type { SmileQuotes } from '../option.ts';
import { type BatesParameters, batesVector } from './bates.ts';
import type { HestonVolGrid } from './calibration-quotes.ts';
import { type ModelCalibration, printableCalibration } from './calibration-result.ts';
import { type CalibrationOptions, calibrationProblem } from './calibration-run.ts';
import { calibrationTask, divideOptions } from './calibration-task.ts';

/** As {@link CalibrationOptions}; the default bounds are [1e-4, 100] for the rate of jumps, [-2, 1] for their mean, [0.001, 2] for their deviation. */
export type BatesCalibrationOptions = CalibrationOptions<BatesParameters>;

export interface BatesCalibration extends ModelCalibration<BatesParameters> {
  readonly kind: 'bates-calibration';
}

/**
 * Fits Heston with jumps, as {@link calibrateHestonTask} fits Heston, as a task to drive or `yield*`.
 *
 * All eight derivatives are exact. Short expiries are what jumps explain; where there are none, the jumps and the volatility of variance do the
 * same work, and `conditionNumber` says so. There can be several minima: compare the `starts`.
 *
 * @throws {@link ShapeError} `ERR_SHAPE` when columns differ in length
 * @throws {@link DomainError} `ERR_DOMAIN` for options out of range
 * @see Bates (1996), "Jumps and stochastic volatility"
 */
export function* calibrateBatesTask(quotes: readonly SmileQuotes[] | HestonVolGrid, options: BatesCalibrationOptions = {}): Task<BatesCalibration> {
  const fn = 'calibrateBates';
  const problem = calibrationProblem(fn, quotes, options, { count: 8, vectorOf: (start) => batesVector(fn, start) });
  const result = yield* calibrationTask(problem, batesParametersOf);
  return printableCalibration<BatesParameters, BatesCalibration>('BatesCalibration', { kind: 'bates-calibration', ...result });
}

/** Runs {@link calibrateBatesTask} without blocking the host. */
export function calibrateBates(quotes: readonly SmileQuotes[] | HestonVolGrid, options: BatesCalibrationOptions & DriveOptions = {}): Promise<BatesCalibration> {
  const [own, driving] = divideOptions(options);
  return drive(calibrateBatesTask(quotes, own), driving);
}

/** Runs {@link calibrateBatesTask} in one go. */
export function calibrateBatesSync(quotes: readonly SmileQuotes[] | HestonVolGrid, options: BatesCalibrationOptions & DriveOptions = {}): BatesCalibration {
  const [own, driving] = divideOptions(options);
  return driveSync(calibrateBatesTask(quotes, own), driving);
}

function batesParametersOf(p: ArrayLike<number>): BatesParameters {
  const [initialVariance, meanReversion, longRunVariance, volOfVariance, correlation, jumpIntensity, meanLogJump, logJumpDeviation] = Array.from(p);
  return Object.freeze({ initialVariance, meanReversion, longRunVariance, volOfVariance, correlation, jumpIntensity, meanLogJump, logJumpDeviation });
}
