import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driveSync } from '../../../../src/core/drive.ts';
import type { BinnedNode, Candidate, NodeSums, RowRange } from '../../../../src/learners/gbdt/kernel/kernel.ts';
import { firstDifference, goesLeft, limitsFor, MISSING, rowsOf, scenarios, sumsOver, typescriptBench, wasmBench } from './fit-memory.ts';
import type { Bench, Scenario } from './fit-memory.ts';

const BINS = 256;
const RUNS = { numRuns: 80 };

// Shape (features * 3 * 256).
function cellsOf({ kernel, memory }: Bench, slot: number): Float64Array {
  const all = new Float64Array(memory.featureCount * 3 * BINS);
  for (let f = 0; f < memory.featureCount; f++) kernel.cells(slot, f, all.subarray(f * 3 * BINS, (f + 1) * 3 * BINS));
  return all;
}

// Straight from the rows.
function naiveCells({ bins, gradients, hessians }: Scenario, rows: readonly number[]): Float64Array {
  const all = new Float64Array(bins.length * 3 * BINS);
  bins.forEach((column, f) => {
    for (const row of rows) {
      all[f * 3 * BINS + column[row]] += gradients[row];
      all[f * 3 * BINS + BINS + column[row]] += hessians === undefined ? 1 : hessians[row];
      all[f * 3 * BINS + 2 * BINS + column[row]]++;
    }
  });
  return all;
}

interface Grown {
  readonly cells: readonly Float64Array[];
  readonly candidates: readonly (readonly (Candidate | undefined)[])[];
  readonly children: readonly [RowRange, RowRange];
}

// A root, its scan, a split by the scenario's rule, and the scans of both children, in the order of a fit.
function grow(bench: Bench, scenario: Scenario): Grown {
  const { kernel, memory } = bench;
  const { root, rule, allowed, bins } = scenario;
  if (root !== undefined) memory.rows[0].set(root);
  const range: RowRange = root === undefined ? { side: -1, begin: 0, end: memory.rowCount } : { side: 0, begin: 0, end: root.length };
  const rows = rowsOf(memory, range);
  const rootLimits = limitsFor(scenario, sumsOver(scenario, rows));
  driveSync(kernel.histogram(range, 0));
  const first = driveSync(kernel.finish(0, -1, true, allowed, [rootLimits, undefined]));
  const cells = [cellsOf(bench, 0)];
  const leftCount = rows.filter((row) => goesLeft(rule, bins, row)).length;
  driveSync(kernel.partition(range, rule, leftCount));
  const side = range.side === 0 ? 1 : 0;
  const children: [RowRange, RowRange] = [{ side, begin: 0, end: leftCount }, { side, begin: leftCount, end: rows.length }];
  const [small, large] = leftCount <= rows.length - leftCount ? children : [children[1], children[0]];
  driveSync(kernel.histogram(small, 1));
  const limits = [small, large].map((child) => limitsFor(scenario, sumsOver(scenario, rowsOf(memory, child))));
  const second = driveSync(kernel.finish(1, 0, true, allowed, [limits[0], limits[1]]));
  cells.push(cellsOf(bench, 1), cellsOf(bench, 0));
  // Once more over other features, without touching the cells.
  const third = driveSync(kernel.finish(1, 0, false, allowed.map((bit) => 1 - bit), [undefined, limits[1]]));
  cells.push(cellsOf(bench, 0));
  return { cells, candidates: [first, second, third], children };
}

function sorted(rows: readonly number[]): number[] {
  return [...rows].sort((a, b) => a - b);
}

