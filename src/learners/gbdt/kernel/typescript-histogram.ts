/** Histograms: adds rows to cells, one exact add per row and feature. */
import type { FitMemory } from './kernel.ts';
import { BINS, HISTOGRAM_CHUNK } from './layout.ts';
import type { Cells } from './typescript-cells.ts';

/** Adds rows, at most `HISTOGRAM_CHUNK`, to a leaf's cells. */
export type AddRows = (cells: Cells, rows: Uint32Array) => void;

/**
 * The histogram of one fit.
 *
 * Where rows lie and what they add is collected first, because every pass over the rows needs it again. Bins are read as words of four
 * features: a row is `stride / 4` words, and `stride` a multiple of 4.
 *
 * @param unit - value of a row in a cell besides its gradient
 */
export function createAddRows({ rowMajor, stride, gradients, hessians }: FitMemory, unit: number): AddRows {
  const words = new Uint32Array(rowMajor.buffer, rowMajor.byteOffset, rowMajor.byteLength / 4);
  const passes = passesOver(words, stride / 4);
  const offsets = new Int32Array(HISTOGRAM_CHUNK + 1);
  const values = new Float64Array(HISTOGRAM_CHUNK);
  return (cells, rows) => {
    const n = rows.length;
    collectOffsets(offsets, words, stride / 4, rows, n);
    collectValues(values, gradients, unit, rows, n);
    for (const pass of passes) addPass(pass, cells.gradients, offsets, values, n);
    if (hessians === undefined || cells.hessians === undefined) return;
    collectValues(values, hessians, 0, rows, n);
    for (const pass of passes) addPass(pass, cells.hessians, offsets, values, n);
  };
}

// Here and below rows are taken four at a time: a turn of a loop costs as much as several rows' work. The last turn is filled up with the
// matrix's first row and a value of 0, which changes nothing.
//
// Reading a row's first and last word fetches its bins while nothing waits for them. What is read is kept behind the offsets, so that it is
// not optimised away.
function collectOffsets(offsets: Int32Array, words: Uint32Array, strideWords: number, rows: Uint32Array, n: number): void {
  const last = strideWords - 1;
  let seen = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const p = Math.imul(rows[i], strideWords), q = Math.imul(rows[i + 1], strideWords), r = Math.imul(rows[i + 2], strideWords), s = Math.imul(rows[i + 3], strideWords);
    seen ^= words[p] ^ words[(p + last) | 0] ^ words[q] ^ words[(q + last) | 0] ^ words[r] ^ words[(r + last) | 0] ^ words[s] ^ words[(s + last) | 0];
    offsets[i] = p;
    offsets[i + 1] = q;
    offsets[i + 2] = r;
    offsets[i + 3] = s;
  }
  for (; i < n; i++) offsets[i] = Math.imul(rows[i], strideWords);
  for (; (i & 3) !== 0; i++) offsets[i] = 0;
  offsets[HISTOGRAM_CHUNK] = seen;
}

function collectValues(values: Float64Array, source: Int32Array | Uint32Array, unit: number, rows: Uint32Array, n: number): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const a = source[rows[i]], b = source[rows[i + 1]], c = source[rows[i + 2]], d = source[rows[i + 3]];
    values[i] = a + unit;
    values[i + 1] = b + unit;
    values[i + 2] = c + unit;
    values[i + 3] = d + unit;
  }
  for (; i < n; i++) values[i] = source[rows[i]] + unit;
  for (; (i & 3) !== 0; i++) values[i] = 0;
}

// One to four words of every row.
interface Pass {
  readonly width: number;
  /** Bins from the pass's first word of the first row on. */
  readonly words: Uint32Array;
  readonly firstCell: number;
}

// As few passes as four words a pass allow, of nearly the same width.
function passesOver(words: Uint32Array, strideWords: number): Pass[] {
  const passes: Pass[] = [];
  for (let word = 0; word < strideWords; ) {
    const left = strideWords - word;
    const width = Math.ceil(left / Math.ceil(left / 4));
    passes.push({ width, words: words.subarray(word), firstCell: word * 4 * BINS });
    word += width;
  }
  return passes;
}

// A view of the cells with its own origin keeps the offsets below constant.
function addPass({ width, words, firstCell }: Pass, cells: Float64Array, offsets: Int32Array, values: Float64Array, n: number): void {
  const h = cells.subarray(firstCell, firstCell + width * 4 * BINS);
  if (width === 4) add4(h, words, offsets, values, n);
  else if (width === 3) add3(h, words, offsets, values, n);
  else if (width === 2) add2(h, words, offsets, values, n);
  else add1(h, words, offsets, values, n);
}

