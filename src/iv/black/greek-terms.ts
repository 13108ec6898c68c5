/** Price and sixteen derivatives of one option, written into a typed array. */
import {
  ANNUALIZED_VOL, cdfOf, D1, D2, DENSITY, EXPIRY_YEARS, fillBlackTerms, INTRINSIC, LOG_FORWARD_MONEYNESS, RATE, SIGN, SMALLEST_TOTAL_VOL, STRIKE, STRIKE_DISCOUNT, TIME_VALUE, TOTAL_VOL, UNDERLYING,
  UNDERLYING_DISCOUNT, YIELD,
} from './black-terms.ts';

/** Price and greeks from a spot price, in the order in which the kernel writes them. */
export const BLACK_SCHOLES_GREEKS = [
  'price', 'delta', 'gamma', 'vega', 'theta', 'rho', 'epsilon', 'vanna', 'volga', 'charm', 'veta', 'speed', 'zomma', 'color', 'ultima', 'dualDelta', 'dualGamma',
] as const;

/** Price and greeks from a forward and a discount, in the order in which the kernel writes them. */
export const BLACK_GREEKS = [
  'price', 'forwardDelta', 'forwardGamma', 'vega', 'theta', 'rho', 'carryRho', 'forwardVanna', 'volga', 'forwardCharm', 'veta', 'forwardSpeed', 'forwardZomma', 'forwardColor', 'ultima',
  'dualDelta', 'dualGamma',
] as const;

export type BlackScholesGreekName = (typeof BLACK_SCHOLES_GREEKS)[number];
export type BlackGreekName = (typeof BLACK_GREEKS)[number];

/** Length of what the kernels write: the price and 16 greeks. */
export const GREEK_COUNT = 17;
const RHO = 5;
const CARRY = 6;

/**
 * Fills `out` in the order of {@link BLACK_SCHOLES_GREEKS} for a cell whose inputs are in range.
 *
 * With a = S exp(-qT) phi(d1) and m = d(d1)/dT = (2(r-q)T - ln(F/K) + s^2/2) / (2 s T); q is the yield and r the rate.
 */
export function fillGreeks(cell: Float64Array, out: Float64Array): void {
  fillBlackTerms(cell);
  const sign = cell[SIGN];
  const spot = cell[UNDERLYING];
  const strike = cell[STRIKE];
  const years = cell[EXPIRY_YEARS];
  const vol = cell[ANNUALIZED_VOL];
  const rate = cell[RATE];
  const dividendYield = cell[YIELD];
  const s = cell[TOTAL_VOL];
  const a = cell[DENSITY];
  const discountedSpot = spot * cell[UNDERLYING_DISCOUNT];
  const discountedStrike = strike * cell[STRIKE_DISCOUNT];
  const curved = s > SMALLEST_TOTAL_VOL;
  const onKink = !curved && cell[LOG_FORWARD_MONEYNESS] === 0;
  const cdf1 = onKink ? 0.5 : cdfOf(sign * cell[D1], a / discountedSpot);
  const cdf2 = onKink ? 0.5 : cdfOf(sign * cell[D2], a / discountedStrike);
  const vega = a * Math.sqrt(years);
  const running = years > 0 ? sign : 0;
  out.fill(0);
  out[0] = cell[INTRINSIC] + cell[TIME_VALUE];
  out[1] = sign * cell[UNDERLYING_DISCOUNT] * cdf1;
  out[3] = vega;
  // q S exp(-qT) Phi(d1) - r K exp(-rT) Phi(d2); the two nearly cancel where the price, their difference for r = q, is small.
  const held = discountedSpot * cdf1;
  out[4] = out[0] < 0.5 * held ? (years > 0 ? rate * out[0] + running * (dividendYield - rate) * held : 0) : running * (dividendYield * held - rate * discountedStrike * cdf2);
  out[RHO] = sign * discountedStrike * years * cdf2;
  out[CARRY] = -sign * discountedSpot * years * cdf1;
  out[9] = running * dividendYield * cell[UNDERLYING_DISCOUNT] * cdf1;
  out[15] = -sign * cell[STRIKE_DISCOUNT] * cdf2;
  if (!(a > 0 && curved)) return;
  const d1 = cell[D1];
  const d2 = cell[D2];
  const product = d1 * d2;
  const gamma = a / s / spot / spot;
  const slope = (2 * (rate - dividendYield) * years - cell[LOG_FORWARD_MONEYNESS] + 0.5 * s * s) / (2 * s * years);
  out[2] = gamma;
  out[4] -= (a * vol) / (2 * Math.sqrt(years));
  out[7] = (-(a / spot) * d2) / vol;
  out[8] = (vega * product) / vol;
  out[9] -= (a / spot) * slope;
  out[10] = vega * (dividendYield - 0.5 / years + d1 * slope);
  out[11] = (-gamma / spot) * (d1 / s + 1);
  out[12] = (gamma * (product - 1)) / vol;
  out[13] = gamma * (dividendYield + 0.5 / years + d1 * slope);
  out[14] = (-vega * (product * (1 - product) + d1 * d1 + d2 * d2)) / vol / vol;
  out[16] = a / s / strike / strike;
}

/** Fills `out` in the order of {@link BLACK_GREEKS}: the cell's underlying is a forward, whose yield is the rate. */
export function fillForwardGreeks(cell: Float64Array, out: Float64Array): void {
  fillGreeks(cell, out);
  out[RHO] = -cell[EXPIRY_YEARS] * out[0];
  out[CARRY] = -out[CARRY];
}
