/** Level, skew and curvature of a smile at the money. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';
import { surfaceSmile } from '../surface/at-expiry.ts';
import type { SurfaceStatus } from '../surface/at-expiry.ts';
import type { IvSurface } from '../surface/iv-surface.ts';
import { hasSmile, sliceStatus, varianceStatus } from './slice-like.ts';
import type { SliceLike } from './slice-like.ts';

/**
 * What "at the money" means: the strike at the forward, or the strike whose straddle has no delta: K = F exp(w / 2), where d1 = 0,
 * and with premium-adjusted deltas K = F exp(-w / 2), where d2 = 0. Spot deltas have the same strikes as forward deltas.
 */
export type AtmConvention = 'forward' | 'delta-neutral' | 'delta-neutral-premium-adjusted';

export const ATM_CONVENTIONS: readonly AtmConvention[] = ['forward', 'delta-neutral', 'delta-neutral-premium-adjusted'];

/** Numbers are NaN unless the status is `ok`, `before-first-expiry` or `after-last-expiry`. */
export interface AtmShape {
  readonly status: SurfaceStatus;
  readonly logMoneyness: number;
  readonly strike: number;
  readonly annualizedVol: number;
  /** d vol / d k, k = ln(strike / forward). */
  readonly skew: number;
  /** d2 vol / d k2. */
  readonly curvature: number;
}

export interface AtmShapeOptions {
  /** @default 'forward' */
  readonly convention?: AtmConvention;
}

/**
 * Volatility at the money and its first two derivatives in log-moneyness, from the smile's own derivatives.
 *
 * vol = sqrt(w / T), vol' = w' / (2 sqrt(w T)), vol'' = (w'' - w'^2 / (2 w)) / (2 sqrt(w T)).
 *
 * @throws DomainError for an unknown convention
 * @example atmShape(surfaceSmile(surface, 30 / 365)).skew
 */
export function atmShape(slice: SliceLike, options: AtmShapeOptions = {}): AtmShape {
  const fn = 'atmShape';
  requireKnownKeys(fn, options, ['convention']);
  const convention = requireOneOf(fn, 'convention', options.convention ?? 'forward', ATM_CONVENTIONS);
  const status = sliceStatus(fn, slice);
  if (!hasSmile(slice)) return shape(status, NaN, slice, EMPTY);
  const out = new Float64Array(3);
  evaluateSmile(slice.smile, 0, out);
  if (convention === 'forward' || !(out[0] >= 0)) return shape(varianceStatus(out[0], status), convention === 'forward' ? 0 : NaN, slice, out);
  const k = deltaNeutralLogMoneyness(slice.smile, convention === 'delta-neutral' ? 1 : -1);
  if (k !== k) return shape('no-solution', NaN, slice, EMPTY);
  evaluateSmile(slice.smile, k, out);
  return shape(varianceStatus(out[0], status), k, slice, out);
}

const EMPTY = Float64Array.of(NaN, NaN, NaN);

// A smile of zero variance has a level but no slope.
function shape(status: SurfaceStatus, logMoneyness: number, { expiryYears, forward }: SliceLike, [w, slope, curvature]: Float64Array): AtmShape {
  const unit = 2 * Math.sqrt(w * expiryYears);
  const known = w >= 0;
  return Object.freeze({
    status,
    logMoneyness,
    strike: forward * Math.exp(logMoneyness),
    annualizedVol: known ? Math.sqrt(w / expiryYears) : NaN,
    skew: known && slope === 0 ? 0 : w > 0 ? slope / unit : NaN,
    curvature: known && slope === 0 && curvature === 0 ? 0 : w > 0 ? (curvature - (slope * slope) / (2 * w)) / unit : NaN,
  });
}

/**
 * The log-moneyness with k = side w(k) / 2: side 1 where d1 = 0, side -1 where d2 = 0. NaN when the smile has none.
 *
 * Newton's method inside a bracket; there is one solution where |w'| < 2.
 */
export function deltaNeutralLogMoneyness(smile: Smile, side: 1 | -1): number {
  const out = new Float64Array(3);
  evaluateSmile(smile, 0, out);
  if (!(out[0] >= 0)) return NaN;
  // Along y = side k the excess y - w / 2 starts at or below 0.
  let low = 0;
  let high = out[0];
  for (let i = 0; ; i++) {
    evaluateSmile(smile, side * high, out);
    if (high - out[0] / 2 >= 0) break;
    if (i === 60 || out[0] !== out[0]) return endOfSmile(smile, side, low, high);
    low = high;
    high *= 2;
  }
  return solve(smile, side, low, high, out);
}

function solve(smile: Smile, side: 1 | -1, from: number, to: number, out: Float64Array): number {
  let low = from;
  let high = to;
  let y = low + (high - low) / 2;
  for (let i = 0; i < 100; i++) {
    evaluateSmile(smile, side * y, out);
    const excess = y - out[0] / 2;
    if (excess === 0) return side * y;
    if (excess > 0) high = y;
    else low = y;
    const newton = y - excess / (1 - (side * out[1]) / 2);
    const next = newton > low && newton < high ? newton : low + (high - low) / 2;
    if (next === y || next <= low || next >= high) break;
    if (Math.abs(next - y) <= 1e-16 * Math.abs(y)) return side * next;
    y = next;
  }
  return side * y;
}

// The smile ends between the two: the solution may still lie before its end.
function endOfSmile(smile: Smile, side: 1 | -1, from: number, to: number): number {
  const out = new Float64Array(3);
  let low = from;
  let high = to;
  for (let i = 0; i < 60; i++) {
    const middle = low + (high - low) / 2;
    evaluateSmile(smile, side * middle, out);
    if (out[0] !== out[0]) high = middle;
    else if (middle - out[0] / 2 >= 0) return solve(smile, side, low, middle, out);
    else low = middle;
  }
  return NaN;
}

/** Volatilities are NaN where their status has none; the slope needs both. */
export interface TermSlope {
  readonly nearStatus: SurfaceStatus;
  readonly farStatus: SurfaceStatus;
  readonly nearVol: number;
  readonly farVol: number;
  /** (farVol - nearVol) / (farYears - nearYears), per year; negative when the term structure is inverted. */
  readonly slope: number;
}

export interface TermSlopeQuery {
  /** In years of 365 days, below `farYears`. */
  readonly nearYears: number;
  readonly farYears: number;
  /** @default 'forward' */
  readonly convention?: AtmConvention;
}

/**
 * Slope of at-the-money volatility between two times.
 *
 * @throws DomainError for times that are not finite or not ascending
 * @example termSlope(surface, { nearYears: 30 / 365, farYears: 91 / 365 }).slope
 */
export function termSlope(surface: IvSurface, query: TermSlopeQuery): TermSlope {
  const fn = 'termSlope';
  requireKnownKeys(fn, query, ['nearYears', 'farYears', 'convention']);
  const nearYears = requireNumber(fn, 'nearYears', query.nearYears);
  const farYears = requireNumber(fn, 'farYears', query.farYears);
  if (!(farYears > nearYears)) throw new DomainError(`${fn}: farYears must be above nearYears, got ${farYears} and ${nearYears}`);
  const options = { convention: query.convention ?? 'forward' };
  const near = atmShape(surfaceSmile(surface, nearYears), options);
  const far = atmShape(surfaceSmile(surface, farYears), options);
  return Object.freeze({ nearStatus: near.status, farStatus: far.status, nearVol: near.annualizedVol, farVol: far.annualizedVol, slope: (far.annualizedVol - near.annualizedVol) / (farYears - nearYears) });
}
