/** Drift detection by Hoeffding's bound on means. */
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, DetectorStatus, Reading } from './detector.ts';
import { moreSevere, requireAlphas, requireErrorValue } from './error-stream.ts';

export interface HddmAOptions extends DetectorOptions {
  /** Significance of one test for a drift, in (0, 1]. @default 0.001 */
  readonly driftAlpha?: number;
  /** Significance of one test for a warning, in [`driftAlpha`, 1]. @default 0.005 */
  readonly warningAlpha?: number;
  /** Which changes of the mean alarm. @default 'up' */
  readonly mode?: 'both' | 'up' | 'down';
}

// A side: number and mean of the values before its cut, and the index after it.
interface Memory {
  [name: string]: number;
  mean: number;
  upCount: number;
  upMean: number;
  upOnset: number;
  downCount: number;
  downMean: number;
  downOnset: number;
}

/**
 * HDDM-A: mean Z of all n values against the mean X of the first c, where c is the cut with the smallest X plus its bound (the largest X less its bound for falls).
 *
 * Drift when Z - X >= sqrt((n - c) / (c n) / 2 ln(2 / alpha)). The bound holds for independent values in [0, 1] of any distribution, for each test,
 * not for all of a stream. The onset is the value after the cut.
 *
 * `update` takes 1 for an error and 0 for none, or any loss in [0, 1]; other finite numbers throw a DomainError.
 *
 * @throws DomainError for options outside their ranges
 * @see Frias-Blanco, del Campo-Avila, Ramos-Jimenez, Morales-Bueno, Ortiz-Diaz and Caballero-Mota (2015), "Online and non-parametric drift detection methods based on Hoeffding's bounds", the A-test
 * @example new HddmA({ mode: 'both' }).updateMany(errors)
 */
export class HddmA extends SequentialDetector<HddmAOptions, Memory> {
  constructor(options: HddmAOptions = {}) {
    const rules = { driftAlpha: [0.001, Number.MIN_VALUE, 1], warningAlpha: [0.005, Number.MIN_VALUE, 1], mode: ['up', 'both', 'down'] } as const;
    super('HddmA', 'hddm-a', options, 1, rules, () => ({ mean: 0, upCount: 0, upMean: 0, upOnset: 0, downCount: 0, downMean: 0, downOnset: 0 }));
    requireAlphas('HddmA', this.options);
  }

  override update(value: number): DetectorStatus {
    return super.update(requireErrorValue('HddmA.update', value));
  }

  protected override observe(value: number, index: number, samples: number): Reading {
    const { memory } = this;
    const { driftAlpha, warningAlpha, mode } = this.options;
    memory.mean += (value - memory.mean) / samples;
    const bound = (count: number): number => Math.sqrt(Math.log(1 / driftAlpha) / (2 * count));
    if (memory.upCount === 0 || memory.upMean + bound(memory.upCount) >= memory.mean + bound(samples)) {
      memory.upCount = samples;
      memory.upMean = memory.mean;
      memory.upOnset = index + 1;
    }
    if (memory.downCount === 0 || memory.downMean - bound(memory.downCount) <= memory.mean - bound(samples)) {
      memory.downCount = samples;
      memory.downMean = memory.mean;
      memory.downOnset = index + 1;
    }
    const test = (direction: 'up' | 'down', count: number, statistic: number, onset: number): Reading => {
      const m = (samples - count) / count / samples / 2;
      const threshold = Math.sqrt(m * Math.log(2 / driftAlpha));
      const level = count === samples ? 'none' : statistic >= threshold ? 'drift' : statistic >= Math.sqrt(m * Math.log(2 / warningAlpha)) ? 'warning' : 'none';
      return { level, statistic, threshold, direction, onset };
    };
    const up = test('up', memory.upCount, memory.mean - memory.upMean, memory.upOnset);
    const down = test('down', memory.downCount, memory.downMean - memory.mean, memory.downOnset);
    return moreSevere(mode, up, down);
  }
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreHddmA(state: unknown): HddmA {
  return restoreDetector('restoreHddmA', state, (options: HddmAOptions) => new HddmA(options));
}
