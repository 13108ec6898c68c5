/** Options of the forest, in the names the booster uses. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import type { ThreadTeam } from '../gbdt/kernel/team.ts';

/** Options a recipe may carry: plain data. */
export interface ForestLearnerOptions {
  /** Trees. Integer in [1, 100000]. @default 200 */
  readonly numTrees?: number;
  /** Most leaves of a tree. Integer in [2, 1024]. @default 256 */
  readonly numLeaves?: number;
  /** Most splits from root to leaf; -1 for no limit. @default -1 */
  readonly maxDepth?: number;
  /** Fewest training rows in a leaf. Integer >= 1. The default suits panels with little signal. @default 50 */
  readonly minDataInLeaf?: number;
  /** Share of features each node may split on, in (0, 1]. @default 1/3 */
  readonly featureFractionByNode?: number;
  /** Draws the rows of each tree with replacement; otherwise every tree sees all rows. @default true, and false for extra trees */
  readonly bootstrap?: boolean;
  /** One random cut per feature and node instead of the best: extremely randomised trees. @default false */
  readonly extraTrees?: boolean;
  /** L2 penalty on leaf values, >= 0, in rows. @default 0 */
  readonly lambdaL2?: number;
  /** Bins per feature besides the missing one. Integer in [2, 255]. @default 255 */
  readonly maxBin?: number;
  /** Features whose values are names, not amounts: at most 255 of their values are told apart. */
  readonly categoricalFeatures?: readonly string[];
}

export interface ForestOptions extends Omit<ForestLearnerOptions, 'maxBin' | 'categoricalFeatures'> {
  /** Training rows, indices into the binned matrix. @default all */
  readonly rows?: ArrayLike<number>;
  /** Weight of every row of the matrix, finite and >= 0. @default 1 */
  readonly weights?: ArrayLike<number>;
  /** Seed of all draws. Integer in [0, 2^32). @default 0 */
  readonly seed?: number;
  /** Threads that help. The result does not depend on them. */
  readonly team?: ThreadTeam;
  /** `typescript` never uses WebAssembly. @default 'auto' */
  readonly kernel?: 'auto' | 'typescript';
}

/** Every option of the trees with its value. */
export type ForestSettings = Required<Omit<ForestLearnerOptions, 'maxBin' | 'categoricalFeatures'>> & { readonly seed: number };

const TREE_KEYS = ['numTrees', 'numLeaves', 'maxDepth', 'minDataInLeaf', 'featureFractionByNode', 'bootstrap', 'extraTrees', 'lambdaL2'];

/** Checks a recipe's options. @throws `ERR_UNKNOWN_NAME` with the nearest name, `ERR_DOMAIN` with the range */
export function checkForestLearnerOptions(fn: string, options: ForestLearnerOptions): void {
  requireKnownKeys(fn, options, [...TREE_KEYS, 'maxBin', 'categoricalFeatures']);
  if (options.maxBin !== undefined) requireInteger(fn, 'maxBin', options.maxBin, { min: 2, max: 255 });
  settingsOf(fn, options);
}

/** Options with defaults. */
export function forestSettings(fn: string, options: ForestOptions): ForestSettings {
  requireKnownKeys(fn, options, [...TREE_KEYS, 'rows', 'weights', 'seed', 'team', 'kernel']);
  if (options.kernel !== undefined) requireOneOf(fn, 'kernel', options.kernel, ['auto', 'typescript']);
  return settingsOf(fn, options);
}

function settingsOf(fn: string, options: ForestOptions): ForestSettings {
  const { extraTrees = false, bootstrap = !extraTrees, featureFractionByNode = 1 / 3 } = options;
  for (const [name, value] of Object.entries({ extraTrees, bootstrap })) if (typeof value !== 'boolean') throw new DomainError(`${fn}: ${name} must be true or false, got ${String(value)}`);
  if (requireNumber(fn, 'featureFractionByNode', featureFractionByNode, { min: 0, max: 1 }) === 0) throw new DomainError(`${fn}: featureFractionByNode must be a number in (0, 1], got 0`);
  return {
    extraTrees,
    bootstrap,
    featureFractionByNode,
    numTrees: requireInteger(fn, 'numTrees', options.numTrees ?? 200, { min: 1, max: 100_000 }),
    numLeaves: requireInteger(fn, 'numLeaves', options.numLeaves ?? 256, { min: 2, max: 1024 }),
    maxDepth: requireInteger(fn, 'maxDepth', options.maxDepth ?? -1, { min: -1 }),
    minDataInLeaf: requireInteger(fn, 'minDataInLeaf', options.minDataInLeaf ?? 50, { min: 1 }),
    lambdaL2: requireNumber(fn, 'lambdaL2', options.lambdaL2 ?? 0, { min: 0 }),
    seed: requireInteger(fn, 'seed', options.seed ?? 0, { min: 0, max: 4294967295 }),
  };
}
