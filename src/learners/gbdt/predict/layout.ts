/** Where the prediction kernel finds everything in its memory. */
import type { Block, CodedSplits } from './columns.ts';
import type { TreeOrder } from './tree-order.ts';
import { SLOTS } from './tree-order.ts';

/** Rows of a tile, as in kernels/predict.ts. */
export const TILE = 256;

/** Bytes of what kernels/predict.ts reads. */
export const BLOCK_SIZE = 24;
export const MEMBER_SIZE = 40;
export const TREE_SIZE = 16;
export const RUN_SIZE = 12;

// Leaves of a tree that are numbered in a byte. Above, a row's own path is also shorter than the program for all rows.
const MAX_SMALL_LEAVES = 256;

/** Addresses in bytes. */
export interface Layout {
  /** Features the model reads. */
  readonly inputs: Int32Array;
  /** Every tree has a program, and single rows go by decisions; else they go by codes, as tiles do in trees without one. */
  readonly allSmall: boolean;
  readonly values: number;
  readonly slots: number;
  readonly scratch: number;
  readonly margins: number;
  readonly codes: number;
  readonly blocks: number;
  readonly members: number;
  readonly thresholds: number;
  readonly trees: number;
  readonly roots: number;
  readonly runs: number;
  readonly ks: number;
  /** From a k to its decision. */
  readonly toDecision: number;
  readonly nodes: number;
  /** From a node to its value. */
  readonly toValue: number;
  readonly leafValues: number;
  readonly program: number;
  readonly end: number;
}

export function isSmall({ leaves }: TreeOrder): boolean {
  return leaves[0] <= MAX_SMALL_LEAVES;
}

/** Entries of a block's search tree: a power of two above the number of thresholds, as entry 0 is not used. */
export function searchSize({ thresholds }: Block): number {
  return 2 ** searchLevels(thresholds.length);
}

export function searchLevels(thresholds: number): number {
  return 32 - Math.clz32(thresholds);
}

export function layOut(outputs: number, orders: readonly TreeOrder[], { blocks, members, columnCount }: CodedSplits): Layout {
  const inputs = Int32Array.from(new Set(blocks.map((block) => block.feature)));
  let end = 0;
  const take = (bytes: number): number => {
    const at = end;
    end += aligned(bytes);
    return at;
  };
  let [nodeCount, leafCount] = [1, 0]; // and the leaf that pads the trees of a single row
  for (const { nodes, leaves } of orders) {
    nodeCount += nodes.length;
    leafCount += leaves[0];
  }
  const searchBytes = blocks.reduce((sum, block) => sum + searchSize(block) + (block.categorical ? block.thresholds.length + 1 : 0), 0) * 8;
  const decisionBytes = nodeCount + 16 * (columnCount + 1); // each column ends its vector, and leaves have one decision
  const layout = {
    inputs,
    allSmall: orders.every(isSmall),
    values: take(Math.max(TILE, inputs.length) * 8),
    slots: take(SLOTS * TILE),
    scratch: take(32),
    margins: take(TILE * outputs * 8),
    codes: take((columnCount + 1) * TILE), // the last column is written where no node reads
    blocks: take(blocks.length * BLOCK_SIZE),
    members: take(members.length * MEMBER_SIZE),
    thresholds: take(searchBytes),
    trees: take(orders.length * TREE_SIZE),
    roots: take((orders.length + 8) * 4),
    runs: take(columnCount * RUN_SIZE),
    ks: take(decisionBytes),
    toDecision: aligned(decisionBytes),
    decisions: take(decisionBytes),
    nodes: take(nodeCount * 8),
    toValue: aligned(nodeCount * 8),
    nodeValues: take(nodeCount * 8),
    leafValues: take(leafCount * 8),
    program: take(leafCount * 8),
  };
  return { ...layout, end };
}

const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;
