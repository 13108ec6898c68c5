import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HddmA } from '../../src/shift-detection/hddm-a.ts';
import { errorRun, errors, sequentialCases } from './sequential-cases.ts';
import type { ErrorRun } from './sequential-cases.ts';

describe('golden file', () => {
  it.each(sequentialCases('binary_errors'))('%s: alarms and warnings of river, one-sided and two-sided', (_, stream, { expected }) => {
    const { params: _one, ...oneSided } = expected.hddm_a as ErrorRun;
    const { params: _two, ...twoSided } = expected.hddm_a_two_sided as ErrorRun;
    expect(errorRun(new HddmA(), stream)).toEqual(oneSided);
    expect(errorRun(new HddmA({ mode: 'both' }), stream)).toEqual(twoSided);
  });
});

describe('HddmA', () => {
  it('worked by hand: zeros then ones; the cut stays after the zeros and the test is n / (n + c) >= sqrt(n / (c (n + c)) / 2 ln(2 / alpha))', () => {
    const hddm = new HddmA({ driftAlpha: 0.01, warningAlpha: 0.1 });
    const statuses = [...new Array(10).fill(0), ...new Array(6).fill(1)].map((value) => hddm.update(value));
    const threshold = (ones: number, alpha: number): number => Math.sqrt((ones / (10 * (10 + ones)) / 2) * Math.log(2 / alpha));
    const levels = [1, 2, 3, 4, 5, 6].map((ones) => (ones / (10 + ones) >= threshold(ones, 0.01) ? 'drift' : ones / (10 + ones) >= threshold(ones, 0.1) ? 'warning' : 'none'));
    expect(levels.slice(0, 4)).toEqual(['none', 'warning', 'warning', 'drift']);
    expect(statuses.slice(10, 14).map(({ level }) => level)).toEqual(levels.slice(0, 4));
    expect(statuses[13].statistic).toBeCloseTo(4 / 14, 14);
    expect(statuses[13].threshold).toBeCloseTo(threshold(4, 0.01), 14);
    expect(statuses[13]).toMatchObject({ alarm: true, direction: 'up', onset: 10 });
  });

  it('falls of x are rises of 1 - x', () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      const series = errors(seed, 150, 0.5, 150, 0.1).map((x) => (3 * x + 0.5) / 4); // 1/8 and 7/8, exact under 1 - x
      const down = new HddmA({ mode: 'down' }).updateMany(series);
      expect(new HddmA({ mode: 'up' }).updateMany(series.map((x) => 1 - x)).map(({ index }) => index)).toEqual(down.map(({ index }) => index));
      expect(down.every(({ direction }) => direction === 'down')).toBe(true);
      expect(new HddmA({ mode: 'up' }).updateMany(series).every(({ direction }) => direction === 'up')).toBe(true);
    }), { numRuns: 20 });
  });

  it('both sides report the worse of the two', () => {
    const series = errors(9, 200, 0.2, 200, 0.7);
    const [up, both] = (['up', 'both'] as const).map((mode) => new HddmA({ mode, resetAtAlarm: false, warningAlpha: 0.05 }));
    for (const value of series) {
      const rank = (level: string): number => ['none', 'warning', 'drift'].indexOf(level);
      expect(rank(both.update(value).level)).toBeGreaterThanOrEqual(rank(up.update(value).level));
    }
    expect(both.state.alarms).toBeGreaterThan(0);
  });

  it('the onset is the value after the cut: median error of a rise from 0.1 to 0.5 is at most 10 values', () => {
    const misses = Array.from({ length: 60 }, (_, seed) => Math.abs((new HddmA().updateMany(errors(seed, 300, 0.1, 200, 0.5)).find(({ index }) => index >= 300)?.onset ?? Infinity) - 300)).sort((a, b) => a - b);
    expect(misses[30]).toBeLessThanOrEqual(10);
  });

  it('takes losses in [0, 1]; refuses other numbers and options', () => {
    expect(() => new HddmA().update(-0.5)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'HddmA.update: value must lie in [0, 1], got -0.5' }));
    for (const options of [{ driftAlpha: 0 }, { driftAlpha: 0.01 }, { warningAlpha: 2 }]) expect(() => new HddmA(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
