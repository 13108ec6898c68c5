/** Losses of one margin per row, where a row does not look at others. */
import type { Task } from '../../../core/drive.ts';
import type { GbdtObjectiveName } from '../model.ts';
import type { Objective, ObjectiveData } from './types.ts';

// About 2 ms of exponentials.
export const ROWS_PER_STEP = 65_536;

/** What tells one loss of a row from another. */
export interface RowLoss {
  readonly name: GbdtObjectiveName;
  readonly constantHessian: boolean;
  readonly labelRule: string;
  readonly isLabel: (label: number) => boolean;
  readonly renewalLevel?: number;
  readonly start: (data: ObjectiveData) => number;
  /** Derivatives of `data.rows[from .. to)`: one plain loop without a call per row, for this is a tenth of a fit. */
  readonly fill: (margins: Float64Array, data: ObjectiveData, from: number, to: number, gradient: Float64Array, hessian: Float64Array | undefined) => void;
  readonly lossAt: (margin: number, label: number, row: number) => number;
}

/** The objective of such a loss. */
export function rowObjective({ name, constantHessian, labelRule, isLabel, renewalLevel, start, fill, lossAt }: RowLoss): Objective {
  return {
    name,
    outputs: 1,
    constantHessian,
    labelRule,
    isLabel,
    ...(renewalLevel === undefined ? {} : { renewalLevel }),
    start: (data) => Float64Array.of(start(data)),
    *gradients(margins, data, _rowCount, gradient, hessian): Task<void> {
      const total = data.rows.length;
      for (let from = 0; from < total; from += ROWS_PER_STEP) {
        const to = Math.min(from + ROWS_PER_STEP, total);
        fill(margins, data, from, to, gradient, hessian);
        yield { phase: 'gradients', done: to, total };
      }
    },
    loss: (margins, data) => meanLoss(data, (row) => lossAt(margins[row], data.labels[row], row)),
  };
}

/** Weighted mean over the rows of a loss. */
export function meanLoss({ rows, weights }: ObjectiveData, lossOf: (row: number) => number): number {
  let sum = 0;
  let total = 0;
  for (const row of rows) {
    const weight = weights === undefined ? 1 : weights[row];
    if (weight > 0) sum += weight * lossOf(row);
    total += weight;
  }
  return sum / total;
}

/** For `labelRule: 'must be finite'`. */
export function isFiniteLabel(label: number): boolean {
  return Number.isFinite(label);
}
