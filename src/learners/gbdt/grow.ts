/** Grows one tree, best leaf first. */
import type { Progress, Task } from '../../core/drive.ts';
import { MISSING_BIN } from './binned-matrix.ts';
import type { BinnedMatrix } from './binned-matrix.ts';
import { addToHistogram, BINS, CHUNK_CELLS, subtractHistogram } from './histogram.ts';
import type { Packing } from './histogram.ts';
import type { GbdtSettings } from './options.ts';
import { findSplit } from './split.ts';
import type { LeafHistogram, NodeSums, Split } from './split.ts';

// Scanning and subtracting the histograms of so many leaves takes a few milliseconds at 100 features.
const LEAVES_PER_STEP = 32;

/** Integer gradients of one iteration, shape (rows of the matrix). */
export interface Gradients {
  /** `unit + q` per row. */
  readonly packed: Float64Array;
  readonly packing: Packing;
  /** Integer hessians; undefined when every hessian is 1. */
  readonly hessians: Float64Array | undefined;
  readonly hessianScale: number;
}

/** A node of a tree under construction; children come after their parent. */
export interface GrownNode {
  readonly sums: NodeSums;
  /** -1 for a leaf. */
  feature: number;
  bin: number;
  missingLeft: boolean;
  left: number;
  right: number;
  gain: number;
  /** Rows `order[start..end)` of the tree's scratch, while it is a leaf. */
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

/** Memory one fit reuses for all its trees. */
export interface GrowScratch {
  readonly words: Uint32Array;
  readonly order: Uint32Array;
  readonly moved: Uint32Array;
  /** Rows between two progress steps of a large histogram. */
  readonly rowsPerStep: number;
  readonly binCounts: Int32Array;
  readonly free: LeafHistogram[];
}

/** Scratch for fits on `rowCount` rows of a binned matrix. */
export function growScratch(binned: BinnedMatrix, rowCount: number): GrowScratch {
  return {
    words: new Uint32Array(binned.rowMajor.buffer, binned.rowMajor.byteOffset, binned.rowMajor.byteLength / 4),
    order: new Uint32Array(rowCount),
    moved: new Uint32Array(rowCount),
    rowsPerStep: Math.ceil(CHUNK_CELLS / Math.max(1, binned.stride)) + 1,
    binCounts: Int32Array.from(binned.edges, (edges) => edges.length + 1),
    free: [],
  };
}

interface OpenLeaf {
  readonly node: number;
  readonly histogram: LeafHistogram | undefined;
  readonly split: Split | undefined;
}

/**
 * Grows a tree on `order[0..count)`, which it reorders so that every leaf's rows stand together.
 *
 * @param features - features this tree may split on, ascending
 * @param progress - what to yield between two pieces of work
 */
export function* growTree(binned: BinnedMatrix, gradients: Gradients, scratch: GrowScratch, count: number, features: ArrayLike<number>, settings: GbdtSettings, progress: Progress): Task<GrownNode[]> {
  const { numLeaves, maxDepth, minDataInLeaf } = settings;
  const rootHistogram = yield* buildHistogram(binned, gradients, scratch, 0, count, progress);
  const rootSums = sumsOf(rootHistogram, gradients, count);
  const nodes: GrownNode[] = [leafNode(rootSums, 0, count, 0)];
  const splittable = (node: GrownNode): boolean => node.sums.count >= 2 * minDataInLeaf && (maxDepth < 0 || node.depth < maxDepth);
  const open = (node: number, histogram: LeafHistogram): OpenLeaf => ({
    node,
    histogram,
    split: splittable(nodes[node]) ? findSplit(histogram, nodes[node].sums, scratch.binCounts, features, gradients.packing, gradients.hessianScale, settings) : undefined,
  });
  const leaves: OpenLeaf[] = [open(0, rootHistogram)];

  while (leaves.length < numLeaves) {
    let best = -1;
    for (let i = 0; i < leaves.length; i++) {
      const gain = leaves[i].split?.gain ?? -1;
      if (gain > (best < 0 ? 0 : (leaves[best].split?.gain ?? 0))) best = i;
    }
    if (best < 0) break;
    const { node: parentIndex, histogram, split } = leaves[best];
    if (split === undefined || histogram === undefined) break;
    const parent = nodes[parentIndex];
    const middle = partition(binned, scratch, parent.start, parent.end, split);
    const leftIndex = nodes.length;
    nodes.push(leafNode(split.leftSums, parent.start, middle, parent.depth + 1), leafNode(split.rightSums, middle, parent.end, parent.depth + 1));
    Object.assign(parent, { feature: split.feature, bin: split.bin, missingLeft: split.missingLeft, left: leftIndex, right: leftIndex + 1, gain: split.gain });
    const full = leaves.length + 1 >= numLeaves;
    const [small, large] = split.leftSums.count <= split.rightSums.count ? [leftIndex, leftIndex + 1] : [leftIndex + 1, leftIndex];
    // The last split's children are never scanned, and leaves too small to split need no histogram.
    if (full || !splittable(nodes[large])) {
      scratch.free.push(histogram);
      leaves[best] = { node: leftIndex, histogram: undefined, split: undefined };
      leaves.push({ node: leftIndex + 1, histogram: undefined, split: undefined });
      continue;
    }
    const smallHistogram = yield* buildHistogram(binned, gradients, scratch, nodes[small].start, nodes[small].end, progress);
    subtractHistogram(histogram.gradients, smallHistogram.gradients);
    if (histogram.hessians !== undefined && smallHistogram.hessians !== undefined) subtractHistogram(histogram.hessians, smallHistogram.hessians);
    const opened = { [small]: open(small, smallHistogram), [large]: open(large, histogram) };
    leaves[best] = opened[leftIndex];
    leaves.push(opened[leftIndex + 1]);
    if (leaves.length % LEAVES_PER_STEP === 0) yield progress;
  }
  for (const leaf of leaves) if (leaf.histogram !== undefined) scratch.free.push(leaf.histogram);
  return nodes;
}

function leafNode(sums: NodeSums, start: number, end: number, depth: number): GrownNode {
  return { sums, feature: -1, bin: 0, missingLeft: false, left: -1, right: -1, gain: 0, start, end, depth };
}

function* buildHistogram(binned: BinnedMatrix, gradients: Gradients, scratch: GrowScratch, begin: number, end: number, progress: Progress): Task<LeafHistogram> {
  const histogram = takeHistogram(scratch, binned.stride * BINS, gradients.hessians !== undefined);
  const chunk = scratch.rowsPerStep;
  const strideWords = binned.stride / 4;
  for (let from = begin; from < end; from += chunk) {
    const to = Math.min(from + chunk, end);
    addToHistogram(histogram.gradients, scratch.words, strideWords, scratch.order, from, to, gradients.packed);
    if (histogram.hessians !== undefined && gradients.hessians !== undefined) addToHistogram(histogram.hessians, scratch.words, strideWords, scratch.order, from, to, gradients.hessians);
    if (end - begin > chunk) yield progress;
  }
  return histogram;
}

function takeHistogram(scratch: GrowScratch, cells: number, withHessians: boolean): LeafHistogram {
  const used = scratch.free.pop();
  if (used === undefined) return { gradients: new Float64Array(cells), hessians: withHessians ? new Float64Array(cells) : undefined };
  used.gradients.fill(0);
  used.hessians?.fill(0);
  return used;
}

// Sums of all rows, read off the first feature's cells.
function sumsOf(histogram: LeafHistogram, { packing, hessianScale }: Gradients, count: number): NodeSums {
  let packed = 0;
  let hessian = 0;
  for (let b = 0; b < BINS; b++) {
    packed += histogram.gradients[b];
    if (histogram.hessians !== undefined) hessian += histogram.hessians[b];
  }
  return { gradient: (packed - count * packing.unit) / packing.scale, hessian: histogram.hessians === undefined ? count : hessian / hessianScale, count };
}

// Stable: rows keep their order on either side. Returns where the right side begins.
//
// Both stores happen for every row and only one cursor moves, so there is no branch to mispredict. The left store never overtakes the reads,
// and what it overwrites has been read. Four rows at a time, because the loop's own cost is that of two.
function partition(binned: BinnedMatrix, scratch: GrowScratch, start: number, end: number, { feature, bin, missingLeft }: Split): number {
  const { order, moved } = scratch;
  const bins = binned.columnMajor.subarray(feature * binned.rowCount, (feature + 1) * binned.rowCount);
  // One comparison serves both kinds of row: the missing bin is the largest, and wraps to 0 when it belongs on the left. The sign bit says left.
  const shift = missingLeft ? 1 : 0;
  const limit = bin + shift + 1;
  let left = start;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const a = order[i];
    const b = order[i + 1];
    const c = order[i + 2];
    const d = order[i + 3];
    order[left] = a;
    moved[(i - left) | 0] = a;
    left = (left + ((((bins[a] + shift) & MISSING_BIN) - limit) >>> 31)) | 0;
    order[left] = b;
    moved[(i + 1 - left) | 0] = b;
    left = (left + ((((bins[b] + shift) & MISSING_BIN) - limit) >>> 31)) | 0;
    order[left] = c;
    moved[(i + 2 - left) | 0] = c;
    left = (left + ((((bins[c] + shift) & MISSING_BIN) - limit) >>> 31)) | 0;
    order[left] = d;
    moved[(i + 3 - left) | 0] = d;
    left = (left + ((((bins[d] + shift) & MISSING_BIN) - limit) >>> 31)) | 0;
  }
  for (; i < end; i++) {
    const row = order[i];
    order[left] = row;
    moved[i - left] = row;
    left += (((bins[row] + shift) & MISSING_BIN) - limit) >>> 31;
  }
  order.set(moved.subarray(0, end - left), left);
  return left;
}
