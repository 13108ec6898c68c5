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
  for (let i = 0; i < n && distinct <= most + 1; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++;
  const ownBins = distinct <= most + 1;
  // Else close a bin once it holds its share of the rows that are left.
  let start = 0;
  let share = firstShare;
  for (let i = 0; i < n && edges.length < most; ) {
    let next = i + 1;
    while (next < n && sorted[next] === sorted[i]) next++;
    if (next < n && (ownBins || (next - start) * (most - edges.length + share) >= (n - start) * share)) {
      edges.push(between(sorted[i], sorted[next]));
      start = next;
      share = 1;
    }
    i = next;
  }
  if (addZero && !edges.includes(0)) edges.push(0);
  return Float64Array.from(edges).sort();
}

// A number e with low <= e < high, the midpoint where it can be told from high.
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle >= low && middle < high && Number.isFinite(middle) ? middle : low;
}
