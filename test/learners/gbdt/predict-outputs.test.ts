import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predictGbdt, predictGbdtLeaves, predictGbdtRow, stagedPredictGbdt } from '../../../src/learners/index.ts';
import type { GbdtModel } from '../../../src/learners/index.ts';
import { plainMargins, randomModel, rowsFor } from './predict-models.ts';

const matrixOfRows = (rowCount: number) => ({ rowCount, names: ['x'], columns: [new Float64Array(rowCount)] });

/** One leaf per output. */
function constantModel(objective: GbdtModel['objective'], ...margins: number[]): GbdtModel {
  const zeros = () => new Float64Array(margins.length);
  const none = () => new Int32Array(margins.length).fill(-1);
  return {
    kind: 'gbdt', featureNames: ['x'], objective, outputs: margins.length, baseScores: zeros(), treeStart: Int32Array.from({ length: margins.length + 1 }, (_, t) => t), feature: none(), threshold: zeros(),
    left: none(), right: none(), missingLeft: new Uint8Array(margins.length), value: Float64Array.from(margins), gain: zeros(), cover: zeros(),
  };
}

describe('response', () => {
  it('is the margin itself, a probability, a mean or a score, as the objective says', () => {
    for (const objective of ['squared', 'absolute', 'huber', 'quantile', 'lambdarank', 'xendcg', 'custom'] as const) expect(predictGbdt(constantModel(objective, -1.5), matrixOfRows(2))).toEqual(Float64Array.of(-1.5, -1.5));
    for (const objective of ['poisson', 'gamma', 'tweedie'] as const) expect(predictGbdt(constantModel(objective, Math.LN2), matrixOfRows(1))[0]).toBeCloseTo(2, 14);
    expect(predictGbdt(constantModel('logistic', Math.log(3)), matrixOfRows(1))[0]).toBeCloseTo(0.75, 14);
    expect(predictGbdt(constantModel('logistic', -800), matrixOfRows(1))[0]).toBe(0);
    expect(predictGbdt(constantModel('logistic', 800), matrixOfRows(1))[0]).toBe(1);
  });

  it('softmax: probabilities of the classes row by row, without overflow', () => {
    // exp of 0, ln 2 and ln 5 are 1, 2 and 5.
    const shares = predictGbdt(constantModel('softmax', 0, Math.log(2), Math.log(5)), matrixOfRows(2));
    expect(shares).toHaveLength(6);
    [1 / 8, 2 / 8, 5 / 8, 1 / 8, 2 / 8, 5 / 8].forEach((share, i) => expect(shares[i]).toBeCloseTo(share, 14));
    const far = predictGbdt(constantModel('softmax', 5000, 5000, -5000), matrixOfRows(1));
    expect(Array.from(far)).toEqual([0.5, 0.5, 0]);
    expect(Array.from(predictGbdt(constantModel('softmax', 1, 2), matrixOfRows(2), { output: 'margin' }))).toEqual([1, 2, 1, 2]);
  });
});

