/** One training run: develop, calibrate, judge, and a bundle if the gates let it pass. */
import { sealBundle } from '../bundle/index.ts';
import type { Bundle, GateResult, MetricRow } from '../bundle/index.ts';
import { drive } from '../core/drive.ts';
import type { DriveOptions, Progress, Task } from '../core/drive.ts';
import { printable, textTable } from '../core/inspect.ts';
import { mean } from '../core/stats.ts';
import { panelDigest } from '../panel/index.ts';
import type { Panel } from '../panel/index.ts';
import { holdoutSplit } from '../validation/index.ts';
import type { HoldoutSplit } from '../validation/index.ts';
import { assembleBundle } from './assemble.ts';
import type { BundleParts } from './assemble.ts';
import { calibrate } from './calibrate.ts';
import { judge, judgedByRank, scorePart } from './evidence.ts';
import { fitEnsembleTask, fitMembersTask, foldsOf, predictEnsembleTask } from './fit.ts';
import type { EnsembleFit } from './fit.ts';
import type { HostLearners } from './members.ts';
import { prepareTask, splitOrUndefined } from './prepare.ts';
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
  readonly reason: 'gates' | 'too-few-rows';
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
  const digests = { recipeDigest: await recipeDigest(recipe), panelDigest: await panelDigest(panel) };
  const result = await drive(trainTask(panel, recipe, digests, options), options);
  if (result.status === 'rejected') return describeOutcome(result);
  const { content, ...report } = result;
  const codecs = options.learners;
  return describeOutcome({ ...report, bundle: await sealBundle(content, codecs === undefined ? {} : { codecs }) });
}

// Every fourth session is enough to see how far the fit is ahead of its folds.
const IN_SAMPLE_STRIDE = 4;

type SealedLater = Omit<AcceptedOutcome, 'bundle'> & { readonly content: ReturnType<typeof assembleBundle> };

