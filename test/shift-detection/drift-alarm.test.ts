import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';
import { mean, standardDeviation } from '../../src/core/stats.ts';
import { cusumForRunLength } from '../../src/shift-detection/cusum-run-length.ts';
import { Cusum } from '../../src/shift-detection/cusum.ts';
import type { DetectorStatus } from '../../src/shift-detection/detector.ts';
import { DriftAlarm, fitDriftAlarm, fitDriftAlarmSync, restoreDriftAlarm } from '../../src/shift-detection/drift-alarm.ts';
import type { DriftAlarmFit, DriftAlarmOptions } from '../../src/shift-detection/drift-alarm.ts';

/** Values one by one: independent, or AR(1) phi 0.2 with GARCH(0.05, 0.94). */
const source = (seed: number, kind: 'iid' | 'market'): (() => number) => {
  const random = randomStream(seed, 'drift alarm');
  if (kind === 'iid') return random.normal;
  let [x, error, variance] = [0, 0, 1];
  const next = (): number => {
    variance = 0.01 + 0.05 * error * error + 0.94 * variance;
    error = Math.sqrt(variance) * random.normal();
    x = 0.2 * x + error;
    return x;
  };
  for (let i = 0; i < 300; i++) next();
  return next;
};
const take = (next: () => number, n: number): Float64Array => Float64Array.from({ length: n }, next);
const reference = take(source(1, 'market'), 600);
const quick = { targetRunLength: 100, replicates: 60 } as const;
const runLength = (chart: { update(value: number): DetectorStatus }, next: () => number, most: number): number => {
  for (let t = 1; t < most; t++) if (chart.update(next()).alarm) return t;
  return most;
};

