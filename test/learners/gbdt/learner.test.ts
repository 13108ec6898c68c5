import { describe, expect, it } from 'vitest';
import { driveSync } from '../../../src/core/drive.ts';
import type { Task } from '../../../src/core/drive.ts';
import { binMatrix, checkGbdtLearnerOptions, fitGbdtSync, gbdtLearner } from '../../../src/learners/index.ts';
import type { FeatureMatrix, FitContext, GbdtModel, TrainingSet } from '../../../src/learners/index.ts';
import { noisyData, range } from '../data.ts';
import { encodeForTest } from './encode-for-test.ts';

const { matrix, target } = noisyData(300, 5, 21, 0.1);
const options = { numIterations: 10, minDataInLeaf: 5, lambdaL2: 1 };
const train = (set: Partial<TrainingSet>, context: Partial<FitContext> = {}): GbdtModel => driveSync(gbdtLearner.fit({ matrix, features: [0, 1, 2, 3, 4], rows: range(0, 200), target, ...set }, options, { seed: 1, ...context }));

describe('gbdtLearner', () => {
  it('numbers features in the given order', () => {
    const model = train({ features: [4, 0, 1] });
    expect(model.featureNames).toEqual(['f4', 'f0', 'f1']);
    const alone: FeatureMatrix = { rowCount: 300, names: ['f4', 'f0', 'f1'], columns: [4, 0, 1].map((f) => matrix.columns[f]) };
    expect(encodeForTest(model)).toBe(encodeForTest(fitGbdtSync(binMatrix(alone, { rows: range(0, 200) }), target, { ...options, rows: range(0, 200), seed: 1 }).model));
    expect(gbdtLearner.predict(model, matrix)).toEqual(gbdtLearner.predict(model, alone));
  });

  it('values and labels of rows it was not given change nothing', () => {
    const spoiled: FeatureMatrix = { ...matrix, columns: matrix.columns.map((column) => column.map((x, i) => (i < 200 ? x : 1e6 * i))) };
    expect(encodeForTest(train({ matrix: spoiled, target: target.map((y, i) => (i < 200 ? y : NaN)) }))).toBe(encodeForTest(train({})));
  });

  it('bins once for all fits of a run, on the rows the run allows', () => {
    const made = new Map<string, unknown>();
    let calls = 0;
    function* prepare<T>(key: string, make: (rows: Uint32Array) => Task<T>): Task<T> {
      if (!made.has(key)) {
        calls++;
        made.set(key, yield* make(range(0, 250)));
      }
      return made.get(key) as T;
    }
    const first = train({ rows: range(0, 100) }, { prepare });
    const second = train({ rows: range(100, 200), features: [2, 1] }, { prepare });
    expect(calls).toBe(1);
    expect(second.featureNames).toEqual(['f2', 'f1']);
    // Edges are those of rows 0..249, whatever the rows of the fit.
    const edges = binMatrix(matrix, { rows: range(0, 250) }).edges;
    for (const [model, numbers] of [[first, [0, 1, 2, 3, 4]], [second, [2, 1]]] as const) {
      model.feature.forEach((f, i) => expect(f < 0 || model.threshold[i] === Number.MAX_VALUE || edges[numbers[f]].includes(model.threshold[i])).toBe(true));
    }
    const other: FeatureMatrix = { ...matrix, columns: matrix.columns.map((column) => column.map((x, i) => (i < 250 ? x : -1e9))) };
    made.clear();
    expect(encodeForTest(train({ matrix: other, rows: range(0, 100) }, { prepare }))).toBe(encodeForTest(first));
  });

  it('uses weights and the seed of the context', () => {
    const weights = Float64Array.from(target, (_, i) => 1 + (i % 3));
    expect(encodeForTest(train({ weights }))).not.toBe(encodeForTest(train({})));
    const bagged = (seed: number): string => encodeForTest(driveSync(gbdtLearner.fit({ matrix, features: [0], rows: range(0, 200), target }, { ...options, baggingFraction: 0.5 }, { seed })));
    expect(bagged(1)).not.toBe(bagged(2));
  });

  it('checks a recipe before anything is fitted', () => {
    expect(() => checkGbdtLearnerOptions('gbdt', options)).not.toThrow();
    for (const wrong of [{ maxBin: 1 }, { numLeaves: 1 }]) expect(() => checkGbdtLearnerOptions('gbdt', wrong)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    const unknown = [{ maxBins: 9 }, { rows: [1] }, { seed: 1 }];
    for (const wrong of unknown) expect(() => checkGbdtLearnerOptions('gbdt', wrong as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
