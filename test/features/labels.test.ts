import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeLabel, direction, forwardReturn, forwardVolatility, type Label, labelColumns, labelInfo, quantileBuckets, validateLabel } from '../../src/features/index.ts';
import { type Panel, panelFromColumns, syntheticPanel } from '../../src/panel/index.ts';
import { panelOf, rowOf, series, timeOf } from './bars.ts';

const NONE = { 'end-of-data': 0, halted: 0, delisted: 0, 'benchmark-missing': 0, 'no-entry-price': 0, 'too-few-names': 0 };
const code = (expected: string): object => expect.objectContaining({ code: expected });
const at = (panel: Panel, label: Label, s: number, e = 'A'): number => computeLabel(panel, label).values[rowOf(panel, s, e)];
const DIGITS = 12;

describe('forwardReturn', () => {
  const panel = panelOf([0, 1, 2, 3, 4].map((s) => ({ s, e: 'A', open: 10 + s, close: 20 + 2 * s, spy: 100 + s, spyOpen: 99 + s })));
  it('runs from this close to the close h sessions later and says when it is known', () => {
    const table = computeLabel(panel, forwardReturn({ sessions: 2 }));
    expect(table.values[1]).toBeCloseTo(Math.log(26 / 22), DIGITS);
    expect(Array.from(table.endSession)).toEqual([2, 3, 4, -1, -1]);
    expect(table.missing).toEqual({ ...NONE, 'end-of-data': 2 });
    expect(table.values[3]).toBeNaN();
  });
  it('simple returns', () => {
    expect(at(panel, forwardReturn({ sessions: 2, kind: 'simple' }), 1)).toBeCloseTo(26 / 22 - 1, DIGITS);
  });
  it('platforms A4: a next-open entry starts strictly after the feature time', () => {
    expect(at(panel, forwardReturn({ sessions: 2, entry: 'next-open' }), 1)).toBeCloseTo(Math.log(26 / 12), DIGITS);
    expect(at(panel, forwardReturn({ sessions: 1, entry: 'next-open' }), 1)).toBeCloseTo(Math.log(24 / 12), DIGITS);
  });
  it('less a benchmark over the same window', () => {
    expect(at(panel, forwardReturn({ sessions: 2, minus: { benchmark: 'spy' } }), 1)).toBeCloseTo(Math.log(26 / 22) - Math.log(103 / 101), DIGITS);
    expect(at(panel, forwardReturn({ sessions: 2, entry: 'next-open', kind: 'simple', minus: { benchmark: 'spy', entryColumn: 'spyOpen' } }), 1)).toBeCloseTo(26 / 12 - 103 / 101, DIGITS);
  });
  it('engine 0.1: a missing benchmark is never silently the raw return', () => {
    const holes = panelOf([0, 1, 2, 3].map((s) => ({ s, e: 'A', close: 10 + s, spy: s === 1 ? NaN : 100 + s })));
    const table = computeLabel(holes, forwardReturn({ sessions: 1, minus: { benchmark: 'spy' } }));
    expect(Array.from(table.values, Number.isNaN)).toEqual([true, true, false, true]);
    expect(table.missing).toEqual({ ...NONE, 'benchmark-missing': 2, 'end-of-data': 1 });
    expect(() => computeLabel(panel, forwardReturn({ sessions: 1, minus: { benchmark: 'SPY' } }))).toThrow(code('ERR_UNKNOWN_NAME'));
  });
  it('less the mean of the names that have a return at that session', () => {
    const three = panelOf([...series([10, 11], 'close', 'A'), ...series([10, 13], 'close', 'B'), ...series([10], 'close', 'C')]);
    const table = computeLabel(three, forwardReturn({ sessions: 1, minus: 'date-mean' }));
    expect(table.values[rowOf(three, 0, 'A')]).toBeCloseTo(Math.log(11 / 13) / 2, DIGITS);
    expect(table.values[rowOf(three, 0, 'B')]).toBeCloseTo(Math.log(13 / 11) / 2, DIGITS);
    expect(table.missing).toEqual({ ...NONE, delisted: 1, 'end-of-data': 2 });
    expect(computeLabel(panel, forwardReturn({ sessions: 1, minus: 'date-mean' })).missing).toEqual({ ...NONE, 'too-few-names': 4, 'end-of-data': 1 });
  });
  it('says why a value is missing: halted, delisted, no entry price, end of data', () => {
    const gaps = panelOf([...series([10, 11, null, 13, 14, NaN, 16], 'close', 'A'), ...series([1, 1, 1], 'close', 'B'), ...Array.from({ length: 9 }, (_, s) => ({ s, e: 'C', close: 1 }))]);
    const table = computeLabel(gaps, forwardReturn({ sessions: 1 }));
    const why = (s: number, e: string): boolean => Number.isNaN(table.values[rowOf(gaps, s, e)]);
    expect([0, 1, 3, 4, 5, 6].map((s) => why(s, 'A'))).toEqual([false, true, false, true, true, true]);
    // A: 1 and 4 halted (no row, no price), 5 no entry price, 6 never again; B: 2 never again; C: 8 end of data
    expect(table.missing).toEqual({ ...NONE, halted: 2, 'no-entry-price': 1, delisted: 2, 'end-of-data': 1 });
    expect(Array.from(table.endSession).every((end, row) => (end === -1) === Number.isNaN(table.values[row]))).toBe(true);
  });
  it('a next-open entry without a row at the next session has no entry price', () => {
    const gap = panelOf([{ s: 0, e: 'A', open: 1, close: 1 }, { s: 2, e: 'A', open: 2, close: 3 }, ...[0, 1, 2].map((s) => ({ s, e: 'B', open: 1, close: 1 }))]);
    const table = computeLabel(gap, forwardReturn({ sessions: 2, entry: 'next-open' }));
    expect(table.missing).toEqual({ ...NONE, 'no-entry-price': 1, 'end-of-data': 3 });
    expect(computeLabel(gap, forwardReturn({ sessions: 2 })).values[0]).toBeCloseTo(Math.log(3), DIGITS);
  });
});

