import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HddmW } from '../../src/shift-detection/hddm-w.ts';
import { errorRun, errors, sequentialCases } from './sequential-cases.ts';
import type { ErrorRun } from './sequential-cases.ts';

describe('golden file', () => {
  it.each(sequentialCases('binary_errors'))('%s: alarms and warnings of river', (_, stream, { expected }) => {
    const { params: _params, ...want } = expected.hddm_w as ErrorRun;
    expect(errorRun(new HddmW(), stream)).toEqual(want);
  });
});

describe('HddmW', () => {
  it('worked by hand: 0 0 1 at lambda 0.5; squared weights 1/2, 3/8 before the cut, 1/2 after it', () => {
    const hddm = new HddmW({ lambda: 0.5, driftAlpha: 0.15, warningAlpha: 0.2 });
    const statuses = [0, 0, 1].map((value) => hddm.update(value));
    // 1 > sqrt((3/8 + 1/2) / 2 ln(1 / 0.15)) = 0.911
    expect(statuses.map(({ alarm }) => alarm)).toEqual([false, false, true]);
    expect(statuses[2]).toMatchObject({ statistic: 1, onset: 2, direction: 'up' });
    expect(statuses[2].threshold).toBeCloseTo(Math.sqrt((7 / 16) * Math.log(1 / 0.15)), 14);
  });

  it('falls of x are rises of 1 - x', () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      const series = errors(seed, 150, 0.6, 150, 0.1);
      const down = new HddmW({ mode: 'down', lambda: 0.125 }).updateMany(series);
      expect(new HddmW({ mode: 'up', lambda: 0.125 }).updateMany(series.map((x) => 1 - x)).map(({ index }) => index)).toEqual(down.map(({ index }) => index));
      expect(down.every(({ direction }) => direction === 'down')).toBe(true);
    }), { numRuns: 20 });
  });

  it('both sides: a rise and a fall, each with its direction', () => {
    const alarms = new HddmW({ mode: 'both' }).updateMany([...errors(4, 300, 0.1, 300, 0.7), ...errors(5, 0, 0, 300, 0.05)]);
    expect(alarms.filter(({ index }) => index >= 300 && index < 360).map(({ direction }) => direction)).toContain('up');
    expect(alarms.filter(({ index }) => index >= 600 && index < 680).map(({ direction }) => direction)).toContain('down');
  });

  it('a mean of 0 so far is a mean: a later error does not start it anew', () => {
    const hddm = new HddmW({ lambda: 0.05 });
    for (const value of [0, 0, 0, 1]) hddm.update(value);
    expect(hddm.state.memory.mean).toBe(0.05);
  });

  it('takes losses in [0, 1]; refuses other numbers and options', () => {
    expect(() => new HddmW().update(7)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'HddmW.update: value must lie in [0, 1], got 7' }));
    for (const options of [{ lambda: 0 }, { lambda: 1.5 }, { driftAlpha: 0.01 }, { warningAlpha: 0.0001 }]) expect(() => new HddmW(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
