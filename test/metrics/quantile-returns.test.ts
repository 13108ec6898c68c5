import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { neweyWestMean } from '../../src/metrics/newey-west.ts';
import { quantileReturns } from '../../src/metrics/quantile-returns.ts';
import { rankQuantiles } from '../../src/metrics/rank-quantiles.ts';

const repeat = (value: number, times: number): number[] => new Array<number>(times).fill(value);

describe('rankQuantiles', () => {
  it('platforms X7: buckets are of equal size, within one, and the highest rank is not a bucket of its own', () => {
    for (const [n, k] of [[10, 5], [11, 5], [14, 5], [7, 3], [100, 7], [5, 5], [21, 2]]) {
      const found = rankQuantiles(Float64Array.from({ length: n }, (_, i) => (i * 37) % 101), k, 2) as Uint32Array;
      const sizes = Array.from({ length: k }, (_, q) => found.filter((v) => v === q).length);
      expect(Math.max(...sizes) - Math.min(...sizes), `${n} in ${k}`).toBeLessThanOrEqual(1);
    }
  });

  it('keeps tied names together and in order', () => {
    expect([...(rankQuantiles(Float64Array.of(5, 1, 1, 9), 2, 2) as Uint32Array)]).toEqual([1, 0, 0, 1]);
    expect([...(rankQuantiles(Float64Array.of(1, 1, 1, 2), 2, 2) as Uint32Array)]).toEqual([0, 0, 0, 1]);
  });

  it('says why there are no quantiles', () => {
    expect(rankQuantiles(Float64Array.of(1, 2), 3, 2)).toBe('too-few-names');
    expect(rankQuantiles(Float64Array.of(1, 2, 3), 3, 4)).toBe('too-few-names');
    expect(rankQuantiles(Float64Array.of(4, 4, 4), 3, 2)).toBe('constant-prediction');
    expect(rankQuantiles(Float64Array.of(1, 1, 1, 1, 2), 5, 2)).toBe('empty-quantile');
  });
});

describe('quantileReturns', () => {
  it('by hand: two sessions of four names in two halves', () => {
    // Session 7: bottom names gain 1 and 3, top ones 5 and 7. Session 9: bottom 4 and 0, top 3 and 3.
    const found = quantileReturns([1, 2, 3, 4, 8, 7, 6, 5], [1, 3, 5, 7, 3, 3, 0, 4], [7, 7, 7, 7, 9, 9, 9, 9], { quantiles: 2 });
    expect([...found.bySession]).toEqual([2, 6, 2, 3]);
    expect([...found.mean]).toEqual([2, 4.5]);
    expect([...found.standardError]).toEqual([0, 1.5]);
    expect(found.spread).toEqual({ mean: 2.5, standardError: 1.5, tStatistic: 2.5 / 1.5, n: 2, positiveShare: 1 });
    expect(found).toMatchObject({ monotonicity: expect.closeTo(1, 14), sessions: 2, skipped: { 'too-few-names': 0, 'constant-prediction': 0, 'empty-quantile': 0 } });
    expect([...found.sessionIds]).toEqual([7, 9]);
  });

  it('leaves out a row with either side missing, and skips and counts a session it cannot split', () => {
    const predicted = [1, 2, 3, NaN, ...repeat(5, 4), 1, 2, ...repeat(1, 3), 2];
    const actual = [1, 2, NaN, 9, 1, 2, 3, 4, 1, 2, 1, 2, 3, 4];
    const sessions = [...repeat(1, 4), ...repeat(2, 4), ...repeat(3, 2), ...repeat(4, 4)];
    const found = quantileReturns(predicted, actual, sessions, { quantiles: 2 });
    expect(found.skipped).toEqual({ 'too-few-names': 0, 'constant-prediction': 1, 'empty-quantile': 0 });
    expect([...found.bySession]).toEqual([1, 2, NaN, NaN, 1, 2, 2, 4]);
    const wide = quantileReturns(predicted, actual, sessions, { quantiles: 3 });
    expect(wide.skipped).toEqual({ 'too-few-names': 2, 'constant-prediction': 1, 'empty-quantile': 1 });
    expect(wide).toMatchObject({ sessions: 0, monotonicity: NaN, spread: { mean: NaN, n: 0, positiveShare: NaN } });
    expect(quantileReturns([], [], []).sessions).toBe(0);
  });

  it('the spread has the Newey-West t of its series, gaps in their place', () => {
    const random = randomStream(2, 'panel');
    const sessions = Array.from({ length: 400 }, (_, i) => Math.floor(i / 10));
    const predicted = sessions.map((s) => (s === 13 ? 1 : random.normal()));
    const actual = predicted.map((p) => 0.3 * p + random.normal());
    const { spread, bySession, monotonicity } = quantileReturns(predicted, actual, sessions, { lags: 4 });
    const series = Array.from({ length: 40 }, (_, s) => bySession[s * 5 + 4] - bySession[s * 5]);
    expect(series[13]).toBeNaN();
    expect(spread).toMatchObject({ ...neweyWestMean(series, 4) });
    expect(spread.positiveShare).toBe(series.filter((v) => v > 0).length / 39);
    expect(monotonicity).toBeCloseTo(0.9, 14); // two neighbours of the five are the wrong way round
  });

  it('turns over when the predictions do, and does not see a rising map of them or the order of the rows', () => {
    const row = fc.record({ p: fc.integer({ min: -20, max: 20 }), y: fc.integer({ min: -9, max: 9 }), s: fc.nat(3) });
    // A tie across a bound goes up whichever way the order runs, so predictions differ here.
    fc.assert(fc.property(fc.uniqueArray(row, { maxLength: 40, selector: (r) => `${r.p} ${r.s}` }), fc.nat(1000), (rows, seed) => {
      const run = (list: typeof rows, map: (p: number) => number): ReturnType<typeof quantileReturns> => quantileReturns(list.map((r) => map(r.p)), list.map((r) => r.y), list.map((r) => r.s), { quantiles: 3 });
      const found = run(rows, (p) => p);
      const flipped = run(rows, (p) => -p);
      expect(flipped.sessions).toBe(found.sessions);
      if (found.sessions === 0) return;
      expect(flipped.spread.mean).toBeCloseTo(-found.spread.mean, 10);
      const order = randomStream(seed, 'order').permutation(rows.length);
      expect(run(Array.from(order, (i) => rows[i]), (p) => Math.atan(p)).spread.mean).toBeCloseTo(found.spread.mean, 10);
    }));
  });

  it.each<[string, () => unknown, string]>([
    ['different lengths', () => quantileReturns([1], [1, 2], [0, 0]), 'ERR_SHAPE'],
    ['a session that is NaN', () => quantileReturns([1, 2], [1, 2], [0, NaN]), 'ERR_DOMAIN'],
    ['one quantile', () => quantileReturns([1], [1], [0], { quantiles: 1 }), 'ERR_DOMAIN'],
    ['an unknown option', () => quantileReturns([1], [1], [0], { buckets: 5 } as never), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
