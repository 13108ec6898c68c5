/** Every kind of smile behind one door: total variance and its derivatives in log-moneyness at one expiry. */
import { requireNumber } from '../core/assert.ts';
import { ShapeError } from '../core/errors.ts';
import { uncheckedPriceSplineSmile } from './non-parametric/price-spline.ts';
import type { PriceSplineSmile } from './non-parametric/price-spline.ts';
import { uncheckedPointSmile } from './slices/point-smile.ts';
import type { PointSmile } from './slices/point-smile.ts';
import { uncheckedSabrSmile } from './slices/sabr.ts';
import type { SabrSmile } from './slices/sabr.ts';
import { uncheckedSviSmile } from './slices/svi.ts';
import type { SviSmile } from './slices/svi.ts';
import { mixPrices } from './surface/price-mixture.ts';

/**
 * A smile between two others, as a surface has it between its expiries.
 *
 * `variance`: w = nearWeight w_near + farWeight w_far. `forward-variance`: w = w_far + farWeight max(0, w_far - w_near), beyond the last
 * expiry. `price`: undiscounted prices over the forward mix as nearWeight near + farWeight far at equal log-moneyness (weights sum to 1).
 */
export interface BlendSmile {
  readonly kind: 'blend';
  readonly rule: BlendRule;
  readonly near: Smile;
  readonly far: Smile;
  readonly nearWeight: number;
  readonly farWeight: number;
}

export type BlendRule = 'variance' | 'forward-variance' | 'price';

/** Total variance as a function of log-moneyness at one expiry: plain data, told apart by `kind`. */
export type Smile = SviSmile | SabrSmile | PriceSplineSmile | PointSmile | BlendSmile;

/**
 * Total variance w = vol^2 * expiryYears of any smile.
 *
 * @param logMoneyness - ln(strike / forward)
 * @returns NaN where the smile is not defined (points without extrapolation)
 * @example Math.sqrt(smileTotalVariance(slice.smile, 0) / slice.expiryYears) // at-the-money volatility
 */
export function smileTotalVariance(smile: Smile, logMoneyness: number): number {
  const out = new Float64Array(3);
  evaluateSmile(smile, requireNumber('smileTotalVariance', 'logMoneyness', logMoneyness), out);
  return out[0];
}

/**
 * Total variance of any smile at many places.
 *
 * @param logMoneyness - ln(strike / forward), any order, shape (n); NaN gives NaN
 * @param out - filled and returned, shape (n). @default a new array
 */
export function smileTotalVariances(smile: Smile, logMoneyness: ArrayLike<number>, out: Float64Array = new Float64Array(logMoneyness.length)): Float64Array {
  if (out.length !== logMoneyness.length) throw new ShapeError(`smileTotalVariances: out must have the length of logMoneyness, got ${out.length} and ${logMoneyness.length}`);
  const point = new Float64Array(3);
  for (let i = 0; i < out.length; i++) {
    evaluateSmile(smile, logMoneyness[i], point);
    out[i] = point[0];
  }
  return out;
}

/** Columns of {@link evaluateSmiles}, each of shape (n). */
export interface SmileColumns {
  readonly totalVariance: Float64Array;
  /** dw/dk. */
  readonly slope: Float64Array;
  /** d2w/dk2. */
  readonly curvature: Float64Array;
}

/** Fills the columns with w, dw/dk and d2w/dk2 at each log-moneyness, allocating nothing per row. Lengths are the caller's to keep. */
export function evaluateSmiles(smile: Smile, logMoneyness: ArrayLike<number>, columns: SmileColumns): void {
  const point = new Float64Array(3);
  for (let i = 0; i < logMoneyness.length; i++) {
    evaluateSmile(smile, logMoneyness[i], point);
    columns.totalVariance[i] = point[0];
    columns.slope[i] = point[1];
    columns.curvature[i] = point[2];
  }
}

/** Fills out[0..2] with w, dw/dk and d2w/dk2 of any smile at one log-moneyness, unchecked and without allocation. */
export function evaluateSmile(smile: Smile, logMoneyness: number, out: Float64Array): void {
  switch (smile.kind) {
    case 'svi':
      uncheckedSviSmile(smile, logMoneyness, out);
      return;
    case 'sabr':
      uncheckedSabrSmile(smile, logMoneyness, out);
      return;
    case 'price-spline':
      uncheckedPriceSplineSmile(smile, logMoneyness, out);
      return;
    case 'points':
      uncheckedPointSmile(smile, logMoneyness, out);
      return;
    case 'blend':
      evaluateBlend(smile, logMoneyness, out);
  }
}

function evaluateBlend(smile: BlendSmile, logMoneyness: number, out: Float64Array): void {
  evaluateSmile(smile.near, logMoneyness, out);
  const variance = out[0];
  const slope = out[1];
  const curvature = out[2];
  const { nearWeight, farWeight } = smile;
  if (farWeight === 0 && smile.rule === 'variance') {
    out[0] = nearWeight * variance;
    out[1] = nearWeight * slope;
    out[2] = nearWeight * curvature;
    return;
  }
  evaluateSmile(smile.far, logMoneyness, out);
  if (smile.rule === 'price') {
    mixPrices(logMoneyness, nearWeight, variance, slope, curvature, farWeight, out);
    return;
  }
  if (smile.rule === 'variance') {
    out[0] = nearWeight * variance + farWeight * out[0];
    out[1] = nearWeight * slope + farWeight * out[1];
    out[2] = nearWeight * curvature + farWeight * out[2];
  } else if (!(out[0] <= variance)) {
    out[0] += farWeight * (out[0] - variance);
    out[1] += farWeight * (out[1] - slope);
    out[2] += farWeight * (out[2] - curvature);
  }
}
