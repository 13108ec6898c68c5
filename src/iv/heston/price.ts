/** The Heston price of one option, with its error. */
import { requireKnownKeys, requireNumber } from '../../core/assert.ts';
import type { OtmIntegral } from './integrate.ts';
import { integrateOtm } from './jump-mixture.ts';
import { type HestonOption, type OptionTerms, optionTerms } from './option.ts';
import { expectedTotalVariance, type HestonParameters, hestonVector } from './parameters.ts';

/**
 * How a number came about: `ok`; `expired` (no time left: the payoff) and `zero-variance` (v0 = theta = 0: the discounted payoff of
 * the forward), both exact; `not-converged`: the estimated error exceeds the tolerance, or a derivative that was asked for is no finite number.
 */
export type HestonStatus = 'ok' | 'expired' | 'zero-variance' | 'not-converged';

export interface HestonPriceOptions {
  /** Aimed relative error of the out-of-the-money price, in [1e-15, 0.01]; rounding of the sum ends the search too. @default 1e-12 */
  readonly tolerance?: number;
}

export interface HestonPrice {
  /** Discounted price in the currency of the strike. */
  readonly price: number;
  /** Discounted price of the out-of-the-money option of the strike: all its digits hold, also where `price` is in the money. */
  readonly outOfTheMoneyPrice: number;
  readonly status: HestonStatus;
  /** Estimated absolute error of `outOfTheMoneyPrice`. */
  readonly errorEstimate: number;
  /** Values of the characteristic function that were needed. */
  readonly evaluations: number;
}

/**
 * Price of a European option in the Heston model.
 *
 * Integrates the out-of-the-money option along a curve through the saddle of its integrand and halves the step until the error
 * estimate is below the tolerance, so prices of 1e-50 have correct digits as well. Volatility of variance 0, correlations of +-1,
 * variance 0 today, one day and thirty years need no care. About 60 values of the characteristic function, 10 microseconds.
 * For many strikes and expiries {@link hestonSurface} shares them.
 *
 * @param option - on a forward (`forward`, `discount`) or on a spot price (`spot`, `rate`, `dividendYield`)
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters or terms outside their ranges
 * @see Lewis (2001); Andersen and Piterbarg (2010), "Interest rate modeling", volume 1, chapter 8; Boyarchenko and Levendorskii (2019)
 * @example hestonPrice({ initialVariance: 0.04, meanReversion: 4, longRunVariance: 0.25, volOfVariance: 1, correlation: -0.5 }, { type: 'call', spot: 100, strike: 100, expiryYears: 1, rate: 0.01, dividendYield: 0.02 }).price // 16.070154917028834
 */
export function hestonPrice(parameters: HestonParameters, option: HestonOption, options: HestonPriceOptions = {}): HestonPrice {
  return priceOf(hestonVector('hestonPrice', parameters), optionTerms('hestonPrice', option), toleranceOf('hestonPrice', options));
}

/** The tolerance of checked options. */
export function toleranceOf(fn: string, options: HestonPriceOptions): number {
  requireKnownKeys(fn, options, ['tolerance']);
  return requireNumber(fn, 'tolerance', options.tolerance ?? 1e-12, { min: 1e-15, max: 0.01 });
}

/** What an integral, or its absence, says of the number. */
export function statusOf(p: Float64Array, terms: OptionTerms, integral: OtmIntegral): HestonStatus {
  if (terms.expiryYears === 0) return 'expired';
  if (!(expectedTotalVariance(p, terms.expiryYears) > 0)) return 'zero-variance';
  return integral.converged && Number.isFinite(integral.sums[0]) ? 'ok' : 'not-converged';
}

/** The price of checked parameters and terms. */
export function priceOf(p: Float64Array, terms: OptionTerms, tolerance: number): HestonPrice {
  const { sign, forward, strike, discount, x } = terms;
  const integral = integrateOtm(p, terms.expiryYears, x, tolerance, false);
  const scale = discount * Math.sqrt(forward) * Math.sqrt(strike);
  const found = scale * Math.max(0, integral.sums[0]);
  const outOfTheMoneyPrice = Math.min(found, discount * Math.min(forward, strike)); // rounding may lift it over its bound
  return Object.freeze({
    price: outOfTheMoneyPrice + discount * Math.max(0, sign * (forward - strike)),
    outOfTheMoneyPrice,
    status: statusOf(p, terms, integral),
    errorEstimate: Math.max(scale * integral.error, found - outOfTheMoneyPrice),
    evaluations: integral.nodes,
  });
}
