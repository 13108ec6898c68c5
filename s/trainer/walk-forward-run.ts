/** What a walk-forward run gives: columns of out-of-sample rows, the models behind them and a summary. */
import type { MemberRecord } from '../bundle/index.ts';
import { printable, textTable } from '../core/inspect.ts';
import { lowerBound } from '../core/sort.ts';
import { formatTime } from '../core/time.ts';
import { labelInfo } from '../features/index.ts';
import type { LabelTable } from '../features/index.ts';
import { informationCoefficient, intervalCoverage } from '../metrics/index.ts';
import type { Panel } from '../panel/index.ts';
import type { Prediction } from '../predictor/index.ts';
import type { Recipe } from './recipe.ts';

export interface SegmentModel {
  /** Digest of the segment's bundle. */
  readonly id: string;
  readonly trainedThrough: number;
  readonly trainRows: number;
  readonly members: readonly MemberRecord[];
  readonly features: readonly string[];
}

/** One stretch between refits. */
export interface Segment {
  readonly index: number;
  readonly status: 'predicted' | 'failed';
  /** Why a failed segment has no rows. */
  readonly reason: string | null;
  /** Times of its first and last session. */
  readonly firstTime: number;
  readonly lastTime: number;
  readonly sessions: number;
  /** Session after whose close the model could be used: before every row it predicts. */
  readonly availableAt: number;
  readonly model: SegmentModel | null;
  readonly predictions: readonly Prediction[];
}

/** One out-of-sample row. */
export interface WalkForwardRow {
  readonly time: number;
  readonly date: string;
  readonly entity: string;
  readonly prediction: number;
  readonly lower: number;
  readonly upper: number;
  readonly probabilityUp: number | null;
  /** Label value; NaN while it is not known. */
  readonly outcome: number;
  /** Time the outcome was known; NaN while it is not. */
  readonly labelEnd: number;
  readonly modelId: string;
  readonly availableAt: number;
}

export interface WalkForwardSummary {
  readonly rows: number;
  /** Rows whose outcome is known. */
  readonly evaluatedRows: number;
  readonly abstained: number;
  /** Abstained rows by reason. */
  readonly abstainedByReason: Readonly<Record<string, number>>;
  readonly segments: number;
  readonly failedSegments: number;
  /** Mean information coefficient, its Newey-West t and the number of sessions behind it. */
  readonly informationCoefficient: number;
  readonly informationCoefficientT: number;
  readonly sessions: number;
  /** Share of outcomes inside their interval, and what was promised. */
  readonly coverage: number;
  readonly coverageTarget: number;
}

export interface WalkForwardRun {
  readonly kind: 'walk-forward';
  readonly recipeDigest: string;
  readonly optionsDigest: string;
  readonly panelDigest: string;
  readonly family: string;
  readonly horizon: number;
  /** Last session of the panel the run saw. */
  readonly lastTime: number;
  readonly segments: readonly Segment[];
  /** Every predicted row in panel order. */
  readonly rows: readonly WalkForwardRow[];
  readonly summary: WalkForwardSummary;
}

/** A segment that could not be fitted. */
export function emptySegment(base: Omit<Segment, 'status' | 'reason' | 'model' | 'predictions'>, reason: string): Segment {
  return Object.freeze({ ...base, status: 'failed', reason, model: null, predictions: Object.freeze([]) });
}

