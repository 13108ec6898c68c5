import { describe, expect, it } from 'vitest';
import { binMatrix, fitGbdtSync, predictGbdt } from '../../../src/learners/index.ts';
import { noisyData, range } from '../data.ts';
import { encodeForTest } from './encode-for-test.ts';

describe('early stopping', () => {
  const { matrix, target } = noisyData(600, 5, 11, 0.05);
  const binned = binMatrix(matrix, { rows: range(0, 300) });
  const options = { rows: range(0, 300), numLeaves: 8, minDataInLeaf: 5, lambdaL2: 0, learningRate: 0.3, numIterations: 200 };
  const stop = { rows: range(300, 450), rounds: 5 };

  it('keeps the best iteration: the model of a fit of just that many', () => {
    const fit = fitGbdtSync(binned, target, { ...options, earlyStopping: stop });
    const losses = Array.from(fit.lossByIteration);
    expect(fit.reason).toBe('early-stopping');
    expect(fit.bestIteration).toBe(losses.indexOf(Math.min(...losses)) + 1);
    expect(losses.length).toBe(fit.bestIteration + 5);
    expect(fit.model.treeStart.length - 1).toBe(fit.bestIteration);
    const plain = fitGbdtSync(binned, target, { ...options, numIterations: fit.bestIteration });
    expect(plain.reason).toBe('iterations');
    expect(plain.lossByIteration.length).toBe(0);
    expect(encodeForTest(fit.model)).toBe(encodeForTest(plain.model));
  });

  it('watches the mean loss of its rows, predicted from raw values', () => {
    const logistic = target.map((y) => (y > 0 ? 1 : 0));
    for (const [objective, y] of [['squared', target], ['logistic', logistic]] as const) {
      const { model, lossByIteration, bestIteration } = fitGbdtSync(binned, y, { ...options, objective, earlyStopping: stop });
      const predicted = predictGbdt(model, matrix, { rows: stop.rows });
      const loss = (p: number, label: number): number => (objective === 'squared' ? (p - label) ** 2 / 2 : -Math.log(label === 1 ? p : 1 - p));
      const mean = predicted.reduce((sum, p, i) => sum + loss(p, y[stop.rows[i]]), 0) / stop.rows.length;
      expect(lossByIteration[bestIteration - 1]).toBeCloseTo(mean, 10);
    }
  });

  it('engine 1.7: no other row is looked at, and none is drawn at random', () => {
    const other = target.map((y, i) => (i < 450 ? y : NaN));
    const [a, b] = [target, other].map((y) => fitGbdtSync(binned, y, { ...options, earlyStopping: stop }));
    expect(encodeForTest(b.model)).toBe(encodeForTest(a.model));
    expect(b.lossByIteration).toEqual(a.lossByIteration);
  });

  it('watches out-of-bag training rows alike', () => {
    const rows = range(0, 300);
    const { model, lossByIteration, bestIteration } = fitGbdtSync(binned, target, { ...options, baggingFraction: 0.4, featureFraction: 0.5, numIterations: 12, earlyStopping: { rows, rounds: 50 } });
    const predicted = predictGbdt(model, matrix, { rows });
    const mean = predicted.reduce((sum, p, i) => sum + (p - target[i]) ** 2 / 2, 0) / 300;
    expect(lossByIteration[bestIteration - 1]).toBeCloseTo(mean, 10);
  });

  it('refuses no rows, rows twice, rows outside, no rounds and unknown keys', () => {
    for (const earlyStopping of [{ rows: [], rounds: 1 }, { rows: [1, 1], rounds: 1 }, { rows: [600], rounds: 1 }, { rows: [1], rounds: 0 }, { rows: [1], rounds: 1.5 }]) {
      expect(() => fitGbdtSync(binned, target, { ...options, earlyStopping })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    const unknown = { rows: [1], rounds: 1, round: 2 };
    expect(() => fitGbdtSync(binned, target, { ...options, earlyStopping: unknown })).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('"rounds"') as string }));
  });
});
