/** Predictions as they were after each iteration. */
import { requireInteger, requireKnownKeys, requireOneOf } from '../../../core/assert.ts';
import { checkRows, columnsOf } from '../../matrix-columns.ts';
import type { FeatureMatrix } from '../../types.ts';
import type { GbdtModel } from '../model.ts';
import { GBDT_OUTPUTS, respond } from './link.ts';
import type { GbdtOutput } from './link.ts';
import { iterationsOf, stagesOf } from './stages.ts';
import type { StageRequest } from './stage-request.ts';

export interface StagedPredictGbdtOptions {
  /** @default all rows */
  readonly rows?: ArrayLike<number>;
  /** @default 'response' */
  readonly output?: GbdtOutput;
  /** Iterations from one prediction to the next, an integer >= 1. @default 1 */
  readonly every?: number;
}

// Coding a row costs as much as some ten trees: this many stages share it.
const STAGES_AT_ONCE = 16;

/**
 * Predictions after `every`, 2 * `every`, ... iterations and after the last one, each a new array of the shape of {@link predictGbdt}'s.
 *
 * Sixteen are computed ahead; those handed out are not kept. All trees are walked once, so that the whole series costs about as much as one
 * prediction.
 *
 * @throws `ERR_UNKNOWN_NAME` when the matrix lacks a feature of the model
 * @throws {@link DomainError} for rows outside the matrix
 */
export function stagedPredictGbdt(model: GbdtModel, matrix: FeatureMatrix, options: StagedPredictGbdtOptions = {}): Generator<Float64Array, void, undefined> {
  const fn = 'stagedPredictGbdt';
  requireKnownKeys(fn, options, ['rows', 'output', 'every']);
  const output = requireOneOf(fn, 'output', options.output ?? 'response', GBDT_OUTPUTS);
  const every = requireInteger(fn, 'every', options.every ?? 1, { min: 1 });
  const columns = columnsOf(fn, model, matrix);
  const { rows } = options;
  checkRows(fn, matrix, rows);
  // The checks above are made now, not when the first prediction is asked for.
  return stages({ model, columns, rows, count: rows === undefined ? matrix.rowCount : rows.length }, output, every);
}

function* stages(request: Pick<StageRequest, 'model' | 'columns' | 'rows' | 'count'>, output: GbdtOutput, every: number): Generator<Float64Array, void, undefined> {
  const { objective, outputs } = request.model;
  const total = iterationsOf(request.model);
  let from = 0;
  let start: Float64Array | undefined;
  while (from < total) {
    const ends: number[] = [];
    for (let s = 1; s <= STAGES_AT_ONCE && from + (s - 1) * every < total; s++) ends.push(Math.min(total, from + s * every));
    const predictions = stagesOf({ ...request, start, from, ends });
    from = ends[ends.length - 1];
    start = predictions[predictions.length - 1].slice(); // what is handed out is the caller's
    for (const prediction of predictions) {
      if (output === 'response') respond(objective, outputs, prediction);
      yield prediction;
    }
  }
}
