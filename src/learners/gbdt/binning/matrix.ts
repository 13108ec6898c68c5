/** Features as small integers: made once, shared by every fit on the same rows. */
import { requireInteger } from '../../../core/assert.ts';
import { DomainError } from '../../../core/errors.ts';
import { printable } from '../../../core/inspect.ts';
import type { KernelMemory } from '../kernel/memory.ts';
import { binKernel, binKernelBytes } from './kernel.ts';
import { binRoom } from './room.ts';
import type { BinRoom } from './room.ts';

/** Bin of a missing value. */
export const MISSING_BIN = 255;

/**
 * Bins of every row of a matrix.
 *
 * Value x of a numeric feature f is in the first bin b with `x <= edges[f][b]`, or in the last bin; NaN is in bin 255. Value x of a
 * categorical feature is in bin b when `x === categories[f][b]`; NaN and values that are not known are in bin 255.
 */
export interface BinnedMatrix {
  readonly rowCount: number;
  readonly names: readonly string[];
  /** Upper edges of all bins but the last, ascending, per feature; empty for a categorical one. */
  readonly edges: readonly Float64Array[];
  /** Known values of a categorical feature, ascending, at most 255; undefined for a numeric one. */
  readonly categories: readonly (Float64Array | undefined)[];
  /** Bins of values, at least 1, per feature: the missing bin does not count. */
  readonly binCounts: Int32Array;
  /** Bytes from one row to the next in `rowMajor`: the number of features rounded up to a multiple of 4. */
  readonly stride: number;
  /** Bins row by row, padded with zeros, shape (rowCount * stride); 16 bytes past the end can be read. */
  readonly rowMajor: Uint8Array;
  /** Bins feature by feature, shape (features * rowCount). */
  readonly columnMajor: Uint8Array;
  /** Where both copies of the bins lie; fits borrow the rest of it. */
  readonly memory: KernelMemory;
}

/** The matrix of bins that have been written. */
export function binnedMatrix({ rowCount, stride, rowMajor, columnMajor, memory }: BinRoom, { names, edges, categories }: Pick<BinnedMatrix, 'names' | 'edges' | 'categories'>): BinnedMatrix {
  const binCounts = Int32Array.from(names, (_, f) => Math.max(1, categories[f]?.length ?? edges[f].length + 1));
  const binned: BinnedMatrix = Object.freeze(printable({ rowCount, names, edges, categories, binCounts, stride, rowMajor, columnMajor, memory }, binnedMatrixText));
  made.add(binned);
  return binned;
}

// Kernels take the places of these arrays for addresses, so only matrices made here may reach them.
const made = new WeakSet<BinnedMatrix>();

/** Throws unless the matrix was made here. */
export function requireBinned(fn: string, binned: BinnedMatrix): void {
  if (typeof binned !== 'object' || binned === null || !made.has(binned)) throw new DomainError(`${fn}: binned must come from binMatrix or selectBinnedFeatures`);
}

function binnedMatrixText({ rowCount, names, categories, binCounts }: BinnedMatrix): string {
  const categorical = categories.filter((values) => values !== undefined).length;
  const bins = binCounts.reduce((sum, count) => sum + count, 0);
  return `BinnedMatrix: ${rowCount} rows, ${names.length} feature${names.length === 1 ? '' : 's'}${categorical > 0 ? ` (${categorical} categorical)` : ''}, ${bins} bins`;
}

/** The same rows with some of the features, in the given order, in a memory of their own. */
export function selectBinnedFeatures(binned: BinnedMatrix, indices: readonly number[]): BinnedMatrix {
  const { rowCount, names, edges, categories } = binned;
  for (const index of indices) requireInteger('selectBinnedFeatures', 'index', index, { min: 0, max: names.length - 1 });
  if (indices.length === names.length && indices.every((index, i) => index === i)) return binned;
  const room = binRoom(rowCount, indices.length, binKernelBytes(rowCount, 0));
  indices.forEach((index, f) => room.columnMajor.set(binned.columnMajor.subarray(index * rowCount, (index + 1) * rowCount), f * rowCount));
  const kernel = binKernel(room);
  kernel.toRows(0, rowCount);
  kernel.release();
  return binnedMatrix(room, { names: indices.map((i) => names[i]), edges: indices.map((i) => edges[i]), categories: indices.map((i) => categories[i]) });
}
