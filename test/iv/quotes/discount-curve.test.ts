import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.ts';
import { curveDiscount, fitDiscountCurve } from '../../../src/iv/quotes/discount-curve.ts';

const YEARS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2];
const zeroRate = (t: number, [level, slope, curvature]: readonly number[]): number => {
  const g = (1 - Math.exp(-t)) / t;
  return level + slope * g + curvature * (g - Math.exp(-t));
};

describe('fitDiscountCurve', () => {
  it('is flat through a single discount', () => {
    const curve = fitDiscountCurve({ expiryYears: [0.5], discount: [Math.exp(-0.02)], discountError: [1e-4] });
    for (const years of [0.01, 0.5, 3]) expect(curveDiscount(curve, years).rate).toBeCloseTo(0.04, 6); // a ridge on slope and curvature alone keeps the level free
    expect(curve).toMatchObject({ status: 'ok', points: 1, dispersion: 1 });
  });

  it('recovers the curve the discounts lie on when their errors are small beside the prior', () => {
    const truth = [0.037, 0.008, -0.01];
    const rates = YEARS.map((t) => zeroRate(t, truth));
    const curve = fitDiscountCurve({ expiryYears: YEARS, discount: YEARS.map((t, i) => Math.exp(-rates[i] * t)), discountError: YEARS.map(() => 1e-7) });
    // The prior weighs (1e-5 / 0.02)^2 beside the shortest point.
    YEARS.forEach((t, i) => {
      expect(Math.abs(curveDiscount(curve, t).rate - rates[i])).toBeLessThan(1e-7);
    });
  });

  it('weights rates by what their discounts tell: a noisy short end hardly moves the curve', () => {
    const errors = YEARS.map(() => 2e-4); // 2 % of rate at three days, 1 bp at two years
    const curve = fitDiscountCurve({ expiryYears: YEARS, discount: YEARS.map((t, i) => Math.exp(-0.04 * t) + (i === 0 ? 4e-4 : 0)), discountError: errors });
    expect(Math.abs(curveDiscount(curve, 0.01).rate - 0.04)).toBeLessThan(0.002); // the point itself is at 0
  });

  it('holds down an outlier with a small error', () => {
    const discount = YEARS.map((t) => Math.exp(-0.04 * t));
    discount[6] -= 0.02; // 3 % of rate, 200 standard errors
    const curve = fitDiscountCurve({ expiryYears: YEARS, discount, discountError: YEARS.map(() => 1e-4) });
    expect(Math.abs(curveDiscount(curve, 0.7).rate - 0.04)).toBeLessThan(0.0015);
  });

  it('states errors that cover: the truth lies within two of them in about 95 of 100 samples', () => {
    const { normal } = randomStream(3, 'curve');
    const errors = YEARS.map((t) => 1e-4 * (1 + t));
    const years = [...YEARS, ...YEARS.map((t) => t * 1.1), ...YEARS.map((t) => t * 1.2)];
    let inside = 0;
    for (let s = 0; s < 300; s++) {
      const discount = years.map((t, i) => Math.exp(-0.04 * t) + errors[i % 10] * normal());
      const { rate, rateError } = curveDiscount(fitDiscountCurve({ expiryYears: years, discount, discountError: years.map((_, i) => errors[i % 10]) }), 0.5);
      if (Math.abs(rate - 0.04) < 2 * rateError) inside++;
    }
    expect(inside / 300).toBeGreaterThan(0.9); // 95 % less four binomial standard deviations
  });

  it('leaves out points that are none, and says when none is left', () => {
    const good = fitDiscountCurve({ expiryYears: [0.5], discount: [0.98], discountError: [1e-4] });
    const mixed = fitDiscountCurve({ expiryYears: [0.5, -1, 1, 1, NaN, 0], discount: [0.98, 0.9, -0.1, NaN, 0.9, 1], discountError: [1e-4, 1, 1, 1, 1, 1] });
    expect(mixed).toEqual(good);
    const none = fitDiscountCurve({ expiryYears: [], discount: [], discountError: [] });
    expect(none).toMatchObject({ status: 'no-points', level: NaN, points: 0 });
    expect(curveDiscount(none, 1)).toEqual({ rate: NaN, rateError: NaN, discount: NaN, discountError: NaN });
  });

  it('gives a discount of 1 today', () => {
    expect(curveDiscount(fitDiscountCurve({ expiryYears: [1], discount: [0.95], discountError: [0] }), 0)).toMatchObject({ discount: 1, discountError: 0 });
  });

  it('is finite, or says it has no points, for any numbers whatever', () => {
    const number = fc.oneof(fc.double(), fc.double({ min: 0, max: 3 }), fc.constantFrom(0, 1e-300, 1e300));
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { maxLength: 8 }), (rows) => {
        const curve = fitDiscountCurve({ expiryYears: rows.map((r) => r[0]), discount: rows.map((r) => r[1]), discountError: rows.map((r) => r[2]) });
        expect([curve.level, curve.slope, curve.curvature, ...curve.covariance].every(curve.status === 'ok' ? Number.isFinite : Number.isNaN)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('throws for a mistake of the caller', () => {
    expect(() => fitDiscountCurve({ expiryYears: [1], discount: [], discountError: [] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => fitDiscountCurve({ expiryYears: [], discount: [], discountError: [] }, { decayYears: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => curveDiscount(fitDiscountCurve({ expiryYears: [1], discount: [1], discountError: [1] }), NaN)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
