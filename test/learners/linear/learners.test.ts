import { describe, expect, it } from 'vitest';
import { driveSync } from '../../../src/core/drive.ts';
import { quantileSorted } from '../../../src/core/stats.ts';
import { decodeLinear, encodeLinear } from '../../../src/learners/linear/predict.ts';
import { checkElasticNetOptions, checkRidgeOptions, elasticNetLearner, predictLinear, ridgeLearner } from '../../../src/learners/index.ts';
import type { EncodedModel, LinearModel, RidgeOptions, TrainingSet } from '../../../src/learners/index.ts';
import { matrixOf, noisyData, range } from '../data.ts';

const { matrix, target } = noisyData(200, 4, 41, 0.1);
const set: TrainingSet = { matrix, features: [0, 1, 2, 3], rows: range(0, 150), target };
const ridge = (changes: Partial<TrainingSet> = {}, options: RidgeOptions = { alpha: 1 }): LinearModel => driveSync(ridgeLearner.fit({ ...set, ...changes }, options, { seed: 0 }));

describe('preprocessing is fitted on the training rows and stored', () => {
  const model = ridge({}, { alpha: 1, clipQuantile: 0.05 });

  it('a row predicts the same alone and in any batch', () => {
    const all = predictLinear(model, matrix);
    for (let i = 0; i < 200; i++) expect(predictLinear(model, matrix, [i])[0]).toBe(all[i]);
    expect(Array.from(predictLinear(model, matrix, [7, 199, 7]))).toEqual([all[7], all[199], all[7]]);
  });

  it('values and labels of other rows change nothing', () => {
    const spoiled = { ...matrix, columns: matrix.columns.map((column) => column.map((x, i) => (i < 150 ? x : 1e9))) };
    expect(ridge({ matrix: spoiled, target: target.map((y, i) => (i < 150 ? y : NaN)) }, { alpha: 1, clipQuantile: 0.05 })).toEqual(model);
  });

  it('a missing value is at the training median', () => {
    const [missing, median] = [NaN, model.medians[2]].map((x) => predictLinear(model, matrixOf([0.1], [0.2], [x], [0.3]))[0]);
    expect(missing).toBe(median);
    const sorted = Array.from(matrix.columns[2].subarray(0, 150)).filter((x) => x === x).sort((a, b) => a - b);
    expect(model.medians[2]).toBe(quantileSorted(sorted, 0.5));
  });

  it('values are clipped at the training quantiles', () => {
    const sorted = Array.from(matrix.columns[0].subarray(0, 150)).filter((x) => x === x).sort((a, b) => a - b);
    const [low, high] = [0.05, 0.95].map((q) => quantileSorted(sorted, q));
    const at = (x: number): number => predictLinear(model, matrixOf([x], [0], [0], [0]))[0];
    expect(at(1e6)).toBeCloseTo(at(high), 12);
    expect(at(Infinity)).toBe(at(1e6));
    expect(at(-1e6)).toBeCloseTo(at(low), 12);
    expect(at((low + high) / 2)).toBeCloseTo((at(low) + at(high)) / 2, 12);
  });

  it('a constant or empty column has scale 1 and no influence', () => {
    const odd = ridge({ matrix: { ...matrix, columns: [matrix.columns[0], new Float64Array(200).fill(0.1), new Float64Array(200).fill(NaN), matrix.columns[3]] } });
    expect([odd.scales[1], odd.scales[2]]).toEqual([1, 1]);
    expect(Math.abs(odd.coefficients[1]) + Math.abs(odd.coefficients[2])).toBeLessThan(1e-12);
    expect(predictLinear(odd, matrix).every(Number.isFinite)).toBe(true);
  });
});

