import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driveSync } from '../../../src/core/drive.ts';
import { growScratch, growTree } from '../../../src/learners/gbdt/grow.ts';
import type { GrownNode } from '../../../src/learners/gbdt/grow.ts';
import { packGradients, roundHessians } from '../../../src/learners/gbdt/gradients.ts';
import { hessianScale, packingFor } from '../../../src/learners/gbdt/histogram.ts';
import { MISSING_BIN } from '../../../src/learners/gbdt/binned-matrix.ts';
import type { BinnedMatrix } from '../../../src/learners/gbdt/binned-matrix.ts';
import { gbdtSettings } from '../../../src/learners/gbdt/options.ts';
import type { GbdtSettings } from '../../../src/learners/gbdt/options.ts';
import { binMatrix } from '../../../src/learners/index.ts';
import { matrixOf, range } from '../data.ts';

function grow(binned: BinnedMatrix, gradient: number[], hessian: number[] | undefined, settings: GbdtSettings): { nodes: GrownNode[]; order: Uint32Array } {
  const n = binned.rowCount;
  const rows = range(0, n);
  const sum = (values: number[]): number => values.reduce((a, b) => a + Math.abs(b), 0);
  const packing = packingFor(n, sum(gradient));
  const packed = new Float64Array(n);
  packGradients(Float64Array.from(gradient), rows, packing, packed);
  const hessians = hessian === undefined ? undefined : Float64Array.from(hessian);
  const scale = hessianScale(n, sum(hessian ?? []));
  if (hessians !== undefined) roundHessians(hessians, rows, scale);
  const scratch = growScratch(binned, n);
  scratch.order.set(rows);
  const nodes = driveSync(growTree(binned, { packed, packing, hessians, hessianScale: scale }, scratch, n, range(0, binned.names.length), settings, { phase: 'test', done: 0, total: 1 }));
  return { nodes, order: scratch.order };
}

interface NaiveSplit {
  readonly gain: number;
  readonly left: readonly number[];
}

// Every split of every feature, straight from the formula; gains within rounding of the best are all listed.
function naiveSplits(binned: BinnedMatrix, gradient: number[], hessian: number[], { lambdaL2, minDataInLeaf, minSumHessianInLeaf }: GbdtSettings): NaiveSplit[] {
  const rows = Array.from(range(0, binned.rowCount));
  const score = (set: readonly number[]): number => set.reduce((s, r) => s + gradient[r], 0) ** 2 / (set.reduce((s, r) => s + hessian[r], 0) + lambdaL2);
  const splits: NaiveSplit[] = [];
  for (let f = 0; f < binned.names.length; f++) {
    const bins = binned.columnMajor.subarray(f * binned.rowCount, (f + 1) * binned.rowCount);
    for (let b = 0; b <= binned.edges[f].length; b++) {
      for (const missingLeft of [false, true]) {
        const left = rows.filter((r) => (bins[r] === MISSING_BIN ? missingLeft : bins[r] <= b));
        const right = rows.filter((r) => !left.includes(r));
        if ([left, right].some((set) => set.length < minDataInLeaf || set.reduce((s, r) => s + hessian[r], 0) < minSumHessianInLeaf)) continue;
        const gain = score(left) + score(right) - score(rows);
        if (gain > 0) splits.push({ gain, left });
      }
    }
  }
  return splits.sort((a, b) => b.gain - a.gain);
}

const rowsOf = ({ order }: { order: Uint32Array }, node: GrownNode): number[] => Array.from(order.subarray(node.start, node.end)).sort((a, b) => a - b);

// Quarters and integers, so that constraints on sums are met or missed for certain, not by a rounding.
const cell = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -6, max: 6 }).map((x) => x / 2) }, { weight: 1, arbitrary: fc.constant(NaN) });
const row = fc.record({ x: fc.tuple(cell, cell, cell), g: fc.integer({ min: -40, max: 40 }).map((g) => g / 8), h: fc.integer({ min: 1, max: 8 }).map((h) => h / 4) });

