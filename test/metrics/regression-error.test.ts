import { describe, expect, it } from 'vitest';
import { hitRate, intervalCoverage, meanAbsoluteError, meanSquaredError, pinballLoss, rootMeanSquaredError, rSquared, winklerScore } from '../../src/metrics/index.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

describe('metrics of point predictions and intervals', () => {
  it.each(referenceCases('reg_metrics.json', 'point'))('equal the scikit-learn reference case %s', (_id, { input, params, expected }) => {
    const { y, pred, lo, hi } = input;
    const options = input['w'] === null || input['w'] === undefined ? {} : { weights: input['w'] };
    const coverage = intervalCoverage(lo, hi, y);
    const found = {
      mse: meanSquaredError(y, pred, options),
      rmse: rootMeanSquaredError(y, pred, options),
      mae: meanAbsoluteError(y, pred, options),
      r2: rSquared(y, pred, options),
      pinball30: pinballLoss(y, pred, { ...options, quantile: params['quantile'] }),
      hit_rate: hitRate(y, pred),
      coverage: coverage.coverage,
      mean_width: coverage.meanWidth,
      winkler: winklerScore(lo, hi, y, { alpha: params['alpha'] }),
    };
    for (const [name, value] of Object.entries(found)) expect(relativeError(value, expected[name]), name).toBeLessThan(REFERENCE_TOLERANCE);
  });

  it('by hand', () => {
    expect(meanSquaredError([1, 2], [1, 4])).toBe(2);
    expect(rootMeanSquaredError([0, 0], [3, 3])).toBe(3);
    expect(meanAbsoluteError([1, 2], [2, 5])).toBe(2);
    expect(hitRate([1, -1, 0, 2], [0.5, 2, 1, 0])).toBeCloseTo(1 / 3, 15);
    expect(pinballLoss([1, 1], [0, 3], { quantile: 0.9 })).toBeCloseTo((0.9 + 0.2) / 2, 15);
    expect(winklerScore([0], [1], [1.5], { alpha: 0.1 })).toBeCloseTo(11, 12);
    expect(meanSquaredError([1, 2], [1, 4], { weights: [3, 1] })).toBe(1);
  });

  it('measures R squared against what the model had to beat', () => {
    const actual = [1, 2, 3];
    expect(rSquared(actual, [2, 2, 2])).toBe(0);
    expect(rSquared(actual, [2, 2, 2], { baseline: 0 })).toBeCloseTo(1 - 2 / 14, 15);
    expect(rSquared(actual, [1, 2, 3], { baseline: [0, 0, 0] })).toBe(1);
    expect(rSquared(actual, [1, 2, 3], { baseline: [1, 2, 3] })).toBeNaN();
  });

  it('leave out rows with a NaN on either side, and are NaN without a row', () => {
    const metrics = [meanSquaredError, rootMeanSquaredError, meanAbsoluteError, rSquared, hitRate];
    for (const metric of metrics) {
      expect(metric([1, NaN, 3, 4, -2], [2, 7, NaN, 5, -1])).toBe(metric([1, 4, -2], [2, 5, -1]));
      expect(metric([], [])).toBeNaN();
      expect(metric([NaN], [1])).toBeNaN();
    }
    expect(rSquared([5, 5], [5, 4])).toBeNaN();
    expect(hitRate([0, 0], [1, 1])).toBeNaN();
    expect(winklerScore([], [], [], { alpha: 0.1 })).toBeNaN();
  });

  it('an infinite prediction is an infinite loss', () => {
    expect(meanSquaredError([1, 2, 3], [1, Infinity, 3])).toBe(Infinity);
  });

  it.each<[string, () => unknown, string]>([
    ['different lengths', () => rootMeanSquaredError([1], [1, 2]), 'ERR_SHAPE'],
    ['short weights', () => meanAbsoluteError([1, 2], [1, 2], { weights: [1] }), 'ERR_SHAPE'],
    ['a negative weight', () => meanAbsoluteError([1, 2], [1, 2], { weights: [1, -1] }), 'ERR_DOMAIN'],
    ['a quantile of 1', () => pinballLoss([1], [1], { quantile: 1 }), 'ERR_DOMAIN'],
    ['a miscoverage of 0', () => winklerScore([0], [1], [1], { alpha: 0 }), 'ERR_DOMAIN'],
    ['an unknown option', () => rSquared([1], [1], { base: 0 } as object), 'ERR_UNKNOWN_NAME'],
    ['a baseline of another length', () => rSquared([1, 2], [1, 2], { baseline: [1] }), 'ERR_SHAPE'],
  ])('refuse %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
