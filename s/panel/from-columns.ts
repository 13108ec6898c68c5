/** A panel from the caller's columns or rows. */
import { requireKnownKeys, requireNumber, requireText, show, unknownName } from '../core/assert.ts';
import { DomainError, QuantwrightError, ShapeError } from '../core/errors.ts';
import { finishPanel } from './finish.ts';
import { type CellSource, indexedRows, readEntities, readNumbers, readTimes } from './read-cells.ts';
import { sortKeys } from './sort-rows.ts';
import type { Column, Panel } from './types.ts';

/** How to read a table. */
export interface PanelOptions {
  /** Name of the column of entity names (texts, e.g. ticker symbols). */
  readonly entity: string;
  /** Name of the column of times: `YYYY-MM-DD`, a date-time with Z or an offset, a Date, or epoch milliseconds. */
  readonly time: string;
  /** Value columns to take, all numeric. @default every column but `entity` and `time` */
  readonly columns?: readonly string[];
  /** Store values in 32 bits: half the memory, 7 digits. @default false */
  readonly float32?: boolean;
  /** Most bytes the panel may take, checked before they are taken. @default 4294967296 (4 GiB) */
  readonly maxBytes?: number;
}

/** Keys of {@link PanelOptions}. */
export const PANEL_OPTION_KEYS: readonly string[] = Object.freeze(['entity', 'time', 'columns', 'float32', 'maxBytes']);

const DEFAULT_MAX_BYTES = 2 ** 32;
const MAX_ROWS = 2 ** 31 - 1;
const KEY_BYTES_PER_ROW = 16; // time or order while sorting, session, entity

// Names that could reach a prototype when columns are copied by assignment elsewhere.
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Panel from named columns.
 *
 * Rows may come in any order; rows sorted by time and entity are taken as they are. Values are copied.
 * Missing values are null, undefined, `''` or NaN. Text in a value column is an error, never dropped silently.
 *
 * @param columns - columns of equal length n >= 1, keyed by name
 * @throws ShapeError for unequal columns or no rows
 * @throws DomainError for a bad time, entity or value (text, infinity), naming row and column
 * @throws QuantwrightError `ERR_UNKNOWN_NAME` with the nearest name, `ERR_DUPLICATE` naming both rows, `ERR_LIMIT`
 * @example panelFromColumns({ date: ['2018-02-07'], symbol: ['A'], close: [67.8] }, { entity: 'symbol', time: 'date' })
 */
export function panelFromColumns(columns: Readonly<Record<string, ArrayLike<unknown>>>, options: PanelOptions): Panel {
  const fn = 'panelFromColumns';
  requireKnownKeys(fn, options, PANEL_OPTION_KEYS);
  if (columns === null || typeof columns !== 'object' || Array.isArray(columns)) throw new DomainError(`${fn}: columns must be an object of arrays, got ${show(columns)}`);
  return panelFromCells(indexedRows(fn), columns, options);
}

/**
 * Panel from row objects, e.g. parsed JSON lines.
 *
 * A key that a row lacks is a missing value there. See {@link panelFromColumns} for the rules.
 *
 * @param rows - at least one object
 * @example panelFromRows([{ date: '2018-02-07', symbol: 'A', close: 67.8 }], { entity: 'symbol', time: 'date' })
 */
export function panelFromRows(rows: readonly object[], options: PanelOptions): Panel {
  const fn = 'panelFromRows';
  requireKnownKeys(fn, options, PANEL_OPTION_KEYS);
  return panelFromCells(indexedRows(fn), columnsOfRows(fn, rows, options), options);
}

/** The columns of row objects: those named by the options, or every key that occurs. */
export function columnsOfRows(fn: string, rows: readonly object[], options: PanelOptions): Record<string, unknown[]> {
  if (!Array.isArray(rows)) throw new DomainError(`${fn}: rows must be an array of objects, got ${show(rows)}`);
  if (rows.length === 0) throw new ShapeError(`${fn}: rows must have at least one row, got 0`);
  const names = new Set<string>();
  rows.forEach((row: unknown, i) => {
    if (row === null || typeof row !== 'object' || Array.isArray(row)) throw new DomainError(`${fn}: row ${i} must be an object, got ${show(row)}`, { details: { row: i } });
    for (const name of Object.keys(row)) names.add(name);
  });
  requireNames(fn, names);
  const known = [...names];
  const listed = Array.isArray(options.columns) ? [options.entity, options.time, ...(options.columns as readonly string[])] : undefined;
  // A name that no row has: told here, where the other keys of the rows are known.
  for (const name of listed ?? []) if (typeof name === 'string' && !names.has(name)) throw unknownName(fn, 'column', name, known);
  const columns: Record<string, unknown[]> = {};
  for (const name of listed === undefined ? known : known.filter((key) => listed.includes(key))) columns[name] = rows.map((row) => (row as Record<string, unknown>)[name]);
  return columns;
}