describe('forwardVolatility', () => {
  const panel = panelOf(series([100, 100 * Math.exp(0.01), 100 * Math.exp(-0.01), 100 * Math.exp(0.02)]));
  it('is half the log of the annualised mean square', () => {
    expect(at(panel, forwardVolatility({ sessions: 2, periodsPerYear: 252 }), 0)).toBeCloseTo(0.5 * Math.log((252 / 2) * 0.0005), DIGITS);
    expect(at(panel, forwardVolatility({ sessions: 2, periodsPerYear: 252, log: false }), 0)).toBeCloseTo(Math.sqrt(126 * 0.0005), DIGITS);
  });
  it('is floored on annualised variance', () => {
    const still = panelOf(series([5, 5, 5]));
    expect(at(still, forwardVolatility({ sessions: 1, periodsPerYear: 252 }), 0)).toBeCloseTo(0.5 * Math.log(1e-6), DIGITS);
    expect(at(still, forwardVolatility({ sessions: 1, periodsPerYear: 252, floor: 0.04, log: false }), 0)).toBeCloseTo(0.2, DIGITS);
  });
  it('needs every session of the window, and says which way it failed', () => {
    const gaps = panelOf([...series([1, 2, null, 4, 5, NaN, 7, 8], 'close', 'A'), ...series([1, 1], 'close', 'B'), ...Array.from({ length: 12 }, (_, s) => ({ s, e: 'C', close: s + 1 }))]);
    const table = computeLabel(gaps, forwardVolatility({ sessions: 2, periodsPerYear: 252 }));
    expect(gaps.rowCount - table.values.filter((v) => v === v).length).toBe(11);
    // A: 0, 1 halted before the gap, 3, 4 before the missing price, 5 no entry price, 6, 7 then gone; B: 0, 1 gone; C: 10, 11 end of data
    expect(table.missing).toEqual({ ...NONE, halted: 4, 'no-entry-price': 1, delisted: 4, 'end-of-data': 2 });
  });
  it('must be told how many periods a year has', () => {
    expect(() => forwardVolatility({ sessions: 5 } as never)).toThrow('forwardVolatility: periodsPerYear must be a finite number');
  });
});

