import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { intervalWidths, widthErrorCorrelation } from '../../src/metrics/interval-widths.ts';
import { rollingCoverage } from '../../src/metrics/rolling-coverage.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

describe('rollingCoverage', () => {
  it('by hand: windows of 2 of 4 sessions, and the worst of them', () => {
    const found = rollingCoverage([0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0.5, 2, 2, 1, 0], { sessions: [10, 20, 30, 30, 40], window: 2, minimumRows: 1 });
    expect([...found.coverage]).toEqual([0.5, 1 / 3, 2 / 3]);
    expect([...found.lastSession]).toEqual([20, 30, 40]);
    expect(found).toMatchObject({ worst: { coverage: 1 / 3, n: 3, firstSession: 20, lastSession: 30 }, best: { coverage: 2 / 3, n: 3, firstSession: 30, lastSession: 40 }, reason: null, judged: 3, skipped: 0, missing: 0 });
  });

  it('finds the bad year that the average hides', () => {
    // 2000 sessions covered 95 %, but 250 of them only 50 %.
    const stream = randomStream(4, 'bad year');
    const actual = Float64Array.from({ length: 2000 }, (_, t) => (stream.uniform() < (t >= 1000 && t < 1250 ? 0.5 : 0.95) ? 0 : 9));
    const [lower, upper] = [new Float64Array(2000).fill(-1), new Float64Array(2000).fill(1)];
    const { worst } = rollingCoverage(lower, upper, actual);
    expect(worst?.coverage).toBeLessThan(0.56);
    expect(worst?.firstSession).toBeGreaterThan(970);
    expect(worst?.firstSession).toBeLessThan(1030);
    expect(worst?.n).toBe(250);
  });

  it('equals counting each window anew, whatever the order of rows, missing rows and infinite bounds', () => {
    const row = fc.record({ s: fc.integer({ min: 0, max: 8 }), y: fc.constantFrom(0, 1, 2, NaN), low: fc.constantFrom(-Infinity, 0, 1, NaN), high: fc.constantFrom(Infinity, 1, 2) });
    fc.assert(fc.property(fc.array(row, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), (rows, window, minimumRows) => {
      const found = rollingCoverage(rows.map((r) => r.low), rows.map((r) => r.high), rows.map((r) => r.y), { sessions: rows.map((r) => r.s), window, minimumRows });
      const ids = [...new Set(rows.map((r) => r.s))].sort((a, b) => a - b);
      const expected: number[] = [];
      for (let end = window; end <= ids.length; end++) {
        const inWindow = rows.filter((r) => ids.slice(end - window, end).includes(r.s) && r.y === r.y && r.low === r.low);
        expected.push(inWindow.length < minimumRows ? NaN : inWindow.filter((r) => r.low <= r.y && r.y <= r.high).length / inWindow.length);
      }
      expect([...found.coverage]).toEqual(expected);
      const known = expected.filter((c) => c === c);
      expect(found.judged).toBe(known.length);
      expect(found.skipped).toBe(expected.length - known.length);
      expect(found.worst?.coverage ?? NaN).toBe(known.length === 0 ? NaN : Math.min(...known));
      expect(found.best?.coverage ?? NaN).toBe(known.length === 0 ? NaN : Math.max(...known));
      expect(found.reason).toBe(expected.length === 0 ? 'too-few-sessions' : known.length === 0 ? 'too-few-rows' : null);
    }));
  });

  it('without a full window there is no worst one, and the reason says so', () => {
    expect(rollingCoverage([0], [1], [0.5])).toMatchObject({ worst: null, best: null, reason: 'too-few-sessions', judged: 0, skipped: 0 });
    expect(rollingCoverage([0, 0], [1, 1], [0.5, NaN], { window: 1 })).toMatchObject({ worst: null, reason: 'too-few-rows', skipped: 2, missing: 1 });
    expect(rollingCoverage([], [], [])).toMatchObject({ reason: 'too-few-sessions', missing: 0 });
  });

  it.each<[string, () => unknown, string]>([
    ['different lengths', () => rollingCoverage([0], [1], [1, 2]), 'ERR_SHAPE'],
    ['a NaN session', () => rollingCoverage([0], [1], [1], { sessions: [NaN] }), 'ERR_DOMAIN'],
    ['an empty window', () => rollingCoverage([0], [1], [1], { window: 0 }), 'ERR_DOMAIN'],
    ['an unknown option', () => rollingCoverage([0], [1], [1], { windows: 3 } as object), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('intervalWidths', () => {
  it.each(referenceCases('reg_metrics.json', 'point'))('equals the mean width of the reference case %s', (_id, { input, expected }) => {
    expect(relativeError(intervalWidths(input['lo'], input['hi']).mean, expected['mean_width'])).toBeLessThan(REFERENCE_TOLERANCE);
  });

  it('says how many are infinite or empty, and how wide the others are', () => {
    const found = intervalWidths([0, -Infinity, 0, 5, NaN], [1, Infinity, 3, 4, 1]);
    expect(found.meanFinite).toBeCloseTo(4 / 3, 15);
    expect(found).toEqual({ ...found, mean: Infinity, median: 2, infiniteShare: 0.25, emptyShare: 0.25, reason: null, n: 4, missing: 1 });
    expect(intervalWidths([0, 0, 0], [Infinity, Infinity, 1]).median).toBe(Infinity);
    expect(intervalWidths([-Infinity], [Infinity]).meanFinite).toBeNaN();
    expect(intervalWidths([Infinity], [Infinity])).toMatchObject({ mean: 0, emptyShare: 0, n: 1 }); // one point, wherever
    expect(intervalWidths([Infinity], [-Infinity])).toMatchObject({ mean: 0, emptyShare: 1 }); // miscoverage of 1 or more
  });

  it('without a row is NaN with a reason', () => {
    expect(intervalWidths([], [])).toEqual({ mean: NaN, meanFinite: NaN, median: NaN, infiniteShare: NaN, emptyShare: NaN, reason: 'no-rows', n: 0, missing: 0 });
    expect(() => intervalWidths([1], [])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('widthErrorCorrelation', () => {
  it('by hand: order of widths 1, 2, 4 against errors 0, 2, 1', () => {
    const found = widthErrorCorrelation([0, 0, 0], [1, 2, 4], [0.5, 3, 3]);
    expect(found.value).toBeCloseTo(0.5, 15);
    expect(found).toMatchObject({ reason: null, n: 3, missing: 0 });
    expect(widthErrorCorrelation([0, 0, 0], [1, 2, 4], [0, 3, 9], { predicted: [0, 1, 2] }).value).toBeCloseTo(1, 15);
  });

  it('defect of the engine, section 4: intervals of one width say nothing about a row, and that is the answer, not a number', () => {
    expect(widthErrorCorrelation([0, 1, 2], [2, 3, 4], [5, 1, 3])).toMatchObject({ value: NaN, reason: 'constant-width', n: 3 });
    expect(widthErrorCorrelation([-Infinity, -Infinity, -Infinity], [Infinity, Infinity, Infinity], [1, 2, 3], { predicted: [0, 0, 0] })).toMatchObject({ value: NaN, reason: 'constant-width' });
  });

  it('is positive for intervals scaled by the true dispersion, and near 0 for widths drawn without looking', () => {
    const stream = randomStream(8, 'widths');
    const n = 4000;
    const scale = Float64Array.from({ length: n }, () => Math.exp(0.6 * stream.normal()));
    const actual = scale.map((s) => s * stream.normal());
    const random = scale.map(() => Math.exp(0.6 * stream.normal()));
    const of = (half: Float64Array): number => widthErrorCorrelation(half.map((h) => -h), half, actual).value;
    expect(of(scale)).toBeGreaterThan(0.3);
    expect(Math.abs(of(random))).toBeLessThan(0.06); // four standard errors
  });

  it('ranks infinite widths above all others, given the prediction; without it such a row has no middle and is missing', () => {
    const [lower, upper] = [[-1, -2, -Infinity], [1, 2, Infinity]];
    expect(widthErrorCorrelation(lower, upper, [0.1, 0.2, 0.3], { predicted: [0, 0, 0] }).value).toBeCloseTo(1, 15);
    expect(widthErrorCorrelation(lower, upper, [0.1, 0.2, 0.3])).toMatchObject({ value: NaN, reason: 'too-few-rows', n: 2, missing: 1 });
  });

  it('undefined is a reason', () => {
    expect(widthErrorCorrelation([0, 0, 0], [1, 2, 3], [0.5, 1, NaN])).toMatchObject({ reason: 'too-few-rows', n: 2, missing: 1 });
    expect(widthErrorCorrelation([0, 0, 0], [1, 2, 3], [0.5, 1, 1.5])).toMatchObject({ value: NaN, reason: 'constant-error' });
    expect(() => widthErrorCorrelation([0], [1], [1], { predicted: [] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => widthErrorCorrelation([0], [1], [1], { center: [] } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
