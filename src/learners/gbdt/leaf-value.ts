/** Values of leaves and what splits gain by them. */
import type { NodeSums } from './kernel/kernel.ts';
import type { GbdtSettings } from './options.ts';

/** Real gradient = integer / gradient scale, and likewise the hessian. Powers of two. */
export interface Scales {
  readonly gradient: number;
  readonly hessian: number;
}

/** What bounds the value of a node: its parent's value, and monotone constraints above it. */
export interface ValueBounds {
  /** Undefined at the root. */
  readonly parentValue: number | undefined;
  readonly lower: number;
  readonly upper: number;
}

/** Bounds of a root. */
export const UNBOUNDED: ValueBounds = Object.freeze({ parentValue: undefined, lower: -Infinity, upper: Infinity });

/**
 * Value of a leaf before shrinkage: the minimum of G w + (H + lambdaL2) w^2 / 2 + lambdaL1 |w|, drawn to the parent's value by `pathSmooth`
 * rows, within the bounds; 0 where nothing bends the loss.
 *
 * @see Chen and Guestrin (2016), XGBoost, equation 5
 */
export function leafValue({ gradient, hessian, count }: NodeSums, scales: Scales, { lambdaL1, lambdaL2, pathSmooth }: Pick<GbdtSettings, 'lambdaL1' | 'lambdaL2' | 'pathSmooth'>, { parentValue, lower, upper }: ValueBounds): number {
  const g = gradient / scales.gradient;
  const bend = hessian / scales.hessian + lambdaL2;
  let value = bend > 0 ? -(lambdaL1 > 0 ? Math.sign(g) * Math.max(0, Math.abs(g) - lambdaL1) : g) / bend : 0;
  if (pathSmooth > 0 && parentValue !== undefined) value = (value * count + parentValue * pathSmooth) / (count + pathSmooth);
  return Math.min(upper, Math.max(lower, value));
}

/** Twice the drop of the penalised second-order loss when rows with these sums get a value. */
export function gainOfValue({ gradient, hessian }: NodeSums, value: number, scales: Scales, lambdaL1: number, lambdaL2: number): number {
  return -(2 * (gradient / scales.gradient) * value + (hessian / scales.hessian + lambdaL2) * value * value + 2 * lambdaL1 * Math.abs(value));
}

/** Sums of the other side. */
export function subtractSums(a: NodeSums, b: NodeSums): NodeSums {
  return { gradient: a.gradient - b.gradient, hessian: a.hessian - b.hessian, count: a.count - b.count };
}
