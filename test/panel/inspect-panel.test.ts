import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type FindingKind, inspectPanel, type Panel, panelFromColumns, panelFromCsv, panelFromRows, selectSessions } from '../../src/panel/index.ts';

const DAY = 86_400_000;
const real = panelFromCsv(gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures/us6_ohlcv_2013_2015.csv.gz'))).toString(), { entity: 'symbol', time: 'date' });

const found = (panel: Panel, kind: FindingKind, options = {}) => inspectPanel(panel, options).findings.filter((f) => f.kind === kind).map((f) => [f.entity, f.time, f.value]);

/** A panel of one column per entity; null is an absent row. */
function closes(series: Record<string, (number | null)[]>, days?: number[]): Panel {
  const rows = Object.entries(series).flatMap(([entity, values]) => values.flatMap((close, t) => (close === null ? [] : [{ entity, time: (days?.[t] ?? t) * DAY, close }])));
  return panelFromRows(rows, { entity: 'entity', time: 'time' });
}
const wave = (n: number, phase = 0): number[] => Array.from({ length: n }, (_, t) => 100 * Math.exp(0.01 * Math.sin(12.9898 * t + phase)));

describe('inspectPanel on real bars', () => {
  const inspection = inspectPanel(real);

  it('finds the unadjusted spin-off of EBAY first among the jumps', () => {
    const jump = inspection.findings.find((f) => f.kind === 'jump');
    expect(jump).toMatchObject({ entity: 'EBAY', time: '2015-07-20', detail: expect.stringMatching(/^close times 0\.431, \d+\.?\d* robust sigmas$/) });
    expect(jump?.value).toBeCloseTo(Math.log(28.57 / 66.29), 6);
  });

  it('finds the impossible bar of SPG and the absent sessions of BMY and ORCL', () => {
    expect(found(real, 'ohlc-inconsistent')).toEqual([['SPG', '2014-05-28', expect.closeTo(174.5 / 165.42 - 1, 2)]]);
    expect(inspection.lifeSpans.map((s) => [s.entity, s.rows, s.absent])).toEqual([['AAPL', 730, 0], ['BMY', 728, 2], ['EBAY', 730, 0], ['MCK', 730, 0], ['ORCL', 728, 2], ['SPG', 730, 0]]);
    expect(found(real, 'absent-sessions')).toEqual([['ORCL', '2013-07-15', 2], ['BMY', '2013-04-26', 1], ['BMY', '2013-06-07', 1]]);
  });

  it('suspects the constant universe and finds no gap in the calendar', () => {
    expect(inspection.universeIsConstant).toBe(true);
    expect(inspection.counts['survivorship-suspect']).toBe(1);
    expect(inspection.counts['calendar-gap']).toBe(0);
  });

  it('prints a table of the worst findings', () => {
    const text = inspect(inspection);
    expect(text.split('\n')[0]).toBe('Panel 4376 rows, 6 entities, 730 sessions 2013-02-08..2015-12-31, columns open high low close volume');
    expect(text).toMatch(/jump +\d+ +EBAY +2015-07-20 +-0\.8417 /);
  });
});

describe('inspectPanel', () => {
  it('finds stale closes from the fifth on', () => {
    const panel = closes({ A: [1, 2, 2, 2, 2, 3, 3, 3, 3, 3], B: [5, 5, 5, 5, 5, 5, 6, 7, 8, 9] });
    expect(found(panel, 'stale')).toEqual([['B', '1970-01-01', 6], ['A', '1970-01-06', 5]]);
    expect(found(panel, 'stale', { staleRows: 4 }).length).toBe(3);
    expect(found(closes({ A: [NaN, NaN, NaN, NaN, NaN, NaN] }), 'stale')).toEqual([]);
  });

  it('finds one security under two names, also when the one is absent at times', () => {
    const same = wave(60);
    const other = wave(60, 1);
    const panel = closes({ A: same.map((v, t) => (t === 45 ? null : v)), B: other, C: same.map((v, t) => (t === 30 ? null : v)), D: same.map((v, t) => (t < 20 ? v : v * 1.5)), E: other.map((v, t) => (t < 40 ? v : v + 1)) });
    expect(found(panel, 'duplicate-closes')).toEqual([['C', '1970-01-01', 58], ['E', '1970-01-01', 40], ['D', '1970-01-01', 20]]);
    expect(inspectPanel(panel).findings.filter((f) => f.kind === 'duplicate-closes').map((f) => f.detail)).toEqual(['same closes as A', 'same closes as B', 'same closes as A']);
    expect(found(panel, 'duplicate-closes', { duplicateSessions: 41 }).length).toBe(1);
  });

  it('judges jumps by each entity alone, and by the standard deviation where most returns are equal', () => {
    const quiet = wave(80).map((v, t) => (t >= 50 ? v * 1.3 : v));
    const wild = wave(80).map((v) => 100 * (v / 100) ** 20);
    const still = Array.from({ length: 80 }, (_, t) => (t >= 50 ? 50 : 100));
    const panel = closes({ quiet, still, wild });
    expect(found(panel, 'jump')).toEqual([['still', '1970-02-20', -Math.LN2], ['quiet', '1970-02-20', expect.closeTo(Math.log(1.3), 1)]]);
    expect(found(closes({ A: [1, 2, 1, 2, 100] }), 'jump')).toEqual([]);
  });

  it('finds gaps between sessions that are longer than weekends and holidays', () => {
    const weekdays = Array.from({ length: 400 }, (_, t) => t + 2 * Math.floor(t / 5));
    const closed = weekdays.map((day, t) => (t >= 200 ? day + 7 : day));
    expect(found(closes({ A: wave(400) }, weekdays), 'calendar-gap')).toEqual([]);
    expect(found(closes({ A: wave(400) }, closed), 'calendar-gap')).toEqual([[undefined, new Date(closed[200] * DAY).toISOString().slice(0, 10), 10]]);
  });

  it('finds zero and negative volume and impossible prices as runs', () => {
    const time = [0, 1, 2, 3, 4, 5].map((t) => t * DAY);
    const panel = panelFromColumns({ time, entity: time.map(() => 'A'), close: [1, 0, -1, 2, 2, NaN], volume: [0, 0, 5, 0, -3, NaN] }, { entity: 'entity', time: 'time' });
    expect(found(panel, 'nonpositive-price')).toEqual([['A', '1970-01-02', 2]]);
    expect(found(panel, 'zero-volume')).toEqual([['A', '1970-01-01', 2], ['A', '1970-01-04', 1]]);
    expect(found(panel, 'negative-volume')).toEqual([['A', '1970-01-05', 1]]);
    expect(inspectPanel(panel).missing).toEqual([{ column: 'close', missing: 1, share: 1 / 6 }, { column: 'volume', missing: 1, share: 1 / 6 }]);
  });

  it.each([
    ['open above high', { open: 12 }, 12 / 11 - 1],
    ['close below low', { close: 8 }, 9 / 8 - 1],
    ['high below low', { high: 8.5, open: 8.5, close: 9 }, 9 / 8.5 - 1],
  ])('finds %s', (_, change, value) => {
    const bar = { time: 0, entity: 'A', open: 10, high: 11, low: 9, close: 10, ...change };
    expect(found(panelFromRows([bar], { entity: 'entity', time: 'time' }), 'ohlc-inconsistent')).toEqual([['A', '1970-01-01', expect.closeTo(value, 10)]]);
  });

  it('allows for rounding of adjusted prices', () => {
    const bar = { time: 0, entity: 'A', open: 10, high: 10, low: 9, close: 10.000001 };
    expect(found(panelFromRows([bar], { entity: 'entity', time: 'time' }), 'ohlc-inconsistent')).toEqual([]);
  });

  it('cuts long lists, and counts what it cut', () => {
    const inspection = inspectPanel(real, { maxFindings: 2, jumpSigma: 3 });
    expect(inspection.findings.filter((f) => f.kind === 'jump').length).toBe(2);
    expect(inspection.counts.jump).toBeGreaterThan(20);
  });

  it('does not suspect a universe in which entities come and go', () => {
    expect(inspectPanel(closes({ A: [1, 2, 3], B: [null, 2, 3] })).universeIsConstant).toBe(false);
    expect(inspectPanel(closes({ A: [1, 2, 3], B: [1, 2, null] })).universeIsConstant).toBe(false);
    expect(inspectPanel(closes({ A: [1, 2, 3] })).universeIsConstant).toBe(false);
    expect(inspectPanel(selectSessions(real, { last: 1 })).universeIsConstant).toBe(false);
  });

  it('says which checks it did not make', () => {
    expect(inspectPanel(closes({ A: [1, 2, 3] })).skipped.map((s) => s.check)).toEqual(['checks of open', 'checks of high', 'checks of low', 'checks of volume']);
    expect(inspect(inspectPanel(closes({ A: [1, 2, 3] })))).toBe('Panel 3 rows, 1 entity, 3 sessions 1970-01-01..1970-01-03, columns close\nno findings');
  });

  it('refuses an unknown column and options out of range', () => {
    expect(() => inspectPanel(real, { closeColumn: 'Close' })).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: 'inspectPanel: unknown column "Close"; did you mean "close"?' }));
    expect(() => inspectPanel(real, { staleRows: 1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => inspectPanel(real, { jumpSigmas: 5 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
