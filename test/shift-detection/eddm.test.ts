import { describe, expect, it } from 'vitest';
import { Eddm } from '../../src/shift-detection/eddm.ts';
import { errorRun, errors, sequentialCases } from './sequential-cases.ts';
import type { ErrorRun } from './sequential-cases.ts';

describe('golden file', () => {
  it.each(sequentialCases('binary_errors'))('%s: alarms and warnings of river, with default and calmer ratios', (_, stream, { expected }) => {
    for (const key of ['eddm', 'eddm_.8_.75']) {
      const { params, ...want } = expected[key] as ErrorRun;
      const { alpha: warningRatio, beta: driftRatio } = params as { alpha?: number; beta?: number };
      expect(errorRun(new Eddm({ ...(warningRatio !== undefined && { warningRatio }), ...(driftRatio !== undefined && { driftRatio }) }), stream)).toEqual(want);
    }
  });
});

describe('Eddm', () => {
  it('worked by hand: distances 4 4 4 1: mean 13/4 and deviation 3/2 against 4 and 0', () => {
    const eddm = new Eddm({ minimumSamples: 1, minimumErrors: 2, warningRatio: 1, driftRatio: 0.5 });
    const statuses = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1].map((value) => eddm.update(value));
    expect(statuses[11]).toMatchObject({ statistic: 1, level: 'none' });
    // A longer m + 2 s is a new maximum, which is not compared: 13/4 + 3 = 6.25 > 4.
    expect(statuses[12]).toMatchObject({ statistic: 1, level: 'none' });
    expect(eddm.state.memory).toMatchObject({ meanDistance: 3.25, squaredDistance: 6.75, longest: 6.25, errors: 4 });
    const next = eddm.update(1); // distances 4 4 4 1 1: mean 2.8, variance 2.7
    expect(next.statistic).toBeCloseTo((2.8 + 2 * Math.sqrt(2.7)) / 6.25, 14);
    expect(next).toMatchObject({ level: 'warning', onset: 13, threshold: 0.5, direction: 'up' });
  });

  it('compares at errors, and the level holds between them', () => {
    const series = errors(3, 400, 0.3, 300, 0.7);
    const eddm = new Eddm({ resetAtAlarm: false });
    const statuses = series.map((value) => eddm.update(value));
    statuses.forEach((status, i) => {
      if (i > 31 && series[i] === 0) expect(status.level).toBe(statuses[i - 1].level);
    });
    expect(new Set(statuses.map((status) => status.level)).size).toBe(3);
  });

  it('default ratios alarm on errors whose rate never changes: six times in a thousand in one case of the golden file', () => {
    const [, stream] = sequentialCases('binary_errors').find(([id]) => id === 'sequential-014') as [string, number[], unknown];
    expect(new Eddm().updateMany(stream)).toHaveLength(6);
    expect(new Eddm({ warningRatio: 0.8, driftRatio: 0.75 }).updateMany(stream)).toEqual([]);
  });

  it('takes 0 and 1 only', () => {
    for (const value of [0.5, -1, 2]) expect(() => new Eddm().update(value)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: `Eddm.update: value must be 0 or 1, got ${value}` }));
  });

  it('refuses options out of range', () => {
    for (const options of [{ warningRatio: 0 }, { warningRatio: 0.5 }, { driftRatio: 0.99 }, { minimumErrors: 1 }]) expect(() => new Eddm(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
