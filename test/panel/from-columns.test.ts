import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { columnOf, entityRows, type Panel, panelFromColumns, panelFromRows, panelRows, withColumns } from '../../src/panel/index.ts';

const options = { entity: 'symbol', time: 'date' };
const rows = [
  { date: '2024-01-03', symbol: 'B', close: 21, volume: 200 },
  { date: '2024-01-02', symbol: 'B', close: 20, volume: '' },
  { date: '2024-01-03', symbol: 'A', close: 11, volume: null },
  { date: '2024-01-02', symbol: 'a', close: 10, volume: 100 },
];
const thrown = (run: () => unknown): { code: string; message: string; details: Record<string, unknown> } => {
  try {
    run();
  } catch (error) {
    return error as never;
  }
  throw new Error('nothing was thrown');
};

describe('panelFromRows', () => {
  const panel: Panel = panelFromRows(rows, options);

  it('sorts by time, then by entity in UTF-16 order', () => {
    expect(panel.entities).toEqual(['A', 'B', 'a']);
    expect([...panel.sessions]).toEqual([Date.UTC(2024, 0, 2), Date.UTC(2024, 0, 3)]);
    expect([...panel.sessionStart]).toEqual([0, 2, 4]);
    expect([...panel.session]).toEqual([0, 0, 1, 1]);
    expect([...panel.entity]).toEqual([1, 2, 0, 1]);
    expect([...panel.columns.close]).toEqual([20, 10, 11, 21]);
  });

  it('reads null, undefined and empty text as NaN', () => {
    expect([...panel.columns.volume]).toEqual([NaN, 100, NaN, 200]);
    expect([...panelFromRows([{ ...rows[0], close: undefined }, { date: '2024-01-02', symbol: 'B' }], options).columns.close]).toEqual([NaN, NaN]);
  });

  it('finds the rows of each entity in time order', () => {
    expect(entityRows(panel)).toEqual({ start: Uint32Array.of(0, 1, 3, 4), rows: Uint32Array.of(2, 0, 3, 1) });
  });

  it('takes dates, date-times with an offset, Date objects and epoch milliseconds as the same time', () => {
    const times = ['2024-01-02', '2024-01-02T00:00:00Z', '2024-01-01T19:00:00-05:00', new Date('2024-01-02'), Date.UTC(2024, 0, 2)];
    const same = panelFromRows(times.map((date, i) => ({ date, symbol: `S${i}` })), options);
    expect(same.sessions.length).toBe(1);
  });

  it('prints itself as one sentence and is frozen', () => {
    expect(inspect(panel)).toBe('Panel 4 rows, 3 entities, 2 sessions 2024-01-02..2024-01-03, columns close volume');
    expect(Object.isFrozen(panel) && Object.isFrozen(panel.columns) && Object.isFrozen(panel.entities)).toBe(true);
  });

  it('takes a column that is missing everywhere, and one row', () => {
    const one = panelFromRows([{ date: '2024-01-02', symbol: 'A', close: null }], options);
    expect([one.rowCount, ...one.columns.close]).toEqual([1, NaN]);
    expect(inspect(one)).toBe('Panel 1 row, 1 entity, 1 session 2024-01-02..2024-01-02, columns close');
  });

  it('takes a key that only a later row has', () => {
    expect([...panelFromRows([rows[1], { ...rows[0], late: 5 }], options).columns.late]).toEqual([NaN, 5]);
  });

  it('returns rows that make the same panel', () => {
    const again = panelFromRows(panelRows(panel, { time: 'date', entity: 'symbol' }), options);
    expect(again).toEqual(panel);
    expect(panelRows(panel, { last: 1 })[0]).toEqual({ time: '2024-01-03', entity: 'A', close: 11, volume: NaN });
    expect(thrown(() => panelRows(panel, { entity: 'close' }))).toMatchObject({ code: 'ERR_DUPLICATE' });
  });
});

