/** Pool adjacent violators: the closest rising sequence. */

/** Consecutive groups of one value; values ascend strictly from block to block. */
export interface Blocks {
  /** Last group of each block, ascending, shape (blocks). */
  readonly last: Uint32Array;
  /** Value of each block, shape (blocks). */
  readonly value: Float64Array;
}

/**
 * The rising step function that minimises the sum of weight * (sum / weight - value)^2.
 *
 * Both arguments are overwritten: a block is kept in the place of one of its groups.
 *
 * @param sums - of weight * target of each group, in the order of their scores, shape (g)
 * @param weights - of each group, > 0, shape (g)
 * @see Barlow, Bartholomew, Bremner and Brunk (1972), "Statistical inference under order restrictions", section 1.2
 */
export function poolViolators(sums: Float64Array, weights: Float64Array): Blocks {
  const last = new Uint32Array(sums.length);
  let count = 0;
  for (let g = 0; g < sums.length; g++) {
    let s = sums[g];
    let w = weights[g];
    // Means compared without dividing, exact for whole numbers. A block equal to the one before belongs to it.
    while (count > 0 && sums[count - 1] * w >= s * weights[count - 1]) {
      count--;
      s += sums[count];
      w += weights[count];
    }
    sums[count] = s;
    weights[count] = w;
    last[count++] = g;
  }
  return { last: last.slice(0, count), value: Float64Array.from({ length: count }, (_, b) => sums[b] / weights[b]) };
}

/**
 * The rising values nearest to given ones in weighted squares; pooled ones share their weighted mean.
 *
 * @param weights - > 0, shape (n)
 * @example risingMeans([1, 3, 2], [1, 1, 1]) // [1, 2.5, 2.5]
 */
export function risingMeans(values: ArrayLike<number>, weights: ArrayLike<number>): Float64Array {
  const { last, value } = poolViolators(Float64Array.from(values, (v, i) => v * weights[i]), Float64Array.from(weights));
  const rising = new Float64Array(values.length);
  value.forEach((mean, b) => {
    rising.fill(mean, b === 0 ? 0 : last[b - 1] + 1, last[b] + 1);
  });
  return rising;
}
