/** Weighted cross-products of columns and a target, centred when there is an intercept. */
import { requireSameLength } from '../../core/assert.ts';
import type { Task } from '../../core/drive.ts';
import { DomainError } from '../../core/errors.ts';
import type { MatrixLike } from '../../core/linear-algebra.ts';

export interface Moments {
  /** Sum of weights. */
  readonly total: number;
  readonly xMean: Float64Array;
  readonly yMean: number;
  /** X'WX of centred columns, row-major. */
  readonly gram: Float64Array;
  /** X'Wy. */
  readonly cross: Float64Array;
  /** y'Wy. */
  readonly ySquares: number;
}

/** Products between two progress steps: about 10 ms. */
export const PRODUCTS_PER_STEP = 8_000_000;

/** Moments of a design. @throws `ERR_SHAPE` for lengths that disagree, `ERR_DOMAIN` for values that are not finite or weights below 0 */
export function* designMomentsTask(fn: string, x: MatrixLike, y: ArrayLike<number>, weights: ArrayLike<number> | undefined, fitIntercept: boolean): Task<Moments> {
  const { rows: n, columns: p, data } = x;
  requireSameLength(fn, { 'rows of x': { length: n }, y });
  if (weights !== undefined) requireSameLength(fn, { 'rows of x': { length: n }, weights });
  if (n === 0) throw new DomainError(`${fn}: x must have at least one row, got 0`);
  const xMean = new Float64Array(p);
  let yMean = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    const w = weights === undefined ? 1 : weights[i];
    if (!(w >= 0 && w < Infinity)) throw new DomainError(`${fn}: weights must be finite and >= 0, got ${w} in row ${i}`);
    if (!Number.isFinite(y[i])) throw new DomainError(`${fn}: y must be finite, got ${y[i]} in row ${i}`);
    total += w;
    yMean += w * y[i];
    for (let j = 0; j < p; j++) {
      if (!Number.isFinite(data[i * p + j])) throw new DomainError(`${fn}: x must be finite, got ${data[i * p + j]} in row ${i}, column ${j}`);
      xMean[j] += w * data[i * p + j];
    }
  }
  if (!(total > 0)) throw new DomainError(`${fn}: weights must not all be 0`);
  yMean = fitIntercept ? yMean / total : 0;
  for (let j = 0; j < p; j++) xMean[j] = fitIntercept ? xMean[j] / total : 0;
  const gram = new Float64Array(p * p);
  const cross = new Float64Array(p);
  const row = new Float64Array(p);
  let ySquares = 0;
  const rowsPerStep = Math.max(1, Math.floor(PRODUCTS_PER_STEP / (p * p + 1)));
  for (let i = 0; i < n; i++) {
    if (i % rowsPerStep === rowsPerStep - 1) yield { phase: 'cross-products', done: i, total: n };
    const w = weights === undefined ? 1 : weights[i];
    const yc = y[i] - yMean;
    ySquares += w * yc * yc;
    for (let j = 0; j < p; j++) row[j] = data[i * p + j] - xMean[j];
    for (let j = 0; j < p; j++) {
      const wx = w * row[j];
      cross[j] += wx * yc;
      for (let k = 0; k <= j; k++) gram[j * p + k] += wx * row[k];
    }
  }
  for (let j = 0; j < p; j++) for (let k = j + 1; k < p; k++) gram[j * p + k] = gram[k * p + j];
  return { total, xMean, yMean, gram, cross, ySquares };
}

/** Intercept that goes with coefficients of centred columns. */
export function interceptOf(moments: Moments, coefficients: ArrayLike<number>): number {
  let intercept = moments.yMean;
  for (let j = 0; j < moments.xMean.length; j++) intercept -= coefficients[j] * moments.xMean[j];
  return intercept;
}
