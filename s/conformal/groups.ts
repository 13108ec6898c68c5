/** Mondrian groups from a number: cuts fitted on calibration rows and stored, never recomputed on today's batch. */
import { requireInteger } from '../core/assert.ts';
import { sortedFinite } from '../core/sort.ts';
import { quantileSorted } from '../core/stats.ts';

export interface GroupCuts {
  readonly kind: 'group-cuts';
  /** Ascending, shape (groupCount - 1). Group g holds cuts[g - 1] <= value < cuts[g]. */
  readonly cuts: Float64Array;
  /** May be below what was asked for: a cut that would leave a group without a calibration row is dropped. */
  readonly groupCount: number;
}

/**
 * Cuts at equal quantiles of calibration values.
 *
 * @param values - one per calibration row; NaN and infinities are left out
 * @param count - groups wanted. @default 3
 * @throws DomainError for a count that is not an integer in [1, 65536]
 * @example fitGroupCuts([1, 2, 3, 4, 5, 6, 7]).cuts // [3, 5]
 */
export function fitGroupCuts(values: ArrayLike<number>, count = 3): GroupCuts {
  requireInteger('fitGroupCuts', 'count', count, { min: 1, max: 65536 });
  const sorted = sortedFinite(values).filter(Number.isFinite);
  const cuts: number[] = [];
  let filled = 0; // values below the last cut kept
  for (let g = 1; g < count && sorted.length > 0; g++) {
    const cut = quantileSorted(sorted, g / count);
    if (!(sorted[filled] < cut)) continue;
    cuts.push(cut);
    while (sorted[filled] < cut) filled++;
  }
  return groupCuts(cuts);
}

/** Frozen cuts. */
export function groupCuts(cuts: ArrayLike<number>): GroupCuts {
  return Object.freeze({ kind: 'group-cuts', cuts: Float64Array.from(cuts), groupCount: cuts.length + 1 });
}

/** Group of a value in 0 .. groupCount - 1: the number of cuts at or below it; -1 for NaN. */
export function groupOf({ cuts }: GroupCuts, value: number): number {
  if (value !== value) return -1;
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cuts[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** {@link groupOf} of many values, shape (n). */
export function groupsOf(cuts: GroupCuts, values: ArrayLike<number>): Int32Array {
  return Int32Array.from(values, (value) => groupOf(cuts, value));
}
