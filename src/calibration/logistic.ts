/** Logistic regression of a few columns, by maximum likelihood. */
import { crossEntropy } from './logit.ts';
import { minimizeConvex } from './newton.ts';
import type { ConvexMinimum } from './newton.ts';
import { sigmoid } from './platt-fit.ts';

/**
 * Minimises the sum of weight * cross entropy of sigmoid(columns * x) plus penalty_j / 2 * x_j^2.
 *
 * Without a penalty, labels of 0 and 1 that some line separates have no minimum: the caller sees to that.
 *
 * @param columns - design by column, each of shape (n)
 * @param target - in [0, 1], shape (n)
 * @param penalty - shape (columns). @default none
 */
export function logisticRegression(columns: readonly Float64Array[], target: ArrayLike<number>, weight: Float64Array, penalty?: ArrayLike<number>): ConvexMinimum {
  const size = columns.length;
  return minimizeConvex((x, gradient, hessian) => {
    let loss = 0;
    for (let j = 0; j < size; j++) {
      const strength = penalty?.[j] ?? 0;
      loss += 0.5 * strength * x[j] * x[j];
      gradient[j] = strength * x[j];
      hessian[j * size + j] = strength;
    }
    for (let i = 0; i < weight.length; i++) {
      let margin = 0;
      for (let j = 0; j < size; j++) margin += columns[j][i] * x[j];
      const p = sigmoid(margin);
      loss += weight[i] * crossEntropy(margin, target[i]);
      const residual = weight[i] * (p - target[i]);
      const curvature = weight[i] * p * (1 - p);
      for (let j = 0; j < size; j++) {
        const v = columns[j][i];
        gradient[j] += residual * v;
        for (let k = 0; k <= j; k++) hessian[j * size + k] += curvature * v * columns[k][i];
      }
    }
    return loss;
  }, new Float64Array(size));
}
