import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { isSviButterflyFree, sviButterfly, sviG, sviGMinima } from '../../../src/iv/slices/svi-butterfly.ts';
import { sviSmile, uncheckedSviSmile, type SviSmile } from '../../../src/iv/slices/svi.ts';
import { anySvi, reference, referenceSlice, referenceSlices, sviOf } from './svi-reference.ts';

const ROOT = 1e-10; // T10; the largest error seen is 5e-16

describe('butterfly arbitrage of SVI', () => {
  it('finds the roots and the minimum of g of the slice of Vogt', () => {
    const { gRoots, minimumG, minimumGAt, ...rest } = sviButterfly(referenceSlice('vogt_arbitrage').smile);
    expect(gRoots.length).toBe(2);
    expect(Math.abs(gRoots[0] - 0.6424078778693807)).toBeLessThan(ROOT);
    expect(Math.abs(gRoots[1] - 1.2569129919321274)).toBeLessThan(ROOT);
    expect(Math.abs(minimumG! - -0.032863573453623014)).toBeLessThan(1e-14);
    expect(Math.abs(minimumGAt! - 0.8792625416220679)).toBeLessThan(1e-8); // flat there
    expect(rest).toMatchObject({ isButterflyFree: false, violation: 'density', witness: { logMoneyness: minimumGAt, value: minimumG } });
  });

  it.each(referenceSlices.map((slice) => [slice.name, slice] as const))('has the roots, slopes and minimum of the 50-digit reference: %s', (_, slice) => {
    const found = sviButterfly(slice.smile);
    expect(found.leftSlope).toBeCloseTo(slice.slopeLeft, 14);
    expect(found.rightSlope).toBeCloseTo(slice.slopeRight, 14);
    expect(found.minimumTotalVariance).toBeCloseTo(slice.minimum, 14);
    const roots = [...found.gRoots].filter((k) => Math.abs(k) < 3);
    expect(roots.length).toBe(slice.gRoots.length);
    roots.forEach((k, i) => expect(Math.abs(k - slice.gRoots[i])).toBeLessThan(ROOT));
    if (slice.gMin === null) expect(found.minimumG).toBeNull();
    else {
      // The reference looked at [-3, 3] only, and at the needle `vshape` on a grid.
      expect(found.minimumG!).toBeLessThanOrEqual(slice.gMin + 1e-13);
      if (Math.abs(slice.gMinAt!) < 3 && slice.name !== 'vshape') expect(Math.abs(found.minimumG! - slice.gMin)).toBeLessThan(1e-12);
    }
    expect(isSviButterflyFree(slice.smile)).toBe(found.isButterflyFree);
  });

  it('agrees with the 12 random slices of the reference', () => {
    for (const row of reference.conversions) {
      const found = sviButterfly(sviOf(row.raw_a_b_rho_m_sigma));
      expect(found.isButterflyFree).toBe(row['butterflyFree_in_-3_3']);
      expect(found.minimumG!).toBeLessThanOrEqual(row['gMin_in_-3_3'] + 1e-12);
    }
  });

  it('[engine 14, defect 4] bounds wing slopes by 2, not by 4', () => {
    // g of this slice is positive near the money; slopes of 2.4 and 3.6 pass a bound of 4.
    const steep = sviSmile({ a: 0.5, b: 3, rho: -0.2, m: 0, sigma: 1 });
    expect(sviButterfly(steep)).toMatchObject({ isButterflyFree: false, violation: 'wing', witness: { logMoneyness: Infinity, value: 3 * 0.8 } });
    expect(sviButterfly(referenceSlice('lee_violated').smile)).toMatchObject({ violation: 'wing', witness: { logMoneyness: -Infinity } });
  });

  it('[engine 14, defect 4] tests the density: slopes below 2 and a positive minimum are not enough', () => {
    const { smile, minimum, slopeLeft, slopeRight } = referenceSlice('vogt_arbitrage');
    expect(minimum).toBeGreaterThan(0);
    expect(Math.max(slopeLeft, slopeRight)).toBeLessThan(2);
    expect(isSviButterflyFree(smile)).toBe(false);
  });

  it('[pitfall] wants the right slope strictly below 2: with g >= 0 everywhere calls would not become worthless', () => {
    const wide = sviSmile({ a: 3, b: 1, rho: 1, m: 0, sigma: 1 });
    const found = sviButterfly(wide);
    expect(found.minimumG!).toBeGreaterThanOrEqual(0);
    expect(found).toMatchObject({ isButterflyFree: false, violation: 'wing', witness: { logMoneyness: Infinity, value: 2 } });
    expect(isSviButterflyFree(wide)).toBe(false);
    expect(isSviButterflyFree(sviSmile({ ...wide, b: 0.99 }))).toBe(true);
  });

  it('names the place where variance is negative', () => {
    const { smile } = referenceSlice('negative_min');
    const { violation, witness, minimumG, minimumTotalVariance } = sviButterfly(smile);
    expect([violation, minimumG]).toEqual(['variance', null]);
    const out = new Float64Array(3);
    uncheckedSviSmile(smile, witness!.logMoneyness, out);
    expect(out[0]).toBeCloseTo(minimumTotalVariance, 14);
    expect(sviButterfly(sviSmile({ a: -0.1, b: 0.1, rho: 1, m: 0, sigma: 0.1 })).witness!.value).toBeLessThan(0);
    expect(isSviButterflyFree(sviSmile({ a: 0, b: 0, rho: 0, m: 0, sigma: 1 }))).toBe(false);
  });

  it('is free for a flat smile and for flat wings', () => {
    expect(sviButterfly(sviSmile({ a: 0.04, b: 0, rho: 0, m: 0, sigma: 0.1 }))).toMatchObject({ isButterflyFree: true, minimumG: 1 });
    expect(sviButterfly(referenceSlice('rho_minus1').smile).isButterflyFree).toBe(true);
  });

  it('sees a violation that no grid on ten standard deviations sees', () => {
    // Positive to k = 30, negative beyond: the slope is just under 2 and the level far below.
    const far = sviSmile({ a: 0.2, b: 0.9999, rho: 0.9999, m: 0.5, sigma: 1.2 });
    const found = sviButterfly(far);
    expect(found.violation).toBe('density');
    expect(sviG(far, found.witness!.logMoneyness)).toBeLessThan(0);
  });

  it('has no value of g below its minimum, on dense points over the whole line, and a sign change at each root', () => {
    fc.assert(
      fc.property(anySvi, (smile) => {
        const { minimumG, gRoots } = sviButterfly(smile);
        let changes = 0;
        let previous = 0;
        let lowest = Infinity;
        for (let i = -400; i <= 400; i++) {
          const k = smile.m + smile.sigma * Math.sinh(i / 40);
          const g = sviG(smile, k);
          lowest = Math.min(lowest, g);
          if (previous !== 0 && g > 0 !== previous > 0) changes++;
          previous = g;
        }
        expect(lowest).toBeGreaterThanOrEqual(minimumG! - 1e-11 * (1 + Math.abs(minimumG!)));
        const inside = [...gRoots].filter((k) => Math.abs(Math.asinh((k - smile.m) / smile.sigma)) < 10).length;
        expect(inside).toBeGreaterThanOrEqual(changes);
        // More roots than the grid saw come in pairs between two of its points.
        expect((inside - changes) % 2).toBe(0);
        expect(isSviButterflyFree(smile)).toBe(sviButterfly(smile).isButterflyFree);
      }),
      { numRuns: 60 },
    );
  });

  it('lists local minima below a ceiling', () => {
    const { smile } = referenceSlice('vogt_arbitrage');
    expect(sviGMinima(smile, 0).length).toBe(1);
    for (const k of sviGMinima(smile, Infinity)) {
      const h = 1e-5;
      expect(Math.abs(sviG(smile, k + h) - sviG(smile, k - h))).toBeLessThan(1e-9);
    }
  });

  it('is plain data', () => {
    const found = sviButterfly(referenceSlice('lee_bound').smile);
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(found))))).toEqual(found);
    expect(Object.isFrozen(found)).toBe(true);
    expect(() => sviButterfly({ kind: 'svi', a: 0, b: -1, rho: 0, m: 0, sigma: 1 } as SviSmile)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
