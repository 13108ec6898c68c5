/** One training run: develop, calibrate, judge, and a bundle if the gates let it pass. */
import { sealBundle } from '../bundle/index.ts';
import type { Bundle, BundleContent, GateResult, MetricRow } from '../bundle/index.ts';
import { requireKnownKeys } from '../core/assert.ts';
import { drive } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { printable, textTable } from '../core/inspect.ts';
import { panelDigest } from '../panel/index.ts';
import type { Panel } from '../panel/index.ts';
import { holdoutSplit } from '../validation/index.ts';
import type { HoldoutSplit } from '../validation/index.ts';
import { assembleBundle } from './assemble.ts';
import { developTask } from './develop.ts';
import { blockingGates, judge, scorePartTask } from './evidence.ts';
import { featureReferenceTask } from './feature-reference.ts';
import { fitMembersTask, predictEnsembleTask } from './fit.ts';
import type { EnsembleFit } from './fit.ts';
import type { HostLearners } from './members.ts';
import { prepareTask, servableRows, splitOrUndefined } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { recipeDigest } from './recipe.ts';
import type { Recipe } from './recipe.ts';

export interface TrainOptions extends DriveOptions {
  /** Learners of the host's own, by kind. */
  readonly learners?: HostLearners;
}

/** Scores of one fold. */
export interface FoldRow {
  readonly fold: number;
  readonly trainRows: number;
  readonly testRows: number;
  readonly features: number;
  readonly informationCoefficient: number;
  readonly skill: number;
}

interface TrainReport {
  readonly gates: readonly GateResult[];
  readonly metrics: readonly MetricRow[];
  readonly folds: readonly FoldRow[];
  readonly importances: EnsembleFit['importances'];
  /** Weight of every member of the recipe; 0 for one that is not shipped. */
  readonly weights: Readonly<Record<string, number>>;
}

/** A run that passed its gates. */
export interface AcceptedOutcome extends TrainReport {
  readonly status: 'accepted';
  readonly bundle: Bundle;
}

/** A run that did not: the gates say why. */
export interface RejectedOutcome extends TrainReport {
  readonly status: 'rejected';
  readonly reason: 'gates' | 'too-few-rows' | 'no-features';
  readonly detail: string;
}

export type TrainOutcome = AcceptedOutcome | RejectedOutcome;

/**
 * Trains the ensemble of a recipe and judges it.
 *
 * Development rows fit folds and members, calibration rows fit intervals and P(up), test rows are read once by the gates. Every
 * boundary is purged by label end time. Rejection is a value.
 *
 * @throws `signal.reason` when cancelled; QuantwrightError for a panel that lacks what the recipe reads
 */
export async function trainEnsemble(panel: Panel, recipe: Recipe, options: TrainOptions = {}): Promise<TrainOutcome> {
  requireKnownKeys('trainEnsemble', options, ['learners', 'signal', 'onProgress']);
  const digests = { recipeDigest: await recipeDigest(recipe), panelDigest: await panelDigest(panel) };
  const result = await drive(trainTask(panel, recipe, digests, options), options);
  if (result.status === 'rejected') return describeOutcome(result);
  const { content, ...report } = result;
  return describeOutcome({ ...report, bundle: await sealBundle(content, options.learners === undefined ? {} : { codecs: options.learners }) });
}

// Every fourth session is enough to see how far the fit is ahead of its folds.
const IN_SAMPLE_STRIDE = 4;

type Unsealed = Omit<AcceptedOutcome, 'bundle'> & { readonly content: BundleContent };

