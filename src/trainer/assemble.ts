/** A fit and its calibration as the content of a bundle. */
import type { BundleContent, GateResult, MetricRow, OutOfSample } from '../bundle/index.ts';
import { featureContract, labelInfo, lookbackSessions, requiredColumns } from '../features/index.ts';
import type { DriftReference } from '../shift-detection/index.ts';
import type { Calibration } from './calibrate.ts';
import type { EnsembleFit } from './fit.ts';
import { contextFeatures, gather } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { recipeToPlain } from './recipe.ts';

/** Out-of-sample predictions of one part. */
interface OutOfSamplePart {
  readonly role: string;
  readonly rows: Uint32Array;
  /** Shape (rows of the panel). */
  readonly predicted: ArrayLike<number>;
}

export interface BundleParts {
  readonly prepared: Prepared;
  readonly recipeDigest: string;
  readonly panelDigest: string;
  /** Sessions of the panel the trainer was allowed to see. */
  readonly sessionsSeen: number;
  readonly fit: Pick<EnsembleFit, 'features' | 'members' | 'importances'>;
  readonly trainedRows: Uint32Array;
  readonly calibration: Calibration;
  /** Rows of the parts; `dropped` are those purged or embargoed between them. */
  readonly counts: { readonly development: number; readonly calibration: number; readonly test: number; readonly dropped: number };
  /** Session indices at which the parts begin; null for no such part. */
  readonly calibrationFrom: number | null;
  readonly testFrom: number | null;
  readonly outOfSample: readonly OutOfSamplePart[];
  readonly metrics: readonly MetricRow[];
  readonly gates: readonly GateResult[];
  readonly quality: number;
  /** Null for a bundle that nobody will watch: one of a walk-forward run. */
  readonly drift: DriftReference | null;
}

/** Everything of a bundle but its digest. */
export function assembleBundle(parts: BundleParts): BundleContent {
  const { prepared, fit } = parts;
  const { recipe, panel, table, label } = prepared;
  const features = Object.fromEntries(fit.features.map((i) => [table.names[i], recipe.features[table.names[i]]]));
  const context = contextFeatures(recipe);
  const used = parts.calibration.uncertainty;
  const contextUsed = Object.fromEntries(Object.entries(context).filter(([name]) => used !== null && (name === used.dispersion || name === used.groupBy)));
  const all = { ...contextUsed, ...features };
  const lastSeen = panel.sessionStart[parts.sessionsSeen];
  const timeOf = (session: number | null): number | null => (session === null || session >= panel.sessions.length ? null : panel.sessions[session]);
  let trainedThrough = -1;
  for (const row of parts.trainedRows) trainedThrough = Math.max(trainedThrough, label.endSession[row]);
  const { outOfSample, entities } = gatherOutOfSample(prepared, parts.outOfSample);
  return {
    manifest: Object.freeze({
      kind: 'bundle',
      schemaVersion: 1,
      family: recipe.family,
      label: recipe.label,
      horizon: labelInfo(recipe.label).horizon,
      recipe: recipeToPlain(recipe),
      recipeDigest: parts.recipeDigest,
      features,
      context: contextUsed,
      contract: Object.freeze({ columns: requiredColumns(all), specs: featureContract(all), lookbackSessions: lookbackSessions(all), maxMissingShare: recipe.maxMissingShare }),
      lineage: Object.freeze({
        panelDigest: parts.panelDigest,
        rowCount: lastSeen,
        entityCount: new Set(panel.entity.subarray(0, lastSeen)).size,
        firstTime: panel.sessions[0],
        lastTime: panel.sessions[parts.sessionsSeen - 1],
        labelledRows: prepared.rows.reduce((n, row) => (label.endSession[row] < parts.sessionsSeen ? n + 1 : n), 0),
      }),
      split: Object.freeze({
        developmentRows: parts.counts.development,
        calibrationRows: parts.counts.calibration,
        testRows: parts.counts.test,
        droppedRows: parts.counts.dropped,
        trainedThrough: panel.sessions[trainedThrough],
        calibrationFrom: timeOf(parts.calibrationFrom),
        testFrom: timeOf(parts.testFrom),
      }),
      refit: recipe.refit,
      members: Object.freeze(fit.members.map(({ name, weight, model }) => Object.freeze({ name, kind: model.kind, weight }))),
      uncertainty: used,
      direction: parts.calibration.direction,
      drift: parts.drift,
      expiresAfterDays: recipe.expiresAfterDays,
      quality: Number.isFinite(parts.quality) ? Math.max(0, Math.min(1, parts.quality)) : 0,
      metrics: Object.freeze([...parts.metrics]),
      gates: Object.freeze([...parts.gates]),
      importances: fit.importances,
      regimes: [],
      outOfSample: Object.freeze({ entities, roles: Object.freeze(parts.outOfSample.map((part) => part.role)) }),
    }),
    models: Object.freeze(fit.members.map(({ model }) => model)),
    outOfSample,
  };
}

// Rows in panel order: a role per row, then one ascending pass.
function gatherOutOfSample({ panel, label }: Prepared, parts: readonly OutOfSamplePart[]): { outOfSample: OutOfSample; entities: readonly string[] } {
  const roleOf = new Uint8Array(panel.rowCount).fill(255);
  const prediction = new Float64Array(panel.rowCount);
  parts.forEach((part, role) => {
    for (const row of part.rows) {
      roleOf[row] = role;
      prediction[row] = part.predicted[row];
    }
  });
  const rows = Uint32Array.from(roleOf.keys()).filter((row) => roleOf[row] !== 255);
  const codeOf = new Int32Array(panel.entities.length).fill(-1);
  for (const row of rows) codeOf[panel.entity[row]] = 0;
  const entities = panel.entities.filter((_, code) => codeOf[code] === 0);
  for (let code = 0, next = 0; code < codeOf.length; code++) if (codeOf[code] === 0) codeOf[code] = next++;
  return {
    entities: Object.freeze(entities),
    outOfSample: Object.freeze({
      time: Float64Array.from(rows, (row) => panel.sessions[panel.session[row]]),
      entity: Uint32Array.from(rows, (row) => codeOf[panel.entity[row]]),
      prediction: gather(prediction, rows),
      outcome: gather(label.values, rows),
      labelEnd: Float64Array.from(rows, (row) => panel.sessions[label.endSession[row]]),
      role: Uint8Array.from(rows, (row) => roleOf[row]),
    }),
  };
}
