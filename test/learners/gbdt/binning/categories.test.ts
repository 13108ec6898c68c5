import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driveSync } from '../../../../src/core/drive.ts';
import { knownValues } from '../../../../src/learners/gbdt/binning/categories.ts';
import { MISSING_BIN } from '../../../../src/learners/gbdt/binned-matrix.ts';
import { binMatrix } from '../../../../src/learners/index.ts';
import { matrixOf, range } from '../../data.ts';

const known = (column: readonly number[], rows?: readonly number[]): number[] => Array.from(driveSync(knownValues(column, rows, { phase: '', done: 0, total: 1 })));

describe('knownValues', () => {
  it('keeps the 255 most frequent values, the smaller of two as frequent, in ascending order', () => {
    const column = [...range(0, 300), 299, 299, 7]; // 299 three times, 7 twice, the others once
    expect(known(column)).toEqual([...range(0, 254), 299]);
    const downwards = [...column].reverse();
    expect(known(downwards)).toEqual([...range(0, 254), 299]);
  });

  it('keeps all of 255 values', () => {
    const column = Array.from(range(0, 255)).reverse();
    expect(known(column)).toEqual(Array.from(range(0, 255)));
  });

  it('counts the given rows only, skips NaN and takes -0 for 0', () => {
    expect(known([5, NaN, -0, 3, 0, -2], [1, 2, 4, 5])).toEqual([-2, 0]);
    expect(Object.is(known([-0])[0], 0)).toBe(true);
    expect(known([NaN, NaN])).toEqual([]);
  });
});

describe('binMatrix with categorical features', () => {
  it('numbers known values by their place; NaN and values the rows do not hold are missing', () => {
    const binned = binMatrix(matrixOf([30, -1, 30, 7.5, NaN, -0, 0], [1, 2, 3, 4, 5, 6, 7]), { categoricalFeatures: ['f0'], rows: [0, 1, 2, 5] });
    expect(Array.from(binned.categories[0] as Float64Array)).toEqual([-1, 0, 30]);
    expect(Array.from(binned.columnMajor.subarray(0, 7))).toEqual([2, 0, 2, MISSING_BIN, MISSING_BIN, 1, 1]);
    expect(binned.edges[0]).toHaveLength(0);
    expect(binned.categories[1]).toBeUndefined();
    expect(Array.from(binned.binCounts)).toEqual([3, 4]);
  });

  it('counts at least one bin where no value is known', () => {
    const binned = binMatrix(matrixOf([NaN, NaN]), { categoricalFeatures: ['f0'] });
    expect(binned.categories[0]).toHaveLength(0);
    expect(Array.from(binned.binCounts)).toEqual([1]);
    expect(Array.from(binned.columnMajor)).toEqual([MISSING_BIN, MISSING_BIN]);
  });

  it('puts a value in the bin whose known value it equals', () => {
    const value = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.constantFrom(NaN, -0, 0.1, 1e300, -1e300, 5e-324));
    fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 700 }), (values) => {
      const binned = binMatrix(matrixOf(values), { categoricalFeatures: ['f0'] });
      const labels = Array.from(binned.categories[0] as Float64Array);
      expect(labels).toHaveLength(Math.min(255, new Set(values.filter((x) => x === x)).size));
      values.forEach((x, r) => {
        const place = labels.indexOf(x);
        expect(binned.columnMajor[r]).toBe(place < 0 ? MISSING_BIN : place);
      });
    }), { numRuns: 100 });
  });

  it('names an infinite value and the nearest feature', () => {
    const matrix = matrixOf([1, Infinity]);
    expect(() => binMatrix(matrix, { categoricalFeatures: ['f0'] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringMatching(/feature "f0" must be finite or NaN, got Infinity in row 1/) as string }));
    expect(() => binMatrix(matrix, { categoricalFeatures: ['F0'] })).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('"f0"') as string }));
  });
});
