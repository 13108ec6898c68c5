/** One smooth curve of discounts from the noisy ones of single expiries. */
import { requireKnownKeys, requireNumber, requireSameLength } from '../../core/assert.ts';
import { median } from '../../core/stats.ts';

export interface DiscountPoints {
  readonly expiryYears: ArrayLike<number>;
  readonly discount: ArrayLike<number>;
  /** Standard error of the discount. */
  readonly discountError: ArrayLike<number>;
}

export interface DiscountCurveOptions {
  /** Years over which the short end turns into the long one. @default 1 */
  readonly decayYears?: number;
  /** Standard deviation expected of slope and curvature, as rates per year: what holds the curve where expiries are few. @default 0.02 */
  readonly priorDeviation?: number;
}

/** Zero rate r(T) = level + slope g + curvature (g - e^-x), x = T / decayYears, g = (1 - e^-x) / x, continuously compounded. Plain data. */
export interface DiscountCurve {
  readonly kind: 'discount-curve';
  /** Without a usable point the numbers below are NaN. */
  readonly status: 'ok' | 'no-points';
  readonly level: number;
  readonly slope: number;
  readonly curvature: number;
  readonly decayYears: number;
  /** Covariance of level, slope and curvature, shape (3, 3) row-major. */
  readonly covariance: Float64Array;
  /** Points used. */
  readonly points: number;
  /** Spread of the points about the curve in units of their standard errors, at least 1; `covariance` allows for it. */
  readonly dispersion: number;
}

/** A discount and how far it is known. */
export interface DiscountEstimate {
  readonly rate: number;
  readonly rateError: number;
  readonly discount: number;
  readonly discountError: number;
}

const HUBER = 1.345; // 95 % efficient for normal errors
const NORMAL_MAD = 1.482602218505602;
const STEPS = 30;
const SMALLEST_RATE_ERROR = 1e-7; // exact prices must not drown the prior

/**
 * Pools the discounts of many expiries.
 *
 * A week's discount is a rate of interest with an error of whole percents, a year's is exact to basis points: rates are fitted by the curve of
 * Nelson and Siegel with weights 1 / error^2, outliers held down by Huber's weights, slope and curvature drawn to 0 by `priorDeviation`. With one
 * point the curve is flat through it.
 *
 * @param points - rows with a time, discount or error that is not positive (error: not finite) are left out
 * @throws ShapeError for different lengths, DomainError for options out of range
 * @see Nelson and Siegel (1987), "Parsimonious modeling of yield curves", eq. 2
 */
export function fitDiscountCurve(points: DiscountPoints, options: DiscountCurveOptions = {}): DiscountCurve {
  const fn = 'fitDiscountCurve';
  requireKnownKeys(fn, options, ['decayYears', 'priorDeviation']);
  const decayYears = requireNumber(fn, 'decayYears', options.decayYears ?? 1, { min: 0, max: Infinity, open: true });
  const prior = requireNumber(fn, 'priorDeviation', options.priorDeviation ?? 0.02, { min: 0, max: Infinity, open: true });
  const rows = requireSameLength(fn, { expiryYears: points.expiryYears, discount: points.discount, discountError: points.discountError });
  const [rates, errors, loadings]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < rows; i++) {
    const [years, discount, error] = [points.expiryYears[i], points.discount[i], points.discountError[i]];
    const rate = -Math.log(discount) / years;
    const rateError = error / (discount * years);
    if (!(years > 0 && discount > 0 && error >= 0 && Number.isFinite(rate) && Number.isFinite(rateError))) continue;
    rates.push(rate);
    errors.push(Math.max(rateError, SMALLEST_RATE_ERROR));
    loadings.push(...loadingsAt(years / decayYears));
  }
  const n = rates.length;
  let dispersion = 1;
  let solved: { beta: Float64Array; covariance: Float64Array } | null = null;
  const residuals = new Float64Array(n);
  for (let step = 0; step < STEPS && n > 0; step++) {
    const weights = rates.map((_, i) => 1 / (errors[i] * dispersion) ** 2 / Math.max(1, solved === null ? 1 : Math.abs(residuals[i]) / (HUBER * dispersion)));
    const next = solveRidge(loadings, rates, weights, prior);
    if (next === null) break;
    solved = next;
    for (let i = 0; i < n; i++) {
      const fitted = next.beta[0] * loadings[3 * i] + next.beta[1] * loadings[3 * i + 1] + next.beta[2] * loadings[3 * i + 2];
      residuals[i] = (rates[i] - fitted) / errors[i];
    }
    // Few points follow the curve whatever their errors: a dispersion needs more of them than parameters.
    dispersion = n > 3 ? Math.max(1, NORMAL_MAD * median(residuals.map(Math.abs)) * Math.sqrt(n / (n - 3))) : 1;
  }
  const [level, slope, curvature] = solved?.beta ?? [NaN, NaN, NaN];
  const covariance = solved?.covariance ?? new Float64Array(9).fill(NaN);
  return Object.freeze({ kind: 'discount-curve', status: solved === null ? 'no-points' : 'ok', level, slope, curvature, decayYears, covariance, points: solved === null ? 0 : n, dispersion });
}

