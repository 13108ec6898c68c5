/** Draws the figures of the guides on intervals, calibration and judging: npx tsx -C quantwright-source examples/figures/uncertainty.ts */
import { writeFileSync } from 'node:fs';
import { applyCalibratorBatch, fitCalibratorSync, rollingCalibrationSync } from 'quantwright/calibration';
import { probabilityOfBacktestOverfittingSync, reliabilityCurve, rollingCoverage } from 'quantwright/metrics';
import { panelFromCsv } from 'quantwright/panel';
import { readExampleCsv } from '../read-csv-gz.ts';
import { indexRows, METHODS, replayed } from '../spx-intervals.ts';
import type { MethodName } from '../spx-intervals.ts';
import { restlessStocks } from '../us120-restless.ts';
import type { ScoredRows } from '../us120-restless.ts';
import { momentumTries } from '../us120-tries.ts';
import { band, bars, COLORS, dots, legend, line, panel, svgDocument, text } from './svg-chart.ts';
import type { Tick } from './svg-chart.ts';

const save = (name: string, svg: string): void => writeFileSync(new URL(`../../docs/guide/figures/${name}.svg`, import.meta.url), svg);
const ticks = (values: readonly number[], label: (value: number) => string = String): Tick[] => values.map((at) => ({ at, text: label(at) }));
const percent = (share: number): string => `${Math.round(100 * share)} %`;

const index = indexRows();
const dates = index.dates.slice(index.start);
const outcomes = index.outcomes.subarray(index.start);
const boundsOf = (name: MethodName): { readonly lower: Float64Array; readonly upper: Float64Array } => replayed(index, METHODS[name]);

function crises(): string {
  const fixed = boundsOf('one width, fixed');
  const adaptive = boundsOf('width x volatility, tracker');
  const crisis = (title: string, from: string, to: string, left: number, yLabel?: string): string[] => {
    const first = dates.findIndex((date) => date >= from);
    const days = Array.from({ length: dates.findIndex((date) => date > to) - first }, (_, i) => first + i);
    const months = days.filter((t, i) => i === 0 || dates[t].slice(0, 7) !== dates[t - 1].slice(0, 7)).filter((_, i) => i % 2 === 0);
    const plot = panel({
      left, top: 70, width: 360, height: 250, x: [days[0], days[days.length - 1]], y: [-13, 13], title, ...(yLabel && { yLabel }), xLabel: 'day on which the interval was given',
      xTicks: months.map((t) => ({ at: t, text: dates[t].slice(0, 7) })), yTicks: ticks([-12, -8, -4, 0, 4, 8, 12]),
    });
    const at = (values: Float64Array, rows = days): number[] => rows.map((t) => 100 * values[t]);
    const misses = days.filter((t) => outcomes[t] < adaptive.lower[t] || outcomes[t] > adaptive.upper[t]);
    return [
      plot.axes, band(plot, days, at(adaptive.lower), at(adaptive.upper), COLORS.blue), line(plot, days, at(adaptive.upper), COLORS.blue), line(plot, days, at(adaptive.lower), COLORS.blue),
      line(plot, days, at(fixed.upper), COLORS.red, 'stroke-width="2" stroke-dasharray="5 3"'), line(plot, days, at(fixed.lower), COLORS.red, 'stroke-width="2" stroke-dasharray="5 3"'),
      dots(plot, days, at(outcomes), COLORS.grey), dots(plot, misses, at(outcomes, misses), COLORS.text, 2.6),
    ];
  };
  return svgDocument(880, 375, 'Next-day returns of the S&P 500 through 2008 and 2020 with fixed and adaptive 90 % intervals', [
    legend(70, 24, [['fixed on the nineties', COLORS.red, 'dash'], ['width x volatility, tracker', COLORS.blue], ['next day', COLORS.grey, 'dot'], ['outside the adaptive one', COLORS.text, 'dot']]),
    ...crisis('2008', '2008-07-01', '2009-03-31', 70, 'log return of the next day, %'),
    ...crisis('2020', '2020-01-02', '2020-09-30', 500),
  ]);
}

