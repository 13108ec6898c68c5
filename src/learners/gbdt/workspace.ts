/** Memory and kernel of one fit. */
import { MISSING_BIN } from './binned-matrix.ts';
import type { BinnedMatrix } from './binned-matrix.ts';
import type { FitKernel, FitMemory } from './kernel/kernel.ts';
import { borrow, bytesOf, createMemory } from './kernel/memory.ts';
import type { MemoryArrays } from './kernel/memory.ts';
import type { ThreadTeam } from './kernel/team.ts';
import { BLOB } from './kernel/train-blob.ts';
import { createTypescriptKernel } from './kernel/typescript-kernel.ts';
import { createWasmKernel, kernelPlan } from './kernel/wasm-kernel.ts';
import type { KernelShape } from './kernel/wasm-kernel.ts';
import { compileKernel } from './wasm.ts';

/** What a fit needs room for. */
export interface FitShape {
  /** Training rows; fewer than the matrix has when the fit is on some of them. */
  readonly trainingCount: number;
  readonly outputs: number;
  readonly hessians: boolean;
  readonly numLeaves: number;
  readonly minDataInLeaf: number;
}

/** The arrays of a fit and the kernel that works on them. */
export interface Workspace {
  readonly memory: FitMemory;
  readonly kernel: FitKernel;
  /** Room for the training rows where the kernel can read them. */
  readonly training: Uint32Array;
}

// Widths up to which a block's cells stay in a first-level cache of 32 KiB.
const BLOCK_WIDTH = 16;
const BLOCK_WIDTH_HESSIANS = 8;

type FitPlan = Record<'rows0' | 'rows1' | 'training' | 'hessians' | 'blocks', readonly ['u32', number]> & Record<'gradients' | 'binCounts', readonly ['i32', number]> & { readonly leaves: readonly ['u16', number] } & Record<'margins' | 'labels', readonly ['f64', number]>;
type BinsPlan = Record<'rowMajor' | 'columnMajor', readonly ['u8', number]>;

/** Opens a workspace; `kernel.close()` gives everything back. */
export function openWorkspace(binned: BinnedMatrix, shape: FitShape, team: ThreadTeam | undefined, choice: 'auto' | 'typescript'): Workspace {
  const { rowCount, names } = binned;
  const blocks = featureBlocks(names.length, shape.hessians ? BLOCK_WIDTH_HESSIANS : BLOCK_WIDTH);
  const plan: FitPlan = {
    rows0: ['u32', shape.trainingCount],
    rows1: ['u32', shape.trainingCount],
    training: ['u32', shape.trainingCount],
    hessians: ['u32', shape.hessians ? rowCount : 0],
    blocks: ['u32', blocks.length],
    gradients: ['i32', rowCount],
    binCounts: ['i32', names.length],
    leaves: ['u16', rowCount],
    margins: ['f64', shape.outputs * rowCount],
    labels: ['f64', rowCount],
  };
  // A leaf that can still be split holds cells, and only so many leaves can be that large.
  const slots = Math.max(2, Math.min(shape.numLeaves, Math.floor(shape.trainingCount / (2 * shape.minDataInLeaf)) + 1));
  const home = binned.memory;
  const module = choice === 'auto' && home.memory !== undefined ? compileKernel(BLOB, home.shared) : undefined;
  if (module === undefined) {
    const arrays = borrow({ memory: undefined, shared: false, free: [], top: 0 }, plan).arrays;
    const memory = fitMemory(binned, arrays, binned, blocks, shape.hessians);
    return { memory, kernel: createTypescriptKernel(memory, slots), training: arrays.training };
  }
  const kernelShape: KernelShape = { featureCount: names.length, blockCount: blocks.length / 2, rowCount, slots, leaves: shape.numLeaves, hessians: shape.hessians, threads: home.shared ? (team?.threads ?? 1) : 1 };
  const ownPlan = kernelPlan(kernelShape);
  // Only a shared memory can grow under the bins; elsewhere the fit works on a copy of them.
  const bins: BinsPlan = { rowMajor: ['u8', home.shared ? 0 : binned.rowMajor.length], columnMajor: ['u8', home.shared ? 0 : binned.columnMajor.length] };
  const target = home.shared ? home : createMemory(bytesOf(plan) + bytesOf(ownPlan) + bytesOf(bins), false);
  const lease = borrow(target, plan);
  const copy = borrow(target, bins);
  const own = borrow(target, ownPlan);
  if (!home.shared) {
    copy.arrays.rowMajor.set(binned.rowMajor);
    copy.arrays.columnMajor.set(binned.columnMajor);
  }
  const memory = fitMemory(binned, lease.arrays, home.shared ? binned : copy.arrays, blocks, shape.hessians);
  const release = (): void => {
    for (const part of [own, copy, lease]) part.release();
  };
  return { memory, kernel: createWasmKernel(module, target.memory as WebAssembly.Memory, memory, own.arrays, kernelShape, team, release), training: lease.arrays.training };
}

function fitMemory(binned: BinnedMatrix, arrays: MemoryArrays<FitPlan>, bins: Pick<BinnedMatrix, 'rowMajor' | 'columnMajor'>, blocks: Uint32Array, hessians: boolean): FitMemory {
  arrays.blocks.set(blocks);
  binned.binCounts.forEach((count, f) => {
    arrays.binCounts[f] = Math.min(MISSING_BIN, count); // scans stay inside a feature's cells whatever the host did to its array
  });
  return {
    rowCount: binned.rowCount,
    featureCount: binned.names.length,
    rowMajor: bins.rowMajor,
    stride: binned.stride,
    columnMajor: bins.columnMajor,
    binCounts: arrays.binCounts,
    blocks: arrays.blocks,
    rows: [arrays.rows0, arrays.rows1],
    gradients: arrays.gradients,
    hessians: hessians ? arrays.hessians : undefined,
    leaves: arrays.leaves,
    margins: arrays.margins,
    labels: arrays.labels,
  };
}

// Blocks of nearly equal width, an even number of them so that two threads share the work evenly. They depend on nothing but the number of
// features: a split is chosen within blocks first, so they are part of the result.
function featureBlocks(features: number, widest: number): Uint32Array {
  let count = Math.ceil(features / widest);
  if (count > 1 && count % 2 === 1) count++;
  const blocks = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const first = Math.floor((features * i) / count);
    blocks[2 * i] = first;
    blocks[2 * i + 1] = Math.floor((features * (i + 1)) / count) - first;
  }
  return blocks;
}
