/** Grown trees to the flat arrays of a model: bins become thresholds. */
import type { BinnedMatrix } from './binned-matrix.ts';
import type { GrownNode } from './grow.ts';
import { leafValue } from './leaf-value.ts';
import type { GbdtModel } from './model.ts';
import type { GbdtSettings } from './options.ts';

/** The model of some trees. */
export function finishTrees(binned: BinnedMatrix, trees: readonly (readonly GrownNode[])[], settings: GbdtSettings, baseScore: number): GbdtModel {
  const total = trees.reduce((sum, nodes) => sum + nodes.length, 0);
  const treeStart = new Int32Array(trees.length + 1);
  const feature = new Int32Array(total).fill(-1);
  const threshold = new Float64Array(total);
  const left = new Int32Array(total).fill(-1);
  const right = new Int32Array(total).fill(-1);
  const missingLeft = new Uint8Array(total);
  const value = new Float64Array(total);
  const gain = new Float64Array(total);
  const cover = new Float64Array(total);
  let start = 0;
  trees.forEach((nodes, t) => {
    treeStart[t] = start;
    nodes.forEach((node, i) => {
      const at = start + i;
      cover[at] = node.sums.count;
      if (node.feature < 0) {
        value[at] = leafValue(node, settings);
        return;
      }
      const edges = binned.edges[node.feature];
      feature[at] = node.feature;
      // Splitting after the last bin parts the missing values from all others: every number is on the left.
      threshold[at] = node.bin < edges.length ? edges[node.bin] : Infinity;
      left[at] = start + node.left;
      right[at] = start + node.right;
      missingLeft[at] = node.missingLeft ? 1 : 0;
      gain[at] = node.gain;
    });
    start += nodes.length;
  });
  treeStart[trees.length] = start;
  return Object.freeze({ kind: 'gbdt', featureNames: Object.freeze([...binned.names]), objective: settings.objective, outputs: 1, baseScores: Float64Array.of(baseScore), treeStart, feature, threshold, left, right, missingLeft, value, gain, cover });
}
