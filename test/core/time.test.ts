import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { formatTime, parseTime, tryParseTime } from '../../src/core/time.ts';

const DAY = 86_400_000;
const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

describe('tryParseTime', () => {
  it.each([
    ['1970-01-01', 0],
    ['2020-02-29', Date.UTC(2020, 1, 29)],
    ['2000-02-29', Date.UTC(2000, 1, 29)],
    ['1969-12-31', -DAY],
    ['2018-02-07T14:30Z', Date.UTC(2018, 1, 7, 14, 30)],
    ['2018-02-07 14:30:05Z', Date.UTC(2018, 1, 7, 14, 30, 5)],
    ['2018-02-07T14:30:05.1Z', Date.UTC(2018, 1, 7, 14, 30, 5, 100)],
    ['2018-02-07T14:30:05.123456789Z', Date.UTC(2018, 1, 7, 14, 30, 5, 123)],
    ['2018-02-07T09:30:00-05:00', Date.UTC(2018, 1, 7, 14, 30)],
    ['2018-02-07T09:30-0500', Date.UTC(2018, 1, 7, 14, 30)],
    ['2018-02-07T00:15:00+05:30', Date.UTC(2018, 1, 6, 18, 45)],
    ['2018-12-31T23:59:59.999-12:00', Date.UTC(2019, 0, 1, 11, 59, 59, 999)],
  ])('%s', (text, time) => {
    expect(tryParseTime(text)).toBe(time);
  });

  it('reads the year 50 as the year 50', () => {
    const time = tryParseTime('0050-03-01') as number;
    expect(new Date(time).getUTCFullYear()).toBe(50);
    expect(formatTime(time)).toBe('0050-03-01');
    expect(tryParseTime('0000-01-01')).toBe(-62_167_219_200_000);
  });

  it.each([
    '2019-02-29', '1900-02-29', '2020-02-30', '2020-13-01', '2020-00-01', '2020-01-00', '2020-04-31', // no such day
    '2020-01-01T12:00', '2020-01-01T12:00:00', '2020-01-01 12:00:00.000', // no zone
    '2020-01-01T24:00Z', '2020-01-01T12:60Z', '2020-01-01T12:00:60Z', '2020-01-01T12:00+19:00', '2020-01-01T12:00+05:60', // no such time
    '2020-1-1', '20200101', '01/02/2020', '2020-01-01Z', '2020-01-01T', '2020-01-01t12:00z', '2020-W01', 'today', '', ' 2020-01-01', '2020-01-01\n', '+002020-01-01', '12020-01-01', '२०२०-01-01',
  ])('is not a time: %j', (text) => {
    expect(tryParseTime(text)).toBeUndefined();
  });

  it('takes dates and whole milliseconds, nothing else', () => {
    expect(tryParseTime(new Date(5))).toBe(5);
    expect(tryParseTime(8.64e15)).toBe(8.64e15);
    expect(tryParseTime(-0)).toBe(0);
    for (const value of [1.5, NaN, Infinity, 8.64e15 + 1000, new Date(NaN), null, undefined, true, {}, [], 1n]) expect(tryParseTime(value)).toBeUndefined();
  });

  it('does not depend on the host\'s time zone', () => {
    const texts = ['2018-03-11', '2018-03-11T02:30Z', '2018-11-04T01:30:00-04:00', '0050-01-01', '1883-11-18'];
    const inZone = (name: string): unknown => {
      process.env['TZ'] = name;
      return texts.map((text) => [tryParseTime(text), formatTime(tryParseTime(text) as number), new Date(2018, 0, 1).getTime()]);
    };
    const all = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia', 'Australia/Lord_Howe'].map(inZone) as [number, string, number][][];
    expect(new Set(all.map((rows) => rows[0][2])).size).toBeGreaterThan(1); // the zone did change
    for (const rows of all) expect(rows.map((row) => row.slice(0, 2))).toEqual(all[0].map((row) => row.slice(0, 2)));
  });
});

describe('parseTime', () => {
  it('throws with function, argument, rule and value', () => {
    expect(parseTime('f', 'from', '2020-01-02')).toBe(Date.UTC(2020, 0, 2));
    expect(() => parseTime('f', 'from', '2020-01-02T10:00')).toThrow(expect.objectContaining({
      code: 'ERR_DOMAIN',
      message: 'f: from must be YYYY-MM-DD, a date-time with Z or an offset, a Date or epoch milliseconds, got "2020-01-02T10:00"',
    }));
  });
});

describe('formatTime', () => {
  it('is a date at midnight UTC, else a date-time', () => {
    expect(formatTime(Date.UTC(2018, 1, 7))).toBe('2018-02-07');
    expect(formatTime(Date.UTC(2018, 1, 7, 14, 30))).toBe('2018-02-07T14:30:00.000Z');
    expect([NaN, Infinity, 9e15].map(formatTime)).toEqual(['NaN', 'Infinity', '9000000000000000']);
  });

  it('is read back to the same millisecond, years 0 to 9999', () => {
    fc.assert(fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (time) => {
      expect(tryParseTime(formatTime(time))).toBe(time);
      const midnight = Math.floor(time / DAY) * DAY;
      expect(tryParseTime(formatTime(midnight))).toBe(midnight);
    }));
  });
});
