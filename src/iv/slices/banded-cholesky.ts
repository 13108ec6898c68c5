/** Linear systems whose matrix is symmetric, positive definite and zero far from the diagonal. */

/**
 * Solves A x = b in place by Cholesky, leaving out no row.
 *
 * @param band - lower band of A by rows, shape (n x (bandwidth + 1)): `band[i * (bandwidth + 1) + bandwidth - (i - j)]` is A(i, j); overwritten by the factor
 * @param b - overwritten by x, shape (n)
 * @returns false where A is not positive definite; then `b` has no meaning
 */
export function solveBanded(band: Float64Array, bandwidth: number, b: Float64Array): boolean {
  const n = b.length;
  const width = bandwidth + 1;
  for (let i = 0; i < n; i++) {
    const row = i * width + bandwidth - i; // band[row + j] is A(i, j)
    const from = Math.max(0, i - bandwidth);
    for (let j = from; j <= i; j++) {
      const other = j * width + bandwidth - j;
      let sum = band[row + j];
      for (let l = Math.max(from, j - bandwidth); l < j; l++) sum -= band[row + l] * band[other + l];
      if (j < i) band[row + j] = sum / band[other + j];
      else if (!(sum > 0) || sum === Infinity) return false;
      else band[row + i] = Math.sqrt(sum);
    }
    let sum = b[i];
    for (let j = from; j < i; j++) sum -= band[row + j] * b[j];
    b[i] = sum / band[row + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = i * width + bandwidth - i;
    b[i] /= band[row + i];
    for (let j = Math.max(0, i - bandwidth); j < i; j++) b[j] -= band[row + j] * b[i];
  }
  return true;
}
