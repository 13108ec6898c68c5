/** What a panel is. */

/** Values of one column, one per row; NaN means missing. */
export type Column = Float64Array | Float32Array;

/**
 * Immutable columns over rows keyed by (time, entity) and sorted by both.
 *
 * A session is a distinct time in the panel, not a calendar day. The typed arrays must not be written to.
 */
export interface Panel {
  readonly kind: 'panel';
  /** Number of rows n. */
  readonly rowCount: number;
  /** The E entity names, ascending by UTF-16 code unit. */
  readonly entities: readonly string[];
  /** The S distinct times, ascending, epoch milliseconds UTC, shape (S). */
  readonly sessions: Float64Array;
  /** Rows of session s are `sessionStart[s]` up to but not including `sessionStart[s + 1]`, shape (S + 1). */
  readonly sessionStart: Uint32Array;
  /** Session index of each row, shape (n). */
  readonly session: Uint32Array;
  /** Entity index of each row, ascending within a session, shape (n). */
  readonly entity: Uint32Array;
  /** Columns by name, each of shape (n). */
  readonly columns: Readonly<Record<string, Column>>;
}
