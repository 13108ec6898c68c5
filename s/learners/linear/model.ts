/** A linear model on standardised, clipped features, as plain data. */
import type { ModelBase } from '../types.ts';

/**
 * prediction = intercept + sum over features of coefficient * z, where
 * z = clip((x - mean) / scale, lower, upper) and a missing x is replaced by its training median first.
 */
export interface LinearModel extends ModelBase {
  readonly kind: 'ridge' | 'elastic-net';
  readonly featureNames: readonly string[];
  /** Per unit of z, shape (features). */
  readonly coefficients: Float64Array;
  readonly intercept: number;
  readonly medians: Float64Array;
  readonly means: Float64Array;
  /** Standard deviations; 1 for a constant feature. */
  readonly scales: Float64Array;
  /** Bounds of z, from training quantiles. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}
