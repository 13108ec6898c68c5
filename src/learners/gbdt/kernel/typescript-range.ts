/** Rows of a range as a list, a chunk at a time, so that the loops over them are written once. */
import type { FitMemory, RowRange } from './kernel.ts';

/** Most rows of one chunk. */
export const RANGE_CHUNK = 4096;

/** Rows `from .. to - 1` of a list, or those numbers themselves: valid until the next call. */
export type RowsAt = (side: RowRange['side'], from: number, to: number) => Uint32Array;

/** Reads the lists of one fit. */
export function createRowsAt({ rows }: FitMemory): RowsAt {
  const consecutive = new Uint32Array(RANGE_CHUNK);
  return (side, from, to) => {
    if (side !== -1) return rows[side].subarray(from, to);
    for (let i = 0; i < to - from; i++) consecutive[i] = from + i;
    return consecutive.subarray(0, to - from);
  };
}
