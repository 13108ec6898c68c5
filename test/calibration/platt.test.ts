import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPlatt, applyPlattBatch, checkPlattFit, fitPlatt } from '../../src/calibration/index.ts';
import type { PlattFit } from '../../src/calibration/index.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';

interface SigmoidCase {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly f: number[]; readonly y: number[]; readonly w: number[] | null; readonly f_test: number[] };
  readonly expected: { readonly a_opt: number; readonly b_opt: number; readonly p_test_opt: number[] };
}
const reference = JSON.parse(readFileSync(new URL('./fixtures/platt.json', import.meta.url), 'utf8')) as { cases: SigmoidCase[] };
const cases = reference.cases.filter((item) => item.kind === 'sigmoid');

describe('reference values (scikit-learn objective, minimised to 1e-12)', () => {
  it('has all ten sigmoid cases', () => {
    expect(cases).toHaveLength(10);
  });

  // The reference writes P = 1 / (1 + exp(a f + b)): our slope is -a and our intercept -b.
  it.each(cases.map((item) => [item.id, item] as const))('%s', (_id, { input, expected }) => {
    const fit = fitPlatt(input.f, input.y, input.w === null ? {} : { weights: input.w });
    expect(fit).toMatchObject({ method: 'platt', reason: null, converged: true });
    expect(Math.abs(-fit.slope - expected.a_opt)).toBeLessThan(1e-6);
    expect(Math.abs(-fit.intercept - expected.b_opt)).toBeLessThan(1e-6);
    const p = applyPlattBatch(fit, input.f_test);
    for (const [i, value] of expected.p_test_opt.entries()) expect(Math.abs(p[i] - value)).toBeLessThan(1e-6);
  });
});

describe('worked by hand', () => {
  it('two rows: the sigmoid passes through the softened labels 1/3 and 2/3', () => {
    const fit = fitPlatt([0, 1], [0, 1]);
    expect(applyPlatt(fit, 0)).toBeCloseTo(1 / 3, 12);
    expect(applyPlatt(fit, 1)).toBeCloseTo(2 / 3, 12);
    expect(fit.slope).toBeCloseTo(2 * Math.log(2), 12);
  });

  it('two scores, four rows each: each side has its mean softened label', () => {
    // N+ = N- = 4: targets 5/6 and 1/6. At 0 three zeros and a one, at 1 the reverse: means 1/3 and 2/3.
    const fit = fitPlatt([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 0, 1, 1, 1]);
    expect(applyPlatt(fit, 0)).toBeCloseTo(1 / 3, 12);
    expect(applyPlatt(fit, 1)).toBeCloseTo(2 / 3, 12);
  });

  it('a weight of 3 is the same row three times', () => {
    const once = fitPlatt([0, 1, 2, 3], [0, 1, 0, 1], { weights: [3, 1, 2, 1] });
    const repeated = fitPlatt([0, 0, 0, 1, 2, 2, 3], [0, 0, 0, 1, 0, 0, 1]);
    expect(once.slope).toBeCloseTo(repeated.slope, 12);
    expect(once.intercept).toBeCloseTo(repeated.intercept, 12);
    expect([once.n, repeated.n]).toEqual([4, 7]);
  });

  it('prints itself', () => {
    expect(inspect(fitPlatt([0, 1], [0, 1]))).toBe('platt (platt), slope 1.386, intercept -0.6931, 1 of 2 rows positive');
    expect(inspect(fitPlatt([0, 1], [1, 1]))).toContain('base-rate: one-class');
  });
});

