import { describe, expect, it } from 'vitest';
import { expiryTime } from '../../../src/iv/quotes/expiry-time.ts';

const iso = (options: Parameters<typeof expiryTime>[0]): string => new Date(expiryTime(options)).toISOString();

describe('expiryTime', () => {
  it('pitfall, AM and PM settlement: 09:30 and 16:00 in New York', () => {
    expect(iso({ date: '2026-02-20', settlement: 'am' })).toBe('2026-02-20T14:30:00.000Z');
    expect(iso({ date: '2026-02-20', settlement: 'pm' })).toBe('2026-02-20T21:00:00.000Z');
    expect(iso({ date: '2026-02-20' })).toBe('2026-02-20T21:00:00.000Z');
  });

  it('follows summer time: it begins on the second Sunday of March and ends on the first of November', () => {
    expect(iso({ date: '2026-03-06' })).toBe('2026-03-06T21:00:00.000Z');
    expect(iso({ date: '2026-03-08' })).toBe('2026-03-08T20:00:00.000Z');
    expect(iso({ date: '2026-03-20', settlement: 'am' })).toBe('2026-03-20T13:30:00.000Z');
    expect(iso({ date: '2026-10-30' })).toBe('2026-10-30T20:00:00.000Z');
    expect(iso({ date: '2026-11-01' })).toBe('2026-11-01T21:00:00.000Z');
  });

  it('takes a time of day for short sessions and a time zone for other exchanges', () => {
    expect(iso({ date: '2026-11-27', settlement: '13:00' })).toBe('2026-11-27T18:00:00.000Z');
    expect(iso({ date: '2026-07-17', settlement: '13:00', timeZone: 'Europe/Berlin' })).toBe('2026-07-17T11:00:00.000Z');
    expect(iso({ date: '2026-07-17', settlement: '15:30', timeZone: 'Asia/Kolkata' })).toBe('2026-07-17T10:00:00.000Z');
    expect(iso({ date: '2026-07-17', settlement: '00:00', timeZone: 'UTC' })).toBe('2026-07-17T00:00:00.000Z');
  });

  it('a time that clocks skip counts from before the change, one that comes twice is the first', () => {
    expect(iso({ date: '2026-03-08', settlement: '02:30' })).toBe('2026-03-08T07:30:00.000Z'); // 02:30 at -5 h, shown as 03:30
    expect(iso({ date: '2026-11-01', settlement: '01:30' })).toBe('2026-11-01T05:30:00.000Z'); // still at -4 h
  });

  it('refuses dates, settlements and zones that do not exist', () => {
    const domain = expect.objectContaining({ code: 'ERR_DOMAIN' });
    expect(() => expiryTime({ date: '2026-02-30' })).toThrow(domain);
    expect(() => expiryTime({ date: '2026-02-20T21:00Z' })).toThrow(domain);
    expect(() => expiryTime({ date: '' })).toThrow(domain);
    for (const settlement of ['AM', '24:00', '9:30', 'noon']) expect(() => expiryTime({ date: '2026-02-20', settlement: settlement as 'am' })).toThrow(domain);
    expect(() => expiryTime({ date: '2026-02-20', timeZone: 'America/Gotham' })).toThrow(domain);
    expect(() => expiryTime({ date: '2026-02-20', zone: 'UTC' } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
