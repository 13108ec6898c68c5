/** Prediction, importance and data form of a linear model. Imports nothing of the fit. */
import { show } from '../../core/assert.ts';
import { SchemaError } from '../../core/errors.ts';
import { checkFeatureNames } from '../feature-names.ts';
import { checkRows, columnsOf } from '../matrix-columns.ts';
import type { EncodedModel, FeatureMatrix } from '../types.ts';
import type { LinearModel } from './model.ts';

/** Predictions of some rows, shape (rows). Columns are found by name; a row's value depends on that row alone. */
export function predictLinear(model: LinearModel, matrix: FeatureMatrix, rows?: ArrayLike<number>): Float64Array {
  const columns = columnsOf('predictLinear', model, matrix);
  checkRows('predictLinear', matrix, rows);
  const { coefficients, medians, means, scales, lower, upper, intercept } = model;
  const count = rows === undefined ? matrix.rowCount : rows.length;
  const result = new Float64Array(count).fill(intercept);
  for (let f = 0; f < columns.length; f++) {
    if (coefficients[f] === 0) continue;
    const column = columns[f];
    for (let i = 0; i < count; i++) {
      const x = column[rows === undefined ? i : rows[i]];
      const z = ((x === x ? x : medians[f]) - means[f]) / scales[f];
      result[i] += coefficients[f] * (z < lower[f] ? lower[f] : z > upper[f] ? upper[f] : z);
    }
  }
  return result;
}

/** Absolute coefficients of standardised features, summing to 1; all 0 for a constant model. */
export function linearImportance(model: LinearModel): Float64Array {
  const sizes = model.coefficients.map(Math.abs);
  const total = sizes.reduce((a, b) => a + b, 0);
  return total > 0 ? sizes.map((s) => s / total) : sizes;
}

const TENSORS = ['coefficients', 'medians', 'means', 'scales', 'lower', 'upper'] as const;

/** Plain part: feature names and intercept. Tensors: one number per feature each. */
export function encodeLinear(model: LinearModel): EncodedModel {
  return { plain: { featureNames: [...model.featureNames], intercept: model.intercept }, tensors: Object.fromEntries(TENSORS.map((name) => [name, model[name]])) };
}

/** Reads a model that may be hostile. @throws SchemaError unless every number is finite, the largest prediction too, and every length agrees */
export function decodeLinear(kind: LinearModel['kind'], encoded: EncodedModel): LinearModel {
  const plain = encoded.plain as { featureNames?: unknown; intercept?: unknown } | null;
  if (plain === null || typeof plain !== 'object' || Array.isArray(plain)) throw new SchemaError(`decodeLinear: plain part must be an object, got ${show(plain)}`);
  const featureNames = checkFeatureNames('decodeLinear', plain.featureNames);
  if (typeof plain.intercept !== 'number' || !Number.isFinite(plain.intercept)) throw new SchemaError(`decodeLinear: intercept must be finite, got ${show(plain.intercept)}`);
  const read = (name: (typeof TENSORS)[number]): Float64Array => {
    const tensor = encoded.tensors[name];
    if (!(tensor instanceof Float64Array) || tensor.length !== featureNames.length || !tensor.every(Number.isFinite)) throw new SchemaError(`decodeLinear: ${name} must be ${featureNames.length} finite F64 numbers`);
    if (name === 'scales' && !tensor.every((s) => s > 0)) throw new SchemaError('decodeLinear: scales must be positive');
    return tensor;
  };
  const [coefficients, medians, means, scales, lower, upper] = TENSORS.map(read);
  let largest = Math.abs(plain.intercept);
  for (let f = 0; f < featureNames.length; f++) {
    if (!(lower[f] <= upper[f])) throw new SchemaError(`decodeLinear: lower must be <= upper, got ${lower[f]} and ${upper[f]} for feature ${f}`);
    largest += Math.abs(coefficients[f]) * Math.max(1, Math.abs(lower[f]), Math.abs(upper[f]));
  }
  if (!(largest < Infinity)) throw new SchemaError('decodeLinear: sums of coefficients and of predictions must be finite');
  return Object.freeze({ kind, featureNames, intercept: plain.intercept, coefficients, medians, means, scales, lower, upper });
}
