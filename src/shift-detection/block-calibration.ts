/** Thresholds from a target run length by simulation: on blocks of a reference, or on normal values. */
import { requireInteger, requireKnownKeys, requireNumber } from '../core/assert.ts';
import { driveSync, driveWith } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { randomStream } from '../core/random.ts';
import type { RandomStream } from '../core/random.ts';
import { mean, standardDeviation } from '../core/stats.ts';
import type { DetectorStatus } from './detector.ts';
import { MINIMUM_REFERENCE } from './pre-whiten.ts';
import type { ReferenceReason } from './pre-whiten.ts';

/** A detector with a given threshold that alarms when its statistic exceeds it, and is otherwise the same for every threshold. */
export type DetectorFactory = (threshold: number) => { update(value: number): DetectorStatus };

export interface SimulationOptions {
  /** Average number of updates between false alarms, in [2, 1e6]. */
  readonly targetRunLength: number;
  /** Seed of the simulation. @default 0 */
  readonly seed?: number;
  /** Simulated runs; the relative standard error of the run length is about 1 / sqrt of it. @default 500 */
  readonly replicates?: number;
}

export interface BlockCalibrateOptions extends SimulationOptions {
  /** Mean length of a block: several times the memory of the series. @default the square root of the number of reference values */
  readonly blockLength?: number;
  /** Values are standardised by mean and standard deviation of the reference and bounded at this many of the latter. @default Infinity */
  readonly clip?: number;
}

/** A threshold, or why there is none. */
export interface CalibratedThreshold {
  readonly status: 'ok' | 'not-assessable';
  /** `'unreachable'`: alarms come later than the target whatever the threshold. */
  readonly reason: ReferenceReason | 'unreachable' | null;
  /** NaN when not assessable. */
  readonly threshold: number;
  /** Run length at the threshold over the simulated runs, and its standard error. */
  readonly runLength: number;
  readonly standardError: number;
  readonly replicates: number;
  /** NaN for values that are independent. */
  readonly blockLength: number;
}

// A run is followed for this many target run lengths: all but exp(-3) = 5 % of them end by then.
const HORIZON = 3;
const NEVER = Number.MAX_VALUE;

/**
 * The threshold at which a detector alarms on resamples of a reference once in the target run length on average.
 *
 * Each run draws a stationary bootstrap of the reference (Politis and Romano 1994): blocks of geometric length, so that dependence within a block
 * survives. The run standardises its values by the mean and standard deviation of a second resample as long as the reference, because the
 * detector will be standardised by a reference that is no more exact: thresholds come out higher for short references. The
 * run length is total time over number of alarms; long runs are cut at 3 targets, as the mean of a few endless runs says nothing.
 *
 * @param reference - in control, in time order; the detector is made for values standardised by it. NaN and infinities are left out
 * @returns `'not-assessable'` for fewer than 50 finite values or constant ones
 * @throws DomainError for options outside their ranges
 * @see Politis and Romano (1994), "The stationary bootstrap"; Gandy and Kvaloy (2013) on control charts with estimated parameters
 */
export function* blockCalibrateTask(reference: ArrayLike<number>, detector: DetectorFactory, options: BlockCalibrateOptions): Task<CalibratedThreshold> {
  const fn = 'blockCalibrate';
  requireKnownKeys(fn, options, ['targetRunLength', 'seed', 'replicates', 'blockLength', 'clip']);
  const values = Float64Array.from(reference).filter(Number.isFinite);
  const n = values.length;
  const { blockLength = Math.max(1, Math.round(Math.sqrt(n))), clip = Infinity } = options;
  requireNumber(fn, 'blockLength', blockLength, { min: 1 });
  if (clip !== Infinity) requireNumber(fn, 'clip', clip, { min: 1 });
  const scale = standardDeviation(values);
  const reason = n < MINIMUM_REFERENCE ? 'too-few' : scale > 1e-12 * Math.abs(mean(values)) ? null : 'constant';
  if (reason !== null) return refusal(reason, blockLength);
  const source = (random: RandomStream): (() => number) => {
    const next = blockIndices(random, n, blockLength);
    const second = Float64Array.from({ length: n }, () => values[next()]);
    const [m, s] = [mean(second), standardDeviation(second)];
    const draw = blockIndices(random, n, blockLength);
    return () => Math.max(-clip, Math.min(clip, (values[draw()] - m) / s));
  };
  return yield* calibrate(fn, detector, options, blockLength, source);
}

