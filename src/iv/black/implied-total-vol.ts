/**
 * Inverse of the normalized Black formula in s: the implied volatility problem without units, to a few ulp times its conditioning.
 *
 * Quotes of ordinary size go through quick-total-vol.ts. The rest, and all of it if need be, goes through Jaeckel's four regimes:
 * the inflection point s_c = sqrt(2|x|) of b, where a tangent is drawn that meets 0 at s_l and the bound at s_u, gives three prices
 * b_l < b_c < b_u. Below b_l and above b_u a transform of s that is nearly linear in b is interpolated, between them s itself,
 * by rational cubics; then Householder's third method runs on 1 / ln b, b, b and ln(b_max - b) respectively.
 * Each step is kept inside a bracket that every evaluation narrows, so the iteration ends for any input.
 *
 * @see Jaeckel (2013, revised 2016), "Let's be rational", sections 3 to 5
 */
import { normalQuantile } from '../../core/special-functions.ts';
import { millsRatio } from './mills-ratio.ts';
import { priceOverVega, normalizedBlack, normalizedBlackGap, normalizedVega } from './normalized-black.ts';
import { quickTotalVol } from './quick-total-vol.ts';
import { rationalCubic, weightFromLeft, weightFromRight } from './rational-cubic.ts';

const INV_SQRT_2PI = 0.3989422804014327;
const SQRT_2PI = 2.5066282746310002;
const SQRT_3 = 1.7320508075688772;

// The error after a step is about the fourth power of the step, times a constant that is below 1e4 in all regimes.
const LAST_STEP = 1e-5;
const IGNORED: Float64Array = /* @__PURE__ */ new Float64Array(1); // the conditioning, which nobody asked for
const MAX_STEPS = 64; // bisection alone would need about 60; two or three Householder steps are the rule


/** Householder's third method: what Newton's step is multiplied by. 1, Newton's own, where the formula turns back. */
function householderFactor(newton: number, second: number, third: number): number {
  const factor = (1 + 0.5 * second * newton) / (1 + newton * (second + (third * newton) / 6));
  return factor > 0.05 && factor < 20 ? factor : 1;
}

// The steps below return the change of s over s, with the sign of (wanted price - price at s). lambda = s b'' / b', and
// -(3 z^2 + t^2) = s^2 (b'' / b')', are the scaled logarithmic derivatives of b' = phi(z) e^(-t^2/2), z = |x| / s, t = s / 2.

/** On 1 / ln b, below the lower tangent: nu = s b' / b. */
function stepOnReciprocalLog(absX: number, s: number, beta: number): number {
  const z = absX / s;
  const squareZ = z * z;
  const squareT = 0.25 * s * s;
  const ratio = priceOverVega(z, 0.5 * s);
  const exponent = 0.5 * (squareZ + squareT);
  const logRatio = Math.log((beta / ratio) * SQRT_2PI) + exponent;
  const logPrice = Math.log(ratio * INV_SQRT_2PI) - exponent;
  const nu = s / ratio;
  const lambda = squareZ - squareT;
  const newton = (logRatio * (logPrice / (logPrice + logRatio))) / nu;
  const weight = 1 + 2 / logPrice;
  const second = lambda - nu * weight;
  const ofSecond = -3 * squareZ - squareT - nu * (lambda - nu) * weight + (2 * nu * nu) / (logPrice * logPrice);
  return newton * householderFactor(newton, second, second * second + ofSecond);
}

/** On b, between the tangents. */
function stepOnPrice(absX: number, s: number, beta: number): number {
  const squareZ = (absX / s) * (absX / s);
  const squareT = 0.25 * s * s;
  const newton = (beta - normalizedBlack(-absX, s)) / (s * normalizedVega(absX, s));
  const lambda = squareZ - squareT;
  return newton * householderFactor(newton, lambda, lambda * lambda - 3 * squareZ - squareT);
}

/** On ln(b_max - b), above the upper tangent, where t > z: mu = s b' / (b_max - b). */
function stepOnLogGap(absX: number, s: number, gap: number): number {
  const z = absX / s;
  const t = 0.5 * s;
  const squareZ = z * z;
  const squareT = t * t;
  const gapOverVega = millsRatio(t - z) + millsRatio(t + z);
  const mu = s / gapOverVega;
  const newton = (Math.log((gapOverVega * INV_SQRT_2PI) / gap) - 0.5 * (squareZ + squareT)) / mu;
  const second = squareZ - squareT + mu;
  return newton * householderFactor(newton, second, second * second - 3 * squareZ - squareT + mu * second);
}

type Step = (absX: number, s: number, target: number) => number;

/** Steps from `start` inside (low, high); a step that would leave halves the bracket instead. */
function iterate(step: Step, absX: number, target: number, start: number, low: number, high: number): number {
  let s = start > low && start < high ? start : betweenBounds(low, high);
  for (let i = 0; i < MAX_STEPS; i++) {
    const change = step(absX, s, target);
    if (change > 0) low = s;
    else if (change < 0) high = s;
    const next = s + s * change;
    if (Math.abs(change) <= LAST_STEP) return next;
    s = next > low && next < high ? next : betweenBounds(low, high);
  }
  return s;
}

function betweenBounds(low: number, high: number): number {
  if (high === Infinity) return low > 0 ? 2 * low : 1;
  return low > 0 ? Math.sqrt(low) * Math.sqrt(high) : 0.125 * high;
}

