/** Options of the booster, in LightGBM's names. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, unknownName } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import type { ThreadTeam } from './kernel/team.ts';
import type { GbdtModel } from './model.ts';
import { OBJECTIVE_OPTION_KEYS } from './objective/options.ts';
import type { BuiltInObjective, ObjectiveOptions } from './objective/options.ts';

/** Options a recipe may carry: plain data. Objective names and their own options are those of {@link ObjectiveOptions}. */
export interface GbdtLearnerOptions extends Omit<ObjectiveOptions, 'objective'> {
  /** Loss, by name. @default 'squared' */
  readonly objective?: BuiltInObjective;
  /** How trees are added: `gbdt` on top of each other, `dart` with random earlier ones left out while a new one is fitted. @default 'gbdt' */
  readonly boosting?: 'gbdt' | 'dart';
  /** Iterations; trees per iteration are the outputs of the objective. Integer in [1, 100000]. @default 100 */
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
  /** L1 penalty on leaf values, >= 0, in units of the gradient. @default 0 */
  readonly lambdaL1?: number;
  /**
   * L2 penalty on leaf values, >= 0, in units of the hessian: rows for unweighted squared loss, up to a quarter per row for logistic. The default suits
   * panels with little signal. @default 100
   */
  readonly lambdaL2?: number;
  /** A split must gain more than this, >= 0. @default 0 */
  readonly minGainToSplit?: number;
  /** Pulls each leaf towards its parent's value with the weight of this many rows, >= 0. @default 0 */
  readonly pathSmooth?: number;
  /** Share of rows of each tree, in (0, 1]. @default 1 */
  readonly baggingFraction?: number;
  /** Iterations between two draws of the rows. Integer >= 1. @default 1 */
  readonly baggingFreq?: number;
  /** Draws rows by gradient: the `topRate` largest are kept, `otherRate` of all is drawn from the rest and counted for more. @default 'bagging' */
  readonly dataSampleStrategy?: 'bagging' | 'goss';
  /** In (0, 1), with otherRate at most 1. Only with `goss`. @default 0.2 */
  readonly topRate?: number;
  /** In (0, 1). Only with `goss`. @default 0.1 */
  readonly otherRate?: number;
  /** Share of features of each tree, in (0, 1]. @default 1 */
  readonly featureFraction?: number;
  /** Share of the tree's features each node may split on, in (0, 1]. @default 1 */
  readonly featureFractionByNode?: number;
  /** One random cut per feature and node instead of all. @default false */
  readonly extraTrees?: boolean;
  /** By feature name: 1 where the prediction must not fall as the feature rises, -1 where it must not rise. */
  readonly monotoneConstraints?: Readonly<Record<string, -1 | 0 | 1>>;
  /** Groups of feature names; features of one branch must share a group. A feature in no group is alone in its own. */
  readonly interactionConstraints?: readonly (readonly string[])[];
  /** Categorical features with at most this many values in a leaf are split one against the rest. Integer >= 1. @default 4 */
  readonly maxCatToOnehot?: number;
  /** Most values on the smaller side of a categorical split. Integer >= 1. @default 32 */
  readonly maxCatThreshold?: number;
  /** Extra L2 penalty of categorical splits, >= 0. @default 10 */
  readonly catL2?: number;
  /** Smooths the statistic categories are sorted by, >= 0. @default 10 */
  readonly catSmooth?: number;
  /** Fewest rows of a category in a leaf that may be sent left. Integer >= 1. @default 100 */
  readonly minDataPerGroup?: number;
  /** Share of earlier trees dropped, in [0, 1]. Only with `dart`, as the next three. @default 0.1 */
  readonly dropRate?: number;
  /** Most trees dropped in one iteration; 0 or less for no limit. @default 50 */
  readonly maxDrop?: number;
  /** Chance that an iteration drops none, in [0, 1]. @default 0.5 */
  readonly skipDrop?: number;
  /** Fits this many models on slightly different bins and adds a share of each: less variance for as much more time. Integer in [1, 32]. @default 1 */
  readonly bags?: number;
  /** Bins per feature besides the missing one. Integer in [2, 255]. @default 255 */
  readonly maxBin?: number;
  /** Features whose values are names, not amounts: at most 255 of their values are told apart. */
  readonly categoricalFeatures?: readonly string[];
}

