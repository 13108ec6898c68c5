import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logRatio, logRatioError, productError, sumError } from '../../../src/iv/black/exact.ts';

const integer = fc.maxSafeInteger();
const shift = fc.integer({ min: 0, max: 60 });

describe('what rounding took', () => {
  it('sum + error is the sum, in integers', () => {
    fc.assert(fc.property(integer, integer, shift, (a, n, k) => {
      const b = n * 2 ** k;
      expect(BigInt(a + b) + BigInt(sumError(a, b, a + b))).toBe(BigInt(a) + BigInt(b));
    }), { numRuns: 1000, seed: 1 });
  });

  it('product + error is the product, in integers', () => {
    fc.assert(fc.property(integer, integer, (a, b) => {
      expect(BigInt(a * b) + BigInt(productError(a, b, a * b))).toBe(BigInt(a) * BigInt(b));
    }), { numRuns: 1000, seed: 2 });
  });
});

describe('logarithm of a ratio', () => {
  // The logarithm as a double and what it lacks, from mpmath at 60 digits.
  it.each([
    [100, 90, 0.1053605156578263, 5.983685785249026e-18],
    [90, 100, -0.1053605156578263, -5.983685785249026e-18],
    [100, 20, 1.6094379124341003, 9.280081691085902e-17],
    [1000000.0, 0.0001, 23.025850929940457, -4.423211200058583e-16],
    [3, 1e-9, 21.82187812561452, -5.5236293037660055e-16],
    [1.0001, 1, 9.999500033329732e-5, 1.739121921953736e-21],
    [4468.17, 5600, -0.22578766891419116, 1.10811726625241e-17],
    [0.7, 0.3, 0.8472978603872036, 2.6492650427854514e-17],
  ])('ln(%s / %s) has twenty digits in two doubles', (a, b, head, tail) => {
    const approximation = logRatio(a, b);
    const error = logRatioError(a, b, approximation);
    expect(Math.abs(approximation - head)).toBeLessThanOrEqual(2 * 2 ** -52 * Math.abs(head));
    expect(Math.abs(approximation - head + (error - tail))).toBeLessThanOrEqual(1e-20 * Math.abs(head));
  });

  it('gives no correction, and no endless loop, where the ratio leaves the doubles', () => {
    for (const [a, b] of [[1e300, 1e-300], [1e-300, 1e300], [0, 1], [NaN, 1], [1, Infinity]]) expect(logRatioError(a, b, Math.log(a / b))).toBe(0);
  });
});
