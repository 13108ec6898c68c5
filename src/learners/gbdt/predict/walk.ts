/** Trees walked node by node: the definition of a prediction, and the way where no kernel runs. */
import type { GbdtCategories, GbdtModel } from '../model.ts';
import type { StageRequest } from './stage-request.ts';

/** Leaf of tree t a row falls into, as a node of the model. `row` is in the model's feature order. */
export function leafOf(model: GbdtModel, row: ArrayLike<number>, t: number): number {
  const { feature, threshold, left, right, missingLeft, categories } = model;
  let node = model.treeStart[t];
  let f = feature[node];
  while (f >= 0) {
    const x = row[f];
    let goesLeft: boolean;
    if (categories !== undefined && categories.setOf[node] >= 0) {
      const category = categoryOf(categories, f, x);
      goesLeft = category < 0 ? missingLeft[node] === 1 : holds(categories, categories.setOf[node], category);
    } else goesLeft = x !== x ? missingLeft[node] === 1 : x <= threshold[node];
    node = goesLeft ? left[node] : right[node];
    f = feature[node];
  }
  return node;
}

/** Margin `output` of a row from the first `trees` trees, added in their order. */
export function marginOf(model: GbdtModel, row: ArrayLike<number>, output: number, trees: number): number {
  let margin = model.baseScores[output];
  for (let t = output; t < trees; t += model.outputs) margin += model.value[leafOf(model, row, t)];
  return margin;
}

/** See {@link StageRequest}. */
export function walkStages({ model, columns, rows, count, start, from, ends }: StageRequest): Float64Array[] {
  const { outputs, value } = model;
  const stages = ends.map(() => new Float64Array(count * outputs));
  const row = new Float64Array(columns.length);
  const margins = new Float64Array(outputs);
  for (let i = 0; i < count; i++) {
    const r = rows === undefined ? i : rows[i];
    for (let f = 0; f < columns.length; f++) row[f] = columns[f][r];
    for (let k = 0; k < outputs; k++) margins[k] = start === undefined ? model.baseScores[k] : start[i * outputs + k];
    let t = from * outputs;
    for (let s = 0; s < ends.length; s++) {
      for (; t < ends[s] * outputs; t++) margins[t % outputs] += value[leafOf(model, row, t)];
      stages[s].set(margins, i * outputs);
    }
  }
  return stages;
}

// Number of a value among the known categories of a feature, -1 when it is none.
function categoryOf({ valueStart, values }: GbdtCategories, feature: number, x: number): number {
  const first = valueStart[feature];
  let [low, high] = [first, valueStart[feature + 1]];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low < valueStart[feature + 1] && values[low] === x ? low - first : -1;
}

function holds({ sets }: GbdtCategories, set: number, category: number): boolean {
  return ((sets[8 * set + (category >> 5)] >>> (category & 31)) & 1) === 1;
}
