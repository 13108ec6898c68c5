/** Which calibrator, judged forward in time. */
import { requireInteger, requireKnownKeys, requireOneOf, requireSameLength, show } from '../core/assert.ts';
import { driveSync, driveWith } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError } from '../core/errors.ts';
import { printable } from '../core/inspect.ts';
import { lowerBound } from '../core/sort.ts';
import { clusteredStandardError } from '../metrics/block-standard-error.ts';
import { sessionRows } from '../metrics/session-rows.ts';
import { weightedMean } from '../metrics/weighted-mean.ts';
import { applyOnScale, CALIBRATOR_METHODS } from './calibrator.ts';
import type { CalibratorCandidate, CalibratorMethod, ChosenCalibratorFit, ScoreScale, SingleCalibratorFit } from './calibrator.ts';
import { fitMethod, MINIMUM_ROWS } from './methods.ts';
import { calibrationRows } from './rows.ts';
import type { CalibrationRows } from './rows.ts';

export interface FitCalibratorOptions {
  /** What the scores are. `temperature` and `beta` need logits or probabilities; on those, sigmoids are fitted to logits. @default 'score' */
  readonly scale?: ScoreScale;
  /** Methods to choose among. @default all the scale allows */
  readonly methods?: readonly CalibratorMethod[];
  /** What later rows are judged by. @default 'brier' */
  readonly loss?: 'brier' | 'log-loss';
  /** Session code of each row, whole numbers in time order, shape (n); rows in any order. @default rows are in time order, one session each */
  readonly sessions?: ArrayLike<number>;
  /** Sessions after its own at which a row's label is known: rows are fitted on only when that is before the first session judged. @default 0 */
  readonly horizon?: number;
  /** Blocks of sessions judged, of the last two thirds of all sessions. @default 5 */
  readonly folds?: number;
  /** Weight of each row, >= 0, shape (n). @default all 1 */
  readonly weights?: ArrayLike<number>;
}

const OPTIONS = ['scale', 'methods', 'loss', 'sessions', 'horizon', 'folds', 'weights'] as const;

// Two, because the lowest of several losses flatters its method, and a loss of later rows counts as well for what it says of still later ones.
const STANDARD_ERRORS = 2;
const FIRST_SHARE = 1 / 3; // of the sessions, fitted on and never judged
const OVERLAPS_PER_BLOCK = 4; // sessions of a block taken as independent, in horizons
const LOG_CLIP = 1e-7; // that of metrics/logLoss

/**
 * {@link fitCalibrator} as a task to drive or `yield*`.
 */
export function* fitCalibratorTask(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitCalibratorOptions = {}): Task<ChosenCalibratorFit> {
  const fn = 'fitCalibrator';
  requireKnownKeys(fn, options, OPTIONS);
  const scale = requireOneOf(fn, 'scale', options.scale ?? 'score', ['score', 'logit', 'probability']);
  const loss = requireOneOf(fn, 'loss', options.loss ?? 'brier', ['brier', 'log-loss']);
  const horizon = requireInteger(fn, 'horizon', options.horizon ?? 0, { min: 0 });
  const folds = requireInteger(fn, 'folds', options.folds ?? 5, { min: 1, max: 1000 });
  const asked = methodsOf(fn, options.methods);
  const { sessions, weights } = options;
  requireSameLength(fn, { scores, labels, ...(sessions && { sessions }), ...(weights && { weights }) });
  if (scale === 'probability') for (let i = 0; i < scores.length; i++) if (scores[i] < 0 || scores[i] > 1) throw new DomainError(`${fn}: scores must lie in [0, 1] on the probability scale, got ${show(scores[i])} at row ${i}`);
  const rows = calibrationRows(fn, scores, labels, weights);
  const codes = Float64Array.from(rows.row, (i) => sessions?.[i] ?? i);
  if (!codes.every(Number.isInteger)) throw new DomainError(`${fn}: sessions must be whole numbers, got ${show(codes.find((code) => !Number.isInteger(code)))}`);

  // Labels that overlap h sessions tell about 1 / h of what they seem to.
  const effective = Math.max(1, horizon);
  const rarer = Math.min(rows.positives, rows.n - rows.positives);
  const obstacle = (method: CalibratorMethod): CalibratorCandidate['reason'] => {
    if (scale === 'score' && (method === 'temperature' || method === 'beta')) return 'scale';
    return rows.n / effective < MINIMUM_ROWS[method] || rarer / effective < MINIMUM_ROWS[method] / 20 ? 'too-few-rows' : null;
  };
  const open = asked.filter((method) => obstacle(method) === null);
  const judged = open.length < 2 ? undefined : yield* judgeTask(fn, rows, codes, open, { scale, loss, horizon, folds });
  const candidates = asked.map((method): CalibratorCandidate => {
    const score = judged?.scores.get(method);
    return Object.freeze({ method, loss: score?.loss ?? NaN, standardError: score?.standardError ?? NaN, reason: score === undefined ? (obstacle(method) ?? 'not-judged') : null });
  });
  const [method, reason] = choose(candidates, open, rows);
  yield { phase: `calibrator: ${method}`, done: 0, total: 1 };
  const fitAll = (name: CalibratorMethod): SingleCalibratorFit => fitMethod(name, scale, rows.score, rows.label, rows.weight);
  // Platt, then the base rate, stand in for a method that cannot be fitted to all rows after all.
  const first = fitAll(method);
  const second = failureOf(first) === null ? first : fitAll('platt');
  const fit = failureOf(second) === null ? second : fitAll('base-rate');
  return chosenFit({
    kind: 'chosen', method: fit.kind, reason: failureOf(first) ?? reason, scale, lowestScore: -Infinity, highestScore: Infinity, fit,
    loss, candidates: Object.freeze(candidates), judgedRows: judged?.rows ?? 0, n: rows.n, positives: rows.positives, missingRows: rows.missingRows,
  });
}

