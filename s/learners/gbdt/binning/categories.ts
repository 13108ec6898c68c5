/** Known values of a categorical feature. */
import type { Progress, Task } from '../../../core/drive.ts';
import { MISSING_BIN } from './matrix.ts';

// Counting so many rows takes a few milliseconds.
const ROWS_PER_STEP = 65536;

/**
 * The values that have bins of their own: the most frequent of the given rows (all when undefined), the smaller of two as frequent.
 *
 * @param progress - what to yield between two pieces of work
 * @returns ascending, at most 255; NaN and infinities are not counted
 */
export function* knownValues(column: ArrayLike<number>, rows: ArrayLike<number> | undefined, progress: Progress): Task<Float64Array> {
  const counts = new Map<number, number>(); // -0 and 0 are one key
  const n = rows?.length ?? column.length;
  for (let i = 0; i < n; i++) {
    const value = column[rows === undefined ? i : rows[i]];
    if (value - value === 0) counts.set(value, (counts.get(value) ?? 0) + 1);
    if ((i + 1) % ROWS_PER_STEP === 0) yield progress;
  }
  if (counts.size <= MISSING_BIN) return Float64Array.from(counts.keys()).sort();
  const byCount = [...counts].sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || a - b);
  return Float64Array.from(byCount.slice(0, MISSING_BIN), ([value]) => value).sort();
}

/** Sends rows whose value is not known to the missing bin. `bins` are those the value would have if the known ones were edges. */
export function forgetUnknown(column: ArrayLike<number>, known: Float64Array, bins: Uint8Array, begin: number, end: number): void {
  for (let r = begin; r < end; r++) if (known[bins[r]] !== column[r]) bins[r] = MISSING_BIN;
}
