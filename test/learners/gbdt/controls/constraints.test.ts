import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binMatrix, fitGbdtSync, predictGbdt } from '../../../../src/learners/index.ts';
import type { FeatureMatrix, GbdtModel } from '../../../../src/learners/index.ts';
import { noisyData } from '../../data.ts';

const { matrix, target } = noisyData(1500, 4, 3, 0.05);
const binned = binMatrix(matrix);
const loose = { numIterations: 30, numLeaves: 12, lambdaL2: 0, learningRate: 0.3, minDataInLeaf: 5 };

// The same rows with one feature set to a number.
function withFeature(data: FeatureMatrix, feature: number, value: number): FeatureMatrix {
  return { ...data, columns: data.columns.map((column, f) => (f === feature ? Float64Array.from(column, () => value) : column)) };
}

function worstStep(model: GbdtModel, feature: number, sign: number): number {
  let before: Float64Array | undefined;
  let worst = 0;
  for (let x = -3; x <= 3; x += 0.25) {
    const after = predictGbdt(model, withFeature(matrix, feature, x));
    for (let i = 0; i < after.length; i++) worst = Math.min(worst, before === undefined ? 0 : sign * (after[i] - before[i]));
    before = after;
  }
  return worst;
}

describe('monotone constraints', () => {
  it('hold on probes of every row, for both signs and with smoothing, L1, missing values and random cuts', () => {
    for (const extra of [{}, { pathSmooth: 5 }, { lambdaL1: 3 }, { extraTrees: true }, { objective: 'logistic' as const }]) {
      const labels = 'objective' in extra ? target.map((y) => (y > 0 ? 1 : 0)) : target;
      const { model } = fitGbdtSync(binned, labels, { ...loose, ...extra, monotoneConstraints: { f0: 1, f1: -1 } });
      // Sums of thirty trees round at 1e-15 of their size.
      expect(worstStep(model, 0, 1)).toBeGreaterThan(-1e-12);
      expect(worstStep(model, 1, -1)).toBeGreaterThan(-1e-12);
      expect(model.feature.includes(0)).toBe(true);
    }
  });

  it('are needed: without them the same fit breaks both', () => {
    const { model } = fitGbdtSync(binned, target, loose);
    expect(worstStep(model, 0, 1)).toBeLessThan(-0.01);
    expect(worstStep(model, 1, -1)).toBeLessThan(-0.01);
  });

  it('on a categorical feature, of an unknown feature, or other than -1, 0, 1 are errors', () => {
    const sectors = binMatrix({ ...matrix, columns: [...matrix.columns.slice(0, 3), matrix.columns[3].map((x) => Math.round(x))] }, { categoricalFeatures: ['f3'] });
    expect(() => fitGbdtSync(sectors, target, { monotoneConstraints: { f3: 1 } })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('must be of numeric features, got categorical "f3"') as string }));
    expect(() => fitGbdtSync(binned, target, { monotoneConstraints: { f9: 1 } })).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(() => fitGbdtSync(binned, target, { monotoneConstraints: { f0: 2 as 1 } })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

// Sets of features on the paths of a model.
function pathsOf(model: GbdtModel): number[][] {
  const paths: number[][] = [];
  const above: number[][] = [];
  for (let t = 0; t + 1 < model.treeStart.length; t++) {
    above[model.treeStart[t]] = [];
    for (let i = model.treeStart[t]; i < model.treeStart[t + 1]; i++) {
      if (model.feature[i] < 0) {
        paths.push([...new Set(above[i])].sort());
        continue;
      }
      above[model.left[i]] = above[model.right[i]] = [...above[i], model.feature[i]];
    }
  }
  return paths;
}

describe('interaction constraints', () => {
  it('keep features of one branch in one group, and a feature in no group alone', () => {
    const { model } = fitGbdtSync(binned, target, { ...loose, interactionConstraints: [['f0', 'f1'], ['f1', 'f2']] });
    const allowed = [[0, 1], [1, 2], [3]];
    const paths = pathsOf(model);
    expect(paths.every((path) => allowed.some((group) => path.every((f) => group.includes(f))))).toBe(true);
    expect(new Set(paths.map(String)).size).toBeGreaterThan(3);
    expect(pathsOf(fitGbdtSync(binned, target, loose).model).some((path) => !allowed.some((group) => path.every((f) => group.includes(f))))).toBe(true);
  });

  it('of all features in one group change nothing', () => {
    const { model } = fitGbdtSync(binned, target, { ...loose, interactionConstraints: [['f3', 'f2', 'f1', 'f0']] });
    expect(model).toEqual(fitGbdtSync(binned, target, loose).model);
  });

  it('that name an unknown feature or nothing are errors', () => {
    expect(() => fitGbdtSync(binned, target, { interactionConstraints: [['f0', 'g']] })).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    for (const wrong of [[[]], ['f0'], 'f0']) expect(() => fitGbdtSync(binned, target, { interactionConstraints: wrong as string[][] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('limits of trees', () => {
  it('leaves, depth, rows and hessians hold for any combination', () => {
    const option = fc.record({ numLeaves: fc.integer({ min: 2, max: 20 }), maxDepth: fc.integer({ min: -1, max: 5 }), minDataInLeaf: fc.integer({ min: 1, max: 200 }), minSumHessianInLeaf: fc.constantFrom(0, 10, 40), lambdaL1: fc.constantFrom(0, 2), objective: fc.constantFrom('squared', 'logistic') });
    const labels = target.map((y) => (y > 0 ? 1 : 0));
    fc.assert(
      fc.property(option, (chosen) => {
        const { model } = fitGbdtSync(binned, labels, { ...chosen, lambdaL2: 0, learningRate: 0.3, numIterations: 3 } as object);
        for (let t = 0; t + 1 < model.treeStart.length; t++) {
          const [start, end] = [model.treeStart[t], model.treeStart[t + 1]];
          const depth = new Map<number, number>([[start, 0]]);
          let leaves = 0;
          for (let i = start; i < end; i++) {
            const own = depth.get(i) ?? -1;
            if (model.feature[i] < 0) {
              leaves++;
              if (end - start > 1) expect(model.cover[i]).toBeGreaterThanOrEqual(Math.max(chosen.minDataInLeaf, chosen.objective === 'squared' ? chosen.minSumHessianInLeaf : 4 * chosen.minSumHessianInLeaf));
              if (chosen.maxDepth >= 0) expect(own).toBeLessThanOrEqual(chosen.maxDepth);
              continue;
            }
            for (const child of [model.left[i], model.right[i]]) depth.set(child, own + 1);
            expect(model.cover[model.left[i]] + model.cover[model.right[i]]).toBe(model.cover[i]);
          }
          expect(leaves).toBeLessThanOrEqual(chosen.numLeaves);
        }
      }),
      { numRuns: 40, seed: 5 },
    );
  });
});
