/** Options of the booster, in LightGBM's names. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';

export type GbdtObjective = 'squared' | 'logistic';

/** Options a recipe may carry: plain data. */
export interface GbdtLearnerOptions {
  /** `squared` for real labels, `logistic` for labels in {0, 1}. @default 'squared' */
  readonly objective?: GbdtObjective;
  /** Trees. Integer in [1, 100000]. @default 100 */
  readonly numIterations?: number;
  /** Shrinkage of each tree, in (0, 1]. @default 0.06 */
  readonly learningRate?: number;
  /** Most leaves of a tree. Integer in [2, 1024]. @default 15 */
  readonly numLeaves?: number;
  /** Most splits from root to leaf; -1 for no limit. @default -1 */
  readonly maxDepth?: number;
  /** Fewest training rows in a leaf. Integer >= 1. @default 20 */
  readonly minDataInLeaf?: number;
  /** Smallest sum of hessians in a leaf, >= 0. @default 0.001 */
  readonly minSumHessianInLeaf?: number;
  /**
   * L2 penalty on leaf values, >= 0, in units of the hessian: rows for unweighted squared loss, up to a quarter per row for logistic. The default suits
   * panels with little signal. @default 100
   */
  readonly lambdaL2?: number;
  /** A split must gain more than this, >= 0. @default 0 */
  readonly minGainToSplit?: number;
  /** Share of rows of each tree, in (0, 1]. @default 1 */
  readonly baggingFraction?: number;
  /** Share of features of each tree, in (0, 1]. @default 1 */
  readonly featureFraction?: number;
  /** Bins per feature besides the missing one. Integer in [2, 255]. @default 255 */
  readonly maxBin?: number;
}

export interface GbdtOptions extends Omit<GbdtLearnerOptions, 'maxBin'> {
  /** Training rows, indices into the binned matrix. @default all */
  readonly rows?: ArrayLike<number>;
  /** Weight of every row of the matrix, finite and >= 0. @default 1 */
  readonly weights?: ArrayLike<number>;
  /** Rows whose loss is watched, and the iterations without a new best after which to stop. The model keeps its best iteration. */
  readonly earlyStopping?: { readonly rows: ArrayLike<number>; readonly rounds: number };
  /** Margin every row starts from. @default the weighted mean label, or its log-odds */
  readonly baseScore?: number;
  /** Seed of bagging and feature draws. @default 0 */
  readonly seed?: number;
}

/** Every option with its value. */
export type GbdtSettings = Required<Omit<GbdtLearnerOptions, 'maxBin'>> & { readonly seed: number };

const LEARNER_KEYS = ['objective', 'numIterations', 'learningRate', 'numLeaves', 'maxDepth', 'minDataInLeaf', 'minSumHessianInLeaf', 'lambdaL2', 'minGainToSplit', 'baggingFraction', 'featureFraction'];

/** Checks a recipe's options. @throws `ERR_UNKNOWN_NAME` with the nearest name, `ERR_DOMAIN` with the range */
export function checkGbdtLearnerOptions(fn: string, options: GbdtLearnerOptions): void {
  requireKnownKeys(fn, options, [...LEARNER_KEYS, 'maxBin']);
  if (options.maxBin !== undefined) requireInteger(fn, 'maxBin', options.maxBin, { min: 2, max: 255 });
  const { maxBin: _maxBin, ...rest } = options;
  gbdtSettings(fn, rest);
}

/** Options with defaults. */
export function gbdtSettings(fn: string, options: GbdtOptions): GbdtSettings {
  requireKnownKeys(fn, options, [...LEARNER_KEYS, 'rows', 'weights', 'earlyStopping', 'baseScore', 'seed']);
  const share = (name: string, value: number): number => {
    if (requireNumber(fn, name, value, { min: 0, max: 1 }) === 0) throw new DomainError(`${fn}: ${name} must be a number in (0, 1], got 0`);
    return value;
  };
  const { objective = 'squared', numIterations = 100, learningRate = 0.06, numLeaves = 15, maxDepth = -1, minDataInLeaf = 20, minSumHessianInLeaf = 1e-3, lambdaL2 = 100, minGainToSplit = 0, baggingFraction = 1, featureFraction = 1, seed = 0 } = options;
  return {
    objective: requireOneOf(fn, 'objective', objective, ['squared', 'logistic']),
    numIterations: requireInteger(fn, 'numIterations', numIterations, { min: 1, max: 100_000 }),
    learningRate: share('learningRate', learningRate),
    numLeaves: requireInteger(fn, 'numLeaves', numLeaves, { min: 2, max: 1024 }),
    maxDepth: requireInteger(fn, 'maxDepth', maxDepth, { min: -1 }),
    minDataInLeaf: requireInteger(fn, 'minDataInLeaf', minDataInLeaf, { min: 1 }),
    minSumHessianInLeaf: requireNumber(fn, 'minSumHessianInLeaf', minSumHessianInLeaf, { min: 0 }),
    lambdaL2: requireNumber(fn, 'lambdaL2', lambdaL2, { min: 0 }),
    minGainToSplit: requireNumber(fn, 'minGainToSplit', minGainToSplit, { min: 0 }),
    baggingFraction: share('baggingFraction', baggingFraction),
    featureFraction: share('featureFraction', featureFraction),
    seed: requireInteger(fn, 'seed', seed, { min: 0, max: 4294967295 }),
  };
}
