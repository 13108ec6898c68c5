/** Option chains as a market would quote a synthetic surface, with what was done to each row told apart. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { printable } from '../../core/inspect.ts';
import { randomStream, type RandomStream } from '../../core/random.ts';
import { parseTime } from '../../core/time.ts';
import { normalizedBlack, normalizedVega } from '../black/normalized-black.ts';
import type { OptionQuote, TimeLike } from '../quotes/option-quote.ts';
import { uncheckedEssviSmile } from '../slices/essvi.ts';
import type { SyntheticDay, SyntheticSlice } from './surfaces.ts';

export interface SyntheticChainOptions {
  /** @default 0 */
  readonly seed?: number;
  /** Time of the quotes; a date alone is 00:00 UTC. @default '2026-01-30T21:00Z' */
  readonly asOf?: TimeLike;
  /** Strikes of every expiry. @default multiples of a round step, about six per standard deviation */
  readonly strikes?: ArrayLike<number>;
  /** Standard deviations that default strikes reach below the forward; above it 60 % of them. @default 5 */
  readonly width?: number;
  /** Smallest change of a price, >= 1e-6. @default 0.01 */
  readonly tick?: number;
  /** Spread as a share of volatility, times vega. @default 0.02 */
  readonly spreadVol?: number;
  /** Spread as a share of the price, added to that of volatility. @default 0.005 */
  readonly spreadPrice?: number;
  /** Standard deviation of the logarithm of spreads. @default 0.3 */
  readonly spreadNoise?: number;
  /** Share of rows whose quote is days old, from a spot that has moved since. @default 0.05 */
  readonly staleShare?: number;
  /** Share of rows that lack the bid, the ask or both. @default 0.02 */
  readonly missingShare?: number;
  /** Share of rows whose bid is above the ask. @default 0.002 */
  readonly crossedShare?: number;
}

export type SyntheticQuoteStatus = 'live' | 'stale' | 'missing' | 'crossed';

/** What is true of each row, beside what is quoted. */
export interface SyntheticChain {
  readonly kind: 'synthetic-chain';
  /** Epoch milliseconds UTC. */
  readonly asOf: number;
  readonly spot: number;
  /** By expiry, strike, calls before puts: what `optionChain(rows, { asOf })` takes. */
  readonly rows: readonly OptionQuote[];
  /** What was done to each row, shape (n). */
  readonly status: readonly SyntheticQuoteStatus[];
  /** Discounted price on the surface of the day, shape (n). */
  readonly price: Float64Array;
  /** Volatility on the surface of the day, per year, shape (n). */
  readonly annualizedVol: Float64Array;
}

const KEYS = ['seed', 'asOf', 'strikes', 'width', 'tick', 'spreadVol', 'spreadPrice', 'spreadNoise', 'staleShare', 'missingShare', 'crossedShare'];
const DAY_MS = 86_400_000;
const YEAR_DAYS = 365;

/**
 * Calls and puts of every expiry of a synthetic day with bid, ask, sizes, volume, open interest and time of last trade.
 *
 * Spreads are max(tick, spreadVol vol vega + spreadPrice price) times a lognormal factor; bid and ask are rounded outwards to the tick and
 * at least one apart, so that a live quote always has the true price between them; a bid below a tick is 0. A stale row was quoted 1 to 10
 * days ago, when the spot was elsewhere, has not traded since and may violate any bound.
 *
 * @throws DomainError for options out of range
 * @example
 * const { rows, asOf } = syntheticChain(syntheticSurfacesSync({ seed: 7 }).days[0]);
 * optionChain(rows, { asOf });
 */
export function syntheticChain(day: Pick<SyntheticDay, 'spot' | 'slices'>, options: SyntheticChainOptions = {}): SyntheticChain {
  const model = requireMarket('syntheticChain', options);
  const random = randomStream(model.seed, 'chain');
  const rows: OptionQuote[] = [];
  const status: SyntheticQuoteStatus[] = [];
  const price: number[] = [];
  const annualizedVol: number[] = [];
  for (const slice of day.slices) {
    for (const strike of model.strikes ?? gridOf(slice, model.width)) {
      for (const type of ['call', 'put'] as const) {
        const truth = valueOnSurface(slice, { strike, type }, slice.forward, slice.expiryYears);
        const drawn = random.uniform();
        const state: SyntheticQuoteStatus = drawn < model.staleShare ? 'stale' : drawn < model.staleShare + model.missingShare ? 'missing' : drawn < model.staleShare + model.missingShare + model.crossedShare ? 'crossed' : 'live';
        rows.push(quoteOf(slice, { strike, type }, truth, state, model, random));
        status.push(state);
        price.push(truth.price);
        annualizedVol.push(truth.vol);
      }
    }
  }
  const chain: SyntheticChain = { kind: 'synthetic-chain', asOf: model.asOf, spot: day.spot, rows: Object.freeze(rows), status: Object.freeze(status), price: Float64Array.from(price), annualizedVol: Float64Array.from(annualizedVol) };
  return Object.freeze(printable(chain, (value) => `SyntheticChain: ${value.rows.length} rows, ${day.slices.length} expiries, ${value.status.filter((state) => state !== 'live').length} not live`));
}

interface Market {
  readonly seed: number;
  readonly asOf: number;
  readonly strikes: Float64Array | null;
  readonly width: number;
  readonly tick: number;
  readonly spreadVol: number;
  readonly spreadPrice: number;
  readonly spreadNoise: number;
  readonly staleShare: number;
  readonly missingShare: number;
  readonly crossedShare: number;
}