function* trainTask(panel: Panel, recipe: Recipe, digests: { readonly recipeDigest: string; readonly panelDigest: string }, options: TrainOptions): Task<Unsealed | RejectedOutcome> {
  const prepared = yield* prepareTask(panel, recipe);
  const split = splitOf(prepared);
  const developed = yield* developTask(prepared, split, prepared.rows.length, options);
  if (split === undefined || developed.status === 'short') {
    const { reason, detail } = developed.status === 'short' ? developed : { reason: 'too-few-rows' as const, detail: '' };
    return { status: 'rejected', reason, detail, gates: [], metrics: [], folds: [], importances: [], weights: {} };
  }
  const { fit, naive, calibration, calibrationRows, calibrationValues } = developed;
  const testRows = servableRows(prepared.table, fit.features, recipe.maxMissingShare, split.test);
  const testValues = yield* predictEnsembleTask(prepared, fit.members, testRows, options);
  const seen = split.development.filter((row) => panel.session[row] % IN_SAMPLE_STRIDE === 0);
  const inSample = yield* scorePartTask(prepared, 'folds', seen, yield* predictEnsembleTask(prepared, fit.members, seen, options), naive);
  const test = testRows.length === 0 ? undefined : yield* scorePartTask(prepared, 'test', testRows, testValues, naive);
  const calibrationScore = calibrationRows.length === 0 ? undefined : yield* scorePartTask(prepared, 'calibration', calibrationRows, calibrationValues, naive);
  const gates = judge(recipe.gates, developed.folds, test, inSample);
  const metrics = [...developed.folds.metrics, ...(calibrationScore?.metrics ?? []), ...(test?.metrics ?? [])];
  const folds: FoldRow[] = [];
  for (const { fold, train, test: rows, features } of fit.folds) {
    const { informationCoefficient, skill } = yield* scorePartTask(prepared, 'folds', rows, fit.outOfFold, naive);
    folds.push(Object.freeze({ fold: fold + 1, trainRows: train.length, testRows: rows.length, features: features.length, informationCoefficient, skill }));
  }
  const weights = Object.freeze(Object.fromEntries(Object.keys(recipe.members).map((name, m) => [name, fit.weights[m]])));
  const report: TrainReport = { gates, metrics, folds, importances: fit.importances, weights };
  const blocking = blockingGates(gates);
  if (blocking.length > 0) {
    return { status: 'rejected', reason: 'gates', detail: blocking.map((g) => `${g.code} on ${g.evidence} ${g.status}: ${g.value.toPrecision(3)} against ${g.threshold}, n ${g.n}`).join('; '), ...report };
  }
  const refitted = recipe.refit === 'all' ? yield* fitMembersTask(prepared, prepared.rows, fit.features, fit.weights, options) : undefined;
  const trainedRows = refitted === undefined ? split.development : prepared.rows;
  const drift = yield* featureReferenceTask(prepared, fit, trainedRows);
  const content = assembleBundle({
    prepared,
    ...digests,
    sessionsSeen: panel.sessions.length,
    fit: refitted === undefined ? fit : { ...fit, members: refitted },
    trainedRows,
    drift,
    calibration,
    counts: { development: split.development.length, calibration: split.calibration.length, test: split.test.length, dropped: prepared.rows.length - split.development.length - split.calibration.length - split.test.length },
    calibrationFrom: split.boundaries.calibrationFrom,
    testFrom: split.boundaries.testFrom,
    outOfSample: [
      ...fit.folds.map(({ fold, test: rows }) => ({ role: `fold ${fold + 1}`, rows, predicted: fit.outOfFold })),
      { role: 'calibration', rows: calibrationRows, predicted: calibrationValues },
      { role: 'test', rows: testRows, predicted: testValues },
    ],
    metrics,
    gates,
    quality: (test ?? developed.folds).judged.value,
  });
  yield { phase: 'bundle', done: 1, total: 1 };
  return { status: 'accepted', content, ...report };
}

// Undefined when the rows cannot fill the parts a recipe asks for by share; a date outside the panel is the caller's mistake.
function splitOf(prepared: Prepared): HoldoutSplit | undefined {
  const { test, calibration, embargoSessions } = prepared.recipe.splits;
  const split = (): HoldoutSplit => holdoutSplit(prepared.spans, { rows: prepared.rows, sessions: prepared.panel.sessions, calibration, test, embargoSessions });
  if (prepared.rows.length === 0) return undefined;
  return typeof test === 'string' || typeof calibration === 'string' ? split() : splitOrUndefined(split);
}

function describeOutcome<T extends TrainOutcome>(outcome: T): T {
  return Object.freeze(printable(outcome, (value) => [
    value.status === 'accepted' ? `accepted: ${value.bundle.manifest.family} h${value.bundle.manifest.horizon}, ${value.bundle.digest.slice(0, 12)}` : `rejected (${value.reason}): ${value.detail}`,
    textTable(value.gates.map((g) => ({ gate: g.code, evidence: g.evidence, value: g.value, threshold: g.threshold, n: g.n, status: g.status }))),
  ].join('\n')));
}
