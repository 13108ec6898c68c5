/**
 * Black's formula without units: b(x, s) = e^(x/2) Phi(x/s + s/2) - e^(-x/2) Phi(x/s - s/2), where x = ln(F/K) and s = vol sqrt(T).
 * Out of the money all digits survive, however small the price: the two terms are never subtracted where they agree.
 *
 * With z = |x| / s, t = s / 2 and Mills' ratio R, b = phi(z) e^(-t^2/2) [R(z - t) - R(z + t)], and the bracket comes from
 * - small t, or t and z t moderate: the odd part of the Taylor series of R about z, all terms positive;
 * - otherwise, far out (z - t >= 1): R(z) = (1 - d(z)) / z with d = 1 - z R, so the bulk of the difference is 2t / (z^2 - t^2) exactly;
 * - nearer: the difference itself, which loses two bits at most there (with z < t by reflection, R(-z) = 1 / phi(z) - R(z), where the caller asks);
 * - z < t: the price is nearer to its bound e^(x/2) and is taken from it.
 *
 * @see Jaeckel (2013), "Let's be rational", section 6, for regions of this kind; the regions and expansions here are our own
 */
import { millsDefect, millsRatio } from './mills-ratio.ts';

const INV_SQRT_2PI = 0.3989422804014327;
const SQRT_2PI = 2.5066282746310002;

/**
 * R(z - t) - R(z + t) for t <= 1 and z t <= 1.5: price over vega of a normalized out-of-the-money option.
 *
 * With d the Mills defect at z, the terms u_k = d^(2k+1)R t^(2k) / (2k+1)! obey
 * u_(k+1) = t^2 ((z^2 + 4k + 3) u_k - t^2 u_(k-1)) / ((2k+2)(2k+3)), u_0 = d, where the k = 0 step has 1 in place of u_(-1) t^2 / t^2.
 */
function taylorDifference(z: number, t: number, defect: number): number {
  const squareT = t * t;
  const squareZT = z * t * (z * t);
  let previous = defect;
  let term = ((squareZT + 3 * squareT) * defect - squareT) / 6;
  let sum = defect + term;
  for (let k = 1; term > sum * 1e-17 && k < 40; k++) {
    const next = ((squareZT + (4 * k + 3) * squareT) * term - squareT * squareT * previous) / ((2 * k + 2) * (2 * k + 3));
    previous = term;
    term = next;
    sum += next;
  }
  return 2 * t * sum;
}

/** Price over vega of an out-of-the-money option, R(z - t) - R(z + t), for 0 <= t <= z + 1/2 or t <= 1, to a relative 1e-15. */
export function priceOverVega(z: number, t: number): number {
  if (t <= 1 && z * t <= 1.5) return taylorDifference(z, t, millsDefect(z));
  const near = z - t;
  const far = z + t;
  if (near < 0) return SQRT_2PI * Math.exp(0.5 * near * near) - millsRatio(-near) - millsRatio(far); // R(-z) = 1 / phi(z) - R(z)
  if (near >= 1) return (2 * t) / (near * far) - (millsDefect(near) / near - millsDefect(far) / far);
  return millsRatio(near) - millsRatio(far);
}

/**
 * exp(-(z^2 + t^2) / 2) for z = |x| / s and t = s / 2, to 2 ulp for every double x and s.
 *
 * Rounding of z alone would cost z^2 ulp, 1400 in the deepest wing. Squares are split (Dekker 1971) so that the leading part is exact.
 */
export function gaussianFactor(absX: number, s: number): number {
  const z = absX / s;
  const t = 0.5 * s;
  if (!(z < 39 && t < 39)) return z * z + t * t < 1500 ? Math.exp(-0.5 * (z * z + t * t)) : 0;
  if (z < 0.5 && t < 0.5) return Math.exp(-0.5 * (z * z + t * t));
  let c = 134217729 * z; // 2^27 + 1
  const zHigh = c - (c - z);
  const zLow = z - zHigh;
  c = 134217729 * s;
  const sHigh = c - (c - s);
  const sLow = s - sHigh;
  const product = z * s;
  const productError = zHigh * sHigh - product + zHigh * sLow + zLow * sHigh + zLow * sLow;
  const zError = (absX - product - productError) / s;
  const first = 0.5 * zHigh * zHigh;
  const second = 0.125 * sHigh * sHigh;
  const sum = first + second;
  const larger = first > second ? first : second;
  const sumError = (first > second ? second : first) - (sum - larger);
  const rest = 0.5 * zLow * (z + zHigh) + z * zError + 0.125 * sLow * (s + sHigh) + sumError;
  return Math.exp(-sum) * (1 - rest * (1 - 0.5 * rest * (1 - rest / 3)));
}

/** Price of the out-of-the-money option at |x|, s > 0. */
function outOfTheMoney(absX: number, s: number): number {
  const z = absX / s;
  const t = 0.5 * s;
  const factor = INV_SQRT_2PI * gaussianFactor(absX, s);
  if (factor === 0 && z >= t) return 0;
  if (z >= t || t <= 1) return factor * priceOverVega(z, t);
  const bound = Math.exp(-0.5 * absX);
  return factor === 0 ? bound : bound - factor * (millsRatio(t - z) + millsRatio(t + z));
}

/**
 * Normalized Black price of a call: price / (discount sqrt(F K)). A put's is that of a call at -x.
 *
 * Out of the money (x <= 0) exact to a few ulp down to the smallest doubles; in the money the intrinsic value 2 sinh(x/2) is added last.
 *
 * @param x - ln(forward / strike), any sign
 * @param s - total volatility vol sqrt(T), at least 0, Infinity included; below 0 or NaN gives NaN
 * @returns in [max(0, 2 sinh(x/2)), e^(x/2)]
 */
export function normalizedBlack(x: number, s: number): number {
  if (!(s >= 0) || x !== x) return NaN;
  const intrinsic = x > 0 ? 2 * Math.sinh(0.5 * x) : 0;
  if (s === 0 || Math.abs(x) === Infinity) return intrinsic;
  if (s === Infinity) return Math.exp(0.5 * x);
  return intrinsic + outOfTheMoney(Math.abs(x), s);
}

/**
 * What the out-of-the-money price at |x| lacks to its bound e^(-|x|/2), with all digits for large s too.
 *
 * @param s - above 0
 */
export function normalizedBlackGap(x: number, s: number): number {
  const absX = Math.abs(x);
  const z = absX / s;
  const t = 0.5 * s;
  if (t >= z) return INV_SQRT_2PI * gaussianFactor(absX, s) * (millsRatio(t - z) + millsRatio(t + z));
  return Math.exp(-0.5 * absX) - outOfTheMoney(absX, s);
}

/**
 * Slope of {@link normalizedBlack} in s: phi(x/s) e^(-s^2/8), the same for calls and puts.
 *
 * @param x - ln(forward / strike), any sign
 * @param s - total volatility, at least 0; below 0 or NaN gives NaN
 */
export function normalizedVega(x: number, s: number): number {
  if (!(s >= 0) || x !== x) return NaN;
  if (s === Infinity || Math.abs(x) === Infinity) return 0;
  if (s === 0) return x === 0 ? INV_SQRT_2PI : 0;
  return INV_SQRT_2PI * gaussianFactor(Math.abs(x), s);
}
