/** A boosted ensemble as plain data. No fit code is imported from here. */
import type { ModelBase } from '../types.ts';

export type GbdtObjective = 'squared' | 'logistic';

/**
 * Trees in flat arrays over all nodes. Tree t owns the nodes from `treeStart[t]` to `treeStart[t + 1] - 1`; its root is the first, and
 * children come after their parent.
 *
 * At an inner node a row goes left when its value is `<= threshold`, right when it is greater, and by `missingLeft` when it is NaN. All
 * numbers are doubles. The margin is `baseScore` plus the leaf values in tree order; shrinkage is in the leaf values.
 */
export interface GbdtModel extends ModelBase {
  readonly kind: 'gbdt';
  readonly featureNames: readonly string[];
  readonly objective: GbdtObjective;
  readonly baseScore: number;
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
}
