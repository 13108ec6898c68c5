/** Blocks of consecutive sessions, within which rows may depend on each other. */
import { sessionRows } from './session-rows.ts';

/**
 * Block of each row: consecutive distinct sessions, `size` at a time, numbered from 0.
 *
 * @throws DomainError for a NaN session
 */
export function sessionBlocks(fn: string, sessions: ArrayLike<number>, size: number): Uint32Array {
  const { order, start } = sessionRows(fn, sessions);
  const blocks = new Uint32Array(order.length);
  for (let s = 0; s + 1 < start.length; s++) for (let i = start[s]; i < start[s + 1]; i++) blocks[order[i]] = Math.floor(s / size);
  return blocks;
}
