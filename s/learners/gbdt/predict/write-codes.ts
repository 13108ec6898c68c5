/** Blocks, their search trees and category sets, as the prediction kernel reads them. */
import type { CodedSplits } from './columns.ts';
import { BLOCK_SIZE, MEMBER_SIZE, searchLevels, searchSize } from './layout.ts';
import type { Layout } from './layout.ts';

/** Writes what turns values into codes and returns the input of each block, shape (blocks). */
export function writeCodes(buffer: ArrayBuffer, layout: Layout, { blocks, members, columnCount }: CodedSplits): Int32Array {
  const words = new Uint32Array(buffer);
  const doubles = new Float64Array(buffer);
  const place = new Map(Array.from(layout.inputs, (feature, input) => [feature, input]));
  const inputOfBlock = Int32Array.from(blocks, (block) => place.get(block.feature) as number);
  const column = (c: number): number => (c < 0 ? columnCount : c);
  let at = layout.thresholds;
  blocks.forEach((block, b) => {
    const tree = at;
    fillSearchTree(doubles.subarray(tree / 8, tree / 8 + searchSize(block)), block.thresholds);
    at += searchSize(block) * 8;
    const known = block.categorical ? at : 0;
    words.set([tree, searchLevels(block.thresholds.length), inputOfBlock[b], column(block.columns[1]), column(block.columns[0]), known], (layout.blocks + b * BLOCK_SIZE) / 4);
    if (!block.categorical) return;
    doubles.set(block.thresholds, known / 8);
    at += (block.thresholds.length + 1) * 8;
    doubles[at / 8 - 1] = NaN; // equal to no value, for one above all known
  });
  members.forEach(({ bits, numbers, column }, m) => words.set([...bits, numbers, column], (layout.members + m * MEMBER_SIZE) / 4));
  return inputOfBlock;
}

// Breadth first from entry 1, padded with Infinity behind the last threshold: no value is above it.
function fillSearchTree(tree: Float64Array, sorted: Float64Array): void {
  let next = 0;
  const visit = (i: number): void => {
    if (i >= tree.length) return;
    visit(2 * i);
    tree[i] = next < sorted.length ? sorted[next] : Infinity;
    next++;
    visit(2 * i + 1);
  };
  visit(1);
}
