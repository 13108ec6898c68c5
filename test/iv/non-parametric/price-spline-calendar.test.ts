import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeOptionValue, priceSplineCalendarGap } from '../../../src/iv/non-parametric/price-spline-calendar.ts';
import { priceSplineSmile, uncheckedPriceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';
import type { PriceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';

const spline = (kernelVariance: number, moneyness: number[], probability: number[]): PriceSplineSmile =>
  priceSplineSmile({ kernelVariance, moneyness: Float64Array.from(moneyness), probability: Float64Array.from(probability) });

describe('calendar gap of price splines', () => {
  it('values node options by hand: put 0.25 * 0.1 = 0.025 at 0.9, call 0.25 * 0.2 = 0.05 at 1', () => {
    const nodes = Float64Array.of(0.8, 1, 1.2);
    const probability = Float64Array.of(0.25, 0.5, 0.25);
    expect(nodeOptionValue(nodes, probability, 0.9)).toBeCloseTo(0.025, 16);
    expect(nodeOptionValue(nodes, probability, 1)).toBeCloseTo(0.05, 16);
    expect(nodeOptionValue(nodes, probability, 1.3)).toBe(0);
    expect(nodeOptionValue(nodes, probability, 0.7)).toBe(0);
  });

  it('is the smallest relative excess: values 0.06 over 0.05 at 1, kernel 0.011 over 0.01, gap 0.1', () => {
    const earlier = spline(0.01, [0.8, 1, 1.2], [0.25, 0.5, 0.25]);
    const later = spline(0.011, [0.8, 1, 1.2], [0.3, 0.4, 0.3]);
    expect(priceSplineCalendarGap(earlier, later)).toBeCloseTo(0.1, 12);
    expect(priceSplineCalendarGap(spline(0.001, [0.8, 1, 1.2], [0.25, 0.5, 0.25]), later)).toBeCloseTo(0.2, 12);
    expect(priceSplineCalendarGap(later, earlier)).toBeLessThan(0);
  });

  it('is -1 where the later nodes do not span the earlier ones', () => {
    const earlier = spline(0.01, [0.8, 1, 1.2], [0.25, 0.5, 0.25]);
    expect(priceSplineCalendarGap(earlier, spline(0.02, [0.9, 1, 1.3], [0.6, 0.2, 0.2]))).toBe(-1);
  });

  it('from 0 on means that total variance nowhere falls, between the nodes and far beyond them', () => {
    // Spreading atoms keeps the mean and adds variance: an earlier distribution and a later one that dominates it.
    const half = fc.double({ min: 0.02, max: 0.3, noNaN: true });
    fc.assert(fc.property(half, half, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.0004, max: 0.05, noNaN: true }), fc.double({ min: 1, max: 2, noNaN: true }), (inner, outer, share, variance, growth) => {
      const wide = inner + outer;
      const earlier = spline(variance, [1 - inner, 1, 1 + inner], [0.3, 0.4, 0.3]);
      const out = (0.3 * share * inner) / wide; // from 1 +- inner out to 1 +- wide, and the rest of what moves to 1
      const rest = 0.3 * (1 - share);
      const later = spline(variance * growth, [1 - wide, 1 - inner, 1, 1 + inner, 1 + wide], [out, rest, 1 - 2 * out - 2 * rest, rest, out]);
      const gap = priceSplineCalendarGap(earlier, later);
      fc.pre(gap >= -1e-13); // equal values differ in the last bit
      let fall = 0;
      const near = new Float64Array(3);
      const far = new Float64Array(3);
      for (let k = -6; k <= 6; k += 0.03) {
        uncheckedPriceSplineSmile(earlier, k, near);
        uncheckedPriceSplineSmile(later, k, far);
        fall = Math.max(fall, 1 - far[0] / near[0]);
      }
      expect(fall).toBeLessThan(1e-11);
    }), { numRuns: 40 });
  });

  it('refuses what is not a price spline', () => {
    const good = spline(0.01, [1], [1]);
    expect(() => priceSplineCalendarGap(good, { ...good, kernelVariance: -1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
