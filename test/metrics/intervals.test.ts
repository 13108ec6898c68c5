import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { blockStandardError, clusteredStandardError, intervalCoverage, meanByGroup } from '../../src/metrics/index.ts';

describe('intervalCoverage', () => {
  it('counts bounds as inside and says on which side the misses are', () => {
    expect(intervalCoverage([0, 0, 0, 0], [1, 1, 1, 1], [0, 1, -2, 3])).toMatchObject({ coverage: 0.5, n: 4, below: 1, above: 1, meanWidth: 1, missing: 0, byGroup: [] });
  });

  it('gives one row per group, ascending, and keeps rows without a group in the total', () => {
    const { coverage, byGroup } = intervalCoverage([0, 0, 0, 0, 0], [1, 1, 2, 1, 1], [0.5, 2, 1, 5, 0.5], { groups: [2, 2, 0, 0, NaN] });
    expect(coverage).toBeCloseTo(0.6, 15);
    expect(byGroup).toMatchObject([{ group: 0, coverage: 0.5, n: 2, above: 1, meanWidth: 1.5 }, { group: 2, coverage: 0.5, n: 2, meanWidth: 1 }]);
  });

  it('leaves out and counts rows with a NaN', () => {
    expect(intervalCoverage([0, NaN, 0], [1, 1, 1], [0.5, 0.5, NaN])).toMatchObject({ coverage: 1, n: 1, missing: 2 });
  });

  it('an infinite interval covers and has infinite width', () => {
    expect(intervalCoverage([-Infinity], [Infinity], [3])).toMatchObject({ coverage: 1, meanWidth: Infinity });
  });

  it('is NaN, not 0, without a row', () => {
    expect(intervalCoverage([], [], [])).toMatchObject({ coverage: NaN, standardError: NaN, n: 0, meanWidth: NaN });
  });

  it('takes its standard error from blocks of distinct sessions, in whatever order the rows come', () => {
    // Sessions 10, 20 | 30, 40 in blocks of two: block sums of deviations from 0.5 are +1 and -1.
    const { standardError } = intervalCoverage([0, 0, 0, 0], [1, 1, 1, 1], [9, 0.5, 9, 0.5], { sessions: [40, 10, 30, 20], blockSessions: 2 });
    expect(standardError).toBeCloseTo(Math.sqrt(2 * 2) / 4, 15);
  });
});

describe('intervalCoverage refuses', () => {
  it.each<[string, () => unknown, string]>([
    ['different lengths', () => intervalCoverage([0], [1, 2], [0]), 'ERR_SHAPE'],
    ['groups of another length', () => intervalCoverage([0], [1], [0], { groups: [1, 2] }), 'ERR_SHAPE'],
    ['a session that is NaN', () => intervalCoverage([0], [1], [0], { sessions: [NaN] }), 'ERR_DOMAIN'],
    ['an empty block', () => intervalCoverage([0], [1], [0], { blockSessions: 0 }), 'ERR_DOMAIN'],
  ])('%s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('blockStandardError', () => {
  it('with blocks of one session is the plain standard error', () => {
    expect(blockStandardError([1, 2, 3, 4], 1)).toBeCloseTo(Math.sqrt(5 / 3 / 4), 15);
  });

  it('by hand, with a short last block', () => {
    // Mean 3; blocks (1, 2), (3, 4), (5) have sums of deviations -3, 1, 2.
    expect(blockStandardError([1, 2, 3, 4, 5], 2)).toBeCloseTo(Math.sqrt(1.5 * 14) / 5, 15);
  });

  it('keeps the place of a missing session', () => {
    expect(blockStandardError([1, NaN, 3, 5], 2)).toBeCloseTo(Math.sqrt(2 * (4 + 4)) / 3, 15);
  });

  it('is NaN with fewer than two blocks', () => {
    expect(blockStandardError([1, 2, 3], 20)).toBeNaN();
    expect(blockStandardError([], 20)).toBeNaN();
    expect(clusteredStandardError([NaN, 1], [0, 1])).toBeNaN();
  });

  it('finds the standard error of a series that is correlated within blocks, where the plain one is far too small', () => {
    // 400 sessions: each draw is repeated 10 times, so the mean has the variance of 40 draws.
    const stream = randomStream(5, 'blocks');
    let [wide, plain] = [0, 0];
    for (let trial = 0; trial < 200; trial++) {
      const draws = Array.from({ length: 40 }, () => stream.normal());
      const values = Float64Array.from({ length: 400 }, (_, s) => draws[Math.floor(s / 10)]);
      wide += blockStandardError(values, 20) ** 2 / 200;
      plain += blockStandardError(values, 1) ** 2 / 200;
    }
    expect(Math.abs(wide * 40 - 1)).toBeLessThan(0.1);
    expect(plain * 40).toBeLessThan(0.2);
  });
});

describe('meanByGroup', () => {
  it('orders numbers by value, then text, and skips missing values', () => {
    expect(meanByGroup([1, 3, NaN, 5, NaN], ['b', 10, 10, 9, 'a'])).toEqual([{ group: 9, mean: 5, n: 1 }, { group: 10, mean: 3, n: 1 }, { group: 'a', mean: NaN, n: 0 }, { group: 'b', mean: 1, n: 1 }]);
  });
  it('refuses different lengths', () => {
    expect(() => meanByGroup([1], [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
