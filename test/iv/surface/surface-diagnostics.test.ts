import { describe, expect, it } from 'vitest';
import { normalCdf } from '../../../src/core/special-functions.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { densityMoments, smileDensity } from '../../../src/iv/surface/smile-density.ts';
import { surfaceDiagnosticsSync } from '../../../src/iv/surface/surface-diagnostics.ts';
import { indexSlice, raw, reference, slice } from './reference.ts';

const flatAt = (vol: number, expiryYears: number) => slice(raw([vol * vol * expiryYears, 0, 0, 0, 0.1]), expiryYears);
const quotes = (expiryYears: number, logMoneyness: number[], midVol: number[], halfSpread: number, forward = 100) => ({
  expiryYears,
  forward,
  discount: 1,
  logMoneyness: Float64Array.from(logMoneyness),
  midVol: Float64Array.from(midVol),
  bidVol: Float64Array.from(midVol, (v) => v - halfSpread),
  askVol: Float64Array.from(midVol, (v) => v + halfSpread),
});

describe('surfaceDiagnostics', () => {
  const surface = ivSurface([flatAt(0.2, 1), flatAt(0.25, 2)]);

  it('measures errors in vols and in spreads, bias and share inside bid and ask, by hand', () => {
    const { expiries, overall } = surfaceDiagnosticsSync(surface, [quotes(1, [-0.1, 0, 0.1, 0.2], [0.21, 0.2, 0.17, NaN], 0.01), quotes(2, [0], [0.25], 0.01)]);
    // Model minus mid: -0.01 (on the bid), 0, 0.03.
    expect(expiries[0]).toMatchObject({ expiryYears: 1, status: 'ok', count: 3, missingCount: 1, insideCount: 3 });
    expect(expiries[0].rmseVol).toBeCloseTo(Math.sqrt(0.001 / 3), 12);
    expect(expiries[0].biasVol).toBeCloseTo(0.02 / 3, 12);
    expect(expiries[0].maxErrorVol).toBeCloseTo(0.03, 12);
    expect(expiries[0].rmseSpreads).toBeCloseTo(Math.sqrt((0.25 + 2.25) / 3), 10);
    expect(overall.count).toBe(4);
    expect(overall.rmseVol).toBeCloseTo(Math.sqrt(0.001 / 4), 12);
    expect(expiries[1].insideShare).toBe(1);
  });

  it('takes a missing bid as 0 and leaves a quote without an ask out of the share', () => {
    const entry = quotes(1, [-0.1, 0, 0.1], [0.21, 0.2, 0.17], 0.02);
    entry.bidVol.fill(NaN);
    entry.askVol[1] = NaN;
    entry.askVol[2] = 0.19;
    const [row] = surfaceDiagnosticsSync(surface, [entry]).expiries;
    expect(row).toMatchObject({ count: 3, insideCount: 2, insideShare: 0.5, rmseSpreads: NaN });
  });

  it('compares at the strike where the quotes have another forward', () => {
    const tilted = ivSurface([slice(pointSmile({ logMoneyness: [-1, 1], totalVariance: [0.06, 0.02] }), 1, 100)]);
    const vol = Math.sqrt(0.04 - 0.02 * Math.log(1.1)); // at strike 110
    expect(surfaceDiagnosticsSync(tilted, [quotes(1, [Math.log(1.1)], [vol], 0.01, 100)]).overall.maxErrorVol).toBeLessThan(1e-15);
    expect(surfaceDiagnosticsSync(tilted, [quotes(1, [0], [vol], 0.01, 110)]).overall.maxErrorVol).toBeLessThan(1e-15);
  });

  it('gives mass and mean of the density, 1 and the forward, wings, and the arbitrage report', () => {
    const index = ivSurface([0.1, 0.5, 1].map((t) => indexSlice(t)));
    const { expiries, arbitrage } = surfaceDiagnosticsSync(index, [0.1, 0.3, 1].map((t) => quotes(t, [0], [0.2], 0.01)));
    for (const { densityMass, densityMean, leftWingSlope, rightWingSlope } of expiries) {
      expect(densityMass).toBeCloseTo(1, 8);
      expect(densityMean).toBeCloseTo(1, 8);
      expect(leftWingSlope).toBeLessThan(0);
      expect(rightWingSlope).toBeGreaterThan(0);
    }
    expect(arbitrage.isArbitrageFree).toBe(true);
    const broken = surfaceDiagnosticsSync(ivSurface([slice(raw(reference.slices[0].raw_a_b_rho_m_sigma), 1)]), []);
    expect(broken.arbitrage.counts.butterfly).toBe(1);
    expect(broken.overall).toMatchObject({ count: 0, rmseVol: NaN, insideShare: NaN });
  });

  it('has rows with a status where the surface has no smile', () => {
    const closed = ivSurface(surface.slices, { extrapolation: 'none' });
    expect(surfaceDiagnosticsSync(closed, [quotes(3, [0], [0.2], 0.01)]).expiries[0]).toMatchObject({ status: 'outside-expiries', count: 0, missingCount: 1, densityMass: NaN });
  });

  it('prints itself as a table', () => {
    const diagnostics = surfaceDiagnosticsSync(surface, [quotes(1, [0], [0.21], 0.01)]);
    const text = (diagnostics as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]();
    expect(text).toContain('rmse bp');
    expect(text).toMatch(/^ +all/m);
    expect(text).toContain('No static arbitrage');
    expect(structuredClone(diagnostics)).toEqual(diagnostics);
  });

  it('refuses columns of different lengths and a slip', () => {
    expect(() => surfaceDiagnosticsSync(surface, [{ ...quotes(1, [0], [0.2], 0.01), bidVol: new Float64Array(2) }])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => surfaceDiagnosticsSync(surface, [], { checks: {} } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('smileDensity', () => {
  it('is the normal density of ln(S / F) for a flat smile', () => {
    const { density, cumulative, durrlemanG } = smileDensity(raw([0.04, 0, 0, 0, 0.1]), [-0.3, 0, 0.2]);
    [-0.3, 0, 0.2].forEach((k, i) => {
      const z = (k + 0.02) / 0.2;
      expect(density[i]).toBeCloseTo(Math.exp(-z * z / 2) / (0.2 * Math.sqrt(2 * Math.PI)), 13);
      expect(cumulative[i]).toBeCloseTo(normalCdf(z), 14);
      expect(durrlemanG[i]).toBe(1);
    });
  });

  it('agrees with g of the reference rows, and the distribution function has the density as its slope', () => {
    const smile = raw(reference.slices[1].raw_a_b_rho_m_sigma);
    const { rows } = reference.slices[1];
    const { durrlemanG, density } = smileDensity(smile, rows.map(([k]) => k));
    rows.forEach(([, , , , g], i) => expect(Math.abs(durrlemanG[i] - g)).toBeLessThan(1e-11 * (1 + Math.abs(g))));
    const h = 1e-5;
    rows.forEach(([k], i) => {
      const [low, high] = smileDensity(smile, [k - h, k + h]).cumulative;
      expect(Math.abs((high - low) / (2 * h) - density[i])).toBeLessThan(1e-5 * (1 + density[i]));
    });
  });

  it('is NaN where total variance is negative', () => {
    const { density, totalVariance } = smileDensity(raw([-0.05, 0.1, -0.3, 0, 0.2]), [0]);
    expect([density[0] === density[0], totalVariance[0] < 0]).toEqual([false, true]);
  });

  it('has mass 1 and mean 1 for every butterfly-free reference slice, and for one with a negative density', () => {
    for (const { raw_a_b_rho_m_sigma: parameters, minTotalVar, slopeLeft, slopeRight, name } of reference.slices) {
      if (minTotalVar <= 0 || slopeLeft >= 2 || slopeRight >= 2 || name === 'vshape') continue; // the last is narrower than the quadrature
      const { mass, mean } = densityMoments(raw(parameters));
      expect(Math.abs(mass - 1)).toBeLessThan(1e-6);
      expect(Math.abs(mean - 1)).toBeLessThan(1e-6);
    }
  });
});
