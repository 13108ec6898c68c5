/** Histograms: adds rows to cells, one exact add per row and feature. */
import type { FitMemory, RowRange } from './kernel.ts';
import { BINS, HISTOGRAM_CHUNK } from './layout.ts';
import type { Cells } from './typescript-cells.ts';

/** Adds the rows `begin .. end - 1` of a list, at most `HISTOGRAM_CHUNK`, to a leaf's cells. */
export type AddRows = (cells: Cells, side: RowRange['side'], begin: number, end: number) => void;

/**
 * The histogram of one fit.
 *
 * Where rows lie and what they add is collected first, because every pass over the rows needs it again. Bins are read as words of four
 * features: a row is `stride / 4` words, and `stride` a multiple of 4.
 *
 * @param unit - value of a row in a cell besides its gradient
 */
export function createAddRows({ rowMajor, stride, rows, gradients, hessians }: FitMemory, unit: number): AddRows {
  const words = new Uint32Array(rowMajor.buffer, rowMajor.byteOffset, rowMajor.byteLength / 4);
  const passes = passesOver(words, stride / 4);
  const offsets = new Int32Array(HISTOGRAM_CHUNK + 1);
  const values = new Float64Array(HISTOGRAM_CHUNK);
  return (cells, side, begin, end) => {
    // Bounds of ranges come from sums of doubles, and code made for small integers would be thrown away.
    const from = begin | 0;
    const n = (end - begin) | 0;
    const list = side === -1 ? undefined : rows[side];
    collectOffsets(offsets, words, stride / 4, list, from, n);
    collectValues(values, gradients, unit, list, from, n);
    for (const pass of passes) addPass(pass, cells.gradients, offsets, values, n);
    if (hessians === undefined || cells.hessians === undefined) return;
    collectValues(values, hessians, 0, list, from, n);
    for (const pass of passes) addPass(pass, cells.hessians, offsets, values, n);
  };
}

// Both fill up to a multiple of four rows: the matrix's first row with a value of 0 changes nothing.
//
// Reading a row's first and last word here fetches its bins while nothing waits for them. What is read is kept behind the offsets, so that it is not
// optimised away.
function collectOffsets(offsets: Int32Array, words: Uint32Array, strideWords: number, list: Uint32Array | undefined, from: number, n: number): void {
  let seen = 0;
  if (list === undefined) for (let i = 0; i < n; i++) offsets[i] = Math.imul(from + i, strideWords);
  else {
    for (let i = 0; i < n; i++) {
      const offset = Math.imul(list[from + i], strideWords);
      seen ^= words[offset] ^ words[(offset + strideWords - 1) | 0];
      offsets[i] = offset;
    }
  }
  for (let i = n; (i & 3) !== 0; i++) offsets[i] = 0;
  offsets[HISTOGRAM_CHUNK] = seen;
}

