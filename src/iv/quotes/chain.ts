/** An option chain: the quotes of one underlying at one time, in columns. */
import { requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { printable } from '../../core/inspect.ts';
import { formatTime, parseTime } from '../../core/time.ts';
import { DEFAULT_TIME_ZONE, instantOf, requireTimeZone, settlementMinutes } from './expiry-time.ts';
import type { ExpirySettlement } from './expiry-time.ts';
import type { ExerciseStyle, OptionQuote, OptionQuoteColumns, TimeLike } from './option-quote.ts';
import { checkColumns, columnsOfRows, expiryColumn, groupColumn, numberColumn, optionalColumn, timeColumn, timeOfText } from './read-columns.ts';
import type { SettlementReader } from './read-columns.ts';
import { sliceRows } from './slice-rows.ts';
import type { ChainSlice } from './slice-rows.ts';

export interface OptionChainOptions {
  /** When the quotes were taken; a date alone is 00:00 UTC. */
  readonly asOf: TimeLike;
  /** Time of day of expiries given as dates: one for all, or by group with `pm` for groups not named. @default 'pm' */
  readonly settlement?: ExpirySettlement | Readonly<Record<string, ExpirySettlement>>;
  /** Of that time of day. @default 'America/New_York' */
  readonly timeZone?: string;
  /** Of rows that do not say. @default 'european' */
  readonly exerciseStyle?: ExerciseStyle;
}

/** Plain data, rows in the order given; every column has `size` values, an optional column nobody gave is null. NaN is missing. */
export interface OptionChain {
  readonly kind: 'option-chain';
  /** Epoch milliseconds UTC. */
  readonly asOf: number;
  readonly size: number;
  /** Names that `slices` point to. */
  readonly groups: readonly string[];
  /** Expiries of each group, by time and then group; `order` lists their rows. */
  readonly slices: readonly ChainSlice[];
  /** Rows with a valid contract, by slice, then strike, then calls before puts, then as given. */
  readonly order: Uint32Array;
  /** Place in `slices`, -1 for an invalid contract. */
  readonly sliceOfRow: Int32Array;
  readonly strike: Float64Array;
  /** 1 call, -1 put, 0 neither. */
  readonly side: Int8Array;
  /** 1 American, 0 European. */
  readonly american: Uint8Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly bidSize: Float64Array | null;
  readonly askSize: Float64Array | null;
  readonly volume: Float64Array | null;
  readonly openInterest: Float64Array | null;
  /** Epoch milliseconds UTC. */
  readonly lastTradeTime: Float64Array | null;
  readonly quoteTime: Float64Array | null;
}

const STYLES: readonly ExerciseStyle[] = ['european', 'american'];

/**
 * A chain from rows or columns of quotes.
 *
 * No row is refused: what is missing or makes no sense becomes NaN, and {@link filterQuotes} gives the reason. Times to expiry count
 * milliseconds in years of 365 days, so that the hours of a one-day option are not lost.
 *
 * @param quotes - rows in any order, or columns of one length
 * @throws ShapeError for columns of different lengths or a column that is not there, DomainError for options out of range
 * @example
 * optionChain([{ group: 'SPX', expiry: '2026-02-20', strike: 6900, type: 'put', bid: 61.2, ask: 61.9 }], { asOf: '2026-01-30T21:00Z', settlement: { SPX: 'am' } })
 */
export function optionChain(quotes: readonly OptionQuote[] | OptionQuoteColumns, options: OptionChainOptions): OptionChain {
  const fn = 'optionChain';
  requireKnownKeys(fn, options, ['asOf', 'settlement', 'timeZone', 'exerciseStyle']);
  const asOf = parseTime(fn, 'asOf', options.asOf);
  const defaultStyle = requireOneOf(fn, 'exerciseStyle', options.exerciseStyle ?? 'european', STYLES);
  const columns = Array.isArray(quotes) ? columnsOfRows(fn, quotes) : (quotes as OptionQuoteColumns);
  const size = checkColumns(fn, columns);

  const expiryTime = expiryColumn(columns, size, asOf, settlementReader(fn, options));
  const groupOf = new Uint32Array(size);
  const groups = groupColumn(columns.group, groupOf);
  const strike = numberColumn(columns.strike, size);
  const side = new Int8Array(size);
  for (let i = 0; i < size; i++) side[i] = columns.type[i] === 'call' ? 1 : columns.type[i] === 'put' ? -1 : 0;
  const american = new Uint8Array(size);
  const style = columns.exerciseStyle ?? defaultStyle;
  for (let i = 0; i < size; i++) if ((typeof style === 'string' ? style : (style[i] ?? defaultStyle)) === 'american') american[i] = 1;

  return sealChain({
    kind: 'option-chain',
    asOf,
    size,
    groups: Object.freeze(groups),
    ...sliceRows({ groups, groupOf, expiryTime, strike, side }, asOf),
    strike,
    side,
    american,
    bid: numberColumn(columns.bid, size),
    ask: numberColumn(columns.ask, size),
    bidSize: optionalColumn(columns.bidSize, size),
    askSize: optionalColumn(columns.askSize, size),
    volume: optionalColumn(columns.volume, size),
    openInterest: optionalColumn(columns.openInterest, size),
    lastTradeTime: columns.lastTradeTime === undefined ? null : timeColumn(columns.lastTradeTime, size),
    quoteTime: columns.quoteTime === undefined ? null : timeColumn(columns.quoteTime, size),
  });
}

/** Frozen, and printed in one line. */
export function sealChain(chain: OptionChain): OptionChain {
  return Object.freeze(printable(chain, printChain));
}

function printChain({ asOf, size, groups, slices, american }: OptionChain): string {
  const names = groups.filter((group) => group !== '').join(', ');
  const early = american.reduce((sum, flag) => sum + flag, 0);
  return `OptionChain of ${size} quotes in ${slices.length} ${slices.length === 1 ? 'expiry' : 'expiries'}${names === '' ? '' : ` (${names})`}${early === 0 ? '' : `, ${early} American`}, as of ${formatTime(asOf)}`;
}

function settlementReader(fn: string, options: OptionChainOptions): SettlementReader {
  const zone = requireTimeZone(fn, options.timeZone ?? DEFAULT_TIME_ZONE);
  const settlement = options.settlement ?? 'pm';
  const isByGroup = typeof settlement === 'object' && settlement !== null;
  const byGroup = new Map(isByGroup ? Object.entries(settlement).map(([group, when]) => [group, settlementMinutes(fn, when)] as const) : []);
  const others = settlementMinutes(fn, isByGroup ? 'pm' : settlement);
  const known = new Map<string, number>();
  return (date, group) => {
    const minutes = byGroup.get(group) ?? others;
    const key = `${date} ${minutes}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const midnight = timeOfText(date);
    const time = midnight === midnight ? instantOf(midnight + minutes * 60_000, zone) : NaN;
    known.set(key, time);
    return time;
  };
}
