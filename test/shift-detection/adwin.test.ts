import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Adwin, restoreAdwin } from '../../src/shift-detection/adwin.ts';
import type { AdwinOptions } from '../../src/shift-detection/adwin.ts';
import { errorRun, errors, indices, normals, sequentialCases } from './sequential-cases.ts';
import type { ErrorRun } from './sequential-cases.ts';

interface Window {
  readonly width: number;
  readonly total: number;
  readonly variance: number;
  readonly counts: Float64Array;
  readonly totals: Float64Array;
}
const windowOf = (adwin: Adwin): Window => adwin.state.memory as unknown as Window;

describe('golden file', () => {
  it.each(sequentialCases('real_valued'))('%s: alarms of river, and width, mean and variance of its window, for each delta and clock', (_, stream, { expected }) => {
    for (const [setting, want] of Object.entries(expected.adwin as Record<string, { drifts: number[]; final_width: number; final_estimation: number; final_variance: number }>)) {
      const [, delta, clock] = /delta=(.*),clock=(.*)/.exec(setting) ?? [];
      const adwin = new Adwin({ delta: Number(delta), clock: Number(clock) });
      expect(indices(adwin.updateMany(stream))).toEqual(want.drifts);
      const { width, total, variance } = windowOf(adwin);
      expect(width).toBe(want.final_width);
      expect(Math.abs(total / width / want.final_estimation - 1)).toBeLessThan(1e-9);
      expect(Math.abs(variance / want.final_variance - 1)).toBeLessThan(1e-9);
    }
  });

  it.each(sequentialCases('binary_errors'))('%s: alarms of river on errors', (_, stream, { expected }) => {
    const { params: _params, ...want } = expected.adwin as ErrorRun;
    expect(errorRun(new Adwin(), stream)).toEqual(want);
  });
});

