/** What a splitter reads and what it gives. */

/**
 * Where the label of each row lies in time.
 *
 * Row i was predicted at the close of `session[i]` and judged at `endSession[i]`; its label occupies the closed interval between the two.
 * Rows may be in any order and any number of rows (entities) may share a session.
 */
export interface LabelSpans {
  /** Session index of the feature time of every row, in [0, sessionCount), shape (n). */
  readonly session: ArrayLike<number>;
  /** Session index at which the label of every row is known, >= its session; -1 for a row without a label, shape (n). */
  readonly endSession: ArrayLike<number>;
  /** Number of sessions. */
  readonly sessionCount: number;
}

/** Row indices, strictly ascending. */
export type RowSet = Uint32Array;
