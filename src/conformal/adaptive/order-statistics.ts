/** Numbers in order, kept in order: sorted blocks. */
import { lowerBound } from '../../core/sort.ts';

// A block is full at this many numbers and splits in two: moving a few kilobytes costs less than following ten pointers.
const BLOCK = 512;

/**
 * A multiset of numbers with exact order statistics.
 *
 * Adding, removing, the k-th smallest and counting below a value take O(log n) comparisons, the move of at most one block of 512 numbers, and a pass
 * over a table of one count per block: under a microsecond up to hundreds of thousands of numbers. NaN must not be added.
 */
export class OrderStatistics {
  // No block is empty, except the only one. Every number of a block is at most every number of the next.
  #blocks: Float64Array[] = [new Float64Array(BLOCK)];
  #counts: number[] = [0];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(value: number): void {
    let b = Math.min(this.#blockOf(value), this.#blocks.length - 1);
    if (this.#counts[b] === BLOCK) {
      this.#split(b);
      if (this.#blocks[b][BLOCK / 2 - 1] < value) b++;
    }
    const block = this.#blocks[b];
    const count = this.#counts[b];
    const at = lowerBound(block, value, 0, count);
    block.copyWithin(at + 1, at, count);
    block[at] = value;
    this.#counts[b]++;
    this.#size++;
  }

  /** Removes one occurrence; nothing happens when there is none. */
  remove(value: number): void {
    const b = this.#blockOf(value);
    if (b === this.#blocks.length) return;
    const block = this.#blocks[b];
    const at = lowerBound(block, value, 0, this.#counts[b]);
    if (block[at] !== value) return;
    block.copyWithin(at, at + 1, this.#counts[b]);
    this.#counts[b]--;
    this.#size--;
    if (this.#counts[b] === 0 && this.#blocks.length > 1) {
      this.#blocks.splice(b, 1);
      this.#counts.splice(b, 1);
    }
  }

  /** The k-th smallest, 1 <= k <= size. */
  kth(k: number): number {
    let b = 0;
    let rest = k - 1;
    while (rest >= this.#counts[b]) rest -= this.#counts[b++];
    return this.#blocks[b][rest];
  }

  /** Numbers that are smaller than `value`. */
  countBelow(value: number): number {
    const last = this.#blockOf(value);
    let count = 0;
    for (let b = 0; b < last; b++) count += this.#counts[b];
    return last === this.#blocks.length ? count : count + lowerBound(this.#blocks[last], value, 0, this.#counts[last]);
  }

  // The first block with a number that is at least `value`; the number of blocks when there is none.
  #blockOf(value: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#counts[middle] === 0 || this.#blocks[middle][this.#counts[middle] - 1] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #split(b: number): void {
    const half = new Float64Array(BLOCK);
    half.set(this.#blocks[b].subarray(BLOCK / 2));
    this.#blocks.splice(b + 1, 0, half);
    this.#counts.splice(b, 1, BLOCK / 2, BLOCK / 2);
  }
}
