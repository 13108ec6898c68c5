/** Random forests and extra trees, from the booster's grower: independent trees on drawn rows, averaged. */
import { driveSync, driveWith } from '../../core/drive.ts';
import type { DriveOptions, Progress, Task } from '../../core/drive.ts';
import type { BinnedMatrix } from '../gbdt/binned-matrix.ts';
import { checkFit } from '../gbdt/fit-input.ts';
import { growTree } from '../gbdt/grow.ts';
import type { TreeContext } from '../gbdt/grow.ts';
import type { RowRange } from '../gbdt/kernel/kernel.ts';
import type { GbdtModel } from '../gbdt/model.ts';
import { weightedMeanLabel } from '../gbdt/objective/weighted-mean.ts';
import { quantise } from '../gbdt/quantise.ts';
import { bootstrapOf, withoutRows } from '../gbdt/sampling.ts';
import { assembleTrees, finishedTree } from '../gbdt/trees.ts';
import type { FinishedTree } from '../gbdt/trees.ts';
import { openWorkspace } from '../gbdt/workspace.ts';
import { forestSettings } from './options.ts';
import type { ForestOptions } from './options.ts';

/** A fitted forest. */
export interface ForestFit {
  readonly model: GbdtModel;
  /** Mean prediction of the trees that did not see a row, NaN where all did and on rows not trained on, shape (rows of the matrix). */
  readonly outOfBag: Float64Array;
}

/**
 * Fits a forest as a task.
 *
 * A leaf predicts the weighted mean label of its rows; a forest the mean of its trees. With labels in {0, 1} that is a probability, and
 * squared loss chooses the splits Gini impurity does. Predict with `predictGbdt`.
 *
 * @param target - label of every row of the matrix, finite on the rows used
 * @see Breiman (2001), Random forests; Geurts, Ernst and Wehenkel (2006), Extremely randomized trees
 */
export function* forestTask(binned: BinnedMatrix, target: ArrayLike<number>, options: ForestOptions = {}): Task<ForestFit> {
  const fn = 'fitForest';
  const { numTrees, bootstrap, seed, ...own } = forestSettings(fn, options);
  const { rows: chosen, weights, team, kernel: choice = 'auto' } = options;
  const input = checkFit(fn, binned, target, { ...own, seed, minSumHessianInLeaf: 0, ...(chosen === undefined ? {} : { rows: chosen }), ...(weights === undefined ? {} : { weights }) });
  const { data, settings } = input;
  const { rows, labels } = data;
  const { rowCount } = binned;
  const progress: Progress = { phase: 'trees', done: 0, total: numTrees };
  yield progress;
  const hessians = bootstrap || data.weights !== undefined;
  const { memory, kernel } = openWorkspace(binned, { trainingCount: rows.length, outputs: 1, hessians, numLeaves: settings.numLeaves, minDataInLeaf: settings.minDataInLeaf }, team, choice);
  try {
    const base = weightedMeanLabel(data);
    const gradient = new Float64Array(rowCount);
    const hessian = hessians ? new Float64Array(rowCount) : undefined;
    const multiplier = new Float64Array(rowCount);
    const unseen = new Float64Array(rowCount);
    const categorical = Uint8Array.from(binned.categories, (values) => (values === undefined ? 0 : 1));
    const features = new Uint8Array(binned.names.length).fill(1);
    const trees: FinishedTree[] = [];
    memory.margins.fill(0);
    for (let tree = 0; tree < numTrees; tree++) {
      kernel.progress = { ...progress, done: tree };
      const sample = bootstrap ? bootstrapOf(rows, tree, seed, multiplier) : { rows, multiplier: undefined };
      for (const row of sample.rows) {
        const weight = data.weights === undefined ? 1 : data.weights[row];
        gradient[row] = (base - labels[row]) * weight;
        if (hessian !== undefined) hessian[row] = weight;
      }
      const { scales, sums } = quantise(fn, { ...sample, rowCount, gradient, hessian, kernel: kernel.kind }, memory.gradients, memory.hessians);
      memory.rows[0].set(sample.rows);
      const range: RowRange = { side: 0, begin: 0, end: sample.rows.length };
      const context: TreeContext = { kernel, settings, scales, hessians, binCounts: binned.binCounts, features, categorical, tree };
      const grown = yield* growTree(context, range, sums);
      const finished = finishedTree(grown, Float64Array.from(grown, ({ split, value }) => (split === undefined ? value / numTrees : 0)));
      trees.push(finished);
      if (bootstrap) {
        const left = withoutRows(rows, sample.rows, rowCount);
        yield* kernel.apply(left, finished.nodes, 0);
        for (const row of left) unseen[row]++;
      }
      yield { ...progress, done: tree + 1 };
    }
    const outOfBag = Float64Array.from(unseen, (count, row) => (count > 0 ? base + (memory.margins[row] * numTrees) / count : NaN));
    const model = assembleTrees(binned, trees, { kind: 'forest', objective: 'squared', outputs: 1, baseScores: Float64Array.of(base) });
    return Object.freeze({ model, outOfBag });
  } finally {
    kernel.close();
  }
}

/** Fits without blocking the host for longer than 50 ms. See {@link forestTask}. */
export function fitForest(binned: BinnedMatrix, target: ArrayLike<number>, options: ForestOptions & DriveOptions = {}): Promise<ForestFit> {
  return driveWith(options, (own) => forestTask(binned, target, own));
}

/** Fits in one go. See {@link forestTask}. */
export function fitForestSync(binned: BinnedMatrix, target: ArrayLike<number>, options: ForestOptions = {}): ForestFit {
  return driveSync(forestTask(binned, target, options));
}
