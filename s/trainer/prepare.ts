/** A panel under a recipe: features, labels, spans and the rows that may be learned from. */
import type { Task } from '../core/drive.ts';
import { isQuantwrightError } from '../core/errors.ts';
import { computeFeaturesTask, computeLabelTask } from '../features/index.ts';
import type { FeatureTable, LabelTable } from '../features/index.ts';
import type { Panel } from '../panel/index.ts';
import { tooManyMissing } from '../predictor/index.ts';
import type { LabelSpans } from '../validation/index.ts';
import type { Recipe } from './recipe.ts';

export interface Prepared {
  readonly panel: Panel;
  readonly recipe: Recipe;
  /** Recipe features and the context, by name. */
  readonly table: FeatureTable;
  /** Indices of the recipe's features in the table. */
  readonly featureIndices: readonly number[];
  readonly label: LabelTable;
  readonly spans: LabelSpans;
  /** Rows with a label and enough features, ascending. */
  readonly rows: Uint32Array;
}

/** Features that the intervals need and no model reads. */
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
  const labelled = Uint32Array.from(label.values.keys()).filter((row) => Number.isFinite(label.values[row]));
  yield { phase: 'labels', done: 1, total: 1 };
  return {
    panel,
    recipe,
    table,
    featureIndices,
    label,
    spans: { session: panel.session, endSession: label.endSession, sessionCount: panel.sessions.length },
    rows: servableRows(table, featureIndices, recipe.maxMissingShare, labelled),
  };
}

/** The rows a model of these features would predict: the predictor's own rule. */
export function servableRows(table: FeatureTable, features: readonly number[], maxMissingShare: number, rows: Uint32Array): Uint32Array {
  const columns = features.map((i) => table.columns[i]);
  return rows.filter((row) => !tooManyMissing(columns, row, maxMissingShare));
}

/** Values of a column on some rows. */
export function gather(values: ArrayLike<number>, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row]);
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
