import { describe, expect, it } from 'vitest';
import { appendSession, panelDigest, panelFromColumns, panelFromRows, panelRows, selectEntities, selectSessions } from '../../src/panel/index.ts';

const options = { entity: 'symbol', time: 'date' };
const panel = panelFromRows(
  [
    { date: '2024-01-02', symbol: 'B', close: 20 },
    { date: '2024-01-02', symbol: 'D', close: 40 },
    { date: '2024-01-03', symbol: 'B', close: 21 },
    { date: '2024-01-05', symbol: 'C', close: 31 },
    { date: '2024-01-05', symbol: 'D', close: 41 },
  ],
  options,
);
const thrown = (run: () => unknown): { code: string; message: string; details: Record<string, unknown> } => {
  try {
    run();
  } catch (error) {
    return error as never;
  }
  throw new Error('nothing was thrown');
};

describe('selectSessions', () => {
  it('includes both ends, drops entities without rows and renumbers', () => {
    const part = selectSessions(panel, { from: '2024-01-03', to: '2024-01-05' });
    expect(panelRows(part).map((r) => r.close)).toEqual([21, 31, 41]);
    expect([...selectSessions(panel, { from: '2024-01-04' }).entities]).toEqual(['C', 'D']);
    expect([...selectSessions(panel, { from: '2024-01-04' }).entity]).toEqual([0, 1]);
    expect([...part.sessionStart]).toEqual([0, 1, 3]);
  });

  it('takes the last sessions of the range', () => {
    expect(selectSessions(panel, { last: 1 }).rowCount).toBe(2);
    expect(selectSessions(panel, { to: Date.UTC(2024, 0, 4), last: 1 }).columns.close).toEqual(Float64Array.of(21));
    expect(selectSessions(panel, { last: 99 })).toEqual(panel);
  });

  it('copies, so that a selection does not hold the whole panel', () => {
    expect(selectSessions(panel, { last: 1 }).columns.close.buffer.byteLength).toBe(16);
  });

  it('refuses an empty range, a bad time, an unknown option', () => {
    expect(thrown(() => selectSessions(panel, { from: '2024-01-06' }))).toMatchObject({ code: 'ERR_DOMAIN', message: 'selectSessions: the range must hold at least one session, got none from "2024-01-06" in 2024-01-02..2024-01-05' });
    expect(thrown(() => selectSessions(panel, { to: '2024-1-2' })).message).toContain('to must be YYYY-MM-DD');
    expect(thrown(() => selectSessions(panel, { last: 0 })).code).toBe('ERR_DOMAIN');
    expect(thrown(() => selectSessions(panel, { until: '2024-01-02' } as never)).code).toBe('ERR_UNKNOWN_NAME');
  });
});

describe('selectEntities', () => {
  it('drops the sessions that have no row left', () => {
    const part = selectEntities(panel, ['D', 'C', 'D']);
    expect([part.rowCount, part.sessions.length, [...part.entity]]).toEqual([3, 2, [1, 0, 1]]);
  });

  it('refuses an unknown entity and none', () => {
    expect(thrown(() => selectEntities(panel, ['b']))).toMatchObject({ code: 'ERR_UNKNOWN_NAME', message: 'selectEntities: unknown entity "b"; did you mean "B"?' });
    expect(thrown(() => selectEntities(panel, [])).code).toBe('ERR_DOMAIN');
  });
});

describe('appendSession', () => {
  const add = (rows: object[], extra: object = {}) => appendSession(panel, rows, { ...options, ...extra });

  it('takes new entities at any place in the order', () => {
    const grown = add([{ date: '2024-01-08', symbol: 'E', close: 5 }, { date: '2024-01-08', symbol: 'A', close: null }]);
    expect([...grown.entities]).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect([...grown.entity]).toEqual([1, 3, 1, 2, 3, 0, 4]);
    expect([...grown.columns.close.subarray(5)]).toEqual([NaN, 5]);
    expect(panel.rowCount).toBe(5);
  });

  it('ignores other keys only where `columns` is listed', () => {
    const rows = [{ date: '2024-01-08', symbol: 'B', close: 5, note: 'x' }];
    expect(thrown(() => add(rows))).toMatchObject({ code: 'ERR_UNKNOWN_NAME' });
    expect(add(rows, { columns: ['close'] }).rowCount).toBe(6);
    expect(thrown(() => add(rows, { columns: ['close', 'note'] })).code).toBe('ERR_UNKNOWN_NAME');
  });

  it('refuses a missing column, two times, a time that is not later, duplicates, no rows, too many', () => {
    const row = { date: '2024-01-08', symbol: 'B', close: 1 };
    expect(thrown(() => add([{ date: '2024-01-08', symbol: 'B' }]))).toMatchObject({ code: 'ERR_UNKNOWN_NAME', message: 'appendSession: unknown column "close"; known: date, symbol' });
    expect(thrown(() => add([row, { ...row, date: '2024-01-09' }]))).toMatchObject({ code: 'ERR_DOMAIN', details: { row: 1, column: 'date' } });
    expect(thrown(() => add([{ ...row, date: '2024-01-05' }])).message).toBe("appendSession: the session must be later than the panel's last (2024-01-05), got 2024-01-05");
    expect(thrown(() => add([row, row]))).toMatchObject({ code: 'ERR_DUPLICATE', details: { rows: [0, 1] } });
    expect(thrown(() => add([])).code).toBe('ERR_SHAPE');
    expect(thrown(() => add([row], { maxBytes: 143 })).code).toBe('ERR_LIMIT');
    expect(thrown(() => add([{ ...row, close: Infinity }])).message).toContain('column "close", row 0');
  });
});

describe('panelDigest', () => {
  it('changes with a value, a name, an entity, a time and the width', async () => {
    const rows = panelRows(panel, { time: 'date', entity: 'symbol' });
    const variants = [
      panel,
      panelFromRows(rows.map((r, i) => (i === 0 ? { ...r, close: 20.000000000000004 } : r)), options),
      panelFromRows(rows.map((r, i) => (i === 0 ? { ...r, close: NaN } : r)), options),
      panelFromRows(rows.map(({ close, ...r }) => ({ ...r, price: close })), options),
      panelFromRows(rows.map((r) => ({ ...r, symbol: `X${r.symbol}` })), options),
      panelFromRows(rows.map((r) => (r.date === '2024-01-05' ? { ...r, date: '2024-01-06' } : r)), options),
      panelFromRows(rows, { ...options, float32: true }),
    ];
    expect(new Set(await Promise.all(variants.map(panelDigest))).size).toBe(variants.length);
  });

  it('is the same for every NaN', async () => {
    const foreign = new Float64Array(BigUint64Array.of(0xfff8dead00000001n).buffer);
    const of = (x: ArrayLike<number>) => panelFromColumns({ date: ['2024-01-02'], symbol: ['A'], x }, options);
    expect(await panelDigest(of(foreign))).toBe(await panelDigest(of([NaN])));
  });

  it('is pinned: data lineage written yesterday is found again tomorrow', async () => {
    expect(await panelDigest(panel)).toBe('e02730cc89a5a780370f3f509fedc4dc232971e5ee5a61597f24282dbe2699d1');
  });
});
