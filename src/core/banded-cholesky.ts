/** Symmetric banded systems: what local terms of a chain of unknowns add up to, solved in n b^2 operations. */

/** A symmetric matrix of half bandwidth b: element (i, j), i - b <= j <= i, is `data[i * (b + 1) + j - i + b]`. */
export interface SymmetricBand {
  readonly size: number;
  readonly bandwidth: number;
  readonly data: Float64Array;
}

/** A matrix of zeros. */
export function symmetricBand(size: number, bandwidth: number): SymmetricBand {
  return { size, bandwidth, data: new Float64Array(size * (bandwidth + 1)) };
}

/** Adds weight * a a' for the row `a` = coefficient[from..to) whose first column is `start`. The row may be no longer than bandwidth + 1. */
export function addOuterProduct(matrix: SymmetricBand, weight: number, start: number, coefficient: Float64Array, from: number, to: number): void {
  const { bandwidth: b, data } = matrix;
  for (let r = from; r < to; r++) {
    const scaled = weight * coefficient[r];
    const i = start + r - from;
    const diagonal = i * (b + 1) + b - (r - from);
    for (let c = from; c <= r; c++) data[diagonal + c - from] += scaled * coefficient[c];
  }
}

// A pivot this large makes its unknown 0 in the solution, whatever the right-hand side.
const BLOCKED = 1e128;

/**
 * Replaces the matrix by its Cholesky factor.
 *
 * Where rounding has left of a pivot less than `floor` times its diagonal element, the equation depends on those before: its unknown is set to 0 in every
 * solution, so that a positive semi-definite matrix always has a factor.
 *
 * @returns how many equations were dependent; -1 where a value is not finite or a diagonal element negative, and the factor is useless
 * @see Wright (1999), "Modified Cholesky factorizations in interior-point algorithms for linear programming"
 */
export function factorBand(matrix: SymmetricBand, floor = 1e-15): number {
  const { size: n, bandwidth: b, data } = matrix;
  const stride = b + 1;
  let dependent = 0;
  for (let i = 0; i < n; i++) {
    const row = i * stride + b - i;
    const first = Math.max(0, i - b);
    const original = data[row + i];
    for (let j = first; j < i; j++) {
      const other = j * stride + b - j;
      let sum = data[row + j];
      for (let k = Math.max(first, j - b); k < j; k++) sum -= data[row + k] * data[other + k];
      data[row + j] = sum / data[other + j];
    }
    let pivot = original;
    for (let k = first; k < i; k++) pivot -= data[row + k] * data[row + k];
    if (!(pivot > floor * original)) {
      if (!(original >= 0) || pivot !== pivot) return -1;
      pivot = BLOCKED;
      dependent++;
    }
    data[row + i] = Math.sqrt(pivot);
  }
  return dependent;
}

/** Solves in place by the factor that {@link factorBand} left. */
export function solveBand(factor: SymmetricBand, x: Float64Array): void {
  const { size: n, bandwidth: b, data } = factor;
  const stride = b + 1;
  for (let i = 0; i < n; i++) {
    const row = i * stride + b - i;
    let sum = x[i];
    for (let k = Math.max(0, i - b); k < i; k++) sum -= data[row + k] * x[k];
    x[i] = sum / data[row + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = i * stride + b - i;
    const value = x[i] / data[row + i];
    x[i] = value;
    for (let k = Math.max(0, i - b); k < i; k++) x[k] -= data[row + k] * value;
  }
}

/**
 * Solves A x = b in place; the matrix is left as its factor.
 *
 * @returns false where A is not positive definite or x not finite; then `b` has no meaning
 */
export function solvePositiveBand(matrix: SymmetricBand, b: Float64Array): boolean {
  if (factorBand(matrix, 0) !== 0) return false;
  solveBand(matrix, b);
  return b.every(Number.isFinite);
}
