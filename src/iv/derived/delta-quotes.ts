/** Risk reversals and butterflies of a smile, and the strikes behind them, in the conventions of the markets that quote them. */
import { requireKnownKeys, requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { ShapeError } from '../../core/errors.ts';
import { normalizedBlack } from '../black/normalized-black.ts';
import type { OptionType } from '../option.ts';
import { smileTotalVariance } from '../smile.ts';
import type { Smile } from '../smile.ts';
import type { SurfaceStatus } from '../surface/at-expiry.ts';
import { DELTA_CONVENTIONS, deltaLogMoneyness } from '../surface/delta.ts';
import type { DeltaConvention } from '../surface/delta.ts';
import { atmShape } from './atm-shape.ts';
import type { AtmConvention } from './atm-shape.ts';
import { hasSmile, sliceStatus, varianceStatus } from './slice-like.ts';
import type { KnownSlice, SliceLike } from './slice-like.ts';

export interface StrikeFromDeltaQuery {
  /** Its size; the sign is that of the type. */
  readonly delta: number;
  readonly type: OptionType;
  /** @default 'forward' */
  readonly convention?: DeltaConvention;
  /** Price of the underlying now; the spot conventions need it. */
  readonly spot?: number | null;
}

/** Numbers are NaN unless the status is `ok`, `before-first-expiry` or `after-last-expiry`. */
export interface StrikeFromDelta {
  readonly status: SurfaceStatus;
  readonly strike: number;
  readonly logMoneyness: number;
  readonly annualizedVol: number;
}

/**
 * The strike at which an option on the smile has a given delta.
 *
 * @throws DomainError for a delta that is 0 or not finite, an unknown type or convention, a spot convention without a spot
 * @see {@link deltaLogMoneyness} for which strike is meant where there are two, and when there is none
 * @example strikeFromDelta(slice, { delta: 0.25, type: 'put' }).strike
 */
export function strikeFromDelta(slice: SliceLike, query: StrikeFromDeltaQuery): StrikeFromDelta {
  const fn = 'strikeFromDelta';
  requireKnownKeys(fn, query, ['delta', 'type', 'convention', 'spot']);
  const convention = requireOneOf(fn, 'convention', query.convention ?? 'forward', DELTA_CONVENTIONS);
  const { delta, type } = query;
  const status = sliceStatus(fn, slice);
  if (!hasSmile(slice)) return place(slice, status, NaN, NaN);
  return placed(slice, slice.smile, status, { delta, type, convention, spotFactor: spotFactor(fn, slice, convention, query.spot) });
}

type Query = Parameters<typeof deltaLogMoneyness>[1];

function placed(slice: KnownSlice, smile: Smile, status: SurfaceStatus, query: Query): StrikeFromDelta {
  const { status: found, logMoneyness } = deltaLogMoneyness(smile, query);
  if (found !== 'ok') return place(slice, 'no-solution', NaN, NaN);
  const w = smileTotalVariance(slice.smile, logMoneyness);
  return place(slice, varianceStatus(w, status), logMoneyness, w);
}

function place({ forward, expiryYears }: SliceLike, status: SurfaceStatus, logMoneyness: number, w: number): StrikeFromDelta {
  return Object.freeze({ status, strike: forward * Math.exp(logMoneyness), logMoneyness, annualizedVol: w >= 0 ? Math.sqrt(w / expiryYears) : NaN });
}

function spotFactor(fn: string, { discount, forward }: SliceLike, convention: DeltaConvention, spot: number | null | undefined): number {
  if (!convention.startsWith('spot')) return 1;
  return (discount * forward) / requireNumber(fn, 'spot', spot, { min: 0, open: true });
}

/**
 * Which volatility a butterfly sets against the one at the money. `smile`: the mean of the smile's volatilities at the two strikes that
 * have the delta on the smile. `market`: the one volatility at which the two options with the delta at that volatility cost together what
 * they cost on the smile.
 */
export type StrangleKind = 'smile' | 'market';

export interface DeltaQuotesOptions {
  /** Sizes of delta, in (0, 1). @default [0.1, 0.25] */
  readonly deltas?: ArrayLike<number>;
  /** @default 'forward' */
  readonly convention?: DeltaConvention;
  /** `delta-neutral` is the straddle without delta under `convention`, premium-adjusted when that is. @default 'delta-neutral' */
  readonly atm?: 'forward' | 'delta-neutral';
  /** @default 'smile' */
  readonly strangle?: StrangleKind;
  /** Price of the underlying now; the spot conventions need it. */
  readonly spot?: number | null;
}

/** One delta. Numbers are NaN unless the status is `ok`, `before-first-expiry` or `after-last-expiry`. */
export interface DeltaQuote {
  readonly status: SurfaceStatus;
  readonly delta: number;
  /** Strikes with this delta on the smile, and its volatilities there. */
  readonly callStrike: number;
  readonly callVol: number;
  readonly putStrike: number;
  readonly putVol: number;
  /** callVol - putVol. */
  readonly riskReversal: number;
  /** Mean of callVol and putVol, or the volatility of the market strangle. */
  readonly strangleVol: number;
  /** strangleVol - atmVol. */
  readonly butterfly: number;
}

export interface DeltaQuotes {
  /** Of the volatility at the money. */
  readonly status: SurfaceStatus;
  readonly atmStrike: number;
  readonly atmVol: number;
  /** In the order of `deltas`. */
  readonly quotes: readonly DeltaQuote[];
}

/**
 * Volatility at the money, and risk reversal and butterfly at each delta.
 *
 * @throws DomainError for a delta outside (0, 1), an unknown convention, a spot convention without a spot
 * @see Reiswich and Wystup (2010), "A guide to FX options quoting conventions"; Clark (2011), "Foreign Exchange Option Pricing", chapter 3
 * @example deltaQuotes(surfaceSmile(surface, 30 / 365), { deltas: [0.25] }).quotes[0].riskReversal
 */
export function deltaQuotes(slice: SliceLike, options: DeltaQuotesOptions = {}): DeltaQuotes {
  const fn = 'deltaQuotes';
  requireKnownKeys(fn, options, ['deltas', 'convention', 'atm', 'strangle', 'spot']);
  const convention = requireOneOf(fn, 'convention', options.convention ?? 'forward', DELTA_CONVENTIONS);
  const atm = requireOneOf(fn, 'atm', options.atm ?? 'delta-neutral', ['forward', 'delta-neutral'] as const);
  const strangle = requireOneOf(fn, 'strangle', options.strangle ?? 'smile', ['smile', 'market'] as const);
  const deltas = requireDeltas(fn, options.deltas);
  const status = sliceStatus(fn, slice);
  const factor = hasSmile(slice) ? spotFactor(fn, slice, convention, options.spot) : 1;
  const { status: atmStatus, strike: atmStrike, annualizedVol: atmVol } = atmShape(slice, { convention: atmConvention(atm, convention) });
  const quotes = deltas.map((delta) => (hasSmile(slice) ? quoteOf(slice, status, delta, convention, factor, strangle, atmStatus, atmVol) : noQuote(status, delta)));
  return Object.freeze({ status: atmStatus, atmStrike: atmVol === atmVol ? atmStrike : NaN, atmVol, quotes: Object.freeze(quotes) });
}

function atmConvention(atm: 'forward' | 'delta-neutral', convention: DeltaConvention): AtmConvention {
  return atm === 'forward' ? atm : convention.endsWith('adjusted') ? 'delta-neutral-premium-adjusted' : 'delta-neutral';
}

/** Deltas as an array of numbers in (0, 1). */
export function requireDeltas(fn: string, deltas: ArrayLike<number> = [0.1, 0.25]): readonly number[] {
  if (!Number.isInteger(deltas?.length)) throw new ShapeError(`${fn}: deltas must be an array of numbers, got ${show(deltas)}`);
  return Array.from(deltas, (delta, i) => requireNumber(fn, `deltas[${i}]`, delta, { min: 0, max: 1, open: true }));
}

function quoteOf(slice: KnownSlice, status: SurfaceStatus, delta: number, convention: DeltaConvention, factor: number, strangle: StrangleKind, atmStatus: SurfaceStatus, atmVol: number): DeltaQuote {
  const query = { delta, convention, spotFactor: factor };
  const call = placed(slice, slice.smile, status, { ...query, type: 'call' });
  const put = placed(slice, slice.smile, status, { ...query, type: 'put' });
  const failed = [call.status, put.status, atmStatus].find((s) => s !== status);
  if (failed !== undefined) return noQuote(failed, delta);
  const smileStrangle = (call.annualizedVol + put.annualizedVol) / 2;
  const strangleVol = strangle === 'smile' ? smileStrangle : marketStrangle(slice, delta, convention, factor, smileStrangle);
  return Object.freeze({
    status: strangleVol === strangleVol ? status : 'no-solution',
    delta,
    callStrike: call.strike,
    callVol: call.annualizedVol,
    putStrike: put.strike,
    putVol: put.annualizedVol,
    riskReversal: call.annualizedVol - put.annualizedVol,
    strangleVol,
    butterfly: strangleVol - atmVol,
  });
}

function noQuote(status: SurfaceStatus, delta: number): DeltaQuote {
  return Object.freeze({ status, delta, callStrike: NaN, callVol: NaN, putStrike: NaN, putVol: NaN, riskReversal: NaN, strangleVol: NaN, butterfly: NaN });
}

// The volatility whose strangle is worth on the smile what it says: false position with bisection, from the smile strangle outwards.
function marketStrangle(slice: KnownSlice, delta: number, convention: DeltaConvention, factor: number, start: number): number {
  const excess = (vol: number): number => strangleExcess(slice, vol, { delta, convention, spotFactor: factor });
  const atStart = excess(start);
  if (atStart === 0) return start;
  const direction = atStart < 0 ? 1.1 : 1 / 1.1;
  let near = start;
  let atNear = atStart;
  let far = start;
  let atFar = atStart;
  for (let i = 0; i < 40 && atFar > 0 === atStart > 0; i++) {
    [near, atNear] = [far, atFar];
    far *= direction;
    atFar = excess(far);
    if (atFar !== atFar) return NaN;
  }
  if (atFar > 0 === atStart > 0) return NaN;
  let bisect = false;
  for (let i = 0; i < 100; i++) {
    const width = far - near;
    const secant = near + (width * atNear) / (atNear - atFar);
    const vol: number = bisect ? near + width / 2 : secant;
    if (vol === near || vol === far || Math.abs(width) <= 4e-16 * near) break;
    const at = excess(vol);
    if (at === 0) return vol;
    if (at > 0 === atNear > 0) [near, atNear] = [vol, at];
    else [far, atFar] = [vol, at];
    bisect = Math.abs(far - near) > Math.abs(width) / 2;
  }
  return Math.abs(atNear) <= Math.abs(atFar) ? near : far;
}

// Price of the strangle with its strikes at one volatility less its price on the smile at these strikes, in units of the forward.
function strangleExcess({ smile, expiryYears }: KnownSlice, vol: number, query: Omit<Query, 'type'>): number {
  const totalVol = vol * Math.sqrt(expiryYears);
  const flat: Smile = { kind: 'svi', a: totalVol * totalVol, b: 0, rho: 0, m: 0, sigma: 1 };
  let excess = 0;
  for (const type of ['call', 'put'] as const) {
    const { status, logMoneyness: k } = deltaLogMoneyness(flat, { ...query, type });
    if (status !== 'ok') return NaN;
    const x = -Math.abs(k); // the same difference as in the money
    excess += Math.exp(k / 2) * (normalizedBlack(x, totalVol) - normalizedBlack(x, Math.sqrt(smileTotalVariance(smile, k))));
  }
  return excess;
}
