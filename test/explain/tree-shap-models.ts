/** Models written out by hand or drawn from a seed, and Shapley values from their definition. */
import type { RandomStream } from '../../src/core/random.ts';
import type { FeatureMatrix } from '../../src/learners/types.ts';
import type { GbdtModel } from '../../src/learners/index.ts';

/** A leaf is its value; a split names its feature and the shares of cover are those of `cover`. */
export type Tree = number | Split;
interface Split {
  readonly feature: number;
  /** Left when `<=`; or the category numbers that go left. */
  readonly at: number | readonly number[];
  readonly missingLeft?: boolean;
  /** Covers of the left and the right child. */
  readonly cover: readonly [number, number];
  readonly left: Tree;
  readonly right: Tree;
}

/** A model of these trees. `categories[f]` lists the known values of a categorical feature. */
export function modelOf(trees: readonly Tree[], features: number, options: { outputs?: number; baseScores?: readonly number[]; categories?: Readonly<Record<number, readonly number[]>> } = {}): GbdtModel {
  const { outputs = 1, baseScores = Array.from({ length: outputs }, () => 0), categories = {} } = options;
  const nodes: { feature: number; threshold: number; left: number; right: number; missingLeft: number; value: number; cover: number; setOf: number }[] = [];
  const sets: number[] = [];
  const treeStart = [0];
  for (const tree of trees) {
    // Breadth first, so that the model's order is not the order of a walk.
    const queue: [Tree, number, (index: number) => void][] = [[tree, 1, () => {}]];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [part, cover, attach] = next;
      const index = nodes.length;
      attach(index);
      if (typeof part === 'number') {
        nodes.push({ feature: -1, threshold: 0, left: -1, right: -1, missingLeft: 0, value: part, cover, setOf: -1 });
        continue;
      }
      const node = { feature: part.feature, threshold: typeof part.at === 'number' ? part.at : 0, left: -1, right: -1, missingLeft: part.missingLeft === true ? 1 : 0, value: 0, cover, setOf: -1 };
      if (typeof part.at !== 'number') {
        node.setOf = sets.length / 8;
        const words = new Uint32Array(8);
        for (const c of part.at) words[c >> 5] |= 1 << (c & 31);
        sets.push(...words);
      }
      nodes.push(node);
      queue.push([part.left, part.cover[0], (child) => { node.left = child; }], [part.right, part.cover[1], (child) => { node.right = child; }]);
    }
    treeStart.push(nodes.length);
  }
  const known = Array.from({ length: features }, (_, f) => categories[f] ?? []);
  const column = (key: 'feature' | 'left' | 'right' | 'setOf'): Int32Array => Int32Array.from(nodes, (node) => node[key]);
  return {
    kind: 'gbdt', objective: 'squared', outputs, featureNames: known.map((_, f) => `x${f}`), baseScores: Float64Array.from(baseScores), treeStart: Int32Array.from(treeStart),
    feature: column('feature'), threshold: Float64Array.from(nodes, (node) => node.threshold), left: column('left'), right: column('right'),
    missingLeft: Uint8Array.from(nodes, (node) => node.missingLeft), value: Float64Array.from(nodes, (node) => node.value), gain: new Float64Array(nodes.length), cover: Float64Array.from(nodes, (node) => node.cover),
    ...(sets.length > 0 && { categories: { valueStart: Int32Array.from({ length: features + 1 }, (_, f) => known.slice(0, f).flat().length), values: Float64Array.from(known.flat()), setOf: column('setOf'), sets: Uint32Array.from(sets) } }),
  };
}

export function matrixOf(rows: readonly (readonly number[])[], features: number): FeatureMatrix {
  return { rowCount: rows.length, names: Array.from({ length: features }, (_, f) => `x${f}`), columns: Array.from({ length: features }, (_, f) => Float64Array.from(rows, (row) => row[f])) };
}

