import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyBeta } from '../../src/calibration/beta.ts';
import { applyCalibrator, applyCalibratorBatch, CALIBRATOR_METHODS } from '../../src/calibration/calibrator.ts';
import type { CalibratorFit, CalibratorMethod, ScoreScale } from '../../src/calibration/calibrator.ts';
import { checkCalibratorFit, checkClassCalibratorFit } from '../../src/calibration/check-calibrator.ts';
import { fitCalibrator, fitCalibratorSync } from '../../src/calibration/choose.ts';
import { fitIsotonic } from '../../src/calibration/isotonic.ts';
import { logit } from '../../src/calibration/logit.ts';
import { fitMethod } from '../../src/calibration/methods.ts';
import { fitMultinomial } from '../../src/calibration/multinomial.ts';
import { applyPlatt } from '../../src/calibration/platt-fit.ts';
import { fitPlatt } from '../../src/calibration/platt.ts';
import { fitClassTemperature, fitTemperature } from '../../src/calibration/temperature.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';

const ones = (n: number): Float64Array => new Float64Array(n).fill(1);
const bad = (run: () => unknown, code: string): void => expect(run).toThrow(expect.objectContaining({ code }));

/** Scores and labels whose relation is `truth`. */
function sample(seed: number, n: number, truth: (score: number) => number): { scores: Float64Array; labels: Float64Array } {
  const random = randomStream(seed, 'calibrator');
  const scores = Float64Array.from({ length: n }, random.normal);
  return { scores, labels: scores.map((s) => (random.uniform() < truth(s) ? 1 : 0)) };
}
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const steps = (z: number): number => (z < -0.5 ? 0.05 : z < 0.8 ? 0.5 : 0.6);

describe('every method through the one apply', () => {
  it('gives probabilities that rise with the score, also beyond what was seen, and NaN for NaN', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 1 })), { maxLength: 60 });
    fc.assert(fc.property(rows, fc.constantFrom(...CALIBRATOR_METHODS), fc.constantFrom<ScoreScale>('score', 'logit', 'probability'), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (list, method, scale, u, v) => {
      const scores = Float64Array.from(list, (r) => (scale === 'probability' ? r[0] / 100 : r[0] - 50));
      const fit = fitMethod(method, scale === 'score' && method === 'beta' ? 'logit' : scale, scores, list.map((r) => r[1]), ones(list.length));
      const chosen: CalibratorFit = { kind: 'chosen', method, reason: 'only-candidate', scale: scale === 'score' && method === 'beta' ? 'logit' : scale, lowestScore: -Infinity, highestScore: Infinity, fit, loss: 'brier', candidates: [], judgedRows: 0, n: list.length, positives: 0, missingRows: 0 };
      const at = [Math.min(u, v), Math.max(u, v)].map((x) => (scale === 'probability' ? x : 200 * x - 100));
      const [low, high] = applyCalibratorBatch(chosen, at);
      if (method === 'isotonic' && list.length === 0) expect(low).toBeNaN();
      else expect(0 <= low && low <= high + 1e-15 && high <= 1).toBe(true); // 1e-15: the merger of Venn-Abers rounds
      expect(applyCalibrator(chosen, NaN)).toBeNaN();
    }), { numRuns: 400 });
  });

  it('weights are repetition and the order of rows is no matter, to 1e-8, for every method', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 1 }), fc.integer({ min: 1, max: 3 })), { minLength: 8, maxLength: 40 });
    fc.assert(fc.property(rows, fc.constantFrom(...CALIBRATOR_METHODS), fc.nat(99), (list, method, seed) => {
      const fitOf = (of: typeof list, weigh: boolean): CalibratorFit => fitMethod(method, 'probability', Float64Array.from(of, (r) => r[0] / 100), of.map((r) => r[1]), Float64Array.from(of, (r) => (weigh ? r[2] : 1)));
      const order = [...randomStream(seed, 'rows').permutation(list.length)];
      const fits = [fitOf(list, true), fitOf(order.map((i) => list[i]), true), fitOf(list.flatMap((r) => Array.from({ length: r[2] }, () => r)), false)];
      for (const at of [0.1, 0.37, 0.9]) {
        const [p, q, r] = fits.map((fit) => applyCalibrator(fit, fit.kind === 'platt' || fit.kind === 'temperature' ? logit(at) : at));
        expect(q).toBeCloseTo(p, 8);
        expect(r).toBeCloseTo(p, 8);
      }
    }), { numRuns: 200 });
  });

  it('sigmoids of a chosen fit work on logits, whatever scale the scores came in', () => {
    const { scores, labels } = sample(1, 400, (s) => sigmoid(0.7 * s));
    const p = scores.map(sigmoid);
    for (const method of ['platt', 'temperature', 'beta'] as const) {
      const onLogit = fitCalibratorSync(scores, labels, { scale: 'logit', methods: [method] });
      const onProbability = fitCalibratorSync(p, labels, { scale: 'probability', methods: [method] });
      expect(applyCalibrator(onProbability, sigmoid(0.4))).toBeCloseTo(applyCalibrator(onLogit, 0.4), 9);
    }
    expect(applyCalibrator(fitCalibratorSync(p, labels, { scale: 'probability', methods: ['platt'] }), 0.6)).toBeCloseTo(applyPlatt(fitPlatt(p.map(logit), labels), logit(0.6)), 14);
  });
});

