/** Derived numbers of fixtures/svi_reference.json: mpmath, 50 digits. */
import { reference } from '../surface/reference.ts';
import type { ReferenceSlice } from '../surface/reference.ts';

interface DeltaRow {
  readonly kCall: number;
  readonly volCall: number;
  readonly kPut: number;
  readonly volPut: number;
  readonly RR: number;
  readonly BF_vs_DNS: number;
  readonly kDNS: number;
  readonly volDNS: number;
}

export interface DerivedReference extends ReferenceSlice {
  readonly varSwapFairVariance?: number;
  readonly forwardDelta?: Readonly<Record<'10' | '25', DeltaRow>>;
  readonly atm?: { readonly vol: number; readonly dvol_dk: number; readonly d2vol_dk2: number };
}

type SsviRow = readonly [T: number, k: number, theta: number, phi: number, w: number, w1: number, w2: number, g: number, dwdT: number, localVol: number];

export interface SsviReference {
  readonly phi: 'powerlaw' | 'powerlaw2' | 'hestonlike';
  readonly params: { readonly eta: number; readonly gamma: number; readonly lambda: number; readonly rho: number };
  readonly rows: readonly SsviRow[];
}

export const derivedSlices = reference.slices as readonly DerivedReference[];
export const ssviReference = (reference as unknown as { readonly ssvi: readonly SsviReference[] }).ssvi;
