/** Columns of doubles from what callers have. */
import { requireSameLength, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { tryParseTime } from '../../core/time.ts';
import { YEAR_MS } from './expiry-time.ts';
import type { OptionQuote, OptionQuoteColumns, TimeLike } from './option-quote.ts';

/** Epoch milliseconds of the settlement of a group's options on a date; NaN for a date that does not exist. */
export type SettlementReader = (date: string, group: string) => number;

const COLUMNS = ['group', 'expiry', 'expiryYears', 'strike', 'type', 'bid', 'ask', 'bidSize', 'askSize', 'volume', 'openInterest', 'lastTradeTime', 'quoteTime', 'exerciseStyle'] as const;
const REQUIRED = ['strike', 'type', 'bid', 'ask'] as const;
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const LAST_TIME = 8.64e15; // of a Date

/** Rows turned into columns; a column no row has is left out. */
export function columnsOfRows(fn: string, rows: readonly OptionQuote[]): OptionQuoteColumns {
  const columns: Partial<Record<(typeof COLUMNS)[number], unknown[]>> = {};
  for (const name of REQUIRED) columns[name] = new Array(rows.length);
  rows.forEach((row, i) => {
    if (row === null || typeof row !== 'object') throw new DomainError(`${fn}: quotes[${i}] must be an object, got ${show(row)}`);
  });
  for (const name of COLUMNS) {
    let column: unknown[] | undefined = columns[name];
    for (let i = 0; i < rows.length; i++) {
      const value = rows[i][name];
      if (value === undefined) continue;
      if (column === undefined) columns[name] = column = new Array(rows.length);
      column[i] = value;
    }
  }
  const found: Partial<Record<(typeof COLUMNS)[number], ArrayLike<unknown>>> = columns;
  return found as OptionQuoteColumns; // values are read with suspicion
}

/** The length the columns agree on. */
export function checkColumns(fn: string, columns: OptionQuoteColumns): number {
  if (columns === null || typeof columns !== 'object') throw new DomainError(`${fn}: quotes must be rows or columns, got ${show(columns)}`);
  const arrays: Record<string, ArrayLike<unknown>> = {};
  for (const name of COLUMNS) {
    const column: unknown = columns[name];
    if (column === undefined && !(REQUIRED as readonly string[]).includes(name)) continue;
    if (typeof column === 'string' && (name === 'group' || name === 'exerciseStyle')) continue;
    if (column === null || typeof column !== 'object' || !Number.isSafeInteger((column as ArrayLike<unknown>).length)) throw new ShapeError(`${fn}: quotes.${name} must be an array, got ${show(column)}`);
    arrays[name] = column as ArrayLike<unknown>;
  }
  return requireSameLength(fn, arrays);
}

/** NaN for what is not a number. */
export function numberColumn(values: ArrayLike<number | null>, size: number): Float64Array {
  const column = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const value = values[i];
    column[i] = typeof value === 'number' ? value : NaN;
  }
  return column;
}

export function optionalColumn(values: ArrayLike<number | null> | undefined, size: number): Float64Array | null {
  return values === undefined ? null : numberColumn(values, size);
}

/** Epoch milliseconds, NaN for what is not a time. */
export function timeColumn(values: ArrayLike<TimeLike | null>, size: number): Float64Array {
  const column = new Float64Array(size);
  const read = timeReader();
  for (let i = 0; i < size; i++) column[i] = read(values[i]);
  return column;
}

/** Epoch milliseconds, NaN for what is not a time. */
export function timeOfText(value: unknown): number {
  return tryParseTime(value) ?? NaN;
}

// Chains repeat a few texts many times.
function timeReader(): (value: unknown) => number {
  const known = new Map<string, number>();
  return (value) => {
    if (typeof value !== 'string') return timeOfText(value);
    const found = known.get(value);
    if (found !== undefined) return found;
    const time = timeOfText(value);
    known.set(value, time);
    return time;
  };
}

/** Epoch milliseconds of expiry: an instant, the settlement of a date, or years from `asOf`. */
export function expiryColumn(columns: OptionQuoteColumns, size: number, asOf: number, settle: SettlementReader): Float64Array {
  const times = new Float64Array(size);
  const { group = '' } = columns;
  const read = timeReader();
  let [lastExpiry, lastGroup]: [unknown, string] = [undefined, '']; // rows of one expiry mostly follow each other
  for (let i = 0; i < size; i++) {
    const expiry = columns.expiry?.[i];
    const name = typeof group === 'string' ? group : (group[i] ?? '');
    if (expiry === undefined || expiry === null) {
      const years = columns.expiryYears?.[i];
      const time = typeof years === 'number' ? asOf + Math.round(years * YEAR_MS) : NaN;
      times[i] = Math.abs(time) <= LAST_TIME ? time : NaN;
    } else if (i > 0 && typeof expiry === 'string' && expiry === lastExpiry && name === lastGroup) times[i] = times[i - 1];
    else times[i] = typeof expiry === 'string' && DATE_ONLY.test(expiry) ? settle(expiry, name) : read(expiry);
    [lastExpiry, lastGroup] = [expiry, name];
  }
  return times;
}

/** Fills the code of each row's group and returns the names by code. */
export function groupColumn(group: string | ArrayLike<string> | undefined, codeOfRow: Uint32Array): string[] {
  if (group === undefined || typeof group === 'string') return [group ?? ''];
  const codes = new Map<string, number>();
  for (let i = 0; i < codeOfRow.length; i++) {
    const name = String(group[i] ?? '');
    const code = codes.get(name) ?? codes.size;
    if (code === codes.size) codes.set(name, code);
    codeOfRow[i] = code;
  }
  return [...codes.keys()];
}
