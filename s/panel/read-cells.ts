/** Cells of the caller's columns become numbers, times and entity codes, or an error that names row and column. */
import { show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { tryParseTime } from '../core/time.ts';
import type { Column } from './types.ts';

/** Where the cells come from, for messages. */
export interface CellSource {
  /** Function the caller called. */
  readonly fn: string;
  /** How a row is named in messages, `row 17` or `line 19`. */
  readonly rowName: (row: number) => string;
}

/** Rows are named by their zero-based index. */
export function indexedRows(fn: string): CellSource {
  return { fn, rowName: (row) => `row ${row}` };
}

/** The error for one cell, with its row and column as details. */
export function cellError(source: CellSource, column: string, row: number, rule: string): DomainError {
  return new DomainError(`${source.fn}: column ${JSON.stringify(column)}, ${source.rowName(row)}: ${rule}`, { details: { column, row } });
}

/** Epoch milliseconds of a column of times, shape (n). */
export function readTimes(source: CellSource, column: string, cells: ArrayLike<unknown>): Float64Array {
  const n = cells.length;
  const times = new Float64Array(n);
  const known = new Map<unknown, number>(); // the same dates return for every entity
  let last: unknown;
  let lastTime = NaN;
  for (let row = 0; row < n; row++) {
    const cell = cells[row];
    if (cell !== last || row === 0) {
      let time = typeof cell === 'string' ? known.get(cell) : undefined;
      if (time === undefined) {
        time = tryParseTime(cell);
        if (time === undefined) throw cellError(source, column, row, `a time must be YYYY-MM-DD, a date-time with Z or an offset, a Date or integer epoch milliseconds, got ${show(cell)}`);
        if (typeof cell === 'string') known.set(cell, time);
      }
      last = cell;
      lastTime = time + 0; // -0 is 0
    }
    times[row] = lastTime;
  }
  return times;
}

/** Entity names, ascending by UTF-16 code unit, and the index of each row's name. */
export interface EntityCodes {
  readonly names: string[];
  readonly codes: Uint32Array;
}

/** Codes of a column of entity names. */
export function readEntities(source: CellSource, column: string, cells: ArrayLike<unknown>): EntityCodes {
  const n = cells.length;
  const codes = new Uint32Array(n);
  const codeOf = new Map<string, number>();
  const seen: string[] = [];
  let last: unknown;
  let lastCode = 0;
  for (let row = 0; row < n; row++) {
    const cell = cells[row];
    if (cell !== last || row === 0) {
      if (typeof cell !== 'string' || cell.length === 0) throw cellError(source, column, row, `an entity must be a non-empty text, got ${show(cell)}`);
      const code = codeOf.get(cell);
      if (code === undefined) {
        // A padded name would be another entity that prints the same.
        if (cell.trim() !== cell) throw cellError(source, column, row, `an entity must not begin or end with white space, got ${show(cell)}`);
        lastCode = seen.length;
        codeOf.set(cell, lastCode);
        seen.push(cell);
      } else lastCode = code;
      last = cell;
    }
    codes[row] = lastCode;
  }
  const names = seen.slice().sort(); // the language's own order of strings: UTF-16 code units, no locale
  const place = new Uint32Array(names.length);
  names.forEach((name, i) => {
    place[codeOf.get(name) as number] = i;
  });
  for (let row = 0; row < n; row++) codes[row] = place[codes[row]];
  return { names, codes };
}

/**
 * Numbers of a value column, gathered in the order of `order` (the caller's own order when absent); missing cells become NaN.
 *
 * The error names the caller's first wrong row, whatever the order.
 */
export function readNumbers(source: CellSource, column: string, cells: ArrayLike<unknown>, target: Column, order?: Uint32Array): Column {
  const n = target.length;
  for (let i = 0; i < n; i++) {
    const cell = cells[order === undefined ? i : order[i]];
    if (typeof cell === 'number') target[i] = cell === cell ? cell : NaN; // one NaN: the payload of a foreign one would change the digest of equal data
    else if (cell === null || cell === undefined || cell === '') target[i] = NaN;
    else throw firstWrongCell(source, column, cells, target);
    const stored = target[i];
    if (stored === Infinity || stored === -Infinity) throw firstWrongCell(source, column, cells, target);
  }
  return target;
}

function firstWrongCell(source: CellSource, column: string, cells: ArrayLike<unknown>, target: Column): DomainError {
  const round = target instanceof Float32Array ? Math.fround : Number;
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row];
    if (cell === null || cell === undefined || cell === '') continue;
    if (typeof cell !== 'number') return cellError(source, column, row, `a value must be a number, null, undefined or '' (missing), got ${show(cell)}; list the numeric columns to read in \`columns\``);
    if (Math.abs(round(cell)) === Infinity) return cellError(source, column, row, `a value must be finite${Number.isFinite(cell) ? ' as a 32-bit float' : ''}, got ${show(cell)}`);
  }
  return cellError(source, column, 0, 'cells must not change while they are read');
}
