import { describe, expect, it } from 'vitest';
import { binMatrix, fitGbdt, fitGbdtSync, predictGbdt } from '../../../src/learners/index.ts';
import { matrixOf, noisyData } from '../data.ts';
import { encodeForTest } from './encode-for-test.ts';

const domain = (message: RegExp): unknown => expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringMatching(message) as string });
const free = { minDataInLeaf: 1, minSumHessianInLeaf: 0, lambdaL2: 0, learningRate: 1 };

describe('small and odd data', () => {
  it('a constant target is its own model', () => {
    for (const constant of [0, 0.1, -7e20]) {
      const fit = fitGbdtSync(binMatrix(matrixOf([1, 2, 3])), [constant, constant, constant], free);
      expect(fit.bestIteration).toBeLessThanOrEqual(1);
      predictGbdt(fit.model, matrixOf([1, NaN])).forEach((p) => expect(p / (constant || 1)).toBeCloseTo(constant === 0 ? 0 : 1, 14));
    }
  });

  it('one row, two rows', () => {
    const one = fitGbdtSync(binMatrix(matrixOf([5])), [3], free);
    expect([one.reason, one.bestIteration, predictGbdt(one.model, matrixOf([5]))[0]]).toEqual(['no-split', 0, 3]);
    const two = fitGbdtSync(binMatrix(matrixOf([5, 6])), [3, 4], { ...free, numIterations: 1 });
    expect(Array.from(predictGbdt(two.model, matrixOf([5, 6])))).toEqual([3, 4]);
  });

  it('a column without a value is never used', () => {
    const { matrix, target } = noisyData(60, 2, 1);
    const withNaN = { ...matrix, names: ['none', 'f1'], columns: [new Float64Array(60).fill(NaN), matrix.columns[1]] };
    const { model } = fitGbdtSync(binMatrix(withNaN), target, { ...free, numIterations: 5 });
    expect(new Set(model.feature)).toEqual(new Set([-1, 1]));
    expect(fitGbdtSync(binMatrix(matrixOf([NaN, NaN])), [1, 2], free).reason).toBe('no-split');
  });

  it('logistic with one class predicts near it', () => {
    for (const label of [0, 1]) {
      const { model } = fitGbdtSync(binMatrix(matrixOf([1, 2, 3])), [label, label, label], { ...free, objective: 'logistic', numIterations: 3 });
      predictGbdt(model, matrixOf([2])).forEach((p) => expect(Math.abs(p - label)).toBeLessThan(1e-8));
    }
  });

  it('perfectly parted logistic labels stay finite over many trees', () => {
    const { model } = fitGbdtSync(binMatrix(matrixOf([1, 2, 3, 4])), [0, 0, 1, 1], { ...free, objective: 'logistic', numIterations: 500 });
    for (const p of predictGbdt(model, matrixOf([1, 4]), { output: 'margin' })) expect(Number.isFinite(p)).toBe(true);
  });

  it('targets of any size fit alike: a power of two only scales the model', () => {
    const { matrix, target } = noisyData(200, 3, 2);
    const train = (factor: number): Float64Array => predictGbdt(fitGbdtSync(binMatrix(matrix), target.map((y) => y * factor), { minDataInLeaf: 5, lambdaL2: 1, numIterations: 10 }).model, matrix);
    const base = train(1);
    for (const factor of [2 ** -300, 2 ** -20, 2 ** 20, 2 ** 300]) expect(train(factor).map((p) => p / factor)).toEqual(base);
  });

  it('sums of gradients whose squares overflow are refused, not turned into NaN', () => {
    const binned = binMatrix(matrixOf([1, 2, 3, 4]));
    for (const target of [[1e308, -1e308, 1, 2], [1.7e308, 1.7e308, 1.7e308, -1.7e308], [1e200, 0, 0, 0]]) expect(() => fitGbdtSync(binned, target, free)).toThrow(domain(/target and weights/));
    expect(() => fitGbdtSync(binned, [0, 1, 2, 3], { ...free, weights: [1e308, 1e308, 1e308, 1e308] })).toThrow(domain(/target and weights/));
    expect(() => fitGbdtSync(binned, [0, 1, 2, 3], { ...free, baseScore: -1e300 })).toThrow(domain(/target and weights/));
  });

  it('baseScore is where margins start', () => {
    const { model } = fitGbdtSync(binMatrix(matrixOf([1, 2])), [3, 5], { ...free, numIterations: 1, baseScore: 1 });
    // Gradients -2 and -4: leaves 2 and 4.
    expect(model.baseScores[0]).toBe(1);
    expect(Array.from(predictGbdt(model, matrixOf([1, 2])))).toEqual([3, 5]);
  });
});

