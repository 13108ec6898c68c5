import { describe, expect, it } from 'vitest';
import { averageGbdtModels, binMatrix, fitGbdtSync, predictGbdt } from '../../../../src/learners/index.ts';
import type { GbdtOptions } from '../../../../src/learners/index.ts';
import { matrixOf, noisyData, range } from '../../data.ts';

const { matrix, target } = noisyData(900, 4, 31, 0.05);
const binned = binMatrix(matrix);
const options: GbdtOptions = { numLeaves: 6, lambdaL2: 1, learningRate: 0.2 };
const classes = target.map((y) => (y > 1 ? 2 : y > -0.5 ? 1 : 0));

function close(a: Float64Array, b: Float64Array, digits: number): void {
  expect(a.length).toBe(b.length);
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i], digits));
}

describe('going on from a model', () => {
  for (const [name, labels, own] of [['squared', target, {}], ['logistic', target.map((y) => (y > 0 ? 1 : 0)), { objective: 'logistic' }], ['softmax', classes, { objective: 'softmax', numClass: 3 }]] as const) {
    it(`is as if it had never stopped (${name})`, () => {
      const whole = fitGbdtSync(binned, labels, { ...options, ...own, numIterations: 9 });
      const half = fitGbdtSync(binned, labels, { ...options, ...own, numIterations: 4 });
      const rest = fitGbdtSync(binned, labels, { ...options, ...own, numIterations: 5, initialModel: half.model });
      expect(rest.bestIteration).toBe(5);
      expect(rest.model.treeStart).toEqual(whole.model.treeStart);
      expect(rest.model.feature).toEqual(whole.model.feature);
      // Scales of gradients may differ by a bit of rounding.
      close(predictGbdt(rest.model, matrix), predictGbdt(whole.model, matrix), 6);
    });
  }

  it('with initialMargins fits what is left, without the other model\'s trees', () => {
    const half = fitGbdtSync(binned, target, { ...options, numIterations: 4 }).model;
    const margins = predictGbdt(half, matrix);
    const rest = fitGbdtSync(binned, target, { ...options, numIterations: 5, initialMargins: margins }).model;
    expect(rest.baseScores[0]).toBe(0);
    const whole = fitGbdtSync(binned, target, { ...options, numIterations: 9 }).model;
    close(predictGbdt(rest, matrix).map((v, i) => v + margins[i]), predictGbdt(whole, matrix), 6);
  });

  it('on other bins, features or objectives is refused with the way out', () => {
    const model = fitGbdtSync(binned, target, { ...options, numIterations: 2 }).model;
    const coarse = binMatrix(matrix, { maxBin: 7 });
    expect(() => fitGbdtSync(coarse, target, { initialModel: model })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('initialMargins') as string }));
    expect(() => fitGbdtSync(binMatrix({ ...matrix, names: ['f0', 'f1', 'f3', 'f2'] }), target, { initialModel: model })).toThrow(expect.objectContaining({ code: 'ERR_CONTRACT' }));
    expect(() => fitGbdtSync(binned, classes, { initialModel: model, objective: 'softmax', numClass: 3 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitGbdtSync(binned, target, { initialModel: model, baseScore: 1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('on new rows binned like the old ones is possible', () => {
    const [older, newer] = [range(0, 500), range(400, 900)];
    const part = (rows: Uint32Array): typeof matrix => ({ ...matrix, rowCount: rows.length, columns: matrix.columns.map((column) => Float64Array.from(rows, (row) => column[row])) });
    const before = binMatrix(part(older));
    const model = fitGbdtSync(before, target.subarray(0, 500), { ...options, numIterations: 3 }).model;
    const after = fitGbdtSync(binMatrix(part(newer), { like: before }), target.subarray(400, 900), { ...options, numIterations: 3, initialModel: model });
    expect(after.model.treeStart.length).toBe(7);
    expect(after.model.threshold.subarray(0, model.threshold.length)).toEqual(model.threshold);
  });
});

describe('dart', () => {
  it('without drops is the plain booster, but for the last bits', () => {
    const dart = fitGbdtSync(binned, target, { ...options, numIterations: 6, boosting: 'dart', skipDrop: 1 }).model;
    close(predictGbdt(dart, matrix), predictGbdt(fitGbdtSync(binned, target, { ...options, numIterations: 6 }).model, matrix), 6);
  });

  it('by hand: the dropped tree keeps half, the new one is fitted without it and counts half', () => {
    // Two rows, stumps, learning rate 1: the first tree fits -1 and 1 around 0; dropped, the second fits the same again.
    const x = matrixOf([1, 2]);
    const { model } = fitGbdtSync(binMatrix(x), [-1, 1], { numIterations: 2, numLeaves: 2, learningRate: 1, lambdaL2: 0, minDataInLeaf: 1, boosting: 'dart', skipDrop: 0, dropRate: 1 });
    expect(Array.from(model.value)).toEqual([0, -0.5, 0.5, 0, -0.5, 0.5].map((v) => expect.closeTo(v, 6) as number));
  });

  it('keeps margins that are the model\'s: the next gradients are of its predictions', () => {
    const settings: GbdtOptions = { ...options, boosting: 'dart', dropRate: 0.5, skipDrop: 0.2, seed: 5, baggingFraction: 0.7 };
    const labels = classes;
    const own = { objective: 'softmax', numClass: 3 } as const;
    const fit = fitGbdtSync(binned, labels, { ...settings, ...own, numIterations: 12 });
    expect(fit.model.treeStart.length).toBe(37);
    const p = predictGbdt(fit.model, matrix);
    const plain = predictGbdt(fitGbdtSync(binned, labels, { ...options, ...own, numIterations: 1, learningRate: 1e-6 }).model, matrix);
    const loss = (found: Float64Array): number => labels.reduce((sum, label, i) => sum - Math.log(found[3 * i + label]), 0) / labels.length;
    expect(loss(p)).toBeLessThan(loss(plain) * 0.9);
  });

  it('with maxDrop drops no more, and refuses early stopping', () => {
    const all = fitGbdtSync(binned, target, { ...options, numIterations: 8, boosting: 'dart', skipDrop: 0, dropRate: 1, maxDrop: 1 }).model;
    const none = fitGbdtSync(binned, target, { ...options, numIterations: 8, boosting: 'dart', skipDrop: 0, dropRate: 1, maxDrop: 0 }).model;
    expect(all).not.toEqual(none);
    expect(() => fitGbdtSync(binned, target, { boosting: 'dart', earlyStopping: { rows: [1], rounds: 1 } })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitGbdtSync(binned, target, { dropRate: 0.5 })).toThrow(expect.objectContaining({ message: expect.stringContaining('dropRate must come with boosting "dart"') as string }));
  });
});

describe('the mean of models', () => {
  it('predicts the mean margin, categories and several outputs included', () => {
    const sectors = { ...matrix, columns: [...matrix.columns.slice(0, 3), matrix.columns[3].map((x) => Math.round(x * 2))] };
    for (const own of [{}, { objective: 'softmax', numClass: 3 }] as const) {
      const bins = [0, 1, 2].map((jitter) => binMatrix(sectors, { categoricalFeatures: ['f3'], ...(jitter === 0 ? {} : { jitter }) }));
      const models = bins.map((b, seed) => fitGbdtSync(b, 'objective' in own ? classes : target, { ...options, ...own, numIterations: 3 + seed, seed, minDataPerGroup: 10 }).model);
      const mean = averageGbdtModels(models);
      const margins = models.map((model) => predictGbdt(model, sectors, { output: 'margin' }));
      close(predictGbdt(mean, sectors, { output: 'margin' }), margins[0].map((v, i) => (v + margins[1][i] + margins[2][i]) / 3), 12);
    }
  });

  it('of none, or of models that differ in kind, features or categories, is an error', () => {
    const model = fitGbdtSync(binned, target, { ...options, numIterations: 1 }).model;
    const logistic = fitGbdtSync(binned, target.map((y) => (y > 0 ? 1 : 0)), { ...options, objective: 'logistic', numIterations: 1 }).model;
    const renamed = { ...model, featureNames: ['a', 'b', 'c', 'd'] };
    expect(() => averageGbdtModels([])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => averageGbdtModels([model, logistic])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => averageGbdtModels([model, renamed])).toThrow(expect.objectContaining({ code: 'ERR_CONTRACT' }));
  });
});
