import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expColumns, logColumns } from '../../../src/iv/heston/complex-columns.ts';

// Six roundings of the table, the series and their products.
const EXP_ERROR = 1.5e-15;
const LOG_ERROR = 1e-15;
const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

describe('expColumns', () => {
  it('is e^a (cos b + i sin b) to a few ulp of its modulus, near tables\' entries and far from them', () => {
    fc.assert(fc.property(between(-690, 690), fc.oneof(between(-1e-3, 1e-3), between(-10, 10), between(-99_000, 99_000)), (a, b) => {
      const re = Float64Array.of(a);
      const im = Float64Array.of(b);
      expColumns(re, im, 0, 1);
      const size = Math.exp(a);
      expect(Math.hypot(re[0] / size - Math.cos(b), im[0] / size - Math.sin(b))).toBeLessThan(EXP_ERROR + 1e-21 * Math.abs(b));
    }), { numRuns: 3000, seed: 1 });
  });

  it('goes on beyond its tables: underflow, overflow, huge angles, NaN', () => {
    const re = Float64Array.of(-800, 800, -1, NaN);
    const im = Float64Array.of(1, 0.5, 1e7, 0);
    expColumns(re, im, 0, 4);
    expect(Array.from(re)).toEqual([0, Infinity, Math.exp(-1) * Math.cos(1e7), NaN]);
    expect(im[2]).toBe(Math.exp(-1) * Math.sin(1e7));
  });

  it('touches the entries it is given alone', () => {
    const re = Float64Array.of(0, 0, 0);
    expColumns(re, new Float64Array(3), 1, 2);
    expect(Array.from(re)).toEqual([0, 1, 0]);
  });
});

describe('logColumns', () => {
  const logOf = (y: number, im: number): readonly [number, number] => {
    const re = Float64Array.of(1 + y);
    const column = Float64Array.of(im);
    logColumns(re, column, Float64Array.of(y * (2 + y) + im * im), 0, 1);
    return [re[0], column[0]];
  };

  it('is ln|z| and arg z to a few ulp of the whole, in all four quadrants', () => {
    fc.assert(fc.property(between(-5, 5), between(-5, 5), (y, im) => {
      fc.pre(Math.hypot(1 + y, im) > 0.01);
      const [logModulus, angle] = logOf(y, im);
      const exact = [Math.log(Math.hypot(1 + y, im)), Math.atan2(im, 1 + y)];
      expect(Math.hypot(logModulus - exact[0], angle - exact[1])).toBeLessThan(LOG_ERROR * (1 + Math.hypot(...exact)));
    }), { numRuns: 3000, seed: 2 });
  });

  it('keeps the digits of ln(1 + y) for y near 0', () => {
    for (const size of [1e-3, 1e-6, 1e-12]) {
      const [logModulus, angle] = logOf(0.6 * size, 0.8 * size);
      // y - y^2 / 2 + y^3 / 3 - ... with y = size (0.6 + 0.8 i): squares and cubes written out
      expect(Math.abs(logModulus / size - (0.6 + 0.14 * size - (0.936 * size * size) / 3 + 0.1317 * size * size * size))).toBeLessThan(1e-15 + size * size * size);
      expect(Math.abs(angle / size - (0.8 - 0.48 * size + (0.352 * size * size) / 3))).toBeLessThan(1e-15 + size * size * size);
    }
  });
});