describe('DriftAlarm', () => {
  it.each(['iid', 'market'] as const)('%s: alarms once in the target run length, where the plain chart does so on independent values alone', (kind) => {
    const runs = 60;
    const target = 200;
    let [own, plain] = [0, 0];
    for (let r = 0; r < runs; r++) {
      const next = source(100 + r, kind);
      const values = take(next, 1000);
      own += runLength(new DriftAlarm(fitDriftAlarmSync(values, { targetRunLength: target, replicates: 40, seed: r })), next, 20 * target);
      plain += runLength(new Cusum({ mean: mean(values), standardDeviation: standardDeviation(values), ...cusumForRunLength({ targetRunLength: target }) }), next, 20 * target);
    }
    // Standard errors are 13 % and, with clusters, 20 %.
    expect(own / runs / target).toBeGreaterThan(kind === 'iid' ? 0.75 : 0.5);
    expect(own / runs / target).toBeLessThan(kind === 'iid' ? 1.3 : 2);
    if (kind === 'market') expect(plain / runs / target).toBeLessThan(0.75);
  });

  it.each(['cusum', 'ewma', 'page-hinkley'] as const)('%s: a total shift alarms within a few values (platforms A9: PSI 0 at 100 sigma), in either direction', (method) => {
    const fit = fitDriftAlarmSync(reference, { ...quick, method });
    for (const shift of [100, -100]) {
      const alarm = new DriftAlarm(fit);
      take(source(2, 'market'), 50).forEach((v) => alarm.update(v));
      const start = alarm.update(shift);
      const next = source(3, 'market');
      const delay = runLength(alarm, () => next() + shift, 1000);
      expect(start.index).toBe(50);
      expect(delay).toBeLessThanOrEqual(12);
    }
  });

  it('one outlier, however large, is no drift', () => {
    const alarm = new DriftAlarm(fitDriftAlarmSync(reference, { targetRunLength: 500, replicates: 60 }));
    expect(alarm.update(1e9).alarm).toBe(false);
  });

  it('watches the scale when told to: finds a 1.5-fold variance that the mean does not show', () => {
    const next = source(4, 'iid');
    const values = take(next, 1000);
    const options = { targetRunLength: 500, replicates: 80, preWhiten: { volatility: 'none' } } as const;
    const wider = (): number => 1.5 * next();
    const scale = new DriftAlarm(fitDriftAlarmSync(values, { ...options, watch: 'scale', mode: 'up' }));
    expect(runLength(scale, wider, 1000)).toBeLessThan(60);
    const narrow = new DriftAlarm(fitDriftAlarmSync(values, { ...options, watch: 'scale', mode: 'down' }));
    expect(runLength(narrow, wider, 300)).toBe(300);
  });

  it('the scale is that of the reference, not of the monitored values (engine 5): a shift of both does not hide itself', () => {
    const fit = fitDriftAlarmSync(reference, { ...quick, preWhiten: false });
    expect(fit.location).toBeCloseTo(0, 10);
    expect(fit.scale).toBeCloseTo(1, 10);
    expect(fit.whitening.mean).toBe(mean(reference));
    const next = source(5, 'market');
    expect(runLength(new DriftAlarm(fit), () => 5 * next() + 20, 100)).toBeLessThan(10);
  });

  it('does not sound again for one alarm: reset at the alarm, cool-down on request', () => {
    const stream = take(source(6, 'market'), 200).map((v, i) => v + (i < 100 ? 0 : 2));
    const all = new DriftAlarm(fitDriftAlarmSync(reference, quick)).updateMany(stream);
    const calm = new DriftAlarm(fitDriftAlarmSync(reference, { ...quick, coolDown: 60 })).updateMany(stream);
    expect(all.length).toBeGreaterThan(calm.length);
    for (let i = 1; i < calm.length; i++) expect(calm[i].index - calm[i - 1].index).toBeGreaterThan(60);
    const first = all.find((a) => a.index >= 100) as DetectorStatus;
    expect(first.direction).toBe('up');
    expect(Math.abs((first.onset as number) - 100)).toBeLessThan(10);
  });

  it.each([{ method: 'cusum' }, { method: 'ewma', watch: 'scale' }, { method: 'page-hinkley', preWhiten: false, coolDown: 3 }] as const)('%j: state restored at any step continues to the same bits', (options) => {
    const stream = take(source(7, 'market'), 120).map((v, i) => (i % 11 === 5 ? NaN : v + (i > 60 ? 1 : 0)));
    const fit = fitDriftAlarmSync(reference, { ...quick, ...options } as DriftAlarmOptions);
    for (const at of [0, 1, 57, 90, 119]) {
      const whole = new DriftAlarm(fit);
      whole.updateMany(stream.subarray(0, at));
      const restored = restoreDriftAlarm(fromPlain(toPlain(whole.state)));
      const rest = Array.from(stream.subarray(at));
      expect(rest.map((v) => restored.update(v))).toEqual(rest.map((v) => whole.update(v)));
      expect(restored.state).toEqual(whole.state);
    }
  });

  it('fits the same with and without blocking, and is frozen plain data', async () => {
    const fit = fitDriftAlarmSync(reference, quick);
    expect(await fitDriftAlarm(reference, quick)).toEqual(fit);
    expect(Object.isFrozen(fit)).toBe(true);
    expect(structuredClone(fit)).toEqual(fit);
  });

  it('without a usable reference is refused, not silent (engine 5: never set in production, so never run)', () => {
    for (const [values, reason] of [[[], 'too-few'], [new Array(100).fill(1), 'constant'], [new Array(100).fill(NaN), 'too-few']] as const) {
      const fit = fitDriftAlarmSync(values, quick);
      expect(fit.calibration).toMatchObject({ status: 'not-assessable', reason });
      expect(() => new DriftAlarm(fit)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
  });

  it('refuses hostile states', () => {
    const { state } = new DriftAlarm(fitDriftAlarmSync(reference, quick));
    const { fit } = state;
    const withFit = (part: Partial<DriftAlarmFit>): unknown => ({ ...state, fit: { ...fit, ...part } });
    for (const bad of [null, {}, { ...state, kind: 'x' }, { ...state, detector: null }, { ...state, whitener: {} }, withFit({ scale: 0 }), withFit({ method: 'x' as 'cusum' }), withFit({ method: 'ewma' }),
      withFit({ shift: NaN }), withFit({ clip: -1 }), withFit({ coolDown: 0.5 }), withFit({ whitening: null as never }), withFit({ calibration: { ...fit.calibration, threshold: NaN } }), withFit({ calibration: null as never })]) {
      expect(() => restoreDriftAlarm(bad)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    }
  });

  it.each([{ targetRunLength: 1 }, { targetRunLength: 100, shift: 0 }, { targetRunLength: 100, method: 'x' as 'cusum' }, { targetRunLength: 100, clip: 0 }, { targetRunLength: 100, coolDown: -1 }])('refuses %j', (options) => {
    expect(() => fitDriftAlarmSync(reference, options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
