/** Greeks of one option: in the underlying, in time, in the rate, in the five parameters. */
import { integrateOtm } from './jump-mixture.ts';
import { type HestonOption, type OptionTerms, optionTerms } from './option.ts';
import { type HestonParameters, hestonVector } from './parameters.ts';
import { type HestonPriceOptions, type HestonStatus, statusOf, toleranceOf } from './price.ts';

/** All per 1 of what they are taken in; times in years. */
export interface HestonGreeks {
  /** Discounted price in the currency of the strike. */
  readonly price: number;
  /** In the spot price, or in the forward when the option was given by a forward. */
  readonly delta: number;
  readonly gamma: number;
  /** Per year of passing time, -dPrice/dT with rate and yield (or forward and rate) held. */
  readonly theta: number;
  /** In the continuously compounded rate, dividend yield (or forward) held. */
  readonly rho: number;
  /** In the variance per year today; times 2 sqrt(v0) it is per 1 of volatility. */
  readonly initialVarianceVega: number;
  /** d price / d parameter. */
  readonly parameterGradient: Readonly<Record<keyof HestonParameters, number>>;
  readonly status: HestonStatus;
}

/**
 * Greeks of a European option in the Heston model, all from the nodes of one integral, none by differences.
 *
 * Expired and zero-variance options have the greeks of their payoff away from its kink: delta 0 or +-1 (discounted), gamma 0;
 * on the kink the call has delta 1.
 *
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters or terms outside their ranges
 * @see Cui, del Bano Rollin and Germano (2017), "Full and fast calibration of the Heston stochastic volatility model", for derivatives of
 *   the characteristic function; ours are derived in kernel-gradient.ts
 */
export function hestonGreeks(parameters: HestonParameters, option: HestonOption, options: HestonPriceOptions = {}): HestonGreeks {
  return greeksOf(hestonVector('hestonGreeks', parameters), optionTerms('hestonGreeks', option), toleranceOf('hestonGreeks', options));
}

/** The greeks of checked parameters and terms. */
export function greeksOf(p: Float64Array, terms: OptionTerms, tolerance: number): HestonGreeks {
  const { sign, forward, strike, expiryYears, discount, x, underlying, rate, carry, onSpot } = terms;
  const integral = integrateOtm(p, expiryYears, x, tolerance, true);
  const { sums } = integral;
  // U = sqrt(F K) n(x) + payoff of the forward; U_F = sqrt(K / F) (n / 2 + n'), U_FF = sqrt(K / F) (n'' - n / 4) / F
  const root = Math.sqrt(forward) * Math.sqrt(strike);
  const isInTheMoney = sign > 0 === x >= 0; // the integral is that of the put when x >= 0
  const undiscounted = root * sums[0] + (isInTheMoney ? sign * (forward - strike) : 0);
  const slope = (root / forward) * (0.5 * sums[0] + sums[7]) + (isInTheMoney ? sign : 0);
  const curvature = (root / (forward * forward)) * (sums[8] - 0.25 * sums[0]);
  const growth = forward / underlying;
  const price = discount * undiscounted;
  const gradient = (k: number): number => discount * root * sums[k];
  return Object.freeze({
    price,
    delta: discount * slope * growth,
    gamma: discount * curvature * growth * growth,
    theta: rate * price - discount * (root * sums[6] + slope * carry * forward),
    rho: -expiryYears * price + (onSpot ? discount * slope * forward * expiryYears : 0),
    initialVarianceVega: gradient(1),
    parameterGradient: Object.freeze({
      initialVariance: gradient(1),
      meanReversion: gradient(2),
      longRunVariance: gradient(3),
      volOfVariance: gradient(4),
      correlation: gradient(5),
    }),
    status: statusOf(p, terms, integral),
  });
}
