/** Shifts of the mean of several columns, measured by their covariance. */
import { requireSameLength } from '../core/assert.ts';
import { regularizedBeta } from '../core/special-functions.ts';
import { pointSamples, rowOf } from './sample-values.ts';
import type { PointRows, Points } from './sample-values.ts';
import { twoSampleResult } from './two-sample.ts';
import type { TwoSampleResult } from './two-sample.ts';

/**
 * Hotelling's T-squared test of equal means of two samples of rows with one covariance.
 *
 * Exact for normal rows. Blind to what leaves the means alone. Any order of the rows and any invertible linear map of the columns gives the same, up to rounding.
 *
 * @param reference - rows of numbers, shape (n1, k); a row with a missing value is left out and counted
 * @param current - shape (n2, k)
 * @returns T^2; `too-few-values` unless n1 + n2 > k + 1, `singular-covariance` when a column is constant or a sum of others
 * @throws ShapeError for rows of different lengths
 * @see Hotelling (1931), "The generalization of Student's ratio", section 4
 */
export function hotellingTest(reference: Points, current: Points): TwoSampleResult {
  const { x, y, n, missing, reason } = pointSamples('hotellingTest', reference, current);
  if (reason !== null) return twoSampleResult(reason, NaN, NaN, n, missing);
  const k = x.columns;
  const freedom = n[0] + n[1] - 2;
  const [centerX, centerY] = [center(x), center(y)];
  const cross = crossProducts(x, centerX);
  crossProducts(y, centerY).forEach((value, i) => {
    cross[i] += value;
  });
  const distance = mahalanobis(cross.map((value) => value / freedom), k);
  const statistic = ((n[0] * n[1]) / (n[0] + n[1])) * (distance?.(centerX.map((value, j) => value - centerY[j])) ?? NaN);
  const below = freedom - k + 1;
  const ratio = statistic / freedom; // F k / below
  return twoSampleResult(below < 1 ? 'too-few-values' : distance === null ? 'singular-covariance' : null, statistic, regularizedBeta(1 / (1 + ratio), below / 2, k / 2, ratio / (1 + ratio)), n, missing);
}

/**
 * Mahalanobis distance of each row from the mean of a reference, by the reference's sample covariance.
 *
 * @param reference - rows of numbers, shape (n1, k); rows with a missing value are left out
 * @param rows - shape (n2, k)
 * @returns shape (n2); NaN for a row with a missing or infinite value, and for all when the covariance is singular or the reference not finite
 * @throws ShapeError for rows of different lengths
 */
export function mahalanobisDistances(reference: Points, rows: Points): Float64Array {
  const { x } = pointSamples('mahalanobisDistances', reference, []);
  const middle = center(x);
  const distance = x.n === 0 ? null : mahalanobis(crossProducts(x, middle).map((value) => value / (x.n - 1)), x.columns);
  return Float64Array.from({ length: rows.length }, (_, i) => {
    const row = rowOf(rows[i]);
    if (distance === null || !row.every(Number.isFinite)) return NaN;
    requireSameLength('mahalanobisDistances', { 'a reference row': middle, [`row ${i}`]: row });
    return Math.sqrt(distance(row.map((value, j) => value - middle[j])));
  });
}

function center({ data, n, columns }: PointRows): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) sums[i % columns] += data[i];
  return sums.map((sum) => sum / n);
}

// Row-major, shape (k, k).
function crossProducts({ data, n, columns }: PointRows, middle: Float64Array): Float64Array {
  const sums = new Float64Array(columns * columns);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < columns; j++) {
      const left = data[i * columns + j] - middle[j];
      for (let k = 0; k <= j; k++) sums[j * columns + k] += left * (data[i * columns + k] - middle[k]);
    }
  }
  return sums;
}

const SINGULAR = 1e-12; // share of its variance that a column has of its own

/** The squared length of a vector by a covariance (its lower triangle is read), through its Cholesky factor; null when singular. */
function mahalanobis(covariance: Float64Array, k: number): ((difference: Float64Array) => number) | null {
  const factor = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = covariance[i * k + j];
      for (let l = 0; l < j; l++) rest -= factor[i * k + l] * factor[j * k + l];
      if (i === j && !(rest > SINGULAR * covariance[i * k + i])) return null;
      factor[i * k + j] = i === j ? Math.sqrt(rest) : rest / factor[j * k + j];
    }
  }
  return (difference) => {
    const solved = new Float64Array(k);
    let sum = 0;
    for (let i = 0; i < k; i++) {
      let rest = difference[i];
      for (let l = 0; l < i; l++) rest -= factor[i * k + l] * solved[l];
      solved[i] = rest / factor[i * k + i];
      sum += solved[i] * solved[i];
    }
    return sum;
  };
}
