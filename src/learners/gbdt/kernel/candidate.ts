/** Choice between the best splits of two blocks of features. */
import type { Candidate } from './kernel.ts';

/**
 * The better candidate of two, the first when they are equal.
 *
 * Scores are compared as fractions, with the same two products in every kernel, so that rounding decides alike.
 */
export function bestCandidate(a: Candidate | undefined, b: Candidate | undefined): Candidate | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.numerator * a.denominator > a.numerator * b.denominator ? b : a;
}
