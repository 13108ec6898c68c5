/** The mixed derivatives of a row's walk: see the formulas of tree-shap-kernel.ts. */
import type { Walk } from './tree-shap-kernel.ts';
import type { TreePlan } from './tree-shap-plan.ts';

/** A (S(left) - S(right)) of every node, after the walk up. */
export function slopes(plan: TreePlan, { points, table, mean, slope, state }: Walk): void {
  for (let k = 0; k < plan.inner; k++) {
    const [from, l, r, at] = [k * points, plan.left[k] * points, plan.right[k] * points, (9 * k + 3 * state[k] + 2) * points];
    for (let q = 0; q < points; q++) slope[from + q] = table[at + q] * (mean[l + q] - mean[r + q]);
  }
}

/** Adds the interactions of the feature of node `a` with those of the nodes below it, at `out + feature * features + feature`, smaller number first. */
export function addPairs(plan: TreePlan, walk: Walk, a: number, features: number, values: Float64Array, out: number): void {
  const { inner, feature, parent, side, left, right, end } = plan;
  const { points, table, reach, slope, reachSlope, state } = walk;
  if (state[a] === 0) return; // the probability of reaching what is below no longer depends on the feature
  const own = feature[a];
  const at = (9 * a + 3 * state[a] + 2) * points;
  for (let q = 0; q < points; q++) {
    const change = reach[a * points + q] * table[at + q];
    if (left[a] < inner) reachSlope[left[a] * points + q] = change;
    if (right[a] < inner) reachSlope[right[a] * points + q] = -change;
  }
  for (let d = a + 1; d < end[a]; d++) {
    const to = d * points;
    if (parent[d] !== a) {
      const from = parent[d] * points;
      const way = (9 * parent[d] + 3 * state[parent[d]] + side[d]) * points;
      for (let q = 0; q < points; q++) reachSlope[to + q] = reachSlope[from + q] * table[way + q];
    }
    const other = feature[d];
    if (state[d] === 0 || other === own) continue;
    let sum = 0;
    for (let q = 0; q < points; q++) sum += reachSlope[to + q] * slope[to + q];
    values[out + (own < other ? own * features + other : other * features + own)] += 0.5 * sum;
  }
}

/** Mirrors the upper triangle of a matrix at `at`, and leaves on its diagonal, which holds Shapley values so far, what no pair takes. */
export function completeMatrix(values: Float64Array, at: number, features: number): void {
  for (let f = 0; f < features; f++) {
    for (let g = f + 1; g < features; g++) values[at + g * features + f] = values[at + f * features + g];
  }
  for (let f = 0; f < features; f++) {
    let others = 0;
    for (let g = 0; g < features; g++) if (g !== f) others += values[at + f * features + g];
    values[at + f * features + f] -= others;
  }
}
