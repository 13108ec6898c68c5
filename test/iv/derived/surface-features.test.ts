import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { atmShape } from '../../../src/iv/derived/atm-shape.ts';
import { deltaQuotes } from '../../../src/iv/derived/delta-quotes.ts';
import { distributionMoments } from '../../../src/iv/derived/distribution.ts';
import { forwardVariance } from '../../../src/iv/derived/forward-variance.ts';
import { surfaceFeatures, surfaceFeaturesSync } from '../../../src/iv/derived/surface-features.ts';
import { varianceSwap } from '../../../src/iv/derived/variance-swap.ts';
import { surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { ivSurfaceSeries } from '../../../src/iv/surface/surface-series.ts';
import { panelFromRows } from '../../../src/panel/from-columns.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';

const slices = [7, 21, 60, 120, 365].map((days) => indexSlice(days / 365));
const surface = ivSurface(slices, { spot: 100, asOf: '2026-01-30T21:00:00Z' });
const NAMES = ['atmVol30d', 'atmSkew30d', 'atmCurvature30d', 'riskReversal25d30d', 'butterfly25d30d', 'varianceSwapVol30d', 'atmVol91d', 'atmSkew91d', 'atmCurvature91d', 'riskReversal25d91d', 'butterfly25d91d', 'varianceSwapVol91d', 'termSlope30d91d', 'forwardVol30d91d'];

describe('surfaceFeatures', () => {
  it('names its columns by quantity, delta and tenor', () => {
    const { names, rows } = surfaceFeaturesSync(surface, { tenorDays: [30, 91] });
    expect(names).toEqual(NAMES);
    expect(Object.keys(rows[0])).toEqual(['time', ...NAMES, 'reason']);
  });

  it('has the numbers of the functions behind them, at constant times by the surface\'s own interpolation', () => {
    const { rows: [row] } = surfaceFeaturesSync(surface, { tenorDays: [30, 91], deltas: [0.1, 0.25], families: ['atm', 'delta', 'variance-swap', 'distribution', 'term'] });
    for (const days of [30, 91]) {
      const at = surfaceSmile(surface, days / 365);
      const shape = atmShape(at);
      expect(row[`atmVol${days}d`]).toBe(shape.annualizedVol);
      expect(row[`atmSkew${days}d`]).toBe(shape.skew);
      expect(row[`atmCurvature${days}d`]).toBe(shape.curvature);
      deltaQuotes(at).quotes.forEach(({ riskReversal, butterfly }, i) => {
        expect(row[`riskReversal${[10, 25][i]}d${days}d`]).toBe(riskReversal);
        expect(row[`butterfly${[10, 25][i]}d${days}d`]).toBe(butterfly);
      });
      expect(row[`varianceSwapVol${days}d`]).toBeCloseTo(varianceSwap(at).fairVol, 9);
      expect(row[`skewness${days}d`]).toBeCloseTo(distributionMoments(at).skewness, 6);
      expect(row[`kurtosis${days}d`]).toBeCloseTo(distributionMoments(at).kurtosis, 5);
    }
    expect(row.termSlope30d91d).toBeCloseTo((((row.atmVol91d as number) - (row.atmVol30d as number)) * 365) / 61, 14);
    expect(row.forwardVol30d91d).toBeCloseTo(forwardVariance(surface, { nearYears: 30 / 365, farYears: 91 / 365 }).annualizedVol, 12);
    expect(row.time).toBe(Date.UTC(2026, 0, 30, 21));
    expect(row.reason).toBeNull();
  });

  it('leaves NaN and a reason where the surface defines nothing', () => {
    const { rows: [row] } = surfaceFeaturesSync(ivSurface([indexSlice(60 / 365), slice(raw([0.02, 0.7, -1, 0, 0.2]), 100 / 365), slice(raw([0.02, 1.1, -1, 0, 0.2]), 200 / 365)]), { tenorDays: [30, 91, 200, 400] });
    expect(row.time).toBeNull();
    expect(row.reason).toContain('30d: before-first-expiry');
    expect(row.reason).toContain('varianceSwapVol200d: divergent');
    expect(row.reason).toContain('400d: after-last-expiry');
    expect(row.atmVol30d).toBeNaN();
    expect(row.atmVol91d).toBeGreaterThan(0);
    expect(row.atmVol200d).toBeGreaterThan(0);
    expect(row.termSlope30d91d).toBeNaN();
    expect(row.termSlope91d200d).not.toBeNaN();
  });

  it('takes extrapolated tenors on request, and reports a forward variance below zero', () => {
    const inverted = ivSurface([slice(raw([0.05, 0, 0, 0, 1]), 0.1), slice(raw([0.01, 0, 0, 0, 1]), 0.5)]);
    const { rows: [row] } = surfaceFeaturesSync(inverted, { tenorDays: [20, 40, 182], extrapolate: true });
    expect(row.atmVol20d).toBeCloseTo(Math.sqrt(0.5), 12);
    expect(row.forwardVol40d182d).toBeNaN();
    expect(row.reason).toContain('forwardVol40d182d: calendar');
  });

  it('says when a spot delta has no spot, and when the smile has no level', () => {
    const { rows: [row] } = surfaceFeaturesSync(ivSurface(slices), { tenorDays: [30], convention: 'spot' });
    expect(row.reason).toBe('riskReversal25d30d: no-spot; butterfly25d30d: no-spot');
    const negative = ivSurface([slice(raw([-0.05, 0.1, 0, 0, 0.1]), 30 / 365)]);
    expect(surfaceFeaturesSync(negative, { tenorDays: [30], families: ['term'] }).rows[0].reason).toBe('atmVol30d: negative-variance');
    expect(surfaceFeaturesSync(negative, { tenorDays: [30], families: ['atm'] }).rows[0].reason).toBe('atmVol30d: negative-variance; atmSkew30d: negative-variance; atmCurvature30d: negative-variance');
  });

  it('makes each row of its own surface alone: later surfaces change nothing (no look-ahead)', () => {
    const history = [0, 1, 2, 3].map((day) => ivSurface([7, 60, 365].map((days) => slice(raw([0.01 * (1 + day / 10) * (days / 365), 0.05, -0.5, 0, 0.1]), days / 365)), { asOf: Date.UTC(2026, 0, 1 + day) }));
    const all = surfaceFeaturesSync(ivSurfaceSeries(history)).rows;
    expect(all.length).toBe(4);
    history.forEach((_, i) => {
      expect(surfaceFeaturesSync(ivSurfaceSeries(history.slice(0, i + 1))).rows).toEqual(all.slice(0, i + 1));
    });
  });

  it('joins a panel by time and entity', () => {
    const other = ivSurface(slices, { asOf: '2026-02-02T21:00:00Z' });
    const { rows, names } = surfaceFeaturesSync(ivSurfaceSeries([surface, other]), { entity: 'SPX', tenorDays: [30, 500] });
    const panel = panelFromRows(rows, { entity: 'entity', time: 'time', columns: names });
    expect(panel.entities).toEqual(['SPX']);
    expect(panel.columns.atmVol30d[1]).toBe(rows[1].atmVol30d);
    expect(panel.columns.atmVol500d[0]).toBeNaN();
  });

  it('runs without blocking and is plain data', async () => {
    const features = await surfaceFeatures(ivSurfaceSeries([surface]));
    expect(features).toEqual(surfaceFeaturesSync(surface));
    expect(fromPlain(toPlain(features))).toEqual(features);
    await expect(surfaceFeatures(surface, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(surfaceFeaturesSync(ivSurfaceSeries()).rows).toEqual([]);
  });

  it.each([
    ['tenors out of order', { tenorDays: [91, 30] }, 'ERR_DOMAIN'],
    ['a tenor of 0', { tenorDays: [0] }, 'ERR_DOMAIN'],
    ['no tenor', { tenorDays: [] }, 'ERR_SHAPE'],
    ['a delta twice', { deltas: [0.25, 0.25] }, 'ERR_DOMAIN'],
    ['an unknown family', { families: ['greeks'] }, 'ERR_DOMAIN'],
    ['an unknown option', { tenors: [30] }, 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_, options, code) => {
    expect(() => surfaceFeaturesSync(surface, options as never)).toThrow(expect.objectContaining({ code }));
  });
});
