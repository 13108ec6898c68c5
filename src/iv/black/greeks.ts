/** Price and sixteen greeks of one option as a frozen object, and their market units. */
import { requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { BLACK_GREEKS, BLACK_SCHOLES_GREEKS, fillForwardGreeks, fillGreeks, GREEK_COUNT } from './greek-terms.ts';
import type { BlackGreekName, BlackScholesGreekName } from './greek-terms.ts';
import { blackCell, blackScholesCell } from './price.ts';
import type { BlackOption, BlackScholesOption } from './price.ts';

/**
 * Price V and derivatives from a spot price S, rate r, dividend yield q, vol and calendar time t (years to expiry run backwards).
 *
 * All per 1.0: per 1.00 of vol, per 1.00 of rate, per year. {@link scaleGreeks} turns them into market units.
 *
 * `delta` dV/dS, `gamma` d2V/dS2, `vega` dV/dvol, `theta` dV/dt, `rho` dV/dr, `epsilon` dV/dq, `vanna` d2V/dS dvol, `volga` d2V/dvol2,
 * `charm` d(delta)/dt, `veta` d(vega)/dt, `speed` d(gamma)/dS, `zomma` d(gamma)/dvol, `color` d(gamma)/dt, `ultima` d3V/dvol3,
 * `dualDelta` dV/dK, `dualGamma` d2V/dK2. Each holds the other variables of this list fixed: `rho` moves the forward, `delta` is that of the stock.
 */
export type BlackScholesGreeks = Readonly<Record<BlackScholesGreekName, number>>;

/**
 * Price V and derivatives from a forward F, discount D = exp(-rT), vol and calendar time t.
 *
 * `forwardDelta` dV/dF, `forwardGamma`, `forwardSpeed` hold D fixed: they count discounted forward contracts times D, not shares.
 * `theta` dV/dt, `forwardCharm`, `veta`, `forwardColor` hold F and the rate r = -ln(D) / T fixed. `rho` = -T V is dV/dr with F fixed;
 * `carryRho` = T F forwardDelta is dV/d(r - q) with D fixed: rho with the spot price fixed is their sum, epsilon is -carryRho, and
 * the delta in shares is forwardDelta F / S. The others are as in {@link BlackScholesGreeks}, with F in place of S; all per 1.0 and per year.
 */
export type BlackGreeks = Readonly<Record<BlackGreekName, number>>;

/**
 * Discounted price and sixteen greeks of a European option on a forward.
 *
 * Relative to the largest term of its formula each is within 1e-14. With zero volatility, or expired, vega and all greeks that measure
 * curvature are 0 (on the kink F = K vega alone keeps its value for small vol), and the deltas are 0 or their maximum, half of it on the kink.
 *
 * @throws DomainError as blackPrice
 * @see Haug (2007), "The complete guide to option pricing formulas", chapter 2
 * @example blackGreeks({ type: 'call', forward: 100, strike: 110, expiryYears: 0.5, annualizedVol: 0.2 }).forwardDelta // 0.27318
 */
export function blackGreeks(option: BlackOption): BlackGreeks {
  const out = new Float64Array(GREEK_COUNT);
  fillForwardGreeks(blackCell('blackGreeks', option), out);
  return named(BLACK_GREEKS, out);
}

/**
 * Price and sixteen greeks of a European option on a spot price, with a constant rate and dividend yield.
 *
 * Accuracy and limits as {@link blackGreeks}.
 *
 * @throws DomainError as blackScholesPrice
 * @see Haug (2007), "The complete guide to option pricing formulas", chapter 2
 * @example blackScholesGreeks({ type: 'put', spot: 100, strike: 95, expiryYears: 0.25, annualizedVol: 0.3, rate: 0.04 }).delta // -0.31433
 */
export function blackScholesGreeks(option: BlackScholesOption): BlackScholesGreeks {
  const out = new Float64Array(GREEK_COUNT);
  fillGreeks(blackScholesCell('blackScholesGreeks', option), out);
  return named(BLACK_SCHOLES_GREEKS, out);
}

function named<N extends string>(names: readonly N[], values: Float64Array): Readonly<Record<N, number>> {
  const result = {} as Record<N, number>;
  for (let i = 0; i < names.length; i++) result[names[i]] = values[i];
  return Object.freeze(result);
}

export interface GreekUnits {
  /** The change of volatility that vega is for. @default 0.01, one vol point */
  readonly volUnit?: number;
  /** The time, in years, that theta is for. @default 1 / 365, one calendar day */
  readonly timeUnitYears?: number;
  /** The change of a rate or yield that rho is for. @default 0.01, one percentage point */
  readonly rateUnit?: number;
}

// How often each greek is differentiated by vol, time and rate.
const VOL_ORDER: Readonly<Record<string, number>> = { vega: 1, vanna: 1, forwardVanna: 1, volga: 2, veta: 1, zomma: 1, forwardZomma: 1, ultima: 3 };
const TIME_ORDER: Readonly<Record<string, number>> = { theta: 1, charm: 1, forwardCharm: 1, veta: 1, color: 1, forwardColor: 1 };
const RATE_ORDER: Readonly<Record<string, number>> = { rho: 1, epsilon: 1, carryRho: 1 };

/**
 * Greeks in market units: by default vega per vol point, theta per calendar day, rho per percentage point.
 *
 * A greek of second order in vol is scaled twice, so that a move of n units changes the price by n vega + n^2 / 2 volga. For trading days use
 * `timeUnitYears: 1 / 252`, for basis points `rateUnit: 0.0001`; what has no vol, time or rate in it is left alone.
 *
 * @param greeks - per 1.0, from {@link blackGreeks} or {@link blackScholesGreeks}, or any part of them
 * @throws DomainError for a unit that is not positive
 * @example scaleGreeks(blackScholesGreeks(option)).vega // price change for one vol point
 */
export function scaleGreeks<G extends Readonly<Partial<Record<BlackScholesGreekName | BlackGreekName, number>>>>(greeks: G, units: GreekUnits = {}): Readonly<G> {
  requireKnownKeys('scaleGreeks', units, ['volUnit', 'timeUnitYears', 'rateUnit']);
  const { volUnit = 0.01, timeUnitYears = 1 / 365, rateUnit = 0.01 } = units;
  for (const [name, unit] of [['volUnit', volUnit], ['timeUnitYears', timeUnitYears], ['rateUnit', rateUnit]] as const) requireNumber('scaleGreeks', name, unit, { min: 0, open: true });
  const scaled: Record<string, number> = {};
  for (const [name, value] of Object.entries(greeks)) {
    let result = value as number;
    for (let i = VOL_ORDER[name] ?? 0; i > 0; i--) result *= volUnit;
    for (let i = TIME_ORDER[name] ?? 0; i > 0; i--) result *= timeUnitYears;
    for (let i = RATE_ORDER[name] ?? 0; i > 0; i--) result *= rateUnit;
    scaled[name] = result;
  }
  return Object.freeze(scaled) as Readonly<G>;
}
