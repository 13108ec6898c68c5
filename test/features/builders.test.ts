import { describe, expect, it } from 'vitest';
import { column, computeFeatures, difference, distanceToHigh, distanceToLow, dollarVolume, type Feature, highLowRange, intradayReturn, lag, logReturn, marketBeta, marketReturn, marketVol, maxAbsoluteReturn, meanAbsoluteReturn, momentum, overnightGap, product, rankByDate, ratio, realizedVol, relativeStrength, residualReturn, returnSkewness, rollingMean, rollingStd, volumeZScore, zScoreByDate } from '../../src/features/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { type Bar, panelOf, rowOf, series } from './bars.ts';

const valuesOf = (panel: Panel, feature: Feature): number[] => Array.from(computeFeatures(panel, { x: feature }).columns[0]);
const lastOf = (panel: Panel, feature: Feature): number => valuesOf(panel, feature)[panel.rowCount - 1];
/** Closes whose log returns are the given ones. */
const closes = (returns: readonly number[], e = 'A'): Bar[] => series([0, ...returns].map((_, i) => 100 * Math.exp([0, ...returns].slice(0, i + 1).reduce((a, b) => a + b, 0))), 'close', e);
const DIGITS = 12; // of values of order one: a few ulps through exp and ln

describe('returns of one entity, worked by hand', () => {
  const panel = panelOf(closes([0.01, -0.02, 0.03, 0.04, -0.01]));
  it('logReturn is ln C_t - ln C_{t-k}', () => {
    expect(lastOf(panel, logReturn(1))).toBeCloseTo(-0.01, DIGITS);
    expect(lastOf(panel, logReturn(3))).toBeCloseTo(0.06, DIGITS);
    expect(valuesOf(panel, logReturn(3)).slice(0, 3)).toEqual([NaN, NaN, NaN]);
  });
  it('momentum leaves out the newest `skip` sessions', () => {
    expect(lastOf(panel, momentum(4, { skip: 2 }))).toBeCloseTo(0.01, DIGITS);
    expect(lastOf(panel, momentum(5))).toBeCloseTo(0.05, DIGITS);
  });
  it('realizedVol is the standard deviation of the returns, ddof 1, annualised only when told how', () => {
    // 0.03, 0.04, -0.01: mean 0.02, squares 0.0001 + 0.0004 + 0.0009 = 0.0014, over 2
    expect(lastOf(panel, realizedVol(3))).toBeCloseTo(Math.sqrt(0.0007), DIGITS);
    expect(lastOf(panel, realizedVol(3, { periodsPerYear: 252 }))).toBeCloseTo(Math.sqrt(0.0007 * 252), DIGITS);
  });
  it('relativeStrength is the share of the rises', () => {
    expect(lastOf(panel, relativeStrength(5))).toBeCloseTo(0.08 / 0.11, DIGITS);
    expect(lastOf(panelOf(closes([0.01, 0.02])), relativeStrength(2))).toBe(1);
    expect(lastOf(panelOf(closes([-0.01, -0.02])), relativeStrength(2))).toBe(0);
    expect(lastOf(panelOf(series([5, 5, 5])), relativeStrength(2))).toBeNaN();
  });
  it('mean and largest absolute return', () => {
    expect(lastOf(panel, meanAbsoluteReturn(5))).toBeCloseTo(0.11 / 5, DIGITS);
    expect(lastOf(panel, maxAbsoluteReturn(4))).toBeCloseTo(0.04, DIGITS);
    expect(lastOf(panelOf(closes([0.01, -0.05])), maxAbsoluteReturn(2))).toBeCloseTo(0.05, DIGITS);
  });
  it('returnSkewness is bias-corrected', () => {
    // 0, 0, 0.03: mean 0.01, m2 = 2e-4, m3 = (−1e-6 − 1e-6 + 8e-6)/3 = 2e-6; sqrt(6)/1 * m3/m2^1.5 = sqrt(3)
    expect(lastOf(panelOf(closes([0, 0, 0.03])), returnSkewness(3))).toBeCloseTo(Math.sqrt(3), 9);
    expect(lastOf(panelOf(series([7, 7, 7, 7])), returnSkewness(3))).toBeNaN();
  });
});