describe('the kernels', () => {
  it('sum the same cells and choose the same splits, to the bit', () => {
    fc.assert(fc.property(scenarios, fc.boolean(), (scenario, shared) => {
      const script = grow(typescriptBench(scenario, shared), scenario);
      const wasm = grow(wasmBench(scenario, shared), scenario);
      script.cells.forEach((own, i) => expect(firstDifference(own, wasm.cells[i])).toBe(-1));
      expect(script.candidates).toStrictEqual(wasm.candidates);
    }), RUNS);
  });

  it('send the same rows left and right', () => {
    fc.assert(fc.property(scenarios, (scenario) => {
      const parted = [typescriptBench(scenario), wasmBench(scenario)].map((bench) => {
        const { children } = grow(bench, scenario);
        return children.map((child) => sorted(rowsOf(bench.memory, child)));
      });
      expect(parted[0]).toStrictEqual(parted[1]);
    }), RUNS);
  });

  it('mark rows, and update margins, gradients and their sums alike', () => {
    fc.assert(fc.property(scenarios, fc.integer({ min: -3, max: 20 }), fc.boolean(), (scenario, exponent, some) => {
      const values = Float64Array.of(0.123456789, -1.5, 3e-9);
      const [script, wasm] = [typescriptBench(scenario), wasmBench(scenario)].map((bench) => {
        const { kernel, memory, list } = bench;
        const { children } = grow(bench, scenario);
        memory.leaves.fill(2);
        driveSync(kernel.mark(children));
        const third = list.subarray(0, Math.ceil(memory.rowCount / 3));
        third.forEach((_, i) => {
          third[i] = (3 * i + 1) % memory.rowCount;
        });
        return { memory, sums: driveSync(kernel.update(some ? third : undefined, values, 2 ** exponent)) };
      });
      expect(script.sums).toStrictEqual(wasm.sums);
      expect(firstDifference(script.memory.leaves, wasm.memory.leaves)).toBe(-1);
      expect(firstDifference(script.memory.margins, wasm.memory.margins)).toBe(-1);
      expect(firstDifference(script.memory.gradients, wasm.memory.gradients)).toBe(-1);
    }), RUNS);
  });

  it('send rows down a tree to the same leaves', () => {
    fc.assert(fc.property(scenarios, fc.constantFrom(0, 1), (scenario, output) => {
      const [script, wasm] = [typescriptBench(scenario), wasmBench(scenario)].map(({ kernel, memory, list }) => {
        for (let row = 0; row < memory.rowCount; row++) list[row] = memory.rowCount - 1 - row;
        driveSync(kernel.apply(list, randomTree(scenario), output));
        return memory.margins;
      });
      expect(firstDifference(script, wasm)).toBe(-1);
    }), RUNS);
  });
});

// A tree of 15 nodes over the scenario's features, with the scenario's rule among them.
function randomTree({ bins, binCounts, rule, seed }: Scenario): BinnedNode[] {
  return Array.from({ length: 15 }, (_, i) => {
    const feature = (seed + 7 * i) % bins.length;
    const own = i === 0 ? rule : { feature, bin: (seed + 3 * i) % binCounts[feature], missingLeft: i % 2 === 0, table: undefined };
    return i < 7 ? { ...own, left: 2 * i + 1, right: 2 * i + 2, value: 0 } : { ...own, feature: -1, table: undefined, left: -1, right: -1, value: i / 7 };
  });
}

describe('a histogram', () => {
  it('holds exact sums, for a leaf and for what is left of its parent', () => {
    fc.assert(fc.property(scenarios, (scenario) => {
      for (const bench of [typescriptBench(scenario), wasmBench(scenario)]) {
        const { cells, children } = grow(bench, scenario);
        const [left, right] = children.map((child) => rowsOf(bench.memory, child));
        const [small, large] = left.length <= right.length ? [left, right] : [right, left];
        [[...left, ...right], small, large, large].forEach((rows, i) => expect(firstDifference(cells[i], naiveCells(scenario, rows))).toBe(-1));
      }
    }), RUNS);
  });
});

