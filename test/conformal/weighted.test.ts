import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformalRadius } from '../../src/conformal/radius.ts';
import { fitWeightedConformal, weightedRadius } from '../../src/conformal/weighted.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';
import { casesOf, expectClose } from './reference.ts';

const radiusOf = (scores: number[], weights: number[], testWeight: number, alpha: number): number => weightedRadius(fitWeightedConformal(scores, weights, { alpha }), testWeight);

describe('weighted conformal', () => {
  it.each(casesOf('weighted').map((c) => [c.id, c] as const))('%s: closed form of Tibshirani et al. (2019)', (_, { input, params, expected }) => {
    expectClose([radiusOf(input.scores, input.w, input.w_test as unknown as number, params.alpha)], [expected.q as number]);
  });

  it('worked by hand: scores 1, 2, 3 of weights 1, 1, 2, at alpha 0.5', () => {
    const fit = fitWeightedConformal([3, 1, 2], [2, 1, 1], { alpha: 0.5 });
    expect(weightedRadius(fit, 0)).toBe(2); // half of 4: reached at 2
    expect(weightedRadius(fit, 1)).toBe(3); // half of 5
    expect(weightedRadius(fit, 4)).toBe(3); // half of 8: all four are just enough
    expect(weightedRadius(fit, 5)).toBe(Infinity);
    expect(fit.effectiveCount).toBeCloseTo(16 / 6, 14);
    expect([fit.totalWeight, fit.count, fit.missingRows]).toEqual([4, 3, 0]);
  });

  const scoreList = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 });
  const level = fc.integer({ min: 1, max: 999 }).map((v) => v / 1000);

  it('statistics 2: with equal weights it is the exact order statistic, float guard included', () => {
    fc.assert(fc.property(scoreList, level, fc.constantFrom(0.1, 1, 3, 1e-9, 1e9), (scores, alpha, w) => {
      expect(radiusOf(scores, scores.map(() => w), w, alpha)).toBe(conformalRadius(scores, alpha));
    }));
    expect(radiusOf([1, 2, 3, 4, 5, 6, 7, 8, 9], new Array<number>(9).fill(0.1), 0.1, 0.1)).toBe(9);
  });

  it('statistics 2: rounding above an integer does not cost a rank', () => {
    expect(10 * (1 - 0.7)).toBeGreaterThan(3);
    expect(radiusOf([1, 2, 3, 4, 5, 6, 7, 8, 9], new Array<number>(9).fill(1), 1, 0.7)).toBe(3);
  });

  it('equals the definition: the smallest score whose cumulative share reaches 1 - alpha', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 8 })), { minLength: 1, maxLength: 30 });
    fc.assert(fc.property(rows, fc.integer({ min: 0, max: 40 }), fc.constantFrom(0.125, 0.25, 0.5), (pairs, testWeight, alpha) => {
      const [scores, weights] = [pairs.map((p) => p[0]), pairs.map((p) => p[1])];
      const total = weights.reduce((a, b) => a + b, testWeight);
      const reaches = (s: number): boolean => pairs.reduce((sum, [score, w]) => (score <= s ? sum + w : sum), 0) >= (1 - alpha) * total;
      const expected = total === testWeight ? Infinity : Math.min(...scores.filter(reaches), Infinity);
      expect(radiusOf(scores, weights, testWeight, alpha)).toBe(expected);
    }));
  });

  it('never grows with alpha and never shrinks with the test weight', () => {
    fc.assert(fc.property(scoreList, level, level, fc.double({ min: 0, max: 50, noNaN: true }), fc.double({ min: 0, max: 50, noNaN: true }), (scores, a, b, v, w) => {
      const weights = scores.map((_, i) => 1 + (i % 5));
      expect(radiusOf(scores, weights, v, Math.max(a, b))).toBeLessThanOrEqual(radiusOf(scores, weights, v, Math.min(a, b)));
      expect(radiusOf(scores, weights, Math.max(v, w), a)).toBeGreaterThanOrEqual(radiusOf(scores, weights, Math.min(v, w), a));
    }));
  });

  it('covers under covariate shift, where the unweighted radius does not (2000 draws, 4 standard errors)', () => {
    // x uniform in calibration, density 2x in the test population, error growing with x: likelihood ratio 2x.
    const random = randomStream(3, 'shift');
    const [draws, n, alpha] = [2000, 60, 0.2];
    let [weighted, plain] = [0, 0];
    const scoreAt = (x: number): number => Math.abs(random.normal()) * x * x;
    for (let r = 0; r < draws; r++) {
      const x = Float64Array.from({ length: n }, random.uniform);
      const scores = Array.from(x, scoreAt);
      const testX = Math.sqrt(random.uniform());
      const score = scoreAt(testX);
      if (score <= radiusOf(scores, Array.from(x), testX, alpha)) weighted++;
      if (score <= conformalRadius(scores, alpha)) plain++;
    }
    const slack = 4 * Math.sqrt((alpha * (1 - alpha)) / draws);
    expect(weighted / draws).toBeGreaterThan(1 - alpha - slack);
    expect(plain / draws).toBeLessThan(1 - alpha - slack);
  });

  it('a test row of infinite or unknown weight, or rows of no weight, promise nothing', () => {
    const fit = fitWeightedConformal([1, 2], [1, 1], { alpha: 0.5 });
    expect([weightedRadius(fit, Infinity), weightedRadius(fit, NaN)]).toEqual([Infinity, Infinity]);
    expect(weightedRadius(fitWeightedConformal([1, 2], [0, 0]), 0)).toBe(Infinity);
    expect(weightedRadius(fitWeightedConformal([], []), 1)).toBe(Infinity);
    expect(fitWeightedConformal([], []).effectiveCount).toBe(0);
  });

  it('leaves rows without a score or weight out and counts them', () => {
    const fit = fitWeightedConformal([1, NaN, 3, 4], [1, 1, NaN, 1], { alpha: 0.5 });
    expect([fit.count, fit.missingRows, fit.totalWeight]).toEqual([2, 2, 2]);
    expect(weightedRadius(fit, 1)).toBe(4);
  });

  it('stores the tail only, and answers the same after the plain codec', () => {
    const random = randomStream(5, 'tail');
    const scores = Array.from({ length: 5000 }, random.uniform);
    const fit = fitWeightedConformal(scores, scores.map(() => 1), { alpha: 0.1 });
    expect(fit.scores.length).toBeLessThanOrEqual(501);
    expect(JSON.stringify(toPlain(fit)).length).toBeLessThan(12_000);
    const back = fromPlain(toPlain(fit)) as typeof fit;
    for (const w of [0, 1, 10, 500, 600]) expect(weightedRadius(back, w)).toBe(weightedRadius(fit, w));
    expect(Object.isFrozen(fit)).toBe(true);
  });

  it('refuses negative and infinite weights, different lengths and levels outside (0, 1)', () => {
    const code = (c: string): unknown => expect.objectContaining({ code: c });
    expect(() => fitWeightedConformal([1], [-1])).toThrow(code('ERR_DOMAIN'));
    expect(() => fitWeightedConformal([1], [Infinity])).toThrow(code('ERR_DOMAIN'));
    expect(() => fitWeightedConformal([1, 2], [1])).toThrow(code('ERR_SHAPE'));
    expect(() => fitWeightedConformal([1], [1], { alpha: 1 })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitWeightedConformal([1], [1], { level: 0.9 } as never)).toThrow(code('ERR_UNKNOWN_NAME'));
    expect(() => weightedRadius(fitWeightedConformal([1], [1]), -1)).toThrow(code('ERR_DOMAIN'));
  });
});
