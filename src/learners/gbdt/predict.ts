/** Prediction of a boosted ensemble. Imports nothing of the fit. */
import { requireInteger, requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { checkRows, columnsOf } from '../matrix-columns.ts';
import type { FeatureMatrix } from '../types.ts';
import type { GbdtModel } from './model.ts';
import { compiledFor } from './predict/compiled.ts';
import { GBDT_OUTPUTS, respond, responseOf } from './predict/link.ts';
import type { GbdtOutput } from './predict/link.ts';
import { iterationsOf, stagesOf } from './predict/stages.ts';
import { addMarginsOfRow } from './predict/tiles.ts';
import { marginOf } from './predict/walk.ts';

export interface PredictGbdtOptions {
  /** @default all rows */
  readonly rows?: ArrayLike<number>;
  /** @default 'response' */
  readonly output?: GbdtOutput;
  /** Only the first boosting iterations, in [0, iterations of the model]; an iteration is one tree per output. @default all */
  readonly iterations?: number;
}

/**
 * Predictions of some rows, shape (rows), or (rows * outputs) row by row for a model of several outputs.
 *
 * Columns are found by name, once. A row's value depends on its own features only and has the same bits in any batch, alone, and where no
 * WebAssembly runs. After some hundred rows a model is compiled, once: its arrays must not change.
 *
 * @throws `ERR_UNKNOWN_NAME` when the matrix lacks a feature of the model
 * @throws {@link DomainError} for rows outside the matrix or more iterations than the model has
 */
export function predictGbdt(model: GbdtModel, matrix: FeatureMatrix, options: PredictGbdtOptions = {}): Float64Array {
  const fn = 'predictGbdt';
  requireKnownKeys(fn, options, ['rows', 'output', 'iterations']);
  const output = requireOneOf(fn, 'output', options.output ?? 'response', GBDT_OUTPUTS);
  const total = iterationsOf(model);
  const iterations = options.iterations === undefined ? total : requireInteger(fn, 'iterations', options.iterations, { min: 0, max: total });
  const columns = columnsOf(fn, model, matrix);
  const rows = options.rows;
  checkRows(fn, matrix, rows);
  const [margins] = stagesOf({ model, columns, rows, count: rows === undefined ? matrix.rowCount : rows.length, start: undefined, from: 0, ends: [iterations] });
  if (output === 'response') respond(model.objective, model.outputs, margins);
  return margins;
}

/**
 * Prediction of one row in the model's feature order, without allocating (but for compiling the model, once, after some hundred rows).
 *
 * @param row - all features of the model, shape (features)
 * @param into - receives all outputs, shape (outputs); needed for a model of several outputs
 * @returns the prediction, of the first output when there are several
 * @throws {@link ShapeError} when `row` or `into` has another length, {@link DomainError} without `into` for several outputs
 */
export function predictGbdtRow(model: GbdtModel, row: ArrayLike<number>, output: GbdtOutput = 'response', into?: Float64Array): number {
  const { outputs, objective } = model;
  if (row.length !== model.featureNames.length) throw new ShapeError(`predictGbdtRow: row must have ${model.featureNames.length} features, got ${row.length}`);
  if (output !== 'response' && output !== 'margin') requireOneOf('predictGbdtRow', 'output', output, GBDT_OUTPUTS);
  if (into === undefined && outputs !== 1) throw new DomainError(`predictGbdtRow: into must be an array for the ${outputs} outputs of the model, got undefined`);
  if (into !== undefined && into.length !== outputs) throw new ShapeError(`predictGbdtRow: into must have length ${outputs}, got ${into.length}`);
  const compiled = compiledFor(model, 1);
  if (compiled !== undefined) addMarginsOfRow(compiled, model, row);
  if (into === undefined) {
    const margin = compiled !== undefined ? compiled.margins[0] : marginOf(model, row, 0, model.treeStart.length - 1);
    return output === 'response' ? responseOf(objective, margin) : margin;
  }
  for (let k = 0; k < outputs; k++) into[k] = compiled !== undefined ? compiled.margins[k] : marginOf(model, row, k, model.treeStart.length - 1);
  if (output === 'response') respond(objective, outputs, into);
  return into[0];
}
