/** Rows of a panel to predictions: the one path that walk-forward and production share. */
import type { Bundle } from '../bundle/index.ts';
import { codecOf } from '../bundle/index.ts';
import type { HostCodecs } from '../bundle/index.ts';
import { applyPlatt, directionScore } from '../calibration/index.ts';
import { conformalInterval, groupOf } from '../conformal/index.ts';
import type { Task } from '../core/drive.ts';
import { formatTime } from '../core/time.ts';
import { computeFeaturesTask, labelInfo } from '../features/index.ts';
import type { Feature, FeatureTable, Label } from '../features/index.ts';
import { selectSessions } from '../panel/index.ts';
import type { Panel } from '../panel/index.ts';
import type { AbstentionReason, Prediction, Provenance } from './types.ts';

const MS_PER_DAY = 86_400_000;

// Rows predicted between two progress steps.
const ROWS_PER_STEP = 1000;

/** What the interval of a predicted row was computed from. */
export interface ServedContext {
  readonly time: number;
  readonly entity: string;
  readonly prediction: number;
  /** NaN where the row has none; 1 for intervals that are not scaled. */
  readonly dispersion: number;
  /** -1 where the row has none; 0 for intervals without groups. */
  readonly group: number;
}

export interface ServeOptions {
  readonly version: string | null;
  readonly codecs?: HostCodecs;
  /** Is told of every row that has an interval, in the order of the rows. */
  readonly onInterval?: (context: ServedContext) => void;
}

/** True when more of a row's features are missing than allowed, or all of them: the rule of training and serving. */
export function tooManyMissing(columns: readonly ArrayLike<number>[], row: number, maxMissingShare: number): boolean {
  const missing = missingOf(columns, row);
  return missing === columns.length || missing > maxMissingShare * columns.length;
}

function missingOf(columns: readonly ArrayLike<number>[], row: number): number {
  let missing = 0;
  for (const column of columns) if (column[row] !== column[row]) missing++;
  return missing;
}

/** Scale of the score behind P(up). The value of a binary label is a probability already and is not scaled. */
export function directionDispersion(label: Label, dispersion: number): number {
  return labelInfo(label).task === 'binary' ? 1 : dispersion;
}

/**
 * Predictions of the sessions from `first` up to but not including `last`, in panel order, as a task.
 *
 * Reads these sessions and the look-back before them, whatever else the panel holds.
 */
export function* serveTask(bundle: Bundle, panel: Panel, first: number, last: number, options: ServeOptions): Task<Prediction[]> {
  if (first >= last) return [];
  const { manifest } = bundle;
  const { window, table, rows } = yield* featureRowsTask(bundle, panel, first, last, { ...manifest.context, ...manifest.features });
  return yield* servePreparedTask(bundle, window, table, rows, options);
}

/** Features of the sessions from `first` up to but not including `last`, from these sessions and the look-back before them. */
export function* featureRowsTask(bundle: Bundle, panel: Panel, first: number, last: number, features: Readonly<Record<string, Feature>>): Task<{ readonly window: Panel; readonly table: FeatureTable; readonly rows: Uint32Array }> {
  const from = Math.max(0, first - bundle.manifest.contract.lookbackSessions);
  const window = selectSessions(panel, { from: panel.sessions[from], to: panel.sessions[last - 1] });
  const table = yield* computeFeaturesTask(window, features, { fromSession: first - from });
  const start = window.sessionStart[first - from];
  return { window, table, rows: Uint32Array.from({ length: window.rowCount - start }, (_, i) => start + i) };
}

/** Predictions of rows from a feature table that holds every feature of the bundle on them. */
export function* servePreparedTask(bundle: Bundle, panel: Panel, table: FeatureTable, rows: Uint32Array, options: ServeOptions): Task<Prediction[]> {
  const predictions: Prediction[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_STEP) {
    const some = rows.subarray(from, from + ROWS_PER_STEP);
    predictions.push(...predictSome(bundle, panel, table, some, options));
    yield { phase: 'predicting', done: from + some.length, total: rows.length };
  }
  return predictions;
}

