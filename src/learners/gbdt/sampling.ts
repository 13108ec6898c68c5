/** Which rows a tree is fitted on. Draws are hashes of seed, iteration and row: nothing else changes them. */
import { hashLabel, hashUniform } from '../../core/hash.ts';
import type { GbdtSettings } from './options.ts';

/** Rows of a tree and how often each counts. */
export interface Sample {
  /** Ascending. */
  readonly rows: Uint32Array;
  /** Per row of the matrix; undefined: once. */
  readonly multiplier: Float64Array | undefined;
}

/** A share of the rows, the same ones for `baggingFreq` iterations; at least one. */
export function bagOf(rows: Uint32Array, iteration: number, { seed, baggingFraction, baggingFreq }: GbdtSettings): Uint32Array {
  const stream = hashLabel(seed, `bag ${Math.floor(iteration / baggingFreq)}`);
  const bag = new Uint32Array(rows.length);
  let count = 0;
  // A loop: `filter` calls back for every row and costs as much as a tree's partitions.
  for (let i = 0; i < rows.length; i++) {
    bag[count] = rows[i];
    if (hashUniform(seed, stream, rows[i]) < baggingFraction) count++;
  }
  return count > 0 ? bag.subarray(0, count) : rows.slice(0, 1);
}

/** The rows, in their order, that another list does not hold. */
export function withoutRows(rows: Uint32Array, taken: Uint32Array, rowCount: number): Uint32Array {
  const seen = new Uint8Array(rowCount);
  for (let i = 0; i < taken.length; i++) seen[taken[i]] = 1;
  const left = new Uint32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    left[count] = rows[i];
    count += 1 - seen[rows[i]];
  }
  return left.subarray(0, count);
}

/**
 * Gradient-based one-side sampling: the rows with the largest gradients times hessians, and a draw of the others that counts for all of
 * them. Over the outputs the sizes are added.
 *
 * @param multiplier - written at the sampled rows
 * @see Ke et al. (2017), LightGBM, algorithm 2
 */
export function gossSample(rows: Uint32Array, rowCount: number, outputs: number, gradient: Float64Array, hessian: Float64Array, iteration: number, { seed, topRate, otherRate }: GbdtSettings, multiplier: Float64Array): Sample {
  const sizes = new Float64Array(rows.length);
  for (let k = 0; k < outputs; k++) for (let i = 0; i < rows.length; i++) sizes[i] += Math.abs(gradient[k * rowCount + rows[i]] * hessian[k * rowCount + rows[i]]);
  const top = Math.max(1, Math.floor(topRate * rows.length));
  const threshold = kthLargest(sizes.slice(), top);
  const stream = hashLabel(seed, `goss ${iteration}`);
  const chance = otherRate / (1 - topRate);
  const sampled = rows.filter((row, i) => {
    const large = sizes[i] >= threshold;
    multiplier[row] = large ? 1 : 1 / chance;
    return large || hashUniform(seed, stream, row) < chance;
  });
  return { rows: sampled, multiplier };
}

/** The k-th largest value, k from 1. Reorders the values: quickselect with the middle of three as pivot. */
export function kthLargest(values: Float64Array, k: number): number {
  let low = 0;
  let high = values.length - 1;
  const wanted = values.length - k;
  while (low < high) {
    const pivot = middleOfThree(values[low], values[(low + high) >> 1], values[high]);
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return values[wanted];
}

function middleOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Rows drawn with replacement, as often as there are rows: each drawn row once, with its number of draws. */
export function bootstrapOf(rows: Uint32Array, tree: number, seed: number, multiplier: Float64Array): Sample {
  const stream = hashLabel(seed, `bootstrap ${tree}`);
  for (const row of rows) multiplier[row] = 0;
  for (let i = 0; i < rows.length; i++) multiplier[rows[Math.floor(hashUniform(seed, stream, i) * rows.length)]]++;
  return { rows: rows.filter((row) => multiplier[row] > 0), multiplier };
}
