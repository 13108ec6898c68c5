/** An alarm with a stated number of false alarms, built from a reference alone. */
import { requireKnownKeys, requireNumber, requireOneOf, show } from '../core/assert.ts';
import { driveSync, driveWith } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError, SchemaError } from '../core/errors.ts';
import { mean, standardDeviation } from '../core/stats.ts';
import { blockCalibrateTask } from './block-calibration.ts';
import type { CalibratedThreshold } from './block-calibration.ts';
import { Cusum, restoreCusum } from './cusum.ts';
import type { DetectorState, DetectorStatus } from './detector.ts';
import { Ewma, restoreEwma } from './ewma.ts';
import { PageHinkley, restorePageHinkley } from './page-hinkley.ts';
import { Whitener, isWhitening, whitenReference } from './pre-whiten.ts';
import type { PreWhitenOptions, PreWhitening, WhitenerState } from './pre-whiten.ts';

const METHODS = ['cusum', 'ewma', 'page-hinkley'] as const;
const MODES = ['both', 'up', 'down'] as const;
const WATCHES = ['mean', 'scale'] as const;

export interface DriftAlarmOptions {
  /** Average number of updates between false alarms, in [2, 1e6]: 252 is one a year of daily values. */
  readonly targetRunLength: number;
  /**
   * `'cusum'` and `'ewma'` compare with the reference. `'page-hinkley'` compares with the mean since the start or the last alarm: it needs unchanged values
   * before the shift, and takes the new level for normal afterwards. @default 'cusum'
   */
  readonly method?: (typeof METHODS)[number];
  /** The shift to be found soonest, in standard deviations of what is watched: slack and delta are half of it, lambda is about a fifth of its square. @default 1 */
  readonly shift?: number;
  /** `'mean'` watches the innovations, `'scale'` their absolute values. @default 'mean' */
  readonly watch?: (typeof WATCHES)[number];
  /** Which changes alarm. @default 'both' */
  readonly mode?: (typeof MODES)[number];
  /** Options of the whitening filter, or false: values are only standardised by the reference. @default {} */
  readonly preWhiten?: PreWhitenOptions | false;
  /** What is watched is bounded at this many standard deviations, so that the alarm is for shifts and not for one outlier, >= 1. @default 3 */
  readonly clip?: number;
  /** Mean length of the blocks that the threshold is calibrated on. @default 1 where whitening takes out volatility clusters, else the square root of the number of reference values */
  readonly blockLength?: number;
  /** Values after an alarm for which there is none. @default 0 */
  readonly coolDown?: number;
  /** Runs simulated for the threshold. @default 500 */
  readonly replicates?: number;
  /** @default 0 */
  readonly seed?: number;
}

/** A calibrated alarm as plain data. */
export interface DriftAlarmFit {
  readonly kind: 'drift-alarm';
  readonly method: (typeof METHODS)[number];
  readonly watch: (typeof WATCHES)[number];
  readonly mode: (typeof MODES)[number];
  readonly targetRunLength: number;
  readonly shift: number;
  readonly clip: number;
  readonly coolDown: number;
  readonly whitening: PreWhitening;
  /** Mean and standard deviation on the reference of what is watched. */
  readonly location: number;
  readonly scale: number;
  /** `status` is that of the whole fit. */
  readonly calibration: CalibratedThreshold;
}

/**
 * Fits the filter and calibrates the threshold of a {@link DriftAlarm}.
 *
 * @param reference - values in control, in time order, NaN left out; as many as the target run length or more. With half as many (250 for 500, independent
 * normal values) the mean run length was 577 +- 52, but the median a quarter below its share of 500: a few references hardly ever alarm
 * @returns `calibration.status` is `'not-assessable'` for fewer than 50 finite or constant values
 * @throws DomainError for options outside their ranges
 */
export function* fitDriftAlarmTask(reference: ArrayLike<number>, options: DriftAlarmOptions): Task<DriftAlarmFit> {
  const fn = 'fitDriftAlarm';
  requireKnownKeys(fn, options, ['targetRunLength', 'method', 'shift', 'watch', 'mode', 'preWhiten', 'clip', 'blockLength', 'coolDown', 'replicates', 'seed']);
  const { targetRunLength, method = 'cusum', shift = 1, watch = 'mean', mode = 'both', preWhiten = {}, clip = 3, coolDown = 0, blockLength, replicates, seed } = options;
  requireOneOf(fn, 'method', method, METHODS);
  requireOneOf(fn, 'watch', watch, WATCHES);
  requireOneOf(fn, 'mode', mode, MODES);
  requireNumber(fn, 'shift', shift, { min: 0.05, max: 2 });
  requireNumber(fn, 'clip', clip, { min: 1 });
  const { whitening, innovations } = whitenReference(fn, reference, preWhiten === false ? { maxOrder: 0, volatility: 'none' } : preWhiten);
  const watched = watch === 'scale' ? innovations.map(Math.abs) : innovations;
  const plain = { kind: 'drift-alarm', method, watch, mode, targetRunLength, shift, clip, coolDown, whitening, location: mean(watched), scale: standardDeviation(watched) } as const;
  const calibration = yield* blockCalibrateTask(watched, (threshold) => chartOf(plain, threshold), {
    targetRunLength,
    clip,
    // Blocks take the chance correlation of one reference for the truth and make thresholds scatter: not where the filter left none. Without a
    // volatility recursion it leaves the clusters.
    ...(blockLength !== undefined ? { blockLength } : preWhiten !== false && preWhiten.volatility !== 'none' && { blockLength: 1 }),
    ...(replicates !== undefined && { replicates }),
    ...(seed !== undefined && { seed }),
  });
  return Object.freeze({ ...plain, calibration: whitening.reason === null ? calibration : { ...calibration, reason: whitening.reason } });
}

