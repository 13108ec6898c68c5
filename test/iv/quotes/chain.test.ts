import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { optionChain } from '../../../src/iv/quotes/chain.ts';
import type { OptionQuote } from '../../../src/iv/quotes/option-quote.ts';
import { spxChain } from '../spx-chain.ts';

const asOf = '2026-01-30T21:00Z';
const row = (more: Partial<OptionQuote> = {}): OptionQuote => ({ expiry: '2026-02-20', strike: 100, type: 'call', bid: 1, ask: 2, ...more });

describe('optionChain', () => {
  it('reads an expiry that is a date as its settlement, by group, never as midnight', () => {
    const chain = optionChain([row({ group: 'SPX' }), row({ group: 'SPXW' })], { asOf, settlement: { SPX: 'am' } });
    expect(chain.slices.map((s) => [s.group, new Date(s.expiryTime).toISOString()])).toEqual([
      ['SPX', '2026-02-20T14:30:00.000Z'],
      ['SPXW', '2026-02-20T21:00:00.000Z'],
    ]);
    expect(optionChain([row()], { asOf, settlement: '08:30', timeZone: 'America/Chicago' }).slices[0].expiryTime).toBe(Date.UTC(2026, 1, 20, 14, 30));
  });

  it('pitfall, minutes matter for options of one day: years of 365 days to the millisecond', () => {
    const chain = optionChain([row({ expiry: '2026-01-30T21:30Z' }), row({ expiry: new Date('2026-01-31T21:00Z') }), row({ expiry: Date.UTC(2027, 0, 30, 21) })], { asOf });
    expect(chain.slices.map((s) => s.expiryYears)).toEqual([30 / (365 * 1440), 1 / 365, 1]);
  });

  it('takes years to expiry where there is no time of it', () => {
    const chain = optionChain([row({ expiry: undefined, expiryYears: 0.5 })], { asOf });
    expect(chain.slices[0].expiryYears).toBe(0.5);
    expect(chain.slices[0].expiryTime).toBe(Date.parse(asOf) + 0.5 * 365 * 86_400_000);
  });

  it('is the same from rows and from columns', () => {
    const rows = [row({ volume: 3, group: 'A' }), row({ strike: 90, type: 'put', volume: 4, group: 'A' })];
    const columns = { group: 'A', expiry: ['2026-02-20', '2026-02-20'], strike: Float64Array.of(100, 90), type: ['call', 'put'] as const, bid: [1, 1], ask: [2, 2], volume: [3, 4] };
    expect(optionChain(columns, { asOf })).toEqual(optionChain(rows, { asOf }));
  });

  it('orders rows by slice, strike, and calls before puts, whatever order they come in', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ strike: fc.integer({ min: 1, max: 6 }), type: fc.constantFrom('call', 'put'), group: fc.constantFrom('X', 'Y'), day: fc.integer({ min: 1, max: 3 }) }), { maxLength: 40 }), (quotes) => {
        const chain = optionChain(quotes.map(({ day, ...q }) => ({ ...q, expiry: `2026-03-0${day}`, bid: 1, ask: 2 }) as OptionQuote), { asOf });
        expect([...chain.order].sort((a, b) => a - b)).toEqual(quotes.map((_, i) => i));
        expect(chain.slices.map((s) => s.end - s.start).reduce((a, b) => a + b, 0)).toBe(quotes.length);
        chain.slices.forEach((slice, s) => {
          if (s > 0) expect(slice.expiryTime >= chain.slices[s - 1].expiryTime).toBe(true);
          const rows = [...chain.order.subarray(slice.start, slice.end)];
          expect(rows.every((r) => chain.sliceOfRow[r] === s && quotes[r].group === slice.group)).toBe(true);
          const key = (r: number): number => chain.strike[r] * 1000 - chain.side[r] * 100 + r / 100;
          expect(rows.map(key)).toEqual(rows.map(key).sort((a, b) => a - b));
        });
      }),
    );
  });

  it('keeps rows that make no sense, outside every slice, and reads missing numbers as NaN', () => {
    const bad = [row({ strike: NaN }), row({ strike: -5 }), row({ strike: Infinity }), row({ type: 'CALL' as never }), row({ expiry: '2026-02-30' }), row({ expiry: 'soon' }), row({ expiry: undefined }), row({ expiryYears: NaN, expiry: undefined }), row({ expiryYears: 1e9, expiry: undefined })];
    const chain = optionChain([...bad, row({ bid: null, ask: 'high' as never })], { asOf });
    expect(chain.size).toBe(10);
    expect([...chain.sliceOfRow]).toEqual([...bad.map(() => -1), 0]);
    expect([...chain.order]).toEqual([9]);
    expect(chain.bid[9]).toBeNaN();
    expect(chain.ask[9]).toBeNaN();
  });

  it('is empty for no rows', () => {
    expect(optionChain([], { asOf })).toMatchObject({ size: 0, slices: [] });
  });

  it('marks American rows, by row or for all', () => {
    expect([...optionChain([row(), row({ exerciseStyle: 'american' })], { asOf }).american]).toEqual([0, 1]);
    expect([...optionChain([row(), row({ exerciseStyle: 'european' })], { asOf, exerciseStyle: 'american' }).american]).toEqual([1, 0]);
    expect([...optionChain({ strike: [1], type: ['put'], bid: [1], ask: [1], expiryYears: [1], exerciseStyle: 'american' }, { asOf }).american]).toEqual([1]);
  });

  it('is plain data: structured clone and the codec give it back', () => {
    const chain = optionChain([row({ volume: 7, lastTradeTime: '2026-01-30' }), row({ type: 'put', quoteTime: null })], { asOf });
    expect(structuredClone(chain)).toEqual(chain);
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(chain))))).toEqual(chain);
    expect(Object.isFrozen(chain) && Object.isFrozen(chain.slices)).toBe(true);
  });

  it('does not change or keep what it was given', () => {
    const strike = Float64Array.of(100, 90);
    const chain = optionChain({ strike, type: ['call', 'put'], bid: [1, 1], ask: [2, 2], expiryYears: [1, 1] }, { asOf });
    strike[0] = 5;
    expect(chain.strike[0]).toBe(100);
  });

  it('throws for a mistake of the caller: lengths, missing columns, options', () => {
    const columns = { strike: [1, 2], type: ['call'], bid: [1], ask: [1] } as never;
    expect(() => optionChain(columns, { asOf })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => optionChain({ strike: [1], bid: [1], ask: [1] } as never, { asOf })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringContaining('quotes.type') }));
    expect(() => optionChain([null as never], { asOf })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => optionChain(null as never, { asOf })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => optionChain([row()], { asOf: '2026-01-30 16:00' })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => optionChain([row()], { asOf, settlement: { A: 'noon' as 'am' } })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => optionChain([row()], { asOf, timezone: 'UTC' } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });

  it('reads the real chain: 17,107 rows in 59 slices by time', () => {
    const chain = spxChain();
    expect([chain.size, chain.order.length, chain.slices.length]).toEqual([17107, 17107, 59]);
    expect(chain.slices[0]).toMatchObject({ group: 'SPXW', expiryYears: 3 / 365 });
  });
});