export interface GbdtOptions extends Omit<GbdtLearnerOptions, 'maxBin' | 'bags' | 'categoricalFeatures' | 'objective'> {
  /** Loss: a name, or a host's own gradients. @default 'squared' */
  readonly objective?: ObjectiveOptions['objective'];
  /** Training rows, indices into the binned matrix. @default all */
  readonly rows?: ArrayLike<number>;
  /** Weight of every row of the matrix, finite and >= 0. @default 1 */
  readonly weights?: ArrayLike<number>;
  /** Query of every row of the matrix, a session say: rows with equal numbers are ranked against each other. Only, and always, with ranking losses. */
  readonly groups?: ArrayLike<number>;
  /** Rows whose loss is watched, and the iterations without a new best after which to stop. The model keeps its best iteration. */
  readonly earlyStopping?: { readonly rows: ArrayLike<number>; readonly rounds: number };
  /** Margin every row starts from, a number or one per output. @default the constant that fits the labels best */
  readonly baseScore?: number | readonly number[];
  /** Margin each row starts from besides, shape (outputs * rows), output k of row r at k * rows + r: predictions of another model, which are not part of this one. */
  readonly initialMargins?: ArrayLike<number>;
  /** A model to go on from, fitted on the same features and bins with the same objective; its trees come first in the result. */
  readonly initialModel?: GbdtModel;
  /** Seed of all draws. Integer in [0, 2^32). @default 0 */
  readonly seed?: number;
  /** Threads that help. The result does not depend on them. @default the caller's alone */
  readonly team?: ThreadTeam;
  /** `typescript` never uses WebAssembly. The result is the same up to a million rows. @default 'auto' */
  readonly kernel?: 'auto' | 'typescript';
}

type Settled = Required<Omit<GbdtLearnerOptions, 'maxBin' | 'bags' | 'categoricalFeatures' | 'objective' | keyof ObjectiveOptions | 'monotoneConstraints' | 'interactionConstraints'>>;

/** Every option with its value; constraints by feature index. */
export interface GbdtSettings extends Settled {
  readonly seed: number;
  /** -1, 0 or 1 per feature; undefined without constraints. */
  readonly monotone: Int8Array | undefined;
  /** Allowed partners of each feature: sets of feature indices that contain it. */
  readonly interactions: readonly (readonly number[])[] | undefined;
}

const TREE_KEYS = [
  'boosting', 'numIterations', 'learningRate', 'numLeaves', 'maxDepth', 'minDataInLeaf', 'minSumHessianInLeaf', 'lambdaL1', 'lambdaL2', 'minGainToSplit', 'pathSmooth', 'baggingFraction', 'baggingFreq', 'dataSampleStrategy', 'topRate',
  'otherRate', 'featureFraction', 'featureFractionByNode', 'extraTrees', 'monotoneConstraints', 'interactionConstraints', 'maxCatToOnehot', 'maxCatThreshold', 'catL2', 'catSmooth', 'minDataPerGroup', 'dropRate', 'maxDrop', 'skipDrop',
];
const FIT_KEYS = ['rows', 'weights', 'groups', 'earlyStopping', 'baseScore', 'initialMargins', 'initialModel', 'seed', 'team', 'kernel'];
const LEARNER_KEYS = [...OBJECTIVE_OPTION_KEYS, ...TREE_KEYS, 'bags', 'maxBin', 'categoricalFeatures'];

/** Checks a recipe's options. Feature names are checked when a fit knows the features. @throws `ERR_UNKNOWN_NAME` with the nearest name, `ERR_DOMAIN` with the range */
export function checkGbdtLearnerOptions(fn: string, options: GbdtLearnerOptions): void {
  requireKnownKeys(fn, options, LEARNER_KEYS);
  if (options.maxBin !== undefined) requireInteger(fn, 'maxBin', options.maxBin, { min: 2, max: 255 });
  if (options.bags !== undefined) requireInteger(fn, 'bags', options.bags, { min: 1, max: 32 });
  if (options.objective !== undefined && typeof options.objective !== 'string') throw new DomainError(`${fn}: objective must be a name in a recipe, got ${typeof options.objective}`);
  settingsOf(fn, options, undefined);
}

/** Options with defaults, for features of these names. */
export function gbdtSettings(fn: string, options: GbdtOptions, featureNames: readonly string[]): GbdtSettings {
  requireKnownKeys(fn, options, [...OBJECTIVE_OPTION_KEYS, ...TREE_KEYS, ...FIT_KEYS]);
  if (options.kernel !== undefined) requireOneOf(fn, 'kernel', options.kernel, ['auto', 'typescript']);
  return settingsOf(fn, options, featureNames);
}

