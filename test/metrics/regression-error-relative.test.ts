import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directionalAccuracy } from '../../src/metrics/directional-accuracy.ts';
import { meanAbsolutePercentageError } from '../../src/metrics/percentage-error.ts';
import { explainedVariance, hitRate, medianAbsoluteError, rSquared } from '../../src/metrics/regression-error.ts';
import { qlike } from '../../src/metrics/variance-forecast.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

describe('metrics of point and variance forecasts', () => {
  it('has 8 reference cases', () => {
    expect(referenceCases('reg_metrics.json', 'point')).toHaveLength(8);
  });

  it.each(referenceCases('reg_metrics.json', 'point'))('equal the reference case %s: median error, explained variance, both forms of QLIKE, direction', (_id, { input, expected }) => {
    const { y, pred, rv, fv } = input;
    const found = {
      medae: medianAbsoluteError(y, pred),
      explained_variance: explainedVariance(y, pred),
      qlike_patton: qlike(rv, fv).value,
      qlike_log: qlike(rv, fv, { form: 'log' }).value,
      hit_rate: directionalAccuracy(y, pred).value,
    };
    for (const [name, value] of Object.entries(found)) expect(relativeError(value, expected[name]), name).toBeLessThan(REFERENCE_TOLERANCE);
  });
});

