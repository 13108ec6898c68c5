/** Walk-forward: the recipe refitted as time passes, every row predicted by a model that could have existed then. */
import { sealBundle } from '../bundle/index.ts';
import type { BundleContent } from '../bundle/index.ts';
import { requireInteger, requireKnownKeys, show } from '../core/assert.ts';
import { digestOf } from '../core/digest.ts';
import { drive, mapProgress } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError, QuantwrightError } from '../core/errors.ts';
import { parseTime } from '../core/time.ts';
import { panelDigest, selectSessions } from '../panel/index.ts';
import type { Panel } from '../panel/index.ts';
import { servePreparedTask } from '../predictor/index.ts';
import { holdoutSplit } from '../validation/index.ts';
import { assembleBundle } from './assemble.ts';
import { developTask } from './develop.ts';
import { fitMembersTask } from './fit.ts';
import type { FitOptions } from './fit.ts';
import type { HostLearners } from './members.ts';
import { prepareTask, splitOrUndefined } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { recipeDigest } from './recipe.ts';
import type { Recipe } from './recipe.ts';
import { emptySegment, makeRun } from './walk-forward-run.ts';
import type { Segment, SegmentModel, WalkForwardRun } from './walk-forward-run.ts';

export interface WalkForwardOptions extends DriveOptions {
  /** Sessions between refits. Keep it below the recipe's `expiresAfterDays`, or the end of each stretch is abstained from. */
  readonly refitEvery: number;
  /** Train on all history or on the last n sessions before each refit. @default 'expanding' */
  readonly window?: 'expanding' | { readonly rolling: number };
  /** Sessions between the last data a model was fitted on and the first row it predicts, beyond the next session. @default 0 */
  readonly latencySessions?: number;
  /** First session to predict: a date, or the number of sessions of history before it. @default that of `previous`, else the larger of 252 and a quarter of the sessions */
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
 * Before each refit session r the recipe is fitted on rows whose label was known by session r - 1 - latency: folds and members on the earlier
 * of them, intervals and P(up) on the recipe's calibration share of the latest, members once more on all of them with `refit: 'all'`. It then
 * predicts the sessions from r to the next refit; the last segment may be shorter. No test part is held out and no gate asked: the rows
 * predicted are the evidence. A segment that cannot be fitted is counted with its reason; its rows are left out.
 *
 * @throws `signal.reason` when cancelled; `ERR_CONTRACT` when `previous` belongs to another recipe, options or history; DomainError for a recipe whose calibration part starts at a date
 */
export async function walkForward(panel: Panel, recipe: Recipe, options: WalkForwardOptions): Promise<WalkForwardRun> {
  const fn = 'walkForward';
  requireKnownKeys(fn, options, ['refitEvery', 'window', 'latencySessions', 'from', 'previous', 'onCheckpoint', 'learners', 'signal', 'onProgress']);
  if (typeof recipe.splits.calibration !== 'number') throw new DomainError(`${fn}: recipe.splits.calibration must be a share, which every segment can take of its own history, got ${show(recipe.splits.calibration)}`);
  if (options.previous !== undefined && options.previous?.kind !== 'walk-forward') throw new DomainError(`${fn}: previous must be a walk-forward run, got ${show(options.previous)}`);
  const plan = planOf(fn, panel, options);
  const identity = { recipeDigest: await recipeDigest(recipe), optionsDigest: await digestOf({ refitEvery: plan.refitEvery, rolling: plan.rolling, latency: plan.latency, from: panel.sessions[plan.from] }) };
  const segments: Segment[] = options.previous === undefined ? [] : await reusable(fn, panel, identity, plan, options.previous);
  const prepared = await drive(prepareTask(panel, recipe), options);
  const wholeDigest = await panelDigest(panel);
  const runSoFar = (): WalkForwardRun => makeRun({ ...identity, panelDigest: wholeDigest, recipe, panel, label: prepared.label, segments });
  for (let k = segments.length; k < plan.starts.length; k++) {
    segments.push(await runSegment(prepared, identity.recipeDigest, plan, k, options));
    options.onCheckpoint?.(runSoFar());
  }
  return runSoFar();
}

interface Plan {
  readonly refitEvery: number;
  readonly rolling: number | null;
  readonly latency: number;
  readonly from: number;
  /** First session of each segment. */
  readonly starts: readonly number[];
}

function planOf(fn: string, panel: Panel, options: WalkForwardOptions): Plan {
  const { window = 'expanding', latencySessions = 0, previous } = options;
  const count = panel.sessions.length;
  const wanted = options.from ?? (previous?.segments.length ? previous.segments[0].firstTime : undefined);
  let from: number;
  if (typeof wanted === 'string' || (options.from === undefined && wanted !== undefined)) {
    const time = parseTime(fn, 'from', wanted);
    from = panel.sessions.findIndex((t) => t >= time);
    if (from < 0) throw new DomainError(`${fn}: from must not be after the last session, got ${wanted}`);
    if (from === 0) throw new DomainError(`${fn}: from must leave at least one session of history, got ${wanted}`);
  } else {
    from = requireInteger(fn, 'from', wanted ?? Math.max(252, Math.floor(count / 4)), { min: 1 });
  }
  if (from >= count) throw new DomainError(`${fn}: panel must have more than ${from} sessions to walk forward from there, got ${count}`);
  if (window !== 'expanding' && (typeof window !== 'object' || window === null)) throw new DomainError(`${fn}: window must be 'expanding' or { rolling: sessions }, got ${show(window)}`);
  const refitEvery = requireInteger(fn, 'refitEvery', options.refitEvery, { min: 1 });
  return {
    refitEvery,
    rolling: window === 'expanding' ? null : requireInteger(fn, 'window.rolling', window.rolling, { min: 2 }),
    latency: requireInteger(fn, 'latencySessions', latencySessions, { min: 0 }),
    from,
    starts: Array.from({ length: Math.ceil((count - from) / refitEvery) }, (_, k) => from + k * refitEvery),
  };
}

// The segments of an earlier run that stand as they are: the first ones, complete, on the same history.
async function reusable(fn: string, panel: Panel, identity: { readonly recipeDigest: string; readonly optionsDigest: string }, plan: Plan, previous: WalkForwardRun): Promise<Segment[]> {
  const refuse = (what: string): QuantwrightError => new QuantwrightError('ERR_CONTRACT', `${fn}: previous must come from the same ${what}`);
  if (previous.recipeDigest !== identity.recipeDigest) throw refuse('recipe');
  if (previous.optionsDigest !== identity.optionsDigest) throw refuse('options and first session');
  const isSamePanel = panel.sessions[panel.sessions.length - 1] === previous.lastTime;
  if ((await panelDigest(isSamePanel ? panel : selectSessions(panel, { to: previous.lastTime }))) !== previous.panelDigest) throw refuse('history: data up to its last session has changed');
  const kept: Segment[] = [];
  for (const segment of previous.segments) {
    const start = plan.starts[kept.length];
    const stands = segment.index === kept.length && segment.firstTime === panel.sessions[start] && segment.sessions === Math.min(plan.refitEvery, panel.sessions.length - start);
    if (!stands) break;
    kept.push(segment);
  }
  return kept;
}

async function runSegment(prepared: Prepared, digest: string, plan: Plan, index: number, options: WalkForwardOptions): Promise<Segment> {
  const { panel } = prepared;
  const from = plan.starts[index];
  const to = Math.min(from + plan.refitEvery, panel.sessions.length);
  const base = { index, firstTime: panel.sessions[from], lastTime: panel.sessions[to - 1], sessions: to - from, availableAt: panel.sessions[from - 1] };
  const codecs = options.learners === undefined ? {} : { codecs: options.learners };
  const total = plan.starts.length;
  const inRun = <T>(task: Task<T>): Promise<T> => drive(mapProgress(task, ({ phase }) => ({ phase: `segment ${index + 1} of ${total}: ${phase}`, done: index, total })), options);

  const known = from - 1 - plan.latency; // last session whose data the model may know
  const content = known < 0 ? 'too-few-rows: no history before the segment' : await inRun(fitSegmentTask(prepared, { recipeDigest: digest, panelDigest: await panelDigest(selectSessions(panel, { to: panel.sessions[known] })) }, known, plan.rolling, { ...(options.learners === undefined ? {} : { learners: options.learners }), importances: false }));
  if (typeof content === 'string') return emptySegment(base, content);
  const bundle = await sealBundle(content, codecs);
  const start = panel.sessionStart[from];
  const rows = Uint32Array.from({ length: panel.sessionStart[to] - start }, (_, i) => start + i);
  const predictions = await inRun(servePreparedTask(bundle, panel, prepared.table, rows, { version: null, ...codecs }));
  const { split, members, features } = bundle.manifest;
  const model: SegmentModel = { id: bundle.digest, trainedThrough: split.trainedThrough, trainRows: split.developmentRows, members, features: Object.keys(features) };
  return Object.freeze({ ...base, status: 'predicted', reason: null, model, predictions });
}

function* fitSegmentTask(prepared: Prepared, digests: { readonly recipeDigest: string; readonly panelDigest: string }, known: number, rolling: number | null, options: FitOptions): Task<BundleContent | string> {
  const { recipe, panel, label } = prepared;
  const first = rolling === null ? 0 : Math.max(0, known + 1 - rolling);
  const rows = prepared.rows.filter((row) => label.endSession[row] <= known && panel.session[row] >= first);
  const { calibration: share, embargoSessions } = recipe.splits;
  const split = rows.length === 0 ? undefined : splitOrUndefined(() => holdoutSplit(prepared.spans, { rows, calibration: share, test: 0, embargoSessions }));
  const developed = yield* developTask(prepared, split, rows.length, options);
  if (split === undefined || developed.status === 'short') return developed.status === 'short' ? `${developed.reason}: ${developed.detail}` : 'too-few-rows';
  const { fit, calibration, calibrationRows, calibrationValues, folds } = developed;
  const refitted = recipe.refit === 'all' ? yield* fitMembersTask(prepared, rows, fit.features, fit.weights, options) : undefined;
  return assembleBundle({
    prepared,
    ...digests,
    sessionsSeen: known + 1,
    fit: refitted === undefined ? fit : { ...fit, members: refitted },
    trainedRows: refitted === undefined ? split.development : rows,
    drift: null,
    calibration,
    counts: { development: split.development.length, calibration: split.calibration.length, test: 0, dropped: rows.length - split.development.length - split.calibration.length },
    calibrationFrom: split.boundaries.calibrationFrom,
    testFrom: null,
    outOfSample: [
      ...fit.folds.map(({ fold, test }) => ({ role: `fold ${fold + 1}`, rows: test, predicted: fit.outOfFold })),
      { role: 'calibration', rows: calibrationRows, predicted: calibrationValues },
    ],
    metrics: folds.metrics,
    gates: [],
    quality: folds.judged.value,
  });
}
