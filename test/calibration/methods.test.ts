import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyBeta, fitBeta } from '../../src/calibration/beta.ts';
import { fitBaseRate } from '../../src/calibration/base-rate.ts';
import { applyHistogram, fitHistogram } from '../../src/calibration/histogram.ts';
import { applyMultinomial, fitMultinomial } from '../../src/calibration/multinomial.ts';
import { applyPlatt } from '../../src/calibration/platt-fit.ts';
import { fitPlatt } from '../../src/calibration/platt.ts';
import { applyClassTemperature, applyTemperature, fitClassTemperature, fitTemperature } from '../../src/calibration/temperature.ts';
import { randomStream } from '../../src/core/random.ts';

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly logits: number[][]; readonly p: number[]; readonly y: number[]; readonly X: number[][]; readonly X_test: number[][] };
  readonly params: { readonly C: number; readonly class_weight?: 'balanced' };
  readonly expected: { readonly T: number; readonly nll_before: number; readonly nll_after: number; readonly a: number; readonly b: number; readonly c: number; readonly q_first5: number[]; readonly coef: number[][]; readonly intercept: number[]; readonly proba: number[][] };
}
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/platt.json', import.meta.url), 'utf8')) as { cases: Case[] };
const ofKind = (kind: string): (readonly [string, Case])[] => cases.filter((item) => item.kind === kind).map((item) => [item.id, item] as const);
const bad = (run: () => unknown, code: string): void => expect(run).toThrow(expect.objectContaining({ code }));

it('the reference has 10 sigmoids, tested beside this file, and 6 + 4 + 3 cases tested here: 23 in all', () => {
  expect([cases.length, ofKind('sigmoid').length, ofKind('logistic_regression').length, ofKind('temperature_scaling').length, ofKind('beta_calibration').length]).toEqual([23, 10, 6, 4, 3]);
});

