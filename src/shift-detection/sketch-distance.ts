/** Distances between distributions of which only sketches are left. */
import type { NumericSketch } from './reference-sketch.ts';
import { total } from './reference-sketch.ts';

/**
 * Largest gap between the two distribution functions at the edges both sketches share.
 *
 * The statistic of the values themselves is at least this, and at most this plus the largest share of either sample in one cell.
 */
export function sketchKolmogorovSmirnov(a: NumericSketch, b: NumericSketch): number {
  const [n, m] = [total(a.counts), total(b.counts)];
  let [below, belowOther, gap] = [0, 0, 0];
  for (let c = 0; c < a.edges.length; c++) {
    below += a.counts[c];
    belowOther += b.counts[c];
    gap = Math.max(gap, Math.abs(below / n - belowOther / m));
  }
  return gap;
}

/**
 * Wasserstein distance of order 1 in units of the values, with each sample's rows of a cell at their mean.
 *
 * Off by at most the mean absolute deviation of the rows from the mean of their cell, of both samples together. NaN with infinite values.
 */
export function sketchWasserstein(a: NumericSketch, b: NumericSketch): number {
  const [n, m] = [total(a.counts), total(b.counts)];
  let [distance, gap, last] = [0, 0, NaN];
  const step = (at: number, share: number): void => {
    if (gap !== 0) distance += Math.abs(gap) * (at - last);
    gap += share;
    last = at;
  };
  for (let c = 0; c < a.counts.length; c++) {
    const [x, y] = [a.sums[c] / a.counts[c], b.sums[c] / b.counts[c]];
    if (a.counts[c] > 0 && !(x > y)) step(x, a.counts[c] / n);
    if (b.counts[c] > 0) step(y, -b.counts[c] / m);
    if (a.counts[c] > 0 && x > y) step(x, a.counts[c] / n);
  }
  return Number.isFinite(distance) ? distance : NaN;
}
