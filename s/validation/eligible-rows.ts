/** The rows a splitter may hand out: labelled, and among those asked for. */
import { requireInteger, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import type { LabelSpans, RowSet } from './types.ts';

export interface EligibleRows {
  readonly rows: RowSet;
  /** Rows asked for that have no label. */
  readonly unlabelled: number;
  /** The distinct sessions of `rows`, ascending. Fractions, folds and windows are counted in these, purges and gaps in session indices. */
  readonly sessions: Uint32Array;
}

/**
 * Checks the spans and picks the labelled rows.
 *
 * @param rows - strictly ascending row indices; absent for all rows
 * @throws ShapeError for arrays of different length; DomainError for impossible spans or rows, and when no row has a label
 */
export function eligibleRows(fn: string, spans: LabelSpans, rows?: ArrayLike<number>): EligibleRows {
  const rowCount = checkSpans(fn, spans);
  const { session, endSession, sessionCount } = spans;
  const asked = rows === undefined ? rowCount : rows.length;
  const kept = new Uint32Array(asked);
  const seen = new Uint8Array(sessionCount);
  let count = 0;
  let last = -1;
  for (let i = 0; i < asked; i++) {
    const row = rows === undefined ? i : rows[i];
    if (!Number.isInteger(row) || row <= last || row >= rowCount) {
      throw new DomainError(`${fn}: rows must be strictly ascending row indices below ${rowCount}, got ${show(row)} at position ${i}`);
    }
    last = row;
    if (endSession[row] < 0) continue;
    kept[count++] = row;
    seen[session[row]] = 1;
  }
  if (count === 0) throw new DomainError(`${fn}: rows must include a row with a label, got none among ${asked}`);
  const sessions = new Uint32Array(seen.reduce((n, flag) => n + flag, 0));
  for (let s = 0, k = 0; s < sessionCount; s++) if (seen[s] === 1) sessions[k++] = s;
  return { rows: kept.slice(0, count), unlabelled: asked - count, sessions };
}

/** Number of rows of valid spans. */
export function checkSpans(fn: string, spans: LabelSpans): number {
  const { session, endSession, sessionCount } = spans;
  requireInteger(fn, 'spans.sessionCount', sessionCount, { min: 0 });
  const rowCount = requireSameLength(fn, { 'spans.session': session, 'spans.endSession': endSession });
  for (let row = 0; row < rowCount; row++) {
    const from = session[row];
    const to = endSession[row];
    if (!Number.isInteger(from) || from < 0 || from >= sessionCount) {
      throw new DomainError(`${fn}: spans.session must be an integer in [0, ${sessionCount}), got ${show(from)} at row ${row}`);
    }
    if (!Number.isInteger(to) || to >= sessionCount || (to < from && to !== -1)) {
      throw new DomainError(`${fn}: spans.endSession must be -1 or an integer in [session, ${sessionCount}), got ${show(to)} at row ${row} of session ${from}`);
    }
  }
  return rowCount;
}
