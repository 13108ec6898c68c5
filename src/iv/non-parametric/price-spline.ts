/**
 * A smile of exact option prices: a convex linear spline of call prices, rounded by a lognormal factor.
 *
 * The underlying at expiry, over its forward, is X = A Z: A takes the value x_j (`moneyness`) with probability p_j, and Z is lognormal with mean 1 and
 * log variance v (`kernelVariance`), independent of A. The calls on A are a linear spline with nodes x_j, convex because p_j >= 0; Z makes prices smooth
 * in the strike, to every order. Each such smile is free of butterfly arbitrage on the whole line: its density is positive, its mass sum p_j = 1, its mean
 * sum p_j x_j = 1. Prices are sums of positive terms, so an out-of-the-money price keeps its digits however small it is. Beyond the outermost nodes the
 * tails are lognormal with variance v, and total variance falls towards v.
 *
 * Two smiles are free of calendar arbitrage at every strike when the later one has v no smaller and its linear spline lies nowhere below the earlier one:
 * `priceSplineCalendarGap` decides that exactly.
 *
 * @see Fengler (2009), "Arbitrage-free smoothing of the implied volatility surface", for splines of prices under linear constraints; the lognormal factor
 *   and the test at nodes alone are our own
 */
import { requireNumber, requireOneOf, requireSameLength } from '../../core/assert.ts';
import { DomainError, ShapeError, isQuantwrightError } from '../../core/errors.ts';
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import { priceOverVega } from '../black/normalized-black.ts';
import type { PriceSplineSmile } from './price-spline-smile.ts';
import { DENSITY_RATIO, DENSITY, LOG_PRICE, NORMALIZED_PRICE, SUMS_LENGTH, TAIL_PROBABILITY, TAIL_RATIO, priceSplineSums, upperMills } from './price-spline-sums.ts';

export type { PriceSplineSmile };

const MAX_NODES = 20_000;
const MAX_KERNEL_VARIANCE = 25;
const MEAN_TOLERANCE = 1e-9; // of mass and mean of data from elsewhere; fits keep both to 1e-15

/**
 * A checked, frozen price spline.
 *
 * @throws DomainError, ShapeError when a field is out of its range, or mass or mean differ from 1 by more than 1e-9
 */
export function priceSplineSmile(parameters: Omit<PriceSplineSmile, 'kind'>): PriceSplineSmile {
  const { kernelVariance, moneyness, probability } = parameters;
  const smile = { kind: 'price-spline' as const, kernelVariance, moneyness: Float64Array.from(moneyness ?? []), probability: Float64Array.from(probability ?? []) };
  requirePriceSpline('priceSplineSmile', smile);
  return Object.freeze(smile);
}

/** Throws unless every field is of its type and range. */
export function requirePriceSpline(fn: string, smile: PriceSplineSmile): void {
  requireOneOf(fn, 'smile.kind', smile.kind, ['price-spline']);
  requireNumber(fn, 'smile.kernelVariance', smile.kernelVariance, { min: 1e-20, max: MAX_KERNEL_VARIANCE });
  const { moneyness, probability } = smile;
  if (!(moneyness instanceof Float64Array) || !(probability instanceof Float64Array)) throw new DomainError(`${fn}: smile.moneyness and smile.probability must be Float64Arrays`);
  const n = requireSameLength(fn, { 'smile.moneyness': moneyness, 'smile.probability': probability });
  if (n < 1 || n > MAX_NODES) throw new ShapeError(`${fn}: smile.moneyness must have 1 to ${MAX_NODES} nodes, got ${n}`);
  let mass = 0;
  let mean = 0;
  for (let i = 0; i < n; i++) {
    if (!(moneyness[i] > (i === 0 ? 1e-200 : moneyness[i - 1]) && moneyness[i] < 1e200)) throw new DomainError(`${fn}: smile.moneyness must be positive and ascending, got ${moneyness[i]} at ${i}`);
    if (!(probability[i] >= 0)) throw new DomainError(`${fn}: smile.probability must be >= 0, got ${probability[i]} at ${i}`);
    mass += probability[i];
    mean += probability[i] * moneyness[i];
  }
  if (!(Math.abs(mass - 1) <= MEAN_TOLERANCE && Math.abs(mean - 1) <= MEAN_TOLERANCE)) throw new DomainError(`${fn}: smile.probability must have sum 1 and mean 1, got ${mass} and ${mean}`);
}

/** Whether a value of any origin is a price spline with every field in range. */
export function isPriceSplineSmile(value: unknown): value is PriceSplineSmile {
  if (typeof value !== 'object' || value === null) return false;
  try {
    requirePriceSpline('isPriceSplineSmile', value as PriceSplineSmile);
    return true;
  } catch (error) {
    if (isQuantwrightError(error)) return false;
    throw error;
  }
}

const sums = new Float64Array(SUMS_LENGTH);

/**
 * Total variance of a price spline.
 *
 * @param logMoneyness - ln(strike / forward), any finite number
 * @returns vol^2 * expiryYears, positive
 * @throws DomainError, ShapeError when the smile or the place is not in range
 */