describe('a partition', () => {
  it('is a permutation of the rows, left ones first, and leaves all other rows alone', () => {
    fc.assert(fc.property(scenarios, fc.nat(), fc.nat(), (scenario, a, b) => {
      const { rule, bins, gradients } = scenario;
      const n = gradients.length;
      const [begin, end] = [a % (n + 1), b % (n + 1)].sort((x, y) => x - y);
      for (const bench of [typescriptBench(scenario), wasmBench(scenario)]) {
        const { memory, kernel } = bench;
        for (const side of [-1, 0, 1] as const) {
          const target = side === 0 ? 1 : 0;
          for (let i = 0; i < n; i++) memory.rows[side === -1 ? 0 : side][i] = n - 1 - i;
          const rows = rowsOf(memory, { side, begin, end });
          memory.rows[target].fill(0xffffffff);
          const lefts = rows.filter((row) => goesLeft(rule, bins, row));
          driveSync(kernel.partition({ side, begin, end }, rule, lefts.length));
          const moved = memory.rows[target];
          const middle = begin + lefts.length;
          expect(firstDifference(moved.subarray(begin, middle), lefts)).toBe(-1);
          expect(firstDifference(moved.subarray(middle, end), rows.filter((row) => !goesLeft(rule, bins, row)))).toBe(-1);
          expect([...moved.subarray(0, begin), ...moved.subarray(end)].every((row) => row === 0xffffffff)).toBe(true);
        }
      }
    }), RUNS);
  });
});