describe('temperature', () => {
  it.each(ofKind('temperature_scaling'))('%s: temperature to 1e-5 relative and the loss it leaves', (_id, { input, expected }) => {
    const fit = fitClassTemperature(input.logits, input.y);
    expect(fit).toMatchObject({ method: 'temperature', reason: null, classCount: input.logits[0].length });
    expect(Math.abs(fit.temperature / expected.T - 1)).toBeLessThan(1e-5);
    const meanLoss = (temperature: number): number => {
      const p = applyClassTemperature({ ...fit, temperature }, input.logits);
      return -input.y.reduce((sum, y, i) => sum + Math.log(p.data[i * p.columns + y]), 0) / input.y.length;
    };
    expect(meanLoss(1)).toBeCloseTo(expected.nll_before, 10);
    expect(meanLoss(fit.temperature)).toBeCloseTo(expected.nll_after, 9);
  });

  it('two columns are one logit, their difference', () => {
    const { input } = ofKind('temperature_scaling')[0][1];
    const logits = input.logits.map(([a, b]) => b - a);
    expect(fitTemperature(logits, input.y).temperature).toBeCloseTo(fitClassTemperature(input.logits, input.y).temperature, 12);
  });

  it('by hand: logits of 4 that hold two times in three want 4 / ln 2', () => {
    const fit = fitTemperature([-4, -4, -4, 4, 4, 4], [0, 0, 1, 1, 1, 0]);
    expect(fit.temperature).toBeCloseTo(4 / Math.log(2), 10);
    expect(applyTemperature(fit, 4)).toBeCloseTo(2 / 3, 12);
    expect(applyTemperature(fit, NaN)).toBeNaN();
  });

  it('a temperature is in the unit of the logits', () => {
    const [logits, labels] = [[-3, -1, 0.5, 2, 2.5, -0.5], [0, 1, 0, 1, 1, 0]];
    const { temperature } = fitTemperature(logits, labels);
    for (const unit of [1e-150, 1e-6, 1e6, 1e150]) expect(fitTemperature(logits.map((z) => z * unit), labels).temperature / unit).toBeCloseTo(temperature, 8);
  });

  it('says why there is none: separable and constant logits stay as they are, inverted ones become equal', () => {
    expect(fitTemperature([-1, 1], [0, 1])).toMatchObject({ method: 'identity', reason: 'separable', temperature: 1 });
    expect(fitTemperature([0, 0, 0], [0, 1, 1])).toMatchObject({ method: 'identity', reason: 'constant-scores' });
    expect(fitTemperature([1, 2, 3], [1, 1, 1])).toMatchObject({ method: 'identity', reason: 'one-class' });
    expect(fitTemperature([1, NaN], [1, 0])).toMatchObject({ method: 'identity', reason: 'too-few-rows', n: 1, missingRows: 1 });
    const inverted = fitTemperature([-2, -1, 1, 2], [1, 1, 0, 0]);
    expect(inverted).toMatchObject({ method: 'uniform', reason: 'inverted', temperature: Infinity });
    expect([-Infinity, -3, 8].map((z) => applyTemperature(inverted, z))).toEqual([0.5, 0.5, 0.5]);
    const classes = fitClassTemperature([[0, 1, 2], [2, 1, 0], [0, 2, 1]], [0, 2, 0]);
    expect([...applyClassTemperature(classes, [[5, 1, 1]]).data]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('rows with a missing logit are NaN and the others sum to 1', () => {
    const fit = fitClassTemperature([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]], [0, 1, 2, 1]);
    const p = applyClassTemperature(fit, [[1, 2, 3], [NaN, 0, 0], [900, -900, 0]]);
    expect(p.data.subarray(0, 3).reduce((a, b) => a + b)).toBeCloseTo(1, 14);
    expect([...p.data.subarray(3, 6)]).toEqual([NaN, NaN, NaN]);
    expect(p.data.subarray(6).every((v) => v >= 0 && v <= 1)).toBe(true);
  });

  it('refuses wrong shapes and labels', () => {
    bad(() => fitTemperature([1, 2], [1]), 'ERR_SHAPE');
    bad(() => fitTemperature([1, 2], [1, 0.5]), 'ERR_DOMAIN');
    bad(() => fitTemperature([1, 2], [1, 2]), 'ERR_DOMAIN');
    bad(() => fitClassTemperature([[1], [2]], [0, 0]), 'ERR_SHAPE');
    bad(() => fitClassTemperature([[1, 2], [2]], [0, 0]), 'ERR_SHAPE');
    bad(() => fitClassTemperature([[1, 2], [2, 1]], [0, 2]), 'ERR_DOMAIN');
    bad(() => fitClassTemperature({ rows: 2, columns: 2, data: new Float64Array(3) }, [0, 1]), 'ERR_SHAPE');
    bad(() => fitTemperature([1, 2], [1, 0], { weights: [1, -1] }), 'ERR_DOMAIN');
    bad(() => applyClassTemperature(fitTemperature([1, 2], [1, 0]), [[1, 2, 3]]), 'ERR_SHAPE');
  });
});

describe('beta', () => {
  it.each(ofKind('beta_calibration'))('%s: a, b, c to 1e-4 and probabilities to 1e-5', (_id, { input, expected }) => {
    const fit = fitBeta(input.p, input.y);
    expect(fit).toMatchObject({ method: 'beta', reason: null });
    for (const key of ['a', 'b', 'c'] as const) expect(Math.abs(fit[key] - expected[key])).toBeLessThan(1e-4);
    expected.q_first5.forEach((q, i) => expect(Math.abs(applyBeta(fit, input.p[i]) - q)).toBeLessThan(1e-5));
  });

  it('the optimum is stationary: sums of residuals against ln p, ln(1 - p) and 1 are 0', () => {
    const { input } = ofKind('beta_calibration')[0][1];
    const fit = fitBeta(input.p, input.y);
    for (const column of [Math.log, (p: number) => Math.log(1 - p), () => 1]) {
      expect(Math.abs(input.p.reduce((sum, p, i) => sum + (applyBeta(fit, p) - input.y[i]) * column(p), 0))).toBeLessThan(1e-8);
    }
  });

  it('with an exponent that would be negative takes the better bound, and never falls', () => {
    const random = randomStream(3, 'beta');
    // Rising, then flat at the top: b would be negative.
    const p = Float64Array.from({ length: 3000 }, () => 0.001 + 0.998 * random.uniform());
    const y = p.map((v) => (random.uniform() < Math.min(0.6, 0.1 + v) - 0.25 * Math.max(0, v - 0.7) ? 1 : 0));
    const fit = fitBeta(p, y);
    expect([fit.a > 0, fit.b]).toEqual([true, 0]);
    const mirrored = fitBeta(p.map((v) => 1 - v), y.map((v) => 1 - v));
    expect([mirrored.a, mirrored.b > 0]).toEqual([0, true]);
    expect(mirrored.b).toBeCloseTo(fit.a, 6);
    const loss = (a: number, b: number, c: number): number => -p.reduce((sum, v, i) => sum + Math.log(Math.abs(1 - y[i] - applyBeta({ ...fit, a, b, c }, v))), 0);
    for (const [da, dc] of [[0.01, 0], [-0.01, 0], [0, 0.01], [0, -0.01]]) expect(loss(fit.a + da, 0, fit.c + dc)).toBeGreaterThan(loss(fit.a, 0, fit.c));
    expect(loss(fit.a, 0.01, fit.c)).toBeGreaterThan(loss(fit.a, 0, fit.c)); // inwards from the bound it rises too
  });

  it('separable labels are softened and keep a finite map', () => {
    const fit = fitBeta([0.1, 0.2, 0.3, 0.6, 0.7, 0.9], [0, 0, 0, 1, 1, 1]);
    expect(fit).toMatchObject({ method: 'beta', reason: 'separable' });
    for (const p of [0.1, 0.9]) expect(applyBeta(fit, p) > 0.02 && applyBeta(fit, p) < 0.98).toBe(true);
  });

  it('two distinct probabilities give a = b: each side its own mean', () => {
    const fit = fitBeta([0.2, 0.2, 0.2, 0.8, 0.8, 0.8], [0, 0, 1, 0, 1, 1]);
    expect(fit.a).toBe(fit.b);
    expect([applyBeta(fit, 0.2), applyBeta(fit, 0.8)].map((v) => Number(v.toFixed(12)))).toEqual([0.333333333333, 0.666666666667]);
  });

  it('probabilities in a millionth of each other still give a map', () => {
    const p = Array.from({ length: 40 }, (_, i) => 0.5 + 1e-9 * i);
    const fit = fitBeta(p, p.map((_, i) => (i % 4 === 0 || i > 30 ? 1 : 0)));
    expect(fit.method).toBe('beta');
    expect(applyBeta(fit, p[39])).toBeGreaterThan(applyBeta(fit, p[0]));
  });

  it('one class, constant, inverted and empty give the softened base rate and say so', () => {
    const cases: readonly [number[], number[], string, number][] = [
      [[0.2, 0.4], [1, 1], 'one-class', 3 / 4], [[0.4, 0.4, 0.4], [1, 0, 0], 'constant-scores', 2 / 5], [[0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], 'inverted', 1 / 2], [[NaN], [1], 'too-few-rows', 1 / 2],
    ];
    for (const [p, y, reason, rate] of cases) {
      const fit = fitBeta(p, y);
      expect(fit).toMatchObject({ method: 'base-rate', reason, a: 0, b: 0 });
      for (const at of [0, 0.3, 1]) expect(applyBeta(fit, at)).toBeCloseTo(rate, 12);
    }
  });

  it('takes 0 and 1, and refuses what lies outside', () => {
    const fit = fitBeta([0, 0.3, 0.5, 1, 1, 0], [0, 0, 1, 1, 0, 1]);
    for (const p of [0, 1]) expect(applyBeta(fit, p) >= 0 && applyBeta(fit, p) <= 1).toBe(true);
    bad(() => fitBeta([0.5, 1.1], [0, 1]), 'ERR_DOMAIN');
    bad(() => fitBeta([0.5, -0.1], [0, 1]), 'ERR_DOMAIN');
    bad(() => fitBeta([0.5], [0, 1]), 'ERR_SHAPE');
  });
});

describe('multinomial', () => {
  it.each(ofKind('logistic_regression'))('%s: coefficients, intercepts and probabilities to 1e-5', (_id, { input, params, expected }) => {
    const fit = fitMultinomial(input.X, input.y, { penalty: 1 / params.C, classWeights: params.class_weight ?? 'none' });
    expect(fit).toMatchObject({ method: 'multinomial', reason: null });
    const near = (actual: ArrayLike<number>, wanted: number[]): void => {
      expect(actual).toHaveLength(wanted.length);
      wanted.forEach((v, i) => expect(Math.abs(actual[i] - v)).toBeLessThan(1e-5));
    };
    near(fit.coefficients, expected.coef.flat());
    near(fit.intercepts, expected.intercept);
    near(applyMultinomial(fit, input.X_test).data, expected.proba.flat());
  });

  it('a class without a row gives class frequencies, (n_k + 1) / (n + 3)', () => {
    const fit = fitMultinomial([[1], [2], [3]], [0, 0, 1], { classCount: 3 });
    expect(fit).toMatchObject({ method: 'base-rate', reason: 'missing-class', classCount: 3 });
    [3 / 6, 2 / 6, 1 / 6].forEach((p, k) => expect(applyMultinomial(fit, [[7]]).data[k]).toBeCloseTo(p, 12));
    expect([...applyMultinomial(fitMultinomial([[1], [2]], [1, 1]), [[0]]).data].map((v) => Number(v.toFixed(12)))).toEqual([0.25, 0.75]);
  });

  it('separable classes have finite coefficients, and missing rows are left out and NaN', () => {
    const fit = fitMultinomial([[-1], [-2], [1], [2], [NaN], [5]], [0, 0, 1, 1, 1, NaN]);
    expect(fit).toMatchObject({ method: 'multinomial', n: 4, missingRows: 2 });
    expect([...applyMultinomial(fit, [[NaN]]).data]).toEqual([NaN, NaN]);
  });

  it('a weight of w is the row w times, and rows may come in any order', () => {
    const X = [[0.1, 1], [2, 0.5], [1, 3], [0.4, 0.2], [1.5, 1.5]];
    const y = [0, 1, 2, 0, 2];
    const weighted = fitMultinomial(X, y, { weights: [2, 1, 3, 1, 1] });
    const order = [4, 2, 0, 1, 3, 2, 0, 2];
    const repeated = fitMultinomial(order.map((i) => X[i]), order.map((i) => y[i]));
    weighted.coefficients.forEach((v, i) => expect(repeated.coefficients[i]).toBeCloseTo(v, 9));
    expect(weighted.intercepts.reduce((a, b) => a + b)).toBeCloseTo(0, 12);
  });

  it('refuses wrong labels, shapes and options', () => {
    bad(() => fitMultinomial([[1], [2]], [0, 1.5]), 'ERR_DOMAIN');
    bad(() => fitMultinomial([[1], [2]], [0, -1]), 'ERR_DOMAIN');
    bad(() => fitMultinomial([[1], [2]], [0]), 'ERR_SHAPE');
    bad(() => fitMultinomial([[1], [2]], [0, 1], { penalty: 0 }), 'ERR_DOMAIN');
    bad(() => fitMultinomial([[1], [2]], [0, 5000]), 'ERR_DOMAIN');
    bad(() => applyMultinomial(fitMultinomial([[1], [2]], [0, 1]), [[1, 2]]), 'ERR_SHAPE');
  });
});

describe('histogram', () => {
  it('by hand: two bins of two rows, parted half way', () => {
    const fit = fitHistogram([1, 2, 3, 4], [0, 1, 1, 1], { bins: 2, minimumPerBin: 1, smoothing: 0 });
    expect([[...fit.edges], [...fit.probabilities], [...fit.binWeights]]).toEqual([[2.5], [0.5, 1], [2, 2]]);
    expect([-9, 2.4, 2.5, 9].map((s) => applyHistogram(fit, s))).toEqual([0.5, 0.5, 1, 1]);
  });

  it('smoothing adds rows of the softened base rate (3 + 1) / (4 + 2) = 2 / 3', () => {
    const fit = fitHistogram([1, 2, 3, 4], [0, 1, 1, 1], { bins: 2, minimumPerBin: 1, smoothing: 1 });
    expect(fit.probabilities[0]).toBeCloseTo((1 + 2 / 3) / 3, 14);
    expect(fit.probabilities[1]).toBeCloseTo((2 + 2 / 3) / 3, 14);
  });

  it('engine 3: tiny bins are not made: fewer bins where rows are few, and equal scores are not parted', () => {
    const scores = Array.from({ length: 100 }, (_, i) => i);
    expect(fitHistogram(scores, scores.map((i) => i % 2), { bins: 10, minimumPerBin: 30 }).binWeights.length).toBe(3);
    expect(fitHistogram(scores, scores.map((i) => i % 2)).binWeights.every((w) => w === 20)).toBe(true);
    const tied = fitHistogram(scores.map((i) => Math.floor(i / 45)), scores.map((i) => i % 2), { bins: 10, minimumPerBin: 5 });
    expect([...tied.binWeights]).toEqual([45, 45, 10]);
    expect(fitHistogram(scores.map(() => 3), scores.map((i) => i % 2)).probabilities).toHaveLength(1);
  });

  it('thirds of three rows are one row each', () => {
    expect([...fitHistogram([1, 2, 3], [0, 0, 1], { bins: 3, minimumPerBin: 1 }).binWeights]).toEqual([1, 1, 1]);
  });

  it('pools what falls, unless told not to', () => {
    const [scores, labels] = [[1, 2, 3, 4, 5, 6], [0, 1, 0, 0, 1, 1]];
    const options = { bins: 3, minimumPerBin: 1, smoothing: 0 };
    expect([...fitHistogram(scores, labels, { ...options, monotone: false }).probabilities]).toEqual([0.5, 0, 1]);
    expect([...fitHistogram(scores, labels, options).probabilities]).toEqual([0.25, 0.25, 1]);
  });

  it('no row: one bin of one half; refuses bad options', () => {
    expect(fitHistogram([], [])).toMatchObject({ n: 0, probabilities: Float64Array.of(0.5) });
    bad(() => fitHistogram([1], [1], { bins: 0 }), 'ERR_DOMAIN');
    bad(() => fitHistogram([1], [1], { minimumPerBin: -1 }), 'ERR_DOMAIN');
    bad(() => fitHistogram([1], [1], { smoothing: NaN }), 'ERR_DOMAIN');
    bad(() => fitHistogram([1], [1], { monotone: 1 as never }), 'ERR_DOMAIN');
    bad(() => fitHistogram([1], [0.7]), 'ERR_DOMAIN');
  });
});

describe('base rate', () => {
  it('is (N+ + 1) / (N + 2) of the rows with a score', () => {
    expect(fitBaseRate([1, 2, NaN, 4], [1, 0, 1, 1])).toMatchObject({ probability: 3 / 5, n: 3, positives: 2, missingRows: 1 });
    expect(fitBaseRate([1, 2], [1, 0], { weights: [3, 1] }).probability).toBe(4 / 6);
  });
});

it('beta with a = b is Platt on the logit up to softened labels', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(0.2, 0.7), fc.boolean()), { minLength: 4, maxLength: 30 }), (rows) => {
    const [p, y] = [rows.map((r) => r[0]), rows.map((r) => Number(r[1]))];
    const fit = fitBeta(p, y);
    if (fit.reason !== 'separable') return;
    const platt = fitPlatt(p.map((v) => Math.log(v / (1 - v))), y);
    for (const v of [0.2, 0.7]) expect(applyBeta(fit, v)).toBeCloseTo(applyPlatt(platt, Math.log(v / (1 - v))), 9);
  }));
});
