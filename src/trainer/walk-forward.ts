/** Walk-forward: the recipe refitted as time passes, every row predicted by a model that could have existed then. */
import { sealBundle } from '../bundle/index.ts';
import { requireInteger, requireKnownKeys, show } from '../core/assert.ts';
import { digestOf } from '../core/digest.ts';
import { drive } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError, QuantwrightError } from '../core/errors.ts';
import { mean } from '../core/stats.ts';
import { parseTime } from '../core/time.ts';
import { panelDigest, selectSessions } from '../panel/index.ts';
import type { Panel } from '../panel/index.ts';
import { servePrepared } from '../predictor/index.ts';
import type { Prediction } from '../predictor/index.ts';
import { holdoutSplit } from '../validation/index.ts';
import { assembleBundle } from './assemble.ts';
import { calibrate } from './calibrate.ts';
import { judgedByRank, scorePart } from './evidence.ts';
import { fitEnsembleTask, foldsOf, predictEnsembleTask } from './fit.ts';
import type { HostLearners } from './members.ts';
import { prepareTask, splitOrUndefined } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { recipeDigest } from './recipe.ts';
import type { Recipe } from './recipe.ts';
import { emptySegment, makeRun } from './walk-forward-run.ts';
import type { Segment, SegmentModel, WalkForwardRun } from './walk-forward-run.ts';

export interface WalkForwardOptions extends DriveOptions {
  /** Sessions between refits. */
  readonly refitEvery: number;
  /** Train on all history or on the last n sessions before each refit. @default 'expanding' */
  readonly window?: 'expanding' | { readonly rolling: number };
  /** Sessions between the last data a model was fitted on and the first row it predicts, beyond the next session. @default 0 */
  readonly latencySessions?: number;
  /** First session to predict: a date, or the number of sessions of history before it. @default the larger of 252 and a quarter of the sessions */
  readonly from?: string | number;
  /** A run to go on from: same recipe, options and history; its complete segments are taken over. */
  readonly previous?: WalkForwardRun;
  /** Called with the run so far after every segment; pass the last one as `previous` after an interruption. */
  readonly onCheckpoint?: (run: WalkForwardRun) => void;
  readonly learners?: HostLearners;
}

/**
 * Out-of-sample predictions over time.
 *
 * Before each refit session r the recipe is fitted on rows whose label was known by session r - 1 - latency, intervals and P(up) on the
 * last part of them, and predicts the sessions from r to the next refit. The last segment may be shorter. A segment that cannot be
 * fitted is counted with its reason; its rows are left out.
 *
 * @throws `signal.reason` when cancelled; `ERR_CONTRACT` when `previous` belongs to another recipe, options or history
 */
export async function walkForward(panel: Panel, recipe: Recipe, options: WalkForwardOptions): Promise<WalkForwardRun> {
  const fn = 'walkForward';
  requireKnownKeys(fn, options, ['refitEvery', 'window', 'latencySessions', 'from', 'previous', 'onCheckpoint', 'learners', 'signal', 'onProgress']);
  const plan = planOf(fn, panel, options);
  const identity = { recipeDigest: await recipeDigest(recipe), optionsDigest: await digestOf({ ...plan, from: plan.fromTime }) };
  const done = options.previous === undefined ? [] : await reusable(fn, panel, identity, plan, options.previous);
  const prepared = await drive(prepareTask(panel, recipe), options);
  const wholeDigest = await panelDigest(panel);
  const segments: Segment[] = [...done];
  const starts = [];
  for (let s = plan.from; s < panel.sessions.length; s += plan.refitEvery) starts.push(s);
  const runSoFar = (): WalkForwardRun => makeRun({ ...identity, panelDigest: wholeDigest, recipe, panel, label: prepared.label, segments });

  for (let k = segments.length; k < starts.length; k++) {
    const from = starts[k];
    const to = Math.min(from + plan.refitEvery, panel.sessions.length);
    segments.push(await runSegment(prepared, identity.recipeDigest, plan, k, starts.length, from, to, options));
    options.onCheckpoint?.(runSoFar());
  }
  return runSoFar();
}

interface Plan {
  readonly refitEvery: number;
  readonly rolling: number | null;
  readonly latency: number;
  readonly from: number;
  readonly fromTime: number;
}

function planOf(fn: string, panel: Panel, options: WalkForwardOptions): Plan {
  const { window = 'expanding', latencySessions = 0 } = options;
  const count = panel.sessions.length;
  let from: number;
  if (typeof options.from === 'string') {
    const time = parseTime(fn, 'from', options.from);
    from = panel.sessions.findIndex((t) => t >= time);
    if (from < 0) throw new DomainError(`${fn}: from must not be after the last session, got ${options.from}`);
  } else {
    from = requireInteger(fn, 'from', options.from ?? Math.max(252, Math.floor(count / 4)), { min: 1 });
  }
  if (from >= count) throw new DomainError(`${fn}: panel must have more than ${from} sessions to walk forward from there, got ${count}`);
  if (window !== 'expanding' && typeof window !== 'object') throw new DomainError(`${fn}: window must be 'expanding' or { rolling: sessions }, got ${show(window)}`);
  return {
    refitEvery: requireInteger(fn, 'refitEvery', options.refitEvery, { min: 1 }),
    rolling: window === 'expanding' ? null : requireInteger(fn, 'window.rolling', window.rolling, { min: 2 }),
    latency: requireInteger(fn, 'latencySessions', latencySessions, { min: 0 }),
    from,
    fromTime: panel.sessions[from],
  };
}

