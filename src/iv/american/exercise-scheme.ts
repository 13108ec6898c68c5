/** Nodes, weights and interpolation rows of the early-exercise solver: they depend on no option, so they are made once. */
import { gaussLegendre } from '../../core/gauss-legendre.ts';

export interface ExerciseScheme {
  /** Chebyshev nodes of the boundary beside time 0. */
  readonly nodes: number;
  /** Quadrature points of one step. */
  readonly points: number;
  /** sqrt(tau_i / T) of node i, descending from 1 to 0, shape (nodes + 1). */
  readonly nodeRoot: Float64Array;
  /** Quadrature points c = sqrt(remaining time / whole time), ascending in (0, 1), shape (points). */
  readonly remainingRoot: Float64Array;
  /** Weights for integrals over c, sum 1, shape (points). */
  readonly weight: Float64Array;
  /** Row (i * points + k): the boundary at sqrt(tau_i (1 - c_k^2)) as a combination of its nodes, shape (nodes * points * (nodes + 1)). */
  readonly interpolation: Float64Array;
}

/**
 * A scheme of `nodes` boundary nodes and `points` quadrature points.
 *
 * The boundary is interpolated in sqrt(time) at Chebyshev points of the second kind (barycentric form, Berrut and Trefethen 2004, eq. 5.4). Integrals
 * over elapsed time u = tau cos^2(angle) are taken by the Gauss-Legendre rule in the angle: the paper's variable removes the root at u = tau only,
 * this one also that of the boundary at u = 0.
 *
 * @see Andersen, Lake and Offengenden (2016), "High-performance American option pricing", sections 4 and 5
 */
export function exerciseScheme(nodes: number, points: number): ExerciseScheme {
  const nodeRoot = Float64Array.from({ length: nodes + 1 }, (_, i) => (1 + cosine((Math.PI * i) / nodes)) / 2);
  const { t, weight } = gaussLegendre(points);
  const remainingRoot = t.map((x) => cosine((Math.PI / 2) * (1 - x)));
  const elapsedRoot = t.map((x) => cosine((Math.PI / 2) * x));
  for (let k = 0; k < points; k++) weight[k] *= (Math.PI / 2) * elapsedRoot[k];
  const interpolation = new Float64Array(nodes * points * (nodes + 1));
  for (let i = 0; i < nodes; i++) {
    for (let k = 0; k < points; k++) {
      barycentricRow(nodeRoot, nodeRoot[i] * elapsedRoot[k], interpolation.subarray((i * points + k) * (nodes + 1), (i * points + k + 1) * (nodes + 1)));
    }
  }
  return { nodes, points, nodeRoot, remainingRoot, weight, interpolation };
}

export function barycentricRow(at: Float64Array, x: number, row: Float64Array): void {
  let sum = 0;
  for (let j = 0; j < at.length; j++) {
    const gap = x - at[j];
    if (gap === 0) {
      row.fill(0)[j] = 1;
      return;
    }
    row[j] = ((j === 0 || j === at.length - 1 ? 0.5 : 1) * (j % 2 === 0 ? 1 : -1)) / gap;
    sum += row[j];
  }
  for (let j = 0; j < at.length; j++) row[j] /= sum;
}

// By its series: Math.cos may differ in the last bit between engines.
function cosine(angle: number): number {
  if (angle > Math.PI / 2) return -cosine(Math.PI - angle);
  let term = 1;
  let sum = 1;
  for (let k = 1; k <= 12; k++) {
    term *= -(angle * angle) / ((2 * k - 1) * (2 * k));
    sum += term;
  }
  return sum;
}
