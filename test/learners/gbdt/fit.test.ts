import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.ts';
import { binMatrix, fitGbdtSync, gbdtImportance, predictGbdt } from '../../../src/learners/index.ts';
import { encodeForTest } from './encode-for-test.ts';
import { matrixOf, noisyData, range, reorder } from '../data.ts';

const options = { numIterations: 20, numLeaves: 8, minDataInLeaf: 5, lambdaL2: 1 };
const domain = (message: RegExp): unknown => expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringMatching(message) as string });

describe('the fit does not depend on', () => {
  const { matrix, target } = noisyData(400, 5, 1, 0.1);
  const weights = Float64Array.from(target, (_, i) => 0.1 + (i % 7) / 3);
  const labels = target.map((y) => (y > 0 ? 1 : 0));
  const order = randomStream(3, 'order').permutation(400);
  const shuffle = (values: Float64Array): Float64Array => Float64Array.from(order, (row) => values[row]);

  for (const [name, y, extra, shuffled] of [
    ['squared', target, {}, {}],
    ['weighted', target, { weights }, { weights: shuffle(weights) }],
    ['logistic', labels, { objective: 'logistic' }, { objective: 'logistic' }],
  ] as const) {
    it(`the order of rows, to the bit (${name})`, () => {
      const first = fitGbdtSync(binMatrix(matrix), y, { ...options, ...extra });
      const second = fitGbdtSync(binMatrix(reorder(matrix, order)), shuffle(y), { ...options, ...shuffled });
      expect(encodeForTest(second.model)).toBe(encodeForTest(first.model));
    });
  }

  it('the order or the type of the list of rows', () => {
    const binned = binMatrix(matrix);
    const first = fitGbdtSync(binned, target, { ...options, rows: range(0, 300) });
    const second = fitGbdtSync(binned, Array.from(target), { ...options, rows: Array.from(range(0, 300)).reverse() });
    expect(encodeForTest(second.model)).toBe(encodeForTest(first.model));
  });

  it('rows it was not given', () => {
    const binned = binMatrix(matrix, { rows: range(0, 300) });
    const other = target.map((y, i) => (i < 300 ? y : NaN));
    const [first, second] = [target, other].map((y) => fitGbdtSync(binned, y, { ...options, rows: range(0, 300) }));
    expect(encodeForTest(second.model)).toBe(encodeForTest(first.model));
  });
});

describe('weights', () => {
  const { matrix, target } = noisyData(300, 4, 5, 0.1);
  const twice = Uint32Array.from({ length: 600 }, (_, i) => i >> 1);
  const labels = target.map((y) => (y > 0.3 ? 1 : 0));

  for (const [objective, y] of [['squared', target], ['logistic', labels]] as const) {
    it(`of 2 are doubled rows (${objective})`, () => {
      const weighted = fitGbdtSync(binMatrix(matrix), y, { ...options, objective, minDataInLeaf: 1, minSumHessianInLeaf: 6, weights: new Float64Array(300).fill(2) }).model;
      const doubled = fitGbdtSync(binMatrix(reorder(matrix, twice)), Float64Array.from(twice, (row) => y[row]), { ...options, objective, minDataInLeaf: 1, minSumHessianInLeaf: 6 }).model;
      expect(doubled.feature).toEqual(weighted.feature);
      expect(doubled.threshold).toEqual(weighted.threshold);
      const [a, b] = [predictGbdt(weighted, matrix), predictGbdt(doubled, matrix)];
      a.forEach((v, i) => expect(b[i]).toBeCloseTo(v, 7));
    });

    it(`of 1 are none (${objective})`, () => {
      const [plain, ones] = [{}, { weights: new Float64Array(300).fill(1) }].map((w) => predictGbdt(fitGbdtSync(binMatrix(matrix), y, { ...options, objective, ...w }).model, matrix));
      plain.forEach((v, i) => expect(ones[i]).toBeCloseTo(v, 9));
    });
  }

  it('of 0 leave a row without influence on values', () => {
    const weights = Float64Array.from(target, (_, i) => (i < 200 ? 1 : 0));
    const spoiled = target.map((y, i) => (i < 200 ? y : 1e6));
    const [a, b] = [target, spoiled].map((y) => fitGbdtSync(binMatrix(matrix), y, { ...options, weights }).model);
    expect(predictGbdt(b, matrix)).toEqual(predictGbdt(a, matrix));
  });

  it('must be finite, >= 0, not all 0, one per row', () => {
    const binned = binMatrix(matrixOf([1, 2]));
    for (const weights of [[1, -1], [1, NaN], [1, Infinity], [0, 0]]) expect(() => fitGbdtSync(binned, [0, 1], { weights })).toThrow(domain(/weights/));
    expect(() => fitGbdtSync(binned, [0, 1], { weights: [1] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('thresholds', () => {
  it('send a raw value where its bin went, for every row', () => {
    const value = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.integer({ min: -2, max: 2 }), fc.constantFrom(NaN, -0, 1e308, -1e308, 5e-324));
    fc.assert(fc.property(fc.array(fc.tuple(value, value, fc.integer({ min: -9, max: 9 })), { minLength: 2, maxLength: 40 }), fc.integer({ min: 2, max: 9 }), (data, maxBin) => {
      const matrix = matrixOf(data.map(([a]) => a), data.map(([, b]) => b));
      const target = data.map(([, , y]) => y);
      const rows = range(0, data.length);
      // The loss on the watched rows is summed through bins; half the mean squared error of raw predictions must equal it.
      const { model, lossByIteration, bestIteration } = fitGbdtSync(binMatrix(matrix, { maxBin }), target, { numIterations: 4, numLeaves: 6, minDataInLeaf: 1, lambdaL2: 0.5, learningRate: 0.5, earlyStopping: { rows, rounds: 9 } });
      if (bestIteration === 0) return;
      const loss = predictGbdt(model, matrix).reduce((sum, p, i) => sum + (p - target[i]) ** 2 / 2, 0) / data.length;
      expect(loss).toBeCloseTo(lossByIteration[bestIteration - 1], 9);
    }), { numRuns: 300 });
  });
});

describe('draws', () => {
  const { matrix, target } = noisyData(300, 6, 6);
  const train = (seed: number): string => encodeForTest(fitGbdtSync(binMatrix(matrix), target, { ...options, baggingFraction: 0.5, featureFraction: 0.5, seed }).model);

  it('are the same for a seed and others for another', () => {
    expect(train(7)).toBe(train(7));
    expect(train(8)).not.toBe(train(7));
  });

  it('bagging takes about its share of rows, feature fraction its number of features', () => {
    const { model } = fitGbdtSync(binMatrix(matrix), target, { ...options, baggingFraction: 0.5, featureFraction: 0.34 });
    for (let t = 0; t + 1 < model.treeStart.length; t++) {
      expect(Math.abs(model.cover[model.treeStart[t]] - 150)).toBeLessThan(50); // 5.8 standard deviations
      expect(new Set(model.feature.slice(model.treeStart[t], model.treeStart[t + 1]).filter((f) => f >= 0)).size).toBeLessThanOrEqual(2);
    }
    expect(gbdtImportance(model).filter((gain) => gain > 0).length).toBeGreaterThan(2);
  });
});
