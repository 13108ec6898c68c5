import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashLabel, hashUniform } from '../../../../src/core/hash.ts';
import { dataOf, derivatives, distance, objective, sum } from './objective-for-test.ts';

// The series as the paper writes it, with sums over the other rows.
function byDefinition(margins: readonly number[], gains: readonly number[]): { gradient: number[]; hessian: number[] } {
  const exponentials = margins.map((margin) => Math.exp(margin));
  const rho = exponentials.map((e) => e / sum(exponentials));
  const others = (i: number, of: (j: number) => number): number => sum(margins.flatMap((_, j) => (j === i ? [] : [of(j)])));
  const first = rho.map((share, i) => share - gains[i] / sum(gains));
  const second = rho.map((share, i) => share * others(i, (j) => first[j] / (1 - rho[j])));
  const third = rho.map((share, i) => share * others(i, (j) => second[j] / (1 - rho[j])));
  return { gradient: first.map((term, i) => term + second[i] + third[i]), hessian: rho.map((share) => share * (1 - share)) };
}

const panel = fc.array(fc.record({ label: fc.integer({ min: 0, max: 4 }), margin: fc.double({ min: -4, max: 4, noNaN: true }), group: fc.integer({ min: 0, max: 3 }) }), { minLength: 1, maxLength: 40 });

describe('xendcg', () => {
  it('by hand: two rows of equal margin have shares 1/2, and the three terms of the series are equal', () => {
    const [seed, iteration] = [3, 2];
    const draw = (row: number): number => hashUniform(seed, hashLabel(seed, `xendcg ${iteration}`), row);
    const [a, b] = [2 - draw(0), 1 - draw(1)]; // 2^1 - u, 2^0 - u
    const { gradient, hessian } = derivatives(objective({ objective: 'xendcg' }, seed), [6, 6], dataOf([1, 0], { groups: [0, 0] }), iteration);
    // First term t = 1/2 - a / (a + b) and -t. Second: 1/2 * (-t / (1/2)) = -t. Third: 1/2 * (t / (1/2)) = t.
    const t = 0.5 - a / (a + b);
    expect(distance(gradient, [t, -t])).toBeLessThan(1e-15);
    expect([...hessian]).toEqual([0.25, 0.25]);
  });

  it('is the series of the paper, query by query', () => {
    fc.assert(
      fc.property(panel, fc.nat(1000), fc.nat(50), (rows, seed, iteration) => {
        const found = derivatives(objective({ objective: 'xendcg' }, seed), rows.map((row) => row.margin), dataOf(rows.map((row) => row.label), { groups: rows.map((row) => row.group) }), iteration);
        for (const group of new Set(rows.map((row) => row.group))) {
          const own = rows.flatMap((row, i) => (row.group === group ? [i] : []));
          if (own.length === 1) {
            expect([found.gradient[own[0]], found.hessian[own[0]]]).toEqual([0, 0]);
            continue;
          }
          const expected = byDefinition(own.map((i) => rows[i].margin), own.map((i) => 2 ** rows[i].label - hashUniform(seed, hashLabel(seed, `xendcg ${iteration}`), i)));
          // 1e-11: 1 - rho loses three digits where rho is near 1.
          expect(distance(own.map((i) => found.gradient[i]), expected.gradient)).toBeLessThan(1e-11);
          expect(distance(own.map((i) => found.hessian[i]), expected.hessian)).toBeLessThan(1e-14);
          expect(Math.abs(sum(own.map((i) => found.gradient[i])))).toBeLessThan(1e-12);
        }
      }),
    );
  });

  it('draws by seed, iteration and row: the same again, others for another', () => {
    const data = dataOf([3, 0, 1, 2], { groups: [0, 0, 0, 0] });
    const at = (seed: number, iteration: number): number[] => [...derivatives(objective({ objective: 'xendcg' }, seed), [0, 0, 0, 0], data, iteration).gradient];
    expect(at(1, 5)).toEqual(at(1, 5));
    expect(at(1, 5)).not.toEqual(at(2, 5));
    expect(at(1, 5)).not.toEqual(at(1, 6));
  });

  it('multiplies by weights', () => {
    const [labels, groups, weights, margins] = [[3, 0, 1], [0, 0, 0], [1, 0, 2.5], [0, 1, 2]];
    const plain = derivatives(objective({ objective: 'xendcg' }), margins, dataOf(labels, { groups }));
    const weighted = derivatives(objective({ objective: 'xendcg' }), margins, dataOf(labels, { groups, weights }));
    expect(distance(weighted.gradient, weights.map((weight, i) => weight * plain.gradient[i]))).toBe(0);
    expect(distance(weighted.hessian, weights.map((weight, i) => weight * plain.hessian[i]))).toBe(0);
  });

  it('sums to 0 and stays below 16 at extreme margins', () => {
    for (const margins of [[800, -800, 0, 3], [1.7e308, -1.7e308, 0, 0], [40, 0, 0, 0], [690, 0, 690, 0], [0, -689, -300, -1e9]]) {
      const { gradient, hessian } = derivatives(objective({ objective: 'xendcg' }), margins, dataOf([0, 1, 31, 2], { groups: [0, 0, 0, 0] }));
      expect(gradient.every((g) => Math.abs(g) < 16)).toBe(true);
      expect(Math.abs(sum(gradient))).toBeLessThan(1e-12);
      expect(hessian.every((h) => h >= 0 && h <= 0.25)).toBe(true);
    }
  });

  it('needs groups', () => {
    expect(() => derivatives(objective({ objective: 'xendcg' }), [0], dataOf([0]))).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('"xendcg"') }));
  });
});
