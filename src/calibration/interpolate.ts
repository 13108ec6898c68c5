/** Reading a curve between two of its knots. */

/**
 * Linear between knots k - 1 and k, never outside their values.
 *
 * @param x - strictly ascending, shape (size)
 * @param score - in [x[k - 1], x[k]]
 */
export function between(x: Float64Array, y: Float64Array, k: number, score: number): number {
  const [low, high] = [y[k - 1], y[k]];
  // Halves: the distance of two doubles may overflow, that of their halves cannot.
  const share = (score / 2 - x[k - 1] / 2) / (x[k] / 2 - x[k - 1] / 2);
  return Math.min(Math.max(low + share * (high - low), Math.min(low, high)), Math.max(low, high));
}
