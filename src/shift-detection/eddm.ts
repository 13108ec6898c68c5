/** Early drift detection method: the distance between errors against its own maximum. */
import { DomainError } from '../core/errors.ts';
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorLevel, DetectorOptions, DetectorStatus, Reading } from './detector.ts';

export interface EddmOptions extends DetectorOptions {
  /** Share of the largest distance below which a drift is likely, in (0, 1]. @default 0.95 */
  readonly warningRatio?: number;
  /** Share of the largest distance below which there is a drift, in (0, `warningRatio`]. @default 0.9 */
  readonly driftRatio?: number;
  /** Errors since the last reset, the present one included, without which the distance is not compared. @default 31 */
  readonly minimumErrors?: number;
}

interface Memory {
  [name: string]: number;
  errors: number;
  lastError: number;
  meanDistance: number;
  squaredDistance: number;
  longest: number;
  ratio: number;
  onset: number;
}

/**
 * EDDM: mean m and standard deviation s of the number of values from one error to the next; drift when (m + 2 s) / max(m + 2 s) falls below 0.9, warning below 0.95.
 *
 * Meant for gradual change. Its default ratios have no bound on false alarms: a rate of errors that never changes alarms every few hundred values; 0.8 and
 * 0.75 are calmer. Compared at errors only; the level holds from one error to the next, and the start of the present stretch of warnings is the onset.
 * A drift is a statistic below the threshold.
 *
 * `update` takes 1 for an error and 0 for none; other finite numbers throw a DomainError.
 *
 * @throws DomainError for options outside their ranges
 * @see Baena-Garcia, del Campo-Avila, Fidalgo, Bifet, Gavalda and Morales-Bueno (2006), "Early drift detection method"
 * @example new Eddm({ warningRatio: 0.8, driftRatio: 0.75 }).updateMany(errors)
 */
export class Eddm extends SequentialDetector<EddmOptions, Memory> {
  constructor(options: EddmOptions = {}) {
    const rules = { warningRatio: [0.95, Number.MIN_VALUE, 1], driftRatio: [0.9, Number.MIN_VALUE, 1], minimumErrors: [31, 2, Infinity, 'integer'] } as const;
    super('Eddm', 'eddm', options, 31, rules, () => ({ errors: 0, lastError: 0, meanDistance: 0, squaredDistance: 0, longest: 0, ratio: Infinity, onset: 0 }));
    const { warningRatio, driftRatio } = this.options;
    if (driftRatio > warningRatio) throw new DomainError(`Eddm: driftRatio must be at most warningRatio ${warningRatio}, got ${driftRatio}`);
  }

  override update(value: number): DetectorStatus {
    if (Number.isFinite(value) && value !== 0 && value !== 1) throw new DomainError(`Eddm.update: value must be 0 or 1, got ${value}`);
    return super.update(value);
  }

  protected override observe(value: number, index: number, samples: number): Reading {
    const { memory } = this;
    const { driftRatio, warningRatio } = this.options;
    if (value === 1) this.#measure(samples);
    const level: DetectorLevel = memory.ratio < driftRatio ? 'drift' : memory.ratio < warningRatio ? 'warning' : 'none';
    if (level === 'none') memory.onset = index + 1;
    return { level, statistic: memory.ratio === Infinity ? NaN : memory.ratio, threshold: driftRatio, direction: 'up', onset: memory.onset };
  }

  #measure(samples: number): void {
    const { memory } = this;
    const distance = samples - memory.lastError;
    memory.lastError = samples;
    memory.errors++;
    const deviation = distance - memory.meanDistance;
    memory.meanDistance += deviation / memory.errors;
    memory.squaredDistance += deviation * (distance - memory.meanDistance);
    if (samples < this.options.minimumSamples) return;
    const length = memory.meanDistance + 2 * Math.sqrt(memory.squaredDistance / Math.max(1, memory.errors - 1));
    if (length > memory.longest) memory.longest = length;
    else if (memory.errors >= this.options.minimumErrors) memory.ratio = length / memory.longest;
  }
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreEddm(state: unknown): Eddm {
  return restoreDetector('restoreEddm', state, (options: EddmOptions) => new Eddm(options));
}
