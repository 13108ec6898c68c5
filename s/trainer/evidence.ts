/** What out-of-sample predictions are worth: metric rows and gates. */
import type { GateResult, MetricRow } from '../bundle/index.ts';
import type { Task } from '../core/drive.ts';
import { labelInfo } from '../features/index.ts';
import { informationCoefficient, meanByGroup, neweyWestMean, rootMeanSquaredError } from '../metrics/index.ts';
import { gather } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import type { RecipeGates } from './recipe.ts';

type Evidence = MetricRow['evidence'];

/** Scores of one part. */
export interface PartScore {
  readonly evidence: Evidence;
  /** Mean information coefficient per session. */
  readonly informationCoefficient: number;
  /** 1 - MSE / MSE of predicting the development mean. */
  readonly skill: number;
  /** The figure the recipe is judged by, its Newey-West t and the sessions behind it. */
  readonly judged: { readonly metric: 'information-coefficient' | 'skill'; readonly value: number; readonly tStatistic: number; readonly sessions: number };
  readonly metrics: readonly MetricRow[];
}

// Labels over h sessions overlap for h - 1 lags; Bartlett weights over h lags would take a quarter of their covariance away, over 2h an eighth.
const LAG_HORIZONS = 2;

/**
 * Scores predictions of some rows.
 *
 * @param predicted - shape (rows of the panel); only `rows` are read
 * @param naive - what the naive baseline predicts: the mean label of the development rows
 */
export function* scorePartTask(prepared: Prepared, evidence: Evidence, rows: Uint32Array, predicted: ArrayLike<number>, naive: number): Task<PartScore> {
  const { label, panel, recipe } = prepared;
  const step = (done: number): { phase: string; done: number; total: number } => ({ phase: `scoring ${evidence}`, done, total: 3 });
  const actual = gather(label.values, rows);
  const values = gather(predicted, rows);
  const sessions = gather(panel.session, rows);
  yield step(1);
  const lags = LAG_HORIZONS * labelInfo(recipe.label).horizon;
  const ic = informationCoefficient(values, actual, sessions, { lags });
  yield step(2);
  const gains = sessionMeans(sessions, actual.map((y, i) => (y - naive) ** 2 - (y - values[i]) ** 2));
  const gain = neweyWestMean(gains, lags);
  const rmse = rootMeanSquaredError(actual, values);
  const naiveRmse = rootMeanSquaredError(actual, new Float64Array(actual.length).fill(naive));
  const skill = 1 - (rmse / naiveRmse) ** 2;
  yield step(3);
  const row = (metric: string, value: number, n = rows.length, unit: MetricRow['unit'] = 'rows', standardError = NaN): MetricRow => Object.freeze({ metric, evidence, value, standardError, n, unit });
  return Object.freeze<PartScore>({
    evidence,
    informationCoefficient: ic.mean,
    skill,
    judged: judgedByRank(prepared) // what the gates read
      ? { metric: 'information-coefficient', value: ic.mean, tStatistic: ic.tStatistic, sessions: ic.sessions }
      : { metric: 'skill', value: skill, tStatistic: gain.tStatistic, sessions: gains.length },
    metrics: Object.freeze([
      row('rmse', rmse),
      row('rmse-naive', naiveRmse),
      row('skill', skill),
      row('information-coefficient', ic.mean, ic.sessions, 'sessions', ic.standardError),
    ]),
  });
}

// Mean per session, sessions ascending.
function sessionMeans(sessions: Float64Array, values: Float64Array): Float64Array {
  return Float64Array.from(meanByGroup(values, sessions), ({ mean }) => mean);
}

// True when the ranking within a session is what the model is for; without a cross-section there is nothing to rank.
function judgedByRank({ recipe, panel }: Prepared): boolean {
  const { signed, task } = labelInfo(recipe.label);
  return (signed || task !== 'regression') && panel.entities.length >= 5;
}

/** The gate that only warns. */
const GAP = 'in-sample-gap';

/**
 * The gates of a recipe on what was measured.
 *
 * Significance is asked of the folds, where there is the most evidence; the test part, untouched until now, must agree in sign.
 *
 * @param inSample - score of the shipped members on rows they were fitted on
 */
export function judge(gates: RecipeGates, folds: PartScore, test: PartScore | undefined, inSample: PartScore): GateResult[] {
  const statusOf = (value: number, n: number, passes: boolean, otherwise: GateResult['status']): GateResult['status'] => (n < gates.minimumSessions || !Number.isFinite(value) ? 'insufficient' : passes ? 'passed' : otherwise);
  const gate = (code: string, evidence: Evidence, value: number, threshold: number, n: number): GateResult => Object.freeze({ code, evidence, value, threshold, n, status: statusOf(value, n, value > threshold, 'failed') });
  const { metric, tStatistic, sessions } = folds.judged;
  const gap = inSample.judged.value - folds.judged.value;
  return [
    gate(`${metric}-t`, 'folds', tStatistic, gates.foldTStatistic, sessions),
    gate(metric, 'test', test?.judged.value ?? NaN, gates.testScore, test?.judged.sessions ?? 0),
    Object.freeze({ code: GAP, evidence: 'folds', value: gap, threshold: gates.foldGapWarning, n: sessions, status: statusOf(gap, sessions, gap <= gates.foldGapWarning, 'warned') }),
  ];
}

/** The gates that keep a model from being accepted. */
export function blockingGates(gates: readonly GateResult[]): GateResult[] {
  return gates.filter(({ code, status }) => code !== GAP && (status === 'failed' || status === 'insufficient'));
}