describe('direction and buckets', () => {
  it('direction is 1 above the threshold, else 0', () => {
    const panel = panelOf(series([10, 11, 11, 10.9]));
    expect(Array.from(computeLabel(panel, direction({ sessions: 1 })).values)).toEqual([1, 0, 0, NaN]);
    expect(Array.from(computeLabel(panel, direction({ sessions: 1, kind: 'simple', threshold: -0.05 })).values)).toEqual([1, 1, 1, NaN]);
  });
  const cross = (values: readonly number[]): Panel => panelOf(values.flatMap((v, i) => series([1, Math.exp(v)], 'close', `E${String(i).padStart(3, '0')}`)));
  const bucketsOf = (values: readonly number[], buckets: number): number[] => Array.from(computeLabel(cross(values), quantileBuckets({ sessions: 1, buckets })).values.subarray(0, values.length));
  it('platforms A4: five buckets of 100 names have 20 names each', () => {
    const values = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) / 1000);
    const buckets = bucketsOf(values, 5);
    expect([0, 1, 2, 3, 4].map((b) => buckets.filter((x) => x === b).length)).toEqual([20, 20, 20, 20, 20]);
    expect(buckets[values.indexOf(0)]).toBe(0);
    expect(buckets[values.indexOf(0.099)]).toBe(4);
  });
  it('sizes differ by at most one, and equal returns share a bucket', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 2, max: 10 }), (n, k) => {
      fc.pre(n >= k);
      const buckets = bucketsOf(Array.from({ length: n }, (_, i) => i / 100), k);
      const sizes = Array.from({ length: k }, (_, b) => buckets.filter((x) => x === b).length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
    }), { numRuns: 60 });
    expect(bucketsOf([0, 0, 0.1, 0.1], 2)).toEqual([0, 0, 1, 1]);
    expect(new Set(bucketsOf([0.1, 0.1, 0.1, 0.1], 2)).size).toBe(1);
  });
  it('platforms A4: a name without a return has no bucket rather than the middle one', () => {
    const panel = panelOf([...series([1, 2], 'close', 'A'), ...series([1, 3], 'close', 'B'), ...series([1], 'close', 'C')]);
    const table = computeLabel(panel, quantileBuckets({ sessions: 1, buckets: 2 }));
    expect(Array.from(table.values.subarray(0, 3))).toEqual([0, 1, NaN]);
  });
  it('fewer names than buckets are missing and counted', () => {
    expect(computeLabel(cross([0.1, 0.2]), quantileBuckets({ sessions: 1, buckets: 3 })).missing).toEqual({ ...NONE, 'too-few-names': 2, 'end-of-data': 2 });
  });
});

