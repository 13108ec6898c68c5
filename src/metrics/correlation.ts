/** How far two variables rise together, and how often independent ones would seem to. */
import { requireSameLength } from '../core/assert.ts';
import { pearson } from '../core/correlation.ts';
import { argsort, averageRanks } from '../core/sort.ts';
import { normalCdf, regularizedBeta } from '../core/special-functions.ts';

/** Why there is no correlation: fewer than two pairs, a side that does not vary, or an infinite value. */
export type UndefinedCorrelationReason = 'too-few-pairs' | 'constant-x' | 'constant-y' | 'infinite-value';

export interface Correlation {
  /** In [-1, 1]; NaN exactly when `reason` says why. */
  readonly value: number;
  /** Two-sided, against independence of independent pairs; NaN without a value. Overlapping or autocorrelated pairs make it too small. */
  readonly pValue: number;
  /** Pairs in which neither side is NaN. */
  readonly n: number;
  /** Pairs left out. */
  readonly missing: number;
  readonly reason: UndefinedCorrelationReason | null;
}

/**
 * Pearson's correlation with its p-value.
 *
 * For normal pairs that are independent, (1 - r^2) is beta distributed with parameters n / 2 - 1 and 1 / 2; with two pairs p is 1.
 *
 * @param x - shape (n); NaN is missing
 * @param y - shape (n); NaN is missing
 * @throws ShapeError for different lengths
 * @example pearsonCorrelation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) // value 0.832, pValue 0.0805
 */
export function pearsonCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): Correlation {
  return correlationOf('pearsonCorrelation', x, y, (a, b) => {
    const r = pearson(a, b);
    return r === r ? withBetaPValue(r, a.length) : 'infinite-value';
  });
}

/**
 * Spearman's rank correlation, ties at average ranks, with the p-value of Pearson's formula on the ranks.
 *
 * @param x - shape (n); NaN is missing
 * @param y - shape (n); NaN is missing
 * @throws ShapeError for different lengths
 * @see Kendall and Stuart (1973), The Advanced Theory of Statistics, volume 2, 31.19, for the t approximation
 * @example spearmanCorrelation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) // value 0.821, pValue 0.0886
 */
export function spearmanCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): Correlation {
  return correlationOf('spearmanCorrelation', x, y, (a, b) => withBetaPValue(pearson(averageRanks(a), averageRanks(b)), a.length));
}

/**
 * Kendall's tau-b: concordant less discordant pairs of pairs, over the geometric mean of the pairs not tied in x and not tied in y. O(n log n).
 *
 * The p-value is exact for up to 33 pairs without ties, else normal with the variance corrected for ties.
 *
 * @param x - shape (n); NaN is missing
 * @param y - shape (n); NaN is missing
 * @throws ShapeError for different lengths
 * @see Knight (1966), "A computer method for calculating Kendall's tau with ungrouped data"; Kendall (1970), Rank Correlation Methods, 4.9 for the variance
 * @example kendallTau([1, 2, 3, 4], [1, 2, 4, 3]).value // 2 / 3
 */
export function kendallTau(x: ArrayLike<number>, y: ArrayLike<number>): Correlation {
  return correlationOf('kendallTau', x, y, tauAndPValue);
}

// The pairs that are there, judged by `estimate`, which gives [value, pValue] or the reason it cannot.
function correlationOf(fn: string, x: ArrayLike<number>, y: ArrayLike<number>, estimate: (a: Float64Array, b: Float64Array) => readonly [number, number] | UndefinedCorrelationReason): Correlation {
  const size = requireSameLength(fn, { x, y });
  const a = new Float64Array(size);
  const b = new Float64Array(size);
  let n = 0;
  for (let i = 0; i < size; i++) {
    if (x[i] !== x[i] || y[i] !== y[i]) continue;
    a[n] = x[i];
    b[n++] = y[i];
  }
  const [u, v] = [a.subarray(0, n), b.subarray(0, n)];
  const found = n < 2 ? 'too-few-pairs' : u.every((value) => value === u[0]) ? 'constant-x' : v.every((value) => value === v[0]) ? 'constant-y' : estimate(u, v);
  const [value, pValue] = typeof found === 'string' ? [NaN, NaN] : found;
  return Object.freeze({ value, pValue, n, missing: size - n, reason: typeof found === 'string' ? found : null });
}

