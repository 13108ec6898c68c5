/** Comparing categories. */
import type { GroupKey } from '../metrics/groups.ts';
import { chiSquareOfCounts } from './counts.ts';
import { twoSampleResult } from './two-sample.ts';
import type { Pair, TwoSampleResult } from './two-sample.ts';

export interface CategoryCounts {
  /** Those of either sample, in the order they first appear, the reference before the current sample. */
  readonly categories: readonly GroupKey[];
  /** Rows in each category, shape (categories). */
  readonly reference: Float64Array;
  readonly current: Float64Array;
  /** Rows without one. */
  readonly missing: Pair;
}

/**
 * Rows of two samples in each category. A number and its text are two categories; NaN and what is neither number nor text is missing.
 */
export function categoryCounts(reference: ArrayLike<GroupKey>, current: ArrayLike<GroupKey>): CategoryCounts {
  const counts = new Map<GroupKey, [number, number]>();
  const missing: [number, number] = [0, 0];
  for (const [side, sample] of [reference, current].entries()) {
    for (let i = 0; i < sample.length; i++) {
      const key = sample[i];
      if ((typeof key !== 'number' && typeof key !== 'string') || key !== key) missing[side]++;
      else {
        const pair = counts.get(key) ?? [0, 0];
        pair[side]++;
        counts.set(key, pair);
      }
    }
  }
  const pairs = [...counts.values()];
  return Object.freeze({
    categories: Object.freeze([...counts.keys()]),
    reference: Float64Array.from(pairs, (pair) => pair[0]),
    current: Float64Array.from(pairs, (pair) => pair[1]),
    missing: Object.freeze(missing),
  });
}

/**
 * Chi-square test of the same shares of each category in both samples; a category of one sample only counts as any other.
 *
 * @param reference - category of each row, in any order
 * @returns `empty-sample` when a sample has no category, `constant` when there is only one
 * @see {@link chiSquareOfCounts}
 * @example chiSquareTest(['a', 'a', 'b', 'b'], ['a', 'b', 'b', 'c']).statistic // 4 / 3
 */
export function chiSquareTest(reference: ArrayLike<GroupKey>, current: ArrayLike<GroupKey>): TwoSampleResult {
  const counts = categoryCounts(reference, current);
  const found = chiSquareOfCounts(counts.reference, counts.current);
  return twoSampleResult(found.reason, found.statistic, found.pValue, found.n, counts.missing);
}
