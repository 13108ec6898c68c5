import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareUpper, gammaUpperQuantile, regularizedGammaUpper } from '../../src/core/special-functions.ts';

const relative = (found: number, expected: number): number => Math.abs(found / expected - 1);

describe('regularizedGammaUpper', () => {
  // mpmath, 30 digits.
  it.each([[0.5, 0.1, 0.654720846018577], [0.5, 30, 9.485737571073848e-15], [4.5, 2, 0.9114125268316792], [4.5, 60, 1.3361647765325286e-21], [100, 80, 0.9828916869648668], [100, 180, 2.948294557648285e-11], [5000, 5100, 0.07932888107761897], [1e6, 1.003e6, 0.0013617406462175915], [0.05, 1e-8, 0.5910576004165944]])('keeps its digits: Q(%d, %d)', (a, x, expected) => {
    expect(relative(regularizedGammaUpper(a, x), expected)).toBeLessThan(1e-12);
  });

  it('is exp(-x) for shape 1, and exp(-x) (1 + x) for shape 2', () => {
    for (const x of [1e-6, 0.3, 1, 2.9, 3.1, 50, 700]) {
      expect(relative(regularizedGammaUpper(1, x), Math.exp(-x))).toBeLessThan(1e-12);
      expect(relative(regularizedGammaUpper(2, x), Math.exp(-x) * (1 + x))).toBeLessThan(1e-12);
    }
  });

  it('is 1 at and below 0, 0 at infinity, NaN for NaN', () => {
    expect([-1, 0, Infinity, NaN].map((x) => regularizedGammaUpper(2.5, x))).toEqual([1, 1, 0, NaN]);
  });

  it('gives the chi-square tables: 16.919 at 0.05 with 9 degrees of freedom', () => {
    expect(relative(chiSquareUpper(16.91897760462045, 9), 0.05)).toBeLessThan(1e-12);
  });
});

describe('gammaUpperQuantile', () => {
  it.each([[0.05, 9, 16.91897760462045], [0.01, 1, 6.634896601021217], [0.001, 30, 59.703064304429944], [0.95, 4, 0.7107230213973245]])('equals scipy for chi-square at %d with %d degrees of freedom', (tail, freedom, expected) => {
    expect(relative(2 * gammaUpperQuantile(freedom / 2, tail), expected)).toBeLessThan(1e-11);
  });

  it('undoes the tail', () => {
    fc.assert(fc.property(fc.double({ min: 0.1, max: 500, noNaN: true }), fc.double({ min: 1e-12, max: 0.999, noNaN: true }), (shape, tail) => {
      expect(relative(regularizedGammaUpper(shape, gammaUpperQuantile(shape, tail)), tail)).toBeLessThan(1e-9);
    }), { numRuns: 50 });
  });

  it('is infinite at 0, 0 at 1 and NaN outside', () => {
    expect([0, 1, -0.1, 1.1, NaN].map((tail) => gammaUpperQuantile(2, tail))).toEqual([Infinity, 0, NaN, NaN, NaN]);
  });
});
