/** What a learner is given: rows, label and weights, none of which may come from data the fit must not know. */
import { overlapWeights } from '../features/index.ts';
import type { TrainingSet } from '../learners/index.ts';
import type { Prepared } from './prepare.ts';

/** Fits on a set of rows that are all known; makes the training sets of its folds and of its final members. */
export type Teacher = (features: readonly number[], rows: Uint32Array) => TrainingSet;

/**
 * The teacher of some rows.
 *
 * Overlap is counted among these rows only and recency from the last of their sessions, so that labels and sessions after them change nothing.
 * Weights have mean 1 over the rows of each fit: a penalty means the same whatever the weights.
 */
export function teacherOf(prepared: Prepared, known: Uint32Array): Teacher {
  const { table, label } = prepared;
  const raw = rawWeights(prepared, known);
  return (features, rows) => {
    const base = { matrix: table, features, rows, target: label.values, groups: prepared.panel.session };
    if (raw === undefined) return base;
    let total = 0;
    for (const row of rows) total += raw[row];
    const scale = total > 0 ? rows.length / total : 1;
    const weights = new Float64Array(raw.length);
    for (const row of rows) weights[row] = raw[row] * scale;
    return { ...base, weights };
  };
}

function rawWeights({ panel, recipe, label }: Prepared, known: Uint32Array): Float64Array | undefined {
  const { overlap, recencyHalfLifeSessions } = recipe.weights;
  if (!overlap && recencyHalfLifeSessions === null) return undefined;
  let weights = new Float64Array(panel.rowCount).fill(1);
  if (overlap) {
    const endSession = new Int32Array(panel.rowCount).fill(-1);
    for (const row of known) endSession[row] = label.endSession[row];
    weights = Float64Array.from(overlapWeights(panel, { ...label, endSession }));
  }
  if (recencyHalfLifeSessions !== null) {
    const last = known.reduce((latest, row) => Math.max(latest, panel.session[row]), 0);
    for (const row of known) weights[row] *= Math.exp((Math.LN2 * (panel.session[row] - last)) / recencyHalfLifeSessions);
  }
  return weights;
}
