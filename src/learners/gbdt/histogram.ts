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
export const CHUNK_CELLS = 1_000_000;

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

// Words of four features that one pass over the rows covers, widest first.
const WIDTHS = [8, 6, 4, 2, 1] as const;

/**
 * Adds rows `rows[begin..end)` to a histogram.
 *
 * Bins are read four at a time, and up to 32 features in one pass over the rows, because the loop itself costs as much per row as four
 * adds. The passes are written out: a loop over words or a helper per word costs a tenth to a half more (measured on Node 20), and code
 * made at run time is not allowed everywhere.
 *
 * @param words - row-major bins as 32-bit words, `strideWords` per row
 * @param values - packed value of each row of the matrix
 */
export function addToHistogram(cells: Float64Array, words: Uint32Array, strideWords: number, rows: Uint32Array, begin: number, end: number, values: Float64Array): void {
  let word = 0;
  for (const width of WIDTHS) {
    for (; word + width <= strideWords; word += width) {
      // A view with its own origin keeps the offsets in the kernels constant.
      const h = cells.subarray(word * 4 * BINS, (word + width) * 4 * BINS);
      if (width === 8) add8(h, words, strideWords, word, rows, begin, end, values);
      else if (width === 6) add6(h, words, strideWords, word, rows, begin, end, values);
      else if (width === 4) add4(h, words, strideWords, word, rows, begin, end, values);
      else if (width === 2) add2(h, words, strideWords, word, rows, begin, end, values);
      else add1(h, words, strideWords, word, rows, begin, end, values);
    }
  }
}

function add8(h: Float64Array, words: Uint32Array, strideWords: number, word: number, rows: Uint32Array, begin: number, end: number, values: Float64Array): void {
  for (let i = begin; i < end; i++) {
    const row = rows[i];
    const at = (Math.imul(row, strideWords) + word) | 0;
    const v = values[row];
    const a = words[at];
    h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
    const b = words[(at + 1) | 0];
    h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
    const c = words[(at + 2) | 0];
    h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
    const d = words[(at + 3) | 0];
    h[3072 + (d & 255)] += v; h[3328 + ((d >>> 8) & 255)] += v; h[3584 + ((d >>> 16) & 255)] += v; h[3840 + (d >>> 24)] += v;
    const e = words[(at + 4) | 0];
    h[4096 + (e & 255)] += v; h[4352 + ((e >>> 8) & 255)] += v; h[4608 + ((e >>> 16) & 255)] += v; h[4864 + (e >>> 24)] += v;
    const f = words[(at + 5) | 0];
    h[5120 + (f & 255)] += v; h[5376 + ((f >>> 8) & 255)] += v; h[5632 + ((f >>> 16) & 255)] += v; h[5888 + (f >>> 24)] += v;
    const g = words[(at + 6) | 0];
    h[6144 + (g & 255)] += v; h[6400 + ((g >>> 8) & 255)] += v; h[6656 + ((g >>> 16) & 255)] += v; h[6912 + (g >>> 24)] += v;
    const k = words[(at + 7) | 0];
    h[7168 + (k & 255)] += v; h[7424 + ((k >>> 8) & 255)] += v; h[7680 + ((k >>> 16) & 255)] += v; h[7936 + (k >>> 24)] += v;
  }
}

function add6(h: Float64Array, words: Uint32Array, strideWords: number, word: number, rows: Uint32Array, begin: number, end: number, values: Float64Array): void {
  for (let i = begin; i < end; i++) {
    const row = rows[i];
    const at = (Math.imul(row, strideWords) + word) | 0;
    const v = values[row];
    const a = words[at];
    h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
    const b = words[(at + 1) | 0];
    h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
    const c = words[(at + 2) | 0];
    h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
    const d = words[(at + 3) | 0];
    h[3072 + (d & 255)] += v; h[3328 + ((d >>> 8) & 255)] += v; h[3584 + ((d >>> 16) & 255)] += v; h[3840 + (d >>> 24)] += v;
    const e = words[(at + 4) | 0];
    h[4096 + (e & 255)] += v; h[4352 + ((e >>> 8) & 255)] += v; h[4608 + ((e >>> 16) & 255)] += v; h[4864 + (e >>> 24)] += v;
    const f = words[(at + 5) | 0];
    h[5120 + (f & 255)] += v; h[5376 + ((f >>> 8) & 255)] += v; h[5632 + ((f >>> 16) & 255)] += v; h[5888 + (f >>> 24)] += v;
  }
}

function add4(h: Float64Array, words: Uint32Array, strideWords: number, word: number, rows: Uint32Array, begin: number, end: number, values: Float64Array): void {
  for (let i = begin; i < end; i++) {
    const row = rows[i];
    const at = (Math.imul(row, strideWords) + word) | 0;
    const v = values[row];
    const a = words[at];
    h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
    const b = words[(at + 1) | 0];
    h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
    const c = words[(at + 2) | 0];
    h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
    const d = words[(at + 3) | 0];
    h[3072 + (d & 255)] += v; h[3328 + ((d >>> 8) & 255)] += v; h[3584 + ((d >>> 16) & 255)] += v; h[3840 + (d >>> 24)] += v;
  }
}

function add2(h: Float64Array, words: Uint32Array, strideWords: number, word: number, rows: Uint32Array, begin: number, end: number, values: Float64Array): void {
  for (let i = begin; i < end; i++) {
    const row = rows[i];
    const at = (Math.imul(row, strideWords) + word) | 0;
    const v = values[row];
    const a = words[at];
    h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
    const b = words[(at + 1) | 0];
    h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
  }
}

function add1(h: Float64Array, words: Uint32Array, strideWords: number, word: number, rows: Uint32Array, begin: number, end: number, values: Float64Array): void {
  for (let i = begin; i < end; i++) {
    const row = rows[i];
    const v = values[row];
    const a = words[(Math.imul(row, strideWords) + word) | 0];
    h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
  }
}

/** `parent - child` into `parent`, exact. */
export function subtractHistogram(parent: Float64Array, child: Float64Array): void {
  let i = 0;
  for (; i + 4 <= parent.length; i += 4) {
    parent[i] -= child[i];
    parent[i + 1] -= child[i + 1];
    parent[i + 2] -= child[i + 2];
    parent[i + 3] -= child[i + 3];
  }
  for (; i < parent.length; i++) parent[i] -= child[i];
}
