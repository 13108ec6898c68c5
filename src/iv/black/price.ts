/** The price of a European option: Black from a forward and a discount, Black-Scholes from a spot price, a rate and a yield. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import type { OptionType } from '../option.ts';
import { ANNUALIZED_VOL, CELL_LENGTH, EXPIRY_YEARS, fillBlackTerms, INTRINSIC, RATE, SIGN, SMALLEST_YEARS, STRIKE, STRIKE_DISCOUNT, TIME_VALUE, UNDERLYING, UNDERLYING_DISCOUNT, YIELD } from './black-terms.ts';

/** One option on a forward. */
export interface BlackOption {
  readonly type: OptionType;
  /** Forward price for the expiry, > 0, in the currency of the strike. */
  readonly forward: number;
  /** > 0. */
  readonly strike: number;
  /** Time to expiry in years of 365 days; 0 or less is expired. */
  readonly expiryYears: number;
  /** Volatility per year as a decimal, >= 0. */
  readonly annualizedVol: number;
  /** Price today of 1 at expiry, > 0. @default 1 */
  readonly discount?: number;
}

/** One option on a spot price. */
export interface BlackScholesOption {
  readonly type: OptionType;
  /** Price of the underlying now, > 0. */
  readonly spot: number;
  /** > 0. */
  readonly strike: number;
  /** Time to expiry in years of 365 days; 0 or less is expired. */
  readonly expiryYears: number;
  /** Volatility per year as a decimal, >= 0. */
  readonly annualizedVol: number;
  /** Continuously compounded interest rate per year, as a decimal. @default 0 */
  readonly rate?: number;
  /** Continuous dividend yield (or borrow cost, or foreign rate) per year, as a decimal. @default 0 */
  readonly dividendYield?: number;
}

/** exp(-700) is near the smallest double: rates times years beyond it have no discount factor. */
export const MAX_RATE_YEARS = 700;

/** The cell of a checked option on a forward. */
export function blackCell(fn: string, option: BlackOption): Float64Array {
  requireKnownKeys(fn, option, ['type', 'forward', 'strike', 'expiryYears', 'annualizedVol', 'discount']);
  const { discount = 1 } = option;
  const cell = sharedCell(fn, option);
  cell[UNDERLYING] = requireNumber(fn, 'forward', option.forward, { min: 0, open: true });
  requireNumber(fn, 'discount', discount, { min: 0, open: true });
  cell[UNDERLYING_DISCOUNT] = cell[STRIKE_DISCOUNT] = discount;
  cell[RATE] = cell[YIELD] = cell[EXPIRY_YEARS] > 0 ? -Math.log(discount) / cell[EXPIRY_YEARS] : 0;
  return cell;
}

/** The cell of a checked option on a spot price. */
export function blackScholesCell(fn: string, option: BlackScholesOption): Float64Array {
  requireKnownKeys(fn, option, ['type', 'spot', 'strike', 'expiryYears', 'annualizedVol', 'rate', 'dividendYield']);
  const { rate = 0, dividendYield = 0 } = option;
  const cell = sharedCell(fn, option);
  const years = cell[EXPIRY_YEARS];
  cell[UNDERLYING] = requireNumber(fn, 'spot', option.spot, { min: 0, open: true });
  cell[RATE] = requireNumber(fn, 'rate', rate);
  cell[YIELD] = requireNumber(fn, 'dividendYield', dividendYield);
  requireNumber(fn, 'rate * expiryYears', rate * years, { min: -MAX_RATE_YEARS, max: MAX_RATE_YEARS });
  requireNumber(fn, 'dividendYield * expiryYears', dividendYield * years, { min: -MAX_RATE_YEARS, max: MAX_RATE_YEARS });
  cell[UNDERLYING_DISCOUNT] = Math.exp(-dividendYield * years);
  cell[STRIKE_DISCOUNT] = Math.exp(-rate * years);
  return cell;
}

function sharedCell(fn: string, option: BlackOption | BlackScholesOption): Float64Array {
  const cell = new Float64Array(CELL_LENGTH);
  cell[SIGN] = requireOneOf(fn, 'type', option.type, ['call', 'put']) === 'call' ? 1 : -1;
  cell[STRIKE] = requireNumber(fn, 'strike', option.strike, { min: 0, open: true });
  const years = requireNumber(fn, 'expiryYears', option.expiryYears);
  cell[EXPIRY_YEARS] = years > SMALLEST_YEARS ? years : 0;
  cell[ANNUALIZED_VOL] = requireNumber(fn, 'annualizedVol', option.annualizedVol, { min: 0 });
  return cell;
}

/** Price in a cell: intrinsic value of the forward plus the value of the out-of-the-money option at the same strike. */
function cellPrice(cell: Float64Array): number {
  fillBlackTerms(cell);
  return cell[INTRINSIC] + cell[TIME_VALUE];
}

/**
 * Discounted price of a European option on a forward (Black 1976).
 *
 * The out-of-the-money option has a relative error below 1e-13 down to prices of 1e-300; in the money it is added to the intrinsic value.
 * Zero volatility gives the discounted intrinsic value, an expired option `discount` times its payoff at the forward.
 *
 * @returns price today, in the currency of the strike
 * @throws DomainError for a forward, strike or discount that is not positive, a negative volatility, or anything not finite
 * @see Black (1976), "The pricing of commodity contracts", eq. 16
 * @example blackPrice({ type: 'call', forward: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2 }) // 7.965567455405798
 */
export function blackPrice(option: BlackOption): number {
  return cellPrice(blackCell('blackPrice', option));
}

/**
 * Price of a European option on a spot price with a constant rate and dividend yield (Black-Scholes-Merton).
 *
 * Accuracy and limits as {@link blackPrice}; an expired option is worth its payoff at the spot price.
 *
 * @returns price today, in the currency of the strike
 * @throws DomainError for a spot or strike that is not positive, a negative volatility, or anything not finite
 * @see Merton (1973), "Theory of rational option pricing", eq. 21 with a dividend yield
 * @example blackScholesPrice({ type: 'put', spot: 100, strike: 90, expiryYears: 0.5, annualizedVol: 0.25, rate: 0.04 }) // 2.330618635836
 */
export function blackScholesPrice(option: BlackScholesOption): number {
  return cellPrice(blackScholesCell('blackScholesPrice', option));
}