/**
 * Discount of a curve at one time, flat beyond the times it was fitted to as its formula is.
 *
 * @param expiryYears - finite
 * @returns NaN throughout for a curve without points
 */
export function curveDiscount(curve: DiscountCurve, expiryYears: number): DiscountEstimate {
  const years = requireNumber('curveDiscount', 'expiryYears', expiryYears);
  const l = loadingsAt(Math.max(0, years) / curve.decayYears);
  const rate = curve.level * l[0] + curve.slope * l[1] + curve.curvature * l[2];
  let variance = 0;
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) variance += l[i] * curve.covariance[3 * i + j] * l[j];
  const rateError = Math.sqrt(Math.max(0, variance));
  const discount = Math.exp(-rate * years);
  return Object.freeze({ rate, rateError, discount, discountError: discount * Math.abs(years) * rateError });
}

function loadingsAt(x: number): [number, number, number] {
  const g = x < 1e-8 ? 1 - x / 2 : -Math.expm1(-x) / x;
  return [1, g, g - Math.exp(-x)];
}

// Minimizes sum w (r - X beta)^2 + (slope^2 + curvature^2) / prior^2; null where the numbers overflow.
function solveRidge(x: readonly number[], y: readonly number[], w: readonly number[], prior: number): { beta: Float64Array; covariance: Float64Array } | null {
  const a = new Float64Array(9);
  const b = new Float64Array(3);
  // Rates are counted from their weighted mean: fewer digits are lost.
  let [weight, center] = [0, 0];
  y.forEach((rate, i) => {
    weight += w[i];
    center += w[i] * rate;
  });
  center /= weight;
  y.forEach((rate, i) => {
    for (let j = 0; j < 3; j++) {
      b[j] += w[i] * x[3 * i + j] * (rate - center);
      for (let k = 0; k < 3; k++) a[3 * j + k] += w[i] * x[3 * i + j] * x[3 * i + k];
    }
  });
  a[4] += 1 / (prior * prior);
  a[8] += 1 / (prior * prior);
  const covariance = invert(a);
  if (covariance === null) return null;
  const beta = new Float64Array(3);
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) beta[i] += covariance[3 * i + j] * b[j];
  beta[0] += center;
  return beta.every(Number.isFinite) ? { beta, covariance } : null;
}

// Inverse of a symmetric positive definite 3 x 3 matrix through its Cholesky factor; null where it is not one.
function invert(a: Float64Array): Float64Array | null {
  const l = new Float64Array(9);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[3 * i + j];
      for (let k = 0; k < j; k++) sum -= l[3 * i + k] * l[3 * j + k];
      if (i === j && !(sum > 0)) return null;
      l[3 * i + j] = i === j ? Math.sqrt(sum) : sum / l[4 * j];
    }
  }
  const out = new Float64Array(9);
  for (let column = 0; column < 3; column++) {
    for (let i = 0; i < 3; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = 0; k < i; k++) sum -= l[3 * i + k] * out[3 * k + column];
      out[3 * i + column] = sum / l[4 * i];
    }
    for (let i = 2; i >= 0; i--) {
      let sum = out[3 * i + column];
      for (let k = i + 1; k < 3; k++) sum -= l[3 * k + i] * out[3 * k + column];
      out[3 * i + column] = sum / l[4 * i];
    }
  }
  return out.every(Number.isFinite) ? out : null;
}
