import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOCAL_VOL_STATUSES, localVol, localVolGrid } from '../../../src/iv/derived/local-vol.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { uncheckedPhi } from '../../../src/iv/slices/ssvi.ts';
import type { SsviPhi } from '../../../src/iv/slices/ssvi.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import type { IvSurface, IvSurfaceOptions, SurfaceSlice } from '../../../src/iv/surface/iv-surface.ts';
import { surfaceVol } from '../../../src/iv/surface/surface-vol.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';
import { derivedSlices, ssviReference } from './reference.ts';
import type { SsviReference } from './reference.ts';

/** The reference surface theta = 0.04 T + 0.01 (1 - e^(-2 T)) at one time, as raw SVI. */
function ssviSlice({ phi, params }: SsviReference, years: number): SurfaceSlice {
  const theta = 0.04 * years - 0.01 * Math.expm1(-2 * years);
  const shape: SsviPhi = phi === 'hestonlike' ? { kind: 'heston-like', lambda: params.lambda } : { kind: phi === 'powerlaw' ? 'power-law' : 'bounded-power-law', eta: params.eta, gamma: params.gamma };
  const out = new Float64Array(2);
  uncheckedPhi(shape, theta, out);
  const { rho } = params;
  return slice(raw([(theta / 2) * (1 - rho * rho), (theta * out[0]) / 2, rho, -rho / out[0], Math.sqrt(1 - rho * rho) / out[0]]), years);
}

function around(ssvi: SsviReference, years: number, h: number): IvSurface {
  return ivSurface([ssviSlice(ssvi, years - h), ssviSlice(ssvi, years), ssviSlice(ssvi, years + h)]);
}

