/** How much each feature was used. */
import { requireOneOf } from '../../core/assert.ts';
import type { GbdtModel } from './model.ts';

/** What a split counts for: `gain` its loss reduction, `split` one, `cover` the training rows that reached it. */
export type GbdtImportanceType = 'gain' | 'split' | 'cover';

const TYPES: readonly GbdtImportanceType[] = ['gain', 'split', 'cover'];

/**
 * Sums over the splits of each feature, of all trees and outputs together, not normalised.
 *
 * All three are of the training rows and favour features with many values; gain in units of the loss, split and cover in counts.
 *
 * @param type - @default 'gain'
 * @returns shape (features), in the model's order
 * @throws DomainError for another type
 */
export function gbdtImportance(model: Pick<GbdtModel, 'featureNames' | 'feature' | 'gain' | 'cover'>, type: GbdtImportanceType = 'gain'): Float64Array {
  requireOneOf('gbdtImportance', 'type', type, TYPES);
  const { feature, gain, cover } = model;
  const totals = new Float64Array(model.featureNames.length);
  for (let i = 0; i < feature.length; i++) if (feature[i] >= 0) totals[feature[i]] += type === 'gain' ? gain[i] : type === 'cover' ? cover[i] : 1;
  return totals;
}