// The segments of an earlier run that stand as they are: complete, on the same history.
async function reusable(fn: string, panel: Panel, identity: { readonly recipeDigest: string; readonly optionsDigest: string }, plan: Plan, previous: WalkForwardRun): Promise<readonly Segment[]> {
  const refuse = (what: string): QuantwrightError => new QuantwrightError('ERR_CONTRACT', `${fn}: previous must come from the same ${what}`);
  if (previous.recipeDigest !== identity.recipeDigest) throw refuse('recipe');
  if (previous.optionsDigest !== identity.optionsDigest) throw refuse('options and first session');
  const lastTime = previous.lastTime;
  const history = panel.sessions[panel.sessions.length - 1] === lastTime ? panel : selectSessions(panel, { to: lastTime });
  if ((await panelDigest(history)) !== previous.panelDigest) throw refuse('history: data up to its last session has changed');
  return previous.segments.filter((segment) => segment.sessions === plan.refitEvery || history === panel);
}

async function runSegment(prepared: Prepared, digest: string, plan: Plan, index: number, total: number, from: number, to: number, options: WalkForwardOptions): Promise<Segment> {
  const { panel } = prepared;
  const known = from - 1 - plan.latency;
  const base = { index, firstTime: panel.sessions[from], lastTime: panel.sessions[to - 1], sessions: to - from, availableAt: panel.sessions[from - 1] };
  const first = plan.rolling === null ? 0 : Math.max(0, known + 1 - plan.rolling);
  const rows = prepared.rows.filter((row) => prepared.label.endSession[row] <= known && panel.session[row] >= first);
  const phase = `segment ${index + 1} of ${total}`;
  const fitOptions = options.learners === undefined ? {} : { learners: options.learners };
  const panelBefore = selectSessions(panel, { to: panel.sessions[Math.max(0, known)] });
  const digests = { recipeDigest: digest, panelDigest: await panelDigest(panelBefore) };
  const fitted = await drive(prefixed(phase, index, total, fitSegmentTask(prepared, digests, rows, Math.max(0, known) + 1, fitOptions)), options);
  if (typeof fitted === 'string') return emptySegment(base, fitted);
  const bundle = await sealBundle(fitted, options.learners === undefined ? {} : { codecs: options.learners });
  const start = panel.sessionStart[from];
  const targets = Uint32Array.from({ length: panel.sessionStart[to] - start }, (_, i) => start + i);
  const predictions: Prediction[] = servePrepared(bundle, panel, prepared.table, targets, { version: null, ...(options.learners === undefined ? {} : { codecs: options.learners }) });
  const model: SegmentModel = { id: bundle.digest, trainedThrough: bundle.manifest.split.trainedThrough, trainRows: bundle.manifest.split.developmentRows, members: bundle.manifest.members, features: Object.keys(bundle.manifest.features) };
  return Object.freeze({ ...base, status: 'predicted', reason: null, model, predictions });
}

function* fitSegmentTask(prepared: Prepared, digests: { readonly recipeDigest: string; readonly panelDigest: string }, rows: Uint32Array, sessionsSeen: number, options: { readonly learners?: HostLearners }): Task<ReturnType<typeof assembleBundle> | string> {
  const { recipe } = prepared;
  const { calibration: share, embargoSessions } = recipe.splits;
  const split = splitOrUndefined(() => holdoutSplit(prepared.spans, { rows, calibration: typeof share === 'number' ? share : 0.15, test: 0, embargoSessions }));
  const folds = split === undefined ? undefined : foldsOf(prepared, split.development);
  if (split === undefined || folds === undefined) return `too-few-rows: ${rows.length} labelled rows before the segment`;
  const fit = yield* fitEnsembleTask(prepared, split.development, folds, { ...options, importances: false });
  if (fit.features.length === 0) return 'no-features: every feature is constant or missing';
  const calibrationValues = yield* predictEnsembleTask(prepared, fit.members, split.calibration, options);
  const at = (values: ArrayLike<number>, some: Uint32Array): Float64Array => Float64Array.from(some, (row) => values[row]);
  const oofRows = split.development.filter((row) => fit.outOfFold[row] === fit.outOfFold[row]);
  const naive = mean(at(prepared.label.values, split.development));
  const score = scorePart(prepared, 'folds', oofRows, fit.outOfFold, naive);
  return assembleBundle({
    prepared,
    ...digests,
    sessionsSeen,
    fit,
    trainedRows: split.development,
    refit: 'none',
    calibration: calibrate(prepared, split.calibration, at(calibrationValues, split.calibration)),
    counts: { development: split.development.length, calibration: split.calibration.length, test: 0, purged: rows.length - split.development.length - split.calibration.length },
    calibrationFrom: split.calibration.length === 0 ? null : split.boundaries.calibrationFrom,
    testFrom: null,
    outOfSample: [
      ...fit.folds.map(({ fold, test }) => ({ role: `fold ${fold + 1}`, rows: test, predicted: fit.outOfFold })),
      { role: 'calibration', rows: split.calibration, predicted: calibrationValues },
    ],
    metrics: score.metrics,
    gates: [],
    quality: judgedByRank(prepared) ? score.informationCoefficient : score.skill,
  });
}

// Progress of a segment as progress of the run.
function* prefixed<T>(phase: string, done: number, total: number, task: Task<T>): Task<T> {
  try {
    for (;;) {
      const step = task.next();
      if (step.done === true) return step.value;
      yield { phase: `${phase}: ${step.value.phase}`, done, total };
    }
  } finally {
    task.return(undefined as T);
  }
}