export function priceSplineTotalVariance(smile: PriceSplineSmile, logMoneyness: number): number {
  const out = new Float64Array(3);
  requirePriceSpline('priceSplineTotalVariance', smile);
  uncheckedPriceSplineSmile(smile, requireNumber('priceSplineTotalVariance', 'logMoneyness', logMoneyness), out);
  return out[0];
}

/**
 * Fills out[0..2] with w, dw/dk and d2w/dk2 at one log-moneyness, unchecked and without allocation.
 *
 * With s the implied total volatility, z = |k| / s, t = s / 2 and the out-of-the-money price P over the forward:
 * s' = +-(e^k P(beyond) / P [R(z - t) - R(z + t)] - R(z -+ t)), upper signs for puts, and the density of ln(S / F) is Durrleman's g phi(d2) / s, which gives w''.
 *
 * @see Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", eq. (2.1) and (2.2)
 */
export function uncheckedPriceSplineSmile(smile: PriceSplineSmile, logMoneyness: number, out: Float64Array): void {
  const k = logMoneyness;
  if (!Number.isFinite(k)) {
    out[0] = out[1] = out[2] = NaN;
    return;
  }
  priceSplineSums(smile, k, sums);
  const absK = Math.abs(k);
  const s = sums[NORMALIZED_PRICE] > 0 ? impliedTotalVol(-absK, sums[NORMALIZED_PRICE]) : logImpliedTotalVol(absK, sums[LOG_PRICE]);
  const z = absK / s;
  const t = 0.5 * s;
  const difference = z >= t ? priceOverVega(z, t) : upperMills(z - t) - upperMills(z + t);
  const slope = k < 0 ? sums[TAIL_RATIO] * difference - upperMills(z - t) : upperMills(z + t) - sums[TAIL_RATIO] * difference;
  const w = s * s;
  const dw = 2 * s * slope;
  const g = sums[DENSITY_RATIO] * s * difference;
  const side = 1 - (k * dw) / (2 * w);
  out[0] = w;
  out[1] = dw;
  out[2] = 2 * (g - side * side + 0.25 * dw * dw * (1 / w + 0.25));
}

/**
 * The total volatility whose normalized out-of-the-money price has this logarithm, where the price itself underflows.
 *
 * ln b = -(z^2 + t^2) / 2 - ln sqrt(2 pi) + ln [R(z - t) - R(z + t)] is nearly linear in 1 / s^2, so Newton's method in that converges at once.
 */
function logImpliedTotalVol(absK: number, logPrice: number): number {
  let reciprocal = (-2 * logPrice) / (absK * absK);
  for (let i = 0; i < 50; i++) {
    const s = 1 / Math.sqrt(reciprocal);
    const z = absK / s;
    const t = 0.5 * s;
    const difference = priceOverVega(z, t);
    const error = -0.5 * (z * z + t * t) - 0.9189385332046728 + Math.log(difference) - logPrice;
    const change = (2 * error * difference) / (s * s * s);
    const next = reciprocal + change;
    reciprocal = next > 0.5 * reciprocal ? next : 0.5 * reciprocal;
    if (Math.abs(change) <= 1e-15 * reciprocal) break;
  }
  return 1 / Math.sqrt(reciprocal);
}

/**
 * Undiscounted price over the forward of the option that is out of the money: a put below the forward, a call from it on.
 *
 * @param logMoneyness - ln(strike / forward)
 * @returns with a relative precision of about 1e-13; 0 where it underflows
 */
export function priceSplinePrice(smile: PriceSplineSmile, logMoneyness: number): number {
  requirePriceSpline('priceSplinePrice', smile);
  priceSplineSums(smile, requireNumber('priceSplinePrice', 'logMoneyness', logMoneyness), sums);
  return sums[NORMALIZED_PRICE] > 0 ? sums[NORMALIZED_PRICE] * Math.exp(0.5 * logMoneyness) : Math.exp(sums[LOG_PRICE] + 0.5 * logMoneyness);
}

/** Risk-neutral density of ln(underlying at expiry / forward), positive; 0 where it underflows. */
export function priceSplineDensity(smile: PriceSplineSmile, logMoneyness: number): number {
  requirePriceSpline('priceSplineDensity', smile);
  priceSplineSums(smile, requireNumber('priceSplineDensity', 'logMoneyness', logMoneyness), sums);
  return sums[DENSITY];
}

/** Risk-neutral probability that the underlying ends at or below the strike, with full relative precision below the forward. */
export function priceSplineProbabilityBelow(smile: PriceSplineSmile, logMoneyness: number): number {
  requirePriceSpline('priceSplineProbabilityBelow', smile);
  priceSplineSums(smile, requireNumber('priceSplineProbabilityBelow', 'logMoneyness', logMoneyness), sums);
  return logMoneyness < 0 ? sums[TAIL_PROBABILITY] : 1 - sums[TAIL_PROBABILITY];
}
