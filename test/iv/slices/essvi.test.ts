import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain, type Plain } from '../../../src/core/codec.ts';
import { essviToSvi, essviTotalVariance, uncheckedEssviSmile, type EssviSlice } from '../../../src/iv/slices/essvi.ts';
import { sviTotalVariance } from '../../../src/iv/slices/svi.ts';
import { anySlice } from './essvi-arbitrary.ts';

const smileAt = (slice: EssviSlice, k: number): Float64Array => {
  const out = new Float64Array(3);
  uncheckedEssviSmile(slice, k, out);
  return out;
};

describe('eSSVI slices', () => {
  it('give the numbers worked by hand', () => {
    // theta 0.04, rho -0.6, psi 0.2 at k = -0.1: psi k = -0.02, root = sqrt(0.0004 + 2 (0.6)(0.04)(0.02) + 0.0016) = sqrt(0.00296).
    const slice = { theta: 0.04, rho: -0.6, psi: 0.2 };
    expect(essviTotalVariance(slice, 0)).toBe(0.04);
    expect(essviTotalVariance(slice, -0.1)).toBeCloseTo((0.04 + 0.012 + Math.sqrt(0.00296)) / 2, 16);
    const [, slope, curvature] = smileAt(slice, 0);
    expect(slope).toBeCloseTo((-0.6 * 0.2), 15); // rho psi
    expect(curvature).toBeCloseTo((0.2 * 0.2 * 0.64) / (2 * 0.04), 15); // psi^2 (1 - rho^2) / (2 theta)
  });

  it('lie on the hyperbola (w - R k)(w + L k) = theta w with w above both asymptotes', () => {
    fc.assert(
      fc.property(anySlice, fc.double({ min: -5, max: 5, noNaN: true }), (slice, k) => {
        const w = smileAt(slice, k)[0];
        const right = (slice.psi * (1 + slice.rho)) / 2;
        const left = (slice.psi * (1 - slice.rho)) / 2;
        expect(w).toBeGreaterThan(0);
        const size = (w + Math.abs(right * k)) * (w + Math.abs(left * k));
        expect(Math.abs((w - right * k) * (w + left * k) - slice.theta * w)).toBeLessThan(1e-13 * size);
      }),
    );
  });

  it('have the derivatives of their total variance', () => {
    fc.assert(
      fc.property(anySlice, fc.double({ min: -3, max: 3, noNaN: true }), (slice, x) => {
        const unit = slice.theta / (slice.psi + 1e-3); // the width of the vertex
        const k = x * unit;
        const h = 1e-3 * unit * Math.sqrt(1 - slice.rho * slice.rho);
        const [low, middle, high] = [-h, 0, h].map((step) => smileAt(slice, k + step));
        const [, slope, curvature] = middle;
        // Central differences of order h^2 with w''' <= 3 w'' / width.
        expect(Math.abs((high[0] - low[0]) / (2 * h) - slope)).toBeLessThan(1e-5 * slice.psi + 1e-9);
        expect(Math.abs((high[1] - low[1]) / (2 * h) - curvature)).toBeLessThan(1e-4 * curvature + 1e-6);
      }),
      { numRuns: 300 },
    );
  });

  it('are raw SVI slices, which have the same total variance', () => {
    fc.assert(
      fc.property(anySlice, fc.double({ min: -4, max: 4, noNaN: true }), (slice, k) => {
        const w = smileAt(slice, k)[0];
        // Raw SVI adds a to a term of the size of b |k - m|, so digits are lost to that size only.
        const size = w + slice.theta + slice.psi * Math.abs(k);
        expect(Math.abs(sviTotalVariance(essviToSvi(slice), k) - w)).toBeLessThan(1e-14 * size);
      }),
    );
  });

  it('keep all digits on a flat wing, where line and root cancel', () => {
    // rho -> -1 on the right: w -> theta (1 - rho^2)-sized; the exact value is 2 R L k^2 / (root - line).
    const slice = { theta: 0.01, rho: -1 + 1e-9, psi: 0.5 };
    const right = (0.5 * (1 + slice.rho)) / 2;
    const k = 3;
    const w = smileAt(slice, k)[0];
    // One Newton step on the hyperbola from w moves it by rounding only.
    const left = 0.5 - right;
    const step = ((w - right * k) * (w + left * k) - slice.theta * w) / (2 * w + (left - right) * k - slice.theta);
    expect(Math.abs(step / w)).toBeLessThan(1e-14);
    expect(w).toBeLessThan(2e-8);
    expect(smileAt(slice, k)[1]).toBeGreaterThan(0);
  });

  it('are flat for psi = 0', () => {
    const flat = { theta: 0.09, rho: 0.3, psi: 0 };
    expect([...smileAt(flat, -7)]).toEqual([0.09, 0, 0]);
    expect(sviTotalVariance(essviToSvi(flat), 12)).toBe(0.09);
  });

  it('pass the plain codec unchanged as SVI smiles', () => {
    const smile = essviToSvi({ theta: 0.04, rho: -0.6, psi: 0.2 });
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(smile))) as Plain)).toEqual(smile);
    expect(structuredClone(smile)).toEqual(smile);
    expect(Object.isFrozen(smile)).toBe(true);
  });

  it('refuse parameters out of range', () => {
    for (const slice of [{ theta: 0, rho: 0, psi: 1 }, { theta: 0.1, rho: 1, psi: 1 }, { theta: 0.1, rho: -1, psi: 1 }, { theta: 0.1, rho: 0, psi: -1 }, { theta: NaN, rho: 0, psi: 1 }]) {
      expect(() => essviTotalVariance(slice, 0)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
      expect(() => essviToSvi(slice)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => essviTotalVariance({ theta: 0.1, rho: 0, psi: 1 }, NaN)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
