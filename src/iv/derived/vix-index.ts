/** The variance of one strip of quotes by the exchange's formula, and the index of a fixed horizon from two of them. */
import { requireKnownKeys, requireNumber, requireSameLength } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { argsort } from '../../core/sort.ts';
import type { OptionChain } from '../quotes/chain.ts';
import { KEPT, NO_FORWARD } from '../quotes/drop-reason.ts';
import type { QuoteFilter } from '../quotes/filter-quotes.ts';

/** Quotes of one expiry in columns of shape (n), strikes in any order; NaN is missing; a bid of 0 is no bid, and a quote with its ask below its bid none at all. */
export interface OptionStrip {
  readonly strike: ArrayLike<number>;
  readonly callBid: ArrayLike<number>;
  readonly callAsk: ArrayLike<number>;
  readonly putBid: ArrayLike<number>;
  readonly putAsk: ArrayLike<number>;
}

export interface VixTermOptions {
  /** Time to settlement in minutes, > 0: a year has 525,600. */
  readonly minutes: number;
  /** Continuously compounded rate per year to that time. */
  readonly rate: number;
}

/**
 * `no-pair`: no strike has a bid for both its call and its put; `no-strike-below`: no such strike at or below the forward;
 * `few-quotes`: fewer than two strikes left; `invalid`: a strike that is not positive, or one twice.
 */
export type VixStatus = 'ok' | 'no-pair' | 'no-strike-below' | 'few-quotes' | 'negative-variance' | 'invalid';

/** Numbers after `forward` are NaN unless the status is `ok`. */
export interface VixTerm {
  readonly status: VixStatus;
  readonly minutes: number;
  /** Strike of the pair whose mids are nearest, plus e^(rate T) (call - put). */
  readonly forward: number;
  /** K0, the first strike at or below the forward with both its options quoted. */
  readonly atmStrike: number;
  /** Variance per year. */
  readonly variance: number;
  /** Strikes that took part, ascending, shape (m). */
  readonly strike: Float64Array;
  /** Mid of the option taken at each, shape (m); at K0 the mean of put and call. */
  readonly price: Float64Array;
  /** deltaK / K^2 e^(rate T) price, shape (m): twice their sum over T, less (F / K0 - 1)^2 / T, is the variance. */
  readonly contribution: Float64Array;
}

const YEAR_MINUTES = 525_600;

/**
 * Variance of one expiry: (2 / T) sum deltaK / K^2 e^(RT) Q(K) - (1 / T) (F / K0 - 1)^2.
 *
 * From K0 outwards options without a bid are skipped, and after two of them in a row no further ones are taken. deltaK is half the distance
 * between the strikes taken on either side, at the ends the distance to the next. A discrete sum over quoted strikes: its bias against
 * `varianceSwap` grows with their spacing and with what lies beyond them.
 *
 * @throws ShapeError for columns of different lengths, DomainError for minutes or a rate out of range; quotes never throw
 * @see Cboe, "Volatility Index Methodology: Cboe Volatility Index"
 * @example vixTerm(strip, { minutes: 12960, rate: 0.0038 }).variance
 */
