/** Rows of a panel to predictions: the one path that training, walk-forward and production share. */
import type { Bundle } from '../bundle/index.ts';
import { codecOf } from '../bundle/index.ts';
import type { HostCodecs } from '../bundle/index.ts';
import { applyPlatt, directionScore } from '../calibration/index.ts';
import { conformalInterval, groupOf } from '../conformal/index.ts';
import type { Task } from '../core/drive.ts';
import { formatTime } from '../core/time.ts';
import { computeFeaturesTask } from '../features/index.ts';
import type { FeatureTable } from '../features/index.ts';
import type { Panel } from '../panel/index.ts';
import type { AbstentionReason, Prediction, Provenance } from './types.ts';

const MS_PER_DAY = 86_400_000;

/** Values of the members and their weighted mean on some rows, arrays of shape (rows). */
export interface EnsembleValues {
  readonly members: readonly Float64Array[];
  readonly value: Float64Array;
}

/** Weighted mean of member predictions; a row's value depends on that row alone. */
export function ensembleValues(bundle: Pick<Bundle, 'manifest' | 'models'>, table: FeatureTable, rows: Uint32Array, codecs?: HostCodecs): EnsembleValues {
  const members = bundle.manifest.members.map((member, i) => codecOf('predict', member.kind, codecs).predict(bundle.models[i], table, rows));
  const value = new Float64Array(rows.length);
  bundle.manifest.members.forEach(({ weight }, i) => {
    if (weight > 0) for (let r = 0; r < rows.length; r++) value[r] += weight * members[i][r];
  });
  return { members, value };
}

export interface ServeOptions {
  readonly version: string | null;
  readonly codecs?: HostCodecs;
}

/** Predictions of panel rows as a task. The feature table must hold every feature of the bundle on these rows. */
export function* serveTask(bundle: Bundle, panel: Panel, rows: Uint32Array, options: ServeOptions): Task<Prediction[]> {
  const { manifest } = bundle;
  const fromSession = rows.length === 0 ? panel.sessions.length : panel.session[rows[0]];
  const table = yield* computeFeaturesTask(panel, { ...manifest.context, ...manifest.features }, { fromSession });
  return servePrepared(bundle, panel, table, rows, options);
}

/** Predictions of rows from a feature table that holds every feature of the bundle on them. */
export function servePrepared(bundle: Bundle, panel: Panel, table: FeatureTable, rows: Uint32Array, options: ServeOptions): Prediction[] {
  const { manifest } = bundle;
  const { value, members } = ensembleValues(bundle, table, rows, options.codecs);
  const inputs = Object.keys(manifest.features).map((name) => table.columns[table.names.indexOf(name)]);
  const contextColumn = (name: string | null | undefined): Float64Array | undefined => (name == null ? undefined : table.columns[table.names.indexOf(name)]);
  const dispersionColumn = contextColumn(manifest.uncertainty?.dispersion === 'constant' ? null : manifest.uncertainty?.dispersion);
  const groupColumn = contextColumn(manifest.uncertainty?.groupBy);
  const expiry = manifest.expiresAfterDays === null ? Infinity : manifest.lineage.lastTime + manifest.expiresAfterDays * MS_PER_DAY;

  const predictions: Prediction[] = [];
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r];
    const time = panel.sessions[panel.session[row]];
    const key = { time, date: formatTime(time), entity: panel.entities[panel.entity[row]] };
    let missing = 0;
    for (const column of inputs) if (column[row] !== column[row]) missing++;
    const imputedShare = missing / inputs.length;
    const degraded: string[] = [];
    const abstain = (reason: AbstentionReason, detail: string): void => {
      predictions.push(Object.freeze({ status: 'abstained', ...key, reason, detail, provenance: provenance() }));
    };
    const provenance = (): Provenance => Object.freeze({
      family: manifest.family,
      horizon: manifest.horizon,
      version: options.version,
      digest: bundle.digest,
      kind: 'ensemble',
      calibrated: manifest.uncertainty !== null,
      inSample: time < manifest.split.trainedThrough,
      imputedShare,
      degraded: Object.freeze(degraded),
    });

    if (time > expiry) {
      abstain('expired', `${key.date} is more than ${manifest.expiresAfterDays} days after the data end ${formatTime(manifest.lineage.lastTime)}`);
      continue;
    }
    if (imputedShare > manifest.contract.maxMissingShare) {
      abstain('missing-features', `${missing} of ${inputs.length} features are missing, at most ${manifest.contract.maxMissingShare} of them may be`);
      continue;
    }
    if (!Number.isFinite(value[r])) {
      abstain('not-finite', 'a member gave no number');
      continue;
    }
    const dispersion = dispersionColumn === undefined ? 1 : dispersionColumn[row];
    let [lower, upper] = [NaN, NaN];
    if (manifest.uncertainty !== null) {
      const { conformal, groupCuts } = manifest.uncertainty;
      const group = groupColumn === undefined || groupCuts === null ? 0 : groupOf(groupCuts, groupColumn[row]);
      const interval = conformalInterval(conformal, value[r], { dispersion, group });
      ({ lower, upper } = interval);
      if (interval.basis === 'absolute') degraded.push('no-dispersion');
      if (interval.basis === 'overall' && groupColumn !== undefined) degraded.push('no-group');
    } else {
      degraded.push('uncalibrated');
    }
    let spread = 0;
    const byMember: Record<string, number> = {};
    manifest.members.forEach((member, i) => {
      byMember[member.name] = members[i][r];
      spread += member.weight * (members[i][r] - value[r]) ** 2;
    });
    predictions.push(Object.freeze({
      status: 'predicted',
      ...key,
      value: value[r],
      lower,
      upper,
      probabilityUp: probability(manifest, value[r], dispersion),
      disagreement: Math.sqrt(spread),
      modelQuality: manifest.quality,
      regimeCertainty: null,
      regimes: null,
      members: Object.freeze(byMember),
      provenance: provenance(),
    }));
  }
  return predictions;
}

// Null without a calibrator, and where the row lacks what the calibrator reads.
function probability({ direction }: Bundle['manifest'], value: number, dispersion: number): number | null {
  if (direction === null) return null;
  const p = applyPlatt(direction, directionScore(value, dispersion));
  return Number.isNaN(p) ? null : p;
}
