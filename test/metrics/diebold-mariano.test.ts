import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { normalCdf } from '../../src/core/special-functions.ts';
import { dieboldMariano } from '../../src/metrics/diebold-mariano.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

const cases = referenceCases<{ e1: number[]; e2: number[] }>('reg_metrics.json', 'diebold_mariano');
const squared = (errors: readonly number[]): number[] => errors.map((e) => e * e);

describe('dieboldMariano', () => {
  it.each(cases)('equals the reference, with and without the small-sample correction: %s', (_id, { input, params, expected }) => {
    const found = dieboldMariano(squared(input.e1), squared(input.e2), { horizon: params['h'] });
    const values = { dm: found.uncorrected, p_normal: 2 * normalCdf(-Math.abs(found.uncorrected)), hln: found.statistic, p_hln_t: found.pValue };
    for (const [name, value] of Object.entries(values)) expect(relativeError(value, expected[name]), name).toBeLessThan(REFERENCE_TOLERANCE);
    expect(found).toMatchObject({ kernel: 'rectangular', reason: null, n: 80, missing: 0 });
  });

  it('has all 4 cases', () => {
    expect(cases).toHaveLength(4);
  });

  it('by hand: differences 0, 1, 2 one step ahead', () => {
    // Variance of the mean 2 / 9, statistic 3 / sqrt 2, corrected by sqrt(2 / 3) to sqrt 3; two-sided t with 2 degrees: 1 - sqrt(3 / 5).
    const found = dieboldMariano([1, 2, 3], [1, 1, 1]);
    expect(found.meanDifference).toBe(1);
    expect(found.standardError).toBeCloseTo(Math.sqrt(2) / 3, 14);
    expect(found.statistic).toBeCloseTo(Math.sqrt(3), 14);
    expect(found.pValue).toBeCloseTo(1 - Math.sqrt(3 / 5), 14);
  });

  it('falls back to Bartlett weights where the variance comes out negative, and says so', () => {
    // Deviations 2, -2, ...: g0 = 4, g1 = -3.5, g0 + 2 g1 < 0; with weight 1/2 the sum is 1/2, over n 1/16.
    const found = dieboldMariano([3, 0, 3, 0, 3, 0, 3, 0], [0, 1, 0, 1, 0, 1, 0, 1], { horizon: 2 });
    expect(found).toMatchObject({ meanDifference: expect.closeTo(1, 14), kernel: 'bartlett', reason: null });
    expect(found.standardError).toBeCloseTo(0.25, 14);
    expect(found.statistic).toBeCloseTo(4 * Math.sqrt(5.25 / 8), 14);
  });

  it('keeps the place of a missing pair, so that a lag stays a lag', () => {
    // Differences 4, gap, 4, 1: deviations 1, gap, 1, -2; the only pair one step apart is (1, -2).
    const found = dieboldMariano([4, NaN, 4, 1], [0, 0, 0, 0], { horizon: 2 });
    expect(found).toMatchObject({ n: 3, missing: 1, meanDifference: 3 });
    expect(found.standardError).toBeCloseTo(Math.sqrt((6 - 4) / 3 / 3), 14);
  });

  it.each<[string, ArrayLike<number>, ArrayLike<number>, number, string]>([
    ['identical forecasts', [1, 2, 3, 4], [1, 2, 3, 4], 1, 'identical-losses'],
    ['a difference that never changes', [2, 3, 4, 5], [1, 2, 3, 4], 1, 'constant-difference'],
    ['a difference that changes in rounding only', [0.1 + 0.2, 0.5, 0.9], [0.2, 0.4, 0.8], 1, 'constant-difference'],
    ['no more pairs than the horizon', [1, 5, 2], [2, 1, 9], 3, 'too-few-pairs'],
    ['one pair', [1, NaN], [2, 1], 1, 'too-few-pairs'],
    ['no pair', [], [], 1, 'too-few-pairs'],
    ['an infinite loss', [1, Infinity, 2], [2, 1, 3], 1, 'infinite-loss'],
  ])('has no statistic for %s, and says why', (_name, first, second, horizon, reason) => {
    expect(dieboldMariano(first, second, { horizon })).toMatchObject({ statistic: NaN, uncorrected: NaN, standardError: NaN, pValue: NaN, reason });
  });

  it('one-sided p-values speak for the forecast that loses less', () => {
    const [first, second] = [[1, 2, 1, 1.5, 2], [2, 2.5, 2, 3, 2.1]];
    const p = (alternative: 'different' | 'first-better' | 'second-better'): number => dieboldMariano(first, second, { alternative }).pValue;
    expect(p('first-better')).toBeLessThan(0.05);
    expect(p('first-better') + p('second-better')).toBeCloseTo(1, 14);
    expect(p('different')).toBeCloseTo(2 * p('first-better'), 14);
  });

  it('changes sign with the order of the forecasts and nothing with the scale', () => {
    const losses = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 })), { minLength: 6, maxLength: 40 });
    fc.assert(fc.property(losses, fc.integer({ min: 1, max: 4 }), (rows, horizon) => {
      const [a, b] = [rows.map((r) => r[0]), rows.map((r) => r[1])];
      const found = dieboldMariano(a, b, { horizon });
      const swapped = dieboldMariano(b, a, { horizon });
      expect(swapped.reason).toBe(found.reason);
      if (found.reason !== null) return;
      expect(found.standardError > 0 && found.pValue >= 0 && found.pValue <= 1).toBe(true);
      expect(swapped.statistic).toBeCloseTo(-found.statistic, 9);
      expect(dieboldMariano(a.map((v) => 8 * v), b.map((v) => 8 * v), { horizon }).statistic).toBe(found.statistic);
    }));
  });

  it('keeps its size on overlapping errors where horizon 1 does not', () => {
    const stream = randomStream(3, 'size');
    let [honest, naive] = [0, 0];
    for (let trial = 0; trial < 400; trial++) {
      const draws = Array.from({ length: 104 }, () => stream.normal());
      const differences = Float64Array.from({ length: 100 }, (_, t) => draws[t] + draws[t + 1] + draws[t + 2] + draws[t + 3]);
      if (dieboldMariano(differences, new Float64Array(100), { horizon: 4 }).pValue < 0.05) honest++;
      if (dieboldMariano(differences, new Float64Array(100)).pValue < 0.05) naive++;
    }
    expect(honest / 400).toBeLessThan(0.12);
    expect(naive / 400).toBeGreaterThan(0.25);
  });

  it.each<[string, () => unknown, string]>([
    ['different lengths', () => dieboldMariano([1], [1, 2]), 'ERR_SHAPE'],
    ['a horizon of 0', () => dieboldMariano([1, 2], [1, 2], { horizon: 0 }), 'ERR_DOMAIN'],
    ['another alternative', () => dieboldMariano([1, 2], [1, 2], { alternative: 'less' as never }), 'ERR_DOMAIN'],
    ['an unknown option', () => dieboldMariano([1, 2], [1, 2], { lags: 2 } as never), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
