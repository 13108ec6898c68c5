/** Sorting rows into bins by their probability, and what each bin says. */
import type { BinaryRows } from './binary-rows.ts';
import { argsort } from '../core/sort.ts';

export interface CalibrationBin {
  /** Ends of the bin; of `equal-mass` bins the smallest and largest probability in it, NaN when it is empty. */
  readonly lower: number;
  readonly upper: number;
  /** Rows in the bin. */
  readonly n: number;
  /** Mean probability in the bin; NaN exactly when `n` is 0. */
  readonly meanProbability: number;
  /** Share of rows with outcome 1; NaN exactly when `n` is 0. */
  readonly frequency: number;
}

/** Edges k / bins, k = 0 .. bins. */
export function uniformEdges(bins: number): Float64Array {
  return Float64Array.from({ length: bins + 1 }, (_, k) => k / bins);
}

/** Bin of each probability, equal widths, closed on the left, the last bin closed: min(floor(p * bins), bins - 1). */
export function equalWidthBins(probability: ArrayLike<number>, bins: number): Uint32Array {
  const binOf = new Uint32Array(probability.length);
  for (let i = 0; i < binOf.length; i++) binOf[i] = Math.min(Math.floor(probability[i] * bins), bins - 1);
  return binOf;
}

/** Bin of each probability, equal counts: sorted, ties in row order, and cut so that the first n mod bins bins hold one row more. */
export function equalMassBins(probability: ArrayLike<number>, bins: number): Uint32Array {
  const n = probability.length;
  const binOf = new Uint32Array(n);
  const size = Math.floor(n / bins);
  const larger = n % bins;
  argsort(probability).forEach((row, rank) => {
    binOf[row] = rank < larger * (size + 1) ? Math.floor(rank / (size + 1)) : larger + Math.floor((rank - larger * (size + 1)) / size);
  });
  return binOf;
}

/**
 * Counts and means of each bin; an empty bin is there, with `n` 0.
 *
 * @param edges - shape (bins + 1); without them a bin ends at its own smallest and largest probability
 */
export function summarizeBins({ outcome, score, n }: BinaryRows, binOf: Uint32Array, bins: number, edges?: Float64Array): readonly CalibrationBin[] {
  const count = new Float64Array(bins);
  const [p, y] = [new Float64Array(bins), new Float64Array(bins)];
  const [lowest, highest] = [new Float64Array(bins).fill(NaN), new Float64Array(bins).fill(NaN)];
  for (let i = 0; i < n; i++) {
    const b = binOf[i];
    count[b]++;
    p[b] += score[i];
    y[b] += outcome[i];
    if (!(score[i] >= lowest[b])) lowest[b] = score[i];
    if (!(score[i] <= highest[b])) highest[b] = score[i];
  }
  return Object.freeze(Array.from(count, (size, b) => Object.freeze({
    lower: edges === undefined ? lowest[b] : edges[b],
    upper: edges === undefined ? highest[b] : edges[b + 1],
    n: size,
    meanProbability: p[b] / size,
    frequency: y[b] / size,
  })));
}
