/** A smile in three numbers: the quadratic in log-moneyness that is nearest to it around the money. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength } from '../../core/assert.ts';
import type { SmileQuotes } from '../option.ts';
import { evaluateSmile } from '../smile.ts';
import type { SurfaceStatus } from '../surface/at-expiry.ts';
import type { IvSurface } from '../surface/iv-surface.ts';
import { hasSmile, sliceStatus } from './slice-like.ts';
import type { SliceLike } from './slice-like.ts';

/** `few-quotes`: fewer than three volatilities at different strikes in the window. */
export type DecompositionStatus = SurfaceStatus | 'few-quotes';

/** vol(k) is about level + slope k + curvature k^2 / 2 inside the window. Numbers are NaN unless the status is `ok`, `before-first-expiry` or `after-last-expiry`. */
export interface SmileDecomposition {
  readonly status: DecompositionStatus;
  readonly expiryYears: number;
  readonly forward: number;
  /** The quoted or sampled strike nearest to the forward. */
  readonly atmStrike: number;
  /** Volatility of the quadratic at the forward. */
  readonly level: number;
  /** Its slope in log-moneyness at the forward. */
  readonly slope: number;
  /** Its second derivative, twice the coefficient of k^2. */
  readonly curvature: number;
  /** Root mean square of volatility less quadratic: how much of the smile the three numbers leave out. */
  readonly rmseVol: number;
  /** Volatilities used. */
  readonly count: number;
  /** Lowest and highest log-moneyness used; the quadratic says nothing beyond them. */
  readonly fromLogMoneyness: number;
  readonly toLogMoneyness: number;
}

export interface DecomposeOptions {
  /** Half width of the window in standard deviations at the money, > 0: quotes with |k| <= window vol sqrt(T) count. @default 2 */
  readonly window?: number;
  /** Places at which a smile is sampled, evenly over the window; odd, so that one is at the forward; >= 3. @default 41 */
  readonly samples?: number;
}

/**
 * Quadratic decomposition of a smile by least squares over a bounded window: not a Karhunen-Loeve expansion, which needs a history (`surfacePca`).
 *
 * `atmShape` has the smile's own derivatives at one strike; these are averages over the window, steadier from day to day.
 *
 * @throws DomainError for options out of range
 * @example decomposeSmile(surfaceSmile(surface, 0.25)).slope
 */
export function decomposeSmile(slice: SliceLike, options: DecomposeOptions = {}): SmileDecomposition {
  const fn = 'decomposeSmile';
  const { window, samples } = requireOptions(fn, options);
  return decompose(slice, sliceStatus(fn, slice), window, samples);
}

/**
 * The same of every expiry of a surface.
 *
 * @throws DomainError for options out of range
 */
export function decomposeSurface(surface: IvSurface, options: DecomposeOptions = {}): readonly SmileDecomposition[] {
  const { window, samples } = requireOptions('decomposeSurface', options);
  return Object.freeze(surface.slices.map((slice) => decompose(slice, 'ok', window, samples)));
}

/**
 * The same of quotes: mids inside the window, all with the same weight. The window is measured by the volatility quoted nearest to the forward.
 *
 * @throws ShapeError for columns of different lengths, DomainError for options or an expiry out of range
 */
export function decomposeQuotes(quotes: SmileQuotes, options: Omit<DecomposeOptions, 'samples'> = {}): SmileDecomposition {
  const fn = 'decomposeQuotes';
  requireKnownKeys(fn, options, ['window']);
  const { window } = requireOptions(fn, options);
  const expiryYears = requireNumber(fn, 'quotes.expiryYears', quotes.expiryYears, { min: 0, open: true });
  const forward = requireNumber(fn, 'quotes.forward', quotes.forward, { min: 0, open: true });
  const n = requireSameLength(fn, { 'quotes.logMoneyness': quotes.logMoneyness, 'quotes.midVol': quotes.midVol });
  const usable: number[] = [];
  for (let i = 0; i < n; i++) if (Number.isFinite(quotes.logMoneyness[i]) && quotes.midVol[i] > 0 && quotes.midVol[i] < Infinity) usable.push(i);
  let nearest = -1;
  for (const i of usable) if (nearest < 0 || Math.abs(quotes.logMoneyness[i]) < Math.abs(quotes.logMoneyness[nearest])) nearest = i;
  if (nearest < 0) return failed('few-quotes', { expiryYears, forward }, NaN, 0);
  const half = window * quotes.midVol[nearest] * Math.sqrt(expiryYears);
  const inside = usable.filter((i) => Math.abs(quotes.logMoneyness[i]) <= half);
  const k = Float64Array.from(inside, (i) => quotes.logMoneyness[i]);
  const vol = Float64Array.from(inside, (i) => quotes.midVol[i]);
  return quadratic('ok', { expiryYears, forward }, k, vol, forward * Math.exp(quotes.logMoneyness[nearest]));
}

