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
 * Moves the rows `from .. to - 1` of a range, whose first `from - begin` rows have been moved: left rows go to the other list from `left` on, the
 * rest from `begin + leftCount` on. Rows keep their order on either side.
 *
 * @returns where the next left row goes
 */
export function partitionRows({ rows }: FitMemory, { side, begin }: RowRange, from: number, to: number, column: Uint8Array, leftOf: Uint8Array, left: number, leftCount: number): number {
  const target = rows[side === 0 ? 1 : 0];
  // Counts come from doubles; the loops should keep integers.
  const middle = (begin + leftCount) | 0;
  const end = to | 0;
  let next = left | 0;
  // One store per row, to one of two places: a second would write past the end of a side. Of the i - begin rows before this one, i - next went right.
  if (side === -1) {
    for (let row = from | 0; row < end; row++) {
      const right = (middle + row - next) | 0;
      const go = leftOf[column[row]];
      target[(right + Math.imul(next - right, go)) | 0] = row;
      next = (next + go) | 0;
    }
    return next;
  }
  const source = rows[side];
  for (let i = from | 0; i < end; i++) {
    const row = source[i];
    const right = (middle + i - next) | 0;
    const go = leftOf[column[row]];
    target[(right + Math.imul(next - right, go)) | 0] = row;
    next = (next + go) | 0;
  }
  return next;
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
