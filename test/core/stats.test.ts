import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countFinite, mean, median, quantile, quantileSorted, standardDeviation, variance } from '../../src/core/stats.ts';

describe('moments', () => {
  it('variance keeps its digits at an offset of 1e9, where a sum of squares has none', () => {
    expect(variance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(30);
    expect(mean([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(1e9 + 10);
    const values = [4, 7, 13, 16].map((v) => 1e9 + v);
    const naive = (values.reduce((s, v) => s + v * v, 0) - values.reduce((s, v) => s + v, 0) ** 2 / 4) / 3;
    expect(Math.abs(naive - 30)).toBeGreaterThan(1);
  });

  it('skips NaN and takes degrees of freedom off the count', () => {
    expect(mean([1, NaN, 3])).toBe(2);
    expect(variance([1, NaN, 3])).toBe(2);
    expect(variance([1, NaN, 3], 0)).toBe(1);
    expect(standardDeviation([2, NaN, 4, 4, 4, 5, 5, 7, 9], 0)).toBe(2);
  });

  it('is NaN where there is nothing to say', () => {
    for (const values of [[], [NaN]]) expect([mean(values), variance(values), variance(values, 0), median(values)]).toEqual([NaN, NaN, NaN, NaN]);
    expect(variance([5])).toBeNaN();
    expect(variance([5], 0)).toBe(0);
  });

  it('a constant has variance 0, whatever the constant', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 2, max: 50 }), (value, n) => {
      expect(variance(new Array<number>(n).fill(value))).toBe(0);
    }));
  });

  it('counts what is finite', () => {
    expect(countFinite([1, NaN, Infinity, -Infinity, 0])).toBe(2);
  });
});

describe('quantile', () => {
  it('is R-7, worked by hand: h = (n - 1) p', () => {
    const values = [40, 15, 35, 50, 20]; // sorted 15 20 35 40 50
    expect(quantile(values, 0)).toBe(15);
    expect(quantile(values, 1)).toBe(50);
    expect(quantile(values, 0.25)).toBe(20); // h = 1
    expect(quantile(values, 0.4)).toBeCloseTo(29, 12); // h = 1.6: 20 + 0.6 * 15
    expect(quantile(values, 0.9)).toBeCloseTo(46, 12); // h = 3.6: 40 + 0.6 * 10
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('skips NaN, one value is every quantile, none is NaN', () => {
    expect(quantile([NaN, 3, NaN, 1], 0.5)).toBe(2);
    expect([0, 0.3, 1].map((p) => quantile([7], p))).toEqual([7, 7, 7]);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('infinities stay infinities, never NaN', () => {
    expect(quantile([-Infinity, 0, 1], 0.25)).toBe(-Infinity);
    expect(quantile([-Infinity, Infinity], 0.5)).toBe(-Infinity);
    expect(quantile([0, Infinity], 0.5)).toBe(Infinity);
    expect(quantile([Infinity, Infinity], 0.5)).toBe(Infinity);
    expect(quantile([-Infinity, 0, 1], 0.75)).toBe(0.5);
  });

  it('lies between the extremes and never falls with p', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), p, p, (values, a, b) => {
      const sorted = Float64Array.from(values).sort();
      const [low, high] = [quantileSorted(sorted, Math.min(a, b)), quantileSorted(sorted, Math.max(a, b))];
      const slack = 1e-9; // interpolation rounds at values of 1e6
      expect(low).toBeLessThanOrEqual(high + slack);
      expect(low).toBeGreaterThanOrEqual(sorted[0] - slack);
      expect(high).toBeLessThanOrEqual(sorted[sorted.length - 1] + slack);
    }));
  });
});