describe('bars of one entity, worked by hand', () => {
  const panel = panelOf([
    { s: 0, e: 'A', open: 10, high: 12, low: 9, close: 11, volume: 100 },
    { s: 1, e: 'A', open: 11, high: 16, low: 8, close: 14, volume: 200 },
    { s: 2, e: 'A', open: 13, high: 15, low: 12, close: 12, volume: 800 },
  ]);
  it('distances to the high and the low of the window', () => {
    expect(lastOf(panel, distanceToHigh(3))).toBeCloseTo(Math.log(12 / 16), DIGITS);
    expect(lastOf(panel, distanceToHigh(1))).toBeCloseTo(Math.log(12 / 15), DIGITS);
    expect(lastOf(panel, distanceToHigh(2, { column: 'close' }))).toBeCloseTo(Math.log(12 / 14), DIGITS);
    expect(lastOf(panel, distanceToLow(3))).toBeCloseTo(Math.log(12 / 8), DIGITS);
  });
  it('range, gap and intraday return', () => {
    expect(lastOf(panel, highLowRange(2))).toBeCloseTo((Math.log(2) + Math.log(15 / 12)) / 2, DIGITS);
    expect(lastOf(panel, overnightGap())).toBeCloseTo(Math.log(13 / 14), DIGITS);
    expect(lastOf(panel, intradayReturn())).toBeCloseTo(Math.log(12 / 13), DIGITS);
    expect(valuesOf(panel, overnightGap())[0]).toBeNaN();
  });
  it('volume score and dollar volume', () => {
    // ln 100, ln 200, ln 800 = ln 100 + {0, 1, 3} ln 2: (3 - 4/3) / sqrt(((4/3)^2 + (1/3)^2 + (5/3)^2) / 2)
    expect(lastOf(panel, volumeZScore(3))).toBeCloseTo((5 / 3) / Math.sqrt(42 / 18), DIGITS);
    expect(lastOf(panel, dollarVolume(2))).toBeCloseTo(Math.log((14 * 200 + 12 * 800) / 2), DIGITS);
  });
  it('a volume of zero is missing and a constant volume has no score', () => {
    expect(lastOf(panelOf(series([100, 0, 300], 'volume')), volumeZScore(3))).toBeNaN();
    expect(lastOf(panelOf(series([0.1, 0.1, 0.1], 'volume')), volumeZScore(3))).toBeNaN();
  });
  it('a price of zero or less is missing', () => {
    expect(valuesOf(panelOf(series([10, 0, 12, -1, 13])), logReturn(1)).every(Number.isNaN)).toBe(true);
    expect(valuesOf(panelOf(series([10, 0, 12])), logReturn(2))[2]).toBeCloseTo(Math.log(1.2), DIGITS);
  });
});

describe('windows count sessions of the panel', () => {
  // B trades at every session, A not at session 2.
  const panel = panelOf([...series([10, 11, null, 13, 14, 15]), ...series([1, 1, 1, 1, 1, 1], 'close', 'B')]);
  const at = (s: number, feature: Feature): number => valuesOf(panel, feature)[rowOf(panel, s, 'A')];
  it('a one-session return needs a row yesterday', () => {
    expect(at(3, logReturn(1))).toBeNaN();
    expect(at(4, logReturn(1))).toBeCloseTo(Math.log(14 / 13), DIGITS);
  });
  it('a longer return needs its two ends only', () => {
    expect(at(3, logReturn(2))).toBeCloseTo(Math.log(13 / 11), DIGITS);
    expect(at(4, logReturn(2))).toBeNaN();
  });
  it('a window with an absent row is missing', () => {
    expect(at(4, realizedVol(2))).toBeNaN();
    expect(at(5, realizedVol(2))).not.toBeNaN();
    expect(at(4, rollingMean(column('close', { causality: 'causal' }), 2))).toBeCloseTo(13.5, DIGITS);
    expect(at(4, rollingMean(column('close', { causality: 'causal' }), 3))).toBeNaN();
    expect(at(4, distanceToHigh(3, { column: 'close' }))).toBeNaN();
  });
  it('lag reaches over a gap to the same entity, not to another row', () => {
    expect(at(5, lag(column('close', { causality: 'causal' }), 4))).toBe(11);
    expect(at(5, lag(column('close', { causality: 'causal' }), 3))).toBeNaN();
    expect(at(1, lag(column('close', { causality: 'causal' }), 2))).toBeNaN();
  });
  it('a missing value inside a window is not skipped', () => {
    const holes = panelOf(series([1, 2, NaN, 4, 5, 6]));
    for (const feature of [rollingMean(column('close', { causality: 'causal' }), 3), rollingStd(column('close', { causality: 'causal' }), 3), distanceToHigh(3, { column: 'close' }), distanceToLow(3, { column: 'close' }), meanAbsoluteReturn(2), maxAbsoluteReturn(2), relativeStrength(2), returnSkewness(3), marketReturn(2), dollarVolume(3, { volume: 'close' })]) {
      expect(valuesOf(holes, feature)[4], feature.fn).toBeNaN();
    }
  });
});

describe('the market', () => {
  const panel = panelOf([...closes([0.01, 0.02, -0.03], 'A'), ...closes([0.03, -0.04, 0.01], 'B'), ...closes([0.02], 'C')]);
  it('is the equal-weight mean of the returns there are', () => {
    const values = valuesOf(panel, marketReturn(1));
    expect(values[rowOf(panel, 1, 'A')]).toBeCloseTo(0.02, DIGITS);
    expect(values[rowOf(panel, 2, 'B')]).toBeCloseTo(-0.01, DIGITS);
    expect(values[rowOf(panel, 0, 'A')]).toBeNaN();
    expect(lastOf(panel, marketReturn(3))).toBeCloseTo(0.02 - 0.01 - 0.01, DIGITS);
    expect(lastOf(panel, marketVol(3))).toBeCloseTo(Math.sqrt(((0.02) ** 2 + 0.01 ** 2 + 0.01 ** 2) / 2), DIGITS);
  });
  it('beta is covariance over variance and the residual takes the market out', () => {
    // market 0.02, -0.01, -0.01 deviates by itself (mean 0); A 0.01, 0.02, -0.03: cov sum 0.0002 - 0.0002 + 0.0003, var sum 0.0006
    expect(valuesOf(panel, marketBeta(3))[rowOf(panel, 3, 'A')]).toBeCloseTo(0.5, 9);
    expect(valuesOf(panel, residualReturn(1, { betaSessions: 3 }))[rowOf(panel, 3, 'A')]).toBeCloseTo(-0.03 + 0.5 * 0.01, 9);
    expect(valuesOf(panelOf([...series([5, 5, 5]), ...series([5, 5, 5], 'close', 'B')]), marketBeta(2)).every(Number.isNaN)).toBe(true);
  });
});