/** Puts the run together. Outcomes are read from the label table, so a resumed run fills in those that have become known. */
export function makeRun(parts: { readonly recipeDigest: string; readonly optionsDigest: string; readonly panelDigest: string; readonly recipe: Recipe; readonly panel: Panel; readonly label: LabelTable; readonly segments: readonly Segment[] }): WalkForwardRun {
  const { recipe, panel, label, segments } = parts;
  const entityCode = new Map(panel.entities.map((name, i) => [name, i]));
  const sessionIndex = new Map(Array.from(panel.sessions, (time, i) => [time, i]));
  const rows: WalkForwardRow[] = [];
  const sessionCodes: number[] = [];
  const abstainedByReason: Record<string, number> = {};
  for (const segment of segments) {
    for (const prediction of segment.predictions) {
      if (prediction.status === 'abstained') {
        abstainedByReason[prediction.reason] = (abstainedByReason[prediction.reason] ?? 0) + 1;
        continue;
      }
      const session = sessionIndex.get(prediction.time) ?? -1;
      const row = findRow(panel, session, entityCode.get(prediction.entity) ?? -1);
      const end = row < 0 ? -1 : label.endSession[row];
      sessionCodes.push(session);
      rows.push(Object.freeze({
        time: prediction.time,
        date: prediction.date,
        entity: prediction.entity,
        prediction: prediction.value,
        lower: prediction.lower,
        upper: prediction.upper,
        probabilityUp: prediction.probabilityUp,
        outcome: row < 0 ? NaN : label.values[row],
        labelEnd: end < 0 ? NaN : panel.sessions[end],
        modelId: segment.model?.id ?? '',
        availableAt: segment.availableAt,
      }));
    }
  }
  const run: WalkForwardRun = {
    kind: 'walk-forward',
    recipeDigest: parts.recipeDigest,
    optionsDigest: parts.optionsDigest,
    panelDigest: parts.panelDigest,
    family: recipe.family,
    horizon: labelInfo(recipe.label).horizon,
    lastTime: panel.sessions[panel.sessions.length - 1],
    segments: Object.freeze([...segments]),
    rows: Object.freeze(rows),
    summary: summarise(recipe, rows, sessionCodes, segments, abstainedByReason),
  };
  return Object.freeze(printable(run, describe));
}

function summarise(recipe: Recipe, rows: readonly WalkForwardRow[], sessionCodes: readonly number[], segments: readonly Segment[], abstainedByReason: Readonly<Record<string, number>>): WalkForwardSummary {
  const known = rows.map((row, i) => ({ row, session: sessionCodes[i] })).filter(({ row }) => Number.isFinite(row.outcome));
  const actual = Float64Array.from(known, ({ row }) => row.outcome);
  const ic = informationCoefficient(Float64Array.from(known, ({ row }) => row.prediction), actual, Int32Array.from(known, ({ session }) => session), { lags: labelInfo(recipe.label).horizon });
  const coverage = intervalCoverage(Float64Array.from(known, ({ row }) => row.lower), Float64Array.from(known, ({ row }) => row.upper), actual);
  return Object.freeze({
    rows: rows.length,
    evaluatedRows: known.length,
    abstained: Object.values(abstainedByReason).reduce((sum, n) => sum + n, 0),
    abstainedByReason: Object.freeze(abstainedByReason),
    segments: segments.length,
    failedSegments: segments.filter((segment) => segment.status === 'failed').length,
    informationCoefficient: ic.mean,
    informationCoefficientT: ic.tStatistic,
    sessions: ic.sessions,
    coverage: coverage.coverage,
    coverageTarget: 1 - recipe.uncertainty.alpha,
  });
}

// Rows of a session are sorted by entity code.
function findRow(panel: Panel, session: number, entity: number): number {
  if (session < 0 || entity < 0) return -1;
  const end = panel.sessionStart[session + 1];
  const row = lowerBound(panel.entity, entity, panel.sessionStart[session], end);
  return row < end && panel.entity[row] === entity ? row : -1;
}

function describe(run: WalkForwardRun): string {
  const { summary } = run;
  return [
    `Walk-forward ${run.family} h${run.horizon}: ${summary.rows} rows, ${summary.segments} segments (${summary.failedSegments} failed), ${summary.abstained} abstained`,
    `IC ${summary.informationCoefficient.toFixed(4)}, t ${summary.informationCoefficientT.toFixed(2)}, n ${summary.sessions} sessions; coverage ${summary.coverage.toFixed(3)} of ${summary.coverageTarget}`,
    textTable(run.segments.map((s) => ({ from: formatTime(s.firstTime), to: formatTime(s.lastTime), status: s.status, model: s.model?.id.slice(0, 10) ?? '', trained: s.model === null ? '' : formatTime(s.model.trainedThrough), rows: s.predictions.length, reason: s.reason ?? '' }))),
  ].join('\n');
}
