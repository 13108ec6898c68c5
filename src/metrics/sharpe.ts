/** Return per unit of risk, and how well it is known. */
import { requireInteger, requireKnownKeys, requireNumber, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { mean, standardDeviation } from '../core/stats.ts';
import { neweyWestMean } from './newey-west.ts';

export interface SharpeRatioOptions {
  /** Taken off every return, in units of return per period. @default 0 */
  readonly riskFree?: number;
  /** Periods of a year, e.g. 252: gives `annualized`. */
  readonly periodsPerYear?: number;
  /** Autocorrelations honoured, in the annual ratio and in the standard error; 0 takes returns as independent. @default 0 */
  readonly lags?: number;
}

/** Why there is no ratio: fewer than two returns, or returns that are all the same. */
export type UndefinedSharpeReason = 'too-few-returns' | 'constant-returns';

export interface AnnualizedSharpe {
  /** `factor` times the ratio per period; NaN exactly when `reason` says why. */
  readonly value: number;
  /** `factor` times the standard error per period: the factor is taken as known. */
  readonly standardError: number;
  /** q / sqrt(q + 2 sum_(k <= lags, k < q) (q - k) rho_k) for q periods a year: sqrt(q) with 0 lags. */
  readonly factor: number;
  /** `negative-variance`: the autocorrelations leave the return of a year without a positive variance. */
  readonly reason: UndefinedSharpeReason | 'negative-variance' | null;
}

export interface SharpeRatio {
  /** Mean excess return over its sample standard deviation, per period; NaN exactly when `reason` says why. */
  readonly value: number;
  /** Of `value`, for returns of any shape; with lags from Newey-West. NaN with a reason. */
  readonly standardError: number;
  /** Population skewness of the returns; NaN with a reason. */
  readonly skewness: number;
  /** Population kurtosis, 3 for a normal; NaN with a reason. */
  readonly kurtosis: number;
  /** null without `periodsPerYear`. */
  readonly annualized: AnnualizedSharpe | null;
  /** Returns that are not NaN. */
  readonly n: number;
  readonly missing: number;
  readonly reason: UndefinedSharpeReason | null;
}

/**
 * Sharpe ratio with its standard error.
 *
 * With z_t the standardized returns, the ratio's error is to first order the mean of z_t - (SR / 2) (z_t^2 - 1); of independent returns the
 * variance of that is 1 - skewness SR + (kurtosis - 1) / 4 SR^2, over n - 1. With lags, its Newey-West variance.
 *
 * @param returns - one per period, in time order, shape (n); NaN is missing and keeps its place
 * @throws DomainError for an infinite return
 * @see Sharpe (1994), "The Sharpe ratio"; Mertens (2002) for the standard error; Lo (2002), "The statistics of Sharpe ratios", equations 18 to 20 for years
 * @example sharpeRatio(dailyReturns, { periodsPerYear: 252, lags: 5 }).annualized
 */
export function sharpeRatio(returns: ArrayLike<number>, options: SharpeRatioOptions = {}): SharpeRatio {
  const fn = 'sharpeRatio';
  requireKnownKeys(fn, options, ['riskFree', 'periodsPerYear', 'lags']);
  const riskFree = requireNumber(fn, 'riskFree', options.riskFree ?? 0);
  const lags = requireInteger(fn, 'lags', options.lags ?? 0, { min: 0 });
  const { periodsPerYear } = options;
  if (periodsPerYear !== undefined) requireNumber(fn, 'periodsPerYear', periodsPerYear, { min: 1 });
  const { excess, n, reason } = checkedReturns(fn, returns, riskFree);
  const shared = { n, missing: excess.length - n, reason };
  if (reason !== null) {
    const annualized = periodsPerYear === undefined ? null : Object.freeze({ value: NaN, standardError: NaN, factor: NaN, reason });
    return Object.freeze({ value: NaN, standardError: NaN, skewness: NaN, kurtosis: NaN, annualized, ...shared });
  }
  const center = mean(excess);
  const value = center / standardDeviation(excess);
  const scale = standardDeviation(excess, 0);
  const z = excess.map((r) => (r - center) / scale);
  const { standardError } = neweyWestMean(z.map((v) => v - (value / 2) * (v * v - 1)), lags);
  const annualized = periodsPerYear === undefined ? null : annualize(value, standardError, yearFactor(z, n, periodsPerYear, lags));
  return Object.freeze({ value, standardError, skewness: mean(z.map((v) => v * v * v)), kurtosis: mean(z.map((v) => v * v * v * v)), annualized, ...shared });
}

function annualize(value: number, standardError: number, factor: number): AnnualizedSharpe {
  return Object.freeze({ value: value * factor, standardError: standardError * factor, factor, reason: factor === factor ? null : 'negative-variance' });
}

// Lo (2002), equation 18.
function yearFactor(z: Float64Array, n: number, periods: number, lags: number): number {
  let sum = periods;
  for (let k = 1; k <= lags && k < periods && k < z.length; k++) {
    let product = 0;
    for (let t = k; t < z.length; t++) if (z[t] === z[t] && z[t - k] === z[t - k]) product += z[t] * z[t - k];
    sum += 2 * (periods - k) * (product / n);
  }
  return sum > 0 ? periods / Math.sqrt(sum) : NaN;
}

export interface SortinoRatioOptions {
  /** Return per period below which a return is a loss. @default 0 */
  readonly target?: number;
  /** Periods of a year: the ratio is then times its square root. @default 1, per period */
  readonly periodsPerYear?: number;
}

export interface SortinoRatio {
  /** NaN exactly when `reason` says why. */
  readonly value: number;
  readonly n: number;
  readonly missing: number;
  readonly reason: 'too-few-returns' | 'no-losses' | null;
}

/**
 * Mean return above the target over the root mean square of the shortfalls below it, all n returns counted.
 *
 * @param returns - one per period, shape (n); NaN is missing
 * @throws DomainError for an infinite return
 * @see Sortino and Price (1994), "Performance measurement in a downside risk framework"
 */
export function sortinoRatio(returns: ArrayLike<number>, options: SortinoRatioOptions = {}): SortinoRatio {
  const fn = 'sortinoRatio';
  requireKnownKeys(fn, options, ['target', 'periodsPerYear']);
  const periods = requireNumber(fn, 'periodsPerYear', options.periodsPerYear ?? 1, { min: 1 });
  const { excess, n } = checkedReturns(fn, returns, requireNumber(fn, 'target', options.target ?? 0));
  const shortfall = Math.sqrt(mean(excess.map((r) => (r < 0 ? r * r : r * 0))));
  const reason = n < 2 ? 'too-few-returns' : shortfall > 0 ? null : 'no-losses';
  return Object.freeze({ value: reason === null ? (mean(excess) / shortfall) * Math.sqrt(periods) : NaN, n, missing: excess.length - n, reason });
}

function checkedReturns(fn: string, returns: ArrayLike<number>, level: number): { readonly excess: Float64Array; readonly n: number; readonly reason: UndefinedSharpeReason | null } {
  const excess = new Float64Array(returns.length);
  let n = 0;
  let first = NaN;
  let varies = false;
  for (let t = 0; t < returns.length; t++) {
    const r = returns[t];
    if (Math.abs(r) === Infinity) throw new DomainError(`${fn}: returns must be finite or NaN, got ${show(r)} at position ${t}`);
    excess[t] = r - level;
    if (r !== r) continue;
    if (n++ === 0) first = r;
    else if (r !== first) varies = true;
  }
  return { excess, n, reason: n < 2 ? 'too-few-returns' : varies ? null : 'constant-returns' };
}
