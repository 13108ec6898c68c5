import { describe, expect, it } from 'vitest';
import { millsDifference } from '../../../src/iv/black/mills-difference.ts';

describe('millsDifference', () => {
  // mpmath at 60 digits: Y(h + t) - Y(h - t) with Y = Phi / phi.
  it.each([
    [0, 1e-08, 2e-08],
    [0, 0.15, 0.30226015762617114],
    [-0.5, 0.2, 0.22694355221276513],
    [-1, 0.19, 0.1317083098295631],
    [-1.5, 0.29, 0.1327814902881263],
    [-2.5, 0.499, 0.11653547038164415],
    [-3.4, 0.67, 0.09669640704749756],
    [-3.6, 0.7, 0.09183553073043675],
    [-5, 0.99, 0.07348422983607938],
    [-5.4, 1.05, 0.06773074046016855],
    [-5.9, 1.17, 0.06424713894726776],
    [-5, 1e-06, 7.191895284684464e-08],
    [-8, 1.5, 0.046303407156670834],
    [-12, 2.3, 0.03243731056694102],
    [-20, 0.001, 4.9629607387241186e-06],
    [-37, 7.3, 0.011070113452303241],
    [-0.1, 0.5, 0.9567030641994931],
    [-3, 0.7, 0.12480448330420281],
    [-30, 6.5, 0.015099810357709471],
  ])('at h = %s, t = %s keeps its digits', (h, t, expected) => {
    // The plain difference loses a factor of five at its worst, next to the series.
    expect(Math.abs(millsDifference(h, t) / expected - 1)).toBeLessThan(5e-15);
  });

  it('goes from series to difference and from upward to downward recurrence without a jump', () => {
    for (const [h, t] of [[-0.7, 0.2], [-2, 0.4], [-3.5, 0.3], [-3.5, 0.1], [-10, 2]]) {
      const step = 1e-12;
      expect(Math.abs(millsDifference(h, t * (1 + step)) / millsDifference(h, t * (1 - step)) - 1)).toBeLessThan(2e-11);
      expect(Math.abs(millsDifference(h * (1 + step), t) / millsDifference(h * (1 - step), t) - 1)).toBeLessThan(2e-11);
    }
  });

  it('is 0 for t = 0', () => {
    for (const h of [0, -1, -5, -30]) expect(millsDifference(h, 0)).toBe(0);
  });
});
