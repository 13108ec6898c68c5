import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sviFromJumpWings, sviFromNatural, sviToJumpWings, sviToNatural, type SviJumpWings, type SviNatural } from '../../../src/iv/slices/svi-forms.ts';
import { sviSmile, sviTotalVariance } from '../../../src/iv/slices/svi.ts';
import { anySvi, reference, referenceSlice, referenceSlices, sviOf } from './svi-reference.ts';

const REFERENCE = 1e-12; // T10; the largest error seen is 5e-15

const naturalNumbers = ({ delta, mu, rho, omega, zeta }: SviNatural): number[] => [delta, mu, rho, omega, zeta];
const wingNumbers = ({ atmVariance, atmSkew, putWing, callWing, minimumVariance }: SviJumpWings): number[] => [atmVariance, atmSkew, putWing, callWing, minimumVariance];

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance * Math.abs(expected[i])));
}

describe('forms of SVI', () => {
  it('agree with the 12 conversions of the 50-digit reference', () => {
    expect(reference.conversions.length).toBe(12);
    for (const row of reference.conversions) {
      const smile = sviOf(row.raw_a_b_rho_m_sigma);
      const [delta, mu, rho, omega, zeta] = row.natural_Delta_mu_rho_omega_zeta;
      const [atmVariance, atmSkew, putWing, callWing, minimumVariance] = row.jw;
      expectClose(naturalNumbers(sviToNatural(smile)), row.natural_Delta_mu_rho_omega_zeta, REFERENCE);
      expectClose(wingNumbers(sviToJumpWings(smile, row.T)), row.jw, REFERENCE);
      const fromNatural = sviFromNatural({ delta, mu, rho, omega, zeta });
      expectClose([fromNatural.a, fromNatural.b, fromNatural.rho, fromNatural.m, fromNatural.sigma], row.raw_a_b_rho_m_sigma, REFERENCE);
      const back = sviFromJumpWings({ expiryYears: row.T, atmVariance, atmSkew, putWing, callWing, minimumVariance });
      // v - v~ loses the digits they share.
      const lost = (2 * atmVariance) / (atmVariance - minimumVariance);
      expectClose([back.a, back.b, back.rho, back.m, back.sigma], row.raw_a_b_rho_m_sigma, 1e-13 * lost);
    }
  });

  it('give the jump-wings of the reference slices, the published ones of Vogt among them', () => {
    let count = 0;
    for (const { smile, expiryYears, jumpWings, minimum } of referenceSlices) {
      if (jumpWings === null || !(minimum > 0)) continue;
      count++;
      expectClose(wingNumbers(sviToJumpWings(smile, expiryYears)), jumpWings, REFERENCE);
    }
    expect(count).toBe(9);
    // Gatheral and Jacquier (2014), section 5.1
    const published = [0.01742625, -0.1752111, 0.6997381, 1.316798, 0.0116249];
    wingNumbers(sviToJumpWings(referenceSlice('vogt_arbitrage').smile, 1)).forEach((value, i) => expect(value).toBeCloseTo(published[i], 6));
  });

  it('lead back to the raw slice', () => {
    fc.assert(
      fc.property(anySvi, fc.double({ min: 0.01, max: 5, noNaN: true }), (smile, expiryYears) => {
        fc.pre(Math.abs(smile.rho) < 0.999);
        const wings = sviToJumpWings(smile, expiryYears);
        const separation = (wings.atmVariance - wings.minimumVariance) / wings.atmVariance;
        fc.pre(separation > 1e-4 && Math.abs(wings.atmSkew) > 1e-4);
        const back = sviFromJumpWings(wings);
        const fromNatural = sviFromNatural(sviToNatural(smile));
        for (const k of [-1, -0.1, 0, 0.2, 1.5]) {
          const w = sviTotalVariance(smile, k);
          expect(Math.abs(sviTotalVariance(back, k) / w - 1)).toBeLessThan(1e-8);
          expect(Math.abs(sviTotalVariance(fromNatural, k) - w)).toBeLessThan(1e-12 * (w + smile.b * (smile.sigma + 1) * 100));
        }
      }),
    );
  });

  it('need no special case for a vertex at the money: m = 0 with a skew', () => {
    const smile = sviSmile({ a: 0.01, b: 0.1, rho: -0.4, m: 0, sigma: 0.2 });
    const back = sviFromJumpWings(sviToJumpWings(smile, 0.5));
    expect(Math.abs(back.m)).toBeLessThan(1e-15);
    expect(back.sigma).toBeCloseTo(0.2, 13);
  });

  it('read a flat smile as flat', () => {
    const flat = sviFromJumpWings({ expiryYears: 2, atmVariance: 0.04, atmSkew: 0, putWing: 0, callWing: 0, minimumVariance: 0.04 });
    expect([flat.a, flat.b]).toEqual([0.08, 0]);
  });

  const wings = { expiryYears: 1, atmVariance: 0.04, atmSkew: -0.1, putWing: 0.6, callWing: 0.3, minimumVariance: 0.03 };
  it.each([{ expiryYears: 0 }, { atmVariance: 0 }, { putWing: -1 }, { callWing: NaN }, { atmSkew: -0.31 }, { atmSkew: 0.2 }, { atmSkew: 0 }, { minimumVariance: 0.04 }, { minimumVariance: 0.05 }])('refuse wings with %j', (change) => {
    expect(() => sviFromJumpWings({ ...wings, ...change })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(sviFromJumpWings(wings).kind).toBe('svi');
  });

  it('refuse what a form cannot write', () => {
    const domain = expect.objectContaining({ code: 'ERR_DOMAIN' });
    expect(() => sviToNatural(sviSmile({ a: 0.1, b: 0.1, rho: -1, m: 0, sigma: 0.1 }))).toThrow(domain);
    expect(() => sviToJumpWings(sviSmile({ a: -0.1, b: 0.1, rho: 0, m: 0, sigma: 0.1 }), 1)).toThrow(domain);
    expect(() => sviToJumpWings(sviSmile({ a: 0.1, b: 0.1, rho: 0, m: 0, sigma: 0.1 }), 0)).toThrow(domain);
    for (const change of [{ rho: 1 }, { omega: -1 }, { zeta: 0 }, { delta: NaN }, { mu: NaN }]) {
      expect(() => sviFromNatural({ delta: 0, mu: 0, rho: 0.1, omega: 0.1, zeta: 1, ...change })).toThrow(domain);
    }
  });
});