export function vixTerm(strip: OptionStrip, options: VixTermOptions): VixTerm {
  const fn = 'vixTerm';
  requireKnownKeys(fn, options, ['minutes', 'rate']);
  const minutes = requireNumber(fn, 'minutes', options.minutes, { min: 0, open: true });
  const rate = requireNumber(fn, 'rate', options.rate);
  const { strike, callBid, callAsk, putBid, putAsk } = strip;
  const n = requireSameLength(fn, { strike, callBid, callAsk, putBid, putAsk });
  const order = argsort(strike);
  const sorted = (column: ArrayLike<number>): Float64Array => Float64Array.from(order, (i) => column[i]);
  const k = sorted(strike);
  const call = mids(sorted(callBid), sorted(callAsk));
  const put = mids(sorted(putBid), sorted(putAsk));
  const years = minutes / YEAR_MINUTES;
  const growth = Math.exp(rate * years);
  if (!k.every((value, i) => value > (i === 0 ? 0 : k[i - 1]) && value < Infinity)) return failed('invalid', minutes, NaN);

  let pair = -1;
  for (let i = 0; i < n; i++) if (Math.abs(call[i] - put[i]) < (pair < 0 ? Infinity : Math.abs(call[pair] - put[pair]))) pair = i;
  if (pair < 0) return failed('no-pair', minutes, NaN);
  const forward = k[pair] + growth * (call[pair] - put[pair]);
  let atm = -1;
  for (let i = 0; i < n && k[i] <= forward; i++) if (call[i] === call[i] && put[i] === put[i]) atm = i;
  if (atm < 0) return failed('no-strike-below', minutes, forward);

  const rows = [...outwards(put, atm, -1).reverse(), atm, ...outwards(call, atm, 1)];
  if (rows.length < 2) return failed('few-quotes', minutes, forward);
  const used = Float64Array.from(rows, (i) => k[i]);
  const price = Float64Array.from(rows, (i) => (i < atm ? put[i] : i > atm ? call[i] : (put[i] + call[i]) / 2));
  const last = used.length - 1;
  const contribution = used.map((at, i) => {
    const width = i === 0 ? used[1] - used[0] : i === last ? used[last] - used[last - 1] : (used[i + 1] - used[i - 1]) / 2;
    return ((width / at) * growth * price[i]) / at;
  });
  const shift = forward / k[atm] - 1;
  const variance = (2 * contribution.reduce((sum, part) => sum + part, 0) - shift * shift) / years;
  if (!(variance >= 0)) return failed('negative-variance', minutes, forward);
  return Object.freeze({ status: 'ok', minutes, forward, atmStrike: k[atm], variance, strike: used, price, contribution });
}

function failed(status: VixStatus, minutes: number, forward: number): VixTerm {
  return Object.freeze({ status, minutes, forward, atmStrike: NaN, variance: NaN, strike: new Float64Array(0), price: new Float64Array(0), contribution: new Float64Array(0) });
}

// Mid prices; NaN without a bid above 0 or with an ask below it.
function mids(bid: Float64Array, ask: Float64Array): Float64Array {
  return bid.map((value, i) => (value > 0 && ask[i] >= value && ask[i] < Infinity ? (value + ask[i]) / 2 : NaN));
}

// Rows with a mid from `atm` outwards, up to two neighbours without one.
function outwards(mid: Float64Array, atm: number, step: 1 | -1): number[] {
  const rows: number[] = [];
  let missing = 0;
  for (let i = atm + step; i >= 0 && i < mid.length && missing < 2; i += step) {
    if (mid[i] === mid[i]) {
      rows.push(i);
      missing = 0;
    } else missing++;
  }
  return rows;
}

export interface VixIndexOptions {
  /** Horizon in minutes, > 0. @default 43200, 30 days */
  readonly horizonMinutes?: number;
}

export interface VixIndex {
  /** That of the term that has no variance, or `extrapolated` when the terms do not bracket the horizon: the index is then a number all the same. */
  readonly status: VixStatus | 'extrapolated';
  /** 100 times the volatility per year; NaN without a variance of both terms. */
  readonly index: number;
  /** Square of index / 100. */
  readonly variance: number;
}

/**
 * The index: variances of two terms interpolated in time to the horizon, linear in total variance.
 *
 * index^2 / 100^2 = [T1 V1 (N2 - N) / (N2 - N1) + T2 V2 (N - N1) / (N2 - N1)] N365 / N, times N in minutes.
 *
 * @param terms - two, of different times, in any order
 * @throws DomainError unless there are two different times
 * @example vixIndex([vixTerm(near, { minutes: 35924, rate: 0.000305 }), vixTerm(next, { minutes: 46394, rate: 0.000286 })]).index
 */
