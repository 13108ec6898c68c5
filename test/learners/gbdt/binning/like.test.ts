import { describe, expect, it } from 'vitest';
import { binMatrix } from '../../../../src/learners/index.ts';
import { matrixOf, noisyData } from '../../data.ts';

describe('binMatrix like another matrix', () => {
  const { matrix } = noisyData(300, 5, 8, 0.1);
  const coarse = { ...matrix, columns: matrix.columns.map((column, f) => (f === 2 ? column.map((x) => Math.round(x)) : column)) };
  const first = binMatrix(coarse, { maxBin: 20, categoricalFeatures: ['f2'], rows: Array.from({ length: 200 }, (_, i) => i) });

  it('gives the same data the same bins', () => {
    const again = binMatrix(coarse, { like: first });
    expect(again.columnMajor).toEqual(first.columnMajor);
    expect(again.rowMajor).toEqual(first.rowMajor);
    expect(again.edges).toEqual(first.edges);
    expect(again.categories).toEqual(first.categories);
    expect(again.binCounts).toEqual(first.binCounts);
    expect(again.memory).not.toBe(first.memory);
  });

  it('takes nothing from the values of the new rows', () => {
    const other = binMatrix(matrixOf([-1e9, 1e9], [NaN, 0], [99, 0], [0, 0], [0, 0]), { like: first });
    expect(Array.from(other.columnMajor.subarray(0, 2))).toEqual([0, first.edges[0].length]);
    expect(other.columnMajor[2]).toBe(255);
    expect(Array.from(other.columnMajor.subarray(4, 6))).toEqual([255, (first.categories[2] as Float64Array).indexOf(0)]);
  });

  it('refuses other features and options that choose bins', () => {
    const renamed = { ...coarse, names: ['f0', 'f1', 'f2', 'f4', 'f3'] };
    expect(() => binMatrix(renamed, { like: first })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('got "f3" for "f4"') as string }));
    expect(() => binMatrix(matrixOf([1], [2], [3], [4]), { like: first })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('got "f4" for undefined') as string }));
    for (const options of [{ rows: [0] }, { maxBin: 20 }, { zeroEdge: false }, { sampleRows: 10 }, { categoricalFeatures: ['f2'] }, { jitter: 1 }]) {
      expect(() => binMatrix(coarse, { like: first, ...options })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining(`${Object.keys(options)[0]} must not be given with like`) as string }));
    }
  });
});