describe('fitCalibrator chooses', () => {
  it('Platt where the truth is a sigmoid, and no worse than by chance where it is not', () => {
    const straight = sample(2, 3000, sigmoid);
    expect(fitCalibratorSync(straight.scores, straight.labels)).toMatchObject({ kind: 'chosen', method: 'platt' });
    const bent = sample(3, 6000, steps);
    const fit = fitCalibratorSync(bent.scores, bent.labels);
    expect(['histogram', 'smooth-isotonic', 'venn-abers', 'isotonic']).toContain(fit.method);
    const error = (f: CalibratorFit): number => bent.scores.reduce((sum, s) => sum + (applyCalibrator(f, s) - steps(s)) ** 2 / bent.scores.length, 0);
    expect(error(fit)).toBeLessThan(0.25 * error(fitPlatt(bent.scores, bent.labels)));
  });

  it('tells the losses of all candidates, and the first within two standard errors of the lowest answers', () => {
    const { scores, labels } = sample(4, 3000, sigmoid);
    const fit = fitCalibratorSync(scores.map((s) => sigmoid(1.5 * s)), labels, { scale: 'probability' });
    expect(fit.candidates.map((c) => c.method)).toEqual([...CALIBRATOR_METHODS]);
    expect(fit.judgedRows).toBe(2000);
    const looking = fit.candidates.filter((c) => c.method !== 'base-rate');
    const best = looking.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(best.standardError).toBe(0);
    expect(fit.method).toBe(looking.find((c) => c.loss - best.loss <= 2 * c.standardError)?.method);
    expect(fit.reason).toBe(fit.method === best.method ? 'lowest-loss' : 'within-error');
    expect(inspect(fit)).toContain(`calibrator: ${fit.method} (${fit.reason})`);
  });

  it('judges by log loss when asked', () => {
    const { scores, labels } = sample(5, 1200, sigmoid);
    const [brier, log] = (['brier', 'log-loss'] as const).map((loss) => fitCalibratorSync(scores, labels, { loss, methods: ['base-rate', 'platt'] }));
    expect([brier.loss, log.loss]).toEqual(['brier', 'log-loss']);
    expect(log.candidates[1].loss).toBeGreaterThan(0.3);
    expect(brier.candidates[1].loss).toBeLessThan(0.25);
  });

  it('has no look-ahead: a fold is judged with fits to rows whose labels were known before it', () => {
    const { scores, labels } = sample(6, 300, sigmoid);
    const sessions = scores.map((_, i) => Math.floor(i / 10)); // 30 sessions of 10
    const judged = (changed: readonly number[], horizon: number): number => {
      const y = labels.map((v, i) => (changed.includes(sessions[i]) ? 1 - v : v));
      // One fold: sessions 10 to 29 are judged with fits to sessions s + horizon < 10.
      return fitCalibratorSync(scores, y, { sessions, horizon, folds: 1, methods: ['base-rate', 'platt'] }).candidates[1].loss;
    };
    expect(judged([6, 7, 8, 9], 4)).toBe(judged([], 4)); // session 6 + 4 is not before 10
    expect(judged([5], 4)).not.toBe(judged([], 4));
    expect(judged([9], 0)).not.toBe(judged([], 0));
  });

  it('rows in any order give the same choice when sessions say when they were', () => {
    const { scores, labels } = sample(7, 900, steps);
    const sessions = scores.map((_, i) => Math.floor(i / 3));
    const order = [...randomStream(1, 'shuffle').permutation(900)];
    const [a, b] = [fitCalibratorSync(scores, labels, { sessions }), fitCalibratorSync(order.map((i) => scores[i]), order.map((i) => labels[i]), { sessions: order.map((i) => sessions[i]) })];
    expect([b.method, b.judgedRows]).toEqual([a.method, a.judgedRows]);
    for (const [i, { loss, reason }] of a.candidates.entries()) if (reason === null) expect(b.candidates[i].loss).toBeCloseTo(loss, 9);
  });

  it('shrinks: the base rate below 20 rows, a sigmoid below 200, no isotonic below 1000', () => {
    const { scores, labels } = sample(8, 1200, sigmoid);
    const of = (n: number, options = {}): ReturnType<typeof fitCalibratorSync> => fitCalibratorSync(scores.subarray(0, n), labels.subarray(0, n), options);
    expect(of(15)).toMatchObject({ method: 'base-rate', reason: 'too-few-rows' });
    expect(of(150)).toMatchObject({ method: 'platt', reason: 'few-rows' });
    expect(of(900).candidates.find((c) => c.method === 'isotonic')).toMatchObject({ loss: NaN, reason: 'too-few-rows' });
    expect(of(1100).candidates.find((c) => c.method === 'isotonic')?.reason).toBeNull();
    // Labels that overlap ten sessions: 1100 rows tell what 110 do.
    expect(of(1100, { horizon: 10 }).reason).toBe('few-rows');
    const rare = labels.map((_, i) => (i < 5 ? 1 : 0));
    expect(fitCalibratorSync(scores, rare).candidates.filter((c) => c.reason === 'too-few-rows').map((c) => c.method)).toEqual(['histogram', 'smooth-isotonic', 'venn-abers', 'isotonic']);
  });

  it('noise is left to the base rate or to a slope near 0, and scores that mislead to the base rate', () => {
    const { scores, labels } = sample(9, 2000, () => 0.3);
    const fit = fitCalibratorSync(scores, labels);
    for (const s of [-2, 0, 2]) expect(Math.abs(applyCalibrator(fit, s) - 0.3)).toBeLessThan(0.06);
    const turned = sample(10, 2000, (s) => sigmoid(-2 * s));
    expect(fitCalibratorSync(turned.scores, turned.labels)).toMatchObject({ method: 'base-rate' });
  });

  it('a relation that was strong and turned round: every method loses to the base rate later, which answers', () => {
    const { scores } = sample(13, 2000, sigmoid);
    const random = randomStream(14, 'turn');
    const labels = scores.map((s, i) => (random.uniform() < sigmoid(i < 800 ? 5 * s : -0.5 * s) ? 1 : 0));
    const fit = fitCalibratorSync(scores, labels);
    expect(fit).toMatchObject({ method: 'base-rate', reason: 'below-base-rate' });
    expect(fitPlatt(scores, labels).slope).toBeGreaterThan(0.2); // over all rows the scores still rise with the labels
    expect(fit.candidates[0].loss).toBeLessThan(Math.min(...fit.candidates.slice(1).flatMap((c) => (c.reason === null ? [c.loss] : []))));
  });

  it('engine 3: one class, constant scores, NaN and tiny input are defined and say so', () => {
    const of = (scores: readonly number[], labels: readonly number[], options = {}): ReturnType<typeof fitCalibratorSync> => fitCalibratorSync(scores, labels, options);
    const hundred = Array.from({ length: 100 }, (_, i) => i);
    expect(of(hundred, hundred.map(() => 1))).toMatchObject({ method: 'base-rate', reason: 'one-class', positives: 100 });
    expect(of([], [])).toMatchObject({ method: 'base-rate', reason: 'too-few-rows', n: 0 });
    expect(applyCalibrator(of([], []), 3)).toBe(0.5);
    expect(of([1, NaN, 3], [1, 0, NaN])).toMatchObject({ method: 'base-rate', n: 1, missingRows: 2 });
    expect(of(hundred.map(() => 7), hundred.map((i) => i % 2))).toMatchObject({ method: 'base-rate', reason: 'constant-scores' });
    expect(of(hundred, hundred.map((i) => i % 2), { sessions: hundred.map(() => 4) })).toMatchObject({ method: 'platt', reason: 'too-few-sessions', judgedRows: 0 });
    expect(of(hundred.map((i) => i - 49.5), hundred.map((i) => (i > 49 ? 1 : 0)), { scale: 'logit', methods: ['temperature'] })).toMatchObject({ method: 'platt', reason: 'separable' });
    expect(of(hundred, hundred.map((i) => i % 2), { methods: ['beta'] })).toMatchObject({ method: 'base-rate', candidates: [{ method: 'beta', reason: 'scale' }] });
  });

  it('engine 3: the 0.5 rule is not applied: labels that are not 0 or 1 are refused', () => {
    for (const label of [0.5, 0.7, 2, -1]) bad(() => fitCalibratorSync([1, 2], [1, label]), 'ERR_DOMAIN');
  });

  it('refuses probabilities outside [0, 1], unknown methods, sessions that are no codes', () => {
    bad(() => fitCalibratorSync([0.2, 1.2], [0, 1], { scale: 'probability' }), 'ERR_DOMAIN');
    bad(() => fitCalibratorSync([1], [1], { methods: ['spline' as CalibratorMethod] }), 'ERR_DOMAIN');
    bad(() => fitCalibratorSync([1], [1], { methods: [] }), 'ERR_DOMAIN');
    bad(() => fitCalibratorSync([1, 2], [1, 0], { sessions: [1, 1.5] }), 'ERR_DOMAIN');
    bad(() => fitCalibratorSync([1, 2], [1, 0], { sessions: [1] }), 'ERR_SHAPE');
    bad(() => fitCalibratorSync([1, 2], [1, 0], { weights: [1, -1] }), 'ERR_DOMAIN');
    bad(() => fitCalibratorSync([1], [1], { horizon: -1 }), 'ERR_DOMAIN');
    bad(() => fitCalibratorSync([1], [1], { fold: 3 } as never), 'ERR_UNKNOWN_NAME');
  });

  it('runs without blocking, tells how far it is, and can be cancelled', async () => {
    const { scores, labels } = sample(11, 600, sigmoid);
    const phases: string[] = [];
    const fit = await fitCalibrator(scores, labels, { onProgress: ({ phase }) => phases.push(phase) });
    expect(fit).toEqual(fitCalibratorSync(scores, labels));
    expect(phases[0]).toBe('calibrator: fold 1 of 5');
    await expect(fitCalibrator(scores, labels, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});

describe('state', () => {
  const { scores, labels } = sample(12, 1500, sigmoid);
  const p = scores.map(sigmoid);
  const fits: readonly CalibratorFit[] = [
    ...CALIBRATOR_METHODS.map((method) => fitMethod(method, 'probability', p, labels, ones(1500))),
    ...CALIBRATOR_METHODS.map((method) => fitMethod(method, 'probability', p.subarray(0, 1), labels.subarray(0, 1), ones(1))),
    fitCalibratorSync(p, labels, { scale: 'probability' }),
    fitCalibratorSync([1], [1]),
    fitTemperature([-2, -1, 1, 2], [1, 1, 0, 0]),
  ];

  it.each(fits.map((fit) => [`${fit.kind}, ${fit.n} rows`, fit] as const))('%s: comes back through text to the bit, frozen, and applies the same', (_name, fit) => {
    const back = checkCalibratorFit(fromPlain(JSON.parse(JSON.stringify(toPlain(fit)))));
    expect(back).toEqual(fit);
    expect(Object.isFrozen(back)).toBe(true);
    expect(applyCalibratorBatch(back, [0.1, 0.5, 0.9])).toEqual(applyCalibratorBatch(fit, [0.1, 0.5, 0.9]));
    expect(checkCalibratorFit(structuredClone({ ...fit }))).toEqual(fit);
  });

  const refused = (value: unknown): void => bad(() => checkCalibratorFit(value), 'ERR_SCHEMA');

  it.each([null, undefined, 3, 'platt', [], {}, { kind: 'spline' }, { kind: '__proto__' }, { kind: 'constructor' }])('is not a fit: %s', refused);

  it('no field may be missing, added, of another type or NaN', () => {
    for (const fit of fits) {
      refused({ ...fit, extra: 1 });
      for (const [key, value] of Object.entries(fit)) {
        const { [key as 'kind']: _left, ...without } = fit;
        refused(without);
        refused({ ...fit, [key]: typeof value === 'object' && value !== null ? [0.5] : { a: 1 } });
        if (typeof value === 'number' && key !== 'loss') refused({ ...fit, [key]: NaN });
        if (['n', 'missingRows', 'positives', 'judgedRows'].includes(key)) for (const wrong of [-1, 0.5]) refused({ ...fit, [key]: wrong });
      }
    }
  });

  it('curves must rise, in [0, 1], and fields must agree', () => {
    const of = <K extends CalibratorFit['kind']>(kind: K): Extract<CalibratorFit, { kind: K }> => fits.find((fit) => fit.kind === kind) as Extract<CalibratorFit, { kind: K }>;
    const [a, b] = [Float64Array.of(0, 1), Float64Array.of(1, 0)];
    refused({ ...of('isotonic'), thresholds: a, values: b });
    refused({ ...of('isotonic'), thresholds: b, values: a });
    refused({ ...of('isotonic'), thresholds: a, values: Float64Array.of(0, 1.1) });
    refused({ ...of('isotonic'), thresholds: a, values: Float64Array.of(0, NaN) });
    refused({ ...of('isotonic'), thresholds: a });
    refused({ ...of('isotonic'), thresholds: new Float64Array(0), values: new Float64Array(0) });
    refused(fitIsotonic([1, 2], [3, 7])); // a regression, not a calibrator
    refused({ ...of('smooth-isotonic'), knots: a, values: Float64Array.of(0, 0.5) });
    refused({ ...of('smooth-isotonic'), knots: a, values: Float64Array.of(0.5, 0.5) });
    refused({ ...of('smooth-isotonic'), knots: Float64Array.of(0), values: Float64Array.of(0.5) });
    refused({ ...of('venn-abers'), lower: of('venn-abers').lower.slice().reverse() });
    refused({ ...of('venn-abers'), upperScores: new Float64Array(1) });
    refused({ ...of('histogram'), edges: new Float64Array(0) });
    refused({ ...of('histogram'), probabilities: of('histogram').probabilities.slice().reverse() });
    refused({ ...of('beta'), a: -0.1 });
    refused({ ...of('beta'), method: 'base-rate' });
    refused({ ...of('temperature'), temperature: 0 });
    refused({ ...of('temperature'), temperature: Infinity });
    refused({ ...of('temperature'), classCount: 3 });
    refused({ ...of('platt'), slope: Infinity });
    refused({ ...of('base-rate'), probability: 1.5 });
    refused({ ...of('base-rate'), positives: 1501 });
    const chosen = fitCalibratorSync(p, labels, { scale: 'probability' });
    refused({ ...chosen, fit: chosen });
    refused({ ...chosen, fit: of('isotonic') });
    refused({ ...chosen, method: 'isotonic' });
    refused({ ...chosen, candidates: [{ method: 'platt' }] });
    refused({ ...chosen, candidates: Array.from({ length: 9 }, () => chosen.candidates[0]) });
    refused({ ...chosen, lowestScore: 2, highestScore: 1 });
    refused({ ...chosen, scale: 'score', method: 'beta', fit: of('beta') });
  });

  it('calibrators of several classes come back too, and hostile ones do not', () => {
    const classes = [fitClassTemperature([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]], [0, 1, 2, 1]), fitMultinomial([[1], [2], [3], [4]], [0, 2, 1, 1]), fitMultinomial([[1], [2]], [1, 1])];
    for (const fit of classes) {
      expect(checkClassCalibratorFit(fromPlain(JSON.parse(JSON.stringify(toPlain(fit)))))).toEqual(fit);
      bad(() => checkClassCalibratorFit({ ...fit, classCount: 4.5 }), 'ERR_SCHEMA');
      bad(() => checkClassCalibratorFit({ ...fit, n: -1 }), 'ERR_SCHEMA');
    }
    bad(() => checkClassCalibratorFit({ ...classes[1], classCount: 4 }), 'ERR_SCHEMA');
    bad(() => checkClassCalibratorFit({ ...classes[1], method: 'base-rate' }), 'ERR_SCHEMA');
    bad(() => checkClassCalibratorFit({ ...classes[1], method: 'base-rate', reason: 'missing-class' }), 'ERR_SCHEMA');
    bad(() => checkClassCalibratorFit(fitPlatt([1], [1])), 'ERR_SCHEMA');
  });
});

it('a beta fit of a chosen calibrator on logits needs no clipping', () => {
  const fit = fitCalibratorSync(Array.from({ length: 400 }, (_, i) => (i - 200) / 4), Array.from({ length: 400 }, (_, i) => (i + (i % 7) * 30 > 290 ? 1 : 0)), { scale: 'logit', methods: ['beta'] });
  expect(fit.method).toBe('beta');
  expect(applyCalibrator(fit, 45)).toBeGreaterThan(applyCalibrator(fit, 40) - 1e-16);
  if (fit.fit.kind === 'beta') expect(applyCalibrator(fit, 2)).toBeCloseTo(applyBeta(fit.fit, sigmoid(2)), 12);
});
