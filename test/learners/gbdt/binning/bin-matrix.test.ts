import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hashUniform } from '../../../../src/core/hash.ts';
import { binMatrixTask } from '../../../../src/learners/gbdt/binned-matrix.ts';
import { edgesOfSorted } from '../../../../src/learners/gbdt/binning/edges.ts';
import { binMatrix } from '../../../../src/learners/index.ts';
import { matrixOf, noisyData, range } from '../../data.ts';

describe('binMatrix with jitter', () => {
  const column = Float64Array.from({ length: 1000 }, (_, r) => hashUniform(5, 0, r) - 0.5);
  const matrix = matrixOf(column, column.map((x) => Math.round(9 * x)));

  it('gives member k the first share 1 - frac(k * golden ratio)', () => {
    const sorted = column.slice().sort();
    for (const [jitter, firstShare] of [[0, 1], [1, 0.38196601125010515], [2, 0.7639320225002103], [3, 0.14589803375031546]]) {
      const { edges } = binMatrix(matrix, { maxBin: 20, jitter });
      expect(edges[0]).toEqual(edgesOfSorted(sorted, { maxBin: 20, zeroEdge: true, firstShare }));
    }
  });

  it('moves the edges of a feature with many values, keeps their number and the one at 0, and leaves few values alone', () => {
    const [plain, moved] = [0, 1].map((jitter) => binMatrix(matrix, { maxBin: 20, jitter }));
    expect(moved.edges[0]).toHaveLength(plain.edges[0].length);
    expect(moved.edges[0].filter((edge) => plain.edges[0].includes(edge))).toEqual(Float64Array.of(0));
    expect(moved.edges[1]).toEqual(plain.edges[1]);
  });

  it('refuses what is no member number', () => {
    for (const jitter of [-1, 0.5, 1001, NaN]) expect(() => binMatrix(matrix, { jitter })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('binMatrix', () => {
  it('bins values of single precision as the same doubles', () => {
    const { matrix } = noisyData(3000, 4, 11, 0.1);
    const singles = { ...matrix, columns: matrix.columns.map((column) => Float32Array.from(column)) };
    const doubles = { ...matrix, columns: singles.columns.map((column) => Float64Array.from(column)) };
    const [a, b] = [singles, doubles].map((m) => binMatrix(m));
    expect(a.edges).toEqual(b.edges);
    expect(a.columnMajor).toEqual(b.columnMajor);
    expect(a.rowMajor).toEqual(b.rowMajor);
  });

  it('sends each value to the side of a threshold that its bin is on', () => {
    const { matrix } = noisyData(500, 3, 12, 0.1);
    const { edges, columnMajor } = binMatrix(matrix, { maxBin: 30 });
    matrix.columns.forEach((column, f) => {
      edges[f].forEach((threshold, b) => {
        column.forEach((x, r) => expect(columnMajor[f * 500 + r] <= b).toBe(x <= threshold));
      });
    });
  });

  it('takes edges from the rows given, sampled or not, in their order', () => {
    const matrix = matrixOf(Array.from(range(0, 100)));
    expect(Array.from(binMatrix(matrix, { rows: [60, 40, 42] }).edges[0])).toEqual([41, 51]);
    expect(Array.from(binMatrix(matrix, { rows: [60, 61, 40, 41], sampleRows: 2 }).edges[0])).toEqual([50]);
  });

  it('gives constant and missing columns one bin', () => {
    expect(Array.from(binMatrix(matrixOf([7, 7], [NaN, NaN], [1, 2])).binCounts)).toEqual([1, 1, 2]);
  });

  it('bins no rows', () => {
    const binned = binMatrix(matrixOf([], []));
    expect([binned.rowMajor.length, binned.columnMajor.length, ...binned.binCounts]).toEqual([0, 0, 1, 1]);
  });

  it('refuses columns that are plain arrays', () => {
    expect(() => binMatrix({ rowCount: 2, names: ['a'], columns: [[1, 2] as unknown as Float64Array] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('feature "a" must be a Float64Array or a Float32Array, got array of 2') as string }));
  });

  it('reports progress by feature, and within long ones', () => {
    const column = Float64Array.from(range(0, 600_000));
    const steps = [...binMatrixTask({ rowCount: column.length, names: ['a', 'b'], columns: [column, column] })];
    expect(steps.every(({ phase, total }) => phase === 'binning' && total === 2)).toBe(true);
    const done = steps.map((step) => step.done);
    expect(done).toEqual(done.slice().sort());
    expect(done.filter((count) => count === 0)).toHaveLength(3); // 262144 rows at a time
    expect(done.filter((count) => count === 2)).toHaveLength(1);
  });

  it('prints as one line', () => {
    expect(inspect(binMatrix(matrixOf([1, 2, 3], [5, 5, 6]), { categoricalFeatures: ['f1'] }))).toBe('BinnedMatrix: 3 rows, 2 features (1 categorical), 5 bins');
    expect(inspect(binMatrix(matrixOf([1, 2, 3])))).toBe('BinnedMatrix: 3 rows, 1 feature, 3 bins');
  });
});
