/** Trees between bins and thresholds: grown ones to a model, a model's back to bins. */
import { DomainError } from '../../core/errors.ts';
import type { BinnedMatrix } from './binned-matrix.ts';
import { MISSING_BIN } from './binned-matrix.ts';
import type { GrownNode } from './grow.ts';
import { BINS } from './kernel/layout.ts';
import type { BinnedNode } from './kernel/kernel.ts';
import type { GbdtCategories, GbdtModel } from './model.ts';

/** A finished tree: nodes over bins, with shrunken leaf values, and what the model keeps besides. */
export interface FinishedTree {
  readonly nodes: readonly BinnedNode[];
  readonly gain: Float64Array;
  readonly cover: Float64Array;
}

/** A grown tree with these values at its leaves, shape (nodes). */
export function finishedTree(grown: readonly GrownNode[], values: Float64Array): FinishedTree {
  const nodes: BinnedNode[] = [];
  const gain = new Float64Array(grown.length);
  const cover = new Float64Array(grown.length);
  for (let i = 0; i < grown.length; i++) {
    const { split, left, right, sums } = grown[i];
    cover[i] = sums.count;
    gain[i] = split?.gain ?? 0;
    // Written out: spreading the rule costs a microsecond a node.
    nodes.push(
      split === undefined
        ? { feature: -1, bin: 0, missingLeft: false, table: undefined, left: -1, right: -1, value: values[i] }
        : { feature: split.rule.feature, bin: split.rule.bin, missingLeft: split.rule.missingLeft, table: split.rule.table, left, right, value: 0 },
    );
  }
  return { nodes, gain, cover };
}

/** The same tree with its values times a factor. */
export function scaledTree(tree: FinishedTree, factor: number): FinishedTree {
  return { ...tree, nodes: tree.nodes.map((node) => (node.feature < 0 ? { ...node, value: node.value * factor } : node)) };
}

/** The flat arrays of a model: bins become thresholds, tables sets of categories. */
export function assembleTrees(binned: BinnedMatrix, trees: readonly FinishedTree[], head: Pick<GbdtModel, 'kind' | 'objective' | 'outputs' | 'baseScores'>): GbdtModel {
  const total = trees.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const treeStart = new Int32Array(trees.length + 1);
  const feature = new Int32Array(total).fill(-1);
  const threshold = new Float64Array(total);
  const left = new Int32Array(total).fill(-1);
  const right = new Int32Array(total).fill(-1);
  const missingLeft = new Uint8Array(total);
  const value = new Float64Array(total);
  const gain = new Float64Array(total);
  const cover = new Float64Array(total);
  const setOf = new Int32Array(total).fill(-1);
  const sets: number[] = [];
  let start = 0;
  trees.forEach((tree, t) => {
    treeStart[t] = start;
    gain.set(tree.gain, start);
    cover.set(tree.cover, start);
    tree.nodes.forEach((node, i) => {
      const at = start + i;
      value[at] = node.value;
      if (node.feature < 0) return;
      feature[at] = node.feature;
      left[at] = start + node.left;
      right[at] = start + node.right;
      missingLeft[at] = node.missingLeft ? 1 : 0;
      if (node.table === undefined) {
        const edges = binned.edges[node.feature];
        // Splitting after the last bin parts the missing values from all others: every number is on the left.
        threshold[at] = node.bin < edges.length ? edges[node.bin] : Infinity;
      } else {
        setOf[at] = sets.length / 8;
        for (let word = 0; word < 8; word++) sets.push(wordOf(node.table, word));
      }
    });
    start += tree.nodes.length;
  });
  treeStart[trees.length] = start;
  const categories = binned.categories.some((values) => values !== undefined) ? { ...categoryValues(binned), setOf, sets: Uint32Array.from(sets) } : undefined;
  return Object.freeze({ ...head, featureNames: Object.freeze([...binned.names]), treeStart, feature, threshold, left, right, missingLeft, value, gain, cover, ...(categories === undefined ? {} : { categories }) });
}

// Bin 255 is that of missing values, whose side stands in missingLeft.
function wordOf(table: Uint8Array, word: number): number {
  let bits = 0;
  for (let bit = 0; bit < 32; bit++) if (word * 32 + bit !== MISSING_BIN && table[word * 32 + bit] === 1) bits |= 1 << bit;
  return bits >>> 0;
}

function categoryValues(binned: BinnedMatrix): Pick<GbdtCategories, 'valueStart' | 'values'> {
  const valueStart = new Int32Array(binned.names.length + 1);
  binned.categories.forEach((values, f) => {
    valueStart[f + 1] = valueStart[f] + (values?.length ?? 0);
  });
  return { valueStart, values: Float64Array.from(binned.categories.flatMap((values) => Array.from(values ?? []))) };
}

/**
 * A model's trees over the bins of a matrix.
 *
 * @throws DomainError when a threshold is no edge of the matrix, or its categories differ: rows of one bin would have to go both ways
 */
export function treesOf(fn: string, model: GbdtModel, binned: BinnedMatrix): FinishedTree[] {
  const trees: FinishedTree[] = [];
  for (let t = 0; t + 1 < model.treeStart.length; t++) {
    const [start, end] = [model.treeStart[t], model.treeStart[t + 1]];
    const nodes = Array.from({ length: end - start }, (_, i) => nodeOf(fn, model, binned, start + i, start));
    trees.push({ nodes, gain: model.gain.slice(start, end), cover: model.cover.slice(start, end) });
  }
  return trees;
}

function nodeOf(fn: string, model: GbdtModel, binned: BinnedMatrix, i: number, start: number): BinnedNode {
  const feature = model.feature[i];
  if (feature < 0) return { feature, bin: 0, missingLeft: false, table: undefined, left: -1, right: -1, value: model.value[i] };
  const common = { feature, missingLeft: model.missingLeft[i] === 1, left: model.left[i] - start, right: model.right[i] - start, value: 0 };
  const set = model.categories?.setOf[i] ?? -1;
  if (set >= 0) return { ...common, bin: 0, table: tableOf(fn, model.categories as GbdtCategories, binned, feature, set, common.missingLeft) };
  const edges = binned.edges[feature];
  const bin = model.threshold[i] === Infinity ? edges.length : edges.indexOf(model.threshold[i]);
  if (bin < 0 || binned.categories[feature] !== undefined) {
    throw new DomainError(`${fn}: initialModel must have been fitted on the same bins (binMatrix option "like"), got threshold ${model.threshold[i]} of ${JSON.stringify(binned.names[feature])}, which is no edge; or pass its predictions as initialMargins`);
  }
  return { ...common, bin, table: undefined };
}

function tableOf(fn: string, { valueStart, values, sets }: GbdtCategories, binned: BinnedMatrix, feature: number, set: number, missingLeft: boolean): Uint8Array {
  const known = values.subarray(valueStart[feature], valueStart[feature + 1]);
  const own = binned.categories[feature];
  if (own === undefined || own.length !== known.length || own.some((value, c) => value !== known[c])) throw new DomainError(`${fn}: initialModel must know the same categories of ${JSON.stringify(binned.names[feature])} as the matrix`);
  const table = new Uint8Array(BINS);
  for (let c = 0; c < known.length; c++) table[c] = (sets[8 * set + (c >> 5)] >>> (c & 31)) & 1;
  table[MISSING_BIN] = missingLeft ? 1 : 0;
  return table;
}
