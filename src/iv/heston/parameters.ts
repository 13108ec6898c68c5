/** The Heston model's five numbers: checks, Feller's ratio, average variance, exploding moments. */
import { requireNumber } from '../../core/assert.ts';

/**
 * Parameters of dS/S = (r - q) dt + sqrt(v) dW, dv = kappa (theta - v) dt + sigma sqrt(v) dZ, with dW dZ = rho dt.
 *
 * @see Heston (1993), "A closed-form solution for options with stochastic volatility"
 */
export interface HestonParameters {
  /** v0: variance per year today, >= 0; 0.04 is a volatility of 20 %. */
  readonly initialVariance: number;
  /** kappa: speed of reversion per year, > 0. */
  readonly meanReversion: number;
  /** theta: variance per year that v reverts to, >= 0. */
  readonly longRunVariance: number;
  /** sigma: volatility of variance, >= 0; 0 is Black's model with a variance that changes with time. */
  readonly volOfVariance: number;
  /** rho: correlation of price and variance, in [-1, 1]. */
  readonly correlation: number;
}

/** What the five numbers say of the process. */
export interface HestonDiagnostics {
  /** 2 kappa theta / sigma^2, Infinity when sigma is 0: the variance reaches zero when it is below 1. */
  readonly fellerRatio: number;
  /** The variance never reaches zero: the ratio is at least 1. */
  readonly satisfiesFeller: boolean;
  /** Years for half of a shock to the variance to decay. */
  readonly varianceHalfLifeYears: number;
  /** Standard deviation of the variance in the long run: sigma sqrt(theta / (2 kappa)). */
  readonly stationaryDeviation: number;
}

/** Positions in the vectors of parameters and gradients of this folder. */
export const HESTON_PARAMETER_NAMES: readonly (keyof HestonParameters)[] = Object.freeze([
  'initialVariance', 'meanReversion', 'longRunVariance', 'volOfVariance', 'correlation',
]);

/** Length of the vectors of parameters: Heston's five, Bates's three, and the variance of an independent normal factor. */
export const VECTOR_LENGTH = 9;

/** Five checked numbers (v0, kappa, theta, sigma, rho) followed by zeros. */
export function hestonVector(fn: string, parameters: HestonParameters): Float64Array {
  const vector = new Float64Array(VECTOR_LENGTH);
  vector[0] = requireNumber(fn, 'initialVariance', parameters.initialVariance, { min: 0, max: 1e6 });
  vector[1] = requireNumber(fn, 'meanReversion', parameters.meanReversion, { min: 0, max: 1e6, open: true });
  vector[2] = requireNumber(fn, 'longRunVariance', parameters.longRunVariance, { min: 0, max: 1e6 });
  vector[3] = requireNumber(fn, 'volOfVariance', parameters.volOfVariance, { min: 0, max: 1e6 });
  vector[4] = requireNumber(fn, 'correlation', parameters.correlation, { min: -1, max: 1 });
  return vector;
}

/** True for a vector (v0, kappa, theta, sigma, rho, ...) that prices can be computed for. */
export function isHestonVector(vector: Float64Array): boolean {
  const [v0, kappa, theta, sigma, rho] = vector;
  return v0 >= 0 && v0 <= 1e6 && kappa > 0 && kappa <= 1e6 && theta >= 0 && theta <= 1e6 && sigma >= 0 && sigma <= 1e6 && rho >= -1 && rho <= 1;
}

/**
 * Feller's ratio and two numbers that make parameters readable.
 *
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters outside their ranges
 */
export function hestonDiagnostics(parameters: HestonParameters): HestonDiagnostics {
  const [, kappa, theta, sigma] = hestonVector('hestonDiagnostics', parameters);
  const fellerRatio = sigma === 0 ? Infinity : (2 * kappa * theta) / (sigma * sigma);
  return Object.freeze({
    fellerRatio,
    satisfiesFeller: fellerRatio >= 1,
    varianceHalfLifeYears: Math.LN2 / kappa,
    stationaryDeviation: sigma * Math.sqrt(theta / (2 * kappa)),
  });
}

/**
 * Expected integral of the variance to expiry: theta T + (v0 - theta) (1 - e^(-kappa T)) / kappa.
 *
 * The total variance of a variance swap, and Black's total variance when sigma is 0.
 *
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters outside their ranges or `expiryYears` below 0
 */
export function hestonExpectedTotalVariance(parameters: HestonParameters, expiryYears: number): number {
  const vector = hestonVector('hestonExpectedTotalVariance', parameters);
  return diffusionVariance(vector, requireNumber('hestonExpectedTotalVariance', 'expiryYears', expiryYears, { min: 0 }));
}

/** The same of a vector. */
export function diffusionVariance(p: Float64Array, expiryYears: number): number {
  const decayed = -Math.expm1(-p[1] * expiryYears) / p[1];
  return p[2] * (expiryYears - decayed) + p[0] * decayed;
}

/** The same with jumps: second moments of the Poisson sum are added, and the independent normal's variance. */
export function expectedTotalVariance(p: Float64Array, expiryYears: number): number {
  return diffusionVariance(p, expiryYears) + p[5] * expiryYears * (p[6] * p[6] + p[7] * p[7]) + p[8];
}

/**
 * The time at which E[S^moment] becomes infinite, in years; Infinity when it never does.
 *
 * @param moment - any real number; moments in [0, 1] never explode
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters outside their ranges
 * @see Andersen and Piterbarg (2007), "Moment explosions in stochastic volatility models", proposition 3.1
 */
export function hestonMomentExplosionTime(parameters: HestonParameters, moment: number): number {
  const vector = hestonVector('hestonMomentExplosionTime', parameters);
  return explosionTime(vector, requireNumber('hestonMomentExplosionTime', 'moment', moment));
}

/** The same of a vector, unchecked. With xi = kappa - rho sigma p and delta = xi^2 - sigma^2 (p^2 - p). */
export function explosionTime(p: Float64Array, moment: number): number {
  const sigma = p[3];
  const growth = sigma * sigma * moment * (moment - 1);
  if (growth <= 0) return Infinity;
  const xi = p[1] - p[4] * sigma * moment;
  const delta = xi * xi - growth;
  if (delta >= 0) {
    if (xi > 0) return Infinity;
    const root = Math.sqrt(delta);
    // (1/root) ln((xi - root) / (xi + root)); for a root of zero the limit 2 / |xi|.
    return root < 1e-9 * -xi ? 2 / -xi : Math.log1p((2 * root) / (-xi - root)) / root;
  }
  const root = Math.sqrt(-delta);
  return (2 * Math.atan2(root, -xi)) / root;
}
