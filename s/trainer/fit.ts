/** Fold fits and the final fit: selection, stacking, scores and importances all come from the same folds. */
import type { Task } from '../core/drive.ts';
import { mapProgress } from '../core/drive.ts';
import { DomainError } from '../core/errors.ts';
import { hashLabel } from '../core/hash.ts';
import { permutationImportanceTask } from '../explain/index.ts';
import type { FitContext, Learner, ModelBase } from '../learners/index.ts';
import { purgedKFold } from '../validation/index.ts';
import type { PurgedFold } from '../validation/index.ts';
import { learnerOf } from './members.ts';
import type { HostLearners, MemberSpec } from './members.ts';
import { splitOrUndefined } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { sampleRows, selectFeaturesTask, stableFeatures } from './selection.ts';
import { combineSums, simplexWeights, stackingSums } from './simplex.ts';
import { teacherOf } from './teach.ts';

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
  /** Features of the final members, indices into the table. */
  readonly features: readonly number[];
  readonly members: readonly { readonly name: string; readonly spec: MemberSpec; readonly weight: number; readonly model: ModelBase }[];
  /** Weight of every member of the recipe, in its order; members of weight 0 are not shipped. */
  readonly weights: Float64Array;
  /** Mean rise of the squared error out of fold when a feature is permuted; highest first. */
  readonly importances: readonly { readonly feature: string; readonly importance: number }[];
}

export interface FitOptions {
  readonly learners?: HostLearners;
  /** Importances cost one prediction per feature and fold. @default true */
  readonly importances?: boolean;
}

// Rows a fold's importances are scored on, and rows predicted between two progress steps.
const IMPORTANCE_ROWS = 2000;
const ROWS_PER_STEP = 2000;

/** The folds of some rows; undefined when they are too few. */
export function foldsOf({ spans, recipe }: Prepared, development: Uint32Array): readonly PurgedFold[] | undefined {
  const { folds, embargoSessions } = recipe.splits;
  if (development.length < 2 * folds) return undefined;
  return splitOrUndefined(() => purgedKFold(spans, { folds, embargoSessions, rows: development }));
}

