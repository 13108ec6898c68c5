/** The instant an option expires, from its date and the exchange's clock. */
import { requireKnownKeys, requireText, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { tryParseTime } from '../../core/time.ts';

/** Settled at the open (09:30), at the close (16:00), or at a local time `HH:MM` such as 13:00 on a short day. */
export type ExpirySettlement = 'am' | 'pm' | `${number}:${number}`;

export interface ExpiryTimeOptions {
  /** Local date of settlement, `YYYY-MM-DD`. */
  readonly date: string;
  /** @default 'pm' */
  readonly settlement?: ExpirySettlement;
  /** IANA name of the exchange's time zone. @default 'America/New_York' */
  readonly timeZone?: string;
}

/** Milliseconds of a year of 365 days. */
export const YEAR_MS: number = 365 * 86_400_000;

export const DEFAULT_TIME_ZONE = 'America/New_York';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;
const DAY_MS = 86_400_000;

// A formatter costs more to make than a thousand of its uses.
const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * The instant of settlement in epoch milliseconds UTC, summer time included.
 *
 * The rules of the time zone are those of the host's `Intl`, the one source every runtime has; where that is not wanted, give chains their
 * expiries as instants. A local time that the clocks skip counts from the offset before the change; one that comes twice is the first.
 *
 * @returns integer milliseconds
 * @throws DomainError for a date that does not exist, an unknown settlement or time zone
 * @example expiryTime({ date: '2026-02-20', settlement: 'am' }) // 2026-02-20T14:30:00Z
 */
export function expiryTime(options: ExpiryTimeOptions): number {
  requireKnownKeys('expiryTime', options, ['date', 'settlement', 'timeZone']);
  const date = requireText('expiryTime', 'date', options.date);
  const midnight = DATE.test(date) ? tryParseTime(date) : undefined;
  if (midnight === undefined) throw new DomainError(`expiryTime: date must be YYYY-MM-DD, got ${show(date)}`);
  const minutes = settlementMinutes('expiryTime', options.settlement ?? 'pm');
  return instantOf(midnight + minutes * 60_000, requireTimeZone('expiryTime', options.timeZone ?? DEFAULT_TIME_ZONE));
}

/** Minutes after local midnight. */
export function settlementMinutes(fn: string, settlement: string): number {
  if (settlement === 'am') return 9 * 60 + 30;
  if (settlement === 'pm') return 16 * 60;
  const match = typeof settlement === 'string' ? CLOCK.exec(settlement) : null;
  if (match === null) throw new DomainError(`${fn}: settlement must be 'am', 'pm' or a local time HH:MM, got ${show(settlement)}`);
  return Number(match[1]) * 60 + Number(match[2]);
}

/** The formatter that knows the offsets of a time zone. */
export function requireTimeZone(fn: string, timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (formatter !== undefined) return formatter;
  try {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: requireText(fn, 'timeZone', timeZone),
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new DomainError(`${fn}: timeZone must be an IANA name such as "America/New_York", got ${show(timeZone)}`, { cause });
  }
  formatters.set(timeZone, formatter);
  return formatter;
}

/** The instant at which a clock in the zone shows what a clock in UTC shows at `local`. */
export function instantOf(local: number, zone: Intl.DateTimeFormat): number {
  const before = local - offsetMs(local - DAY_MS, zone);
  if (before + offsetMs(before, zone) === local) return before;
  const after = local - offsetMs(local + DAY_MS, zone);
  return after + offsetMs(after, zone) === local ? after : before;
}

function offsetMs(time: number, zone: Intl.DateTimeFormat): number {
  let [year, month, day, hour, minute, second] = [0, 0, 0, 0, 0, 0];
  let beforeChrist = false;
  for (const { type, value } of zone.formatToParts(time)) {
    if (type === 'year') year = Number(value);
    else if (type === 'month') month = Number(value);
    else if (type === 'day') day = Number(value);
    else if (type === 'hour') hour = Number(value);
    else if (type === 'minute') minute = Number(value);
    else if (type === 'second') second = Number(value);
    else if (type === 'era') beforeChrist = value.startsWith('B');
  }
  const date = new Date(0);
  date.setUTCFullYear(beforeChrist ? 1 - year : year, month - 1, day);
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 - Math.floor(time / 1000) * 1000;
}