describe('localVol', () => {
  it('has the reference local volatilities of three SSVI surfaces, every row, to 1e-10', () => {
    let rows = 0;
    for (const ssvi of ssviReference) {
      for (const [T, k, , , w, , , g, dwdT, vol] of ssvi.rows) {
        // Slopes between slices h apart, from below and above T, extrapolated to h = 0: errors of order h^4.
        const h = 1e-3 * T;
        const slopeOver = (step: number): number => {
          const surface = ivSurface([ssviSlice(ssvi, T - step), ssviSlice(ssvi, T + step)]);
          return localVol(surface, { expiryYears: T, logMoneyness: k }).timeSlope;
        };
        const [s1, s2, s4] = [slopeOver(h), slopeOver(2 * h), slopeOver(4 * h)];
        const [e1, e2] = [(4 * s1 - s2) / 3, (4 * s2 - s4) / 3];
        const slope = (16 * e1 - e2) / 15;
        const at = localVol(around(ssvi, T, h), { expiryYears: T, logMoneyness: k });
        expect(at.status).toBe('ok');
        expect(Math.abs(at.totalVariance / w - 1)).toBeLessThan(1e-12);
        expect(Math.abs(at.durrlemanG - g)).toBeLessThan(1e-12 * (1 + Math.abs(g)));
        expect(Math.abs(slope / dwdT - 1)).toBeLessThan(1e-10);
        expect(Math.abs(Math.sqrt(slope / at.durrlemanG) - vol)).toBeLessThan(1e-10);
        // And as it comes, with the error of a straight line over 2 h.
        const fine = localVol(ivSurface([ssviSlice(ssvi, T * (1 - 1e-5)), ssviSlice(ssvi, T * (1 + 1e-5))]), { expiryYears: T, logMoneyness: k });
        expect(Math.abs(fine.localVol - vol)).toBeLessThan(1e-8);
        rows++;
      }
    }
    expect(rows).toBe(84);
  });

  it('is the volatility of a flat surface, and the forward volatility of one that is flat in strike', () => {
    const flat = ivSurface([slice(raw([0.02, 0, 0, 0, 1]), 0.5), slice(raw([0.04, 0, 0, 0, 1]), 1)]);
    for (const expiryYears of [0.1, 0.5, 0.7, 1, 3]) {
      for (const logMoneyness of [-2, 0, 0.3]) expect(localVol(flat, { expiryYears, logMoneyness }).localVol).toBeCloseTo(0.2, 12);
    }
    const rising = ivSurface([slice(raw([0.01, 0, 0, 0, 1]), 0.5), slice(raw([0.05, 0, 0, 0, 1]), 1)]);
    expect(localVol(rising, { expiryYears: 0.75, logMoneyness: 0.1 }).localVol).toBeCloseTo(Math.sqrt(0.08), 14);
    expect(localVol(rising, { expiryYears: 0.5, logMoneyness: 0.1 }).localVol).toBeCloseTo(Math.sqrt(0.02), 14); // from below
    expect(localVol(rising, { expiryYears: 2, logMoneyness: 0.1 }).localVol).toBeCloseTo(Math.sqrt(0.08), 14);
  });

  it.each(['variance', 'price'] as const)('has the slope in time that differences of the surface show (%s between expiries)', (interpolation) => {
    const surface = ivSurface([indexSlice(0.25), indexSlice(0.5), indexSlice(1)], { interpolation });
    const w = (years: number, logMoneyness: number): number => surfaceVol(surface, { expiryYears: years, logMoneyness }).totalVariance;
    const h = 2e-6;
    for (const years of [0.1, 0.3, 0.499, 0.501, 0.8, 1.5]) {
      for (const k of [-1.5, -0.4, -0.1, 0, 0.05, 0.3, 1]) {
        const { timeSlope, status } = localVol(surface, { expiryYears: years, logMoneyness: k });
        expect(LOCAL_VOL_STATUSES.indexOf(status)).toBeLessThanOrEqual(2);
        expect(Math.abs(timeSlope / ((w(years + h, k) - w(years - h, k)) / (2 * h)) - 1)).toBeLessThan(1e-6);
      }
    }
  });

  it('keeps its digits where prices underflow: the interpolated price 60 standard deviations out', () => {
    const surface = ivSurface([indexSlice(0.25), indexSlice(1)], { interpolation: 'price' });
    const { timeSlope, status } = localVol(surface, { expiryYears: 0.5, logMoneyness: 6 });
    const w = (years: number): number => surfaceVol(surface, { expiryYears: years, logMoneyness: 6 }).totalVariance;
    expect(status).toBe('ok');
    expect(Math.abs(timeSlope / ((w(0.501) - w(0.499)) / 0.002) - 1)).toBeLessThan(1e-4);
    // Large volatility near the money: the price is close to its bound.
    const wild = ivSurface([slice(raw([9, 0, 0, 0, 1]), 1), slice(raw([16, 0, 0, 0, 1]), 2)], { interpolation: 'price' });
    const at = (years: number): number => surfaceVol(wild, { expiryYears: years, logMoneyness: 0.5 }).totalVariance;
    expect(Math.abs(localVol(wild, { expiryYears: 1.5, logMoneyness: 0.5 }).timeSlope / ((at(1.5001) - at(1.4999)) / 0.0002) - 1)).toBeLessThan(1e-6);
    // One of the two prices by either formula: sqrt(w) / 2 is below 1 for the near slice and above it for the far one.
    const mixed = ivSurface([slice(raw([3.5, 0, 0, 0, 1]), 1), slice(raw([4.8, 0, 0, 0, 1]), 2)], { interpolation: 'price' });
    const w2 = (years: number): number => surfaceVol(mixed, { expiryYears: years, logMoneyness: 0.5 }).totalVariance;
    expect(Math.abs(localVol(mixed, { expiryYears: 1.5, logMoneyness: 0.5 }).timeSlope / ((w2(1.5001) - w2(1.4999)) / 0.0002) - 1)).toBeLessThan(1e-6);
  });

  it('is defined with a single expiry: w / T before, at and after it', () => {
    const surface = ivSurface([indexSlice(1)]);
    for (const [expiryYears, status] of [[0.5, 'before-first-expiry'], [1, 'ok'], [2, 'after-last-expiry']] as const) {
      const at = localVol(surface, { expiryYears, logMoneyness: -0.1 });
      expect(at.status).toBe(status);
      expect(at.timeSlope).toBeCloseTo(surfaceVol(surface, { expiryYears: 1, logMoneyness: -0.1 }).totalVariance, 14);
      expect(at.localVol).toBeCloseTo(Math.sqrt(at.timeSlope / at.durrlemanG), 15);
    }
  });

  it('says `butterfly` where the Vogt slice has a negative density, `calendar` where total variance falls, and floors on request', () => {
    const vogt = raw(derivedSlices[0].raw_a_b_rho_m_sigma);
    const surface = ivSurface([slice(vogt, 1)]);
    const [low, high] = derivedSlices[0]['gRoots_in_-3_3'];
    for (const k of [low - 1e-6, high + 1e-6]) expect(localVol(surface, { expiryYears: 1, logMoneyness: k }).status).toBe('ok');
    for (const k of [low + 1e-6, 0.88, high - 1e-6]) {
      const at = localVol(surface, { expiryYears: 1, logMoneyness: k });
      expect(at).toMatchObject({ status: 'butterfly', localVol: NaN });
      expect(at.durrlemanG).toBeLessThan(0);
      expect(localVol(surface, { expiryYears: 1, logMoneyness: k, floor: 0.05 })).toMatchObject({ status: 'butterfly', localVol: 0.05 });
    }
    const falling = ivSurface([slice(raw([0.04, 0, 0, 0, 1]), 0.5), slice(raw([0.03, 0, 0, 0, 1]), 1)]);
    expect(localVol(falling, { expiryYears: 0.75, logMoneyness: 0 })).toMatchObject({ status: 'calendar', localVol: NaN, timeSlope: (0.03 - 0.04) / 0.5 });
    expect(localVol(falling, { expiryYears: 2, logMoneyness: 0 }).localVol).toBe(0); // the surface extrapolates flat there
    expect(localVol(falling, { expiryYears: 2, logMoneyness: 0, floor: 0.01 })).toMatchObject({ status: 'after-last-expiry', localVol: 0.01 });
  });

  it('has a status for every place without a number', () => {
    const surface = ivSurface([slice(pointSmile({ logMoneyness: [-0.1, 0, 0.1], totalVariance: [0.02, 0.02, 0.02] }, { extrapolation: 'none' }), 0.5), indexSlice(1)], { extrapolation: 'none' });
    expect(localVol(surface, { expiryYears: 0.75, logMoneyness: 0.2 })).toMatchObject({ status: 'outside-strikes', localVol: NaN, totalVariance: NaN });
    expect(localVol(surface, { expiryYears: 2, logMoneyness: 0 })).toMatchObject({ status: 'outside-expiries', localVol: NaN });
    expect(localVol(surface, { expiryYears: 0, logMoneyness: 0 }).status).toBe('expired');
    expect(localVol(ivSurface([slice(raw([-0.05, 0.1, 0, 0, 0.1]), 1)]), { expiryYears: 1, logMoneyness: 0 }).status).toBe('negative-variance');
    expect(() => localVol(surface, { expiryYears: NaN, logMoneyness: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => localVol(surface, { expiryYears: 1, logMoneyness: 0, floor: -1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => localVol(surface, { expiryYears: 1, strike: 100 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('localVolGrid', () => {
  const options: readonly IvSurfaceOptions[] = [{}, { interpolation: 'price' }, { extrapolation: 'none' }];

  it('has the numbers and statuses of localVol at each node', () => {
    for (const option of options) {
      const surface = ivSurface([indexSlice(0.25), indexSlice(1), slice(raw(derivedSlices[0].raw_a_b_rho_m_sigma), 1.5)], option);
      fc.assert(
        fc.property(fc.array(fc.double({ min: -0.5, max: 3, noNaN: true }), { minLength: 1, maxLength: 3 }), fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 4 }), (expiryYears, logMoneyness) => {
          const grid = localVolGrid(surface, { expiryYears, logMoneyness }, { floor: 0.02 });
          expiryYears.forEach((years, i) => {
            logMoneyness.forEach((k, j) => {
              const node = i * logMoneyness.length + j;
              const single = localVol(surface, { expiryYears: years, logMoneyness: k, floor: 0.02 });
              expect(grid.localVol[node]).toBe(single.localVol);
              expect(LOCAL_VOL_STATUSES[grid.status[node]]).toBe(single.status);
            });
          });
          expect(grid.arbitrageCount).toBe(grid.status.filter((code) => code >= LOCAL_VOL_STATUSES.indexOf('butterfly')).length);
        }),
        { numRuns: 40 },
      );
    }
  });

  it('marks nodes that are no place as invalid, and refuses axes that are no arrays', () => {
    const { status, localVol: vols } = localVolGrid(ivSurface([indexSlice(1)]), { expiryYears: [NaN, 1], logMoneyness: [0, Infinity] });
    expect(Array.from(status, (code) => LOCAL_VOL_STATUSES[code])).toEqual(['invalid', 'invalid', 'ok', 'invalid']);
    expect(Array.from(vols, Number.isNaN)).toEqual([true, true, false, true]);
    expect(() => localVolGrid(ivSurface([indexSlice(1)]), { expiryYears: [1] } as never)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
