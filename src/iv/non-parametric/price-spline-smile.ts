/** What a price spline is made of. */

/** One expiry's smile as a distribution over strike nodes times a lognormal factor; plain data. */
export interface PriceSplineSmile {
  readonly kind: 'price-spline';
  /** Log variance of the lognormal factor, in (0, 25]. */
  readonly kernelVariance: number;
  /** Nodes in strike / forward, ascending, > 0, shape (n), n >= 1. */
  readonly moneyness: Float64Array;
  /** Probability of each node, >= 0, with sum 1 and mean 1; shape (n). */
  readonly probability: Float64Array;
}
