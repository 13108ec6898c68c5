/** A tree laid out for one walk down and one walk up. */
import type { GbdtModel } from '../learners/gbdt/model.ts';

/**
 * Inner nodes in preorder, left subtree first, so that the subtree of node k is a range that starts at k. Arrays are reused from tree to tree.
 *
 * Children are slots: below `inner` an inner node, from `inner` on a leaf.
 */
export interface TreePlan {
  /** Inner nodes of the tree. */
  inner: number;
  /** Most distinct features on a path. */
  depth: number;
  /** Mean of the leaf values by cover. */
  expected: number;
  /** Number of the node in the model. */
  readonly node: Int32Array;
  readonly feature: Int32Array;
  /** Inner node above, -1 for the root, and whether this one is its right child. */
  readonly parent: Int32Array;
  readonly side: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** First inner node behind the subtree. */
  readonly end: Int32Array;
  /** Nearest ancestor that splits the same feature, or -1. */
  readonly previous: Int32Array;
  /** State of that ancestor (1 its row goes left, 2 right) in which the row also comes this way. */
  readonly previousState: Uint8Array;
  /** Share of the cover of both children that is in the left one, in [0, 1], and in the right one. */
  readonly shareLeft: Float64Array;
  readonly shareRight: Float64Array;
  /** Product of the shares at earlier splits of the same feature on the way here, 1 without any. */
  readonly passed: Float64Array;
  /** Value of leaf slot `inner + i`. */
  readonly leafValue: Float64Array;
}

/** Arrays for the largest tree of a model. */
export function treePlan(model: GbdtModel): TreePlan {
  const { treeStart } = model;
  let nodes = 1;
  for (let t = 0; t + 1 < treeStart.length; t++) nodes = Math.max(nodes, treeStart[t + 1] - treeStart[t]);
  const size = nodes >> 1; // a tree has one leaf more than inner nodes
  const ints = (): Int32Array => new Int32Array(size);
  const doubles = (): Float64Array => new Float64Array(size);
  return {
    inner: 0, depth: 0, expected: 0, node: ints(), feature: ints(), parent: ints(), side: new Uint8Array(size), left: ints(), right: ints(), end: ints(), previous: ints(), previousState: new Uint8Array(size),
    shareLeft: doubles(), shareRight: doubles(), passed: doubles(), leafValue: new Float64Array(size + 1),
  };
}

/**
 * Lays out tree `t`.
 *
 * @param latest - scratch of one -1 per feature, left as it was found
 */
export function planTree(model: GbdtModel, t: number, plan: TreePlan, latest: Int32Array): void {
  const { node, feature, parent, side, left, right, end, previous, previousState, shareLeft, shareRight, passed, leafValue } = plan;
  let inner = 0;
  let leaves = 0;
  let distinct = 0;
  plan.depth = 0;
  // A leaf's slot is `~leaf` until the number of inner nodes is known.
  const enter = (source: number, above: number, isRight: number): number => {
    const f = model.feature[source];
    if (f < 0) {
      leafValue[leaves] = model.value[source];
      return ~leaves++;
    }
    const k = inner++;
    node[k] = source;
    feature[k] = f;
    parent[k] = above;
    side[k] = isRight;
    const edge = latest[f];
    previous[k] = edge < 0 ? -1 : edge >> 1;
    previousState[k] = edge < 0 ? 0 : 1 + (edge & 1);
    passed[k] = edge < 0 ? 1 : passed[edge >> 1] * (edge & 1 ? shareRight : shareLeft)[edge >> 1];
    share(model.cover[model.left[source]], model.cover[model.right[source]], k, shareLeft, shareRight);
    if (edge < 0) distinct++;
    plan.depth = Math.max(plan.depth, distinct);
    stack.push(3 * k);
    return k;
  };
  // Steps of node k still to come: 3k its left subtree, 3k + 1 its right one, 3k + 2 leaving it. A stack of them, because trees may be thousands deep.
  const stack: number[] = [];
  enter(model.treeStart[t], -1, 0);
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const k = Math.floor(top / 3);
    const step = top - 3 * k;
    if (step === 2) {
      latest[feature[k]] = previous[k] < 0 ? -1 : 2 * previous[k] + previousState[k] - 1;
      if (previous[k] < 0) distinct--;
      end[k] = inner;
      stack.pop();
      continue;
    }
    stack[stack.length - 1]++;
    latest[feature[k]] = 2 * k + step;
    (step === 0 ? left : right)[k] = enter((step === 0 ? model.left : model.right)[node[k]], k, step);
  }
  plan.inner = inner;
  for (let k = 0; k < inner; k++) {
    if (left[k] < 0) left[k] = inner + ~left[k];
    if (right[k] < 0) right[k] = inner + ~right[k];
  }
  plan.expected = expectedOf(plan);
}

// Relative to the larger cover first, so that neither huge nor tiny covers leave the range of doubles; two covers of 0 count alike.
function share(coverLeft: number, coverRight: number, k: number, shareLeft: Float64Array, shareRight: Float64Array): void {
  const larger = Math.max(coverLeft, coverRight);
  const a = larger > 0 ? coverLeft / larger : 1;
  const b = larger > 0 ? coverRight / larger : 1;
  shareLeft[k] = a / (a + b);
  shareRight[k] = b / (a + b);
}

function expectedOf({ inner, left, right, shareLeft, shareRight, leafValue }: TreePlan): number {
  const means = new Float64Array(inner);
  const meanOf = (slot: number): number => (slot < inner ? means[slot] : leafValue[slot - inner]);
  for (let k = inner - 1; k >= 0; k--) means[k] = shareLeft[k] * meanOf(left[k]) + shareRight[k] * meanOf(right[k]);
  return inner > 0 ? means[0] : leafValue[0];
}
