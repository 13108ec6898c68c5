/** Dupire's local volatility of a surface. */
import { requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { normalCdf } from '../../core/special-functions.ts';
import { priceOverVega } from '../black/normalized-black.ts';
import { millsRatio } from '../black/mills-ratio.ts';
import { durrlemanG } from '../slices/durrleman.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';
import { expiryStatus, sliceIndexAt, smileAt } from '../surface/at-expiry.ts';
import type { SurfaceStatus } from '../surface/at-expiry.ts';
import type { IvSurface } from '../surface/iv-surface.ts';

/** `butterfly`: Durrleman's g is not positive; `calendar`: total variance falls in time. Of both, `butterfly`. */
export type LocalVolStatus = SurfaceStatus | 'butterfly' | 'calendar';

/** Statuses by the code that grids return. */
export const LOCAL_VOL_STATUSES: readonly LocalVolStatus[] = Object.freeze(['ok', 'before-first-expiry', 'after-last-expiry', 'outside-expiries', 'outside-strikes', 'negative-variance', 'expired', 'no-solution', 'invalid', 'butterfly', 'calendar'] as const);

const OUTSIDE_STRIKES = 4;
const NEGATIVE = 5;
const INVALID = 8;
const BUTTERFLY = 9;
const CALENDAR = 10;

export interface LocalVolOptions {
  /**
   * Local volatility per year where there is arbitrage, and the least there is anywhere. The status still says what is wrong.
   * @default none: NaN where there is arbitrage
   */
  readonly floor?: number;
  /** Durrleman's g at or below which prices count as not convex. @default 1e-9 */
  readonly minDurrlemanG?: number;
}

export interface LocalVolQuery extends LocalVolOptions {
  /** In years of 365 days. */
  readonly expiryYears: number;
  /** ln(strike / forward at `expiryYears`). */
  readonly logMoneyness: number;
}

export interface LocalVol {
  readonly status: LocalVolStatus;
  /** Per year; NaN where the status has none and no floor was given. */
  readonly localVol: number;
  readonly totalVariance: number;
  /** dw/dT at equal log-moneyness. */
  readonly timeSlope: number;
  readonly durrlemanG: number;
}

/**
 * Local volatility at one place: sqrt((dw/dT) / g) at equal log-moneyness.
 *
 * The slope in time is that of the surface's own rule: constant between two expiries when total variance is interpolated; with prices
 * interpolated, that of the price over its derivative in w; w / T before the first expiry and with a single one. At an expiry it is the
 * slope from below, that of the time before it.
 *
 * @throws DomainError for numbers that are not finite, a floor below 0
 * @see Gatheral (2006), "The Volatility Surface", eq. (1.10); Dupire (1994), "Pricing with a smile"
 * @example localVol(surface, { expiryYears: 0.5, logMoneyness: -0.1 })
 */
export function localVol(surface: IvSurface, query: LocalVolQuery): LocalVol {
  const fn = 'localVol';
  requireKnownKeys(fn, query, ['expiryYears', 'logMoneyness', 'floor', 'minDurrlemanG']);
  const { floor, minG } = requireOptions(fn, query);
  const expiryYears = requireNumber(fn, 'expiryYears', query.expiryYears);
  const logMoneyness = requireNumber(fn, 'logMoneyness', query.logMoneyness);
  const status = expiryStatus(surface, expiryYears);
  const out = new Float64Array(4);
  const code = status === 'expired' || status === 'outside-expiries' ? LOCAL_VOL_STATUSES.indexOf(status) : new LocalVolRow(surface, expiryYears).at(logMoneyness, LOCAL_VOL_STATUSES.indexOf(status), minG, out);
  const known = code <= 2 || code >= BUTTERFLY;
  const [totalVariance, timeSlope, g] = known ? out : [NaN, NaN, NaN];
  return Object.freeze({ status: LOCAL_VOL_STATUSES[code], localVol: floored(code, out[3], floor), totalVariance, timeSlope, durrlemanG: g });
}

/** Rows are times, columns places; arrays are row-major, shape (expiryYears, logMoneyness). */
export interface LocalVolGrid {
  readonly kind: 'local-vol-grid';
  readonly expiryYears: Float64Array;
  readonly logMoneyness: Float64Array;
  /** Per year; NaN where the status has none and no floor was given. */
  readonly localVol: Float64Array;
  /** Index into {@link LOCAL_VOL_STATUSES}. */
  readonly status: Uint8Array;
  /** Nodes with `butterfly` or `calendar`. */
  readonly arbitrageCount: number;
}

/**
 * Local volatilities on a grid of times and log-moneyness; the same numbers as `localVol`, node by node.
 *
 * @param grid - any order; a node that is NaN gets the status `invalid`
 * @throws ShapeError when an axis is not an array, DomainError for a floor below 0
 * @example localVolGrid(surface, { expiryYears: [0.1, 0.2], logMoneyness: [-0.1, 0, 0.1] }, { floor: 0.01 })
 */
export function localVolGrid(surface: IvSurface, grid: { readonly expiryYears: ArrayLike<number>; readonly logMoneyness: ArrayLike<number> }, options: LocalVolOptions = {}): LocalVolGrid {
  const fn = 'localVolGrid';
  requireKnownKeys(fn, options, ['floor', 'minDurrlemanG']);
  const { floor, minG } = requireOptions(fn, options);
  for (const axis of ['expiryYears', 'logMoneyness'] as const) if (!Number.isInteger(grid?.[axis]?.length)) throw new ShapeError(`${fn}: ${axis} must be an array of numbers, got ${show(grid?.[axis])}`);
  const expiryYears = Float64Array.from(grid.expiryYears);
  const logMoneyness = Float64Array.from(grid.logMoneyness);
  const n = logMoneyness.length;
  const vols = new Float64Array(expiryYears.length * n);
  const status = new Uint8Array(vols.length);
  const out = new Float64Array(4);
  let arbitrageCount = 0;
  for (let i = 0; i < expiryYears.length; i++) {
    const start = Number.isFinite(expiryYears[i]) ? LOCAL_VOL_STATUSES.indexOf(expiryStatus(surface, expiryYears[i])) : INVALID;
    const row = start <= 2 ? new LocalVolRow(surface, expiryYears[i]) : null;
    for (let j = 0; j < n; j++) {
      const code = row === null ? start : Number.isFinite(logMoneyness[j]) ? row.at(logMoneyness[j], start, minG, out) : INVALID;
      status[i * n + j] = code;
      vols[i * n + j] = floored(code, out[3], floor);
      if (code >= BUTTERFLY) arbitrageCount++;
    }
  }
  return Object.freeze({ kind: 'local-vol-grid', expiryYears, logMoneyness, localVol: vols, status, arbitrageCount });
}

function requireOptions(fn: string, options: LocalVolOptions): { readonly floor: number; readonly minG: number } {
  const floor = options.floor === undefined ? NaN : requireNumber(fn, 'floor', options.floor, { min: 0 });
  const minG = requireNumber(fn, 'minDurrlemanG', options.minDurrlemanG ?? 1e-9, { min: 0 });
  if (minG >= 1) throw new DomainError(`${fn}: minDurrlemanG must be below 1, got ${minG}`); // a flat smile has 1
  return { floor, minG };
}

function floored(code: number, vol: number, floor: number): number {
  if (code >= BUTTERFLY) return floor;
  return code > 2 ? NaN : vol < floor ? floor : vol;
}

/** Local volatility along one time of a surface: what depends on the time alone is found once. */
class LocalVolRow {
  private readonly smile: Smile;
  private readonly near: Smile | null;
  private readonly far: Smile;
  // dw/dT = rate (w_far - w_near), or rate w_far without a near smile.
  private readonly rate: number;
  private readonly rule: 'variance' | 'forward-variance' | 'price';
  private readonly point = new Float64Array(3);

  constructor(surface: IvSurface, expiryYears: number) {
    const { slices } = surface;
    const n = slices.length;
    const i = sliceIndexAt(slices, expiryYears);
    this.smile = smileAt(surface, expiryYears);
    this.rule = 'variance';
    if (i === 0 || n === 1) {
      this.near = null;
      this.far = slices[0].smile;
      this.rate = 1 / slices[0].expiryYears;
      return;
    }
    const near = slices[Math.min(i, n - 1) - 1];
    const far = slices[Math.min(i, n - 1)];
    this.near = near.smile;
    this.far = far.smile;
    this.rate = 1 / (far.expiryYears - near.expiryYears);
    if (i === n) this.rule = 'forward-variance';
    else if (surface.interpolation === 'price') {
      this.rule = 'price';
      this.rate *= this.mixtureSpeed((expiryYears - near.expiryYears) * this.rate);
    }
  }

  // d(far weight) / d(share of time). At the money c = 2 Phi(sqrt(w) / 2) - 1 and w is linear in time where the surface could have it so.
  private mixtureSpeed(share: number): number {
    const atNear = this.variance(this.near as Smile, 0);
    const atFar = this.variance(this.far, 0);
    const now = this.variance(this.smile, 0);
    const target = atNear + share * (atFar - atNear);
    // Levels too near to each other, where the surface takes the share of time itself.
    const isLevel = !(Math.abs(normalCdf(Math.sqrt(atFar) / 2) - normalCdf(Math.sqrt(atNear) / 2)) > 1e-9);
    if (isLevel || !(Math.abs(now - target) <= 1e-9 * target)) return 1;
    const speed = (atFar - atNear) / this.priceGap(0, now, atNear, atFar);
    return Number.isFinite(speed) ? speed : 1;
  }

  private variance(smile: Smile, k: number): number {
    evaluateSmile(smile, k, this.point);
    return this.point[0];
  }

  // (far price - near price) over the derivative of the price in w, all at the same k; prices relative to vega, so that deep wings have one.
  private priceGap(k: number, w: number, nearVariance: number, farVariance: number): number {
    const totalVol = Math.sqrt(w);
    return 2 * totalVol * (priceInVegas(k, farVariance, w) - priceInVegas(k, nearVariance, w));
  }

  /** Fills out with w, dw/dT, g and local volatility; returns the code of the status, `start` when there is nothing to say. */
  at(k: number, start: number, minG: number, out: Float64Array): number {
    const farVariance = this.variance(this.far, k);
    const nearVariance = this.near === null ? 0 : this.variance(this.near, k);
    evaluateSmile(this.smile, k, this.point);
    const w = this.point[0];
    out[0] = w;
    out[3] = NaN;
    if (!(w > 0 && nearVariance === nearVariance && farVariance === farVariance)) return w <= 0 ? NEGATIVE : OUTSIDE_STRIKES;
    const slope = this.rule === 'price' ? this.rate * this.priceGap(k, w, nearVariance, farVariance) : this.rate * (farVariance - nearVariance);
    const g = durrlemanG(k, this.point);
    out[1] = this.rule === 'forward-variance' && slope < 0 ? 0 : slope;
    out[2] = g;
    if (!(g > minG)) return BUTTERFLY;
    if (!(out[1] >= 0)) return CALENDAR;
    out[3] = Math.sqrt(out[1] / g);
    return start;
  }
}

const SQRT_TWO_PI = 2.5066282746310002;

// Out-of-the-money price of variance v over the vega, per unit of total volatility, of variance w.
function priceInVegas(k: number, v: number, w: number): number {
  const s = Math.sqrt(v);
  const z = Math.abs(k) / s;
  const t = s / 2;
  const ratio = 0.5 * ((k * k) / w + w / 4 - z * z - t * t);
  if (z >= t || t <= 1) return Math.exp(ratio) * priceOverVega(z, t);
  const bound = SQRT_TWO_PI * Math.exp(0.5 * ((k * k) / w + w / 4) - Math.abs(k) / 2);
  return bound - Math.exp(ratio) * (millsRatio(t - z) + millsRatio(t + z));
}
