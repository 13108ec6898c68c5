import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformalPValue } from '../../src/conformal/p-value.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { hashUniform } from '../../src/core/hash.ts';
import { randomStream } from '../../src/core/random.ts';
import { ExchangeabilityMartingale, restoreExchangeabilityMartingale } from '../../src/shift-detection/martingale.ts';

const normals = (seed: number, n: number): number[] => {
  const random = randomStream(seed, 'martingale');
  return Array.from({ length: n }, random.normal);
};

describe('ExchangeabilityMartingale', () => {
  it('is the simple jumper on smoothed conformal p-values, written out', () => {
    const [seed, jump] = [7, 0.1];
    fc.assert(fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 }), (values) => {
      const detector = new ExchangeabilityMartingale({ seed, jump, resetAtAlarm: false, alpha: 1e-9 });
      let capital = [1 / 3, 1 / 3, 1 / 3];
      values.forEach((value, i) => {
        const p = conformalPValue(values.slice(0, i), value, hashUniform(seed, 0, i));
        const all = capital[0] + capital[1] + capital[2];
        capital = [-1, 0, 1].map((e, j) => ((1 - jump) * capital[j] + (jump / 3) * all) * (1 + e * (p - 0.5)));
        expect(detector.update(value).statistic).toBeCloseTo(capital[0] + capital[1] + capital[2], 12);
      });
    }), { numRuns: 40 });
  });

  it('Ville: ever reaches 1 / alpha on unchanged data with probability at most alpha', () => {
    const runs = 400;
    let alarmed = 0;
    for (let r = 0; r < runs; r++) if (new ExchangeabilityMartingale({ alpha: 0.1, seed: r }).updateMany(normals(r, 600)).length > 0) alarmed++;
    expect(alarmed / runs).toBeLessThanOrEqual(0.1 + 2 * Math.sqrt((0.1 * 0.9) / runs));
  });

  it('with a target run length alarms no more often than once in it on average', () => {
    const detector = new ExchangeabilityMartingale({ targetRunLength: 200 });
    const n = 40_000;
    const alarms = detector.updateMany(normals(5, n)).length;
    expect(alarms).toBeGreaterThan(10);
    expect(alarms).toBeLessThanOrEqual(n / 200 + 2 * Math.sqrt(n / 200));
  });

  it('engine 7, drift flagged almost for ever: 30 unchanged features over 20 rows do not alarm', () => {
    let alarms = 0;
    for (let feature = 0; feature < 30; feature++) alarms += new ExchangeabilityMartingale({ alpha: 0.01 / 30, seed: feature }).updateMany(normals(feature, 20)).length;
    expect(alarms).toBe(0);
  });

  it('sees a shift up and one down, with onset and direction, and alarms once for each', () => {
    const values = normals(8, 900).map((z, i) => z + (i < 300 ? 0 : i < 600 ? 1.5 : -1.5));
    const alarms = new ExchangeabilityMartingale({ alpha: 0.001 }).updateMany(values);
    expect(alarms.map((a) => a.direction)).toEqual(['up', 'down']);
    for (const [i, changed] of [300, 600].entries()) {
      expect(alarms[i].index - changed).toBeGreaterThan(0);
      expect(alarms[i].index - changed).toBeLessThan(80);
      expect(Math.abs((alarms[i].onset as number) - changed)).toBeLessThan(20);
    }
  });

  it('depends on the order of the values alone, not on their scale', () => {
    const values = normals(9, 200);
    const run = (f: (v: number) => number): number[] => {
      const detector = new ExchangeabilityMartingale({ seed: 3 });
      return values.map((v) => detector.update(f(v)).statistic);
    };
    expect(run((v) => Math.exp(v / 10) * 1e6)).toEqual(run((v) => v));
  });

  it('on constant data the p-values are the draws: no alarm', () => {
    expect(new ExchangeabilityMartingale().updateMany(new Array(2000).fill(4))).toEqual([]);
  });

  it('stays a number after drift without end, and without reset', () => {
    const detector = new ExchangeabilityMartingale({ resetAtAlarm: false });
    let last = detector.update(0);
    for (let i = 1; i < 4000; i++) last = detector.update(i);
    expect(last.statistic).toBeGreaterThan(1e60);
    expect(Number.isFinite(last.statistic)).toBe(true);
    expect(last.level).toBe('drift');
  });

  it('continues to the same bits from any step, through the plain codec', () => {
    const values = normals(10, 200).map((z, i) => (i % 9 === 4 ? NaN : z + (i > 100 ? 3 : 0)));
    for (const at of [0, 1, 63, 64, 65, 120, 199]) {
      for (const options of [{ alpha: 0.05 }, { targetRunLength: 50, coolDown: 3 }]) {
        const whole = new ExchangeabilityMartingale(options);
        whole.updateMany(values.slice(0, at));
        const restored = restoreExchangeabilityMartingale(fromPlain(toPlain(whole.state)));
        expect(values.slice(at).map((v) => restored.update(v))).toEqual(values.slice(at).map((v) => whole.update(v)));
        expect(restored.state).toEqual(whole.state);
      }
    }
  });

  it('refuses hostile states', () => {
    const detector = new ExchangeabilityMartingale();
    detector.updateMany([3, 1, 2]);
    const { state } = detector;
    const memory = state.memory as Record<string, number | Float64Array>;
    for (const bad of [undefined, { ...state, options: { alpha: 0 } }, { ...state, samples: 4 }, { ...state, memory: { ...memory, values: Float64Array.of(3, 1, 2) } }, { ...state, memory: { ...memory, up: -1 } },
      { ...state, memory: { ...memory, values: Float64Array.of(1, 2) } }, { ...state, memory: { ...memory, sum: Infinity } }, { ...state, memory: { ...memory, values: Float64Array.of(1, 2, Infinity) } }]) {
      expect(() => restoreExchangeabilityMartingale(bad)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    }
  });

  it.each([{ alpha: 0 }, { alpha: 1.5 }, { jump: 0 }, { targetRunLength: -1 }, { seed: 0.5 }])('refuses %j', (options) => {
    expect(() => new ExchangeabilityMartingale(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
