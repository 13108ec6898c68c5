/** Which quotes of a chain can be believed, and why the others cannot. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { printable } from '../../core/inspect.ts';
import { parseTime } from '../../core/time.ts';
import type { OptionChain } from './chain.ts';
import { AFTER_AS_OF, AMERICAN, CABINET, countReasons, countsText, CROSSED, DUPLICATE, EXPIRED, INVALID_CONTRACT, KEPT, LOCKED, NO_PRICE, NOT_POSITIVE, STALE, THIN, WIDE_SPREAD } from './drop-reason.ts';
import type { DropCounts } from './drop-reason.ts';
import type { TimeLike } from './option-quote.ts';

export interface QuoteFilterOptions {
  /** Last trade no earlier than this: the start of the session where quotes of untraded contracts are left over from earlier days. @default none */
  readonly tradedSince?: TimeLike;
  /** Age of the last trade in milliseconds. @default 24 hours for a chain with trade times and no quote times, unless `tradedSince` says it; else Infinity */
  readonly maxTradeAge?: number;
  /** Age of the quote in milliseconds. @default 3600000, one hour, for a chain with quote times */
  readonly maxQuoteAge?: number;
  /** Milliseconds by which time stamps may be later than the time of the chain, for late clocks and closing prints. @default 3600000, one hour */
  readonly maxClockSkew?: number;
  /** Keep quotes with a bid of 0: their mid is half the ask and their bid has no volatility. @default false */
  readonly allowZeroBid?: boolean;
  /** Keep quotes whose bid equals the ask. @default false */
  readonly allowLocked?: boolean;
  /** American quotes: dropped, or taken as if they were European, which overstates the volatility of puts. @default 'drop' */
  readonly american?: 'drop' | 'as-european';
  /** Highest ask that only says an option is worthless; 0 turns this off. @default 0 */
  readonly cabinetPrice?: number;
  /** ask - bid in the currency of the strike. @default Infinity */
  readonly maxSpread?: number;
  /** (ask - bid) / mid, in (0, 2]. @default Infinity */
  readonly maxRelativeSpread?: number;
  /** Contracts at the bid and at the ask. @default 0 */
  readonly minSize?: number;
  /** Contracts traded in the session. @default 0 */
  readonly minVolume?: number;
  /** @default 0 */
  readonly minOpenInterest?: number;
}

/** Plain data: one reason per row of the chain. */
export interface QuoteFilter {
  readonly kind: 'quote-filter';
  /** Code of each row, a place in `DROP_REASONS`; 0 is kept. Shape (size). */
  readonly reason: Uint8Array;
  /** Rows kept, ascending. */
  readonly kept: Uint32Array;
  /** Rows by reason, `kept` among them; the counts add up to the rows of the chain. */
  readonly counts: DropCounts;
}

const FILTER_OPTIONS: readonly (keyof QuoteFilterOptions)[] = [
  'tradedSince', 'maxTradeAge', 'maxQuoteAge', 'maxClockSkew', 'allowZeroBid', 'allowLocked', 'american', 'cabinetPrice', 'maxSpread', 'maxRelativeSpread', 'minSize', 'minVolume', 'minOpenInterest',
];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Gives every row of a chain a reason to be dropped, or none.
 *
 * A limit that is asked for drops the rows whose value is missing: what cannot be shown to be fresh or deep is not. Of rows of one contract
 * that pass, the one with the latest quote is taken, then the latest trade, then the first.
 *
 * The default limit on trades matters: vendors that show the last quote of contracts untraded for weeks put parity off by hundreds of points.
 *
 * @throws DomainError for options out of range, and for a limit on a column the chain does not have
 */
export function filterQuotes(chain: OptionChain, options: QuoteFilterOptions = {}): QuoteFilter {
  const limits = resolveLimits(chain, options);
  const reason = new Uint8Array(chain.size);
  for (let i = 0; i < chain.size; i++) reason[i] = chain.sliceOfRow[i] < 0 ? INVALID_CONTRACT : chain.slices[chain.sliceOfRow[i]].expiryTime <= chain.asOf ? EXPIRED : KEPT;
  judgeRows(chain, limits, reason);
  dropDuplicates(chain, reason);
  return filterOf(reason);
}

/** A filter from its codes. */
export function filterOf(reason: Uint8Array): QuoteFilter {
  const counts = countReasons(reason);
  const kept = new Uint32Array(counts.kept ?? 0);
  for (let i = 0, n = 0; i < reason.length; i++) if (reason[i] === KEPT) kept[n++] = i;
  return Object.freeze(printable({ kind: 'quote-filter', reason, kept, counts }, printFilter));
}

function printFilter({ reason, kept, counts }: QuoteFilter): string {
  return `QuoteFilter keeps ${kept.length} of ${reason.length} rows; dropped: ${countsText(counts)}`;
}

interface Limits {
  readonly earliestTrade: number;
  readonly earliestQuote: number;
  readonly latest: number;
  readonly dropAmerican: boolean;
  readonly allowZeroBid: boolean;
  readonly allowLocked: boolean;
  readonly cabinetPrice: number;
  readonly maxSpread: number;
  readonly maxRelativeSpread: number;
  readonly minSize: number;
  readonly minVolume: number;
  readonly minOpenInterest: number;
}

