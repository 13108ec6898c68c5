import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalCdf, normalQuantile, regularizedBeta, studentTCdf, studentTTwoSided } from '../../src/core/special-functions.ts';

const relative = (found: number, expected: number): number => Math.abs(found / expected - 1);

describe('normalCdf', () => {
  // mpmath, 30 digits.
  it.each([[-37, 5.725571222524577e-300], [-8, 6.220960574271784e-16], [-5.5, 1.8989562465887718e-8], [-1, 0.15865525393145705], [-0.6, 0.2742531177500736], [0.25, 0.5987063256829237], [0.66, 0.7453730853286639], [1.96, 0.9750021048517795], [6, 0.9999999990134123]])('keeps its digits at %d, tails included', (z, expected) => {
    expect(relative(normalCdf(z), expected)).toBeLessThan(3e-13); // z / sqrt(2) is rounded, which z^2 multiplies in the tail
    expect(Math.abs(normalCdf(z) + normalCdf(-z) - 1)).toBeLessThan(1e-15);
  });

  it('is 0, 1/2, 1 at the ends and the middle, and NaN for NaN', () => {
    expect([-Infinity, -50, 0, 50, Infinity, NaN].map(normalCdf)).toEqual([0, 0, 0.5, 1, 1, NaN]);
  });

  it('does not jump where one approximation hands over to the next', () => {
    for (const edge of [0.46875, 4]) {
      const z = edge * Math.SQRT2;
      for (const sign of [-1, 1]) expect(relative(normalCdf(sign * z * (1 + 1e-13)), normalCdf(sign * z * (1 - 1e-13)))).toBeLessThan(1e-11);
    }
  });
});

describe('normalQuantile', () => {
  it.each([[1e-300, -37.0470962993612], [1e-12, -7.034483825301132], [0.025, -1.9599639845400543], [0.3, -0.5244005127080408], [0.9, 1.2815515655446006]])('equals mpmath at %d', (p, expected) => {
    expect(relative(normalQuantile(p), expected)).toBeLessThan(2e-15);
  });

  it('undoes the distribution function', () => {
    fc.assert(fc.property(fc.double({ min: -38, max: 5, noNaN: true }), (z) => {
      expect(Math.abs(normalQuantile(normalCdf(z)) - z)).toBeLessThan(1e-9);
    }));
  });

  it('is infinite at 0 and 1, and NaN outside', () => {
    expect([0, 0.5, 1, -0.1, 1.1, NaN].map(normalQuantile)).toEqual([-Infinity, 0, Infinity, NaN, NaN, NaN]);
  });
});

describe('regularizedBeta', () => {
  it.each([[0.1, 0.5, 0.5, 0.20483276469913347], [0.5, 2, 3, 0.6875], [0.9, 59, 0.5, 0.00043385603240377486], [0.7, 30, 12, 0.40104779034960975], [0.99, 200, 0.5, 0.04509410713707969]])('equals mpmath: I_%d(%d, %d)', (x, a, b, expected) => {
    expect(relative(regularizedBeta(x, a, b), expected)).toBeLessThan(1e-13);
    expect(regularizedBeta(1 - x, b, a)).toBeCloseTo(1 - expected, 13);
  });

  it('is a polynomial where both parameters are integers: I_x(2, 2) = x^2 (3 - 2 x)', () => {
    for (const x of [0, 0.01, 0.3, 0.5, 0.77, 1]) expect(regularizedBeta(x, 2, 2)).toBeCloseTo(x * x * (3 - 2 * x), 14);
  });

  it('rises from 0 to 1; all mass lies at 0 for a = 0; NaN for NaN', () => {
    fc.assert(fc.property(fc.double({ min: 0.1, max: 300, noNaN: true }), fc.double({ min: 0.1, max: 300, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b, x) => {
      const value = regularizedBeta(x, a, b);
      expect(value >= 0 && value <= 1 + 1e-12 && regularizedBeta(Math.min(1, x + 0.01), a, b) >= value - 1e-12).toBe(true);
    }));
    expect([regularizedBeta(0.3, 0, 0.5), regularizedBeta(0, 1, 1), regularizedBeta(1, 3, 3), regularizedBeta(NaN, 1, 1)]).toEqual([1, 0, 1, NaN]);
  });
});

describe('Student t', () => {
  it('is Cauchy with one degree of freedom, algebraic with two, near normal with a million', () => {
    for (const t of [-3, -0.5, 0, 0.2, 7]) {
      expect(studentTCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 14);
      expect(studentTCdf(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 14);
    }
    expect(relative(studentTTwoSided(4, 1e6), 6.33470340100447e-5)).toBeLessThan(1e-11); // scipy
  });

  it('keeps its digits far out: scipy for t = 25 with 118 degrees of freedom', () => {
    expect(relative(studentTTwoSided(25, 118), 5.68396108712436e-49)).toBeLessThan(1e-13);
    expect([studentTTwoSided(Infinity, 5), studentTTwoSided(0, 5), studentTCdf(-Infinity, 5), studentTCdf(Infinity, 5)]).toEqual([0, 1, 0, 1]);
  });
});
