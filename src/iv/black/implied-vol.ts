/**
 * Implied Black volatility of quoted prices: one, or columns of them. Numbers of any kind get a status; none throws.
 *
 * The time value decides: of an option in the money the intrinsic value is taken off first, exactly, and what is left is inverted as the price
 * of the option out of the money at the same strike. Digits that the quoted price never had do not come back by that, and
 * `attainableError` says how many there are.
 */
import { normalizedBlack, normalizedVega } from './normalized-black.ts';
import { logRatio } from './exact.ts';
import { regimeTotalVol } from './implied-total-vol.ts';
import { volOfQuote, volsOfColumns } from './implied-vol-rows.ts';
import {
  ATTAINABLE, discountedTimeValue, statusOfUnusable, unitInLastPlace, VOL, VOL_ABOVE_MAXIMUM, VOL_AT_INTRINSIC, VOL_AT_MAXIMUM, VOL_BELOW_INTRINSIC, VOL_OK,
} from './implied-vol-status.ts';
import type { ImpliedVol, ImpliedVolColumns, ImpliedVolOptions, ImpliedVolsOptions, PriceColumns, PriceQuote } from './implied-vol-status.ts';
import { quickTotalVol } from './quick-total-vol.ts';

/** Fills cell[VOL] and cell[ATTAINABLE] for a row that has a volatility; otherwise returns a status that says why not, and leaves the cell. */
function solveRow(sign: number, price: number, forward: number, strike: number, expiryYears: number, discount: number, cell: Float64Array): number {
  // One chain of comparisons that NaN fails; what fails is told apart off the hot path.
  if (!(price > 0 && price < Infinity && forward > 0 && forward < Infinity && strike > 0 && strike < Infinity && expiryYears > 0 && expiryYears < Infinity
    && discount > 0 && discount < Infinity && (sign === 1 || sign === -1))) return statusOfUnusable(sign, price, forward, strike, expiryYears, discount, 0);
  const maximum = sign > 0 ? forward : strike;
  if (price >= discount * maximum) return price > discount * maximum ? VOL_ABOVE_MAXIMUM : VOL_AT_MAXIMUM;
  let timeValue = price;
  if (sign * (forward - strike) > 0) {
    const intrinsic = discount * (sign * (forward - strike));
    if (price <= intrinsic) return price < intrinsic ? VOL_BELOW_INTRINSIC : VOL_AT_INTRINSIC;
    timeValue = discountedTimeValue(price, forward, strike, discount);
  }
  let scale = Math.sqrt(forward * strike);
  if (!(scale > 1e-150 && scale < 1e150)) scale = Math.sqrt(forward) * Math.sqrt(strike);
  const beta = timeValue / (discount * scale);
  if (!(beta > 1e-307)) return VOL_AT_INTRINSIC; // denormal: no digits left
  let absX = Math.abs(logRatio(forward, strike));
  let totalVol = quickTotalVol(absX, beta, cell);
  let conditioning = cell[0];
  if (totalVol === 0) {
    if (!(absX < 700)) absX = Math.abs(Math.log(forward) - Math.log(strike));
    const gap = (maximum - price / discount) / scale;
    if (!(gap > 0)) return VOL_AT_MAXIMUM;
    totalVol = regimeTotalVol(absX, beta, gap);
    conditioning = normalizedBlack(-absX, totalVol) / (totalVol * normalizedVega(absX, totalVol));
  }
  const annualizedVol = totalVol / Math.sqrt(expiryYears);
  if (!(annualizedVol > 0)) return VOL_AT_INTRINSIC; // an expiry of 1e300 years
  cell[VOL] = annualizedVol;
  cell[ATTAINABLE] = (unitInLastPlace(price) / timeValue) * conditioning;
  return VOL_OK;
}

/**
 * Implied Black volatility from a price.
 *
 * Relative error a few epsilon (2e-16) or the attainable error, whichever is larger. Not for prices whose time value is lost to rounding:
 * deep in the money the status is `ill-conditioned`, and the option out of the money at the same strike is the one to ask.
 *
 * @returns frozen; without a volatility the status says why, and `annualizedVol` is 0 at the intrinsic value, Infinity at the maximum, else by `outOfBounds`
 * @throws {@link DomainError} `ERR_DOMAIN` for a field that is no number or a type other than call and put; never for the numbers themselves
 * @see Jaeckel (2013, revised 2016), "Let's be rational"
 * @example impliedVol({ type: 'call', price: 7.965567455405804, forward: 100, strike: 100, expiryYears: 1 }).annualizedVol // 0.2
 */
export function impliedVol(quote: PriceQuote, options: ImpliedVolOptions = {}): ImpliedVol {
  return volOfQuote('impliedVol', quote, options, solveRow);
}

/**
 * Implied Black volatilities of columns of prices: {@link impliedVol} per row, bit for bit, a few million rows a second.
 *
 * @throws {@link ShapeError} `ERR_SHAPE` for columns of different lengths; never for the numbers in them, nor for a row's type
 * @example impliedVols({ type: 'call', price: [7.97, 4.29], forward: 100, strike: [100, 110], expiryYears: 1 }).annualizedVol
 */
export function impliedVols(columns: PriceColumns, options: ImpliedVolsOptions = {}): ImpliedVolColumns {
  return volsOfColumns('impliedVols', columns, options, solveRow);
}
