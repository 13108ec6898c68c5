import { describe, expect, it } from 'vitest';
import { binMatrix, fitGbdtSync, predictGbdt } from '../../../../src/learners/index.ts';
import type { GbdtOptions } from '../../../../src/learners/index.ts';
import { matrixOf, noisyData } from '../../data.ts';

const one: GbdtOptions = { numIterations: 1, learningRate: 1, minDataInLeaf: 1, minSumHessianInLeaf: 0, lambdaL2: 0, baseScore: 0 };
// Rounding of gradients to integers, as in the tests by hand.
const EXACT = 6;

describe('penalties, by hand', () => {
  // Gradients at margin 0 are -1, -2, -9, -10.
  const x = matrixOf([1, 2, 3, 4]);
  const y = [1, 2, 9, 10];
  const values = (options: GbdtOptions): number[] => Array.from(predictGbdt(fitGbdtSync(binMatrix(x), y, { ...one, numLeaves: 2, ...options }).model, x));

  it('L1 takes lambda off the sum of gradients of each leaf', () => {
    // (3 - 2) / 2 and (19 - 2) / 2.
    for (const [i, value] of [0.5, 0.5, 8.5, 8.5].entries()) expect(values({ lambdaL1: 2 })[i]).toBeCloseTo(value, EXACT);
  });

  it('L1 above a leaf\'s sum leaves it at 0', () => {
    for (const [i, value] of [0, 0, 7, 7].entries()) expect(values({ lambdaL1: 5 })[i]).toBeCloseTo(value, EXACT);
  });

  it('the gain with L1 is twice the drop of the penalised loss', () => {
    const { model } = fitGbdtSync(binMatrix(x), y, { ...one, numLeaves: 2, lambdaL1: 2 });
    // 1^2 / 2 + 17^2 / 2 - 20^2 / 4.
    expect(model.gain[0]).toBeCloseTo(0.5 + 144.5 - 100, EXACT);
  });

  it('path smoothing by 2 rows puts a leaf of two rows half way to its parent', () => {
    // Root 22 / 4 = 5.5; leaves 1.5 and 9.5.
    for (const [i, value] of [3.5, 3.5, 7.5, 7.5].entries()) expect(values({ pathSmooth: 2 })[i]).toBeCloseTo(value, EXACT);
  });

  it('smoothing goes down the path', () => {
    // Leaves of one row below 3.5: (1 + 2 * 3.5) / 3 and (2 + 2 * 3.5) / 3; below 7.5 likewise.
    for (const [i, value] of [8 / 3, 3, 8, 25 / 3].entries()) expect(values({ pathSmooth: 2, numLeaves: 4 })[i]).toBeCloseTo(value, EXACT);
  });

  it('a gain that is not above the minimum is no split', () => {
    // 3^2 / 2 + 19^2 / 2 - 22^2 / 4 = 64.
    expect(fitGbdtSync(binMatrix(x), y, { ...one, numLeaves: 2, minGainToSplit: 63.9 }).bestIteration).toBe(1);
    expect(fitGbdtSync(binMatrix(x), y, { ...one, numLeaves: 2, minGainToSplit: 64.1 }).reason).toBe('no-split');
  });
});

describe('the search by values', () => {
  const { matrix, target } = noisyData(2000, 5, 11, 0.1);
  const binned = binMatrix(matrix);

  it('finds what the kernel\'s scan finds when the penalty is next to nothing', () => {
    for (const lambdaL2 of [0, 10]) {
      const options = { numIterations: 5, numLeaves: 8, lambdaL2, learningRate: 0.3 };
      const [scan, byValue] = [fitGbdtSync(binned, target, options).model, fitGbdtSync(binned, target, { ...options, pathSmooth: 1e-12 }).model];
      expect(byValue.feature).toEqual(scan.feature);
      expect(byValue.threshold).toEqual(scan.threshold);
      expect(byValue.missingLeft).toEqual(scan.missingLeft);
      byValue.gain.forEach((gain, i) => expect(gain).toBeCloseTo(scan.gain[i], 6));
    }
  });

  it('random cuts differ by seed, fit worse on the training rows, and are a function of the seed', () => {
    const options = { numIterations: 10, numLeaves: 8, lambdaL2: 0, extraTrees: true };
    const error = (o: GbdtOptions): number => {
      const found = predictGbdt(fitGbdtSync(binned, target, o).model, matrix);
      return found.reduce((sum, p, i) => sum + (p - target[i]) ** 2, 0);
    };
    expect(error(options)).toBeGreaterThan(error({ ...options, extraTrees: false }));
    expect(fitGbdtSync(binned, target, { ...options, seed: 1 }).model).not.toEqual(fitGbdtSync(binned, target, options).model);
    expect(fitGbdtSync(binned, target, options).model).toEqual(fitGbdtSync(binned, target, options).model);
  });

  it('features drawn by node are a share of those of the tree', () => {
    const few = fitGbdtSync(binned, target, { numIterations: 20, numLeaves: 4, lambdaL2: 0, featureFractionByNode: 0.2 }).model;
    const roots = new Set(Array.from(few.treeStart.subarray(0, -1), (root) => few.feature[root]));
    expect(roots.size).toBe(5); // one feature of five may be tried at each node
    const tree = fitGbdtSync(binned, target, { numIterations: 20, numLeaves: 8, lambdaL2: 0, featureFraction: 0.4, featureFractionByNode: 0.5 }).model;
    for (let t = 0; t < 20; t++) expect(new Set(tree.feature.subarray(tree.treeStart[t], tree.treeStart[t + 1]).filter((f) => f >= 0)).size).toBeLessThanOrEqual(2);
  });
});
