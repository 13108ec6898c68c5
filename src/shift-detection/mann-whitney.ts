/** Mann-Whitney test of two samples. */
import { normalCdf } from '../core/special-functions.ts';
import { sortedSamples, walkPooled } from './sample-values.ts';
import { twoSampleResult } from './two-sample.ts';
import type { TwoSampleResult } from './two-sample.ts';

export interface MannWhitneyResult extends TwoSampleResult {
  /** Chance that a current value lies above a reference value, a tie counting half: the size of the shift, 0.5 for none. NaN when not assessable. */
  readonly superiority: number;
}

/**
 * Two-sided Mann-Whitney U test: whether the values of one sample tend to lie above those of the other.
 *
 * Normal limit with the correction for ties and for continuity; with fewer than about 8 values a sample it is rough. A change of spread
 * alone stays unseen. Any order of the rows and any increasing map of all values gives the same.
 *
 * @param reference - in any order; NaN and what is no number is left out and counted, infinities are numbers
 * @returns U of the reference: pairs in which its value is the greater; `empty-sample` when a sample has no value, `constant` when all values are the same
 * @see Mann and Whitney (1947), "On a test of whether one of two random variables is stochastically larger than the other"; Lehmann (1975), Nonparametrics, equation 1.35 for ties
 * @example mannWhitney([1, 2], [3, 4]).statistic // 0
 */
export function mannWhitney(reference: ArrayLike<number>, current: ArrayLike<number>): MannWhitneyResult {
  const { a, b, n, missing, reason } = sortedSamples(reference, current);
  const [first, second] = n;
  const pairs = first * second;
  const size = first + second;
  let [u, ties, below, belowCurrent] = [0, 0, 0, 0];
  walkPooled(a, b, (i, j) => {
    const tied = i + j - below - belowCurrent;
    u += (i - below) * (belowCurrent + j) / 2;
    ties += tied * (tied * tied - 1);
    [below, belowCurrent] = [i, j];
  });
  const deviation = Math.sqrt((pairs / 12) * (size + 1 - ties / (size * (size - 1))));
  const z = (Math.max(u, pairs - u) - pairs / 2 - 0.5) / deviation;
  const found = twoSampleResult(reason ?? (a[0] === a[first - 1] && b[0] === b[second - 1] && a[0] === b[0] ? 'constant' : null), u, Math.min(1, 2 * normalCdf(-z)), n, missing);
  return Object.freeze({ ...found, superiority: found.reason === null ? 1 - u / pairs : NaN });
}
