/** What each feature adds to a prediction of trees: Shapley values and their interactions, exact and on the margin's scale. */
import { requireInteger, requireKnownKeys } from '../core/assert.ts';
import { driveWith, driveWithSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { QuantwrightError } from '../core/errors.ts';
import type { GbdtModel } from '../learners/gbdt/model.ts';
import { checkRows, columnsOf } from '../learners/matrix-columns.ts';
import type { FeatureMatrix } from '../learners/types.ts';
import { walkTrees } from './tree-shap-trees.ts';

export interface TreeShapOptions {
  /** Rows of the matrix to explain, in this order. @default all */
  readonly rows?: ArrayLike<number>;
  /** The one margin to explain, in [0, model.outputs - 1]. @default all of them */
  readonly output?: number;
}

/** Shapley values in units of the margin. */
export interface TreeShap {
  readonly featureNames: readonly string[];
  readonly rowCount: number;
  /** Margins explained per row. */
  readonly outputs: number;
  /** Shape (rows, outputs, features): feature f of output k of row i is at `(i * outputs + k) * features + f`. */
  readonly values: Float64Array;
  /** Margin when nothing of a row is known, shape (outputs). */
  readonly expected: Float64Array;
}

/** Shapley interactions in units of the margin. */
export interface TreeShapInteractions {
  readonly featureNames: readonly string[];
  readonly rowCount: number;
  /** Margins explained per row. */
  readonly outputs: number;
  /** Shape (rows, outputs, features, features), symmetric in the last two: f and g of output k of row i are at `((i * outputs + k) * features + f) * features + g`. */
  readonly values: Float64Array;
  /** Margin when nothing of a row is known, shape (outputs). */
  readonly expected: Float64Array;
}

// Numbers of a result: 4 GiB.
const MAX_VALUES = 2 ** 29;

const OPTION_KEYS = ['rows', 'output'];

/**
 * Path-dependent Shapley values of a boosted model or a forest, as a task to drive or `yield*`.
 *
 * For every row and output, `expected` plus the row's values is its margin. A feature that is not known is averaged over the training rows
 * that came the same way, by `cover` (a split where both children have cover 0 counts them alike); no background data is needed. Time per
 * row and tree grows as nodes times half the distinct features of the longest path, without loss of digits in trees of any depth.
 * A row's values do not depend on the other rows.
 *
 * @throws `ERR_UNKNOWN_NAME` when the matrix lacks a feature of the model; DomainError for a row or an output that does not exist; `ERR_LIMIT` beyond 2^29 values
 * @see Lundberg et al. (2020), "From local explanations to global understanding with explainable AI for trees"; Owen (1972), "Multilinear extensions of games", which the integration follows
 */
export function* treeShapTask(model: GbdtModel, matrix: FeatureMatrix, options: TreeShapOptions = {}): Task<TreeShap> {
  return yield* explain('treeShap', model, matrix, options, false);
}

/** Runs {@link treeShapTask} without blocking the host. */
export function treeShap(model: GbdtModel, matrix: FeatureMatrix, options: TreeShapOptions & DriveOptions = {}): Promise<TreeShap> {
  return driveWith(options, (own) => treeShapTask(model, matrix, own));
}

/** Runs {@link treeShapTask} in one go. */
export function treeShapSync(model: GbdtModel, matrix: FeatureMatrix, options: TreeShapOptions & DriveOptions = {}): TreeShap {
  return driveWithSync(options, (own) => treeShapTask(model, matrix, own));
}

/**
 * Shapley interactions of a boosted model or a forest, as a task to drive or `yield*`.
 *
 * An entry off the diagonal is half of what two features add together beyond what each adds alone; the diagonal is the rest of a feature's
 * value. So a row of the matrix sums to the feature's Shapley value and the whole matrix plus `expected` to the margin.
 *
 * @throws as {@link treeShapTask}; the result is larger by the number of features
 * @see Fujimoto, Kojadinovic and Marichal (2006), "Axiomatic characterizations of probabilistic and cardinal-probabilistic interaction indices"; Lundberg et al. (2020), "SHAP interaction values"
 */
export function* treeShapInteractionsTask(model: GbdtModel, matrix: FeatureMatrix, options: TreeShapOptions = {}): Task<TreeShapInteractions> {
  return yield* explain('treeShapInteractions', model, matrix, options, true);
}

/** Runs {@link treeShapInteractionsTask} without blocking the host. */
export function treeShapInteractions(model: GbdtModel, matrix: FeatureMatrix, options: TreeShapOptions & DriveOptions = {}): Promise<TreeShapInteractions> {
  return driveWith(options, (own) => treeShapInteractionsTask(model, matrix, own));
}

/** Runs {@link treeShapInteractionsTask} in one go. */
export function treeShapInteractionsSync(model: GbdtModel, matrix: FeatureMatrix, options: TreeShapOptions & DriveOptions = {}): TreeShapInteractions {
  return driveWithSync(options, (own) => treeShapInteractionsTask(model, matrix, own));
}


function* explain(fn: string, model: GbdtModel, matrix: FeatureMatrix, options: TreeShapOptions, pairs: boolean): Task<TreeShap> {
  requireKnownKeys(fn, options, OPTION_KEYS);
  const { rows, output } = options;
  if (output !== undefined) requireInteger(fn, 'output', output, { min: 0, max: model.outputs - 1 });
  const columns = columnsOf(fn, model, matrix);
  checkRows(fn, matrix, rows);
  const rowCount = rows?.length ?? matrix.rowCount;
  const outputs = output === undefined ? model.outputs : 1;
  const count = rowCount * outputs * columns.length * (pairs ? columns.length : 1);
  if (count > MAX_VALUES) throw new QuantwrightError('ERR_LIMIT', `${fn}: rows * outputs * features${pairs ? ' * features' : ''} must be at most ${MAX_VALUES}, got ${count}`);
  const { values, expected } = yield* walkTrees({ model, columns, rows, rowCount, output, pairs, phase: pairs ? 'tree shap interactions' : 'tree shap' });
  return Object.freeze({ featureNames: model.featureNames, rowCount, outputs, values, expected });
}
