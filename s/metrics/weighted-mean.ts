/** The mean every metric of rows goes through: missing rows left out, weights honoured. */
import { requireNumber, requireSameLength } from '../core/assert.ts';

export interface WeightOptions {
  /** Weight of each row, >= 0, shape (n). @default all 1 */
  readonly weights?: ArrayLike<number>;
}

/**
 * Weighted mean of `rowValue(i)` for i in [0, n).
 *
 * @param rowValue - NaN for a row that is missing
 * @returns NaN when no row of positive weight is left
 */
export function weightedMean(fn: string, n: number, rowValue: (i: number) => number, weights: ArrayLike<number> | undefined): number {
  if (weights !== undefined) requireSameLength(fn, { rows: { length: n }, weights });
  let total = 0;
  let m = 0;
  let infinite = 0; // an infinite loss has no running mean
  for (let i = 0; i < n; i++) {
    const w = weights === undefined ? 1 : requireNumber(fn, 'weights', weights[i], { min: 0 });
    const v = rowValue(i);
    if (v !== v || w === 0) continue;
    total += w;
    if (Number.isFinite(v)) m += (w / total) * (v - m);
    else infinite += v;
  }
  return total === 0 ? NaN : infinite === 0 ? m : infinite;
}
