/** Distances between two samples of numbers, in the unit of the values. */
import { sortedSamples, walkPooled } from './sample-values.ts';
import { twoSampleResult } from './two-sample.ts';
import type { TwoSampleResult } from './two-sample.ts';

/**
 * Wasserstein-1 distance, or earth mover's: the area between the two distribution functions, which is what moving one sample onto the other costs.
 *
 * It grows with the distance of a shift, so it says how far where rank tests only say that. It has no p-value but by permutation: see {@link blockPermutationTest}.
 *
 * @param reference - in any order; NaN and what is no number is left out and counted
 * @returns >= 0 in units of the values; `empty-sample` when a sample has no value, `infinite-values` when one has an infinity
 * @see Ramdas, Garcia Trillos and Cuturi (2017), "On Wasserstein two-sample testing and related families of nonparametric tests", proposition 1
 * @example wassersteinDistance([0, 1], [5, 6]).statistic // 5
 */
export function wassersteinDistance(reference: ArrayLike<number>, current: ArrayLike<number>): TwoSampleResult {
  return areaBetween(reference, current, (difference) => difference, (area) => area);
}

/**
 * Energy distance of numbers: the root of twice the area under the squared difference of the two distribution functions.
 *
 * @see {@link wassersteinDistance} for arguments and results; Szekely and Rizzo (2013), "Energy statistics: a class of statistics based on distances", for the form of more dimensions: {@link multivariateEnergyDistance}
 */
export function energyDistance(reference: ArrayLike<number>, current: ArrayLike<number>): TwoSampleResult {
  return areaBetween(reference, current, (difference) => 2 * difference * difference, Math.sqrt);
}

function areaBetween(reference: ArrayLike<number>, current: ArrayLike<number>, height: (difference: number) => number, finish: (area: number) => number): TwoSampleResult {
  const { a, b, n, missing, reason } = sortedSamples(reference, current);
  const [first, second] = n;
  const reaches = [a[0], a[first - 1], b[0], b[second - 1]];
  let area = 0;
  walkPooled(a, b, (i, j, value, next) => {
    if (next === next) area += height(Math.abs(i / first - j / second)) * (next - value);
  });
  return twoSampleResult(reason ?? (reaches.every(Number.isFinite) ? null : 'infinite-values'), finish(area), NaN, n, missing);
}
