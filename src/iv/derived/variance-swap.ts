/** Fair variance of swaps, replicated by the options of one smile. */
import { requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { smileTotalVariance } from '../smile.ts';
import type { Smile } from '../smile.ts';
import type { SurfaceStatus } from '../surface/at-expiry.ts';
import { deltaNeutralLogMoneyness } from './atm-shape.ts';
import { hasSmile, sliceStatus, varianceStatus } from './slice-like.ts';
import type { SliceLike } from './slice-like.ts';
import { splineContract } from './spline-expectations.ts';
import { integrateStrikes, mixIntegrals } from './strike-integral.ts';
import type { StrikeIntegral, StrikeIntegralOptions, StrikeWeight } from './strike-integral.ts';

/** `divergent`: the portfolio of options has no finite price, for a wing as steep as Lee's bound. */
export type SwapStatus = SurfaceStatus | 'divergent';

/** Numbers are NaN unless the status is `ok`, `before-first-expiry` or `after-last-expiry`. */
export interface VarianceSwap {
  readonly status: SwapStatus;
  /** Variance per year. */
  readonly fairVariance: number;
  /** Its square root. */
  readonly fairVol: number;
  /** The part that puts below the forward replicate. */
  readonly putVariance: number;
  /** The part that calls above the forward replicate. */
  readonly callVariance: number;
  /** Estimated error of `fairVariance` from quadrature and the tails beyond the last strikes used. */
  readonly error: number;
}

export interface SwapOptions {
  /** Relative error aimed at, in [1e-13, 0.01]. @default 1e-10 */
  readonly tolerance?: number;
  /**
   * Log-moneyness of the lowest and highest strike of the portfolio, which then is worth less than the swap. Needed where a smile ends.
   * @default all strikes: at least 12 standard deviations, and on until a tail adds nothing at the tolerance
   */
  readonly range?: readonly [number, number];
}

const LOG_CONTRACT: StrikeWeight = { base: 'log', constant: 1, linear: 0, quadratic: 0, cubic: 0, tilt: 0 };
const ENTROPY_CONTRACT: StrikeWeight = { base: 'log', constant: 1, linear: 0, quadratic: 0, cubic: 0, tilt: 1 };

/**
 * Fair variance of a variance swap: (2 / T) times the integral of OTM(K) / K^2 dK, undiscounted.
 *
 * That is the expectation of -2 ln(S / F) / T, equal to realised variance for a path without jumps. The smile is taken as it is:
 * `checkArbitrage` says whether it is one.
 *
 * @throws DomainError for options out of range
 * @see Carr and Madan (1998), "Towards a theory of volatility trading"; Demeterfi, Derman, Kamal and Zou (1999)
 * @example varianceSwap(surfaceSmile(surface, 30 / 365)).fairVol
 */
export function varianceSwap(slice: SliceLike, options: SwapOptions = {}): VarianceSwap {
  return swap('varianceSwap', slice, LOG_CONTRACT, options);
}

/**
 * Fair variance of a gamma swap, whose payments are weighted by S / F: (2 / T) times the integral of OTM(K) / (K F) dK, undiscounted.
 *
 * Exact for a forward that does not drift, as in units of the forward itself.
 *
 * @throws DomainError for options out of range
 * @see Lee (2010), "Gamma swap", Encyclopedia of Quantitative Finance
 */
export function gammaSwap(slice: SliceLike, options: SwapOptions = {}): VarianceSwap {
  return swap('gammaSwap', slice, ENTROPY_CONTRACT, options);
}

function swap(fn: string, slice: SliceLike, weight: StrikeWeight, options: SwapOptions): VarianceSwap {
  requireKnownKeys(fn, options, ['tolerance', 'range']);
  const tolerance = requireNumber(fn, 'tolerance', options.tolerance ?? 1e-10, { min: 1e-13, max: 0.01 });
  const range = requireRange(fn, options.range);
  const status = sliceStatus(fn, slice);
  if (!hasSmile(slice)) return Object.freeze({ status, fairVariance: NaN, fairVol: NaN, putVariance: NaN, callVariance: NaN, error: NaN });
  const { status: found, puts, calls, error } = contractOf(slice.smile, weight, { tolerance, range });
  const scale = 2 / slice.expiryYears;
  const fairVariance = scale * (puts + calls);
  return Object.freeze({ status: found === 'ok' ? status : found, fairVariance, fairVol: Math.sqrt(fairVariance), putVariance: scale * puts, callVariance: scale * calls, error: scale * error });
}

// A price spline over all strikes needs no integral.
function contractOf(smile: Smile, weight: StrikeWeight, options: Required<StrikeIntegralOptions>): StrikeIntegral {
  if (options.range[0] !== -Infinity || options.range[1] !== Infinity) return integrateStrikes(smile, weight, options);
  if (smile.kind === 'price-spline') {
    const { puts, calls } = splineContract(smile, weight === LOG_CONTRACT ? 'log' : 'entropy');
    return { status: 'ok', puts, calls, error: ROUNDING };
  }
  if (smile.kind !== 'blend' || smile.rule !== 'price') return integrateStrikes(smile, weight, options);
  const near = contractOf(smile.near, weight, options);
  const far = contractOf(smile.far, weight, options);
  return mixIntegrals(smile, near, far);
}

// Of a sum over nodes of terms of size 1 that cancel.
const ROUNDING = 1e-15;

function requireRange(fn: string, range: readonly [number, number] = [-Infinity, Infinity]): readonly [number, number] {
  if (!(Array.isArray(range) && range.length === 2 && range[0] < range[1])) throw new DomainError(`${fn}: range must be [low, high] with low < high, got ${show(range)}`);
  return range;
}

/** An approximation; the volatility is NaN unless the status is `ok`, `before-first-expiry` or `after-last-expiry`. */
export interface VolatilitySwap {
  readonly status: SurfaceStatus;
  readonly fairVol: number;
  /** Where the volatility is taken. */
  readonly logMoneyness: number;
}

/**
 * Fair strike of a volatility swap, approximately: the implied volatility at the strike of zero vanna, where d2 = 0.
 *
 * No model is needed; the error is of second order in the correlation of spot and volatility, and of the same order in vol of vol.
 *
 * @see Rolloos and Arslan (2017), "Taylor-made volatility swaps"
 */
export function volatilitySwap(slice: SliceLike): VolatilitySwap {
  const status = sliceStatus('volatilitySwap', slice);
  if (!hasSmile(slice)) return Object.freeze({ status, fairVol: NaN, logMoneyness: NaN });
  const atForward = smileTotalVariance(slice.smile, 0);
  if (!(atForward >= 0)) return Object.freeze({ status: varianceStatus(atForward, status), fairVol: NaN, logMoneyness: NaN });
  const k = deltaNeutralLogMoneyness(slice.smile, -1);
  if (k !== k) return Object.freeze({ status: 'no-solution', fairVol: NaN, logMoneyness: NaN });
  return Object.freeze({ status, fairVol: Math.sqrt(smileTotalVariance(slice.smile, k) / slice.expiryYears), logMoneyness: k });
}
