/** Inference only: a decoded bundle in, rows out. No fit, no store, no clock. */
import type { Bundle, HostCodecs } from '../bundle/index.ts';
import { requireInteger, requireKnownKeys } from '../core/assert.ts';
import { drive, driveSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { QuantwrightError } from '../core/errors.ts';
import type { Panel } from '../panel/index.ts';
import { checkContract, requireContract } from './contract.ts';
import type { ContractReport } from './contract.ts';
import { sessionRange } from './range.ts';
import type { PredictRange } from './range.ts';
import { serveTask } from './serve.ts';
import type { ServedContext } from './serve.ts';
import type { Prediction } from './types.ts';

/** Rows `predict` takes in one synchronous call. */
const SYNC_ROWS = 10_000;

export interface PredictorOptions {
  /** Registry id of the bundle, echoed on every row. */
  readonly version?: string;
  /** Codecs of model kinds that are the host's own. */
  readonly codecs?: HostCodecs;
}

export interface PredictBatchesOptions extends PredictRange, DriveOptions {
  /** Rows of one batch, rounded up to whole sessions. @default 10000 */
  readonly batchRows?: number;
}

export interface Predictor {
  readonly bundle: Bundle;
  /** Compares a panel with the model's contract without predicting. */
  check(panel: Panel): ContractReport;
  /** Predictions of a range of sessions in panel order, at most 10,000 rows. @throws `ERR_LIMIT` above that, `ERR_CONTRACT` when the panel does not fit */
  predict(panel: Panel, range?: PredictRange): Prediction[];
  /** The last session as a ranking: highest value first, abstentions last. */
  predictLast(panel: Panel): Prediction[];
  /** Any number of rows, a batch of whole sessions at a time. */
  predictBatches(panel: Panel, options?: PredictBatchesOptions): AsyncGenerator<Prediction[], void, void>;
}

/**
 * A predictor over a decoded bundle.
 *
 * A row's prediction depends on that row, its history inside the look-back and, for cross-sectional features, on the other rows of its
 * session; never on the rest of the batch.
 */
export function createPredictor(bundle: Bundle, options: PredictorOptions = {}): Predictor {
  requireKnownKeys('createPredictor', options, ['version', 'codecs']);
  return predictorWith(bundle, options);
}

/** Gives served rows other intervals; `contexts` are those of the rows that have one, in their order. */
export type Overlay = (rows: Prediction[], contexts: readonly ServedContext[]) => Prediction[];

/** A predictor whose rows pass through an overlay. */
export function predictorWith(bundle: Bundle, options: PredictorOptions, overlay?: Overlay): Predictor {
  return Object.freeze({
    bundle,
    check: (panel: Panel) => checkContract(bundle, panel),
    predict: (panel: Panel, range: PredictRange = {}) => driveSync(rowsTask(bundle, panel, syncRange('predict', bundle, panel, range), options, overlay)),
    predictLast: (panel: Panel) => {
      requireContract('predictLast', bundle, panel);
      return driveSync(rowsTask(bundle, panel, lastSession(panel), options, overlay)).sort(byValueDescending);
    },
    async *predictBatches(panel: Panel, batchOptions: PredictBatchesOptions = {}) {
      requireKnownKeys('predictBatches', batchOptions, ['from', 'to', 'batchRows', 'signal', 'onProgress']);
      requireContract('predictBatches', bundle, panel);
      const batchRows = requireInteger('predictBatches', 'batchRows', batchOptions.batchRows ?? SYNC_ROWS, { min: 1 });
      const [first, last] = sessionRange('predictBatches', panel, batchOptions);
      for (let from = first; from < last; ) {
        let to = from + 1;
        while (to < last && panel.sessionStart[to + 1] - panel.sessionStart[from] <= batchRows) to++;
        yield await drive(rowsTask(bundle, panel, [from, to], options, overlay), batchOptions);
        from = to;
      }
    },
  });
}

/** Rows of a range of sessions, through the overlay. */
export function* rowsTask(bundle: Bundle, panel: Panel, [first, last]: readonly [number, number], { version, codecs }: PredictorOptions, overlay: Overlay | undefined): Task<Prediction[]> {
  const contexts: ServedContext[] = [];
  const rows = yield* serveTask(bundle, panel, first, last, { version: version ?? null, ...(codecs && { codecs }), ...(overlay && { onInterval: (context: ServedContext) => contexts.push(context) }) });
  return overlay === undefined ? rows : overlay(rows, contexts);
}

/** First session and one past the last of a range that one synchronous call may serve. */
export function syncRange(fn: string, bundle: Bundle, panel: Panel, range: PredictRange): [number, number] {
  requireKnownKeys(fn, range, ['from', 'to']);
  requireContract(fn, bundle, panel);
  const [first, last] = sessionRange(fn, panel, range);
  const count = panel.sessionStart[last] - panel.sessionStart[first];
  if (count > SYNC_ROWS) throw new QuantwrightError('ERR_LIMIT', `${fn}: range must hold at most ${SYNC_ROWS} rows, got ${count}; use predictBatches`);
  return [first, last];
}

/** The last session as a range. */
export function lastSession({ sessions: { length } }: Panel): [number, number] {
  return [length - 1, length];
}

function byValueDescending(a: Prediction, b: Prediction): number {
  if (a.status === 'predicted' && b.status === 'predicted') return b.value - a.value || (a.entity < b.entity ? -1 : 1);
  return a.status === b.status ? (a.entity < b.entity ? -1 : 1) : a.status === 'predicted' ? -1 : 1;
}
