/** Fits small enough to check by hand or by exact sums, as memory for kernels. */
import fc from 'fast-check';
import { randomStream } from '../../../../src/core/random.ts';
import type { FitKernel, FitMemory, PartitionRule, RowRange, ScanLimits } from '../../../../src/learners/gbdt/kernel/kernel.ts';
import { borrow, bytesOf, createMemory } from '../../../../src/learners/gbdt/kernel/memory.ts';
import type { KernelMemory } from '../../../../src/learners/gbdt/kernel/memory.ts';
import { BLOB } from '../../../../src/learners/gbdt/kernel/train-blob.ts';
import { createTypescriptKernel } from '../../../../src/learners/gbdt/kernel/typescript-kernel.ts';
import { createWasmKernel, kernelPlan } from '../../../../src/learners/gbdt/kernel/wasm-kernel.ts';
import { compileKernel } from '../../../../src/learners/gbdt/wasm.ts';

export const MISSING = 255;
const SLOTS = 3;
const LEAVES = 64;

/** What a fit holds before a kernel works on it. */
export interface Contents {
  /** Bins by feature and row. */
  readonly bins: readonly ArrayLike<number>[];
  readonly binCounts: readonly number[];
  /** Widths of the blocks. */
  readonly widths: readonly number[];
  readonly gradients: ArrayLike<number>;
  readonly hessians?: ArrayLike<number> | undefined;
  readonly margins?: ArrayLike<number>;
  readonly labels?: ArrayLike<number>;
  readonly outputs?: number;
}

/** A kernel, its memory, and room for a list of rows where the kernel can read it. */
export interface Bench {
  readonly memory: FitMemory;
  readonly kernel: FitKernel;
  readonly list: Uint32Array;
}

const NO_MEMORY: KernelMemory = { memory: undefined, shared: false, free: [], top: 0 };

function fill(home: KernelMemory, contents: Contents): { memory: FitMemory; list: Uint32Array } {
  const { arrays } = borrow(home, planOf(contents));
  const featureCount = contents.bins.length;
  const rowCount = contents.gradients.length;
  const stride = (featureCount + 3) & ~3;
  contents.bins.forEach((column, f) => {
    for (let row = 0; row < rowCount; row++) {
      arrays.columnMajor[f * rowCount + row] = column[row];
      arrays.rowMajor[row * stride + f] = column[row];
    }
  });
  let first = 0;
  contents.widths.forEach((width, i) => {
    arrays.blocks.set([first, width], 2 * i);
    first += width;
  });
  arrays.binCounts.set(contents.binCounts);
  arrays.gradients.set(contents.gradients);
  if (contents.hessians !== undefined) arrays.hessians.set(contents.hessians);
  arrays.margins.set(contents.margins ?? []);
  arrays.labels.set(contents.labels ?? []);
  const { rows0, rows1, list, hessians, ...rest } = arrays;
  return { memory: { ...rest, rowCount, featureCount, stride, rows: [rows0, rows1], hessians: contents.hessians === undefined ? undefined : hessians }, list };
}

function planOf({ bins, gradients, hessians, widths, outputs = 1 }: Contents) {
  const n = gradients.length;
  const stride = (bins.length + 3) & ~3;
  return {
    rowMajor: ['u8', n * stride], columnMajor: ['u8', n * bins.length], binCounts: ['i32', bins.length], blocks: ['u32', 2 * widths.length], rows0: ['u32', n], rows1: ['u32', n], list: ['u32', n],
    gradients: ['i32', n], hessians: ['u32', hessians === undefined ? 0 : n], leaves: ['u16', n], margins: ['f64', outputs * n], labels: ['f64', n],
  } as const;
}

/** The TypeScript kernel, over plain arrays or over shared memory. */
export function typescriptBench(contents: Contents, shared = false): Bench {
  const { memory, list } = fill(shared ? createMemory(bytesOf(planOf(contents)), true) : NO_MEMORY, contents);
  return { memory, kernel: createTypescriptKernel(memory, SLOTS), list };
}

/** The WebAssembly kernel on one thread. */
export function wasmBench(contents: Contents, shared = false): Bench {
  const shape = { featureCount: contents.bins.length, blockCount: contents.widths.length, rowCount: contents.gradients.length, slots: SLOTS, leaves: LEAVES, hessians: contents.hessians !== undefined, threads: 1 };
  const ownPlan = kernelPlan(shape);
  const home = createMemory(bytesOf(planOf(contents)) + bytesOf(ownPlan), shared);
  const module = compileKernel(BLOB, shared);
  if (module === undefined || home.memory === undefined) throw new Error('WebAssembly with SIMD is needed to compare kernels');
  const { memory, list } = fill(home, contents);
  const { arrays } = borrow(home, ownPlan);
  return { memory, kernel: createWasmKernel(module, home.memory, memory, arrays, shape, undefined, () => {}), list };
}

