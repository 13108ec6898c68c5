/** The contract every learner keeps. */
import { describe, expect, it } from 'vitest';
import { canonicalJson, fromPlain, toPlain } from '../../src/core/codec.ts';
import type { Plain } from '../../src/core/codec.ts';
import { drive, driveSync } from '../../src/core/drive.ts';
import { elasticNetLearner, gbdtLearner, modelCodecs, ridgeLearner } from '../../src/learners/index.ts';
import type { EncodedModel, FeatureMatrix, Learner, ModelBase, TrainingSet } from '../../src/learners/index.ts';
import { matrixOf, noisyData, range } from './data.ts';

interface Contract<Model extends ModelBase> {
  readonly learner: Learner<Model, object>;
  readonly options: object;
}

const contracts: Record<string, Contract<ModelBase>> = {
  gbdt: { learner: gbdtLearner as unknown as Learner<ModelBase>, options: { numIterations: 12, minDataInLeaf: 5, baggingFraction: 0.8 } },
  'gbdt logistic': { learner: gbdtLearner as unknown as Learner<ModelBase>, options: { objective: 'logistic', numIterations: 12, minDataInLeaf: 5 } },
  ridge: { learner: ridgeLearner as unknown as Learner<ModelBase>, options: {} },
  'elastic-net': { learner: elasticNetLearner as unknown as Learner<ModelBase>, options: {} },
};

const { matrix, target } = noisyData(250, 4, 51, 0.1);
const labels = target.map((y) => (y > 0 ? 1 : 0));
const [minusZero, ...rest] = matrix.columns;
const withMinusZero: FeatureMatrix = { ...matrix, columns: [minusZero.map((x, i) => (i % 9 === 0 ? -0 : x)), ...rest] };
const set = (name: string): TrainingSet => ({ matrix: withMinusZero, features: [2, 0, 3], rows: range(0, 200), target: name.includes('logistic') ? labels : target });

describe.each(Object.entries(contracts))('the port: %s', (name, { learner, options }) => {
  const context = { seed: 3 };
  const model = driveSync(learner.fit(set(name), options, context));
  const predicted = learner.predict(model, matrix);

  it('says its kind, and the codec of that kind reads it', () => {
    expect(model.kind).toBe(learner.kind);
    expect(Object.keys(modelCodecs)).toContain(learner.kind);
    expect(modelCodecs[learner.kind as keyof typeof modelCodecs].predict).toBe(learner.predict);
    expect(model.featureNames).toEqual(['f2', 'f0', 'f3']);
    expect(Object.isFrozen(model)).toBe(true);
  });

  it('comes back from JSON text with predictions equal to the bit', () => {
    const { plain, tensors } = learner.encode(model);
    const read = fromPlain(JSON.parse(JSON.stringify(toPlain({ plain, tensors }))) as Plain) as unknown as EncodedModel;
    const again = learner.decode(read);
    expect(canonicalJson(learner.encode(again))).toBe(canonicalJson({ plain, tensors }));
    expect(learner.predict(again, matrix)).toEqual(predicted);
    expect(learner.importance(again)).toEqual(learner.importance(model));
  });

  it('survives a structured clone', () => {
    expect(learner.predict(structuredClone(model), matrix)).toEqual(predicted);
  });

  it('is the same to the bit driven in slices or at once', async () => {
    const sliced = await drive(learner.fit(set(name), options, context));
    expect(canonicalJson(learner.encode(sliced))).toBe(canonicalJson(learner.encode(model)));
  });

  it('engine 1.9: importances are shares, so members of any kind can be averaged', () => {
    const importance = learner.importance(model);
    expect(importance.length).toBe(3);
    expect(importance.every((share) => share >= 0)).toBe(true);
    expect(importance.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  it('importances of a model that learned nothing are all 0', () => {
    const flat = driveSync(learner.fit({ ...set(name), matrix: matrixOf(...[0, 1, 2, 3].map(() => new Float64Array(250).fill(2))) }, options, context));
    expect(Array.from(learner.importance(flat))).toEqual([0, 0, 0]);
  });

  it('finds columns by name in any order, beside any others', () => {
    const order = [3, 1, 0, 2];
    const shuffled: FeatureMatrix = { rowCount: 250, names: [...order.map((f) => `f${f}`), 'other'], columns: [...order.map((f) => matrix.columns[f]), new Float64Array(250)] };
    expect(learner.predict(model, shuffled)).toEqual(predicted);
  });

  it('a missing column is an error that names it', () => {
    const without: FeatureMatrix = { rowCount: 250, names: ['f2', 'f3'], columns: [matrix.columns[2], matrix.columns[3]] };
    expect(() => learner.predict(model, without)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('"f0"') as string }));
  });

  it('a row outside the matrix is an error, not a missing row', () => {
    expect(() => learner.predict(model, matrix, Uint32Array.of(0, 250))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('rows[1]') as string }));
  });

  it('predicts no rows', () => {
    expect(learner.predict(model, matrix, new Uint32Array(0)).length).toBe(0);
  });

  it('an unknown option is an error', () => {
    const unknown = { ...options, alfa: 1 };
    expect(() => driveSync(learner.fit(set(name), unknown, context))).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
