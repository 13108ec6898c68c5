/** Fold fits and the final fit: selection, stacking, scores and importances all come from the same folds. */
import type { Task } from '../core/drive.ts';
import { hashLabel } from '../core/hash.ts';
import { permutationImportanceTask } from '../explain/index.ts';
import type { FeatureTable } from '../features/index.ts';
import type { FitContext, Learner, ModelBase } from '../learners/index.ts';
import { purgedKFold } from '../validation/index.ts';
import type { PurgedFold } from '../validation/index.ts';
import { learnerOf } from './members.ts';
import type { HostLearners, MemberSpec } from './members.ts';
import { splitOrUndefined } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { sampleRows, selectFeaturesTask, stableFeatures } from './selection.ts';
import { combineSums, simplexWeights, stackingSums } from './simplex.ts';

/** One fold: what it chose and how far it was from its test rows. */
interface FoldFit {
  readonly fold: number;
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  readonly features: readonly number[];
}

export interface EnsembleFit {
  readonly folds: readonly FoldFit[];
  /** Out-of-fold predictions of the ensemble, weights of each fold from the other folds; NaN outside, shape (rows of the panel). */
  readonly outOfFold: Float64Array;
  /** Fold of each row, -1 outside, shape (rows of the panel). */
  readonly foldOfRow: Int8Array;
  /** Features of the final members, indices into the table. */
  readonly features: readonly number[];
  readonly members: readonly { readonly name: string; readonly spec: MemberSpec; readonly weight: number; readonly model: ModelBase }[];
  /** Mean rise of the squared error out of fold when a feature is permuted; highest first. */
  readonly importances: readonly { readonly feature: string; readonly importance: number }[];
}

export interface FitOptions {
  readonly learners?: HostLearners;
  /** Importances cost one prediction per feature and fold. @default true */
  readonly importances?: boolean;
}

// Rows a fold's importances are scored on.
const IMPORTANCE_ROWS = 2000;

/** The folds of some rows; undefined when they are too few. */
export function foldsOf({ spans, recipe }: Prepared, development: Uint32Array): readonly PurgedFold[] | undefined {
  const { folds, embargoSessions } = recipe.splits;
  if (development.length < 2 * folds) return undefined;
  return splitOrUndefined(() => purgedKFold(spans, { folds, embargoSessions, rows: development }));
}

/** Fits folds and final members on development rows. */
export function* fitEnsembleTask(prepared: Prepared, development: Uint32Array, splits: readonly PurgedFold[], options: FitOptions = {}): Task<EnsembleFit> {
  const { recipe, table, label } = prepared;
  const target = label.values;
  const names = Object.keys(recipe.members);
  const prepare = preparationCache(development);
  const contextFor = (part: string): FitContext => ({ seed: hashLabel(recipe.seed, part), prepare });
  const set = (features: readonly number[], rows: Uint32Array): Parameters<ReturnType<typeof learnerOf>['fit']>[0] => ({
    matrix: table, features, rows, target, ...(prepared.weights === undefined ? {} : { weights: prepared.weights }),
  });

  const oof = names.map(() => new Float64Array(table.rowCount).fill(NaN));
  const foldOfRow = new Int8Array(table.rowCount).fill(-1);
  const folds: FoldFit[] = [];
  const foldModels: ModelBase[][] = [];
  for (let k = 0; k < splits.length; k++) {
    const { train, test } = splits[k];
    const foldName = `fold ${k + 1} of ${splits.length}`;
    const features = recipe.selection === 'none' ? prepared.featureIndices : yield* named(foldName, selectFeaturesTask(prepared, recipe.selection, train, contextFor(`selection ${k}`), foldName));
    const models: ModelBase[] = [];
    for (let m = 0; m < names.length; m++) {
      const spec = recipe.members[names[m]];
      const learner = learnerOf('trainEnsemble', spec, options.learners);
      const model = yield* named(`${foldName}: ${names[m]}`, learner.fit(set(features, train), spec.options, contextFor(`member ${names[m]} fold ${k}`)));
      const predicted = yield* named(`${foldName}: ${names[m]}`, predictRowsTask(learner, model, table, test));
      for (let r = 0; r < test.length; r++) oof[m][test[r]] = predicted[r];
      models.push(model);
    }
    for (const row of test) foldOfRow[row] = k;
    folds.push(Object.freeze({ fold: k, train, test, features }));
    foldModels.push(models);
  }

  const sums = folds.map(({ test }) => stackingSums(oof, target, test));
  const weights = simplexWeights(combineSums(sums));
  const outOfFold = new Float64Array(table.rowCount).fill(NaN);
  folds.forEach(({ test }, k) => {
    const own = simplexWeights(combineSums(sums, k));
    for (const row of test) outOfFold[row] = names.reduce((sum, _, m) => (own[m] > 0 ? sum + own[m] * oof[m][row] : sum), 0);
  });

  const importances = options.importances === false ? [] : yield* foldImportancesTask(prepared, folds, foldModels, names, weights, options);
  const features = recipe.selection === 'none' ? [...prepared.featureIndices] : stableFeatures(folds.map((f) => f.features), recipe.selection.minimumFoldShare);
  const members = yield* fitMembersTask(prepared, development, features, weights, options, prepare);
  return Object.freeze({ folds, outOfFold, foldOfRow, features, members, importances });
}

