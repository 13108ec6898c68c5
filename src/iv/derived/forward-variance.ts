/** Variance between two times. */
import { requireKnownKeys, requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { surfaceSmile } from '../surface/at-expiry.ts';
import type { IvSurface } from '../surface/iv-surface.ts';
import { varianceAt } from '../surface/surface-vol.ts';
import { hasSmile, varianceStatus } from './slice-like.ts';
import { varianceSwap } from './variance-swap.ts';
import type { SwapStatus } from './variance-swap.ts';

/** `calendar`: total variance falls, which is arbitrage at equal log-moneyness. */
export type ForwardVarianceStatus = SwapStatus | 'calendar';

/** What total variance is taken of: the smile at one log-moneyness, or the fair variance of a variance swap. */
export type ForwardVarianceBasis = 'smile' | 'variance-swap';

export interface ForwardVarianceOptions {
  /** @default 'smile' */
  readonly basis?: ForwardVarianceBasis;
  /** ln(strike / forward) at both times, for the basis `smile`. @default 0 */
  readonly logMoneyness?: number;
}

export interface ForwardVarianceQuery extends ForwardVarianceOptions {
  /** In years of 365 days, >= 0; at 0 there is no variance yet. */
  readonly nearYears: number;
  /** Above `nearYears`. */
  readonly farYears: number;
}

/**
 * Variance from one time to another. The status is the worse of the two times'; where it is `calendar` the two variances are negative and
 * the volatility is NaN, where it is another that has no number all three are NaN.
 */
export interface ForwardVariance {
  readonly status: ForwardVarianceStatus;
  readonly nearYears: number;
  readonly farYears: number;
  /** Between the two times. */
  readonly totalVariance: number;
  /** Per year. */
  readonly annualizedVariance: number;
  readonly annualizedVol: number;
}

/**
 * Forward variance: total variance at the far time less that at the near one.
 *
 * @throws DomainError for times that are not finite, below 0 or not ascending
 * @example forwardVariance(surface, { nearYears: 30 / 365, farYears: 60 / 365, basis: 'variance-swap' }).annualizedVol
 */
export function forwardVariance(surface: IvSurface, query: ForwardVarianceQuery): ForwardVariance {
  const fn = 'forwardVariance';
  requireKnownKeys(fn, query, ['nearYears', 'farYears', 'basis', 'logMoneyness']);
  const nearYears = requireNumber(fn, 'nearYears', query.nearYears, { min: 0 });
  const farYears = requireNumber(fn, 'farYears', query.farYears, { min: 0, open: true });
  if (!(farYears > nearYears)) throw new DomainError(`${fn}: farYears must be above nearYears, got ${farYears} and ${nearYears}`);
  const { basis, logMoneyness } = requireOptions(fn, query);
  return between(totalVarianceOf(surface, nearYears, basis, logMoneyness), totalVarianceOf(surface, farYears, basis, logMoneyness));
}

/**
 * Forward variances from each time to the next, the first from now.
 *
 * @param expiryYears - ascending. @default the expiries of the surface
 * @throws DomainError for times that are not positive and ascending
 */
export function forwardVarianceCurve(surface: IvSurface, options: ForwardVarianceOptions & { readonly expiryYears?: ArrayLike<number> } = {}): readonly ForwardVariance[] {
  const fn = 'forwardVarianceCurve';
  requireKnownKeys(fn, options, ['expiryYears', 'basis', 'logMoneyness']);
  const { basis, logMoneyness } = requireOptions(fn, options);
  const times = options.expiryYears ?? surface.slices.map(({ expiryYears }) => expiryYears);
  if (!Number.isInteger(times.length)) throw new ShapeError(`${fn}: expiryYears must be an array of numbers, got ${show(times)}`);
  let near = totalVarianceOf(surface, 0, basis, logMoneyness);
  return Object.freeze(
    Array.from(times, (years, i) => {
      const far = totalVarianceOf(surface, requireNumber(fn, `expiryYears[${i}]`, years, { min: near.expiryYears, open: true }), basis, logMoneyness);
      const row = between(near, far);
      near = far;
      return row;
    }),
  );
}

function requireOptions(fn: string, { basis = 'smile', logMoneyness = 0 }: ForwardVarianceOptions): Required<ForwardVarianceOptions> {
  return { basis: requireOneOf(fn, 'basis', basis, ['smile', 'variance-swap'] as const), logMoneyness: requireNumber(fn, 'logMoneyness', logMoneyness) };
}

interface TotalVariance {
  readonly expiryYears: number;
  readonly status: SwapStatus;
  readonly value: number;
}

function totalVarianceOf(surface: IvSurface, expiryYears: number, basis: ForwardVarianceBasis, logMoneyness: number): TotalVariance {
  if (expiryYears === 0) return { expiryYears, status: 'ok', value: 0 };
  const slice = surfaceSmile(surface, expiryYears);
  if (!hasSmile(slice)) return { expiryYears, status: slice.status, value: NaN };
  if (basis === 'variance-swap') {
    const { status, fairVariance } = varianceSwap(slice);
    return { expiryYears, status, value: fairVariance * expiryYears };
  }
  const value = varianceAt(surface, expiryYears, logMoneyness);
  return { expiryYears, status: varianceStatus(value, slice.status), value: value >= 0 ? value : NaN };
}

function between(near: TotalVariance, far: TotalVariance): ForwardVariance {
  const totalVariance = far.value - near.value;
  const annualizedVariance = totalVariance / (far.expiryYears - near.expiryYears);
  const status = near.value !== near.value ? near.status : far.value !== far.value ? far.status : totalVariance < 0 ? 'calendar' : far.status !== 'ok' ? far.status : near.status;
  return Object.freeze({ status, nearYears: near.expiryYears, farYears: far.expiryYears, totalVariance, annualizedVariance, annualizedVol: totalVariance >= 0 ? Math.sqrt(annualizedVariance) : NaN });
}
