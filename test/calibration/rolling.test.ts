import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyCalibrator } from '../../src/calibration/calibrator.ts';
import { applyPlatt } from '../../src/calibration/platt-fit.ts';
import { fitPlatt } from '../../src/calibration/platt.ts';
import { rollingCalibration, rollingCalibrationSync } from '../../src/calibration/rolling.ts';
import { randomStream } from '../../src/core/random.ts';

/** Three names per session; P(1) = sigmoid(slope(session) * score). */
function panel(seed: number, sessionCount: number, slope: (session: number) => number): { scores: Float64Array; labels: Float64Array; sessions: Float64Array } {
  const random = randomStream(seed, 'rolling');
  const sessions = Float64Array.from({ length: 3 * sessionCount }, (_, i) => Math.floor(i / 3));
  const scores = sessions.map(() => random.normal());
  return { sessions, scores, labels: scores.map((s, i) => (random.uniform() < 1 / (1 + Math.exp(-slope(sessions[i]) * s)) ? 1 : 0)) };
}

describe('rollingCalibration', () => {
  it('each block answers from a fit to the rows whose labels were known in its first session', () => {
    const { scores, labels, sessions } = panel(1, 90, () => 1);
    const { probabilities, blocks, uncalibratedRows } = rollingCalibrationSync(scores, labels, { sessions, delay: 4, refitEvery: 30, windowSessions: 28, minimumRows: 30 });
    expect(blocks.map((b) => [b.fromSession, b.toSession, b.rows, b.fitFromSession, b.fitToSession, b.n])).toEqual([[0, 29, 90, -31, -4, 0], [30, 59, 90, -1, 26, 81], [60, 89, 90, 29, 56, 84]]);
    expect(blocks[0].fit).toBeNull();
    expect([uncalibratedRows, probabilities.subarray(0, 90).every(Number.isNaN)]).toEqual([90, true]);
    const rows = [...sessions.keys()].filter((i) => sessions[i] >= 29 && sessions[i] <= 56);
    const fit = fitPlatt(rows.map((i) => scores[i]), rows.map((i) => labels[i]), { increasing: true });
    for (let i = 180; i < 270; i++) expect(probabilities[i]).toBe(applyPlatt(fit, scores[i]));
    expect(blocks[2].fit).toMatchObject({ kind: 'chosen', method: 'platt', reason: 'only-candidate', n: 84 });
  });

  it('no look-ahead: a label changes nothing before the session in which it is known', () => {
    const { scores, labels, sessions } = panel(2, 50, () => 1);
    const options = { sessions, minimumRows: 6 };
    fc.assert(fc.property(fc.nat(149), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 7 }), (row, delay, refitEvery) => {
      const changed = labels.map((y, i) => (i === row ? 1 - y : y));
      const [a, b] = [labels, changed].map((y) => rollingCalibrationSync(scores, y, { ...options, delay, refitEvery }).probabilities);
      const known = sessions[row] + delay;
      for (let i = 0; i < 150; i++) if (sessions[i] < known) expect(Object.is(a[i], b[i])).toBe(true);
    }), { numRuns: 30 });
    // And it does change what comes after.
    const changed = labels.map((y, i) => (i === 30 ? 1 - y : y));
    const [a, b] = [labels, changed].map((y) => rollingCalibrationSync(scores, y, { ...options, delay: 1, refitEvery: 1 }).probabilities);
    expect([a[3 * 10 + 2] === b[3 * 10 + 2], a[3 * 11] === b[3 * 11]]).toEqual([true, false]);
  });

  it('a delay of d and labels that are NaN until known give the same probabilities', () => {
    const { scores, labels, sessions } = panel(3, 40, () => 1);
    const all = rollingCalibrationSync(scores, labels, { sessions, delay: 4, refitEvery: 10, minimumRows: 6 }).probabilities;
    // As of session 30 nothing after session 26 is known.
    const asOf = rollingCalibrationSync(scores, labels.map((y, i) => (sessions[i] > 26 ? NaN : y)), { sessions, delay: 4, refitEvery: 10, minimumRows: 6 }).probabilities;
    expect(asOf).toEqual(all);
  });

  it('follows a relation that changes: late probabilities lose less with a window than with all rows', () => {
    const { scores, labels, sessions } = panel(4, 600, (s) => (s < 300 ? 2 : 0.2));
    const loss = (windowSessions?: number): number => {
      const { probabilities } = rollingCalibrationSync(scores, labels, { sessions, refitEvery: 25, ...(windowSessions !== undefined && { windowSessions }) });
      return probabilities.reduce((sum, p, i) => (sessions[i] >= 450 ? sum + (p - labels[i]) ** 2 : sum), 0);
    };
    expect(loss(150)).toBeLessThan(0.99 * loss());
  });

  it('chooses per block when several methods are allowed, with the delay as horizon', () => {
    const { scores, labels, sessions } = panel(5, 300, () => 1);
    const { blocks } = rollingCalibrationSync(scores, labels, { sessions, delay: 2, refitEvery: 100, methods: ['base-rate', 'platt', 'histogram'] });
    expect(blocks[2].fit?.candidates.map((c) => c.method)).toEqual(['base-rate', 'platt', 'histogram']);
    expect(blocks[2].fit?.judgedRows).toBeGreaterThan(0);
  });

  it('rows may come in any order, and missing scores stay missing', () => {
    const { scores, labels, sessions } = panel(6, 50, () => 1);
    scores[140] = NaN;
    const order = [...randomStream(9, 'order').permutation(150)];
    const options = { delay: 2, refitEvery: 7, minimumRows: 10 };
    const [a, b] = [rollingCalibrationSync(scores, labels, { ...options, sessions }), rollingCalibrationSync(order.map((i) => scores[i]), order.map((i) => labels[i]), { ...options, sessions: order.map((i) => sessions[i]) })];
    order.forEach((i, k) => (Number.isNaN(a.probabilities[i]) ? expect(b.probabilities[k]).toBeNaN() : expect(b.probabilities[k]).toBeCloseTo(a.probabilities[i], 9)));
    expect(a.probabilities[140]).toBeNaN();
  });

  it('is the same without blocking, and can be cancelled', async () => {
    const { scores, labels, sessions } = panel(7, 60, () => 1);
    const options = { sessions, minimumRows: 10 };
    expect(await rollingCalibration(scores, labels, options)).toEqual(rollingCalibrationSync(scores, labels, options));
    await expect(rollingCalibration(scores, labels, { ...options, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });

  it('a weight of 0 leaves a row out; no row gives no block', () => {
    const { scores, labels, sessions } = panel(8, 40, () => 1);
    const { blocks } = rollingCalibrationSync(scores, labels, { sessions, refitEvery: 20, weights: sessions.map((s) => (s === 3 ? 0 : 2)) });
    expect(blocks[1].n).toBe(3 * 19);
    expect(applyCalibrator(blocks[1].fit!, 0)).toBeGreaterThan(0);
    expect(rollingCalibrationSync([], [], { sessions: [] })).toEqual({ probabilities: new Float64Array(0), blocks: [], uncalibratedRows: 0 });
  });

  it('refuses a delay of 0, sessions that are no codes, labels that are not 0 or 1', () => {
    const bad = (options: object, code: string, labels: readonly number[] = [1]): void => {
      expect(() => rollingCalibrationSync([1], labels, { sessions: [1], ...options })).toThrow(expect.objectContaining({ code }));
    };
    bad({ delay: 0 }, 'ERR_DOMAIN');
    bad({ refitEvery: 0 }, 'ERR_DOMAIN');
    bad({ windowSessions: 0.5 }, 'ERR_DOMAIN');
    bad({ sessions: [1.5] }, 'ERR_DOMAIN');
    bad({ sessions: [NaN] }, 'ERR_DOMAIN');
    bad({ sessions: [1, 2] }, 'ERR_SHAPE');
    bad({ horizon: 3 }, 'ERR_UNKNOWN_NAME');
    bad({}, 'ERR_DOMAIN', [0.5]);
  });
});
