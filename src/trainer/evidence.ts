/** What out-of-sample predictions are worth: metric rows and gates. */
import type { GateResult, MetricRow } from '../bundle/index.ts';
import { labelInfo } from '../features/index.ts';
import { informationCoefficient, neweyWestMean, rootMeanSquaredError } from '../metrics/index.ts';
import type { Prepared } from './prepare.ts';
import type { RecipeGates } from './recipe.ts';

type Evidence = MetricRow['evidence'];

/** Scores of one part. */
export interface PartScore {
  readonly evidence: Evidence;
  /** Mean information coefficient per session, its Newey-West t and session count. */
  readonly informationCoefficient: number;
  readonly informationCoefficientT: number;
  /** 1 - MSE / MSE of predicting the development mean. */
  readonly skill: number;
  /** Newey-West t of the per-session mean of naive less model squared error. */
  readonly skillT: number;
  readonly sessions: number;
  readonly rows: number;
  readonly metrics: readonly MetricRow[];
}

/**
 * Scores predictions of some rows.
 *
 * @param predicted - shape (rows of the panel); only `rows` are read
 * @param naive - what the naive baseline predicts: the mean label of the development rows
 */
export function scorePart(prepared: Prepared, evidence: Evidence, rows: Uint32Array, predicted: ArrayLike<number>, naive: number): PartScore {
  const { label, panel, recipe } = prepared;
  const actual = Float64Array.from(rows, (row) => label.values[row]);
  const values = Float64Array.from(rows, (row) => predicted[row]);
  const sessions = Int32Array.from(rows, (row) => panel.session[row]);
  const lags = labelInfo(recipe.label).horizon;
  const ic = informationCoefficient(values, actual, sessions, { lags });
  const gains = sessionMeans(sessions, Float64Array.from(actual, (y, i) => (y - naive) ** 2 - (y - values[i]) ** 2));
  const gain = neweyWestMean(gains, lags);
  const rmse = rootMeanSquaredError(actual, values);
  const naiveRmse = rootMeanSquaredError(actual, new Float64Array(actual.length).fill(naive));
  const skill = 1 - (rmse / naiveRmse) ** 2;
  const row = (metric: string, value: number, standardError: number, unit: 'rows' | 'sessions'): MetricRow => Object.freeze({ metric, evidence, value, standardError, n: unit === 'rows' ? rows.length : unit === 'sessions' && metric === 'information-coefficient' ? ic.sessions : gains.length, unit });
  return Object.freeze({
    evidence,
    informationCoefficient: ic.mean,
    informationCoefficientT: ic.tStatistic,
    skill,
    skillT: gain.tStatistic,
    sessions: gains.length,
    rows: rows.length,
    metrics: Object.freeze([
      row('rmse', rmse, NaN, 'rows'),
      row('rmse-naive', naiveRmse, NaN, 'rows'),
      row('skill', skill, NaN, 'rows'),
      row('information-coefficient', ic.mean, ic.standardError, 'sessions'),
    ]),
  });
}

function sessionMeans(sessions: Int32Array, values: Float64Array): Float64Array {
  const sums = new Map<number, { sum: number; n: number }>();
  for (let i = 0; i < values.length; i++) {
    const entry = sums.get(sessions[i]) ?? { sum: 0, n: 0 };
    entry.sum += values[i];
    entry.n++;
    sums.set(sessions[i], entry);
  }
  return Float64Array.from([...sums].sort(([a], [b]) => a - b), ([, { sum, n }]) => sum / n);
}

/** True when the ranking within a session is what the model is for. */
export function judgedByRank(prepared: Prepared): boolean {
  const { signed, task } = labelInfo(prepared.recipe.label);
  // Without a cross-section there is nothing to rank.
  return (signed || task !== 'regression') && prepared.panel.entities.length >= 5;
}

/**
 * The gates of a recipe on what was measured.
 *
 * Significance is asked of the folds, where there is the most evidence; the test part, untouched until now, must agree in sign.
 */
export function judge(prepared: Prepared, gates: RecipeGates, folds: PartScore, test: PartScore | undefined, inSampleScore: number): GateResult[] {
  const byRank = judgedByRank(prepared);
  const name = byRank ? 'information-coefficient' : 'skill';
  const gate = (code: string, evidence: Evidence, value: number, threshold: number, n: number): GateResult => {
    const status = n < gates.minimumSessions || !Number.isFinite(value) ? 'insufficient' : value > threshold ? 'passed' : 'failed';
    return Object.freeze({ code, evidence, value, threshold, n, status });
  };
  const gap = inSampleScore - folds.informationCoefficient;
  return [
    gate(`${name}-t`, 'folds', byRank ? folds.informationCoefficientT : folds.skillT, gates.foldTStatistic, folds.sessions),
    test === undefined
      ? Object.freeze({ code: name, evidence: 'test', value: NaN, threshold: gates.testScore, n: 0, status: 'insufficient' })
      : gate(name, 'test', byRank ? test.informationCoefficient : test.skill, gates.testScore, test.sessions),
    Object.freeze({ code: 'in-sample-gap', evidence: 'folds', value: gap, threshold: gates.foldGapWarning, n: folds.sessions, status: gap > gates.foldGapWarning ? 'warned' : 'passed' }),
  ];
}
