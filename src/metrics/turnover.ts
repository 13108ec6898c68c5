/** Portfolios by rank, and how much of a portfolio changes hands from session to session. */
import { requireInteger, requireKnownKeys, requireOneOf, requireSameLength, show } from '../core/assert.ts';
import { DomainError, QuantwrightError } from '../core/errors.ts';
import { mean } from '../core/stats.ts';
import type { GroupKey } from './groups.ts';
import { rankQuantiles } from './rank-quantiles.ts';
import type { SkippedQuantilesReason } from './rank-quantiles.ts';
import { sessionRows } from './session-rows.ts';

export interface QuantileWeightsOptions {
  /** Number of quantiles, >= 2. @default 5 */
  readonly quantiles?: number;
  /** Fewest predictions for a session to have a portfolio; never fewer than `quantiles`. @default quantiles */
  readonly minimumNames?: number;
  /** Hold the top quantile, be short of the bottom one, or both. @default 'long-short' */
  readonly side?: 'long-short' | 'long' | 'short';
}

export interface QuantileWeights {
  /** Weight of each row: equal within a side, each side summing to 1 or -1, 0 for names not held, NaN in a session without a portfolio, shape (n). */
  readonly weights: Float64Array;
  /** Sessions with a portfolio. */
  readonly sessions: number;
  /** Sessions without one, by reason. */
  readonly skipped: Readonly<Record<SkippedQuantilesReason, number>>;
}

/**
 * Equal-weight portfolios of the top and the bottom predicted quantile of each session.
 *
 * @param predicted - shape (n); a name whose prediction is NaN is not held
 * @param sessions - session index, code or time of each row, in any order, shape (n)
 * @throws ShapeError for different lengths; DomainError for a NaN session
 */
export function quantileWeights(predicted: ArrayLike<number>, sessions: ArrayLike<number>, options: QuantileWeightsOptions = {}): QuantileWeights {
  const fn = 'quantileWeights';
  requireKnownKeys(fn, options, ['quantiles', 'minimumNames', 'side']);
  const quantiles = requireInteger(fn, 'quantiles', options.quantiles ?? 5, { min: 2 });
  const minimumNames = requireInteger(fn, 'minimumNames', options.minimumNames ?? quantiles, { min: 2 });
  const side = requireOneOf(fn, 'side', options.side ?? 'long-short', ['long-short', 'long', 'short']);
  requireSameLength(fn, { predicted, sessions });
  const { ids, order, start } = sessionRows(fn, sessions);
  const skipped = { 'too-few-names': 0, 'constant-prediction': 0, 'empty-quantile': 0 };
  const weights = new Float64Array(predicted.length);
  let held = 0;
  for (let s = 0; s < ids.length; s++) {
    const rows = order.subarray(start[s], start[s + 1]);
    const present = rows.filter((row) => predicted[row] === predicted[row]);
    const quantile = rankQuantiles(Float64Array.from(present, (row) => predicted[row]), quantiles, minimumNames);
    if (typeof quantile === 'string') {
      skipped[quantile]++;
      for (const row of rows) weights[row] = NaN;
      continue;
    }
    held++;
    const put = (q: number, total: number): void => {
      const members = present.filter((_, i) => quantile[i] === q);
      for (const row of members) weights[row] = total / members.length;
    };
    if (side !== 'short') put(quantiles - 1, 1);
    if (side !== 'long') put(0, -1);
  }
  return Object.freeze({ weights, sessions: held, skipped: Object.freeze(skipped) });
}

export interface TurnoverOptions {
  /** Compare with the portfolio this many sessions earlier. @default 1 */
  readonly lag?: number;
}

/** Why a session has no turnover: it or the earlier one has no portfolio, or neither holds anything. */
export type SkippedTurnoverReason = 'no-portfolio' | 'nothing-held';

