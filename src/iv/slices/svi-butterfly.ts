/** Whether a raw SVI slice is free of butterfly arbitrage, decided on the whole real line. */
import { durrlemanG } from './durrleman.ts';
import { isNowhereNegative, positiveRoots, risingRoots } from './positive-roots.ts';
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
  gNumerator(smile);
  const stationary = positiveRoots(gSlopeNumerator());
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

/** Local minima of g below `ceiling`, as log-moneyness to a relative precision of 1e-9. Unchecked: positive total variance. */
export function sviGMinima(smile: SviSmile, ceiling: number): number[] {
  const places: number[] = [];
  gNumerator(smile);
  for (const t of risingRoots(gSlopeNumerator(), 1e-9)) {
    const k = logMoneynessAt(smile, t);
    if (gAt(smile, k) < ceiling) places.push(k);
  }
  return places;
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

// Of one slice at a time: a fit asks for thousands of these polynomials, in ascending powers of t.
const w = new Float64Array(3);
const lifted = new Float64Array(3);
const half = new Float64Array(5);
const square = new Float64Array(5);
const product = new Float64Array(5);
const inner = new Float64Array(9);
const minus = new Float64Array(9);
const numerator = new Float64Array(11);
const derivative = new Float64Array(10);
const factor = new Float64Array(4);
const slopeMinus = new Float64Array(14);
const slopeNumerator = new Float64Array(14);

// With c, p the left and right slopes, W = t w, K = t k, D = t^2 + 1, w' = N / D and A = W D - K N / 2:
// g D^3 W^2 = D (A^2 - N^2 W (4 t + W) / 16) + 2 (p + c) t^3 W^2 / sigma. The result is overwritten by the next call.
function gNumerator({ a, b, rho, m, sigma }: SviSmile): Float64Array {
  const c = b * (1 - rho);
  const p = b * (1 + rho);
  fill(w, (c * sigma) / 2, a, (p * sigma) / 2);
  fill(lifted, w[0], a + 4, w[2]);
  fill(half, (c * sigma) / 4, a + (c * m) / 2, 0.75 * (p + c) * sigma, a - (p * m) / 2, (p * sigma) / 4);
  fill(square, c * c, 0, -2 * p * c, 0, p * p);
  times(half, half, inner);
  times(w, lifted, product);
  times(square, product, minus);
  for (let i = 0; i < 9; i++) inner[i] -= minus[i] / 16;
  for (let i = 0; i < 11; i++) numerator[i] = (i < 9 ? inner[i] : 0) + (i > 1 ? inner[i - 2] : 0);
  times(w, w, product);
  for (let i = 0; i < 5; i++) numerator[i + 3] += (2 * (p + c) * product[i]) / sigma;
  return numerator;
}

// The numerator of dg/dt, P' D W - P (6 t W + 2 D W'), for the slice whose numerator P of g was formed last; the result is overwritten too.
function gSlopeNumerator(): Float64Array {
  for (let i = 0; i < 10; i++) derivative[i] = (i + 1) * numerator[i + 1];
  fill(product, w[0], w[1], w[0] + w[2], w[1], w[2]);
  fill(factor, 2 * w[1], 4 * w[2] + 6 * w[0], 8 * w[1], 4 * w[2] + 6 * w[2]);
  times(derivative, product, slopeNumerator);
  times(numerator, factor, slopeMinus);
  for (let i = 0; i < 13; i++) slopeNumerator[i] -= slopeMinus[i];
  slopeNumerator[13] = 0; // 10 p t^13 - (6 + 4) p t^13 with rounding
  return slopeNumerator;
}

function fill(out: Float64Array, ...values: readonly number[]): void {
  for (let i = 0; i < values.length; i++) out[i] = values[i];
}

function times(a: Float64Array, b: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] += a[i] * b[j];
}
