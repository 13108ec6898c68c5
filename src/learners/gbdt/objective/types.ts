/** What a loss is to the booster, and what a host writes to bring its own. */
import type { Task } from '../../../core/drive.ts';
import type { GbdtObjectiveName } from '../model.ts';

/**
 * What a loss reads besides the margins. Arrays have an entry per row of the matrix and only `rows` are looked at.
 *
 * One object stands for one set of queries: ranking losses find them once per object, so its arrays must not change while it is in use.
 */
export interface ObjectiveData {
  readonly labels: Float64Array;
  /** Finite and >= 0, not all 0 on `rows`; absent means 1. */
  readonly weights: Float64Array | undefined;
  /** Ranking: rows with the same number form a query, a session say; finite, in any order of rows. */
  readonly groups: ArrayLike<number> | undefined;
  /** Ascending. */
  readonly rows: Uint32Array;
}

/** A loss with its options. Margins, gradients and hessians of several outputs have output k of row r at `k * rowCount + r`. */
export interface Objective {
  readonly name: GbdtObjectiveName;
  /** Margins per row. */
  readonly outputs: number;
  /** True when the hessian is 1 for every row that has no weight. */
  readonly constantHessian: boolean;
  /** What a label must be, as the end of an error message: `must be 0 or 1`. */
  readonly labelRule: string;
  isLabel(label: number): boolean;
  /** Level in (0, 1) of the weighted quantile of label less margin that replaces each leaf's value; absent means a Newton step. */
  readonly renewalLevel?: number;
  /** Constant margins with the least weighted mean loss, shape (outputs). */
  start(data: ObjectiveData): Float64Array;
  /**
   * First and second derivatives of each row's loss in its margins, times its weight. Writes at `data.rows` only, and yields within 20 ms.
   *
   * @param rowCount - rows of the matrix
   * @param gradient - shape (outputs * rowCount)
   * @param hessian - shape (outputs * rowCount); absent when it would be 1 everywhere
   * @param iteration - number of the tree, for losses that draw
   */
  gradients(margins: Float64Array, data: ObjectiveData, rowCount: number, gradient: Float64Array, hessian: Float64Array | undefined, iteration: number): Task<void>;
  /** Weighted mean loss over `data.rows`, up to a constant of the labels; 1 less the mean NDCG for ranking. */
  loss(margins: Float64Array, data: ObjectiveData, rowCount: number): number;
}

/**
 * A host's own loss of one margin per row, as functions of one row.
 *
 * The booster multiplies by the weights. Predictions of the model are margins: a link is the host's to apply.
 */
export interface CustomRowObjective {
  /** One; the other form says how many. */
  readonly outputs?: undefined;
  /** First derivative in the margin, finite. */
  readonly gradient: (margin: number, label: number, row: number) => number;
  /** Second derivative in the margin or what stands for it, finite and >= 0. */
  readonly hessian: (margin: number, label: number, row: number) => number;
  /** Needed for early stopping only. */
  readonly loss?: (margin: number, label: number, row: number) => number;
  /** Margin before the first tree. @default 0 */
  readonly start?: number;
}

/**
 * A host's own loss of several margins per row, or one that needs other rows.
 *
 * The booster multiplies by the weights. `derivatives` is called once per iteration and may not yield, so it decides how long the host waits.
 */
export interface CustomBatchObjective {
  /** Margins per row, an integer in [1, 1000]. */
  readonly outputs: number;
  /** Writes unweighted derivatives of every row of `data.rows`; output k of row r is at `k * data.labels.length + r` of every array. */
  readonly derivatives: (margins: Float64Array, data: ObjectiveData, gradient: Float64Array, hessian: Float64Array) => void;
  /** Mean loss over `data.rows`; needed for early stopping only. */
  readonly loss?: (margins: Float64Array, data: ObjectiveData) => number;
  /** Margins before the first tree, shape (outputs). @default 0 */
  readonly start?: ArrayLike<number>;
}

export type CustomObjective = CustomRowObjective | CustomBatchObjective;
