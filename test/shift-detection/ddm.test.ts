import { describe, expect, it } from 'vitest';
import { Ddm } from '../../src/shift-detection/ddm.ts';
import { errorRun, errors, sequentialCases } from './sequential-cases.ts';
import type { ErrorRun } from './sequential-cases.ts';

describe('golden file', () => {
  it.each(sequentialCases('binary_errors'))('%s: alarms and warnings of river', (_, stream, { expected }) => {
    const { params: _params, ...want } = expected.ddm as ErrorRun;
    expect(errorRun(new Ddm(), stream)).toEqual(want);
  });
});

describe('Ddm', () => {
  it('worked by hand: rates 1/2, 1/3, 2/4, 3/5 from the second value on', () => {
    const ddm = new Ddm({ minimumSamples: 2, warningThreshold: 1.05, driftThreshold: 1.6 });
    const statuses = [1, 0, 0, 1, 1].map((value) => ddm.update(value));
    const deviation = (rate: number, n: number): number => Math.sqrt((rate * (1 - rate)) / n);
    expect(statuses.map(({ level }) => level)).toEqual(['none', 'none', 'none', 'warning', 'drift']);
    expect(statuses[4].statistic).toBeCloseTo(0.6 + deviation(0.6, 5), 14);
    expect(statuses[4].threshold).toBeCloseTo(1 / 3 + 1.6 * deviation(1 / 3, 3), 14);
    expect(statuses[4]).toMatchObject({ alarm: true, direction: 'up', onset: 3 }); // the stretch of warnings began at the fourth value
  });

  it('the first error after an errorless start alarms: the known weakness of the minimum', () => {
    expect(new Ddm().updateMany([...new Array(40).fill(0), 1])[0]).toMatchObject({ index: 40, threshold: 0 });
  });

  it('does not see a fall of the rate', () => {
    expect(new Ddm().updateMany(errors(1, 300, 0.5, 300, 0.05))).toEqual([]);
  });

  it('sees a rise, and its warnings begin after the rise', () => {
    const alarm = new Ddm().updateMany(errors(2, 500, 0.2, 300, 0.6)).at(-1);
    expect(alarm?.index).toBeGreaterThan(500);
    expect(alarm?.onset).toBeGreaterThan(495);
    expect(alarm?.onset).toBeLessThanOrEqual(alarm?.index as number);
  });

  it('takes losses in [0, 1]; other numbers are a mistake', () => {
    const ddm = new Ddm();
    ddm.update(0.4);
    for (const value of [-0.1, 1.1, 12]) expect(() => ddm.update(value)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: `Ddm.update: value must lie in [0, 1], got ${value}` }));
    expect(ddm.state.updates).toBe(1);
  });

  it('refuses options out of range', () => {
    for (const options of [{ warningThreshold: -1 }, { warningThreshold: 4 }, { driftThreshold: 1 }]) expect(() => new Ddm(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
