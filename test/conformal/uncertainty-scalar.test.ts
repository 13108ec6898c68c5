import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uncertaintyScalar } from '../../src/conformal/uncertainty-scalar.ts';

describe('uncertaintyScalar', () => {
  it('is 1 up to the calibration width and falls as its inverse beyond', () => {
    expect([1, 4, 5, 8, 40].map((width) => uncertaintyScalar(width, 4))).toEqual([1, 1, 0.8, 0.5, 0.1]);
  });

  it('engine 4: intervals as wide as at calibration keep full size, where the old scalar was 0.5 for every row', () => {
    for (const width of [0.001, 0.02, 3]) expect(uncertaintyScalar(width, width)).toBe(1);
  });

  it('engine 4: a row answers for itself, alone or in any batch', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1 }), fc.nat(), (widths, pick) => {
      const i = pick % widths.length;
      expect(widths.map((w) => uncertaintyScalar(w, 2))[i]).toBe(uncertaintyScalar(widths[i], 2));
    }));
  });

  it('lies in (0, 1], never grows with the width and does not depend on the unit', () => {
    const width = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(fc.property(width, width, fc.integer({ min: 1, max: 1000 }), (a, b, reference) => {
      expect(uncertaintyScalar(a, reference)).toBeGreaterThan(0);
      expect(uncertaintyScalar(a, reference)).toBeLessThanOrEqual(1);
      expect(uncertaintyScalar(Math.max(a, b), reference)).toBeLessThanOrEqual(uncertaintyScalar(Math.min(a, b), reference));
      expect(uncertaintyScalar(a / 1024, reference / 1024)).toBe(uncertaintyScalar(a, reference));
    }));
  });

  it('no position for an infinite interval, full for an empty one, NaN for a missing one', () => {
    expect(uncertaintyScalar(Infinity, 1)).toBe(0);
    expect(uncertaintyScalar(Infinity, Infinity)).toBe(0);
    expect(uncertaintyScalar(-Infinity, 1)).toBe(1);
    expect(uncertaintyScalar(NaN, 1)).toBeNaN();
    expect([uncertaintyScalar(0, 0), uncertaintyScalar(1, 0)]).toEqual([1, 0]);
  });

  it.each([-1, NaN, undefined])('refuses a reference of %s', (reference) => {
    expect(() => uncertaintyScalar(1, reference as number)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
