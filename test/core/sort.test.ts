import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { argsort, averageRanks, sortedFinite } from '../../src/core/sort.ts';

/** The engine's stable sort with the rule written out: ascending, NaN last. */
function referenceOrder(values: ArrayLike<number>): number[] {
  return Array.from(values, (_, i) => i).sort((i, j) => {
    const [a, b] = [values[i], values[j]];
    if (a !== a || b !== b) return Number(a !== a) - Number(b !== b);
    return a < b ? -1 : a > b ? 1 : 0;
  });
}

/** Values of every kind a sort can stumble over. */
const pools: Record<string, (random: ReturnType<typeof randomStream>) => number> = {
  normal: (random) => random.normal(),
  'ties and signed zeros': (random) => [-1, -0, 0, 1, 2][random.integer(5)],
  'holes and infinities': (random) => [NaN, Infinity, -Infinity, -0, 0, random.normal()][random.integer(6)],
  'every magnitude': (random) => (random.integer(2) === 0 ? -1 : 1) * 2 ** (random.integer(2098) - 1074) * (1 + random.uniform()),
  'last bit apart': (random) => 1 + random.integer(50) * 2 ** -52,
  'large integers': (random) => (random.integer(2) === 0 ? -1 : 1) * random.integer(2 ** 32) * 1e6,
  'mostly missing': (random) => (random.integer(10) === 0 ? random.uniform() : NaN),
  constant: () => 7,
};

describe('argsort', () => {
  // 1200 present values are where the radix sort takes over.
  const sizes = [0, 1, 2, 3, 11, 12, 13, 24, 25, 100, 1199, 1200, 1201, 2500, 10_000];

  it.each(Object.entries(pools))('equals a stable comparison sort: %s', (name, draw) => {
    const random = randomStream(13, name);
    for (const n of sizes) {
      const values = Float64Array.from({ length: n }, () => draw(random));
      expect([...argsort(values)]).toEqual(referenceOrder(values));
      for (const shaped of [values.slice().sort(), values.slice().sort().reverse(), Float32Array.from(values), Array.from(values)]) {
        if (n <= 2500) expect([...argsort(shaped)]).toEqual(referenceOrder(shaped));
      }
    }
  });

  it('equals a stable comparison sort for any short array', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, NaN))), (values) => {
      expect([...argsort(values)]).toEqual(referenceOrder(values));
    }), { numRuns: 300 });
  });

  it('keeps 0 and -0 in their order, on both sides of the radix threshold', () => {
    for (const n of [100, 3000]) {
      const values = Float64Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 0 : -0));
      expect([...argsort(values)]).toEqual(Array.from({ length: n }, (_, i) => i));
    }
  });

  it('does not touch its argument', () => {
    const values = Float64Array.from({ length: 2000 }, (_, i) => -i);
    argsort(values);
    expect(values[1999]).toBe(-1999);
  });
});

describe('sortedFinite', () => {
  it('drops NaN and keeps infinities, short and long', () => {
    expect([...sortedFinite([3, NaN, -Infinity, 1, Infinity])]).toEqual([-Infinity, 1, 3, Infinity]);
    const random = randomStream(2, 'long');
    const values = Float64Array.from({ length: 70_000 }, (_, i) => (i % 50 === 0 ? NaN : random.normal()));
    expect(sortedFinite(values)).toEqual(values.filter((v) => v === v).sort());
  });
});

describe('averageRanks', () => {
  const cases = (JSON.parse(readFileSync(new URL('./fixtures/rank_corr.json', import.meta.url), 'utf8')) as {
    cases: { id: string; kind: string; input: { x: number[] }; expected: { ranks_x: number[] } }[];
  }).cases.filter((item) => item.kind === 'corr');

  it.each(cases.map((item) => [item.id, item] as const))('gives the ranks of scipy: %s', (_id, { input, expected }) => {
    expect([...averageRanks(input.x)]).toEqual(expected.ranks_x);
  });

  it('shares ranks among ties, gives NaN none', () => {
    expect([...averageRanks([10, 20, NaN, 10, -0, 0])]).toEqual([3.5, 5, NaN, 3.5, 1.5, 1.5]);
    expect([...averageRanks([NaN, NaN])]).toEqual([NaN, NaN]);
  });

  it('sums to n (n + 1) / 2 over the values that are there', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.double(), fc.integer({ min: 0, max: 3 }))), (values) => {
      const n = values.filter((v) => !Number.isNaN(v)).length;
      expect(averageRanks(values).reduce((sum, r) => sum + (Number.isNaN(r) ? 0 : r), 0)).toBe((n * (n + 1)) / 2);
    }));
  });
});
