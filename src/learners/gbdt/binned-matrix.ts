/** Features as small integers: made once, shared by every fit on the same rows. */
import { requireInteger, requireKnownKeys, requireSameLength, show } from '../../core/assert.ts';
import { driveSync } from '../../core/drive.ts';
import type { Task } from '../../core/drive.ts';
import { DomainError, QuantwrightError } from '../../core/errors.ts';
import { sortedFinite } from '../../core/sort.ts';
import type { FeatureMatrix } from '../types.ts';

/** Bin of a missing value. */
export const MISSING_BIN = 255;

/**
 * Bins of every row of a matrix.
 *
 * Value x of feature f is in the first bin b with `x <= edges[f][b]`, or in the last bin; NaN is in bin 255.
 */
export interface BinnedMatrix {
  readonly rowCount: number;
  readonly names: readonly string[];
  /** Upper edges of all bins but the last, ascending, per feature. */
  readonly edges: readonly Float64Array[];
  /** Bytes from one row to the next in `rowMajor`: the number of features rounded up to a multiple of 4. */
  readonly stride: number;
  /** Bins row by row, padded with zeros, shape (rowCount * stride). */
  readonly rowMajor: Uint8Array;
  /** Bins feature by feature, shape (features * rowCount). */
  readonly columnMajor: Uint8Array;
}

export interface BinMatrixOptions {
  /** Rows whose values choose the edges; all rows are binned. @default all */
  readonly rows?: ArrayLike<number>;
  /** Bins per feature besides the missing one, in [2, 255]. @default 255 */
  readonly maxBin?: number;
  /** Put an edge at exactly 0 where a feature has both signs: breaks of signed financial features tend to lie there. @default true */
  readonly zeroEdge?: boolean;
  /** Edges are chosen on at most this many rows, evenly spread: 50,000 place an edge within a quarter of a percent of the rows. @default 50000 */
  readonly sampleRows?: number;
}

// Both copies of the bins must be addressable, and a row's histogram index must stay an exact integer.
const MAX_CELLS = 2 ** 32 - 1;

/** Bins a matrix in one go. See {@link binMatrixTask}. */
export function binMatrix(matrix: FeatureMatrix, options: BinMatrixOptions = {}): BinnedMatrix {
  return driveSync(binMatrixTask(matrix, options));
}

/**
 * Bins a matrix by quantiles of the given rows, a feature at a time.
 *
 * Edges lie midway between neighbouring values so that each bin holds about the same number of rows; equal values share a bin.
 *
 * @throws DomainError for an infinite value; `ERR_LIMIT` above 4 billion cells
 */
export function* binMatrixTask(matrix: FeatureMatrix, options: BinMatrixOptions = {}): Task<BinnedMatrix> {
  const fn = 'binMatrix';
  requireKnownKeys(fn, options, ['rows', 'maxBin', 'zeroEdge', 'sampleRows']);
  const maxBin = requireInteger(fn, 'maxBin', options.maxBin ?? 255, { min: 2, max: 255 });
  const sampleRows = requireInteger(fn, 'sampleRows', options.sampleRows ?? 50_000, { min: 2 });
  const { rowCount, names, columns } = matrix;
  requireSameLength(fn, { names, columns });
  if (names.length === 0) throw new DomainError(`${fn}: matrix must have at least one feature, got 0`);
  columns.forEach((column, f) => requireSameLength(fn, { 'rows of the matrix': { length: rowCount }, [`feature ${show(names[f])}`]: column }));
  const stride = (names.length + 3) & ~3;
  if (rowCount * stride > MAX_CELLS) throw new QuantwrightError('ERR_LIMIT', `${fn}: matrix must have at most ${MAX_CELLS} cells, got ${rowCount} rows of ${names.length} features`);
  const rows = options.rows ?? Uint32Array.from({ length: rowCount }, (_, i) => i);
  for (let i = 0; i < rows.length; i++) if (!(Number.isInteger(rows[i]) && rows[i] >= 0 && rows[i] < rowCount)) throw new DomainError(`${fn}: rows[${i}] must be a row in [0, ${rowCount - 1}], got ${rows[i]}`);
  const columnMajor = new Uint8Array(rowCount * names.length);
  const edges: Float64Array[] = [];
  for (let f = 0; f < columns.length; f++) {
    const column = columns[f];
    const own = featureEdges(sampleOf(column, rows, sampleRows), maxBin, options.zeroEdge ?? true);
    const bins = columnMajor.subarray(f * rowCount, (f + 1) * rowCount);
    const bad = binColumn(column, own, bins);
    if (bad >= 0) throw new DomainError(`${fn}: feature ${show(names[f])} must be finite or NaN, got ${column[bad]} in row ${bad}`);
    edges.push(own);
    yield { phase: 'binning', done: f + 1, total: columns.length };
  }
  return Object.freeze({ rowCount, names, edges, stride, rowMajor: rowMajorOf(columnMajor, rowCount, names.length, stride), columnMajor });
}

