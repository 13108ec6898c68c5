/** What a model's features looked like in its training rows. */
import type { Task } from '../core/drive.ts';
import { lookbackSessions } from '../features/index.ts';
import { buildDriftReferenceTask } from '../shift-detection/index.ts';
import type { DriftReference } from '../shift-detection/index.ts';
import type { EnsembleFit } from './fit.ts';
import { gather } from './prepare.ts';
import type { Prepared } from './prepare.ts';

/**
 * The drift reference of the features of a fit on the rows its members were fitted on. Rows nearer than the look-back share prices, so they
 * are taken to depend on each other.
 */
export function* featureReferenceTask({ table, panel, recipe }: Prepared, { features, importances }: Pick<EnsembleFit, 'features' | 'importances'>, rows: Uint32Array): Task<DriftReference> {
  const names = features.map((i) => table.names[i]);
  const importanceOf = new Map(importances.map(({ feature, importance }) => [feature, importance]));
  return yield* buildDriftReferenceTask({
    names,
    columns: features.map((i) => gather(table.columns[i], rows)),
    sessions: gather(panel.session, rows),
    importances: names.map((name) => Math.max(0, importanceOf.get(name) ?? 0)),
  }, { blockSessions: Math.max(20, lookbackSessions(Object.fromEntries(names.map((name) => [name, recipe.features[name]])))) });
}
