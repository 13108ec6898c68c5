/** A model laid out for the prediction kernel, in a memory of its own. */
import type { GbdtModel } from '../model.ts';
import { compileKernel } from '../wasm.ts';
import { codeSplits } from './columns.ts';
import { BLOCK_SIZE, layOut, MEMBER_SIZE, TILE, TREE_SIZE } from './layout.ts';
import type { Layout } from './layout.ts';
import { BLOB } from './predict-blob.ts';
import { orderTree } from './tree-order.ts';
import type { TreeOrder } from './tree-order.ts';
import { writeCodes } from './write-codes.ts';
import { writeTrees } from './write-trees.ts';

const PAGE = 65536;

// About 24 bytes each: below 1 GiB.
const MAX_NODES = 2 ** 25;

/** Exports of kernels/predict.ts. */
type Kernel = {
  encode(block: number, rows: number, values: number, codes: number): void;
  encodeRow(blocks: number, count: number, members: number, memberCount: number, values: number, codes: number): void;
  testMembers(member: number, rows: number, codes: number): void;
  addTrees(trees: number, count: number, rows: number, codes: number, slots: number, toValue: number, margins: number, outputs: number): void;
  decide(runs: number, count: number, codes: number, toDecision: number): void;
  addTreesOfRow(roots: number, count: number, codes: number, toValue: number, margins: number, outputs: number, scratch: number): void;
};

/** Works on the tile or the row whose values were written to `values`; counts of rows are multiples of 32, at most TILE. */
export interface CompiledGbdt {
  /** Features the model reads. */
  readonly inputs: Int32Array;
  /** Input of each block of thresholds. */
  readonly inputOfBlock: Int32Array;
  /** One input of a tile's rows, or all inputs of one row. */
  readonly values: Float64Array;
  /** Output k of row i of a tile is `margins[k * TILE + i]`, of a single row `margins[k]`. */
  readonly margins: Float64Array;
  /** Codes a tile by one block. */
  readonly encode: (block: number, rows: number) => void;
  /** Ends the coding of a tile. */
  readonly finishCodes: (rows: number) => void;
  /** Adds trees to a tile's margins; `first` is a multiple of the outputs. */
  readonly addTrees: (first: number, count: number, rows: number) => void;
  /** Adds all trees to the row's margins. */
  readonly addRow: () => void;
}

// Compiling takes as long as walking some hundred rows.
const ROWS_TO_COMPILE = 500;

const cache = new WeakMap<GbdtModel, { rows: number; compiled: CompiledGbdt | undefined }>();

/**
 * The compiled form of a model about to predict `rows` more rows, kept as long as the model; later changes of the model's arrays are not seen.
 *
 * Undefined while the model has predicted few rows, where no kernel runs, and for a model that is too large or not proven to be trees:
 * walking its nodes gives the same bits.
 */
export function compiledFor(model: GbdtModel, rows: number): CompiledGbdt | undefined {
  let entry = cache.get(model);
  if (entry === undefined) {
    entry = { rows: 0, compiled: undefined };
    cache.set(model, entry);
  }
  if (entry.rows < ROWS_TO_COMPILE) {
    entry.rows += rows;
    if (entry.rows >= ROWS_TO_COMPILE) entry.compiled = compileGbdt(model);
  }
  return entry.compiled;
}

/** Compiles a model, or returns undefined where that cannot be done. */
export function compileGbdt(model: GbdtModel): CompiledGbdt | undefined {
  const kernelModule = compileKernel(BLOB, false);
  const trees = model.treeStart.length - 1;
  const counted = model.outputs >= 1 && trees % model.outputs === 0 && model.baseScores.length === model.outputs && model.feature.length <= MAX_NODES;
  if (kernelModule === undefined || !counted || !hasItsCategories(model)) return undefined;
  const orders: TreeOrder[] = [];
  for (let t = 0; t < trees; t++) {
    const order = orderTree(model, t);
    if (order === undefined) return undefined;
    orders.push(order);
  }
  const coded = codeSplits(model);
  if (coded === undefined) return undefined;
  const layout = layOut(model.outputs, orders, coded);
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(layout.end / PAGE), maximum: 65536 });
    const kernel = new WebAssembly.Instance(kernelModule, { env: { memory } }).exports as Kernel;
    const inputOfBlock = writeCodes(memory.buffer, layout, coded);
    const runs = writeTrees(memory.buffer, layout, model, orders, coded);
    return bind(kernel, memory.buffer, layout, model, inputOfBlock, coded.members.length, runs);
  } catch {
    return undefined; // no room for another memory
  }
}

// The known categories of a feature are one block, and the set of every node exists.
function hasItsCategories({ categories, feature, featureNames }: GbdtModel): boolean {
  if (categories === undefined) return true;
  const { valueStart, values, setOf, sets } = categories;
  const isBlock = (_: string, f: number): boolean => valueStart[f] >= 0 && valueStart[f] <= valueStart[f + 1] && valueStart[f + 1] <= Math.min(values.length, valueStart[f] + 255);
  return featureNames.every(isBlock) && feature.every((f, node) => f < 0 || setOf[node] < 0 || 8 * setOf[node] + 8 <= sets.length);
}

function bind(kernel: Kernel, buffer: ArrayBuffer, layout: Layout, model: GbdtModel, inputOfBlock: Int32Array, memberCount: number, runCount: number): CompiledGbdt {
  const { inputs, allSmall, values, margins, codes, blocks, members, slots, trees, roots, toValue, toDecision, runs, scratch } = layout;
  const { outputs } = model;
  const treeCount = model.treeStart.length - 1;
  return {
    inputs,
    inputOfBlock,
    values: new Float64Array(buffer, values, Math.max(TILE, inputs.length)),
    margins: new Float64Array(buffer, margins, TILE * outputs),
    encode: (block, rows) => kernel.encode(blocks + block * BLOCK_SIZE, rows, values, codes),
    finishCodes: (rows) => {
      for (let m = 0; m < memberCount; m++) kernel.testMembers(members + m * MEMBER_SIZE, rows, codes);
    },
    addTrees: (first, count, rows) => kernel.addTrees(trees + first * TREE_SIZE, count, rows, codes, slots, toValue, margins, outputs),
    addRow: () => {
      kernel.encodeRow(blocks, inputOfBlock.length, members, memberCount, values, codes);
      if (allSmall) kernel.decide(runs, runCount, codes, toDecision);
      kernel.addTreesOfRow(roots, treeCount, allSmall ? 0 : codes, toValue, margins, outputs, scratch);
    },
  };
}
