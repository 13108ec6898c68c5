/** From a split to a calibrated ensemble: what a training run and a walk-forward segment have in common. */
import type { Task } from '../core/drive.ts';
import { mean } from '../core/stats.ts';
import type { HoldoutSplit } from '../validation/index.ts';
import { calibrate } from './calibrate.ts';
import type { Calibration } from './calibrate.ts';
import { scorePartTask } from './evidence.ts';
import type { PartScore } from './evidence.ts';
import { fitEnsembleTask, foldsOf, predictEnsembleTask } from './fit.ts';
import type { EnsembleFit, FitOptions } from './fit.ts';
import { gather, servableRows } from './prepare.ts';
import type { Prepared } from './prepare.ts';

/** A fit, its calibration and its out-of-fold score. */
export interface Developed {
  readonly status: 'developed';
  readonly fit: EnsembleFit;
  readonly development: Uint32Array;
  /** Calibration rows the model would predict, and its values there, shape (rows of the panel). */
  readonly calibrationRows: Uint32Array;
  readonly calibrationValues: Float64Array;
  readonly calibration: Calibration;
  /** Mean label of the development rows: what the naive baseline predicts. */
  readonly naive: number;
  readonly folds: PartScore;
}

/** Why there is nothing to fit. */
export interface Shortfall {
  readonly status: 'short';
  readonly reason: 'too-few-rows' | 'no-features';
  readonly detail: string;
}

/** Fits and calibrates on a split; undefined stands for rows that could not be split. */
export function* developTask(prepared: Prepared, split: HoldoutSplit | undefined, rowCount: number, options: FitOptions): Task<Developed | Shortfall> {
  const { recipe, table, label } = prepared;
  const folds = split === undefined ? undefined : foldsOf(prepared, split.development);
  if (split === undefined || folds === undefined) {
    return { status: 'short', reason: 'too-few-rows', detail: `${rowCount} usable rows do not fill ${recipe.splits.folds} folds and the parts after them` };
  }
  yield { phase: 'splits', done: 1, total: 1 };
  const fit = yield* fitEnsembleTask(prepared, split.development, folds, options);
  if (fit.features.length === 0) return { status: 'short', reason: 'no-features', detail: 'every feature is constant or missing on the training rows' };
  const calibrationRows = servableRows(table, fit.features, recipe.maxMissingShare, split.calibration);
  const calibrationValues = yield* predictEnsembleTask(prepared, fit.members, calibrationRows, options);
  const calibration = calibrate(prepared, calibrationRows, gather(calibrationValues, calibrationRows));
  yield { phase: 'calibrating', done: 1, total: 1 };
  const naive = mean(gather(label.values, split.development));
  const judged = split.development.filter((row) => fit.outOfFold[row] === fit.outOfFold[row]);
  const score = yield* scorePartTask(prepared, 'folds', judged, fit.outOfFold, naive);
  return { status: 'developed', fit, development: split.development, calibrationRows, calibrationValues, calibration, naive, folds: score };
}
