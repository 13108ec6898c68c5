import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { kendallTau, pearsonCorrelation, spearmanCorrelation } from '../../src/metrics/correlation.ts';
import { REFERENCE_TOLERANCE, referenceCases } from './reference.ts';

const cases = referenceCases<{ x: number[]; y: number[] }>('rank_corr.json', 'corr');

// The stored 0 of a perfect correlation and NaN need a rule of their own.
function expectClose(found: number, stored: unknown, name: string): void {
  const expected = Number(stored);
  if (Number.isNaN(expected)) expect(found, name).toBeNaN();
  else expect(Math.abs(found - expected), name).toBeLessThanOrEqual(REFERENCE_TOLERANCE * Math.abs(expected));
}

/** Tau-b by its definition, all pairs of pairs. */
function tauByPairs(x: readonly number[], y: readonly number[]): number {
  let [excess, inX, inY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [Math.sign(x[i] - x[j]), Math.sign(y[i] - y[j])];
      excess += a * b;
      inX += Math.abs(a);
      inY += Math.abs(b);
    }
  }
  return excess / Math.sqrt(inX * inY);
}

describe('correlations with p-values', () => {
  it('has all 14 cases', () => {
    expect(cases).toHaveLength(14);
  });

  it.each(cases)('equal scipy, p-values down to 1e-34 included: %s', (_id, { input, expected }) => {
    const [pearson, spearman, kendall] = [pearsonCorrelation(input.x, input.y), spearmanCorrelation(input.x, input.y), kendallTau(input.x, input.y)];
    for (const [found, name] of [[pearson.value, 'pearson'], [pearson.pValue, 'pearson_p'], [spearman.value, 'spearman'], [spearman.pValue, 'spearman_p'], [kendall.value, 'kendall_tau_b']] as const) {
      expectClose(found, expected[name], name);
    }
    for (const { value, reason } of [pearson, spearman, kendall]) expect(Number.isNaN(value)).toBe(reason !== null);
  });

  it('statistics: a constant side has no correlation and says which', () => {
    for (const correlation of [pearsonCorrelation, spearmanCorrelation, kendallTau]) {
      expect(correlation([1, 1, 1], [1, 2, 3])).toEqual({ value: NaN, pValue: NaN, n: 3, missing: 0, reason: 'constant-x' });
      expect(correlation([1, 2, 3], [0.1, 0.1, 0.1]).reason).toBe('constant-y');
      expect(correlation([], [])).toMatchObject({ n: 0, reason: 'too-few-pairs' });
      expect(correlation([1, NaN], [1, 2])).toMatchObject({ value: NaN, n: 1, missing: 1, reason: 'too-few-pairs' });
      expect(() => correlation([1], [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    }
  });

  it('leaves out pairs with a missing side before ranking', () => {
    for (const correlation of [pearsonCorrelation, spearmanCorrelation, kendallTau]) {
      const found = correlation([1, NaN, 2, 4, 3], [10, 0, 20, NaN, 15]);
      expect(found).toMatchObject({ n: 3, missing: 2, reason: null });
      expect(found.value).toBe(correlation([1, 2, 3], [10, 20, 15]).value);
    }
  });

  it('ranks infinities but has no Pearson correlation with them', () => {
    expect(pearsonCorrelation([1, 2, Infinity], [1, 2, 3])).toMatchObject({ value: NaN, reason: 'infinite-value' });
    expect(spearmanCorrelation([1, 2, Infinity], [1, 2, 3]).value).toBe(1);
    expect(kendallTau([-Infinity, 2, Infinity], [1, 2, 3]).value).toBe(1);
  });

  it('says nothing from two pairs: p is 1', () => {
    for (const correlation of [pearsonCorrelation, spearmanCorrelation, kendallTau]) expect(correlation([1, 2], [5, 3])).toMatchObject({ value: -1, pValue: 1 });
  });

  it('by hand: r = 1/2 from three pairs has p = 2/3, as (2 / pi) arccos r', () => {
    const { value, pValue } = spearmanCorrelation([1, 2, 3], [1, 3, 2]);
    expect(value).toBeCloseTo(0.5, 15);
    expect(pValue).toBeCloseTo((2 / Math.PI) * Math.acos(0.5), 14);
  });
});

describe('kendallTau', () => {
  it('equals its definition over all pairs of pairs, ties included', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(fc.property(fc.array(pair, { minLength: 2, maxLength: 60 }), (rows) => {
      const [x, y] = [rows.map((r) => r[0]), rows.map((r) => r[1])];
      const { value, reason } = kendallTau(x, y);
      const expected = tauByPairs(x, y);
      expect(reason === null).toBe(!Number.isNaN(expected));
      if (reason === null) expect(value).toBeCloseTo(expected, 12);
    }), { numRuns: 300 });
  });

  it('by hand: of the 24 orders of 4, the exact p counts those at least as extreme', () => {
    // Orders of 4 by inversions 0..6: 1, 3, 5, 6, 5, 3, 1.
    const p = [[1, 2, 3, 4], [1, 2, 4, 3], [1, 4, 2, 3], [1, 4, 3, 2], [3, 4, 2, 1], [4, 3, 2, 1]].map((y) => kendallTau([1, 2, 3, 4], y).pValue);
    [2 / 24, 8 / 24, 18 / 24, 1, 8 / 24, 2 / 24].forEach((expected, i) => {
      expect(p[i]).toBeCloseTo(expected, 14);
    });
  });

  it('equals scipy: exact to 33 pairs without ties, normal with the tie correction otherwise', () => {
    const rows = Array.from({ length: 40 }, (_, i) => i);
    expect(kendallTau(rows, rows.map((i) => (i * 17) % 41)).pValue).toBeCloseTo(0.8704282960625428, 11);
    expect(kendallTau(rows.slice(0, 33), rows.slice(0, 33).map((i) => (i * 5) % 37)).pValue).toBeCloseTo(0.34736662016926184, 12);
    expect(kendallTau([1, 2, 2, 3, 4, 4, 4, 5], [1, 3, 2, 4, 4, 6, 5, 5]).pValue).toBeCloseTo(0.009191995862593751, 13);
    expect(kendallTau([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]).pValue).toBeCloseTo(0.07697417298126674, 13);
  });

  it('rejects independent pairs about as often as it says', () => {
    const random = randomStream(4, 'null');
    let rejected = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const draw = (): number[] => Array.from({ length: 40 }, () => random.integer(8));
      if (kendallTau(draw(), draw()).pValue < 0.1) rejected++;
    }
    expect(rejected).toBeGreaterThan(70); // 100 expected, standard deviation 9.5
    expect(rejected).toBeLessThan(130);
  });
});

describe('spearmanCorrelation', () => {
  it('orders a thousand and more values that agree in all but their last bits', () => {
    const random = randomStream(5, 'last bits');
    // Cells of equal high words hold a few values each, or all of them.
    for (const cells of [1, 1500]) {
      const codes = Array.from({ length: 4000 }, () => random.integer(cells) * 16 + random.integer(16));
      const values = codes.map((code) => 1 + Math.floor(code / 16) * 2 ** -20 + (code % 16) * 2 ** -52);
      const other = codes.map(() => random.normal());
      expect(spearmanCorrelation(values, other).value).toBe(spearmanCorrelation(codes, other).value);
      expect(spearmanCorrelation(values, codes).value).toBeCloseTo(1, 15);
    }
  });
});
