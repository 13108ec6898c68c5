/** Geometric moving average of deviations from the running mean. */
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, Reading } from './detector.ts';

export interface GeometricMovingAverageOptions extends DetectorOptions {
  /** Largest average deviation that is no drift, in the unit of the values, >= 0. @default 1 */
  readonly threshold?: number;
  /** Weight of the past, in [0, 1). @default 0.99 */
  readonly alpha?: number;
  /** Which changes of the mean alarm. @default 'both' */
  readonly mode?: 'both' | 'up' | 'down';
}

interface Memory {
  [name: string]: number;
  mean: number;
  average: number;
  onset: number;
}

/**
 * Geometric moving average G = alpha G + (1 - alpha) (x - m) with the mean m of the values since the last reset, x included; drift when |G| exceeds the threshold.
 *
 * Where mean and standard deviation of a reference are known, `Ewma` has limits of a known run length. The onset is the first value after G was last zero or
 * on the other side.
 *
 * @throws DomainError for options outside their ranges
 * @see Roberts (1959), "Control chart tests based on geometric moving averages"
 * @example new GeometricMovingAverage({ alpha: 0.5, threshold: 0.9, minimumSamples: 1 }).updateMany([0, 0, 3]) // one alarm: index 2, statistic 0.5 (3 - 1) = 1
 */
export class GeometricMovingAverage extends SequentialDetector<GeometricMovingAverageOptions, Memory> {
  constructor(options: GeometricMovingAverageOptions = {}) {
    const rules = { threshold: [1, 0], alpha: [0.99, 0, 1 - Number.EPSILON / 2], mode: ['both', 'up', 'down'] } as const;
    super('GeometricMovingAverage', 'gma', options, 30, rules, () => ({ mean: 0, average: 0, onset: 0 }));
  }

  protected override observe(value: number, index: number, samples: number): Reading {
    const { memory } = this;
    const { threshold, alpha, mode } = this.options;
    const before = memory.average;
    memory.mean += (value - memory.mean) / samples;
    memory.average = alpha * before + (1 - alpha) * (value - memory.mean);
    if (!(before * memory.average > 0)) memory.onset = index;
    const isUp = mode === 'up' || (mode === 'both' && memory.average >= 0);
    const statistic = isUp ? memory.average : -memory.average;
    return { level: statistic > threshold ? 'drift' : 'none', statistic, threshold, direction: isUp ? 'up' : 'down', onset: memory.onset };
  }
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreGeometricMovingAverage(state: unknown): GeometricMovingAverage {
  return restoreDetector('restoreGeometricMovingAverage', state, (options: GeometricMovingAverageOptions) => new GeometricMovingAverage(options));
}
