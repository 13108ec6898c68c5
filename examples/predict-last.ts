/** The second process of the main job: what production does with a published model. Usage: predict-last.ts [store directory] */
import { fileURLToPath } from 'node:url';
import { fileStore } from 'quantwright/adapters/store-file';
import { panelFromCsv, selectSessions } from 'quantwright/panel';
import { createPredictor, predictionTable } from 'quantwright/predictor';
import { openRegistry } from 'quantwright/versioning';
import { readExampleCsv } from './read-csv-gz.ts';

const registry = openRegistry({ store: fileStore(process.argv[2] ?? fileURLToPath(new URL('../trained_models', import.meta.url))), now: () => new Date() });
const published = await registry.list();
if (published.length === 0) console.log('Nothing was published: run 01-main-job.ts first.');
else {
  // Production needs only the look-back, not the whole history.
  const bars = selectSessions(panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' }), { last: 200 });
  for (const { family, horizon } of published) {
    const { bundle, id } = await registry.load({ family, horizon, newest: true });
    const ranking = createPredictor(bundle, { version: id }).predictLast(bars);
    const unit = bundle.manifest.label.fn === 'forwardVolatility' ? 'log of annualised volatility: -0.7 is 50 % a year' : 'log return over the next five sessions, less the mean of all stocks';
    console.log(`${id}: ${ranking.length} rows, highest and lowest five (${unit})`);
    console.table(predictionTable([...ranking.slice(0, 5), ...ranking.slice(-5)]));
  }
}