// Written out: a loop over words or a helper per word costs a tenth to a half more, and code made at run time is not allowed everywhere. Row after
// row, not word after word: adds to the same cell should not follow one another.

function add4(h: Float64Array, words: Uint32Array, offsets: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 4) {
    {
      const p = offsets[i], v = values[i];
      const a = words[p], b = words[(p + 1) | 0], c = words[(p + 2) | 0], d = words[(p + 3) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
      h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
      h[3072 + (d & 255)] += v; h[3328 + ((d >>> 8) & 255)] += v; h[3584 + ((d >>> 16) & 255)] += v; h[3840 + (d >>> 24)] += v;
    }
    {
      const p = offsets[i + 1], v = values[i + 1];
      const a = words[p], b = words[(p + 1) | 0], c = words[(p + 2) | 0], d = words[(p + 3) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
      h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
      h[3072 + (d & 255)] += v; h[3328 + ((d >>> 8) & 255)] += v; h[3584 + ((d >>> 16) & 255)] += v; h[3840 + (d >>> 24)] += v;
    }
    {
      const p = offsets[i + 2], v = values[i + 2];
      const a = words[p], b = words[(p + 1) | 0], c = words[(p + 2) | 0], d = words[(p + 3) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
      h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
      h[3072 + (d & 255)] += v; h[3328 + ((d >>> 8) & 255)] += v; h[3584 + ((d >>> 16) & 255)] += v; h[3840 + (d >>> 24)] += v;
    }
    {
      const p = offsets[i + 3], v = values[i + 3];
      const a = words[p], b = words[(p + 1) | 0], c = words[(p + 2) | 0], d = words[(p + 3) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
      h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
      h[3072 + (d & 255)] += v; h[3328 + ((d >>> 8) & 255)] += v; h[3584 + ((d >>> 16) & 255)] += v; h[3840 + (d >>> 24)] += v;
    }
  }
}

function add3(h: Float64Array, words: Uint32Array, offsets: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 4) {
    {
      const p = offsets[i], v = values[i];
      const a = words[p], b = words[(p + 1) | 0], c = words[(p + 2) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
      h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
    }
    {
      const p = offsets[i + 1], v = values[i + 1];
      const a = words[p], b = words[(p + 1) | 0], c = words[(p + 2) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
      h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
    }
    {
      const p = offsets[i + 2], v = values[i + 2];
      const a = words[p], b = words[(p + 1) | 0], c = words[(p + 2) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
      h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
    }
    {
      const p = offsets[i + 3], v = values[i + 3];
      const a = words[p], b = words[(p + 1) | 0], c = words[(p + 2) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
      h[2048 + (c & 255)] += v; h[2304 + ((c >>> 8) & 255)] += v; h[2560 + ((c >>> 16) & 255)] += v; h[2816 + (c >>> 24)] += v;
    }
  }
}

function add2(h: Float64Array, words: Uint32Array, offsets: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 4) {
    {
      const p = offsets[i], v = values[i];
      const a = words[p], b = words[(p + 1) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
    }
    {
      const p = offsets[i + 1], v = values[i + 1];
      const a = words[p], b = words[(p + 1) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
    }
    {
      const p = offsets[i + 2], v = values[i + 2];
      const a = words[p], b = words[(p + 1) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
    }
    {
      const p = offsets[i + 3], v = values[i + 3];
      const a = words[p], b = words[(p + 1) | 0];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
      h[1024 + (b & 255)] += v; h[1280 + ((b >>> 8) & 255)] += v; h[1536 + ((b >>> 16) & 255)] += v; h[1792 + (b >>> 24)] += v;
    }
  }
}

function add1(h: Float64Array, words: Uint32Array, offsets: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 4) {
    {
      const p = offsets[i], v = values[i];
      const a = words[p];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
    }
    {
      const p = offsets[i + 1], v = values[i + 1];
      const a = words[p];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
    }
    {
      const p = offsets[i + 2], v = values[i + 2];
      const a = words[p];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
    }
    {
      const p = offsets[i + 3], v = values[i + 3];
      const a = words[p];
      h[a & 255] += v; h[256 + ((a >>> 8) & 255)] += v; h[512 + ((a >>> 16) & 255)] += v; h[768 + (a >>> 24)] += v;
    }
  }
}
