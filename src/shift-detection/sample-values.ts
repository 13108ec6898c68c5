/** Reading samples. NaN means missing, and so does whatever is not a number: nothing is turned into one. */
import { requireSameLength } from '../core/assert.ts';
import { ShapeError } from '../core/errors.ts';
import { sortedFinite } from '../core/sort.ts';
import type { NotAssessableReason, Pair } from './two-sample.ts';

/** The values, with NaN for all that are missing. */
export function numbersOf(values: ArrayLike<unknown>): Float64Array {
  if (values instanceof Float64Array) return values;
  const numbers = new Float64Array(values.length); // a loop, because Float64Array.from with a function is 50 times slower
  for (let i = 0; i < values.length; i++) numbers[i] = numberOf(values[i]);
  return numbers;
}

/** A copy without what is missing. */
export function presentValues(values: ArrayLike<unknown>): Float64Array {
  const kept = new Float64Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'number' && value === value) kept[n++] = value;
  }
  return kept.subarray(0, n);
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : NaN);

export interface SortedSamples {
  /** The values that are not missing, ascending. */
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly n: Pair;
  readonly missing: Pair;
  readonly reason: 'empty-sample' | null;
}

export function sortedSamples(reference: ArrayLike<number>, current: ArrayLike<number>): SortedSamples {
  const [a, b] = [sortedFinite(numbersOf(reference)), sortedFinite(numbersOf(current))];
  return { a, b, n: [a.length, b.length], missing: [reference.length - a.length, current.length - b.length], reason: a.length === 0 || b.length === 0 ? 'empty-sample' : null };
}

/** Visits the distinct values of two ascending samples: `i` and `j` values of them are at most `value`, and `next` follows, NaN after the last. */
export function walkPooled(a: Float64Array, b: Float64Array, visit: (i: number, j: number, value: number, next: number) => void): void {
  const [m, n] = [a.length, b.length];
  let [i, j] = [0, 0];
  while (i < m || j < n) {
    const value = j === n || a[i] <= b[j] ? a[i] : b[j];
    while (i < m && a[i] === value) i++;
    while (j < n && b[j] === value) j++;
    visit(i, j, value, i === m && j === n ? NaN : j === n || a[i] <= b[j] ? a[i] : b[j]);
  }
}

/** A sample of numbers, or of rows of as many numbers each. */
export type Points = ArrayLike<number> | ArrayLike<ArrayLike<number>>;

export interface PointRows {
  /** Row-major, shape (n, columns). */
  readonly data: Float64Array;
  readonly n: number;
  readonly columns: number;
  readonly missing: number;
}

/** The complete rows of two samples; a row in which anything is missing is left out and counted. */
export function pointSamples(fn: string, reference: Points, current: Points): { readonly x: PointRows; readonly y: PointRows; readonly n: Pair; readonly missing: Pair; readonly reason: NotAssessableReason | null } {
  const [x, y] = [pointRows(fn, 'reference', reference), pointRows(fn, 'current', current)];
  const empty = x.n === 0 || y.n === 0;
  if (!empty && x.columns !== y.columns) throw new ShapeError(`${fn}: reference and current must have rows of one length, got ${x.columns} and ${y.columns}`);
  const infinite = !(x.data.every(Number.isFinite) && y.data.every(Number.isFinite));
  return { x, y, n: [x.n, y.n], missing: [x.missing, y.missing], reason: empty ? 'empty-sample' : infinite ? 'infinite-values' : null };
}

/** One row, a number being a row of one. */
export function rowOf(point: unknown): Float64Array {
  return typeof point === 'object' && point !== null && 'length' in point ? numbersOf(point as ArrayLike<number>) : Float64Array.of(numberOf(point));
}

function pointRows(fn: string, name: string, sample: Points): PointRows {
  const rows: Float64Array[] = [];
  for (let i = 0; i < sample.length; i++) {
    const row = rowOf(sample[i]);
    if (row.every((value) => value === value)) rows.push(row);
  }
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    requireSameLength(fn, { [`the first row of ${name}`]: rows[0], [`row ${i}`]: row });
    data.set(row, i * columns);
  });
  return { data, n: rows.length, columns, missing: sample.length - rows.length };
}