describe('the best split', () => {
  it('has the gain of the naive search and one of its partitions', () => {
    const options = fc.record({ lambdaL2: fc.constantFrom(0, 1, 7.5), minDataInLeaf: fc.constantFrom(1, 2, 5), minSumHessianInLeaf: fc.constantFrom(0, 1, 4.3), maxBin: fc.constantFrom(2, 5, 255) });
    fc.assert(fc.property(fc.array(row, { minLength: 2, maxLength: 30 }), options, fc.boolean(), (data, { maxBin, ...rest }, constantHessian) => {
      const binned = binMatrix(matrixOf(...[0, 1, 2].map((f) => data.map(({ x }) => x[f]))), { maxBin });
      const gradient = data.map(({ g }) => g);
      const hessian = data.map(({ h }) => (constantHessian ? 1 : h));
      const settings = gbdtSettings('test', { ...rest, numLeaves: 2 });
      const grown = grow(binned, gradient, constantHessian ? undefined : hessian, settings);
      const naive = naiveSplits(binned, gradient, hessian, settings);
      const noise = 1e-9 * gradient.reduce((s, g) => s + Math.abs(g), 0) ** 2;
      const [root] = grown.nodes;
      if (root.feature < 0) {
        expect(naive[0]?.gain ?? 0).toBeLessThanOrEqual(noise);
        return;
      }
      const best = naive[0]?.gain ?? 0;
      expect(Math.abs(root.gain - best)).toBeLessThanOrEqual(1e-9 * best + 1e-3 * noise);
      const left = rowsOf(grown, grown.nodes[root.left]);
      expect(naive.some((split) => split.gain >= best - 1e-9 * best - noise && split.left.join() === left.join())).toBe(true);
    }), { numRuns: 1000 });
  });

  it('ties go to the earlier feature, the lower bin, and missing values to the right', () => {
    const settings = gbdtSettings('test', { numLeaves: 2, minDataInLeaf: 1, lambdaL2: 0 });
    const twins = grow(binMatrix(matrixOf([1, 2, 3, 4], [1, 2, 3, 4])), [1, 1, -1, -1], undefined, settings);
    expect(twins.nodes[0].feature).toBe(0);
    // Left {1} or left {1, 2, 3}: the same gain.
    const mirrored = grow(binMatrix(matrixOf([1, 2, 3, 4])), [-1, 1, 1, -1], undefined, settings);
    expect(mirrored.nodes[0].bin).toBe(0);
    // {1} with or without the two missing rows, whose gradients cancel, on the left: gains 4/3 twice.
    const missing = grow(binMatrix(matrixOf([1, 2, NaN, NaN])), [1, -1, 1, -1], undefined, settings);
    expect(missing.nodes[0].missingLeft).toBe(false);
  });

  it('needs more than minGainToSplit', () => {
    const binned = binMatrix(matrixOf([1, 2]));
    const settings = (minGainToSplit: number): GbdtSettings => gbdtSettings('test', { minDataInLeaf: 1, lambdaL2: 0, minGainToSplit });
    expect(grow(binned, [1, -1], undefined, settings(1.99)).nodes.length).toBe(3);
    expect(grow(binned, [1, -1], undefined, settings(2)).nodes.length).toBe(1);
  });
});

describe('a grown tree', () => {
  it('puts every row in exactly one leaf, the one its bins lead to, and respects leaves, depth and rows', () => {
    const limits = fc.record({ numLeaves: fc.integer({ min: 2, max: 12 }), maxDepth: fc.integer({ min: -1, max: 4 }), minDataInLeaf: fc.integer({ min: 1, max: 4 }) });
    fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), limits, fc.boolean(), (data, limit, constantHessian) => {
      const binned = binMatrix(matrixOf(...[0, 1, 2].map((f) => data.map(({ x }) => x[f]))));
      const { nodes, order } = grow(binned, data.map(({ g }) => g), constantHessian ? undefined : data.map(({ h }) => h), gbdtSettings('test', { ...limit, lambdaL2: 1 }));
      expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from(range(0, data.length)));
      const leaves = nodes.filter((node) => node.feature < 0);
      expect(leaves.length).toBeLessThanOrEqual(limit.numLeaves);
      expect(leaves.reduce((sum, leaf) => sum + leaf.end - leaf.start, 0)).toBe(data.length);
      for (const node of nodes) {
        expect(node.sums.count).toBe(node.end - node.start);
        if (limit.maxDepth >= 0) expect(node.depth).toBeLessThanOrEqual(limit.maxDepth);
        if (nodes.length > 1) expect(node.sums.count).toBeGreaterThanOrEqual(limit.minDataInLeaf);
        const total = rowsOf({ order }, node).reduce((sum, r) => sum + data[r].g, 0);
        expect(node.sums.gradient).toBeCloseTo(total, 6);
      }
      for (let r = 0; r < data.length; r++) {
        let node = nodes[0];
        while (node.feature >= 0) {
          const bin = binned.columnMajor[node.feature * data.length + r];
          node = nodes[(bin === MISSING_BIN ? node.missingLeft : bin <= node.bin) ? node.left : node.right];
        }
        expect(order.subarray(node.start, node.end)).toContain(r);
      }
    }), { numRuns: 150 });
  });
});
