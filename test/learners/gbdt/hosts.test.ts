import { afterEach, describe, expect, it, vi } from 'vitest';
import { binMatrix, fitGbdt, fitGbdtSync } from '../../../src/learners/index.ts';
import type { BinnedMatrix } from '../../../src/learners/index.ts';
import { noisyData } from '../data.ts';
import { encodeForTest } from './encode-for-test.ts';

const { matrix, target } = noisyData(3000, 7, 41, 0.05);
const options = { numIterations: 5, numLeaves: 8, lambdaL2: 1 };
const expected = encodeForTest(fitGbdtSync(binMatrix(matrix), target, options).model);

afterEach(() => vi.unstubAllGlobals());

describe('a fit is the same to the bit', () => {
  it('where memory cannot be shared: on a page that is not cross-origin isolated', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const bins = binMatrix(matrix);
    expect(bins.memory.shared).toBe(false);
    expect(bins.memory.memory?.buffer).toBeInstanceOf(ArrayBuffer);
    const before = bins.rowMajor.slice();
    // Two at once: neither may grow the memory under the other.
    const fits = await Promise.all([fitGbdt(bins, target, options), fitGbdt(bins, target, options)]);
    for (const { model } of fits) expect(encodeForTest(model)).toBe(expected);
    expect(bins.rowMajor).toEqual(before);
  });

  it('where there is no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined);
    const bins = binMatrix(matrix);
    expect(bins.memory.memory).toBeUndefined();
    expect(encodeForTest(fitGbdtSync(bins, target, options).model)).toBe(expected);
  });
});

describe('memory of a matrix', () => {
  it('is given back by every fit, also by one that fails', () => {
    const bins = binMatrix(matrix);
    const top = bins.memory.top;
    fitGbdtSync(bins, target, options);
    fitGbdtSync(bins, target.map((y) => (y > 0 ? 1 : 0)), { ...options, objective: 'logistic' });
    const failing = { gradient: () => NaN, hessian: () => 1 };
    expect(() => fitGbdtSync(bins, target, { ...options, objective: failing })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(bins.memory.top).toBe(top);
    expect(bins.memory.free).toEqual([]);
  });

  it('serves fits that overlap in time', async () => {
    const bins = binMatrix(matrix);
    const fits = await Promise.all([1, 2, 3, 4].map((numIterations) => fitGbdt(bins, target, { ...options, numIterations: numIterations * 5 })));
    fits.forEach(({ model }, i) => expect(encodeForTest(model)).toBe(encodeForTest(fitGbdtSync(binMatrix(matrix), target, { ...options, numIterations: (i + 1) * 5 }).model)));
    expect(bins.memory.free).toEqual([]);
  });

  it('a matrix of bins that binMatrix did not make is refused: its arrays would be taken for addresses', () => {
    const bins = binMatrix(matrix);
    const forged = { ...bins, columnMajor: new Uint8Array(10) } as BinnedMatrix;
    expect(() => fitGbdtSync(forged, target, options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'fitGbdt: binned must come from binMatrix or selectBinnedFeatures' }));
  });
});