function* trainTask(panel: Panel, recipe: Recipe, digests: { readonly recipeDigest: string; readonly panelDigest: string }, options: TrainOptions): Task<SealedLater | RejectedOutcome> {
  const prepared = yield* prepareTask(panel, recipe);
  const split = splitOf(prepared);
  yield { phase: 'splits', done: 1, total: 2 };
  const foldSplits = split === undefined ? undefined : foldsOf(prepared, split.development);
  if (split === undefined || foldSplits === undefined) return tooFew(`${prepared.rows.length} usable rows in ${panel.sessions.length} sessions do not fill ${recipe.splits.folds} folds, a calibration and a test part`);
  const fitOptions = options.learners === undefined ? {} : { learners: options.learners };
  const fit = yield* fitEnsembleTask(prepared, split.development, foldSplits, fitOptions);
  if (fit.features.length === 0) return tooFew('every feature is constant or missing');
  const valuesOn = (rows: Uint32Array): Task<Float64Array> => predictEnsembleTask(prepared, fit.members, rows, fitOptions);
  const step = (done: number): Progress => ({ phase: 'judging', done, total: 6 });
  const calibrationValues = yield* valuesOn(split.calibration);
  const calibration = calibrate(prepared, split.calibration, at(calibrationValues, split.calibration));
  yield step(1);
  const testValues = yield* valuesOn(split.test);

  const naive = mean(at(prepared.label.values, split.development));
  const oofRows = split.development.filter((row) => fit.outOfFold[row] === fit.outOfFold[row]);
  const folds = scorePart(prepared, 'folds', oofRows, fit.outOfFold, naive);
  yield step(2);
  const test = split.test.length === 0 ? undefined : scorePart(prepared, 'test', split.test, testValues, naive);
  yield step(3);
  const seen = split.development.filter((row) => panel.session[row] % IN_SAMPLE_STRIDE === 0);
  const inSample = scorePart(prepared, 'folds', seen, yield* valuesOn(seen), naive);
  yield step(4);
  const calibrationScore = split.calibration.length === 0 ? undefined : scorePart(prepared, 'calibration', split.calibration, calibrationValues, naive);
  const gates = judge(prepared, recipe.gates, folds, test, inSample.informationCoefficient);
  const metrics = [...folds.metrics, ...(calibrationScore?.metrics ?? []), ...(test?.metrics ?? [])];
  const foldRows: FoldRow[] = [];
  for (const { fold, train, test: rows, features } of fit.folds) {
    const score = scorePart(prepared, 'folds', rows, fit.outOfFold, naive);
    foldRows.push(Object.freeze({ fold: fold + 1, trainRows: train.length, testRows: rows.length, features: features.length, informationCoefficient: score.informationCoefficient, skill: score.skill }));
    yield step(5);
  }
  const report: TrainReport = {
    gates,
    metrics,
    folds: foldRows,
    importances: fit.importances,
    weights: Object.freeze(Object.fromEntries(Object.keys(recipe.members).map((name) => [name, fit.members.find((m) => m.name === name)?.weight ?? 0]))),
  };
  const blocking = gates.filter((g) => g.status === 'failed' || g.status === 'insufficient');
  if (blocking.length > 0) {
    return { status: 'rejected', reason: 'gates', detail: blocking.map((g) => `${g.code} on ${g.evidence} ${g.status}: ${g.value.toPrecision(3)} against ${g.threshold}, n ${g.n}`).join('; '), ...report };
  }
  const refitted = recipe.refit === 'all' ? yield* fitMembersTask(prepared, prepared.rows, fit.features, Float64Array.from(Object.values(report.weights)), fitOptions) : undefined;
  const quality = test ?? folds;
  const parts: BundleParts = {
    prepared,
    ...digests,
    sessionsSeen: panel.sessions.length,
    fit: refitted === undefined ? fit : { ...fit, members: refitted },
    trainedRows: refitted === undefined ? split.development : prepared.rows,
    refit: recipe.refit,
    calibration,
    counts: { development: split.development.length, calibration: split.calibration.length, test: split.test.length, purged: prepared.rows.length - split.development.length - split.calibration.length - split.test.length },
    calibrationFrom: split.calibration.length === 0 ? null : split.boundaries.calibrationFrom,
    testFrom: split.test.length === 0 ? null : split.boundaries.testFrom,
    outOfSample: [
      ...fit.folds.map(({ fold, test: rows }) => ({ role: `fold ${fold + 1}`, rows, predicted: fit.outOfFold })),
      { role: 'calibration', rows: split.calibration, predicted: calibrationValues },
      { role: 'test', rows: split.test, predicted: testValues },
    ],
    metrics,
    gates,
    quality: judgedByRank(prepared) ? quality.informationCoefficient : quality.skill,
  };
  yield step(6);
  return { status: 'accepted', content: assembleBundle(parts), ...report };
}

// Undefined when the rows cannot fill the parts a recipe asks for by share; a date outside the panel is the caller's mistake.
function splitOf(prepared: Prepared): HoldoutSplit | undefined {
  const { test, calibration, embargoSessions } = prepared.recipe.splits;
  const split = (): HoldoutSplit => holdoutSplit(prepared.spans, { rows: prepared.rows, sessions: prepared.panel.sessions, calibration, test, embargoSessions });
  if (prepared.rows.length === 0) return undefined;
  return typeof test === 'string' || typeof calibration === 'string' ? split() : splitOrUndefined(split);
}

function tooFew(detail: string): RejectedOutcome {
  return { status: 'rejected', reason: 'too-few-rows', detail, gates: [], metrics: [], folds: [], importances: [], weights: {} };
}

function at(values: ArrayLike<number>, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row]);
}

function describeOutcome<T extends TrainOutcome>(outcome: T): T {
  return Object.freeze(printable(outcome, (value) => [
    value.status === 'accepted' ? `accepted: ${value.bundle.manifest.family} h${value.bundle.manifest.horizon}, ${value.bundle.digest.slice(0, 12)}` : `rejected (${value.reason}): ${value.detail}`,
    textTable(value.gates.map((g) => ({ gate: g.code, evidence: g.evidence, value: g.value, threshold: g.threshold, n: g.n, status: g.status }))),
  ].join('\n')));
}
