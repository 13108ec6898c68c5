/** Prices and chosen greeks of many options: columns in, columns out, a status per row and nothing thrown for a bad one. */
import { requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { ANNUALIZED_VOL, CELL_LENGTH, EXPIRY_YEARS, fillBlackTerms, INTRINSIC, RATE, SIGN, STRIKE, STRIKE_DISCOUNT, TIME_VALUE, UNDERLYING, UNDERLYING_DISCOUNT, YIELD } from './black-terms.ts';
import { asDoubles, asSigns, columnRows, outputColumns, ROW_EXPIRED, ROW_INVALID, ROW_MISSING, ROW_OK, ROW_ZERO_VOL } from './columns.ts';
import type { NumberColumn, TypeColumn } from './columns.ts';
import { BLACK_GREEKS, BLACK_SCHOLES_GREEKS, fillForwardGreeks, fillGreeks, GREEK_COUNT } from './greek-terms.ts';
import type { BlackGreekName, BlackScholesGreekName } from './greek-terms.ts';
import { MAX_RATE_YEARS } from './price.ts';

/** Options on forwards; arrays of one length, or single values for all rows. */
export interface BlackColumns {
  readonly type: TypeColumn;
  readonly forward: NumberColumn;
  readonly strike: NumberColumn;
  readonly expiryYears: NumberColumn;
  readonly annualizedVol: NumberColumn;
  /** @default 1 */
  readonly discount?: NumberColumn;
}

/** Options on spot prices; arrays of one length, or single values for all rows. */
export interface BlackScholesColumns {
  readonly type: TypeColumn;
  readonly spot: NumberColumn;
  readonly strike: NumberColumn;
  readonly expiryYears: NumberColumn;
  readonly annualizedVol: NumberColumn;
  /** @default 0 */
  readonly rate?: NumberColumn;
  /** @default 0 */
  readonly dividendYield?: NumberColumn;
}

/** Columns of results, NaN where `status` says missing or invalid; `ROW_STATUS[status[i]]` is the status in words. */
export type GreekColumns<N extends string> = Readonly<Record<N, Float64Array>> & { readonly status: Uint8Array };

export interface PriceColumnsOptions {
  /** Arrays to write into, from an earlier result of the same length. @default new arrays */
  readonly out?: GreekColumns<'price'>;
}

export interface GreekColumnsOptions<N extends string> {
  /** What to return, of the scalar function's fields. */
  readonly greeks: readonly N[];
  /** Arrays to write into, from an earlier result of the same length and greeks. @default new arrays */
  readonly out?: GreekColumns<N>;
}

interface Inputs {
  readonly rows: number;
  readonly onForward: boolean;
  readonly sign: Int8Array;
  readonly underlying: Float64Array;
  readonly strike: Float64Array;
  readonly years: Float64Array;
  readonly vol: Float64Array;
  /** Discount on a forward, rate on a spot price. */
  readonly money: Float64Array;
  readonly dividendYield: Float64Array;
}

function forwardInputs(fn: string, columns: BlackColumns): Inputs {
  const required = ['type', 'forward', 'strike', 'expiryYears', 'annualizedVol'];
  const rows = columnRows(fn, columns, [...required, 'discount'], required);
  const money = asDoubles(columns.discount, rows, 1);
  return { ...sharedInputs(columns, rows), onForward: true, underlying: asDoubles(columns.forward, rows, 0), money, dividendYield: money };
}

function spotInputs(fn: string, columns: BlackScholesColumns): Inputs {
  const required = ['type', 'spot', 'strike', 'expiryYears', 'annualizedVol'];
  const rows = columnRows(fn, columns, [...required, 'rate', 'dividendYield'], required);
  return {
    ...sharedInputs(columns, rows),
    onForward: false,
    underlying: asDoubles(columns.spot, rows, 0),
    money: asDoubles(columns.rate, rows, 0),
    dividendYield: asDoubles(columns.dividendYield, rows, 0),
  };
}

function sharedInputs(columns: BlackColumns | BlackScholesColumns, rows: number): Pick<Inputs, 'rows' | 'sign' | 'strike' | 'years' | 'vol'> {
  const { type, strike, expiryYears, annualizedVol } = columns;
  return { rows, sign: asSigns(type, rows), strike: asDoubles(strike, rows, 0), years: asDoubles(expiryYears, rows, 0), vol: asDoubles(annualizedVol, rows, 0) };
}

// Fills a cell with row i and returns the row's status.
function loadRow(inputs: Inputs, i: number, cell: Float64Array): number {
  const underlying = inputs.underlying[i];
  const strike = inputs.strike[i];
  const vol = inputs.vol[i];
  const money = inputs.money[i];
  const dividendYield = inputs.dividendYield[i];
  const years = inputs.years[i] > 0 ? inputs.years[i] : 0;
  const sign = inputs.sign[i];
  const sum = underlying + strike + vol + money + dividendYield + inputs.years[i];
  if (sum !== sum && hasNaN(inputs, i)) return ROW_MISSING;
  if (!(underlying > 0 && strike > 0 && vol >= 0 && Math.abs(sum) < Infinity) || (sign !== 1 && sign !== -1)) return ROW_INVALID;
  if (inputs.onForward) {
    if (!(money > 0)) return ROW_INVALID;
    cell[UNDERLYING_DISCOUNT] = cell[STRIKE_DISCOUNT] = money;
    cell[RATE] = cell[YIELD] = money === 1 || years === 0 ? 0 : -Math.log(money) / years;
  } else {
    if (!(Math.abs(money * years) <= MAX_RATE_YEARS && Math.abs(dividendYield * years) <= MAX_RATE_YEARS)) return ROW_INVALID;
    cell[UNDERLYING_DISCOUNT] = dividendYield === 0 ? 1 : Math.exp(-dividendYield * years);
    cell[STRIKE_DISCOUNT] = money === 0 ? 1 : Math.exp(-money * years);
    cell[RATE] = money;
    cell[YIELD] = dividendYield;
  }
  cell[UNDERLYING] = underlying;
  cell[STRIKE] = strike;
  cell[EXPIRY_YEARS] = years;
  cell[ANNUALIZED_VOL] = vol;
  cell[SIGN] = sign;
  return years === 0 ? ROW_EXPIRED : vol === 0 ? ROW_ZERO_VOL : ROW_OK;
}

function hasNaN(inputs: Inputs, i: number): boolean {
  for (const column of [inputs.underlying, inputs.strike, inputs.vol, inputs.money, inputs.dividendYield, inputs.years]) if (column[i] !== column[i]) return true;
  return false;
}

function priceRows(inputs: Inputs, price: Float64Array, status: Uint8Array): void {
  const cell = new Float64Array(CELL_LENGTH);
  for (let i = 0; i < inputs.rows; i++) {
    status[i] = loadRow(inputs, i, cell);
    if (status[i] >= ROW_MISSING) {
      price[i] = NaN;
      continue;
    }
    fillBlackTerms(cell);
    price[i] = cell[INTRINSIC] + cell[TIME_VALUE];
  }
}

function greekRows<N extends string>(fn: string, inputs: Inputs, known: readonly N[], options: GreekColumnsOptions<N>): GreekColumns<N> {
  requireKnownKeys(fn, options, ['greeks', 'out']);
  const names = [...new Set(options.greeks)];
  const slots = names.map((name) => known.indexOf(requireOneOf(fn, 'greeks', name, known)));
  const result = outputColumns(fn, names, inputs.rows, options.out);
  const columns: Float64Array[] = names.map((name) => result[name]);
  const { status } = result;
  const cell = new Float64Array(CELL_LENGTH);
  const values = new Float64Array(GREEK_COUNT);
  for (let i = 0; i < inputs.rows; i++) {
    status[i] = loadRow(inputs, i, cell);
    if (status[i] >= ROW_MISSING) values.fill(NaN);
    else if (inputs.onForward) fillForwardGreeks(cell, values);
    else fillGreeks(cell, values);
    for (let j = 0; j < columns.length; j++) columns[j][i] = values[slots[j]];
  }
  return Object.freeze(result);
}

/**
 * Discounted Black prices of many options on forwards.
 *
 * Row for row the same bits as `blackPrice`. A row with NaN is `missing`, one out of range `invalid`: its price is NaN and nothing is thrown.
 *
 * @returns `price` and `status`, shape (n)
 * @throws ShapeError when columns have different lengths; DomainError when a column is neither an array nor a value
 * @example blackPrices({ type: 'call', forward: 100, strike: [90, 100, 110], expiryYears: 0.5, annualizedVol: 0.2 }).price
 */
export function blackPrices(columns: BlackColumns, options: PriceColumnsOptions = {}): GreekColumns<'price'> {
  return prices('blackPrices', forwardInputs('blackPrices', columns), options);
}

/**
 * Black-Scholes prices of many options on spot prices; statuses as {@link blackPrices}.
 *
 * @returns `price` and `status`, shape (n)
 * @throws ShapeError when columns have different lengths; DomainError when a column is neither an array nor a value
 * @example blackScholesPrices({ type: ['call', 'put'], spot: 100, strike: 95, expiryYears: 0.5, annualizedVol: 0.2, rate: 0.04 }).price
 */
export function blackScholesPrices(columns: BlackScholesColumns, options: PriceColumnsOptions = {}): GreekColumns<'price'> {
  return prices('blackScholesPrices', spotInputs('blackScholesPrices', columns), options);
}

function prices(fn: string, inputs: Inputs, options: PriceColumnsOptions): GreekColumns<'price'> {
  requireKnownKeys(fn, options, ['out']);
  const result = outputColumns(fn, ['price'], inputs.rows, options.out);
  priceRows(inputs, result.price, result.status);
  return Object.freeze(result);
}

/**
 * Chosen greeks of many options on forwards: fields of `blackGreeks`, in its units, as columns. Statuses as {@link blackPrices}.
 *
 * @returns one column per name in `options.greeks` and `status`, shape (n)
 * @throws ShapeError for lengths that differ, DomainError for a greek that does not exist
 * @example blackGreekColumns({ type: 'put', forward: 100, strike: [90, 100], expiryYears: 1, annualizedVol: 0.2 }, { greeks: ['forwardDelta', 'vega'] }).vega
 */
export function blackGreekColumns<const N extends BlackGreekName>(columns: BlackColumns, options: GreekColumnsOptions<N>): GreekColumns<N> {
  return greekRows('blackGreekColumns', forwardInputs('blackGreekColumns', columns), BLACK_GREEKS as readonly BlackGreekName[] as readonly N[], options);
}

/**
 * Chosen greeks of many options on spot prices: fields of `blackScholesGreeks`, in its units, as columns. Statuses as {@link blackPrices}.
 *
 * @returns one column per name in `options.greeks` and `status`, shape (n)
 * @throws ShapeError for lengths that differ, DomainError for a greek that does not exist
 * @example blackScholesGreekColumns({ type: 'put', spot: 100, strike: [90, 100], expiryYears: 1, annualizedVol: 0.2 }, { greeks: ['delta', 'vega'] }).delta
 */
export function blackScholesGreekColumns<const N extends BlackScholesGreekName>(columns: BlackScholesColumns, options: GreekColumnsOptions<N>): GreekColumns<N> {
  return greekRows('blackScholesGreekColumns', spotInputs('blackScholesGreekColumns', columns), BLACK_SCHOLES_GREEKS as readonly BlackScholesGreekName[] as readonly N[], options);
}
