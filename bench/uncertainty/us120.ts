/** Intervals on real stocks with outcomes that arrive when they are known: a live predictor, session by session. */
import { intervalCoverage, intervalWidths, widthErrorCorrelation } from 'quantwright/metrics';
import type { Bundle } from 'quantwright/bundle';
import { groupOf } from 'quantwright/conformal';
import { computeFeatures, computeLabel } from 'quantwright/features';
import { panelFromCsv } from 'quantwright/panel';
import type { Panel } from 'quantwright/panel';
import { createLivePredictor, createPredictor } from 'quantwright/predictor';
import type { Outcome, PredictedRow, Prediction } from 'quantwright/predictor';
import { trainEnsemble } from 'quantwright/trainer';
import type { Recipe } from 'quantwright/trainer';
import { readExampleCsv } from '../../examples/read-csv-gz.ts';
import { returnRecipe, volatilityRecipe } from '../../examples/us120-recipe.ts';
import { report } from '../report.ts';

const FROM = '2016-07-01';

/** Coverage of return and log volatility over five sessions, with fixed and with live intervals. */
export async function us120Cases(): Promise<void> {
  const panel = panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' });
  for (const recipe of [returnRecipe({ splits: { test: FROM } }), volatilityRecipe({ splits: { test: FROM } })]) await judge(panel, recipe);
}

async function judge(panel: Panel, recipe: Recipe): Promise<void> {
  const trained = await trainEnsemble(panel, recipe);
  if (trained.status === 'rejected') throw new Error(`bench uncertainty: ${recipe.family} was rejected: ${trained.detail}`);
  const { bundle } = trained;
  const label = computeLabel(panel, recipe.label);
  const rowOf = new Map(Array.from(panel.entity, (entity, row) => [`${panel.sessions[panel.session[row]]} ${panel.entities[entity]}`, row]));
  const first = panel.sessions.findIndex((time) => time >= Date.parse(FROM));
  const live = createLivePredictor(bundle);
  const fixed = createPredictor(bundle);
  const rows: { readonly row: number; readonly live: Prediction; readonly fixed: Prediction }[] = [];
  let waiting: { readonly known: number; readonly outcome: Outcome }[] = [];
  for (let s = first; s < panel.sessions.length; s++) {
    const today = { from: panel.sessions[s], to: panel.sessions[s] };
    live.update(waiting.filter(({ known }) => known <= s).map(({ outcome }) => outcome));
    waiting = waiting.filter(({ known }) => known > s);
    const still = fixed.predict(panel, today);
    live.issue(panel, today).forEach((prediction, i) => {
      const row = rowOf.get(`${prediction.time} ${prediction.entity}`) as number;
      rows.push({ row, live: prediction, fixed: still[i] });
      if (label.endSession[row] >= 0) waiting.push({ known: label.endSession[row], outcome: { time: prediction.time, entity: prediction.entity, outcome: label.values[row] } });
    });
  }
  const groups = groupsOf(panel, recipe, bundle, rows.map(({ row }) => row));
  for (const kind of ['fixed', 'live'] as const) {
    const served = rows.map((item) => item[kind]);
    const bound = (pick: (row: PredictedRow) => number): Float64Array => Float64Array.from(served, (row) => (row.status === 'predicted' ? pick(row) : NaN));
    const [lower, upper] = [bound((row) => row.lower), bound((row) => row.upper)];
    const actual = Float64Array.from(rows, ({ row }) => label.values[row]);
    const coverage = intervalCoverage(lower, upper, actual, { groups, sessions: rows.map(({ row }) => panel.session[row]) });
    const name = `${recipe.family}, us120 from ${FROM}, ${kind} intervals`;
    const line = (metric: string, measured: number, extra: object = {}): void => {
      report({ bench: 'uncertainty', case: name, metric, value: measured, unit: 'share', ...extra });
    };
    line('coverage', coverage.coverage, kind === 'live' ? { target: 0.9, met: Math.abs(coverage.coverage - 0.9) <= 0.02 } : {});
    line('coverage-standard-error', coverage.standardError);
    for (const group of coverage.byGroup) line(`coverage-tercile-${group.group}`, group.coverage, kind === 'live' ? { target: 0.9, met: Math.abs(group.coverage - 0.9) <= 0.04 } : {});
    report({ bench: 'uncertainty', case: name, metric: 'mean-width', value: intervalWidths(lower, upper).mean, unit: 'label' });
    const error = widthErrorCorrelation(lower, upper, actual);
    report({ bench: 'uncertainty', case: name, metric: 'width-error-spearman', value: error.value, unit: 'correlation', ...(kind === 'live' ? { target: 0.2, better: 'at-least' as const } : {}) });
  }
}

// Tercile of past volatility by the bundle's own cuts.
function groupsOf(panel: Panel, recipe: Recipe, bundle: Bundle, rows: readonly number[]): Int32Array {
  const { groupCuts } = bundle.manifest.uncertainty ?? {};
  if (recipe.uncertainty.groups === null || groupCuts == null) return new Int32Array(rows.length);
  const by = computeFeatures(panel, { by: recipe.uncertainty.groups.by }).columns[0];
  return Int32Array.from(rows, (row) => groupOf(groupCuts, by[row]));
}