describe('bad input is an error that names row and column', () => {
  const read = (...changed: object[]) => thrown(() => panelFromRows(changed, options));
  const good = rows[0];

  it.each([
    ['text in a value column', { ...good, close: '21' }, 'column "close", row 1: a value must be a number, null, undefined or \'\' (missing), got "21"'],
    ['infinity', { ...good, close: -Infinity }, 'column "close", row 1: a value must be finite, got -Infinity'],
    ['a boolean', { ...good, close: true }, 'column "close", row 1: a value must be a number'],
    ['a date that does not exist', { ...good, date: '2023-02-29' }, 'column "date", row 1: a time must be YYYY-MM-DD'],
    ['a date-time without a zone', { ...good, date: '2024-01-02T10:00:00' }, 'column "date", row 1: a time must be'],
    ['a missing date', { symbol: 'A', close: 1 }, 'column "date", row 1: a time must be'],
    ['an empty entity', { ...good, symbol: '' }, 'column "symbol", row 1: an entity must be a non-empty text, got ""'],
    ['a number as entity', { ...good, symbol: 7 }, 'column "symbol", row 1: an entity must be a non-empty text, got 7'],
    ['a padded entity', { ...good, symbol: 'A ' }, 'column "symbol", row 1: an entity must not begin or end with white space, got "A "'],
  ])('%s', (_, row, message) => {
    const error = read({ ...good, date: '2024-02-01' }, row);
    expect(error.code).toBe('ERR_DOMAIN');
    expect(error.message).toContain(`panelFromRows: ${message}`);
    expect(error.details.row).toBe(1);
  });

  it('names the first wrong row of the input, not of the sorted panel', () => {
    expect(read({ ...good, close: 'x' }, { ...good, date: '2020-01-01', close: 'y' }).message).toContain('row 0: a value must be a number, null, undefined or \'\' (missing), got "x"');
  });

  it('engine 12: duplicate row keys cannot corrupt an assignment, both rows are named', () => {
    const error = read(rows[1], rows[0], rows[2], { ...rows[0], date: '2024-01-03T00:00:00Z' });
    expect(error).toMatchObject({ code: 'ERR_DUPLICATE', details: { rows: [1, 3] } });
    expect(error.message).toBe('panelFromRows: time and entity must be unique, got 2024-01-03 "B" in row 1 and row 3');
  });

  it('no rows, rows that are no objects, no array', () => {
    expect(read().code).toBe('ERR_SHAPE');
    expect(read(good, [1, 2]).message).toContain('row 1 must be an object');
    expect(thrown(() => panelFromRows('rows' as never, options)).code).toBe('ERR_DOMAIN');
  });

  it('unequal columns', () => {
    const error = thrown(() => panelFromColumns({ date: ['2024-01-02'], symbol: ['A'], close: [1, 2] }, options));
    expect(error).toMatchObject({ code: 'ERR_SHAPE', message: 'panelFromColumns: columns must have the same length, got 1 in "date" and 2 in "close"' });
  });

  it('unknown names, with the nearest', () => {
    expect(thrown(() => panelFromRows(rows, { ...options, columns: ['clsoe'] }))).toMatchObject({ code: 'ERR_UNKNOWN_NAME', message: 'panelFromRows: unknown column "clsoe"; did you mean "close"?' });
    expect(thrown(() => panelFromRows(rows, { ...options, entity: 'Symbol' })).message).toContain('did you mean "symbol"?');
    expect(thrown(() => panelFromColumns({ date: [], symbol: [] }, { ...options, times: 'x' } as never))).toMatchObject({ code: 'ERR_UNKNOWN_NAME' });
  });

  it('columns listed twice, or a key listed as a value', () => {
    expect(thrown(() => panelFromRows(rows, { ...options, columns: ['close', 'close'] })).code).toBe('ERR_DUPLICATE');
    expect(thrown(() => panelFromRows(rows, { ...options, columns: ['date'] })).message).toContain('must not list the time column');
    expect(thrown(() => panelFromRows(rows, { ...options, columns: 'close' as never })).message).toContain('columns must be an array of names');
    expect(thrown(() => panelFromRows(rows, { entity: 'date', time: 'date' })).code).toBe('ERR_DOMAIN');
  });

  it('names that could reach a prototype', () => {
    const hostile = JSON.parse('[{"date":"2024-01-02","symbol":"A","__proto__":1}]') as object[];
    expect(thrown(() => panelFromRows(hostile, options)).message).toContain('column name "__proto__" is not allowed');
    expect(thrown(() => panelFromColumns({ date: ['2024-01-02'], symbol: ['A'] }, { ...options, columns: ['toString'] })).code).toBe('ERR_UNKNOWN_NAME');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('size', () => {
  // A column that claims a length and must not be read.
  const claimed = (length: number): ArrayLike<unknown> => new Proxy({ length }, { get: (target, key) => (key === 'length' ? target.length : expect.unreachable('read before the limit was checked')) }) as never;

  it('is checked before a cell is read or memory taken', () => {
    const columns = { date: claimed(2 ** 31), symbol: claimed(2 ** 31), close: claimed(2 ** 31) };
    expect(thrown(() => panelFromColumns(columns, options))).toMatchObject({ code: 'ERR_LIMIT', message: 'panelFromColumns: a panel must have at most 2147483647 rows, got 2147483648' });
    const many = { date: claimed(2 ** 28), symbol: claimed(2 ** 28), close: claimed(2 ** 28) };
    expect(thrown(() => panelFromColumns(many, options)).code).toBe('ERR_LIMIT');
  });

  it('has an option, and counts 4 bytes for 32-bit columns', () => {
    const maxBytes = 4 * (16 + 2 * 8) - 1;
    expect(thrown(() => panelFromRows(rows, { ...options, maxBytes }))).toMatchObject({ code: 'ERR_LIMIT', details: { bytes: 128, limit: 127 } });
    const small = panelFromRows(rows, { ...options, maxBytes, float32: true });
    expect(small.columns.close).toBeInstanceOf(Float32Array);
  });

  it('refuses a value that overflows 32 bits', () => {
    expect(thrown(() => panelFromRows([{ ...rows[0], close: 1e39 }], { ...options, float32: true })).message).toContain('column "close", row 0: a value must be finite as a 32-bit float, got 1e+39');
  });
});

describe('columns', () => {
  const panel = panelFromRows(rows, options);

  it('adds and replaces, shares the rest, and leaves the panel as it was', () => {
    const values = [1, NaN, 3, 4];
    const more = withColumns(panel, { close: values, narrow: Float32Array.of(1, 2, 3, 4) });
    values[0] = 99;
    expect([...columnOf(more, 'close')]).toEqual([1, NaN, 3, 4]);
    expect(columnOf(more, 'narrow')).toBeInstanceOf(Float32Array);
    expect(columnOf(more, 'volume')).toBe(columnOf(panel, 'volume'));
    expect([...columnOf(panel, 'close')]).toEqual([20, 10, 11, 21]);
    expect(Object.keys(panel.columns)).toEqual(['close', 'volume']);
  });

  it('refuses a wrong length, an infinity and an unknown name', () => {
    expect(thrown(() => withColumns(panel, { x: [1, 2] }))).toMatchObject({ code: 'ERR_SHAPE', message: 'withColumns: column "x" must have one value per row (4), got 2' });
    expect(thrown(() => withColumns(panel, { x: [1, 2, Infinity, 3] })).message).toBe('withColumns: column "x", row 2: a value must be finite, got Infinity');
    expect(thrown(() => columnOf(panel, 'Close'))).toMatchObject({ code: 'ERR_UNKNOWN_NAME', message: 'columnOf: unknown column "Close"; did you mean "close"?' });
    expect(thrown(() => columnOf(panel, 'toString')).code).toBe('ERR_UNKNOWN_NAME');
  });
});
