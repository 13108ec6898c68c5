/** Run length of the tabular CUSUM, and the threshold for a target. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../core/assert.ts';
import { normalCdf } from '../core/special-functions.ts';
import { averageRunLength, thresholdFor } from './run-length.ts';

export interface CusumRunLengthOptions {
  /** Decision limit h in standard deviations: alarm when a sum exceeds it. */
  readonly threshold: number;
  /** Allowance k in standard deviations taken off at each step. @default 0.5 */
  readonly slack?: number;
  /** Mean of the values in standard deviations: 0 is in control. @default 0 */
  readonly shift?: number;
  /** Which sums alarm. @default 'both' */
  readonly mode?: 'both' | 'up' | 'down';
}

const MODES = ['both', 'up', 'down'] as const;
const INV_SQRT_2PI = 0.3989422804014327;

/** Standard normal density. */
export function normalDensity(z: number): number {
  return INV_SQRT_2PI * Math.exp(-0.5 * z * z);
}

/**
 * Average run length of the tabular CUSUM on independent normal values of unit variance, both sums started at 0.
 *
 * S+ = max(0, S+ + z - k) and S- = max(0, S- - z - k), alarm when one exceeds h. With both, 1 / ARL = 1 / ARL+ + 1 / ARL-: at the alarm
 * of one sum the other is 0.
 *
 * @returns updates up to and including the alarm
 * @throws DomainError for a threshold, slack or shift outside its range
 * @see Goel and Wu (1971); van Dobben de Bruyn (1968), "Cumulative sum tests", for the two-sided rule
 * @example cusumRunLength({ threshold: 5, slack: 0.5 }) // 465.4: a false alarm every 465 updates
 */
export function cusumRunLength(options: CusumRunLengthOptions): number {
  const fn = 'cusumRunLength';
  requireKnownKeys(fn, options, ['threshold', 'slack', 'shift', 'mode']);
  const { threshold, slack = 0.5, shift = 0, mode = 'both' } = options;
  requireNumber(fn, 'threshold', threshold, { min: 0, max: 190, open: true });
  requireNumber(fn, 'slack', slack, { min: 0, max: 10 });
  requireNumber(fn, 'shift', shift, { min: -10, max: 10 });
  requireOneOf(fn, 'mode', mode, MODES);
  const rate = (sign: number): number => 1 / oneSided(threshold, slack - sign * shift);
  return 1 / (mode === 'up' ? rate(1) : mode === 'down' ? rate(-1) : rate(1) + rate(-1));
}

// `drift`: what the sum loses per step on average.
function oneSided(threshold: number, drift: number): number {
  return averageRunLength({
    lower: 0,
    upper: threshold,
    start: 0,
    stepSize: 1,
    density: (from, to) => normalDensity(to - from + drift),
    returnProbability: (from) => normalCdf(drift - from),
  });
}

export interface CusumTarget {
  /** Average number of updates between false alarms, in [2, 1e6]. */
  readonly targetRunLength: number;
  /** The shift of the mean to be found fastest, in standard deviations; the slack is half of it. @default 1 */
  readonly shift?: number;
  /** Which changes of the mean alarm. @default 'both' */
  readonly mode?: 'both' | 'up' | 'down';
}

/**
 * Slack and threshold of the CUSUM that finds a shift fastest at a given rate of false alarms.
 *
 * @returns slack and threshold in standard deviations: options of `Cusum`
 * @throws DomainError for options outside their ranges
 * @see Moustakides (1986), "Optimal stopping times for detecting changes in distributions", for the slack of half the shift
 * @example cusumForRunLength({ targetRunLength: 370, shift: 1 }) // { slack: 0.5, threshold: 4.777, mode: 'both' }
 */
export function cusumForRunLength(options: CusumTarget): Pick<Required<CusumRunLengthOptions>, 'slack' | 'threshold' | 'mode'> {
  const fn = 'cusumForRunLength';
  requireKnownKeys(fn, options, ['targetRunLength', 'shift', 'mode']);
  const { targetRunLength, shift = 1, mode = 'both' } = options;
  const slack = requireNumber(fn, 'shift', shift, { min: 0.05, max: 6 }) / 2;
  const sides = requireOneOf(fn, 'mode', mode, MODES) === 'both' ? 2 : 1;
  const guess = Math.max(0.5, Math.log1p(2 * slack * slack * sides * targetRunLength) / (2 * slack) - 1.166); // from Siegmund (1985), "Sequential analysis", eq. 2.57
  const threshold = thresholdFor(fn, targetRunLength, (h) => oneSided(h, slack) / sides, guess);
  return Object.freeze({ slack, threshold, mode });
}
