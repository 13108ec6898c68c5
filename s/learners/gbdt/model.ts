/** A boosted ensemble as plain data. No fit code is imported from here. */
import type { ModelBase } from '../types.ts';

/** Names of the built-in losses; `custom` is a host's own. */
export type GbdtObjectiveName = 'squared' | 'absolute' | 'huber' | 'quantile' | 'poisson' | 'gamma' | 'tweedie' | 'logistic' | 'softmax' | 'lambdarank' | 'xendcg' | 'custom';

/**
 * Categorical features of a model. A known value is numbered by its place among the feature's values, a split sends a set of numbers left,
 * and a value that is NaN or not known goes by the node's `missingLeft`.
 */
export interface GbdtCategories {
  /** Known values of feature f are `values[valueStart[f] .. valueStart[f + 1])`, at most 255; none for a numeric feature. Shape (features + 1). */
  readonly valueStart: Int32Array;
  /** Ascending within a feature. */
  readonly values: Float64Array;
  /** Set of a node's split, or -1 when the split is numeric or the node a leaf. Shape (nodes). */
  readonly setOf: Int32Array;
  /** Set s holds category c when bit `c & 31` of `sets[8 * s + (c >> 5)]` is 1. Shape (8 * sets). */
  readonly sets: Uint32Array;
}

/**
 * Trees in flat arrays over all nodes. Tree t owns the nodes from `treeStart[t]` to `treeStart[t + 1] - 1`; its root is the first, and
 * children come after their parent.
 *
 * At an inner node a row goes left when its value is `<= threshold`, right when it is greater, and by `missingLeft` when it is NaN; a
 * threshold of Infinity parts missing values from all others. All numbers are doubles. Output k is `baseScores[k]` plus the leaf values of
 * trees k, k + outputs, k + 2 * outputs, ..., added in this order; shrinkage is in the leaf values.
 */
export interface GbdtModel extends ModelBase {
  readonly kind: 'gbdt' | 'forest';
  readonly featureNames: readonly string[];
  readonly objective: GbdtObjectiveName;
  /** Margins per row: the number of classes for `softmax`, else 1. */
  readonly outputs: number;
  /** Margin before the first tree, shape (outputs). */
  readonly baseScores: Float64Array;
  /** Shape (trees + 1). */
  readonly treeStart: Int32Array;
  /** Feature of an inner node, -1 at a leaf, shape (nodes). */
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly missingLeft: Uint8Array;
  /** Value of a leaf, 0 at an inner node. */
  readonly value: Float64Array;
  /** Loss reduction of an inner node's split, 0 at a leaf. */
  readonly gain: Float64Array;
  /** Training rows that reached the node. */
  readonly cover: Float64Array;
  /** Absent when every feature is numeric. */
  readonly categories?: GbdtCategories;
}
