/** Which small integers a row is coded into so that each split of a model is one comparison of bytes. */
import type { GbdtCategories, GbdtModel } from '../model.ts';

/**
 * A run of at most 255 thresholds of a feature, or its known categories. A value's code is the number of them below it, less 128, written to
 * a column where NaN is below all (for nodes that send it left) and one where it is above all; a feature with more thresholds has several runs.
 */
export interface Block {
  readonly feature: number;
  /** Ascending, without repeats. */
  readonly thresholds: Float64Array;
  /** Columns where NaN is above all thresholds and where it is below; -1 when no node reads it. */
  readonly columns: [missingHigh: number, missingLow: number];
  readonly categorical: boolean;
}

/** A column that says whether a category is in a set; bit 255 stands for a value that is missing or unknown. */
interface MemberColumn {
  readonly bits: Uint32Array;
  /** Column of the category numbers. */
  readonly numbers: number;
  readonly column: number;
}

/** A node's split: right when the byte in `column` is greater than `k`. */
export interface CodedSplits {
  readonly blocks: readonly Block[];
  readonly members: readonly MemberColumn[];
  readonly columnCount: number;
  /** Shape (nodes), 0 at a leaf. */
  readonly column: Uint16Array;
  /** Shape (nodes), 0 at a leaf. */
  readonly k: Int8Array;
}

/** Thresholds of a block, so that the code of a value above all of them, and of a missing one, is at most 127. */
const BLOCK = 255;

// A tile of this many columns is 2 MiB; beyond, coding a row costs more than walking it.
const MAX_COLUMNS = 8192;

/** Codes for the splits of a model, or undefined when they would take too many columns. Features are in range, thresholds are numbers. */
export function codeSplits(model: GbdtModel): CodedSplits | undefined {
  const { feature, threshold, missingLeft, categories } = model;
  const thresholds = thresholdsByFeature(model);
  const blocks: Block[] = [];
  const blocksOf = thresholds.map((sorted, f) => {
    const own: Block[] = [];
    for (let at = 0; at < sorted.length; at += BLOCK) own.push({ feature: f, thresholds: sorted.subarray(at, at + BLOCK), columns: [-1, -1], categorical: false });
    blocks.push(...own);
    return own;
  });
  const column = new Uint16Array(feature.length);
  const k = new Int8Array(feature.length);
  const sets = new SetColumns();
  let columnCount = 0;
  for (let node = 0; node < feature.length; node++) {
    const f = feature[node];
    if (f < 0) continue;
    if (categories !== undefined && categories.setOf[node] >= 0) {
      columnCount = sets.add(categories, f, categories.setOf[node], missingLeft[node] === 1, columnCount);
      column[node] = sets.column;
      k[node] = -1; // members are -1, others 0
    } else {
      const place = lowerBound(thresholds[f], threshold[node]);
      const block = blocksOf[f][Math.floor(place / BLOCK)];
      k[node] = (place % BLOCK) - 128;
      const side = missingLeft[node] === 1 ? 1 : 0;
      if (block.columns[side] < 0) block.columns[side] = columnCount++;
      column[node] = block.columns[side];
    }
    if (columnCount > MAX_COLUMNS) return undefined;
  }
  return { blocks: [...blocks, ...sets.blocks], members: sets.members, columnCount, column, k };
}

// Distinct thresholds of the numeric splits of each feature, ascending.
function thresholdsByFeature({ feature, threshold, featureNames, categories }: GbdtModel): Float64Array[] {
  // Feature of a numeric split, else -1.
  const split = categories === undefined ? feature : feature.map((f, node) => (categories.setOf[node] >= 0 ? -1 : f));
  const counts = new Int32Array(featureNames.length);
  for (let node = 0; node < split.length; node++) if (split[node] >= 0) counts[split[node]]++;
  const all = Array.from(counts, (count) => new Float64Array(count));
  counts.fill(0);
  for (let node = 0; node < split.length; node++) if (split[node] >= 0) all[split[node]][counts[split[node]]++] = threshold[node];
  return all.map((values) => {
    values.sort();
    let kept = 0;
    for (const value of values) if (kept === 0 || value !== values[kept - 1]) values[kept++] = value;
    return values.subarray(0, kept);
  });
}

function lowerBound(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Columns of category numbers by feature and of memberships by set; equal sets share one.
class SetColumns {
  readonly blocks: Block[] = [];
  readonly members: MemberColumn[] = [];
  /** Of the set added last. */
  column = 0;
  readonly #numbers = new Map<number, number>();
  readonly #columns = new Map<string, number>();

  /** Returns the number of columns, of which there were `count`. */
  add({ valueStart, values, sets }: GbdtCategories, feature: number, set: number, missingLeft: boolean, count: number): number {
    let next = count;
    let numbers = this.#numbers.get(feature);
    if (numbers === undefined) {
      numbers = next++;
      this.#numbers.set(feature, numbers);
      this.blocks.push({ feature, thresholds: values.slice(valueStart[feature], valueStart[feature + 1]), columns: [-1, numbers], categorical: true });
    }
    const bits = sets.slice(8 * set, 8 * set + 8);
    bits[7] = (bits[7] & 0x7fffffff) | (missingLeft ? 0x80000000 : 0);
    const key = `${feature} ${bits.join(' ')}`;
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = next++;
      this.#columns.set(key, column);
      this.members.push({ bits, numbers, column });
    }
    this.column = column;
    return next;
  }
}
