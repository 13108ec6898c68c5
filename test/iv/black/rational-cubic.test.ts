import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rationalCubic, weightFromLeft, weightFromRight } from '../../../src/iv/black/rational-cubic.ts';

const at = (values: [number, number, number, number]) => ({ leftValue: values[0], rightValue: values[1], leftRise: values[2], rightRise: values[3] });

describe('rationalCubic', () => {
  it('worked by hand: weight 3 is the cubic through both ends, so x^3 on [1, 2] comes back', () => {
    const piece = at([1, 8, 3, 12]);
    expect(rationalCubic(piece, 3, 0.5)).toBeCloseTo(3.375, 14);
    expect(weightFromLeft(piece, 6)).toBeCloseTo(3, 14); // second derivatives 6 and 12
    expect(weightFromRight(piece, 12)).toBeCloseTo(3, 14);
  });

  it('meets the values, the slopes and the second derivative asked for', () => {
    const piece = at([0.2, 1.1, 0.4, 1.9]);
    const h = 1e-4;
    for (const [weight, end, sign] of [[weightFromLeft(piece, 0.7), 0, 1], [weightFromRight(piece, 4), 1, -1]]) {
      const [a, b, c, d] = [0, 1, 2, 3].map((k) => rationalCubic(piece, weight, end + sign * k * h));
      expect(a).toBeCloseTo(end === 0 ? 0.2 : 1.1, 14);
      expect((sign * (-3 * a + 4 * b - c)) / (2 * h)).toBeCloseTo(end === 0 ? 0.4 : 1.9, 6);
      expect((2 * a - 5 * b + 4 * c - d) / (h * h)).toBeCloseTo(end === 0 ? 0.7 : 4, 4);
    }
  });

  it('keeps monotone convex data monotone, whatever the second derivative asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.double({ min: 1.01, max: 50, noNaN: true }), fc.double({ min: -100, max: 100, noNaN: true }), (left, right, bend) => {
        const piece = at([0, 1, left, right]);
        const weight = weightFromRight(piece, bend);
        let previous = 0;
        for (let i = 1; i <= 40; i++) {
          const value = rationalCubic(piece, weight, i / 40);
          expect(value).toBeGreaterThanOrEqual(previous - 1e-15);
          previous = value;
        }
      }),
    );
  });

  it('is the straight line where the data are one', () => {
    const piece = at([1, 3, 2, 2]);
    expect(rationalCubic(piece, weightFromLeft(piece, 0), 0.25)).toBeCloseTo(1.5, 7);
  });
});
