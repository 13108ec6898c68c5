import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgesOfSorted } from '../../../../src/learners/gbdt/binning/edges.ts';

const upTo = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i + 1);
const edges = (sorted: Float64Array, maxBin: number, firstShare = 1): number[] => Array.from(edgesOfSorted(sorted, { maxBin, zeroEdge: false, firstShare }));

describe('edgesOfSorted', () => {
  it('gives the first bin a smaller share and the others equal ones', () => {
    // 110 rows over 1/2 + 5 shares are 20 a share: 10 rows, then 20 five times.
    expect(edges(upTo(110), 6, 0.5)).toEqual([10.5, 30.5, 50.5, 70.5, 90.5]);
    expect(edges(upTo(120), 6)).toEqual([20.5, 40.5, 60.5, 80.5, 100.5]);
  });

  it('keeps a value in one bin and shares the rows after it among the bins that are left', () => {
    // Of 1, 2, ten times 3, 4 .. 11 the second bin is full in the middle of the threes.
    const values = Float64Array.of(1, 2, ...Array.from({ length: 10 }, () => 3), 4, 5, 6, 7, 8, 9, 10, 11);
    expect(edges(values, 5)).toEqual([3.5, 5.5, 7.5, 9.5]);
  });

  it('ignores the first share when each value has a bin of its own', () => {
    expect(edges(upTo(4), 4, 0.01)).toEqual([1.5, 2.5, 3.5]);
  });

  it('closes a bin at the first change of value that fills its share', () => {
    const sorted = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 200 }).map((values) => Float64Array.from(values).sort());
    fc.assert(fc.property(sorted, fc.integer({ min: 2, max: 12 }), (values, maxBin) => {
      const n = values.length;
      const distinct = [...new Set(values)];
      const expected: number[] = [];
      // Value by value, as the rule is worded.
      let start = 0;
      for (let i = 1; i < n && expected.length < maxBin - 1; i++) {
        if (values[i] === values[i - 1]) continue;
        if (distinct.length > maxBin && (i - start) * (maxBin - expected.length) < n - start) continue;
        expected.push((values[i - 1] + values[i]) / 2);
        start = i;
      }
      expect(edges(values, maxBin)).toEqual(expected);
    }), { numRuns: 500 });
  });
});
