/** Slices and crossings of fixtures/svi_reference.json: mpmath, 50 digits. */
import { readFileSync } from 'node:fs';
import type { SurfaceSlice } from '../../../src/iv/surface/iv-surface.ts';
import type { SviSmile } from '../../../src/iv/slices/svi.ts';

export type RawSvi = readonly [a: number, b: number, rho: number, m: number, sigma: number];

export interface ReferenceSlice {
  readonly name: string;
  readonly T: number;
  readonly raw_a_b_rho_m_sigma: RawSvi;
  readonly minTotalVar: number;
  readonly slopeLeft: number;
  readonly slopeRight: number;
  readonly 'gRoots_in_-3_3': readonly number[];
  readonly gMin: number | null;
  readonly gMinAt: number | null;
  readonly rows: readonly (readonly [k: number, w: number, w1: number, w2: number, g: number])[];
  readonly forwardDelta?: Readonly<Record<'10' | '25', { readonly kCall: number; readonly volCall: number; readonly kPut: number; readonly volPut: number }>>;
}

interface Reference {
  readonly slices: readonly ReferenceSlice[];
  readonly calendar: readonly { readonly near: RawSvi; readonly far: RawSvi; readonly 'crossings_in_-10_10': readonly number[]; readonly minDiff: number; readonly argmin: number }[];
  readonly conversions: readonly { readonly T: number; readonly raw_a_b_rho_m_sigma: RawSvi; readonly 'butterflyFree_in_-3_3': boolean }[];
}

export const reference = JSON.parse(readFileSync(new URL('../fixtures/svi_reference.json', import.meta.url), 'utf8')) as Reference;

export function raw([a, b, rho, m, sigma]: RawSvi): SviSmile {
  return Object.freeze({ kind: 'svi', a, b, rho, m, sigma });
}

export function slice(smile: SurfaceSlice['smile'], expiryYears: number, forward = 100, discount = 1): SurfaceSlice {
  return { smile, expiryYears, forward, discount };
}

/** Free of butterflies and, from one time to the next, of calendar arbitrage: the shape of an equity index. */
export function indexSlice(expiryYears: number, forward = 100 * Math.exp(0.02 * expiryYears)): SurfaceSlice {
  const root = Math.sqrt(expiryYears);
  return { expiryYears, forward, discount: Math.exp(-0.03 * expiryYears), smile: raw([0.01 * expiryYears, 0.08 * root, -0.6, 0.02, 0.13 * root]) };
}
