/**
 * Histograms of gradients: one exact add per row and feature.
 *
 * A cell is `count * unit + sum of q` in a double, q the gradient as an integer. With unit = 2^k above twice the largest |sum of q| and
 * count * unit below 2^53, every sum is exact: the order of rows does not matter, a child is its parent less its sibling to the bit, and
 * an empty bin is exactly 0.
 */

/** Cells per feature: 255 value bins and the missing bin. */
export const BINS = 256;

// Rows between two progress steps of a large histogram, in cells.
export const CHUNK_CELLS = 6_000_000;

/** Scale and packing of one tree's gradients. */
export interface Packing {
  /** Value of one row in a cell. */
  readonly unit: number;
  /** Gradient = q / scale. A power of two, so that scaling rounds nothing. */
  readonly scale: number;
}

/**
 * Packing for n rows whose absolute gradients sum to `absoluteSum`.
 *
 * 52 bits are shared: as many as n needs for the count, the rest for the sum of q, whose bound 2^(k-1) includes half a unit of rounding
 * per row.
 */
export function packingFor(n: number, absoluteSum: number): Packing {
  const countBits = Math.ceil(Math.log2(n + 1));
  const k = 52 - countBits;
  const room = 2 ** (k - 1) - n;
  const exponent = absoluteSum > 0 ? Math.floor(Math.log2(room / absoluteSum)) : 0;
  return { unit: 2 ** k, scale: 2 ** Math.max(-1000, Math.min(1000, exponent)) };
}

/** Scale of hessians: integers whose sum stays below 2^52. */
export function hessianScale(n: number, sum: number): number {
  return sum > 0 ? 2 ** Math.max(-1000, Math.min(1000, Math.floor(Math.log2((2 ** 52 - n) / sum)))) : 1;
}

/**
 * Adds rows `rows[begin..end)` to a histogram.
 *
 * Features are taken in blocks of 16, whose 32 kB of cells stay in the first-level cache; bins are read four at a time.
 *
 * @param words - row-major bins as 32-bit words, `strideWords` per row
 * @param values - packed value of each row of the matrix
 * @param ordered - scratch of at least end - begin
 */
export function addToHistogram(cells: Float64Array, words: Uint32Array, strideWords: number, rows: Uint32Array, begin: number, end: number, values: Float64Array, ordered: Float64Array): void {
  const n = end - begin;
  for (let i = 0; i < n; i++) ordered[i] = values[rows[begin + i]];
  let word = 0;
  for (; word + 4 <= strideWords; word += 4) add16(cells, word * 4 * BINS, words, strideWords, word, rows, begin, n, ordered);
  if (word + 2 <= strideWords) {
    add8(cells, word * 4 * BINS, words, strideWords, word, rows, begin, n, ordered);
    word += 2;
  }
  if (word < strideWords) add4(cells, word * 4 * BINS, words, strideWords, word, rows, begin, n, ordered);
}

function add16(cells: Float64Array, base: number, words: Uint32Array, strideWords: number, word: number, rows: Uint32Array, begin: number, n: number, ordered: Float64Array): void {
  const h = cells.subarray(base, base + 16 * BINS);
  for (let i = 0; i < n; i++) {
    const at = rows[begin + i] * strideWords + word;
    const v = ordered[i];
    const a = words[at];
    const b = words[at + 1];
    const c = words[at + 2];
    const d = words[at + 3];
    h[a & 255] += v;
    h[256 + ((a >>> 8) & 255)] += v;
    h[512 + ((a >>> 16) & 255)] += v;
    h[768 + (a >>> 24)] += v;
    h[1024 + (b & 255)] += v;
    h[1280 + ((b >>> 8) & 255)] += v;
    h[1536 + ((b >>> 16) & 255)] += v;
    h[1792 + (b >>> 24)] += v;
    h[2048 + (c & 255)] += v;
    h[2304 + ((c >>> 8) & 255)] += v;
    h[2560 + ((c >>> 16) & 255)] += v;
    h[2816 + (c >>> 24)] += v;
    h[3072 + (d & 255)] += v;
    h[3328 + ((d >>> 8) & 255)] += v;
    h[3584 + ((d >>> 16) & 255)] += v;
    h[3840 + (d >>> 24)] += v;
  }
}

function add8(cells: Float64Array, base: number, words: Uint32Array, strideWords: number, word: number, rows: Uint32Array, begin: number, n: number, ordered: Float64Array): void {
  const h = cells.subarray(base, base + 8 * BINS);
  for (let i = 0; i < n; i++) {
    const at = rows[begin + i] * strideWords + word;
    const v = ordered[i];
    const a = words[at];
    const b = words[at + 1];
    h[a & 255] += v;
    h[256 + ((a >>> 8) & 255)] += v;
    h[512 + ((a >>> 16) & 255)] += v;
    h[768 + (a >>> 24)] += v;
    h[1024 + (b & 255)] += v;
    h[1280 + ((b >>> 8) & 255)] += v;
    h[1536 + ((b >>> 16) & 255)] += v;
    h[1792 + (b >>> 24)] += v;
  }
}

function add4(cells: Float64Array, base: number, words: Uint32Array, strideWords: number, word: number, rows: Uint32Array, begin: number, n: number, ordered: Float64Array): void {
  const h = cells.subarray(base, base + 4 * BINS);
  for (let i = 0; i < n; i++) {
    const v = ordered[i];
    const a = words[rows[begin + i] * strideWords + word];
    h[a & 255] += v;
    h[256 + ((a >>> 8) & 255)] += v;
    h[512 + ((a >>> 16) & 255)] += v;
    h[768 + (a >>> 24)] += v;
  }
}

/** `parent - child` into `parent`, exact. */
export function subtractHistogram(parent: Float64Array, child: Float64Array): void {
  for (let i = 0; i < parent.length; i++) parent[i] -= child[i];
}
