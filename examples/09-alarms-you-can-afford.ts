/** Has the market changed? A model's features against its training rows, quarter by quarter; a broken feed; and 29 years of an alarm on the S&P 500. */
import { fromPlain, toPlain } from 'quantwright';
import { columnOf, panelFromCsv, selectSessions, withColumns } from 'quantwright/panel';
import { createLivePredictor } from 'quantwright/predictor';
import { restoreDriftAlarm } from 'quantwright/shift-detection';
import { gbdt, trainEnsemble } from 'quantwright/trainer';
import { readExampleCsv } from './read-csv-gz.ts';
import { dailyMoves, DETECTORS, movesAlarm, REFERENCE_DAYS, TARGET_DAYS } from './spx-shift.ts';
import type { DetectorName } from './spx-shift.ts';
import { volatilityRecipe } from './us120-recipe.ts';

const bars = panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' });
const trained = await trainEnsemble(selectSessions(bars, { to: '2016-12-30' }), volatilityRecipe({ members: { trees: gbdt({ numIterations: 40 }) }, splits: { folds: 2 } }));
if (trained.status === 'rejected') throw new Error(trained.detail);
const predictor = createLivePredictor(trained.bundle);

const quarters = [['2017-01-01', '2017-03-31'], ['2017-04-01', '2017-06-30'], ['2017-07-01', '2017-09-30'], ['2017-10-01', '2017-12-31'], ['2018-01-01', '2018-02-07']] as const;
console.log('Features of a volatility model, 120 stocks, against its training rows:');
console.table(Object.fromEntries(await Promise.all(quarters.map(async ([from, to]) => {
  const { level, rows, drifted, driftedImportance } = await predictor.drift(bars, { from, to });
  return [`${from} to ${to}`, { level, 'PSI above 0.25': rows.filter(({ psi }) => psi > 0.25).length, drifted: drifted.length, 'by importance': driftedImportance.toFixed(2), worst: drifted.slice(0, 4).join(' ') }];
}))));

// From October on the feed counts volume in lots of a hundred.
const october = Date.parse('2017-10-01');
const broken = withColumns(bars, { volume: Float64Array.from(columnOf(bars, 'volume'), (shares, row) => (bars.sessions[bars.session[row]] >= october ? shares / 100 : shares)) });
console.log('The last quarter of 2017 from a feed that has changed its unit of volume:');
console.log(await predictor.drift(broken, { from: '2017-10-01', to: '2017-12-31' }));

const { dates, moves } = dailyMoves();
const halfYears = 2 * 33;
const timeline = (indices: readonly number[]): string => {
  const counts = new Array<number>(halfYears).fill(0);
  for (const index of indices) counts[2 * (Number(dates[index].slice(0, 4)) - 1990) + (dates[index].slice(5, 7) > '06' ? 1 : 0)]++;
  return counts.map((count) => (count === 0 ? '.' : String(Math.min(count, 9)))).join('');
};
console.log(`Alarms on the size of the daily move of the S&P 500, in each half of a year. One in ${TARGET_DAYS} days would be chance:`);
console.log(`${''.padEnd(29)}${[1990, 1995, 2000, 2005, 2010, 2015, 2020].map((year) => String(year).padEnd(10)).join('')}`);
for (const name of Object.keys(DETECTORS) as DetectorName[]) {
  const alarms = DETECTORS[name](moves);
  console.log(`${name.padEnd(29)}${timeline(alarms.map(({ index }) => index))}${String(alarms.length).padStart(5)}`);
}

// Live: what goes to disk is the state. Here every year is a process of its own.
let alarm = movesAlarm(moves, { coolDown: 63 });
const log: Record<string, string | null>[] = [];
for (let t = REFERENCE_DAYS; t < dates.length; t++) {
  if (dates[t].slice(0, 4) !== dates[t - 1].slice(0, 4)) {
    const disk = JSON.stringify(toPlain(alarm.state)); // 1.7 kB
    alarm = restoreDriftAlarm(fromPlain(JSON.parse(disk)));
  }
  const { alarm: sounds, direction, onset, statistic, threshold } = alarm.update(moves[t]);
  if (sounds) log.push({ alarm: dates[t], 'changed since': onset === null ? '' : dates[onset + REFERENCE_DAYS], direction, statistic: statistic.toFixed(1), threshold: threshold.toFixed(1) });
}
console.log('The first row again, day by day:');
console.table(log);
console.log('Notice that the column whose unit changed is named first although 98 % of the importance is as it was, and that a chart for independent days alarms in every crisis until nobody looks.');
