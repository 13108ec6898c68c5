import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aci, aciStep } from '../../src/conformal/adaptive/aci.ts';
import { adaptScores } from '../../src/conformal/adaptive/adapt-scores.ts';
import { dtaci, dtaciLevel, dtaciStart, dtaciStep } from '../../src/conformal/adaptive/dtaci.ts';
import { OrderStatistics } from '../../src/conformal/adaptive/order-statistics.ts';
import { quantileTracker, trackerRadius, trackerStart, trackerStep } from '../../src/conformal/adaptive/quantile-tracker.ts';
import type { QuantileTracker } from '../../src/conformal/adaptive/quantile-tracker.ts';
import { rolling } from '../../src/conformal/adaptive/rolling.ts';
import { ScoreWindow } from '../../src/conformal/adaptive/score-window.ts';
import { fitNexcp } from '../../src/conformal/nexcp.ts';
import { conformalRadius, conformalRank } from '../../src/conformal/radius.ts';
import { randomStream } from '../../src/core/random.ts';
import { expectClose } from './reference.ts';

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly input: Record<string, number[]>;
  readonly params: Record<string, never>;
  readonly expected: Record<string, never>;
}

const revive = (_key: string, value: unknown): unknown => (value === 'Infinity' || value === '-Infinity' || value === 'NaN' ? Number(value) : value);
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/conformal_adaptive.json', import.meta.url), 'utf8'), revive) as { cases: Case[] };
const casesOf = (kind: string): [string, Case][] => cases.filter((item) => item.kind === kind).map((item) => [item.id, item]);

function track(tracker: QuantileTracker, start: number, alpha: number, scores: readonly number[]): { radii: number[]; coverage: number } {
  let state = trackerStart(start);
  let covered = 0;
  const radii = scores.map((score) => {
    const radius = trackerRadius(tracker, state);
    covered += score <= radius ? 1 : 0;
    state = trackerStep(tracker, state, alpha, score > radius ? 1 : 0);
    return radius;
  });
  return { radii, coverage: covered / scores.length };
}

describe('reference values, all 19 cases', () => {
  it('has them all', () => {
    const counts = Object.fromEntries([...new Set(cases.map(({ kind }) => kind))].map((kind) => [kind, casesOf(kind).length]));
    expect(counts).toEqual({ aci_alpha_path: 4, aci_scores: 4, pid: 3, pid_reference_code: 3, dtaci: 3, mapie_aci: 2 });
  });

  it.each(casesOf('aci_alpha_path'))('%s: level of ACI from given misses', (_id, { input, params: { alpha, gamma }, expected }) => {
    const path = [alpha as number];
    for (const miss of input.err) path.push(aciStep(aci({ gamma }), path.at(-1)!, alpha, miss));
    expectClose(path, expected.alpha_path);
  });

  it.each(casesOf('aci_scores'))('%s: ACI on scores, unclipped', (_id, { input, params: { alpha, gamma, window, n_init }, expected }) => {
    const { levels, radii, misses } = adaptScores(input.scores, { alpha, adapt: aci({ gamma, window: window ?? Infinity }), calibration: n_init });
    expectClose(levels, expected.alpha_t);
    expectClose(radii, expected.q_t);
    expect([...misses]).toEqual(expected.err);
    expectClose([1 - misses.reduce((sum, miss) => sum + miss, 0) / misses.length], [expected.coverage]);
  });

  it.each(casesOf('pid'))('%s: quantile tracker without and with the integrator', (_id, { input, params: { alpha, eta, q0, KI, Csat }, expected }) => {
    const plain = track(quantileTracker({ learningRate: eta, unit: 'score' }), q0, alpha, input.scores);
    expectClose(plain.radii, expected.q_path_P);
    expectClose([plain.coverage], [expected.coverage_P]);
    const integrated = track(quantileTracker({ learningRate: eta, unit: 'score', integrator: { gain: KI, saturation: Csat } }), q0, alpha, input.scores);
    expectClose(integrated.radii, expected.q_path_PI);
    expectClose([integrated.coverage], [expected.coverage_PI]);
  });

  it.each(casesOf('pid_reference_code'))('%s: integrator as in the authors\' code', (_id, { input, params: { alpha, lr, KI, Csat, T_burnin }, expected }) => {
    const { radii, coverage } = track(quantileTracker({ learningRate: lr, unit: 'score', integrator: { gain: KI, saturation: Csat, burnIn: T_burnin, form: 'published-code' } }), 0, alpha, input.scores);
    expectClose(radii, expected.q_path);
    expectClose([coverage], [expected.coverage]);
  });

  it.each(casesOf('dtaci'))('%s: DtACI levels and weights', (_id, { input, params: { alpha, gammas, sigma, eta }, expected }) => {
    const options = dtaci({ gammas, sigma, eta });
    let state = dtaciStart(options, alpha);
    const path = input.beta.map((beta) => {
      const level = dtaciLevel(state);
      state = dtaciStep(options, state, alpha, [beta]);
      return level;
    });
    expectClose(path, expected.alpha_bar_path);
    expectClose(state.levels, expected.final_alphas);
    expectClose(state.weights, expected.final_weights);
  });

  // MAPIE keeps the calibration scores, clips to [0, 1], counts a touching outcome as missed, and where no finite radius keeps the promise takes the largest score.
  it.each(casesOf('mapie_aci'))('%s: bounds [0, 1] are MAPIE\'s levels; its cap at the largest score is not ours', (_id, { input, params: { alpha, gamma }, expected }) => {
    const scores = input.y_cal.map((y, i) => Math.abs(y - input.pred_cal[i]));
    const intervals = expected.intervals as number[][];
    let [level, capped] = [alpha as number, 0];
    input.y_test.forEach((y, i) => {
      const rank = conformalRank(scores.length, level);
      const radius = conformalRadius(scores, level);
      if (rank > scores.length) {
        capped++;
        expect(radius).toBe(Infinity);
      } else expectClose([input.pred_test[i] - radius, input.pred_test[i] + radius], intervals[i]);
      const mapie = rank > scores.length ? Math.max(...scores) : radius;
      level = aciStep(aci({ gamma, bounds: [0, 1] }), level, alpha, Math.abs(y - input.pred_test[i]) < mapie ? 0 : 1);
      expectClose([level], [(expected.alpha_after_each_step as number[])[i]]);
    });
    expect(capped).toBe(_id === 'conformal_adaptive-027' ? 2 : 0);
  });
});