function collectValues(values: Float64Array, source: Int32Array | Uint32Array, unit: number, list: Uint32Array | undefined, from: number, n: number): void {
  if (list === undefined) for (let i = 0; i < n; i++) values[i] = source[from + i] + unit;
  else for (let i = 0; i < n; i++) values[i] = source[list[from + i]] + unit;
  for (let i = n; (i & 3) !== 0; i++) values[i] = 0;
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

// Four rows at a time, as fast as WebAssembly on the machine it was measured on; one at a time costs a sixth more, and so do loops over words or
// helpers. Hence written out: code made at run time is not allowed everywhere.

function add4(h: Float64Array, words: Uint32Array, offsets: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 4) {
    const p = offsets[i], q = offsets[i + 1], r = offsets[i + 2], s = offsets[i + 3];
    const t = values[i], u = values[i + 1], v = values[i + 2], w = values[i + 3];
    {
      const a = words[p], b = words[q], c = words[r], d = words[s];
      h[a & 255] += t; h[b & 255] += u; h[c & 255] += v; h[d & 255] += w;
      h[256 + ((a >>> 8) & 255)] += t; h[256 + ((b >>> 8) & 255)] += u; h[256 + ((c >>> 8) & 255)] += v; h[256 + ((d >>> 8) & 255)] += w;
      h[512 + ((a >>> 16) & 255)] += t; h[512 + ((b >>> 16) & 255)] += u; h[512 + ((c >>> 16) & 255)] += v; h[512 + ((d >>> 16) & 255)] += w;
      h[768 + (a >>> 24)] += t; h[768 + (b >>> 24)] += u; h[768 + (c >>> 24)] += v; h[768 + (d >>> 24)] += w;
    }
    {
      const a = words[(p + 1) | 0], b = words[(q + 1) | 0], c = words[(r + 1) | 0], d = words[(s + 1) | 0];
      h[1024 + (a & 255)] += t; h[1024 + (b & 255)] += u; h[1024 + (c & 255)] += v; h[1024 + (d & 255)] += w;
      h[1280 + ((a >>> 8) & 255)] += t; h[1280 + ((b >>> 8) & 255)] += u; h[1280 + ((c >>> 8) & 255)] += v; h[1280 + ((d >>> 8) & 255)] += w;
      h[1536 + ((a >>> 16) & 255)] += t; h[1536 + ((b >>> 16) & 255)] += u; h[1536 + ((c >>> 16) & 255)] += v; h[1536 + ((d >>> 16) & 255)] += w;
      h[1792 + (a >>> 24)] += t; h[1792 + (b >>> 24)] += u; h[1792 + (c >>> 24)] += v; h[1792 + (d >>> 24)] += w;
    }
    {
      const a = words[(p + 2) | 0], b = words[(q + 2) | 0], c = words[(r + 2) | 0], d = words[(s + 2) | 0];
      h[2048 + (a & 255)] += t; h[2048 + (b & 255)] += u; h[2048 + (c & 255)] += v; h[2048 + (d & 255)] += w;
      h[2304 + ((a >>> 8) & 255)] += t; h[2304 + ((b >>> 8) & 255)] += u; h[2304 + ((c >>> 8) & 255)] += v; h[2304 + ((d >>> 8) & 255)] += w;
      h[2560 + ((a >>> 16) & 255)] += t; h[2560 + ((b >>> 16) & 255)] += u; h[2560 + ((c >>> 16) & 255)] += v; h[2560 + ((d >>> 16) & 255)] += w;
      h[2816 + (a >>> 24)] += t; h[2816 + (b >>> 24)] += u; h[2816 + (c >>> 24)] += v; h[2816 + (d >>> 24)] += w;
    }
    {
      const a = words[(p + 3) | 0], b = words[(q + 3) | 0], c = words[(r + 3) | 0], d = words[(s + 3) | 0];
      h[3072 + (a & 255)] += t; h[3072 + (b & 255)] += u; h[3072 + (c & 255)] += v; h[3072 + (d & 255)] += w;
      h[3328 + ((a >>> 8) & 255)] += t; h[3328 + ((b >>> 8) & 255)] += u; h[3328 + ((c >>> 8) & 255)] += v; h[3328 + ((d >>> 8) & 255)] += w;
      h[3584 + ((a >>> 16) & 255)] += t; h[3584 + ((b >>> 16) & 255)] += u; h[3584 + ((c >>> 16) & 255)] += v; h[3584 + ((d >>> 16) & 255)] += w;
      h[3840 + (a >>> 24)] += t; h[3840 + (b >>> 24)] += u; h[3840 + (c >>> 24)] += v; h[3840 + (d >>> 24)] += w;
    }
  }
}

function add3(h: Float64Array, words: Uint32Array, offsets: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 4) {
    const p = offsets[i], q = offsets[i + 1], r = offsets[i + 2], s = offsets[i + 3];
    const t = values[i], u = values[i + 1], v = values[i + 2], w = values[i + 3];
    {
      const a = words[p], b = words[q], c = words[r], d = words[s];
      h[a & 255] += t; h[b & 255] += u; h[c & 255] += v; h[d & 255] += w;
      h[256 + ((a >>> 8) & 255)] += t; h[256 + ((b >>> 8) & 255)] += u; h[256 + ((c >>> 8) & 255)] += v; h[256 + ((d >>> 8) & 255)] += w;
      h[512 + ((a >>> 16) & 255)] += t; h[512 + ((b >>> 16) & 255)] += u; h[512 + ((c >>> 16) & 255)] += v; h[512 + ((d >>> 16) & 255)] += w;
      h[768 + (a >>> 24)] += t; h[768 + (b >>> 24)] += u; h[768 + (c >>> 24)] += v; h[768 + (d >>> 24)] += w;
    }
    {
      const a = words[(p + 1) | 0], b = words[(q + 1) | 0], c = words[(r + 1) | 0], d = words[(s + 1) | 0];
      h[1024 + (a & 255)] += t; h[1024 + (b & 255)] += u; h[1024 + (c & 255)] += v; h[1024 + (d & 255)] += w;
      h[1280 + ((a >>> 8) & 255)] += t; h[1280 + ((b >>> 8) & 255)] += u; h[1280 + ((c >>> 8) & 255)] += v; h[1280 + ((d >>> 8) & 255)] += w;
      h[1536 + ((a >>> 16) & 255)] += t; h[1536 + ((b >>> 16) & 255)] += u; h[1536 + ((c >>> 16) & 255)] += v; h[1536 + ((d >>> 16) & 255)] += w;
      h[1792 + (a >>> 24)] += t; h[1792 + (b >>> 24)] += u; h[1792 + (c >>> 24)] += v; h[1792 + (d >>> 24)] += w;
    }
    {
      const a = words[(p + 2) | 0], b = words[(q + 2) | 0], c = words[(r + 2) | 0], d = words[(s + 2) | 0];
      h[2048 + (a & 255)] += t; h[2048 + (b & 255)] += u; h[2048 + (c & 255)] += v; h[2048 + (d & 255)] += w;
      h[2304 + ((a >>> 8) & 255)] += t; h[2304 + ((b >>> 8) & 255)] += u; h[2304 + ((c >>> 8) & 255)] += v; h[2304 + ((d >>> 8) & 255)] += w;
      h[2560 + ((a >>> 16) & 255)] += t; h[2560 + ((b >>> 16) & 255)] += u; h[2560 + ((c >>> 16) & 255)] += v; h[2560 + ((d >>> 16) & 255)] += w;
      h[2816 + (a >>> 24)] += t; h[2816 + (b >>> 24)] += u; h[2816 + (c >>> 24)] += v; h[2816 + (d >>> 24)] += w;
    }
  }
}

