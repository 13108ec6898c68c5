/** Shapley values of many rows in one table. */
import { ShapeError } from '../core/errors.ts';
import { printable, textTable } from '../core/inspect.ts';
import type { TreeShap } from './tree-shap.ts';

export interface ShapImportance {
  readonly feature: string;
  /** Mean absolute Shapley value over the rows, summed over the outputs, in units of the margin; NaN without rows. */
  readonly importance: number;
  /** Part of the sum of all importances, in [0, 1]; 0 when the sum is 0, NaN without rows. */
  readonly share: number;
}

/**
 * Mean absolute Shapley value of every feature: how far it moves a margin, in whichever direction.
 *
 * It says what the model uses, not what is of use: an overfitted feature moves margins too. Permutation importance asks the outcome.
 *
 * @returns one row per feature, largest first, ties in the order of the features; prints as a table
 * @throws ShapeError unless there is a value for every row, output and feature
 */
export function shapImportance(shap: Pick<TreeShap, 'featureNames' | 'rowCount' | 'outputs' | 'values'>): readonly ShapImportance[] {
  const { featureNames, rowCount, outputs, values } = shap;
  const features = featureNames.length;
  if (values.length !== rowCount * outputs * features) throw new ShapeError(`shapImportance: values must have ${rowCount * outputs * features} entries (rows, outputs, features), got ${values.length}`);
  const sums = new Float64Array(features);
  for (let at = 0; at < values.length; at += features) for (let f = 0; f < features; f++) sums[f] += Math.abs(values[at + f]);
  const importances = sums.map((sum) => sum / rowCount);
  const total = importances.reduce((a, b) => a + b, 0);
  const table = featureNames.map((feature, f): ShapImportance => Object.freeze({ feature, importance: importances[f], share: total === 0 ? 0 : importances[f] / total }));
  return Object.freeze(printable(table.sort((a, b) => b.importance - a.importance), (rows) => textTable(rows.map((row) => ({ ...row })))));
}
