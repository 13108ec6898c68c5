import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { panelDigest, panelFromCsv, panelFromRows } from '../../src/panel/index.ts';

const options = { entity: 'symbol', time: 'date' };
const thrown = (text: string, extra: object = options): { code: string; message: string } => {
  try {
    panelFromCsv(text, extra as never);
  } catch (error) {
    return error as never;
  }
  throw new Error('nothing was thrown');
};

describe('panelFromCsv', () => {
  it('reads quotes, blank lines, a byte order mark, CRLF, missing texts and padded numbers', () => {
    const text = '\ufeffdate,symbol,"the ""close"""\r\n2024-01-02,"A,B",  10 \r\n\r\n2024-01-03,"A,B",NA\r\n2024-01-02,C,\r\n2024-01-03,C,"-1.5e-3"\r\n';
    const panel = panelFromCsv(text, options);
    expect(panel.entities).toEqual(['A,B', 'C']);
    expect([...panel.columns['the "close"']]).toEqual([10, NaN, NaN, -0.0015]);
  });

  it('takes another delimiter and other missing texts', () => {
    const panel = panelFromCsv('date;symbol;x\n2024-01-02;A;-\n2024-01-03;A;0', { ...options, delimiter: ';', missing: ['-'] });
    expect([...panel.columns.x]).toEqual([NaN, 0]);
  });

  it('reads line ends inside quotes, and an unnamed column only when it is asked for', () => {
    const text = ',date,symbol,x\n0,2024-01-02,"A\nB",1\n1,2024-01-02,C,2';
    expect(panelFromCsv(text, { ...options, columns: ['x'] }).entities).toEqual(['A\nB', 'C']);
    expect(thrown(text).message).toContain('a column name must be a non-empty string');
  });

  it('reads a wide table, an empty cell being an absent row', () => {
    const panel = panelFromCsv('Date,B,A\n2024-01-02,20,\n2024-01-03,21,11\n', { time: 'Date', wide: { value: 'close' } });
    const rows = [{ t: '2024-01-02', e: 'B', close: 20 }, { t: '2024-01-03', e: 'B', close: 21 }, { t: '2024-01-03', e: 'A', close: 11 }];
    expect(panel).toEqual(panelFromRows(rows, { entity: 'e', time: 't' }));
    expect(panelFromCsv('time,time entity,A\n2024-01-02,20,1\n', { time: 'time', columns: ['A'], wide: { value: 'time' }, float32: true }).columns.time).toEqual(Float32Array.of(1));
  });

  it('reads real bars', () => {
    const text = gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures/us6_ohlcv_2013_2015.csv.gz'))).toString();
    const panel = panelFromCsv(text, options);
    expect(String(panel.entities)).toBe('AAPL,BMY,EBAY,MCK,ORCL,SPG');
    expect([panel.rowCount, panel.sessions.length, panel.columns.open[0], panel.columns.volume[0]]).toEqual([4376, 730, 67.71, 158168416]);
  });

  it('is the panel of the same rows, for any names and numbers', async () => {
    const cell = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constant(null));
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }).filter((s) => s.trim() === s && !s.includes('\r'));
    await fc.assert(fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.array(cell, { minLength: 1, maxLength: 20 }), async (names, cells) => {
      const rows = cells.map((x, i) => ({ date: new Date(86_400_000 * Math.floor(i / names.length)), symbol: names[i % names.length], x }));
      const quoted = (s: string): string => `"${s.replaceAll('"', '""')}"`;
      const text = ['date,symbol,x', ...rows.map((r) => `${r.date.toISOString()},${quoted(r.symbol)},${r.x === null ? '' : Object.is(r.x, -0) ? '-0' : r.x}`)].join('\n');
      expect(await panelDigest(panelFromCsv(text, options))).toBe(await panelDigest(panelFromRows(rows, options)));
    }));
  });
});

