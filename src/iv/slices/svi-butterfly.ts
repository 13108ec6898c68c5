/** Whether a raw SVI slice is free of butterfly arbitrage, decided on the whole real line. */
import { durrlemanG } from './durrleman.ts';
import { isNowhereNegative, positiveRoots } from './positive-roots.ts';
import { requireSvi, sviMinimumTotalVariance, uncheckedSviSmile, type SviSmile } from './svi.ts';

export interface SviButterfly {
  readonly isButterflyFree: boolean;
  /** The first rule that is broken: variance must be positive, wings must obey Lee's bound, the density must be nowhere negative. */
  readonly violation: 'none' | 'variance' | 'wing' | 'density';
  /** Where the rule is broken and by what: total variance, slope (at an infinite log-moneyness) or g. Null when none is. */
  readonly witness: { readonly logMoneyness: number; readonly value: number } | null;
  readonly minimumTotalVariance: number;
  /** b (1 - rho): the left wing's slope, which Lee bounds by 2. */
  readonly leftSlope: number;
  /** b (1 + rho): the right wing's slope, which must be below 2 for calls of high strikes to become worthless. */
  readonly rightSlope: number;
  /** Infimum of Durrleman's g over the real line; null where variance is not positive. */
  readonly minimumG: number | null;
  /** Where g comes to its infimum, infinite for a wing; null where variance is not positive. */
  readonly minimumGAt: number | null;
  /** Log-moneyness where g changes sign, ascending. */
  readonly gRoots: Float64Array;
}

/**
 * Durrleman's g over the real line, exactly: its infimum, its roots and the verdict.
 *
 * With t = e^asinh((k - m) / sigma) > 0, w t and k t are quadratic in t and g is a polynomial of degree 10 over a positive one; its
 * derivative's numerator has degree 12. All positive roots of both are found by {@link positiveRoots}, so nothing between grid points is missed.
 *
 * @throws DomainError for parameters out of range
 * @see Gatheral and Jacquier (2014), section 2.2; Lee (2004), "The moment formula for implied volatility at extreme strikes"
 * @example sviButterfly(smile).isButterflyFree
 */
export function sviButterfly(smile: SviSmile): SviButterfly {
  requireSvi('sviButterfly', smile);
  const { a, b, rho, m, sigma } = smile;
  const leftSlope = b * (1 - rho);
  const rightSlope = b * (1 + rho);
  const minimumTotalVariance = sviMinimumTotalVariance(smile);
  // With rho = 1 or -1 the infimum a may be 0: it is never reached.
  const isVariance = minimumTotalVariance > 0 || (minimumTotalVariance === 0 && b > 0 && Math.abs(rho) === 1);
  if (!isVariance) {
    const across = Math.sqrt((1 - rho) * (1 + rho));
    const at = across > 0 ? m - (rho * sigma) / across : m - rho * 1e3 * (sigma + Math.abs(a) / b); // far out on the flat side
    const out = new Float64Array(3);
    uncheckedSviSmile(smile, at, out);
    const witness = Object.freeze({ logMoneyness: at, value: Math.min(out[0], 0) });
    const none = { minimumG: null, minimumGAt: null, gRoots: new Float64Array(0) };
    return Object.freeze({ isButterflyFree: false, violation: 'variance', witness, minimumTotalVariance, leftSlope, rightSlope, ...none });
  }
  const numerator = gNumerator(smile);
  const stationary = positiveRoots(gSlopeNumerator(smile, numerator));
  let minimumG = wingLimit(leftSlope, a);
  let minimumGAt = -Infinity;
  const right = wingLimit(rightSlope, a);
  if (right < minimumG) [minimumG, minimumGAt] = [right, Infinity];
  for (const t of stationary) {
    const k = logMoneynessAt(smile, t);
    const g = gAt(smile, k);
    if (g < minimumG) [minimumG, minimumGAt] = [g, k];
  }
  const roots = minimumG < 0 ? positiveRoots(numerator) : new Float64Array(0);
  const gRoots = roots.map((t) => logMoneynessAt(smile, t));
  const found = { minimumTotalVariance, leftSlope, rightSlope, minimumG, minimumGAt, gRoots };
  if (leftSlope > 2 || rightSlope >= 2) {
    const witness = rightSlope >= 2 ? { logMoneyness: Infinity, value: rightSlope } : { logMoneyness: -Infinity, value: leftSlope };
    return Object.freeze({ isButterflyFree: false, violation: 'wing', witness: Object.freeze(witness), ...found });
  }
  if (minimumG < 0) return Object.freeze({ isButterflyFree: false, violation: 'density', witness: Object.freeze({ logMoneyness: minimumGAt, value: minimumG }), ...found });
  return Object.freeze({ isButterflyFree: true, violation: 'none', witness: null, ...found });
}

