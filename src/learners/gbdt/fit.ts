/** Gradient boosting: trees fitted one after another to the gradients of a loss. */
import { driveSync, driveWith } from '../../core/drive.ts';
import type { DriveOptions, Progress, Task } from '../../core/drive.ts';
import type { BinnedMatrix } from './binned-matrix.ts';
import { boost } from './boost.ts';
import { checkFit } from './fit-input.ts';
import type { GbdtModel } from './model.ts';
import type { GbdtOptions } from './options.ts';
import { assembleTrees } from './trees.ts';
import { openWorkspace } from './workspace.ts';

/** A fit: the model and what was seen on the way. */
export interface GbdtFit {
  readonly model: GbdtModel;
  /** Iterations kept, besides those of an initial model. */
  readonly bestIteration: number;
  readonly reason: 'iterations' | 'early-stopping' | 'no-split';
  /** Mean loss on the early-stopping rows after each iteration; empty without them. */
  readonly lossByIteration: Float64Array;
}

/**
 * Fits a boosted ensemble as a task.
 *
 * Leaf values are -G / (H + lambda) times the learning rate. Gradients and hessians are rounded to integers whose sums are exact, so the
 * result does not depend on the order of rows, on threads, or on which kernel runs; the rounding is far below the noise of a leaf.
 *
 * @param target - label of every row of the matrix; on the rows used, what the objective allows
 * @throws DomainError for labels outside the objective's range or too large to square, `ERR_UNKNOWN_NAME` for an unknown option
 * @see Friedman (2001), Greedy function approximation; Chen and Guestrin (2016), XGBoost, section 2
 */
export function* gbdtTask(binned: BinnedMatrix, target: ArrayLike<number>, options: GbdtOptions = {}): Task<GbdtFit> {
  const input = checkFit('fitGbdt', binned, target, options);
  const { objective, settings, data } = input;
  const start: Progress = { phase: 'boosting', done: 0, total: settings.numIterations };
  yield start; // the checks take a while on many rows
  const hessians = !objective.constantHessian || data.weights !== undefined || settings.dataSampleStrategy === 'goss';
  const workspace = openWorkspace(binned, { trainingCount: data.rows.length, outputs: objective.outputs, hessians, numLeaves: settings.numLeaves, minDataInLeaf: settings.minDataInLeaf }, options.team, options.kernel ?? 'auto');
  try {
    workspace.kernel.progress = start;
    const { trees, baseScores, bestIteration, reason, lossByIteration } = yield* boost(input, workspace, hessians);
    const model = assembleTrees(binned, trees, { kind: 'gbdt', objective: objective.name, outputs: objective.outputs, baseScores });
    return Object.freeze({ model, bestIteration, reason, lossByIteration });
  } finally {
    workspace.kernel.close();
  }
}

/** Fits without blocking the host for longer than 50 ms. See {@link gbdtTask}. */
export function fitGbdt(binned: BinnedMatrix, target: ArrayLike<number>, options: GbdtOptions & DriveOptions = {}): Promise<GbdtFit> {
  return driveWith(options, (own) => gbdtTask(binned, target, own));
}

/** Fits in one go. See {@link gbdtTask}. */
export function fitGbdtSync(binned: BinnedMatrix, target: ArrayLike<number>, options: GbdtOptions = {}): GbdtFit {
  return driveSync(gbdtTask(binned, target, options));
}