describe('arithmetic', () => {
  const panel = panelOf(series([2, 4, 0]));
  const close = column('close', { causality: 'causal' });
  it('ratio, difference and product', () => {
    expect(valuesOf(panel, ratio(close, lag(close, 1)))).toEqual([NaN, 2, 0]);
    expect(valuesOf(panel, difference(close, lag(close, 1)))).toEqual([NaN, 2, -4]);
    expect(valuesOf(panel, product(close, lag(close, 1)))).toEqual([NaN, 8, 0]);
  });
  it('a division by zero is missing, not infinite', () => {
    expect(valuesOf(panel, ratio(lag(close, 1), close))[2]).toBeNaN();
    expect(valuesOf(panelOf(series([0])), ratio(close, close))[0]).toBeNaN();
  });
  it('a column with an availability lag is read that many sessions late, wherever it is read', () => {
    const late = panelOf([0, 1, 2, 3].map((s) => ({ s, e: 'A', close: 10 + s, estimate: 2 ** s })));
    const estimate = column('estimate', { causality: 'causal', availabilityLagSessions: 2 });
    expect(valuesOf(late, estimate)).toEqual([NaN, NaN, 1, 2]);
    const { columns } = computeFeatures(late, { a: estimate, b: logReturn(1, { column: 'estimate' }), c: logReturn(1, { column: estimate }) });
    expect(columns[1][3]).toBeCloseTo(Math.LN2, DIGITS);
    expect(columns[1].slice(0, 3).every(Number.isNaN)).toBe(true);
    expect(columns[2]).toEqual(columns[1]);
  });
});

describe('within a session', () => {
  const panel = panelOf([3, 1, 2, 2, NaN].map((x, i) => ({ s: 0, e: 'ABCDE'[i], x, sector: [1, 1, 2, 2, 2][i] })));
  const x = column('x', { causality: 'causal' });
  it('rankByDate is the average rank over n, less a half', () => {
    expect(valuesOf(panel, rankByDate(x))).toEqual([0.5, 1 / 4 - 0.5, 2.5 / 4 - 0.5, 2.5 / 4 - 0.5, NaN]);
  });
  it('rankByDate within groups ranks each alone, and a row without a code is missing', () => {
    expect(valuesOf(panel, rankByDate(x, { within: 'sector' }))).toEqual([0.5, 0, 0.25, 0.25, NaN]);
    const loose = panelOf([{ s: 0, e: 'A', x: 1, g: 1 }, { s: 0, e: 'B', x: 2, g: NaN }, { s: 0, e: 'C', x: 3, g: 1 }]);
    expect(valuesOf(loose, rankByDate(x, { within: 'g' }))).toEqual([0, NaN, 0.5]);
  });
  it('zScoreByDate takes mean and standard deviation of the session', () => {
    const z = valuesOf(panel, zScoreByDate(x));
    expect(z[0]).toBeCloseTo(1 / Math.sqrt(2 / 3), DIGITS);
    expect(z[4]).toBeNaN();
    expect(valuesOf(panel, zScoreByDate(x, { ddof: 0 }))[0]).toBeCloseTo(Math.SQRT2, DIGITS);
    expect(valuesOf(panel, zScoreByDate(x, { clip: 0.5 })).slice(0, 3)).toEqual([0.5, -0.5, 0]);
  });
  it('engine 12: equal values have no z-score rather than 0, also when their mean is not exact', () => {
    const flat = panelOf([0.1, 0.1, 0.1].map((value, i) => ({ s: 0, e: 'ABC'[i], x: value })));
    expect(valuesOf(flat, zScoreByDate(x))).toEqual([NaN, NaN, NaN]);
    expect(valuesOf(panelOf([{ s: 0, e: 'A', x: 1 }]), zScoreByDate(x))).toEqual([NaN]);
  });
  it('engine 12: NaN rows are not neutral 0.5', () => {
    expect(valuesOf(panel, rankByDate(x))[4]).toBeNaN();
  });
  it('sessions do not see each other', () => {
    const two = panelOf([{ s: 0, e: 'A', x: 1 }, { s: 0, e: 'B', x: 2 }, { s: 1, e: 'A', x: 100 }, { s: 1, e: 'B', x: 50 }]);
    expect(valuesOf(two, rankByDate(x))).toEqual([0, 0.5, 0.5, 0]);
  });
});
