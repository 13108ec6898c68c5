/**
 * The main job on real stocks: features, purged folds, training, gates, a published bundle, loaded in another process, today's table,
 * and a walk-forward run. Run it with `npm run demo`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fileStore } from 'quantwright/adapters/store-file';
import { inspectPanel, panelFromCsv } from 'quantwright/panel';
import { trainEnsemble, walkForward } from 'quantwright/trainer';
import { openRegistry } from 'quantwright/versioning';
import { progressBar } from './progress-bar.ts';
import { readExampleCsv } from './read-csv-gz.ts';
import { returnRecipe, volatilityRecipe } from './us120-recipe.ts';

const started = performance.now();
const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
const heading = (text: string): void => console.log(`\n${text} [${seconds()}]`);

const bars = panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' });
console.log(inspectPanel(bars));

const storeDirectory = fileURLToPath(new URL('../trained_models', import.meta.url));
rmSync(storeDirectory, { recursive: true, force: true }); // the demo starts from nothing every time
const registry = openRegistry({ store: fileStore(storeDirectory), now: () => new Date() });

// The test part is the walk-forward's period, so that the two can be compared; what passes its gates is refitted on every row before it ships.
const options = { splits: { test: '2016-07-01' }, refit: 'all' } as const;
for (const recipe of [returnRecipe(options), volatilityRecipe(options)]) {
  heading(`Training ${recipe.family}`);
  const bar = progressBar();
  const outcome = await trainEnsemble(bars, recipe, { onProgress: bar.update });
  bar.clear();
  console.log(outcome);
  console.table(outcome.folds.map((fold) => ({ ...fold, informationCoefficient: +fold.informationCoefficient.toFixed(4), skill: +fold.skill.toFixed(4) })));
  console.log(`Most important: ${outcome.importances.slice(0, 6).map(({ feature, importance }) => `${feature} ${importance.toExponential(1)}`).join(', ')}`);
  if (outcome.status === 'rejected') continue; // reasons are data; nothing is published
  const published = await registry.publish(outcome.bundle);
  console.log(`Published ${published.id}, digest ${published.digest.slice(0, 12)}`);
}

heading('Another process loads what was published and predicts the last session');
const child = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(new URL('./predict-last.ts', import.meta.url)), storeDirectory], { stdio: 'inherit' });
if (child.status !== 0) process.exit(child.status ?? 1);

heading('Walk-forward by quarter from 2016-07-01');
const bar = progressBar();
const run = await walkForward(bars, returnRecipe(), { refitEvery: 63, window: 'expanding', from: '2016-07-01', onProgress: bar.update });
bar.clear();
console.log(run);

console.log(`\nDone in ${seconds()}, peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB.`);
console.log('Notice that each walk-forward model was available before every row it predicts, and that volatility is far easier to predict than return.');