/** Checks, sorts and copies cells into a panel. */
export function panelFromCells(source: CellSource, cells: Readonly<Record<string, ArrayLike<unknown>>>, options: PanelOptions): Panel {
  const { fn } = source;
  const entityName = requireText(fn, 'entity', options.entity);
  const timeName = requireText(fn, 'time', options.time);
  if (entityName === timeName) throw new DomainError(`${fn}: entity and time must name two columns, got ${show(entityName)} twice`);
  const known = Object.keys(cells);
  requireNames(fn, known);
  const valueNames = wantedColumns(fn, known, options, entityName, timeName);
  for (const name of [entityName, timeName, ...valueNames]) if (!Object.hasOwn(cells, name)) throw unknownName(fn, 'column', name, known);
  const n = requireEqualColumns(fn, cells, [timeName, entityName, ...valueNames]);
  requireBytes(fn, n, valueNames.length, options);
  const float32 = options.float32 === true;
  const times = readTimes(source, timeName, cells[timeName]);
  const codes = readEntities(source, entityName, cells[entityName]);
  const keys = sortKeys(source, times, codes);
  const columns: Record<string, Column> = {};
  for (const name of valueNames) columns[name] = readNumbers(source, name, cells[name], float32 ? new Float32Array(n) : new Float64Array(n), keys.order);
  return finishPanel({ rowCount: n, entities: codes.names, sessions: keys.sessions, sessionStart: keys.sessionStart, session: keys.session, entity: keys.entity, columns });
}

function wantedColumns(fn: string, known: readonly string[], options: PanelOptions, entityName: string, timeName: string): readonly string[] {
  if (options.columns === undefined) return known.filter((name) => name !== entityName && name !== timeName);
  if (!Array.isArray(options.columns)) throw new DomainError(`${fn}: columns must be an array of names, got ${show(options.columns)}`);
  const names = new Set<string>();
  for (const name of options.columns as readonly unknown[]) {
    const text = requireText(fn, 'columns', name);
    if (text === entityName || text === timeName) throw new DomainError(`${fn}: columns must not list the ${text === timeName ? 'time' : 'entity'} column ${show(text)}`);
    if (names.has(text)) throw new QuantwrightError('ERR_DUPLICATE', `${fn}: columns must be listed once, got ${show(text)} twice`, { details: { column: text } });
    names.add(text);
  }
  requireNames(fn, names);
  return [...names];
}

/** Throws for a column name that is empty or could reach a prototype. */
export function requireNames(fn: string, names: Iterable<string>): void {
  for (const name of names) {
    if (name.length === 0) throw new DomainError(`${fn}: a column name must be a non-empty string, got ""`);
    if (FORBIDDEN_NAMES.has(name)) throw new DomainError(`${fn}: column name ${JSON.stringify(name)} is not allowed`, { details: { column: name } });
  }
}

function requireEqualColumns(fn: string, cells: Readonly<Record<string, ArrayLike<unknown>>>, names: readonly string[]): number {
  for (const name of names) {
    const column: unknown = cells[name];
    if (column === null || typeof column !== 'object' || typeof (column as ArrayLike<unknown>).length !== 'number') throw new DomainError(`${fn}: column ${JSON.stringify(name)} must be an array, got ${show(column)}`, { details: { column: name } });
  }
  const n = cells[names[0]].length;
  const other = names.find((name) => cells[name].length !== n);
  if (other !== undefined) {
    throw new ShapeError(`${fn}: columns must have the same length, got ${n} in ${JSON.stringify(names[0])} and ${cells[other].length} in ${JSON.stringify(other)}`, { details: { columns: [names[0], other] } });
  }
  if (n === 0) throw new ShapeError(`${fn}: columns must have at least one row, got 0`);
  return n;
}

/** Throws before a panel of n rows is allocated when it would be too large. */
export function requireBytes(fn: string, n: number, columnCount: number, options: { readonly float32?: boolean; readonly maxBytes?: number }): void {
  const { float32 = false, maxBytes = DEFAULT_MAX_BYTES } = options;
  if (typeof float32 !== 'boolean') throw new DomainError(`${fn}: float32 must be true or false, got ${show(float32)}`);
  requireNumber(fn, 'maxBytes', maxBytes, { min: 1 });
  if (n > MAX_ROWS) throw new QuantwrightError('ERR_LIMIT', `${fn}: a panel must have at most ${MAX_ROWS} rows, got ${n}`, { details: { rows: n, limit: MAX_ROWS } });
  const bytes = n * (columnCount * (float32 ? 4 : 8) + KEY_BYTES_PER_ROW);
  if (bytes > maxBytes) throw new QuantwrightError('ERR_LIMIT', `${fn}: ${n} rows of ${columnCount} columns need ${bytes} bytes, more than maxBytes ${maxBytes}`, { details: { bytes, limit: maxBytes } });
}