export function vixIndex(terms: readonly [Pick<VixTerm, 'status' | 'minutes' | 'variance'>, Pick<VixTerm, 'status' | 'minutes' | 'variance'>], options: VixIndexOptions = {}): VixIndex {
  const fn = 'vixIndex';
  requireKnownKeys(fn, options, ['horizonMinutes']);
  const horizon = requireNumber(fn, 'horizonMinutes', options.horizonMinutes ?? 43_200, { min: 0, open: true });
  if (!Array.isArray(terms) || terms.length !== 2 || !(Math.abs(terms[0].minutes - terms[1].minutes) > 0)) throw new DomainError(`${fn}: terms must be two of different minutes`);
  const [near, next] = [...terms].sort((a, b) => a.minutes - b.minutes);
  const problem = [near, next].find(({ status }) => status !== 'ok');
  if (problem !== undefined) return Object.freeze({ status: problem.status, index: NaN, variance: NaN });
  const share = (horizon - near.minutes) / (next.minutes - near.minutes);
  const variance = ((1 - share) * near.minutes * near.variance + share * next.minutes * next.variance) / horizon;
  if (!(variance >= 0)) return Object.freeze({ status: 'negative-variance', index: NaN, variance: NaN });
  return Object.freeze({ status: share >= 0 && share <= 1 ? 'ok' : 'extrapolated', index: 100 * Math.sqrt(variance), variance });
}

/** A strip of a chain with its time. */
export interface ChainStrip extends OptionStrip {
  readonly minutes: number;
}

export interface ChainStripOptions {
  /**
   * Rows it dropped for what they are, stale or crossed ones and such, are left out, and a strike with both its rows dropped is none; those dropped
   * for where they lie, as in the money or without a forward, stay. @default every row as it stands, as the exchange takes them
   */
  readonly filter?: QuoteFilter;
}

/**
 * The quotes of one expiry of a chain, one row per strike. Where a contract is quoted twice, the first row counts.
 *
 * @param slice - place in `chain.slices`
 * @throws DomainError when there is no such expiry, ShapeError for a filter of another chain
 * @example const strip = chainStrip(chain, 3); // then vixTerm(strip, { minutes: strip.minutes, rate })
 */
export function chainStrip(chain: OptionChain, slice: number, options: ChainStripOptions = {}): ChainStrip {
  requireKnownKeys('chainStrip', options, ['filter']);
  const { filter } = options;
  if (filter !== undefined) requireSameLength('chainStrip', { 'filter.reason': filter.reason, 'chain.strike': chain.strike });
  const found = chain.slices[slice];
  if (found === undefined) throw new DomainError(`chainStrip: slice must be in [0, ${chain.slices.length - 1}], got ${slice}`);
  const strike: number[] = [];
  const columns: { readonly bid: number[]; readonly ask: number[] }[] = [{ bid: [], ask: [] }, { bid: [], ask: [] }];
  for (let at = found.start; at < found.end; at++) {
    const row = chain.order[at];
    if (chain.side[row] === 0) continue; // neither call nor put
    const reason = filter === undefined ? KEPT : filter.reason[row];
    if (reason !== KEPT && reason < NO_FORWARD) continue;
    if (strike.length === 0 || strike[strike.length - 1] !== chain.strike[row]) {
      strike.push(chain.strike[row]);
      for (const { bid, ask } of columns) [bid[strike.length - 1], ask[strike.length - 1]] = [NaN, NaN];
    }
    const { bid, ask } = columns[chain.side[row] === 1 ? 0 : 1];
    const last = strike.length - 1;
    if (bid[last] === bid[last] || ask[last] === ask[last]) continue;
    bid[last] = chain.bid[row];
    ask[last] = chain.ask[row];
  }
  const [call, put] = columns.map(({ bid, ask }) => ({ bid: Float64Array.from(bid), ask: Float64Array.from(ask) }));
  return Object.freeze({ strike: Float64Array.from(strike), callBid: call.bid, callAsk: call.ask, putBid: put.bid, putAsk: put.ask, minutes: found.expiryYears * YEAR_MINUTES });
}