describe('a scan', () => {
  // Every cut of every allowed feature in the order of scans, with exact sums of the rows on the left.
  function* cuts({ bins, binCounts, allowed, gradients, ...rest }: Scenario, first: number, end: number): Generator<{ feature: number; bin: number; missingLeft: boolean; left: NodeSums }> {
    const rows = Array.from(gradients, (_, row) => row);
    for (let feature = first; feature < end; feature++) {
      if (allowed[feature] === 0) continue;
      const column = bins[feature];
      const hasMissing = rows.some((row) => column[row] === MISSING);
      for (const missingLeft of hasMissing ? [false, true] : [false]) {
        for (let bin = 0; bin < binCounts[feature] - (hasMissing && !missingLeft ? 0 : 1); bin++) {
          yield { feature, bin, missingLeft, left: sumsOver({ ...rest, bins, binCounts, gradients }, rows.filter((row) => goesLeft({ feature, bin, missingLeft, table: undefined }, bins, row))) };
        }
      }
    }
  }

  interface Exact extends NodeSums {
    readonly numerator: bigint;
    readonly denominator: bigint;
    readonly feature: number;
    readonly bin: number;
    readonly missingLeft: boolean;
  }

  // The first best cut of each block, then of the blocks, all in integers; lambda must be one.
  function exactBest(scenario: Scenario): Exact | undefined {
    const { limits: { lambda, minCount, minHessian }, gradients, widths, hessians } = scenario;
    const total = sumsOver(scenario, Array.from(gradients, (_, row) => row));
    const A = BigInt(total.hessian) + 2n * BigInt(lambda);
    let best: Exact | undefined;
    let from = 0;
    for (const width of widths) {
      let ofBlock: Exact | undefined;
      for (const { left, ...cut } of cuts(scenario, from, from + width)) {
        if (left.count < minCount || total.count - left.count < minCount) continue;
        if (hessians !== undefined && (left.hessian < minHessian || total.hessian - left.hessian < minHessian)) continue;
        const a = BigInt(left.hessian) + BigInt(lambda);
        const numerator = (BigInt(left.gradient) * A - BigInt(total.gradient) * a) ** 2n;
        const denominator = a * (A - a);
        if (numerator * (ofBlock?.denominator ?? 1n) > (ofBlock?.numerator ?? 0n) * denominator) ofBlock = { ...cut, ...left, numerator, denominator };
      }
      if (ofBlock !== undefined && (best === undefined || ofBlock.numerator * best.denominator > best.numerator * ofBlock.denominator)) best = ofBlock;
      from += width;
    }
    return best;
  }

  const small = scenarios.filter(({ gradients, limits }) => gradients.length <= 40 && Number.isInteger(limits.lambda)).map((scenario) => ({ ...scenario, root: undefined, floorShare: 0 }));

  function scan(bench: Bench, scenario: Scenario, floor = 0): Candidate | undefined {
    const sums = sumsOver(scenario, Array.from(scenario.gradients, (_, row) => row));
    driveSync(bench.kernel.histogram({ side: -1, begin: 0, end: scenario.gradients.length }, 0));
    return driveSync(bench.kernel.finish(0, -1, true, scenario.allowed, [{ ...scenario.limits, sums, floor }, undefined]))[0];
  }

  it('finds the first of the exactly best cuts when integers are small', () => {
    fc.assert(fc.property(small.map((scenario) => ({ ...scenario, gradients: Array.from(scenario.gradients, (q) => q % 4), hessians: scenario.hessians === undefined ? undefined : Array.from(scenario.hessians, (h) => h % 4) })), (scenario) => {
      const exact = exactBest(scenario);
      const found = scan(typescriptBench(scenario), scenario);
      if (exact === undefined) expect(found).toBeUndefined();
      else {
        const { numerator, denominator, gradient, hessian, count, ...cut } = exact;
        expect(found).toStrictEqual({ ...cut, numerator: Number(numerator), denominator: Number(denominator), left: { gradient, hessian, count } });
      }
    }), { numRuns: 150 });
  });

  it('finds a cut within rounding of the exactly best one whatever the integers', () => {
    fc.assert(fc.property(small.map((scenario) => ({ ...scenario, limits: { ...scenario.limits, minHessian: Math.max(1, scenario.limits.minHessian) } })), (scenario) => {
      const exact = exactBest(scenario);
      const found = scan(typescriptBench(scenario), scenario);
      if (exact === undefined) return;
      // The square root of a score; its two terms may cancel, so its error is relative to the terms.
      const magnitude = Array.from(scenario.gradients).reduce((sum, q) => sum + Math.abs(q), 0) * (sumsOver(scenario, Array.from(scenario.gradients, (_, row) => row)).hessian + 2 * scenario.limits.lambda);
      const root = (numerator: number, denominator: number): number => Math.sqrt(numerator / denominator);
      const error = (denominator: number): number => (2 ** -49 * magnitude) / Math.sqrt(denominator);
      const best = root(Number(exact.numerator), Number(exact.denominator));
      const slack = error(Number(exact.denominator)) + error(found?.denominator ?? 1) + 1e-12 * best;
      expect(found === undefined ? 0 : root(found.numerator, found.denominator)).toBeGreaterThanOrEqual(best - slack);
      if (found === undefined) return;
      const chosen = [...cuts(scenario, found.feature, found.feature + 1)].find(({ bin, missingLeft }) => bin === found.bin && missingLeft === found.missingLeft);
      expect(found.left).toStrictEqual(chosen?.left);
    }), { numRuns: 150 });
  });

  it('returns nothing unless a cut exceeds the floor', () => {
    // One feature, bins 0 0 1 1, q -1 -1 1 1: GL A - G a = -2 * 4, a (A - a) = 2 * 2, 64 / 4 = 16.
    const scenario: Scenario = { seed: 0, bins: [[0, 0, 1, 1]], binCounts: [2], widths: [1], gradients: [-1, -1, 1, 1], root: undefined, rule: { feature: 0, bin: 0, missingLeft: false, table: undefined }, allowed: Uint8Array.of(1), limits: { lambda: 0, minCount: 1, minHessian: 0 }, floorShare: 0 };
    for (const bench of [typescriptBench(scenario), wasmBench(scenario)]) {
      expect(scan(bench, scenario)).toStrictEqual({ numerator: 64, denominator: 4, feature: 0, bin: 0, missingLeft: false, left: { gradient: -2, hessian: 2, count: 2 } });
      expect(scan(bench, scenario, 16)).toBeUndefined();
      expect(scan(bench, scenario, 15.999)?.numerator).toBe(64);
      expect(scan(bench, { ...scenario, limits: { ...scenario.limits, minCount: 3 } })).toBeUndefined();
      expect(scan(bench, { ...scenario, allowed: Uint8Array.of(0) })).toBeUndefined();
    }
  });
});
