/** Kolmogorov-Smirnov test of the newest values against older ones. */
import { DomainError } from '../core/errors.ts';
import { hashUniform } from '../core/hash.ts';
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, Reading } from './detector.ts';

export interface KswinOptions extends DetectorOptions {
  /** Significance of one test, in (0, 1). There is a test at every value, of mostly the same values: the run length is far below 1 / alpha tests of their own. @default 0.005 */
  readonly alpha?: number;
  /** Values in the window, at least twice `recentSize`. @default 100 */
  readonly windowSize?: number;
  /** Newest values of the window that are tested, and as many older ones, drawn. @default 30 */
  readonly recentSize?: number;
  /** Of the draws. @default 0 */
  readonly seed?: number;
}

interface Memory {
  [name: string]: Float64Array;
  /** The values, the one of sample number s at place s mod windowSize. */
  window: Float64Array;
}

/**
 * KSWIN: the newest r values of a window against r values drawn without replacement from the rest, by the two-sample Kolmogorov-Smirnov test.
 *
 * Drift when the distance of the two distribution functions is at least the smallest multiple of 1/r with exact p <= alpha; finds changes of any kind, the variance too.
 * With ties the test is conservative. Draws depend on the seed and the number of values since the last reset alone.
 *
 * @throws DomainError for options outside their ranges, or an `alpha` that no distance of so few values can reach
 * @see Raab, Heusinger and Schleif (2020), "Reactive soft prototype computing for concept drift streams"; Gnedenko and Korolyuk (1951) for the exact p of equal sizes
 * @example new Kswin({ alpha: 0.0001, seed: 42 }).updateMany(series)
 */
export class Kswin extends SequentialDetector<KswinOptions, Memory> {
  readonly #threshold: number;

  constructor(options: KswinOptions = {}) {
    const rules = {
      alpha: [0.005, Number.MIN_VALUE, 1 - Number.EPSILON / 2], windowSize: [100, 2, 1e6, 'integer'], recentSize: [30, 1, 1e5, 'integer'], seed: [0, -2147483648, 4294967295, 'integer'],
    } as const;
    super('Kswin', 'kswin', options, options.windowSize ?? 100, rules, ({ windowSize }) => ({ window: new Float64Array(windowSize) }));
    const { alpha, windowSize, recentSize } = this.options;
    if (2 * recentSize > windowSize) throw new DomainError(`Kswin: windowSize must be at least 2 recentSize = ${2 * recentSize}, got ${windowSize}`);
    let steps = 1;
    while (steps <= recentSize && exactP(steps, recentSize) > alpha) steps++;
    if (steps > recentSize) throw new DomainError(`Kswin: alpha must be at least ${exactP(recentSize, recentSize)} for recentSize ${recentSize}, got ${alpha}`);
    this.#threshold = steps / recentSize;
  }

  protected override observe(value: number, _index: number, samples: number): Reading {
    const { window } = this.memory;
    const { windowSize, recentSize } = this.options;
    window[samples % windowSize] = value;
    if (samples < windowSize) return { level: 'none', statistic: NaN, threshold: this.#threshold };
    const at = (age: number): number => window[(samples - age) % windowSize];
    const recent = Float64Array.from({ length: recentSize }, (_, i) => at(i));
    const statistic = equalSizeDistance(recent.sort(), this.#draw(at, samples).sort());
    return { level: statistic >= this.#threshold ? 'drift' : 'none', statistic, threshold: this.#threshold };
  }

  // The first places of a shuffle, in which only the places that moved are written down.
  #draw(at: (age: number) => number, samples: number): Float64Array {
    const { windowSize, recentSize, seed } = this.options;
    const older = windowSize - recentSize;
    const moved = new Map<number, number>();
    return Float64Array.from({ length: recentSize }, (_, i) => {
      const j = i + Math.floor(hashUniform(seed, samples, i) * (older - i));
      const chosen = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
      return at(recentSize + chosen);
    });
  }
}

// Largest difference of the distribution functions of two ascending samples of one size.
function equalSizeDistance(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  let largest = 0;
  for (let i = 0, j = 0; i < n && j < n; ) {
    const value = Math.min(a[i], b[j]);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    largest = Math.max(largest, Math.abs(i - j));
  }
  return largest / n;
}

// P(distance >= steps / n) for samples of n each without ties: 2 sum over j of (-1)^(j+1) C(2n, n - j steps) / C(2n, n).
function exactP(steps: number, n: number): number {
  let sum = 0;
  for (let j = 1; j * steps <= n; j++) {
    let share = 1;
    for (let i = 1; i <= j * steps && share > 0; i++) share *= (n - j * steps + i) / (n + i);
    sum += j % 2 === 1 ? share : -share;
  }
  return 2 * sum;
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreKswin(state: unknown): Kswin {
  return restoreDetector('restoreKswin', state, (options: KswinOptions) => new Kswin(options));
}
