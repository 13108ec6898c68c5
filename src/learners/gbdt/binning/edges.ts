/** Edges of the bins of a numeric feature. */
import { sortedFinite } from '../../../core/sort.ts';

export interface EdgeRule {
  /** Most bins, in [2, 255]. */
  readonly maxBin: number;
  /** Put an edge at exactly 0 where a feature has both signs. */
  readonly zeroEdge: boolean;
  /** Rows of the first bin as a share of those of the others, in (0, 1]: below 1 every edge moves to a lower quantile. @default 1 */
  readonly firstShare?: number;
}

/** Upper edges of the bins of one feature, at most `maxBin - 1` of them, ascending. Values few enough have a bin each. */
export function featureEdges(values: Float64Array, maxBin: number, zeroEdge: boolean): Float64Array {
  return edgesOfSorted(sortedFinite(values), { maxBin, zeroEdge });
}

/**
 * Edges of ascending values.
 *
 * Each lies midway between two neighbouring values, so that equal values share a bin and each bin holds about the same number of rows.
 */
export function edgesOfSorted(sorted: Float64Array, { maxBin, zeroEdge, firstShare = 1 }: EdgeRule): Float64Array {
  const n = sorted.length;
  const edges: number[] = [];
  const addZero = zeroEdge && n > 0 && sorted[0] < 0 && sorted[n - 1] > 0;
  const most = maxBin - 1 - (addZero ? 1 : 0);
  let distinct = 0;
  for (let i = 0; i < n && distinct <= most + 1; i = endOfRun(sorted, i)) distinct++;
  const ownBins = distinct <= most + 1;
  for (let start = 0; start < n && edges.length < most; ) {
    const share = edges.length === 0 ? firstShare : 1;
    const rows = ownBins ? 1 : Math.ceil(((n - start) * share) / (most - edges.length + share)); // its share of those that are left
    const next = endOfRun(sorted, start + rows - 1);
    if (next >= n) break;
    edges.push(between(sorted[next - 1], sorted[next]));
    start = next;
  }
  if (addZero && !edges.includes(0)) edges.push(0);
  return new Float64Array(edges).sort();
}

// First place after `at` with another value: by steps that double, then halve.
function endOfRun(sorted: Float64Array, at: number): number {
  const value = sorted[at];
  let step = 1;
  while (sorted[at + step] === value) step *= 2;
  let last = at;
  for (step /= 2; step >= 1; step /= 2) if (sorted[last + step] === value) last += step;
  return last + 1;
}

// A number e with low <= e < high, the midpoint where it can be told from high.
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle >= low && middle < high && Number.isFinite(middle) ? middle : low;
}