describe('ridgeLearner', () => {
  it('numbers features in the given order and uses weights', () => {
    const [some, all] = [ridge({ features: [3, 0] }), ridge({ features: [0, 3] })];
    expect(some.featureNames).toEqual(['f3', 'f0']);
    some.coefficients.forEach((b, j) => expect(b).toBeCloseTo(all.coefficients[1 - j], 12));
    const weights = target.map((_, i) => (i % 2) + 0.5);
    expect(ridge({ weights }).coefficients).not.toEqual(ridge().coefficients);
    ridge({ weights: weights.fill(3) }, { alpha: 3 }).coefficients.forEach((b, j) => expect(b).toBeCloseTo(ridge().coefficients[j], 12));
  });

  it('names the feature and the row of an infinity', () => {
    const infinite = { ...matrix, columns: matrix.columns.map((column, f) => column.map((x, i) => (f === 2 && i === 5 ? -Infinity : x))) };
    for (const learner of [ridgeLearner, elasticNetLearner]) {
      expect(() => driveSync(learner.fit({ ...set, matrix: infinite }, {}, { seed: 0 }))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringMatching(/feature "f2" must be finite or NaN, got -Infinity in row 5/) as string }));
    }
  });

  it('no rows and missing labels are errors', () => {
    for (const learner of [ridgeLearner, elasticNetLearner]) {
      expect(() => driveSync(learner.fit({ ...set, rows: range(0, 0) }, {}, { seed: 0 }))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
      expect(() => driveSync(learner.fit({ ...set, target: target.map(() => NaN) }, {}, { seed: 0 }))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
      const one = driveSync(learner.fit({ ...set, rows: range(3, 4) }, {}, { seed: 0 }));
      expect(predictLinear(one, matrix, [3])[0]).toBeCloseTo(target[3], 12);
    }
  });

  it('checks a recipe before anything is fitted', () => {
    for (const options of [{ alpha: -1 }, { clipQuantile: 0.5 }, { clipQuantile: -0.1 }]) {
      for (const check of [checkRidgeOptions, checkElasticNetOptions]) expect(() => check('recipe', options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => checkElasticNetOptions('recipe', { l1Ratio: 2 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    const unknown = { l1Ratio: 0.5 };
    expect(() => checkRidgeOptions('recipe', unknown as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('elasticNetLearner', () => {
  const train = (y: Float64Array, options = {}): LinearModel => driveSync(elasticNetLearner.fit({ ...set, target: y }, options, { seed: 0 }));

  it('engine 1.10: on targets the size of returns the elastic net is not constant', () => {
    const returns = train(target.map((y) => 0.02 * y));
    expect(returns.coefficients.some((b) => b !== 0)).toBe(true);
    const predicted = predictLinear(returns, matrix);
    expect(Math.max(...predicted) - Math.min(...predicted)).toBeGreaterThan(0.01);
  });

  it('the penalty means the same in any unit of the target', () => {
    const [whole, small] = [train(target), train(target.map((y) => y / 1024))];
    small.coefficients.forEach((b, j) => expect(b * 1024).toBeCloseTo(whole.coefficients[j], 10));
    expect(small.intercept * 1024).toBeCloseTo(whole.intercept, 10);
  });

  it('a constant target is predicted as it is', () => {
    const model = train(target.map(() => 0.1));
    predictLinear(model, matrix).forEach((p) => expect(p).toBeCloseTo(0.1, 14));
  });
});

describe('decodeLinear', () => {
  const model = ridge();
  const changed = (name: string, change: (tensor: Float64Array) => unknown): EncodedModel => {
    const { plain, tensors } = encodeLinear(model);
    const tensor = (tensors[name] as Float64Array).slice();
    return { plain, tensors: { ...tensors, [name]: (change(tensor) ?? tensor) as Float64Array } };
  };

  it('refuses what could not be predicted with', () => {
    const { plain, tensors } = encodeLinear(model);
    const names = ['coefficients', 'medians', 'means', 'scales', 'lower', 'upper'];
    const hostile: EncodedModel[] = [
      ...names.flatMap((name) => [changed(name, (t) => { t[1] = NaN; }), changed(name, (t) => { t[0] = Infinity; }), changed(name, (t) => t.subarray(1)), changed(name, (t) => Float32Array.from(t)), changed(name, () => ({ length: 4 }))]),
      changed('scales', (t) => { t[2] = 0; }),
      changed('scales', (t) => { t[2] = -1; }),
      changed('lower', (t) => { t[0] = 1e9; }),
      changed('coefficients', (t) => t.fill(1e308)),
      ...[null, [], 'text', { ...(plain as object), intercept: '1' }, { ...(plain as object), intercept: NaN }, { ...(plain as object), featureNames: 'abcd' }, { ...(plain as object), featureNames: ['a', 'a', 'b', 'c'] }].map((p) => ({ plain: p as EncodedModel['plain'], tensors })),
    ];
    for (const encoded of hostile) expect(() => decodeLinear('ridge', encoded)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
  });

  it('what it accepts predicts finite numbers, even with absurd preprocessing', () => {
    const probe = matrixOf(...[0, 1, 2, 3].map(() => [NaN, Infinity, -Infinity, 1e308, -1e308, 0]));
    for (const encoded of [changed('means', (t) => t.fill(-1e308)), changed('scales', (t) => t.fill(5e-324)), changed('medians', (t) => t.fill(1e308))]) {
      expect(predictLinear(decodeLinear('ridge', encoded), probe).every(Number.isFinite)).toBe(true);
    }
  });
});
