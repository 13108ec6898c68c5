/** What the names of each predicted quantile went on to do. */
import { requireInteger, requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { spearman } from '../core/correlation.ts';
import { neweyWestMean } from './newey-west.ts';
import type { NeweyWestMean } from './newey-west.ts';
import { rankQuantiles } from './rank-quantiles.ts';
import type { SkippedQuantilesReason } from './rank-quantiles.ts';
import { sessionRows } from './session-rows.ts';

export interface QuantileReturnsOptions {
  /** Number of quantiles, >= 2. @default 5 */
  readonly quantiles?: number;
  /** Fewest names, both values present, for a session to count; never fewer than `quantiles`. @default quantiles */
  readonly minimumNames?: number;
  /** Newey-West lags: the overlap of the outcomes in sessions. @default 0 */
  readonly lags?: number;
}

/** Top less bottom quantile, over sessions. */
export interface QuantileSpread extends NeweyWestMean {
  /** Share of sessions with a spread above 0; NaN without a session. */
  readonly positiveShare: number;
}

export interface QuantileReturns {
  /** Mean over sessions of the mean outcome of each quantile, lowest prediction first, shape (quantiles); NaN without a session. */
  readonly mean: Float64Array;
  /** Newey-West standard errors of them, shape (quantiles). */
  readonly standardError: Float64Array;
  readonly spread: QuantileSpread;
  /** Spearman correlation of quantile and mean: 1 where every quantile beats the one below; NaN without a session or where all are equal. */
  readonly monotonicity: number;
  /** Sessions counted. */
  readonly sessions: number;
  /** Sessions left out, by reason. */
  readonly skipped: Readonly<Record<SkippedQuantilesReason, number>>;
  /** The distinct values of `sessions`, ascending, shape (S). */
  readonly sessionIds: Float64Array;
  /** Mean outcome of quantile q in session s at s * quantiles + q, NaN for a skipped session, shape (S * quantiles). */
  readonly bySession: Float64Array;
}

/**
 * Mean outcome by predicted quantile within each session, averaged over sessions, and the spread between top and bottom.
 *
 * Rows in which either value is NaN are missing. Names of a session are split into quantiles of equal size by rank; tied names share one.
 * A session that cannot be split is skipped and counted.
 *
 * @param predicted - shape (n)
 * @param actual - outcomes, e.g. forward returns, shape (n)
 * @param sessions - session index, code or time of each row, in any order, shape (n)
 * @throws ShapeError for different lengths; DomainError for a NaN session
 * @see Fama and French (1992), "The cross-section of expected stock returns", for portfolios by rank; {@link neweyWestMean} for the standard errors
 * @example quantileReturns(prediction, outcome, panel.session, { quantiles: 10, lags: 5 }).spread.tStatistic
 */
export function quantileReturns(predicted: ArrayLike<number>, actual: ArrayLike<number>, sessions: ArrayLike<number>, options: QuantileReturnsOptions = {}): QuantileReturns {
  const fn = 'quantileReturns';
  requireKnownKeys(fn, options, ['quantiles', 'minimumNames', 'lags']);
  const quantiles = requireInteger(fn, 'quantiles', options.quantiles ?? 5, { min: 2 });
  const minimumNames = requireInteger(fn, 'minimumNames', options.minimumNames ?? quantiles, { min: 2 });
  const lags = requireInteger(fn, 'lags', options.lags ?? 0, { min: 0 });
  const n = requireSameLength(fn, { predicted, actual, sessions });
  const { ids, order, start } = sessionRows(fn, sessions);
  const skipped = { 'too-few-names': 0, 'constant-prediction': 0, 'empty-quantile': 0 };
  const bySession = new Float64Array(ids.length * quantiles).fill(NaN);
  const scores = new Float64Array(n); // the names of one session at a time
  const outcomes = new Float64Array(n);
  for (let s = 0; s < ids.length; s++) {
    let names = 0;
    for (let i = start[s]; i < start[s + 1]; i++) {
      const row = order[i];
      if (predicted[row] !== predicted[row] || actual[row] !== actual[row]) continue;
      scores[names] = predicted[row];
      outcomes[names++] = actual[row];
    }
    const quantile = rankQuantiles(scores.subarray(0, names), quantiles, minimumNames);
    if (typeof quantile === 'string') skipped[quantile]++;
    else bySession.set(meansOf(outcomes, quantile, quantiles), s * quantiles);
  }
  const column = (q: number): Float64Array => Float64Array.from(ids, (_, s) => bySession[s * quantiles + q]);
  const byQuantile = Array.from({ length: quantiles }, (_, q) => neweyWestMean(column(q), lags));
  const spreads = Float64Array.from(ids, (_, s) => bySession[(s + 1) * quantiles - 1] - bySession[s * quantiles]);
  const spread = neweyWestMean(spreads, lags);
  const mean = Float64Array.from(byQuantile, (found) => found.mean);
  return Object.freeze({
    mean,
    standardError: Float64Array.from(byQuantile, (found) => found.standardError),
    spread: Object.freeze({ ...spread, positiveShare: spread.n === 0 ? NaN : spreads.filter((value) => value > 0).length / spread.n }),
    monotonicity: spearman(mean.map((_, q) => q), mean),
    sessions: spread.n,
    skipped: Object.freeze(skipped),
    sessionIds: ids,
    bySession,
  });
}

function meansOf(outcomes: Float64Array, quantile: Uint32Array, quantiles: number): Float64Array {
  const count = new Uint32Array(quantiles);
  const means = new Float64Array(quantiles);
  quantile.forEach((q, i) => {
    means[q] += (outcomes[i] - means[q]) / ++count[q];
  });
  return means;
}
