import { describe, expect, it } from 'vitest';
import { Kswin } from '../../src/shift-detection/kswin.ts';
import { normals } from './sequential-cases.ts';

// 2 C(20, 3), 2 C(20, 4) and 2 (C(20, 5) - C(20, 0)), each / C(20, 10): p of distances 7/10, 6/10 and 5/10 of ten values each.
const P7 = 2280 / 184756;
const P6 = 9690 / 184756;
const P5 = 31006 / 184756;

describe('Kswin', () => {
  it('its threshold is the smallest distance with exact p <= alpha: 7/10 at 0.05 for ten values (Gnedenko and Korolyuk 1951)', () => {
    const thresholdAt = (alpha: number): number => new Kswin({ alpha, windowSize: 20, recentSize: 10 }).update(0).threshold;
    expect(thresholdAt(0.05)).toBe(0.7);
    expect([thresholdAt(P7 * (1 - 1e-9)), thresholdAt(P7 * (1 + 1e-9)), thresholdAt(P6 * (1 + 1e-9)), thresholdAt(P5 * (1 + 1e-9))]).toEqual([0.8, 0.7, 0.6, 0.5]);
  });

  it('a test keeps that level: both halves of 4,000 windows of twenty unchanged values', () => {
    const runs = 4000;
    const alarms = Array.from({ length: runs }, (_, seed) => new Kswin({ alpha: 0.05, windowSize: 20, recentSize: 10 }).updateMany(normals(seed, 20)).length).reduce((a, b) => a + b, 0);
    expect(Math.abs(alarms / runs - P7)).toBeLessThan(4 * Math.sqrt(P7 / runs));
  });

  it('the distance is that of the distribution functions, ties included', () => {
    const kswin = new Kswin({ alpha: 0.9, windowSize: 8, recentSize: 4, resetAtAlarm: false });
    const statistics = [1, 2, 2, 3, 2, 3, 3, 4].map((value) => kswin.update(value).statistic);
    expect(statistics.slice(0, 7)).toEqual(new Array(7).fill(NaN));
    expect(statistics[7]).toBe(0.5); // at 2: 3/4 against 1/4
  });

  it('draws without replacement from the older values only', () => {
    const kswin = new Kswin({ alpha: 0.01, windowSize: 60, recentSize: 30 });
    let last = kswin.update(0);
    for (let i = 1; i < 60; i++) last = kswin.update(i);
    expect(last.statistic).toBe(1); // all drawn are smaller than all recent
    const whole = new Kswin({ alpha: 0.01, windowSize: 60, recentSize: 30 });
    for (let i = 0; i < 60; i++) last = whole.update(i % 30);
    expect(last.statistic).toBe(0); // thirty of thirty drawn: each value once
  });

  it('finds a change of the mean, and of the variance alone', () => {
    const [mean] = new Kswin({ alpha: 1e-4, seed: 1 }).updateMany(normals(1, 400, 100, 3)).filter(({ index }) => index >= 400);
    expect(mean.index).toBeLessThan(430);
    const spread = normals(2, 400, 200).map((x, i) => (i < 400 ? x : 8 * x));
    expect(new Kswin({ alpha: 1e-3, seed: 1 }).updateMany(spread).some(({ index }) => index >= 400 && index < 460)).toBe(true);
  });

  it('the seed decides the draws', () => {
    const series = normals(3, 600);
    const statisticsOf = (seed: number): number[] => {
      const kswin = new Kswin({ seed });
      return series.map((value) => kswin.update(value).statistic);
    };
    expect(statisticsOf(5)).toEqual(statisticsOf(5));
    expect(statisticsOf(5)).not.toEqual(statisticsOf(6));
  });

  it('refuses options that leave too little to test', () => {
    for (const options of [{ windowSize: 59 }, { recentSize: 51 }, { windowSize: 1.5 }, { alpha: 0 }, { alpha: 1 }, { windowSize: 4, recentSize: 2, alpha: 0.3 }, { seed: 0.5 }]) {
      expect(() => new Kswin(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => new Kswin({ windowSize: 4, recentSize: 2, alpha: 0.34 })).not.toThrow(); // 2 / C(4, 2) = 1/3
  });
});