describe('explainedVariance and medianAbsoluteError', () => {
  it('explained variance forgives a bias that R squared does not', () => {
    expect(explainedVariance([1, 2, 3], [11, 12, 13])).toBeCloseTo(1, 15);
    expect(rSquared([1, 2, 3], [11, 12, 13])).toBeLessThan(-100);
    expect(explainedVariance([1, 2, 3, NaN], [1, 2, 9, 4], { weights: [1, 1, 0, 5] })).toBeCloseTo(1, 15);
    expect(explainedVariance([5, 5], [1, 2])).toBeNaN();
    expect(explainedVariance([], [])).toBeNaN();
    expect(() => explainedVariance([1], [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  it('the median error ignores one absurd row and NaN', () => {
    expect(medianAbsoluteError([0, 0, 0, NaN], [1, 2, 1e9, 1])).toBe(2);
    expect(medianAbsoluteError([], [])).toBeNaN();
    expect(() => medianAbsoluteError([1], [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('meanAbsolutePercentageError', () => {
  it('by hand: a decimal, over rows whose outcome is not 0', () => {
    expect(meanAbsolutePercentageError([2, 0, 4, NaN], [1, 1, 5, 1])).toEqual({ value: 0.375, reason: null, n: 2, missing: 1, zeroOutcomes: 1 });
    expect(meanAbsolutePercentageError([-2], [1]).value).toBe(1.5);
    expect(meanAbsolutePercentageError([2, 4], [1, 5], { weights: [3, 1] }).value).toBeCloseTo((1.5 + 0.25) / 4, 15);
  });

  it('says which rows it could not score: zero outcomes are not missing, and not infinite', () => {
    expect(meanAbsolutePercentageError([0, -0], [1, 0])).toEqual({ value: NaN, reason: 'all-outcomes-zero', n: 0, missing: 0, zeroOutcomes: 2 });
    expect(meanAbsolutePercentageError([0, 1], [NaN, NaN])).toEqual({ value: NaN, reason: 'no-rows', n: 0, missing: 2, zeroOutcomes: 0 });
    expect(meanAbsolutePercentageError([], [])).toMatchObject({ value: NaN, reason: 'no-rows' });
  });

  it('is the same in any unit', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 1 }), (rows) => {
      const of = (unit: number): number => meanAbsolutePercentageError(rows.map((r) => r[0] * unit), rows.map((r) => r[1] * unit)).value;
      expect(of(8)).toBe(of(1));
    }));
  });

  it('refuses different lengths and negative weights', () => {
    expect(() => meanAbsolutePercentageError([1], [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => meanAbsolutePercentageError([1], [1], { weights: [-1] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => meanAbsolutePercentageError([1], [1], { epsilon: 1 } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('qlike', () => {
  it('by hand', () => {
    expect(qlike([2], [1]).value).toBeCloseTo(1 - Math.LN2, 15);
    expect(qlike([1], [2]).value).toBeCloseTo(0.5 + Math.LN2 - 1, 15);
    expect(qlike([2], [4], { form: 'log' }).value).toBeCloseTo(Math.log(4) + 0.5, 15);
    expect(qlike([3, 8], [3, 4], { weights: [1, 3] }).value).toBeCloseTo(0.75 * (1 - Math.LN2), 15);
  });

  it('costs more for a forecast that is too low, is 0 only for a perfect one, and in the patton form is the same in any unit', () => {
    expect(qlike([1], [0.5]).value).toBeGreaterThan(qlike([1], [2]).value);
    fc.assert(fc.property(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), fc.double({ min: 1e-6, max: 1e3, noNaN: true }), (a, f) => {
      expect(qlike([a], [f]).value).toBeGreaterThanOrEqual(-1e-12);
      expect(qlike([a], [a]).value).toBe(0);
      expect(qlike([a * 4], [f * 4]).value).toBe(qlike([a], [f]).value);
    }));
  });

  it('the two forms differ by what does not depend on the forecast: mean of ln a + 1', () => {
    const a = [0.5, 2, 3];
    for (const f of [[1, 1, 1], [0.1, 5, 2]]) expect(qlike(a, f, { form: 'log' }).value - qlike(a, f).value).toBeCloseTo((Math.log(3) + 3) / 3, 12);
  });

  it('a realised variance of 0 is left out and counted in the patton form, where no forecast could win, and scored in the log form', () => {
    expect(qlike([0, 2], [1, 2])).toEqual({ value: 0, reason: null, n: 1, missing: 0, zeroOutcomes: 1 });
    expect(qlike([0], [1])).toMatchObject({ value: NaN, reason: 'all-outcomes-zero' });
    expect(qlike([0], [Math.E], { form: 'log' })).toEqual({ value: 1, reason: null, n: 1, missing: 0, zeroOutcomes: 0 });
    expect(qlike([NaN, 0], [1, NaN])).toEqual({ value: NaN, reason: 'no-rows', n: 0, missing: 2, zeroOutcomes: 0 });
  });

  it.each<[string, () => unknown, string]>([
    ['a forecast of 0', () => qlike([1], [0]), 'ERR_DOMAIN'],
    ['a negative forecast', () => qlike([1], [-1], { form: 'log' }), 'ERR_DOMAIN'],
    ['a negative outcome, a return perhaps', () => qlike([-0.01], [1]), 'ERR_DOMAIN'],
    ['an unknown form', () => qlike([1], [1], { form: 'mse' as 'log' }), 'ERR_DOMAIN'],
    ['different lengths', () => qlike([1], [1, 2]), 'ERR_SHAPE'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('directionalAccuracy', () => {
  it('measures moves from the reference: a level forecast is judged on its change', () => {
    const found = directionalAccuracy([12, 8, 11, 10], [11, 11, 12, 15], { reference: 10 });
    expect(found).toMatchObject({ value: 2 / 3, reason: null, n: 3, missing: 0, unmoved: 1 });
    expect(directionalAccuracy([12, 8], [13, 7], { reference: [13, 5] }).value).toBe(0.5); // 13 is no move
  });

  it('always saying up has exactly the accuracy of chance, however often the market rises', () => {
    const actual = [1, 1, 1, -1];
    expect(directionalAccuracy(actual, [2, 2, 2, 2])).toMatchObject({ value: 0.75, byChance: 0.75, upShare: 0.75 });
    expect(directionalAccuracy(actual, [1, 1, 1, -1])).toMatchObject({ value: 1, byChance: 0.75 * 0.75 + 0.25 * 0.25 });
    expect(directionalAccuracy(actual, [1, 1, 1, -1], { weights: [1, 0, 0, 3] })).toMatchObject({ upShare: 0.25, n: 2 });
  });

  it('without a reference is the hit rate, for any data', () => {
    const value = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constant(NaN));
    fc.assert(fc.property(fc.array(fc.tuple(value, value)), (rows) => {
      const [actual, predicted] = [rows.map((r) => r[0]), rows.map((r) => r[1])];
      const found = directionalAccuracy(actual, predicted);
      expect(found.value).toEqual(hitRate(actual, predicted));
      expect(found.n + found.missing + found.unmoved).toBe(rows.length);
      expect(found.reason === null).toBe(found.value === found.value);
    }));
  });

  it('undefined is a reason', () => {
    expect(directionalAccuracy([0, 0], [1, -1])).toMatchObject({ value: NaN, byChance: NaN, upShare: NaN, reason: 'no-moves', unmoved: 2 });
    expect(directionalAccuracy([NaN], [1])).toMatchObject({ value: NaN, reason: 'no-rows', missing: 1 });
    expect(() => directionalAccuracy([1], [1], { reference: [1, 2] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => directionalAccuracy([1], [1], { baseline: 0 } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
