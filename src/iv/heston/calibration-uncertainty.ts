/** What the residuals leave open: standard errors, and the direction in which parameters can move almost without a trace. */
import { type CalibrationCoordinates, fillSlopes } from './calibration-coordinates.ts';

export interface CalibrationUncertainty {
  /** Of each parameter, shape (m): NaN where it is fixed, on a bound, or where the quotes do not determine it. */
  readonly standardErrors: Float64Array;
  /** Correlations of the estimates, shape (m, m) row-major; NaN likewise. */
  readonly correlation: Float64Array;
  /** Largest over smallest singular value of the Jacobian, columns scaled to one length; Infinity when it is singular. */
  readonly conditionNumber: number;
  /** Change of the free coordinates to which the residuals react least, the largest component 1, shape (p); 0 for those on a bound. */
  readonly weakestDirection: Float64Array;
}

/**
 * From the Jacobian at the minimum, shape (n, p): covariance s^2 (J'J)^-1 with s^2 = sum of squares / (n - p), carried to the parameters.
 *
 * Parameters on a bound count as known. The errors are those of independent quotes around a true model; misfit of the model makes them
 * too small.
 *
 * @param sumOfSquares - of the first `rowCount` residuals; further rows of the Jacobian are prior knowledge
 */
export function calibrationUncertainty(coordinates: CalibrationCoordinates, point: Float64Array, vector: Float64Array, jacobian: Float64Array, rowCount: number, sumOfSquares: number): CalibrationUncertainty {
  const { count, freeCount: p, lower, upper, matrix } = coordinates;
  const moving = [...point.keys()].filter((j) => point[j] > lower[j] && point[j] < upper[j]);
  const q = moving.length;
  const standardErrors = new Float64Array(count).fill(NaN);
  const correlation = new Float64Array(count * count).fill(NaN);
  const weakestDirection = new Float64Array(p);
  const none = { standardErrors, correlation, conditionNumber: Infinity, weakestDirection };
  if (q === 0) return { ...none, conditionNumber: 1 };

  const scale = moving.map((j) => columnLength(jacobian, p, j));
  if (scale.some((length) => !(length > 0))) return none;
  const normal = new Float64Array(q * q);
  for (let row = 0; row < jacobian.length; row += p) {
    for (let a = 0; a < q; a++) for (let b = 0; b < q; b++) normal[a * q + b] += (jacobian[row + moving[a]] / scale[a]) * (jacobian[row + moving[b]] / scale[b]);
  }
  const { values, vectors } = symmetricEigen(normal, q);
  let smallest = 0;
  let largest = 0;
  for (let a = 1; a < q; a++) {
    if (values[a] < values[smallest]) smallest = a;
    if (values[a] > values[largest]) largest = a;
  }
  moving.forEach((j, a) => {
    weakestDirection[j] = vectors[a * q + smallest] / scale[a];
  });
  let longest = 0;
  for (const change of weakestDirection) if (Math.abs(change) > Math.abs(longest)) longest = change;
  for (let j = 0; j < p; j++) if (weakestDirection[j] !== 0) weakestDirection[j] /= longest;
  if (!(values[smallest] > 1e-14 * values[largest])) return none; // rounding of J'J
  const conditionNumber = Math.sqrt(values[largest] / values[smallest]);
  if (rowCount <= q) return { ...none, conditionNumber };

  const covariance = new Float64Array(q * q); // of the moving coordinates
  const variance = sumOfSquares / (rowCount - q);
  for (let a = 0; a < q; a++) {
    for (let b = 0; b < q; b++) {
      let sum = 0;
      for (let k = 0; k < q; k++) sum += (vectors[a * q + k] * vectors[b * q + k]) / values[k];
      covariance[a * q + b] = (variance * sum) / (scale[a] * scale[b]);
    }
  }
  const slopes = new Float64Array(count);
  fillSlopes(coordinates, vector, slopes);
  const spread = (i: number, j: number): number => {
    let sum = 0;
    for (let a = 0; a < q; a++) for (let b = 0; b < q; b++) sum += matrix[i * p + moving[a]] * covariance[a * q + b] * matrix[j * p + moving[b]];
    return sum * slopes[i] * slopes[j];
  };
  for (let i = 0; i < count; i++) {
    const own = spread(i, i);
    if (moving.some((column) => matrix[i * p + column] !== 0)) standardErrors[i] = Math.sqrt(Math.max(0, own));
  }
  for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) correlation[i * count + j] = i === j ? standardErrors[i] / standardErrors[i] : spread(i, j) / (standardErrors[i] * standardErrors[j]);
  return { standardErrors, correlation, conditionNumber, weakestDirection };
}

function columnLength(jacobian: Float64Array, p: number, column: number): number {
  let sum = 0;
  for (let at = column; at < jacobian.length; at += p) sum += jacobian[at] * jacobian[at];
  return Math.sqrt(sum);
}

/** Eigenvalues and eigenvectors (in columns) of a small symmetric matrix by Jacobi's rotations; exact to rounding for the few dimensions here. */
function symmetricEigen(matrix: Float64Array, n: number): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const a = matrix.slice();
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += Math.abs(a[i * n + j]);
    if (off < 1e-300) break;
    for (let i = 0; i < n - 1; i++) for (let j = i + 1; j < n; j++) rotate(a, vectors, n, i, j);
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors };
}

// The rotation that makes element (i, j) zero: t = tan of its angle, the smaller root of t^2 + 2 h t = 1.
function rotate(a: Float64Array, vectors: Float64Array, n: number, i: number, j: number): void {
  const pivot = a[i * n + j];
  if (pivot === 0) return;
  const h = (a[j * n + j] - a[i * n + i]) / (2 * pivot);
  const t = (h >= 0 ? 1 : -1) / (Math.abs(h) + Math.sqrt(h * h + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) turn(a, k * n + i, k * n + j, c, s);
  for (let k = 0; k < n; k++) turn(a, i * n + k, j * n + k, c, s);
  for (let k = 0; k < n; k++) turn(vectors, k * n + i, k * n + j, c, s);
  a[i * n + j] = 0;
  a[j * n + i] = 0;
}

function turn(values: Float64Array, i: number, j: number, c: number, s: number): void {
  const x = values[i];
  const y = values[j];
  values[i] = c * x - s * y;
  values[j] = s * x + c * y;
}
