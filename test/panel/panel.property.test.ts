import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { appendSession, entityRows, type Panel, panelDigest, panelFromColumns, panelFromRows, panelRows, selectEntities, selectSessions } from '../../src/panel/index.ts';

const DAY = 86_400_000;
const options = { entity: 'symbol', time: 'date', columns: ['x', 'y'] };
interface Row { readonly date: string; readonly symbol: string; readonly x: number | null; readonly y: number }

const value = fc.double({ noDefaultInfinity: true });
/** Rows with distinct keys, sorted by nothing in particular. */
const tables: fc.Arbitrary<Row[]> = fc.uniqueArray(
  fc.record({
    date: fc.integer({ min: -3, max: 6 }).map((d) => new Date(d * DAY).toISOString()),
    symbol: fc.constantFrom('A', 'B', 'a', 'ß', 'Z9', '10', '9'),
    x: fc.option(value),
    y: value,
  }),
  { selector: (r) => `${r.date} ${r.symbol}`, minLength: 1, maxLength: 40 },
);

const keyOf = (row: Readonly<Record<string, unknown>>): string => JSON.stringify([row.time, row.entity]);

describe('a panel of any rows', () => {
  it('does not depend on the order of the rows, nor of the columns', async () => {
    await fc.assert(fc.asyncProperty(tables.chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))), async ([rows, shuffled]) => {
      const panel = panelFromRows(rows, options);
      expect(panelFromRows(shuffled, options)).toEqual(panel);
      expect(await panelDigest(panelFromRows(shuffled, { ...options, columns: ['y', 'x'] }))).toBe(await panelDigest(panel));
    }), { numRuns: 60 });
  });

  it('is sorted by time and entity, with sessions that agree with the rows', () => {
    fc.assert(fc.property(tables, (rows) => {
      const panel = panelFromRows(rows, options);
      expect([...panel.entities]).toEqual([...new Set(rows.map((r) => r.symbol))].sort());
      for (let s = 0; s < panel.sessions.length; s++) {
        for (let i = panel.sessionStart[s]; i < panel.sessionStart[s + 1]; i++) {
          expect(panel.session[i]).toBe(s);
          if (i > panel.sessionStart[s]) expect(panel.entity[i]).toBeGreaterThan(panel.entity[i - 1]);
        }
      }
      expect(panel.sessionStart[panel.sessions.length]).toBe(rows.length);
      const expected = new Map(rows.map((r) => [JSON.stringify([new Date(r.date).getTime(), r.symbol]), [r.x ?? NaN, r.y]]));
      for (let i = 0; i < rows.length; i++) {
        expect([panel.columns.x[i], panel.columns.y[i]]).toEqual(expected.get(JSON.stringify([panel.sessions[panel.session[i]], panel.entities[panel.entity[i]]])));
      }
    }), { numRuns: 60 });
  });

  it('lists every row of an entity once, in time order', () => {
    fc.assert(fc.property(tables, (rows) => {
      const panel = panelFromRows(rows, options);
      const grouped = entityRows(panel);
      expect([...grouped.rows].sort((a, b) => a - b)).toEqual(Array.from({ length: panel.rowCount }, (_, i) => i));
      panel.entities.forEach((_, e) => {
        const own = [...grouped.rows.subarray(grouped.start[e], grouped.start[e + 1])];
        expect(own.every((row, k) => panel.entity[row] === e && (k === 0 || row > own[k - 1]))).toBe(true);
      });
    }), { numRuns: 60 });
  });

  it('grown by one session is the panel of all rows, to the bit', async () => {
    await fc.assert(fc.asyncProperty(tables, fc.boolean(), async (rows, float32) => {
      const narrow = rows.map((r) => (float32 ? { ...r, x: r.x === null ? null : Math.sign(r.x), y: Math.fround(Math.atan(r.y)) } : r));
      const last = narrow.map((r) => r.date).sort()[narrow.length - 1];
      const before = narrow.filter((r) => r.date < last);
      fc.pre(before.length > 0);
      const grown = appendSession(panelFromRows(before, { ...options, float32 }), narrow.filter((r) => r.date === last), options);
      const whole = panelFromRows(narrow, { ...options, float32 });
      expect(grown).toEqual(whole);
      expect(await panelDigest(grown)).toBe(await panelDigest(whole));
    }), { numRuns: 80 });
  });

  it('is parted by selections: every row once, nothing else changed', () => {
    fc.assert(fc.property(tables, fc.nat(), fc.nat(), (rows, cut, pick) => {
      const panel = panelFromRows(rows, options);
      const check = (parts: Panel[]): void => {
        const all = parts.flatMap((part) => panelRows(part));
        expect(all.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))).toEqual(panelRows(panel).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
        for (const part of parts) expect(panelFromRows(panelRows(part), { entity: 'entity', time: 'time' })).toEqual(part);
      };
      const at = panel.sessions[cut % panel.sessions.length];
      check([...(at > panel.sessions[0] ? [selectSessions(panel, { to: at - 1 })] : []), selectSessions(panel, { from: at })]);
      const chosen = panel.entities.filter((_, e) => ((pick >> e) & 1) === 1);
      const others = panel.entities.filter((name) => !chosen.includes(name));
      check([chosen, others].filter((names) => names.length > 0).map((names) => selectEntities(panel, names)));
    }), { numRuns: 60 });
  });

  it('takes rows that are sorted already, and many rows, by other paths to the same end', () => {
    // 3000 rows: the argsort of times takes its radix path.
    const n = 3000;
    const date = Array.from({ length: n }, (_, i) => Math.floor(i / 3) * DAY);
    const symbol = Array.from({ length: n }, (_, i) => 'ABC'[i % 3]);
    const x = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
    const sorted = panelFromColumns({ date, symbol, x }, { entity: 'symbol', time: 'date' });
    const order = Array.from({ length: n }, (_, i) => (i * 1259) % n);
    const mixed = { date: order.map((i) => date[i]), symbol: order.map((i) => symbol[i]), x: order.map((i) => x[i]) };
    expect(panelFromColumns(mixed, { entity: 'symbol', time: 'date' })).toEqual(sorted);
    x[0] = 99;
    expect(sorted.columns.x[0]).toBe(0);
  });
});

describe('time zones', () => {
  const home = process.env['TZ'];
  afterAll(() => {
    if (home === undefined) delete process.env['TZ'];
    else process.env['TZ'] = home;
  });

  it('change nothing', async () => {
    const rows = [{ date: '2024-03-10', symbol: 'A', x: 1, y: 2 }, { date: '2024-11-03T01:30:00-04:00', symbol: 'A', x: 3, y: 4 }];
    const digests = new Set<string>();
    const offsets = new Set<number>();
    for (const zone of ['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia']) {
      process.env['TZ'] = zone;
      offsets.add(new Date(2024, 0, 1).getTimezoneOffset());
      const panel = selectSessions(panelFromRows(rows, options), { from: '2024-03-10', to: '2024-11-03T05:30:00Z' });
      digests.add(`${await panelDigest(panel)} ${panelRows(panel).map((r) => r.time)}`);
    }
    expect(offsets.size).toBe(4);
    expect(digests.size).toBe(1);
    expect([...digests][0]).toContain('2024-03-10,2024-11-03T05:30:00.000Z');
  });
});
