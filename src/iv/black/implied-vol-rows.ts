/** What all implied volatilities share: one quote or columns of them go through a row's inverse, and what has none gets its status. */
import { asDoubles, asSigns, columnRows, outputColumns } from './columns.ts';
import {
  ATTAINABLE, checkedOptions, COLUMN_NAMES, fillIrregular, IMPLIED_VOL_STATUS, quoteSign, REQUIRED_COLUMNS, VOL, VOL_ILL_CONDITIONED, VOL_OK,
} from './implied-vol-status.ts';
import type { ImpliedVol, ImpliedVolColumns, ImpliedVolOptions, ImpliedVolsOptions, PriceColumns, PriceQuote } from './implied-vol-status.ts';

/** Fills cell[VOL] and cell[ATTAINABLE] for a row that has a volatility; otherwise returns a status that says why not, and leaves the cell. */
export type SolveRow = (sign: number, price: number, forward: number, strike: number, expiryYears: number, discount: number, cell: Float64Array) => number;

/** The volatility of one quote. */
export function volOfQuote(fn: string, quote: PriceQuote, options: ImpliedVolOptions, solveRow: SolveRow): ImpliedVol {
  const { toBound, maxAttainableError } = checkedOptions(fn, options, ['outOfBounds', 'maxAttainableError']);
  const sign = quoteSign(fn, quote);
  const cell = new Float64Array(2);
  let status = solveRow(sign, quote.price, quote.forward, quote.strike, quote.expiryYears, quote.discount ?? 1, cell);
  if (status !== VOL_OK) fillIrregular(status, toBound, cell);
  else if (!(cell[ATTAINABLE] <= maxAttainableError)) status = VOL_ILL_CONDITIONED;
  return Object.freeze({ annualizedVol: cell[VOL], status: IMPLIED_VOL_STATUS[status], attainableError: cell[ATTAINABLE] });
}

/** The volatilities of columns: {@link volOfQuote} per row, bit for bit. */
export function volsOfColumns(fn: string, columns: PriceColumns, options: ImpliedVolsOptions, solveRow: SolveRow): ImpliedVolColumns {
  const { toBound, maxAttainableError } = checkedOptions(fn, options, ['outOfBounds', 'maxAttainableError', 'out']);
  const rows = columnRows(fn, columns, COLUMN_NAMES, REQUIRED_COLUMNS);
  const sign = asSigns(columns.type, rows);
  const price = asDoubles(columns.price, rows, NaN);
  const forward = asDoubles(columns.forward, rows, NaN);
  const strike = asDoubles(columns.strike, rows, NaN);
  const expiryYears = asDoubles(columns.expiryYears, rows, NaN);
  const discount = asDoubles(columns.discount, rows, 1);
  const { annualizedVol, attainableError, status } = outputColumns(fn, ['annualizedVol', 'attainableError'] as const, rows, options.out);
  const cell = new Float64Array(2);
  for (let i = 0; i < rows; i++) {
    let code = solveRow(sign[i], price[i], forward[i], strike[i], expiryYears[i], discount[i], cell);
    if (code !== VOL_OK) fillIrregular(code, toBound, cell);
    else if (!(cell[ATTAINABLE] <= maxAttainableError)) code = VOL_ILL_CONDITIONED;
    annualizedVol[i] = cell[VOL];
    attainableError[i] = cell[ATTAINABLE];
    status[i] = code;
  }
  return Object.freeze({ annualizedVol, attainableError, status });
}
