/**
 * The shape of a CSV text, checked before it is parsed.
 *
 * One pass in time linear in the text. After it the parser meets only balanced quotes and records of one width:
 * a lenient parser would go on, and some malformed texts make it take quadratic time.
 */
import { show } from '../core/assert.ts';
import { QuantwrightError, SchemaError } from '../core/errors.ts';

export interface CsvShape {
  readonly newline: '\n' | '\r\n' | '\r';
  /** Fields per record. */
  readonly columnCount: number;
  /** Records that are not blank, with the header. */
  readonly recordCount: number;
}

// Widest table read; one column per entity for every stock of the world fits.
const MAX_COLUMNS = 65536;

const QUOTE = 34;
const LF = 10;
const CR = 13;

/**
 * @throws SchemaError for unbalanced quotes, text after a closing quote, records of unequal width or mixed line ends, naming the line
 * @throws QuantwrightError `ERR_LIMIT` for more than 65536 columns
 */
export function scanCsv(fn: string, text: string, delimiter: string): CsvShape {
  let newline: CsvShape['newline'] | undefined;
  let columnCount = 0;
  let recordCount = 0;
  walkRecords(fn, text, delimiter, (fieldCount, line, end) => {
    if (end !== undefined) {
      newline ??= end;
      if (end !== newline) throw csvError(fn, line, `line ends must not be mixed, got ${show(end)} after ${show(newline)}`);
    }
    if (fieldCount === 0) return true;
    if (recordCount === 0) columnCount = fieldCount;
    else if (fieldCount !== columnCount) throw csvError(fn, line, `a record must have ${columnCount} fields like the header, got ${fieldCount}`);
    if (columnCount > MAX_COLUMNS) throw new QuantwrightError('ERR_LIMIT', `${fn}: a CSV text must have at most ${MAX_COLUMNS} columns, got ${columnCount}`, { details: { columns: columnCount, limit: MAX_COLUMNS } });
    recordCount++;
    return true;
  });
  return { newline: newline ?? '\n', columnCount, recordCount };
}

/** One-based line on which a record begins; record 0 is the header, blank lines are no records. */
export function lineOfRecord(text: string, delimiter: string, record: number): number {
  let found = 0;
  let index = 0;
  walkRecords('lineOfRecord', text, delimiter, (fieldCount, line) => {
    if (fieldCount > 0 && index++ === record) found = line;
    return found === 0;
  });
  return found;
}

/** The error for a line of a CSV text. */
function csvError(fn: string, line: number, rule: string): SchemaError {
  return new SchemaError(`${fn}: line ${line}: ${rule}`, { details: { line } });
}

/** Told of each record: its number of fields (0 for a blank line), first line, and line end (undefined at the end of the text). False stops. */
type Visit = (fieldCount: number, line: number, end: CsvShape['newline'] | undefined) => boolean;

function walkRecords(fn: string, text: string, delimiter: string, visit: Visit): void {
  const separator = delimiter.charCodeAt(0);
  const n = text.length;
  let line = 1;
  let at = 0;
  while (at < n) {
    const firstLine = line;
    const start = at;
    let fieldCount = 1;
    for (;;) {
      if (text.charCodeAt(at) === QUOTE) {
        const close = closingQuote(fn, text, at, line);
        line += countLines(text, at, close);
        at = close + 1;
        const next = text.charCodeAt(at);
        if (at < n && next !== separator && next !== LF && next !== CR) throw csvError(fn, line, `a closing quote must end its field, got ${show(text.slice(at, at + 20))} after it`);
      } else {
        while (at < n) {
          const c = text.charCodeAt(at);
          if (c === separator || c === LF || c === CR) break;
          at++;
        }
      }
      if (at >= n || text.charCodeAt(at) !== separator) break;
      fieldCount++;
      at++;
    }
    const isBlank = at === start;
    let end: CsvShape['newline'] | undefined;
    if (at < n) {
      end = text.charCodeAt(at) === LF ? '\n' : text.charCodeAt(at + 1) === LF ? '\r\n' : '\r';
      at += end.length;
      line++;
    }
    if (!visit(isBlank ? 0 : fieldCount, firstLine, end)) return;
  }
}

// The quote that closes the field opened at `open`; doubled quotes belong to the text.
function closingQuote(fn: string, text: string, open: number, line: number): number {
  let at = text.indexOf('"', open + 1);
  while (at !== -1 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
  if (at === -1) throw csvError(fn, line, 'a quoted field must be closed, got the end of the text');
  return at;
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c === LF || (c === CR && text.charCodeAt(i + 1) !== LF)) lines++;
  }
  return lines;
}