/** Start below the lower tangent: f = 2 pi |x| / 27^(1/2) Phi(-|x| / (3^(1/2) s))^3 is b to leading order. Jaeckel (2013), eq. 4.20 to 4.28. */
function startBelow(absX: number, beta: number, s: number, price: number): number {
  const z = absX / (SQRT_3 * s);
  const scaledCdf = INV_SQRT_2PI * millsRatio(z); // Phi(-z) e^(z^2/2)
  const eighth = 0.125 * s * s;
  const scale = (2 * Math.PI * absX) / (3 * SQRT_3);
  const value = scale * scaledCdf * scaledCdf * scaledCdf * Math.exp(-1.5 * z * z);
  const slope = 2 * Math.PI * z * z * scaledCdf * scaledCdf * Math.exp(eighth);
  const bend = ((slope / normalizedVega(absX, s)) * (2 * eighth - 2 * (1 + z * z - z / millsRatio(z)))) / s;
  const piece = { leftValue: 0, rightValue: value, leftRise: price, rightRise: slope * price };
  const f = rationalCubic(piece, weightFromRight(piece, bend * price * price), beta / price);
  return absX / (-SQRT_3 * normalQuantile(Math.exp(Math.log(f / scale) / 3)));
}

/** Start above the upper tangent: f = Phi(-s / 2). Jaeckel (2013), eq. 4.29 to 4.34. */
function startAbove(absX: number, gap: number, s: number, gapAtS: number): number {
  const squareZ = (absX / s) * (absX / s);
  const value = INV_SQRT_2PI * millsRatio(0.5 * s) * Math.exp(-0.125 * s * s);
  const growth = Math.exp(0.5 * squareZ);
  const bend = (0.5 * SQRT_2PI * (squareZ / s)) * growth * growth * Math.exp(0.125 * s * s);
  const piece = { leftValue: value, rightValue: 0, leftRise: -0.5 * growth * gapAtS, rightRise: -0.5 * gapAtS };
  const left = gap / gapAtS;
  return -2 * normalQuantile(rationalCubic(piece, weightFromLeft(piece, bend * gapAtS * gapAtS), 1 - left, left));
}

/** Start between a tangent and the inflection point, where s itself is interpolated; its second derivative there is 0. */
function startBetween(share: number, price: number, left: number, right: number, leftVega: number, rightVega: number): number {
  const piece = { leftValue: left, rightValue: right, leftRise: price / leftVega, rightRise: price / rightVega };
  return rationalCubic(piece, leftVega > rightVega ? weightFromLeft(piece, 0) : weightFromRight(piece, 0), share);
}

/**
 * Total volatility of a normalized out-of-the-money price by the four regimes alone, without the quick way.
 *
 * @param absX - |ln(F/K)|
 * @param beta - normalized price, in (0, e^(-|x|/2))
 * @param gap - e^(-|x|/2) - beta, above 0, which the caller may know to more digits
 */
export function regimeTotalVol(absX: number, beta: number, gap: number): number {
  if (absX === 0) {
    if (beta < 1e-100) return SQRT_2PI * beta; // the next term of b is s^2 / 24 of it
    return gap < 0.5 ? iterate(stepOnLogGap, 0, gap, -2 * normalQuantile(0.5 * gap), 0, Infinity) : iterate(stepOnPrice, 0, beta, SQRT_2PI * beta, 0, Infinity);
  }
  const centre = Math.sqrt(2 * absX);
  const centrePrice = normalizedBlack(-absX, centre);
  const centreVega = normalizedVega(absX, centre);
  if (beta < centrePrice) {
    const lower = centre - centrePrice / centreVega;
    if (!(lower > 0)) return iterate(stepOnPrice, absX, beta, SQRT_2PI * beta, 0, centre);
    const lowerPrice = normalizedBlack(-absX, lower);
    if (beta < lowerPrice) return iterate(stepOnReciprocalLog, absX, beta, startBelow(absX, beta, lower, lowerPrice), 0, lower);
    const width = centrePrice - lowerPrice;
    return iterate(stepOnPrice, absX, beta, startBetween((beta - lowerPrice) / width, width, lower, centre, normalizedVega(absX, lower), centreVega), 0, Infinity);
  }
  const centreGap = normalizedBlackGap(absX, centre);
  const upper = centre + centreGap / centreVega;
  const upperGap = normalizedBlackGap(absX, upper);
  if (gap < upperGap) return iterate(stepOnLogGap, absX, gap, startAbove(absX, gap, upper, upperGap), upper, Infinity);
  const width = centreGap - upperGap;
  return iterate(stepOnPrice, absX, beta, startBetween((beta - centrePrice) / width, width, centre, upper, centreVega, normalizedVega(absX, upper)), 0, Infinity);
}

/**
 * Total volatility s = vol sqrt(T) with b(x, s) = beta, for an out-of-the-money call (an out-of-the-money put has the same at -x).
 *
 * Relative error within 4 epsilon (1 + |d ln s / d ln beta|), which is about what rounding of `beta` alone costs.
 *
 * @param x - ln(forward / strike), at most 0
 * @param beta - price / (discount sqrt(forward strike))
 * @returns 0 for beta = 0, Infinity for beta = e^(x/2); NaN for beta outside [0, e^(x/2)] and for x > 0
 */
export function impliedTotalVol(x: number, beta: number): number {
  if (!(x <= 0 && beta >= 0)) return NaN;
  if (beta === 0) return 0;
  const quick = quickTotalVol(-x, beta, IGNORED);
  if (quick > 0) return quick;
  const gap = Math.exp(0.5 * x) - beta;
  if (gap > 0) return regimeTotalVol(-x, beta, gap);
  return gap === 0 ? Infinity : NaN;
}
