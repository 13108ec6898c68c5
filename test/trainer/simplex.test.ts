import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineSums, simplexWeights, stackingSums } from '../../src/trainer/simplex.ts';

const rows = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, i) => i);

describe('simplexWeights', () => {
  it('gives all weight to a perfect member', () => {
    const y = [1, 2, 3, 4];
    expect([...simplexWeights(stackingSums([[0, 0, 0, 0], y, [1, 1, 1, 1]], y, rows(4)))]).toEqual([0, 1, 0]);
  });

  it('mixes two members whose errors cancel, half and half', () => {
    const y = [1, 2, 3, 4];
    const weights = simplexWeights(stackingSums([[2, 1, 4, 3], [0, 3, 2, 5]], y, rows(4)));
    expect(weights[0]).toBeCloseTo(0.5, 12);
  });

  it('defines identical members: the first takes all', () => {
    const y = [1, 2, 3];
    expect([...simplexWeights(stackingSums([[1, 1, 1], [1, 1, 1]], y, rows(3)))]).toEqual([1, 0]);
  });

  it('is never beaten by random points of the simplex', () => {
    const number = fc.double({ min: -5, max: 5, noNaN: true });
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }).chain((m) => fc.tuple(fc.array(fc.array(number, { minLength: 12, maxLength: 12 }), { minLength: m, maxLength: m }), fc.array(number, { minLength: 12, maxLength: 12 }), fc.array(fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: m, maxLength: m }), { minLength: 20, maxLength: 20 }))), ([members, y, points]) => {
      const loss = (w: ArrayLike<number>): number => y.reduce((sum, t, i) => sum + (t - members.reduce((s, p, m) => s + w[m] * p[i], 0)) ** 2, 0);
      const weights = simplexWeights(stackingSums(members, y, rows(12)));
      expect([...weights].every((w) => w >= 0)).toBe(true);
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      const own = loss(weights);
      for (const point of points) {
        const total = point.reduce((a, b) => a + b, 0);
        expect(own).toBeLessThanOrEqual(loss(point.map((w) => w / total)) * (1 + 1e-7) + 1e-9);
      }
    }), { numRuns: 100 });
  });

  it('adds up over parts, one left out', () => {
    const y = [1, 2, 3, 4];
    const members = [[1, 2, 0, 1], [3, 1, 2, 2]];
    const parts = [stackingSums(members, y, [0, 1]), stackingSums(members, y, [2, 3])];
    expect(combineSums(parts)).toEqual(stackingSums(members, y, rows(4)));
    expect(combineSums(parts, 0)).toEqual(parts[1]);
  });
});
