/** What an implied volatility can turn out to be, and the parts that Black's and Bachelier's inversions share. */
import { requireKnownKeys, requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import type { OptionType } from '../option.ts';
import type { NumberColumn, TypeColumn } from './columns.ts';
import { productError, sumError } from './exact.ts';

/** Statuses of an implied volatility; a batch gives the place in this list, which does not change. */
export const IMPLIED_VOL_STATUS: readonly [
  'ok',
  'ill-conditioned', // there is a volatility, but one ulp of the price moves it by more than `maxAttainableError`
  'at-intrinsic', // price = intrinsic value: volatility 0
  'at-maximum', // price = its upper bound: volatility Infinity
  'below-intrinsic', // no volatility gives so low a price
  'above-maximum', // no volatility gives so high a price
  'expired', // no time left
  'missing', // some input is NaN
  'invalid', // forward, strike or discount out of range, infinite expiry, no option type
] = Object.freeze(['ok', 'ill-conditioned', 'at-intrinsic', 'at-maximum', 'below-intrinsic', 'above-maximum', 'expired', 'missing', 'invalid'] as const);
/** One of {@link IMPLIED_VOL_STATUS}. */
export type ImpliedVolStatus = (typeof IMPLIED_VOL_STATUS)[number];

export const VOL_OK = 0;
export const VOL_ILL_CONDITIONED = 1;
export const VOL_AT_INTRINSIC = 2;
export const VOL_AT_MAXIMUM = 3;
export const VOL_BELOW_INTRINSIC = 4;
export const VOL_ABOVE_MAXIMUM = 5;
export const VOL_EXPIRED = 6;
const VOL_MISSING = 7;
const VOL_INVALID = 8;

/** A price of a European option. */
export interface PriceQuote {
  readonly type: OptionType;
  /** Discounted price. NaN is missing. */
  readonly price: number;
  /** Forward price for the expiry, in the currency of the strike. */
  readonly forward: number;
  readonly strike: number;
  /** Time to expiry in years of 365 days. */
  readonly expiryYears: number;
  /** Price today of 1 at expiry. @default 1 */
  readonly discount?: number;
}

/** Prices of European options; arrays of one length, or single values for all rows. */
export interface PriceColumns {
  readonly type: TypeColumn;
  /** Discounted prices. NaN is missing. */
  readonly price: NumberColumn;
  readonly forward: NumberColumn;
  readonly strike: NumberColumn;
  /** Time to expiry in years of 365 days. */
  readonly expiryYears: NumberColumn;
  /** Price today of 1 at expiry. @default 1 */
  readonly discount?: NumberColumn;
}

export interface ImpliedVolOptions {
  /** What the volatility is where the price is out of bounds: NaN, or the bound it crossed (0 below intrinsic, Infinity above the maximum). @default 'nan' */
  readonly outOfBounds?: 'nan' | 'zero-or-infinity';
  /** Attainable error above which a volatility is called ill-conditioned. @default 1e-3 */
  readonly maxAttainableError?: number;
}

export interface ImpliedVolsOptions extends ImpliedVolOptions {
  /** Arrays to write into, from an earlier result of the same length. @default new arrays */
  readonly out?: ImpliedVolColumns;
}

/** One implied volatility. */
export interface ImpliedVol {
  /** Per year, as a decimal (in Bachelier's model in currency units per square root of a year); by `status` 0, Infinity or NaN. */
  readonly annualizedVol: number;
  readonly status: ImpliedVolStatus;
  /** Relative error of the volatility when the price is off by one unit in the last place; Infinity at a bound, NaN without a volatility. */
  readonly attainableError: number;
}

/** Implied volatilities, shape (n) each; `IMPLIED_VOL_STATUS[status[i]]` is the status in words. */
export interface ImpliedVolColumns {
  readonly annualizedVol: Float64Array;
  readonly attainableError: Float64Array;
  readonly status: Uint8Array;
}

export const COLUMN_NAMES: readonly ['type', 'price', 'forward', 'strike', 'expiryYears', 'discount'] = Object.freeze(['type', 'price', 'forward', 'strike', 'expiryYears', 'discount'] as const);
export const REQUIRED_COLUMNS: readonly string[] = Object.freeze(['type', 'price', 'forward', 'strike', 'expiryYears']);

/** Where a row function leaves its two results. */
export const VOL = 0;
export const ATTAINABLE = 1;

/** Checked options with their defaults. */
export function checkedOptions(fn: string, options: ImpliedVolOptions, known: readonly string[]): { readonly toBound: boolean; readonly maxAttainableError: number } {
  requireKnownKeys(fn, options, known);
  const { outOfBounds = 'nan', maxAttainableError = 1e-3 } = options;
  requireOneOf(fn, 'outOfBounds', outOfBounds, ['nan', 'zero-or-infinity']);
  if (maxAttainableError !== Infinity) requireNumber(fn, 'maxAttainableError', maxAttainableError, { min: 0 });
  return { toBound: outOfBounds === 'zero-or-infinity', maxAttainableError };
}

/** Checks the form of a quote, not its numbers, which get a status. Returns 1 for a call, -1 for a put. */
export function quoteSign(fn: string, quote: PriceQuote): 1 | -1 {
  requireKnownKeys(fn, quote, COLUMN_NAMES);
  for (const name of COLUMN_NAMES) {
    const value: unknown = quote[name];
    if (name === 'type' || (name === 'discount' && value === undefined)) continue;
    if (typeof value !== 'number') throw new DomainError(`${fn}: ${name} must be a number, got ${show(value)}`);
  }
  return requireOneOf(fn, 'type', quote.type, ['call', 'put']) === 'call' ? 1 : -1;
}

/** Discounted price less discounted intrinsic value of an option in the money, exact but for the last rounding. */
export function discountedTimeValue(price: number, forward: number, strike: number, discount: number): number {
  const difference = forward - strike;
  const intrinsic = discount * difference;
  const rest = productError(discount, difference, intrinsic) + discount * sumError(forward, -strike, difference);
  const value = price - Math.abs(intrinsic) - (difference < 0 ? -rest : rest);
  return value === value ? value : price - Math.abs(intrinsic); // the exact parts overflow beyond 1e140
}

/** One unit in the last place of a price > 0: the gap to the next larger double (Rump, Zimmermann, Boldo and Melquiond 2009). */
export function unitInLastPlace(price: number): number {
  return price + price * 1.1102230246251568e-16 - price;
}

/** Status of a row whose price is not a finite number > 0 or whose other inputs are unusable: missing before invalid before expired before out of bounds. */
export function statusOfUnusable(sign: number, price: number, forward: number, strike: number, expiryYears: number, discount: number, leastUnderlying: number): number {
  if (price !== price || forward !== forward || strike !== strike || expiryYears !== expiryYears || discount !== discount) return VOL_MISSING;
  const isUsable = forward > leastUnderlying && forward < Infinity && strike > leastUnderlying && strike < Infinity && discount > 0 && discount < Infinity;
  if (!isUsable || expiryYears === Infinity || (sign !== 1 && sign !== -1)) return VOL_INVALID;
  if (!(expiryYears > 0)) return VOL_EXPIRED;
  if (price === Infinity) return VOL_ABOVE_MAXIMUM;
  return price === 0 && sign * (forward - strike) <= 0 ? VOL_AT_INTRINSIC : VOL_BELOW_INTRINSIC;
}

/** Volatility and attainable error of a row that has no regular volatility. */
export function fillIrregular(status: number, toBound: boolean, cell: Float64Array): number {
  const isBound = status === VOL_AT_INTRINSIC || status === VOL_AT_MAXIMUM;
  const isBelow = status === VOL_AT_INTRINSIC || (toBound && status === VOL_BELOW_INTRINSIC);
  const isAbove = status === VOL_AT_MAXIMUM || (toBound && status === VOL_ABOVE_MAXIMUM);
  cell[VOL] = isBelow ? 0 : isAbove ? Infinity : NaN;
  cell[ATTAINABLE] = isBound ? Infinity : NaN;
  return status;
}
