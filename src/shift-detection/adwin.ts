/** Adaptive windowing: the longest window without two halves of different means. */
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, Reading } from './detector.ts';

export interface AdwinOptions extends DetectorOptions {
  /** Confidence of one test of the window, in (0, 1]: bounds false alarms per test, not the run length. @default 0.002 */
  readonly delta?: number;
  /** Values from one test of the window to the next, >= 1. @default 32 */
  readonly clock?: number;
  /** Buckets of one size before the oldest two become one of the next size, >= 2: more is finer and slower. @default 5 */
  readonly maxBuckets?: number;
  /** Least values on either side of a cut, >= 1. @default 5 */
  readonly minimumWindow?: number;
}

// Row r of the buckets holds counts[r] buckets of 2^r values, oldest first, in maxBuckets + 1 places of each column. The last row is the oldest.
interface Memory {
  [name: string]: number | Float64Array;
  width: number;
  total: number;
  /** Sum of squared deviations from the mean of the window. */
  variance: number;
  counts: Float64Array;
  totals: Float64Array;
  variances: Float64Array;
  /** Index of each bucket's first value. */
  starts: Float64Array;
}

const UNTESTED: Reading = { level: 'none', statistic: NaN, threshold: NaN };
const MAX_ROWS = 53; // a row more would count past the exact integers

/**
 * ADWIN: keeps a window that grows while its values have one mean, in O(log width) memory, and drops the old end when two parts of it differ.
 *
 * Every `clock` values each cut between buckets is tried: drift when the means differ by more than the Bernstein bound
 * sqrt(2 m s^2 d) + 2/3 m d with m = 1 / (n0 - minimumWindow + 1) + 1 / (n1 - minimumWindow + 1), d = ln(2 ln(width) / delta), s^2 the variance of the window.
 * The newest bucket of each size is left on the new side of all cuts, as in the programs in use. The bound is proved for independent values in [0, 1].
 * Statistic, threshold and onset are those of the cut that is widest for its bound; the onset is as fine as the buckets there. Then the oldest bucket is
 * dropped until no cut differs. What is left is kept with `resetAtAlarm: false`, as the paper has it.
 *
 * The memory has `width`, `total` and `variance` (a sum of squared deviations) of the window.
 *
 * @throws DomainError for options outside their ranges
 * @see Bifet and Gavalda (2007), "Learning from time-changing data with adaptive windowing", eq. 3.1; Babcock, Datar, Motwani and O'Callaghan (2003), "Maintaining variance and k-medians over data stream windows"
 * @example new Adwin().updateMany([...new Array(64).fill(0), ...new Array(64).fill(1)]) // one alarm, at a multiple of 32 values
 */
export class Adwin extends SequentialDetector<AdwinOptions, Memory> {
  constructor(options: AdwinOptions = {}) {
    const rules = { delta: [0.002, Number.MIN_VALUE, 1], clock: [32, 1, Infinity, 'integer'], maxBuckets: [5, 2, 1000, 'integer'], minimumWindow: [5, 1, Infinity, 'integer'] } as const;
    super('Adwin', 'adwin', options, 11, rules, ({ maxBuckets }) => ({
      width: 0, total: 0, variance: 0, counts: new Float64Array(1), totals: new Float64Array(maxBuckets + 1), variances: new Float64Array(maxBuckets + 1), starts: new Float64Array(maxBuckets + 1),
    }));
  }

  protected override observe(value: number, index: number, samples: number): Reading {
    const { memory } = this;
    const { clock, minimumSamples } = this.options;
    if (memory.width > 0) {
      const distance = value - memory.total / memory.width;
      memory.variance += (memory.width * distance * distance) / (memory.width + 1);
    }
    memory.width++;
    memory.total += value;
    this.#append(value, index);
    if (samples % clock !== 0 || memory.width < minimumSamples) return UNTESTED;
    const reading = this.#scan();
    for (let cut = reading; cut.level === 'drift'; cut = this.#scan()) this.#dropOldest();
    return reading;
  }

  // A bucket of one value at the new end of row 0; when a row is full its two oldest become one of the next.
  #append(value: number, index: number): void {
    const { memory } = this;
    const places = this.options.maxBuckets + 1;
    let total = value;
    let variance = 0;
    let start = index;
    for (let row = 0, size = 1; ; row++, size *= 2) {
      if (row === memory.counts.length) this.#setRows(row + 1);
      const { counts, totals, variances, starts } = memory;
      const base = row * places;
      const at = base + counts[row]++;
      totals[at] = total;
      variances[at] = variance;
      starts[at] = start;
      if (counts[row] < places) return;
      const difference = (totals[base] - totals[base + 1]) / size;
      total = totals[base] + totals[base + 1];
      variance = variances[base] + variances[base + 1] + (size * difference * difference) / 2;
      start = starts[base];
      this.#remove(row, 2);
    }
  }

