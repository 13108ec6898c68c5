/** What a fit asks of a kernel. Two kernels answer with the same bits: WebAssembly, on one or more threads, and TypeScript. */
import type { Progress, Task } from '../../../core/drive.ts';

/** Rows of a leaf: `rows[side][begin .. end)`, or the consecutive rows `begin .. end - 1` when side is -1. */
export interface RowRange {
  readonly side: 0 | 1 | -1;
  readonly begin: number;
  readonly end: number;
}

/** Integer sums over some rows. A hessian of constant 1 is the count. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

/** What a scan of one leaf must respect, in the integers of the cells. */
export interface ScanLimits {
  readonly sums: NodeSums;
  readonly lambda: number;
  /** Candidates must exceed this value of (GL A - G a)^2 / (a (A - a)), with a = HL + lambda and A = H + 2 lambda. */
  readonly floor: number;
  readonly minCount: number;
  readonly minHessian: number;
}

/** The best split a scan found; there is none when nothing exceeds the floor. */
export interface Candidate {
  readonly numerator: number;
  readonly denominator: number;
  readonly feature: number;
  /** Bins up to this one go left. */
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly left: NodeSums;
}

/** How rows are parted: by a last bin on the left, or by a table of 256 bytes. */
export interface PartitionRule {
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly table: Uint8Array | undefined;
}

/** A finished tree's node over bins, as rows are sent down it. */
export interface BinnedNode {
  /** -1 for a leaf. */
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  /** Which bins go left when the split is categorical, 256 bytes. */
  readonly table: Uint8Array | undefined;
  readonly left: number;
  readonly right: number;
  readonly value: number;
}

/** Arrays of one fit. Per row of the matrix unless said otherwise. */
export interface FitMemory {
  readonly rowCount: number;
  readonly featureCount: number;
  /** Bins by row, `stride` bytes a row, and by column. */
  readonly rowMajor: Uint8Array;
  readonly stride: number;
  readonly columnMajor: Uint8Array;
  /** Value bins per feature, shape (features). */
  readonly binCounts: Int32Array;
  /** Features of a block as pairs (first, width); scans and histograms go block by block. */
  readonly blocks: Uint32Array;
  /** Two lists of rows; a leaf's rows move from one to the other when it is split. */
  readonly rows: readonly [Uint32Array, Uint32Array];
  /** Integer gradients. */
  readonly gradients: Int32Array;
  /** Integer hessians; undefined when each is 1. */
  readonly hessians: Uint32Array | undefined;
  /** Leaf of each row in the last tree. */
  readonly leaves: Uint16Array;
  /** Shape (outputs * rows). */
  readonly margins: Float64Array;
  readonly labels: Float64Array;
}

/** Sums of an update, for the next scale and the next root. */
export interface UpdateSums {
  readonly absolute: number;
  readonly gradient: number;
}

/** The work of a fit per row and bin, bound to its memory. Every method is a task that yields while it waits or works long. */
export interface FitKernel {
  readonly kind: 'wasm' | 'typescript';
  /** What is reported when a method yields. */
  progress: Progress;
  /** Sums the rows' gradients (and hessians) into the cells of a slot, which it clears first. */
  histogram(range: RowRange, slot: number): Task<void>;
  /**
   * Completes the cells after `histogram(small)`: takes them off the parent's, which stand in slot `large` (-1: none), and scans the leaves
   * whose limits are given over the features `allowed` (bytes, shape (features)). Call with `complete` false to scan again.
   */
  finish(small: number, large: number, complete: boolean, allowed: Uint8Array, limits: readonly [ScanLimits | undefined, ScanLimits | undefined]): Task<readonly [Candidate | undefined, Candidate | undefined]>;
  /** Moves the rows of a range to the other list: `leftCount` left rows first, then the right ones, from `begin` on. In side -1 they move to list 0. */
  partition(range: RowRange, rule: PartitionRule, leftCount: number): Task<void>;
  /** Writes the number of its leaf to every row. */
  mark(leaves: readonly RowRange[]): Task<void>;
  /** Adds `values[leaf of row]` to the margins and writes gradients of squared loss times scale, for `rows` (all when undefined). */
  update(rows: Uint32Array | undefined, values: Float64Array, scale: number): Task<UpdateSums>;
  /** Sends rows down a tree and adds its values to the margins of output k. */
  apply(rows: Uint32Array, nodes: readonly BinnedNode[], output: number): Task<void>;
  /** Copies the cells of a feature: `into` has shape (3 * 256), gradients, then hessians (counts when each hessian is 1), then counts, by bin. */
  cells(slot: number, feature: number, into: Float64Array): void;
  /** Ends the fit: threads leave, memory is given back. */
  close(): void;
}
