import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, fromPlain, toPlain } from '../../src/core/codec.ts';
import type { Plain } from '../../src/core/codec.ts';
import { Adwin, restoreAdwin } from '../../src/shift-detection/adwin.ts';
import { Cusum, restoreCusum } from '../../src/shift-detection/cusum.ts';
import { Ddm, restoreDdm } from '../../src/shift-detection/ddm.ts';
import type { DetectorOptions, DetectorState, DetectorStatus } from '../../src/shift-detection/detector.ts';
import { Eddm, restoreEddm } from '../../src/shift-detection/eddm.ts';
import { Ewma, restoreEwma } from '../../src/shift-detection/ewma.ts';
import { GeometricMovingAverage, restoreGeometricMovingAverage } from '../../src/shift-detection/gma.ts';
import { HddmA, restoreHddmA } from '../../src/shift-detection/hddm-a.ts';
import { HddmW, restoreHddmW } from '../../src/shift-detection/hddm-w.ts';
import { Kswin, restoreKswin } from '../../src/shift-detection/kswin.ts';
import { PageHinkley, restorePageHinkley } from '../../src/shift-detection/page-hinkley.ts';
import { errors, normals } from './sequential-cases.ts';

interface Detector {
  update(value: number): DetectorStatus;
  updateMany(values: ArrayLike<number>): readonly DetectorStatus[];
  reset(): void;
  readonly state: DetectorState;
}

// Settings that alarm often, so that resets, cool-downs and warnings fall into short series.
const DETECTORS: { name: string; make: (options?: DetectorOptions) => Detector; restore: (state: unknown) => Detector; bits: boolean; minimumSamples: number }[] = [
  { name: 'Cusum', make: (options = {}) => new Cusum({ mean: 0, standardDeviation: 1, threshold: 2, ...options }), restore: restoreCusum, bits: false, minimumSamples: 1 },
  { name: 'Ewma', make: (options = {}) => new Ewma({ mean: 0, standardDeviation: 1, threshold: 1.5, limits: 'time-varying', ...options }), restore: restoreEwma, bits: false, minimumSamples: 1 },
  { name: 'PageHinkley', make: (options = {}) => new PageHinkley({ threshold: 2, minimumSamples: 5, ...options }), restore: restorePageHinkley, bits: false, minimumSamples: 5 },
  { name: 'GeometricMovingAverage', make: (options = {}) => new GeometricMovingAverage({ threshold: 0.3, alpha: 0.9, minimumSamples: 5, ...options }), restore: restoreGeometricMovingAverage, bits: false, minimumSamples: 5 },
  { name: 'Adwin', make: (options = {}) => new Adwin({ clock: 3, delta: 1, minimumWindow: 2, ...options }), restore: restoreAdwin, bits: false, minimumSamples: 11 },
  { name: 'Kswin', make: (options = {}) => new Kswin({ alpha: 0.2, windowSize: 16, recentSize: 6, seed: 3, ...options }), restore: restoreKswin, bits: false, minimumSamples: 16 },
  { name: 'Ddm', make: (options = {}) => new Ddm({ minimumSamples: 5, driftThreshold: 2.2, ...options }), restore: restoreDdm, bits: true, minimumSamples: 5 },
  { name: 'Eddm', make: (options = {}) => new Eddm({ minimumSamples: 5, minimumErrors: 5, ...options }), restore: restoreEddm, bits: true, minimumSamples: 5 },
  { name: 'HddmA', make: (options = {}) => new HddmA({ driftAlpha: 0.2, warningAlpha: 0.5, mode: 'both', ...options }), restore: restoreHddmA, bits: true, minimumSamples: 1 },
  { name: 'HddmW', make: (options = {}) => new HddmW({ driftAlpha: 0.3, warningAlpha: 0.6, mode: 'both', ...options }), restore: restoreHddmW, bits: true, minimumSamples: 1 },
];

// The level of the series changes about every twelve values; a tenth is missing.
const seriesOf = (bits: boolean): fc.Arbitrary<number[]> =>
  fc.tuple(fc.integer(), fc.integer({ min: 0, max: 120 })).map(([seed, length]) => {
    const noise = normals(seed, length);
    const pick = errors(seed + 1, length, 0.1);
    const turn = errors(seed + 2, length, 1 / 12);
    let level = 0;
    return noise.map((z, i) => {
      if (turn[i] === 1) level = 1.5 - level;
      if (pick[i] === 1) return NaN;
      return bits ? Number(z + level > 1) : z + level;
    });
  });

const throughPlain = (state: DetectorState): unknown => fromPlain(JSON.parse(JSON.stringify(toPlain(state))) as Plain);
const RUNS = { numRuns: 30 };
const run = (detector: Detector, series: readonly number[]): DetectorStatus[] => series.map((value) => detector.update(value));

