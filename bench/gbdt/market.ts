/** Everyone's defaults on real panels: the test error of our defaults must not be above a peer's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { computeFeatures, computeLabel } from 'quantwright/features';
import { binMatrix, fitGbdtSync, predictGbdt } from 'quantwright/learners';
import { blockStandardError } from 'quantwright/metrics';
import { panelFromCsv } from 'quantwright/panel';
import type { Panel } from 'quantwright/panel';
import type { Recipe } from 'quantwright/trainer';
import { readExampleCsv } from '../../examples/read-csv-gz.ts';
import { closeOnlyVolatilityRecipe, returnRecipe, volatilityRecipe } from '../../examples/us120-recipe.ts';
import { lossOf } from './engine.ts';
import type { PanelPart } from './generate.ts';
import { isMeasured } from './job.ts';
import type { PeerName } from './job.ts';
import { judge, tell } from './lines.ts';
import { matrixOf, writePanel } from './panel-files.ts';
import { measurePeer } from './processes.ts';
import type { PeerVersions } from './processes.ts';

// Four times the overlap of five-session labels.
const BLOCK_SESSIONS = 20;

interface MarketPart extends PanelPart {
  /** Session of each row. */
  readonly session: readonly number[];
}

/** @param dir - takes the panels' files */
export async function marketPanels(dir: string, versions: PeerVersions, peers: readonly PeerName[]): Promise<void> {
  const us120 = panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' });
  const sp20 = panelFromCsv(readExampleCsv('sp500_20stocks_close_1990_2022.csv.gz'), { time: 'Date', wide: { value: 'close' } });
  const cases: readonly (readonly [string, Panel, Recipe, string])[] = [
    ['us120 returns', us120, returnRecipe(), '2016-07-01'],
    ['us120 volatility', us120, volatilityRecipe(), '2016-07-01'],
    ['sp500_20stocks volatility', sp20, closeOnlyVolatilityRecipe(), '2010-01-04'],
  ];
  for (const [title, panel, recipe, testFrom] of cases) await comparePanel(dir, title, panel, recipe, Date.parse(testFrom), versions, peers);
}

async function comparePanel(root: string, title: string, panel: Panel, recipe: Recipe, testFrom: number, versions: PeerVersions, peers: readonly PeerName[]): Promise<void> {
  const table = computeFeatures(panel, recipe.features);
  const label = computeLabel(panel, recipe.label);
  const firstTest = panel.sessions.findIndex((time) => time >= testFrom);
  const part = (wanted: (row: number) => boolean): MarketPart => {
    const rows = Array.from({ length: panel.rowCount }, (_, r) => r).filter((r) => Number.isFinite(label.values[r]) && wanted(r));
    const values = new Float32Array(rows.length * table.names.length);
    rows.forEach((r, i) => table.columns.forEach((column, f) => { values[i * table.names.length + f] = column[r]; }));
    return { values, labels: Float32Array.from(rows, (r) => label.values[r]), session: rows.map((r) => panel.session[r]) };
  };
  // A training label must be known before the first test session.
  const train = part((r) => label.endSession[r] < firstTest);
  const test = part((r) => panel.session[r] >= firstTest);
  const dir = join(root, title.replaceAll(' ', '-'));
  writePanel(dir, { names: table.names, categorical: [], train, test });

  const { model } = fitGbdtSync(binMatrix(matrixOf(train, table.names)), train.labels);
  const own = predictGbdt(model, matrixOf(test, table.names));
  const which = `defaults, ${title} from ${new Date(testFrom).toISOString().slice(0, 10)}, ${train.labels.length} x ${table.names.length}`;
  for (const peer of peers) {
    const line = { case: which, metric: 'squared-error-difference', unit: 'label^2', peer: `${peer} ${versions[peer] ?? ''}`.trim(), target: 0 };
    const predictions = join(dir, `${peer}.f64`);
    const answer = versions[peer] === null ? undefined : await measurePeer({ peer, dir, names: table.names, categorical: [], objective: 'squared', threads: 1, repeats: 1, timePrediction: false, predictions });
    if (!isMeasured(answer)) {
      tell({ ...line, value: null });
      continue;
    }
    const bytes = readFileSync(predictions);
    const theirs = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    const { difference, standardError } = squaredErrorDifference(test, own, theirs);
    tell({ case: which, metric: 'test-rmse', value: lossOf('squared', own, test.labels), unit: 'label', peer: line.peer, peerValue: answer.loss });
    judge({ ...line, value: difference }, difference <= 2 * standardError);
    tell({ case: which, metric: 'squared-error-difference-standard-error', value: standardError, unit: 'label^2', peer: line.peer });
  }
}

// Mean over sessions of ours minus theirs; rows of one session, and neighbouring sessions, are not independent.
function squaredErrorDifference(test: MarketPart, ours: Float64Array, theirs: Float64Array): { difference: number; standardError: number } {
  const bySession = new Map<number, { sum: number; rows: number }>();
  test.session.forEach((session, i) => {
    const entry = bySession.get(session) ?? { sum: 0, rows: 0 };
    entry.sum += (ours[i] - test.labels[i]) ** 2 - (theirs[i] - test.labels[i]) ** 2;
    entry.rows++;
    bySession.set(session, entry);
  });
  const means = Float64Array.from([...bySession].sort(([a], [b]) => a - b), ([, { sum, rows }]) => sum / rows);
  return { difference: means.reduce((sum, v) => sum + v, 0) / means.length, standardError: blockStandardError(means, BLOCK_SESSIONS) };
}
