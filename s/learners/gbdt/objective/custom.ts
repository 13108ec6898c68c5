/** A host's own loss as an objective; what it returns is checked, for it goes into sums. */
import { requireInteger, requireKnownKeys, requireNumber, show } from '../../../core/assert.ts';
import { DomainError, ShapeError } from '../../../core/errors.ts';
import type { Task } from '../../../core/drive.ts';
import { ROWS_PER_STEP, isFiniteLabel, meanLoss } from './row-objective.ts';
import type { CustomBatchObjective, CustomObjective, CustomRowObjective, Objective, ObjectiveData } from './types.ts';

/** @throws DomainError when the loss lacks a function or has a wrong option; later, when it returns a number that cannot be a derivative */
export function customObjective(fn: string, custom: CustomObjective): Objective {
  return custom.outputs !== undefined || 'derivatives' in custom ? batchObjective(fn, custom as CustomBatchObjective) : oneRowObjective(fn, custom);
}

const COMMON = { name: 'custom', constantHessian: false, labelRule: 'must be finite', isLabel: isFiniteLabel } as const;

function oneRowObjective(fn: string, custom: CustomRowObjective): Objective {
  requireKnownKeys(`${fn}.objective`, custom, ['outputs', 'gradient', 'hessian', 'loss', 'start']);
  const { gradient: gradientAt, hessian: hessianAt, loss: lossAt, start = 0 } = custom;
  requireFunction(fn, 'gradient', gradientAt);
  requireFunction(fn, 'hessian', hessianAt);
  if (lossAt !== undefined) requireFunction(fn, 'loss', lossAt);
  requireNumber(fn, 'objective.start', start);
  return {
    ...COMMON,
    outputs: 1,
    start: () => Float64Array.of(start),
    *gradients(margins, data, rowCount, gradient, hessian): Task<void> {
      const { labels, weights, rows } = data;
      const second = hessian as Float64Array;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i];
        gradient[row] = gradientAt(margins[row], labels[row], row);
        second[row] = hessianAt(margins[row], labels[row], row);
        requireDerivatives(fn, gradient[row], second[row], row, 0);
        weigh(weights, row, rowCount, 1, gradient, second);
        if (i % (ROWS_PER_STEP / 16) === 0) yield { phase: 'gradients', done: i, total: rows.length }; // a host's function may be slow
      }
    },
    loss(margins, data) {
      if (lossAt === undefined) throw noLoss(fn);
      return meanLoss(data, (row) => lossAt(margins[row], data.labels[row], row));
    },
  };
}

function batchObjective(fn: string, custom: CustomBatchObjective): Objective {
  requireKnownKeys(`${fn}.objective`, custom, ['outputs', 'derivatives', 'loss', 'start']);
  const { derivatives, loss } = custom;
  const outputs = requireInteger(fn, 'objective.outputs', custom.outputs, { min: 1, max: 1000 });
  requireFunction(fn, 'derivatives', derivatives);
  if (loss !== undefined) requireFunction(fn, 'loss', loss);
  const start = custom.start === undefined ? new Float64Array(outputs) : Float64Array.from(custom.start);
  if (start.length !== outputs) throw new ShapeError(`${fn}: objective.start must have ${outputs} entries, got ${start.length}`);
  start.forEach((margin, k) => requireNumber(fn, `objective.start[${k}]`, margin));
  return {
    ...COMMON,
    outputs,
    start: () => start.slice(),
    *gradients(margins, data, rowCount, gradient, hessian): Task<void> {
      const { rows, weights } = data;
      const second = hessian as Float64Array;
      // What the host forgets to write must not be the last iteration's.
      for (let k = 0; k < outputs; k++) {
        for (const row of rows) {
          gradient[k * rowCount + row] = NaN;
          second[k * rowCount + row] = NaN;
        }
      }
      derivatives(margins, data, gradient, second);
      for (let i = 0; i < rows.length; i++) {
        for (let k = 0; k < outputs; k++) requireDerivatives(fn, gradient[k * rowCount + rows[i]], second[k * rowCount + rows[i]], rows[i], k);
        weigh(weights, rows[i], rowCount, outputs, gradient, second);
        if (i % (ROWS_PER_STEP / 16) === 0) yield { phase: 'gradients', done: i, total: rows.length };
      }
    },
    loss(margins: Float64Array, data: ObjectiveData): number {
      if (loss === undefined) throw noLoss(fn);
      return loss(margins, data);
    },
  };
}

function requireFunction(fn: string, name: string, value: unknown): void {
  if (typeof value !== 'function') throw new DomainError(`${fn}: objective.${name} must be a function, got ${show(value)}`);
}

function requireDerivatives(fn: string, gradient: unknown, hessian: unknown, row: number, output: number): void {
  if (Number.isFinite(gradient) && Number.isFinite(hessian) && (hessian as number) >= 0) return;
  const [name, rule, value] = Number.isFinite(gradient) ? ['hessian', 'finite and >= 0', hessian] : ['gradient', 'finite', gradient];
  throw new DomainError(`${fn}: ${name} of the custom objective must be ${rule}, got ${show(value)} for output ${output} of row ${row}`, { details: { row, output } });
}

function weigh(weights: Float64Array | undefined, row: number, rowCount: number, outputs: number, gradient: Float64Array, hessian: Float64Array): void {
  if (weights === undefined) return;
  for (let k = 0; k < outputs; k++) {
    gradient[k * rowCount + row] *= weights[row];
    hessian[k * rowCount + row] *= weights[row];
  }
}

function noLoss(fn: string): DomainError {
  return new DomainError(`${fn}: objective.loss must be a function where a loss is watched, as early stopping does, got undefined`);
}