describe('engine 3 defects', () => {
  const baseRate = (fit: PlattFit, reason: string, rate: number): void => {
    expect(fit).toMatchObject({ method: 'base-rate', reason, slope: 0, converged: false });
    for (const score of [-1e9, 0, 3, Infinity]) expect(applyPlatt(fit, score)).toBeCloseTo(rate, 12);
  };

  it('engine 3: one class gives the softened base rate and says so', () => {
    baseRate(fitPlatt([1, 2, 3], [1, 1, 1]), 'one-class', 4 / 5);
    baseRate(fitPlatt([1, 2, 3], [0, 0, 0]), 'one-class', 1 / 5);
  });

  it('engine 3: constant scores give the base rate and say so', () => {
    baseRate(fitPlatt([2, 2, 2, 2], [1, 1, 0, 1]), 'constant-scores', 4 / 6);
    baseRate(fitPlatt([0.1, 0.1, 0.1], [1, 1, 0]), 'constant-scores', 3 / 5);
    baseRate(fitPlatt([1e9, 1e9 + 1e-7, 1e9], [1, 1, 0]), 'constant-scores', 3 / 5);
  });

  it('engine 3: fewer than two rows give the base rate and say so', () => {
    baseRate(fitPlatt([], []), 'too-few-rows', 1 / 2);
    baseRate(fitPlatt([5], [1]), 'too-few-rows', 2 / 3);
    baseRate(fitPlatt([5, NaN, 7], [1, 1, NaN]), 'too-few-rows', 2 / 3);
  });

  it('engine 3: the fallback answers from the outcomes, not from a rescaled score', () => {
    expect(applyPlatt(fitPlatt([0, 10], [1, 1]), 0)).toBe(applyPlatt(fitPlatt([0, 10], [1, 1]), 10));
  });

  it('engine 3: a fallback is not sticky, the next fit stands on its own', () => {
    const [scores, labels] = [[-2, -1, 1, 2], [0, 1, 0, 1]];
    const before = fitPlatt(scores, labels);
    fitPlatt([1, 1], [1, 1]);
    expect(fitPlatt(scores, labels)).toEqual(before);
    expect(before.method).toBe('platt');
  });

  it('engine 3: missing scores and labels are left out and counted', () => {
    const fit = fitPlatt([-2, NaN, -1, 1, Infinity, 2, 5], [0, 1, 1, 0, 1, 1, NaN]);
    expect(fit).toMatchObject({ n: 4, positives: 2, missingRows: 3 });
    expect(fit.slope).toBe(fitPlatt([-2, -1, 1, 2], [0, 1, 0, 1]).slope);
  });

  it('engine 3: a probability never leaves [0, 1]', () => {
    const fit = fitPlatt([-2, -1, 1, 2], [0, 0, 1, 1]);
    expect([-Infinity, -1e308, 1e308, Infinity].map((s) => applyPlatt(fit, s))).toEqual([0, 0, 1, 1]);
    expect(applyPlatt(fit, NaN)).toBeNaN();
  });

  it('engine 3: the state comes back through text to the bit', () => {
    for (const fit of [fitPlatt([-2, -1, 1, 2], [0, 1, 0, 1]), fitPlatt([1], [1])]) {
      const back = checkPlattFit(fromPlain(JSON.parse(JSON.stringify(toPlain(fit)))));
      expect(back).toEqual(fit);
      expect(Object.isFrozen(back)).toBe(true);
      expect(applyPlatt(back, 0.3)).toBe(applyPlatt(fit, 0.3));
    }
  });
});

describe('hard data', () => {
  it('statistics 2: separable scores have a finite slope, and probabilities near the boundary stay inside (0, 1)', () => {
    for (const n of [4, 100, 20_000]) {
      const scores = Array.from({ length: n }, (_, i) => i - n / 2 + 0.5);
      const fit = fitPlatt(scores, scores.map((s) => (s > 0 ? 1 : 0)));
      expect(fit).toMatchObject({ method: 'platt', converged: true });
      for (const p of [applyPlatt(fit, -1.5), applyPlatt(fit, 1.5)]) expect(p > 0.01 && p < 0.99).toBe(true);
    }
  });

  it('scores of any unit and offset converge to the same probabilities', () => {
    const random = randomStream(8, 'platt');
    const scores = Float64Array.from({ length: 500 }, random.normal);
    const labels = scores.map((s) => (random.uniform() < 1 / (1 + Math.exp(-s)) ? 1 : 0));
    const fit = fitPlatt(scores, labels);
    for (const [scale, offset] of [[1e-150, 0], [1e150, 0], [1, 1e6], [1e-3, -50]]) {
      const moved = fitPlatt(scores.map((s) => scale * s + offset), labels);
      expect(moved.method).toBe('platt');
      expect(Math.abs(applyPlatt(moved, scale * 0.7 + offset) - applyPlatt(fit, 0.7))).toBeLessThan(1e-7); // offset 1e6 costs ten of sixteen digits
    }
  });

  it('finds the generating sigmoid: slope within 4 standard errors', () => {
    const random = randomStream(9, 'platt');
    const scores = Float64Array.from({ length: 20_000 }, random.normal);
    const labels = scores.map((s) => (random.uniform() < 1 / (1 + Math.exp(-(0.8 * s - 0.4))) ? 1 : 0));
    const fit = fitPlatt(scores, labels);
    const information = scores.reduce((sum, s) => sum + applyPlatt(fit, s) * (1 - applyPlatt(fit, s)) * s * s, 0);
    expect(Math.abs(fit.slope - 0.8)).toBeLessThan(4 / Math.sqrt(information));
  });

  it('the optimum is stationary: mean probability equals mean softened label', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.double({ min: -100, max: 100, noNaN: true }), fc.boolean()), { maxLength: 50 }), (rows) => {
      const [scores, labels] = [rows.map((r) => r[0]), rows.map((r) => Number(r[1]))];
      const fit = fitPlatt(scores, labels);
      expect(applyPlattBatch(fit, scores).every((p) => p > 0 && p < 1)).toBe(true);
      if (fit.method !== 'platt') return;
      const positives = fit.positives;
      const negatives = fit.n - positives;
      const softened = (positives * (positives + 1)) / (positives + 2) + negatives / (negatives + 2);
      expect(Math.abs(applyPlattBatch(fit, scores).reduce((a, b) => a + b, 0) - softened)).toBeLessThan(1e-6 * fit.n);
    }));
  });

  it('is monotone in the score', () => {
    const finite = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(fc.property(fc.array(fc.tuple(finite, fc.boolean()), { maxLength: 30 }), finite, finite, (rows, a, b) => {
      const fit = fitPlatt(rows.map((r) => r[0]), rows.map((r) => Number(r[1])));
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((s) => applyPlatt(fit, s));
      if (fit.slope >= 0) expect(low).toBeLessThanOrEqual(high);
      else expect(low).toBeGreaterThanOrEqual(high);
    }));
  });

  it('swapping the classes mirrors the probabilities', () => {
    const [scores, labels] = [[-3, -1, 0, 2, 4, 5], [0, 1, 0, 0, 1, 1]];
    const [fit, swapped] = [fitPlatt(scores, labels), fitPlatt(scores, labels.map((y) => 1 - y))];
    expect(swapped.slope).toBeCloseTo(-fit.slope, 10);
    expect(swapped.intercept).toBeCloseTo(-fit.intercept, 10);
  });
});

