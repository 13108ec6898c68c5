/** Whether a classifier can tell the current sample from the reference. */
import { requireInteger, requireKnownKeys } from '../core/assert.ts';
import { driveWith, driveWithSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { ShapeError } from '../core/errors.ts';
import { blockPermutationTask } from './block-permutation.ts';
import type { BlockPermutationOptions } from './block-permutation.ts';
import { mannWhitney } from './mann-whitney.ts';
import type { TwoSampleResult } from './two-sample.ts';

export interface DomainClassifierOptions<Row, Model> extends Omit<BlockPermutationOptions<Row>, 'statistic'> {
  /** A model that tells rows with label 1, the current sample, from rows with label 0. */
  readonly fit: (rows: readonly Row[], labels: Float64Array) => Model;
  /** A score of each row, higher for label 1; shape (rows). */
  readonly predict: (model: Model, rows: readonly Row[]) => ArrayLike<number>;
  /** Parts each sample is cut into along time; each is scored by a model fitted on the others. >= 2 @default 2 */
  readonly folds?: number;
  /** Each fits `folds` models. @default 99 */
  readonly permutations?: number;
}

/**
 * Domain-classifier test, as a task to drive or `yield*`: the mean area under the receiver operating characteristic of models on the parts
 * they were not fitted on.
 *
 * Sees whatever the model can learn, in any number of columns. Under permutation the models are fitted again, because scores of models that
 * learnt from each other's test rows are not independent. 0.5 says that the samples look alike; below 0.5 is chance.
 *
 * @param reference - rows in time order, or in any order with sessions, shape (n1)
 * @param current - what follows, shape (n2)
 * @returns mean area in [0, 1]; otherwise as {@link blockPermutationTask}, with `undefined-statistic` when a part is empty or a score is not a number
 * @throws ShapeError when `predict` returns another number of scores
 * @see Lopez-Paz and Oquab (2017), "Revisiting classifier two-sample tests"; Kim, Ramdas, Singh and Wasserman (2021), "Classification accuracy as a proxy for two-sample testing"
 */
export function* domainClassifierTask<Row, Model>(reference: ArrayLike<Row>, current: ArrayLike<Row>, options: DomainClassifierOptions<Row, Model>): Task<TwoSampleResult> {
  const fn = 'domainClassifierTest';
  requireKnownKeys(fn, options, ['fit', 'predict', 'folds', 'blockLength', 'permutations', 'seed', 'sessions']);
  const { fit: _, predict, folds = 2, permutations = 99, ...rest } = options;
  requireInteger(fn, 'folds', folds, { min: 2 });
  const statistic = (before: readonly Row[], after: readonly Row[]): number => {
    let sum = 0;
    for (let fold = 0; fold < folds; fold++) {
      const [trainBefore, testBefore] = partOf(before, fold, folds);
      const [trainAfter, testAfter] = partOf(after, fold, folds);
      if (Math.min(trainBefore.length, trainAfter.length, testBefore.length, testAfter.length) === 0) return NaN;
      const model = options.fit([...trainBefore, ...trainAfter], Float64Array.from({ length: trainBefore.length + trainAfter.length }, (__, i) => (i < trainBefore.length ? 0 : 1)));
      const test = [...testBefore, ...testAfter];
      const scores = Array.from(predict(model, test));
      if (scores.length !== test.length) throw new ShapeError(`${fn}: predict must return one score for each of ${test.length} rows, got ${scores.length}`);
      const { superiority, missing, status, reason } = mannWhitney(scores.slice(0, testBefore.length), scores.slice(testBefore.length));
      if (missing[0] + missing[1] > 0) return NaN;
      sum += status === 'ok' ? superiority : reason === 'constant' ? 0.5 : NaN;
    }
    return sum / folds;
  };
  return yield* blockPermutationTask(reference, current, { ...rest, permutations, statistic });
}

/** Runs {@link domainClassifierTask} without blocking the host for longer than the fits of one permutation. */
export function domainClassifierTest<Row, Model>(reference: ArrayLike<Row>, current: ArrayLike<Row>, options: DomainClassifierOptions<Row, Model> & DriveOptions): Promise<TwoSampleResult> {
  return driveWith(options, (own) => domainClassifierTask(reference, current, own));
}

/** Runs {@link domainClassifierTask} in one go. */
export function domainClassifierTestSync<Row, Model>(reference: ArrayLike<Row>, current: ArrayLike<Row>, options: DomainClassifierOptions<Row, Model> & DriveOptions): TwoSampleResult {
  return driveWithSync(options, (own) => domainClassifierTask(reference, current, own));
}

// The rows outside and inside part `fold` of as many equal parts along time.
function partOf<Row>(rows: readonly Row[], fold: number, folds: number): readonly [Row[], Row[]] {
  const [start, end] = [Math.floor((fold * rows.length) / folds), Math.floor(((fold + 1) * rows.length) / folds)];
  return [[...rows.slice(0, start), ...rows.slice(end)], rows.slice(start, end)];
}
