import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';
import { Bocpd, restoreBocpd } from '../../src/shift-detection/bocpd.ts';
import type { BocpdOptions } from '../../src/shift-detection/bocpd.ts';

interface Case {
  id: string;
  kind: string;
  input: { stream: number[] };
  params: { mu0: number; var0: number; var_x: number; hazard: number };
  expected: { map_run_length: number[]; p_r0_last: number; expected_run_length_last: number };
}
const cases = (JSON.parse(readFileSync(new URL('./fixtures/sequential.json', import.meta.url), 'utf8')) as { cases: Case[] }).cases.filter((c) => c.kind === 'bocpd');
const sum = (values: ArrayLike<number>, weight: (r: number) => number): number => Array.from(values).reduce((total, v, r) => total + v * weight(r), 0);
const normals = (seed: number, n: number): number[] => {
  const random = randomStream(seed, 'bocpd');
  return Array.from({ length: n }, random.normal);
};

describe('Bocpd', () => {
  it.each(cases.map((c) => [c.id, c] as const))('%s: Adams and MacKay (2007), normal values of known variance', (_, { input, params, expected }) => {
    const detector = new Bocpd({ mean: params.mu0, kappa: params.var_x / params.var0, variance: params.var_x, hazard: params.hazard, resetAtAlarm: false });
    const map = input.stream.map((value) => {
      detector.update(value);
      const p = detector.runLengthProbabilities;
      return p.indexOf(Math.max(...p));
    });
    expect(map).toEqual(expected.map_run_length);
    const p = detector.runLengthProbabilities;
    expect(Math.abs(p[0] - expected.p_r0_last)).toBeLessThan(1e-12);
    expect(Math.abs(sum(p, (r) => r) / expected.expected_run_length_last - 1)).toBeLessThan(1e-9);
    expect(Math.abs(sum(p, () => 1) - 1)).toBeLessThan(1e-12);
  });

  it('both cases of the fixture are there', () => expect(cases).toHaveLength(2));

  it('one step with a learned variance, worked by hand', () => {
    // mu 0, kappa 1, alpha 1, beta 1. First value 2: mean 1, kappa 2, alpha 3/2, beta 1 + 4/4 = 2. Second value 3:
    // under r = 0 Student t with 2 degrees of freedom, scale^2 = 1 * 2 = 2: density (1/sqrt 2) * 1/(2 sqrt 2) (1 + 9/4)^(-3/2)
    // under r = 1 Student t with 3 degrees of freedom, location 1, scale^2 = 2 * 3 / (1.5 * 2) = 2: density (1/sqrt 2) * 2 / (pi sqrt 3) (1 + 4/6)^(-2)
    const hazard = 0.25;
    const fresh = (1 / Math.SQRT2) * (1 / (2 * Math.SQRT2)) / (3.25 * Math.sqrt(3.25));
    const grown = (1 / Math.SQRT2) * (2 / (Math.PI * Math.sqrt(3))) / (5 / 3) ** 2;
    const total = hazard * fresh + (1 - hazard) * grown;
    const detector = new Bocpd({ hazard });
    detector.updateMany([2, 3]);
    const p = detector.runLengthProbabilities;
    expect(p[0]).toBeCloseTo(0.25, 14);
    expect(p[1]).toBeCloseTo((0.75 * hazard * fresh) / total, 13);
    expect(p[2]).toBeCloseTo((0.75 * 0.75 * grown) / total, 13);
  });

  it('finds a change of mean and one of variance, with their onsets', () => {
    const values = normals(1, 600).map((z, i) => (i < 200 ? z : i < 400 ? z + 3 : 3 + 4 * z));
    const alarms = new Bocpd({ hazard: 0.01 }).updateMany(values);
    expect(alarms).toHaveLength(2);
    for (const [i, changed] of [200, 400].entries()) {
      expect(alarms[i].index).toBeGreaterThanOrEqual(changed);
      expect(alarms[i].index).toBeLessThan(changed + 25);
      expect(Math.abs((alarms[i].onset as number) - changed)).toBeLessThanOrEqual(10);
    }
  });

  it('alarms at a total shift, where every density underflows', () => {
    const alarms = new Bocpd({ variance: 1 }).updateMany([...normals(2, 100), ...normals(3, 20).map((z) => z + 1e6)]);
    expect(alarms.map((a) => a.index)).toEqual([100]);
  });

  it('with truncated run lengths keeps what it knows of a long segment', () => {
    const values = [...normals(4, 300), ...normals(5, 30).map((z) => z + 3)];
    const short = new Bocpd({ hazard: 0.004, maximumRunLength: 60 });
    const long = new Bocpd({ hazard: 0.004, maximumRunLength: 400 });
    expect(short.updateMany(values).map((a) => a.index)).toEqual(long.updateMany(values).map((a) => a.index));
    const still = new Bocpd({ maximumRunLength: 60 });
    still.updateMany(normals(4, 300));
    expect(still.runLengthProbabilities).toHaveLength(61);
    expect(still.runLengthProbabilities[60]).toBeGreaterThan(0.5);
    expect(sum(still.runLengthProbabilities, () => 1)).toBeCloseTo(1, 12);
  });

  it('continues to the same bits from any step, through the plain codec', () => {
    const values = normals(6, 160).map((z, i) => (i % 7 === 3 ? NaN : z + (i > 80 ? 2 : 0)));
    for (const options of [{}, { variance: 1, maximumRunLength: 20 }, { resetAtAlarm: false, coolDown: 5 }] as BocpdOptions[]) {
      for (const at of [0, 1, 77, 90, 159]) {
        const whole = new Bocpd(options);
        whole.updateMany(values.slice(0, at));
        const restored = restoreBocpd(fromPlain(toPlain(whole.state)));
        expect(values.slice(at).map((v) => restored.update(v))).toEqual(values.slice(at).map((v) => whole.update(v)));
        expect(restored.state).toEqual(whole.state);
      }
    }
  });

  it('refuses hostile states', () => {
    const detector = new Bocpd({ maximumRunLength: 20 });
    detector.updateMany([1, 2, 3]);
    const { state } = detector;
    const memory = state.memory as Record<string, number | Float64Array>;
    for (const bad of [null, {}, { ...state, kind: 'cusum' }, { ...state, options: { hazard: 2 } }, { ...state, samples: 7 }, { ...state, memory: { ...memory, active: 9 } },
      { ...state, memory: { ...memory, betas: new Float64Array(21) } }, { ...state, memory: { ...memory, means: new Float64Array(3) } }, { ...state, memory: { ...memory, probabilities: new Float64Array(21).fill(2) } }]) {
      expect(() => restoreBocpd(bad)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    }
  });

  it.each([{ hazard: 0 }, { hazard: 1 }, { kappa: 0 }, { recent: 40, maximumRunLength: 40 }, { recent: 10, minimumSamples: 10 }, { variance: -1 }, { maximumRunLength: 1 }])('refuses %j', (options) => {
    expect(() => new Bocpd(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
