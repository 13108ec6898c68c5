/** Data frames by their shape: danfojs-node's DataFrame fits, and is never imported. */
import { requireKnownKeys, show } from '../core/assert.ts';
import { DomainError, QuantwrightError, ShapeError } from '../core/errors.ts';
import { formatTime } from '../core/time.ts';
import { PANEL_OPTION_KEYS, panelFromCells, type PanelOptions } from '../panel/from-columns.ts';
import type { Panel } from '../panel/index.ts';
import { indexedRows } from '../panel/read-cells.ts';
import { type KeyNames, requireKeyNames } from '../panel/rows.ts';

/** What is read of a data frame. */
export interface FrameLike {
  /** Column names. */
  readonly columns: readonly string[];
  /** [rows, columns]. */
  readonly shape: readonly number[];
  /** Rows of cells, shape (rows, columns). */
  readonly values: unknown;
}

/**
 * Panel from a data frame, e.g. a danfojs-node `DataFrame`.
 *
 * The frame's index is not read: make it a column first. A missing cell is null, undefined, `''` or NaN. A frame with columns of text
 * besides entity and time needs `columns`.
 *
 * @throws ShapeError when the values do not have the frame's shape, or there are no rows
 * @throws DomainError and QuantwrightError as `panelFromColumns`
 * @example panelFromFrame(new DataFrame({ date: ['2018-02-07'], symbol: ['A'], close: [67.8] }), { entity: 'symbol', time: 'date' })
 */
export function panelFromFrame(frame: FrameLike, options: PanelOptions): Panel {
  const fn = 'panelFromFrame';
  requireKnownKeys(fn, options, PANEL_OPTION_KEYS);
  if (frame === null || typeof frame !== 'object' || !Array.isArray(frame.columns) || !Array.isArray(frame.shape)) throw new DomainError(`${fn}: frame must have columns, shape and values, got ${show(frame)}`);
  const { columns: names, shape } = frame;
  const rows = frame.values;
  if (shape.length !== 2 || shape[1] !== names.length || !Array.isArray(rows) || rows.length !== shape[0]) {
    throw new ShapeError(`${fn}: values must be ${shape.join(' x ')} cells for ${names.length} columns, got ${show(rows)}`);
  }
  rows.forEach((row: unknown, i) => {
    if (!isArrayLike(row) || row.length !== names.length) throw new ShapeError(`${fn}: row ${i} must have ${names.length} cells, got ${isArrayLike(row) ? row.length : show(row)}`, { details: { row: i } });
  });
  const table = rows as readonly ArrayLike<unknown>[];
  const cells = new Map<string, unknown[]>();
  names.forEach((name: unknown, j: number) => {
    if (typeof name !== 'string') throw new DomainError(`${fn}: a column name must be a text, got ${show(name)}`);
    if (cells.has(name)) throw new QuantwrightError('ERR_DUPLICATE', `${fn}: column names must be unique, got ${show(name)} twice`, { details: { column: name } });
    cells.set(name, table.map((row) => row[j]));
  });
  return panelFromCells(indexedRows(fn), Object.fromEntries(cells), options);
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/**
 * Columns of a panel as plain arrays, time as text: `new DataFrame(frameColumns(panel))`.
 *
 * @param names - names of the key columns. @default `{ time: 'time', entity: 'entity' }`
 * @throws QuantwrightError `ERR_DUPLICATE` when a column has the name of a key
 */
export function frameColumns(panel: Panel, names: KeyNames = {}): Record<string, (string | number)[]> {
  const fn = 'frameColumns';
  requireKnownKeys(fn, names, ['time', 'entity']);
  const keys = requireKeyNames(fn, panel, names);
  const timeTexts = Array.from(panel.sessions, formatTime);
  const columns: Record<string, (string | number)[]> = {
    [keys.time]: Array.from(panel.session, (s) => timeTexts[s]),
    [keys.entity]: Array.from(panel.entity, (e) => panel.entities[e]),
  };
  for (const [name, values] of Object.entries(panel.columns)) columns[name] = Array.from(values);
  return columns;
}