/** {@link fitDriftAlarmTask} without blocking the host. */
export function fitDriftAlarm(reference: ArrayLike<number>, options: DriftAlarmOptions & DriveOptions): Promise<DriftAlarmFit> {
  return driveWith(options, (own) => fitDriftAlarmTask(reference, own));
}

/** {@link fitDriftAlarmTask} in one go. */
export function fitDriftAlarmSync(reference: ArrayLike<number>, options: DriftAlarmOptions): DriftAlarmFit {
  return driveSync(fitDriftAlarmTask(reference, options));
}

function chartOf({ method, shift, mode, coolDown }: Pick<DriftAlarmFit, 'method' | 'shift' | 'mode' | 'coolDown'>, threshold: number): Cusum | Ewma | PageHinkley {
  const unit = { mean: 0, standardDeviation: 1, mode, coolDown, threshold };
  if (method === 'cusum') return new Cusum({ ...unit, slack: shift / 2 });
  // Lucas and Saccucci (1990), "Exponentially weighted moving average control schemes", table 3: near 0.05 for half a standard deviation, 0.15 for one.
  if (method === 'ewma') return new Ewma({ ...unit, lambda: Math.max(0.01, 0.15 * shift * shift) });
  return new PageHinkley({ mode, coolDown, threshold, delta: shift / 2 });
}

/** Where a drift alarm is in its stream: plain data. */
export interface DriftAlarmState {
  readonly kind: 'drift-alarm-state';
  readonly fit: DriftAlarmFit;
  readonly whitener: WhitenerState;
  readonly detector: DetectorState;
}

/**
 * Standardises and whitens a stream by its reference and runs a chart on what is left, whose false alarms come once in `targetRunLength` updates on average.
 *
 * The stream is taken to go on where the reference ends. A value that is not finite is missing: numbered, and without any other effect.
 *
 * @throws DomainError for a fit that is not assessable: an alarm that could never sound is not one
 * @example new DriftAlarm(fitDriftAlarmSync(errors2020, { targetRunLength: 500 })).updateMany(errors2021)
 */
export class DriftAlarm {
  readonly fit: DriftAlarmFit;
  readonly #whitener: Whitener;
  #chart: Cusum | Ewma | PageHinkley;

  constructor(fit: DriftAlarmFit) {
    if (fit.calibration.status !== 'ok') throw new DomainError(`DriftAlarm: fit must be assessable, its reference is ${show(fit.calibration.reason)}`);
    this.fit = fit;
    this.#whitener = new Whitener(fit.whitening);
    this.#chart = chartOf(fit, fit.calibration.threshold);
  }

  /** `statistic` and `threshold` are in standard deviations of what is watched. */
  update(value: number): DetectorStatus {
    const { watch, location, scale, clip } = this.fit;
    const innovation = this.#whitener.update(value);
    const z = ((watch === 'scale' ? Math.abs(innovation) : innovation) - location) / scale;
    return this.#chart.update(Math.max(-clip, Math.min(clip, z)));
  }

  /** Updates with each value in turn; returns the alarms among them. */
  updateMany(values: ArrayLike<number>): readonly DetectorStatus[] {
    const alarms: DetectorStatus[] = [];
    for (let i = 0; i < values.length; i++) {
      const status = this.update(values[i]);
      if (status.alarm) alarms.push(status);
    }
    return alarms;
  }

  /** Goes back to a state of this alarm; nothing is checked. */
  resume({ whitener, detector }: DriftAlarmState): void {
    this.#whitener.resume(whitener);
    this.#chart.resume(detector);
  }

  get state(): DriftAlarmState {
    return Object.freeze({ kind: 'drift-alarm-state', fit: this.fit, whitener: this.#whitener.state, detector: this.#chart.state });
  }

  /** The alarm a state was taken from, to the bit. Use {@link restoreDriftAlarm}. */
  static restore(state: unknown): DriftAlarm {
    const { kind, fit, whitener, detector } = (state ?? {}) as Partial<DriftAlarmState>;
    if (kind !== 'drift-alarm-state' || !isFit(fit)) throw new SchemaError(`restoreDriftAlarm: state must be that of a drift alarm, got ${show(state)}`);
    const alarm = new DriftAlarm(fit);
    alarm.#whitener.resume(whitener);
    alarm.#chart = { cusum: restoreCusum, ewma: restoreEwma, 'page-hinkley': restorePageHinkley }[fit.method](detector);
    return alarm;
  }
}

function isFit(fit: DriftAlarmFit | undefined): fit is DriftAlarmFit {
  if (typeof fit !== 'object' || fit === null || fit.kind !== 'drift-alarm' || !METHODS.includes(fit.method) || !WATCHES.includes(fit.watch) || !MODES.includes(fit.mode)) return false;
  const { clip, scale, location, shift, coolDown, calibration } = fit;
  const isSized = clip >= 1 && scale > 0 && Number.isFinite(location + scale + clip) && shift > 0 && shift <= 2 && Number.isSafeInteger(coolDown) && coolDown >= 0;
  return isSized && isWhitening(fit.whitening) && fit.whitening.status === 'ok' && calibration?.status === 'ok' && calibration.threshold >= 0;
}

/** The alarm a state was taken from, to the bit. @throws SchemaError for other data */
export function restoreDriftAlarm(state: unknown): DriftAlarm {
  return DriftAlarm.restore(state);
}
