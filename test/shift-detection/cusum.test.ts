import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standardDeviation } from '../../src/core/stats.ts';
import { cusumForRunLength, cusumRunLength } from '../../src/shift-detection/cusum-run-length.ts';
import { Cusum } from '../../src/shift-detection/cusum.ts';
import { indices, normals, sequentialCases } from './sequential-cases.ts';

const STANDARD = { mean: 0, standardDeviation: 1 };

describe('golden file', () => {
  it.each(sequentialCases('real_valued'))('%s: alarms with their side, and both sums after 10, 50 and 100 values', (_, stream, { params, expected }) => {
    const { mu0, sigma0, k, h } = params.cusum;
    const cusum = new Cusum({ mean: mu0, standardDeviation: sigma0, slack: k, threshold: h });
    const sums: number[] = [];
    const alarms: unknown[] = [];
    for (const value of stream) {
      const { alarm, index, direction } = cusum.update(value);
      if (alarm) alarms.push([index, direction]);
      if ([9, 49, 99].includes(index)) sums.push(cusum.state.memory.up as number, cusum.state.memory.down as number);
    }
    expect(alarms).toEqual(expected.cusum_alarms);
    (expected.cusum_S_at_10_50_100 as number[][]).flat().forEach((sum, i) => {
      expect(sums[i]).toBeCloseTo(sum, 11); // 13 significant digits are stored
    });
  });
});

describe('Cusum', () => {
  it('worked by hand: S+ = max(0, S+ + z - 0.5) is 0, 1.5, 3', () => {
    const cusum = new Cusum({ mean: 10, standardDeviation: 2, threshold: 2.5 });
    const statuses = [8, 14, 14].map((value) => cusum.update(value)); // z = -1, 2, 2; S- = 0.5, 0, 0
    expect(statuses.map(({ statistic, direction, alarm }) => [statistic, direction, alarm])).toEqual([[0.5, 'down', false], [1.5, 'up', false], [3, 'up', true]]);
    expect(statuses[2]).toMatchObject({ threshold: 2.5, onset: 1, index: 2 });
    expect(cusum.state.memory).toMatchObject({ up: 0, down: 0 });
  });

  it('a sum equal to the threshold is no drift', () => {
    expect(new Cusum({ ...STANDARD, threshold: 1.5 }).update(2).level).toBe('none');
    expect(new Cusum({ ...STANDARD, threshold: 1.5 }).update(2.0001).level).toBe('drift');
  });

  it('one-sided modes see their side only', () => {
    expect(new Cusum({ ...STANDARD, mode: 'up' }).updateMany(new Array(50).fill(-3))).toEqual([]);
    expect(new Cusum({ ...STANDARD, mode: 'down' }).updateMany(new Array(50).fill(3))).toEqual([]);
    expect(new Cusum({ ...STANDARD, mode: 'down' }).updateMany(new Array(3).fill(-3))[0]).toMatchObject({ index: 2, direction: 'down' });
  });

  it('is the same chart upside down, and in any unit', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: -20, max: 20 }), (seed, exponent) => {
      const series = normals(seed, 60, 60, 0.7);
      const sides = new Cusum(STANDARD).updateMany(series).map(({ index, direction, onset }) => [index, direction, onset]);
      const mirrored = new Cusum(STANDARD).updateMany(series.map((x) => -x));
      expect(mirrored.map(({ index, direction, onset }) => [index, direction === 'up' ? 'down' : 'up', onset])).toEqual(sides);
      const unit = 2 ** exponent; // exact
      expect(indices(new Cusum({ mean: 0, standardDeviation: unit }).updateMany(series.map((x) => x * unit)))).toEqual(sides.map(([index]) => index));
    }), { numRuns: 30 });
  });

  it('alarms once in cusumRunLength independent normal values', () => {
    const runs = 500;
    const cusum = new Cusum(STANDARD);
    const updates = 465 * runs;
    const alarms = cusum.updateMany(normals(11, updates)).length;
    // Run lengths are nearly geometric: the number of alarms is nearly Poisson.
    expect(Math.abs(alarms - updates / cusumRunLength({ threshold: 5 }))).toBeLessThan(4 * Math.sqrt(runs));
  });

  it('estimates the onset of a shift, not the extreme of the sum: median error of 1 sigma shifts is at most 2 values', () => {
    const misses = Array.from({ length: 200 }, (_, seed) => {
      const cusum = new Cusum({ ...STANDARD, threshold: 8 });
      const alarm = cusum.updateMany(normals(seed, 100, 100, 1)).find(({ index }) => index >= 100);
      return Math.abs((alarm?.onset ?? Infinity) - 100);
    }).sort((a, b) => a - b);
    expect(misses[100]).toBeLessThanOrEqual(2);
  });
});

describe('defects of the detector it replaces (engine 5)', () => {
  // Standard deviation of the window itself, slack 0.5 of it, limit 5 of it, change at the extreme.
  const retrospective = (window: readonly number[]): { readonly alarm: boolean; readonly first: number; readonly changepoint: number } => {
    const sigma = standardDeviation(window);
    let [up, down, best, changepoint, first] = [0, 0, 0, 0, Infinity];
    for (let i = 1; i < window.length; i++) {
      up = Math.max(0, up + window[i] - sigma / 2);
      down = Math.max(0, down - window[i] - sigma / 2);
      if (Math.max(up, down) > best) [best, changepoint] = [Math.max(up, down), i];
      if (best > 5 * sigma && first === Infinity) first = i;
    }
    return { alarm: best > 5 * sigma, first, changepoint };
  };

  it('sigma was that of the window, shift included: the shift hid itself', () => {
    const window = [...Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1 : -1)), ...new Array(60).fill(6)];
    expect(retrospective(window).first).toBe(63);
    expect(new Cusum(STANDARD).updateMany(window)[0]).toMatchObject({ index: 60, onset: 60 });
  });

  it('false alarms in 40 % of unchanged windows of 252; built for a run length of 5,000: within 3 standard errors of 5 %', () => {
    const draws = 1000;
    const { slack, threshold } = cusumForRunLength({ targetRunLength: 5000 });
    let [old, now] = [0, 0];
    for (let seed = 0; seed < draws; seed++) {
      const window = normals(seed, 252);
      if (retrospective(window).alarm) old++;
      if (new Cusum({ ...STANDARD, slack, threshold }).updateMany(window).length > 0) now++;
    }
    expect(old / draws).toBeGreaterThan(0.35);
    const expected = 1 - Math.exp(-252 / 5000);
    expect(Math.abs(now / draws - expected)).toBeLessThan(3 * Math.sqrt(expected / draws));
  });

  it('the changepoint was the extreme of the sum, not the onset', () => {
    const window = [...Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : -1)), ...new Array(50).fill(3)];
    expect(retrospective(window).changepoint).toBe(149);
    expect(new Cusum(STANDARD).updateMany(window)[0].onset).toBe(100);
  });

  it('NaN was dropped after the length check: here it is counted and numbered', () => {
    const cusum = new Cusum(STANDARD);
    expect(cusum.updateMany([NaN, 0, NaN, 9])[0]).toMatchObject({ index: 3, onset: 3 });
    expect(cusum.state.missing).toBe(2);
  });
});

it('refuses a reference without spread, and other options out of range', () => {
  for (const options of [{}, { mean: 0 }, { mean: 0, standardDeviation: 0 }, { mean: NaN, standardDeviation: 1 }, { ...STANDARD, threshold: -1 }, { ...STANDARD, slack: -0.1 }, { ...STANDARD, mode: 'left' }]) {
    expect(() => new Cusum(options as typeof STANDARD)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  }
});
