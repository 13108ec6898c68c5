/** Heston with lognormal jumps (Bates 1996): crashes that a diffusion cannot make in a week. */
import { requireNumber } from '../../core/assert.ts';
import { type CharacteristicArgument, characteristicValue, type ComplexValue } from './characteristic-function.ts';
import { greeksOf, type HestonGreeks } from './greeks.ts';
import { type HestonImpliedVol, type HestonSmilePoint, impliedVolOf } from './implied-vol.ts';
import { type HestonOption, optionTerms } from './option.ts';
import { type HestonParameters, hestonVector } from './parameters.ts';
import { type HestonPrice, type HestonPriceOptions, priceOf, toleranceOf } from './price.ts';
import { type HestonSurface, type HestonSurfaceOptions, type HestonSurfacePoints, surfaceOf } from './surface.ts';

/**
 * Heston's parameters and those of the jumps: at rate lambda ln S jumps by a normal of mean mu and deviation delta, and the drift makes
 * up for it.
 *
 * @see Bates (1996), "Jumps and stochastic volatility: exchange rate processes implicit in Deutsche mark options"
 */
export interface BatesParameters extends HestonParameters {
  /** lambda: expected jumps per year, in [0, 1000]. */
  readonly jumpIntensity: number;
  /** mu: mean of the jump of ln S. The mean relative jump is exp(mu + delta^2 / 2) - 1. */
  readonly meanLogJump: number;
  /** delta: standard deviation of the jump of ln S, >= 0. */
  readonly logJumpDeviation: number;
}

/** The checked numbers v0, kappa, theta, sigma, rho, lambda, mu, delta and a zero. */
export function batesVector(fn: string, parameters: BatesParameters): Float64Array {
  const vector = hestonVector(fn, parameters);
  vector[5] = requireNumber(fn, 'jumpIntensity', parameters.jumpIntensity, { min: 0, max: 1000 });
  vector[6] = requireNumber(fn, 'meanLogJump', parameters.meanLogJump, { min: -20, max: 20 });
  vector[7] = requireNumber(fn, 'logJumpDeviation', parameters.logJumpDeviation, { min: 0, max: 20 });
  return vector;
}

/**
 * Price of a European option in the Bates model; see {@link hestonPrice}.
 *
 * A sum over the number of jumps of Heston prices, each to its own digits: some ten times the time of one.
 *
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters or terms outside their ranges
 */
export function batesPrice(parameters: BatesParameters, option: HestonOption, options: HestonPriceOptions = {}): HestonPrice {
  return priceOf(batesVector('batesPrice', parameters), optionTerms('batesPrice', option), toleranceOf('batesPrice', options));
}

/** Greeks in the Bates model, the gradient in the five diffusion parameters; see {@link hestonGreeks}. */
export function batesGreeks(parameters: BatesParameters, option: HestonOption, options: HestonPriceOptions = {}): HestonGreeks {
  return greeksOf(batesVector('batesGreeks', parameters), optionTerms('batesGreeks', option), toleranceOf('batesGreeks', options));
}

/** Black volatility of a Bates price; see {@link hestonImpliedVol}. */
export function batesImpliedVol(parameters: BatesParameters, point: HestonSmilePoint, options: HestonPriceOptions = {}): HestonImpliedVol {
  const terms = optionTerms('batesImpliedVol', { ...point, type: 'call' });
  return impliedVolOf(batesVector('batesImpliedVol', parameters), terms, toleranceOf('batesImpliedVol', options));
}

/** Prices and volatilities in the Bates model, the gradient in the five diffusion parameters; see {@link hestonSurface}. */
export function batesSurface(parameters: BatesParameters, points: HestonSurfacePoints, options: HestonSurfaceOptions = {}): HestonSurface {
  return surfaceOf('batesSurface', batesVector('batesSurface', parameters), points, options);
}

/** E[exp(i z X)] of X = ln(S_T / F) in the Bates model; see {@link hestonCharacteristicFunction}. */
export function batesCharacteristicFunction(parameters: BatesParameters, argument: CharacteristicArgument): ComplexValue {
  return characteristicValue('batesCharacteristicFunction', batesVector('batesCharacteristicFunction', parameters), argument);
}
