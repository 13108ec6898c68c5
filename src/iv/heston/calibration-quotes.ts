/** Quotes of all expiries as flat columns, each with what it counts, or why it does not. */
import { requireOneOf, requireSameLength, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { normalizedBlack, normalizedVega } from '../black/normalized-black.ts';
import type { SmileQuotes } from '../option.ts';

/** Volatilities without bid and ask: one array per expiry, of any lengths. */
export interface HestonVolGrid {
  /** Years of 365 days, shape (m). */
  readonly expiryYears: ArrayLike<number>;
  /** ln(strike / forward) in any order, m arrays. */
  readonly logMoneyness: readonly ArrayLike<number>[];
  /** Black volatility per year as a decimal, NaN where missing, m arrays. */
  readonly annualizedVol: readonly ArrayLike<number>[];
  /** Forward of each expiry, or one for all: only for the strikes of the residual table. @default 1 */
  readonly forward?: ArrayLike<number> | number;
}

/**
 * What a difference between model and market is measured in: `vol`, points (hundredths) of volatility, Black's formula inverted exactly;
 * `price-over-vega`, the same to first order, by the market's vega; `relative-price`, per cent of the market's price.
 */
export type HestonResidual = 'vol' | 'price-over-vega' | 'relative-price';

/**
 * What the residual is multiplied by before it is squared. `spread`: the inverse half spread in the residual's unit, so that 1 is the edge of bid
 * and ask (where no quote has both sides: uniform); `vega`: Black's vega relative to the largest; `uniform`: 1; or one number >= 0 per quote, m
 * arrays (0 leaves it out).
 */
export type HestonWeights = 'spread' | 'vega' | 'uniform' | readonly ArrayLike<number>[];

/**
 * `used`; `missing`: log-moneyness or volatility is no number, or the volatility not positive; `unusable`: the expiry is not in (0, 100] years,
 * or the option so far out that its price is no double; `unweighted`: the weight is 0 or no number; `unpriced`: the model found has no volatility for it.
 */
export const HESTON_QUOTE_STATUS: readonly ['used', 'missing', 'unusable', 'unweighted', 'unpriced'] = Object.freeze(['used', 'missing', 'unusable', 'unweighted', 'unpriced'] as const);
export type HestonQuoteStatus = (typeof HESTON_QUOTE_STATUS)[number];
const USED = 0;
const MISSING = 1;
const UNUSABLE = 2;
const UNWEIGHTED = 3;

/** All quotes, shape (n), in the order given. */
export interface CalibrationQuotes {
  readonly expiryYears: Float64Array;
  readonly logMoneyness: Float64Array;
  readonly strike: Float64Array;
  readonly marketVol: Float64Array;
  readonly bidVol: Float64Array;
  readonly askVol: Float64Array;
  /** Out of the money price / (discount sqrt(F K)) of the market volatility, and its derivative in the volatility. */
  readonly marketPrice: Float64Array;
  readonly marketVega: Float64Array;
  /** Factor on the residual, its unit included; 0 unless used. */
  readonly weight: Float64Array;
  readonly status: Uint8Array;
  /** First row of each expiry, shape (m + 1). */
  readonly offsets: Int32Array;
  readonly weighting: 'spread' | 'vega' | 'uniform' | 'explicit';
}

/** In what residuals are counted without a spread: points of volatility, per cent of a price. */
const UNIT = 100;

/** Copies, checks shapes, weighs. Bad values never throw. */
export function calibrationQuotes(fn: string, source: readonly SmileQuotes[] | HestonVolGrid, residual: HestonResidual, weights: HestonWeights): CalibrationQuotes {
  const slices = Array.isArray(source) ? smileSlices(fn, source) : gridSlices(fn, source as HestonVolGrid);
  const isExplicit = typeof weights !== 'string';
  if (isExplicit) requireWeightShape(fn, weights, slices);
  else requireOneOf(fn, 'weights', weights, ['spread', 'vega', 'uniform']);
  const offsets = new Int32Array(slices.length + 1);
  slices.forEach((slice, e) => {
    offsets[e + 1] = offsets[e] + slice.logMoneyness.length;
  });
  const n = offsets[slices.length];
  const column = (): Float64Array => new Float64Array(n).fill(NaN);
  const quotes = { expiryYears: column(), logMoneyness: column(), strike: column(), marketVol: column(), bidVol: column(), askVol: column(), marketPrice: column(), marketVega: column() };
  const weight = new Float64Array(n);
  const status = new Uint8Array(n);
  slices.forEach((slice, e) => {
    for (let i = 0; i < slice.logMoneyness.length; i++) {
      const row = offsets[e] + i;
      const T = slice.expiryYears;
      const k = slice.logMoneyness[i];
      const vol = slice.midVol[i];
      quotes.expiryYears[row] = T;
      quotes.logMoneyness[row] = k;
      quotes.strike[row] = slice.forward * Math.exp(k);
      quotes.marketVol[row] = vol;
      if (slice.bidVol !== null) quotes.bidVol[row] = slice.bidVol[i];
      if (slice.askVol !== null) quotes.askVol[row] = slice.askVol[i];
      if (!(Number.isFinite(k) && vol > 0 && vol < Infinity)) {
        status[row] = MISSING;
        continue;
      }
      const root = Math.sqrt(T);
      const price = T > 0 && T <= 100 ? normalizedBlack(-Math.abs(k), vol * root) : 0;
      const vega = normalizedVega(k, vol * root) * root;
      if (!(price >= 1e-290 && vega >= 1e-290)) {
        status[row] = UNUSABLE;
        continue;
      }
      quotes.marketPrice[row] = price;
      quotes.marketVega[row] = vega;
      if (isExplicit) weight[row] = UNIT * weights[e][i];
    }
  });
  let weighting: CalibrationQuotes['weighting'] = isExplicit ? 'explicit' : weights;
  if (weights === 'spread' && !weighBySpread(quotes, offsets, status, residual, weight)) weighting = 'uniform';
  if (weighting === 'uniform') weight.fill(UNIT);
  if (weights === 'vega') weighByVega(quotes.marketVega, weight);
  for (let i = 0; i < n; i++) {
    if (status[i] === USED && !(weight[i] > 0 && weight[i] < Infinity)) status[i] = UNWEIGHTED;
    if (status[i] !== USED) weight[i] = 0;
  }
  return { ...quotes, weight, status, offsets, weighting };
}

interface Slice {
  readonly expiryYears: number;
  readonly forward: number;
  readonly logMoneyness: ArrayLike<number>;
  readonly midVol: ArrayLike<number>;
  readonly bidVol: ArrayLike<number> | null;
  readonly askVol: ArrayLike<number> | null;
}

function smileSlices(fn: string, smiles: readonly SmileQuotes[]): readonly Slice[] {
  return smiles.map(({ expiryYears, forward, logMoneyness, midVol, bidVol, askVol }) => {
    requireSameLength(fn, { logMoneyness, midVol, bidVol, askVol });
    return { expiryYears, forward, logMoneyness, midVol, bidVol, askVol };
  });
}

function gridSlices(fn: string, grid: HestonVolGrid): readonly Slice[] {
  const { expiryYears, logMoneyness, annualizedVol, forward = 1 } = grid;
  if (!Array.isArray(logMoneyness) || !Array.isArray(annualizedVol)) throw new DomainError(`${fn}: quotes must be smiles or { expiryYears, logMoneyness, annualizedVol }, got ${show(grid)}`);
  requireSameLength(fn, { expiryYears, logMoneyness, annualizedVol, ...(typeof forward !== 'number' && { forward }) });
  return logMoneyness.map((strikes: ArrayLike<number>, e) => {
    requireSameLength(fn, { [`logMoneyness[${e}]`]: strikes, [`annualizedVol[${e}]`]: annualizedVol[e] });
    return { expiryYears: expiryYears[e], forward: typeof forward === 'number' ? forward : forward[e], logMoneyness: strikes, midVol: annualizedVol[e], bidVol: null, askVol: null };
  });
}

function requireWeightShape(fn: string, weights: readonly ArrayLike<number>[], slices: readonly Slice[]): void {
  if (!Array.isArray(weights) || weights.length !== slices.length) throw new ShapeError(`${fn}: weights must be one array for each of ${slices.length} expiries, got ${show(weights)}`);
  slices.forEach((slice, e) => requireSameLength(fn, { [`weights[${e}]`]: weights[e], [`logMoneyness[${e}]`]: slice.logMoneyness }));
}

// A spread below a quarter of its expiry's median counts as that quarter: a quote that is locked for a moment must not decide the fit.
function weighBySpread(quotes: Pick<CalibrationQuotes, 'bidVol' | 'askVol' | 'marketPrice' | 'marketVega'>, offsets: Int32Array, status: Uint8Array, residual: HestonResidual, weight: Float64Array): boolean {
  const half = quotes.bidVol.map((bid, i) => (status[i] === USED && bid >= 0 ? (quotes.askVol[i] - bid) / 2 : NaN));
  const overall = positiveMedian(half);
  if (Number.isNaN(overall)) return false;
  for (let e = 0; e + 1 < offsets.length; e++) {
    const own = positiveMedian(half.subarray(offsets[e], offsets[e + 1]));
    const median = Number.isNaN(own) ? overall : own;
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      weight[i] = 1 / (half[i] >= 0 && half[i] < Infinity ? Math.max(half[i], median / 4) : median);
      if (residual === 'relative-price') weight[i] *= quotes.marketPrice[i] / quotes.marketVega[i];
    }
  }
  return true;
}

function positiveMedian(values: Float64Array): number {
  const known = values.filter((value) => value > 0 && value < Infinity).sort();
  return known.length > 0 ? known[known.length >> 1] : NaN;
}

function weighByVega(vega: Float64Array, weight: Float64Array): void {
  let largest = 0;
  for (let i = 0; i < vega.length; i++) if (vega[i] > largest) largest = vega[i];
  for (let i = 0; i < vega.length; i++) weight[i] = (UNIT * vega[i]) / largest;
}
