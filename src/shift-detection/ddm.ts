/** Drift detection method: the error rate against its own minimum. */
import { DomainError } from '../core/errors.ts';
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, DetectorStatus, Reading } from './detector.ts';
import { requireErrorValue } from './error-stream.ts';

export interface DdmOptions extends DetectorOptions {
  /** Standard deviations above the minimum at which a drift is likely, >= 0. @default 2 */
  readonly warningThreshold?: number;
  /** Standard deviations above the minimum at which there is a drift, >= `warningThreshold`. @default 3 */
  readonly driftThreshold?: number;
}

interface Memory {
  [name: string]: number;
  rate: number;
  rateMin: number;
  deviationMin: number;
  onset: number;
}

/**
 * DDM: rate p of errors with deviation s = sqrt(p (1 - p) / n); drift when p + s > p_min + 3 s_min, warning at 2, of the smallest p + s since the last reset.
 *
 * Finds rises of the rate only. Without an error in the first `minimumSamples` values the minimum is 0 with deviation 0, and the first error alarms.
 * The onset is the start of the present stretch of warnings.
 *
 * `update` takes 1 for an error and 0 for none, or any loss in [0, 1]; other finite numbers throw a DomainError.
 *
 * @throws DomainError for options outside their ranges
 * @see Gama, Medas, Castillo and Rodrigues (2004), "Learning with drift detection"
 * @example new Ddm().updateMany(predicted.map((label, i) => (label === actual[i] ? 0 : 1)))
 */
export class Ddm extends SequentialDetector<DdmOptions, Memory> {
  constructor(options: DdmOptions = {}) {
    super('Ddm', 'ddm', options, 31, { warningThreshold: [2, 0], driftThreshold: [3, 0] }, () => ({ rate: 0, rateMin: Infinity, deviationMin: Infinity, onset: 0 }));
    const { warningThreshold, driftThreshold } = this.options;
    if (driftThreshold < warningThreshold) throw new DomainError(`Ddm: driftThreshold must be at least warningThreshold ${warningThreshold}, got ${driftThreshold}`);
  }

  override update(value: number): DetectorStatus {
    return super.update(requireErrorValue('Ddm.update', value));
  }

  protected override observe(value: number, index: number, samples: number): Reading {
    const { memory } = this;
    const { minimumSamples, warningThreshold, driftThreshold } = this.options;
    memory.rate += (value - memory.rate) / samples;
    const deviation = Math.sqrt(Math.max(0, memory.rate * (1 - memory.rate)) / samples);
    const statistic = memory.rate + deviation;
    if (samples < minimumSamples) return { level: 'none', statistic, threshold: NaN };
    if (statistic <= memory.rateMin + memory.deviationMin) {
      memory.rateMin = memory.rate;
      memory.deviationMin = deviation;
    }
    const threshold = memory.rateMin + driftThreshold * memory.deviationMin;
    const level = statistic > threshold ? 'drift' : statistic > memory.rateMin + warningThreshold * memory.deviationMin ? 'warning' : 'none';
    if (level === 'none') memory.onset = index + 1;
    return { level, statistic, threshold, direction: 'up', onset: memory.onset };
  }
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreDdm(state: unknown): Ddm {
  return restoreDetector('restoreDdm', state, (options: DdmOptions) => new Ddm(options));
}
