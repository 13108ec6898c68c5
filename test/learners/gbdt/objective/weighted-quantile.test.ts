import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weightedQuantile } from '../../../../src/learners/gbdt/objective/weighted-quantile.ts';

// The definition by a sort: weights are small integers and levels of twentieths, so that shares are compared exactly.
function bySorting(values: readonly number[], weights: readonly number[], twentieths: number): number {
  const pairs = values.map((value, i) => ({ value, weight: weights[i] })).filter(({ weight }) => weight > 0).sort((a, b) => a.value - b.value);
  const total = pairs.reduce((sum, { weight }) => sum + weight, 0);
  let below = 0;
  for (const { value, weight } of pairs) {
    below += weight;
    if (20 * below > twentieths * total) return value;
    if (20 * below === twentieths * total) {
      const next = pairs.find((other) => other.value > value);
      // Equal values may follow, whose weight counts too.
      if (pairs.filter((other) => other.value <= value).reduce((sum, other) => sum + other.weight, 0) > below) return value;
      return next === undefined ? value : (value + next.value) / 2;
    }
  }
  return NaN;
}

const row = fc.record({ value: fc.integer({ min: -9, max: 9 }), weight: fc.integer({ min: 0, max: 3 }) });

describe('weightedQuantile', () => {
  it('by hand', () => {
    expect(weightedQuantile([3, 1, 2], undefined, 0.5)).toBe(2);
    expect(weightedQuantile([4, 1, 2, 3], undefined, 0.5)).toBe(2.5);
    expect(weightedQuantile([4, 1, 2, 3], undefined, 0.51)).toBe(3);
    expect(weightedQuantile([7], undefined, 0.01)).toBe(7);
    // Shares 0.5, 0.6, 1: the first equals one half.
    expect(weightedQuantile([10, 20, 30], [5, 1, 4], 0.5)).toBe(15);
    expect(weightedQuantile([10, 20, 30], [5, 1, 4], 0.55)).toBe(20);
    expect(weightedQuantile([10, 20, 30], [5, 0, 5], 0.5)).toBe(20);
    expect(weightedQuantile([10, 20, 30], [5, 0, 4], 0.5)).toBe(10);
  });

  it('0.1 + 0.2 of 1 is a share of 0.3', () => {
    expect(weightedQuantile([1, 2, 3], [0.1, 0.2, 0.7], 0.3)).toBe(2.5);
    expect(weightedQuantile([1, 2, 3], [0.2, 0.1, 0.7], 0.3)).toBe(2.5);
  });

  it('without weight it is NaN', () => {
    expect(weightedQuantile([], undefined, 0.5)).toBeNaN();
    expect(weightedQuantile([1, 2], [0, 0], 0.5)).toBeNaN();
  });

  it('equals the definition by a sort, in any order of rows', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 19 }), (rows, twentieths) => {
        const [values, weights] = [rows.map(({ value }) => value), rows.map(({ weight }) => weight)];
        const expected = bySorting(values, weights, twentieths);
        expect(weightedQuantile(values, weights, twentieths / 20)).toBe(expected);
        expect(weightedQuantile([...values].reverse(), [...weights].reverse(), twentieths / 20)).toBe(expected);
        expect(weightedQuantile(values, undefined, twentieths / 20)).toBe(bySorting(values, values.map(() => 1), twentieths));
        // Repeated rows, and weights in another unit.
        expect(weightedQuantile(rows.flatMap(({ value, weight }) => Array.from({ length: weight }, () => value)), undefined, twentieths / 20)).toBe(expected);
        expect(weightedQuantile(values, weights.map((weight) => weight * 0.3), twentieths / 20)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('takes a hundred thousand values with many ties and leaves its arguments alone', () => {
    const values = Float64Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 1000);
    const before = values.slice();
    expect(weightedQuantile(values, undefined, 0.5)).toBe(499.5);
    expect(weightedQuantile(values, new Float64Array(100_000).fill(0.1), 0.9)).toBe(899.5);
    expect(values).toEqual(before);
  });
});
