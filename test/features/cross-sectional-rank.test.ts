import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossSectionalRank } from '../../src/features/index.ts';
import { neutralize } from '../../src/features/neutralize.ts';
import { panelOf } from './bars.ts';

const zeros = (n: number): number[] => new Array<number>(n).fill(0);
const DIGITS = 12;

describe('crossSectionalRank', () => {
  it('ranks in the middle of their cell, z-scores with ddof 1, and a signal', () => {
    const { rank, zScore, signal } = crossSectionalRank([3, 1, 2, 5, 4], zeros(5));
    expect(Array.from(rank)).toEqual([0.5, 0.1, 0.3, 0.9, 0.7]);
    expect(Array.from(signal)).toEqual([0, -1, 0, 1, 0]);
    expect(zScore[3]).toBeCloseTo(2 / Math.sqrt(2.5), DIGITS);
  });
  it('ties share their average rank', () => {
    expect(Array.from(crossSectionalRank([1, 2, 2, 3, 4], zeros(5)).rank)).toEqual([0.1, 0.4, 0.4, 0.7, 0.9]);
  });
  it('cuts z-scores at clip', () => {
    expect(Math.max(...crossSectionalRank([0, 0, 0, 0, 10], zeros(5), { clip: 1 }).zScore)).toBe(1);
  });
});

describe('engine 12', () => {
  it('the legs are equal: 10 names give 2 and 2, not 3 and 2; 2 names give 1 and 1', () => {
    const { signal } = crossSectionalRank([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], zeros(10));
    expect(signal.filter((s) => s === 1)).toHaveLength(2);
    expect(signal.filter((s) => s === -1)).toHaveLength(2);
    expect(Array.from(crossSectionalRank([1, 2], [0, 0], { minimumNames: 2, legShare: 0.5 }).signal)).toEqual([-1, 1]);
  });
  it('the legs are equal for any values, and names with equal values are never separated', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 5, maxLength: 60 }), fc.double({ min: 0.01, max: 0.5, noNaN: true }), (values, legShare) => {
      const { signal } = crossSectionalRank(values, zeros(values.length), { legShare });
      expect(signal.filter((s) => s === 1).length).toBe(signal.filter((s) => s === -1).length);
      const byValue = new Map<number, number>();
      values.forEach((v, i) => {
        expect(signal[i]).toBe(byValue.get(v) ?? signal[i]);
        byValue.set(v, signal[i]);
      });
    }));
  });
  it('ties at an edge shorten both legs and are counted', () => {
    const result = crossSectionalRank([0, 1, 2, 3, 4, 5, 6, 8, 8, 8], zeros(10));
    expect(result.shortenedSessions).toBe(1);
    expect(result.signal.every((s) => s === 0)).toBe(true);
  });
  it('NaN rows are not neutral 0.5', () => {
    const { rank, zScore, signal, missing } = crossSectionalRank([1, NaN, 3, 4, 5, 6], zeros(6));
    expect([rank[1], zScore[1], signal[1]]).toEqual([NaN, NaN, NaN]);
    expect(missing).toEqual({ 'missing-value': 1, 'missing-exposure': 0, 'too-few-names': 0 });
  });
  it('too few names are missing with a counted reason, not 0.5 / 0 / 0', () => {
    const result = crossSectionalRank([1, 2, NaN, 1, 2, 3, 4, 5], [0, 0, 0, 1, 1, 1, 1, 1]);
    expect(Array.from(result.rank.subarray(0, 3))).toEqual([NaN, NaN, NaN]);
    expect(result.missing).toEqual({ 'missing-value': 1, 'missing-exposure': 0, 'too-few-names': 2 });
    expect(result.rankedSessions).toBe(1);
  });
  it('a session without dispersion has no z-score and no legs', () => {
    const result = crossSectionalRank([0.1, 0.1, 0.1, 0.1, 0.1], zeros(5));
    expect(result.zScore.every(Number.isNaN)).toBe(true);
    expect(result.signal.every((s) => s === 0)).toBe(true);
    expect(result.flatSessions).toBe(1);
  });
  it('rows keep their place: sessions may come in any order and keys may repeat', () => {
    const values = [5, 1, 4, 2, 3, 30, 10, 50, 20, 40];
    const sessions = [1, 0, 1, 0, 0, 1, 0, 1, 0, 1];
    const { rank } = crossSectionalRank(values, sessions);
    expect(rank[7]).toBe(0.9); // 50 among 5, 4, 30, 50, 40
    expect(rank[1]).toBe(0.1); // 1 among 1, 2, 3, 10, 20
    expect(Array.from(rank)).not.toContain(NaN);
  });
  it('takes the sessions of a panel', () => {
    const panel = panelOf([0, 1].flatMap((s) => ['A', 'B', 'C', 'D', 'E'].map((e, i) => ({ s, e, x: s === 0 ? i : -i }))));
    expect(crossSectionalRank(panel.columns['x'], panel)).toEqual(crossSectionalRank(panel.columns['x'], panel.session));
  });
  it('neutralises groups and exposures', () => {
    const sector = [1, 1, 1, 2, 2, 2];
    const values = [11, 12, 13, 1, 2, 3];
    expect(Array.from(crossSectionalRank(values, zeros(6), { groups: sector }).rank)).toEqual([1.5, 3.5, 5.5, 1.5, 3.5, 5.5].map((r) => (r - 0.5) / 6));
    const beta = [1, 2, 3, 4, 5, 6];
    const noise = [0.1, -0.1, 0, 0, -0.1, 0.1]; // orthogonal to the constant and to beta
    const z = crossSectionalRank(beta.map((b, i) => 3 + 2 * b + noise[i]), zeros(6), { exposures: [beta], robust: false }).zScore;
    z.forEach((score, i) => {
      expect(score).toBeCloseTo(noise[i] / Math.sqrt(0.04 / 5), 9);
    });
  });
  it('a row without group or exposure is missing and counted', () => {
    const result = crossSectionalRank([1, 2, 3, 4, 5, 6], zeros(6), { exposures: [[1, NaN, 3, 4, 5, 7]] });
    expect(result.rank[1]).toBeNaN();
    expect(result.missing['missing-exposure']).toBe(1);
  });
  it('values that exposures explain wholly are flat, not ranked rounding errors', () => {
    const beta = [0.3, 1.1, 0.7, 1.9, 1.3];
    expect(crossSectionalRank(beta.map((b) => 0.01 + 0.02 * b), zeros(5), { exposures: [beta] }).flatSessions).toBe(1);
  });
  it('robust scores stand one outlier', () => {
    const { zScore } = crossSectionalRank([1, 2, 3, 4, 1000], zeros(5), { robust: true });
    expect(zScore[0]).toBeCloseTo(-2 / 1.4826022185056018, DIGITS);
  });
  it('takes as many sessions as rows: one sort, where a scan per date would not end before the timeout', () => {
    const n = 600_000;
    const { zScore } = crossSectionalRank(Float64Array.from({ length: n }, (_, i) => (i * 7919) % n), Float64Array.from({ length: n }, (_, i) => i % (n / 2)));
    expect(zScore.length).toBe(n);
  });
});

