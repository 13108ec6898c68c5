/** Work per row: parting a leaf's rows, margins and gradients after a tree, rows sent down a finished tree. */
import type { BinnedNode, FitMemory, PartitionRule, RowRange, UpdateSums } from './kernel.ts';
import { BINS } from './layout.ts';
import { ROUND } from './typescript-cells.ts';

/** Which bins go left, 256 bytes of 0 or 1. */
export function leftBins({ bin, missingLeft, table }: Pick<PartitionRule, 'bin' | 'missingLeft' | 'table'>): Uint8Array {
  if (table !== undefined) return table;
  const left = new Uint8Array(BINS).fill(1, 0, bin + 1);
  left[BINS - 1] = missingLeft ? 1 : 0;
  return left;
}

/**
 * Copies rows to `target`: those that go left from `left` on, the others from `right` on. Rows keep their order on either side.
 *
 * @param column - bins of the feature that parts them
 * @returns how many went left
 */
export function partitionRows(rows: Uint32Array, column: Uint8Array, leftOf: Uint8Array, target: Uint32Array, left: number, right: number): number {
  // Counts come from doubles; the loop should keep integers.
  const n = rows.length;
  const start = left | 0;
  let l = start;
  let r = right | 0;
  let i = 0;
  // One store per row, to one of two places: a second would write past the end of a side. Bins are looked up before, four rows at a time, because
  // a load that follows a store waits until it is known where that goes.
  for (; i + 4 <= n; i += 4) {
    const a = rows[i], b = rows[i + 1], c = rows[i + 2], d = rows[i + 3];
    const p = leftOf[column[a]], q = leftOf[column[b]], s = leftOf[column[c]], t = leftOf[column[d]];
    target[(r + ((l - r) & -p)) | 0] = a; l = (l + p) | 0; r = (r + 1 - p) | 0;
    target[(r + ((l - r) & -q)) | 0] = b; l = (l + q) | 0; r = (r + 1 - q) | 0;
    target[(r + ((l - r) & -s)) | 0] = c; l = (l + s) | 0; r = (r + 1 - s) | 0;
    target[(r + ((l - r) & -t)) | 0] = d; l = (l + t) | 0; r = (r + 1 - t) | 0;
  }
  for (; i < n; i++) {
    const a = rows[i];
    const p = leftOf[column[a]];
    target[(r + ((l - r) & -p)) | 0] = a; l = (l + p) | 0; r = (r + 1 - p) | 0;
  }
  return l - start;
}

/** Writes the number of its leaf to every row of the leaf. */
export function markRows({ rows, leaves }: FitMemory, { side, begin, end }: RowRange, leaf: number): void {
  if (side === -1) leaves.fill(leaf, begin, end);
  else for (let list = rows[side], i = begin | 0; i < end; i++) leaves[list[i]] = leaf;
}

/** Updates the rows `list[from .. to - 1]`, or `from .. to - 1` themselves, for squared loss: adds the leaf's value to the margin, and writes margin less label as an integer. */
export function updateRows({ margins, labels, leaves, gradients }: FitMemory, list: Uint32Array | undefined, from: number, to: number, values: Float64Array, scale: number): UpdateSums {
  const round = ROUND; // bundlers may read an imported constant by a getter
  let absolute = 0;
  let gradient = 0;
  for (let i = from; i < to; i++) {
    const row = list === undefined ? i : list[i];
    const margin = margins[row] + values[leaves[row]];
    margins[row] = margin;
    const g = margin - labels[row];
    absolute += Math.abs(g);
    const q = g * scale + round - round;
    gradients[row] = q;
    gradient += q;
  }
  return { absolute, gradient };
}

/** A finished tree as arrays over its nodes. */
export interface FlatTree {
  /** -1 at a leaf. */
  readonly features: Int32Array;
  /** Right child, then left child. */
  readonly children: Int32Array;
  /** Which bins go left, shape (nodes * 256). */
  readonly leftOf: Uint8Array;
  readonly values: Float64Array;
}

/** The arrays of a tree. */
export function flattenTree(nodes: readonly BinnedNode[]): FlatTree {
  const leftOf = new Uint8Array(nodes.length * BINS);
  nodes.forEach((node, i) => {
    if (node.feature >= 0) leftOf.set(leftBins(node), i * BINS);
  });
  return {
    features: Int32Array.from(nodes, (node) => node.feature),
    children: Int32Array.from(nodes.flatMap(({ left, right }) => [right, left])),
    leftOf,
    values: Float64Array.from(nodes, (node) => node.value),
  };
}

/** Sends the rows `list[from .. to - 1]` down a tree and adds the value of their leaf to their margins of one output. */
export function applyTree({ rowMajor, stride, margins, rowCount }: FitMemory, list: Uint32Array, from: number, to: number, { features, children, leftOf, values }: FlatTree, output: number): void {
  const firstMargin = output * rowCount;
  for (let i = from; i < to; i++) {
    const row = list[i];
    const own = row * stride;
    let node = 0;
    for (let feature = features[0]; feature >= 0; feature = features[node]) node = children[2 * node + leftOf[(node << 8) + rowMajor[own + feature]]];
    margins[firstMargin + row] += values[node];
  }
}
