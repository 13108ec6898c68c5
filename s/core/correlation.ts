/** Correlations of paired values. */
import { requireSameLength } from './assert.ts';
import { averageRanks } from './sort.ts';

/**
 * Pearson correlation over the pairs in which neither value is NaN.
 *
 * @returns a number in [-1, 1], or NaN with fewer than two pairs or when one side is constant
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = requireSameLength('pearson', { x, y });
  let count = 0;
  let mx = 0;
  let my = 0;
  for (let i = 0; i < n; i++) {
    const a = x[i];
    const b = y[i];
    if (a !== a || b !== b) continue;
    count++;
    mx += (a - mx) / count;
    my += (b - my) / count;
  }
  let sxx = 0;
  let syy = 0;
  let sxy = 0;
  for (let i = 0; i < n; i++) {
    const a = x[i] - mx;
    const b = y[i] - my;
    if (a !== a || b !== b) continue;
    sxx += a * a;
    syy += b * b;
    sxy += a * b;
  }
  if (count < 2 || !(sxx > 0) || !(syy > 0)) return NaN;
  return Math.max(-1, Math.min(1, sxy / (Math.sqrt(sxx) * Math.sqrt(syy))));
}

/**
 * Spearman rank correlation: Pearson correlation of average ranks, over the pairs in which neither value is NaN.
 *
 * @returns a number in [-1, 1], or NaN with fewer than two pairs or when one side is constant
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = requireSameLength('spearman', { x, y });
  const a = new Float64Array(n);
  const b = new Float64Array(n);
  let m = 0;
  for (let i = 0; i < n; i++) {
    const u = x[i];
    const v = y[i];
    if (u !== u || v !== v) continue;
    a[m] = u;
    b[m++] = v;
  }
  return pearson(averageRanks(a.subarray(0, m)), averageRanks(b.subarray(0, m)));
}
