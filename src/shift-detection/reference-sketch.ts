/** A column as counts between quantiles: a few kilobytes instead of rows. */
import type { Task } from '../core/drive.ts';
import { hashUniform } from '../core/hash.ts';
import { lowerBound, sortedFinite } from '../core/sort.ts';

/** Counts of a numeric column in cells [edge, next edge); the first and the last reach to the infinities. */
export interface NumericSketch {
  readonly kind: 'numeric';
  /** Ascending, shape (cells - 1). */
  readonly edges: Float64Array;
  /** Rows in each cell, shape (cells). */
  readonly counts: Float64Array;
  /** Sum of the values in each cell, shape (cells). */
  readonly sums: Float64Array;
  /** Least value in the first and the last cell; Infinity when both are empty. */
  readonly minimum: number;
  /** Greatest value there; -Infinity when both are empty. */
  readonly maximum: number;
  /** NaN and whatever is not a number. */
  readonly missing: number;
}

// Rows counted between two steps of progress: about a millisecond.
const ROWS_PER_STEP = 65_536;
// Edges are order statistics of at most so many values: they need not be exact, the counts between them are.
const SAMPLE = 131_072;

/** A typed array as it is, anything else with NaN for what is not a number. */
export function numericColumn(column: ArrayLike<unknown>): Float64Array | Float32Array {
  return column instanceof Float64Array || column instanceof Float32Array ? column : Float64Array.from(column, (value) => (typeof value === 'number' ? value : NaN));
}

/**
 * Edges at order statistics, so that no cell is empty: each edge is a value and lies above the least one.
 *
 * @returns at most `cells - 1`, fewer where values repeat; none for a constant column
 */
export function sketchEdges(column: Float64Array | Float32Array, cells: number): Float64Array {
  let values: ArrayLike<number> = column;
  if (column.length > SAMPLE) {
    // One value from each of equal stretches, at a hashed place: a fixed step could fall in with the names of a session.
    const step = column.length / SAMPLE;
    values = Float64Array.from({ length: SAMPLE }, (_, i) => column[Math.min(column.length - 1, Math.floor((i + hashUniform(0, 0, i)) * step))]);
  }
  const sorted = sortedFinite(values);
  const n = sorted.length;
  const edges: number[] = [];
  for (let k = 1; k < cells && n > 0; k++) {
    const edge = sorted[Math.floor((k * n) / cells)];
    if (edge > (edges[edges.length - 1] ?? sorted[0])) edges.push(edge);
  }
  // A rare value above a common one stays visible.
  if (edges.length === 0 && sorted[n - 1] > sorted[0]) edges.push(sorted.find((value) => value > sorted[0]) as number);
  return Float64Array.from(edges);
}

// Of a long column: so many that even of skewed values few share a slot with an edge.
const MOST_SLOTS = 8192;

/**
 * Edges with a table of slots of equal width, in most of which there is no edge to compare with.
 *
 * Rounding is monotone, and an overflow sends all values to slot 0 alike: the slot of a value never lies before that of a lesser edge.
 */
interface CellTable {
  readonly edges: Float64Array;
  readonly low: number;
  readonly high: number;
  readonly scale: number;
  /** Edges in earlier slots, shape (slots + 2). */
  readonly before: Uint16Array;
}

function cellTable(edges: Float64Array, rows: number): CellTable {
  const slots = Math.min(MOST_SLOTS, edges.length + (rows >> 3));
  const [low, high] = [edges[0], edges[edges.length - 1]];
  const scale = slots / (high - low);
  const before = new Uint16Array(slots + 2);
  for (let slot = 0, e = 0; slot < before.length; slot++) {
    while (e < edges.length && (((edges[e] - low) * scale) | 0) < slot) e++;
    before[slot] = e;
  }
  return { edges, low, high, scale, before };
}

