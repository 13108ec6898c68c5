/** Every tree over every row, in steps. */
import type { Progress, Task } from '../core/drive.ts';
import { gaussLegendreTask } from '../core/gauss-legendre.ts';
import type { QuadratureRule } from '../core/gauss-legendre.ts';
import type { GbdtModel } from '../learners/gbdt/model.ts';
import { cellsFor, gatherCells } from './tree-shap-cells.ts';
import { pointsAtOnce, prepareWalk, walkArrays, walkDown, walkUp } from './tree-shap-kernel.ts';
import { addPairs, completeMatrix, slopes } from './tree-shap-pairs.ts';
import { planTree, treePlan } from './tree-shap-plan.ts';
import type { TreePlan } from './tree-shap-plan.ts';

/** What to explain; everything is checked. */
export interface TreeShapRequest {
  readonly model: GbdtModel;
  /** Columns in the model's order. */
  readonly columns: readonly ArrayLike<number>[];
  readonly rows: ArrayLike<number> | undefined;
  readonly rowCount: number;
  readonly output: number | undefined;
  /** Interactions, not values. */
  readonly pairs: boolean;
  readonly phase: string;
}

// Rows copied side by side at a time; a tree's tables are made once for them.
const BLOCK = 1024;

// Steps of the inner loops between two reports of progress: 5 to 10 ms.
const STEP_COST = 1_000_000;

// Steps that the work around the inner loop of one node takes.
const NODE_COST = 4;

/** Values or interactions of the rows, and the expected margins. */
export function* walkTrees(request: TreeShapRequest): Task<{ readonly values: Float64Array; readonly expected: Float64Array }> {
  const { model, columns, rows, rowCount, output, pairs, phase } = request;
  const features = columns.length;
  const outputs = output === undefined ? model.outputs : 1;
  const size = pairs ? features * features : features; // numbers of one row and output
  const stride = outputs * size;
  const trees: number[] = [];
  for (let t = output ?? 0; t + 1 < model.treeStart.length; t += output === undefined ? 1 : model.outputs) trees.push(t);
  const total = trees.length * rowCount;
  const progress = (done: number): Progress => ({ phase, done, total });

  const plan = treePlan(model);
  const latest = new Int32Array(features).fill(-1);
  const { expected, rules, inner, cells: walkCells } = yield* survey(request, trees, plan, latest, progress(0));
  const values = new Float64Array(rowCount * stride);
  const walk = walkArrays(inner, walkCells, pairs);
  const main = new Float64Array(features);
  const cells = cellsFor(model, Math.min(BLOCK, rowCount));
  let cost = 0;
  for (let begin = 0; begin < rowCount; begin += BLOCK) {
    const block = Math.min(BLOCK, rowCount - begin);
    gatherCells(model, columns, rows, begin, block, cells);
    cost += block * features;
    for (let place = 0; place < trees.length; place++) {
      planTree(model, trees[place], plan, latest);
      if (plan.inner === 0) continue;
      const rule = rules.get(pointsOf(plan)) as QuadratureRule;
      const atOnce = pointsAtOnce(plan.inner, rule.t.length);
      const slot = begin * stride + (trees[place] % outputs) * size;
      for (let from = 0; from < rule.t.length; from += atOnce) {
        prepareWalk(plan, rule, from, Math.min(atOnce, rule.t.length - from), walk);
        const nodeCost = walk.points + NODE_COST;
        cost += 10 * plan.inner * nodeCost;
        for (let i = 0; i < block; i++) {
          if (cost > STEP_COST) {
            yield progress(begin * trees.length + place * block + i);
            cost = 0;
          }
          const out = slot + i * stride;
          walkDown(model, plan, walk, cells, i);
          cost += 2 * plan.inner * nodeCost;
          if (!pairs) {
            walkUp(plan, walk, values, out);
            continue;
          }
          main.fill(0);
          walkUp(plan, walk, main, 0);
          for (let f = 0; f < features; f++) values[out + f * features + f] += main[f];
          slopes(plan, walk);
          for (let a = 0; a < plan.inner; a++) {
            addPairs(plan, walk, a, features, values, out);
            cost += (plan.end[a] - a) * nodeCost;
            if (cost > STEP_COST) {
              yield progress(begin * trees.length + place * block + i);
              cost = 0;
            }
          }
        }
      }
    }
  }
  if (pairs) {
    for (let at = 0; at < values.length; at += size) {
      completeMatrix(values, at, features);
      cost += 2 * size;
      if (cost > STEP_COST) {
        yield progress(total);
        cost = 0;
      }
    }
  }
  yield progress(total);
  return { values, expected };
}

function pointsOf(plan: TreePlan): number {
  return (plan.depth + 1) >> 1;
}

// Expected margins, the rules the trees need, and the sizes of the largest walk.
function* survey({ model, output }: TreeShapRequest, trees: readonly number[], plan: TreePlan, latest: Int32Array, progress: Progress): Task<{ readonly expected: Float64Array; readonly rules: Map<number, QuadratureRule>; readonly inner: number; readonly cells: number }> {
  const expected = output === undefined ? model.baseScores.slice() : Float64Array.of(model.baseScores[output]);
  const rules = new Map<number, QuadratureRule>();
  let [inner, cells, cost] = [1, 1, 0];
  for (const t of trees) {
    planTree(model, t, plan, latest);
    expected[t % expected.length] += plan.expected;
    cost += 50 * plan.inner;
    if (cost > STEP_COST) {
      yield progress;
      cost = 0;
    }
    if (plan.inner === 0) continue;
    const points = pointsOf(plan);
    if (!rules.has(points)) rules.set(points, yield* gaussLegendreTask(points, progress));
    inner = Math.max(inner, plan.inner);
    cells = Math.max(cells, plan.inner * pointsAtOnce(plan.inner, points));
  }
  return { expected, rules, inner, cells };
}
