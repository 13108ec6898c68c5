/** Page-Hinkley test: cumulative deviations from the running mean. */
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, Reading } from './detector.ts';

export interface PageHinkleyOptions extends DetectorOptions {
  /** Largest cumulative deviation that is no drift, in the unit of the values, >= 0. @default 50 */
  readonly threshold?: number;
  /** Deviation of each value that is tolerated, in the unit of the values, >= 0. @default 0.005 */
  readonly delta?: number;
  /** Factor by which the cumulative deviation fades at each value, in [0, 1]. @default 0.9999 */
  readonly alpha?: number;
  /** Which changes of the mean alarm. @default 'both' */
  readonly mode?: 'both' | 'up' | 'down';
}

interface Memory {
  [name: string]: number;
  mean: number;
  up: number;
  upMin: number;
  upOnset: number;
  down: number;
  downMax: number;
  downOnset: number;
}

/**
 * Page-Hinkley test of the mean, two-sided.
 *
 * For each value x, with the mean m of the values since the last reset, x included: U = alpha U + (x - m) - delta and D = alpha D + (x - m) + delta.
 * Drift when U - min U or max D - D exceeds the threshold; the onset is the value after that extreme. There is no reference to fit, but a slow change
 * takes the mean along. The other methods of this name that are in use test one side only, or U itself.
 *
 * @throws DomainError for options outside their ranges
 * @see Page (1954), "Continuous inspection schemes"; Mouss, Mouss, Mouss and Sefouhi (2004), "Test of Page-Hinkley, an approach for fault detection"
 * @example new PageHinkley({ threshold: 3 }).updateMany([...new Array(40).fill(0), 2, 2, 2]) // one alarm: index 41, onset 40
 */
export class PageHinkley extends SequentialDetector<PageHinkleyOptions, Memory> {
  constructor(options: PageHinkleyOptions = {}) {
    const rules = { threshold: [50, 0], delta: [0.005, 0], alpha: [0.9999, 0, 1], mode: ['both', 'up', 'down'] } as const;
    super('PageHinkley', 'page-hinkley', options, 30, rules, () => ({ mean: 0, up: 0, upMin: Infinity, upOnset: 0, down: 0, downMax: -Infinity, downOnset: 0 }));
  }

  protected override observe(value: number, index: number, samples: number): Reading {
    const { memory } = this;
    const { threshold, delta, alpha, mode } = this.options;
    memory.mean += (value - memory.mean) / samples;
    const deviation = value - memory.mean;
    memory.up = alpha * memory.up + deviation - delta;
    memory.down = alpha * memory.down + deviation + delta;
    if (memory.up < memory.upMin) {
      memory.upMin = memory.up;
      memory.upOnset = index + 1;
    }
    if (memory.down > memory.downMax) {
      memory.downMax = memory.down;
      memory.downOnset = index + 1;
    }
    const rise = memory.up - memory.upMin;
    const fall = memory.downMax - memory.down;
    const isUp = mode === 'up' || (mode === 'both' && rise >= fall);
    const statistic = isUp ? rise : fall;
    return { level: statistic > threshold ? 'drift' : 'none', statistic, threshold, direction: isUp ? 'up' : 'down', onset: isUp ? memory.upOnset : memory.downOnset };
  }
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restorePageHinkley(state: unknown): PageHinkley {
  return restoreDetector('restorePageHinkley', state, (options: PageHinkleyOptions) => new PageHinkley(options));
}
