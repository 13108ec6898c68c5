import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binMatrix, fitGbdtSync, predictGbdt } from '../../../../src/learners/index.ts';
import { gbdtSettings } from '../../../../src/learners/gbdt/options.ts';
import { bagOf, bootstrapOf, gossSample, kthLargest, withoutRows } from '../../../../src/learners/gbdt/sampling.ts';
import { noisyData, range } from '../../data.ts';

const { matrix, target } = noisyData(1200, 4, 21, 0.05);
const binned = binMatrix(matrix);
const options = { numIterations: 8, numLeaves: 6, lambdaL2: 0, learningRate: 0.3 };

describe('the k-th largest', () => {
  it('is that of the sorted values, for any values and k', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double({ noNaN: true })), { minLength: 1, maxLength: 60 });
    fc.assert(fc.property(values, fc.nat(), (list, k) => {
      const rank = 1 + (k % list.length);
      expect(kthLargest(Float64Array.from(list), rank) + 0).toBe(Float64Array.from(list).sort()[list.length - rank] + 0);
    }));
  });
});

describe('bags', () => {
  const settings = gbdtSettings('test', { baggingFraction: 0.6, baggingFreq: 3, seed: 4 }, ['a']);

  it('hold their share of the rows, ascending, and change every baggingFreq iterations', () => {
    const rows = range(100, 5100);
    const bags = [0, 2, 3].map((iteration) => bagOf(rows, iteration, settings));
    expect(bags[1]).toEqual(bags[0]);
    expect(bags[2]).not.toEqual(bags[0]);
    // Binomial: 3000 with a standard deviation of 35.
    expect(Math.abs(bags[0].length - 3000)).toBeLessThan(150);
    bags[0].forEach((row, i) => expect(row).toBeGreaterThan(i === 0 ? 99 : bags[0][i - 1]));
  });

  it('leave a row in or out whatever other rows there are', () => {
    const all = new Set(bagOf(range(0, 500), 0, settings));
    expect([...bagOf(range(200, 300), 0, settings)]).toEqual([...range(200, 300)].filter((row) => all.has(row)));
  });

  it('rows outside the bag get the tree\'s value too: margins are those of the model', () => {
    // If they did not, the second tree would be fitted to other gradients.
    const bagged = fitGbdtSync(binned, target, { ...options, numIterations: 2, baggingFraction: 0.5, seed: 3 }).model;
    const first = fitGbdtSync(binned, target, { ...options, numIterations: 1, baggingFraction: 0.5, seed: 3 }).model;
    const margins = predictGbdt(first, matrix);
    const second = fitGbdtSync(binned, target, { ...options, numIterations: 1, rows: bagOf(range(0, 1200), 1, gbdtSettings('test', { baggingFraction: 0.5, seed: 3 }, ['a'])), initialMargins: margins }).model;
    const sum = predictGbdt(second, matrix).map((v, i) => v + margins[i]);
    predictGbdt(bagged, matrix).forEach((v, i) => expect(v).toBeCloseTo(sum[i], 6));
  });
});

describe('bootstrap', () => {
  it('draws as many rows as there are, with replacement', () => {
    const multiplier = new Float64Array(3000);
    const { rows } = bootstrapOf(range(1000, 3000), 0, 1, multiplier);
    expect(rows.reduce((sum, row) => sum + multiplier[row], 0)).toBe(2000);
    // 1 - 1 / e of the rows, with a standard deviation of 14.
    expect(Math.abs(rows.length - 1264)).toBeLessThan(70);
    expect(Math.min(...rows)).toBeGreaterThanOrEqual(1000);
  });
});

describe('gradient-based one-side sampling', () => {
  const settings = gbdtSettings('test', { dataSampleStrategy: 'goss', topRate: 0.2, otherRate: 0.1, seed: 2 }, ['a']);

  it('keeps the largest gradients and counts the drawn others for all of them', () => {
    const gradient = Float64Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? 1 : -1) * i);
    const multiplier = new Float64Array(4000);
    const { rows } = gossSample(range(0, 4000), 4000, 1, gradient, new Float64Array(4000).fill(1), 0, settings, multiplier);
    expect([...rows].filter((row) => row >= 3200)).toEqual([...range(3200, 4000)]);
    expect(rows.every((row) => multiplier[row] === (row >= 3200 ? 1 : 8))).toBe(true);
    // Others: 3200 of them, each with chance 0.1 / 0.8; standard deviation 19.
    expect(Math.abs(rows.length - 800 - 400)).toBeLessThan(95);
  });

  it('over the outputs adds the sizes', () => {
    const gradient = Float64Array.of(0, 5, 1, /* second output */ 9, 0, 1);
    const multiplier = new Float64Array(3);
    const { rows } = gossSample(range(0, 3), 3, 2, gradient, new Float64Array(6).fill(1), 0, { ...settings, topRate: 0.34 }, multiplier);
    expect(rows.includes(0)).toBe(true);
    expect(multiplier[0]).toBe(1);
  });

  it('learns', () => {
    const error = (o: object): number => predictGbdt(fitGbdtSync(binned, target, o).model, matrix).reduce((sum, p, i) => sum + (p - target[i]) ** 2, 0) / 1200;
    const goss = error({ ...options, dataSampleStrategy: 'goss' });
    expect(goss).toBeLessThan(error({ ...options, numIterations: 1, learningRate: 1e-9 }) * 0.8);
    expect(goss).not.toBe(error(options));
  });

  it('wants rates that make sense, and no bagging', () => {
    for (const wrong of [{ topRate: 0.9, otherRate: 0.2 }, { topRate: 0 }, { otherRate: 1 }, { baggingFraction: 0.5 }]) {
      expect(() => fitGbdtSync(binned, target, { dataSampleStrategy: 'goss', ...wrong })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => fitGbdtSync(binned, target, { topRate: 0.3 })).toThrow(expect.objectContaining({ message: expect.stringContaining('topRate must come with dataSampleStrategy "goss"') as string }));
  });
});

describe('rows left out', () => {
  it('are those the other list does not hold, in order', () => {
    expect([...withoutRows(Uint32Array.of(2, 3, 5, 7, 8), Uint32Array.of(3, 8, 1), 9)]).toEqual([2, 5, 7]);
    expect(withoutRows(Uint32Array.of(2, 3), Uint32Array.of(3, 2), 4).length).toBe(0);
  });
});