describe('predictGbdtRow', () => {
  it('gives the bits of predictGbdt, before and after the model is compiled, in one output or several', () => {
    for (const [outputs, objective] of [[1, 'logistic'], [1, 'squared'], [3, 'softmax'], [2, 'custom']] as const) {
      const model = randomModel({ seed: outputs, outputs, objective, trees: 20, firstCategorical: 3, shape: 'chain' });
      const matrix = rowsFor(model, 700, 5);
      const into = new Float64Array(outputs);
      for (const output of ['response', 'margin'] as const) {
        const all = predictGbdt(model, matrix, { output });
        for (let i = 0; i < matrix.rowCount; i++) {
          const row = matrix.columns.map((column) => column[i]);
          const first = predictGbdtRow({ ...model }, row, output, into); // a new model is not compiled
          expect(first).toBe(into[0]);
          expect(into).toEqual(all.slice(i * outputs, (i + 1) * outputs));
          into.fill(NaN);
          expect(predictGbdtRow(model, row, output, into)).toBe(all[i * outputs]);
          expect(into).toEqual(all.slice(i * outputs, (i + 1) * outputs));
          if (outputs === 1) expect(predictGbdtRow(model, row, output)).toBe(all[i]);
        }
      }
    }
  });

  it('keeps nothing of the row before', () => {
    const model = randomModel({ seed: 21, trees: 30 });
    const matrix = rowsFor(model, 600, 22);
    predictGbdt(model, matrix);
    const [a, b] = [10, 20].map((i) => matrix.columns.map((column) => column[i]));
    const alone = predictGbdtRow(model, a);
    predictGbdtRow(model, b);
    predictGbdt(model, matrix, { rows: [20] });
    expect(predictGbdtRow(model, a)).toBe(alone);
  });

  it('refuses rows and arrays of another length and unknown outputs', () => {
    const [one, two] = [randomModel({ seed: 1 }), randomModel({ seed: 1, outputs: 2 })];
    const row = [0, 0, 0, 0];
    for (const bad of [[], [0, 0, 0], [0, 0, 0, 0, 0]]) expect(() => predictGbdtRow(one, bad)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => predictGbdtRow(two, row)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => predictGbdtRow(two, row, 'margin', new Float64Array(3))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => predictGbdtRow(one, row, 'logit' as 'margin')).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('iterations', () => {
  it('n uses the first n trees of each output; none gives the base scores', () => {
    const model = randomModel({ seed: 7, trees: 9, outputs: 2 });
    const matrix = rowsFor(model, 600, 8);
    for (const iterations of [0, 1, 5, 9]) expect(Array.from(predictGbdt(model, matrix, { iterations, output: 'margin' }))).toEqual(plainMargins(model, matrix, iterations));
    expect(predictGbdt(model, matrix, { iterations: 0, rows: [3] })).toEqual(model.baseScores);
  });

  it('are refused outside [0, iterations of the model]', () => {
    const model = randomModel({ seed: 7, trees: 9, outputs: 2 });
    for (const iterations of [-1, 10, 1.5, NaN]) expect(() => predictGbdt(model, rowsFor(model, 1, 1), { iterations })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('stagedPredictGbdt', () => {
  it('is predictGbdt after every, 2 every, ... iterations and after the last one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 3, 600), fc.constantFrom('response' as const, 'margin' as const), fc.nat(), (trees, every, outputs, rowCount, output, seed) => {
        const model = randomModel({ seed, trees, outputs, maxLeaves: 6, objective: outputs === 1 ? 'logistic' : 'softmax' });
        const matrix = rowsFor(model, rowCount, seed);
        const stages = [...stagedPredictGbdt(model, matrix, { every, output })];
        expect(stages).toHaveLength(Math.ceil(trees / every));
        stages.forEach((stage, s) => expect(stage).toEqual(predictGbdt(model, matrix, { iterations: Math.min(trees, (s + 1) * every), output })));
      }),
      { numRuns: 30 },
    );
  });

  it('does not read what it handed out, and takes rows', () => {
    const model = randomModel({ seed: 9, trees: 40 });
    const matrix = rowsFor(model, 30, 9);
    let last = new Float64Array(0);
    for (const stage of stagedPredictGbdt(model, matrix, { rows: [4, 4, 29] })) {
      last = stage.slice();
      stage.fill(NaN);
    }
    expect(last).toEqual(predictGbdt(model, matrix, { rows: [4, 4, 29] }));
  });

  it('checks its arguments when called', () => {
    const model = randomModel({ seed: 9 });
    const matrix = rowsFor(model, 3, 9);
    for (const options of [{ every: 0 }, { every: 1.5 }, { rows: [3] }, { output: 'leaf' as 'margin' }]) expect(() => stagedPredictGbdt(model, matrix, options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => stagedPredictGbdt(model, matrix, { step: 2 } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('predictGbdtLeaves', () => {
  it('numbers the leaves of a tree from 0 in the order of its nodes', () => {
    // Root 0 with children 1 and 2; node 1 splits again: the leaves are nodes 2, 3, 4.
    const model: GbdtModel = {
      ...constantModel('squared', 0), treeStart: Int32Array.of(0, 5, 6), feature: Int32Array.of(0, 0, -1, -1, -1, -1), threshold: Float64Array.of(5, 1, 0, 0, 0, 0), left: Int32Array.of(1, 3, -1, -1, -1, -1), right: Int32Array.of(2, 4, -1, -1, -1, -1),
      missingLeft: new Uint8Array(6), value: new Float64Array(6), gain: new Float64Array(6), cover: new Float64Array(6),
    };
    const matrix = { rowCount: 3, names: ['x'], columns: [Float64Array.of(0, 2, 6)] };
    expect(predictGbdtLeaves(model, matrix)).toEqual(Int32Array.of(1, 0, 2, 0, 0, 0));
    expect(predictGbdtLeaves(model, matrix, { rows: [2, 0] })).toEqual(Int32Array.of(0, 0, 1, 0));
  });

  it('values of the leaves add up to the margins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 3 }), fc.nat(), (trees, outputs, seed) => {
        const model = randomModel({ seed, trees, outputs, firstCategorical: 2 });
        const matrix = rowsFor(model, 20, seed);
        const leaves = predictGbdtLeaves(model, matrix);
        const valuesOf = (t: number): number[] => Array.from(model.value.subarray(model.treeStart[t], model.treeStart[t + 1])).filter((_, i) => model.feature[model.treeStart[t] + i] < 0);
        const margins = Array.from({ length: 20 }, (_, row) => {
          const own = Array.from(model.baseScores);
          for (let t = 0; t < trees * outputs; t++) own[t % outputs] += valuesOf(t)[leaves[row * trees * outputs + t]];
          return own;
        }).flat();
        expect(margins).toEqual(Array.from(predictGbdt(model, matrix, { output: 'margin' })));
      }),
    );
  });

  it('refuses unknown options and rows outside', () => {
    const model = randomModel({ seed: 9 });
    const matrix = rowsFor(model, 3, 9);
    expect(() => predictGbdtLeaves(model, matrix, { rows: [3] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => predictGbdtLeaves(model, matrix, { row: [0] } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
