import { describe, expect, it } from 'vitest';
import { atmShape } from '../../../src/iv/derived/atm-shape.ts';
import { skewStickiness } from '../../../src/iv/derived/skew-stickiness.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import type { IvSurface } from '../../../src/iv/surface/iv-surface.ts';
import { ivSurfaceSeries } from '../../../src/iv/surface/surface-series.ts';
import { raw, slice } from '../surface/reference.ts';

const RETURNS = [0.001, -0.002, 0.0015, 0.0005, -0.001];

/** Surfaces whose smile stays put at each strike (1), or moves with the spot (0). */
function history(stickiness: 0 | 1, spot: boolean): readonly IvSurface[] {
  let price = 100;
  return [0, ...RETURNS].map((r, day) => {
    price *= Math.exp(r);
    // raw SVI moved by m keeps volatility at each strike.
    const m = 0.05 - (stickiness === 1 ? Math.log(price / 100) : 0);
    return ivSurface([slice(raw([0.01, 0.08, -0.6, m, 0.2]), 0.5, price)], { asOf: Date.UTC(2026, 0, day + 1), spot: spot ? price : null });
  });
}

describe('skewStickiness', () => {
  it('is 1 when volatility stays at each strike and 0 when the smile moves with the spot', () => {
    for (const spot of [true, false]) {
      const strike = skewStickiness(ivSurfaceSeries(history(1, spot)), { expiryYears: 0.5 });
      expect(strike).toMatchObject({ status: 'ok', count: 5, missing: 0 });
      expect(strike.ratio).toBeCloseTo(1, 2); // up to the curvature of the smile over a move
      expect(strike.error).toBeLessThan(0.01);
      expect(Math.abs(skewStickiness(ivSurfaceSeries(history(0, spot)), { expiryYears: 0.5 }).ratio)).toBeLessThan(1e-12);
    }
  });

  it('is the regression through the origin on the skew before each move', () => {
    const surfaces = history(1, true).map((surface, i) => ivSurface([slice(raw([0.01 + 0.002 * i, 0.08, -0.6 + 0.1 * i, 0.05, 0.2]), 0.5, surface.spot!)], { asOf: surface.asOf, spot: surface.spot }));
    const shapes = surfaces.map(({ slices }) => atmShape(slices[0]));
    const x = RETURNS.map((r, i) => r * shapes[i].skew);
    const y = RETURNS.map((_, i) => shapes[i + 1].annualizedVol - shapes[i].annualizedVol);
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const ratio = sum(x.map((v, i) => v * y[i])) / sum(x.map((v) => v * v));
    const found = skewStickiness(ivSurfaceSeries(surfaces), { expiryYears: 0.5 });
    expect(found.ratio / ratio).toBeCloseTo(1, 9);
    expect(found.error / Math.sqrt(sum(x.map((v, i) => (y[i] - ratio * v) ** 2)) / (4 * sum(x.map((v) => v * v))))).toBeCloseTo(1, 9);
  });

  it('has a status for too few surfaces or none that moves, and counts those it cannot use', () => {
    expect(skewStickiness(ivSurfaceSeries(history(1, true).slice(0, 3)), { expiryYears: 0.5 })).toMatchObject({ status: 'too-few-surfaces', ratio: NaN, count: 2 });
    expect(skewStickiness(ivSurfaceSeries(history(1, true)), { expiryYears: 0.25 })).toMatchObject({ status: 'too-few-surfaces', missing: 6 });
    expect(skewStickiness(ivSurfaceSeries(history(1, true)), { expiryYears: 0.25, extrapolate: true }).status).toBe('ok');
    const still = history(0, true).map((surface) => ivSurface(surface.slices, { asOf: surface.asOf, spot: 100 }));
    expect(skewStickiness(ivSurfaceSeries(still), { expiryYears: 0.5 }).status).toBe('no-variation');
    expect(() => skewStickiness(ivSurfaceSeries(), { expiryYears: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => skewStickiness(null as never, { expiryYears: 1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
