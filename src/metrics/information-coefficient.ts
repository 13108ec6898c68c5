/** How well predictions order the names of a session. */
import { requireInteger, requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { spearman } from '../core/correlation.ts';
import { standardDeviation } from '../core/stats.ts';
import { neweyWestMean } from './newey-west.ts';
import { sessionRows } from './session-rows.ts';

export interface InformationCoefficientOptions {
  /** Fewest names, both values present, for a session to count. @default 5 */
  readonly minimumNames?: number;
  /** Newey-West lags: the overlap of the labels in sessions. @default 0 */
  readonly lags?: number;
}

/** Why a session has no coefficient: too few names, or values that are all the same. */
export type SkippedSessionReason = 'too-few-names' | 'constant-prediction' | 'constant-outcome';

export interface InformationCoefficient {
  /** Mean of the sessions' coefficients, in [-1, 1]; NaN when no session has one. */
  readonly mean: number;
  /** Newey-West standard error of the mean; NaN with fewer than two sessions. */
  readonly standardError: number;
  /** mean / standardError; NaN when that is not known or 0. */
  readonly tStatistic: number;
  /** Sample standard deviation of the sessions' coefficients. */
  readonly standardDeviation: number;
  /** Sessions with a coefficient. */
  readonly sessions: number;
  /** Share of them above 0. */
  readonly positiveShare: number;
  /** Sessions without one, by reason. */
  readonly skipped: Readonly<Record<SkippedSessionReason, number>>;
  /** The distinct values of `sessions`, ascending, shape (S). */
  readonly sessionIds: Float64Array;
  /** Coefficient of each of them, NaN for a skipped one, shape (S). */
  readonly bySession: Float64Array;
}

/**
 * Mean over sessions of the Spearman correlation between prediction and outcome within the session.
 *
 * Rows in which either value is NaN are missing. A session that cannot be judged is skipped and counted, never scored 0.
 *
 * @param predicted - shape (n)
 * @param actual - outcomes, shape (n)
 * @param sessions - session index, code or time of each row, in any order, shape (n)
 * @throws ShapeError for different lengths; DomainError for a NaN session
 * @see Grinold and Kahn (2000), Active Portfolio Management, chapter 6; {@link neweyWestMean} for the standard error
 * @example informationCoefficient(prediction, outcome, panel.session, { lags: 5 }).tStatistic
 */
export function informationCoefficient(predicted: ArrayLike<number>, actual: ArrayLike<number>, sessions: ArrayLike<number>, options: InformationCoefficientOptions = {}): InformationCoefficient {
  const fn = 'informationCoefficient';
  requireKnownKeys(fn, options, ['minimumNames', 'lags']);
  const minimumNames = requireInteger(fn, 'minimumNames', options.minimumNames ?? 5, { min: 2 });
  const lags = requireInteger(fn, 'lags', options.lags ?? 0, { min: 0 });
  const n = requireSameLength(fn, { predicted, actual, sessions });
  const { ids, order, start } = sessionRows(fn, sessions);
  const skipped = { 'too-few-names': 0, 'constant-prediction': 0, 'constant-outcome': 0 };
  const bySession = new Float64Array(ids.length).fill(NaN);
  const x = new Float64Array(n); // the names of one session at a time
  const y = new Float64Array(n);
  for (let s = 0; s < ids.length; s++) {
    let names = 0;
    for (let i = start[s]; i < start[s + 1]; i++) {
      const p = predicted[order[i]];
      const a = actual[order[i]];
      if (p !== p || a !== a) continue;
      x[names] = p;
      y[names++] = a;
    }
    const [scores, outcomes] = [x.subarray(0, names), y.subarray(0, names)];
    const reason = names < minimumNames ? 'too-few-names' : isConstant(scores) ? 'constant-prediction' : isConstant(outcomes) ? 'constant-outcome' : undefined;
    if (reason === undefined) bySession[s] = spearman(scores, outcomes);
    else skipped[reason]++;
  }
  const { mean, standardError, tStatistic, n: count } = neweyWestMean(bySession, lags);
  return Object.freeze({
    mean,
    standardError,
    tStatistic,
    standardDeviation: standardDeviation(bySession),
    sessions: count,
    positiveShare: count === 0 ? NaN : bySession.filter((value) => value > 0).length / count,
    skipped: Object.freeze(skipped),
    sessionIds: ids,
    bySession,
  });
}

function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}
