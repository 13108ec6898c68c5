/** A model's columns in a matrix, by name. */
import { unknownName } from '../core/assert.ts';
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
