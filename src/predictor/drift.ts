/** Whether a bundle's features still look as they did in training. */
import type { Bundle } from '../bundle/index.ts';
import { requireKnownKeys } from '../core/assert.ts';
import { drive } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { QuantwrightError } from '../core/errors.ts';
import type { Panel } from '../panel/index.ts';
import { checkDriftTask } from '../shift-detection/index.ts';
import type { DriftReport, DriftThresholdOptions } from '../shift-detection/index.ts';
import { requireContract } from './contract.ts';
import { sessionRange } from './range.ts';
import type { PredictRange } from './range.ts';
import { featureRowsTask } from './serve.ts';

export interface BundleDriftOptions extends PredictRange, DriveOptions {
  /** What counts as drift. @default those of `driftThresholds` */
  readonly thresholds?: DriftThresholdOptions;
}

/**
 * Compares the features of a range of sessions with the training rows of a bundle.
 *
 * Rows with missing features count too: what is missing more often than before is drift. A range that overlaps the training rows looks like them and says little.
 *
 * @param options - `from` and `to` bound the sessions. @default those after the bundle's data end
 * @returns every feature with its statistic, p-value and sizes, worst first; `not-assessable` when the range holds no rows
 * @throws `ERR_CONTRACT` when the panel does not fit; `ERR_UNSUPPORTED` for a bundle without a drift reference
 * @example console.table((await bundleDrift(bundle, bars, { from: '2026-01-01' })).rows)
 */
export async function bundleDrift(bundle: Bundle, panel: Panel, options: BundleDriftOptions = {}): Promise<DriftReport> {
  const fn = 'bundleDrift';
  requireKnownKeys(fn, options, ['from', 'to', 'thresholds', 'signal', 'onProgress']);
  requireContract(fn, bundle, panel);
  const { from, to, thresholds } = options;
  const [first, last] = sessionRange(fn, panel, { from: from ?? (to === undefined ? bundle.manifest.lineage.lastTime + 1 : undefined), to });
  return drive(driftTask(fn, bundle, panel, first, last, thresholds), options);
}

function* driftTask(fn: string, bundle: Bundle, panel: Panel, first: number, last: number, thresholds: DriftThresholdOptions | undefined): Task<DriftReport> {
  const { drift, features } = bundle.manifest;
  if (drift === null) throw new QuantwrightError('ERR_UNSUPPORTED', `${fn}: bundle must have a drift reference, got one of a walk-forward run or of an early build`);
  const names = drift.features.map(({ name }) => name);
  const options = thresholds === undefined ? {} : { thresholds };
  if (first >= last) return yield* checkDriftTask(drift, { names, columns: names.map(() => new Float64Array(0)), rowCount: 0 }, options);
  const { window, table, rows } = yield* featureRowsTask(bundle, panel, first, last, features);
  return yield* checkDriftTask(drift, {
    names,
    columns: names.map((name) => table.columns[table.names.indexOf(name)].subarray(rows[0])),
    rowCount: rows.length,
    sessions: window.session.subarray(rows[0]),
  }, options);
}
