/** Random ensembles and rows that sit on their thresholds. */
import { randomStream } from '../../../src/core/random.ts';
import type { FeatureMatrix, GbdtCategories, GbdtModel } from '../../../src/learners/index.ts';

export interface RandomModelOptions {
  readonly seed: number;
  readonly features?: number;
  readonly trees?: number;
  readonly outputs?: number;
  readonly maxLeaves?: number;
  /** `chain` splits the last leaf made each time. */
  readonly shape?: 'random' | 'chain';
  /** Distinct thresholds to draw from. */
  readonly pool?: number;
  /** Features from this one on are categorical. */
  readonly firstCategorical?: number;
  readonly objective?: GbdtModel['objective'];
}

const CATEGORIES = 40;

/** A valid model: thresholds of 0, -0, Infinity and of values that rows hold, NaN sides, leaf values of -0. */
export function randomModel({ seed, features = 4, trees = 6, outputs = 1, maxLeaves = 12, shape = 'random', pool = 20, firstCategorical = features, objective = 'squared' }: RandomModelOptions): GbdtModel {
  const random = randomStream(seed, 'model');
  const below = (n: number): number => Math.min(n - 1, Math.floor(random.uniform() * n));
  const thresholds = thresholdPool(seed, pool);
  const nodes: { feature: number; threshold: number; left: number; right: number; missingLeft: number; value: number; set: number }[] = [];
  const treeStart = [0];
  const sets: number[] = [];
  const leaf = () => ({ feature: -1, threshold: 0, left: -1, right: -1, missingLeft: 0, set: -1, value: random.uniform() < 0.05 ? -0 : random.normal() });
  for (let t = 0; t < trees * outputs; t++) {
    const leaves = [nodes.push(leaf()) - 1];
    const wanted = 1 + below(maxLeaves);
    while (leaves.length < wanted) {
      const [node] = leaves.splice(shape === 'chain' ? leaves.length - 1 : below(leaves.length), 1);
      const feature = below(features);
      const isSet = feature >= firstCategorical;
      if (isSet) for (let w = 0; w < 8; w++) sets.push(w < 2 ? below(2 ** 32) : 0);
      const left = nodes.push(leaf()) - 1;
      const right = nodes.push(leaf()) - 1;
      Object.assign(nodes[node], { feature, threshold: isSet ? 0 : thresholds[below(thresholds.length)], left, right, missingLeft: below(2), set: isSet ? sets.length / 8 - 1 : -1, value: 0 });
      leaves.push(...(random.uniform() < 0.5 ? [left, right] : [right, left]));
    }
    treeStart.push(nodes.length);
  }
  const categories: GbdtCategories = {
    valueStart: Int32Array.from({ length: features + 1 }, (_, f) => Math.max(0, f - firstCategorical) * CATEGORIES),
    values: Float64Array.from({ length: Math.max(0, features - firstCategorical) * CATEGORIES }, (_, i) => 2 * (i % CATEGORIES) - 10),
    setOf: Int32Array.from(nodes, (node) => node.set),
    sets: Uint32Array.from(sets),
  };
  return {
    kind: 'gbdt', featureNames: Array.from({ length: features }, (_, f) => `f${f}`), objective, outputs, baseScores: Float64Array.from({ length: outputs }, () => (random.uniform() < 0.3 ? -0 : random.normal())),
    treeStart: Int32Array.from(treeStart), feature: Int32Array.from(nodes, (n) => n.feature), threshold: Float64Array.from(nodes, (n) => n.threshold), left: Int32Array.from(nodes, (n) => n.left), right: Int32Array.from(nodes, (n) => n.right),
    missingLeft: Uint8Array.from(nodes, (n) => n.missingLeft), value: Float64Array.from(nodes, (n) => n.value), gain: new Float64Array(nodes.length), cover: new Float64Array(nodes.length),
    ...(firstCategorical < features ? { categories } : {}),
  };
}

// Doubles next to numbers of single precision, so that columns of either kind can sit on them.
function thresholdPool(seed: number, size: number): number[] {
  const random = randomStream(seed, 'thresholds');
  return [Infinity, 0, -0, 5e-324, ...Array.from({ length: size }, () => Math.fround(random.normal()) * (random.uniform() < 0.1 ? 1 + 2 ** -52 : 1))];
}

/** Rows on the thresholds of a model, next to them, missing, infinite, categories known and unknown; every other column of single precision. */
export function rowsFor(model: GbdtModel, rowCount: number, seed: number): FeatureMatrix {
  const random = randomStream(seed, 'rows');
  const below = (n: number): number => Math.min(n - 1, Math.floor(random.uniform() * n));
  const { threshold, categories } = model;
  const value = (f: number): number => {
    const kind = random.uniform();
    if (kind < 0.12) return NaN;
    if (kind < 0.2) return [Infinity, -Infinity, 0, -0][below(4)];
    if (categories !== undefined && categories.valueStart[f + 1] > categories.valueStart[f]) return below(2 * CATEGORIES + 8) - 12;
    if (kind < 0.3 || threshold.length === 0) return random.normal();
    return threshold[below(threshold.length)] * [1, 1 + 2 ** -52, 1 - 2 ** -53][below(3)];
  };
  const columns = model.featureNames.map((_, f) => {
    const column = f % 2 === 0 ? new Float64Array(rowCount) : new Float32Array(rowCount);
    for (let i = 0; i < rowCount; i++) column[i] = value(f);
    return column;
  });
  return { rowCount, names: model.featureNames, columns };
}

/** Margins by the words of the model's documentation, written apart from the library. */
export function plainMargins(model: GbdtModel, matrix: FeatureMatrix, iterations = Infinity): number[] {
  const goesLeft = (node: number, x: number): boolean => {
    const set = model.categories?.setOf[node] ?? -1;
    if (set < 0) return Number.isNaN(x) ? model.missingLeft[node] === 1 : x <= model.threshold[node];
    const { valueStart, values, sets } = model.categories as GbdtCategories;
    const f = model.feature[node];
    const c = Array.from(values.subarray(valueStart[f], valueStart[f + 1])).indexOf(x);
    return c < 0 ? model.missingLeft[node] === 1 : ((sets[8 * set + (c >> 5)] >>> (c & 31)) & 1) === 1;
  };
  return Array.from({ length: matrix.rowCount }, (_, row) => {
    const margins = Array.from(model.baseScores);
    for (let t = 0; t + 1 < model.treeStart.length && t < iterations * model.outputs; t++) {
      let node = model.treeStart[t];
      while (model.feature[node] !== -1) node = goesLeft(node, matrix.columns[model.feature[node]][row]) ? model.left[node] : model.right[node];
      margins[t % model.outputs] += model.value[node];
    }
    return margins;
  }).flat();
}
