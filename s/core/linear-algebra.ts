/** Dense matrices and symmetric solves. ml-matrix stays behind this file and never reaches a public type. */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { DomainError, ShapeError } from './errors.ts';

/** Row-major matrix: element (i, j) is `data[i * columns + j]`. */
export interface MatrixLike {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A MatrixLike from rows of numbers, all of one length. */
export function matrixFromRows(rows: readonly ArrayLike<number>[]): MatrixLike {
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    if (row.length !== columns) throw new ShapeError(`matrixFromRows: row ${i} must have ${columns} values, got ${row.length}`);
    data.set(row, i * columns);
  });
  return { rows: rows.length, columns, data };
}

/**
 * Solves A x = b for a symmetric positive semi-definite A (row-major, n x n), of which only the lower triangle is read.
 *
 * Cholesky after scaling the diagonal to 1, so that columns in very different units do not matter; where A is singular the minimum-norm
 * solution through the eigenvalues above n * 2^-52 times the largest, so that collinear columns give a defined answer.
 *
 * @throws ShapeError for unequal sizes, DomainError for values that are not finite
 */
export function solveSymmetric(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  if (a.length !== n * n) throw new ShapeError(`solveSymmetric: a must have ${n * n} values, got ${a.length}`);
  if (!a.every(Number.isFinite) || !b.every(Number.isFinite)) throw new DomainError('solveSymmetric: a and b must be finite');
  if (n === 0) return new Float64Array(0);
  // Sums in another order may differ in the last bit, which the library refuses as not symmetric.
  const lowerAt = (i: number, j: number): number => (i >= j ? a[i * n + j] : a[j * n + i]);
  const scale = Float64Array.from({ length: n }, (_, i) => (lowerAt(i, i) > 0 ? 1 / Math.sqrt(lowerAt(i, i)) : 1));
  const cholesky = new CholeskyDecomposition(symmetric(n, (i, j) => lowerAt(i, j) * scale[i] * scale[j]));
  if (cholesky.isPositiveDefinite()) {
    const lower = cholesky.lowerTriangularMatrix;
    let smallest = Infinity;
    for (let i = 0; i < n; i++) smallest = Math.min(smallest, lower.get(i, i) ** 2);
    // A pivot is 1 minus the squared multiple correlation of its column with those before.
    if (smallest > 1e-12) return Float64Array.from(cholesky.solve(Matrix.columnVector(b.map((v, i) => v * scale[i]))).to1DArray(), (v, i) => v * scale[i]);
  }
  const eigen = new EigenvalueDecomposition(symmetric(n, lowerAt), { assumeSymmetric: true });
  const values = eigen.realEigenvalues;
  const cut = n * 2 ** -52 * Math.max(...values.map(Math.abs));
  const vectors = eigen.eigenvectorMatrix;
  const x = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    if (values[k] <= cut) continue;
    let projection = 0;
    for (let i = 0; i < n; i++) projection += vectors.get(i, k) * b[i];
    for (let i = 0; i < n; i++) x[i] += (vectors.get(i, k) * projection) / values[k];
  }
  return x;
}

function symmetric(n: number, valueAt: (i: number, j: number) => number): Matrix {
  const matrix = new Matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix.set(i, j, valueAt(i, j)).set(j, i, valueAt(i, j));
  }
  return matrix;
}