/** Whether a row goes left at a node, read off the model's description. */
function goesLeft(model: GbdtModel, node: number, x: number): boolean {
  const set = model.categories === undefined ? -1 : model.categories.setOf[node];
  if (set < 0) return Number.isNaN(x) ? model.missingLeft[node] === 1 : x <= model.threshold[node];
  const { valueStart, values, sets } = model.categories!;
  const c = [...values.slice(valueStart[model.feature[node]], valueStart[model.feature[node] + 1])].indexOf(x);
  return c < 0 ? model.missingLeft[node] === 1 : Math.floor(sets[8 * set + Math.floor(c / 32)] / 2 ** (c % 32)) % 2 === 1;
}

/** Mean margin when the features of the bit set `known` are known and the others are averaged by cover. */
export function conditionalMargin(model: GbdtModel, row: readonly number[], known: number, output = 0): number {
  const mean = (node: number): number => {
    const f = model.feature[node];
    if (f < 0) return model.value[node];
    const [left, right] = [model.left[node], model.right[node]];
    if ((known >> f) & 1) return mean(goesLeft(model, node, row[f]) ? left : right);
    const [a, b] = [model.cover[left], model.cover[right]];
    return a + b === 0 ? (mean(left) + mean(right)) / 2 : (a * mean(left) + b * mean(right)) / (a + b);
  };
  let margin = model.baseScores[output];
  for (let t = output; t + 1 < model.treeStart.length; t += model.outputs) margin += mean(model.treeStart[t]);
  return margin;
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const bits = (set: number): number => (set === 0 ? 0 : (set & 1) + bits(set >> 1));

/** Shapley values of one row by their definition, over all subsets. */
export function bruteValues(model: GbdtModel, row: readonly number[], output = 0): number[] {
  const n = row.length;
  return row.map((_, i) => {
    let sum = 0;
    for (let set = 0; set < 2 ** n; set++) {
      if ((set >> i) & 1) continue;
      const weight = (factorial(bits(set)) * factorial(n - bits(set) - 1)) / factorial(n);
      sum += weight * (conditionalMargin(model, row, set | (1 << i), output) - conditionalMargin(model, row, set, output));
    }
    return sum;
  });
}

/** Interactions of one row by their definition (Lundberg et al. 2020, SHAP interaction values). */
export function bruteInteractions(model: GbdtModel, row: readonly number[], output = 0): number[][] {
  const n = row.length;
  const of = (set: number): number => conditionalMargin(model, row, set, output);
  const matrix = row.map((_, i) => row.map((__, j) => {
    if (i === j) return 0;
    let sum = 0;
    for (let set = 0; set < 2 ** n; set++) {
      if ((set >> i) & 1 || (set >> j) & 1) continue;
      const weight = (factorial(bits(set)) * factorial(n - bits(set) - 2)) / (2 * factorial(n - 1));
      sum += weight * (of(set | (1 << i) | (1 << j)) - of(set | (1 << i)) - of(set | (1 << j)) + of(set));
    }
    return sum;
  }));
  const values = bruteValues(model, row, output);
  matrix.forEach((line, i) => { line[i] = values[i] - line.reduce((a, b) => a + b, 0); });
  return matrix;
}

/** A random tree: features repeat on paths, covers may be 0, the last feature may be categorical with the values 10, 20, ..., 400. */
export function randomTree(stream: RandomStream, features: number, depth: number, categorical: boolean): Tree {
  if (depth === 0 || stream.uniform() < 0.15) return stream.normal();
  const feature = Math.floor(stream.uniform() * features);
  const cover = (): number => (stream.uniform() < 0.1 ? 0 : Math.ceil(stream.uniform() * 50));
  const part = (): Tree => randomTree(stream, features, depth - 1, categorical);
  const at = categorical && feature === features - 1 ? Array.from({ length: 40 }, (_, c) => c).filter(() => stream.uniform() < 0.5) : stream.uniform() < 0.1 ? Infinity : stream.normal();
  return { feature, at, missingLeft: stream.uniform() < 0.5, cover: [cover(), cover()], left: part(), right: part() };
}

/** A row with missing values; the last feature is a category, sometimes one not known. */
export function randomRow(stream: RandomStream, features: number, categorical: boolean): number[] {
  return Array.from({ length: features }, (_, f) => {
    if (stream.uniform() < 0.15) return NaN;
    return categorical && f === features - 1 ? 10 * Math.floor(stream.uniform() * 42) : stream.normal();
  });
}
