/** Whether a Sharpe ratio is more than luck, given the length of the record and the number of tries. */
import { requireInteger, requireKnownKeys, requireNumber } from '../core/assert.ts';
import { normalCdf, normalQuantile } from '../core/special-functions.ts';
import { sharpeRatio } from './sharpe.ts';
import type { UndefinedSharpeReason } from './sharpe.ts';

export interface ProbabilisticSharpeOptions {
  /** Sharpe ratio to beat, per period like everything here. @default 0 */
  readonly benchmarkSharpe?: number;
  /** Autocorrelations honoured in the standard error. @default 0 */
  readonly lags?: number;
}

export interface ProbabilisticSharpe {
  /** In [0, 1]; NaN exactly when `reason` says why. */
  readonly value: number;
  /** Sharpe ratio of the returns, per period; NaN with a reason. */
  readonly sharpe: number;
  readonly standardError: number;
  /** Sharpe ratio that had to be beaten, per period. */
  readonly benchmarkSharpe: number;
  readonly n: number;
  readonly missing: number;
  readonly reason: UndefinedSharpeReason | null;
}

/**
 * Probability that the true Sharpe ratio exceeds a benchmark: Phi((SR - SR*) / standard error of SR).
 *
 * @param returns - one per period, in time order, shape (n); NaN is missing
 * @throws DomainError for an infinite return
 * @see Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier", equation 9
 * @example probabilisticSharpeRatio(dailyReturns, { benchmarkSharpe: 0.5 / Math.sqrt(252) }).value
 */
export function probabilisticSharpeRatio(returns: ArrayLike<number>, options: ProbabilisticSharpeOptions = {}): ProbabilisticSharpe {
  const fn = 'probabilisticSharpeRatio';
  requireKnownKeys(fn, options, ['benchmarkSharpe', 'lags']);
  return probabilityAbove(returns, requireNumber(fn, 'benchmarkSharpe', options.benchmarkSharpe ?? 0), requireInteger(fn, 'lags', options.lags ?? 0, { min: 0 }));
}

export interface DeflatedSharpeOptions {
  /** Independent strategies tried, the chosen one among them, >= 1. */
  readonly trials: number;
  /** Variance of the Sharpe ratios of the trials, per period squared, >= 0. */
  readonly trialVariance: number;
  /** Autocorrelations honoured in the standard error. @default 0 */
  readonly lags?: number;
}

/**
 * Probability that the true Sharpe ratio exceeds the best one to expect of as many tries without skill.
 *
 * The benchmark is sqrt(V) ((1 - g) z(1 - 1 / N) + g z(1 - 1 / (N e))) for N trials whose ratios have variance V, g being Euler's constant
 * and z the normal quantile; 0 for one trial.
 *
 * @param returns - of the chosen strategy, one per period, in time order, shape (n); NaN is missing
 * @throws DomainError for an infinite return
 * @see Bailey and Lopez de Prado (2014), "The deflated Sharpe ratio", equations 1 and 2
 * @example deflatedSharpeRatio(returns, { trials: 20, trialVariance: 0.01 }).benchmarkSharpe // 0.19
 */
export function deflatedSharpeRatio(returns: ArrayLike<number>, options: DeflatedSharpeOptions): ProbabilisticSharpe {
  const fn = 'deflatedSharpeRatio';
  requireKnownKeys(fn, options, ['trials', 'trialVariance', 'lags']);
  const trials = requireInteger(fn, 'trials', options.trials, { min: 1 });
  const deviation = Math.sqrt(requireNumber(fn, 'trialVariance', options.trialVariance, { min: 0 }));
  return probabilityAbove(returns, deviation * expectedMaximum(trials), requireInteger(fn, 'lags', options.lags ?? 0, { min: 0 }));
}

const EULER = 0.5772156649015329;

// Of N independent standard normals, approximately.
function expectedMaximum(trials: number): number {
  if (trials === 1) return 0;
  // z(1 - p) = -z(p), which keeps its digits for many trials.
  return -(1 - EULER) * normalQuantile(1 / trials) - EULER * normalQuantile(1 / (trials * Math.E));
}

function probabilityAbove(returns: ArrayLike<number>, benchmarkSharpe: number, lags: number): ProbabilisticSharpe {
  const { value: sharpe, standardError, n, missing, reason } = sharpeRatio(returns, { lags });
  const gap = sharpe - benchmarkSharpe;
  const value = gap === 0 ? 0.5 : normalCdf(gap / standardError); // a standard error of 0 decides
  return Object.freeze({ value, sharpe, standardError, benchmarkSharpe, n, missing, reason });
}

export interface MinimumTrackRecordOptions extends ProbabilisticSharpeOptions {
  /** Probability to reach, in (0.5, 1). @default 0.95 */
  readonly confidence?: number;
}

export interface MinimumTrackRecord {
  /** Returns needed; Infinity when the ratio does not exceed the benchmark, NaN exactly when `reason` says why. */
  readonly value: number;
  /** Sharpe ratio of the returns, per period; NaN with a reason. */
  readonly sharpe: number;
  /** Returns there are. */
  readonly n: number;
  readonly missing: number;
  readonly reason: UndefinedSharpeReason | null;
}

/**
 * Number of returns after which a Sharpe ratio of this size and shape would exceed the benchmark with the confidence asked for.
 *
 * @param returns - one per period, in time order, shape (n); NaN is missing
 * @throws DomainError for an infinite return
 * @see Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier", equation 11
 */
export function minimumTrackRecordLength(returns: ArrayLike<number>, options: MinimumTrackRecordOptions = {}): MinimumTrackRecord {
  const fn = 'minimumTrackRecordLength';
  requireKnownKeys(fn, options, ['benchmarkSharpe', 'lags', 'confidence']);
  const z = normalQuantile(requireNumber(fn, 'confidence', options.confidence ?? 0.95, { min: 0.5, max: 1, open: true }));
  const benchmark = requireNumber(fn, 'benchmarkSharpe', options.benchmarkSharpe ?? 0);
  const { value: sharpe, standardError, n, missing, reason } = sharpeRatio(returns, { lags: requireInteger(fn, 'lags', options.lags ?? 0, { min: 0 }) });
  const needed = (z * standardError) / (sharpe - benchmark); // share of the error that is affordable
  const value = reason !== null ? NaN : sharpe > benchmark ? 1 + (n - 1) * needed * needed : Infinity;
  return Object.freeze({ value, sharpe, n, missing, reason });
}
