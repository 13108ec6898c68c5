/**
 * Implied volatility in Bachelier's normal model: price = discount s phi(z) (1 - z R(z)) out of the money, z = |F - K| / s, s = vol sqrt(T).
 *
 * The price over |F - K| fixes z, so the inverse is a function of one variable: a rational function good to 5e-6 (bachelier-moneyness.ts) and one
 * step of fourth order on the logarithm of the price, which leaves rounding alone.
 *
 * @see Jaeckel (2017), "Implied normal volatility"
 */
import { farBachelierMoneyness, isNearTheMoney, nearBachelierVol } from './bachelier-moneyness.ts';
import { volOfQuote, volsOfColumns } from './implied-vol-rows.ts';
import {
  ATTAINABLE, discountedTimeValue, statusOfUnusable, unitInLastPlace, VOL, VOL_AT_INTRINSIC, VOL_BELOW_INTRINSIC, VOL_EXPIRED, VOL_OK,
} from './implied-vol-status.ts';
import type { ImpliedVol, ImpliedVolColumns, ImpliedVolOptions, ImpliedVolsOptions, PriceColumns, PriceQuote } from './implied-vol-status.ts';
import { millsDefect } from './mills-ratio.ts';

const SQRT_2PI = 2.5066282746310002;
const LAST_STEP = 1e-4;

/** s for an undiscounted out-of-the-money price > 0 at a distance >= 0 from the money; cell[0] becomes d ln s / d ln price. */
function totalNormalVol(distance: number, price: number, cell: Float64Array): number {
  let s = isNearTheMoney(distance, price) ? price * nearBachelierVol(distance / price) : distance / farBachelierMoneyness(Math.sqrt(Math.log(distance) - Math.log(price)));
  for (let step = 0; step < 8; step++) {
    const z = distance / s;
    const squareZ = z * z;
    const S = millsDefect(z);
    cell[0] = S;
    // As in quick-total-vol.ts with t = 0.
    const ratio = price / (s * S);
    const f = (ratio > 1e-290 ? Math.log(ratio * SQRT_2PI) : Math.log(price) - Math.log(s) - Math.log(S / SQRT_2PI)) + 0.5 * squareZ;
    const bend = f * (S * squareZ - 1);
    const twist = f * f * (S * S * squareZ * (squareZ - 3) - 3 * S * squareZ + 2);
    const change = (f * S * (1 + 0.5 * bend)) / (1 + bend + twist * (1 / 6));
    s += s * change;
    if (change < LAST_STEP && change > -LAST_STEP) break;
  }
  return s;
}

function solveRow(sign: number, price: number, forward: number, strike: number, expiryYears: number, discount: number, cell: Float64Array): number {
  if (!(price > 0 && price < Infinity && forward - strike > -Infinity && forward - strike < Infinity && expiryYears > 0 && expiryYears < Infinity
    && discount > 0 && discount < Infinity && (sign === 1 || sign === -1))) return statusOfUnusable(sign, price, forward, strike, expiryYears, discount, -Infinity);
  let timeValue = price;
  const difference = sign * (forward - strike);
  if (difference > 0) {
    if (price <= discount * difference) return price < discount * difference ? VOL_BELOW_INTRINSIC : VOL_AT_INTRINSIC;
    timeValue = discountedTimeValue(price, forward, strike, discount);
  }
  const undiscounted = timeValue / discount;
  if (!(undiscounted > 1e-307)) return VOL_AT_INTRINSIC; // denormal: no digits left
  const totalVol = totalNormalVol(Math.abs(difference), undiscounted, cell);
  const conditioning = cell[0];
  const annualizedVol = totalVol / Math.sqrt(expiryYears);
  if (!(annualizedVol > 0 && annualizedVol < Infinity)) return annualizedVol > 0 ? VOL_EXPIRED : VOL_AT_INTRINSIC; // an expiry too short or too long for a double
  cell[VOL] = annualizedVol;
  cell[ATTAINABLE] = (unitInLastPlace(price) / timeValue) * conditioning;
  return VOL_OK;
}

/**
 * Implied normal volatility from a price, in currency units per square root of a year. Forward and strike may have any sign.
 *
 * @returns frozen, as {@link impliedVol}; there is no maximum price, so `at-maximum` does not occur
 * @throws {@link DomainError} `ERR_DOMAIN` for a field that is no number or a type other than call and put; never for the numbers themselves
 * @example bachelierImpliedVol({ type: 'call', price: 0.3989422804014327, forward: -0.5, strike: -0.5, expiryYears: 1 }).annualizedVol // 1
 */
export function bachelierImpliedVol(quote: PriceQuote, options: ImpliedVolOptions = {}): ImpliedVol {
  return volOfQuote('bachelierImpliedVol', quote, options, solveRow);
}

/**
 * Implied normal volatilities of columns of prices: {@link bachelierImpliedVol} per row, bit for bit.
 *
 * @throws {@link ShapeError} `ERR_SHAPE` for columns of different lengths; never for the numbers in them, nor for a row's type
 */
export function bachelierImpliedVols(columns: PriceColumns, options: ImpliedVolsOptions = {}): ImpliedVolColumns {
  return volsOfColumns('bachelierImpliedVols', columns, options, solveRow);
}