  // The oldest buckets of a row, loop by loop: ten times as fast as copyWithin on so few places.
  #remove(row: number, buckets: number): void {
    const { counts, totals, variances, starts } = this.memory;
    const places = this.options.maxBuckets + 1;
    const end = (row + 1) * places;
    for (let i = row * places; i < end; i++) {
      const from = i + buckets;
      const isLeft = from < end;
      totals[i] = isLeft ? totals[from] : 0;
      variances[i] = isLeft ? variances[from] : 0;
      starts[i] = isLeft ? starts[from] : 0;
    }
    counts[row] -= buckets;
  }

  #setRows(rows: number): void {
    const { memory } = this;
    const resized = (column: Float64Array, length: number): Float64Array => {
      const copy = new Float64Array(length);
      copy.set(column.subarray(0, length));
      return copy;
    };
    memory.counts = resized(memory.counts, rows);
    for (const name of ['totals', 'variances', 'starts'] as const) memory[name] = resized(memory[name], rows * (this.options.maxBuckets + 1));
  }

  // The cut whose sides differ most for its bound.
  #scan(): Reading {
    const { width, total, variance, counts, totals, starts } = this.memory;
    const { delta, maxBuckets, minimumWindow } = this.options;
    const d = Math.log((2 * Math.log(width)) / delta);
    const spread = 2 * (Math.max(0, variance) / width) * d; // the variance of a nearly constant window may round below zero
    let widest = UNTESTED;
    let oldCount = 0;
    let oldTotal = 0;
    let excess = -1;
    for (let row = counts.length - 1, size = 2 ** row; row >= 0; row--, size /= 2) {
      for (let k = 0; k < counts[row] - 1; k++) {
        const at = row * (maxBuckets + 1) + k;
        oldCount += size;
        oldTotal += totals[at];
        const newCount = width - oldCount;
        if (oldCount < minimumWindow || newCount < minimumWindow) continue;
        const change = (total - oldTotal) / newCount - oldTotal / oldCount;
        const m = 1 / (oldCount - minimumWindow + 1) + 1 / (newCount - minimumWindow + 1);
        const threshold = Math.sqrt(spread * m) + (2 / 3) * d * m;
        const statistic = Math.abs(change);
        if (statistic <= threshold * excess) continue;
        excess = statistic / threshold;
        widest = { level: statistic > threshold ? 'drift' : 'none', statistic, threshold, direction: change > 0 ? 'up' : 'down', onset: starts[at + 1] };
      }
    }
    return widest;
  }

  #dropOldest(): void {
    const { memory } = this;
    const row = memory.counts.length - 1;
    const size = 2 ** row;
    const base = row * (this.options.maxBuckets + 1);
    memory.width -= size;
    memory.total -= memory.totals[base];
    const distance = memory.totals[base] / size - memory.total / memory.width;
    memory.variance -= memory.variances[base] + (size * memory.width * distance * distance) / (size + memory.width);
    this.#remove(row, 1);
    if (memory.counts[row] === 0 && row > 0) this.#setRows(row);
  }
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreAdwin(state: unknown): Adwin {
  return restoreDetector('restoreAdwin', state, (options: AdwinOptions) => new Adwin(options), ({ width, counts, totals, variances, starts }: Memory, { options: { maxBuckets } }) => {
    const rows = counts.length;
    const least = width > 0 ? 1 : 0;
    return rows >= 1 && rows <= MAX_ROWS && [totals, variances, starts].every((column) => column.length === rows * (maxBuckets + 1))
      && counts.every((count) => Number.isInteger(count) && count >= least && count <= maxBuckets)
      && width === counts.reduce((sum, count, row) => sum + count * 2 ** row, 0);
  });
}
