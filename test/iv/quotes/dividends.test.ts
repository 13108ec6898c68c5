import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardFromSpot, impliedDividends } from '../../../src/iv/quotes/dividends.ts';

const flat = (rate: number) => (years: number): number => Math.exp(-rate * years);

describe('forwardFromSpot', () => {
  it('worked by hand: a cash dividend of 2 in half a year', () => {
    expect(forwardFromSpot({ spot: 100, dividends: { exYears: [0.5], amount: [2] } }, 1, flat(0.05))).toBeCloseTo(100 * Math.exp(0.05) - 2 * Math.exp(0.025), 12);
  });

  it('counts dividends up to and on the expiry, none after it and none that went ex before today', () => {
    const dividends = { exYears: [1.0001, 1, -0.1, 0.2], amount: [9, 1, 9, 1] };
    expect(forwardFromSpot({ spot: 100, dividends }, 1, flat(0))).toBeCloseTo(98, 12);
  });

  it('pays the yield on what is left', () => {
    expect(forwardFromSpot({ spot: 100, dividendYield: 0.03 }, 2, flat(0.05))).toBeCloseTo(100 * Math.exp(0.04), 11);
  });

  it('is NaN where dividends are worth more than the spot price', () => {
    expect(forwardFromSpot({ spot: 100, dividends: { exYears: [0.5], amount: [101] } }, 1, flat(0))).toBeNaN();
    expect(forwardFromSpot({ spot: 100 }, 1, () => 0)).toBeNaN();
  });

  it('throws for a mistake of the caller', () => {
    const domain = expect.objectContaining({ code: 'ERR_DOMAIN' });
    expect(() => forwardFromSpot({ spot: 0 }, 1, flat(0))).toThrow(domain);
    expect(() => forwardFromSpot({ spot: 100 }, -1, flat(0))).toThrow(domain);
    expect(() => forwardFromSpot({ spot: 100, dividends: { exYears: [1], amount: [-1] } }, 1, flat(0))).toThrow(domain);
    expect(() => forwardFromSpot({ spot: 100, dividends: { exYears: [1], amount: [] } }, 1, flat(0))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('impliedDividends', () => {
  it('worked by hand', () => {
    const [first, second] = impliedDividends(100, [
      { expiryYears: 2, forward: 103, discount: 0.93, forwardError: 0.1, discountError: 0.001 },
      { expiryYears: 1, forward: 102, discount: 0.96 },
    ]);
    expect(first).toMatchObject({ expiryYears: 1, defined: true, presentValueError: 0, dividendYieldError: 0 });
    expect(first.presentValue).toBeCloseTo(100 - 97.92, 12);
    expect(first.dividendYield).toBeCloseTo(Math.log(100 / 97.92), 14);
    expect(first.forwardYield).toBe(first.dividendYield);
    expect(second.presentValue).toBeCloseTo(100 - 95.79, 12);
    expect(second.presentValueError).toBeCloseTo(Math.hypot(0.093, 0.103), 12);
    expect(second.dividendYieldError).toBeCloseTo(Math.hypot(0.093, 0.103) / 95.79 / 2, 12);
    expect(second.forwardYield).toBeCloseTo(Math.log(97.92 / 95.79), 13);
  });

  it('gives back the yield or the cash the forwards were made with', () => {
    fc.assert(
      fc.property(fc.double({ min: -0.05, max: 0.2, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true }), fc.double({ min: 0.01, max: 5, noNaN: true }), (dividendYield, amount, years) => {
        const discountAt = flat(0.04);
        const discount = discountAt(years);
        const ofYield = impliedDividends(100, [{ expiryYears: years, forward: forwardFromSpot({ spot: 100, dividendYield }, years, discountAt), discount }])[0];
        expect(Math.abs(ofYield.dividendYield - dividendYield)).toBeLessThan(1e-13 / years + 1e-14); // an ulp of the logarithm, over T
        const ofCash = impliedDividends(100, [{ expiryYears: years, forward: forwardFromSpot({ spot: 100, dividends: { exYears: [years / 2], amount: [amount] } }, years, discountAt), discount }])[0];
        expect(Math.abs(ofCash.presentValue - amount * discountAt(years / 2))).toBeLessThan(1e-12);
      }),
    );
  });

  it('marks points that are none and goes on after them', () => {
    const points = impliedDividends(100, [{ expiryYears: 0.5, forward: NaN, discount: NaN }, { expiryYears: -1, forward: 100, discount: 1 }, { expiryYears: 1, forward: 99, discount: 1 }]);
    expect(points.map((p) => p.defined)).toEqual([false, false, true]);
    expect(points[2].forwardYield).toBeCloseTo(Math.log(100 / 99), 14);
    expect(points[0]).toMatchObject({ presentValue: NaN, dividendYield: NaN, forwardYield: NaN });
    expect(() => impliedDividends(-1, [])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('has no yield between two points of one time', () => {
    const points = impliedDividends(100, [{ expiryYears: 1, forward: 99, discount: 1 }, { expiryYears: 1, forward: 98, discount: 1 }]);
    expect(points[1]).toMatchObject({ defined: true, forwardYield: NaN });
  });
});
