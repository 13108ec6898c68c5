import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import type { Plain } from '../../../src/core/codec.ts';
import { priceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { sabrSmile } from '../../../src/iv/slices/sabr.ts';
import { surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import type { IvSurface } from '../../../src/iv/surface/iv-surface.ts';
import { restoreSmile } from '../../../src/iv/surface/require-smile.ts';
import { restoreIvSurface, restoreIvSurfaceSeries } from '../../../src/iv/surface/restore-surface.ts';
import { ivSurfaceSeries, surfaceAsOf, withSurfaceAsOf } from '../../../src/iv/surface/surface-series.ts';
import { surfaceVols } from '../../../src/iv/surface/surface-vols.ts';
import { indexSlice, slice } from './reference.ts';

const quotes = { bidVol: Float64Array.of(0.1, NaN), askVol: Float64Array.of(0.2, 0.3), timestamp: Float64Array.of(1, NaN) };
const base = ivSurface([indexSlice(0.25), indexSlice(1)], { spot: 100 });
const every = ivSurface(
  [
    indexSlice(0.25),
    slice(pointSmile({ logMoneyness: [-0.1, 0.1], totalVariance: [0.04, 0.03] }, { quotes, extrapolation: 'flat' }), 0.5),
    slice(priceSplineSmile({ kernelVariance: 0.02, moneyness: Float64Array.of(0.8, 1.2), probability: Float64Array.of(0.5, 0.5) }), 0.75),
    slice(surfaceSmile(base, 0.8).smile!, 1),
    slice(sabrSmile({ alpha: 0.2, beta: 1, rho: -0.4, nu: 0.6, forward: 100, expiryYears: 1.5 }), 1.5),
  ],
  { spot: 100, asOf: '2026-01-30', interpolation: 'price', extrapolation: 'none' },
);
const text = JSON.stringify(toPlain(every));
const reread = (): Record<string, unknown> => fromPlain(JSON.parse(text) as Plain) as Record<string, unknown>;

describe('restoreIvSurface', () => {
  it('answers the same bits after the plain codec and JSON, with every kind of smile', () => {
    const back = restoreIvSurface(reread());
    expect(back).toEqual(every);
    const columns = { expiryYears: [0.25, 0.3, 0.5, 0.6, 0.9, 1, 1.2], logMoneyness: [-0.3, 0.1, 0.05, 0, 0.2, -0.1, 0.1] };
    expect(surfaceVols(back, columns)).toEqual(surfaceVols(every, columns));
    expect(JSON.stringify(toPlain(back))).toBe(text);
    expect(Object.isFrozen(back) && Object.isFrozen(back.slices[0].smile)).toBe(true);
  });

  const slices = (change: (slice: Record<string, unknown>) => unknown) => (plain: Record<string, unknown>) => ({ ...plain, slices: (plain.slices as Record<string, unknown>[]).map((s, i) => (i === 1 ? change(s) : s)) });
  const smile = (change: Record<string, unknown>) => slices((s) => ({ ...s, smile: { ...(s.smile as object), ...change } }));
  const deep = (levels: number): unknown => (levels === 0 ? indexSlice(1).smile : { kind: 'blend', rule: 'variance', near: deep(levels - 1), far: deep(levels - 1), nearWeight: 1, farWeight: 0 });
  it.each<[string, (plain: Record<string, unknown>) => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['an array', () => []],
    ['another kind', (plain) => ({ ...plain, kind: 'svi' })],
    ['an extra key', (plain) => ({ ...plain, note: 1 })],
    ['a missing key', ({ spot: _, ...rest }) => rest],
    ['no slices', (plain) => ({ ...plain, slices: [] })],
    ['a slice that is null', slices(() => null)],
    ['slices out of order', (plain) => ({ ...plain, slices: [...(plain.slices as unknown[])].reverse() })],
    ['an expiry as text', slices((s) => ({ ...s, expiryYears: '1' }))],
    ['an expiry of NaN', slices((s) => ({ ...s, expiryYears: NaN }))],
    ['a negative forward', slices((s) => ({ ...s, forward: -1 }))],
    ['a spot of 0', (plain) => ({ ...plain, spot: 0 })],
    ['a time as text', (plain) => ({ ...plain, asOf: '2026-01-30' })],
    ['an unknown rule', (plain) => ({ ...plain, interpolation: 'cubic' })],
    ['an unknown smile', smile({ kind: 'magic' })],
    ['points out of order', smile({ logMoneyness: Float64Array.of(0.1, -0.1) })],
    ['points as a list', smile({ logMoneyness: [-0.1, 0.1] })],
    ['negative variance at a point', smile({ totalVariance: Float64Array.of(0.04, -0.1) })],
    ['quotes of another length', smile({ quotes: { ...quotes, bidVol: Float64Array.of(1) } })],
    ['quotes as text', smile({ quotes: 'none' })],
    ['an extra key in a smile', smile({ note: 1 })],
    ['an SVI smile without a number', slices((s) => ({ ...s, smile: { kind: 'svi', a: 1, b: 0, rho: 0, m: 0 } }))],
    ['a SABR smile without a number', slices((s) => ({ ...s, smile: { kind: 'sabr', formula: 'obloj', alpha: 1 } }))],
    ['blends nested so deep that one evaluation takes 2^40 steps', slices((s) => ({ ...s, smile: deepBlend(40) }))],
    ['a blend with weights that make no mixture', slices((s) => ({ ...s, smile: { kind: 'blend', rule: 'price', near: indexSlice(1).smile, far: indexSlice(1).smile, nearWeight: 1, farWeight: 1 } }))],
  ])('refuses %s', (_, change) => {
    expect(() => restoreIvSurface(change(reread()))).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
  });

  it('makes the slopes of points anew: a file cannot smuggle in others', () => {
    const { smile: points } = restoreIvSurface(smile({ slope: Float64Array.of(7, 7) })(reread())).slices[1];
    expect(points).toEqual(every.slices[1].smile);
  });

  it('takes blends of blends, to six levels', () => {
    expect(restoreSmile(deep(6))).toMatchObject({ kind: 'blend' });
    expect(() => restoreSmile(deep(7))).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
  });
});

/** One object nested by reference, so that making it is cheap. */
function deepBlend(levels: number): unknown {
  let smile: unknown = indexSlice(1).smile;
  for (let i = 0; i < levels; i++) smile = { kind: 'blend', rule: 'variance', near: smile, far: smile, nearWeight: 0.5, farWeight: 0.5 };
  return smile;
}

describe('ivSurfaceSeries', () => {
  const at = (asOf: string): IvSurface => ivSurface([indexSlice(1)], { asOf });
  const [monday, tuesday, friday] = ['2026-01-26T15:00:00Z', '2026-01-27T15:00:00Z', '2026-01-30T15:00:00Z'].map(at);
  const series = ivSurfaceSeries([friday, monday, tuesday]);

  it('never looks ahead: the answer is the last surface at or before the time, or null', () => {
    expect(surfaceAsOf(series, '2026-01-26T14:59:59.999Z')).toBeNull();
    expect(surfaceAsOf(series, '2026-01-26T15:00:00Z')).toBe(monday);
    expect(surfaceAsOf(series, '2026-01-27T14:59:59.999Z')).toBe(monday);
    expect(surfaceAsOf(series, Date.UTC(2026, 0, 29))).toBe(tuesday);
    expect(surfaceAsOf(series, new Date('2030-01-01'))).toBe(friday);
    expect(surfaceAsOf(ivSurfaceSeries(), 0)).toBeNull();
    for (const { asOf } of series.surfaces) for (const shift of [-1, 0, 1]) expect(surfaceAsOf(series, asOf! + shift)?.asOf ?? -Infinity).toBeLessThanOrEqual(asOf! + shift);
  });

  it('grows into a new series, also by a surface that comes late', () => {
    const wednesday = at('2026-01-28T15:00:00Z');
    const longer = withSurfaceAsOf(series, wednesday);
    expect(longer.surfaces).toEqual([monday, tuesday, wednesday, friday]);
    expect(series.surfaces).toHaveLength(3);
    expect(Object.isFrozen(longer) && Object.isFrozen(longer.surfaces)).toBe(true);
    expect(withSurfaceAsOf(ivSurfaceSeries(), monday).surfaces).toEqual([monday]);
  });

  it('round-trips through the plain codec', () => {
    expect(restoreIvSurfaceSeries(fromPlain(JSON.parse(JSON.stringify(toPlain(series))) as Plain))).toEqual(series);
    for (const bad of [null, { kind: 'iv-surface-series' }, { kind: 'iv-surface-series', surfaces: [1] }, { kind: 'iv-surface-series', surfaces: [tuesday, monday] }, { kind: 'iv-surface-series', surfaces: [base] }]) {
      expect(() => restoreIvSurfaceSeries(bad)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    }
  });

  it('refuses a surface without a time, and two of one time', () => {
    expect(() => withSurfaceAsOf(series, base)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => withSurfaceAsOf(series, at('2026-01-27T15:00:00Z'))).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    expect(() => ivSurfaceSeries([monday, monday])).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    expect(() => surfaceAsOf(series, 'noon')).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
