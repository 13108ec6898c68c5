import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { portableKernel, binKernel, binKernelBytes } from '../../../../src/learners/gbdt/binning/kernel.ts';
import { binRoom } from '../../../../src/learners/gbdt/binning/room.ts';
import { binMatrix, selectBinnedFeatures } from '../../../../src/learners/index.ts';
import type { BinMatrixOptions, BinnedMatrix, FeatureMatrix } from '../../../../src/learners/index.ts';
import { hashUniform } from '../../../../src/core/hash.ts';
import { matrixOf } from '../../data.ts';

const awkward = [NaN, -0, 0, 1, -1, 1e308, -1e308, 1.7e308, 5e-324, -5e-324, 1e-300, 3.4e38, -3.4e38, 3.5e38, 1 + 2 ** -52, 1 + 2 ** -30, 2 ** -149, -(2 ** -149), 2 ** -150];
const value = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.integer({ min: -9, max: 9 }), fc.constantFrom(...awkward));

afterEach(() => {
  vi.unstubAllGlobals();
});

function withoutWebAssembly<T>(run: () => T): T {
  vi.stubGlobal('WebAssembly', undefined);
  try {
    return run();
  } finally {
    vi.unstubAllGlobals();
  }
}

function expectSameBins(a: BinnedMatrix, b: BinnedMatrix): void {
  expect(Buffer.compare(Buffer.from(a.columnMajor), Buffer.from(b.columnMajor))).toBe(0);
  expect(Buffer.compare(Buffer.from(a.rowMajor), Buffer.from(b.rowMajor))).toBe(0);
  expect(a.edges).toEqual(b.edges);
  expect(a.categories).toEqual(b.categories);
}

function expectSameOnBoth(matrix: FeatureMatrix, options: BinMatrixOptions): void {
  const fast = binMatrix(matrix, options);
  const portable = withoutWebAssembly(() => binMatrix(matrix, options));
  expect(fast.memory.memory).toBeDefined();
  expect(portable.memory.memory).toBeUndefined();
  expectSameBins(fast, portable);
}