describe('Adwin', () => {
  // Width, sum and squares of the last `width` values, added anew.
  const expectWindow = (adwin: Adwin, values: readonly number[]): void => {
    const { width, total, variance, counts, totals } = windowOf(adwin);
    const kept = width === 0 ? [] : values.slice(-width);
    const sum = kept.reduce((a, x) => a + x, 0);
    const squares = kept.reduce((a, x) => a + (x - sum / width) ** 2, 0);
    expect(counts.reduce((a, count, row) => a + count * 2 ** row, 0)).toBe(width);
    expect(total).toBeCloseTo(sum, 9);
    expect(totals.reduce((a, x) => a + x, 0)).toBeCloseTo(sum, 9);
    expect(variance).toBeCloseTo(squares, 8);
  };

  it('its window is the last `width` values, whatever was merged and dropped', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 2, max: 7 }), fc.boolean(), (seed, maxBuckets, resetAtAlarm) => {
      const adwin = new Adwin({ clock: 7, maxBuckets, resetAtAlarm });
      const series = [...normals(seed, 90, 90, 3), ...normals(seed + 1, 40, 60, -4)];
      let drops = 0;
      for (let i = 0; i < series.length; i++) {
        const before = windowOf(adwin).width;
        adwin.update(series[i]);
        if (windowOf(adwin).width <= before) drops++;
        if (i % 20 === 0) expectWindow(adwin, series.slice(0, i + 1));
      }
      expect(drops).toBeGreaterThan(0);
      expectWindow(adwin, series);
    }), { numRuns: 15 });
  });

  it('worked by hand: 0 0 0 9 9, cut after three: |9 - 0| above sqrt(2 (5/6) 19.44 d) + (2/3) (5/6) d, d = ln(2 ln 5)', () => {
    const adwin = new Adwin({ clock: 1, delta: 1, minimumWindow: 1, minimumSamples: 5 });
    const statuses = [0, 0, 0, 9, 9].map((value) => adwin.update(value));
    const d = Math.log(2 * Math.log(5));
    expect(statuses.map(({ alarm }) => alarm)).toEqual([false, false, false, false, true]);
    expect(statuses[4]).toMatchObject({ statistic: 9, direction: 'up', onset: 3 });
    expect(statuses[4].threshold).toBeCloseTo(Math.sqrt((2 * 5 * 19.44 * d) / 6) + (10 / 18) * d, 12);
  });

  it('tests only every `clock` values', () => {
    const adwin = new Adwin({ clock: 8 });
    const statuses = normals(1, 100).map((value) => adwin.update(value));
    expect(statuses.filter(({ statistic }) => statistic === statistic).map(({ index }) => index + 1)).toEqual([16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96]); // 8 values are too few
  });

  it('the newest bucket of each size is on the new side of every cut: twelve values have no cut with five on both sides', () => {
    const adwin = new Adwin({ clock: 1, minimumWindow: 5 });
    const statistics = [...new Array(6).fill(0), ...new Array(6).fill(1)].map((value) => adwin.update(value).statistic);
    // Buckets after 11 values: 2 2 2 1 1 1 1 1. Old sides tried: 2, 4, 5, 6, 7, 8 without the newest 2 and the newest 1.
    expect(statistics[9]).toBeNaN();
    expect(statistics[10]).toBeGreaterThan(0);
  });

  it('the onset is an index, though values are missing: median error of a 2 sigma shift is below the clock', () => {
    const misses = Array.from({ length: 40 }, (_, seed) => {
      const series = normals(seed, 400, 200, 2).map((value, i) => (i % 3 === 0 ? NaN : value));
      const onset = new Adwin().updateMany(series).find(({ index }) => index >= 400)?.onset ?? NaN;
      expect(series[onset]).not.toBeNaN();
      return Math.abs(onset - 400);
    }).sort((a, b) => a - b);
    expect(misses[20]).toBeLessThan(32);
  });

  it('keeps the new part without reset, and nothing with it', () => {
    const series = normals(7, 300, 100, 5);
    for (const [resetAtAlarm, least, most] of [[false, 1, 90], [true, 0, 0]] as const) {
      const adwin = new Adwin({ resetAtAlarm });
      const at = series.findIndex((value) => adwin.update(value).alarm);
      expect(at).toBeGreaterThan(300);
      expect(windowOf(adwin).width).toBeGreaterThanOrEqual(least);
      expect(windowOf(adwin).width).toBeLessThanOrEqual(most);
    }
  });

  it('remembers 100,000 values in at most 6 buckets of each size', () => {
    const adwin = new Adwin();
    adwin.updateMany(errors(8, 100_000, 0.3));
    expect(windowOf(adwin).width).toBe(100_000);
    expect(windowOf(adwin).counts.length).toBeLessThanOrEqual(16);
  });

  it('a variance that rounded below zero, as dropping buckets may leave it, counts as zero', () => {
    const adwin = new Adwin({ clock: 1 });
    adwin.updateMany(new Array(40).fill(0.1));
    const { state } = adwin;
    const rounded = restoreAdwin({ ...state, memory: { ...state.memory, variance: -1e-9 } });
    expect(rounded.update(0.1).threshold).toBeGreaterThan(0);
    expect(rounded.updateMany(new Array(60).fill(50)).length).toBeGreaterThan(0);
  });

  it('refuses options out of range, and a window whose buckets do not add up', () => {
    for (const options of [{ delta: 0 }, { delta: 1.1 }, { clock: 0 }, { clock: 1.5 }, { maxBuckets: 1 }, { minimumWindow: 0 }] as AdwinOptions[]) expect(() => new Adwin(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    const adwin = new Adwin();
    adwin.updateMany(normals(9, 50));
    const { state } = adwin;
    const { counts } = windowOf(adwin);
    for (const memory of [{ width: 51 }, { counts: counts.map((count, i) => (i === 0 ? count + 6 : count)) }, { counts: counts.map((count, i) => (i === 0 ? 0.5 : count)) }, { counts: counts.map((count, i) => (i === 0 ? -count : count)) }]) {
      expect(() => restoreAdwin({ ...state, memory: { ...state.memory, ...memory } })).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    }
  });
});
