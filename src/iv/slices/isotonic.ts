/** Isotonic regression by pooling adjacent violators. */

/**
 * The ascending values nearest to given ones in weighted squares.
 *
 * @param weights - > 0, shape (n)
 * @returns shape (n), pooled blocks share their weighted mean
 * @see Ayer, Brunk, Ewing, Reid and Silverman (1955), "An empirical distribution function for sampling with incomplete information"
 * @example isotonicMeans([1, 3, 2], [1, 1, 1]) // [1, 2.5, 2.5]
 */
export function isotonicMeans(values: ArrayLike<number>, weights: ArrayLike<number>): Float64Array {
  const n = values.length;
  const mean = new Float64Array(n);
  const weight = new Float64Array(n);
  const size = new Int32Array(n);
  let blocks = 0;
  for (let i = 0; i < n; i++) {
    mean[blocks] = values[i];
    weight[blocks] = weights[i];
    size[blocks++] = 1;
    while (blocks > 1 && mean[blocks - 2] > mean[blocks - 1]) {
      const total = weight[blocks - 2] + weight[blocks - 1];
      mean[blocks - 2] += (weight[blocks - 1] / total) * (mean[blocks - 1] - mean[blocks - 2]);
      weight[blocks - 2] = total;
      size[blocks - 2] += size[blocks - 1];
      blocks--;
    }
  }
  const out = new Float64Array(n);
  for (let b = 0, i = 0; b < blocks; b++) for (let c = 0; c < size[b]; c++) out[i++] = mean[b];
  return out;
}
