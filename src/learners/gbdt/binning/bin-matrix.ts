/** Bins of a matrix of numbers. */
import { requireInteger, requireKnownKeys, requireSameLength, show, unknownName } from '../../../core/assert.ts';
import { driveSync } from '../../../core/drive.ts';
import type { Progress, Task } from '../../../core/drive.ts';
import { DomainError, QuantwrightError } from '../../../core/errors.ts';
import { checkRows } from '../../matrix-columns.ts';
import type { FeatureMatrix } from '../../types.ts';
import { forgetUnknown, knownValues } from './categories.ts';
import { edgesOfSorted } from './edges.ts';
import type { EdgeRule } from './edges.ts';
import { binKernel, binKernelBytes } from './kernel.ts';
import type { BinKernel } from './kernel.ts';
import { binnedMatrix } from './matrix.ts';
import type { BinnedMatrix } from './matrix.ts';
import { binRoom } from './room.ts';
import type { BinRoom } from './room.ts';

export interface BinMatrixOptions {
  /** Rows whose values choose the bins; all rows are binned. @default all */
  readonly rows?: ArrayLike<number>;
  /** Bins per feature besides the missing one, in [2, 255]. @default 255 */
  readonly maxBin?: number;
  /** Put an edge at exactly 0 where a feature has both signs: breaks of signed financial features tend to lie there. @default true */
  readonly zeroEdge?: boolean;
  /** Edges are chosen on at most this many rows, evenly spread: 50,000 place an edge within a quarter of a percent of the rows. @default 50000 */
  readonly sampleRows?: number;
  /**
   * Names of features whose values are labels without an order. The 255 most frequent values in `rows` are known, the smaller of two as
   * frequent; any other value is missing. @default none
   */
  readonly categoricalFeatures?: readonly string[];
  /**
   * Number of a member of an ensemble, in [0, 1000]. Members see the same data through other bins: member k gives the first bin of a feature
   * with more values than bins `1 - frac(k * golden ratio)` of the rows of the others. The mean of members 0, 1 and 2 had a test RMSE 1.8e-3
   * lower than member 0 alone at 20,000 rows and a true R2 of 0.1 (standard error 1.7e-4, 12 data sets). @default 0
   */
  readonly jitter?: number;
  /** Bins of another matrix with the same features, for its validation rows. Excludes the options that choose bins. */
  readonly like?: BinnedMatrix;
}

// Both copies of the bins lie in a memory of 4 GiB.
const MAX_CELLS = 2 ** 31 - 2 ** 24;
// Binning so many values takes a few milliseconds, in TypeScript too.
const CELLS_PER_STEP = 2 ** 18;
// Rows of about so many bytes are written at a time, so that they stay in a near cache.
const TILE_BYTES = 2 ** 16;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Bins a matrix in one go. See {@link binMatrixTask}. */
export function binMatrix(matrix: FeatureMatrix, options: BinMatrixOptions = {}): BinnedMatrix {
  return driveSync(binMatrixTask(matrix, options));
}

/**
 * Bins a matrix, a feature at a time, by quantiles of the given rows or by the known values of a category.
 *
 * Edges lie midway between neighbouring values so that each bin holds about the same number of rows; equal values share a bin.
 *
 * @throws DomainError for an infinite value; `ERR_UNKNOWN_NAME` for a categorical feature the matrix lacks; `ERR_LIMIT` above 2.1 billion cells
 */
export function* binMatrixTask(matrix: FeatureMatrix, options: BinMatrixOptions = {}): Task<BinnedMatrix> {
  const fn = 'binMatrix';
  const choose = binChooser(fn, matrix, options);
  const { rowCount, names, columns } = matrix;
  const room = binRoom(rowCount, names.length, binKernelBytes(rowCount, choose.sample.length));
  const kernel = binKernel(room, choose.sample.length);
  try {
    const edges: Float64Array[] = [];
    const categories: (Float64Array | undefined)[] = [];
    for (let f = 0; f < columns.length; f++) {
      const progress: Progress = { phase: 'binning', done: f, total: columns.length };
      const bins = yield* choose.bins(f, kernel, progress);
      yield* placeColumn(fn, matrix, f, bins, room, kernel, progress);
      edges.push(bins.edges);
      categories.push(bins.known);
    }
    yield* writeRows(room, kernel, { phase: 'binning', done: columns.length - 1, total: columns.length });
    yield { phase: 'binning', done: columns.length, total: columns.length };
    return binnedMatrix(room, { names, edges, categories });
  } finally {
    kernel.release();
  }
}

/** Bins of one feature: edges, or the known values of a categorical one. */
interface FeatureBins {
  readonly edges: Float64Array;
  readonly known: Float64Array | undefined;
}

/** What the options say about bins, checked. */
interface BinChooser {
  readonly sample: Uint32Array;
  bins(f: number, kernel: BinKernel, progress: Progress): Task<FeatureBins>;
}

const NO_EDGES = new Float64Array(0);

