/** Ordinary least squares with an intercept, by Gaussian elimination: the base model of the resampling references. */
export function olsModel(x: readonly number[][], y: readonly number[], rows: ArrayLike<number>): (row: readonly number[]) => number {
  const width = x[0].length + 1;
  const a = Array.from({ length: width }, () => new Array<number>(width + 1).fill(0));
  for (const r of Array.from(rows)) {
    const z = [1, ...x[r], y[r]];
    for (let i = 0; i < width; i++) for (let j = 0; j <= width; j++) a[i][j] += z[i] * z[j];
  }
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < width; k++) {
      const factor = k === i ? 0 : a[k][i] / a[i][i];
      for (let j = i; j <= width; j++) a[k][j] -= factor * a[i][j];
    }
  }
  return (row) => [1, ...row].reduce((sum, v, i) => sum + (v * a[i][width]) / a[i][i], 0);
}
