import { describe, expect, it } from 'vitest';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { surfaceFromPoints, surfacePoints, withPoints } from '../../../src/iv/surface/iv-points.ts';
import type { IvPoint } from '../../../src/iv/surface/iv-points.ts';
import { surfaceVol } from '../../../src/iv/surface/surface-vol.ts';
import { indexSlice } from './reference.ts';

const point = (strike: number, expiryYears: number, annualizedVol: number, more: Partial<IvPoint> = {}): IvPoint => ({ strike, expiryYears, annualizedVol, ...more });
const market = { spot: 100, rate: 0.05, dividendYield: 0.01 };
const ragged = [point(110, 1, 0.19), point(90, 1, 0.24), point(100, 0.25, 0.2), point(100, 1, 0.21), point(95, 0.25, 0.22)];

describe('surfaceFromPoints', () => {
  it('parity 20: goes through every point, ragged and in any order, with F = S exp((r - q) T)', () => {
    const { surface, usedCount, dropped, dropCounts } = surfaceFromPoints(ragged, market);
    expect({ usedCount, dropped, dropCounts }).toEqual({ usedCount: 5, dropped: [], dropCounts: {} });
    for (const { strike, expiryYears, annualizedVol } of ragged) expect(surfaceVol(surface!, { expiryYears, strike }).annualizedVol).toBeCloseTo(annualizedVol, 14);
    expect(surface!.slices[1].forward).toBeCloseTo(100 * Math.exp(0.04), 12);
    expect(surface!.slices[1].discount).toBeCloseTo(Math.exp(-0.05), 14);
    expect(surface!.spot).toBe(100);
  });

  it('engine.md 14, defect 5: points of a single expiry make a surface', () => {
    const { surface } = surfaceFromPoints(ragged.filter(({ expiryYears }) => expiryYears === 1), market);
    expect(surface!.slices).toHaveLength(1);
    expect(surfaceVol(surface!, { expiryYears: 2, strike: 120 }).annualizedVol).toBeGreaterThan(0.1);
  });

  it('engine.md 14, defect 6: uses forwards per expiry when they are known, and keeps bid, ask and time', () => {
    const forwards = [{ expiryYears: 0.25, forward: 101, discount: 0.99 }, { expiryYears: 1, forward: 103, discount: 0.95 }];
    const quoted = [point(100, 0.25, 0.2, { bidVol: 0.19, askVol: 0.21, timestamp: '2026-01-30T15:00:00Z' }), point(105, 1, 0.2), point(104, 0.6, 0.2)];
    const { surface } = surfaceFromPoints(quoted, { forwards });
    expect(surface!.slices.map(({ forward }) => forward)).toEqual([101, expect.closeTo(101 * Math.exp((Math.log(103 / 101) * 0.35) / 0.75), 10), 103]);
    const back = surfacePoints(surface!);
    expect(back[0]).toEqual({ strike: expect.closeTo(100, 11), expiryYears: 0.25, annualizedVol: expect.closeTo(0.2, 15), bidVol: 0.19, askVol: 0.21, timestamp: Date.UTC(2026, 0, 30, 15) });
    expect(Object.keys(back[2])).toEqual(['strike', 'expiryYears', 'annualizedVol']);
    expect(surface!.spot).toBeNull();
  });

  it('drops what it cannot use, each with its reason, and never throws or hangs for a point', () => {
    const bad = [
      point(NaN, 1, 0.2), point(100, Infinity, 0.2), point(100, 1, NaN), point(-5, 1, 0.2), point(100, 0, 0.2), point(100, -1, 0.2), point(100, 1, 0), point(100, 1, -0.3),
      null, 'x', {}, point(100, 1, 1e200), point(100, 1, 1e-200), point(100, 1, 0.2, { timestamp: 'noon' }), point(100, 1, 0.2, { timestamp: '2026-02-01' }), point(100, 1, 0.2),
    ] as IvPoint[];
    const { surface, usedCount, dropped, dropCounts } = surfaceFromPoints(bad, { ...market, asOf: '2026-01-30' });
    expect(usedCount).toBe(1);
    expect(dropCounts).toEqual({ 'not-finite': 7, 'not-positive': 6, 'bad-timestamp': 1, 'after-as-of': 1 });
    expect(dropped.map(({ index }) => index)).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(surface!.slices).toHaveLength(1);
    expect(surfaceFromPoints(bad.slice(0, 10), market)).toMatchObject({ surface: null, usedCount: 0 });
    expect(surfaceFromPoints([], market).surface).toBeNull();
  });

  it('keeps the newest of two points at one strike and expiry, the later given without times, and counts the other', () => {
    const twice = surfaceFromPoints([point(100, 1, 0.3), point(100, 1, 0.2)], market);
    expect(surfaceVol(twice.surface!, { expiryYears: 1, strike: 100 }).annualizedVol).toBeCloseTo(0.2, 14);
    expect(twice.dropped).toEqual([{ index: 0, reason: 'superseded' }]);
    const timed = surfaceFromPoints([point(100, 1, 0.3, { timestamp: 2000 }), point(100, 1, 0.2, { timestamp: 1000 })], market);
    expect(surfaceVol(timed.surface!, { expiryYears: 1, strike: 100 }).annualizedVol).toBeCloseTo(0.3, 14);
    expect(timed.dropped).toEqual([{ index: 1, reason: 'superseded' }]);
  });

  it('drops points so far out that forward, discount or log-moneyness leaves the doubles, and never throws for them', () => {
    const far = [point(100, 1e10, 0.2), point(5e-324, 1, 0.2), point(100, 1, 0.2)];
    const { surface, dropped } = surfaceFromPoints(far, { spot: 1e10, rate: 0.03 });
    expect(dropped).toEqual([{ index: 0, reason: 'not-finite' }, { index: 1, reason: 'not-finite' }]);
    expect(surface!.slices).toHaveLength(1);
    expect(surfaceFromPoints([point(100, 1e10, 0.2)], { spot: 100, rate: -0.03 })).toMatchObject({ surface: null, dropCounts: { 'not-finite': 1 } });
  });

  it.each([
    ['neither spot nor forwards', {}, 'ERR_DOMAIN'],
    ['a spot of 0', { spot: 0 }, 'ERR_DOMAIN'],
    ['a rate of NaN', { spot: 100, rate: NaN }, 'ERR_DOMAIN'],
    ['a forward of -1', { forwards: [{ expiryYears: 1, forward: -1, discount: 1 }] }, 'ERR_DOMAIN'],
    ['a slip', { spot: 100, yield: 0.01 }, 'ERR_UNKNOWN_NAME'],
    ['unknown wings', { spot: 100, wings: 'cubic' }, 'ERR_DOMAIN'],
  ])('refuses %s', (_, options, code) => {
    expect(() => surfaceFromPoints(ragged, options as never)).toThrow(expect.objectContaining({ code }));
  });
});

