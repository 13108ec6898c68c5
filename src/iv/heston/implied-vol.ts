/** Black's volatility of a Heston price. */
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import { integrateOtm } from './jump-mixture.ts';
import { type OptionTerms, optionTerms } from './option.ts';
import { type HestonParameters, hestonVector } from './parameters.ts';
import { type HestonPriceOptions, type HestonStatus, statusOf, toleranceOf } from './price.ts';

/** Where on a smile: the terms of an option without its type. */
export interface HestonSmilePoint {
  /** Forward price for the expiry, > 0. */
  readonly forward: number;
  /** > 0. */
  readonly strike: number;
  /** Time to expiry in years of 365 days, > 0. */
  readonly expiryYears: number;
}

export interface HestonImpliedVol {
  /** Volatility per year as a decimal; NaN when expired, or when no volatility has the price (`no-time-value`): it is below 1e-300 or at its upper bound. */
  readonly annualizedVol: number;
  readonly status: HestonStatus | 'no-time-value';
}

/**
 * The Black volatility that gives an option its Heston price: the same for calls and puts.
 *
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters or terms outside their ranges
 */
export function hestonImpliedVol(parameters: HestonParameters, point: HestonSmilePoint, options: HestonPriceOptions = {}): HestonImpliedVol {
  const terms = optionTerms('hestonImpliedVol', { ...point, type: 'call' });
  return impliedVolOf(hestonVector('hestonImpliedVol', parameters), terms, toleranceOf('hestonImpliedVol', options));
}

/** The volatility of checked parameters and terms. */
export function impliedVolOf(p: Float64Array, terms: OptionTerms, tolerance: number): HestonImpliedVol {
  const { expiryYears, x } = terms;
  const integral = integrateOtm(p, expiryYears, x, tolerance, false);
  const status = statusOf(p, terms, integral);
  if (status === 'expired') return Object.freeze({ annualizedVol: NaN, status });
  if (status === 'zero-variance') return Object.freeze({ annualizedVol: 0, status });
  const annualizedVol = volOfOtmPrice(x, integral.sums[0], expiryYears);
  return Object.freeze({ annualizedVol, status: status === 'ok' && Number.isNaN(annualizedVol) ? 'no-time-value' : status });
}

/** Volatility per year of a normalized out-of-the-money price; NaN when none has it: it is below 1e-300, or not below its bound. */
export function volOfOtmPrice(x: number, price: number, expiryYears: number): number {
  if (!(price >= 1e-300)) return NaN;
  const total = impliedTotalVol(-Math.abs(x), price);
  return total > 0 && total < Infinity ? total / Math.sqrt(expiryYears) : NaN;
}