/** The members with a positive weight, fitted on `rows`. */
export function* fitMembersTask(prepared: Prepared, rows: Uint32Array, features: readonly number[], weights: ArrayLike<number>, options: FitOptions = {}, prepare: FitContext['prepare'] = preparationCache(rows)): Task<EnsembleFit['members']> {
  const { recipe, table, label } = prepared;
  const members = [];
  const names = Object.keys(recipe.members);
  for (let m = 0; m < names.length; m++) {
    if (!(weights[m] > 0)) continue;
    const spec = recipe.members[names[m]];
    const learner = learnerOf('trainEnsemble', spec, options.learners);
    const trainingSet = { matrix: table, features, rows, target: label.values, ...(prepared.weights === undefined ? {} : { weights: prepared.weights }) };
    const model = yield* named(`final ${names[m]}`, learner.fit(trainingSet, spec.options, { seed: hashLabel(recipe.seed, `member ${names[m]} final`), ...(prepare === undefined ? {} : { prepare }) }));
    members.push(Object.freeze({ name: names[m], spec, weight: weights[m], model }));
  }
  return Object.freeze(members);
}

function* foldImportancesTask(prepared: Prepared, folds: readonly FoldFit[], foldModels: readonly (readonly ModelBase[])[], names: readonly string[], weights: Float64Array, options: FitOptions): Task<EnsembleFit['importances']> {
  const { recipe, table, label } = prepared;
  const totals = new Map<string, number>(prepared.featureIndices.map((i) => [table.names[i], 0]));
  for (let k = 0; k < folds.length; k++) {
    const { features, test } = folds[k];
    const learners = names.map((name) => learnerOf('trainEnsemble', recipe.members[name], options.learners));
    const rows = yield* named(`fold ${k + 1} of ${folds.length}: importances`, permutationImportanceTask({
      predict: (matrix, sample) => {
        const value = new Float64Array(sample.length);
        names.forEach((_, m) => {
          if (!(weights[m] > 0)) return;
          const predicted = learners[m].predict(foldModels[k][m], matrix, sample);
          for (let r = 0; r < value.length; r++) value[r] += weights[m] * predicted[r];
        });
        return value;
      },
      matrix: { rowCount: table.rowCount, names: features.map((i) => table.names[i]), columns: features.map((i) => table.columns[i]) },
      rows: sampleRows(test, IMPORTANCE_ROWS, recipe.seed, `importance ${k}`),
      target: label.values,
      seed: hashLabel(recipe.seed, `importance ${k}`),
    }));
    for (const { feature, importance } of rows) totals.set(feature, (totals.get(feature) ?? 0) + importance / folds.length);
  }
  return Object.freeze([...totals].map(([feature, importance]) => Object.freeze({ feature, importance })).sort((a, b) => b.importance - a.importance || (a.feature < b.feature ? -1 : 1)));
}

// Rows predicted between two progress steps.
const ROWS_PER_STEP = 2000;

/** Predictions of any number of rows, a few at a time. */
function* predictRowsTask(learner: Learner, model: ModelBase, table: FeatureTable, rows: Uint32Array): Task<Float64Array> {
  const values = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; from += ROWS_PER_STEP) {
    const to = Math.min(from + ROWS_PER_STEP, rows.length);
    values.set(learner.predict(model, table, rows.subarray(from, to)), from);
    yield { phase: 'predicting', done: to, total: rows.length };
  }
  return values;
}

/** Predictions of an ensemble on some rows, as an array over all rows of the panel, NaN elsewhere. */
export function* predictEnsembleTask(prepared: Prepared, members: EnsembleFit['members'], rows: Uint32Array, options: FitOptions = {}): Task<Float64Array> {
  const values = new Float64Array(prepared.table.rowCount).fill(NaN);
  for (const row of rows) values[row] = 0;
  for (const { spec, model, weight } of members) {
    const predicted = yield* predictRowsTask(learnerOf('trainEnsemble', spec, options.learners), model, prepared.table, rows);
    for (let r = 0; r < rows.length; r++) values[rows[r]] += weight * predicted[r];
  }
  return values;
}

// Shares preparation such as bin edges between the fits of one development set.
function preparationCache(rows: Uint32Array): NonNullable<FitContext['prepare']> {
  const made = new Map<string, unknown>();
  return function* <T>(key: string, make: (rows: Uint32Array) => Task<T>): Task<T> {
    if (!made.has(key)) made.set(key, yield* make(rows));
    return made.get(key) as T;
  };
}

// Inner tasks name their own phases; a fold's progress reads better under the fold's name.
function* named<T>(phase: string, task: Task<T>): Task<T> {
  try {
    for (;;) {
      const step = task.next();
      if (step.done === true) return step.value;
      yield { ...step.value, phase };
    }
  } finally {
    task.return(undefined as T);
  }
}