describe('increasing', () => {
  it('keeps a rising sigmoid and replaces a falling one by the base rate', () => {
    const [scores, falling] = [[-2, -1, 1, 2, 3], [1, 1, 0, 0, 0]];
    expect(fitPlatt(scores, falling).slope).toBeLessThan(0);
    expect(fitPlatt(scores, falling, { increasing: true })).toMatchObject({ method: 'base-rate', reason: 'inverted', slope: 0 });
    expect(fitPlatt(scores, falling.map((y) => 1 - y), { increasing: true })).toMatchObject({ method: 'platt' });
  });
});

describe('mistakes of the caller', () => {
  const bad = (run: () => unknown, code: string, message: RegExp): void => {
    expect(run).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
  };

  it('unequal lengths, labels that are not 0 or 1, bad weights, unknown options', () => {
    bad(() => fitPlatt([1, 2], [1]), 'ERR_SHAPE', /scores and labels/);
    bad(() => fitPlatt([1, 2], [1, 0], { weights: [1] }), 'ERR_SHAPE', /weights/);
    bad(() => fitPlatt([1, 2], [1, 0.5]), 'ERR_DOMAIN', /labels must be 0, 1 or NaN, got 0.5 at row 1/);
    bad(() => fitPlatt([1, 2], [1, -1]), 'ERR_DOMAIN', /got -1 at row 1/);
    for (const weight of [-1, NaN, Infinity]) bad(() => fitPlatt([1, 2], [1, 0], { weights: [1, weight] }), 'ERR_DOMAIN', /weights/);
    bad(() => fitPlatt([1], [1], { weight: [1] } as never), 'ERR_UNKNOWN_NAME', /did you mean "weights"/);
  });

  it('a row of weight 0 is left out', () => {
    expect(fitPlatt([-2, -1, 1, 2, 50], [0, 1, 0, 1, 0], { weights: [1, 1, 1, 1, 0] })).toMatchObject({ n: 4, missingRows: 1 });
    expect(fitPlatt([1, 2], [0, 1], { weights: [0, 0] }).reason).toBe('too-few-rows');
  });
});

describe('hostile state', () => {
  const fit = fitPlatt([-2, -1, 1, 2], [0, 1, 0, 1]);
  const refused = (value: unknown): void => expect(() => checkPlattFit(value)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));

  it.each([null, undefined, 3, 'platt', [], {}])('is not a fit: %s', refused);

  const wrong: readonly [keyof PlattFit, readonly unknown[]][] = [
    ['kind', ['isotonic', null]],
    ['method', ['base-rate', 'isotonic']],
    ['reason', ['one-class', undefined, '']],
    ['slope', [NaN, Infinity, '1', null]],
    ['intercept', [NaN, -Infinity, []]],
    ['lowestScore', [NaN, '0', Infinity]],
    ['highestScore', [NaN, null, -Infinity]],
    ['n', [-1, 1.5, 1]],
    ['positives', [-1, 5]],
    ['missingRows', [-1, NaN]],
    ['converged', [false, 1, 'yes']],
  ];
  it.each(wrong)('%s', (key, values) => {
    for (const value of values) refused({ ...fit, [key]: value });
    const { [key]: _left, ...without } = fit;
    refused(without);
  });

  it('an extra key, or a base rate with a slope', () => {
    refused({ ...fit, transform: 'x' });
    refused({ ...fit, method: 'base-rate', reason: 'one-class', converged: false });
  });
});
