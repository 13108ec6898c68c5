/**
 * The whole job on real panels: `npm run bench -- panel`.
 *
 * Recipe of the examples, test from 2016-07-01 (us120) and 2010-01-04 (20 stocks), 15 % of the sessions before kept for calibration. Peer
 * values are scikit-learn 1.2.1 and xgboost 1.7.4 on the same rows and features without a calibration part, measured once: the mean of
 * ridge, gradient boosting and xgboost, and the best single one.
 */
import { blockStandardError } from 'quantwright/metrics';
import { panelFromCsv, panelFromColumns } from 'quantwright/panel';
import type { Panel } from 'quantwright/panel';
import { computeFeatures, computeLabel } from 'quantwright/features';
import { createPredictor } from 'quantwright/predictor';
import type { PredictedRow } from 'quantwright/predictor';
import { trainEnsemble, walkForward } from 'quantwright/trainer';
import type { Recipe, TrainOutcome } from 'quantwright/trainer';
import { readExampleCsv } from '../examples/read-csv-gz.ts';
import { stockFeatures } from '../examples/us120-features.ts';
import { closeOnlyVolatilityRecipe, returnRecipe, volatilityRecipe } from '../examples/us120-recipe.ts';
import { report } from './report.ts';

const US120 = 'us120 test from 2016-07-01';
const SP20 = 'sp500_20stocks test from 2010-01-04';

interface Target {
  readonly metric: 'rmse' | 'information-coefficient';
  readonly target: number;
  readonly peer: string;
  readonly peerValue: number;
}

async function judge(name: string, panel: Panel, recipe: Recipe, target: Target): Promise<void> {
  const start = performance.now();
  const outcome = await trainEnsemble(panel, recipe);
  report({ bench: 'panel', case: `${recipe.family}, ${name}`, metric: 'train-seconds', value: (performance.now() - start) / 1000, unit: 's' });
  const row = outcome.metrics.find((m) => m.evidence === 'test' && m.metric === target.metric);
  if (row === undefined) throw new Error(`bench panel: ${name} has no ${target.metric}: ${outcome.status}`);
  report({ bench: 'panel', case: `${recipe.family}, ${name}`, metric: target.metric, value: row.value, unit: target.metric === 'rmse' ? 'label' : 'correlation', peer: target.peer, peerValue: target.peerValue, target: target.target, better: target.metric === 'rmse' ? 'at-most' : 'at-least' });
  if (target.metric === 'information-coefficient') report({ bench: 'panel', case: `${recipe.family}, ${name}`, metric: 'leak-suspicion', value: row.value, unit: 'correlation', target: 0.06 });
  await coverage(name, panel, recipe, outcome);
}

// Coverage on the test part, overall and per group, with a standard error from blocks of 20 sessions.
async function coverage(name: string, panel: Panel, recipe: Recipe, outcome: TrainOutcome): Promise<void> {
  if (outcome.status === 'rejected') throw new Error(`bench panel: ${recipe.family} was rejected: ${outcome.detail}`);
  const { bundle } = outcome;
  const label = computeLabel(panel, recipe.label);
  const groups = recipe.uncertainty.groups;
  const by = groups === null ? undefined : computeFeatures(panel, { by: groups.by }).columns[0];
  const cuts = bundle.manifest.uncertainty?.groupCuts?.cuts ?? [];
  const rowOf = new Map<string, number>();
  for (let r = 0; r < panel.rowCount; r++) rowOf.set(`${panel.sessions[panel.session[r]]} ${panel.entities[panel.entity[r]]}`, r);
  const kept: { session: number; covered: number; group: number }[] = [];
  for await (const batch of createPredictor(bundle).predictBatches(panel, { from: bundle.manifest.split.testFrom ?? 0 })) {
    for (const p of batch.filter((q): q is PredictedRow => q.status === 'predicted')) {
      const row = rowOf.get(`${p.time} ${p.entity}`) ?? -1;
      const outcomeValue = label.values[row];
      if (!Number.isFinite(outcomeValue)) continue;
      const value = by === undefined ? 0 : by[row];
      kept.push({ session: panel.session[row], covered: outcomeValue >= p.lower && outcomeValue <= p.upper ? 1 : 0, group: Array.from(cuts).filter((c) => value > c).length });
    }
  }
  const signed = recipe.label.fn === 'forwardReturn';
  for (const group of ['all', 0, 1, 2] as const) {
    const part = group === 'all' ? kept : kept.filter((k) => k.group === group);
    const bySession = new Map<number, number[]>();
    for (const k of part) bySession.set(k.session, [...(bySession.get(k.session) ?? []), k.covered]);
    const means = Float64Array.from([...bySession].sort(([a], [b]) => a - b), ([, v]) => v.reduce((x, y) => x + y, 0) / v.length);
    const share = part.reduce((sum, k) => sum + k.covered, 0) / part.length;
    const which = `${recipe.family}, ${name}, ${group === 'all' ? 'all rows' : `volatility tercile ${group + 1}`}`;
    report({ bench: 'panel', case: which, metric: 'coverage', value: share, unit: 'share', ...(signed ? { met: share >= 0.86 && share <= 0.94 } : {}) });
    report({ bench: 'panel', case: which, metric: 'coverage-standard-error', value: blockStandardError(means, 20), unit: 'share' });
  }
}

