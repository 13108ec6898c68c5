/** A panel from CSV text. The text comes from the host: nothing here opens a file. */
import Papa from 'papaparse';
import { requireKnownKeys, requireText, show, unknownName } from '../core/assert.ts';
import { DomainError, QuantwrightError, ShapeError } from '../core/errors.ts';
import { lineOfRecord, scanCsv } from './csv-scan.ts';
import { PANEL_OPTION_KEYS, type PanelOptions, panelFromCells, requireBytes, requireNames } from './from-columns.ts';
import { type CellSource, cellError } from './read-cells.ts';
import type { Panel } from './types.ts';

/** How to read a CSV text. */
export interface PanelFromCsvOptions extends Omit<PanelOptions, 'entity'> {
  /** Name of the column of entity names; not with `wide`. */
  readonly entity?: string;
  /** One character between fields. @default ',' */
  readonly delimiter?: string;
  /** Texts that mean a missing value, besides the empty cell. @default ['NaN', 'nan', 'NA', 'N/A', 'null'] */
  readonly missing?: readonly string[];
  /** One column per entity: the header holds their names and the cells the values of the panel's column `value`. An empty cell is an absent row. */
  readonly wide?: { readonly value: string };
}

const DEFAULT_MISSING = ['NaN', 'nan', 'NA', 'N/A', 'null'];

/**
 * Panel from CSV text with a header line.
 *
 * Quotes as in RFC 4180; blank lines are skipped; every record must have as many fields as the header. Values are decimal numbers
 * with a point. With `wide`, `columns` chooses among the entities.
 *
 * @param text - the whole text, with or without a byte order mark
 * @throws SchemaError for malformed CSV, naming the line
 * @throws DomainError for a bad time, entity or value, naming line and column
 * @throws QuantwrightError `ERR_UNKNOWN_NAME`, `ERR_DUPLICATE`, `ERR_LIMIT` as `panelFromColumns`
 * @example panelFromCsv('date,symbol,close\n2018-02-07,A,67.8', { entity: 'symbol', time: 'date' })
 * @example panelFromCsv('Date,A,B\n2018-02-07,67.8,', { time: 'Date', wide: { value: 'close' } })
 */
export function panelFromCsv(text: string, options: PanelFromCsvOptions): Panel {
  const fn = 'panelFromCsv';
  requireKnownKeys(fn, options, [...PANEL_OPTION_KEYS, 'delimiter', 'missing', 'wide']);
  const { delimiter = ',', missing = DEFAULT_MISSING, wide, ...panelOptions } = options;
  if (typeof text !== 'string') throw new DomainError(`${fn}: text must be a string, got ${show(text)}`);
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || /["\r\n\ufeff]/.test(delimiter)) throw new DomainError(`${fn}: delimiter must be one character other than a quote or a line end, got ${show(delimiter)}`);
  if (!Array.isArray(missing)) throw new DomainError(`${fn}: missing must be an array of texts, got ${show(missing)}`);
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const { newline, recordCount } = scanCsv(fn, body, delimiter);
  if (recordCount < 2) throw new ShapeError(`${fn}: text must have a header and at least one row, got ${recordCount === 0 ? 'no header' : 'only a header'}`);
  const records = Papa.parse<string[]>(body, { delimiter, newline }).data.filter((record) => record.length > 1 || record[0] !== '');
  const table: CsvTable = {
    header: records[0],
    records,
    line: (record) => `line ${lineOfRecord(body, delimiter, record)}`,
    missing: new Set<string>(['', ...missing]),
  };
  requireHeader(fn, table.header);
  return wide === undefined ? longPanel(fn, table, panelOptions) : widePanel(fn, table, panelOptions, wide);
}

interface CsvTable {
  readonly header: readonly string[];
  /** All records; the first is the header. */
  readonly records: readonly (readonly string[])[];
  readonly line: (record: number) => string;
  readonly missing: ReadonlySet<string>;
}

function requireHeader(fn: string, header: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of header) {
    // An unnamed column (a written index) is harmless unless it is taken.
    if (name === '') continue;
    if (seen.has(name)) throw new QuantwrightError('ERR_DUPLICATE', `${fn}: line 1: column names must be unique, got ${show(name)} twice`, { details: { column: name } });
    seen.add(name);
  }
  requireNames(fn, seen);
}

function indexOfColumn(fn: string, header: readonly string[], name: string): number {
  const index = header.indexOf(name);
  if (index === -1) throw unknownName(fn, 'column', name, header);
  return index;
}

