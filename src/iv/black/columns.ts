/** Columns of options for the batch functions: an array with a value per row, or one value for all rows. */
import { requireKnownKeys, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import type { OptionType } from '../option.ts';

/** A value per row, or one for all. NaN is missing. */
export type NumberColumn = ArrayLike<number> | number;
/** 'call' or 'put' for all rows or per row, or an `Int8Array` of 1 (call) and -1 (put). */
export type TypeColumn = OptionType | readonly OptionType[] | Int8Array;

/** What became of a row: `ROW_STATUS[status[i]]`. */
export const ROW_STATUS: readonly ['ok', 'expired', 'zero-vol', 'missing', 'invalid'] = Object.freeze(['ok', 'expired', 'zero-vol', 'missing', 'invalid'] as const);
/** A number in `status`: the place in {@link ROW_STATUS}. */
export type RowStatus = (typeof ROW_STATUS)[number];

export const ROW_OK = 0;
export const ROW_EXPIRED = 1; // the limits of price and greeks, as documented
export const ROW_ZERO_VOL = 2; // likewise
export const ROW_MISSING = 3; // some input is NaN: results NaN
export const ROW_INVALID = 4; // some input is out of range, or a result beyond the largest double: results NaN

/** Number of rows the columns agree on: one when all are single values. */
export function columnRows(fn: string, columns: object, known: readonly string[], required: readonly string[]): number {
  requireKnownKeys(fn, columns, known);
  let rows = -1;
  let first = '';
  for (const name of known) {
    const column: unknown = (columns as Record<string, unknown>)[name];
    if (column === undefined && !required.includes(name)) continue;
    if (typeof column === 'number' || (name === 'type' && (column === 'call' || column === 'put'))) continue;
    const length: unknown = typeof column === 'object' && column !== null ? (column as ArrayLike<unknown>).length : undefined;
    if (typeof length !== 'number') throw new DomainError(`${fn}: ${name} must be a column or a single value, got ${show(column)}`);
    if (rows >= 0 && length !== rows) throw new ShapeError(`${fn}: ${first} and ${name} must have the same length, got ${rows} and ${length}`);
    if (rows < 0) first = name;
    rows = length;
  }
  return rows < 0 ? 1 : rows;
}

/** A column as doubles of the given length; typed columns of doubles are used as they are. */
export function asDoubles(column: NumberColumn | undefined, rows: number, fallback: number): Float64Array {
  if (column instanceof Float64Array) return column;
  return typeof column === 'object' ? Float64Array.from(column as ArrayLike<number>, Number) : new Float64Array(rows).fill(column ?? fallback);
}

/** A column of types as 1 and -1; 0 where a row is neither. */
export function asSigns(column: TypeColumn, rows: number): Int8Array {
  if (column instanceof Int8Array) return column;
  const signs = new Int8Array(rows);
  for (let i = 0; i < rows; i++) {
    const type = typeof column === 'string' ? column : column[i];
    signs[i] = type === 'call' ? 1 : type === 'put' ? -1 : 0;
  }
  return signs;
}

/** Arrays for results: those given, checked, or new ones. */
export function outputColumns<N extends string>(fn: string, names: readonly N[], rows: number, reused: Readonly<Partial<Record<N | 'status', Float64Array | Uint8Array>>> | undefined): Record<N, Float64Array> & { status: Uint8Array } {
  if (reused !== undefined) requireKnownKeys(fn, reused, [...names, 'status']);
  const result: Record<string, Float64Array | Uint8Array> = {};
  for (const name of names) {
    const array = reused?.[name] ?? new Float64Array(rows);
    if (!(array instanceof Float64Array) || array.length !== rows) throw new ShapeError(`${fn}: out.${name} must be a Float64Array of ${rows}, got ${show(array)} of ${array.length}`);
    result[name] = array;
  }
  const status = reused?.status ?? new Uint8Array(rows);
  if (!(status instanceof Uint8Array) || status.length !== rows) throw new ShapeError(`${fn}: out.status must be a Uint8Array of ${rows}, got ${show(status)} of ${status.length}`);
  result['status'] = status;
  return result as Record<N, Float64Array> & { status: Uint8Array };
}
