import { describe, expect, it } from 'vitest';
import { type FrameLike, frameColumns, panelFromFrame } from '../../src/frames/index.ts';
import { panelFromRows } from '../../src/panel/index.ts';

const options = { entity: 'symbol', time: 'date' };
const frame = (columns: string[], values: unknown, shape?: number[]): FrameLike => ({ columns, values, shape: shape ?? [(values as unknown[]).length, columns.length] });
const good = frame(['date', 'symbol', 'close'], [['2024-01-03', 'B', 21], ['2024-01-02', 'A', NaN], ['2024-01-02', 'B', null]]);

describe('panelFromFrame', () => {
  it('is the panel of the same rows', () => {
    const rows = [{ date: '2024-01-03', symbol: 'B', close: 21 }, { date: '2024-01-02', symbol: 'A' }, { date: '2024-01-02', symbol: 'B' }];
    expect(panelFromFrame(good, options)).toEqual(panelFromRows(rows, options));
  });

  it('reads what frameColumns wrote', () => {
    const panel = panelFromFrame(good, options);
    const columns = frameColumns(panel, { time: 'date', entity: 'symbol' });
    expect(columns).toEqual({ date: ['2024-01-02', '2024-01-02', '2024-01-03'], symbol: ['A', 'B', 'B'], close: [NaN, NaN, 21] });
    const names = Object.keys(columns);
    expect(panelFromFrame(frame(names, columns.date.map((_, i) => names.map((name) => columns[name][i]))), options)).toEqual(panel);
  });

  it.each([
    ['values of another shape', frame(['date', 'symbol'], [['2024-01-02', 'A']], [2, 2]), 'ERR_SHAPE', 'values must be 2 x 2 cells'],
    ['a series', frame(['0'], [1, 2, 3], [3]), 'ERR_SHAPE', 'values must be 3 cells'],
    ['a short row', frame(['date', 'symbol', 'close'], [['2024-01-02', 'A', 1], ['2024-01-03', 'A']]), 'ERR_SHAPE', 'row 1 must have 3 cells, got 2'],
    ['a row that is none', frame(['date'], ['x']), 'ERR_SHAPE', 'row 0 must have 1 cells, got "x"'],
    ['duplicate names', frame(['date', 'symbol', 'date'], [['2024-01-02', 'A', 1]]), 'ERR_DUPLICATE', 'column names must be unique, got "date" twice'],
    ['text as a value', frame(['date', 'symbol', 'sector'], [['2024-01-02', 'A', 'Energy']]), 'ERR_DOMAIN', 'column "sector", row 0'],
    ['a missing entity', frame(['date', 'symbol'], [['2024-01-02', NaN]]), 'ERR_DOMAIN', 'column "symbol", row 0: an entity must be a non-empty text, got NaN'],
    ['a prototype name', frame(['date', 'symbol', '__proto__'], [['2024-01-02', 'A', 1]]), 'ERR_DOMAIN', 'column name "__proto__" is not allowed'],
    ['no frame', null as never, 'ERR_DOMAIN', 'frame must have columns, shape and values, got null'],
    ['no rows', frame(['date', 'symbol'], []), 'ERR_SHAPE', 'at least one row'],
  ])('refuses %s', (_, bad, code, message) => {
    expect(() => panelFromFrame(bad, options)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it('refuses key names that a column has, and unknown names', () => {
    expect(() => frameColumns(panelFromFrame(good, options), { time: 'close' })).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    expect(() => panelFromFrame(good, { ...options, columns: ['closes'] })).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
