/** Prediction of a boosted ensemble. Imports nothing of the fit. */
import { requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { checkRows, columnsOf } from '../matrix-columns.ts';
import type { FeatureMatrix } from '../types.ts';
import type { GbdtModel } from './model.ts';
import { sigmoid } from './objective.ts';

/** `response` is the label's scale (a probability for logistic), `margin` the sum of the trees. */
export type GbdtOutput = 'response' | 'margin';

export interface PredictGbdtOptions {
  /** @default all rows */
  readonly rows?: ArrayLike<number>;
  /** @default 'response' */
  readonly output?: GbdtOutput;
}

/**
 * Predictions of some rows, shape (rows).
 *
 * Columns are found by name, once. A row's value depends on its own features only.
 *
 * @throws `ERR_UNKNOWN_NAME` when the matrix lacks a feature of the model
 */
export function predictGbdt(model: GbdtModel, matrix: FeatureMatrix, options: PredictGbdtOptions = {}): Float64Array {
  requireKnownKeys('predictGbdt', options, ['rows', 'output']);
  const output = requireOneOf('predictGbdt', 'output', options.output ?? 'response', ['response', 'margin']);
  const columns = columnsOf('predictGbdt', model, matrix);
  const rows = options.rows;
  checkRows('predictGbdt', matrix, rows);
  const count = rows === undefined ? matrix.rowCount : rows.length;
  const result = new Float64Array(count);
  const row = new Float64Array(columns.length);
  for (let i = 0; i < count; i++) {
    const r = rows === undefined ? i : rows[i];
    for (let f = 0; f < columns.length; f++) row[f] = columns[f][r];
    result[i] = marginOf(model, row);
  }
  if (output === 'response' && model.objective === 'logistic') for (let i = 0; i < count; i++) result[i] = sigmoid(result[i]);
  return result;
}

/** Prediction of one row in the model's feature order, without allocating. */
export function predictGbdtRow(model: GbdtModel, row: ArrayLike<number>, output: GbdtOutput = 'response'): number {
  const margin = marginOf(model, row);
  return output === 'response' && model.objective === 'logistic' ? sigmoid(margin) : margin;
}

function marginOf(model: GbdtModel, row: ArrayLike<number>): number {
  const { treeStart, feature, threshold, left, right, missingLeft, value } = model;
  let margin = model.baseScores[0];
  const trees = treeStart.length - 1;
  for (let t = 0; t < trees; t++) {
    let node = treeStart[t];
    let f = feature[node];
    while (f >= 0) {
      const x = row[f];
      node = x !== x ? (missingLeft[node] === 1 ? left[node] : right[node]) : x <= threshold[node] ? left[node] : right[node];
      f = feature[node];
    }
    margin += value[node];
  }
  return margin;
}