function coverage(): string {
  const plot = panel({
    left: 70, top: 60, width: 780, height: 260, x: [249, dates.length - 1], y: [0.45, 1], xLabel: 'end of the window', yLabel: 'share covered, last 250 sessions',
    xTicks: [2002, 2004, 2006, 2008, 2010, 2012, 2014, 2016, 2018, 2020, 2022].map((year) => ({ at: dates.findIndex((date) => date.startsWith(String(year))), text: String(year) })), yTicks: ticks([0.5, 0.6, 0.7, 0.8, 0.9, 1], percent),
  });
  const methods = [['one width, fixed', COLORS.red], ['one width, last 500 days', COLORS.grey], ['width x volatility, fixed', COLORS.green], ['width x volatility, ACI', COLORS.blue]] as const;
  return svgDocument(880, 375, 'Coverage over 250 sessions of four kinds of 90 % intervals for the S&P 500, 2001 to 2022', [
    plot.axes, legend(70, 24, methods.map(([name, color]) => [name, color])),
    `<path d="M${plot.px(249)},${plot.py(0.9)}H${plot.px(dates.length - 1)}" stroke="${COLORS.text}" stroke-dasharray="2 3"/>`,
    ...methods.map(([name, color]) => {
      const { lower, upper } = boundsOf(name);
      const { coverage: shares, lastSession } = rollingCoverage(lower, upper, outcomes);
      const weekly = (values: Float64Array): Float64Array => values.filter((_, i) => i % 5 === 0);
      return line(plot, weekly(lastSession), weekly(shares), color, 'stroke-width="1.4"');
    }),
  ]);
}

async function reliability(): Promise<string> {
  const { calibration, later } = await restlessStocks();
  const joined = (key: keyof ScoredRows): Float64Array => Float64Array.from([...calibration[key], ...later[key]]);
  const once = fitCalibratorSync(calibration.scores, calibration.labels, { scale: 'logit', sessions: calibration.sessions, horizon: 5 });
  const rolled = rollingCalibrationSync(joined('scores'), joined('labels'), { sessions: joined('sessions'), scale: 'logit', delay: 5, refitEvery: 10, windowSessions: 40 });
  const served = [
    ['no calibrator', later.scores.map((score) => 1 / (1 + Math.exp(-score))), COLORS.red],
    ['one fit', applyCalibratorBatch(once, later.scores), COLORS.green],
    ['a fit every 10 sessions', rolled.probabilities.subarray(calibration.scores.length), COLORS.blue],
  ] as const;
  const parts = served.flatMap(([name, probabilities, color], k) => {
    const { bins } = reliabilityCurve(later.labels, probabilities, { binning: 'quantile', bands: 'bootstrap', sessions: later.sessions });
    const plot = panel({
      left: 70 + 275 * k, top: 40, width: 230, height: 230, x: [0, 0.9], y: [0, 0.9], title: name, xLabel: 'probability said (mean of a tenth)', ...(k === 0 && { yLabel: 'share that happened' }),
      xTicks: ticks([0, 0.2, 0.4, 0.6, 0.8], percent), yTicks: ticks([0, 0.2, 0.4, 0.6, 0.8], percent),
    });
    const said = bins.map(({ meanProbability }) => meanProbability);
    return [
      plot.axes, line(plot, [0, 0.9], [0, 0.9], COLORS.text, 'stroke-dasharray="2 3"'), bars(plot, said, bins.map(({ frequencyLower }) => frequencyLower), bins.map(({ frequencyUpper }) => frequencyUpper), color, 5),
      line(plot, said, bins.map(({ frequency }) => frequency), color), dots(plot, said, bins.map(({ frequency }) => frequency), COLORS.text, 2.4),
    ];
  });
  return svgDocument(880, 345, 'Reliability of the same scores without a calibrator, with one fit and with rolling fits', [
    ...parts, text(70, 332, '37,560 later rows of us120 in tenths; bars are 95 % bands from blocks of 20 sessions, the dotted line is what was promised.'),
  ]);
}

function overfitting(): string {
  const tries = momentumTries(panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' }));
  const { inSample, outOfSample } = probabilityOfBacktestOverfittingSync(tries.map(({ returns }) => returns));
  const year = (ratio: number): number => ratio * Math.sqrt(252);
  const some = Array.from(inSample.keys()).filter((split) => split % 18 === 0);
  const plot = panel({
    left: 70, top: 40, width: 480, height: 300, x: [0, 2], y: [-1.5, 1.5], xLabel: 'Sharpe ratio a year of the best of 26, in the half that chose it', yLabel: 'the same strategy in the other half',
    xTicks: ticks([0, 0.5, 1, 1.5, 2]), yTicks: ticks([-1.5, -1, -0.5, 0, 0.5, 1, 1.5]),
  });
  return svgDocument(580, 400, 'In-sample and out-of-sample Sharpe ratio of the best of 26 strategies over halves of the sample', [
    plot.axes, `<path d="M${plot.px(0)},${plot.py(0)}H${plot.px(2)}" stroke="${COLORS.text}" stroke-dasharray="2 3"/>`,
    dots(plot, some.map((split) => year(inSample[split])), some.map((split) => year(outOfSample[split])), COLORS.blue, 2, 'fill-opacity="0.45"'),
    text(70, 22, 'One dot per way to halve 16 parts of the time (every 18th of 12,870)'),
  ]);
}

save('intervals-2008-2020', crises());
save('coverage-250', coverage());
save('reliability', await reliability());
save('overfitting', overfitting());
