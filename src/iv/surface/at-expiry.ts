/** The surface at any time: which slices take part with which weights, forward, discount, smile. */
import { requireNumber } from '../../core/assert.ts';
import { normalCdf } from '../../core/special-functions.ts';
import { evaluateSmile } from '../smile.ts';
import type { BlendSmile, Smile } from '../smile.ts';
import type { IvSurface, SurfaceSlice } from './iv-surface.ts';

/** What an answer of a surface rests on. Only the first three come with a number. */
export type SurfaceStatus =
  | 'ok'
  | 'before-first-expiry' // extrapolated: constant volatility
  | 'after-last-expiry' // extrapolated: total variance goes on with its last slope in time
  | 'outside-expiries' // the surface does not extrapolate in time
  | 'outside-strikes' // the smile has no value so far out
  | 'negative-variance' // the smile's total variance is below zero here
  | 'expired' // expiryYears <= 0
  | 'no-solution' // no strike has this delta
  | 'invalid'; // an input is NaN, infinite or out of range, or the answer beyond the largest double

/** Statuses by the code that batch queries return. */
export const SURFACE_STATUSES: readonly SurfaceStatus[] = Object.freeze(['ok', 'before-first-expiry', 'after-last-expiry', 'outside-expiries', 'outside-strikes', 'negative-variance', 'expired', 'no-solution', 'invalid'] as const);

/** Index of the first slice that expires at or after `expiryYears`; the number of slices when none does. */
export function sliceIndexAt(slices: readonly SurfaceSlice[], expiryYears: number): number {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (slices[middle].expiryYears < expiryYears) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A slice of the surface at any time. */
export interface InterpolatedSlice {
  readonly status: SurfaceStatus;
  readonly expiryYears: number;
  /** NaN where the status has no number. */
  readonly forward: number;
  /** NaN where the status has no number. */
  readonly discount: number;
  /** Null where the status has no number. */
  readonly smile: Smile | null;
}

/**
 * Smile, forward and discount at any time: a slice that can be used like those the surface is made of.
 *
 * Forward and discount are log-linear in time. Before the first expiry the forward runs from the spot (constant without one) and the
 * discount from 1; after the last both go on at their last rate. The rules of the smile are those of the surface's `interpolation` and
 * `extrapolation`. Constant volatility before the first expiry brings in no arbitrage: Durrleman's g of the scaled variance is concave in
 * the scale and not negative at 0, so it lies above the smaller of its two ends. Beyond the last expiry the wings may get steeper than the bounds allow.
 *
 * @example const { smile } = surfaceSmile(surface, 30 / 365); // then smileTotalVariance(smile, k)
 */
export function surfaceSmile(surface: IvSurface, expiryYears: number): InterpolatedSlice {
  requireNumber('surfaceSmile', 'expiryYears', expiryYears);
  const status = expiryStatus(surface, expiryYears);
  if (status === 'expired' || status === 'outside-expiries') return Object.freeze({ status, expiryYears, forward: NaN, discount: NaN, smile: null });
  return Object.freeze({ status, expiryYears, forward: forwardAt(surface, expiryYears), discount: discountAt(surface, expiryYears), smile: smileAt(surface, expiryYears) });
}

/** Whether the surface has an answer at a finite time, and by which rule. */
export function expiryStatus({ slices, extrapolation }: IvSurface, expiryYears: number): SurfaceStatus {
  if (expiryYears <= 0) return 'expired';
  const before = expiryYears < slices[0].expiryYears;
  if (!before && expiryYears <= slices[slices.length - 1].expiryYears) return 'ok';
  return extrapolation === 'none' ? 'outside-expiries' : before ? 'before-first-expiry' : 'after-last-expiry';
}

/** The smile at a time where {@link expiryStatus} has an answer; the slice's own at its expiry. */
export function smileAt({ slices, interpolation }: IvSurface, expiryYears: number): Smile {
  const n = slices.length;
  const i = sliceIndexAt(slices, expiryYears);
  if (i < n && slices[i].expiryYears === expiryYears) return slices[i].smile;
  if (i === 0 || n === 1) return scaled(slices[0], expiryYears);
  const near = slices[Math.min(i, n - 1) - 1];
  const far = slices[Math.min(i, n - 1)];
  const width = far.expiryYears - near.expiryYears;
  if (i === n) return blend('forward-variance', near.smile, far.smile, 1, (expiryYears - far.expiryYears) / width);
  const farWeight = (expiryYears - near.expiryYears) / width;
  return interpolation === 'variance' ? blend('variance', near.smile, far.smile, 1 - farWeight, farWeight) : priceBlend(near.smile, far.smile, farWeight);
}

function scaled({ smile, expiryYears }: SurfaceSlice, toYears: number): BlendSmile {
  return blend('variance', smile, smile, toYears / expiryYears, 0);
}

function blend(rule: BlendSmile['rule'], near: Smile, far: Smile, nearWeight: number, farWeight: number): BlendSmile {
  return Object.freeze({ kind: 'blend', rule, near, far, nearWeight, farWeight });
}

// At the money the undiscounted price over the forward is 2 Phi(sqrt(w) / 2) - 1: the weight makes w there linear in time.
function priceBlend(near: Smile, far: Smile, share: number): BlendSmile {
  const out = new Float64Array(3);
  evaluateSmile(near, 0, out);
  const nearVariance = out[0];
  evaluateSmile(far, 0, out);
  const farVariance = out[0];
  const atTheMoney = (variance: number): number => normalCdf(Math.sqrt(variance) / 2);
  const range = atTheMoney(farVariance) - atTheMoney(nearVariance);
  const weight = (atTheMoney(nearVariance + share * (farVariance - nearVariance)) - atTheMoney(nearVariance)) / range;
  // Equal levels, or smiles without a price at the money, leave only the share of time.
  const farWeight = Math.abs(range) > 1e-9 && weight >= 0 && weight <= 1 ? weight : share;
  return blend('price', near, far, 1 - farWeight, farWeight);
}

/** Forward at a time: exp of the linear interpolation of its logarithm. */
export function forwardAt({ slices, spot }: IvSurface, expiryYears: number): number {
  const n = slices.length;
  const i = sliceIndexAt(slices, expiryYears);
  if (i < n && slices[i].expiryYears === expiryYears) return slices[i].forward;
  if (i === 0 || n === 1) return spot === null ? slices[0].forward : logLinear(0, spot, slices[0].expiryYears, slices[0].forward, expiryYears);
  const [near, far] = [slices[Math.min(i, n - 1) - 1], slices[Math.min(i, n - 1)]];
  return logLinear(near.expiryYears, near.forward, far.expiryYears, far.forward, expiryYears);
}

/** Discount factor at a time: exp of the linear interpolation of its logarithm, 1 at time 0. */
export function discountAt({ slices }: IvSurface, expiryYears: number): number {
  const n = slices.length;
  const i = sliceIndexAt(slices, expiryYears);
  if (i < n && slices[i].expiryYears === expiryYears) return slices[i].discount;
  if (i === 0 || n === 1) return logLinear(0, 1, slices[0].expiryYears, slices[0].discount, expiryYears);
  const [near, far] = [slices[Math.min(i, n - 1) - 1], slices[Math.min(i, n - 1)]];
  return logLinear(near.expiryYears, near.discount, far.expiryYears, far.discount, expiryYears);
}

function logLinear(x0: number, y0: number, x1: number, y1: number, x: number): number {
  return y0 * Math.exp((Math.log(y1 / y0) * (x - x0)) / (x1 - x0));
}