describe('withPoints', () => {
  const { surface } = surfaceFromPoints(ragged, market);

  it('adds to an expiry, replaces a strike, starts an expiry, and leaves the old surface alone', () => {
    const before = structuredClone(surface);
    const next = withPoints(surface!, [point(105, 1, 0.2), point(100, 1, 0.25), point(100, 0.5, 0.23)]).surface!;
    expect(next.slices.map(({ expiryYears }) => expiryYears)).toEqual([0.25, 0.5, 1]);
    expect(surfacePoints(next)).toHaveLength(7);
    expect(surfacePoints(next).every(Object.isFrozen)).toBe(true);
    expect(surfaceVol(next, { expiryYears: 1, strike: 100 }).annualizedVol).toBeCloseTo(0.25, 14);
    expect(surfaceVol(next, { expiryYears: 1, strike: 90 }).annualizedVol).toBe(surfaceVol(surface!, { expiryYears: 1, strike: 90 }).annualizedVol);
    expect(next.slices[1].forward).toBeCloseTo(100 * Math.exp(0.02), 10);
    expect(structuredClone(surface)).toEqual(before);
  });

  it('leaves an expiry with a fitted smile as it is, and says so', () => {
    const fitted = ivSurface([indexSlice(1)]);
    const { surface: same, dropped } = withPoints(fitted, [point(100, 1, 0.5)]);
    expect(dropped).toEqual([{ index: 0, reason: 'fitted-expiry' }]);
    expect(same).toEqual(fitted);
  });
});