function binChooser(fn: string, matrix: FeatureMatrix, options: BinMatrixOptions): BinChooser {
  requireKnownKeys(fn, options, ['rows', 'maxBin', 'zeroEdge', 'sampleRows', 'categoricalFeatures', 'jitter', 'like']);
  const maxBin = requireInteger(fn, 'maxBin', options.maxBin ?? 255, { min: 2, max: 255 });
  const sampleRows = requireInteger(fn, 'sampleRows', options.sampleRows ?? 50_000, { min: 2 });
  const jitter = requireInteger(fn, 'jitter', options.jitter ?? 0, { min: 0, max: 1000 });
  checkMatrix(fn, matrix);
  const { names, columns } = matrix;
  if (options.like !== undefined) return likeChooser(fn, names, options as BinMatrixOptions & { like: BinnedMatrix });
  const { rows, zeroEdge = true } = options;
  checkRows(fn, matrix, rows);
  const sample = evenly(rows ?? { length: matrix.rowCount }, sampleRows);
  const categorical = new Set((options.categoricalFeatures ?? []).map((name) => {
    const f = names.indexOf(name);
    if (f < 0) throw unknownName(fn, 'categorical feature', name, names);
    return f;
  }));
  const rule: EdgeRule = { maxBin, zeroEdge, firstShare: 1 - ((jitter * GOLDEN) % 1) };
  return {
    sample,
    *bins(f, kernel, progress) {
      if (categorical.has(f)) return { edges: NO_EDGES, known: yield* knownValues(columns[f], rows, progress) };
      return { edges: edgesOfSorted(kernel.sortSample(columns[f], sample), rule), known: undefined };
    },
  };
}

function likeChooser(fn: string, names: readonly string[], { like, ...others }: BinMatrixOptions & { like: BinnedMatrix }): BinChooser {
  for (const [name, value] of Object.entries(others)) if (value !== undefined) throw new DomainError(`${fn}: ${name} must not be given with like, which has bins already, got ${show(value)}`);
  const differs = names.findIndex((name, f) => name !== like.names[f]);
  if (differs >= 0 || names.length !== like.names.length) {
    const f = differs >= 0 ? differs : names.length;
    throw new DomainError(`${fn}: like must have the features of the matrix in their order, got ${show(like.names[f])} for ${show(names[f])}`);
  }
  return {
    sample: new Uint32Array(0),
    // biome-ignore lint/correctness/useYield: nothing to wait for
    *bins(f) {
      return { edges: like.edges[f], known: like.categories[f] };
    },
  };
}

function checkMatrix(fn: string, { rowCount, names, columns }: FeatureMatrix): void {
  requireSameLength(fn, { names, columns });
  if (names.length === 0) throw new DomainError(`${fn}: matrix must have at least one feature, got 0`);
  columns.forEach((column, f) => requireSameLength(fn, { 'rows of the matrix': { length: rowCount }, [`feature ${show(names[f])}`]: column }));
  if (rowCount * ((names.length + 3) & ~3) > MAX_CELLS) throw new QuantwrightError('ERR_LIMIT', `${fn}: matrix must have at most ${MAX_CELLS} cells, got ${rowCount} rows of ${names.length} features`);
  columns.forEach((column, f) => {
    if (!ArrayBuffer.isView(column)) throw new DomainError(`${fn}: feature ${show(names[f])} must be a Float64Array or a Float32Array, got ${show(column)}`);
  });
}

// At most so many of the rows, evenly spread; of an object without entries, their places.
function evenly(rows: ArrayLike<number>, most: number): Uint32Array {
  const count = Math.min(rows.length, most);
  const sample = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const place = count === rows.length ? i : Math.floor((i * rows.length) / count);
    sample[i] = rows[place] ?? place;
  }
  return sample;
}

function* placeColumn(fn: string, { rowCount, names, columns }: FeatureMatrix, f: number, { edges, known }: FeatureBins, room: BinRoom, kernel: BinKernel, progress: Progress): Task<void> {
  const bins = room.columnMajor.subarray(f * rowCount, (f + 1) * rowCount);
  for (let begin = 0; begin < rowCount; begin += CELLS_PER_STEP) {
    const end = Math.min(begin + CELLS_PER_STEP, rowCount);
    const bad = kernel.place(columns[f], f, known ?? edges, begin, end);
    if (bad >= 0) throw new DomainError(`${fn}: feature ${show(names[f])} must be finite or NaN, got ${columns[f][bad]} in row ${bad}`);
    if (known !== undefined) forgetUnknown(columns[f], known, bins, begin, end);
    yield progress;
  }
}

function* writeRows({ rowCount, stride }: BinRoom, kernel: BinKernel, progress: Progress): Task<void> {
  const rows = Math.max(16, Math.floor(TILE_BYTES / stride) & ~15);
  let cells = 0;
  for (let begin = 0; begin < rowCount; begin += rows) {
    kernel.toRows(begin, Math.min(begin + rows, rowCount));
    cells += rows * stride;
    if (cells < CELLS_PER_STEP) continue;
    cells = 0;
    yield progress;
  }
}
