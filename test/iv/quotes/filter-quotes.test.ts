import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optionChain } from '../../../src/iv/quotes/chain.ts';
import { DROP_REASONS } from '../../../src/iv/quotes/drop-reason.ts';
import { filterQuotes } from '../../../src/iv/quotes/filter-quotes.ts';
import type { QuoteFilterOptions } from '../../../src/iv/quotes/filter-quotes.ts';
import type { OptionQuote } from '../../../src/iv/quotes/option-quote.ts';
import { spxChain } from '../spx-chain.ts';

const asOf = '2026-01-30T21:00Z';
const row = (more: Partial<OptionQuote> = {}): OptionQuote => ({ expiry: '2026-02-20', strike: 100, type: 'call', bid: 1, ask: 2, ...more });
const reasons = (rows: OptionQuote[], options: QuoteFilterOptions = {}): string[] => Array.from(filterQuotes(optionChain(rows, { asOf }), options).reason, (code) => DROP_REASONS[code]);
const reason = (quote: Partial<OptionQuote>, options: QuoteFilterOptions = {}): string => reasons([row(quote)], options)[0];

describe('filterQuotes', () => {
  it('gives each flaw its reason', () => {
    expect(reason({})).toBe('kept');
    expect(reason({ strike: 0 })).toBe('invalid-contract');
    expect(reason({ expiry: '2026-01-30' })).toBe('expired'); // settles as the quotes are taken: T = 0
    expect(reason({ expiry: '2026-01-29' })).toBe('expired');
    expect(reason({ exerciseStyle: 'american' })).toBe('american');
    expect(reason({ bid: NaN })).toBe('no-price');
    expect(reason({ ask: null })).toBe('no-price');
    expect(reason({ ask: Infinity })).toBe('no-price');
    expect(reason({ bid: 0 })).toBe('not-positive');
    expect(reason({ bid: -1 })).toBe('not-positive');
    expect(reason({ bid: -2, ask: 0 })).toBe('not-positive');
    expect(reason({ bid: 3 })).toBe('crossed');
    expect(reason({ bid: 2 })).toBe('locked');
  });

  it('tries the reasons in the order of the list', () => {
    expect(reason({ strike: -1, expiry: '2020-01-01', bid: NaN })).toBe('invalid-contract');
    expect(reason({ expiry: '2020-01-01', bid: NaN, exerciseStyle: 'american' })).toBe('expired');
    expect(reason({ bid: 5, lastTradeTime: '2020-01-01' })).toBe('crossed');
  });

  it('keeps what options allow', () => {
    expect(reason({ bid: 0 }, { allowZeroBid: true })).toBe('kept');
    expect(reason({ bid: 0, ask: 0 }, { allowZeroBid: true, allowLocked: true })).toBe('not-positive');
    expect(reason({ bid: 2 }, { allowLocked: true })).toBe('kept');
    expect(reason({ exerciseStyle: 'american' }, { american: 'as-european' })).toBe('kept');
  });

  it('calls a quote stale when it or its last trade is older than a limit or the start of a session', () => {
    const trade = (lastTradeTime: string): Partial<OptionQuote> => ({ lastTradeTime });
    expect(reason(trade('2026-01-29T21:00Z'))).toBe('kept'); // 24 hours by default where no quote times are known
    expect(reason(trade('2026-01-29T20:59Z'))).toBe('stale');
    expect(reason(trade('2026-01-29T20:59Z'), { maxTradeAge: Infinity })).toBe('kept');
    expect(reason(trade('2026-01-29T23:59Z'), { tradedSince: '2026-01-30' })).toBe('stale');
    expect(reason(trade('2026-01-30T00:00Z'), { tradedSince: '2026-01-30' })).toBe('kept');
    expect(reason(trade('2026-01-20T00:00Z'), { tradedSince: '2026-01-19' })).toBe('kept');
    expect(reason({ quoteTime: '2026-01-30T20:00Z' })).toBe('kept'); // one hour by default
    expect(reason({ quoteTime: '2026-01-30T19:59Z' })).toBe('stale');
    expect(reason({ quoteTime: '2026-01-30T20:59Z', lastTradeTime: '2026-01-02' })).toBe('kept'); // a fresh quote needs no trade
    expect(reason({ quoteTime: '2026-01-30T20:58Z' }, { maxQuoteAge: 60_000 })).toBe('stale');
  });

  it('does not look ahead: stamps after the time of the chain drop a quote, but for an allowance', () => {
    expect(reason({ lastTradeTime: '2026-01-30T22:00Z' })).toBe('kept');
    expect(reason({ lastTradeTime: '2026-01-30T22:01Z' })).toBe('after-as-of');
    expect(reason({ quoteTime: '2026-01-30T21:01Z' }, { maxClockSkew: 0 })).toBe('after-as-of');
  });

  it('filters cabinet prices, wide spreads and thin quotes at the limits', () => {
    expect(reason({ bid: 0.05, ask: 0.1 }, { cabinetPrice: 0.1 })).toBe('cabinet');
    expect(reason({ bid: 0.05, ask: 0.15 }, { cabinetPrice: 0.1 })).toBe('kept');
    expect(reason({}, { maxSpread: 1 })).toBe('kept');
    expect(reason({}, { maxSpread: 0.99 })).toBe('wide-spread');
    expect(reason({ bid: 3, ask: 5 }, { maxRelativeSpread: 0.5 })).toBe('kept'); // 2 / 4
    expect(reason({ bid: 3, ask: 5 }, { maxRelativeSpread: 0.49 })).toBe('wide-spread');
    expect(reason({ bidSize: 5, askSize: 4 }, { minSize: 5 })).toBe('thin');
    expect(reason({ bidSize: 4, askSize: 5 }, { minSize: 5 })).toBe('thin');
    expect(reason({ bidSize: 5, askSize: 5 }, { minSize: 5 })).toBe('kept');
    expect(reason({ volume: 1 }, { minVolume: 2 })).toBe('thin');
    expect(reason({ openInterest: 1 }, { minOpenInterest: 2 })).toBe('thin');
  });

  it('a limit that is asked for drops rows whose value is missing', () => {
    expect(reasons([row({ volume: 5 }), row({ strike: 90 })], { minVolume: 1 })).toEqual(['kept', 'thin']);
    expect(reasons([row({ lastTradeTime: asOf }), row({ strike: 90 }), row({ strike: 80, lastTradeTime: 'never' })])).toEqual(['kept', 'stale', 'stale']);
  });

  it('of duplicates takes the latest quote, then the latest trade, then the first, and none that is dropped already', () => {
    const at = (quoteTime: string | null, lastTradeTime: string | null = null): OptionQuote => row({ quoteTime, lastTradeTime });
    expect(reasons([at('2026-01-30T20:30Z'), at('2026-01-30T20:40Z'), at('2026-01-30T20:35Z')])).toEqual(['duplicate', 'kept', 'duplicate']);
    expect(reasons([at('2026-01-30T20:30Z', '2026-01-01'), at('2026-01-30T20:30Z', '2026-01-02')])).toEqual(['duplicate', 'kept']);
    expect(reasons([at(null), at('2026-01-30T20:30Z'), at(null)], { maxQuoteAge: Infinity })).toEqual(['duplicate', 'kept', 'duplicate']);
    expect(reasons([row(), row(), row({ type: 'put' })])).toEqual(['kept', 'duplicate', 'kept']);
    expect(reasons([row({ bid: 9 }), row()])).toEqual(['crossed', 'kept']);
  });

  it('loses nothing: the counts add up to the rows of the real chain', () => {
    const chain = spxChain();
    const filter = filterQuotes(chain, { tradedSince: '2026-01-30' });
    expect(filter.counts).toEqual({ kept: 7429, 'not-positive': 922, crossed: 1, stale: 8755 });
    expect(Object.values(filter.counts).reduce((sum, n) => sum + n, 0)).toBe(chain.size);
    expect(filter.kept.length).toBe(7429);
    expect(filter.kept.every((r) => filter.reason[r] === 0)).toBe(true);
  });

  it('judges rows by themselves, but for duplicates: any order, the same reasons', () => {
    const quote = fc.record({ strike: fc.constantFrom(-1, 90, 100), bid: fc.constantFrom(0, 1, 2, NaN), ask: fc.constantFrom(0, 1, 2, 3), expiry: fc.constantFrom('2026-01-01', '2026-03-01') });
    fc.assert(
      fc.property(fc.array(quote, { maxLength: 30 }), (quotes) => {
        const rows = quotes.map((q, i) => row({ ...q, strike: q.strike + i })); // no duplicates
        const there = reasons(rows);
        expect(reasons([...rows].reverse()).reverse()).toEqual(there);
      }),
    );
  });

  it('throws for a mistake of the caller: a limit on a column that is not there, options out of range', () => {
    const domain = expect.objectContaining({ code: 'ERR_DOMAIN' });
    for (const options of [{ tradedSince: '2026-01-30' }, { maxTradeAge: 1 }, { maxQuoteAge: 1 }, { minSize: 1 }, { minVolume: 1 }, { minOpenInterest: 1 }]) expect(() => reason({}, options)).toThrow(domain);
    for (const options of [{ maxSpread: -1 }, { maxRelativeSpread: NaN }, { cabinetPrice: Infinity }, { american: 'convert' as 'drop' }]) expect(() => reason({}, options)).toThrow(domain);
    expect(() => reason({}, { maxAge: 1 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });

  it('a chain and its filter print as one line, not as columns', () => {
    const chain = optionChain(Array.from({ length: 40 }, (_, i) => row({ strike: 100 + i })), { asOf: '2026-01-30T21:00Z' });
    expect(inspect(chain)).toMatch(/^OptionChain of 40 quotes in 1 expiry.*as of 2026-01-30T21:00/);
    expect(inspect(chain)).not.toContain('\n');
    expect(inspect(filterQuotes(chain))).toMatch(/^QuoteFilter keeps \d+ of 40 rows; dropped: .+$/);
    expect(structuredClone(chain)).toEqual({ ...chain });
  });

  it('does not throw for an empty chain, which has no columns to limit', () => {
    expect(filterQuotes(optionChain([], { asOf: '2026-01-30T21:00Z' }), { tradedSince: '2026-01-30', minSize: 1 }).kept).toHaveLength(0);
  });
});
