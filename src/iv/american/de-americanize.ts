/** From an American quote to the European price at the same volatility: what smiles of stock and ETF options are fitted to. */
import { driveWith, driveWithSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { ANNUALIZED_VOL, CELL_LENGTH, DENSITY, EXPIRY_YEARS, fillBlackTerms, INTRINSIC, LOG_FORWARD_MONEYNESS, RATE, SIGN, STRIKE, STRIKE_DISCOUNT, TIME_VALUE, UNDERLYING, UNDERLYING_DISCOUNT, YIELD } from '../black/black-terms.ts';
import { outputColumns, ROW_MISSING } from '../black/columns.ts';
import type { NumberColumn } from '../black/columns.ts';
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import { loadRow, spotRows } from '../black/option-rows.ts';
import type { SpotColumns } from '../black/option-rows.ts';
import type { BlackScholesOption } from '../black/price.ts';
import { requireAccuracy } from './american-price.ts';
import type { AmericanOptions } from './american-price.ts';
import { AMERICAN_NOT_CONVERGED, americanSolver, PRICE, VALUE_LENGTH, valueAmerican } from './american-value.ts';
import type { AmericanSolver } from './american-value.ts';

/** What became of a quote: `DE_AMERICANIZE_STATUS[status[i]]`. */
export const DE_AMERICANIZE_STATUS: readonly [
  'ok',
  'at-intrinsic', // worth its exercise value: every volatility up to some level fits, so there is none to report
  'below-intrinsic', // below the exercise value, or below the price without volatility
  'above-maximum', // no volatility gives so high a price
  'expired',
  'missing', // some input is NaN
  'invalid', // spot or strike not positive, an infinity, no option type
  'not-converged',
] = Object.freeze(['ok', 'at-intrinsic', 'below-intrinsic', 'above-maximum', 'expired', 'missing', 'invalid', 'not-converged'] as const);
/** One of {@link DE_AMERICANIZE_STATUS}. */
export type DeAmericanizeStatus = (typeof DE_AMERICANIZE_STATUS)[number];

const OK = 0;
const AT_INTRINSIC = 1;
const BELOW_INTRINSIC = 2;
const ABOVE_MAXIMUM = 3;
const EXPIRED = 4;
const MISSING = 5;
const INVALID = 6;
const NOT_CONVERGED = 7;

/** An American quote: an option with a price instead of a volatility. */
export interface AmericanQuote extends Omit<BlackScholesOption, 'annualizedVol'> {
  /** Quoted price of the American option. NaN is missing. */
  readonly price: number;
}

/** American quotes; arrays of one length, or single values for all rows. */
export interface AmericanQuoteColumns extends SpotColumns {
  readonly price: NumberColumn;
}

/** One quote without its early-exercise premium; numbers are NaN unless `status` is ok. */
export interface DeAmericanized {
  /** Volatility at which the American option is worth its quote. */
  readonly annualizedVol: number;
  /** Price of the European option at that volatility. */
  readonly europeanPrice: number;
  /** Quote minus `europeanPrice`. */
  readonly exercisePremium: number;
  readonly status: DeAmericanizeStatus;
}

/** Quotes without their early-exercise premiums, shape (n); NaN unless the status is ok. */
export interface DeAmericanizedColumns {
  readonly annualizedVol: Float64Array;
  readonly europeanPrice: Float64Array;
  readonly exercisePremium: Float64Array;
  readonly status: Uint8Array;
}

// Shares of the strike: closer than this to the exercise value a price says nothing about volatility.
const INTRINSIC_TOLERANCE = 1e-11;
const VOL_TOLERANCE = 1e-9;
const HIGHEST_VOL = 64;

/**
 * European price and volatility of one American quote.
 *
 * Finds the volatility at which the American option (constant rate and yield) is worth the quote, by a safeguarded secant search downwards from
 * the European implied volatility, which is an upper bound. Discrete dividends are outside the model: pass the yield that gives the forward.
 *
 * @param quote - bad numbers give a status and never throw
 * @returns frozen; re-pricing at `annualizedVol` returns the quote to 1e-9 of it
 * @throws DomainError for an unknown field or accuracy
 * @example deAmericanize({ type: 'put', spot: 100, strike: 100, expiryYears: 1, price: 6.09, rate: 0.05 }).annualizedVol // 0.19999
 */
export function deAmericanize(quote: AmericanQuote, options: AmericanOptions = {}): DeAmericanized {
  const solver = americanSolver(requireAccuracy('deAmericanize', options, 'accurate'));
  const { type, ...numbers } = quote;
  const rows = spotRows('deAmericanize', { ...numbers, type: [type] }, 'price');
  const out = new Float64Array(2);
  const status = deAmericanizeRow(rows, 0, new Float64Array(CELL_LENGTH), solver, new Float64Array(VALUE_LENGTH), out);
  return Object.freeze({ annualizedVol: out[0], europeanPrice: out[1], exercisePremium: quote.price - out[1], status: DE_AMERICANIZE_STATUS[status] });
}

/** {@link deAmericanizeQuotes} as a task to drive or `yield*`. */
export function* deAmericanizeQuotesTask(columns: AmericanQuoteColumns, options: AmericanOptions = {}): Task<DeAmericanizedColumns> {
  const fn = 'deAmericanizeQuotes';
  const solver = americanSolver(requireAccuracy(fn, options, 'fast'));
  const rows = spotRows(fn, columns, 'price');
  const result = outputColumns(fn, ['annualizedVol', 'europeanPrice', 'exercisePremium'], rows.rows, undefined);
  const cell = new Float64Array(CELL_LENGTH);
  const value = new Float64Array(VALUE_LENGTH);
  const out = new Float64Array(2);
  for (let i = 0; i < rows.rows; i++) {
    result.status[i] = deAmericanizeRow(rows, i, cell, solver, value, out);
    result.annualizedVol[i] = out[0];
    result.europeanPrice[i] = out[1];
    result.exercisePremium[i] = rows.vol[i] - out[1];
    yield { phase: 'de-americanise', done: i + 1, total: rows.rows };
  }
  return Object.freeze(result);
}

/**
 * European prices and volatilities of many American quotes; about 0.5 ms each at the default accuracy `'fast'`, 3 ms at `'accurate'`.
 *
 * @returns columns as {@link deAmericanize}; `DE_AMERICANIZE_STATUS[status[i]]` is the status in words
 * @throws ShapeError when columns have different lengths; `signal.reason` when cancelled
 */
export function deAmericanizeQuotes(columns: AmericanQuoteColumns, options: AmericanOptions & DriveOptions = {}): Promise<DeAmericanizedColumns> {
  return driveWith(options, (own) => deAmericanizeQuotesTask(columns, own));
}

/** {@link deAmericanizeQuotes} in one go. */
export function deAmericanizeQuotesSync(columns: AmericanQuoteColumns, options: AmericanOptions & DriveOptions = {}): DeAmericanizedColumns {
  return driveWithSync(options, (own) => deAmericanizeQuotesTask(columns, own));
}

// Volatility and European price of row i into out[0] and out[1].
function deAmericanizeRow(rows: ReturnType<typeof spotRows>, i: number, cell: Float64Array, solver: AmericanSolver, value: Float64Array, out: Float64Array): number {
  out[0] = out[1] = NaN;
  const loaded = loadRow(rows, i, cell);
  const price = rows.vol[i];
  if (loaded === ROW_MISSING) return MISSING;
  if (loaded > ROW_MISSING) return price < 0 ? BELOW_INTRINSIC : INVALID;
  if (cell[EXPIRY_YEARS] === 0) return EXPIRED;
  const call = cell[SIGN] > 0;
  const scale = call ? cell[UNDERLYING] : cell[STRIKE];
  const early = call ? cell[YIELD] : cell[RATE]; // the rate of the put that the option is
  const late = call ? cell[RATE] : cell[YIELD];
  const exercise = Math.max(0, cell[SIGN] * (cell[UNDERLYING] - cell[STRIKE]));
  cell[ANNUALIZED_VOL] = 0;
  valueAmerican(cell, solver, value);
  const lowest = Math.max(value[PRICE], early <= 0 && late >= early ? 0 : exercise);
  if (price < lowest - INTRINSIC_TOLERANCE * scale) return BELOW_INTRINSIC;
  if (price <= lowest + INTRINSIC_TOLERANCE * scale && (lowest > 0 || price === 0)) return AT_INTRINSIC;
  const european = impliedTotalVol(-Math.abs(cell[LOG_FORWARD_MONEYNESS]), (price - cell[INTRINSIC]) / Math.sqrt(cell[UNDERLYING] * cell[UNDERLYING_DISCOUNT] * cell[STRIKE] * cell[STRIKE_DISCOUNT]));
  const start = european / Math.sqrt(cell[EXPIRY_YEARS]);
  if (early <= 0 && late >= early) {
    if (!(start < Infinity)) return ABOVE_MAXIMUM;
    out[0] = start;
  } else {
    if (price >= scale * Math.max(1, Math.exp(-early * cell[EXPIRY_YEARS]))) return ABOVE_MAXIMUM;
    out[0] = americanImpliedVol(cell, price, start < HIGHEST_VOL ? start : NaN, solver, value);
    if (!(out[0] < Infinity)) {
      const status = out[0] === Infinity ? ABOVE_MAXIMUM : NOT_CONVERGED;
      out[0] = NaN;
      return status;
    }
  }
  cell[ANNUALIZED_VOL] = out[0];
  fillBlackTerms(cell);
  out[1] = cell[INTRINSIC] + cell[TIME_VALUE];
  return OK;
}

// The price is increasing in volatility, flat at the exercise value up to some level. NaN: not converged; Infinity: above the highest volatility.
function americanImpliedVol(cell: Float64Array, price: number, upperBound: number, solver: AmericanSolver, value: Float64Array): number {
  let low = 0;
  let high = upperBound > 0 ? upperBound : HIGHEST_VOL;
  let vol = upperBound > 0 ? upperBound : 0.5;
  let before = NaN;
  let errorBefore = NaN;
  for (let step = 0; step < 80; step++) {
    cell[ANNUALIZED_VOL] = vol;
    if (valueAmerican(cell, solver, value) === AMERICAN_NOT_CONVERGED) return NaN;
    const error = value[PRICE] - price;
    if (Math.abs(error) <= 1e-15 * price) return vol;
    if (error > 0) high = vol;
    else low = vol;
    // The first slope is the European vega, later ones come from the last two prices; on the flat stretch neither helps.
    const slope = step === 0 ? cell[DENSITY] * Math.sqrt(cell[EXPIRY_YEARS]) : (error - errorBefore) / (vol - before);
    before = vol;
    errorBefore = error;
    let next = vol - error / slope;
    const inside = next > low && next < high;
    if (inside && Math.abs(next - vol) <= VOL_TOLERANCE * vol) return next;
    if (!inside || step % 8 === 7) next = high === HIGHEST_VOL && low > 0 ? Math.min(2 * low, 0.5 * (low + high)) : 0.5 * (low + high);
    if (high - low <= VOL_TOLERANCE * high || !(next > 0)) return low >= 0.999 * HIGHEST_VOL ? Infinity : 0.5 * (low + high);
    vol = next;
  }
  return NaN;
}
