/** Losses of a residual: squared, absolute, Huber and quantile. Their hessian is 1, which is exact for squared loss and a unit step for the others. */
import type { Objective, ObjectiveData } from './types.ts';
import { isFiniteLabel, rowObjective } from './row-objective.ts';
import { weightedMeanLabel } from './weighted-mean.ts';
import { weightedQuantile } from './weighted-quantile.ts';

const LABEL = { labelRule: 'must be finite', isLabel: isFiniteLabel, constantHessian: true } as const;

/** Half the squared error; fits the mean. */
export function squaredObjective(): Objective {
  return rowObjective({
    name: 'squared',
    ...LABEL,
    start: weightedMeanLabel,
    fill(margins, { labels, weights, rows }, from, to, gradient, hessian) {
      for (let i = from; i < to; i++) {
        const row = rows[i];
        const weight = weights === undefined ? 1 : weights[row];
        gradient[row] = (margins[row] - labels[row]) * weight;
        if (hessian !== undefined) hessian[row] = weight;
      }
    },
    lossAt: (margin, label) => (margin - label) ** 2 / 2,
  });
}

/** Absolute error; fits the median. The gradient is the sign of margin less label, 0 where they are equal. */
export function absoluteObjective(): Objective {
  return rowObjective({
    name: 'absolute',
    ...LABEL,
    renewalLevel: 0.5,
    start: (data) => labelQuantile(data, 0.5),
    fill(margins, { labels, weights, rows }, from, to, gradient, hessian) {
      for (let i = from; i < to; i++) {
        const row = rows[i];
        const weight = weights === undefined ? 1 : weights[row];
        gradient[row] = Math.sign(margins[row] - labels[row]) * weight;
        if (hessian !== undefined) hessian[row] = weight;
      }
    },
    lossAt: (margin, label) => Math.abs(margin - label),
  });
}

/**
 * Huber's loss: half the square of a residual up to `alpha`, linear with slope `alpha` beyond.
 *
 * @see Huber (1964), Robust estimation of a location parameter
 */
export function huberObjective(alpha: number): Objective {
  return rowObjective({
    name: 'huber',
    ...LABEL,
    start: (data) => huberLocation(data, alpha),
    fill(margins, { labels, weights, rows }, from, to, gradient, hessian) {
      for (let i = from; i < to; i++) {
        const row = rows[i];
        const weight = weights === undefined ? 1 : weights[row];
        gradient[row] = Math.max(-alpha, Math.min(alpha, margins[row] - labels[row])) * weight;
        if (hessian !== undefined) hessian[row] = weight;
      }
    },
    lossAt(margin, label) {
      const distance = Math.abs(margin - label);
      return distance <= alpha ? distance ** 2 / 2 : alpha * (distance - alpha / 2);
    },
  });
}

/**
 * Pinball loss: `level` per unit a label lies above the margin, `1 - level` per unit below; fits the quantile. Where they are equal the
 * gradient is `1 - level`.
 *
 * @see Koenker and Bassett (1978), Regression quantiles
 */
export function quantileObjective(level: number): Objective {
  const above = 1 - level;
  return rowObjective({
    name: 'quantile',
    ...LABEL,
    renewalLevel: level,
    start: (data) => labelQuantile(data, level),
    fill(margins, { labels, weights, rows }, from, to, gradient, hessian) {
      for (let i = from; i < to; i++) {
        const row = rows[i];
        const weight = weights === undefined ? 1 : weights[row];
        gradient[row] = (margins[row] >= labels[row] ? above : -level) * weight;
        if (hessian !== undefined) hessian[row] = weight;
      }
    },
    lossAt: (margin, label) => (margin >= label ? above * (margin - label) : level * (label - margin)),
  });
}

function labelQuantile({ labels, weights, rows }: ObjectiveData, level: number): number {
  return weightedQuantile(gather(labels, rows), weights === undefined ? undefined : gather(weights, rows), level);
}

function gather(values: Float64Array, rows: Uint32Array): Float64Array {
  const out = new Float64Array(rows.length);
  for (let i = 0; i < out.length; i++) out[i] = values[rows[i]];
  return out;
}

// Root of the gradient's sum, which rises with the margin and changes sign within alpha of the median: Newton steps on its linear pieces,
// halving the bracket where they leave it.
function huberLocation(data: ObjectiveData, alpha: number): number {
  const { labels, weights, rows } = data;
  let margin = labelQuantile(data, 0.5);
  let low = margin - alpha;
  let high = margin + alpha;
  for (;;) {
    let slope = 0;
    let gradient = 0;
    let size = 0;
    for (const row of rows) {
      const weight = weights === undefined ? 1 : weights[row];
      const residual = margin - labels[row];
      if (Math.abs(residual) <= alpha) slope += weight;
      const pull = weight * Math.max(-alpha, Math.min(alpha, residual));
      gradient += pull;
      size += Math.abs(pull);
    }
    if (Math.abs(gradient) <= rows.length * 2 ** -52 * size) return margin; // 0 but for the rounding of the sum
    if (gradient > 0) high = margin;
    else low = margin;
    const newton = margin - gradient / slope;
    const step = newton > low && newton < high ? newton : low / 2 + high / 2;
    if (!(step > low && step < high)) return margin;
    margin = step;
  }
}