function predictSome(bundle: Bundle, panel: Panel, table: FeatureTable, rows: Uint32Array, options: ServeOptions): Prediction[] {
  const { manifest } = bundle;
  const members = manifest.members.map((member, i) => codecOf('predict', member.kind, options.codecs).predict(bundle.models[i], table, rows));
  const columnOf = (name: string | null | undefined): Float64Array | undefined => (name == null ? undefined : table.columns[table.names.indexOf(name)]);
  const inputs = Object.keys(manifest.features).map((name) => table.columns[table.names.indexOf(name)]);
  const { uncertainty } = manifest;
  const dispersions = columnOf(uncertainty?.dispersion === 'constant' ? null : uncertainty?.dispersion);
  const groups = columnOf(uncertainty?.groupBy);
  const expiry = manifest.expiresAfterDays === null ? Infinity : manifest.lineage.lastTime + manifest.expiresAfterDays * MS_PER_DAY;

  return Array.from(rows, (row, r): Prediction => {
    const time = panel.sessions[panel.session[row]];
    const key = { time, date: formatTime(time), entity: panel.entities[panel.entity[row]] };
    const missing = missingOf(inputs, row);
    const value = manifest.members.reduce((sum, { weight }, m) => (weight > 0 ? sum + weight * members[m][r] : sum), 0);
    const provenance = (degraded: readonly string[]): Provenance => Object.freeze({
      family: manifest.family,
      horizon: manifest.horizon,
      version: options.version,
      digest: bundle.digest,
      kind: 'ensemble',
      calibrated: uncertainty !== null,
      inSample: time < manifest.split.trainedThrough,
      imputedShare: missing / inputs.length,
      degraded: Object.freeze(degraded),
    });
    const abstain = (reason: AbstentionReason, detail: string): Prediction => Object.freeze({ status: 'abstained', ...key, reason, detail, provenance: provenance([]) });

    if (time > expiry) return abstain('expired', `${key.date} is more than ${manifest.expiresAfterDays} days after the data end ${formatTime(manifest.lineage.lastTime)}`);
    if (tooManyMissing(inputs, row, manifest.contract.maxMissingShare)) return abstain('missing-features', `${missing} of ${inputs.length} features are missing, at most a share of ${manifest.contract.maxMissingShare} may be`);
    if (!Number.isFinite(value)) return abstain('not-finite', 'a member gave no number');

    const dispersion = dispersions === undefined ? 1 : dispersions[row];
    const group = groups === undefined || uncertainty?.groupCuts == null ? 0 : groupOf(uncertainty.groupCuts, groups[row]);
    const interval = uncertainty === null ? undefined : conformalInterval(uncertainty.conformal, value, { dispersion, group });
    if (interval !== undefined) options.onInterval?.({ time, entity: key.entity, prediction: value, dispersion, group });
    let spread = 0;
    const byMember: Record<string, number> = {};
    manifest.members.forEach(({ name, weight }, m) => {
      byMember[name] = members[m][r];
      if (weight > 0) spread += weight * (members[m][r] - value) ** 2;
    });
    return Object.freeze({
      status: 'predicted',
      ...key,
      value,
      lower: interval?.lower ?? NaN,
      upper: interval?.upper ?? NaN,
      probabilityUp: probabilityUp(manifest, value, dispersion),
      disagreement: Math.sqrt(spread),
      modelQuality: manifest.quality,
      regimeCertainty: null,
      regimes: null,
      members: Object.freeze(byMember),
      provenance: provenance(interval === undefined ? ['uncalibrated'] : interval.basis === 'absolute' ? ['no-dispersion'] : interval.basis === 'overall' && groups !== undefined ? ['no-group'] : []),
    });
  });
}

// Null without a calibrator, and where the row lacks what the calibrator reads.
function probabilityUp({ direction, label }: Bundle['manifest'], value: number, dispersion: number): number | null {
  if (direction === null) return null;
  const p = applyPlatt(direction, directionScore(value, directionDispersion(label, dispersion)));
  return Number.isNaN(p) ? null : p;
}
