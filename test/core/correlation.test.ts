import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pearson, spearman } from '../../src/core/correlation.ts';

interface CorrelationCase {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly x: number[]; readonly y: number[] };
  readonly expected: { readonly pearson: number; readonly spearman: number };
}
const revive = (_key: string, value: unknown): unknown => (value === 'NaN' ? NaN : value);
const file = JSON.parse(readFileSync(new URL('./fixtures/rank_corr.json', import.meta.url), 'utf8'), revive) as { cases: CorrelationCase[] };
const cases = file.cases.filter((item) => item.kind === 'corr');

describe('correlation', () => {
  it('has all 14 cases', () => {
    expect(cases).toHaveLength(14);
  });

  it.each(cases.map((item) => [item.id, item] as const))('equals scipy: %s', (_id, { input, expected }) => {
    for (const [actual, wanted] of [[pearson(input.x, input.y), expected.pearson], [spearman(input.x, input.y), expected.spearman]]) {
      if (Number.isNaN(wanted)) expect(actual).toBeNaN();
      else expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(wanted))); // written with 13 digits
    }
  });

  it('leaves out a pair when either side is missing, and ranks after that', () => {
    expect(pearson([1, 2, NaN, 4, 3], [2, 4, 100, NaN, 5])).toBeCloseTo(9 / Math.sqrt(84), 12); // pairs (1, 2) (2, 4) (3, 5)
    expect(spearman([1, NaN, 3, 2], [10, 0, 30, 20])).toBeCloseTo(1, 15);
    expect(spearman([1, 2, 3, 100], [1, 3, 2, NaN])).toBeCloseTo(0.5, 15);
  });

  it('is NaN for fewer than two pairs and for a constant side', () => {
    for (const correlation of [pearson, spearman]) {
      expect(correlation([], [])).toBeNaN();
      expect(correlation([1], [2])).toBeNaN();
      expect(correlation([1, NaN], [2, 3])).toBeNaN();
      expect(correlation([0.1, 0.1, 0.1], [1, 2, 3])).toBeNaN();
    }
  });

  it('refuses unequal lengths', () => {
    expect(() => pearson([1], [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => spearman([1], [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  const pairs = fc.array(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 })), { minLength: 2, maxLength: 40 });
  it('is symmetric and inside [-1, 1]; Spearman does not change under a rising map', () => {
    fc.assert(fc.property(pairs, (rows) => {
      const [x, y] = [rows.map((r) => r[0]), rows.map((r) => r[1])];
      for (const correlation of [pearson, spearman]) {
        const r = correlation(x, y);
        expect(correlation(y, x)).toBe(r);
        expect(Number.isNaN(r) || (r >= -1 && r <= 1)).toBe(true);
      }
      expect(spearman(x.map((v) => Math.exp(v / 100)), y)).toBe(spearman(x, y));
    }));
  });
});
