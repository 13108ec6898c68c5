import { describe, expect, it } from 'vitest';
import { driveSync } from '../../src/core/drive.ts';
import { treeShapInteractionsSync, treeShapSync } from '../../src/explain/index.ts';
import { gaussLegendreTask } from '../../src/core/gauss-legendre.ts';
import type { QuadratureRule } from '../../src/core/gauss-legendre.ts';
import { matrixOf, modelOf } from './tree-shap-models.ts';
import type { Tree } from './tree-shap-models.ts';

/** A chain of `depth` splits on features 0, 1, 2, ... modulo `features`; right goes on, with 1, 2 or 3 of 4 parts of the cover. */
function chain(depth: number, features: number): Tree {
  let tree: Tree = 100;
  for (let level = depth - 1; level >= 0; level--) {
    const on = 1 + (level % 3);
    tree = { feature: level % features, at: level / features, cover: [4 - on, on], left: level % 7, right: tree };
  }
  return tree;
}

/**
 * Shapley values of a chain with one feature a level, in integers: leaf by leaf, sum over sets of k known features of
 * k! (d - 1 - k)! / d! * product of (known ? passes : share), all over the common denominator 4^d d!.
 */
function exactChain(depth: number, passes: (level: number) => boolean): number[] {
  const factorial = [1n];
  for (let k = 1; k <= depth + 1; k++) factorial.push(factorial[k - 1] * BigInt(k));
  const totals = new Array<number>(depth).fill(0);
  for (let leaf = 0; leaf <= depth; leaf++) {
    const d = Math.min(leaf + 1, depth);
    const path = Array.from({ length: d }, (_, level) => {
      const right = level < leaf;
      return { known: passes(level) === right ? 4n : 0n, spread: BigInt(right ? 1 + (level % 3) : 4 - (1 + (level % 3))) };
    });
    const value = leaf === depth ? 100 : leaf % 7;
    path.forEach((own, i) => {
      let bySize = [1n];
      path.forEach((other, j) => {
        if (j === i) return;
        bySize = Array.from({ length: bySize.length + 1 }, (_, k) => (bySize[k] ?? 0n) * other.spread + (bySize[k - 1] ?? 0n) * other.known);
      });
      const sum = bySize.reduce((total, count, k) => total + count * factorial[k] * factorial[d - 1 - k], 0n) * (own.known - own.spread);
      const scale = 10n ** 40n;
      totals[i] += value * (Number((sum * scale) / (4n ** BigInt(d) * factorial[d])) / 1e40);
    });
  }
  return totals;
}

describe('deep trees', () => {
  it('agrees with exact integers on a chain of 60 features', () => {
    for (const passes of [(): boolean => true, (level: number): boolean => level % 23 !== 17]) {
      const model = modelOf([chain(60, 60)], 60);
      const row = Array.from({ length: 60 }, (_, level) => (passes(level) ? 1 : 0));
      const { values } = treeShapSync(model, matrixOf([row.map((x) => (x === 1 ? 1 : -1))], 60));
      // 1e-14 of the largest leaf: rounding of each node, nothing lost to cancellation.
      exactChain(60, passes).forEach((wanted, f) => expect(Math.abs(values[f] - wanted), `feature ${f}`).toBeLessThan(1e-12));
    }
  });

  it('divides what all of 1,000 features bring together by 1,000', () => {
    // Shares of 0 make every leaf but the last unreachable on average: only all features together reach it.
    let all: Tree = 1000;
    for (let level = 999; level >= 0; level--) all = { feature: level, at: 0, cover: [1, 0], left: 0, right: all };
    const { values } = treeShapSync(modelOf([all], 1000), matrixOf([new Array<number>(1000).fill(1)], 1000));
    for (const value of values) expect(Math.abs(value - 1)).toBeLessThan(1e-11);
  });

  it('sums to the margin on a chain of 3,000 splits, in several turns of points and without a deep stack', () => {
    for (const features of [3000, 7]) {
      const model = modelOf([chain(3000, features)], features);
      const row = Array.from({ length: features }, () => 1e9);
      const { values, expected } = treeShapSync(model, matrixOf([row], features));
      expect(Math.abs(values.reduce((a, b) => a + b, expected[0]) - 100)).toBeLessThan(1e-10);
    }
  });

  it('takes points in turns without changing the result', () => {
    // 2,000 inner nodes of 1,000 points do not fit at once; the same chain with a share of 1 at every second level has 1,000 players.
    let tree: Tree = 50;
    for (let level = 1999; level >= 0; level--) tree = { feature: level, at: 0, cover: level % 2 === 0 ? [0, 1] : [1, 0], left: 0, right: tree };
    const { values } = treeShapSync(modelOf([tree], 2000), matrixOf([new Array<number>(2000).fill(1)], 2000));
    values.forEach((value, f) => expect(Math.abs(value - (f % 2 === 0 ? 0 : 0.05))).toBeLessThan(1e-12));
  });

  it('interactions of a chain of 120 features sum to their values', () => {
    const model = modelOf([chain(120, 120)], 120);
    const matrix = matrixOf([Array.from({ length: 120 }, (_, f) => (f % 9 === 8 ? -1 : 1))], 120);
    const { values } = treeShapSync(model, matrix);
    const pairs = treeShapInteractionsSync(model, matrix).values;
    values.forEach((value, f) => expect(Math.abs(pairs.subarray(120 * f, 120 * f + 120).reduce((a, b) => a + b, 0) - value)).toBeLessThan(1e-12));
    // The nearer the root, the more pass: the first two features interact most.
    expect(pairs[1]).toBeGreaterThan(0.1);
    expect(pairs[1]).toBe(pairs[120]);
  });
});

describe('Gauss-Legendre points', () => {
  const rule = (points: number): QuadratureRule => driveSync(gaussLegendreTask(points, { phase: '', done: 0, total: 0 }));

  it('are the known ones for 1, 2 and 3 points', () => {
    expect(rule(1)).toEqual({ t: Float64Array.of(0.5), rest: Float64Array.of(0.5), weight: Float64Array.of(1) });
    expect(rule(2).t[0]).toBeCloseTo((1 - Math.sqrt(1 / 3)) / 2, 15);
    expect(rule(3).t[2]).toBeCloseTo((1 + Math.sqrt(3 / 5)) / 2, 15);
    expect(rule(3).weight[1]).toBeCloseTo(4 / 9, 15);
  });

  it('integrate powers below twice their number, for few points and for a thousand', () => {
    for (const points of [1, 2, 5, 16, 33, 200, 1000]) {
      const { t, rest, weight } = rule(points);
      for (const power of [0, 1, points - 1, 2 * points - 1]) {
        const integral = t.reduce((sum, x, q) => sum + weight[q] * Math.exp(power * Math.log(x)), 0);
        expect(Math.abs(integral * (power + 1) - 1), `${points} points, power ${power}`).toBeLessThan(2e-12);
      }
      t.forEach((x, q) => {
        expect(Math.abs(x + rest[q] - 1)).toBeLessThan(2e-16);
        if (q > 0) expect(x).toBeGreaterThan(t[q - 1]);
      });
    }
  });
});