/** {@link blockCalibrateTask} without blocking the host. */
export function blockCalibrate(reference: ArrayLike<number>, detector: DetectorFactory, options: BlockCalibrateOptions & DriveOptions): Promise<CalibratedThreshold> {
  return driveWith(options, (own) => blockCalibrateTask(reference, detector, own));
}

/** {@link blockCalibrateTask} in one go. */
export function blockCalibrateSync(reference: ArrayLike<number>, detector: DetectorFactory, options: BlockCalibrateOptions): CalibratedThreshold {
  return driveSync(blockCalibrateTask(reference, detector, options));
}

/**
 * The threshold at which a detector alarms on independent standard normal values once in the target run length on average.
 *
 * For detectors without an analytic run length, as Page-Hinkley, given values that are standardised and independent.
 *
 * @throws DomainError for options outside their ranges
 */
export function* simulateThresholdTask(detector: DetectorFactory, options: SimulationOptions): Task<CalibratedThreshold> {
  requireKnownKeys('simulateThreshold', options, ['targetRunLength', 'seed', 'replicates']);
  return yield* calibrate('simulateThreshold', detector, options, NaN, (random) => random.normal);
}

/** {@link simulateThresholdTask} in one go. */
export function simulateThresholdSync(detector: DetectorFactory, options: SimulationOptions): CalibratedThreshold {
  return driveSync(simulateThresholdTask(detector, options));
}

function refusal(reason: ReferenceReason | 'unreachable', blockLength: number): CalibratedThreshold {
  return Object.freeze({ status: 'not-assessable', reason, threshold: NaN, runLength: NaN, standardError: NaN, replicates: 0, blockLength });
}

// Indices of a stationary bootstrap of a series that is closed to a circle.
function blockIndices(random: RandomStream, n: number, blockLength: number): () => number {
  const logStay = Math.log1p(-1 / blockLength);
  let left = 0;
  let i = 0;
  return () => {
    if (left === 0) {
      i = random.integer(n);
      left = blockLength === 1 ? 1 : 1 + Math.floor(Math.log1p(-random.uniform()) / logStay);
    } else i = i + 1 === n ? 0 : i + 1;
    left--;
    return i;
  };
}

function* calibrate(
  fn: string, detector: DetectorFactory, options: SimulationOptions, blockLength: number, source: (random: RandomStream) => () => number,
): Task<CalibratedThreshold> {
  const { targetRunLength, seed = 0, replicates = 500 } = options;
  requireNumber(fn, 'targetRunLength', targetRunLength, { min: 2, max: 1e6 });
  requireInteger(fn, 'replicates', replicates, { min: 20, max: 1e5 });
  const horizon = Math.ceil(HORIZON * targetRunLength);
  // Of each run the heights of its records and their times: a run with threshold h ends at the first record above h.
  const runs: { readonly heights: number[]; readonly times: number[] }[] = [];
  for (let r = 0; r < replicates; r++) {
    const next = source(randomStream(seed, `run ${r}`));
    const chart = detector(NEVER);
    const [heights, times]: [number[], number[]] = [[], []];
    let record = 0;
    for (let t = 1; t <= horizon; t++) {
      const { statistic, phase } = chart.update(next());
      if (phase === 'monitoring' && statistic > record) {
        record = statistic;
        heights.push(record);
        times.push(t);
      }
      if (t % 4096 === 0) yield { phase: 'runs', done: r + t / horizon, total: replicates };
    }
    runs.push({ heights, times });
    yield { phase: 'runs', done: r + 1, total: replicates };
  }
  const at = (threshold: number): { readonly runLength: number; readonly alarms: number } => {
    let [time, alarms] = [0, 0];
    for (const { heights, times } of runs) {
      const k = heights.findIndex((height) => height > threshold);
      time += k < 0 ? horizon : times[k];
      if (k >= 0) alarms++;
    }
    return { runLength: time / Math.max(1, alarms), alarms };
  };
  let [low, high] = [0, Math.max(...runs.map(({ heights }) => heights.at(-1) ?? 0))];
  if (!(at(low).runLength < targetRunLength)) return refusal('unreachable', blockLength);
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (at(middle).runLength < targetRunLength) low = middle;
    else high = middle;
  }
  const { runLength, alarms } = at(high);
  return Object.freeze({ status: 'ok', reason: null, threshold: high, runLength, standardError: runLength / Math.sqrt(alarms), replicates, blockLength });
}
