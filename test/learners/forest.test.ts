import { describe, expect, it } from 'vitest';
import { binMatrix, fitForest, fitForestSync, forestLearner, modelCodecs, predictGbdt } from '../../src/learners/index.ts';
import { driveSync } from '../../src/core/drive.ts';
import { matrixOf, noisyData, range } from './data.ts';
import { encodeForTest } from './gbdt/encode-for-test.ts';

const { matrix, target } = noisyData(3000, 6, 17, 0.05);
const binned = binMatrix(matrix);
const meanSquare = (found: Float64Array, rows: Uint32Array): number => rows.reduce((sum, row) => sum + (found[row] - target[row]) ** 2, 0) / rows.length;

describe('a random forest', () => {
  it('by hand: without a bootstrap, one full tree predicts the means of its leaves', () => {
    const x = matrixOf([1, 2, 3, 4]);
    const { model, outOfBag } = fitForestSync(binMatrix(x), [1, 3, 10, 14], { numTrees: 1, numLeaves: 2, minDataInLeaf: 1, bootstrap: false, featureFractionByNode: 1 });
    // Gradients are rounded to 2^-31 of their sum.
    for (const [i, mean] of [2, 2, 12, 12].entries()) expect(predictGbdt(model, x)[i]).toBeCloseTo(mean, 6);
    expect(Array.from(outOfBag)).toEqual([NaN, NaN, NaN, NaN]); // every tree saw every row
    expect(model.kind).toBe('forest');
  });

  it('is the mean of its trees', () => {
    const { model } = fitForestSync(binned, target, { numTrees: 7, seed: 4 });
    expect(model.treeStart.length).toBe(8);
    const total = predictGbdt(model, matrix);
    const parts = Array.from({ length: 7 }, (_, t) => predictGbdt(model, matrix, { iterations: t + 1 }));
    parts[6].forEach((v, i) => expect(v).toBe(total[i]));
    // Each tree alone predicts at the scale of the label.
    const first = parts[0].map((v) => model.baseScores[0] + 7 * (v - model.baseScores[0]));
    expect(meanSquare(first, range(0, 3000))).toBeLessThan(2 * meanSquare(total, range(0, 3000)));
  });

  it('more trees err less on rows they have not seen, and out-of-bag error says so beforehand', () => {
    const [train, test] = [range(0, 2000), range(2000, 3000)];
    const few = fitForestSync(binned, target, { rows: train, numTrees: 3, minDataInLeaf: 10 });
    const many = fitForestSync(binned, target, { rows: train, numTrees: 80, minDataInLeaf: 10 });
    const error = meanSquare(predictGbdt(many.model, matrix), test);
    expect(error).toBeLessThan(meanSquare(predictGbdt(few.model, matrix), test));
    expect(many.outOfBag.subarray(2000).every(Number.isNaN)).toBe(true);
    expect(many.outOfBag.subarray(0, 2000).some(Number.isNaN)).toBe(false); // 80 draws: a row is in all with chance 1e-16
    // The standard error of either mean over a thousand rows is about 4 %.
    expect(Math.abs(meanSquare(many.outOfBag, train) / error - 1)).toBeLessThan(0.2);
    expect(meanSquare(many.outOfBag, train)).toBeGreaterThan(meanSquare(predictGbdt(many.model, matrix), train));
  });

  it('labels in {0, 1} give probabilities', () => {
    const { model } = fitForestSync(binned, target.map((y) => (y > 0 ? 1 : 0)), { numTrees: 20 });
    const p = predictGbdt(model, matrix);
    expect(Math.min(...p)).toBeGreaterThanOrEqual(-1e-9);
    expect(Math.max(...p)).toBeLessThanOrEqual(1 + 1e-9);
  });

  it('weights of 2 are doubled rows when rows are not drawn', () => {
    const options = { numTrees: 3, bootstrap: false, minDataInLeaf: 1, numLeaves: 8 };
    const twice = Uint32Array.from({ length: 600 }, (_, i) => i >> 1);
    const small = { ...matrix, rowCount: 300, columns: matrix.columns.map((column) => column.slice(0, 300)) };
    const doubled = { ...matrix, rowCount: 600, columns: matrix.columns.map((column) => Float64Array.from(twice, (row) => column[row])) };
    const a = fitForestSync(binMatrix(small), target.subarray(0, 300), { ...options, weights: new Float64Array(300).fill(2) }).model;
    const b = fitForestSync(binMatrix(doubled), Float64Array.from(twice, (row) => target[row]), options).model;
    const [p, q] = [predictGbdt(a, small), predictGbdt(b, small)];
    p.forEach((v, i) => expect(q[i]).toBeCloseTo(v, 6));
  });

  it('extra trees see all rows, cut at random, and differ', () => {
    const extra = fitForestSync(binned, target, { numTrees: 10, extraTrees: true });
    expect(extra.outOfBag.every(Number.isNaN)).toBe(true);
    expect(encodeForTest(extra.model)).not.toBe(encodeForTest(fitForestSync(binned, target, { numTrees: 10, bootstrap: false }).model));
  });

  it('is a function of its seed, driven or at once, in either kernel', async () => {
    const options = { numTrees: 6, seed: 9, minDataInLeaf: 5 };
    const text = encodeForTest(fitForestSync(binned, target, options).model);
    expect(encodeForTest((await fitForest(binned, target, options)).model)).toBe(text);
    expect(encodeForTest(fitForestSync(binned, target, { ...options, kernel: 'typescript' }).model)).toBe(text);
    expect(encodeForTest(fitForestSync(binned, target, { ...options, seed: 10 }).model)).not.toBe(text);
  });

  it('as a learner fits, keeps its kind through encode and decode, and shares bins with the booster', () => {
    const set = { matrix, features: [0, 2, 5], rows: range(0, 1500), target };
    const keys: string[] = [];
    const model = driveSync(
      forestLearner.fit(set, { numTrees: 4 }, {
        seed: 2,
        prepare: (key, make) => {
          keys.push(key);
          return make(set.rows);
        },
      }),
    );
    expect(model.featureNames).toEqual(['f0', 'f2', 'f5']);
    const decoded = modelCodecs.forest.decode(modelCodecs.forest.encode(model));
    expect(decoded).toEqual(model);
    expect(decoded.kind).toBe('forest');
    expect(keys).toEqual([JSON.stringify(['gbdt bins', 255, [], 0])]);
    expect(modelCodecs.forest.importance(model).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  it('an option out of range or unknown is an error that names it', () => {
    for (const wrong of [{ numTrees: 0 }, { featureFractionByNode: 0 }, { bootstrap: 1 }, { lambdaL2: -1 }, { numLeaves: 1 }]) {
      expect(() => fitForestSync(binned, target, wrong as object)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining(`fitForest: ${Object.keys(wrong)[0]} `) as string }));
    }
    expect(() => fitForestSync(binned, target, { numTree: 3 } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('numTrees') as string }));
    expect(() => fitForestSync(binned, [...target.subarray(0, 2999), NaN])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
