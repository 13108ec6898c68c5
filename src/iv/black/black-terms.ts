/**
 * One option, evaluated in a cell: a typed array that holds its inputs and receives its terms. Scalar and batch functions share it.
 *
 * @see Black (1976), "The pricing of commodity contracts"; Merton (1973), "Theory of rational option pricing"
 */
import { logRatio, logRatioError, productError, sumError } from './exact.ts';
import { millsRatio } from './mills-ratio.ts';
import { priceOverVega } from './normalized-black.ts';

// Inputs.
export const UNDERLYING = 0; // the spot price, or the forward price
export const STRIKE = 1;
export const EXPIRY_YEARS = 2;
export const ANNUALIZED_VOL = 3;
export const RATE = 4; // continuously compounded
export const YIELD = 5; // of the underlying; of a forward it is the rate
export const SIGN = 6; // 1 call, -1 put
export const UNDERLYING_DISCOUNT = 7; // exp(-yield T)
export const STRIKE_DISCOUNT = 8; // exp(-rate T)
// Terms.
export const TOTAL_VOL = 9; // s = vol sqrt(T)
export const D1 = 10; // ln(F/K) / s + s / 2
export const D2 = 11; // d1 - s
export const DENSITY = 12; // underlying exp(-yield T) phi(d1) = strike exp(-rate T) phi(d2)
export const TIME_VALUE = 13; // discounted price of the option of the two that is out of the money
export const INTRINSIC = 14; // max(0, sign (underlying exp(-yield T) - strike exp(-rate T)))
export const LOG_FORWARD_MONEYNESS = 15; // ln(F/K)
export const CELL_LENGTH = 16;

/** Times to expiry below this, 30 nanoseconds, count as expired: their inverse squares have no use and overflow. */
export const SMALLEST_YEARS = 1e-15;
/** Volatilities times sqrt(time) below this count as none. */
export const SMALLEST_TOTAL_VOL = 1e-150;

const INV_SQRT_TWO_PI = 0.3989422804014327;

/** phi(head + tail), with the square of the head split so that the exponential keeps its digits. */
export function density(head: number, tail: number): number {
  if (!(Math.abs(head) < 40)) return 0;
  const coarse = Math.trunc(head * 64) / 64;
  return INV_SQRT_TWO_PI * Math.exp(-0.5 * coarse * coarse) * Math.exp(-0.5 * (head - coarse) * (head + coarse) - head * tail);
}

/** Phi(z), given phi(z). */
export function cdfOf(z: number, densityAtZ: number): number {
  if (densityAtZ === 0) return z > 0 ? 1 : 0;
  return z <= 0 ? densityAtZ * millsRatio(-z) : 1 - densityAtZ * millsRatio(z);
}

/**
 * Fills the terms of a cell whose inputs are in range: underlying and strike positive, vol and time >= 0.
 *
 * With vol sqrt(T) = 0 (below 1e-150) the density is 0, but for the kink F = K, where d1 = d2 = 0; elsewhere both are infinite.
 */
export function fillBlackTerms(cell: Float64Array): void {
  const underlying = cell[UNDERLYING];
  const strike = cell[STRIKE];
  const years = cell[EXPIRY_YEARS];
  const vol = cell[ANNUALIZED_VOL];
  const carry = cell[RATE] - cell[YIELD];
  const carried = carry * years;
  const logSpot = logRatio(underlying, strike);
  const x = logSpot + carried;
  const rootYears = Math.sqrt(years);
  const s = vol * rootYears;
  // The smaller of the two discounted prices bounds the option out of the money, and is its scale.
  const base = x > 0 ? strike * cell[STRIKE_DISCOUNT] : underlying * cell[UNDERLYING_DISCOUNT];
  cell[LOG_FORWARD_MONEYNESS] = x;
  cell[TOTAL_VOL] = s;
  cell[INTRINSIC] = cell[SIGN] * x > 0 ? intrinsic(cell, x, carry === 0) : 0;
  if (!(s > SMALLEST_TOTAL_VOL)) {
    cell[D1] = cell[D2] = x === 0 ? 0 : x > 0 ? Infinity : -Infinity;
    cell[DENSITY] = x === 0 ? base * INV_SQRT_TWO_PI : 0;
    cell[TIME_VALUE] = 0;
    return;
  }
  const side = x > 0 ? -1 : 1;
  const t = 0.5 * s;
  let h = (side * x) / s;
  let near = h + t;
  let tail = 0;
  // What x, s and h + t lost to rounding matters when a large exponent multiplies it, or when x is left over from larger numbers.
  const wide = Math.abs(near);
  if ((Math.abs(logSpot) + Math.abs(carried) + s * t) * Math.max(1, wide) > 4 * s && wide < 40) {
    const carryRest = sumError(cell[RATE], -cell[YIELD], carry);
    const xRest = logRatioError(underlying, strike, logSpot) + productError(carry, years, carried) + carryRest * years + sumError(logSpot, carried, x);
    const square = rootYears * rootYears;
    const rootRest = (years - square - productError(rootYears, rootYears, square)) / (2 * rootYears);
    const sRest = productError(vol, rootYears, s) + vol * rootRest;
    const back = h * s;
    const hRest = (side * x - back - productError(h, s, back) + side * xRest - h * sRest) / s;
    const unrounded = sumError(h, t, near) + hRest + 0.5 * sRest;
    const rounded = near + unrounded;
    tail = sumError(near, unrounded, rounded);
    near = rounded;
    h += hRest;
  }
  const phi = density(near, tail);
  cell[D1] = side > 0 ? h + t : t - h;
  cell[D2] = side > 0 ? h - t : -h - t;
  cell[DENSITY] = base * phi;
  // phi(near) (Y(near) - Y(h - t)); where Y(near) grows, its product with the density is 1 - phi(near) Y(-near).
  cell[TIME_VALUE] = phi === 0 ? (near > 0 ? base : 0) : base * (near <= 0.5 ? phi * priceOverVega(-h, t) : 1 - phi * (millsRatio(near) + millsRatio(t - h)));
}

function intrinsic(cell: Float64Array, x: number, noCarry: boolean): number {
  const discountedStrike = cell[STRIKE] * cell[STRIKE_DISCOUNT];
  if (noCarry) return cell[SIGN] * cell[STRIKE_DISCOUNT] * (cell[UNDERLYING] - cell[STRIKE]);
  // A small difference of discounted prices is K D (e^x - 1), without the cancellation.
  return cell[SIGN] * (Math.abs(x) < 1 ? discountedStrike * Math.expm1(x) : cell[UNDERLYING] * cell[UNDERLYING_DISCOUNT] - discountedStrike);
}
