/** Rows through a compiled model, a tile at a time: no copy of the matrix. */
import type { GbdtModel } from '../model.ts';
import { TILE } from './layout.ts';
import type { CompiledGbdt } from './compiled.ts';
import type { StageRequest } from './stage-request.ts';

/** See {@link StageRequest}. */
export function tileStages(compiled: CompiledGbdt, { model, columns, rows, count, start, from, ends }: StageRequest): Float64Array[] {
  const { outputs, baseScores } = model;
  const { margins } = compiled;
  const stages = ends.map(() => new Float64Array(count * outputs));
  for (let at = 0; at < count; at += TILE) {
    const size = Math.min(TILE, count - at);
    const rounded = Math.ceil(size / 32) * 32; // rows behind the last one are computed and dropped
    encodeTile(compiled, columns, rows, at, size, rounded);
    for (let k = 0; k < outputs; k++) {
      if (start === undefined) margins.fill(baseScores[k], k * TILE, k * TILE + size);
      else for (let i = 0; i < size; i++) margins[k * TILE + i] = start[(at + i) * outputs + k];
    }
    let done = from * outputs;
    for (let s = 0; s < ends.length; s++) {
      compiled.addTrees(done, ends[s] * outputs - done, rounded);
      done = ends[s] * outputs;
      const stage = stages[s];
      if (outputs === 1) stage.set(size === TILE ? margins : margins.subarray(0, size), at);
      else for (let k = 0; k < outputs; k++) for (let i = 0; i < size; i++) stage[(at + i) * outputs + k] = margins[k * TILE + i];
    }
  }
  return stages;
}

function encodeTile(compiled: CompiledGbdt, columns: StageRequest['columns'], rows: ArrayLike<number> | undefined, at: number, size: number, rounded: number): void {
  const { inputs, inputOfBlock, values } = compiled;
  for (let b = 0; b < inputOfBlock.length; b++) {
    if (b === 0 || inputOfBlock[b] !== inputOfBlock[b - 1]) {
      const column = columns[inputs[inputOfBlock[b]]];
      if (rows === undefined) values.set(column.subarray(at, at + size));
      else for (let i = 0; i < size; i++) values[i] = column[rows[at + i]];
    }
    compiled.encode(b, rounded);
  }
  compiled.finishCodes(rounded);
}

/** Margins of one row into `compiled.margins[0 .. outputs)`, without allocating. */
export function addMarginsOfRow({ inputs, values, margins, addRow }: CompiledGbdt, { baseScores, outputs }: GbdtModel, row: ArrayLike<number>): void {
  for (let i = 0; i < inputs.length; i++) values[i] = row[inputs[i]];
  for (let k = 0; k < outputs; k++) margins[k] = baseScores[k];
  addRow();
}
