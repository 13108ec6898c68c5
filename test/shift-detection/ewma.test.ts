import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ewmaRunLength } from '../../src/shift-detection/ewma-run-length.ts';
import { Ewma } from '../../src/shift-detection/ewma.ts';
import { indices, normals } from './sequential-cases.ts';

const STANDARD = { mean: 0, standardDeviation: 1 };

describe('Ewma', () => {
  it('worked by hand: averages 1, 1.5 of z = 2, 2 at lambda 0.5; exact deviations sqrt(1/3 (1 - 1/4)), sqrt(1/3 (1 - 1/16))', () => {
    const chart = new Ewma({ mean: 1, standardDeviation: 3, lambda: 0.5, threshold: 2.5, limits: 'time-varying' });
    const [first, second] = [7, 7].map((value) => chart.update(value));
    expect(first.statistic).toBeCloseTo(1 / Math.sqrt(0.25), 14);
    expect(second.statistic).toBeCloseTo(1.5 / Math.sqrt(0.3125), 14);
    expect([first.alarm, second.alarm]).toEqual([false, true]);
    expect(second).toMatchObject({ direction: 'up', onset: 0, threshold: 2.5 });
  });

  it('constant limits divide by the limit of the deviation', () => {
    expect(new Ewma({ ...STANDARD, lambda: 0.5 }).update(2).statistic).toBeCloseTo(1 / Math.sqrt(1 / 3), 14);
  });

  it('lambda 1 is the Shewhart chart: each value by itself', () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      const series = normals(seed, 200);
      for (const limits of ['constant', 'time-varying'] as const) {
        expect(indices(new Ewma({ ...STANDARD, lambda: 1, threshold: 2, limits }).updateMany(series))).toEqual([...series.keys()].filter((i) => Math.abs(series[i]) > 2));
      }
    }), { numRuns: 20 });
  });

  it('time-varying limits tend to the constant ones', () => {
    const series = normals(4, 300);
    const [exact, constant] = (['time-varying', 'constant'] as const).map((limits) => {
      const chart = new Ewma({ ...STANDARD, threshold: 100, limits });
      return series.map((value) => chart.update(value).statistic);
    });
    expect(exact[0]).toBeCloseTo(constant[0] / Math.sqrt(1 - 0.81), 12);
    expect(exact[299]).toBeCloseTo(constant[299], 12);
  });

  it('alarms once in ewmaRunLength independent normal values', () => {
    const runs = 500;
    const runLength = ewmaRunLength({ threshold: 2.7 });
    const updates = Math.round(runLength) * runs;
    expect(Math.abs(new Ewma(STANDARD).updateMany(normals(12, updates)).length - runs)).toBeLessThan(4 * Math.sqrt(runs));
  });

  it('the onset is the first value after the average was last on the other side', () => {
    expect(new Ewma({ ...STANDARD, lambda: 0.5, threshold: 2 }).updateMany([-1, 1, -1, 1.5, 3])[0]).toMatchObject({ index: 4, onset: 3, direction: 'up' });
  });

  it('is the same chart upside down; one-sided modes see their side only', () => {
    const series = normals(6, 100, 60, -1);
    const alarms = new Ewma(STANDARD).updateMany(series);
    expect(alarms.length).toBeGreaterThan(2);
    expect(new Ewma(STANDARD).updateMany(series.map((x) => -x)).map(({ index, direction }) => [index, direction])).toEqual(alarms.map(({ index, direction }) => [index, direction === 'up' ? 'down' : 'up']));
    expect(new Ewma({ ...STANDARD, mode: 'up' }).updateMany(new Array(50).fill(-9))).toEqual([]);
    expect(new Ewma({ ...STANDARD, mode: 'down' }).updateMany(new Array(50).fill(9))).toEqual([]);
  });

  it('refuses a reference without spread, and other options out of range', () => {
    for (const options of [{}, { mean: 0, standardDeviation: 0 }, { ...STANDARD, lambda: 0 }, { ...STANDARD, lambda: 1.1 }, { ...STANDARD, threshold: -1 }, { ...STANDARD, limits: 'none' }]) {
      expect(() => new Ewma(options as typeof STANDARD)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
  });
});
