/** The exact test for calendar arbitrage between two price splines. */
import { requirePriceSpline } from './price-spline.ts';
import type { PriceSplineSmile } from './price-spline.ts';

/**
 * Price over the forward, at strike `moneyness`, of the out-of-the-money option on A, the distribution over the nodes without its lognormal factor.
 *
 * All terms are positive; at 1 it is the call.
 */
export function nodeOptionValue(nodes: Float64Array, probability: Float64Array, moneyness: number): number {
  let sum = 0;
  if (moneyness < 1) {
    for (let i = 0; i < nodes.length && nodes[i] < moneyness; i++) sum += probability[i] * (moneyness - nodes[i]);
  } else {
    for (let i = nodes.length - 1; i >= 0 && nodes[i] > moneyness; i--) sum += probability[i] * (nodes[i] - moneyness);
  }
  return sum;
}

/**
 * How far the later smile is from calendar arbitrage against the earlier one: below 0 arbitrage may exist, from 0 on there is none at any strike.
 *
 * With X = A Z and independent factors, A' dominating A in convex order (mean 1 each, calls nowhere cheaper) and Z' dominating Z (lognormals with mean 1
 * and v' >= v) imply that X' dominates X: E f(A Z) <= E f(A' Z) <= E f(A' Z') for every convex f. The calls on A' are linear between its nodes and
 * intrinsic beyond them, those on A are convex: so they are ordered everywhere when they are at the nodes of A' and A has no node outside these.
 *
 * @returns the smallest of v' / v - 1, of c' / c - 1 over the nodes of the later smile (out-of-the-money prices), and -1 where the later nodes do not
 *   span the earlier ones; the test is sufficient, not necessary
 */
export function priceSplineCalendarGap(earlier: PriceSplineSmile, later: PriceSplineSmile): number {
  requirePriceSpline('priceSplineCalendarGap', earlier);
  requirePriceSpline('priceSplineCalendarGap', later);
  const { moneyness, probability } = later;
  const span = earlier.moneyness;
  const last = moneyness.length - 1;
  if (moneyness[0] > span[0] || moneyness[last] < span[span.length - 1]) return -1;
  let gap = later.kernelVariance / earlier.kernelVariance - 1;
  for (let i = 1; i < last; i++) {
    const before = nodeOptionValue(span, earlier.probability, moneyness[i]);
    if (before > 0) gap = Math.min(gap, nodeOptionValue(moneyness, probability, moneyness[i]) / before - 1);
  }
  return gap;
}