/**
 * Durrleman's g of a raw SVI slice at one log-moneyness; negative where butterflies have negative prices.
 *
 * Unchecked: parameters in range and positive total variance.
 */
export function sviG(smile: SviSmile, logMoneyness: number): number {
  return gAt(smile, logMoneyness);
}

/**
 * The verdict alone, faster: the Bernstein form of g's numerator proves it. Unchecked: parameters in range.
 *
 * A slice whose g touches zero may count as not free.
 */
export function isSviButterflyFree(smile: SviSmile): boolean {
  if (!(sviMinimumTotalVariance(smile) > 0) || smile.b * (1 - smile.rho) > 2 || smile.b * (1 + smile.rho) >= 2) return false;
  return isNowhereNegative(gNumerator(smile));
}

/** Local minima of g below `ceiling`, as log-moneyness. Unchecked: positive total variance. */
export function sviGMinima(smile: SviSmile, ceiling: number): Float64Array {
  const places: number[] = [];
  for (const t of positiveRoots(gSlopeNumerator(smile, gNumerator(smile)))) {
    const k = logMoneynessAt(smile, t);
    if (gAt(smile, k) < ceiling) places.push(k);
  }
  return Float64Array.from(places);
}

const scratch = new Float64Array(3);

function gAt(smile: SviSmile, logMoneyness: number): number {
  uncheckedSviSmile(smile, logMoneyness, scratch);
  return durrlemanG(logMoneyness, scratch);
}

function logMoneynessAt(smile: SviSmile, t: number): number {
  return smile.m + (smile.sigma * (t - 1 / t)) / 2;
}

// g far out: the slope alone decides; a wing that goes flat ends at 1, and at (3/2)^2 where its variance goes to 0.
function wingLimit(slope: number, level: number): number {
  if (slope > 0) return 0.25 - (slope * slope) / 16;
  return level > 0 ? 1 : 2.25;
}

// With c, p the left and right slopes, W = t w, K = t k, D = t^2 + 1, w' = N / D and A = W D - K N / 2:
// g D^3 W^2 = D (A^2 - N^2 W (4 t + W) / 16) + 2 (p + c) t^3 W^2 / sigma.
function gNumerator({ a, b, rho, m, sigma }: SviSmile): Float64Array {
  const c = b * (1 - rho);
  const p = b * (1 + rho);
  const w = Float64Array.of((c * sigma) / 2, a, (p * sigma) / 2);
  const n = Float64Array.of(-c, 0, p);
  const half = Float64Array.of((c * sigma) / 4, a + (c * m) / 2, 0.75 * (p + c) * sigma, a - (p * m) / 2, (p * sigma) / 4);
  const lifted = Float64Array.of(w[0], w[1] + 4, w[2]);
  const inner = times(half, half);
  const minus = times(times(n, n), times(w, lifted));
  for (let i = 0; i < inner.length; i++) inner[i] -= minus[i] / 16;
  const result = times(inner, ONE_PLUS_SQUARE);
  const square = times(w, w);
  for (let i = 0; i < square.length; i++) result[i + 3] += (2 * (p + c) * square[i]) / sigma;
  return result;
}

const ONE_PLUS_SQUARE = Float64Array.of(1, 0, 1);

// The numerator of dg/dt: P' D W - P (6 t W + 2 D W').
function gSlopeNumerator({ a, b, rho, sigma }: SviSmile, numerator: Float64Array): Float64Array {
  const w = Float64Array.of((b * (1 - rho) * sigma) / 2, a, (b * (1 + rho) * sigma) / 2);
  const slope = Float64Array.from({ length: numerator.length - 1 }, (_, i) => (i + 1) * numerator[i + 1]);
  const result = times(slope, times(ONE_PLUS_SQUARE, w)); // degree 13
  const inner = times(ONE_PLUS_SQUARE, Float64Array.of(2 * w[1], 4 * w[2]));
  for (let i = 0; i < w.length; i++) inner[i + 1] += 6 * w[i];
  const minus = times(numerator, inner);
  for (let i = 0; i < result.length; i++) result[i] -= minus[i];
  result[13] = 0; // 10 p t^13 - (6 + 4) p t^13 with rounding
  return result;
}

function times(a: Float64Array, b: Float64Array): Float64Array {
  const product = new Float64Array(a.length + b.length - 1);
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) product[i + j] += a[i] * b[j];
  return product;
}
