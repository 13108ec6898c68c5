/** Weighted means that do not depend on the order of rows. */
import type { ObjectiveData } from './types.ts';

/** Weighted mean label. */
export function weightedMeanLabel({ labels, weights, rows }: ObjectiveData): number {
  if (weights === undefined) return exactSum(rows, (row) => labels[row]) / rows.length;
  return exactSum(rows, (row) => labels[row] * weights[row]) / exactSum(rows, (row) => weights[row]);
}

/** Share of the weight at rows with this label. */
export function weightedShare({ labels, weights, rows }: ObjectiveData, label: number): number {
  if (weights === undefined) return exactSum(rows, (row) => (labels[row] === label ? 1 : 0)) / rows.length;
  return exactSum(rows, (row) => (labels[row] === label ? weights[row] : 0)) / exactSum(rows, (row) => weights[row]);
}

// Summed as integers of 52 bits less those of the count, so that every order of the rows gives the same bits.
function exactSum(rows: Uint32Array, valueAt: (row: number) => number): number {
  let largest = 0;
  for (const row of rows) largest = Math.max(largest, Math.abs(valueAt(row)));
  if (largest === 0) return 0;
  const scale = 2 ** Math.max(-1000, Math.min(1000, Math.floor(Math.log2(2 ** 52 / rows.length / largest)) - 1));
  let sum = 0;
  for (const row of rows) sum += Math.round(valueAt(row) * scale);
  return sum / scale;
}
