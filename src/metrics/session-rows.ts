/** The rows of each session, whatever their order in the data. */
import { show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { argsort } from '../core/sort.ts';

export interface SessionRows {
  /** The distinct sessions, ascending, shape (S). */
  readonly ids: Float64Array;
  /** All rows, session by session and in their own order within one, shape (n). */
  readonly order: Uint32Array;
  /** Session s has the rows `order[start[s]]` to `order[start[s + 1] - 1]`, shape (S + 1). */
  readonly start: Uint32Array;
}

/** @throws DomainError for a NaN session */
export function sessionRows(fn: string, sessions: ArrayLike<number>): SessionRows {
  const n = sessions.length;
  const order = argsort(sessions);
  const starts: number[] = [];
  for (let i = 0; i < n; i++) {
    const session = sessions[order[i]];
    if (session !== session) throw new DomainError(`${fn}: sessions must be numbers, got ${show(session)} at row ${order[i]}`);
    if (i === 0 || session !== sessions[order[i - 1]]) starts.push(i);
  }
  return { ids: Float64Array.from(starts, (i) => sessions[order[i]]), order, start: Uint32Array.from([...starts, n]) };
}
