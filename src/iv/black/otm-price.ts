/** The price out of the money at the same strike, by put-call parity. */
import type { OptionType } from '../option.ts';
import { discountedTimeValue, IMPLIED_VOL_STATUS, quoteSign, statusOfUnusable, unitInLastPlace, VOL_AT_INTRINSIC, VOL_BELOW_INTRINSIC, VOL_OK } from './implied-vol-status.ts';
import type { ImpliedVolStatus, PriceQuote } from './implied-vol-status.ts';

export interface OtmPrice {
  /** The type that is out of the money; the quote's own where forward = strike. */
  readonly type: OptionType;
  /** Discounted price; NaN unless `status` is ok, 0 at intrinsic. */
  readonly price: number;
  /** 'ok', 'at-intrinsic', 'below-intrinsic', or why the quote is unusable. */
  readonly status: ImpliedVolStatus;
  /** Relative error of `price` when the quoted price is off by one unit in the last place: Infinity for a price of 0. */
  readonly attainableError: number;
}

/**
 * Price of the option out of the money that put-call parity implies: call - put = discount (forward - strike). A quote out of the money is returned as it is.
 *
 * The subtraction is exact, but it cannot bring back digits that the price in the money was rounded to: `attainableError` says what is left of them.
 * Where both options are quoted, the quote out of the money is the better one, for its spread as for its digits.
 *
 * @returns frozen
 * @throws {@link DomainError} `ERR_DOMAIN` for a field that is no number or a type other than call and put
 * @example otmPrice({ type: 'put', price: 26, forward: 100, strike: 125, expiryYears: 1 }) // { type: 'call', price: 1, ... }
 */
export function otmPrice(quote: PriceQuote): OtmPrice {
  const sign = quoteSign('otmPrice', quote);
  const { type, price, forward, strike, expiryYears, discount = 1 } = quote;
  const difference = sign * (forward - strike);
  const otmType = difference > 0 ? (sign > 0 ? 'put' : 'call') : type;
  const sound = price > 0 && price < Infinity && forward > 0 && forward < Infinity && strike > 0 && strike < Infinity && expiryYears > 0 && expiryYears < Infinity && discount > 0 && discount < Infinity;
  let status = sound ? VOL_OK : statusOfUnusable(sign, price, forward, strike, expiryYears, discount, 0);
  if (sound && difference > 0 && price <= discount * difference) status = price < discount * difference ? VOL_BELOW_INTRINSIC : VOL_AT_INTRINSIC;
  const value = status === VOL_AT_INTRINSIC ? 0 : status !== VOL_OK ? NaN : difference > 0 ? discountedTimeValue(price, forward, strike, discount) : price;
  const attainableError = status === VOL_AT_INTRINSIC ? Infinity : status === VOL_OK ? unitInLastPlace(price) / value : NaN;
  return Object.freeze({ type: otmType, price: value, status: IMPLIED_VOL_STATUS[status], attainableError });
}
