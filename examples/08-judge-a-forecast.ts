/** The same forecasts judged carelessly and with care: rows in one heap, labels that overlap, the best of many tries. */
import { computeFeatures, computeLabel, forwardReturn, forwardVolatility, logReturn, marketVol, realizedVol } from 'quantwright/features';
import {
  deflatedSharpeRatio, dieboldMariano, informationCoefficient, meanByGroup, probabilisticSharpeRatio, probabilityOfBacktestOverfittingSync,
  quantileReturns, sharpeRatio, spearmanCorrelation,
} from 'quantwright/metrics';
import { panelFromCsv } from 'quantwright/panel';
import { readExampleCsv } from './read-csv-gz.ts';
import { momentumTries } from './us120-tries.ts';

const bars = panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' });
const { names, columns } = computeFeatures(bars, { ret5: logReturn(5), vol10: realizedVol(10), vol21: realizedVol(21), vol63: realizedVol(63), marketVol21: marketVol(21) });
const feature = (name: string): Float64Array => columns[names.indexOf(name)];
const week = computeLabel(bars, forwardReturn({ sessions: 5 })).values;

console.log('Do these order the returns of the next five sessions? In one heap of 150,000 rows they all do; session by session, with overlapping labels, none:');
console.table(Object.fromEntries(['vol10', 'marketVol21', 'ret5'].map((name) => {
  const heap = spearmanCorrelation(feature(name), week);
  const [careless, careful] = [0, 4].map((lags) => informationCoefficient(feature(name), week, bars.session, { lags }));
  return [name, {
    'in one heap': heap.value.toFixed(4), 'its p value': heap.pValue.toExponential(0), 'by session': careful.mean.toFixed(4),
    't, 0 lags': careless.tStatistic.toFixed(2), 't, 4 lags': careful.tStatistic.toFixed(2), judged: careful.sessions, 'constant prediction': careful.skipped['constant-prediction'],
  }];
})));

// QLIKE of two variance forecasts, one loss per session.
const realised = computeLabel(bars, forwardVolatility({ sessions: 5, periodsPerYear: 252 })).values;
const losses = ['vol21', 'vol63'].map((name) => realised.map((logVol, i) => {
  const ratio = Math.exp(2 * logVol) / (252 * feature(name)[i] ** 2);
  return Number.isFinite(ratio) ? ratio - Math.log(ratio) - 1 : NaN;
}));
const inBoth = losses[0].map((loss, i) => loss + losses[1][i]);
const [short, long] = losses.map((loss) => loss.map((value, i) => (inBoth[i] === inBoth[i] ? value : NaN)));
const daily = (loss: Float64Array): Float64Array => Float64Array.from(meanByGroup(loss, bars.session), (session) => session.mean);
console.log('Volatility of 21 sessions against that of 63 as a forecast of the next five (QLIKE; positive: 63 is better):');
console.table(Object.fromEntries(([['rows taken as independent', short, long, 1], ['sessions, labels taken as apart', daily(short), daily(long), 1], ['sessions, overlapping labels', daily(short), daily(long), 5]] as const).map(([name, a, b, horizon]) => {
  const { meanDifference, standardError, statistic, n } = dieboldMariano(a, b, { horizon });
  return [name, { difference: meanDifference.toFixed(4), 'standard error': standardError.toFixed(4), t: statistic.toFixed(1), n }];
})));

const { mean, standardError, spread } = quantileReturns(feature('ret5').map((x) => -x), week, bars.session, { lags: 4 });
console.log(`Losers of the last week, by fifth: ${Array.from(mean, (m, q) => `${(1e4 * m).toFixed(0)} (se ${(1e4 * standardError[q]).toFixed(0)})`).join(', ')} bp a week; top less bottom ${(1e4 * spread.mean).toFixed(0)} bp, t ${spread.tStatistic.toFixed(1)}.`);

const tries = momentumTries(bars);
const ratios = tries.map(({ returns }) => sharpeRatio(returns).value);
const average = ratios.reduce((sum, ratio) => sum + ratio / ratios.length, 0);
const trialVariance = ratios.reduce((sum, ratio) => sum + (ratio - average) ** 2 / (ratios.length - 1), 0);
const best = tries[ratios.indexOf(Math.max(...ratios))];
const { annualized } = sharpeRatio(best.returns, { periodsPerYear: 252 });
console.log(`Best of ${tries.length} long-short strategies: ${best.name}, Sharpe ratio ${annualized?.value.toFixed(2)} (se ${annualized?.standardError.toFixed(2)}) a year, before costs.`);
console.table({
  'probability that its true ratio is above 0': probabilisticSharpeRatio(best.returns).value.toFixed(2),
  'the same, knowing it is the best of 26': deflatedSharpeRatio(best.returns, { trials: tries.length, trialVariance }).value.toFixed(2),
  'share of halves whose best is below the median in the other half': probabilityOfBacktestOverfittingSync(tries.map(({ returns }) => returns)).value.toFixed(2),
});
console.log('Notice that each careless number is the better looking one, and that what the careful one needs is known beforehand: the sessions, the horizon, the number of tries.');
