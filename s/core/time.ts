/** Times are epoch milliseconds UTC. Text is parsed strictly: the host's time zone never takes part. */
import { show } from './assert.ts';
import { DomainError } from './errors.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})$/;

/** The time of a valid text or number, or undefined. `YYYY-MM-DD` is 00:00 UTC; a date-time needs Z or an offset. */
export function tryParseTime(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) <= 8.64e15 ? value + 0 : undefined; // -0 becomes 0
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  if (typeof value !== 'string') return undefined;
  const date = DATE.exec(value);
  if (date !== null) return utc(date, 0, 0, 0, 0);
  const match = DATE_TIME.exec(value);
  if (match === null) return undefined;
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const start = utc(match, hour, minute, second, Number((match[7] ?? '').slice(0, 3).padEnd(3, '0')));
  if (start === undefined) return undefined;
  const zone = match[8] as string;
  if (zone === 'Z') return start;
  const offsetHours = Number(zone.slice(1, 3));
  const offsetMinutes = Number(zone.slice(-2));
  if (offsetHours > 18 || offsetMinutes > 59) return undefined;
  return start - (zone.startsWith('-') ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60000;
}

function utc(match: RegExpExecArray, hour: number, minute: number, second: number, ms: number): number | undefined {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC would read years 0-99 as 19xx
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

/** Like {@link tryParseTime}, but an unreadable value throws. */
export function parseTime(fn: string, name: string, value: unknown): number {
  const time = tryParseTime(value);
  if (time === undefined) throw new DomainError(`${fn}: ${name} must be YYYY-MM-DD, a date-time with Z or an offset, a Date or epoch milliseconds, got ${show(value)}`);
  return time;
}

/** `2018-02-07` for a time at midnight UTC, else `2018-02-07T14:30:00.000Z`. */
export function formatTime(time: number): string {
  if (!(Math.abs(time) <= 8.64e15)) return String(time); // outside what a Date can hold
  const text = new Date(time).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, -14) : text;
}
