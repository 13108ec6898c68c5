/** Rows of option columns, loaded one by one into a cell with a status. */
import { ANNUALIZED_VOL, EXPIRY_YEARS, RATE, SIGN, SMALLEST_YEARS, STRIKE, STRIKE_DISCOUNT, UNDERLYING, UNDERLYING_DISCOUNT, YIELD } from './black-terms.ts';
import { asDoubles, asSigns, columnRows, ROW_EXPIRED, ROW_INVALID, ROW_MISSING, ROW_OK, ROW_ZERO_VOL } from './columns.ts';
import type { NumberColumn, TypeColumn } from './columns.ts';
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

/** Columns as doubles. */
export interface OptionRows {
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

/** Checked columns of options on forwards. */
export function forwardRows(fn: string, columns: BlackColumns): OptionRows {
  const required = ['type', 'forward', 'strike', 'expiryYears', 'annualizedVol'];
  const rows = columnRows(fn, columns, [...required, 'discount'], required);
  const money = asDoubles(columns.discount, rows, 1);
  return { ...sharedRows(columns, columns.annualizedVol, rows), onForward: true, underlying: asDoubles(columns.forward, rows, 0), money, dividendYield: money };
}

/** What all rows of options on spot prices have. */
export type SpotColumns = Omit<BlackScholesColumns, 'annualizedVol'>;

/** Checked columns of options on spot prices with one more column, which takes the place of the volatility. */
export function spotRows<N extends string>(fn: string, columns: SpotColumns & Readonly<Record<N, NumberColumn>>, volName: N): OptionRows {
  const required = ['type', 'spot', 'strike', 'expiryYears', volName];
  const rows = columnRows(fn, columns, [...required, 'rate', 'dividendYield'], required);
  return {
    ...sharedRows(columns, columns[volName], rows),
    onForward: false,
    underlying: asDoubles(columns.spot, rows, 0),
    money: asDoubles(columns.rate, rows, 0),
    dividendYield: asDoubles(columns.dividendYield, rows, 0),
  };
}

function sharedRows(columns: Pick<BlackColumns, 'type' | 'strike' | 'expiryYears'>, vol: NumberColumn, rows: number): Pick<OptionRows, 'rows' | 'sign' | 'strike' | 'years' | 'vol'> {
  const { type, strike, expiryYears } = columns;
  return { rows, sign: asSigns(type, rows), strike: asDoubles(strike, rows, 0), years: asDoubles(expiryYears, rows, 0), vol: asDoubles(vol, rows, 0) };
}

/** Fills a cell with row i and returns the row's status; a cell of a missing or invalid row is not to be used. */
export function loadRow(inputs: OptionRows, i: number, cell: Float64Array): number {
  const underlying = inputs.underlying[i];
  const strike = inputs.strike[i];
  const vol = inputs.vol[i];
  const money = inputs.money[i];
  const dividendYield = inputs.dividendYield[i];
  const years = inputs.years[i] > SMALLEST_YEARS ? inputs.years[i] : 0;
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

function hasNaN(inputs: OptionRows, i: number): boolean {
  for (const column of [inputs.underlying, inputs.strike, inputs.vol, inputs.money, inputs.dividendYield, inputs.years]) if (column[i] !== column[i]) return true;
  return false;
}
