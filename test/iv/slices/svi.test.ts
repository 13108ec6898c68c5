import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { isSviSmile, sviMinimumTotalVariance, sviSmile, sviTotalVariance, uncheckedSviSmile, type SviSmile } from '../../../src/iv/slices/svi.ts';
import { durrlemanG } from '../../../src/iv/slices/durrleman.ts';
import { anySvi, referenceSlices } from './svi-reference.ts';

// Twelve digits: a few roundings of each sum, the largest seen is 1e-14 (g where it is 0.007).
const REFERENCE = 1e-12;

describe('raw SVI', () => {
  it('gives the numbers worked by hand', () => {
    const smile = sviSmile({ a: 0.02, b: 0.1, rho: -0.5, m: 0.1, sigma: 0.3 });
    // k = 0.5: y = 0.4, r = 0.5, w = 0.02 + 0.1 (-0.2 + 0.5), w' = 0.1 (-0.5 + 0.8), w'' = 0.1 0.09 / 0.125
    const out = new Float64Array(3);
    uncheckedSviSmile(smile, 0.5, out);
    expect(out[0]).toBeCloseTo(0.05, 16);
    expect(out[1]).toBeCloseTo(0.03, 16);
    expect(out[2]).toBeCloseTo(0.072, 16);
    expect(sviTotalVariance(smile, 0.5)).toBe(out[0]);
    expect(sviMinimumTotalVariance(smile)).toBeCloseTo(0.02 + 0.03 * Math.sqrt(0.75), 16);
  });

  it.each(referenceSlices.map((slice) => [slice.name, slice] as const))('has w, dw/dk, d2w/dk2 and g of the 50-digit reference: %s', (_, slice) => {
    const out = new Float64Array(3);
    expect(slice.rows.length).toBeGreaterThan(10);
    for (const { k, w, slope, bend, g } of slice.rows) {
      uncheckedSviSmile(slice.smile, k, out);
      expect(Math.abs(out[0] - w)).toBeLessThanOrEqual(REFERENCE * Math.abs(w));
      expect(Math.abs(out[1] - slope)).toBeLessThanOrEqual(REFERENCE * Math.abs(slope));
      expect(Math.abs(out[2] - bend)).toBeLessThanOrEqual(REFERENCE * Math.abs(bend));
      if (g !== null) expect(Math.abs(durrlemanG(k, out) - g)).toBeLessThanOrEqual(REFERENCE * Math.abs(g));
    }
    expect(Math.abs(sviMinimumTotalVariance(slice.smile) - slice.minimum)).toBeLessThanOrEqual(REFERENCE * Math.abs(slice.minimum));
  });

  it('keeps its digits in a flat wing, where rho is -1', () => {
    const smile = sviSmile({ a: 0, b: 1, rho: -1, m: 0, sigma: 1e-3 });
    const out = new Float64Array(3);
    uncheckedSviSmile(smile, 10, out);
    // r - y = sigma^2 / (r + y) with r = 10 + 5e-8 - ...
    const r = Math.sqrt(100 + 1e-6);
    expect(out[0] / (1e-6 / (r + 10))).toBeCloseTo(1, 14);
    expect(out[1] / (-1e-6 / (r * (r + 10)))).toBeCloseTo(1, 14);
  });

  it('has the derivatives of its total variance and lies above its minimum', () => {
    fc.assert(
      fc.property(anySvi, fc.double({ min: -3, max: 3, noNaN: true }), (smile, k) => {
        const [low, at, high] = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
        const h = 1e-4 * smile.sigma;
        uncheckedSviSmile(smile, k - h, low);
        uncheckedSviSmile(smile, k, at);
        uncheckedSviSmile(smile, k + h, high);
        // Third and fourth derivatives are at most 3 b / sigma^2 and 12 b / sigma^3.
        const size = smile.b + Math.abs(smile.a) / smile.sigma;
        expect(Math.abs((high[0] - low[0]) / (2 * h) - at[1])).toBeLessThan(1e-7 * size);
        expect(Math.abs((high[1] - low[1]) / (2 * h) - at[2])).toBeLessThan((1e-6 * size) / smile.sigma);
        expect(at[0]).toBeGreaterThanOrEqual(sviMinimumTotalVariance(smile) - 1e-15);
      }),
    );
  });

  it('is frozen plain data that the codec returns unchanged', () => {
    const smile = sviSmile({ a: 0.02, b: 0.1, rho: -0.5, m: 0.1, sigma: 0.3 });
    expect(Object.isFrozen(smile)).toBe(true);
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(smile))))).toEqual(smile);
    expect(structuredClone(smile)).toEqual(smile);
    expect(isSviSmile(structuredClone(smile))).toBe(true);
  });

  const good = { a: 0.02, b: 0.1, rho: -0.5, m: 0.1, sigma: 0.3 };
  const bad: Partial<SviSmile>[] = [{ a: NaN }, { b: -0.1 }, { b: Infinity }, { rho: 1.1 }, { rho: -1.1 }, { m: Infinity }, { sigma: 0 }, { sigma: -1 }, { sigma: NaN }];
  it.each(bad)('refuses %j', (change) => {
    expect(() => sviSmile({ ...good, ...change })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => sviTotalVariance({ kind: 'svi', ...good, ...change }, 0)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(isSviSmile({ kind: 'svi', ...good, ...change })).toBe(false);
  });

  it('refuses a log-moneyness that is not a number and hostile data', () => {
    expect(() => sviTotalVariance(sviSmile(good), NaN)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    for (const value of [null, undefined, 3, 'svi', [], { kind: 'svi' }, { ...good, kind: 'sabr' }, { ...good, kind: 'svi', a: '0.02' }]) expect(isSviSmile(value)).toBe(false);
  });
});
