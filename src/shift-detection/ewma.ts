/** EWMA chart of the mean against a fixed reference. */
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, Reading } from './detector.ts';

export interface EwmaOptions extends DetectorOptions {
  /** Mean of the reference, in the unit of the values, in [-1e100, 1e100]. */
  readonly mean: number;
  /** Standard deviation of the reference, in the unit of the values, in [1e-100, 1e100]. */
  readonly standardDeviation: number;
  /** Weight of the newest value, in (0, 1]: smaller finds smaller shifts; 1 is the Shewhart chart. @default 0.1 */
  readonly lambda?: number;
  /** Limit L in standard deviations of the average, >= 0. With lambda 0.1, 2.7 alarms about once in 370 independent normal values without any shift. @default 2.7 */
  readonly threshold?: number;
  /** `time-varying`: the exact standard deviation, smaller at the start; `constant`: its limit, for which `ewmaForRunLength` is exact. @default 'constant' */
  readonly limits?: 'constant' | 'time-varying';
  /** Which changes of the mean alarm. @default 'both' */
  readonly mode?: 'both' | 'up' | 'down';
}

interface Memory {
  [name: string]: number;
  average: number;
  fade: number;
  onset: number;
}

/**
 * EWMA chart: A = (1 - lambda) A + lambda z of z = (x - mean) / standardDeviation, drift when |A| exceeds L standard deviations of A.
 *
 * The variance of A after t values is lambda / (2 - lambda) (1 - (1 - lambda)^(2t)). The onset is the first value after A was last zero or on the other side.
 *
 * @throws DomainError for options outside their ranges
 * @see Roberts (1959), "Control chart tests based on geometric moving averages"; Nishina (1992), "A comparison of control charts from the viewpoint of change-point estimation", for the onset
 * @example new Ewma({ mean: 0, standardDeviation: 1, lambda: 0.5, threshold: 2 }).updateMany([0, 0, 3]) // one alarm: index 2, statistic 1.5 / sqrt(1/3), onset 2
 */
export class Ewma extends SequentialDetector<EwmaOptions, Memory> {
  constructor(options: EwmaOptions) {
    const rules = {
      mean: [NaN, -1e100, 1e100], standardDeviation: [NaN, 1e-100, 1e100], lambda: [0.1, Number.MIN_VALUE, 1], threshold: [2.7, 0],
      limits: ['constant', 'time-varying'], mode: ['both', 'up', 'down'],
    } as const;
    super('Ewma', 'ewma', options, 1, rules, () => ({ average: 0, fade: 1, onset: 0 }));
  }

  protected override observe(value: number, index: number): Reading {
    const { memory } = this;
    const { mean, standardDeviation, lambda, threshold, limits, mode } = this.options;
    const before = memory.average;
    memory.average = (1 - lambda) * before + (lambda * (value - mean)) / standardDeviation;
    if (!(before * memory.average > 0)) memory.onset = index;
    memory.fade *= (1 - lambda) * (1 - lambda);
    const scale = Math.sqrt((lambda / (2 - lambda)) * (limits === 'constant' ? 1 : 1 - memory.fade));
    const isUp = mode === 'up' || (mode === 'both' && memory.average >= 0);
    const statistic = (isUp ? memory.average : -memory.average) / scale;
    return { level: statistic > threshold ? 'drift' : 'none', statistic, threshold, direction: isUp ? 'up' : 'down', onset: memory.onset };
  }
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreEwma(state: unknown): Ewma {
  return restoreDetector('restoreEwma', state, (options: EwmaOptions) => new Ewma(options));
}
