import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sviButterfly } from '../../../src/iv/slices/svi-butterfly.ts';
import { sviFromJumpWings, sviToJumpWings } from '../../../src/iv/slices/svi-forms.ts';
import { repairSvi, repairSviClosedForm } from '../../../src/iv/slices/svi-repair.ts';
import { sviSmile, sviTotalVariance, type SviSmile } from '../../../src/iv/slices/svi.ts';
import { anySvi, reference, referenceSlice } from './svi-reference.ts';

const { smile: vogt } = referenceSlice('vogt_arbitrage');

// Root mean square difference of sqrt(total variance) on the places repairSvi compares.
function distance(one: SviSmile, other: SviSmile, from: number, to: number, count = 81): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const k = from + ((to - from) * i) / (count - 1);
    sum += (Math.sqrt(sviTotalVariance(one, k)) - Math.sqrt(sviTotalVariance(other, k))) ** 2;
  }
  return Math.sqrt(sum / count);
}

describe('butterfly repair', () => {
  it("gives Gatheral and Jacquier's closed form for the slice of Vogt", () => {
    const { smile, isButterflyFree } = repairSviClosedForm(vogt);
    const before = sviToJumpWings(vogt, 1);
    const after = sviToJumpWings(smile, 1);
    expect(Math.abs(after.callWing - reference.gjFix.c_prime)).toBeLessThan(1e-13);
    expect(Math.abs(after.minimumVariance - reference.gjFix.vtilde_prime)).toBeLessThan(1e-13);
    for (const key of ['atmVariance', 'atmSkew', 'putWing'] as const) expect(after[key]).toBeCloseTo(before[key], 13);
    expect(isButterflyFree).toBe(true);
  });

  it('does not depend on the expiry', () => {
    // In total variance: c' = p + 2 psi with all three over sqrt(w), at any T.
    const { smile } = repairSviClosedForm(vogt);
    const quarter = sviToJumpWings(smile, 0.25);
    expect(quarter.callWing).toBeCloseTo(quarter.putWing + 2 * quarter.atmSkew, 13);
  });

  it('finds a closer slice than the closed form and than the published optimum of two parameters', () => {
    const { smile, isButterflyFree, rmseTotalVol } = repairSvi(vogt, { from: -1.5, to: 1.5 });
    expect(isButterflyFree).toBe(true);
    expect(sviButterfly(smile).violation).toBe('none');
    expect(rmseTotalVol).toBeCloseTo(distance(smile, vogt, -1.5, 1.5), 12);
    const { c, vtilde } = reference.gjFix.gjOptimisedPublished;
    const published = sviFromJumpWings({ ...sviToJumpWings(vogt, 1), callWing: c, minimumVariance: vtilde });
    expect(rmseTotalVol).toBeLessThan(distance(published, vogt, -1.5, 1.5));
    expect(rmseTotalVol).toBeLessThan(distance(repairSviClosedForm(vogt).smile, vogt, -1.5, 1.5));
  });

  it('returns a slice without arbitrage as it is', () => {
    const { smile } = referenceSlice('spx_1y_like');
    expect(repairSvi(smile)).toEqual({ smile, isButterflyFree: true, rmseTotalVol: 0 });
  });

  it('repairs a needle, a slope beyond Lee and a negative minimum', () => {
    for (const name of ['vshape', 'lee_bound', 'lee_violated', 'negative_min']) {
      const { smile, isButterflyFree } = repairSvi(referenceSlice(name).smile, { from: -1, to: 1 });
      expect([isButterflyFree, sviButterfly(smile).violation]).toEqual([true, 'none']);
    }
  });

  it('repairs any slice with positive variance', () => {
    fc.assert(
      fc.property(anySvi, (smile) => {
        const repaired = repairSvi(smile, { from: -1, to: 1, count: 31 });
        expect(sviButterfly(repaired.smile).isButterflyFree).toBe(true);
        expect(repaired.rmseTotalVol).toBeCloseTo(distance(repaired.smile, smile, -1, 1, 31), 9);
      }),
      { numRuns: 25 },
    );
  });

  it('throws where the closed form does not exist and for options out of range', () => {
    const domain = expect.objectContaining({ code: 'ERR_DOMAIN' });
    expect(() => repairSviClosedForm(sviSmile({ a: 0.04, b: 0, rho: 0, m: 0, sigma: 0.1 }))).toThrow(domain);
    expect(() => repairSviClosedForm(sviSmile({ a: -1, b: 0.1, rho: 0, m: 0, sigma: 0.1 }))).toThrow(domain);
    expect(() => repairSvi(vogt, { from: 1, to: -1 })).toThrow(domain);
    expect(() => repairSvi(vogt, { count: 2 })).toThrow(domain);
    expect(() => repairSvi(vogt, { range: 1 } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(() => repairSvi(sviSmile({ a: -9, b: 0.1, rho: 0, m: 0, sigma: 0.1 }))).toThrow(domain);
  });
});
