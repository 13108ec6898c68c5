/** Small matrices for the tests of learners. */
import { randomStream } from '../../src/core/random.ts';
import type { FeatureMatrix } from '../../src/learners/index.ts';

/** A matrix of columns named f0, f1, ... */
export function matrixOf(...columns: readonly ArrayLike<number>[]): FeatureMatrix {
  return { rowCount: columns[0]?.length ?? 0, names: columns.map((_, f) => `f${f}`), columns: columns.map((column) => Float64Array.from(column)) };
}

/** Gaussian features, some missing, and a target with a step, a product and noise. */
export function noisyData(rowCount: number, features: number, seed: number, missing = 0): { matrix: FeatureMatrix; target: Float64Array } {
  const random = randomStream(seed, 'learners');
  const full = Array.from({ length: features }, () => Float64Array.from({ length: rowCount }, () => random.normal()));
  const target = Float64Array.from({ length: rowCount }, (_, i) => Math.sign(full[0][i]) + 0.5 * full[1][i] * full[features - 1][i] + random.normal());
  return { matrix: matrixOf(...full.map((column) => column.map((x) => (random.uniform() < missing ? NaN : x)))), target };
}

/** Rows from, from + 1, ..., to - 1. */
export function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}

/** The same matrix with its rows in another order: row i is row `order[i]` of the given one. */
export function reorder(matrix: FeatureMatrix, order: ArrayLike<number>): FeatureMatrix {
  return { ...matrix, rowCount: order.length, columns: matrix.columns.map((column) => Float64Array.from(order, (row) => column[row])) };
}
