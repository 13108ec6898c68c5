import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../src/core/random.ts';
import { binMatrix, fitGbdtSync, predictGbdt } from '../../../../src/learners/index.ts';
import type { GbdtOptions } from '../../../../src/learners/index.ts';
import { matrixOf } from '../../data.ts';

const EXACT = 6;
const one: GbdtOptions = { numIterations: 1, numLeaves: 2, learningRate: 1, lambdaL2: 0, minDataInLeaf: 1, minSumHessianInLeaf: 0 };
const cut: GbdtOptions = { maxCatToOnehot: 1, catSmooth: 0, catL2: 0, minDataPerGroup: 1 };

describe('categorical splits, by hand', () => {
  // Means by value: 10 -> 1, 20 -> 5, 30 -> 0, 40 -> 6. As amounts 20 | 30 parts nothing; as names {10, 30} against {20, 40} parts all.
  const x = matrixOf([10, 10, 20, 20, 30, 30, 40, 40]);
  const y = [1, 1, 5, 5, 0, 0, 6, 6];
  const bins = binMatrix(x, { categoricalFeatures: ['f0'] });

  it('sorted values are cut in two', () => {
    const { model } = fitGbdtSync(bins, y, { ...one, ...cut });
    expect(Array.from(predictGbdt(model, x))).toEqual([0.5, 0.5, 5.5, 5.5, 0.5, 0.5, 5.5, 5.5].map((v) => expect.closeTo(v, EXACT) as number));
    // 4 rows on either side, 2.5 from the mean 3: 2 * 4 * 2.5^2.
    expect(model.gain[0]).toBeCloseTo(50, EXACT);
    expect(model.categories?.setOf[0]).toBe(0);
  });

  it('up to maxCatToOnehot values, one stands against the rest', () => {
    const { model } = fitGbdtSync(bins, y, { ...one, maxCatToOnehot: 4 });
    // 30 or 40 alone: 2 rows 3 from the mean, 6 rows 1 from it: 2 * 9 + 6 * 1 = 24. The first in order of values.
    expect(model.gain[0]).toBeCloseTo(24, EXACT);
    expect(Array.from(predictGbdt(model, x))).toEqual([4, 4, 4, 4, 0, 0, 4, 4].map((v) => expect.closeTo(v, EXACT) as number));
  });

  it('values never seen, missing ones and other numbers go to the missing side', () => {
    const { model } = fitGbdtSync(bins, y, { ...one, ...cut });
    const side = model.missingLeft[0] === 1 ? model.left[0] : model.right[0];
    expect(Array.from(predictGbdt(model, matrixOf([NaN, 50, 10.5, -1e9, Infinity])))).toEqual(new Array(5).fill(model.baseScores[0] + model.value[side]));
  });

  it('missing values take part as one more value', () => {
    const gaps = matrixOf([10, 10, 20, 20, NaN, NaN, 40, 40]);
    const { model } = fitGbdtSync(binMatrix(gaps, { categoricalFeatures: ['f0'] }), y, { ...one, ...cut });
    expect(Array.from(predictGbdt(model, gaps))).toEqual([0.5, 0.5, 5.5, 5.5, 0.5, 0.5, 5.5, 5.5].map((v) => expect.closeTo(v, EXACT) as number));
  });

  it('values with too few rows stay right, and a group has its rows', () => {
    expect(fitGbdtSync(bins, y, { ...one, ...cut, catSmooth: 3 }).reason).toBe('no-split');
    const { model } = fitGbdtSync(bins, y, { ...one, ...cut, minDataPerGroup: 4 });
    expect(Math.min(model.cover[1], model.cover[2])).toBe(4);
    expect(fitGbdtSync(bins, y, { ...one, ...cut, minDataPerGroup: 5 }).reason).toBe('no-split');
  });

  it('the penalty on categorical splits lowers their gain', () => {
    const { model } = fitGbdtSync(bins, y, { ...one, ...cut, catL2: 4 });
    // Sums of gradients 10 either side of 4 rows: 2 * 100 / (4 + 4).
    expect(model.gain[0]).toBeLessThan(50);
  });

  it('at most maxCatThreshold values go left', () => {
    const { model } = fitGbdtSync(bins, y, { ...one, ...cut, maxCatThreshold: 1 });
    expect(Math.min(model.cover[1], model.cover[2])).toBe(2);
  });
});

describe('categories among numbers', () => {
  const random = randomStream(8, 'categories');
  const kinds = Float64Array.from({ length: 4000 }, () => Math.floor(random.uniform() * 30));
  const noise = Float64Array.from({ length: 4000 }, () => random.normal());
  const effect = Float64Array.from({ length: 30 }, () => random.normal());
  const target = Float64Array.from(kinds, (k, i) => effect[k] + 0.3 * noise[i] + random.normal());
  const matrix = matrixOf(kinds, noise);
  const options: GbdtOptions = { numIterations: 20, numLeaves: 4, lambdaL2: 0, learningRate: 0.2, minDataPerGroup: 20 };
  const error = (found: Float64Array): number => found.reduce((sum, p, i) => sum + (p - effect[kinds[i]] - 0.3 * noise[i]) ** 2, 0) / found.length;

  it('names are learnt in fewer splits than amounts', () => {
    const asNames = predictGbdt(fitGbdtSync(binMatrix(matrix, { categoricalFeatures: ['f0'] }), target, options).model, matrix);
    const asAmounts = predictGbdt(fitGbdtSync(binMatrix(matrix), target, options).model, matrix);
    expect(error(asNames)).toBeLessThan(error(asAmounts) / 2);
  });

  it('renaming the values changes nothing but the names', () => {
    // An order-preserving renaming keeps every tie; any renaming keeps the trees when no two values tie.
    const renamed = matrixOf(kinds.map((k) => 1000 + 7 * k), noise);
    const [a, b] = [matrix, renamed].map((m) => fitGbdtSync(binMatrix(m, { categoricalFeatures: ['f0'] }), target, options).model);
    expect(b.value).toEqual(a.value);
    expect(predictGbdt(b, renamed)).toEqual(predictGbdt(a, matrix));
  });

  it('bagged rows and early-stopping rows are sent down categorical splits', () => {
    const rows = Uint32Array.from({ length: 3000 }, (_, i) => i);
    const watch = Uint32Array.from({ length: 1000 }, (_, i) => 3000 + i);
    const fit = fitGbdtSync(binMatrix(matrix, { categoricalFeatures: ['f0'] }), target, { ...options, rows, baggingFraction: 0.5, seed: 3, earlyStopping: { rows: watch, rounds: 20 } });
    const found = predictGbdt(fit.model, matrix, { rows: watch });
    const loss = watch.reduce((sum, row, i) => sum + (found[i] - target[row]) ** 2 / 2, 0) / 1000;
    expect(loss).toBeCloseTo(Math.min(...fit.lossByIteration), 9);
  });
});
