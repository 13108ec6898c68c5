import { describe, expect, it } from 'vitest';
import { forwardVariance, forwardVarianceCurve } from '../../../src/iv/derived/forward-variance.ts';
import { varianceSwap } from '../../../src/iv/derived/variance-swap.ts';
import { surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { termStructure } from '../../../src/iv/surface/surface-vol.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';

const surface = ivSurface([indexSlice(0.25), indexSlice(0.5), indexSlice(1)]);

describe('forwardVariance', () => {
  it('is by hand 0.04 in total and 0.08 a year for 10 % to half a year and sqrt(5) % in total to one', () => {
    const steps = ivSurface([slice(raw([0.01, 0, 0, 0, 1]), 0.5), slice(raw([0.05, 0, 0, 0, 1]), 1)]);
    for (const basis of ['smile', 'variance-swap'] as const) {
      const { status, totalVariance, annualizedVariance, annualizedVol } = forwardVariance(steps, { nearYears: 0.5, farYears: 1, basis });
      expect(status).toBe('ok');
      expect(totalVariance).toBeCloseTo(0.04, 12);
      expect(annualizedVariance).toBeCloseTo(0.08, 12);
      expect(annualizedVol).toBeCloseTo(Math.sqrt(0.08), 12);
    }
  });

  it('adds up: variance from now to far is that to near and that between', () => {
    for (const basis of ['smile', 'variance-swap'] as const) {
      const part = (nearYears: number, farYears: number): number => forwardVariance(surface, { nearYears, farYears, basis, logMoneyness: -0.1 }).totalVariance;
      expect(part(0, 0.4) + part(0.4, 0.9)).toBeCloseTo(part(0, 0.9), 12);
    }
    expect(forwardVariance(surface, { nearYears: 0, farYears: 0.6, basis: 'variance-swap' }).annualizedVariance).toBe(varianceSwap(surfaceSmile(surface, 0.6)).fairVariance);
  });

  it('says `calendar` and keeps the negative number when total variance falls', () => {
    const falling = ivSurface([slice(raw([0.05, 0, 0, 0, 1]), 0.5), slice(raw([0.01, 0, 0, 0, 1]), 1)]);
    for (const basis of ['smile', 'variance-swap'] as const) {
      const row = forwardVariance(falling, { nearYears: 0.5, farYears: 1, basis });
      expect(row).toMatchObject({ status: 'calendar', annualizedVol: NaN });
      expect(row.totalVariance).toBeCloseTo(-0.04, 11);
    }
  });

  it('hands on why a time has no variance, and that it is extrapolated', () => {
    expect(forwardVariance(surface, { nearYears: 0.5, farYears: 2 }).status).toBe('after-last-expiry');
    expect(forwardVariance(surface, { nearYears: 0.1, farYears: 0.5 }).status).toBe('before-first-expiry');
    const bounded = ivSurface(surface.slices, { extrapolation: 'none' });
    expect(forwardVariance(bounded, { nearYears: 0.5, farYears: 2 })).toMatchObject({ status: 'outside-expiries', totalVariance: NaN, annualizedVol: NaN });
    expect(forwardVariance(bounded, { nearYears: 0.1, farYears: 0.5 }).status).toBe('outside-expiries');
    const steep = ivSurface([indexSlice(0.5), slice(raw([0.1, 1.2, -1, 0, 0.2]), 1)]);
    expect(forwardVariance(steep, { nearYears: 0.5, farYears: 1, basis: 'variance-swap' })).toMatchObject({ status: 'divergent', totalVariance: NaN });
  });

  it.each([
    ['times that do not ascend', { nearYears: 1, farYears: 0.5 }, 'ERR_DOMAIN'],
    ['a time below 0', { nearYears: -1, farYears: 0.5 }, 'ERR_DOMAIN'],
    ['an unknown basis', { nearYears: 0, farYears: 0.5, basis: 'atm' }, 'ERR_DOMAIN'],
    ['an unknown option', { nearYears: 0, farYears: 0.5, strike: 100 }, 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_, query, code) => {
    expect(() => forwardVariance(surface, query as never)).toThrow(expect.objectContaining({ code }));
  });
});

describe('forwardVarianceCurve', () => {
  it('goes from expiry to expiry, the first from now, like the term structure at the money', () => {
    const curve = forwardVarianceCurve(surface);
    const { forwardVol } = termStructure(surface, { logMoneyness: 0 });
    expect(curve.map(({ nearYears, farYears }) => [nearYears, farYears])).toEqual([[0, 0.25], [0.25, 0.5], [0.5, 1]]);
    curve.forEach(({ annualizedVol, status }, i) => {
      expect(status).toBe('ok');
      expect(annualizedVol).toBeCloseTo(forwardVol[i], 14);
    });
    expect(forwardVarianceCurve(surface, { expiryYears: [0.3, 0.6], basis: 'variance-swap' })[1].totalVariance).toBe(forwardVariance(surface, { nearYears: 0.3, farYears: 0.6, basis: 'variance-swap' }).totalVariance);
  });

  it('refuses times out of order', () => {
    expect(() => forwardVarianceCurve(surface, { expiryYears: [0.5, 0.5] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => forwardVarianceCurve(surface, { expiryYears: 1 as never })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