/** Number of edges at or below the value, which is known to be in [from, to]. */
export function edgesUpTo(edges: Float64Array, value: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts a column into the cells of given edges. */
export function* sketchColumn(column: Float64Array | Float32Array, edges: Float64Array, phase: string): Task<NumericSketch> {
  const table = cellTable(edges, column.length);
  const [counts, sums] = [new Float64Array(edges.length + 1), new Float64Array(edges.length + 1)];
  const ends: Ends = { minimum: Infinity, maximum: -Infinity, missing: 0 };
  for (let start = 0; start < column.length; start += ROWS_PER_STEP) {
    const rows = column.subarray(start, start + ROWS_PER_STEP);
    countRows(rows, table, counts, sums, ends);
    yield { phase, done: start + rows.length, total: column.length };
  }
  return Object.freeze({ kind: 'numeric', edges, counts, sums, ...ends });
}

interface Ends {
  minimum: number;
  maximum: number;
  missing: number;
}

// The loop that costs the time: one in fifty values lies in an end cell.
function countRows(rows: Float64Array | Float32Array, table: CellTable, counts: Float64Array, sums: Float64Array, ends: Ends): void {
  const { edges, low, high, scale, before } = table;
  const last = edges.length;
  let { minimum, maximum, missing } = ends;
  for (let i = 0; i < rows.length; i++) {
    const value = rows[i];
    let cell = 0;
    if (value >= low && value < high) {
      const slot = ((value - low) * scale) | 0;
      cell = before[slot];
      const end = before[slot + 1];
      if (cell < end) cell = edgesUpTo(edges, value, cell, end);
    } else if (value === value) {
      cell = value >= high ? last : 0;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    } else {
      missing++;
      continue;
    }
    counts[cell]++;
    sums[cell] += value;
  }
  ends.minimum = minimum;
  ends.maximum = maximum;
  ends.missing = missing;
}

/**
 * The cells at which bins of about equal counts begin, the first at cell 0.
 *
 * The i-th begins where the count below comes nearest to i / bins of all; where that is the same place twice there are fewer bins. None is empty.
 */
export function binStarts(counts: Float64Array, bins: number): Uint32Array {
  const below = new Float64Array(counts.length + 1);
  for (let c = 0; c < counts.length; c++) below[c + 1] = below[c] + counts[c];
  const n = below[counts.length];
  const starts = [0];
  for (let i = 1; i < bins; i++) {
    const target = (i * n) / bins;
    const above = lowerBound(below, target);
    const cell = above > 0 && target - below[above - 1] <= below[above] - target ? lowerBound(below, below[above - 1]) : above;
    if (below[cell] > below[starts[starts.length - 1]] && below[cell] < n) starts.push(cell);
  }
  return Uint32Array.from(starts);
}

/** Sums of counts from each start to the next. */
export function binned(counts: Float64Array, starts: Uint32Array): Float64Array {
  return Float64Array.from(starts, (start, i) => {
    let sum = 0;
    for (let c = start; c < (starts[i + 1] ?? counts.length); c++) sum += counts[c];
    return sum;
  });
}

/** Whether two lists hold the same values. */
export function sameValues(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  return a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));
}

/**
 * Both columns as one. With the same edges counts add up exactly.
 *
 * Otherwise new edges are taken from both, the rows of a cell spread evenly between its ends: a count can be off by the rows of one cell of either.
 */
export function mergeSketches(a: NumericSketch, b: NumericSketch, cells: number): NumericSketch {
  const ends = { kind: 'numeric', minimum: Math.min(a.minimum, b.minimum), maximum: Math.max(a.maximum, b.maximum), missing: a.missing + b.missing } as const;
  const plus = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value + y[i]);
  const n = total(a.counts) + total(b.counts);
  if (total(b.counts) === 0) return Object.freeze({ ...a, missing: ends.missing });
  if (total(a.counts) === 0) return Object.freeze({ ...b, missing: ends.missing });
  if (sameValues(a.edges, b.edges)) return Object.freeze({ ...ends, edges: a.edges, counts: plus(a.counts, b.counts), sums: plus(a.sums, b.sums) });
  const all = Float64Array.from([...a.edges, ...b.edges, a.minimum, b.minimum]).sort().filter((edge, i, sorted) => edge !== sorted[i - 1]);
  const parts = [a, b].map(cumulativeAt);
  const rows = all.map((edge) => Math.round(parts[0](edge).rows + parts[1](edge).rows));
  const kept: number[] = [];
  for (let k = 1; k < cells; k++) {
    const at = lowerBound(rows, (k * n) / cells);
    const before = kept.length === 0 ? 0 : rows[kept[kept.length - 1]];
    if (at < rows.length && rows[at] > before && rows[at] < n) kept.push(at);
  }
  const gaps = (upTo: readonly number[]): Float64Array => Float64Array.from(upTo, (value, i) => value - (i === 0 ? 0 : upTo[i - 1]));
  const sumUpTo = kept.map((at) => parts[0](all[at]).sum + parts[1](all[at]).sum);
  return Object.freeze({
    ...ends,
    edges: Float64Array.from(kept, (at) => all[at]),
    counts: gaps([...kept.map((at) => rows[at]), n]),
    sums: gaps([...sumUpTo, total(a.sums) + total(b.sums)]),
  });
}

// Rows below a value and their sum.
function cumulativeAt({ edges, counts, sums, minimum, maximum }: NumericSketch): (value: number) => { readonly rows: number; readonly sum: number } {
  return (value) => {
    const cell = lowerBound(edges, value);
    let [rows, sum] = [0, 0];
    for (let c = 0; c < cell; c++) [rows, sum] = [rows + counts[c], sum + sums[c]];
    const [low, high] = [edges[cell - 1] ?? minimum, edges[cell] ?? maximum];
    const share = value > high ? 1 : value > low && high - low < Infinity ? (value - low) / (high - low) : 0;
    return { rows: rows + share * counts[cell], sum: sum + share * sums[cell] };
  };
}

export function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
