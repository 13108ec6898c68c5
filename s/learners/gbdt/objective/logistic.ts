/** Logistic loss of labels in {0, 1}. */
import type { Objective } from './types.ts';
import { rowObjective } from './row-objective.ts';
import { weightedMeanLabel } from './weighted-mean.ts';

/** Least hessian of a row of weight 1: where p rounds to 0 or 1 a leaf still has a step, and it is finite. */
export const LEAST_HESSIAN = 1e-16;

/** A class that is always or never there would start at infinity. */
export const LEAST_SHARE = 1e-9;

/** Negative log-likelihood of p = 1 / (1 + exp(-m)): gradient p - y, hessian p (1 - p) but at least 1e-16. */
export function logisticObjective(): Objective {
  return rowObjective({
    name: 'logistic',
    constantHessian: false,
    labelRule: 'must be 0 or 1',
    isLabel: (label) => label === 0 || label === 1,
    start(data) {
      const p = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, weightedMeanLabel(data)));
      return Math.log(p / (1 - p));
    },
    fill(margins, { labels, weights, rows }, from, to, gradient, hessian) {
      for (let i = from; i < to; i++) {
        const row = rows[i];
        const weight = weights === undefined ? 1 : weights[row];
        const p = 1 / (1 + Math.exp(-margins[row])); // an exponential that overflows makes p its limit, 0
        gradient[row] = (p - labels[row]) * weight;
        if (hessian !== undefined) hessian[row] = Math.max(p * (1 - p), LEAST_HESSIAN) * weight;
      }
    },
    lossAt: (margin, label) => Math.max(margin, 0) - margin * label + Math.log1p(Math.exp(-Math.abs(margin))),
  });
}
