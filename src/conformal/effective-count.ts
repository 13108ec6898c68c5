/** How many independent rows the rows at hand are worth. */
import { requireInteger, requireNumber } from '../core/assert.ts';

/**
 * Independent labels that n labels are worth when each spans `overlap` sessions and one begins every session.
 *
 * Labels j sessions apart share a part 1 - j / overlap of their span, so the variance of their mean is that of
 *
 *     n / (1 + 2 * sum over j = 1 .. min(n, overlap) - 1 of (1 - j / n)(1 - j / overlap))
 *
 * independent ones: about n / overlap for n much larger than overlap, 1 when all labels share nearly everything, n for overlap = 1.
 * A conformal radius at level alpha needs at least (1 - alpha) / alpha independent rows: judge that by this number, not by n.
 *
 * @param n - sessions with a label, >= 0; rows of one session depend on each other too, so a panel counts its sessions
 * @param overlap - sessions in a label's span, the horizon h of an h-session return, >= 1
 * @throws DomainError for counts that are not integers in range
 * @see Bartlett (1946), "On the theoretical specification and sampling properties of autocorrelated time series", for the variance of a mean
 * @example effectiveCount(252, 5) // 50.6..., against 50.4 = 252 / 5
 */
export function effectiveCount(n: number, overlap: number): number {
  requireInteger('effectiveCount', 'n', n, { min: 0 });
  requireInteger('effectiveCount', 'overlap', overlap, { min: 1 });
  if (n === 0) return 0;
  const m = Math.min(n, overlap) - 1;
  // sum of 1, j and j^2 for j = 1 .. m
  const shared = m - (1 / n + 1 / overlap) * ((m * (m + 1)) / 2) + (m * (m + 1) * (2 * m + 1)) / 6 / n / overlap;
  return n / (1 + 2 * shared);
}

/**
 * Equally weighted rows that weighted rows are worth: (sum w)^2 / sum w^2.
 *
 * @param weights - finite, >= 0; NaN is left out
 * @returns 0 when no weight is positive
 * @throws DomainError for a negative or infinite weight
 * @see Kish (1965), "Survey sampling", on the loss of precision through unequal weights
 */
export function effectiveWeightCount(weights: ArrayLike<number>): number {
  let [total, largest] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === weights[i]) largest = Math.max(largest, requireNumber('effectiveWeightCount', 'weights', weights[i], { min: 0 }));
  }
  let squares = 0;
  for (let i = 0; i < weights.length; i++) {
    const share = weights[i] / largest; // squares of tiny or huge weights would leave the range of a double
    if (share === share) [total, squares] = [total + share, squares + share * share];
  }
  return squares === 0 ? 0 : (total * total) / squares;
}