describe('the kernel in WebAssembly', () => {
  it('gives the bins of the one in TypeScript, whatever the values and their precision', () => {
    fc.assert(fc.property(fc.array(fc.array(value, { minLength: 37, maxLength: 37 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 2, max: 255 }), fc.boolean(), fc.boolean(), (columns, maxBin, zeroEdge, categorical) => {
      const doubles = matrixOf(...columns);
      // Values beyond single precision would be infinite there.
      const singles = { ...doubles, columns: columns.map((column) => Float32Array.from(column, (x) => (Number.isFinite(Math.fround(x)) ? x : NaN))) };
      const options = { maxBin, zeroEdge, ...(categorical ? { categoricalFeatures: ['f0'] } : {}) };
      expectSameOnBoth(doubles, options);
      expectSameOnBoth(singles, options);
    }), { numRuns: 150 });
  });

  it('gives the same on more rows than a chunk, with samples and subsets', () => {
    const n = 20_011;
    const draw = (f: number): Float64Array => Float64Array.from({ length: n }, (_, r) => (hashUniform(f, 0, r) < 0.05 ? NaN : Math.tan(3 * (hashUniform(f, 1, r) - 0.5))));
    const columns = [draw(0), Float32Array.from(draw(1)), draw(2).map((x) => Math.round(x)), Float32Array.from(draw(3), (x) => Math.round(8 * x)), draw(4).map((x) => 1e12 + x), new Float64Array(n)];
    const matrix = { rowCount: n, names: columns.map((_, f) => `f${f}`), columns };
    const rows = Uint32Array.from({ length: 15_000 }, (_, i) => n - 1 - i);
    for (const options of [{}, { sampleRows: 999 }, { rows, jitter: 3 }, { maxBin: 17, categoricalFeatures: ['f3'] }]) expectSameOnBoth(matrix, options);
    const like = binMatrix(matrix);
    expectSameOnBoth({ ...matrix, columns: columns.map((column) => Float32Array.from(column)) }, { like });
    const selected = withoutWebAssembly(() => selectBinnedFeatures(like, [5, 0, 3, 2, 1]));
    expectSameBins(selectBinnedFeatures(like, [5, 0, 3, 2, 1]), selected);
  });

  it('parts doubles that no single-precision number parts', () => {
    const column = Float64Array.from({ length: 40 }, (_, i) => 1.7e12 + i);
    const matrix = { rowCount: 40, names: ['time'], columns: [column] };
    expect(Array.from(binMatrix(matrix).columnMajor)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expectSameOnBoth(matrix, {});
  });

  it('compares single precision with edges of double precision exactly', () => {
    const single = Math.fround(0.1); // a little above 0.1
    const like = binMatrix(matrixOf([0, 0.2, 2 ** -150, -(2 ** -150)]), { zeroEdge: false });
    expect(Array.from(like.edges[0])).toEqual([-(2 ** -151), 2 ** -151, 0.1]);
    const probe = { rowCount: 5, names: ['f0'], columns: [Float32Array.of(single, 0, 2 ** -149, -(2 ** -149), 0.1)] };
    expect(Array.from(binMatrix(probe, { like }).columnMajor)).toEqual([3, 1, 2, 0, 3]);
    expectSameOnBoth(probe, { like });
  });

  it('sorts as the engine does, without NaN and with one zero', () => {
    fc.assert(fc.property(fc.array(fc.oneof(value, fc.constantFrom(Infinity, -Infinity)), { maxLength: 80 }), (values) => {
      const column = Float64Array.from(values);
      const room = binRoom(values.length, 1, binKernelBytes(values.length, values.length));
      const kernel = binKernel(room, values.length);
      const everything = Uint32Array.from(values, (_, i) => i);
      const expected = column.filter((x) => x === x).map((x) => x + 0).sort();
      expect(Array.from(kernel.sortSample(column, everything))).toEqual(Array.from(expected));
      expect(Array.from(portableKernel(room).sortSample(column, everything))).toEqual(Array.from(expected));
      kernel.release();
    }), { numRuns: 300 });
  });

  it('names the row of an infinity in any chunk', () => {
    const column = new Float64Array(20_000);
    column[17_000] = -Infinity;
    for (const columns of [[column], [Float32Array.from(column)]]) {
      const matrix = { rowCount: column.length, names: ['a'], columns };
      const refusal = expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('got -Infinity in row 17000') as string }) as Error;
      expect(() => binMatrix(matrix)).toThrow(refusal);
      withoutWebAssembly(() => expect(() => binMatrix(matrix)).toThrow(refusal));
    }
  });

  it('leaves bytes outside the given rows alone', () => {
    const room = binRoom(100, 3, binKernelBytes(100, 0));
    const kernel = binKernel(room);
    kernel.place(Float64Array.from({ length: 100 }, (_, i) => i), 1, Float64Array.of(49.5), 20, 70);
    expect(Array.from(room.columnMajor)).toEqual(Array.from({ length: 300 }, (_, i) => (i >= 150 && i < 170 ? 1 : 0)));
    room.columnMajor.fill(7);
    kernel.toRows(5, 38);
    expect(Array.from(room.rowMajor)).toEqual(Array.from({ length: 400 }, (_, i) => (i >= 20 && i < 152 && i % 4 < 3 ? 7 : 0)));
  });
});

describe('memory of a binned matrix', () => {
  it('holds both copies with room to read past the last row, and gets its working memory back', () => {
    const { memory, rowMajor, columnMajor } = binMatrix(matrixOf([1, 2, 3], [3, 2, 1]));
    expect(rowMajor.buffer).toBe(memory.memory?.buffer);
    expect(columnMajor.buffer).toBe(memory.memory?.buffer);
    expect(columnMajor.byteOffset - (rowMajor.byteOffset + rowMajor.length)).toBeGreaterThanOrEqual(16);
    expect(memory.free).toEqual([]);
    expect(memory.top).toBe(columnMajor.byteOffset + 128);
    const even = binMatrix(matrixOf(Array.from({ length: 32 }, () => 1))); // 32 rows of 4 bytes end on a boundary of 128
    expect(even.columnMajor.byteOffset - (even.rowMajor.byteOffset + even.rowMajor.length)).toBeGreaterThanOrEqual(16);
  });

  it('works in memory that is not shared', () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const columns = [[3, 1, NaN, 2], [5, 5, 6, 7]];
    const unshared = binMatrix(matrixOf(...columns));
    expect(unshared.memory.shared).toBe(false);
    expect(selectBinnedFeatures(unshared, [1]).memory.shared).toBe(false);
    // Bins that nearly fill a page leave nothing of it for the kernel.
    const page = binMatrix(matrixOf(new Float64Array(10_850), new Float64Array(10_850)));
    expect(selectBinnedFeatures(page, [1, 0]).names).toEqual(['f1', 'f0']);
    vi.unstubAllGlobals();
    expectSameBins(unshared, binMatrix(matrixOf(...columns)));
  });
});
