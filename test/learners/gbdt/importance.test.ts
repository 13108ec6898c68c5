import { describe, expect, it } from 'vitest';
import { gbdtImportance } from '../../../src/learners/gbdt/importance.ts';

// Two trees: x1 at the root (gain 8, 100 rows) with x0 below (gain 2, 60 rows), and x1 alone (gain 0.5, 80 rows). x2 is not used.
const model = {
  featureNames: ['x0', 'x1', 'x2'],
  feature: Int32Array.of(1, 0, -1, -1, -1, 1, -1, -1),
  gain: Float64Array.of(8, 2, 0, 0, 0, 0.5, 0, 0),
  cover: Float64Array.of(100, 60, 40, 30, 30, 80, 50, 30),
};

describe('importance of features in a booster', () => {
  it('sums gains, counts splits and sums the rows at splits, leaves aside', () => {
    expect([...gbdtImportance(model)]).toEqual([2, 8.5, 0]);
    expect([...gbdtImportance(model, 'gain')]).toEqual([2, 8.5, 0]);
    expect([...gbdtImportance(model, 'split')]).toEqual([1, 2, 0]);
    expect([...gbdtImportance(model, 'cover')]).toEqual([60, 180, 0]);
  });

  it('is 0 for every feature of a model without splits', () => {
    expect([...gbdtImportance({ featureNames: ['a', 'b'], feature: Int32Array.of(-1), gain: Float64Array.of(0), cover: Float64Array.of(9) }, 'cover')]).toEqual([0, 0]);
  });

  it('refuses another type, naming those there are', () => {
    expect(() => gbdtImportance(model, 'weight' as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'gbdtImportance: type must be one of "gain", "split", "cover", got "weight"' }));
  });
});
