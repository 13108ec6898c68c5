import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { computeFeatures, computeLabel, difference, distanceToHigh, distanceToLow, dollarVolume, type Feature, forwardReturn, forwardVolatility, highLowRange, intradayReturn, type Label, lag, logReturn, marketBeta, marketReturn, marketVol, maxAbsoluteReturn, meanAbsoluteReturn, momentum, overnightGap, product, rankByDate, ratio, realizedVol, relativeStrength, residualReturn, returnSkewness, rollingMean, rollingStd, volumeZScore, zScoreByDate } from '../../src/features/index.ts';
import { panelFromColumns } from '../../src/panel/index.ts';

type Numbers = (number | null)[];
const reference = JSON.parse(readFileSync(new URL('./fixtures/pandas-panel.json', import.meta.url), 'utf8')) as {
  panel: Record<string, Numbers | string[]>;
  rows: number[];
  features: Record<string, Numbers>;
  extra: Record<string, Numbers>;
  labels: Record<string, Numbers>;
};

const panel = panelFromColumns(reference.panel as Record<string, ArrayLike<unknown>>, { entity: 'symbol', time: 'date' });

/** The features of the panel baseline. */
const FEATURES: Record<string, Feature> = {
  ret1: logReturn(1), ret5: logReturn(5), ret10: logReturn(10), ret21: logReturn(21), ret63: logReturn(63),
  mom126_21: momentum(126, { skip: 21 }),
  vol10: realizedVol(10), vol21: realizedVol(21), vol63: realizedVol(63), volratio: ratio(realizedVol(10), realizedVol(63)),
  rsi14: relativeStrength(14),
  dist_hi21: distanceToHigh(21), dist_lo63: distanceToLow(63),
  absret10: meanAbsoluteReturn(10), maxabs21: maxAbsoluteReturn(21), skew63: returnSkewness(63),
  hl10: highLowRange(10), gap: overnightGap(), intraday: intradayReturn(),
  volz21: volumeZScore(21), dv21: dollarVolume(21),
  beta63: marketBeta(63), resid5: residualReturn(5, { betaSessions: 63 }),
  mkt_ret5: marketReturn(5), mkt_vol21: marketVol(21),
};

const EXTRA: Record<string, Feature> = {
  rank_ret5: rankByDate(logReturn(5)), rank_vol21: rankByDate(realizedVol(21)), rank_mom126_21: rankByDate(momentum(126, { skip: 21 })),
  z_ret5: zScoreByDate(logReturn(5)), lag3_ret1: lag(logReturn(1), 3), rollmean5_gap: rollingMean(overnightGap(), 5), rollstd5_gap: rollingStd(overnightGap(), 5),
};

const LABELS: Record<string, Label> = {
  return5: forwardReturn({ sessions: 5 }),
  return5_minus_mean: forwardReturn({ sessions: 5, minus: 'date-mean' }),
  log_vol5: forwardVolatility({ sessions: 5, periodsPerYear: 252 }),
  open_return5: forwardReturn({ sessions: 5, entry: 'next-open' }),
};

// 1e-9 relative to values of order one: pandas' own running sums lose about six digits of the sixteen.
const TOLERANCE = 1e-9;

function expectSame(name: string, actual: Float64Array, expected: Numbers): void {
  let worst = 0;
  reference.rows.forEach((row, i) => {
    const want = expected[i] ?? NaN;
    const got = actual[row];
    if (Number.isNaN(want) !== Number.isNaN(got)) expect.fail(`${name} row ${row}: expected ${want}, got ${got}`);
    if (!Number.isNaN(want)) worst = Math.max(worst, Math.abs(got - want) / Math.max(1, Math.abs(want)));
  });
  expect(worst, name).toBeLessThan(TOLERANCE);
}

describe('against pandas on real bars with gaps, a late listing and a delisting', () => {
  it('covers the 25 features of the panel baseline', () => {
    expect(Object.keys(FEATURES).sort()).toEqual(Object.keys(reference.features).sort());
    expect(Object.keys(FEATURES)).toHaveLength(25);
  });
  const table = computeFeatures(panel, { ...FEATURES, ...EXTRA });
  it.each(Object.keys(FEATURES))('%s', (name) => {
    expectSame(name, table.columns[table.names.indexOf(name)], reference.features[name]);
  });
  it.each(Object.keys(EXTRA))('%s', (name) => {
    expectSame(name, table.columns[table.names.indexOf(name)], reference.extra[name]);
  });
  it.each(Object.keys(LABELS))('label %s', (name) => {
    expectSame(name, computeLabel(panel, LABELS[name]).values, reference.labels[name]);
  });
  it('the residual return is the return less beta times the market return, to the bit', () => {
    const { columns } = computeFeatures(panel, { a: residualReturn(5), b: difference(logReturn(5), product(marketBeta(63), marketReturn(5))) });
    expect(columns[0]).toEqual(columns[1]);
  });
});
