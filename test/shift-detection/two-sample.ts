/** Cases made by scipy and numpy; the meta of the file states their conventions. */
import { readFileSync } from 'node:fs';

export interface TwoSampleCase {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly ref: number[]; readonly cur: number[]; readonly X: number[][]; readonly Y: number[][]; readonly counts: number[][] };
  readonly params: { readonly bins: number; readonly eps: number; readonly mmd_sigma: number };
  readonly expected: Readonly<Record<string, number>> & { readonly psi_inner_edges: number[]; readonly psi_ref_counts: number[]; readonly psi_cur_counts: number[]; readonly mahalanobis_first5: number[] };
}

const { cases } = JSON.parse(readFileSync(new URL('./fixtures/two_sample.json', import.meta.url), 'utf8')) as { cases: TwoSampleCase[] };

export const univariate: readonly (readonly [string, TwoSampleCase])[] = cases.filter((c) => c.kind === 'univariate').map((c) => [c.id, c] as const);
export const multivariate: readonly (readonly [string, TwoSampleCase])[] = cases.filter((c) => c.kind === 'multivariate').map((c) => [c.id, c] as const);

/** Whether a value is stored to 13 significant digits: 1e-9 relative, or 1e-15 where rounding stands for a 0. */
export function agrees(found: number, expected: number): boolean {
  return Math.abs(found - expected) <= 1e-9 * Math.abs(expected) + 1e-15;
}
