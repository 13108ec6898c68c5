/** One option for the Heston and Bates functions: on a forward, or on a spot price. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import type { OptionType } from '../option.ts';

/** An option on a forward; `discount` is the price today of 1 at expiry. */
export interface HestonForwardOption {
  readonly type: OptionType;
  /** Forward price for the expiry, > 0, in the currency of the strike. */
  readonly forward: number;
  /** > 0. */
  readonly strike: number;
  /** Time to expiry in years of 365 days; 0 or less is expired. */
  readonly expiryYears: number;
  /** Price today of 1 at expiry, > 0. @default 1 */
  readonly discount?: number;
}

/** An option on a spot price with constant rate and dividend yield. */
export interface HestonSpotOption {
  readonly type: OptionType;
  /** Price of the underlying now, > 0. */
  readonly spot: number;
  /** > 0. */
  readonly strike: number;
  /** Time to expiry in years of 365 days; 0 or less is expired. */
  readonly expiryYears: number;
  /** Continuously compounded interest rate per year, as a decimal. @default 0 */
  readonly rate?: number;
  /** Continuous dividend yield per year, as a decimal. @default 0 */
  readonly dividendYield?: number;
}

export type HestonOption = HestonForwardOption | HestonSpotOption;

/** A checked option in one shape. */
export interface OptionTerms {
  /** 1 for calls, -1 for puts. */
  readonly sign: number;
  readonly forward: number;
  readonly strike: number;
  readonly expiryYears: number;
  readonly discount: number;
  /** ln(forward / strike). */
  readonly x: number;
  /** What delta and gamma are taken in: the spot price, or the forward. */
  readonly underlying: number;
  readonly rate: number;
  /** Growth of the forward with expiry per year: rate - dividendYield from spot, 0 from a forward. */
  readonly carry: number;
  /** The option was given by a spot price. */
  readonly onSpot: boolean;
}

// exp(-700) is near the smallest double.
const MOST_EXPONENT = 700;

/** Checks an option and states it by forward and discount. */
export function optionTerms(fn: string, option: HestonOption): OptionTerms {
  const onSpot = typeof option === 'object' && option !== null && 'spot' in option;
  requireKnownKeys(fn, option, onSpot ? ['type', 'spot', 'strike', 'expiryYears', 'rate', 'dividendYield'] : ['type', 'forward', 'strike', 'expiryYears', 'discount']);
  const sign = requireOneOf(fn, 'type', option.type, ['call', 'put']) === 'call' ? 1 : -1;
  const strike = requireNumber(fn, 'strike', option.strike, { min: 0, open: true });
  const expiryYears = Math.max(0, requireNumber(fn, 'expiryYears', option.expiryYears, { max: 1000 }));
  if ('spot' in option) {
    const spot = requireNumber(fn, 'spot', option.spot, { min: 0, open: true });
    const rate = requireNumber(fn, 'rate', option.rate ?? 0);
    const carry = rate - requireNumber(fn, 'dividendYield', option.dividendYield ?? 0);
    if (Math.abs(rate * expiryYears) > MOST_EXPONENT || Math.abs(carry * expiryYears) > MOST_EXPONENT) {
      throw new DomainError(`${fn}: rate and dividendYield times expiryYears must lie in [-700, 700], got ${rate} and ${rate - carry} over ${expiryYears} years`);
    }
    const forward = spot * Math.exp(carry * expiryYears);
    return { sign, forward, strike, expiryYears, discount: Math.exp(-rate * expiryYears), x: logRatio(spot, strike) + carry * expiryYears, underlying: spot, rate, carry, onSpot: true };
  }
  const forward = requireNumber(fn, 'forward', option.forward, { min: 0, open: true });
  const discount = requireNumber(fn, 'discount', option.discount ?? 1, { min: 0, open: true });
  const rate = expiryYears > 0 ? -Math.log(discount) / expiryYears : 0;
  return { sign, forward, strike, expiryYears, discount, x: logRatio(forward, strike), underlying: forward, rate, carry: 0, onSpot: false };
}

// ln(a / b) with all digits when a and b are close.
function logRatio(a: number, b: number): number {
  const relative = (a - b) / b;
  return Math.abs(relative) < 0.5 ? Math.log1p(relative) : Math.log(a) - Math.log(b);
}