function longPanel(fn: string, table: CsvTable, options: Omit<PanelFromCsvOptions, 'wide'>): Panel {
  const entity = requireText(fn, 'entity', options.entity);
  const time = requireText(fn, 'time', options.time);
  const { header, records } = table;
  const n = records.length - 1;
  const values = Array.isArray(options.columns) ? (options.columns as readonly string[]) : header.filter((name) => name !== entity && name !== time);
  const indices = new Map([time, entity, ...values].map((name) => [name, indexOfColumn(fn, header, name)]));
  requireNames(fn, indices.keys());
  requireBytes(fn, n, values.length, options);
  const source: CellSource = { fn, rowName: (row) => table.line(row + 1) };
  const cells: Record<string, ArrayLike<unknown>> = {};
  for (const [name, j] of indices) cells[name] = name === time || name === entity ? records.map((record) => record[j]).slice(1) : readColumn(source, table, name, j);
  return panelFromCells(source, cells, { ...options, entity, time });
}

function readColumn(source: CellSource, table: CsvTable, name: string, j: number): Float64Array {
  const { records, missing } = table;
  const values = new Float64Array(records.length - 1);
  for (let i = 0; i < values.length; i++) values[i] = readCell(source, name, i, records[i + 1][j], missing);
  return values;
}

function widePanel(fn: string, table: CsvTable, options: Omit<PanelFromCsvOptions, 'wide'>, wide: { readonly value: string }): Panel {
  requireKnownKeys(fn, wide, ['value']);
  if (options.entity !== undefined) throw new DomainError(`${fn}: entity must be left out of a wide table, whose header holds the entities, got ${show(options.entity)}`);
  const value = requireText(fn, 'wide.value', wide.value);
  const time = requireText(fn, 'time', options.time);
  const { header, records, missing } = table;
  const timeIndex = indexOfColumn(fn, header, time);
  const names = options.columns ?? header.filter((name) => name !== time);
  if (!Array.isArray(names) || names.length === 0) throw new DomainError(`${fn}: columns must name at least one entity, got ${show(names)}`);
  const indices = (names as readonly string[]).map((name) => indexOfColumn(fn, header, requireText(fn, 'columns', name)));
  if (new Set(indices).size < indices.length || indices.includes(timeIndex)) throw new QuantwrightError('ERR_DUPLICATE', `${fn}: columns must name each entity once, and not the time column`, { details: { columns: names } });

  let n = 0;
  for (let r = 1; r < records.length; r++) for (const j of indices) if (!missing.has(records[r][j].trim())) n++;
  if (n === 0) throw new ShapeError(`${fn}: a wide table must have at least one value, got none`);
  requireBytes(fn, n, 1, options);
  const recordOf = new Uint32Array(n);
  const times: string[] = [];
  const entities: string[] = [];
  const values = new Float64Array(n);
  const source: CellSource = { fn, rowName: (row) => table.line(recordOf[row]) };
  for (let r = 1, k = 0; r < records.length; r++) {
    for (const j of indices) {
      const cell = records[r][j];
      if (missing.has(cell.trim())) continue;
      recordOf[k] = r;
      times.push(records[r][timeIndex]);
      entities.push(header[j]);
      values[k] = readCell(source, header[j], k, cell, missing);
      k++;
    }
  }
  // Names of the parts must differ even when the file calls its time column like the value.
  const cells = { [`${value} time`]: times, [`${value} entity`]: entities, [value]: values };
  return panelFromCells(source, cells, { time: `${value} time`, entity: `${value} entity`, columns: [value], ...sizeOptions(options) });
}

function sizeOptions(options: Omit<PanelFromCsvOptions, 'wide'>): Pick<PanelOptions, 'float32' | 'maxBytes'> {
  const { float32, maxBytes } = options;
  return { ...(float32 === undefined ? {} : { float32 }), ...(maxBytes === undefined ? {} : { maxBytes }) };
}

// Number() also reads hexadecimal, octal and binary, and white space as 0.
function readCell(source: CellSource, column: string, row: number, cell: string, missing: ReadonlySet<string>): number {
  const value = Number(cell);
  if (value !== 0 && value === value && Math.abs(value) !== Infinity && !(cell.charCodeAt(0) === 48 && /^0[xob]/i.test(cell))) return value;
  const text = cell.trim();
  if (missing.has(text)) return NaN;
  if (value === value && Math.abs(value) !== Infinity && /^[+-]?[0-9.]/.test(text) && !/^0[xob]/i.test(text)) return value;
  const infinite = Math.abs(value) === Infinity;
  throw cellError(source, column, row, infinite ? `a value must be finite, got ${show(cell)}` : `a value must be a decimal number or missing, got ${show(cell)}`);
}