describe('arguments', () => {
  const binned = binMatrix(matrixOf([1, 2, 3]));
  const target = [1, 2, 3];

  it('no rows, rows twice, rows outside', () => {
    expect(() => fitGbdtSync(binned, target, { rows: [] })).toThrow(domain(/rows must hold at least one row, got 0/));
    expect(() => fitGbdtSync(binMatrix(matrixOf([])), [])).toThrow(domain(/at least one row/));
    expect(() => fitGbdtSync(binned, target, { rows: [0, 1, 0] })).toThrow(domain(/must not repeat a row \(use weights\), got row 0 twice/));
    for (const rows of [[3], [-1], [0.5], [NaN]]) expect(() => fitGbdtSync(binned, target, { rows })).toThrow(domain(/rows\[0\] must be a row in \[0, 2\]/));
  });

  it('labels that are missing, infinite, outside {0, 1} for logistic, or too few', () => {
    for (const bad of [NaN, Infinity]) expect(() => fitGbdtSync(binned, [1, 2, bad])).toThrow(domain(/target must be finite on every row used, got .* in row 2/));
    for (const bad of [2, 0.5, -1, NaN]) expect(() => fitGbdtSync(binned, [0, 1, bad], { objective: 'logistic' })).toThrow(domain(/target must be 0 or 1 on every row used, got .* in row 2/));
    expect(() => fitGbdtSync(binned, [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(fitGbdtSync(binned, [1, 2, NaN], { rows: [0, 1] }).model.baseScores[0]).toBe(1.5);
  });

  it('an unknown option is an error with the nearest name', () => {
    const unknown = { numLeafs: 3 };
    expect(() => fitGbdtSync(binned, target, unknown as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('did you mean "numLeaves"?') as string }));
  });

  it('every option has its range', () => {
    const wrong: Record<string, unknown[]> = {
      objective: ['hubert', 3], numIterations: [0, 1.5, 100_001], learningRate: [0, 1.1, NaN], numLeaves: [1, 1025], maxDepth: [-2], minDataInLeaf: [0], minSumHessianInLeaf: [-1, Infinity],
      lambdaL2: [-1], minGainToSplit: [-1], baggingFraction: [0, 1.1], featureFraction: [0, 2], seed: [-1, 0.5, 2 ** 32], baseScore: [NaN],
    };
    for (const [name, values] of Object.entries(wrong)) for (const value of values) expect(() => fitGbdtSync(binned, target, { [name]: value })).toThrow(domain(new RegExp(`^fitGbdt: ${name} `)));
  });
});

describe('long work', () => {
  it('is the same to the bit driven at once or in slices', async () => {
    const { matrix, target } = noisyData(3000, 5, 8, 0.1);
    const binned = binMatrix(matrix);
    const options = { numIterations: 30, baggingFraction: 0.7, seed: 3 };
    const steps: number[] = [];
    const sliced = await fitGbdt(binned, target, { ...options, onProgress: ({ phase, done, total }) => steps.push(phase === 'boosting' ? done / total : NaN) });
    expect(encodeForTest(sliced.model)).toBe(encodeForTest(fitGbdtSync(binned, target, options).model));
    expect(steps[steps.length - 1]).toBe(1);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  it('aborts within 50 ms, 60,000 rows and 20 features', async () => {
    const { matrix, target } = noisyData(60_000, 20, 9);
    const binned = binMatrix(matrix, { sampleRows: 5000 });
    fitGbdtSync(binned, target, { numIterations: 3 }); // compiled
    // The best of ten: the machine may be busy elsewhere, the promise is about the work between two looks at the signal.
    const delays: number[] = [];
    for (let attempt = 0; attempt < 10 && Math.min(...delays) > 50 - 1e-9; attempt++) {
      const controller = new AbortController();
      let aborted = 0;
      setTimeout(() => {
        aborted = performance.now();
        controller.abort(new Error('stop'));
      }, 60);
      await expect(fitGbdt(binned, target, { numIterations: 100_000, signal: controller.signal })).rejects.toThrow('stop');
      delays.push(performance.now() - aborted);
    }
    expect(Math.min(...delays)).toBeLessThan(50);
  });
});
