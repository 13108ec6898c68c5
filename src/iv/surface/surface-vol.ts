/** One question to a surface: the volatility at a time and a strike, log-moneyness or delta; and its term structure. */
import { requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import type { OptionType } from '../option.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';
import { discountAt, expiryStatus, forwardAt, sliceIndexAt, smileAt } from './at-expiry.ts';
import type { SurfaceStatus } from './at-expiry.ts';
import { deltaLogMoneyness } from './delta.ts';
import type { DeltaConvention } from './delta.ts';
import type { IvSurface } from './iv-surface.ts';

/** A place on a smile. */
export type SmilePlace =
  | { readonly logMoneyness: number }
  | { readonly strike: number }
  | { readonly delta: number; readonly type: OptionType; readonly convention?: DeltaConvention };

export type SurfaceQuery = SmilePlace & {
  /** In years of 365 days. */
  readonly expiryYears: number;
};

/** The answer; numbers are NaN where the status has none, except those that are known all the same. */
export interface SurfaceVol {
  readonly status: SurfaceStatus;
  readonly annualizedVol: number;
  /** annualizedVol^2 * expiryYears. */
  readonly totalVariance: number;
  readonly logMoneyness: number;
  readonly strike: number;
  readonly forward: number;
}

const scratch = new Float64Array(3);

/**
 * Volatility of the surface at one place.
 *
 * @param query - `expiryYears` and one of `logMoneyness`, `strike`, or `delta` with `type` and `convention` (@default 'forward'; the spot conventions need the surface's spot)
 * @throws DomainError for a number that is not finite, a strike <= 0, a delta of 0, a place given twice or not at all
 * @example surfaceVol(surface, { expiryYears: 0.25, delta: 0.25, type: 'put' }).annualizedVol
 */
export function surfaceVol(surface: IvSurface, query: SurfaceQuery): SurfaceVol {
  return volAt('surfaceVol', surface, query.expiryYears, query, true);
}

function volAt(fn: string, surface: IvSurface, expiryYears: number, place: SmilePlace, hasExpiry: boolean): SurfaceVol {
  checkPlace(fn, place, hasExpiry);
  requireNumber(fn, 'expiryYears', expiryYears);
  const { logMoneyness = NaN, strike = NaN } = place as { logMoneyness?: number; strike?: number };
  const status = expiryStatus(surface, expiryYears);
  if (status !== 'ok' && status !== 'before-first-expiry' && status !== 'after-last-expiry') return answer(status, NaN, expiryYears, logMoneyness, strike, NaN);
  const forward = forwardAt(surface, expiryYears);
  if ('delta' in place) {
    const smile = smileAt(surface, expiryYears);
    const solution = deltaLogMoneyness(smile, { delta: place.delta, type: place.type, convention: place.convention, spotFactor: spotFactor(fn, surface, expiryYears, forward, place.convention) });
    if (solution.status !== 'ok') return answer('no-solution', NaN, expiryYears, NaN, NaN, forward);
    return answer(status, varianceOf(smile, solution.logMoneyness), expiryYears, solution.logMoneyness, forward * Math.exp(solution.logMoneyness), forward);
  }
  const k = 'strike' in place ? Math.log(strike / forward) : logMoneyness;
  return answer(status, varianceAt(surface, expiryYears, k), expiryYears, k, 'strike' in place ? strike : forward * Math.exp(k), forward);
}

function checkPlace(fn: string, place: SmilePlace, hasExpiry: boolean): void {
  requireKnownKeys(fn, place, hasExpiry ? ['expiryYears', 'logMoneyness', 'strike', 'delta', 'type', 'convention'] : ['logMoneyness', 'strike', 'delta', 'type', 'convention']);
  const given = Number('logMoneyness' in place) + Number('strike' in place) + Number('delta' in place);
  if (given !== 1) throw new DomainError(`${fn}: query must have one of logMoneyness, strike and delta, got ${given}`);
  if ('logMoneyness' in place) requireNumber(fn, 'logMoneyness', place.logMoneyness);
  else if ('strike' in place) requireNumber(fn, 'strike', place.strike, { min: 0, open: true });
}

function spotFactor(fn: string, surface: IvSurface, expiryYears: number, forward: number, convention: DeltaConvention | undefined): number {
  if (convention !== 'spot' && convention !== 'spot-premium-adjusted') return 1;
  if (surface.spot === null) throw new DomainError(`${fn}: convention must be "forward" or "forward-premium-adjusted" on a surface without a spot, got ${JSON.stringify(convention)}`);
  return (discountAt(surface, expiryYears) * forward) / surface.spot;
}

function varianceOf(smile: Smile, logMoneyness: number): number {
  evaluateSmile(smile, logMoneyness, scratch);
  return scratch[0];
}

/** Total variance at a time where {@link expiryStatus} has an answer: that of `smileAt`, without making the blend. */
export function varianceAt(surface: IvSurface, expiryYears: number, logMoneyness: number): number {
  const { slices } = surface;
  const n = slices.length;
  const i = sliceIndexAt(slices, expiryYears);
  if (i < n && slices[i].expiryYears === expiryYears) return varianceOf(slices[i].smile, logMoneyness);
  if (i === 0 || n === 1) return (expiryYears / slices[0].expiryYears) * varianceOf(slices[0].smile, logMoneyness);
  if (i < n && surface.interpolation === 'price') return varianceOf(smileAt(surface, expiryYears), logMoneyness);
  const far = slices[Math.min(i, n - 1)];
  const near = slices[Math.min(i, n - 1) - 1];
  const width = far.expiryYears - near.expiryYears;
  const nearVariance = varianceOf(near.smile, logMoneyness);
  const farVariance = varianceOf(far.smile, logMoneyness);
  if (i === n) return farVariance <= nearVariance ? farVariance : farVariance + ((expiryYears - far.expiryYears) / width) * (farVariance - nearVariance);
  const farWeight = (expiryYears - near.expiryYears) / width;
  return (1 - farWeight) * nearVariance + farWeight * farVariance;
}

function answer(status: SurfaceStatus, totalVariance: number, expiryYears: number, logMoneyness: number, strike: number, forward: number): SurfaceVol {
  const vol = totalVariance >= 0 ? Math.sqrt(totalVariance / expiryYears) : NaN;
  if (vol === Infinity) return Object.freeze({ status: 'invalid', annualizedVol: NaN, totalVariance: NaN, logMoneyness, strike, forward }); // beyond the largest double
  const ok = vol >= 0;
  const found = ok || status === 'expired' || status === 'outside-expiries' || status === 'no-solution' ? status : totalVariance < 0 ? 'negative-variance' : 'outside-strikes';
  return Object.freeze({ status: found, annualizedVol: vol, totalVariance: ok ? totalVariance : NaN, logMoneyness, strike, forward });
}

/** Columns over time at one place of the smile, each of shape (n). */
export interface TermStructure {
  readonly expiryYears: Float64Array;
  readonly annualizedVol: Float64Array;
  readonly totalVariance: Float64Array;
  /** Volatility between this time and the one before it (for the first: from now); NaN where total variance falls. */
  readonly forwardVol: Float64Array;
  readonly logMoneyness: Float64Array;
  readonly strike: Float64Array;
  readonly forward: Float64Array;
  readonly status: readonly SurfaceStatus[];
}

/**
 * Volatility over time at one place of the smile.
 *
 * @param place - the same log-moneyness, strike or delta at every time; `{ logMoneyness: 0 }` is at the money forward
 * @param expiryYears - ascending for forward volatilities to make sense. @default the expiries of the surface
 * @throws DomainError as {@link surfaceVol}
 * @example termStructure(surface, { logMoneyness: 0 }).forwardVol
 */
export function termStructure(surface: IvSurface, place: SmilePlace, expiryYears?: ArrayLike<number>): TermStructure {
  const times = Float64Array.from(expiryYears ?? surface.slices.map((slice) => slice.expiryYears));
  const answers = Array.from(times, (years) => volAt('termStructure', surface, years, place, false));
  const column = (key: 'annualizedVol' | 'totalVariance' | 'logMoneyness' | 'strike' | 'forward'): Float64Array => Float64Array.from(answers, (a) => a[key]);
  const totalVariance = column('totalVariance');
  const forwardVol = Float64Array.from(times, (years, i) => {
    const rate = i === 0 ? totalVariance[0] / years : (totalVariance[i] - totalVariance[i - 1]) / (years - times[i - 1]);
    return rate >= 0 ? Math.sqrt(rate) : NaN;
  });
  return Object.freeze({
    expiryYears: times,
    annualizedVol: column('annualizedVol'),
    totalVariance,
    forwardVol,
    logMoneyness: column('logMoneyness'),
    strike: column('strike'),
    forward: column('forward'),
    status: Object.freeze(answers.map((a) => a.status)),
  });
}
