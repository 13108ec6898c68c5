/** Moments and quantiles. NaN means missing: each function says whether it skips or passes it on. */
import { sortedFinite } from './sort.ts';

/** Number of finite values. */
export function countFinite(values: ArrayLike<number>): number {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) n++;
  return n;
}

/** Mean of the values that are not NaN; NaN when there is none. */
export function mean(values: ArrayLike<number>): number {
  let n = 0;
  let m = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v === v) m += (v - m) / ++n;
  }
  return n === 0 ? NaN : m;
}

/**
 * Sample variance of the values that are not NaN, by Welford's update.
 *
 * @param ddof - degrees of freedom taken off the count. @default 1
 * @returns NaN when the count does not exceed `ddof`
 */
export function variance(values: ArrayLike<number>, ddof = 1): number {
  let n = 0;
  let m = 0;
  let s = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v !== v) continue;
    const d = v - m;
    m += d / ++n;
    s += d * (v - m);
  }
  return n > ddof ? s / (n - ddof) : NaN;
}

/** Square root of {@link variance}. */
export function standardDeviation(values: ArrayLike<number>, ddof = 1): number {
  return Math.sqrt(variance(values, ddof));
}

/**
 * Quantile of an ascending array without NaN, by linear interpolation between order statistics.
 *
 * @param p - probability in [0, 1]
 */
export function quantileSorted(sorted: ArrayLike<number>, p: number): number {
  const n = sorted.length;
  if (n === 0) return NaN;
  const h = (n - 1) * p;
  const i = Math.floor(h);
  const low = sorted[i];
  const high = sorted[Math.min(i + 1, n - 1)];
  if (h === i || low === high) return low;
  return low === -Infinity ? low : low + (h - i) * (high - low); // -Infinity plus its own gap would be NaN
}

/** R-7 quantile of the finite values, in any order; NaN when there is none. */
export function quantile(values: ArrayLike<number>, p: number): number {
  return quantileSorted(sortedFinite(values), p);
}

/** Median of the finite values; NaN when there is none. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}
