import { describe, expect, it } from 'vitest';
import { ATM_CONVENTIONS, atmShape, deltaNeutralLogMoneyness, termSlope } from '../../../src/iv/derived/atm-shape.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { smileTotalVariance } from '../../../src/iv/smile.ts';
import { surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { surfaceVol } from '../../../src/iv/surface/surface-vol.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';
import { derivedSlices } from './reference.ts';

describe('atmShape', () => {
  it('has the reference level, skew and curvature, every row, to 1e-14 relative', () => {
    let rows = 0;
    for (const { T, raw_a_b_rho_m_sigma: parameters, atm } of derivedSlices) {
      if (atm === undefined) continue;
      const { status, annualizedVol, skew, curvature, strike, logMoneyness } = atmShape(slice(raw(parameters), T));
      expect([status, strike, logMoneyness]).toEqual(['ok', 100, 0]);
      expect(Math.abs(annualizedVol - atm.vol)).toBeLessThan(1e-14);
      expect(Math.abs(skew - atm.dvol_dk)).toBeLessThan(1e-14 * (1 + Math.abs(atm.dvol_dk)));
      expect(Math.abs(curvature - atm.d2vol_dk2)).toBeLessThan(1e-14 * (1 + Math.abs(atm.d2vol_dk2)));
      rows++;
    }
    expect(rows).toBe(4);
  });

  it('has the reference delta-neutral strikes to 1e-15', () => {
    for (const { T, raw_a_b_rho_m_sigma: parameters, forwardDelta } of derivedSlices) {
      if (forwardDelta === undefined) continue;
      const atm = atmShape(slice(raw(parameters), T), { convention: 'delta-neutral' });
      expect(Math.abs(atm.logMoneyness - forwardDelta['25'].kDNS)).toBeLessThan(1e-15);
      expect(Math.abs(atm.annualizedVol - forwardDelta['25'].volDNS)).toBeLessThan(1e-15);
    }
  });

  it.each(ATM_CONVENTIONS)('differentiates the volatility where the convention %s puts the money', (convention) => {
    const index = indexSlice(0.5);
    const { logMoneyness: k, annualizedVol, skew, curvature } = atmShape(index, { convention });
    const vol = (at: number): number => Math.sqrt(smileTotalVariance(index.smile, at) / 0.5);
    const h = 1e-3;
    expect(annualizedVol).toBeCloseTo(vol(k), 15);
    expect(skew).toBeCloseTo((vol(k + h) - vol(k - h)) / (2 * h), 4);
    expect(curvature).toBeCloseTo((vol(k + h) - 2 * vol(k) + vol(k - h)) / (h * h), 3);
    const w = smileTotalVariance(index.smile, k);
    expect(k).toBeCloseTo(convention === 'forward' ? 0 : convention === 'delta-neutral' ? w / 2 : -w / 2, 15);
  });

  it('solves k = w / 2 for volatilities so large that w rises with k almost as fast', () => {
    for (const w of [1e-8, 0.04, 25]) expect(deltaNeutralLogMoneyness(raw([w, 0, 0, 0, 1]), -1)).toBeCloseTo(-w / 2, 14);
    const steep = raw([1, 0.99, 1, 0, 0.5]); // w rises by 1.98 per unit of k
    const k = deltaNeutralLogMoneyness(steep, 1);
    expect(k / (smileTotalVariance(steep, k) / 2)).toBeCloseTo(1, 13);
    expect(deltaNeutralLogMoneyness(raw([1, 1.5, 0.9, 0, 0.5]), 1)).toBeNaN(); // by 2.85: never
  });

  it('finds the strike before the end of a smile, and says when it lies beyond', () => {
    const ends = (at: number) => pointSmile({ logMoneyness: [-0.1, 0, at], totalVariance: [0.04, 0.04, 0.04] }, { extrapolation: 'none' });
    expect(atmShape(slice(ends(0.021), 1), { convention: 'delta-neutral' }).logMoneyness).toBeCloseTo(0.02, 14);
    // w rises to 0.05 at the end, 0.026: k = w / 2 is at 0.0247..., found by halving down from beyond the end.
    const rising = pointSmile({ logMoneyness: [-0.1, 0, 0.026], totalVariance: [0.04, 0.04, 0.05] }, { extrapolation: 'none' });
    const { logMoneyness } = atmShape(slice(rising, 1), { convention: 'delta-neutral' });
    expect(logMoneyness).toBeGreaterThan(0.024);
    expect(logMoneyness).toBeCloseTo(smileTotalVariance(rising, logMoneyness) / 2, 15);
    expect(atmShape(slice(ends(0.019), 1), { convention: 'delta-neutral' })).toMatchObject({ status: 'no-solution', annualizedVol: NaN, strike: NaN });
  });

  it('has a status where there is no number', () => {
    const surface = ivSurface([indexSlice(0.25), indexSlice(1)], { extrapolation: 'none' });
    expect(atmShape(surfaceSmile(surface, 2))).toMatchObject({ status: 'outside-expiries', annualizedVol: NaN, skew: NaN });
    expect(atmShape(surfaceSmile(surface, -1)).status).toBe('expired');
    expect(atmShape(slice(raw([-0.05, 0.1, 0, 0, 0.1]), 1))).toMatchObject({ status: 'negative-variance', annualizedVol: NaN, skew: NaN, curvature: NaN });
    const aside = pointSmile({ logMoneyness: [0.1, 0.2], totalVariance: [0.04, 0.04] }, { extrapolation: 'none' });
    for (const convention of ATM_CONVENTIONS) expect(atmShape(slice(aside, 1), { convention })).toMatchObject({ status: 'outside-strikes', annualizedVol: NaN });
    expect(() => atmShape(indexSlice(1), { convention: 'spot' as never })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('termSlope', () => {
  const surface = ivSurface([indexSlice(0.25), indexSlice(1)]);

  it('is the difference of volatilities over that of times, at the forward or where the straddle has no delta', () => {
    const { slope, nearVol, farVol } = termSlope(surface, { nearYears: 0.3, farYears: 0.8 });
    expect(nearVol).toBe(surfaceVol(surface, { expiryYears: 0.3, logMoneyness: 0 }).annualizedVol);
    expect(slope).toBeCloseTo((farVol - nearVol) / 0.5, 15);
    expect(termSlope(surface, { nearYears: 0.3, farYears: 0.8, convention: 'delta-neutral' }).slope).not.toBe(slope);
  });

  it('carries the status of both times, and NaN without both', () => {
    expect(termSlope(surface, { nearYears: 0.1, farYears: 2 })).toMatchObject({ nearStatus: 'before-first-expiry', farStatus: 'after-last-expiry' });
    expect(termSlope(ivSurface(surface.slices, { extrapolation: 'none' }), { nearYears: 0.3, farYears: 2 })).toMatchObject({ nearStatus: 'ok', farStatus: 'outside-expiries', farVol: NaN, slope: NaN });
    expect(() => termSlope(surface, { nearYears: 1, farYears: 1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