describe('order statistics', () => {
  const sortedCopy = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

  it('agrees with a sorted copy after any adds and removes, ties and infinities included', () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }), fc.constantFrom(Infinity, -Infinity));
    fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), value), { maxLength: 60 }), (steps) => {
      const statistics = new OrderStatistics();
      const reference: number[] = [];
      for (const [adds, x] of steps) {
        const at = reference.indexOf(x);
        if (adds) {
          statistics.add(x);
          reference.push(x);
        } else {
          statistics.remove(x);
          if (at >= 0) reference.splice(at, 1);
        }
        const sorted = sortedCopy(reference);
        expect(statistics.size).toBe(sorted.length);
        sorted.forEach((y, i) => {
          expect(statistics.kth(i + 1) === y).toBe(true);
        });
        expect(statistics.countBelow(x)).toBe(sorted.filter((y) => y < x).length);
      }
    }));
  });

  it('stays exact through splits and emptied blocks', () => {
    const random = randomStream(1, 'blocks');
    const statistics = new OrderStatistics();
    const values = Array.from({ length: 4000 }, () => Math.round(random.normal() * 500));
    for (const x of values) statistics.add(x);
    for (const x of values.slice(0, 3500)) statistics.remove(x);
    const sorted = sortedCopy(values.slice(3500));
    expect(Array.from({ length: 500 }, (_, i) => statistics.kth(i + 1))).toEqual(sorted);
    for (const x of [-2000, -1, 0, 7, 2000]) expect(statistics.countBelow(x)).toBe(sorted.filter((y) => y < x).length);
    for (const x of values.slice(3500)) statistics.remove(x);
    expect(statistics.size).toBe(0);
    statistics.add(1);
    expect(statistics.kth(1)).toBe(1);
  });

  it('keeps an ascending and a descending stream in order', () => {
    for (const sign of [1, -1]) {
      const statistics = new OrderStatistics();
      for (let i = 0; i < 2000; i++) statistics.add(sign * i);
      expect([1, 1000, 2000].map((k) => statistics.kth(k) + 0)).toEqual(sign === 1 ? [0, 999, 1999] : [-1999, -1000, 0]);
    }
  });
});

