import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { risingMeans } from '../../../src/core/pava.ts';
import { ssviButterflyMargins, ssviCalendarMargins } from '../../../src/iv/slices/ssvi-conditions.ts';
import { ssviPoint, ssviSlice, ssviSurface, ssviToSvi, ssviTotalVariance, uncheckedPhi, type SsviPhi } from '../../../src/iv/slices/ssvi.ts';
import { sviTotalVariance } from '../../../src/iv/slices/svi.ts';
import { thetaCurve, uncheckedTheta } from '../../../src/iv/slices/theta-curve.ts';

interface Reference {
  readonly ssvi: readonly { readonly phi: string; readonly params: { readonly eta: number; readonly gamma: number; readonly lambda: number; readonly rho: number }; readonly rows: readonly number[][] }[];
}
const { ssvi } = JSON.parse(readFileSync(new URL('../fixtures/svi_reference.json', import.meta.url), 'utf8')) as Reference;

const phiOf = ({ phi, params: { eta, gamma, lambda } }: Reference['ssvi'][number]): SsviPhi =>
  phi === 'hestonlike' ? { kind: 'heston-like', lambda } : { kind: phi === 'powerlaw' ? 'power-law' : 'bounded-power-law', eta, gamma };

// theta(T) = 0.04 T + 0.01 (1 - e^-2T), as in the reference file.
const thetaAt = (years: number): number => 0.04 * years - 0.01 * Math.expm1(-2 * years);
const referenceCurve = thetaCurve({ expiryYears: [1 / 12, 0.5, 1, 3], theta: [1 / 12, 0.5, 1, 3].map(thetaAt), slope: [1 / 12, 0.5, 1, 3].map((years) => 0.04 + 0.02 * Math.exp(-2 * years)) });

describe('SSVI against 50 digits', () => {
  it.each(ssvi)('$phi: theta, phi, w, w\', w\'\', g to 1e-12 and dw/dT, local volatility to 1e-12', (reference) => {
    const surface = ssviSurface({ rho: reference.params.rho, phi: phiOf(reference), theta: referenceCurve });
    expect(reference.rows.length).toBe(28);
    const out = new Float64Array(2);
    for (const [expiryYears, logMoneyness, theta, phi, w, slope, curvature, g, timeSlope, localVol] of reference.rows) {
      const point = ssviPoint(surface, { logMoneyness, expiryYears });
      uncheckedPhi(surface.phi, theta, out);
      const pairs = [[ssviSlice(surface, expiryYears).theta, theta], [out[0], phi], [point.totalVariance, w], [point.slope, slope], [point.curvature, curvature], [point.durrleman, g], [point.timeSlope, timeSlope], [point.localVol, localVol]];
      // 1e-12: a hundred times the rounding of the worst row, a slope of 2e-4 that is left of terms of 0.08.
      for (const [ours, exact] of pairs) expect(Math.abs(ours! - exact!)).toBeLessThanOrEqual(1e-12 * Math.abs(exact!));
      expect(point.status).toBe('ok');
      expect(ssviTotalVariance(surface, { logMoneyness, expiryYears })).toBe(point.totalVariance);
      expect(Math.abs(sviTotalVariance(ssviToSvi(surface, expiryYears), logMoneyness) / w - 1)).toBeLessThan(1e-13);
    }
  });
});

