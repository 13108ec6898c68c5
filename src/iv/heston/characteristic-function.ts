/** The characteristic function of the logarithm of the price ratio, for those who price something of their own with it. */
import { requireNumber } from '../../core/assert.ts';
import { KERNEL_SCRATCH, logCharacteristic } from './kernel.ts';
import { type HestonParameters, hestonVector } from './parameters.ts';

/** A complex number. */
export interface ComplexValue {
  readonly real: number;
  readonly imaginary: number;
}

/** Where to evaluate: E[exp(i z ln(S_T / F))] at z = real + i imaginary. */
export interface CharacteristicArgument {
  readonly real: number;
  /** Minus the moment: z = -i p gives E[(S_T / F)^p]. @default 0 */
  readonly imaginary?: number;
  /** Years, >= 0. */
  readonly expiryYears: number;
}

/**
 * E[exp(i z X)] of X = ln(S_T / F) in the Heston model, F the forward: 1 at z = 0 and at z = -i.
 *
 * Holds for z in the strip of finite moments and, as its analytic continuation, wherever it has no singularity; on the imaginary axis
 * beyond an exploded moment ({@link hestonMomentExplosionTime}) the number has no meaning as an expectation.
 *
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters outside their ranges, an argument that is not finite, or `expiryYears` below 0
 * @see Albrecher, Mayer, Schoutens and Tistaert (2007), "The little Heston trap"
 */
export function hestonCharacteristicFunction(parameters: HestonParameters, argument: CharacteristicArgument): ComplexValue {
  return characteristicValue('hestonCharacteristicFunction', hestonVector('hestonCharacteristicFunction', parameters), argument);
}

/** The same of a vector. */
export function characteristicValue(fn: string, p: Float64Array, argument: CharacteristicArgument): ComplexValue {
  const real = requireNumber(fn, 'real', argument.real);
  const imaginary = requireNumber(fn, 'imaginary', argument.imaginary ?? 0);
  const expiryYears = requireNumber(fn, 'expiryYears', argument.expiryYears, { min: 0, max: 1000 });
  const out = new Float64Array(KERNEL_SCRATCH);
  logCharacteristic(real, imaginary + 0.5, expiryYears, p, out); // z = zeta - i / 2
  const size = Math.exp(out[0]);
  return Object.freeze({ real: size * Math.cos(out[1]), imaginary: size * Math.sin(out[1]) });
}
