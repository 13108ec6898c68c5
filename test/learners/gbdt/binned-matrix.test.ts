import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { featureEdges, MISSING_BIN } from '../../../src/learners/gbdt/binned-matrix.ts';
import { binMatrix, selectBinnedFeatures } from '../../../src/learners/index.ts';
import { matrixOf, noisyData, range } from '../data.ts';

const edgesOf = (values: readonly number[], maxBin = 255, zeroEdge = true): number[] => Array.from(featureEdges(Float64Array.from(values), maxBin, zeroEdge));
const anyValue = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.integer({ min: -3, max: 3 }), fc.constantFrom(NaN, -0, 0, 1e308, -1e308, 5e-324, -5e-324));

describe('featureEdges', () => {
  it('is empty for a constant, for nothing and for all missing', () => {
    for (const values of [[7, 7, 7], [], [NaN, NaN], [0, -0]]) expect(edgesOf(values)).toEqual([]);
  });

  it('lies midway between neighbouring values', () => {
    expect(edgesOf([1, 2, 4])).toEqual([1.5, 3]);
  });

  it('parts two values however rare either is', () => {
    const often = Array.from({ length: 1000 }, () => 1);
    expect(edgesOf([0, ...often])).toEqual([0.5]);
    expect(edgesOf([2, ...often])).toEqual([1.5]);
  });

  it('gives each of few values its own bin, however uneven', () => {
    expect(edgesOf([1, 2, ...Array.from({ length: 500 }, () => 3), 4, 5], 5)).toEqual([1.5, 2.5, 3.5, 4.5]);
  });

  it('holds about the same number of rows per bin', () => {
    const edges = edgesOf(Array.from(range(1, 1001)), 4);
    expect(edges).toEqual([250.5, 500.5, 750.5]);
  });

  it('has an edge at exactly 0 where both signs occur, unless switched off', () => {
    const values = [-3, -2, -1, 4, 5, 6];
    expect(edgesOf(values, 3)).toContain(0);
    expect(edgesOf(values, 3, false)).not.toContain(0);
    expect(edgesOf(values, 2)).toEqual([0]);
    expect(edgesOf([0, 1, 2])).toEqual([0.5, 1.5]);
    expect(edgesOf([-1, 1])).toEqual([0]);
  });

  it('parts adjacent doubles and huge magnitudes', () => {
    const next = 1 + 2 ** -52;
    expect(edgesOf([1, next])).toEqual([1]);
    expect(edgesOf([-1e308, 1e308])).toEqual([0]);
    expect(edgesOf([1e308, 1.7e308], 255, false)[0]).toBeCloseTo(1.35e308, -300);
  });

  it('has at most maxBin - 1 edges, strictly ascending, each parting two values', () => {
    fc.assert(fc.property(fc.array(anyValue, { maxLength: 60 }), fc.integer({ min: 2, max: 20 }), fc.boolean(), (values, maxBin, zeroEdge) => {
      const edges = edgesOf(values, maxBin, zeroEdge);
      expect(edges.length).toBeLessThanOrEqual(maxBin - 1);
      for (let i = 1; i < edges.length; i++) expect(edges[i]).toBeGreaterThan(edges[i - 1]);
      const numbers = values.filter((v) => v === v);
      if (edges.length > 0) {
        expect(Math.min(...numbers)).toBeLessThanOrEqual(edges[0]);
        expect(Math.max(...numbers)).toBeGreaterThan(edges[edges.length - 1]);
      }
      const distinct = new Set(numbers).size;
      if (distinct <= maxBin - 1) expect(edges.length).toBeGreaterThanOrEqual(Math.max(0, distinct - 1));
    }), { numRuns: 500 });
  });
});

describe('binMatrix', () => {
  it('puts x in the first bin with x <= edge, equal values together, NaN in bin 255', () => {
    fc.assert(fc.property(fc.array(anyValue, { minLength: 1, maxLength: 60 }), fc.integer({ min: 2, max: 255 }), (values, maxBin) => {
      const binned = binMatrix(matrixOf(values), { maxBin });
      const edges = Array.from(binned.edges[0]);
      values.forEach((x, r) => {
        const first = edges.findIndex((edge) => x <= edge);
        const expected = Number.isNaN(x) ? MISSING_BIN : first < 0 ? edges.length : first;
        expect(binned.columnMajor[r]).toBe(expected);
        expect(binned.rowMajor[r * binned.stride]).toBe(expected);
      });
    }), { numRuns: 300 });
  });

  it('pads rows to a multiple of four bytes', () => {
    const binned = binMatrix(matrixOf([1, 2], [2, 1], [NaN, 1], [1, 1], [3, 4]));
    expect(binned.stride).toBe(8);
    expect(Array.from(binned.rowMajor)).toEqual([0, 1, 255, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
    expect(Array.from(binned.columnMajor)).toEqual([0, 1, 1, 0, 255, 0, 0, 0, 0, 1]);
  });

  it('chooses edges from the given rows only, and bins all rows', () => {
    const column = [1, 2, 3, 1000, 2000];
    const binned = binMatrix(matrixOf(column), { rows: [0, 1, 2] });
    expect(Array.from(binned.edges[0])).toEqual([1.5, 2.5]);
    expect(Array.from(binned.columnMajor)).toEqual([0, 1, 2, 2, 2]);
  });

  it('samples evenly above sampleRows', () => {
    const binned = binMatrix(matrixOf(Array.from(range(0, 1000))), { sampleRows: 4 });
    expect(Array.from(binned.edges[0])).toEqual([125, 375, 625]);
  });

  it('names the feature and the row of an infinity', () => {
    for (const bad of [Infinity, -Infinity]) {
      expect(() => binMatrix(matrixOf([1, 2], [1, bad]))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringMatching(/feature "f1" must be finite or NaN, got -?Infinity in row 1/) as string }));
    }
  });

  it('refuses unknown options, ranges, wrong rows and columns of another length', () => {
    const matrix = matrixOf([1, 2]);
    expect(() => binMatrix(matrix, { maxBins: 3 } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('"maxBin"') as string }));
    for (const options of [{ maxBin: 1 }, { maxBin: 256 }, { sampleRows: 1 }, { rows: [2] }, { rows: [-1] }, { rows: [0.5] }]) expect(() => binMatrix(matrix, options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => binMatrix({ ...matrix, rowCount: 3 })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => binMatrix({ ...matrix, names: ['f0', 'f1'] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => binMatrix({ rowCount: 2, names: [], columns: [] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => binMatrix({ rowCount: 2 ** 31, names: ['a', 'b', 'c', 'd', 'e'], columns: Array.from({ length: 5 }, () => ({ length: 2 ** 31 }) as Float64Array) })).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
  });

  it('selects features in the given order as if they had been binned alone', () => {
    const { matrix } = noisyData(50, 6, 4, 0.2);
    const selected = selectBinnedFeatures(binMatrix(matrix), [4, 1, 5]);
    const alone = binMatrix({ rowCount: 50, names: ['f4', 'f1', 'f5'], columns: [4, 1, 5].map((f) => matrix.columns[f]) });
    expect(selected).toEqual(alone);
    expect(() => selectBinnedFeatures(alone, [3])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
