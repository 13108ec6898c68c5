/** Sums over the nodes of a price spline: what its smile and its distribution are read from. */
import { priceOverVega } from '../black/normalized-black.ts';
import { millsRatio } from '../black/mills-ratio.ts';
import type { PriceSplineSmile } from './price-spline-smile.ts';

const INV_SQRT_2PI = 0.3989422804014327;
const LOG_INV_SQRT_2PI = -0.9189385332046728;
const SQRT_2PI = 2.5066282746310002;

/** Kernel standard deviations within which a node is neither surely below nor surely above a strike: phi(9) is 1e-18. */
const WINDOW = 9;

/** Prices below this are handled in logarithms. */
const UNDERFLOW = 1e-280;

// Slots of the output.
export const LOG_PRICE = 0; // ln(price / forward / sqrt(moneyness)) of the out-of-the-money option: the logarithm of Black's normalized price
export const NORMALIZED_PRICE = 1; // its exponential; 0 where that underflows
export const TAIL_RATIO = 2; // moneyness * P(beyond the strike) / (price / forward)
export const DENSITY_RATIO = 3; // moneyness * density of ln(S / F) / (price / forward)
export const TAIL_PROBABILITY = 4; // P(S <= K) for k < 0, P(S >= K) for k >= 0
export const DENSITY = 5; // density of ln(S / F)
export const SUMS_LENGTH = 6;

/** Q(q) / phi(q) for any q above -37. */
export function upperMills(q: number): number {
  return q >= 0 ? millsRatio(q) : SQRT_2PI * Math.exp(0.5 * q * q) - millsRatio(-q);
}

/**
 * Fills `out` at one log-moneyness, from the side out of the money: puts below the forward, calls from it on.
 *
 * A node x with kernel deviation sigma at a = k - ln x contributes, with t = sigma / 2, y = a / sigma + t and z = |a| / sigma: a time value
 * K phi(y) [R(z - t) - R(z + t)], a density phi(y) / sigma, and Phi(+-y) of its probability. All terms are positive.
 */
export function priceSplineSums(smile: PriceSplineSmile, k: number, out: Float64Array): void {
  const { moneyness, probability, kernelVariance } = smile;
  const n = moneyness.length;
  const sigma = Math.sqrt(kernelVariance);
  const t = 0.5 * sigma;
  const strike = Math.exp(k);
  const put = k < 0;
  const step = put ? 1 : -1;
  // From the outermost node of the side that is out of the money towards the forward and beyond.
  const near = strike * Math.exp(-step * (WINDOW * sigma + kernelVariance));
  let price = 0;
  let tail = 0;
  let density = 0;
  let i = put ? 0 : n - 1;
  for (; i >= 0 && i < n && (put ? moneyness[i] < near : moneyness[i] > near); i += step) {
    price += probability[i] * (strike - moneyness[i]);
    tail += probability[i];
  }
  price *= step;
  for (; i >= 0 && i < n; i += step) {
    const p = probability[i];
    if (p === 0) continue;
    const x = moneyness[i];
    const a = k - Math.log(x);
    const z = Math.abs(a) / sigma;
    if (z > 39) break;
    const y = a / sigma + t; // P(x Z <= strike) = Phi(y)
    const factor = INV_SQRT_2PI * Math.exp(-0.5 * y * y);
    const within = step * a;
    const value = p * (strike * factor * kernelDifference(z, t) + (within > 0 ? step * (strike - x) : 0));
    price += value;
    density += p * factor;
    const q = put ? -y : y;
    tail += p * (q >= 0 ? factor * millsRatio(q) : 1 - factor * millsRatio(-q));
    if (within < 0 && z > WINDOW && value < 1e-18 * price) break;
  }
  if (!(price > UNDERFLOW)) {
    logSums(smile, k, out);
    return;
  }
  density /= sigma;
  const normalized = price / Math.sqrt(strike);
  out[LOG_PRICE] = Math.log(normalized);
  out[NORMALIZED_PRICE] = normalized;
  out[TAIL_RATIO] = (strike * tail) / price;
  out[DENSITY_RATIO] = (strike * density) / price;
  out[TAIL_PROBABILITY] = tail;
  out[DENSITY] = density;
}

// The time value over vega of one node; from z = 39 on nothing is left of it.
function kernelDifference(z: number, t: number): number {
  return z >= t || (t <= 1 && z * t <= 1.5) ? priceOverVega(z, t) : upperMills(z - t) - millsRatio(z + t);
}

// Beyond the outermost nodes, where prices leave the doubles: the same sums relative to their largest term.
function logSums(smile: PriceSplineSmile, k: number, out: Float64Array): void {
  const { moneyness, probability, kernelVariance } = smile;
  const sigma = Math.sqrt(kernelVariance);
  const t = 0.5 * sigma;
  const put = k < 0;
  let largest = -Infinity;
  for (let pass = 0, price = 0, tail = 0, density = 0; pass < 2; pass++) {
    for (let i = 0; i < moneyness.length; i++) {
      if (probability[i] === 0) continue;
      const logNode = Math.log(moneyness[i]);
      const a = k - logNode;
      const z = Math.abs(a) / sigma;
      // ln of p G sqrt(x K) / sqrt(K): normalized price but for the Mills difference.
      const logWeight = Math.log(probability[i]) + 0.5 * logNode + LOG_INV_SQRT_2PI - 0.5 * (z * z + t * t);
      if (pass === 0) {
        largest = Math.max(largest, logWeight);
        continue;
      }
      const weight = Math.exp(logWeight - largest);
      if (weight < 1e-20) continue;
      price += weight * kernelDifference(z, t);
      density += weight;
      tail += weight * upperMills(put ? z - t : z + t);
    }
    if (pass === 0) continue;
    out[LOG_PRICE] = largest + Math.log(price);
    out[NORMALIZED_PRICE] = 0;
    out[TAIL_RATIO] = tail / price;
    out[DENSITY_RATIO] = density / (sigma * price);
    out[TAIL_PROBABILITY] = Math.exp(largest - 0.5 * k) * tail;
    out[DENSITY] = (Math.exp(largest - 0.5 * k) * density) / sigma;
  }
}