function requireOptions(fn: string, options: DecomposeOptions): Required<DecomposeOptions> {
  requireKnownKeys(fn, options, ['window', 'samples']);
  return { window: requireNumber(fn, 'window', options.window ?? 2, { min: 0, open: true }), samples: requireInteger(fn, 'samples', options.samples ?? 41, { min: 3 }) };
}

function decompose(slice: SliceLike, status: SurfaceStatus, window: number, samples: number): SmileDecomposition {
  if (!hasSmile(slice)) return failed(status, slice, NaN, 0);
  const out = new Float64Array(3);
  evaluateSmile(slice.smile, 0, out);
  if (!(out[0] > 0)) return failed(out[0] <= 0 ? 'negative-variance' : 'outside-strikes', slice, NaN, 0);
  const half = window * Math.sqrt(out[0]);
  const k: number[] = [];
  const vol: number[] = [];
  for (let i = 0; i < samples; i++) {
    const at = half * ((2 * i) / (samples - 1) - 1);
    evaluateSmile(slice.smile, at, out);
    if (!(out[0] > 0)) continue;
    k.push(at);
    vol.push(Math.sqrt(out[0] / slice.expiryYears));
  }
  const nearest = k.reduce((best, at) => (Math.abs(at) < Math.abs(best) ? at : best), Infinity);
  return quadratic(status, slice, Float64Array.from(k), Float64Array.from(vol), slice.forward * Math.exp(nearest));
}

type Site = Pick<SmileDecomposition, 'expiryYears' | 'forward'>;

function failed(status: DecompositionStatus, { expiryYears, forward }: Site, atmStrike: number, count: number): SmileDecomposition {
  return Object.freeze({ status, expiryYears, forward, atmStrike, level: NaN, slope: NaN, curvature: NaN, rmseVol: NaN, count, fromLogMoneyness: NaN, toLogMoneyness: NaN });
}

// Least squares on polynomials that are orthogonal over the sample: 1, u, u^2 - shift u - mean of u^2, with u = (k - centre) / width.
function quadratic(status: SurfaceStatus, site: Site, k: Float64Array, vol: Float64Array, atmStrike: number): SmileDecomposition {
  const n = k.length;
  const low = k.reduce((a, b) => Math.min(a, b), Infinity);
  const high = k.reduce((a, b) => Math.max(a, b), -Infinity);
  if (n < 3 || !(high > low)) return failed('few-quotes', site, n === 0 ? NaN : atmStrike, n);
  const width = high - low;
  const centre = k.reduce((sum, at) => sum + at / n, 0);
  const u = k.map((at) => (at - centre) / width);
  const [u2, u3] = [average(n, (i) => u[i] * u[i]), average(n, (i) => u[i] * u[i] * u[i])];
  const shift = u3 / u2;
  const bent = u.map((x) => x * x - shift * x - u2);
  const norm = average(n, (i) => bent[i] * bent[i]);
  // Two different strikes only: no quadratic.
  if (!(norm > 1e-20)) return failed('few-quotes', site, atmStrike, n);
  const mean = average(n, (i) => vol[i]);
  const first = average(n, (i) => vol[i] * u[i]) / u2;
  const second = average(n, (i) => (vol[i] - mean - first * u[i]) * bent[i]) / norm;
  const rmseVol = Math.sqrt(average(n, (i) => (vol[i] - mean - first * u[i] - second * bent[i]) ** 2));
  const atForward = -centre / width;
  return Object.freeze({
    status,
    expiryYears: site.expiryYears,
    forward: site.forward,
    atmStrike,
    level: mean + first * atForward + second * (atForward * atForward - shift * atForward - u2),
    slope: (first + second * (2 * atForward - shift)) / width,
    curvature: (2 * second) / (width * width),
    rmseVol,
    count: n,
    fromLogMoneyness: low,
    toLogMoneyness: high,
  });
}

function average(n: number, valueAt: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += valueAt(i);
  return sum / n;
}