/** A fit and what is asked of its kernels. */
export interface Scenario extends Contents {
  readonly seed: number;
  /** Rows of the root: all of them as a range when undefined. */
  readonly root: readonly number[] | undefined;
  readonly rule: PartitionRule;
  readonly allowed: Uint8Array;
  readonly limits: Omit<ScanLimits, 'sums' | 'floor'>;
  /** Floor as a share of (G a)^2 at half the rows. */
  readonly floorShare: number;
}

/** Random scenarios of every shape kernels branch on. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    features: fc.integer({ min: 1, max: 40 }),
    rowCount: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 3000 })),
    maxBins: fc.constantFrom(1, 2, 3, 16, 255),
    missing: fc.constantFrom(0, 0.05, 0.5, 1),
    hessians: fc.constantFrom('none', 'small', 'wide'),
    gradientLevels: fc.constantFrom(1, 8, 2 ** 18, Infinity),
    lambda: fc.constantFrom(0, 1, 100, 0.1),
    minCount: fc.constantFrom(1, 1, 5, 20),
    minHessian: fc.constantFrom(0, 1, 50),
    floorShare: fc.constantFrom(0, 0, 0.01, 1e-6),
    sample: fc.constantFrom(1, 1, 0.5),
    table: fc.boolean(),
    allowedShare: fc.constantFrom(1, 1, 0.5, 0),
  } as const)
  .map((shape) => {
    const { seed, features, rowCount, maxBins } = shape;
    const random = randomStream(seed, 'kernels');
    const below = (n: number): number => Math.floor(random.uniform() * n);
    const binCounts = Array.from({ length: features }, () => 1 + below(maxBins));
    const bins = binCounts.map((count) => {
      const missing = random.uniform() < 0.5 ? shape.missing : 0;
      return Uint8Array.from({ length: rowCount }, () => (random.uniform() < missing ? MISSING : below(count)));
    });
    // At the bound every row has its share of what 31 bits hold: with random signs, or all of it to one side.
    const most = Math.min(shape.gradientLevels, Math.floor((2 ** 31 - 1) / rowCount));
    const oneSided = shape.gradientLevels === Infinity && random.uniform() < 0.5;
    const gradients = Array.from({ length: rowCount }, () => (oneSided ? most : below(2 * most + 1) - most));
    const largest = shape.hessians === 'wide' ? 2 ** 32 - 1 : 3;
    const hessians = shape.hessians === 'none' ? undefined : Array.from({ length: rowCount }, () => below(largest + 1));
    const widths: number[] = [];
    for (let left = features; left > 0; left -= widths[widths.length - 1]) widths.push(1 + below(Math.min(left, hessians === undefined ? 16 : 8)));
    const root = shape.sample === 1 ? undefined : Array.from({ length: rowCount }, (_, row) => row).filter(() => random.uniform() < shape.sample);
    const feature = below(features);
    const table = shape.table ? Uint8Array.from({ length: 256 }, () => below(2)) : undefined;
    return {
      seed, bins, binCounts, widths, gradients, hessians, root,
      outputs: 2,
      margins: Float64Array.from({ length: 2 * rowCount }, () => random.normal()),
      labels: Float64Array.from({ length: rowCount }, () => random.normal()),
      rule: { feature, bin: below(binCounts[feature]), missingLeft: random.uniform() < 0.5, table },
      allowed: Uint8Array.from({ length: features }, () => (random.uniform() < shape.allowedShare ? 1 : 0)),
      limits: { lambda: shape.lambda, minCount: shape.minCount, minHessian: shape.hessians === 'none' ? 0 : shape.minHessian },
      floorShare: shape.floorShare,
    };
  });

/** Whether a row goes left, straight from what a rule means. */
export function goesLeft({ feature, bin, missingLeft, table }: PartitionRule, bins: readonly ArrayLike<number>[], row: number): boolean {
  const b = bins[feature][row];
  if (table !== undefined) return table[b] === 1;
  return b === MISSING ? missingLeft : b <= bin;
}

/** Rows of a range. */
export function rowsOf({ rows }: FitMemory, { side, begin, end }: RowRange): number[] {
  return side === -1 ? Array.from({ length: end - begin }, (_, i) => begin + i) : Array.from(rows[side].subarray(begin, end));
}

/** Sums over rows, exact: integers whose sums stay below 2^53. */
export function sumsOver({ gradients, hessians }: Contents, rows: readonly number[]): ScanLimits['sums'] {
  let [gradient, hessian] = [0, 0];
  for (const row of rows) {
    gradient += gradients[row];
    hessian += hessians === undefined ? 1 : hessians[row];
  }
  return { gradient, hessian, count: rows.length };
}

/** Limits for a leaf of a scenario. */
export function limitsFor({ limits, floorShare }: Scenario, sums: ScanLimits['sums']): ScanLimits {
  return { ...limits, sums, floor: floorShare * (sums.gradient * sums.hessian) ** 2 };
}

/** Where two arrays differ first, -1 when they hold the same bits. Assertions on whole arrays would take most of the tests' time. */
export function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}
