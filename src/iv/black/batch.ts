/** Prices and chosen greeks of many options: columns in, columns out, a status per row and nothing thrown for a bad one. */
import { requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { CELL_LENGTH, fillBlackTerms, INTRINSIC, TIME_VALUE } from './black-terms.ts';
import { outputColumns, ROW_INVALID, ROW_MISSING, ROW_OK } from './columns.ts';
import { BLACK_GREEKS, BLACK_SCHOLES_GREEKS, fillForwardGreeks, fillGreeks, GREEK_COUNT } from './greek-terms.ts';
import type { BlackGreekName, BlackScholesGreekName } from './greek-terms.ts';
import { forwardRows, loadRow, spotRows } from './option-rows.ts';
import type { BlackColumns, BlackScholesColumns, OptionRows } from './option-rows.ts';

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

function priceRows(inputs: OptionRows, price: Float64Array, status: Uint8Array): void {
  const cell = new Float64Array(CELL_LENGTH);
  for (let i = 0; i < inputs.rows; i++) {
    status[i] = loadRow(inputs, i, cell);
    if (status[i] >= ROW_MISSING) {
      price[i] = NaN;
      continue;
    }
    fillBlackTerms(cell);
    price[i] = cell[INTRINSIC] + cell[TIME_VALUE];
    if (!(price[i] < Infinity)) {
      status[i] = ROW_INVALID;
      price[i] = NaN;
    }
  }
}

function anyInfinite(values: Float64Array, slots: readonly number[]): boolean {
  for (let j = 0; j < slots.length; j++) if (!(Math.abs(values[slots[j]]) < Infinity)) return true;
  return false;
}

function greekRows<N extends string>(fn: string, inputs: OptionRows, known: readonly N[], options: GreekColumnsOptions<N>): GreekColumns<N> {
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
    // Expired and without volatility, infinite greeks are limits, as documented.
    if (status[i] === ROW_OK && anyInfinite(values, slots)) {
      status[i] = ROW_INVALID;
      values.fill(NaN);
    }
    for (let j = 0; j < columns.length; j++) columns[j][i] = values[slots[j]];
  }
  return Object.freeze(result);
}

/**
 * Discounted Black prices of many options on forwards.
 *
 * Row for row the same bits as `blackPrice`. A row with NaN is `missing`, one out of range or with a result beyond the largest double `invalid`: its results are NaN and nothing is thrown.
 *
 * @returns `price` and `status`, shape (n)
 * @throws ShapeError when columns have different lengths; DomainError when a column is neither an array nor a value
 * @example blackPrices({ type: 'call', forward: 100, strike: [90, 100, 110], expiryYears: 0.5, annualizedVol: 0.2 }).price
 */
export function blackPrices(columns: BlackColumns, options: PriceColumnsOptions = {}): GreekColumns<'price'> {
  return prices('blackPrices', forwardRows('blackPrices', columns), options);
}

/**
 * Black-Scholes prices of many options on spot prices; statuses as {@link blackPrices}.
 *
 * @returns `price` and `status`, shape (n)
 * @throws ShapeError when columns have different lengths; DomainError when a column is neither an array nor a value
 * @example blackScholesPrices({ type: ['call', 'put'], spot: 100, strike: 95, expiryYears: 0.5, annualizedVol: 0.2, rate: 0.04 }).price
 */
export function blackScholesPrices(columns: BlackScholesColumns, options: PriceColumnsOptions = {}): GreekColumns<'price'> {
  return prices('blackScholesPrices', spotRows('blackScholesPrices', columns, 'annualizedVol'), options);
}

function prices(fn: string, inputs: OptionRows, options: PriceColumnsOptions): GreekColumns<'price'> {
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
  return greekRows('blackGreekColumns', forwardRows('blackGreekColumns', columns), BLACK_GREEKS as readonly BlackGreekName[] as readonly N[], options);
}

/**
 * Chosen greeks of many options on spot prices: fields of `blackScholesGreeks`, in its units, as columns. Statuses as {@link blackPrices}.
 *
 * @returns one column per name in `options.greeks` and `status`, shape (n)
 * @throws ShapeError for lengths that differ, DomainError for a greek that does not exist
 * @example blackScholesGreekColumns({ type: 'put', spot: 100, strike: [90, 100], expiryYears: 1, annualizedVol: 0.2 }, { greeks: ['delta', 'vega'] }).delta
 */
export function blackScholesGreekColumns<const N extends BlackScholesGreekName>(columns: BlackScholesColumns, options: GreekColumnsOptions<N>): GreekColumns<N> {
  return greekRows('blackScholesGreekColumns', spotRows('blackScholesGreekColumns', columns, 'annualizedVol'), BLACK_SCHOLES_GREEKS as readonly BlackScholesGreekName[] as readonly N[], options);
}