describe('phi', () => {
  it('of Heston form and its slope agree with their series where the formulas change over', () => {
    const out = new Float64Array(2);
    for (const x of [1e-12, 1e-3, 0.5, 0.9999999, 1, 1.0000001, 1.9999999, 2, 2.0000001, 10]) {
      uncheckedPhi({ kind: 'heston-like', lambda: 1 }, x, out);
      let value = 0;
      let slope = 0;
      for (let n = 0, factorial = 2; n < 60; n++, factorial *= n + 2) {
        value += (-x) ** n / factorial;
        if (n > 0) slope -= (n * (-x) ** (n - 1)) / factorial;
      }
      expect(Math.abs(out[0] / value - 1)).toBeLessThan(1e-11);
      expect(Math.abs((out[0] * out[1]) / slope - 1)).toBeLessThan(1e-11);
    }
  });

  it('refuses parameters out of range', () => {
    const theta = referenceCurve;
    for (const phi of [{ kind: 'power-law', eta: 0, gamma: 0.5 }, { kind: 'power-law', eta: 1, gamma: 1.1 }, { kind: 'heston-like', lambda: -1 }, { kind: 'cubic', eta: 1, gamma: 0.5 }]) {
      expect(() => ssviSurface({ rho: 0, phi: phi as SsviPhi, theta })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => ssviSurface({ rho: 1, phi: { kind: 'heston-like', lambda: 1 }, theta })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('conditions of SSVI', () => {
  it('give margins worked by hand', () => {
    const surface = { rho: -0.6, phi: { kind: 'power-law', eta: 2, gamma: 0.5 } } as const;
    const butterfly = ssviButterflyMargins(surface, 0.04); // phi 10, psi 0.4
    expect(butterfly.leftWing).toBeCloseTo(2 - 0.32, 14);
    expect(butterfly.rightWing).toBeCloseTo(2 - 0.08, 14);
    expect(butterfly.gatheralJacquier).toBeCloseTo(0.16 - 0.16 * 1.6, 14);
    expect(butterfly.isArbitrageFree).toBe(true); // though Gatheral and Jacquier's condition does not hold
    const calendar = ssviCalendarMargins(surface, 0.04); // d(theta phi) / d theta = 5
    expect(calendar.increasing).toBeCloseTo(5, 13);
    expect(calendar.bounded).toBeCloseTo(10 * 1.8 - 0.36 * 5, 13);
  });

  it('say whether total variance rises with theta, at every strike', () => {
    const near = new Float64Array(2);
    fc.assert(
      fc.property(fc.double({ min: -0.99, max: 0.99, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: -6, max: 0, noNaN: true }), fc.double({ min: -4, max: 4, noNaN: true }), (rho, gamma, logTheta, x) => {
        const phi = { kind: 'bounded-power-law', eta: 1, gamma } as const;
        const theta = Math.exp(logTheta);
        expect(ssviCalendarMargins({ rho, phi }, theta).isArbitrageFree).toBe(true);
        uncheckedPhi(phi, theta, near);
        const k = x / near[0];
        const slice = (level: number): number => ssviTotalVariance(ssviSurface({ rho, phi, theta: thetaCurve({ expiryYears: [1], theta: [level] }) }), { logMoneyness: k, expiryYears: 1 });
        expect(slice(theta * 1.001)).toBeGreaterThanOrEqual(slice(theta) * (1 - 1e-14));
      }),
    );
  });

  it('name the arbitrage at a point in place of a local volatility', () => {
    const theta = thetaCurve({ expiryYears: [1], theta: [0.04] });
    const steep = ssviSurface({ rho: -0.9, phi: { kind: 'power-law', eta: 9, gamma: 0.5 }, theta });
    const point = ssviPoint(steep, { logMoneyness: -0.1, expiryYears: 1 });
    expect(point.status).toBe('butterfly-arbitrage');
    expect(point.localVol).toBeNull();
  });
});

describe('the curve of theta', () => {
  it('pools values that fall in time', () => {
    expect([...risingMeans([1, 3, 2, 5, 4, 3], [1, 1, 1, 1, 1, 2])]).toEqual([1, 2.5, 2.5, 3.75, 3.75, 3.75]);
    const curve = thetaCurve({ expiryYears: [1, 2, 3], theta: [0.04, 0.09, 0.07], weights: [1, 1, 3] });
    [0.04, 0.075, 0.075].forEach((value, i) => expect(curve.theta[i]).toBeCloseTo(value, 15));
    expect(curve.slope[1]).toBe(0);
  });

  it('goes through its knots, never falls and has the slope it says', () => {
    const knots = fc.array(fc.record({ gap: fc.double({ min: 0.01, max: 2, noNaN: true }), rise: fc.double({ min: -0.01, max: 0.1, noNaN: true }) }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(knots, (steps) => {
        let [years, level] = [0, 0.01];
        const rows = steps.map(({ gap, rise }) => {
          years += gap;
          level = Math.max(1e-3, level + rise);
          return [years, level];
        });
        const curve = thetaCurve({ expiryYears: rows.map((row) => row[0]), theta: rows.map((row) => row[1]) });
        const [low, high] = [new Float64Array(2), new Float64Array(2)];
        curve.expiryYears.forEach((knot, i) => {
          uncheckedTheta(curve, knot, low);
          expect(low[0]).toBeCloseTo(curve.theta[i], 14);
          expect(low[1]).toBeCloseTo(curve.slope[i], 12);
          uncheckedTheta(curve, knot * (1 - 1e-12), low); // from the left as well
          expect(low[0]).toBeCloseTo(curve.theta[i], 9);
        });
        const end = years * 1.3;
        for (let i = 1; i < 200; i++) {
          uncheckedTheta(curve, (end * i) / 200, low);
          uncheckedTheta(curve, (end * i) / 200 + 1e-7, high);
          expect(high[0]).toBeGreaterThanOrEqual(low[0] - 1e-15);
          // The second derivative jumps at knots.
          const isSmooth = !curve.expiryYears.some((knot) => Math.abs(knot - (end * i) / 200) < 1e-6);
          if (isSmooth) expect(Math.abs((high[0] - low[0]) / 1e-7 - (low[1] + high[1]) / 2)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('cuts slopes that would make it fall', () => {
    const curve = thetaCurve({ expiryYears: [1, 2], theta: [0.04, 0.05], slope: [1, 1] });
    expect(curve.slope[0]).toBeCloseTo(0.03, 15); // three times the flatter chord beside it
    expect(curve.slope[1]).toBeCloseTo(0.03, 15);
    const [low, high] = [new Float64Array(2), new Float64Array(2)];
    for (let i = 1; i < 200; i++) {
      uncheckedTheta(curve, i / 100, low);
      uncheckedTheta(curve, (i + 1) / 100, high);
      expect(high[0]).toBeGreaterThanOrEqual(low[0]);
    }
  });

  it('scales with time before the first knot of a constant volatility, and is linear after the last', () => {
    const curve = thetaCurve({ expiryYears: [0.5, 1], theta: [0.02, 0.04] });
    const out = new Float64Array(2);
    for (const years of [0.01, 0.3, 0.7, 1, 2]) {
      uncheckedTheta(curve, years, out);
      expect(out[0]).toBeCloseTo(0.04 * years, 15);
    }
  });

  it('refuses knots that are not ascending, levels that are not positive and no knots', () => {
    expect(() => thetaCurve({ expiryYears: [1, 1], theta: [1, 2] })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => thetaCurve({ expiryYears: [1], theta: [0] })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => thetaCurve({ expiryYears: [], theta: [] })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => thetaCurve({ expiryYears: [1, 2], theta: [1] })).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
