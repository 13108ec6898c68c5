/** Margins of many rows after some numbers of iterations. */
import type { GbdtModel } from '../model.ts';
import type { StageRequest } from './stage-request.ts';
import { compiledFor } from './compiled.ts';
import { tileStages } from './tiles.ts';
import { walkStages } from './walk.ts';

/** The same to the last bit with and without a kernel. */
export function stagesOf(request: StageRequest): Float64Array[] {
  const compiled = compiledFor(request.model, request.count);
  return compiled === undefined ? walkStages(request) : tileStages(compiled, request);
}

/** Boosting iterations of a model: one tree per output each. */
export function iterationsOf(model: GbdtModel): number {
  return Math.floor((model.treeStart.length - 1) / model.outputs);
}
