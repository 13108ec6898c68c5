/** The minimum of a smooth convex function of a few parameters. */

/** Loss at `x`; writes the gradient, shape (p), and the lower triangle of the Hessian, row-major (p, p). Both arrive filled with 0. */
export type ConvexLoss = (x: Float64Array, gradient: Float64Array, hessian: Float64Array) => number;

export interface ConvexMinimum {
  readonly x: Float64Array;
  readonly loss: number;
  /** Lower triangle of the Hessian at `x`, row-major (p, p). */
  readonly hessian: Float64Array;
  readonly converged: boolean;
}

const MAX_ITERATIONS = 200;
const MAX_HALVINGS = 60;
const NEAR = 1e-4;
const RIDGE = 1e-12; // share of each diagonal element added to it: a level direction is not walked along

/**
 * Newton's method with halved steps.
 *
 * Done when the Newton decrement sqrt(g' H^-1 g), the distance to the minimum in standard errors where the loss is a negative log
 * likelihood, is below 1e-10, or below 1e-4 and no longer halved by a step.
 *
 * @see Boyd and Vandenberghe (2004), "Convex optimization", section 9.5
 */
export function minimizeConvex(lossAt: ConvexLoss, start: ArrayLike<number>): ConvexMinimum {
  const size = start.length;
  const at = (x: Float64Array): { x: Float64Array; loss: number; gradient: Float64Array; hessian: Float64Array } => {
    const gradient = new Float64Array(size);
    const hessian = new Float64Array(size * size);
    return { x, loss: lossAt(x, gradient, hessian), gradient, hessian };
  };
  let here = at(Float64Array.from(start));
  let lastDecrement = Infinity;
  const end = (converged: boolean): ConvexMinimum => ({ x: here.x, loss: here.loss, hessian: here.hessian, converged });
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const step = solvePositive(here.hessian, here.gradient);
    const decrement = Math.sqrt(step.reduce((sum, s, j) => sum + s * here.gradient[j], 0));
    if (!Number.isFinite(here.loss) || !(decrement >= 0)) return end(false);
    if (decrement <= 1e-10 || (decrement <= NEAR && decrement > lastDecrement / 2)) return end(true);
    lastDecrement = decrement;
    let length = 1;
    let next = at(here.x.map((v, j) => v - step[j]));
    // Near the minimum the loss is level to the last bit while the decrement still falls.
    for (let halving = 0; decrement > NEAR && !(next.loss < here.loss) && halving < MAX_HALVINGS; halving++) {
      length /= 2;
      next = at(here.x.map((v, j) => v - length * step[j]));
    }
    if (decrement > NEAR && !(next.loss < here.loss)) return end(false);
    here = next;
  }
  return end(false);
}

/** Solves A x = b for a positive definite A of which the lower triangle is given, by Cholesky; NaN where A is not. */
export function solvePositive(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const l = Float64Array.from(a);
  for (let j = 0; j < n; j++) {
    l[j * n + j] *= 1 + RIDGE;
    for (let i = j; i < n; i++) {
      let sum = l[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j];
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i * n + k] * x[k];
    x[i] /= l[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= l[k * n + i] * x[k];
    x[i] /= l[i * n + i];
  }
  return x;
}
