import { describe, expect, it } from 'vitest';
import { GeometricMovingAverage } from '../../src/shift-detection/gma.ts';
import { normals, sequentialCases } from './sequential-cases.ts';

describe('golden file', () => {
  it.each(sequentialCases('frouros'))('%s: first alarm of frouros', (_, stream, { params, expected }) => {
    const { alpha, lambda_: threshold, min: minimumSamples } = params.gma;
    expect(new GeometricMovingAverage({ alpha, threshold, minimumSamples, mode: 'up' }).updateMany(stream)[0]?.index ?? null).toBe(expected.gma);
  });
});

describe('GeometricMovingAverage', () => {
  it('worked by hand: values 0 0 3 have means 0 0 1, averages 0 0 1 at alpha 0.5', () => {
    const [alarm, ...more] = new GeometricMovingAverage({ alpha: 0.5, threshold: 0.9, minimumSamples: 1 }).updateMany([0, 0, 3]);
    expect(alarm).toMatchObject({ index: 2, statistic: 1, threshold: 0.9, direction: 'up', onset: 2 });
    expect(more).toEqual([]);
  });

  it('sees falls unless told not to', () => {
    const fall = normals(1, 100, 100, -3);
    expect(new GeometricMovingAverage({ alpha: 0.9 }).updateMany(fall)[0]).toMatchObject({ direction: 'down' });
    expect(new GeometricMovingAverage({ alpha: 0.9, mode: 'down' }).updateMany(fall)[0]).toMatchObject({ direction: 'down' });
    expect(new GeometricMovingAverage({ alpha: 0.9, mode: 'up' }).updateMany(fall)).toEqual([]);
  });

  it('refuses options out of range', () => {
    for (const options of [{ alpha: 1 }, { alpha: -0.1 }, { threshold: -1 }]) expect(() => new GeometricMovingAverage(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
