/** Gauss-Legendre points on (0, 1), which integrate polynomials without error of method. */
import { driveSync } from './drive.ts';
import type { Progress, Task } from './drive.ts';

export interface QuadratureRule {
  /** Ascending in (0, 1), shape (points). */
  readonly t: Float64Array;
  /** 1 - t, with its own last digits, shape (points). */
  readonly rest: Float64Array;
  /** Positive, sum 1, shape (points). */
  readonly weight: Float64Array;
}

// Roots found between two steps of progress, times their points: 1 to 10 ms of Newton steps.
const STEP_COST = 1e5;

/**
 * The rule of `points` points, exact for polynomials of degree below `2 * points`.
 *
 * Roots of the Legendre polynomial by Newton's method from Tricomi's estimate.
 *
 * @see Abramowitz and Stegun (1964), equations 25.4.29 (weights), 22.16.6 (start)
 */
export function* gaussLegendreTask(points: number, progress: Progress): Task<QuadratureRule> {
  const t = new Float64Array(points);
  const rest = new Float64Array(points);
  const weight = new Float64Array(points);
  for (let i = 0, cost = 0; 2 * i < points; i++, cost += points) {
    if (cost > STEP_COST) {
      yield progress;
      cost = 0;
    }
    let x = 2 * i + 1 === points ? 0 : cosine((Math.PI * (4 * i + 3)) / (4 * points + 2));
    let slope = 0;
    for (let step = 0; step < 20; step++) {
      let [before, value] = [0, 1]; // P_(j-1) and P_j at x
      for (let j = 0; j < points; j++) [before, value] = [value, ((2 * j + 1) * x * value - j * before) / (j + 1)];
      slope = (points * (before - x * value)) / (1 - x * x);
      const change = 2 * i + 1 === points ? 0 : value / slope;
      x -= change;
      if (Math.abs(change) <= 1e-15 * Math.max(x, 1e-3)) break;
    }
    const mirrored = points - 1 - i;
    t[mirrored] = rest[i] = (1 + x) / 2;
    t[i] = rest[mirrored] = (1 - x) / 2;
    weight[i] = weight[mirrored] = 1 / ((1 - x * x) * slope * slope);
  }
  return { t, rest, weight };
}

/** {@link gaussLegendreTask} in one go; a rule of a thousand points takes some ten milliseconds. */
export function gaussLegendre(points: number): QuadratureRule {
  return driveSync(gaussLegendreTask(points, { phase: 'quadrature', done: 0, total: 1 }));
}

// The cosine of an angle in [0, pi / 2] to 1e-9, enough for a start. Math.cos may differ in its last bit between engines, and with it the root.
function cosine(angle: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k <= 6; k++) {
    term *= -(angle * angle) / ((2 * k - 1) * (2 * k));
    sum += term;
  }
  return sum;
}