it('neutralize leaves a residual orthogonal to groups and exposures, collinear ones included', () => {
  const size = Float64Array.from([3, 1, 4, 1, 5, 9, 2, 6]);
  const groups = Float64Array.from([0, 0, 0, 1, 1, 1, 1, 0]);
  const values = Float64Array.from([2, 7, 1, 8, 2, 8, 1, 8]);
  const twice = size.map((v) => 2 * v);
  const residual = neutralize(values, groups, [size, twice]);
  expect(residual.reduce((sum, v, i) => sum + v * size[i], 0)).toBeCloseTo(0, 10);
  expect(residual.reduce((sum, v, i) => sum + (groups[i] === 0 ? v : 0), 0)).toBeCloseTo(0, 10);
  neutralize(values, groups, [size]).forEach((v, i) => {
    expect(v).toBeCloseTo(residual[i], 10);
  });
});

describe('crossSectionalRank refuses', () => {
  it.each([
    [() => crossSectionalRank([1, 2], [0]), 'ERR_SHAPE'],
    [() => crossSectionalRank([1, 2], [0, NaN]), 'ERR_DOMAIN'],
    [() => crossSectionalRank([1, Infinity], [0, 0]), 'ERR_DOMAIN'],
    [() => crossSectionalRank([1, 2], [0, 0], { legShare: 0.6 }), 'ERR_DOMAIN'],
    [() => crossSectionalRank([1, 2], [0, 0], { minimumNames: 1 }), 'ERR_DOMAIN'],
    [() => crossSectionalRank([1, 2], [0, 0], { longQ: 0.8 } as never), 'ERR_UNKNOWN_NAME'],
    [() => crossSectionalRank([1, 2], [0, 0], { exposures: [[1]] }), 'ERR_SHAPE'],
  ])('%s', (call, expected) => {
    expect(call).toThrow(expect.objectContaining({ code: expected }));
  });
});
