import { describe, expect, it } from 'vitest';
import { binMatrix, fitGbdtSync, gbdtImportance, predictGbdt } from '../../../src/learners/index.ts';
import type { GbdtModel, GbdtOptions } from '../../../src/learners/index.ts';
import { matrixOf } from '../data.ts';

// Gradients are rounded to integers whose absolute sum is at most 2^31, so to 2^-30 of their sum, which is below 100 here.
const EXACT = 6;

const small: GbdtOptions = { minDataInLeaf: 1, minSumHessianInLeaf: 0, learningRate: 1, lambdaL2: 0 };

function close(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((e, i) => expect(found[i]).toBeCloseTo(e, EXACT));
}

function nodesOf(model: GbdtModel, tree: number): { feature: number[]; threshold: number[]; value: number[]; gain: number[]; cover: number[] } {
  const [from, to] = [model.treeStart[tree], model.treeStart[tree + 1]];
  const part = (tensor: ArrayLike<number>): number[] => Array.from(tensor).slice(from, to);
  return { feature: part(model.feature), threshold: part(model.threshold), value: part(model.value), gain: part(model.gain), cover: part(model.cover) };
}

describe('a booster worked by hand', () => {
  const matrix = matrixOf([1, 2, 3, 4, 5, 6]);
  const target = [1, 1, 2, 6, 8, 12];

  it('two trees of three leaves, lambda 0, learning rate 1', () => {
    const { model, reason, bestIteration } = fitGbdtSync(binMatrix(matrix), target, { ...small, numIterations: 2, numLeaves: 3 });
    expect([reason, bestIteration]).toEqual(['iterations', 2]);
    // Mean 5. Gradients 5 - y: 4 4 3 -1 -3 -7, left sums 4 8 11 10 7, G = 0.
    expect(model.baseScores[0]).toBe(5);
    // Gain after k rows GL^2 (1/k + 1/(6-k)): 19.2 48 80.67 75 58.8, so k = 3 with 121 * 2/3.
    // Left {4 4 3} gains 1/6 or 2/3; right {-1 -3 -7}, parent 121/3: 1 + 50 - 40.33 = 10.67, 8 + 49 - 40.33 = 16.67: after row 5.
    const first = nodesOf(model, 0);
    expect(first.feature).toEqual([0, -1, 0, -1, -1]);
    expect(first.threshold).toEqual([3.5, 0, 5.5, 0, 0]);
    expect(first.cover).toEqual([6, 3, 3, 2, 1]);
    close(first.gain, [242 / 3, 0, 50 / 3, 0, 0]);
    // -G/n: -11/3, 4/2, 7/1.
    close(first.value, [0, -11 / 3, 0, 2, 7]);
    expect(Array.from(model.left).slice(0, 5)).toEqual([1, -1, 3, -1, -1]);
    expect(Array.from(model.right).slice(0, 5)).toEqual([2, -1, 4, -1, -1]);
    // Margins 4/3 4/3 4/3 7 7 12; gradients 1/3 1/3 -2/3 1 -1 0; left sums 1/3 2/3 0 1 0: k = 4 with 1 * (1/4 + 1/2).
    // Left {1/3 1/3 -2/3 1}, parent 1/4: best after row 3, 0 + 1 - 1/4; right {-1 0} gains only 1 - 1/2.
    const second = nodesOf(model, 1);
    expect(second.feature).toEqual([0, 0, -1, -1, -1]);
    expect(second.threshold).toEqual([4.5, 3.5, 0, 0, 0]);
    expect(second.cover).toEqual([6, 4, 2, 3, 1]);
    close(second.gain, [0.75, 0.75, 0, 0, 0]);
    close(second.value, [0, 0, 0.5, 0, -1]);
    close(predictGbdt(model, matrix), [4 / 3, 4 / 3, 4 / 3, 6, 7.5, 12.5]);
    close(gbdtImportance(model, 'gain'), [242 / 3 + 50 / 3 + 1.5]);
    close(gbdtImportance(model, 'split'), [4]);
  });

  it('three stumps, lambda 1, learning rate 0.5', () => {
    const { model } = fitGbdtSync(binMatrix(matrix), target, { ...small, numIterations: 3, numLeaves: 2, lambdaL2: 1, learningRate: 0.5 });
    // Gain GL^2 (1/(k+1) + 1/(7-k)): 10.67 34.13 60.5 53.3 32.7: k = 3, leaves -+ 11/4 * 0.5.
    close(nodesOf(model, 0).gain, [60.5, 0, 0]);
    close(nodesOf(model, 0).value, [0, -1.375, 1.375]);
    // Margins 3.625 and 6.375; gradients 2.625 2.625 1.625 0.375 -1.625 -5.625; left sums 2.625 5.25 6.875 7.25 5.625.
    // Gains 4.59 14.7 23.6 7.25^2 (1/5 + 1/3) 21.1: k = 4, leaves -7.25/5 * 0.5 and 7.25/3 * 0.5.
    expect(nodesOf(model, 1).threshold[0]).toBe(4.5);
    close(nodesOf(model, 1).gain, [7.25 ** 2 * (8 / 15), 0, 0]);
    close(nodesOf(model, 1).value, [0, -0.725, 7.25 / 6]);
    // Margins 2.9 2.9 2.9 5.65 and 7.58333 twice; gradients 1.9 1.9 0.9 -0.35 -0.41667 -4.41667, sum G = -29/60.
    // Left sums 1.9 3.8 4.7 4.35 3.93333, right sums G less those; parent score G^2/7.
    // Gains 1.9^2/2 + 2.38333^2/6, 3.8^2/3 + 4.28333^2/5, 4.7^2/4 + 5.18333^2/4, 4.35^2/5 + 4.83333^2/3, 3.93333^2/6 + 4.41667^2/2
    //     = 2.75           8.48               12.24                11.57               12.33, less G^2/7 = 0.0334: k = 5.
    const G = -29 / 60;
    const left = 4.35 - 5 / 12;
    expect(nodesOf(model, 2).threshold[0]).toBe(5.5);
    close(nodesOf(model, 2).gain, [left ** 2 / 6 + (G - left) ** 2 / 2 - G ** 2 / 7, 0, 0]);
    close(nodesOf(model, 2).value, [0, (-left / 6) * 0.5, ((left - G) / 2) * 0.5]);
    const low = -left / 12;
    close(predictGbdt(model, matrix), [2.9 + low, 2.9 + low, 2.9 + low, 5.65 + low, 6.375 + 7.25 / 6 + low, 6.375 + 7.25 / 6 + (left - G) / 4]);
  });

  it('logistic: gradients -+1/2, hessians 1/4, one stump', () => {
    const x = matrixOf([1, 2, 3, 4]);
    const { model } = fitGbdtSync(binMatrix(x), [0, 0, 1, 1], { ...small, objective: 'logistic', numIterations: 1, numLeaves: 2, lambdaL2: 1 });
    // p = 1/2 everywhere. Split after two: GL = 1, HL = 1/2: 1/1.5 + 1/1.5 - 0 = 4/3; leaves -+ 1/1.5.
    close(model.gain, [4 / 3, 0, 0]);
    close(model.value, [0, -2 / 3, 2 / 3]);
    close(predictGbdt(model, x, { output: 'margin' }), [-2 / 3, -2 / 3, 2 / 3, 2 / 3]);
    const high = 1 / (1 + Math.exp(-2 / 3));
    close(predictGbdt(model, x), [1 - high, 1 - high, high, high]);
  });

  it('missing rows against all others: every number is on the left', () => {
    const x = matrixOf([1, 2, NaN, NaN]);
    const { model } = fitGbdtSync(binMatrix(x), [0, 0, 4, 4], { ...small, numIterations: 1, numLeaves: 2 });
    // Gradients 2 2 -2 -2: 16/2 + 16/2.
    close(model.gain, [16, 0, 0]);
    expect([model.threshold[0], model.missingLeft[0]]).toEqual([Infinity, 0]);
    close(predictGbdt(model, matrixOf([1e300, -1e300, NaN])), [0, 0, 4]);
  });

  it('missing rows learn the left side', () => {
    const x = matrixOf([1, 2, 3, NaN]);
    const { model } = fitGbdtSync(binMatrix(x), [0, 4, 4, 0], { ...small, numIterations: 1, numLeaves: 2 });
    close(model.gain, [16, 0, 0]);
    expect([model.threshold[0], model.missingLeft[0]]).toEqual([1.5, 1]);
    close(predictGbdt(model, x), [0, 4, 4, 0]);
  });

  it('gains and splits are counted on the feature that was used', () => {
    const x = matrixOf([1, 1, 2, 2], [1, 2, 1, 2], [5, 5, 5, 5]);
    // Gradients of y = 0 1 4 5, mean 2.5: 2.5 1.5 -1.5 -2.5. Feature 0: 16/2 * 2 = 16; then feature 1 in each half: (1/2) and (1/2).
    const { model } = fitGbdtSync(binMatrix(x), [0, 1, 4, 5], { ...small, numIterations: 1, numLeaves: 4 });
    close(gbdtImportance(model), [16, 1, 0]);
    close(gbdtImportance(model, 'split'), [1, 2, 0]);
  });
});