function requireMarket(fn: string, options: SyntheticChainOptions): Market {
  requireKnownKeys(fn, options, KEYS);
  const share = (name: 'staleShare' | 'missingShare' | 'crossedShare', standard: number, left: number): number => requireNumber(fn, name, options[name] ?? Math.min(standard, left), { min: 0, max: left });
  const staleShare = share('staleShare', 0.05, 1);
  const missingShare = share('missingShare', 0.02, 1 - staleShare);
  return {
    seed: requireInteger(fn, 'seed', options.seed ?? 0),
    asOf: parseTime(fn, 'asOf', options.asOf ?? '2026-01-30T21:00Z'),
    strikes: options.strikes === undefined ? null : Float64Array.from(options.strikes, (strike, i) => requireNumber(fn, `strikes[${i}]`, strike, { min: 0, open: true })),
    width: requireNumber(fn, 'width', options.width ?? 5, { min: 0, max: 20, open: true }),
    tick: requireNumber(fn, 'tick', options.tick ?? 0.01, { min: 1e-6 }),
    spreadVol: requireNumber(fn, 'spreadVol', options.spreadVol ?? 0.02, { min: 0 }),
    spreadPrice: requireNumber(fn, 'spreadPrice', options.spreadPrice ?? 0.005, { min: 0 }),
    spreadNoise: requireNumber(fn, 'spreadNoise', options.spreadNoise ?? 0.3, { min: 0, max: 3 }),
    staleShare,
    missingShare,
    crossedShare: share('crossedShare', 0.002, 1 - staleShare - missingShare),
  };
}

interface Contract {
  readonly strike: number;
  readonly type: 'call' | 'put';
}

interface Value {
  readonly price: number;
  readonly vol: number;
  /** Of the discounted price, per unit of volatility. */
  readonly vega: number;
  /** Log-moneyness in at-the-money standard deviations. */
  readonly deviations: number;
}

const out = new Float64Array(3);

function valueOnSurface({ slice, discount, expiryYears }: SyntheticSlice, { strike, type }: Contract, forward: number, years: number): Value {
  const k = Math.log(strike / forward);
  uncheckedEssviSmile(slice, k, out);
  const vol = Math.sqrt(out[0] / expiryYears);
  const s = vol * Math.sqrt(years);
  const scale = discount * Math.sqrt(forward * strike);
  return { price: scale * normalizedBlack(type === 'call' ? -k : k, s), vol, vega: scale * normalizedVega(k, s) * Math.sqrt(years), deviations: k / Math.sqrt(slice.theta) };
}

function quoteOf(slice: SyntheticSlice, contract: Contract, truth: Value, state: SyntheticQuoteStatus, model: Market, random: RandomStream): OptionQuote {
  const { tick } = model;
  const age = state === 'stale' ? 1 + random.integer(10) : 0;
  const moved = random.normal();
  const spreadFactor = Math.exp(model.spreadNoise * random.normal());
  const offset = 0.5 * (random.uniform() - 0.5);
  const activity = random.normal();
  const minutes = 1 + random.integer(380);
  const seen = age === 0 ? truth : valueOnSurface(slice, contract, slice.forward * Math.exp(truth.vol * Math.sqrt(age / YEAR_DAYS) * moved), slice.expiryYears + age / YEAR_DAYS);
  const spread = spreadFactor * Math.max(tick, model.spreadVol * seen.vol * seen.vega + model.spreadPrice * seen.price);
  const middle = seen.price + offset * spread;
  const bidTicks = Math.max(0, Math.floor(Math.min(middle - spread / 2, seen.price) / tick));
  const askTicks = Math.max(bidTicks + 1, Math.ceil(Math.max(middle + spread / 2, seen.price) / tick));
  let bid: number | null = onTick(bidTicks, tick);
  let ask: number | null = onTick(askTicks, tick);
  if (state === 'crossed') [bid, ask] = [onTick(askTicks + 1, tick), bid];
  if (state === 'missing') {
    const side = random.integer(3);
    if (side !== 1) bid = null;
    if (side !== 0) ask = null;
  }
  // Trade is busiest near the money and out of it.
  const isOut = contract.type === 'call' ? truth.deviations >= 0 : truth.deviations <= 0;
  const interest = Math.exp(7 - (truth.deviations * truth.deviations) / 6 - (isOut ? 0 : 1.5) + activity);
  const volume = state === 'stale' ? 0 : Math.floor(interest / 8);
  const session = state === 'stale' ? age : volume > 0 ? 0 : 1;
  return Object.freeze({
    expiryYears: slice.expiryYears,
    strike: contract.strike,
    type: contract.type,
    bid,
    ask,
    bidSize: bid === null || bid === 0 ? 0 : 1 + random.integer(200),
    askSize: ask === null ? 0 : 1 + random.integer(200),
    volume,
    openInterest: Math.floor(interest),
    lastTradeTime: model.asOf - session * DAY_MS - minutes * 60_000,
  });
}

// A whole number of ticks without the digits that multiplication adds.
function onTick(ticks: number, tick: number): number {
  return Math.round(ticks * tick * 1e9) / 1e9;
}

// Multiples of 1, 2, 2.5 or 5 times a power of ten nearest to a sixth of a standard deviation.
function gridOf({ forward, slice }: SyntheticSlice, width: number): Float64Array {
  const deviation = Math.sqrt(slice.theta);
  const target = (forward * deviation) / 6;
  let power = 1;
  while (power * 10 <= target) power *= 10;
  while (power > target) power /= 10;
  const step = [1, 2, 2.5, 5, 10].reduce((best, factor) => (Math.abs(factor * power - target) < Math.abs(best - target) ? factor * power : best), power);
  const first = Math.max(1, Math.ceil((forward * Math.exp(-width * deviation)) / step));
  const last = Math.floor((forward * Math.exp(0.6 * width * deviation)) / step);
  return Float64Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => onTick(first + i, step));
}
