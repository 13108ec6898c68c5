/** The quantile that minimises a weighted pinball loss. */
import { hash32 } from '../../../core/hash.ts';

/**
 * Weighted quantile: the value at which the weights of the values up to it first exceed `level` of all weight. Where they equal it, the
 * middle of that value and the next.
 *
 * This is the averaged inverse of the distribution function (R-2 of Hyndman and Fan 1996), chosen because it minimises the pinball loss, takes
 * a weight of k for k equal rows, and gives the usual median. LightGBM interpolates between neighbours instead, by another rule for weighted
 * rows, and minimises no loss by it; the two differ by at most a gap between neighbours.
 *
 * Quickselect: linear time on average, the order of the values does not matter.
 *
 * @param values - finite, unchecked, shape (n)
 * @param weights - finite and >= 0, unchecked, shape (n); values of weight 0 do not count
 * @param level - in (0, 1)
 * @returns NaN when there is no weight
 * @see Hyndman and Fan (1996), Sample quantiles in statistical packages; Koenker (2005), Quantile regression, section 1.3
 */
export function weightedQuantile(values: ArrayLike<number>, weights: ArrayLike<number> | undefined, level: number): number {
  const kept = new Float64Array(values.length);
  const mass = weights === undefined ? undefined : new Float64Array(values.length);
  let n = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    if (mass !== undefined) {
      if (!((weights as ArrayLike<number>)[i] > 0)) continue;
      mass[n] = (weights as ArrayLike<number>)[i];
      total += mass[n];
    }
    kept[n++] = values[i];
  }
  if (mass === undefined) total = n;
  const wanted = level * total;
  const slack = (n + 2) * 2 ** -51 * total; // what rounding makes of sums of n weights: 0.1 + 0.2 must not exceed 0.3

  let low = 0;
  let high = n; // the answer is in [low, high), `below` is the weight before it
  let below = 0;
  let next = Infinity; // smallest value at or after `high`
  while (low < high) {
    const pivot = kept[low + (hash32(n, low, high) % (high - low))];
    // Smaller values to [low, smaller), equal ones to [smaller, larger), the rest after.
    let smaller = low;
    let larger = high;
    let smallerMass = 0;
    let equalMass = 0;
    for (let i = low; i < larger; ) {
      const value = kept[i];
      const weight = mass === undefined ? 1 : mass[i];
      if (value < pivot) {
        smallerMass += weight;
        swap(kept, mass, i++, smaller++);
      } else if (value > pivot) {
        swap(kept, mass, i, --larger);
      } else {
        equalMass += weight;
        i++;
      }
    }
    if (smaller > low && below + smallerMass - wanted >= -slack) {
      next = pivot; // the values before the pivot have enough weight, or just enough, when the pivot is the next value
      high = smaller;
      continue;
    }
    const excess = below + smallerMass + equalMass - wanted;
    if (excess > slack) return pivot;
    if (excess >= -slack || larger === high) {
      for (let i = larger; i < high; i++) if (kept[i] < next) next = kept[i];
      return excess >= -slack && next < Infinity ? middle(pivot, next) : pivot;
    }
    below += smallerMass + equalMass;
    low = larger;
  }
  return NaN;
}

// Half of each, so that the sum of two large values does not overflow.
function middle(a: number, b: number): number {
  return a / 2 + b / 2;
}

function swap(kept: Float64Array, mass: Float64Array | undefined, i: number, j: number): void {
  const value = kept[i];
  kept[i] = kept[j];
  kept[j] = value;
  if (mass === undefined) return;
  const weight = mass[i];
  mass[i] = mass[j];
  mass[j] = weight;
}
