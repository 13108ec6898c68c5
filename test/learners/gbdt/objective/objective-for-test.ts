import { driveSync } from '../../../../src/core/drive.ts';
import { objectiveOf } from '../../../../src/learners/gbdt/objective/objective-of.ts';
import type { ObjectiveOptions } from '../../../../src/learners/gbdt/objective/options.ts';
import type { Objective, ObjectiveData } from '../../../../src/learners/gbdt/objective/types.ts';

export function objective(options: ObjectiveOptions, seed = 0): Objective {
  return objectiveOf('fitGbdt', options, seed);
}

/** All rows, unless some are named. */
export function dataOf(labels: ArrayLike<number>, rest: { weights?: ArrayLike<number> | null; groups?: ArrayLike<number> | null; rows?: ArrayLike<number> } = {}): ObjectiveData {
  const { weights, groups, rows } = rest;
  return {
    labels: Float64Array.from(labels),
    weights: weights == null ? undefined : Float64Array.from(weights),
    groups: groups ?? undefined,
    rows: rows === undefined ? Uint32Array.from(labels, (_, i) => i) : Uint32Array.from(rows),
  };
}

/** Gradients and hessians as arrays of their own; what is not written is NaN. */
export function derivatives(loss: Objective, margins: ArrayLike<number>, data: ObjectiveData, iteration = 0): { gradient: Float64Array; hessian: Float64Array } {
  const rowCount = data.labels.length;
  const gradient = new Float64Array(loss.outputs * rowCount).fill(NaN);
  const constant = loss.constantHessian && data.weights === undefined;
  const hessian = new Float64Array(loss.outputs * rowCount).fill(constant ? 1 : NaN);
  driveSync(loss.gradients(Float64Array.from(margins), data, rowCount, gradient, constant ? undefined : hessian, iteration));
  return { gradient, hessian };
}

export function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((a, b) => a + b, 0);
}

/** Largest |a - b| over the entries. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Math.max(0, ...Array.from(a, (value, i) => (Object.is(value, b[i]) ? 0 : Math.abs(value - b[i]))));
}