function failureOf(fit: SingleCalibratorFit): ChosenCalibratorFit['reason'] | null {
  return 'method' in fit && fit.method !== fit.kind ? fit.reason : null;
}

/**
 * Fits every method that the rows allow on earlier sessions, judges it on later ones, and answers with the first in order that is not clearly
 * worse than the best.
 *
 * The first third of the sessions is fitted on only; the rest is cut into `folds` blocks, each judged with fits to all rows whose label is known
 * before it. The order is Platt, temperature, beta, histogram, smooth isotonic, Venn-Abers, isotonic; the first whose mean loss is within two
 * standard errors of the lowest answers. Standard errors are of the paired difference, with sessions as clusters (blocks of 4 horizons when
 * labels overlap). The base rate answers only when the lowest loss exceeds its own by more than that.
 *
 * Few rows shrink the choice, counting n / horizon rows when labels overlap: below 20 the base rate answers, below 200 only it, a temperature or
 * Platt's sigmoid may, below 500 also beta, below 1000 everything but isotonic; of the rarer label a twentieth of that is needed. Scores that
 * fall with the labels, equal scores and one class give the base rate: a calibrator does not turn a score round.
 *
 * @param scores - larger for label 1, shape (n); NaN and infinities are missing
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels, bad weights, sessions or options, and for probabilities outside [0, 1]
 * @see Hastie, Tibshirani and Friedman (2009), "The elements of statistical learning", section 7.10, whose rule of one unpaired standard error this sharpens
 * @example const fit = await fitCalibrator(scores, labels, { sessions, horizon: 5 }); fit.method // 'platt'
 */
export function fitCalibrator(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitCalibratorOptions & DriveOptions = {}): Promise<ChosenCalibratorFit> {
  return driveWith(options, (own) => fitCalibratorTask(scores, labels, own));
}

/** {@link fitCalibrator} in one go. */
export function fitCalibratorSync(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitCalibratorOptions = {}): ChosenCalibratorFit {
  return driveSync(fitCalibratorTask(scores, labels, options));
}

/** The frozen fit that prints itself. */
export function chosenFit(fields: ChosenCalibratorFit): ChosenCalibratorFit {
  return Object.freeze(printable(fields, (fit) => `calibrator: ${fit.method} (${fit.reason}), ${fit.positives} of ${fit.n} rows positive, ${fit.judgedRows} judged by ${fit.loss}`));
}

function methodsOf(fn: string, methods: readonly CalibratorMethod[] | undefined): readonly CalibratorMethod[] {
  if (methods === undefined) return CALIBRATOR_METHODS;
  if (!Array.isArray(methods) || methods.length === 0) throw new DomainError(`${fn}: methods must name at least one method, got ${show(methods)}`);
  for (const method of methods) requireOneOf(fn, 'methods', method, CALIBRATOR_METHODS);
  return CALIBRATOR_METHODS.filter((method) => methods.includes(method));
}

