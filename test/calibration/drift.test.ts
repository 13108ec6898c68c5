import { describe, expect, it } from 'vitest';
import { calibrationDrift } from '../../src/calibration/drift.ts';
import { fitBaseRate } from '../../src/calibration/base-rate.ts';
import { fitPlatt } from '../../src/calibration/platt.ts';
import { randomStream } from '../../src/core/random.ts';

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const logit = (p: number): number => Math.log(p / (1 - p));

/** Sessions of `names` rows whose logits share a shock of scale `shock`; labels have logit intercept + slope * z. */
function later(seed: number, sessions: number, names: number, slope: number, intercept: number, shock = 0): { p: number[]; y: number[]; session: number[] } {
  const random = randomStream(seed, 'drift');
  const [p, y, session]: [number[], number[], number[]] = [[], [], []];
  for (let t = 0; t < sessions; t++) {
    const common = shock * random.normal();
    for (let k = 0; k < names; k++) {
      const z = random.normal();
      p.push(sigmoid(z));
      y.push(random.uniform() < sigmoid(intercept + slope * z + common) ? 1 : 0);
      session.push(t);
    }
  }
  return { p, y, session };
}

describe('calibrationDrift', () => {
  it('by hand: two probabilities of 50 rows each; slope and intercept through the two frequencies, errors of two proportions', () => {
    // At 0.2 the frequency is 0.3, at 0.8 it is 0.6: the line through (logit 0.2, logit 0.3) and (logit 0.8, logit 0.6).
    const p = Array.from({ length: 100 }, (_, i) => (i < 50 ? 0.2 : 0.8));
    const y = Array.from({ length: 100 }, (_, i) => (i % 50 < (i < 50 ? 15 : 30) ? 1 : 0));
    const drift = calibrationDrift(null, p, y);
    const run = logit(0.8) - logit(0.2);
    expect(drift.slope).toBeCloseTo((logit(0.6) - logit(0.3)) / run, 9);
    expect(drift.intercept).toBeCloseTo((logit(0.6) + logit(0.3)) / 2, 9);
    // Delta method: the variance of the logit of a frequency f of n rows is 1 / (n f (1 - f)).
    const [low, high] = [1 / (50 * 0.3 * 0.7), 1 / (50 * 0.6 * 0.4)];
    expect(drift.slopeStandardError).toBeCloseTo(Math.sqrt(low + high) / run, 9);
    expect(drift.interceptStandardError).toBeCloseTo(Math.sqrt(low + high) / 2, 9);
    expect(drift.meanShift).toBeCloseTo((0.1 + 0.2) / 2, 9);
    expect(drift.brier).toBeCloseTo((0.7 * 0.04 + 0.3 * 0.64 + 0.6 * 0.04 + 0.4 * 0.64) / 2, 12);
    expect(drift.baseRateBrier).toBeCloseTo(0.45 * 0.55, 12);
    // W = (f - p in logits)^2 / variance, summed over the two independent frequencies.
    const wald = (logit(0.3) - logit(0.2)) ** 2 / low + (logit(0.6) - logit(0.8)) ** 2 / high;
    expect(drift.pValue).toBeCloseTo(Math.exp(-wald / 2), 9);
    expect(drift).toMatchObject({ status: 'drifted', reason: null, n: 100, positives: 45, missingRows: 0 });
  });

  it('finds a slope and an intercept that changed, within 4 standard errors', () => {
    const { p, y } = later(1, 4000, 1, 0.6, -0.3);
    const drift = calibrationDrift(null, p, y);
    expect(drift.status).toBe('drifted');
    expect(Math.abs(drift.slope - 0.6)).toBeLessThan(4 * drift.slopeStandardError);
    expect(Math.abs(drift.intercept + 0.3)).toBeLessThan(4 * drift.interceptStandardError);
  });

  it('calls a sound calibrator drifted no more often than alpha says: 100 samples at 5 %, at most 13', () => {
    let called = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { p, y } = later(100 + seed, 300, 1, 1, 0);
      if (calibrationDrift(null, p, y, { alpha: 0.05, tolerance: 0 }).status === 'drifted') called++;
    }
    expect(called).toBeGreaterThan(0);
    expect(called).toBeLessThan(14); // 5 expected, standard deviation 2.2
  });

  it('rows of a session are not independent: a shared shock widens the standard error, and only with sessions', () => {
    const { p, y, session } = later(2, 100, 30, 1, 0, 0.7);
    const [rows, clustered] = [calibrationDrift(null, p, y), calibrationDrift(null, p, y, { sessions: session })];
    expect(clustered.slope).toBe(rows.slope);
    expect(clustered.interceptStandardError).toBeGreaterThan(1.5 * rows.interceptStandardError);
  });

  it('labels that overlap h sessions widen it too', () => {
    const random = randomStream(3, 'overlap');
    const shocks = Float64Array.from({ length: 2010 }, random.normal);
    // The label is the sign of a sum over the next ten sessions: neighbours share nine of them.
    const y = Array.from({ length: 2000 }, (_, t) => (shocks.subarray(t + 1, t + 11).reduce((a, b) => a + b) > 0 ? 1 : 0));
    const p = y.map((_, t) => 0.4 + 0.2 * Math.abs(Math.sin(t)));
    const [single, overlapping] = [1, 10].map((horizon) => calibrationDrift(null, p, y, { horizon }));
    expect(overlapping.interceptStandardError / single.interceptStandardError).toBeGreaterThan(1.8);
  });

  it('a drift that does not matter is no drift: significant, but below the tolerance', () => {
    const { p, y } = later(4, 60_000, 1, 0.95, 0);
    const drift = calibrationDrift(null, p, y);
    expect([drift.pValue < 0.01, drift.meanShift < 0.01, drift.status]).toEqual([true, true, 'ok']);
    expect(calibrationDrift(null, p, y, { tolerance: 0 }).status).toBe('drifted');
  });

  it('equal probabilities leave the intercept: the difference of two logits', () => {
    const y = Array.from({ length: 200 }, (_, i) => (i % 10 < 3 ? 1 : 0));
    const drift = calibrationDrift(fitBaseRate([1, 2], [0, 1]), y, y);
    expect(drift).toMatchObject({ status: 'drifted', slope: NaN, slopeStandardError: NaN });
    expect(drift.intercept).toBeCloseTo(logit(0.3) - logit(0.5), 9);
    expect(drift.interceptStandardError).toBeCloseTo(1 / Math.sqrt(200 * 0.3 * 0.7), 9);
    expect(drift.meanShift).toBeCloseTo(0.2, 9);
  });

  it('says when the rows cannot tell', () => {
    const { p, y } = later(5, 200, 1, 1, 0);
    const insufficient = (drift: ReturnType<typeof calibrationDrift>, reason: string): void => {
      expect(drift).toMatchObject({ status: 'insufficient', reason });
      for (const key of ['slope', 'slopeStandardError', 'intercept', 'interceptStandardError', 'pValue', 'meanShift'] as const) expect(drift[key]).toBeNaN();
    };
    insufficient(calibrationDrift(null, p.slice(0, 99), y.slice(0, 99)), 'too-few-rows');
    insufficient(calibrationDrift(null, [], []), 'too-few-rows');
    insufficient(calibrationDrift(null, p, p.map((_, i) => (i < 9 ? 1 : 0))), 'rare-label');
    insufficient(calibrationDrift(null, p, p.map((v) => (v > 0.5 ? 1 : 0))), 'separable');
    insufficient(calibrationDrift(null, p, p.map((v) => (v > 0.5 ? 0 : 1))), 'separable');
    insufficient(calibrationDrift(null, p, y, { sessions: p.map((_, i) => i % 5) }), 'too-few-sessions');
    insufficient(calibrationDrift(null, p, y, { horizon: 60 }), 'too-few-sessions');
    expect(calibrationDrift(null, [], []).brier).toBeNaN();
  });

  it('engine 3: NaN rows are left out and counted, and a probability outside [0, 1] is refused, not dropped', () => {
    const { p, y } = later(6, 300, 1, 1, 0);
    const drift = calibrationDrift(null, [...p, NaN, 0.5], [...y, 1, NaN]);
    expect(drift).toMatchObject({ n: 300, missingRows: 2 });
    expect(drift.slope).toBe(calibrationDrift(null, p, y).slope);
    expect(() => calibrationDrift(null, [...p, 1.2], [...y, 1])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('takes a calibrator and its scores as well as probabilities', () => {
    const { p, y } = later(7, 500, 1, 1, 0);
    const scores = p.map(logit);
    const fit = fitPlatt(scores, y);
    const drift = calibrationDrift(fit, scores, y);
    expect(drift.status).toBe('ok');
    expect(Math.abs(drift.slope - 1)).toBeLessThan(0.05); // its own rows, up to softened labels
  });

  it('refuses wrong labels, sessions and options', () => {
    for (const run of [() => calibrationDrift(null, [0.5], [0.5]), () => calibrationDrift(null, [0.5], [1], { alpha: 0 }), () => calibrationDrift(null, [0.5], [1], { sessions: [0.5] }), () => calibrationDrift(null, [0.5], [1], { tolerance: 2 })]) {
      expect(run).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => calibrationDrift(null, [0.5], [1, 0])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => calibrationDrift(null, [0.5], [1], { window: 3 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
