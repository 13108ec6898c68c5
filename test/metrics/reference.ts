/** Reference values made by scikit-learn, scipy and statsmodels; the meta of each file states its conventions. */
import { readFileSync } from 'node:fs';

export interface ReferenceCase<Input = Readonly<Record<string, number[]>>> {
  readonly id: string;
  readonly kind: string;
  readonly input: Input;
  readonly params: Readonly<Record<string, number>>;
  readonly expected: Readonly<Record<string, number>> & { readonly daily_ic: number[] };
}

export function referenceCases<Input = ReferenceCase['input']>(name: string, kind: string): (readonly [string, ReferenceCase<Input>])[] {
  const { cases } = JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')) as { cases: ReferenceCase<Input>[] };
  return cases.filter((c) => c.kind === kind).map((c) => [c.id, c] as const);
}

/** Stored values have 13 significant digits. */
export const REFERENCE_TOLERANCE = 1e-9;

export function relativeError(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.max(1e-12, Math.abs(expected));
}
