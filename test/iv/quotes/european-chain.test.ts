import { describe, expect, it } from 'vitest';
import { americanPrice } from '../../../src/iv/american/american-price.ts';
import { deAmericanizeQuotesSync } from '../../../src/iv/american/de-americanize.ts';
import { optionChain } from '../../../src/iv/quotes/chain.ts';
import { chainToSmiles } from '../../../src/iv/quotes/chain-to-smiles.ts';
import { americanQuotes, europeanChain } from '../../../src/iv/quotes/european-chain.ts';
import type { AmericanQuotes } from '../../../src/iv/quotes/european-chain.ts';
import type { OptionQuote } from '../../../src/iv/quotes/option-quote.ts';

const asOf = '2026-01-30T21:00Z';
const quote = (more: Partial<OptionQuote>): OptionQuote => ({ expiryYears: 1, strike: 100, type: 'put', bid: 5, ask: 6, exerciseStyle: 'american', ...more });

describe('europeanChain', () => {
  it('hands over American quotes that have not expired, in columns, and takes back their European prices', () => {
    const chain = optionChain([quote({ exerciseStyle: 'european' }), quote({ strike: 90 }), quote({ expiryYears: -1 }), quote({ strike: NaN }), quote({ strike: 110, type: 'call', expiryYears: 2 })], { asOf });
    let seen: AmericanQuotes | undefined;
    const converted = europeanChain(chain, (quotes) => {
      seen = quotes;
      return { bid: quotes.bid.map((b) => b - 1), ask: quotes.ask.map((a) => a - 1) };
    });
    expect(seen).toEqual({ row: Uint32Array.of(1, 4), type: Int8Array.of(-1, 1), strike: Float64Array.of(90, 110), expiryYears: Float64Array.of(1, 2), bid: Float64Array.of(5, 5), ask: Float64Array.of(6, 6) });
    expect([...converted.bid]).toEqual([5, 4, 5, 5, 4]);
    expect([...converted.american]).toEqual([0, 0, 1, 1, 0]);
    expect([...chain.american]).toEqual([0, 1, 1, 1, 1]); // the chain itself is not changed
    expect([...chain.bid]).toEqual([5, 5, 5, 5, 5]);
  });

  it('leaves rows without an answer American, and the report says so', () => {
    const chain = optionChain([quote({}), quote({ strike: 90 }), quote({ strike: 80 })], { asOf });
    const deAmericanize = ({ bid, ask }: AmericanQuotes) => ({ bid: [bid[0], NaN, 1], ask: [ask[0], 1, Infinity] });
    expect([...europeanChain(chain, deAmericanize).american]).toEqual([0, 1, 1]);
    expect(chainToSmiles(chain, { deAmericanize }).filter.counts).toEqual({ american: 2, 'no-forward': 1 });
    expect(chainToSmiles(chain).filter.counts).toEqual({ american: 3 });
  });

  it('with the early exercise premium taken out, parity gives the forward the European prices have', () => {
    const strikes = [80, 85, 90, 95, 100, 105, 110, 115, 120];
    const premium = (strike: number, type: number): number => (type === -1 ? 0.002 * strike * Math.max(0, strike - 85) : 0);
    const rows = strikes.flatMap((strike) =>
      (['call', 'put'] as const).map((type) => {
        const mid = 8 + (type === 'call' ? Math.max(0, 0.95 * (103 - strike)) : Math.max(0, 0.95 * (strike - 103)) + premium(strike, -1));
        return quote({ strike, type, bid: mid - 0.05, ask: mid + 0.05 });
      }),
    );
    const chain = optionChain(rows, { asOf });
    const take = (q: AmericanQuotes, prices: Float64Array): Float64Array => prices.map((p, i) => p - premium(q.strike[i], q.type[i]));
    const { forwards } = chainToSmiles(chain, { deAmericanize: (q) => ({ bid: take(q, q.bid), ask: take(q, q.ask) }) });
    expect(forwards.slices[0].forward).toBeCloseTo(103, 8);
    const raw = chainToSmiles(chain, { filter: { american: 'as-european' } }).forwards.slices[0];
    expect(Math.abs(raw.forward - 103)).toBeGreaterThan(0.5); // parity of American prices is an inequality
  });

  it('takes prices that were converted elsewhere', () => {
    const chain = optionChain([quote({}), quote({ strike: 90 })], { asOf });
    const { bid, ask } = americanQuotes(chain);
    const prices = { bid: bid.map((b) => b - 1), ask: ask.map((a) => a - 1) };
    expect(europeanChain(chain, prices)).toEqual(europeanChain(chain, () => prices));
    expect([...europeanChain(chain, prices).bid]).toEqual([4, 4]);
  });

  it('with the de-Americanisation of this room recovers forward and volatility of an American chain', () => {
    const market = { spot: 100, rate: 0.05, dividendYield: 0.01 };
    const rows = [80, 85, 90, 95, 100, 105, 110, 115, 120].flatMap((strike) =>
      (['call', 'put'] as const).map((type) => {
        const price = americanPrice({ ...market, type, strike, expiryYears: 0.5, annualizedVol: 0.25 }, { accuracy: 'fast' });
        return quote({ strike, type, expiryYears: 0.5, bid: price - 0.01, ask: price + 0.01 });
      }),
    );
    const chain = optionChain(rows, { asOf });
    const deAmericanize = ({ type, strike, expiryYears, bid, ask }: AmericanQuotes) => {
      const european = (price: Float64Array): Float64Array => deAmericanizeQuotesSync({ ...market, type, strike, expiryYears, price }).europeanPrice;
      return { bid: european(bid), ask: european(ask) };
    };
    const { smiles } = chainToSmiles(chain, { deAmericanize });
    const forward = 100 * Math.exp(0.04 * 0.5);
    expect(Math.abs(smiles[0].forward - forward)).toBeLessThan(0.003); // the middle of two converted prices is not quite the converted mid
    for (const vol of smiles[0].midVol) expect(Math.abs(vol - 0.25)).toBeLessThan(0.0005);
    const raw = chainToSmiles(chain, { filter: { american: 'as-european' } }).smiles[0];
    expect(Math.abs(raw.forward - forward)).toBeGreaterThan(0.02);
  });

  it('returns a chain without American quotes as it is', () => {
    const chain = optionChain([quote({ exerciseStyle: 'european' })], { asOf });
    expect(europeanChain(chain, () => ({ bid: [], ask: [] }))).toBe(chain);
  });

  it('throws when the function is none or returns other lengths', () => {
    const chain = optionChain([quote({})], { asOf });
    expect(() => europeanChain(chain, () => ({ bid: [], ask: [1] }))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => europeanChain(chain, () => undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => europeanChain(chain, {} as never)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => europeanChain(chain, 'all' as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
