/** The risk-neutral distribution behind one smile: density over strikes, quantiles, moments. */
import { requireKnownKeys, requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { ShapeError } from '../../core/errors.ts';
import type { Smile } from '../smile.ts';
import type { SurfaceStatus } from '../surface/at-expiry.ts';
import { smileDensity } from '../surface/smile-density.ts';
import { hasSmile, sliceStatus } from './slice-like.ts';
import type { SliceLike } from './slice-like.ts';
import { splineLogMoments, splinePriceMoments } from './spline-expectations.ts';
import { integrateStrikes } from './strike-integral.ts';
import type { StrikeIntegral, StrikeWeight } from './strike-integral.ts';

/** `butterfly`: the density is negative; `divergent`: the moment is infinite. */
export type DistributionStatus = SurfaceStatus | 'butterfly' | 'divergent';

/** Columns of shape (n), one row per strike. */
export interface StrikeDistribution {
  readonly strike: Float64Array;
  readonly logMoneyness: Float64Array;
  /** Density of the underlying at expiry, per unit of its currency; negative where the status is `butterfly`, NaN where there is none. */
  readonly density: Float64Array;
  /** P(S <= K) under the forward measure; NaN where there is none. */
  readonly cumulative: Float64Array;
  readonly status: readonly DistributionStatus[];
  /** The worst of the rows: that of the slice when all of them have a density >= 0. */
  readonly worst: DistributionStatus;
}

/**
 * Density and distribution function of the underlying at expiry at given strikes.
 *
 * @param strikes - any order, shape (n); one that is not a positive number gets the status `invalid`
 * @throws ShapeError when strikes are not an array
 * @see {@link smileDensity} for the formulas, in log-moneyness
 * @example strikeDistribution(slice, [90, 100, 110]).density
 */
export function strikeDistribution(slice: SliceLike, strikes: ArrayLike<number>): StrikeDistribution {
  const fn = 'strikeDistribution';
  const start = sliceStatus(fn, slice);
  if (!Number.isInteger(strikes?.length)) throw new ShapeError(`${fn}: strikes must be an array of numbers, got ${show(strikes)}`);
  const strike = Float64Array.from(strikes);
  const n = strike.length;
  const logMoneyness = strike.map((value) => Math.log(value / slice.forward));
  if (!hasSmile(slice)) {
    const none = (): Float64Array => new Float64Array(n).fill(NaN);
    return Object.freeze({ strike, logMoneyness: none(), density: none(), cumulative: none(), status: Object.freeze(Array.from(strike, () => start)), worst: start });
  }
  const { density, cumulative, totalVariance } = smileDensity(slice.smile, logMoneyness.map((k) => (Number.isFinite(k) ? k : NaN)));
  const status = Array.from(strike, (value, i): DistributionStatus => {
    if (!(value > 0 && value < Infinity)) return 'invalid';
    if (!(totalVariance[i] > 0)) return totalVariance[i] <= 0 ? 'negative-variance' : 'outside-strikes';
    return density[i] < 0 ? 'butterfly' : start;
  });
  const worst = status.find((s) => s === 'butterfly') ?? status.find((s) => s !== start) ?? start;
  return Object.freeze({ strike, logMoneyness, density: density.map((value, i) => value / strike[i]), cumulative, status: Object.freeze(status), worst });
}

/** Numbers are NaN unless the status is `ok`, `before-first-expiry` or `after-last-expiry`. */
export interface DistributionQuantile {
  /** `butterfly`: the density is negative at the quantile, so that there may be others. */
  readonly status: DistributionStatus;
  readonly probability: number;
  readonly logMoneyness: number;
  readonly strike: number;
}

/**
 * The strikes below which the underlying ends with given probabilities under the forward measure.
 *
 * @param probabilities - each in (0, 1), any order
 * @returns one row per probability; a distribution that never reaches it, or a smile that ends before, has the status `no-solution`
 * @throws DomainError for a probability outside (0, 1)
 * @example distributionQuantiles(slice, [0.05, 0.5, 0.95])[1].strike // the median
 */
export function distributionQuantiles(slice: SliceLike, probabilities: ArrayLike<number>): readonly DistributionQuantile[] {
  const fn = 'distributionQuantiles';
  const status = sliceStatus(fn, slice);
  if (!Number.isInteger(probabilities?.length)) throw new ShapeError(`${fn}: probabilities must be an array of numbers, got ${show(probabilities)}`);
  return Object.freeze(
    Array.from(probabilities, (value, i) => {
      const probability = requireNumber(fn, `probabilities[${i}]`, value, { min: 0, max: 1, open: true });
      if (!hasSmile(slice)) return Object.freeze({ status, probability, logMoneyness: NaN, strike: NaN });
      const { k, found } = quantileOf(slice.smile, probability, status);
      return Object.freeze({ status: found, probability, logMoneyness: k, strike: slice.forward * Math.exp(k) });
    }),
  );
}

// Newton's method on the distribution function inside a bracket of it.
function quantileOf(smile: Smile, probability: number, start: SurfaceStatus): { readonly k: number; readonly found: DistributionStatus } {
  const at = (k: number): { readonly excess: number; readonly density: number; readonly w: number } => {
    const { cumulative, density, totalVariance } = smileDensity(smile, [k]);
    return { excess: cumulative[0] - probability, density: density[0], w: totalVariance[0] };
  };
  const centre = at(0);
  if (!(centre.w > 0)) return { k: NaN, found: centre.w <= 0 ? 'negative-variance' : 'outside-strikes' };
  const direction = centre.excess < 0 ? 1 : -1;
  let inner = 0;
  let step = Math.sqrt(centre.w);
  let outer = direction * step;
  for (let i = 0; ; i++) {
    const { excess } = at(outer);
    if (excess * direction >= 0) break;
    if (i === 200) return { k: NaN, found: 'no-solution' };
    if (excess !== excess) {
      step /= 2;
      outer = inner + direction * step;
      continue;
    }
    inner = outer;
    step *= 1.5;
    outer = inner + direction * step;
  }
  let low = Math.min(inner, outer);
  let high = Math.max(inner, outer);
  let k = low + (high - low) / 2;
  let density = NaN;
  for (let i = 0; i < 200; i++) {
    const found = at(k);
    density = found.density;
    if (found.excess === 0) break;
    if (found.excess > 0) high = k;
    else low = k;
    const newton = k - found.excess / density;
    const next = newton > low && newton < high ? newton : low + (high - low) / 2;
    if (next <= low || next >= high || Math.abs(next - k) <= 1e-15 * Math.abs(k)) break;
    k = next;
  }
  return density < 0 ? { k: NaN, found: 'butterfly' } : { k, found: start };
}

export interface DistributionMomentsOptions {
  /** `log-return`: of ln(S / F); `price`: of S / F. @default 'log-return' */
  readonly of?: 'log-return' | 'price';
  /** Relative error aimed at in each integral, in [1e-13, 0.01]. @default 1e-10 */
  readonly tolerance?: number;
}

/** Under the forward measure, of ln(S / F) or of S / F. */
export interface DistributionMoments {
  /** `divergent` when a moment is infinite; those that are finite are numbers all the same. */
  readonly status: DistributionStatus;
  /** Of the log return minus half the fair variance over the time; of S / F 1. */
  readonly mean: number;
  readonly variance: number;
  /** Third central moment over variance^1.5. */
  readonly skewness: number;
  /** Fourth central moment over variance^2: 3 for a normal distribution. */
  readonly kurtosis: number;
}

/**
 * Moments of the distribution, from the prices of options that replicate its powers.
 *
 * E[x^n] is the integral of (n (n - 1) k^(n-2) - n k^(n-1)) OTM(K) / K dk for x = ln(S / F), and E[(y - 1)^n] that of
 * n (n - 1) (e^k - 1)^(n-2) e^(2 k) OTM(K) / K dk for y = S / F. Prices are taken as they are: `strikeDistribution` and `checkArbitrage` tell whether the density is negative.
 *
 * @throws DomainError for options out of range
 * @see Bakshi, Kapadia and Madan (2003), "Stock return characteristics, skew laws, and the differential pricing of individual equity options"
 * @example distributionMoments(surfaceSmile(surface, 30 / 365)).skewness
 */
export function distributionMoments(slice: SliceLike, options: DistributionMomentsOptions = {}): DistributionMoments {
  const fn = 'distributionMoments';
  requireKnownKeys(fn, options, ['of', 'tolerance']);
  const of = requireOneOf(fn, 'of', options.of ?? 'log-return', ['log-return', 'price'] as const);
  const tolerance = requireNumber(fn, 'tolerance', options.tolerance ?? 1e-10, { min: 1e-13, max: 0.01 });
  const start = sliceStatus(fn, slice);
  if (!hasSmile(slice)) return Object.freeze({ status: start, mean: NaN, variance: NaN, skewness: NaN, kurtosis: NaN });
  const m = new Float64Array(4);
  const found = fillMoments(slice.smile, of, tolerance, m);
  const status = found === 'ok' ? start : found;
  if (of === 'price') return sealed(status, 1, m[1], m[2], m[3]);
  const [m1, m2, m3, m4] = m;
  return sealed(status, m1, m2 - m1 * m1, m3 - 3 * m1 * m2 + 2 * m1 * m1 * m1, m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1 * m1 * m1 * m1);
}

// Moments of the log return about 0, of the price about 1. Price splines have them in closed form; where prices are mixed, so are moments.
function fillMoments(smile: Smile, of: 'log-return' | 'price', tolerance: number, out: Float64Array): StrikeIntegral['status'] {
  if (smile.kind === 'price-spline') {
    if (of === 'price') splinePriceMoments(smile, out);
    else splineLogMoments(smile, out);
    return 'ok';
  }
  if (smile.kind === 'blend' && smile.rule === 'price') {
    const near = new Float64Array(4);
    const statuses = [fillMoments(smile.near, of, tolerance, near), fillMoments(smile.far, of, tolerance, out)];
    for (let i = 0; i < 4; i++) out[i] = smile.nearWeight * near[i] + smile.farWeight * out[i];
    return statuses.find((status) => status !== 'ok') ?? 'ok';
  }
  let status: StrikeIntegral['status'] = 'ok';
  const expectation = (weight: Partial<StrikeWeight>): number => {
    const { status: found, puts, calls } = integrateStrikes(smile, { ...NOTHING, ...weight }, { tolerance });
    if (found !== 'ok') status = found;
    return puts + calls;
  };
  if (of === 'price') {
    out[0] = 0;
    out[1] = expectation({ ...ABOUT_FORWARD, constant: 2 });
    out[2] = expectation({ ...ABOUT_FORWARD, linear: 6 });
    out[3] = expectation({ ...ABOUT_FORWARD, quadratic: 12 });
  } else {
    out[0] = expectation({ constant: -1 });
    out[1] = expectation({ constant: 2, linear: -2 });
    out[2] = expectation({ linear: 6, quadratic: -3 });
    out[3] = expectation({ quadratic: 12, cubic: -4 });
  }
  return status;
}

const NOTHING: StrikeWeight = { base: 'log', constant: 0, linear: 0, quadratic: 0, cubic: 0, tilt: 0 };
const ABOUT_FORWARD = { base: 'price', tilt: 2 } as const;

function sealed(status: DistributionStatus, mean: number, variance: number, third: number, fourth: number): DistributionMoments {
  return Object.freeze({ status, mean, variance, skewness: third / (variance * Math.sqrt(variance)), kurtosis: fourth / (variance * variance) });
}
