import { describe, expect, it } from 'vitest';
import { driveSync } from '../../src/core/drive.ts';
import { sketchColumn, sketchEdges } from '../../src/shift-detection/reference-sketch.ts';
import type { NumericSketch } from '../../src/shift-detection/reference-sketch.ts';
import { sketchKolmogorovSmirnov, sketchWasserstein } from '../../src/shift-detection/sketch-distance.ts';
import { univariate } from './two-sample.ts';

const sketches = (reference: readonly number[], current: readonly number[], cells: number): readonly [NumericSketch, NumericSketch] => {
  const edges = sketchEdges(Float64Array.from(reference), cells);
  return [driveSync(sketchColumn(Float64Array.from(reference), edges, '')), driveSync(sketchColumn(Float64Array.from(current), edges, ''))];
};
const largestShare = ({ counts }: NumericSketch): number => Math.max(...counts) / counts.reduce((a, b) => a + b, 0);
// Mean absolute deviation of the values from the mean of their cell.
const scatter = (values: readonly number[], { edges, counts, sums }: NumericSketch): number =>
  values.reduce((sum, value) => {
    const cell = edges.filter((edge) => edge <= value).length;
    return sum + Math.abs(value - sums[cell] / counts[cell]);
  }, 0) / values.length;

describe('distances of sketches', () => {
  it.each([10, 25, 100])('lie within their stated errors of the reference values of all golden pairs, with %i cells', (cells) => {
    for (const [id, { input, expected }] of univariate) {
      const [a, b] = sketches(input.ref, input.cur, cells);
      const ks = sketchKolmogorovSmirnov(a, b);
      expect([id, ks <= expected['ks'] + 1e-12 && expected['ks'] <= ks + Math.max(largestShare(a), largestShare(b)) + 1e-12]).toEqual([id, true]);
      const error = Math.abs(sketchWasserstein(a, b) - expected['wasserstein']);
      expect([id, error <= scatter(input.ref, a) + scatter(input.cur, b) + 1e-9]).toEqual([id, true]);
    }
    expect(univariate.length).toBeGreaterThanOrEqual(15);
  });

  it('measures a total shift by its distance, however far', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i / 1000);
    const [a, b] = sketches(values, values.map((value) => value + 500), 20);
    expect(sketchKolmogorovSmirnov(a, b)).toBeCloseTo(0.95, 12);
    expect(sketchWasserstein(a, b)).toBeCloseTo(500, 9);
  });

  it('worked by hand: half of the mass moves by 2', () => {
    const [a, b] = sketches([0, 1, 2, 3], [0, 1, 4, 5], 4);
    expect(sketchWasserstein(a, b)).toBeCloseTo(1, 12);
  });

  it('is 0 for the same sample, and has no distance to an infinity', () => {
    const [a] = sketches([1, 2, 2, 5], [0], 4);
    expect([sketchKolmogorovSmirnov(a, a), sketchWasserstein(a, a)]).toEqual([0, 0]);
    expect(sketchWasserstein(...sketches([1, 2, 3], [1, 2, Infinity], 3))).toBeNaN();
  });
});
