import { readFileSync } from 'node:fs';

export interface Case {
  readonly id: string;
  readonly kind: string;
  readonly input: Record<string, number[]>;
  readonly params: { readonly alpha: number };
  readonly expected: Record<string, number | number[]>;
}

/** Cases of one kind from MAPIE 0.9.2, crepes 0.8.0 and closed forms; non-finite numbers are written as text. */
export function casesOf(kind: string): Case[] {
  const revive = (_key: string, value: unknown): unknown => (value === 'Infinity' || value === '-Infinity' || value === 'NaN' ? Number(value) : value);
  const file = JSON.parse(readFileSync(new URL('./fixtures/conformal_regression.json', import.meta.url), 'utf8'), revive) as { cases: Case[] };
  return file.cases.filter((item) => item.kind === kind);
}

/** Expected values are written with 13 significant digits. */
const DIGITS = 1e-9;

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i] && !(Math.abs(actual[i] - expected[i]) <= DIGITS * (1 + Math.abs(expected[i])))) throw new Error(`value ${i} is ${actual[i]}, expected ${expected[i]}`);
  }
}
