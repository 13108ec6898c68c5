import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformalRadius, conformalRank } from '../../src/conformal/index.ts';
import { randomStream } from '../../src/core/random.ts';
import { casesOf, expectClose } from './reference.ts';

describe('conformalRank', () => {
  it('statistics 2: n = 9 at alpha 0.1 is the ninth score, which MAPIE refuses and crepes makes infinite', () => {
    expect(conformalRank(9, 0.1)).toBe(9);
    expect(conformalRadius([1, 2, 3, 4, 5, 6, 7, 8, 9], 0.1)).toBe(9);
  });

  it('statistics 2: n = 19 at alpha 0.1 is the 18th score, one below crepes', () => {
    expect(conformalRank(19, 0.1)).toBe(18);
  });

  it('statistics 2: rounding above an integer does not cost a rank', () => {
    expect(10 * (1 - 0.7)).toBeGreaterThan(3);
    expect(conformalRank(9, 0.7)).toBe(3);
    expect(1000 * (1 - 0.059)).toBeGreaterThan(941);
    expect(conformalRank(999, 0.059)).toBe(941);
  });

  it('equals exact rational arithmetic for alpha in thousandths', () => {
    for (let thousandths = 1; thousandths < 1000; thousandths++) {
      for (const n of [1, 9, 10, 19, 99, 249, 999, 1999, 4321, 99_999, 999_999]) {
        const numerator = (n + 1) * (1000 - thousandths); // an exact integer
        const exact = Math.floor((numerator + 999) / 1000);
        expect(conformalRank(n, thousandths / 1000)).toBe(exact);
        expect(conformalRank(n, 1 - (1000 - thousandths) / 1000)).toBe(exact);
      }
    }
  });

  it.each([0, 1, -0.1, 1.5, NaN, '0.1', undefined])('refuses alpha %s', (alpha) => {
    expect(() => conformalRank(10, alpha as number)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('conformalRadius', () => {
  it('statistics 2: k > n is an infinite radius, not the largest score and not an exception', () => {
    expect(conformalRadius([1, 2, 3], 0.1)).toBe(Infinity);
    expect(conformalRadius([], 0.5)).toBe(Infinity);
  });

  it('engine 4: 10 to 18 rows at 95 % are infinite, never silently the largest residual', () => {
    for (let n = 10; n <= 18; n++) expect(conformalRadius(new Float64Array(n).fill(1), 0.05)).toBe(Infinity);
    expect(conformalRadius(new Float64Array(19).fill(1), 0.05)).toBe(1);
  });

  it('engine 4: is an order statistic, not an interpolated quantile', () => {
    const scores = [0.5, 10, 0.1, 7, 3]; // sorted 0.1 0.5 3 7 10
    expect(conformalRadius(scores, 0.5)).toBe(3);
    expect(conformalRadius(scores, 0.45)).toBe(7); // ceil(6 * 0.55) = 4
  });

  it('leaves NaN out, keeps infinities and negative scores', () => {
    expect(conformalRadius([NaN, -1, NaN, -3, -2], 0.5)).toBe(-2);
    expect(conformalRadius([1, Infinity, Infinity], 0.5)).toBe(Infinity);
  });

  it('does not touch its argument', () => {
    const scores = Float64Array.of(3, 1, 2);
    conformalRadius(scores, 0.5);
    expect([...scores]).toEqual([3, 1, 2]);
  });

  it('gives the reference radii of signed, gamma and quantile-regression scores', () => {
    for (const { input, params, expected } of casesOf('asym_mondrian_cqr')) {
      const { y_cal: y, pred_cal: pred, q_lo_cal: low, q_hi_cal: high } = input;
      const signed = y.map((v, i) => v - pred[i]);
      const below = conformalRadius(signed.map((r) => -r), params.alpha / 2);
      const above = conformalRadius(signed, params.alpha / 2);
      expectClose(input.pred_test.map((p) => p - below), expected.asym_lo as number[]);
      expectClose(input.pred_test.map((p) => p + above), expected.asym_hi as number[]);
      const relative = signed.map((r, i) => r / pred[i]);
      const [under, over] = [conformalRadius(relative.map((r) => -r), params.alpha / 2), conformalRadius(relative, params.alpha / 2)];
      expectClose(input.pred_test.map((p) => p * (1 - under)), expected.gamma_lo as number[]);
      expectClose(input.pred_test.map((p) => p * (1 + over)), expected.gamma_hi as number[]);
      expectClose([conformalRadius(y.map((v, i) => Math.max(low[i] - v, v - high[i])), params.alpha)], [expected.cqr_q as number]);
    }
  });

  it('covers with probability k / (n + 1): the mean over 2000 uniform samples is within 4 standard errors', () => {
    // For uniform scores the coverage given the sample is the radius itself, a Beta(k, n + 1 - k) variable.
    const random = randomStream(11, 'coverage');
    for (const [n, alpha] of [[9, 0.1], [50, 0.1], [99, 0.1], [200, 0.05], [30, 0.3]]) {
      const k = conformalRank(n, alpha);
      const target = k / (n + 1);
      let mean = 0;
      for (let r = 0; r < 2000; r++) mean += conformalRadius(Float64Array.from({ length: n }, random.uniform), alpha) / 2000;
      const standardError = Math.sqrt((target * (1 - target)) / (n + 2) / 2000);
      expect(target).toBeGreaterThanOrEqual(1 - alpha - 1e-12);
      expect(Math.abs(mean - target)).toBeLessThan(4 * standardError);
    }
  });

  const scoreList = fc.array(fc.double({ noDefaultInfinity: true, min: 0, max: 1e6 }), { maxLength: 60 });
  const level = fc.double({ min: 0.001, max: 0.999, noNaN: true });

  it('never grows with alpha', () => {
    fc.assert(fc.property(scoreList, level, level, (scores, a, b) => {
      expect(conformalRadius(scores, Math.max(a, b))).toBeLessThanOrEqual(conformalRadius(scores, Math.min(a, b)));
    }));
  });

  it('is at least as large as a share 1 - alpha of its own scores', () => {
    fc.assert(fc.property(scoreList, level, (scores, alpha) => {
      const present = scores.filter((s) => !Number.isNaN(s));
      const inside = present.filter((s) => s <= conformalRadius(scores, alpha)).length;
      expect(inside).toBeGreaterThanOrEqual((1 - alpha) * present.length - 1e-9);
    }));
  });

  it('scales with the scores and ignores their order', () => {
    fc.assert(fc.property(scoreList, level, fc.integer({ min: -20, max: 20 }), (scores, alpha, exponent) => {
      const scale = 2 ** exponent; // exact
      expect(conformalRadius(scores.map((s) => s * scale).reverse(), alpha)).toBe(conformalRadius(scores, alpha) * scale);
    }));
  });
});
