/** Gradients and hessians as integers, so that sums are exact and no order of rows or threads shows. */
import { DomainError } from '../../core/errors.ts';
import type { NodeSums } from './kernel/kernel.ts';
import type { Scales } from './leaf-value.ts';

// Squares of gradient sums must stay finite.
const MAX_GRADIENT_SUM = 1e150;
// Adding and taking off 1.5 * 2^52 rounds a double below 2^51 to the nearest integer, halves to even.
const ROUND = 6755399441055744;
// Rows up to which both kernels hold a count beside 32 bits of gradient.
const ROWS_OF_BOTH = 2 ** 20 - 1;

/**
 * Scale of gradients, a power of two: their sum over any rows stays below 2^31, or below what the count leaves of a double where a kernel
 * keeps both in one.
 *
 * @param absolute - sum of the absolute gradients, or a bound on it
 */
export function gradientScale(fn: string, rows: number, absolute: number, kernel: 'wasm' | 'typescript'): number {
  if (!(absolute <= MAX_GRADIENT_SUM)) throw new DomainError(`${fn}: target and weights must keep sums of gradients and hessians below ${MAX_GRADIENT_SUM}, got ${absolute}`);
  const bits = kernel === 'wasm' || rows <= ROWS_OF_BOTH ? 31 : 51 - Math.ceil(Math.log2(rows + 1));
  return powerOfTwoBelow((2 ** bits - rows) / absolute);
}

// 1 where there is nothing to scale.
function powerOfTwoBelow(limit: number): number {
  return limit < Infinity ? 2 ** Math.max(-1000, Math.min(1000, Math.floor(Math.log2(limit)))) : 1;
}

/** Integer gradients and hessians of some rows. */
export interface QuantiseInput {
  readonly rows: Uint32Array;
  /** Rows of the matrix, which decide the width of integers. */
  readonly rowCount: number;
  readonly gradient: Float64Array;
  /** Undefined when each is 1. */
  readonly hessian: Float64Array | undefined;
  /** How often each row counts; undefined: once. */
  readonly multiplier: Float64Array | undefined;
  readonly kernel: 'wasm' | 'typescript';
}

/** Writes the integers and returns their scales and sums. Plain loops over typed arrays: they are a tenth of a fit. */
export function quantise(fn: string, { rows, rowCount, gradient, hessian, multiplier, kernel }: QuantiseInput, gradients: Int32Array, hessians: Uint32Array | undefined): { readonly scales: Scales; readonly sums: NodeSums } {
  const n = rows.length;
  if (multiplier !== undefined) multiply(rows, multiplier, gradient, hessian);
  let absolute = 0;
  for (let i = 0; i < n; i++) absolute += Math.abs(gradient[rows[i]]);
  const scale = gradientScale(fn, rowCount, absolute, kernel);
  let gradientSum = 0;
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const q = gradient[row] * scale + ROUND - ROUND;
    gradients[row] = q;
    gradientSum += q;
  }
  if (hessians === undefined || hessian === undefined) return { scales: { gradient: scale, hessian: 1 }, sums: { gradient: gradientSum, hessian: n, count: n } };
  let sum = 0;
  let largest = 0;
  for (let i = 0; i < n; i++) {
    const h = hessian[rows[i]];
    sum += h;
    if (h > largest) largest = h;
  }
  if (!(sum <= MAX_GRADIENT_SUM)) throw new DomainError(`${fn}: target and weights must keep sums of gradients and hessians below ${MAX_GRADIENT_SUM}, got ${sum}`);
  const hessianScale = powerOfTwoBelow(Math.min((2 ** 32 - 1) / largest, (2 ** 52 - n) / sum));
  let hessianSum = 0;
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const q = hessian[row] * hessianScale + ROUND - ROUND;
    hessians[row] = q;
    hessianSum += q;
  }
  return { scales: { gradient: scale, hessian: hessianScale }, sums: { gradient: gradientSum, hessian: hessianSum, count: n } };
}

function multiply(rows: Uint32Array, multiplier: Float64Array, gradient: Float64Array, hessian: Float64Array | undefined): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    gradient[row] *= multiplier[row];
    if (hessian !== undefined) hessian[row] *= multiplier[row];
  }
}