function settingsOf(fn: string, options: GbdtOptions, featureNames: readonly string[] | undefined): GbdtSettings {
  const share = (name: string, value: number): number => {
    if (requireNumber(fn, name, value, { min: 0, max: 1 }) === 0) throw new DomainError(`${fn}: ${name} must be a number in (0, 1], got 0`);
    return value;
  };
  const { boosting = 'gbdt', dataSampleStrategy = 'bagging', baggingFraction = 1, topRate = 0.2, otherRate = 0.1, extraTrees = false } = options;
  requireOneOf(fn, 'boosting', boosting, ['gbdt', 'dart']);
  requireOneOf(fn, 'dataSampleStrategy', dataSampleStrategy, ['bagging', 'goss']);
  if (typeof extraTrees !== 'boolean') throw new DomainError(`${fn}: extraTrees must be true or false, got ${String(extraTrees)}`);
  const only = (keys: readonly (keyof GbdtOptions)[], needed: string, active: boolean): void => {
    const given = keys.find((key) => options[key] !== undefined);
    if (!active && given !== undefined) throw new DomainError(`${fn}: ${given} must come with ${needed}, got it without`);
  };
  only(['topRate', 'otherRate'], 'dataSampleStrategy "goss"', dataSampleStrategy === 'goss');
  only(['dropRate', 'maxDrop', 'skipDrop'], 'boosting "dart"', boosting === 'dart');
  if (dataSampleStrategy === 'goss') {
    if (!(topRate > 0 && topRate < 1 && otherRate > 0 && otherRate < 1 && topRate + otherRate <= 1)) throw new DomainError(`${fn}: topRate and otherRate must lie in (0, 1) and sum to at most 1, got ${topRate} and ${otherRate}`);
    if (baggingFraction !== 1) throw new DomainError(`${fn}: baggingFraction must be 1 with dataSampleStrategy "goss", got ${baggingFraction}`);
  }
  return {
    boosting,
    dataSampleStrategy,
    topRate,
    otherRate,
    extraTrees,
    numIterations: requireInteger(fn, 'numIterations', options.numIterations ?? 100, { min: 1, max: 100_000 }),
    learningRate: share('learningRate', options.learningRate ?? 0.06),
    numLeaves: requireInteger(fn, 'numLeaves', options.numLeaves ?? 15, { min: 2, max: 1024 }),
    maxDepth: requireInteger(fn, 'maxDepth', options.maxDepth ?? -1, { min: -1 }),
    minDataInLeaf: requireInteger(fn, 'minDataInLeaf', options.minDataInLeaf ?? 20, { min: 1 }),
    minSumHessianInLeaf: requireNumber(fn, 'minSumHessianInLeaf', options.minSumHessianInLeaf ?? 1e-3, { min: 0 }),
    lambdaL1: requireNumber(fn, 'lambdaL1', options.lambdaL1 ?? 0, { min: 0 }),
    lambdaL2: requireNumber(fn, 'lambdaL2', options.lambdaL2 ?? 100, { min: 0 }),
    minGainToSplit: requireNumber(fn, 'minGainToSplit', options.minGainToSplit ?? 0, { min: 0 }),
    pathSmooth: requireNumber(fn, 'pathSmooth', options.pathSmooth ?? 0, { min: 0 }),
    baggingFraction: share('baggingFraction', baggingFraction),
    baggingFreq: requireInteger(fn, 'baggingFreq', options.baggingFreq ?? 1, { min: 1 }),
    featureFraction: share('featureFraction', options.featureFraction ?? 1),
    featureFractionByNode: share('featureFractionByNode', options.featureFractionByNode ?? 1),
    maxCatToOnehot: requireInteger(fn, 'maxCatToOnehot', options.maxCatToOnehot ?? 4, { min: 1 }),
    maxCatThreshold: requireInteger(fn, 'maxCatThreshold', options.maxCatThreshold ?? 32, { min: 1 }),
    catL2: requireNumber(fn, 'catL2', options.catL2 ?? 10, { min: 0 }),
    catSmooth: requireNumber(fn, 'catSmooth', options.catSmooth ?? 10, { min: 0 }),
    minDataPerGroup: requireInteger(fn, 'minDataPerGroup', options.minDataPerGroup ?? 100, { min: 1 }),
    dropRate: requireNumber(fn, 'dropRate', options.dropRate ?? 0.1, { min: 0, max: 1 }),
    maxDrop: requireInteger(fn, 'maxDrop', options.maxDrop ?? 50, {}),
    skipDrop: requireNumber(fn, 'skipDrop', options.skipDrop ?? 0.5, { min: 0, max: 1 }),
    seed: requireInteger(fn, 'seed', options.seed ?? 0, { min: 0, max: 4294967295 }),
    monotone: monotoneOf(fn, options.monotoneConstraints, featureNames),
    interactions: interactionsOf(fn, options.interactionConstraints, featureNames),
  };
}

function monotoneOf(fn: string, constraints: GbdtOptions['monotoneConstraints'], names: readonly string[] | undefined): Int8Array | undefined {
  if (constraints === undefined) return undefined;
  const signs = new Int8Array(names?.length ?? 0);
  for (const [name, sign] of Object.entries(constraints)) {
    if (sign !== -1 && sign !== 0 && sign !== 1) throw new DomainError(`${fn}: monotoneConstraints.${name} must be -1, 0 or 1, got ${String(sign)}`);
    if (names !== undefined) signs[indexOf(fn, name, names)] = sign;
  }
  return signs.some((sign) => sign !== 0) ? signs : undefined;
}

function interactionsOf(fn: string, groups: GbdtOptions['interactionConstraints'], names: readonly string[] | undefined): readonly (readonly number[])[] | undefined {
  if (groups === undefined) return undefined;
  if (!Array.isArray(groups) || groups.some((group) => !Array.isArray(group) || group.length === 0)) throw new DomainError(`${fn}: interactionConstraints must be lists of feature names, none empty`);
  if (names === undefined) return undefined;
  const sets = groups.map((group: readonly string[]) => group.map((name) => indexOf(fn, name, names)));
  const grouped = new Set(sets.flat());
  return [...sets, ...names.flatMap((_, f) => (grouped.has(f) ? [] : [[f]]))];
}

function indexOf(fn: string, name: string, names: readonly string[]): number {
  const index = names.indexOf(name);
  if (index < 0) throw unknownName(fn, 'feature', name, names);
  return index;
}
