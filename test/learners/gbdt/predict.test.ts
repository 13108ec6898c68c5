import { describe, expect, it } from 'vitest';
import { binMatrix, fitGbdtSync, predictGbdt, predictGbdtRow } from '../../../src/learners/index.ts';
import type { GbdtModel } from '../../../src/learners/index.ts';
import { matrixOf, noisyData } from '../data.ts';

const { matrix, target } = noisyData(150, 3, 31, 0.1);
const labels = target.map((y) => (y > 0 ? 1 : 0));
const models = [fitGbdtSync(binMatrix(matrix), target, { numIterations: 8, minDataInLeaf: 5 }).model, fitGbdtSync(binMatrix(matrix), labels, { objective: 'logistic', numIterations: 8, minDataInLeaf: 5 }).model];

describe('predictGbdt', () => {
  it('one row is the same alone, in any batch, and through predictGbdtRow', () => {
    for (const model of models) {
      for (const output of ['response', 'margin'] as const) {
        const all = predictGbdt(model, matrix, { output });
        for (let i = 0; i < 150; i++) {
          expect(predictGbdt(model, matrix, { rows: [i], output })[0]).toBe(all[i]);
          expect(predictGbdtRow(model, matrix.columns.map((column) => column[i]), output)).toBe(all[i]);
        }
        const rows = [149, 3, 3, 77];
        expect(Array.from(predictGbdt(model, matrix, { rows, output }))).toEqual(rows.map((r) => all[r]));
      }
    }
  });

  it('logistic: the response is the sigmoid of the margin', () => {
    const [response, margin] = (['response', 'margin'] as const).map((output) => predictGbdt(models[1], matrix, { output }));
    response.forEach((p, i) => expect(p).toBeCloseTo(1 / (1 + Math.exp(-margin[i])), 15));
  });

  it('a value on a threshold goes left, the next double right, NaN to the learned side', () => {
    const model: GbdtModel = {
      kind: 'gbdt', featureNames: ['x'], objective: 'squared', outputs: 1, baseScores: Float64Array.of(10), treeStart: Int32Array.of(0, 3), feature: Int32Array.of(0, -1, -1), threshold: Float64Array.of(1, 0, 0),
      left: Int32Array.of(1, -1, -1), right: Int32Array.of(2, -1, -1), missingLeft: Uint8Array.of(1, 0, 0), value: Float64Array.of(0, -1, 1), gain: Float64Array.of(1, 0, 0), cover: Float64Array.of(2, 1, 1),
    };
    const x = { ...matrixOf([1, 1 + 2 ** -52, NaN, -Infinity, Infinity]), names: ['x'] };
    expect(Array.from(predictGbdt(model, x))).toEqual([9, 11, 9, 9, 11]);
    expect(Array.from(predictGbdt({ ...model, missingLeft: new Uint8Array(3) }, x))).toEqual([9, 11, 11, 9, 11]);
  });

  it('reads 32-bit columns', () => {
    const single = { ...matrix, columns: matrix.columns.map((column) => Float32Array.from(column)) };
    const doubled = { ...matrix, columns: single.columns.map((column) => Float64Array.from(column)) };
    expect(predictGbdt(models[0], single)).toEqual(predictGbdt(models[0], doubled));
    expect(binMatrix(single)).toEqual(binMatrix(doubled));
  });

  it('refuses unknown options and outputs, rows outside and missing features', () => {
    const unknown = { row: [1] };
    expect(() => predictGbdt(models[0], matrix, unknown as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(() => predictGbdt(models[0], matrix, { output: 'logit' as 'margin' })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    for (const rows of [[150], [-1], [0.5]]) expect(() => predictGbdt(models[0], matrix, { rows })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => predictGbdt(models[0], matrixOf([1], [1]))).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
