import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brierScore, logLoss } from '../../src/metrics/index.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

describe('metrics of probabilities', () => {
  it.each(referenceCases('prob_metrics.json', 'binary'))('equal the scikit-learn reference case %s', (_id, { input, expected }) => {
    const options = input['w'] === null || input['w'] === undefined ? {} : { weights: input['w'] };
    expect(relativeError(brierScore(input['y'], input['p'], options), expected['brier'])).toBeLessThan(REFERENCE_TOLERANCE);
    expect(relativeError(logLoss(input['y'], input['p'], options), expected['logloss'])).toBeLessThan(REFERENCE_TOLERANCE);
  });

  it('by hand', () => {
    expect(brierScore([1, 0], [0.5, 0.5])).toBe(0.25);
    expect(logLoss([1, 0], [0.5, 0.5])).toBeCloseTo(Math.LN2, 15);
    expect(logLoss([1], [0])).toBeCloseTo(-Math.log(1e-7), 12);
    expect(logLoss([1], [0], { clip: 0 })).toBe(Infinity);
  });

  it('are proper: no constant beats the base rate', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 30 }), fc.double({ min: 0, max: 1, noNaN: true }), (actual, p) => {
      const rate = actual.reduce<number>((a, b) => a + b, 0) / actual.length;
      const constant = (value: number): number[] => actual.map(() => value);
      expect(brierScore(actual, constant(p))).toBeGreaterThanOrEqual(brierScore(actual, constant(rate)) - 1e-12);
      expect(logLoss(actual, constant(p))).toBeGreaterThanOrEqual(logLoss(actual, constant(rate)) - 1e-6); // the clip
    }));
  });

  it('skip NaN, are NaN without a row and refuse what is no outcome or probability', () => {
    expect(brierScore([1, NaN, 0], [0.5, 0.1, NaN])).toBe(0.25);
    expect(brierScore([], [])).toBeNaN();
    expect(() => brierScore([0.5], [0.5])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'brierScore: actual must be 0, 1 or NaN, got 0.5 at row 0' }));
    expect(() => logLoss([1], [1.2])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => logLoss([1], [])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