function choose(candidates: readonly CalibratorCandidate[], open: readonly CalibratorMethod[], rows: CalibrationRows): readonly [CalibratorMethod, ChosenCalibratorFit['reason']] {
  if (rows.n > 1 && rows.positives % rows.n === 0) return ['base-rate', 'one-class'];
  if (open.length === 0) return ['base-rate', 'too-few-rows'];
  if (open.length === 1) return [open[0], candidates.length === 1 ? 'only-candidate' : open[0] === 'base-rate' ? 'too-few-rows' : 'few-rows'];
  const scored = candidates.filter((candidate) => candidate.loss === candidate.loss);
  if (scored.length === 0) return [open.includes('platt') ? 'platt' : open[0], 'too-few-sessions'];
  const base = scored.find((candidate) => candidate.method === 'base-rate');
  const looking = scored.filter((candidate) => candidate !== base);
  const best = looking.reduce((a, b) => (b.loss < a.loss ? b : a));
  if (base !== undefined && best.loss - base.loss > STANDARD_ERRORS * base.standardError) return ['base-rate', 'below-base-rate'];
  const first = looking.find(({ loss, standardError }) => loss === best.loss || loss - best.loss <= STANDARD_ERRORS * standardError) as CalibratorCandidate;
  const isShrunk = candidates.some(({ reason }) => reason === 'too-few-rows') && open.every((method) => MINIMUM_ROWS[method] <= MINIMUM_ROWS.platt);
  return [first.method, isShrunk ? 'few-rows' : first === best ? 'lowest-loss' : 'within-error'];
}

interface Judged {
  readonly rows: number;
  readonly scores: ReadonlyMap<CalibratorMethod, { readonly loss: number; readonly standardError: number }>;
}

interface Judging {
  readonly scale: ScoreScale;
  readonly loss: 'brier' | 'log-loss';
  readonly horizon: number;
  readonly folds: number;
}

function* judgeTask(fn: string, rows: CalibrationRows, codes: Float64Array, methods: readonly CalibratorMethod[], { scale, loss, horizon, folds }: Judging): Task<Judged | undefined> {
  const { ids, order, start } = sessionRows(fn, codes);
  const count = ids.length;
  const first = Math.ceil(count * FIRST_SHARE);
  const blocks = Math.min(folds, count - first);
  const losses = methods.map(() => new Float64Array(rows.n).fill(NaN));
  let judged = 0;
  for (let b = 0; b < blocks; b++) {
    const from = first + Math.floor(((count - first) * b) / blocks);
    const to = first + Math.floor(((count - first) * (b + 1)) / blocks);
    const train = order.subarray(0, start[lowerBound(ids, ids[from] - horizon)]); // sessions whose labels are known before
    if (train.length === 0) continue;
    const test = order.subarray(start[from], start[to]);
    const pick = (values: Float64Array): Float64Array => Float64Array.from(train, (i) => values[i]);
    const [score, label, weight] = [pick(rows.score), Uint8Array.from(train, (i) => rows.label[i]), pick(rows.weight)];
    for (const [m, method] of methods.entries()) {
      const fit: SingleCalibratorFit = fitMethod(method, scale, score, label, weight);
      for (const i of test) losses[m][i] = lossOf(loss, rows.label[i], applyOnScale(fit, scale, rows.score[i]));
      yield { phase: `calibrator: fold ${b + 1} of ${blocks}`, done: m + 1, total: methods.length };
    }
    judged += test.length;
  }
  if (judged === 0) return undefined;
  const means = losses.map((values) => weightedMean(fn, rows.n, (i) => values[i], rows.weight));
  const best = means.indexOf(Math.min(...means.filter((_, m) => methods[m] !== 'base-rate')));
  const size = horizon > 1 ? OVERLAPS_PER_BLOCK * horizon : 1;
  const clusters = codes.map((code) => Math.floor((code - ids[0]) / size));
  const scores = methods.map((method, m) => {
    const standardError = m === best ? 0 : clusteredStandardError(losses[m].map((v, i) => rows.weight[i] * (v - losses[best][i])), clusters);
    return [method, { loss: means[m], standardError: (standardError * judged) / judgedWeight(rows.weight, losses[m]) }] as const;
  });
  return { rows: judged, scores: new Map(scores) };
}

function judgedWeight(weight: Float64Array, losses: Float64Array): number {
  return weight.reduce((sum, w, i) => (losses[i] === losses[i] ? sum + w : sum), 0);
}

function lossOf(loss: 'brier' | 'log-loss', label: number, probability: number): number {
  if (loss === 'brier') return (probability - label) ** 2;
  const clipped = Math.min(1 - LOG_CLIP, Math.max(LOG_CLIP, probability));
  return -Math.log(label === 1 ? clipped : 1 - clipped);
}
