/** The exact order statistic behind every split-conformal guarantee. */
import { show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';

/**
 * Which order statistic of n calibration scores covers the next score with probability at least 1 - alpha: ceil((n + 1)(1 - alpha)).
 *
 * A rank above n means that n scores cannot promise that much.
 *
 * @param n - number of scores
 * @param alpha - miscoverage level in (0, 1)
 * @throws DomainError for an alpha outside (0, 1)
 * @see Vovk, Gammerman and Shafer (2005), "Algorithmic Learning in a Random World", section 2.2
 * @example conformalRank(999, 0.059) // 941, although 1000 * (1 - 0.059) is computed as 941.0000000000001
 */
export function conformalRank(n: number, alpha: number): number {
  requireAlpha('conformalRank', alpha);
  const exact = (n + 1) * (1 - alpha);
  const nearest = Math.round(exact);
  // Rounding of alpha, of 1 - alpha and of the product: at most (n + 1) * 3 * 2^-53. Unguarded, a wider interval than needed.
  const guard = Math.max(1e-10, (n + 1) * 1e-15);
  return Math.max(1, Math.abs(exact - nearest) <= guard ? nearest : Math.ceil(exact));
}

/**
 * The score that the next exchangeable score stays below with probability at least 1 - alpha.
 *
 * @param scores - calibration scores in any order, larger is worse; NaN is missing and left out, infinities count
 * @param alpha - miscoverage level in (0, 1)
 * @returns the k-th smallest score, k = ceil((n + 1)(1 - alpha)); +Infinity when k > n, because no finite radius keeps the promise
 * @throws DomainError for an alpha outside (0, 1)
 * @example conformalRadius([0.3, 0.1, 0.2], 0.5) // 0.2: the second of three
 */
export function conformalRadius(scores: ArrayLike<number>, alpha: number): number {
  // The engine's own numeric sort: order alone is needed, and it keeps the smallest import of this room small.
  const sorted = Float64Array.from(scores).filter((score) => score === score).sort();
  const rank = conformalRank(sorted.length, alpha);
  return rank > sorted.length ? Infinity : sorted[rank - 1];
}

/** Throws unless alpha lies in (0, 1). */
export function requireAlpha(fn: string, alpha: unknown): void {
  if (!(typeof alpha === 'number' && alpha > 0 && alpha < 1)) throw new DomainError(`${fn}: alpha must lie in (0, 1), got ${show(alpha)}`);
}
