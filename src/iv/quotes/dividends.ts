/** Forwards from a spot price and dividends, and dividends from forwards. */
import { requireKnownKeys, requireNumber, requireSameLength } from '../../core/assert.ts';

/** Cash amounts in the currency of the spot price. */
export interface DividendSchedule {
  /** Years of 365 days to each ex-dividend time, in any order. */
  readonly exYears: ArrayLike<number>;
  readonly amount: ArrayLike<number>;
}

export interface SpotMarket {
  readonly spot: number;
  /** Continuous dividend yield or borrow cost per year. @default 0 */
  readonly dividendYield?: number;
  /** Dividends known in cash, in addition to the yield. @default none */
  readonly dividends?: DividendSchedule;
}

/** Discount at a time in years. */
export type DiscountAt = (expiryYears: number) => number;

/**
 * Forward price from the spot price: (spot - present value of the cash dividends before expiry) e^(-dividendYield T) / discount(T).
 *
 * The escrowed model: known dividends are set aside and the rest grows. A dividend on the expiry instant counts as paid.
 *
 * @param discountAt - price today of 1 at a time in years; asked at the expiry and at each ex-dividend time before
 * @returns NaN where the dividends are worth more than the spot price, or a discount is not a positive number
 * @throws DomainError for a spot that is not positive or an expiry that is negative, ShapeError for a schedule of different lengths
 * @see Haug (2007), "The complete guide to option pricing formulas", 2nd ed., section 9.1 (escrowed dividend model)
 * @example forwardFromSpot({ spot: 100, dividends: { exYears: [0.5], amount: [2] } }, 1, (years) => Math.exp(-0.05 * years)) // (100 - 2 e^-0.025) e^0.05 = 103.076
 */
export function forwardFromSpot(market: SpotMarket, expiryYears: number, discountAt: DiscountAt): number {
  const fn = 'forwardFromSpot';
  requireSpotMarket(fn, market);
  return spotForward(market, requireNumber(fn, 'expiryYears', expiryYears, { min: 0 }), discountAt);
}

/** Throws unless the market makes sense. */
export function requireSpotMarket(fn: string, market: SpotMarket): void {
  requireKnownKeys(fn, market, ['spot', 'dividendYield', 'dividends']);
  requireNumber(fn, 'spot', market.spot, { min: 0, max: Infinity, open: true });
  requireNumber(fn, 'dividendYield', market.dividendYield ?? 0);
  if (market.dividends === undefined) return;
  const { exYears, amount } = market.dividends;
  const n = requireSameLength(fn, { 'dividends.exYears': exYears, 'dividends.amount': amount });
  for (let i = 0; i < n; i++) {
    requireNumber(fn, `dividends.exYears[${i}]`, exYears[i]);
    requireNumber(fn, `dividends.amount[${i}]`, amount[i], { min: 0 });
  }
}

/** {@link forwardFromSpot} without checks. */
export function spotForward(market: SpotMarket, expiryYears: number, discountAt: DiscountAt): number {
  const { spot, dividendYield = 0, dividends } = market;
  let escrowed = 0;
  for (let i = 0; dividends !== undefined && i < dividends.amount.length; i++) {
    const ex = dividends.exYears[i];
    if (ex > 0 && ex <= expiryYears) escrowed += dividends.amount[i] * discountAt(ex);
  }
  const forward = ((spot - escrowed) * Math.exp(-dividendYield * expiryYears)) / discountAt(expiryYears);
  return forward > 0 && forward < Infinity ? forward : NaN;
}

/** What {@link impliedDividends} reads: columns, or one value per column. Errors are standard errors. */
export interface ForwardPoint {
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  /** @default 0 */
  readonly forwardError?: number;
  /** @default 0 */
  readonly discountError?: number;
}

/** The dividends one forward implies. */
export interface ImpliedDividend {
  readonly expiryYears: number;
  /** False for a point that has no positive time, forward or discount; the numbers are NaN then. */
  readonly defined: boolean;
  /** Of all dividends to expiry, in the currency of the spot price: spot - discount * forward. */
  readonly presentValue: number;
  readonly presentValueError: number;
  /** Continuous yield per year with the same forward: ln(spot / (discount * forward)) / T. */
  readonly dividendYield: number;
  readonly dividendYieldError: number;
  /** Yield between the last earlier defined point and this one; the first counts from today. NaN for two points at one time. */
  readonly forwardYield: number;
}

/**
 * Dividends implied by the forwards of several expiries, borrow costs included: what parity cannot tell apart.
 *
 * The spot price must belong to the instant of the quotes; an index level of another minute shifts every yield by its error / T.
 *
 * @param points - in any order; one result per point in the order of time
 * @throws DomainError for a spot that is not positive
 * @example impliedDividends(100, [{ expiryYears: 1, forward: 102, discount: 0.96 }])[0].presentValue // 2.08
 */
export function impliedDividends(spot: number, points: readonly ForwardPoint[]): readonly ImpliedDividend[] {
  requireNumber('impliedDividends', 'spot', spot, { min: 0, max: Infinity, open: true });
  let [lastYears, lastLog] = [0, 0];
  const byTime = [...points].sort((a, b) => a.expiryYears - b.expiryYears);
  const results = byTime.map((point): ImpliedDividend => {
    const { expiryYears, forward, discount, forwardError = 0, discountError = 0 } = point;
    const prepaid = discount * forward;
    const log = Math.log(spot / prepaid);
    if (!(expiryYears > 0 && expiryYears < Infinity && forward > 0 && discount > 0 && Number.isFinite(log))) {
      return Object.freeze({ expiryYears, defined: false, presentValue: NaN, presentValueError: NaN, dividendYield: NaN, dividendYieldError: NaN, forwardYield: NaN });
    }
    const presentValueError = Math.sqrt((discount * forwardError) * (discount * forwardError) + (forward * discountError) * (forward * discountError));
    const forwardYield = expiryYears > lastYears ? (log - lastLog) / (expiryYears - lastYears) : NaN;
    [lastYears, lastLog] = [expiryYears, log];
    return Object.freeze({
      expiryYears,
      defined: true,
      presentValue: spot - prepaid,
      presentValueError,
      dividendYield: log / expiryYears,
      dividendYieldError: presentValueError / prepaid / expiryYears,
      forwardYield,
    });
  });
  return Object.freeze(results);
}
