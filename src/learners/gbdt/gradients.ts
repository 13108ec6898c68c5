/** Gradients and hessians of an iteration, and their integer form. Plain loops over typed arrays: this is a tenth of a fit. */
import type { ObjectiveFunctions } from './objective.ts';
import type { Packing } from './histogram.ts';

// Adding and taking off 1.5 * 2^52 rounds a double below 2^51 to the nearest integer, halves to even.
const ROUND = 6755399441055744;

/** Sums a packing is chosen from. */
export interface GradientSums {
  readonly absolute: number;
  readonly hessian: number;
}

/** Gradients of squared loss without weights: margin less label. */
export function squaredGradients(margin: Float64Array, target: Float64Array, rows: Uint32Array, gradient: Float64Array): GradientSums {
  let absolute = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const g = margin[row] - target[row];
    gradient[row] = g;
    absolute += Math.abs(g); // without a branch: signs are as random as coins
  }
  return { absolute, hessian: rows.length };
}

/** Weighted gradients and hessians of any objective. */
export function generalGradients(objective: ObjectiveFunctions, margin: Float64Array, target: Float64Array, weights: Float64Array | undefined, rows: Uint32Array, gradient: Float64Array, hessians: Float64Array): GradientSums {
  let absolute = 0;
  let hessian = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const weight = weights === undefined ? 1 : weights[row];
    const response = objective.response(margin[row]);
    const g = objective.gradient(response, target[row]) * weight;
    const h = objective.hessian(response) * weight;
    gradient[row] = g;
    hessians[row] = h;
    absolute += Math.abs(g); // without a branch: signs are as random as coins
    hessian += h;
  }
  return { absolute, hessian };
}

/** `unit + q` of every row. */
export function packGradients(gradient: Float64Array, rows: Uint32Array, { unit, scale }: Packing, packed: Float64Array): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    packed[row] = unit + (gradient[row] * scale + ROUND - ROUND);
  }
}

/** Hessians as integers, in place; below 2^52 in sum, so each rounds exactly where it matters. */
export function roundHessians(hessians: Float64Array, rows: Uint32Array, scale: number): void {
  for (let i = 0; i < rows.length; i++) hessians[rows[i]] = Math.floor(hessians[rows[i]] * scale + 0.5); // Math.round branches on every value
}
