/** Cross-entropy of several classes. */
import type { Task } from '../../../core/drive.ts';
import { LEAST_HESSIAN, LEAST_SHARE } from './logistic.ts';
import { ROWS_PER_STEP, meanLoss } from './row-objective.ts';
import type { Objective, ObjectiveData } from './types.ts';
import { weightedShare } from './weighted-mean.ts';

/**
 * Negative log-likelihood of p_k = exp(m_k) / sum_j exp(m_j), one margin per class.
 *
 * Gradient p_k - [y = k]. The hessian is K / (K - 1) times its diagonal p_k (1 - p_k), at least 1e-16: the trees of an iteration step
 * together though only K - 1 margins are free, so that full diagonal steps would go too far.
 *
 * @see Friedman, Hastie and Tibshirani (2000), Additive logistic regression, algorithm 6
 */
export function softmaxObjective(classes: number): Objective {
  const factor = classes / (classes - 1);

  // Exponentials wait in the gradient's own place for their sum.
  const fill = (margins: Float64Array, { labels, weights, rows }: ObjectiveData, rowCount: number, from: number, to: number, gradient: Float64Array, hessian: Float64Array): void => {
    const end = classes * rowCount;
    for (let i = from; i < to; i++) {
      const row = rows[i];
      const weight = weights === undefined ? 1 : weights[row];
      let largest = margins[row];
      for (let at = row + rowCount; at < end; at += rowCount) if (margins[at] > largest) largest = margins[at];
      let sum = 0;
      for (let at = row; at < end; at += rowCount) {
        const e = Math.exp(margins[at] - largest);
        gradient[at] = e;
        sum += e;
      }
      const own = labels[row] * rowCount + row;
      for (let at = row; at < end; at += rowCount) {
        const p = gradient[at] / sum;
        gradient[at] = (at === own ? p - 1 : p) * weight;
        hessian[at] = Math.max(factor * p * (1 - p), LEAST_HESSIAN) * weight;
      }
    }
  };

  return {
    name: 'softmax',
    outputs: classes,
    constantHessian: false,
    labelRule: `must be an integer in [0, ${classes - 1}]`,
    isLabel: (label) => Number.isInteger(label) && label >= 0 && label < classes,
    start: (data) => Float64Array.from({ length: classes }, (_, k) => Math.log(Math.max(LEAST_SHARE, weightedShare(data, k)))),
    *gradients(margins, data, rowCount, gradient, hessian): Task<void> {
      const total = data.rows.length;
      const rowsPerStep = Math.max(1, Math.floor(ROWS_PER_STEP / classes));
      for (let from = 0; from < total; from += rowsPerStep) {
        const to = Math.min(from + rowsPerStep, total);
        fill(margins, data, rowCount, from, to, gradient, hessian as Float64Array);
        yield { phase: 'gradients', done: to, total };
      }
    },
    loss: (margins, data, rowCount) =>
      meanLoss(data, (row) => {
        let largest = -Infinity;
        for (let k = 0; k < classes; k++) largest = Math.max(largest, margins[k * rowCount + row]);
        let sum = 0;
        for (let k = 0; k < classes; k++) sum += Math.exp(margins[k * rowCount + row] - largest);
        return largest + Math.log(sum) - margins[data.labels[row] * rowCount + row];
      }),
  };
}
