/** The risk-neutral distribution that a smile implies. */
import { ShapeError } from '../../core/errors.ts';
import { normalCdf } from '../../core/special-functions.ts';
import { durrlemanG } from '../slices/durrleman.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';

/** Columns of shape (n); NaN where the smile has no value or its total variance is not positive. */
export interface SmileDensity {
  readonly logMoneyness: Float64Array;
  readonly totalVariance: Float64Array;
  /** Durrleman's g: the density over the lognormal density of the same volatility at this strike; negative means butterfly arbitrage. */
  readonly durrlemanG: Float64Array;
  /** Density of ln(S / F) under the forward measure; over the strike it is the density of S. */
  readonly density: Float64Array;
  /** P(S <= K) under the forward measure: the undiscounted price of a digital put. */
  readonly cumulative: Float64Array;
}

const INV_SQRT_TWO_PI = 0.3989422804014327;

/**
 * Density and distribution function of the underlying at expiry.
 *
 * density(k) = g(k) phi(d2) / sqrt(w), P(S <= K) = Phi(-d2) + phi(d2) w' / (2 sqrt(w)), d2 = -k / sqrt(w) - sqrt(w) / 2.
 *
 * @param logMoneyness - ln(strike / forward), any order, shape (n)
 * @see Breeden and Litzenberger (1978); Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", eq. (2.1) and (2.2)
 * @example smileDensity(slice.smile, [-0.1, 0, 0.1]).density
 */
export function smileDensity(smile: Smile, logMoneyness: ArrayLike<number>): SmileDensity {
  const n = logMoneyness?.length;
  if (!Number.isInteger(n)) throw new ShapeError('smileDensity: logMoneyness must be an array of numbers');
  const column = (): Float64Array => new Float64Array(n).fill(NaN);
  const result = { logMoneyness: Float64Array.from(logMoneyness), totalVariance: column(), durrlemanG: column(), density: column(), cumulative: column() };
  const out = new Float64Array(3);
  for (let i = 0; i < n; i++) {
    const k = logMoneyness[i];
    evaluateSmile(smile, k, out);
    const w = out[0];
    result.totalVariance[i] = w;
    if (!(w > 0)) continue;
    const totalVol = Math.sqrt(w);
    const d2 = -k / totalVol - totalVol / 2;
    const phi = INV_SQRT_TWO_PI * Math.exp(-0.5 * d2 * d2);
    result.durrlemanG[i] = durrlemanG(k, out);
    result.density[i] = (result.durrlemanG[i] * phi) / totalVol;
    result.cumulative[i] = normalCdf(-d2) + (phi * out[1]) / (2 * totalVol);
  }
  return Object.freeze(result);
}

/** Mass and mean of a smile's density. */
export interface DensityMoments {
  /** Integral of the density: 1. */
  readonly mass: number;
  /** Mean of S / F: 1, the forward is the mean. */
  readonly mean: number;
}

const NODES = 800;
const REACH = 6.5; // sinh(6.5) = 333 standard deviations

/**
 * Integral and mean of the density by the trapezoidal rule in u, k = sqrt(w(0)) sinh(u): both are 1 for a smile whose wings obey Lee's bound.
 *
 * Exact to 1e-8 and better for smooth smiles that are not much wider than sqrt(w(0)) says; NaN when the smile has no value somewhere in the range.
 */
export function densityMoments(smile: Smile): DensityMoments {
  const out = new Float64Array(3);
  evaluateSmile(smile, 0, out);
  const width = Math.sqrt(out[0]);
  const u = Float64Array.from({ length: 2 * NODES + 1 }, (_, i) => (REACH * (i - NODES)) / NODES);
  const { density } = smileDensity(smile, u.map((v) => width * Math.sinh(v)));
  let mass = 0;
  let mean = 0;
  for (let i = 0; i < u.length; i++) {
    const k = width * Math.sinh(u[i]);
    const part = (density[i] * width * Math.cosh(u[i]) * REACH) / NODES;
    mass += part;
    // 0 times an infinite strike is a zero.
    if (part !== 0) mean += part * Math.exp(k);
  }
  return Object.freeze({ mass, mean });
}