function fromWideCsv(name: string): Panel {
  return panelFromCsv(readExampleCsv(name), { time: 'Date', wide: { value: 'close' } });
}

export default async function panelBench(): Promise<void> {
  let start = performance.now();
  const bars = panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' });
  report({ bench: 'panel', case: 'us120 csv, 151,075 rows', metric: 'read-seconds', value: (performance.now() - start) / 1000, unit: 's' });
  start = performance.now();
  computeFeatures(bars, stockFeatures);
  report({ bench: 'panel', case: 'us120, 23 features', metric: 'feature-seconds', value: (performance.now() - start) / 1000, unit: 's' });
  const columns = { ...bars.columns, entity: Array.from(bars.entity, (e) => bars.entities[e]), time: Array.from(bars.session, (s) => bars.sessions[s]) };
  start = performance.now();
  panelFromColumns(columns, { entity: 'entity', time: 'time' });
  report({ bench: 'panel', case: 'us120 from columns', metric: 'build-seconds', value: (performance.now() - start) / 1000, unit: 's' });

  const splits = { test: '2016-07-01', calibration: 0.15 };
  await judge(US120, bars, returnRecipe({ splits }), { metric: 'information-coefficient', target: 0.015, peer: 'mean of ridge, sklearn HGB, xgboost', peerValue: 0.0316 });
  await judge(US120, bars, volatilityRecipe({ splits }), { metric: 'rmse', target: 0.54, peer: 'mean of ridge, sklearn HGB, xgboost', peerValue: 0.5332 });
  const closes = fromWideCsv('sp500_20stocks_close_1990_2022.csv.gz');
  await judge(SP20, closes, closeOnlyVolatilityRecipe({ splits: { test: '2010-01-04', calibration: 0.15 } }), { metric: 'rmse', target: 0.49, peer: 'xgboost', peerValue: 0.4836 });

  start = performance.now();
  const run = await walkForward(bars, returnRecipe(), { refitEvery: 63, from: '2016-07-01' });
  report({ bench: 'panel', case: 'walk-forward by quarter from 2016-07-01', metric: 'seconds', value: (performance.now() - start) / 1000, unit: 's' });
  report({ bench: 'panel', case: 'walk-forward by quarter from 2016-07-01', metric: 'information-coefficient', value: run.summary.informationCoefficient, unit: 'correlation' });
  report({ bench: 'panel', case: 'walk-forward by quarter from 2016-07-01', metric: 'information-coefficient-t', value: run.summary.informationCoefficientT, unit: 't' });
  report({ bench: 'panel', case: 'whole run', metric: 'peak-memory', value: process.resourceUsage().maxRSS / 1024, unit: 'MB' });
}
