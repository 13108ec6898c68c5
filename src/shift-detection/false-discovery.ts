/** Many tests at once: which of them are discoveries. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../core/assert.ts';
import { argsort } from '../core/sort.ts';

/** Hochberg's for tests that are independent or depend on each other positively, Yekutieli's for any dependence; it costs a factor of about ln n + 0.58. */
export type FalseDiscoveryMethod = 'benjamini-hochberg' | 'benjamini-yekutieli';

export interface FalseDiscoveryOptions {
  /** Expected share of false ones among the discoveries, in (0, 1); with nothing to discover, the probability of any. @default 0.05 */
  readonly alpha?: number;
  /** @default 'benjamini-hochberg' */
  readonly method?: FalseDiscoveryMethod;
}

export interface FalseDiscovery {
  /** Least alpha at which each test is a discovery, shape (n); NaN where the p-value is. */
  readonly adjusted: Float64Array;
  /** A test with at most this p-value is a discovery. Without any: what the least p-value had to reach; NaN without tests. */
  readonly cutoff: number;
  readonly discoveries: number;
  /** P-values that are not NaN. */
  readonly tests: number;
}

export const FALSE_DISCOVERY_METHODS: readonly FalseDiscoveryMethod[] = ['benjamini-hochberg', 'benjamini-yekutieli'];

/**
 * Step-up control of the false-discovery rate.
 *
 * With n p-values ascending, the discoveries are the first k for the largest k with p(k) <= k alpha / (n c), where c is 1 (Benjamini-Hochberg)
 * or 1 + 1/2 + ... + 1/n (Benjamini-Yekutieli).
 *
 * @param pValues - in [0, 1], shape (n); NaN is no test
 * @throws DomainError for a p-value or alpha outside its range
 * @see Benjamini and Hochberg (1995), "Controlling the false discovery rate", theorem 1; Benjamini and Yekutieli (2001), "The control of the false discovery rate in multiple testing under dependency", theorem 1.3
 * @example falseDiscovery([0.01, 0.04, 0.03]).adjusted // [0.03, 0.04, 0.04]
 */
export function falseDiscovery(pValues: ArrayLike<number>, options: FalseDiscoveryOptions = {}): FalseDiscovery {
  const fn = 'falseDiscovery';
  requireKnownKeys(fn, options, ['alpha', 'method']);
  const alpha = requireNumber(fn, 'alpha', options.alpha ?? 0.05, { min: 0, max: 1, open: true });
  const method = requireOneOf(fn, 'method', options.method ?? 'benjamini-hochberg', FALSE_DISCOVERY_METHODS);
  const order = argsort(pValues);
  const adjusted = new Float64Array(order.length).fill(NaN);
  let tests = order.length;
  while (tests > 0 && pValues[order[tests - 1]] !== pValues[order[tests - 1]]) tests--;
  let factor = tests;
  if (method === 'benjamini-yekutieli') for (let i = 2; i <= tests; i++) factor += tests / i;
  let [least, discoveries, cutoff] = [1, 0, alpha / factor];
  for (let rank = tests; rank >= 1; rank--) {
    const p = requireNumber(fn, 'pValues', pValues[order[rank - 1]], { min: 0, max: 1 });
    least = Math.min(least, p * (factor / rank)); // never below p, as (p * factor) / rank could be by rounding
    adjusted[order[rank - 1]] = least;
    if (discoveries === 0 && least <= alpha) [discoveries, cutoff] = [rank, Math.max(p, (rank * alpha) / factor)];
  }
  return Object.freeze({ adjusted, cutoff: tests === 0 ? NaN : cutoff, discoveries, tests });
}
