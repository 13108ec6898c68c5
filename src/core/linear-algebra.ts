/** Dense matrices and symmetric solves. ml-matrix stays behind this file and never reaches a public type. */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { ShapeError } from './errors.ts';

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
 * Solves A x = b for a symmetric positive semi-definite A (row-major, n x n).
 *
 * Cholesky where A is positive definite; otherwise the minimum-norm solution through the eigenvalues above
 * n * 2^-52 times the largest, so that collinear columns give a defined answer.
 */
export function solveSymmetric(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  if (a.length !== n * n) throw new ShapeError(`solveSymmetric: a must have ${n * n} values, got ${a.length}`);
  if (n === 0) return new Float64Array(0);
  // Only the lower triangle is read: sums in another order may differ in the last bit, which the library refuses as not symmetric.
  const matrix = new Matrix(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i >= j ? a[i * n + j] : a[j * n + i]))));
  const rhs = Matrix.columnVector(b);
  let trace = 0;
  for (let i = 0; i < n; i++) trace = Math.max(trace, a[i * n + i]);
  const cholesky = new CholeskyDecomposition(matrix);
  if (cholesky.isPositiveDefinite()) {
    const lower = cholesky.lowerTriangularMatrix;
    let smallest = Infinity;
    for (let i = 0; i < n; i++) smallest = Math.min(smallest, lower.get(i, i) ** 2);
    if (smallest > 1e-12 * trace) return Float64Array.from(cholesky.solve(rhs).to1DArray());
  }
  const eigen = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
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
