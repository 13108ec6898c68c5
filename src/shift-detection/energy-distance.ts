/** Energy distance of two samples of rows. */
import { drive, driveSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { pairSums } from './pair-sums.ts';
import { pointSamples } from './sample-values.ts';
import type { Points } from './sample-values.ts';
import { twoSampleResult } from './two-sample.ts';
import type { TwoSampleResult } from './two-sample.ts';

/**
 * Energy distance of rows, as a task to drive or `yield*`: the root of 2 E|X - Y| - E|X - X'| - E|Y - Y'|, Euclidean distances.
 *
 * 0 only for equal distributions. Bring the columns to one scale first. Time is quadratic; numbers go faster through `energyDistance`, which is the same.
 *
 * @param reference - numbers, or rows of numbers, shape (n1) or (n1, k); a row with a missing value is left out and counted
 * @param current - shape (n2) or (n2, k)
 * @returns >= 0 in units of the values; p-value NaN: see {@link blockPermutationTest}
 * @throws ShapeError for rows of different lengths
 * @see Szekely and Rizzo (2013), "Energy statistics: a class of statistics based on distances", equation 6.1
 */
export function* multivariateEnergyDistanceTask(reference: Points, current: Points): Task<TwoSampleResult> {
  const { x, y, n, missing, reason } = pointSamples('multivariateEnergyDistance', reference, current);
  if (reason !== null) return twoSampleResult(reason, NaN, NaN, n, missing);
  const [withinX, withinY, between] = yield* pairSums(x, y, Math.sqrt, 'energy distance');
  const squared = 2 * (between / (n[0] * n[1]) - withinX / (n[0] * n[0]) - withinY / (n[1] * n[1]));
  return twoSampleResult(null, Math.sqrt(Math.max(0, squared)), NaN, n, missing);
}

/** Runs {@link multivariateEnergyDistanceTask} without blocking the host. */
export function multivariateEnergyDistance(reference: Points, current: Points, options: DriveOptions = {}): Promise<TwoSampleResult> {
  return drive(multivariateEnergyDistanceTask(reference, current), options);
}

/** Runs {@link multivariateEnergyDistanceTask} in one go. */
export function multivariateEnergyDistanceSync(reference: Points, current: Points, options: DriveOptions = {}): TwoSampleResult {
  return driveSync(multivariateEnergyDistanceTask(reference, current), options);
}