describe.each(DETECTORS)('$name', ({ make, restore, bits, minimumSamples }) => {
  const anySeries = seriesOf(bits);

  it('continues to the same bits from its state at any cut, through JSON and through structured clone', () => {
    let alarms = 0;
    fc.assert(fc.property(anySeries, fc.nat(), fc.nat(20), fc.boolean(), (series, at, coolDown, resetAtAlarm) => {
      const options = { coolDown, resetAtAlarm };
      const cut = series.length === 0 ? 0 : at % series.length;
      const whole = make(options);
      run(whole, series.slice(0, cut));
      const parts = [restore(throughPlain(whole.state)), restore(structuredClone(whole.state))];
      const rest = canonicalJson(run(whole, series.slice(cut)));
      for (const part of parts) {
        expect(canonicalJson(run(part, series.slice(cut)))).toBe(rest);
        expect(canonicalJson(part.state)).toBe(canonicalJson(whole.state));
      }
      alarms += whole.state.alarms;
    }), RUNS);
    expect(alarms).toBeGreaterThan(5); // the property has met resets
  });

  it('a state does not move with the detector it was taken from, nor with the one it was restored to', () => {
    const detector = make();
    detector.updateMany(bits ? errors(1, 40, 0.4) : normals(1, 40));
    const { state } = detector;
    const text = canonicalJson(state);
    const other = restore(state);
    detector.updateMany([1, 0, 1, 1]);
    other.updateMany([0, 0, 1, 1]);
    expect(canonicalJson(state)).toBe(text);
    expect(Object.isFrozen(state) && Object.isFrozen(state.memory) && Object.isFrozen(state.options)).toBe(true);
  });

  it('updateMany is update, value by value', () => {
    fc.assert(fc.property(anySeries, (series) => {
      const one = make();
      const many = make();
      expect(many.updateMany(Float64Array.from(series))).toStrictEqual(run(one, series).filter((status) => status.alarm));
      expect(canonicalJson(many.state)).toBe(canonicalJson(one.state));
    }), RUNS);
  });

  it('does not alarm twice for one drift: after a reset it needs minimumSamples values again (duplicate alarms, river #574)', () => {
    fc.assert(fc.property(anySeries, fc.integer({ min: minimumSamples, max: 25 }), (series, minimum) => {
      const detector = make({ minimumSamples: minimum });
      let seen = 0;
      for (const value of series) {
        const status = detector.update(value);
        if (status.phase !== 'missing') seen++;
        if (status.level !== 'none' && seen < minimum) expect.fail(`level ${status.level} after ${seen} values`);
        if ((status.phase === 'warm-up') !== (status.phase !== 'missing' && seen < minimum)) expect.fail(`phase ${status.phase} after ${seen} values`);
        if (status.alarm) seen = 0;
      }
      expect(detector.state.samples).toBe(seen);
    }), RUNS);
  });

  it('without reset it alarms when the level becomes drift, not again while it stays', () => {
    fc.assert(fc.property(anySeries, (series) => {
      const present = run(make({ resetAtAlarm: false }), series).filter((status) => status.phase !== 'missing');
      expect(present.map((status) => status.alarm)).toEqual(present.map((status, i) => status.level === 'drift' && present[i - 1]?.level !== 'drift'));
    }), RUNS);
  });

  it('is silent for coolDown values after an alarm', () => {
    fc.assert(fc.property(anySeries, fc.integer({ min: 1, max: 30 }), fc.boolean(), (series, coolDown, resetAtAlarm) => {
      let left = 0;
      for (const { alarm, level, phase } of run(make({ coolDown, resetAtAlarm }), series)) {
        if (phase === 'missing') continue;
        if (left > 0 ? level !== 'none' || phase === 'monitoring' : phase === 'cool-down') expect.fail(`level ${level} in phase ${phase} with ${left} values of cool-down left`);
        left = alarm ? coolDown : Math.max(0, left - 1);
      }
    }), RUNS);
  });

  it('counts a missing value and is otherwise as if it had not come: NaN, infinities, too large numbers, other types', () => {
    const foreign = [NaN, Infinity, -Infinity, '1', undefined, null, true, {}, [1], ...(bits ? [] : [1e101])] as number[];
    const timeless = ({ index: _index, onset: _onset, ...status }: DetectorStatus): unknown => status;
    fc.assert(fc.property(anySeries, fc.integer(), (series, seed) => {
      const dense = series.filter((value) => value === value);
      const plain = make();
      const holed = make();
      const places = errors(seed, dense.length, 0.3);
      const statuses: DetectorStatus[] = [];
      for (const [i, value] of dense.entries()) {
        if (places[i] === 1) expect(holed.update(foreign[i % foreign.length])).toMatchObject({ alarm: false, level: 'none', phase: 'missing', statistic: NaN, threshold: NaN, direction: null, onset: null });
        statuses.push(holed.update(value));
      }
      expect(canonicalJson(statuses.map(timeless))).toBe(canonicalJson(run(plain, dense).map(timeless)));
      expect(holed.state).toMatchObject({ missing: holed.state.updates - dense.length, samples: plain.state.samples, alarms: plain.state.alarms });
    }), RUNS);
  });

  it('numbers every update, and an onset lies between the last reset and its alarm', () => {
    let onsets = 0;
    fc.assert(fc.property(anySeries, (series) => {
      const statuses = run(make(), series);
      expect(statuses.map((status) => status.index)).toEqual(Array.from(series.keys()));
      let reset = 0;
      for (const { index, alarm, onset, level } of statuses) {
        if (onset !== null) {
          onsets++;
          if (!(level !== 'none' && Number.isInteger(onset) && onset >= reset && onset <= index)) expect.fail(`onset ${onset} at index ${index}, level ${level}, after a reset at ${reset - 1}`);
        }
        if (alarm) reset = index + 1;
      }
    }), RUNS);
    if (!(make() instanceof Kswin)) expect(onsets).toBeGreaterThan(0);
  });

  it('nothing, one value, only missing values, a constant: no alarm, and a state that restores', () => {
    for (const series of [[], [0], [NaN, NaN], new Array(500).fill(0), ...(bits ? [new Array(500).fill(1)] : [])] as number[][]) {
      const detector = make();
      expect(detector.updateMany(series)).toEqual([]);
      expect(canonicalJson(restore(detector.state).state)).toBe(canonicalJson(detector.state));
    }
  });

  it('survives the largest values it takes', () => {
    const detector = make({ resetAtAlarm: false });
    for (let i = 0; i < 60; i++) detector.update(bits ? i % 2 : i % 2 === 0 ? 1e100 : -1e100);
    expect(canonicalJson(restore(throughPlain(detector.state)).state)).toBe(canonicalJson(detector.state));
  });

  it('reset forgets values and cool-down, not the numbering', () => {
    const detector = make({ coolDown: 5 });
    const series = bits ? [...errors(3, 60, 0.1), ...errors(4, 60, 0.8)] : normals(3, 60, 60, 3);
    detector.updateMany(series);
    detector.reset();
    const fresh = make({ coolDown: 5 });
    const shift = series.length;
    for (const value of [...series].reverse()) {
      const { index, onset, ...status } = detector.update(value);
      const expected = fresh.update(value);
      expect(status).toStrictEqual({ alarm: expected.alarm, level: expected.level, phase: expected.phase, statistic: expected.statistic, threshold: expected.threshold, direction: expected.direction });
      expect(index - shift).toBe(expected.index);
      expect(onset === null ? null : onset - shift).toBe(expected.onset);
    }
  });

  it('refuses data that is not its state', () => {
    const detector = make();
    detector.updateMany(bits ? errors(5, 30, 0.5) : normals(5, 30));
    const { state } = detector;
    const [name, value] = Object.entries(state.memory)[0];
    const wrong: unknown[] = [
      null, 'state', 1, [], {}, { ...state, kind: 'other' }, { ...state, kind: undefined }, { ...state, options: null }, { ...state, options: { ...state.options, surplus: 1 } }, { ...state, options: { ...state.options, coolDown: -1 } },
      ...['updates', 'missing', 'alarms', 'samples', 'cooling'].flatMap((key) => [-1, 0.5, NaN, Infinity, '1', undefined].map((bad) => ({ ...state, [key]: bad }))),
      { ...state, drifting: 1 }, { ...state, memory: null }, { ...state, memory: {} }, { ...state, memory: { ...state.memory, [name]: NaN } }, { ...state, memory: { ...state.memory, [name]: '1' } },
      { ...state, memory: { ...state.memory, [name]: typeof value === 'number' ? new Float64Array(1) : 1 } },
      ...Object.entries(state.memory).filter(([, own]) => typeof own !== 'number').flatMap(([key, own]) => {
        const column = own as Float64Array;
        return [new Float64Array(column.length + 1), new Float64Array(0), Array.from(column), Float64Array.from(column, () => NaN)].map((bad) => ({ ...state, memory: { ...state.memory, [key]: bad } }));
      }),
    ];
    for (const data of wrong) expect(() => restore(data)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA', message: expect.stringMatching(/^restore\w+: state must be/) as string }));
  });

  it('refuses options that do not exist or are out of range', () => {
    expect(() => make({ minimumSample: 3 } as DetectorOptions)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('minimumSamples') as string }));
    for (const options of [{ minimumSamples: 0 }, { minimumSamples: 1.5 }, { minimumSamples: NaN }, { coolDown: -1 }, { coolDown: Infinity }, { resetAtAlarm: 'yes' }, { resetAtAlarm: 1 }, { coolDown: '3' }, { coolDown: null }]) {
      expect(() => make(options as DetectorOptions)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringMatching(/^\w+: (minimumSamples|coolDown|resetAtAlarm) must be .*, got /) as string }));
    }
  });
});

it('options must be an object', () => {
  for (const options of [null, 3, 'up']) expect(() => new PageHinkley(options as unknown as DetectorOptions)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: `PageHinkley: options must be an object, got ${options}` }));
});