describe('a label is checked data', () => {
  it('with every default filled in and frozen', () => {
    expect(forwardReturn({ sessions: 5 })).toEqual({ fn: 'forwardReturn', sessions: 5, kind: 'log', entry: 'close', minus: 'none', column: 'close' });
    expect(forwardReturn({ sessions: 5, entry: 'next-open' })).toMatchObject({ entryColumn: 'open' });
    expect(Object.isFrozen(forwardReturn({ sessions: 5, minus: { benchmark: 'spy' } }).minus)).toBe(true);
    for (const label of [forwardReturn({ sessions: 5, entry: 'next-open', minus: { benchmark: 'a', entryColumn: 'b' } }), forwardVolatility({ sessions: 5, periodsPerYear: 252 }), direction({ sessions: 1 }), quantileBuckets({ sessions: 1, buckets: 5 })]) {
      expect(validateLabel('x', JSON.parse(JSON.stringify(label)))).toEqual(label);
    }
  });
  it.each([
    [{ fn: 'forwardReturn' }, 'ERR_DOMAIN'], [{ fn: 'forwardReturn', sessions: 0 }, 'ERR_DOMAIN'], [{ fn: 'backwardReturn', sessions: 1 }, 'ERR_UNKNOWN_NAME'], [{ fn: 'toString', sessions: 1 }, 'ERR_UNKNOWN_NAME'],
    [{ fn: 'forwardReturn', sessions: 1, threshold: 0 }, 'ERR_UNKNOWN_NAME'], [{ fn: 'forwardReturn', sessions: 1, minus: 'mean' }, 'ERR_DOMAIN'], [{ fn: 'forwardReturn', sessions: 1, minus: { bench: 'x' } }, 'ERR_UNKNOWN_NAME'],
    [{ fn: 'forwardReturn', sessions: 1, column: '__proto__' }, 'ERR_DOMAIN'], [{ fn: 'forwardReturn', sessions: 1, entryColumn: 'open' }, 'ERR_DOMAIN'], [{ fn: 'forwardReturn', sessions: 1, entry: 'next-open', minus: { benchmark: 'spy' } }, 'ERR_DOMAIN'],
    [{ fn: 'quantileBuckets', sessions: 1 }, 'ERR_DOMAIN'], [{ fn: 'quantileBuckets', sessions: 1, buckets: 1 }, 'ERR_DOMAIN'], [{ fn: 'direction', sessions: 1, threshold: NaN }, 'ERR_DOMAIN'],
    [{ fn: 'forwardVolatility', sessions: 1, periodsPerYear: 252, log: 'yes' }, 'ERR_DOMAIN'], [{ fn: 'forwardVolatility', sessions: 1, periodsPerYear: 252, floor: 0 }, 'ERR_DOMAIN'], [null, 'ERR_SCHEMA'], [{}, 'ERR_SCHEMA'],
  ])('%j is refused', (label, expected) => {
    expect(() => validateLabel('defineRecipe', label)).toThrow(code(expected));
  });
  it('says what it is', () => {
    expect(labelInfo(forwardReturn({ sessions: 5 }))).toEqual({ horizon: 5, signed: true, task: 'regression', scale: 'log-return', classes: 0 });
    expect(labelInfo(direction({ sessions: 3 }))).toMatchObject({ horizon: 3, signed: true, task: 'binary', classes: 2 });
    expect(labelInfo(quantileBuckets({ sessions: 3, buckets: 5 }))).toMatchObject({ signed: false, task: 'multiclass', classes: 5 });
    expect(labelInfo(forwardVolatility({ sessions: 5, periodsPerYear: 252 }))).toMatchObject({ signed: false, task: 'regression', scale: 'log-volatility' });
    expect(labelColumns(forwardReturn({ sessions: 1, entry: 'next-open', minus: { benchmark: 'spy', entryColumn: 'spyOpen' } }))).toEqual(['close', 'open', 'spy', 'spyOpen']);
  });
});

it('long entities are labelled in pieces without a seam', () => {
  const n = 70_000; // more than two pieces
  const prices = Float64Array.from({ length: n }, (_, s) => 100 + 10 * Math.sin(s));
  const panel = panelFromColumns({ time: Float64Array.from({ length: n }, (_, s) => timeOf(s)), entity: new Array<string>(n).fill('A'), close: prices }, { entity: 'entity', time: 'time' });
  const { values } = computeLabel(panel, forwardVolatility({ sessions: 3, periodsPerYear: 3, log: false }));
  for (const s of [0, 32764, 32765, 32766, 32767, 32768, 32769, 65535, 65536, n - 4]) {
    expect(values[s]).toBeCloseTo(Math.hypot(...[1, 2, 3].map((k) => Math.log(prices[s + k] / prices[s + k - 1]))), DIGITS);
  }
  expect(values.filter((v) => v !== v)).toHaveLength(3);
});

it('every row has a value with its end, or one counted reason', () => {
  const labels = [forwardReturn({ sessions: 3, minus: 'date-mean' }), forwardReturn({ sessions: 3, entry: 'next-open' }), forwardVolatility({ sessions: 4, periodsPerYear: 252 }), quantileBuckets({ sessions: 2, buckets: 3 }), direction({ sessions: 1 })];
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(...labels), (seed, label) => {
    const panel = syntheticPanel({ entities: 5, sessions: 20, seed, listedAndDelisted: 1 });
    const { values, endSession, missing } = computeLabel(panel, label);
    const holes = values.filter((v) => v !== v).length;
    expect(Object.values(missing).reduce((a, b) => a + b, 0)).toBe(holes);
    for (let row = 0; row < panel.rowCount; row++) expect(endSession[row]).toBe(Number.isNaN(values[row]) ? -1 : panel.session[row] + label.sessions);
  }), { numRuns: 40 });
});
