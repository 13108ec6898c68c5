/** Run length of the EWMA chart, and the limit for a target. */
import { requireKnownKeys, requireNumber } from '../core/assert.ts';
import { normalDensity } from './cusum-run-length.ts';
import { averageRunLength, thresholdFor } from './run-length.ts';

export interface EwmaRunLengthOptions {
  /** Limit in asymptotic standard deviations of the average: alarm when |average| > threshold * sqrt(lambda / (2 - lambda)). */
  readonly threshold: number;
  /** Weight of the newest value, in (0, 1]. @default 0.1 */
  readonly lambda?: number;
  /** Mean of the values in standard deviations: 0 is in control. @default 0 */
  readonly shift?: number;
}

/**
 * Average run length of the two-sided EWMA chart with constant limits on independent normal values of unit variance, started at 0.
 *
 * @returns updates up to and including the alarm
 * @throws DomainError for options outside their ranges
 * @see Crowder (1987), "A simple method for studying run-length distributions of exponentially weighted moving average charts", eq. 1
 * @example ewmaRunLength({ threshold: 2.701, lambda: 0.1 }) // 370
 */
export function ewmaRunLength(options: EwmaRunLengthOptions): number {
  const fn = 'ewmaRunLength';
  requireKnownKeys(fn, options, ['threshold', 'lambda', 'shift']);
  const { threshold, lambda = 0.1, shift = 0 } = options;
  requireNumber(fn, 'threshold', threshold, { min: 0, max: 20, open: true });
  requireNumber(fn, 'shift', shift, { min: -10, max: 10 });
  return runLength(threshold, requireNumber(fn, 'lambda', lambda, { min: 0.005, max: 1 }), shift);
}

function runLength(threshold: number, lambda: number, shift: number): number {
  const limit = threshold * Math.sqrt(lambda / (2 - lambda));
  return averageRunLength({
    lower: -limit,
    upper: limit,
    start: 0,
    stepSize: lambda,
    density: (from, to) => normalDensity((to - (1 - lambda) * from) / lambda - shift) / lambda,
  });
}

export interface EwmaTarget {
  /** Average number of updates between false alarms, in [2, 1e6]. */
  readonly targetRunLength: number;
  /** Weight of the newest value, in (0, 1]; small for small shifts. @default 0.1 */
  readonly lambda?: number;
}

/**
 * Weight and limit of the EWMA chart with a given rate of false alarms.
 *
 * @returns options of `Ewma`; the threshold is in asymptotic standard deviations of the average
 * @throws DomainError for options outside their ranges
 * @example ewmaForRunLength({ targetRunLength: 370, lambda: 0.1 }) // { lambda: 0.1, threshold: 2.701 }
 */
export function ewmaForRunLength(options: EwmaTarget): { readonly lambda: number; readonly threshold: number } {
  const fn = 'ewmaForRunLength';
  requireKnownKeys(fn, options, ['targetRunLength', 'lambda']);
  const { targetRunLength, lambda = 0.1 } = options;
  requireNumber(fn, 'lambda', lambda, { min: 0.005, max: 1 });
  return Object.freeze({ lambda, threshold: thresholdFor(fn, targetRunLength, (threshold) => runLength(threshold, lambda, 0), 2.5) });
}