function withBetaPValue(correlation: number, n: number): readonly [number, number] {
  // The root in its denominator leaves a perfect correlation a bit or two short.
  const r = 1 - Math.abs(correlation) <= 4 * Number.EPSILON ? Math.sign(correlation) : correlation;
  return [r, regularizedBeta((1 - r) * (1 + r), n / 2 - 1, 0.5, r * r)];
}

// Up to here the distribution of discordant pairs is counted out: 528 cells at most.
const EXACT_PAIRS = 33;

function tauAndPValue(x: Float64Array, y: Float64Array): readonly [number, number] {
  const n = x.length;
  const byY = argsort(y);
  const byX = argsort(Float64Array.from(byY, (i) => x[i])); // stable: by x, within ties of x by y
  const sortedX = Float64Array.from(byX, (i) => x[byY[i]]);
  const yByX = Float64Array.from(byX, (i) => y[byY[i]]);
  const ties = { x: tieSums(sortedX, n), y: tieSums(Float64Array.from(byY, (i) => y[i]), n), both: tieSums(sortedX, n, yByX).pairs };
  const discordant = countInversions(yByX);
  const total = (n * (n - 1)) / 2;
  const excess = total - ties.x.pairs - ties.y.pairs + ties.both - 2 * discordant; // concordant less discordant
  const tau = excess / Math.sqrt(total - ties.x.pairs) / Math.sqrt(total - ties.y.pairs);
  const value = Math.max(-1, Math.min(1, tau));
  if (n <= EXACT_PAIRS && ties.x.pairs === 0 && ties.y.pairs === 0) return [value, exactPValue(Math.min(discordant, total - discordant), n)];
  const ordered = n * (n - 1);
  const variance = (ordered * (2 * n + 5) - ties.x.linear - ties.y.linear) / 18 + (2 * ties.x.pairs * ties.y.pairs) / ordered + (n > 2 ? (ties.x.triples * ties.y.triples) / (9 * ordered * (n - 2)) : 0);
  return [value, 2 * normalCdf(-Math.abs(excess) / Math.sqrt(variance))];
}

// Over groups of t tied values: t (t - 1) / 2, t (t - 1) (t - 2) and t (t - 1) (2 t + 5), summed. With `second`, ties are of both.
function tieSums(sorted: Float64Array, n: number, second: Float64Array = sorted): { readonly pairs: number; readonly triples: number; readonly linear: number } {
  let [pairs, triples, linear] = [0, 0, 0];
  for (let i = 0, end = 1; i < n; i = end++) {
    while (end < n && sorted[end] === sorted[i] && second[end] === second[i]) end++;
    const t = end - i;
    pairs += (t * (t - 1)) / 2;
    triples += t * (t - 1) * (t - 2);
    linear += t * (t - 1) * (2 * t + 5);
  }
  return { pairs, triples, linear };
}

// Pairs i < j with values[i] > values[j], by merging from runs of one.
function countInversions(values: Float64Array): number {
  const n = values.length;
  let source = values.slice();
  let target = new Float64Array(n);
  let inversions = 0;
  for (let width = 1; width < n; width *= 2) {
    for (let low = 0; low < n; low += 2 * width) {
      const middle = Math.min(low + width, n);
      const high = Math.min(low + 2 * width, n);
      let a = low;
      let b = middle;
      for (let k = low; k < high; k++) {
        if (b >= high || (a < middle && source[a] <= source[b])) target[k] = source[a++];
        else {
          inversions += middle - a;
          target[k] = source[b++];
        }
      }
    }
    [source, target] = [target, source];
  }
  return inversions;
}

// P(at most `fewest` or at least as many more than half of the pairs are discordant) over all orders of n.
function exactPValue(fewest: number, n: number): number {
  let probability = new Float64Array([1]); // of 0, 1, ... inversions among the items so far
  for (let items = 2; items <= n; items++) {
    const next = new Float64Array(probability.length + items - 1);
    for (let i = 0; i < probability.length; i++) for (let j = 0; j < items; j++) next[i + j] += probability[i] / items;
    probability = next;
  }
  let p = 0;
  for (let i = 0; i <= fewest; i++) p += probability[i];
  return Math.min(1, 2 * p);
}
