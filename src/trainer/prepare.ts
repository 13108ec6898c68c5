/** A panel under a recipe: features, labels, spans, weights and the rows that may be learned from. */
import type { Task } from '../core/drive.ts';
import { isQuantwrightError } from '../core/errors.ts';
import { computeFeaturesTask, computeLabelTask, overlapWeights } from '../features/index.ts';
import type { FeatureTable, LabelTable } from '../features/index.ts';
import type { Panel } from '../panel/index.ts';
import type { LabelSpans } from '../validation/index.ts';
import type { Recipe } from './recipe.ts';

export interface Prepared {
  readonly panel: Panel;
  readonly recipe: Recipe;
  /** Recipe features first, in recipe order, then the context. */
  readonly table: FeatureTable;
  /** Indices of the recipe's features in the table. */
  readonly featureIndices: readonly number[];
  readonly label: LabelTable;
  readonly spans: LabelSpans;
  /** Weight of every row; absent when all are 1. */
  readonly weights: Float64Array | undefined;
  /** Rows with a label and enough features, ascending. */
  readonly rows: Uint32Array;
}

/** Names of context features: those the intervals need and no model reads. */
export function contextFeatures(recipe: Recipe): Recipe['features'] {
  const { groups, dispersions } = recipe.uncertainty;
  return {
    ...Object.fromEntries(Object.entries(dispersions).map(([name, feature]) => [dispersionName(name), feature])),
    ...(groups === null ? {} : { [GROUP_FEATURE]: groups.by }),
  };
}

/** Name of the context feature that groups rows. */
export const GROUP_FEATURE = 'context.group';

/** Name of the context feature behind a dispersion candidate. */
export function dispersionName(candidate: string): string {
  return `context.dispersion.${candidate}`;
}

/** Computes everything a fit reads. Law 1 holds row by row: no value here depends on data after the row's feature time but the label. */
export function* prepareTask(panel: Panel, recipe: Recipe): Task<Prepared> {
  const table = yield* computeFeaturesTask(panel, { ...recipe.features, ...contextFeatures(recipe) });
  const featureIndices = Object.keys(recipe.features).map((name) => table.names.indexOf(name));
  const label = yield* computeLabelTask(panel, recipe.label);
  const inputs = featureIndices.map((i) => table.columns[i]);
  const mostMissing = recipe.maxMissingShare * inputs.length;
  const rows = new Uint32Array(panel.rowCount);
  let count = 0;
  for (let row = 0; row < panel.rowCount; row++) {
    if (!Number.isFinite(label.values[row])) continue;
    let missing = 0;
    for (const column of inputs) if (column[row] !== column[row]) missing++;
    if (missing <= mostMissing && missing < inputs.length) rows[count++] = row;
  }
  return {
    panel,
    recipe,
    table,
    featureIndices,
    label,
    spans: { session: panel.session, endSession: label.endSession, sessionCount: panel.sessions.length },
    weights: rowWeights(panel, recipe, label),
    rows: rows.slice(0, count),
  };
}

/** A split, or undefined when the rows are too few for it: for the trainer that is an outcome, not a mistake. */
export function splitOrUndefined<T>(split: () => T): T | undefined {
  try {
    return split();
  } catch (error) {
    if (isQuantwrightError(error, 'ERR_DOMAIN')) return undefined;
    throw error;
  }
}

function rowWeights(panel: Panel, recipe: Recipe, label: LabelTable): Float64Array | undefined {
  const { overlap, recencyHalfLifeSessions } = recipe.weights;
  if (!overlap && recencyHalfLifeSessions === null) return undefined;
  const weights = overlap ? overlapWeights(panel, label) : new Float64Array(panel.rowCount).fill(1);
  if (recencyHalfLifeSessions !== null) {
    const last = panel.sessions.length - 1;
    for (let row = 0; row < weights.length; row++) weights[row] *= 2 ** ((panel.session[row] - last) / recencyHalfLifeSessions);
  }
  return weights;
}
