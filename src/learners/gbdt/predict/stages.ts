/** Margins of many rows after some numbers of iterations. */
import type { FeatureMatrix } from '../../types.ts';
import type { GbdtModel } from '../model.ts';
import { compiledFor } from './compiled.ts';
import { tileStages } from './tiles.ts';
import { walkStages } from './walk.ts';

/** Margins asked for: one array per end, row-major, shape (count * outputs). */
export interface StageRequest {
  readonly model: GbdtModel;
  /** In the model's feature order. */
  readonly columns: FeatureMatrix['columns'];
  /** Rows asked for, all when undefined. */
  readonly rows: ArrayLike<number> | undefined;
  readonly count: number;
  /** Margins after `from` iterations, shape (count * outputs); the base scores when undefined. */
  readonly start: Float64Array | undefined;
  readonly from: number;
  /** Numbers of iterations, ascending, none below `from`. */
  readonly ends: readonly number[];
}

/** The same to the last bit with and without a kernel. */
export function stagesOf(request: StageRequest): Float64Array[] {
  const compiled = compiledFor(request.model, request.count);
  return compiled === undefined ? walkStages(request) : tileStages(compiled, request);
}

/** Boosting iterations of a model: one tree per output each. */
export function iterationsOf(model: GbdtModel): number {
  return Math.floor((model.treeStart.length - 1) / model.outputs);
}