describe('window of sessions', () => {
  it('drops whole sessions, oldest first', () => {
    const window = new ScoreWindow(2);
    for (const scores of [[1, 2, 3], [], [4], [5, 6]]) window.push(scores); // a session without scores takes no place
    expect(window.size).toBe(3);
    expect(window.state).toEqual({ scores: Float64Array.of(4, 5, 6), sessionRows: Uint32Array.of(1, 2) });
    expect(window.radius(0.5, 1, 1)).toBe(5);
  });

  it('needs overlap times as many scores for a finite radius: n overlapping labels are n / overlap independent ones', () => {
    const window = new ScoreWindow(Infinity);
    for (let i = 1; i <= 44; i++) window.push([i]);
    expect(window.radius(0.1, 5, 1)).toBe(Infinity); // 44 / 5 < 9
    window.push([45]);
    expect(window.radius(0.1, 5, 1)).toBe(45); // 45 / 5 = 9 = the first n with a finite radius at 0.1
    expect(window.radius(0.1, 1, 1)).toBe(42); // ceil(46 * 0.9)
  });

  it('gives infinite radii at levels of 0 and below, empty ones at 1 and above', () => {
    const window = new ScoreWindow(10);
    window.push([1, 2, 3]);
    expect([-0.1, 0, 0.5, 1, 1.2].map((level) => window.radius(level, 1, 1))).toEqual([Infinity, Infinity, 2, -Infinity, -Infinity]);
  });

  it('is the split conformal radius of its scores at any level', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { maxLength: 40 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (scores, alpha) => {
      const window = new ScoreWindow(Infinity);
      for (const score of scores) window.push([score]);
      expect(window.radius(alpha, 1, 1) + 0).toBe(conformalRadius(scores, alpha) + 0); // -0 is 0
    }));
  });

  it('with decay is NexCP on ages in sessions', () => {
    const window = new ScoreWindow(3);
    for (const scores of [[9], [1, 5], [4], [2, 3, 6]]) window.push(scores);
    expect(window.radius(0.5, 1, 0.8)).toBe(fitNexcp([1, 5, 4, 2, 3, 6], [2, 2, 1, 0, 0, 0], { alpha: 0.5, decay: 0.8 }).radius);
  });
});

describe('adaptors by hand', () => {
  it('ACI: a missed session takes gamma (1 - alpha) off the level, a covered one adds gamma alpha, half a miss is half a step', () => {
    const step = (missShare: number): number => aciStep(aci({ gamma: 0.1 }), 0.2, 0.2, missShare);
    expectClose([step(1), step(0), step(0.2), step(0.5)], [0.12, 0.22, 0.2, 0.17]);
  });

  it('ACI: bounds inside (0, 1) keep intervals finite and not empty', () => {
    const adapt = aci({ gamma: 0.5, window: 50, bounds: [0.05, 0.5] });
    const scores = Array.from({ length: 200 }, (_, i) => i); // every one a record
    expect([...adaptScores(scores, { alpha: 0.1, adapt, calibration: 50 }).radii].every(Number.isFinite)).toBe(true);
    expect([...adaptScores(scores, { alpha: 0.1, adapt: aci({ gamma: 0.5, window: 50 }), calibration: 50 }).radii].some((radius) => radius === Infinity)).toBe(true);
  });

  it('ACI: the share of misses over T steps is within (0.9 + gamma) / (gamma T) of alpha, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 50, maxLength: 200 }), (scores) => {
      const { misses } = adaptScores(scores, { alpha: 0.1, adapt: aci({ gamma: 0.05, window: 30 }) });
      const share = misses.reduce((sum, miss) => sum + miss, 0) / misses.length;
      expect(Math.abs(share - 0.1)).toBeLessThanOrEqual((0.9 + 0.05) / (0.05 * misses.length) + 1e-12);
    }), { numRuns: 50 });
  });

  it('tracker: moves by the learning rate times the start radius, times the excess of misses', () => {
    const tracker = quantileTracker({ learningRate: 0.5 });
    const state = trackerStep(tracker, trackerStart(4), 0.1, 1);
    expectClose([trackerRadius(tracker, state)], [4 + 0.5 * 4 * 0.9]);
    expectClose([trackerRadius(tracker, state, 0.7)], [4 + 0.5 * 4 * 0.9 + 0.7]); // a scorecaster's forecast is added
  });

  it('tracker: the integrator saturates to an infinite correction, never wraps around the tangent', () => {
    const tracker = quantileTracker({ learningRate: 0, unit: 'score', integrator: { gain: 1, saturation: 0.1 } });
    const state = { start: 1, radius: 1, excess: 5, steps: 5 }; // angle 5 ln 6 / 0.6 = 14.9
    expect(trackerRadius(tracker, state)).toBe(Infinity);
    expect(trackerRadius(tracker, { ...state, excess: -5 })).toBe(-Infinity);
  });

  it('tracker: a start of Infinity or 0 stands still instead of becoming NaN', () => {
    for (const start of [Infinity, 0]) {
      const tracker = quantileTracker({ integrator: {} });
      const state = [1, 0, 0].reduce((s, miss) => trackerStep(tracker, s, 0.1, miss), trackerStart(start));
      expect(trackerRadius(tracker, state)).toBe(start);
    }
  });

  it('DtACI: trusts the fast expert after a shift, and its weights stay a distribution', () => {
    const options = dtaci({ gammas: [0.001, 0.1] });
    let state = dtaciStart(options, 0.1);
    for (let t = 0; t < 100; t++) state = dtaciStep(options, state, 0.1, [0.01]); // outcomes far out: only small levels would have held them
    expect(state.weights[1]).toBeGreaterThan(0.9);
    expectClose([state.weights[0] + state.weights[1]], [1]);
    expect(dtaciLevel(state)).toBeLessThan(0.05);
  });

  it('DtACI: beta is the largest level whose radius the score stays within, 1 - (smaller scores) / (n + overlap)', () => {
    const options = dtaci({ gammas: [0.1, 0.9], eta: 3 });
    const { levels } = adaptScores([1, 2, 3, 2.5, 2.7, 0], { adapt: options, alpha: 0.6, calibration: 3 });
    const betas = [1 - 2 / 4, 1 - 3 / 5]; // 1 2 of three below 2.5, then 1 2 2.5 of four below 2.7
    const state = betas.reduce((earlier, beta) => dtaciStep(options, earlier, 0.6, [beta]), dtaciStart(options, 0.6));
    expect(levels[2]).toBe(dtaciLevel(state));
  });

  it('a score that touches its radius is covered', () => {
    const { radii, levels, misses } = adaptScores([1, 2, 3, 2, 0], { adapt: aci({ gamma: 0.1 }), alpha: 0.5, calibration: 3 });
    expect([radii[0], misses[0]]).toEqual([2, 0]);
    expect(levels[1]).toBe(0.55);
  });

  it('rolling keeps its level and uses the last scores only', () => {
    const { radii, levels } = adaptScores([1, 1, 1, 9, 9, 9], { alpha: 0.5, adapt: rolling({ window: 3 }), calibration: 3 });
    expect([...radii]).toEqual([1, 1, 9]);
    expect([...levels]).toEqual([0.5, 0.5, 0.5]);
  });
});

