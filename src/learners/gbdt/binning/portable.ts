/** The loops of kernels/bin.ts in TypeScript. */
import { sortedFinite } from '../../../core/sort.ts';
import { TABLE_LENGTH } from './layout.ts';

/** Feature columns as binning reads them. */
export type Column = Float64Array | Float32Array;

/** Values of the sampled rows without NaN, ascending, -0 as 0. */
export function sortSample(column: Column, sample: Uint32Array): Float64Array {
  const values = new Float64Array(sample.length);
  for (let i = 0; i < sample.length; i++) values[i] = column[sample[i]] + 0;
  return sortedFinite(values);
}

/** Counts the edges below each value by halving a table padded to 256; eight steps without a branch. Returns a row with an infinite value, or -1. */
export function placeRows(column: Column, edges: Float64Array, bins: Uint8Array, begin: number, end: number): number {
  const table = new Float64Array(TABLE_LENGTH).fill(Infinity);
  table.set(edges);
  for (let r = begin; r < end; r++) {
    const x = column[r];
    if (!(x - x === 0)) {
      if (x === x) return r;
      bins[r] = 255;
      continue;
    }
    let b = Number(table[127] < x) << 7;
    b += Number(table[b + 63] < x) << 6;
    b += Number(table[b + 31] < x) << 5;
    b += Number(table[b + 15] < x) << 4;
    b += Number(table[b + 7] < x) << 3;
    b += Number(table[b + 3] < x) << 2;
    b += Number(table[b + 1] < x) << 1;
    b += Number(table[b] < x);
    bins[r] = b;
  }
  return -1;
}

/** Four columns at a time make one word of each row: byte stores a stride apart would cost ten times as much. */
export function toRows(columnMajor: Uint8Array, rowCount: number, features: number, rowMajor: Uint8Array, stride: number, begin: number, end: number): void {
  const words = new Uint32Array(rowMajor.buffer, rowMajor.byteOffset, rowMajor.length / 4); // little endian: the first of the four comes first
  for (let f = 0; f < features; f += 4) {
    const column = (k: number): Uint8Array => columnMajor.subarray(Math.min(f + k, features - 1) * rowCount).subarray(0, rowCount);
    const mask = f + 4 <= features ? -1 : -1 >>> ((f + 4 - features) << 3);
    packWords(words, stride / 4, f / 4, column(0), column(1), column(2), column(3), mask, begin, end);
  }
}

function packWords(words: Uint32Array, strideWords: number, word: number, a: Uint8Array, b: Uint8Array, c: Uint8Array, d: Uint8Array, mask: number, begin: number, end: number): void {
  for (let r = begin; r < end; r++) words[r * strideWords + word] = (a[r] | (b[r] << 8) | (c[r] << 16) | (d[r] << 24)) & mask;
}
