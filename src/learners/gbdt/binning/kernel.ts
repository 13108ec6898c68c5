/** The three loops of binning, in WebAssembly where it works and in TypeScript elsewhere: the same bins to the bit. */
import { borrow, bytesOf } from '../kernel/memory.ts';
import type { MemoryPlan } from '../kernel/memory.ts';
import { compileKernel } from '../wasm.ts';
import { BLOB } from './bin-blob.ts';
import { COUNTERS, PLACE_ROWS, TABLE_BYTES } from './layout.ts';
import { placeRows, sortSample, toRows } from './portable.ts';
import type { Column } from './portable.ts';
import type { BinRoom } from './room.ts';
import { searchTables } from './search-tables.ts';

export interface BinKernel {
  /** Values of the sampled rows without NaN, ascending, -0 as 0. Lost at the next call. */
  sortSample(column: Column, sample: Uint32Array): Float64Array;
  /** Writes the bins of rows [begin, end) of feature f: the number of edges below each value, 255 for NaN. @returns a row with an infinite value, or -1 */
  place(column: Column, f: number, edges: Float64Array, begin: number, end: number): number;
  /** Writes `rowMajor` from `columnMajor` for rows [begin, end). */
  toRows(begin: number, end: number): void;
  /** Gives the working memory back. */
  release(): void;
}

type Exports = {
  sort(values: number, other: number, n: number, counters: number): number;
  placeFloat32(values: number, n: number, tables: number, bins: number): number;
  placeFloat64(values: number, n: number, tables: number, bins: number): number;
  toRows(columns: number, rowCount: number, features: number, rows: number, stride: number, begin: number, end: number): void;
};

/** Bytes a kernel borrows to bin so many rows with samples of so many. */
export function binKernelBytes(rowCount: number, sampleSize: number): number {
  return bytesOf(workPlan(rowCount, sampleSize));
}

/** A kernel for the bins of a room. @param sampleSize - most rows of a sample */
export function binKernel(room: BinRoom, sampleSize = 0): BinKernel {
  const { memory } = room.memory;
  const module = memory === undefined ? undefined : compileKernel(BLOB, room.memory.shared);
  return memory === undefined || module === undefined ? portableKernel(room) : wasmKernel(room, memory, module, sampleSize);
}

/** The kernel in TypeScript. */
export function portableKernel({ rowCount, features, stride, rowMajor, columnMajor }: BinRoom): BinKernel {
  return {
    sortSample,
    place: (column, f, edges, begin, end) => placeRows(column, edges, columnMajor.subarray(f * rowCount, (f + 1) * rowCount), begin, end),
    toRows: (begin, end) => toRows(columnMajor, rowCount, features, rowMajor, stride, begin, end),
    release: () => {},
  };
}

function workPlan(rowCount: number, sampleSize: number) {
  const chunk = Math.min(PLACE_ROWS, rowCount);
  return { values: ['f64', Math.max(sampleSize, chunk)], other: ['f64', sampleSize], counters: ['u32', sampleSize === 0 ? 0 : COUNTERS], tables: ['u8', TABLE_BYTES] } as const satisfies MemoryPlan;
}

function wasmKernel(room: BinRoom, memory: WebAssembly.Memory, module: WebAssembly.Module, sampleSize: number): BinKernel {
  const { rowCount, features, stride, rowMajor, columnMajor } = room;
  const lease = borrow(room.memory, workPlan(rowCount, sampleSize));
  const { values, other, counters, tables } = lease.arrays;
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  const singles = new Float32Array(values.buffer, values.byteOffset, values.length);
  const search = searchTables(tables);
  return {
    sortSample(column, sample) {
      const n = gather(column, sample, values);
      if (n === 0) return values.subarray(0, 0);
      const sorted = kernel.sort(values.byteOffset, other.byteOffset, n, counters.byteOffset) >>> 0; // an address, unsigned
      return (sorted === values.byteOffset ? values : other).subarray(0, n);
    },
    place(column, f, edges, begin, end) {
      const single = column instanceof Float32Array;
      if (!search.write(edges, single)) return placeRows(column, edges, columnMajor.subarray(f * rowCount, (f + 1) * rowCount), begin, end);
      for (let from = begin; from < end; from += PLACE_ROWS) {
        const to = Math.min(from + PLACE_ROWS, end);
        const part = column.subarray(from, to);
        (single ? singles : values).set(part);
        const bins = columnMajor.byteOffset + f * rowCount + from;
        const infinite = single ? kernel.placeFloat32(values.byteOffset, to - from, tables.byteOffset, bins) : kernel.placeFloat64(values.byteOffset, to - from, tables.byteOffset, bins);
        if (infinite !== 0) return from + part.findIndex((x) => x === Infinity || x === -Infinity);
      }
      return -1;
    },
    toRows: (begin, end) => kernel.toRows(columnMajor.byteOffset, rowCount, features, rowMajor.byteOffset, stride, begin, end),
    release: lease.release,
  };
}

function gather(column: Column, sample: Uint32Array, values: Float64Array): number {
  let n = 0;
  for (let i = 0; i < sample.length; i++) {
    const x = column[sample[i]];
    if (x === x) values[n++] = x + 0; // -0 is 0
  }
  return n;
}
