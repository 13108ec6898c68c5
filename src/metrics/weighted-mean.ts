/** The mean every metric of rows goes through: missing rows left out and counted, weights honoured. */
import { requireNumber, requireSameLength } from '../core/assert.ts';
import { metricValue } from './metric-value.ts';
import type { MetricValue } from './metric-value.ts';

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
  return countedMean(fn, n, rowValue, weights).value;
}

/** {@link weightedMean} with the rows it counted and those it left out. */
export function countedMean(fn: string, n: number, rowValue: (i: number) => number, weights: ArrayLike<number> | undefined): MetricValue<'no-rows'> {
  if (weights !== undefined) requireSameLength(fn, { rows: { length: n }, weights });
  let [total, m, counted, missing] = [0, 0, 0, 0];
  let infinite = 0; // an infinite loss has no running mean
  for (let i = 0; i < n; i++) {
    const w = weights === undefined ? 1 : requireNumber(fn, 'weights', weights[i], { min: 0 });
    const v = rowValue(i);
    if (v !== v) missing++;
    if (v !== v || w === 0) continue;
    counted++;
    total += w;
    if (Number.isFinite(v)) m += (w / total) * (v - m);
    else infinite += v;
  }
  return metricValue(counted === 0 ? 'no-rows' : null, infinite === 0 ? m : infinite, counted, missing);
}
