/** Tabular CUSUM chart of the mean against a fixed reference. */
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, Reading } from './detector.ts';

export interface CusumOptions extends DetectorOptions {
  /** Mean of the reference, in the unit of the values, in [-1e100, 1e100]. */
  readonly mean: number;
  /** Standard deviation of the reference, in the unit of the values, in [1e-100, 1e100]. */
  readonly standardDeviation: number;
  /** Allowance k in standard deviations, >= 0: half the shift that should be found soonest. @default 0.5 */
  readonly slack?: number;
  /** Decision limit h in standard deviations, >= 0. With slack 0.5 and both sides, 5 alarms once in 465 independent normal values without any shift. @default 5 */
  readonly threshold?: number;
  /** Which changes of the mean alarm. @default 'both' */
  readonly mode?: 'both' | 'up' | 'down';
}

interface Memory {
  [name: string]: number;
  up: number;
  upOnset: number;
  down: number;
  downOnset: number;
}

/**
 * Tabular CUSUM: S+ = max(0, S+ + z - k) and S- = max(0, S- - z - k) of z = (x - mean) / standardDeviation, drift when either exceeds h.
 *
 * Mean and standard deviation come from a reference before the stream: taken from the monitored values they would hold the shift, and hide it.
 * The onset is the first value after the side was last zero. `cusumForRunLength` gives slack and threshold for a run length between false alarms.
 *
 * @throws DomainError for options outside their ranges
 * @see Page (1954), "Continuous inspection schemes"; Montgomery (2013), "Introduction to statistical quality control", eq. 9.2 and 9.3
 * @example new Cusum({ mean: 0, standardDeviation: 1, threshold: 2 }).updateMany([0, -1, 2, 2]) // one alarm: index 3, up, statistic 3, onset 2
 */
export class Cusum extends SequentialDetector<CusumOptions, Memory> {
  constructor(options: CusumOptions) {
    const rules = { mean: [NaN, -1e100, 1e100], standardDeviation: [NaN, 1e-100, 1e100], slack: [0.5, 0], threshold: [5, 0], mode: ['both', 'up', 'down'] } as const;
    super('Cusum', 'cusum', options, 1, rules, () => ({ up: 0, upOnset: 0, down: 0, downOnset: 0 }));
  }

  protected override observe(value: number, index: number): Reading {
    const { memory } = this;
    const { mean, standardDeviation, slack, threshold, mode } = this.options;
    const z = (value - mean) / standardDeviation;
    if (memory.up === 0) memory.upOnset = index;
    if (memory.down === 0) memory.downOnset = index;
    memory.up = Math.max(0, memory.up + z - slack);
    memory.down = Math.max(0, memory.down - z - slack);
    const isUp = mode === 'up' || (mode === 'both' && memory.up >= memory.down);
    const statistic = isUp ? memory.up : memory.down;
    return { level: statistic > threshold ? 'drift' : 'none', statistic, threshold, direction: isUp ? 'up' : 'down', onset: isUp ? memory.upOnset : memory.downOnset };
  }
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreCusum(state: unknown): Cusum {
  return restoreDetector('restoreCusum', state, (options: CusumOptions) => new Cusum(options));
}