function resolveLimits(chain: OptionChain, options: QuoteFilterOptions): Limits {
  const fn = 'filterQuotes';
  requireKnownKeys(fn, options, FILTER_OPTIONS);
  // Infinity turns a limit off.
  const limit = (name: 'maxTradeAge' | 'maxQuoteAge' | 'maxClockSkew' | 'maxSpread' | 'maxRelativeSpread', fallback: number): number =>
    options[name] === undefined ? fallback : options[name] === Infinity ? Infinity : requireNumber(fn, name, options[name], { min: 0 });
  const floor = (name: 'cabinetPrice' | 'minSize' | 'minVolume' | 'minOpenInterest'): number => requireNumber(fn, name, options[name] ?? 0, { min: 0 });
  const maxTradeAge = limit('maxTradeAge', chain.lastTradeTime !== null && chain.quoteTime === null && options.tradedSince === undefined ? DAY_MS : Infinity);
  const since = options.tradedSince === undefined ? -Infinity : parseTime(fn, 'tradedSince', options.tradedSince);
  const limits: Limits = {
    earliestTrade: Math.max(since, chain.asOf - maxTradeAge),
    earliestQuote: chain.asOf - limit('maxQuoteAge', chain.quoteTime !== null ? HOUR_MS : Infinity),
    latest: chain.asOf + limit('maxClockSkew', HOUR_MS),
    dropAmerican: requireOneOf(fn, 'american', options.american ?? 'drop', ['drop', 'as-european']) === 'drop',
    allowZeroBid: options.allowZeroBid ?? false,
    allowLocked: options.allowLocked ?? false,
    cabinetPrice: floor('cabinetPrice'),
    maxSpread: limit('maxSpread', Infinity),
    maxRelativeSpread: limit('maxRelativeSpread', Infinity),
    minSize: floor('minSize'),
    minVolume: floor('minVolume'),
    minOpenInterest: floor('minOpenInterest'),
  };
  const needs = (wanted: boolean, option: string, column: 'lastTradeTime' | 'quoteTime' | 'bidSize' | 'askSize' | 'volume' | 'openInterest'): void => {
    if (wanted && chain[column] === null && chain.size > 0) throw new DomainError(`${fn}: ${option} must be left out for a chain without ${column}`);
  };
  needs(limits.earliestTrade > -Infinity, 'tradedSince or maxTradeAge', 'lastTradeTime');
  needs(limits.earliestQuote > -Infinity, 'maxQuoteAge', 'quoteTime');
  needs(limits.minSize > 0, 'minSize', 'bidSize');
  needs(limits.minSize > 0, 'minSize', 'askSize');
  needs(limits.minVolume > 0, 'minVolume', 'volume');
  needs(limits.minOpenInterest > 0, 'minOpenInterest', 'openInterest');
  return limits;
}

function judgeRows(chain: OptionChain, limits: Limits, reason: Uint8Array): void {
  const { bid, ask, american, lastTradeTime, quoteTime, bidSize, askSize, volume, openInterest } = chain;
  for (let i = 0; i < chain.size; i++) {
    if (reason[i] !== KEPT) continue;
    const b = bid[i];
    const a = ask[i];
    if (limits.dropAmerican && american[i] === 1) reason[i] = AMERICAN;
    else if (!(Math.abs(b) < Infinity && Math.abs(a) < Infinity)) reason[i] = NO_PRICE;
    else if (!(a > 0) || b < 0 || (b === 0 && !limits.allowZeroBid)) reason[i] = NOT_POSITIVE;
    else if (b > a) reason[i] = CROSSED;
    else if (b === a && !limits.allowLocked) reason[i] = LOCKED;
    else if (isLater(lastTradeTime, i, limits.latest) || isLater(quoteTime, i, limits.latest)) reason[i] = AFTER_AS_OF;
    else if (isBelow(lastTradeTime, i, limits.earliestTrade) || isBelow(quoteTime, i, limits.earliestQuote)) reason[i] = STALE;
    else if (a <= limits.cabinetPrice) reason[i] = CABINET;
    else if (a - b > limits.maxSpread || a - b > limits.maxRelativeSpread * (0.5 * (a + b))) reason[i] = WIDE_SPREAD;
    else if (isSmall(bidSize, i, limits.minSize) || isSmall(askSize, i, limits.minSize) || isSmall(volume, i, limits.minVolume) || isSmall(openInterest, i, limits.minOpenInterest)) reason[i] = THIN;
  }
}

function isLater(times: Float64Array | null, row: number, latest: number): boolean {
  return times !== null && times[row] > latest;
}

function isBelow(times: Float64Array | null, row: number, earliest: number): boolean {
  return times !== null && earliest > -Infinity && !(times[row] >= earliest);
}

function isSmall(values: Float64Array | null, row: number, least: number): boolean {
  return values !== null && least > 0 && !(values[row] >= least);
}

// Rows of one contract follow each other in the order of the chain.
function dropDuplicates(chain: OptionChain, reason: Uint8Array): void {
  const { order, strike, side } = chain;
  for (const { start, end } of chain.slices) {
    let best = -1;
    for (let at = start; at < end; at++) {
      const row = order[at];
      if (reason[row] !== KEPT) continue;
      if (best < 0 || strike[best] !== strike[row] || side[best] !== side[row]) best = row;
      else if (isFresher(chain, row, best)) {
        reason[best] = DUPLICATE;
        best = row;
      } else reason[row] = DUPLICATE;
    }
  }
}

function isFresher(chain: OptionChain, row: number, than: number): boolean {
  for (const times of [chain.quoteTime, chain.lastTradeTime]) {
    if (times === null || times[row] === times[than]) continue;
    if (times[row] > times[than]) return true;
    if (times[row] < times[than]) return false;
    if (times[row] === times[row]) return true; // the other has no time
    if (times[than] === times[than]) return false;
  }
  return false;
}
