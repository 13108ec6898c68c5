/**
 * One row through one tree: the derivatives of its multilinear extension.
 *
 * Let every feature be known with probability t on its own. A row at an inner node follows its own value when the feature is known and is
 * spread by cover when it is not; a feature met again is known as it was before. Every known feature `i` that was passed with share z
 * of the cover (1 at first) has reached the node with probability `f = t + z (1 - t)`, and at a split with shares s (own way) and 1 - s goes on
 *
 *     its own way   with probability (t + z s (1 - t)) / f
 *     the other way with probability z (1 - s) (1 - t) / f
 *
 * and after it went the other way once, by cover alone. C is the probability of reaching a node, S the mean leaf below it; both are positive
 * combinations, so nothing cancels. The Shapley value of i is the integral over t of the derivative in i's own probability (Owen 1972),
 * and the interaction of i and j half the integral of the mixed one:
 *
 *     value(i)          = sum over nodes k of i of the integral of C(k) A(k) (S(own way) - S(other way)),   A = z (1 - s) / f^2
 *     interaction(i, j) = half the sum over nodes a of i and d of j on one path of the same, with the derivative at both
 *
 * A tree with at most D features on a path makes polynomials of degree below D of these, which ceil(D / 2) Gauss points integrate exactly.
 *
 * @see Owen (1972), "Multilinear extensions of games"; Lundberg, Erion and Lee (2018), "Consistent individualized feature attribution for tree ensembles"
 */
import type { QuadratureRule } from '../core/gauss-legendre.ts';
import type { GbdtModel } from '../learners/gbdt/model.ts';
import type { TreePlan } from './tree-shap-plan.ts';

/** Rows of a block, feature by feature: entry `row * features + f`. */
export interface Cells {
  readonly features: number;
  readonly value: Float64Array;
  /** Number of the category, -1 for one not known; only filled for categorical features. */
  readonly category: Int16Array;
}

/** Everything a walk reads and writes, for some of the points of the rule. Arrays over nodes hold `points` numbers per node. */
export interface Walk {
  points: number;
  /** Probabilities left and right and the signed A of node k in state s: `(9 * k + 3 * s + which) * points`. */
  readonly table: Float64Array;
  /** C times the weight of the point, of inner nodes. */
  readonly reach: Float64Array;
  /** S of every slot. */
  readonly mean: Float64Array;
  /** A (S(left) - S(right)) of inner nodes. */
  readonly slope: Float64Array;
  /** Derivative of C by the feature of an ancestor. */
  readonly reachSlope: Float64Array;
  /** 0 the feature went the other way before, 1 the row goes left, 2 right. */
  readonly state: Uint8Array;
}

// Numbers of one array of a walk (1 MB) beyond which the points of a tree are taken in turns, which keeps them in a cache and steps short.
const MAX_WALK = 1 << 17;

/** Points of the rule of `points` that a tree of `inner` inner nodes takes at once. */
export function pointsAtOnce(inner: number, points: number): number {
  return Math.max(1, Math.min(points, Math.floor(MAX_WALK / inner)));
}

/** Arrays for trees of at most `inner` inner nodes and `cells` numbers in `inner * points`. */
export function walkArrays(inner: number, cells: number, pairs: boolean): Walk {
  const doubles = (length: number): Float64Array => new Float64Array(length);
  // Slots are 2 * inner + 1, at most 3 * inner.
  return { points: 0, table: doubles(9 * cells), reach: doubles(cells), mean: doubles(3 * cells), slope: doubles(pairs ? cells : 0), reachSlope: doubles(pairs ? cells : 0), state: new Uint8Array(inner) };
}

/** Fills what is the same for every row: probabilities, leaves and the weights at the root. */
export function prepareWalk(plan: TreePlan, rule: QuadratureRule, from: number, points: number, walk: Walk): void {
  const { inner, shareLeft, shareRight, passed, leafValue } = plan;
  const { table, reach, mean } = walk;
  walk.points = points;
  for (let q = 0; q < points; q++) reach[q] = rule.weight[from + q];
  for (let k = 0; k < inner; k++) {
    const z = passed[k];
    const left = shareLeft[k];
    const right = shareRight[k];
    for (let q = 0; q < points; q++) {
      const t = rule.t[from + q];
      const rest = rule.rest[from + q];
      const f = t + z * rest;
      const at = 9 * k * points + q;
      table[at] = left;
      table[at + points] = right;
      table[at + 2 * points] = 0;
      table[at + 3 * points] = (t + z * left * rest) / f;
      table[at + 4 * points] = (z * right * rest) / f;
      table[at + 5 * points] = (z * right) / (f * f);
      table[at + 6 * points] = (z * left * rest) / f;
      table[at + 7 * points] = (t + z * right * rest) / f;
      table[at + 8 * points] = (-z * left) / (f * f);
    }
  }
  for (let leaf = 0; leaf <= inner; leaf++) mean.fill(leafValue[leaf], (inner + leaf) * points, (inner + leaf + 1) * points);
}

/** Down: the row's states, and the probability of reaching every inner node. */
export function walkDown(model: GbdtModel, plan: TreePlan, walk: Walk, cells: Cells, row: number): void {
  const { threshold, missingLeft, categories } = model;
  const { inner, node, feature, parent, side, previous, previousState } = plan;
  const { points, table, reach, state } = walk;
  const { value } = cells;
  const base = row * cells.features;
  for (let k = 0; k < inner; k++) {
    const source = node[k];
    const x = value[base + feature[k]];
    let goesLeft = x !== x ? missingLeft[source] === 1 : x <= threshold[source];
    if (categories !== undefined && categories.setOf[source] >= 0) {
      const c = cells.category[base + feature[k]];
      goesLeft = c < 0 ? missingLeft[source] === 1 : ((categories.sets[8 * categories.setOf[source] + (c >> 5)] >>> (c & 31)) & 1) === 1;
    }
    state[k] = previous[k] >= 0 && state[previous[k]] !== previousState[k] ? 0 : goesLeft ? 1 : 2;
    if (k === 0) continue;
    const to = k * points;
    const from = parent[k] * points;
    const way = (9 * parent[k] + 3 * state[parent[k]] + side[k]) * points;
    for (let q = 0; q < points; q++) reach[to + q] = reach[from + q] * table[way + q];
  }
}

/** Up: means below every node, and each node's part of its feature's value added at `out + feature`. */
export function walkUp(plan: TreePlan, walk: Walk, values: Float64Array, out: number): void {
  const { inner, feature, left, right } = plan;
  const { points, table, reach, mean, state } = walk;
  for (let k = inner - 1; k >= 0; k--) {
    const from = k * points;
    const l = left[k] * points;
    const r = right[k] * points;
    const at = (9 * k + 3 * state[k]) * points;
    let sum = 0;
    for (let q = 0; q < points; q++) {
      const meanLeft = mean[l + q];
      const meanRight = mean[r + q];
      mean[from + q] = table[at + q] * meanLeft + table[at + points + q] * meanRight;
      sum += reach[from + q] * table[at + 2 * points + q] * (meanLeft - meanRight);
    }
    values[out + feature[k]] += sum;
  }
}
