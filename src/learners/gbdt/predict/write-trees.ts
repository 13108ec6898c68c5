/** Trees as the prediction kernel reads them. */
import type { GbdtModel } from '../model.ts';
import type { CodedSplits } from './columns.ts';
import { isSmall, RUN_SIZE, TREE_SIZE } from './layout.ts';
import type { Layout } from './layout.ts';
import { leavesOf, programOf } from './tree-order.ts';
import type { TreeOrder } from './tree-order.ts';

// No code is greater.
const NEVER_RIGHT = 127;

/** Writes descriptors, programs, nodes and values. Returns the number of runs of decisions. */
export function writeTrees(buffer: ArrayBuffer, layout: Layout, model: GbdtModel, orders: readonly TreeOrder[], coded: CodedSplits): number {
  const words = new Uint32Array(buffer);
  const bytes = new Uint8Array(buffer);
  const values = new Float64Array(buffer);
  const decisions = layout.allSmall ? writeRuns(buffer, layout, orders, coded) : undefined;
  let node = layout.nodes;
  let leafValue = layout.leafValues;
  let program = layout.program;
  const writeNode = (at: number, source: number, left: number): void => {
    // The code of a column is compared to k, unless all decisions are there beforehand.
    const split = source < 0 ? NEVER_RIGHT : (coded.k[source] & 0xffff) + coded.column[source] * 65536;
    words[at / 4] = decisions === undefined ? split : source < 0 ? decisions.ofLeaf : decisions.of[source];
    words[at / 4 + 1] = left;
  };
  orders.forEach((order, t) => {
    const { nodes, left, leaves } = order;
    words.set([node, isSmall(order) ? Math.max(1, leaves[0] - 1) : 0, program, leafValue], (layout.trees + t * TREE_SIZE) / 4);
    words[layout.roots / 4 + t] = node;
    nodes.forEach((source, place) => {
      const at = node + place * 8;
      if (left[place] >= 0) return writeNode(at, source, node + left[place] * 8);
      writeNode(at, -1, at);
      values[(at + layout.toValue) / 8] = model.value[source];
    });
    node += nodes.length * 8;
    if (!isSmall(order)) return;
    for (const place of leavesOf(order)) {
      values[leafValue / 8] = model.value[nodes[place]];
      leafValue += 8;
    }
    program = writeProgram(bytes, program, order, coded);
  });
  writeNode(node, -1, node);
  words.fill(node, layout.roots / 4 + orders.length, layout.roots / 4 + orders.length + 8);
  return decisions?.runs ?? 0;
}

function writeProgram(bytes: Uint8Array, start: number, order: TreeOrder, { k, column }: CodedSplits): number {
  let at = start;
  const write = (split: number, threshold: number, kind: number, left: number, right: number, slot: number): void => {
    bytes[at] = split & 255;
    bytes[at + 1] = split >> 8;
    bytes[at + 2] = threshold;
    bytes[at + 3] = kind;
    bytes[at + 4] = left;
    bytes[at + 5] = right;
    bytes[at + 6] = slot;
    at += 8;
  };
  if (order.leaves[0] === 1) write(0, NEVER_RIGHT, 0, 0, 1, 0);
  for (const { place, kind, left, right, slot } of programOf(order)) write(column[order.nodes[place]], k[order.nodes[place]], kind, left, right, slot);
  return at;
}

interface Decisions {
  /** Address of a node's decision, shape (nodes of the model). */
  readonly of: Uint32Array;
  /** Address of a decision that is never to the right. */
  readonly ofLeaf: number;
  readonly runs: number;
}

// The k of all splits, those of a column together in vectors of 16 bytes.
function writeRuns(buffer: ArrayBuffer, { ks, runs, toDecision }: Layout, orders: readonly TreeOrder[], { k, column, columnCount }: CodedSplits): Decisions {
  const words = new Uint32Array(buffer);
  const signed = new Int8Array(buffer);
  const next = new Uint32Array(columnCount);
  const forEachSplit = (visit: (node: number) => void): void => {
    for (const { nodes, left } of orders) for (let place = 0; place < nodes.length; place++) if (left[place] >= 0) visit(nodes[place]);
  };
  forEachSplit((node) => next[column[node]]++);
  let at = ks;
  for (let c = 0; c < columnCount; c++) {
    const vectors = Math.ceil(next[c] / 16);
    words.set([at, vectors, c], (runs + c * RUN_SIZE) / 4);
    next[c] = at;
    at += vectors * 16;
  }
  signed.fill(NEVER_RIGHT, ks, at);
  const of = new Uint32Array(k.length);
  forEachSplit((node) => {
    const own = next[column[node]]++;
    signed[own] = k[node];
    of[node] = own + toDecision;
  });
  return { of, ofLeaf: at + toDecision, runs: columnCount };
}