export interface Turnover {
  /** Mean share of the book replaced, in [0, 1]: 0 nothing traded, 1 all of it; NaN without a session. */
  readonly mean: number;
  /** Mean amount traded, bought plus sold, in units of weight: times the cost of trading one unit it is the cost of a session. */
  readonly traded: number;
  /** Sessions counted. */
  readonly sessions: number;
  /** Sessions from the `lag`-th on that are left out, by reason. */
  readonly skipped: Readonly<Record<SkippedTurnoverReason, number>>;
  /** The distinct values of `sessions`, ascending, shape (S). */
  readonly sessionIds: Float64Array;
  /** Share replaced at each session; NaN for the first `lag` and for those left out, shape (S). */
  readonly bySession: Float64Array;
}

/**
 * How much of a portfolio is replaced between sessions: sum |w_t - w_(t-lag)| / (sum |w_t| + sum |w_(t-lag)|).
 *
 * For a long-only portfolio that is always invested it is half the sum of changes. A name without a row has weight 0. Weights are targets:
 * their drift with prices between sessions is not counted.
 *
 * @param weights - weight of each row, shape (n); NaN is no position, and a session of nothing else has no portfolio
 * @param names - entity of each row, shape (n)
 * @param sessions - session index, code or time of each row, in any order, shape (n)
 * @throws ShapeError for different lengths; DomainError for a NaN session or an infinite weight; `ERR_DUPLICATE` for a name twice in a session
 * @example turnover(quantileWeights(prediction, session).weights, entity, session).mean
 */
export function turnover(weights: ArrayLike<number>, names: ArrayLike<GroupKey>, sessions: ArrayLike<number>, options: TurnoverOptions = {}): Turnover {
  const fn = 'turnover';
  requireKnownKeys(fn, options, ['lag']);
  const lag = requireInteger(fn, 'lag', options.lag ?? 1, { min: 1 });
  requireSameLength(fn, { weights, names, sessions });
  const { ids, order, start } = sessionRows(fn, sessions);
  const skipped = { 'no-portfolio': 0, 'nothing-held': 0 };
  const bySession = new Float64Array(ids.length).fill(NaN);
  const traded = new Float64Array(ids.length).fill(NaN);
  const portfolios = Array.from(ids, (_, s) => portfolioOf(fn, weights, names, order.subarray(start[s], start[s + 1])));
  for (let s = lag; s < ids.length; s++) {
    const [now, before] = [portfolios[s], portfolios[s - lag]];
    let [change, gross] = [0, 0];
    for (const [name, weight] of now) {
      change += Math.abs(weight - (before.get(name) ?? 0));
      gross += Math.abs(weight);
    }
    for (const [name, weight] of before) {
      if (!now.has(name)) change += Math.abs(weight);
      gross += Math.abs(weight);
    }
    if (now.size === 0 || before.size === 0) skipped['no-portfolio']++;
    else if (gross === 0) skipped['nothing-held']++;
    else [bySession[s], traded[s]] = [change / gross, change];
  }
  const counted = bySession.filter((value) => value === value).length;
  return Object.freeze({ mean: mean(bySession), traded: mean(traded), sessions: counted, skipped: Object.freeze(skipped), sessionIds: ids, bySession });
}

function portfolioOf(fn: string, weights: ArrayLike<number>, names: ArrayLike<GroupKey>, rows: Uint32Array): Map<GroupKey, number> {
  const portfolio = new Map<GroupKey, number>();
  for (const row of rows) {
    const weight = weights[row];
    if (weight !== weight) continue;
    if (Math.abs(weight) === Infinity) throw new DomainError(`${fn}: weights must be finite or NaN, got ${show(weight)} at row ${row}`);
    if (portfolio.has(names[row])) throw new QuantwrightError('ERR_DUPLICATE', `${fn}: names must be distinct within a session, got ${show(names[row])} twice`);
    portfolio.set(names[row], weight);
  }
  return portfolio;
}