function add2(h: Float64Array, words: Uint32Array, offsets: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 4) {
    const p = offsets[i], q = offsets[i + 1], r = offsets[i + 2], s = offsets[i + 3];
    const t = values[i], u = values[i + 1], v = values[i + 2], w = values[i + 3];
    {
      const a = words[p], b = words[q], c = words[r], d = words[s];
      h[a & 255] += t; h[b & 255] += u; h[c & 255] += v; h[d & 255] += w;
      h[256 + ((a >>> 8) & 255)] += t; h[256 + ((b >>> 8) & 255)] += u; h[256 + ((c >>> 8) & 255)] += v; h[256 + ((d >>> 8) & 255)] += w;
      h[512 + ((a >>> 16) & 255)] += t; h[512 + ((b >>> 16) & 255)] += u; h[512 + ((c >>> 16) & 255)] += v; h[512 + ((d >>> 16) & 255)] += w;
      h[768 + (a >>> 24)] += t; h[768 + (b >>> 24)] += u; h[768 + (c >>> 24)] += v; h[768 + (d >>> 24)] += w;
    }
    {
      const a = words[(p + 1) | 0], b = words[(q + 1) | 0], c = words[(r + 1) | 0], d = words[(s + 1) | 0];
      h[1024 + (a & 255)] += t; h[1024 + (b & 255)] += u; h[1024 + (c & 255)] += v; h[1024 + (d & 255)] += w;
      h[1280 + ((a >>> 8) & 255)] += t; h[1280 + ((b >>> 8) & 255)] += u; h[1280 + ((c >>> 8) & 255)] += v; h[1280 + ((d >>> 8) & 255)] += w;
      h[1536 + ((a >>> 16) & 255)] += t; h[1536 + ((b >>> 16) & 255)] += u; h[1536 + ((c >>> 16) & 255)] += v; h[1536 + ((d >>> 16) & 255)] += w;
      h[1792 + (a >>> 24)] += t; h[1792 + (b >>> 24)] += u; h[1792 + (c >>> 24)] += v; h[1792 + (d >>> 24)] += w;
    }
  }
}

function add1(h: Float64Array, words: Uint32Array, offsets: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 4) {
    const p = offsets[i], q = offsets[i + 1], r = offsets[i + 2], s = offsets[i + 3];
    const t = values[i], u = values[i + 1], v = values[i + 2], w = values[i + 3];
    const a = words[p], b = words[q], c = words[r], d = words[s];
    h[a & 255] += t; h[b & 255] += u; h[c & 255] += v; h[d & 255] += w;
    h[256 + ((a >>> 8) & 255)] += t; h[256 + ((b >>> 8) & 255)] += u; h[256 + ((c >>> 8) & 255)] += v; h[256 + ((d >>> 8) & 255)] += w;
    h[512 + ((a >>> 16) & 255)] += t; h[512 + ((b >>> 16) & 255)] += u; h[512 + ((c >>> 16) & 255)] += v; h[512 + ((d >>> 16) & 255)] += w;
    h[768 + (a >>> 24)] += t; h[768 + (b >>> 24)] += u; h[768 + (c >>> 24)] += v; h[768 + (d >>> 24)] += w;
  }
}
