import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spearman } from '../../src/core/correlation.ts';
import { randomStream } from '../../src/core/random.ts';
import { informationCoefficient, neweyWestMean } from '../../src/metrics/index.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

const series = referenceCases<{ pred: number[][]; label: number[][] }>('rank_corr.json', 'ic_series');

describe('informationCoefficient', () => {
  it.each(series)('equals scipy per session and statsmodels HAC over sessions, case %s', (_id, { input, params, expected }) => {
    const sessions = input.pred.flatMap((row, s) => row.map(() => s));
    const lags = params['newey_west_lags'];
    const ic = informationCoefficient(input.pred.flat(), input.label.flat(), sessions, { lags });
    for (let s = 0; s < 30; s++) expect(Math.abs(ic.bySession[s] - expected.daily_ic[s])).toBeLessThan(REFERENCE_TOLERANCE);
    const found = { mean_ic: ic.mean, std_ic_ddof1: ic.standardDeviation, icir: ic.mean / ic.standardDeviation, t_nw: ic.tStatistic, se_nw: ic.standardError, hit_rate_ic: ic.positiveShare };
    for (const [name, value] of Object.entries(found)) expect(relativeError(value, expected[name]), name).toBeLessThan(REFERENCE_TOLERANCE);
    expect([ic.sessions, Object.values(ic.skipped)]).toEqual([30, [0, 0, 0]]);
  });

  it('does not depend on the order of the rows', () => {
    const [, { input }] = series[0];
    const rows = input.pred.flatMap((row, s) => row.map((p, i) => [p, input.label[s][i], s] as const));
    const shuffled = Array.from(randomStream(1, 'rows').permutation(rows.length), (i) => rows[i]);
    const of = (list: typeof rows): number => informationCoefficient(list.map(([p]) => p), list.map(([, y]) => y), list.map(([, , s]) => s), { lags: 2 }).tStatistic;
    expect(of(shuffled)).toBeCloseTo(of(rows), 12);
  });

  it('engine 12: sessions with too few names or without an order are skipped with a reason, never scored 0 or 0.5', () => {
    const up = [1, 2, 3, 4, 5];
    const flat = [7, 7, 7, 7, 7];
    const ic = informationCoefficient([...up, ...flat, ...up, ...up, 1], [...up, ...up, ...flat, 5, 4, NaN, 2, 1, 1], [...[10, 20, 30, 40].flatMap((s) => [s, s, s, s, s]), 50]);
    expect(ic).toMatchObject({ mean: expect.closeTo(1, 12), sessions: 1, positiveShare: 1, standardError: NaN, tStatistic: NaN, skipped: { 'too-few-names': 2, 'constant-prediction': 1, 'constant-outcome': 1 } });
    expect([[...ic.sessionIds], [...ic.bySession]]).toEqual([[10, 20, 30, 40, 50], [expect.closeTo(1, 12), NaN, NaN, NaN, NaN]]);
    expect(informationCoefficient([...up], [5, 4, NaN, 2, 1], flat, { minimumNames: 4 }).mean).toBeCloseTo(-1, 12);
  });

  it('has no mean, rather than 0, without a session', () => {
    expect(informationCoefficient([], [], [])).toMatchObject({ mean: NaN, tStatistic: NaN, sessions: 0, positiveShare: NaN });
  });

  it('is the mean of Spearman correlations for any panel', () => {
    const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(NaN));
    fc.assert(fc.property(fc.array(fc.record({ p: value, y: value, s: fc.nat(5) }), { maxLength: 80 }), (rows) => {
      const ic = informationCoefficient(rows.map((r) => r.p), rows.map((r) => r.y), rows.map((r) => r.s), { minimumNames: 3 });
      const expected = [0, 1, 2, 3, 4, 5].flatMap((s) => {
        const present = rows.filter((r) => r.s === s && r.p === r.p && r.y === r.y);
        const value = spearman(present.map((r) => r.p), present.map((r) => r.y));
        return present.length >= 3 && Number.isFinite(value) ? [value] : [];
      });
      expect(ic.sessions).toBe(expected.length);
      if (expected.length > 0) expect(ic.mean).toBeCloseTo(expected.reduce((a, b) => a + b, 0) / expected.length, 12);
      expect(ic.sessions + Object.values(ic.skipped).reduce((a, b) => a + b, 0)).toBe(new Set(rows.map((r) => r.s)).size);
    }));
  });

  it.each<[string, () => unknown, string]>([
    ['different lengths', () => informationCoefficient([1], [1, 2], [0]), 'ERR_SHAPE'],
    ['a session that is NaN', () => informationCoefficient([1], [1], [NaN]), 'ERR_DOMAIN'],
    ['a breadth of 1', () => informationCoefficient([1], [1], [0], { minimumNames: 1 }), 'ERR_DOMAIN'],
    ['a fractional lag', () => informationCoefficient([1], [1], [0], { lags: 0.5 }), 'ERR_DOMAIN'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('neweyWestMean', () => {
  it('by hand: deviations -1, 0, 1 with one lag', () => {
    expect(neweyWestMean([1, 2, 3], 1).standardError).toBeCloseTo(Math.sqrt(2) / 3, 15);
    expect(neweyWestMean([1, 2, 3], 2).standardError).toBeCloseTo(Math.sqrt(2 + 2 * (1 / 3) * -1) / 3, 15);
  });

  it('keeps the place of a missing value, so that a lag stays a lag', () => {
    // Deviations 1, gap, 1, -2: the only pair one session apart is (1, -2).
    expect(neweyWestMean([4, NaN, 4, 1], 1)).toMatchObject({ mean: 3, n: 3 });
    expect(neweyWestMean([4, NaN, 4, 1], 1).standardError).toBeCloseTo(Math.sqrt(6 + 2 * 0.5 * -2) / 3, 15);
  });

  it('has no t for a constant series and no standard error for one value', () => {
    expect(neweyWestMean([2, 2, 2], 1)).toMatchObject({ mean: 2, standardError: 0, tStatistic: NaN });
    expect(neweyWestMean([2], 0)).toMatchObject({ mean: 2, standardError: NaN, tStatistic: NaN, n: 1 });
    expect(neweyWestMean([], 3)).toMatchObject({ mean: NaN, n: 0 });
  });

  it('is never imaginary, whatever the lags', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 20 }), fc.nat(30), (values, lags) => {
      expect(neweyWestMean(values, lags).standardError).toBeGreaterThanOrEqual(0);
    }));
  });

  it('with the label overlap as lags keeps the size of a t test on overlapping series, where lags 0 does not', () => {
    // Sums of 5 independent draws overlap over 5 sessions; the true mean is 0.
    const stream = randomStream(9, 'overlap');
    let [honest, naive] = [0, 0];
    for (let trial = 0; trial < 400; trial++) {
      const draws = Array.from({ length: 304 }, () => stream.normal());
      const values = Float64Array.from({ length: 300 }, (_, t) => draws[t] + draws[t + 1] + draws[t + 2] + draws[t + 3] + draws[t + 4]);
      if (Math.abs(neweyWestMean(values, 5).tStatistic) > 1.96) honest++;
      if (Math.abs(neweyWestMean(values, 0).tStatistic) > 1.96) naive++;
    }
    // Bartlett weights shrink the covariances, so the test is a little liberal.
    expect(honest / 400).toBeLessThan(0.14);
    expect(naive / 400).toBeGreaterThan(0.3);
  });
});