describe('adaptScores', () => {
  const scores = Float64Array.from({ length: 300 }, randomStream(5, 's').uniform);
  const adaptors = [rolling({ window: 40 }), aci({ window: 40 }), dtaci({ window: 40 }), quantileTracker(), rolling({ window: 40, decay: 0.95 })];

  it.each(adaptors.map((adapt, i) => [`${adapt.kind} ${i}`, adapt] as const))('%s: the radius at t depends on scores up to t - horizon', (_name, adapt) => {
    for (const horizon of [1, 4]) {
      const before = adaptScores(scores, { adapt, calibration: 50, horizon });
      const changed = scores.slice();
      changed[150] = 99;
      const after = adaptScores(changed, { adapt, calibration: 50, horizon });
      const first = [...before.radii].findIndex((radius, t) => radius !== after.radii[t]);
      expect(first).toBeGreaterThanOrEqual(100 + horizon); // position 150 is t = 100
      expect(first).toBeLessThan(300);
    }
  });

  it('leaves a NaN score out', () => {
    const holes = Float64Array.from(scores).map((score, i) => (i % 7 === 0 ? NaN : score));
    const { radii, misses } = adaptScores(holes, { adapt: aci({ window: 40 }), calibration: 50 });
    const dense = adaptScores(holes.filter((score) => score === score), { adapt: aci({ window: 40 }), calibration: 42 });
    expect([...radii].filter((_, t) => holes[50 + t] === holes[50 + t])).toEqual([...dense.radii]);
    expect([...misses].filter((_, t) => holes[50 + t] !== holes[50 + t]).every((miss) => miss === 0)).toBe(true);
  });
});

describe('mistakes', () => {
  it.each([
    ['gamma', () => aci({ gamma: 0 })],
    ['gamma', () => aci({ gamma: 1.5 })],
    ['window', () => aci({ window: 0 })],
    ['window', () => rolling({ window: 2.5 })],
    ['decay', () => rolling({ decay: 0 })],
    ['bounds', () => aci({ bounds: [0.5, 0.1] })],
    ['bounds', () => aci({ bounds: [NaN, 1] })],
    ['gammas', () => dtaci({ gammas: [] })],
    ['gammas', () => dtaci({ gammas: [0.1, -1] })],
    ['eta', () => dtaci({ eta: 0 })],
    ['sigma', () => dtaci({ sigma: 2 })],
    ['learningRate', () => quantileTracker({ learningRate: -1 })],
    ['unit', () => quantileTracker({ unit: 'row' as never })],
    ['integrator.saturation', () => quantileTracker({ integrator: { saturation: 0 } })],
    ['integrator.form', () => quantileTracker({ integrator: { form: 'tan' as never } })],
    ['adapt', () => adaptScores([1], { adapt: null as never })],
    ['adapt.kind', () => adaptScores([1], { adapt: { kind: 'pid' } as never })],
    ['calibration', () => adaptScores([1], { adapt: rolling(), calibration: 2 })],
    ['horizon', () => adaptScores([1], { adapt: rolling(), horizon: 0 })],
  ])('%s outside its range is a DomainError that names it', (name, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining(`${name} must`) as string }));
  });

  it('an unknown option is named with the nearest known one', () => {
    expect(() => aci({ gama: 0.1 } as never)).toThrow('did you mean "gamma"?');
  });
});
