/** Kolmogorov-Smirnov test of two samples. */
import { requireKnownKeys, requireOneOf } from '../core/assert.ts';
import { QuantwrightError } from '../core/errors.ts';
import { exactTwoSampleUpper, kolmogorovUpper } from './kolmogorov-distribution.ts';
import { largestGap, sortedGap } from './kolmogorov-gap.ts';
import { presentValues } from './sample-values.ts';
import { twoSampleResult } from './two-sample.ts';
import type { TwoSampleResult } from './two-sample.ts';

export interface KolmogorovSmirnovOptions {
  /** `exact` takes time n1 n2; `asymptotic` is the one-sample distribution at the effective size n1 n2 / (n1 + n2). @default exact up to n1 n2 = 1e6 */
  readonly method?: 'exact' | 'asymptotic';
  /** How `exact` takes tied values: the distribution given where the ties are, or that without ties, which errs to the safe side as scipy does. @default 'given' */
  readonly ties?: 'given' | 'ignored';
}

const SORTED_BELOW = 50_000;
const AUTO_EXACT = 1e6;
const MOST_EXACT = 1e7; // about 50 ms

/**
 * Two-sided Kolmogorov-Smirnov test: the greatest difference between the shares of both samples at or below a value.
 *
 * Any order of the rows and any increasing map of all values gives the same. The p-values are for independent rows; rows that depend on
 * their neighbours make them too small: see {@link blockPermutationTest}.
 *
 * @param reference - in any order; NaN and what is no number is left out and counted, infinities are numbers
 * @returns statistic in [0, 1]; `empty-sample` when a sample has no value
 * @throws `ERR_LIMIT` for `exact` with n1 n2 > 1e7
 * @see Hodges (1958), "The significance probability of the Smirnov two-sample test"
 * @example kolmogorovSmirnov([1, 2, 3, 4, 5], [11, 12, 13, 14, 15]).pValue // 2 / 252
 */
export function kolmogorovSmirnov(reference: ArrayLike<number>, current: ArrayLike<number>, options: KolmogorovSmirnovOptions = {}): TwoSampleResult {
  const fn = 'kolmogorovSmirnov';
  requireKnownKeys(fn, options, ['method', 'ties']);
  const [a, b] = [presentValues(reference), presentValues(current)];
  const [first, second] = [a.length, b.length];
  const missing = [reference.length - first, current.length - second] as const;
  const cells = first * second;
  const method = requireOneOf(fn, 'method', options.method ?? (cells <= AUTO_EXACT ? 'exact' : 'asymptotic'), ['exact', 'asymptotic']);
  const ties = requireOneOf(fn, 'ties', options.ties ?? 'given', ['given', 'ignored']);
  if (method === 'exact' && cells > MOST_EXACT) throw new QuantwrightError('ERR_LIMIT', `${fn}: method 'exact' must have n1 n2 at most 1e7, got ${cells}`);
  if (cells === 0) return twoSampleResult('empty-sample', NaN, NaN, [first, second], missing);
  const isExact = method === 'exact';
  const isTied = new Uint8Array(isExact ? first + second + 1 : 0).fill(ties === 'given' ? 1 : 0);
  const gap = first + second < SORTED_BELOW ? sortedGap(a.sort(), b.sort(), isTied) : largestGap(a, b);
  const statistic = gap / cells;
  const pValue = isExact ? exactTwoSampleUpper(gap, first, second, isTied) : kolmogorovUpper(statistic, effectiveSize(first, second));
  return twoSampleResult(null, statistic, pValue, [first, second], missing);
}

// Rounded to the even neighbour at a half, as scipy does.
function effectiveSize(m: number, n: number): number {
  const size = (m * n) / (m + n);
  const below = Math.floor(size);
  return Math.max(1, size - below === 0.5 ? below + (below % 2) : Math.round(size));
}