describe('errors name the line', () => {
  it.each([
    ['an unclosed quote', 'date,symbol,x\n2024-01-02,A,1\n2024-01-03,"A,1\n', 'line 3: a quoted field must be closed'],
    ['text after a quote', 'date,symbol,x\n2024-01-02,"A"B,1', 'line 2: a closing quote must end its field, got "B,1" after it'],
    ['too many fields', 'date,symbol,x\n\n2024-01-02,A,1,2', 'line 3: a record must have 3 fields like the header, got 4'],
    ['too few fields', 'date,symbol,x\n2024-01-02,A', 'line 2: a record must have 3 fields like the header, got 2'],
    ['mixed line ends', 'date,symbol,x\n2024-01-02,A,1\r\n', 'line 2: line ends must not be mixed'],
  ])('%s', (_, text, message) => {
    const error = thrown(text);
    expect(error.code).toBe('ERR_SCHEMA');
    expect(error.message).toContain(`panelFromCsv: ${message}`);
  });

  it.each([
    ['text', 'abc', 'a value must be a decimal number or missing, got "abc"'],
    ['hexadecimal', '0x10', 'a value must be a decimal number or missing, got "0x10"'],
    ['thousands separators', '"1,000"', 'a value must be a decimal number or missing, got "1,000"'],
    ['infinity', '-Infinity', 'a value must be finite, got "-Infinity"'],
    ['overflow', '1e999', 'a value must be finite, got "1e999"'],
  ])('%s as a value', (_, cell, message) => {
    const error = thrown(`date,symbol,x\n"2024-01-02","A\nA",1\n\n2024-01-03,A,${cell}\n`);
    expect(error).toMatchObject({ code: 'ERR_DOMAIN' });
    expect(error.message).toBe(`panelFromCsv: column "x", line 5: ${message}`);
    expect(thrown(`Date,A\n2024-01-02,1\n2024-01-03,${cell}`, { time: 'Date', wide: { value: 'v' } }).message).toBe(`panelFromCsv: column "A", line 3: ${message}`);
  });

  it('a bad date, in long and wide tables', () => {
    expect(thrown('date,symbol,x\n02/01/2024,A,1').message).toContain('column "date", line 2: a time must be YYYY-MM-DD');
    expect(thrown('Date,A\n2024-01-02,\n2024-13-01,3', { time: 'Date', wide: { value: 'v' } }).message).toContain('line 3: a time must be');
  });

  it('duplicate keys name both lines', () => {
    expect(thrown('date,symbol,x\n2024-01-02,A,1\n2024-01-01,A,1\n2024-01-02,A,1')).toMatchObject({ code: 'ERR_DUPLICATE', message: 'panelFromCsv: time and entity must be unique, got 2024-01-02 "A" in line 2 and line 4' });
  });

  it('no header, no rows, unknown and duplicate columns, wrong options', () => {
    expect(thrown('').code).toBe('ERR_SHAPE');
    expect(thrown('date,symbol,x\n').message).toContain('got only a header');
    expect(thrown('Date,A\n2024-01-02,', { time: 'Date', wide: { value: 'v' } }).code).toBe('ERR_SHAPE');
    expect(thrown('data,symbol,x\n2024-01-02,A,1')).toMatchObject({ code: 'ERR_UNKNOWN_NAME', message: 'panelFromCsv: unknown column "date"; did you mean "data"?' });
    expect(thrown('date,symbol,x,x\n2024-01-02,A,1,2')).toMatchObject({ code: 'ERR_DUPLICATE' });
    expect(thrown('Date,A\n2024-01-02,1', { entity: 'A', time: 'Date', wide: { value: 'v' } }).message).toContain('entity must be left out of a wide table');
    expect(thrown('date,symbol,x\n2024-01-02,A,1', { ...options, delimiter: '"' }).code).toBe('ERR_DOMAIN');
    expect(thrown('date,symbol,x\n2024-01-02,A,1', { ...options, separator: ';' }).code).toBe('ERR_UNKNOWN_NAME');
    expect(thrown('date,symbol,x\n2024-01-02,A,1', { ...options, maxBytes: 23 }).code).toBe('ERR_LIMIT');
  });
});

describe('hostile text ends in an error, soon', () => {
  it.each([
    ['a header of prototype names', 'date,symbol,__proto__\n2024-01-02,A,1', 'ERR_DOMAIN'],
    ['a million columns', `date,symbol${',x'.repeat(1e6)}\n`, 'ERR_LIMIT'],
    ['two million quotes', '"'.repeat(2e6), 'ERR_SHAPE'],
    ['an odd number of quotes', `date,symbol,x\n${'"'.repeat(2e6 + 1)}`, 'ERR_SCHEMA'],
    ['quotes and spaces that are quadratic to a lenient parser', `"${'a"'.repeat(2e5)}${' '.repeat(2e5)},`, 'ERR_SCHEMA'],
    ['blank lines only', '\n'.repeat(2e6), 'ERR_SHAPE'],
    ['one long field', 'x'.repeat(2e6), 'ERR_SHAPE'],
    ['a long unknown header', `${'y'.repeat(1e6)},symbol,x\n2024-01-02,A,1`, 'ERR_UNKNOWN_NAME'],
  ])('%s', (_, text, code) => {
    expect(thrown(text).code).toBe(code);
  }, 20_000); // what is quadratic in these takes hours
});
