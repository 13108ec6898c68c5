/** svi_reference.json (mpmath, 50 digits) as named fields, and slices for property tests. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { sviSmile, type SviSmile } from '../../../src/iv/slices/svi.ts';

type Raw = readonly [a: number, b: number, rho: number, m: number, sigma: number];

interface ReferenceFile {
  readonly slices: readonly {
    readonly name: string;
    readonly T: number;
    readonly raw_a_b_rho_m_sigma: Raw;
    readonly minTotalVar: number;
    readonly slopeRight: number;
    readonly slopeLeft: number;
    readonly 'gRoots_in_-3_3': readonly number[];
    readonly gMinAt: number | null;
    readonly gMin: number | null;
    readonly rows: readonly (readonly [number, number, number, number, number | null])[];
    readonly jw_v_psi_p_c_vtilde?: readonly number[];
  }[];
  readonly gjFix: { readonly c_prime: number; readonly vtilde_prime: number; readonly gjOptimisedPublished: { readonly c: number; readonly vtilde: number } };
  readonly calendar: readonly { readonly near: Raw; readonly far: Raw; readonly 'crossings_in_-10_10': readonly number[]; readonly minDiff: number; readonly argmin: number }[];
  readonly conversions: readonly {
    readonly T: number;
    readonly raw_a_b_rho_m_sigma: Raw;
    readonly natural_Delta_mu_rho_omega_zeta: readonly number[];
    readonly jw: readonly number[];
    readonly 'gMin_in_-3_3': number;
    readonly 'butterflyFree_in_-3_3': boolean;
  }[];
}

export const reference = JSON.parse(readFileSync(new URL('../fixtures/svi_reference.json', import.meta.url), 'utf8')) as ReferenceFile;

export function sviOf([a, b, rho, m, sigma]: Raw): SviSmile {
  return sviSmile({ a, b, rho, m, sigma });
}

export const referenceSlices = reference.slices.map((slice) => ({
  name: slice.name,
  expiryYears: slice.T,
  smile: sviOf(slice.raw_a_b_rho_m_sigma),
  minimum: slice.minTotalVar,
  slopeLeft: slice.slopeLeft,
  slopeRight: slice.slopeRight,
  gRoots: slice['gRoots_in_-3_3'],
  gMin: slice.gMin,
  gMinAt: slice.gMinAt,
  jumpWings: slice.jw_v_psi_p_c_vtilde ?? null,
  rows: slice.rows.map(([k, w, slope, bend, g]) => ({ k, w, slope, bend, g })),
}));

export function referenceSlice(name: string): (typeof referenceSlices)[number] {
  return referenceSlices.find((slice) => slice.name === name)!;
}

/** Slices with positive variance, slopes up to 3 and vertices from needles to parabolas. */
export const anySvi: fc.Arbitrary<SviSmile> = fc
  .record({
    floor: fc.double({ min: 1e-3, max: 0.2, noNaN: true }),
    b: fc.double({ min: 1e-3, max: 1.5, noNaN: true }),
    rho: fc.double({ min: -1, max: 1, noNaN: true }),
    m: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    logSigma: fc.double({ min: -5, max: 1, noNaN: true }),
  })
  .map(({ floor, b, rho, m, logSigma }) => {
    const sigma = Math.exp(logSigma);
    return sviSmile({ a: floor - b * sigma * Math.sqrt(1 - rho * rho), b, rho, m, sigma });
  });