/** Fits folds and final members on development rows. Their bin edges come from all development rows, feature values only. */
export function* fitEnsembleTask(prepared: Prepared, development: Uint32Array, splits: readonly PurgedFold[], options: FitOptions = {}): Task<EnsembleFit> {
  const { recipe, table, label, featureIndices } = prepared;
  const target = label.values;
  const names = Object.keys(recipe.members);
  const learners = names.map((name) => learnerOf('trainEnsemble', recipe.members[name], options.learners));
  const teach = teacherOf(prepared, development);
  const prepare = preparationCache(development);
  const contextFor = (part: string): FitContext => ({ seed: hashLabel(recipe.seed, part), prepare });

  const oof = names.map(() => new Float64Array(table.rowCount).fill(NaN));
  const folds: FoldFit[] = [];
  const foldModels: ModelBase[][] = [];
  for (let k = 0; k < splits.length; k++) {
    const { train, test } = splits[k];
    const foldName = `fold ${k + 1} of ${splits.length}`;
    const features = recipe.selection === 'none' ? featureIndices : yield* inPhase(`${foldName}: selection`, selectFeaturesTask(prepared, recipe.selection, teach, train, contextFor(`selection ${k}`)));
    const models: ModelBase[] = [];
    for (let m = 0; m < names.length; m++) {
      const phase = `${foldName}: ${names[m]}`;
      const model = yield* inPhase(phase, learners[m].fit(teach(features, train), recipe.members[names[m]].options, contextFor(`member ${names[m]} fold ${k}`)));
      const predicted = yield* inPhase(phase, predictRowsTask(names[m], learners[m], model, prepared, test));
      for (let r = 0; r < test.length; r++) oof[m][test[r]] = predicted[r];
      models.push(model);
    }
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

  const features = recipe.selection === 'none' ? [...featureIndices] : stableFeatures(folds.map((f) => f.features), recipe.selection.minimumFoldShare);
  const importances = options.importances === false ? [] : yield* foldImportancesTask(prepared, folds, learners, foldModels, weights);
  const members = features.length === 0 ? [] : yield* fitMembersTask(prepared, development, features, weights, options, prepare);
  return Object.freeze({ folds, outOfFold, features, members, weights, importances });
}

/** The members with a positive weight, fitted on `rows`. */
export function* fitMembersTask(prepared: Prepared, rows: Uint32Array, features: readonly number[], weights: Float64Array, options: FitOptions = {}, prepare: FitContext['prepare'] = preparationCache(rows)): Task<EnsembleFit['members']> {
  const { recipe } = prepared;
  const teach = teacherOf(prepared, rows);
  const members = [];
  const names = Object.keys(recipe.members);
  for (let m = 0; m < names.length; m++) {
    if (!(weights[m] > 0)) continue;
    const spec = recipe.members[names[m]];
    const context = { seed: hashLabel(recipe.seed, `member ${names[m]} final`), ...(prepare === undefined ? {} : { prepare }) };
    const model = yield* inPhase(`final ${names[m]}`, learnerOf('trainEnsemble', spec, options.learners).fit(teach(features, rows), spec.options, context));
    members.push(Object.freeze({ name: names[m], spec, weight: weights[m], model }));
  }
  return Object.freeze(members);
}

/** Predictions of an ensemble on some rows, as an array over all rows of the panel, NaN elsewhere. */
export function* predictEnsembleTask(prepared: Prepared, members: EnsembleFit['members'], rows: Uint32Array, options: FitOptions = {}): Task<Float64Array> {
  const values = new Float64Array(prepared.table.rowCount).fill(NaN);
  for (const row of rows) values[row] = 0;
  for (const { name, spec, model, weight } of members) {
    const predicted = yield* predictRowsTask(name, learnerOf('trainEnsemble', spec, options.learners), model, prepared, rows);
    for (let r = 0; r < rows.length; r++) values[rows[r]] += weight * predicted[r];
  }
  return values;
}

// Predictions of any number of rows, a few at a time.
function* predictRowsTask(name: string, learner: Learner, model: ModelBase, { table }: Prepared, rows: Uint32Array): Task<Float64Array> {
  const values = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; from += ROWS_PER_STEP) {
    const to = Math.min(from + ROWS_PER_STEP, rows.length);
    values.set(learner.predict(model, table, rows.subarray(from, to)), from);
    yield { phase: 'predicting', done: to, total: rows.length };
  }
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new DomainError(`trainEnsemble: member ${name} must predict finite numbers, got ${values[bad]} for row ${rows[bad]} of the panel`);
  return values;
}

function* foldImportancesTask(prepared: Prepared, folds: readonly FoldFit[], learners: readonly Learner[], foldModels: readonly (readonly ModelBase[])[], weights: Float64Array): Task<EnsembleFit['importances']> {
  const { recipe, table, label, featureIndices } = prepared;
  const totals = new Map<string, number>(featureIndices.map((i) => [table.names[i], 0]));
  for (let k = 0; k < folds.length; k++) {
    const { features, test } = folds[k];
    const rows = yield* inPhase(`fold ${k + 1} of ${folds.length}: importances`, permutationImportanceTask({
      predict: (matrix, sample) => {
        const value = new Float64Array(sample.length);
        learners.forEach((learner, m) => {
          if (!(weights[m] > 0)) return;
          const predicted = learner.predict(foldModels[k][m], matrix, sample);
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

// Shares preparation such as bin edges between the fits of one development set.
function preparationCache(rows: Uint32Array): NonNullable<FitContext['prepare']> {
  const made = new Map<string, unknown>();
  return function* <T>(key: string, make: (rows: Uint32Array) => Task<T>): Task<T> {
    if (!made.has(key)) made.set(key, yield* make(rows));
    return made.get(key) as T;
  };
}

// Inner tasks name their own phases; a fold's progress reads better under the fold's name.
function inPhase<T>(phase: string, task: Task<T>): Task<T> {
  return mapProgress(task, (progress) => ({ ...progress, phase }));
}
