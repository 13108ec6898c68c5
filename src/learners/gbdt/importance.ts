/** How much each feature was used. */
import type { GbdtModel } from './model.ts';

/** Total `gain` of its splits, or number of splits, shape (features). */
export function gbdtImportance(model: GbdtModel, kind: 'gain' | 'split' = 'gain'): Float64Array {
  const totals = new Float64Array(model.featureNames.length);
  for (let i = 0; i < model.feature.length; i++) if (model.feature[i] >= 0) totals[model.feature[i]] += kind === 'gain' ? model.gain[i] : 1;
  return totals;
}
