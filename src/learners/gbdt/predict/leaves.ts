/** Which leaves rows fall into. */
import { requireKnownKeys } from '../../../core/assert.ts';
import { checkRows, columnsOf } from '../../matrix-columns.ts';
import type { FeatureMatrix } from '../../types.ts';
import type { GbdtModel } from '../model.ts';
import { leafOf } from './walk.ts';

export interface PredictGbdtLeavesOptions {
  /** @default all rows */
  readonly rows?: ArrayLike<number>;
}

/**
 * Leaf of every tree for some rows, shape (rows * trees) row by row: the input of a linear model on leaves, or of a proximity of rows.
 *
 * The leaves of a tree are numbered from 0 in the order of the model's nodes. Tree t adds to output `t % outputs`.
 *
 * @throws `ERR_UNKNOWN_NAME` when the matrix lacks a feature of the model
 * @throws {@link DomainError} for rows outside the matrix
 */
export function predictGbdtLeaves(model: GbdtModel, matrix: FeatureMatrix, options: PredictGbdtLeavesOptions = {}): Int32Array {
  const fn = 'predictGbdtLeaves';
  requireKnownKeys(fn, options, ['rows']);
  const columns = columnsOf(fn, model, matrix);
  const { rows } = options;
  checkRows(fn, matrix, rows);
  const count = rows === undefined ? matrix.rowCount : rows.length;
  const trees = model.treeStart.length - 1;
  const leafNumber = numberLeaves(model);
  const result = new Int32Array(count * trees);
  const row = new Float64Array(columns.length);
  for (let i = 0; i < count; i++) {
    const r = rows === undefined ? i : rows[i];
    for (let f = 0; f < columns.length; f++) row[f] = columns[f][r];
    for (let t = 0; t < trees; t++) result[i * trees + t] = leafNumber[leafOf(model, row, t)];
  }
  return result;
}

// Shape (nodes); meaningful at leaves.
function numberLeaves({ treeStart, feature }: GbdtModel): Int32Array {
  const numbers = new Int32Array(feature.length);
  for (let t = 0; t + 1 < treeStart.length; t++) {
    let next = 0;
    for (let node = treeStart[t]; node < treeStart[t + 1]; node++) if (feature[node] < 0) numbers[node] = next++;
  }
  return numbers;
}
