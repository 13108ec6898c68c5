/** A model's columns in a matrix, by name, and the rows asked of it. */
import { unknownName } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import type { FeatureMatrix, ModelBase } from './types.ts';

/** Columns in the model's order. @throws `ERR_UNKNOWN_NAME` for one the matrix lacks */
export function columnsOf(fn: string, model: ModelBase, matrix: FeatureMatrix): (Float64Array | Float32Array)[] {
  const place = new Map(matrix.names.map((name, i) => [name, i]));
  return model.featureNames.map((name) => {
    const i = place.get(name);
    if (i === undefined) throw unknownName(fn, 'feature', name, matrix.names);
    return matrix.columns[i];
  });
}

/** Throws unless every index is a row of the matrix: one outside would read as missing. */
export function checkRows(fn: string, matrix: FeatureMatrix, rows: ArrayLike<number> | undefined): void {
  for (let i = 0; i < (rows?.length ?? 0); i++) {
    const row = (rows as ArrayLike<number>)[i];
    if (!(Number.isInteger(row) && row >= 0 && row < matrix.rowCount)) throw new DomainError(`${fn}: rows[${i}] must be a row in [0, ${matrix.rowCount - 1}], got ${row}`);
  }
}
