/** Rows of several columns with a class each, checked once. */
import { requireInteger, requireNumber, show } from '../core/assert.ts';
import { DomainError, ShapeError } from '../core/errors.ts';
import type { MatrixLike } from '../core/linear-algebra.ts';

/** A matrix as {@link MatrixLike} or as rows of numbers. */
export type MatrixRows = MatrixLike | readonly ArrayLike<number>[];

export interface ClassRows {
  /** Row-major, shape (n, columns), finite. */
  readonly data: Float64Array;
  readonly columns: number;
  /** Class of each row, shape (n). */
  readonly label: Uint32Array;
  /** Above 0, shape (n). */
  readonly weight: Float64Array;
  /** Total weight of each class, shape (classCount). */
  readonly classWeight: Float64Array;
  readonly n: number;
  /** Rows left out because a column or the class is missing or their weight is 0. */
  readonly missingRows: number;
}

/** The rows of a matrix in row-major order; rows must be of one length. */
export function matrixRows(fn: string, name: string, matrix: MatrixRows): MatrixLike {
  if ('data' in matrix) {
    if (matrix.data.length !== matrix.rows * matrix.columns) throw new ShapeError(`${fn}: ${name}.data must have ${matrix.rows} x ${matrix.columns} values, got ${matrix.data.length}`);
    return matrix;
  }
  const columns = matrix[0]?.length ?? 0;
  const data = new Float64Array(matrix.length * columns);
  for (const [i, row] of matrix.entries()) {
    if (row.length !== columns) throw new ShapeError(`${fn}: ${name} must have rows of ${columns} values, got ${row.length} in row ${i}`);
    data.set(row, i * columns);
  }
  return { rows: matrix.length, columns, data };
}

/**
 * The rows with finite columns, a class and a weight above 0.
 *
 * @param classCount - classes are 0 .. classCount - 1
 * @throws ShapeError for different lengths; DomainError for other classes and for weights that are negative or not finite
 */
export function classRows(fn: string, matrix: MatrixLike, labels: ArrayLike<number>, classCount: number, weights?: ArrayLike<number>): ClassRows {
  const { rows, columns, data } = matrix;
  if (labels.length !== rows || (weights && weights.length !== rows)) throw new ShapeError(`${fn}: labels and weights must have one value for each of ${rows} rows, got ${labels.length} and ${weights?.length}`);
  const kept = new Float64Array(data.length);
  const label = new Uint32Array(rows);
  const weight = new Float64Array(rows);
  const classWeight = new Float64Array(classCount);
  let n = 0;
  for (let i = 0; i < rows; i++) {
    const y = labels[i];
    const w = weights === undefined ? 1 : requireNumber(fn, 'weights', weights[i], { min: 0 });
    if (y === y && !(Number.isInteger(y) && y >= 0 && y < classCount)) throw new DomainError(`${fn}: labels must be classes 0 to ${classCount - 1} or NaN, got ${show(y)} at row ${i}`);
    const values = data.subarray(i * columns, (i + 1) * columns);
    if (y !== y || w === 0 || !values.every(Number.isFinite)) continue;
    kept.set(values, n * columns);
    label[n] = y;
    weight[n++] = w;
    classWeight[y] += w;
  }
  return { data: kept.subarray(0, n * columns), columns, label: label.subarray(0, n), weight: weight.subarray(0, n), classWeight, n, missingRows: rows - n };
}

/** Number of classes of labels 0, 1, ...: one more than the largest, at least 2. */
export function countClasses(fn: string, labels: ArrayLike<number>, given?: number): number {
  if (given !== undefined) return requireInteger(fn, 'classCount', given, { min: 2, max: 10_000 });
  let largest = 1;
  for (let i = 0; i < labels.length; i++) if (labels[i] > largest) largest = labels[i];
  return requireInteger(fn, 'the largest label', largest, { max: 9999 }) + 1;
}

/** exp(value) / sum of exp, of `size` values of `data` from `offset` on, times `scale`, into `out`. Returns the log of the sum. */
export function softmax(data: ArrayLike<number>, offset: number, size: number, scale: number, out: Float64Array): number {
  let largest = -Infinity;
  for (let k = 0; k < size; k++) largest = Math.max(largest, scale * data[offset + k]);
  let sum = 0;
  for (let k = 0; k < size; k++) {
    out[k] = Math.exp(scale * data[offset + k] - largest);
    sum += out[k];
  }
  for (let k = 0; k < size; k++) out[k] /= sum;
  return largest + Math.log(sum);
}
