/** The plain case: one radius for every row. */
import { requireKnownKeys } from '../core/assert.ts';
import { conformalFit, countPresent } from './conformal-fit.ts';
import type { ConformalFit } from './conformal-fit.ts';
import { conformalRadius, requireAlpha } from './radius.ts';

export interface SplitConformalOptions {
  /** Miscoverage level in (0, 1); the interval covers with probability at least 1 - alpha. @default 0.1 */
  readonly alpha?: number;
}

/** A conformal fit of one group on absolute scores: `overallRadius` is the half-width of every interval. */
export interface SplitConformalFit extends ConformalFit {
  readonly score: 'absolute';
}

/**
 * Split conformal radius of held-out residuals: `fitConformal` without groups and scales, in a smaller import.
 *
 * @param residuals - actual minus predicted, or its absolute value, on rows the model has not seen, shape (n); NaN is missing and counted
 * @throws DomainError for an alpha outside (0, 1)
 * @see Lei et al. (2018), "Distribution-free predictive inference for regression", algorithm 2
 * @example conformalInterval(splitConformal([0.2, -0.1, 0.4], { alpha: 0.5 }), 1) // { lower: 0.8, upper: 1.2, basis: 'group' }
 */
export function splitConformal(residuals: ArrayLike<number>, options: SplitConformalOptions = {}): SplitConformalFit {
  requireKnownKeys('splitConformal', options, ['alpha']);
  const { alpha = 0.1 } = options;
  requireAlpha('splitConformal', alpha);
  const scores = Float64Array.from(residuals, Math.abs);
  const radius = conformalRadius(scores, alpha);
  const count = countPresent(scores);
  return conformalFit({
    kind: 'conformal',
    alpha,
    score: 'absolute',
    radii: Float64Array.of(radius),
    counts: Uint32Array.of(count),
    overallRadius: radius,
    overallCount: count,
    absoluteRadius: radius,
    absoluteCount: count,
    dispersionFloor: 0,
    missingRows: scores.length - count,
  }) as SplitConformalFit;
}