/** The same rows with some of the features, in the given order. */
export function selectBinnedFeatures(binned: BinnedMatrix, indices: readonly number[]): BinnedMatrix {
  const { rowCount, names, edges } = binned;
  if (indices.length === names.length && indices.every((index, i) => index === i)) return binned;
  const stride = (indices.length + 3) & ~3;
  const columnMajor = new Uint8Array(rowCount * indices.length);
  indices.forEach((index, f) => {
    requireInteger('selectBinnedFeatures', 'index', index, { min: 0, max: names.length - 1 });
    columnMajor.set(binned.columnMajor.subarray(index * rowCount, (index + 1) * rowCount), f * rowCount);
  });
  return Object.freeze({ rowCount, names: indices.map((i) => names[i]), edges: indices.map((i) => edges[i]), stride, rowMajor: rowMajorOf(columnMajor, rowCount, indices.length, stride), columnMajor });
}

// Four columns at a time make one word of each row: byte stores a stride apart would cost ten times as much.
function rowMajorOf(columnMajor: Uint8Array, rowCount: number, features: number, stride: number): Uint8Array {
  const words = new Uint32Array((rowCount * stride) / 4);
  const padding = new Uint8Array(rowCount);
  const column = (f: number): Uint8Array => (f < features ? columnMajor.subarray(f * rowCount, (f + 1) * rowCount) : padding);
  for (let f = 0; f < features; f += 4) packWord(words, stride / 4, f / 4, column(f), column(f + 1), column(f + 2), column(f + 3));
  return new Uint8Array(words.buffer); // little endian: the first of the four comes first
}

function packWord(words: Uint32Array, strideWords: number, word: number, a: Uint8Array, b: Uint8Array, c: Uint8Array, d: Uint8Array): void {
  for (let r = 0; r < a.length; r++) words[r * strideWords + word] = a[r] | (b[r] << 8) | (c[r] << 16) | (d[r] << 24);
}

function sampleOf(column: ArrayLike<number>, rows: ArrayLike<number>, most: number): Float64Array {
  const count = Math.min(rows.length, most);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = column[rows[count === rows.length ? i : Math.floor((i * rows.length) / count)]] + 0; // -0 is 0
  return values;
}

/** Upper edges of the bins of one feature, at most `maxBin - 1` of them, ascending. Values few enough have a bin each. */
export function featureEdges(values: Float64Array, maxBin: number, zeroEdge: boolean): Float64Array {
  const sorted = sortedFinite(values);
  const n = sorted.length;
  const edges: number[] = [];
  const addZero = zeroEdge && n > 0 && sorted[0] < 0 && sorted[n - 1] > 0;
  const most = maxBin - 1 - (addZero ? 1 : 0);
  let distinct = 0;
  for (let i = 0; i < n && distinct <= most + 1; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++;
  const ownBins = distinct <= most + 1;
  // Else close a bin once it holds its share of the rows that are left.
  let start = 0;
  for (let i = 0; i < n && edges.length < most; ) {
    let next = i + 1;
    while (next < n && sorted[next] === sorted[i]) next++;
    if (next < n && (ownBins || (next - start) * (most + 1 - edges.length) >= n - start)) {
      edges.push(between(sorted[i], sorted[next]));
      start = next;
    }
    i = next;
  }
  if (addZero && !edges.includes(0)) edges.push(0);
  return Float64Array.from(edges).sort();
}

// A number e with low <= e < high, the midpoint where it can be told from high.
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle >= low && middle < high && Number.isFinite(middle) ? middle : low;
}

// Counts the edges below each value by halving a table padded to 256; eight steps without a branch. Returns the first row with an infinite value, or -1.
function binColumn(column: ArrayLike<number>, edges: Float64Array, bins: Uint8Array): number {
  const table = new Float64Array(256).fill(Infinity);
  table.set(edges);
  for (let r = 0; r < bins.length; r++) {
    const x = column[r];
    if (!(x - x === 0)) {
      if (x === x) return r;
      bins[r] = MISSING_BIN;
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
