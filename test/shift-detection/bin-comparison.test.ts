import { describe, expect, it } from 'vitest';
import { binCounts, referenceBins } from '../../src/shift-detection/reference-bins.ts';
import { chiSquareOfCounts, populationStabilityIndexOfCounts, psiCriticalValue } from '../../src/shift-detection/counts.ts';
import { compareBins, criticalIndex, proportionZ } from '../../src/shift-detection/bin-comparison.ts';
import { univariate } from './two-sample.ts';

describe('compareBins', () => {
  it('has the index and the p-value of the functions of counts, on every golden pair whose bins are not rare', () => {
    let compared = 0;
    for (const [id, { input }] of univariate) {
      const bins = referenceBins(input.ref, 5);
      const [reference, current] = [input.ref, input.cur].map((values) => binCounts(bins, values).subarray(0, bins.innerEdges.length + 1));
      const m = current.reduce((a, b) => a + b, 0);
      const n = reference.reduce((a, b) => a + b, 0);
      if (reference.some((count) => (count / n) * m < 2)) continue;
      compared++;
      const found = compareBins(reference, current);
      expect([id, found.psi]).toEqual([id, expect.closeTo(populationStabilityIndexOfCounts(reference, current).statistic, 12)]);
      expect([id, found.pValue]).toEqual([id, expect.closeTo(chiSquareOfCounts(reference, current).pValue, 12)]);
    }
    expect(compared).toBeGreaterThan(8);
  });

  it('stays finite with an empty bin on either side', () => {
    expect(compareBins(Float64Array.of(50, 50, 0), Float64Array.of(50, 0, 50)).psi).toBeLessThan(10);
    expect(compareBins(Float64Array.of(100, 100), Float64Array.of(0, 40))).toMatchObject({ bins: 2, psi: expect.any(Number) });
  });

  it('takes bins together in which less than two rows are expected: 3 of 1000 seen twice in 30 is no sensation', () => {
    // Pearson's statistic would be 36 on one degree of freedom; the exact probability is about 0.004.
    const { pValue, bins } = compareBins(Float64Array.of(997, 2, 1), Float64Array.of(28, 1, 1));
    expect(bins).toBe(2);
    expect(pValue).toBeGreaterThan(0.004);
    expect(compareBins(Float64Array.of(997, 3), Float64Array.of(0, 30)).pValue).toBeLessThan(1e-9);
  });

  it('finds one bin no difference', () => {
    expect(compareBins(Float64Array.of(100), Float64Array.of(30))).toEqual({ psi: 0, pValue: 1, bins: 1 });
  });

  it('widens the law with the spread of design effects, critical value and p-value alike', () => {
    expect(criticalIndex(10, [1000, 200], 0.01)).toBe(psiCriticalValue(10, [1000, 200], { level: 0.01 }));
    expect(criticalIndex(10, [1000, 200], 0.01, 1)).toBeGreaterThan(1.2 * criticalIndex(10, [1000, 200], 0.01));
    const [reference, current] = [Float64Array.of(100, 100, 100), Float64Array.of(40, 20, 30)];
    expect(compareBins(reference, current, 0.9).pValue).toBeGreaterThan(compareBins(reference, current).pValue);
  });
});

describe('proportionZ', () => {
  it('compares angles as worked by hand', () => {
    // 2 asin sqrt(1.375 / 30.75) - 2 asin sqrt(0.375 / 1000.75), over sqrt(1 / 1000.5 + 1 / 30.5)
    expect(proportionZ(0, 1000, 1, 30)).toBeCloseTo((2 * Math.asin(Math.sqrt(1.375 / 30.75)) - 2 * Math.asin(Math.sqrt(0.375 / 1000.75))) / Math.sqrt(1 / 1000.5 + 1 / 30.5), 12);
    expect(proportionZ(0, 1000, 1, 30)).toBeCloseTo(2.111, 2);
    expect(proportionZ(10, 40, 10, 40)).toBe(0);
    expect(proportionZ(3, 50, 20, 60)).toBe(-proportionZ(20, 60, 3, 50));
  });
});
