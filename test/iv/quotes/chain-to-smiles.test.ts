import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { blackPrice } from '../../../src/iv/black/price.ts';
import { optionChain } from '../../../src/iv/quotes/chain.ts';
import { chainToSmiles } from '../../../src/iv/quotes/chain-to-smiles.ts';
import type { ChainSmiles, ChainToSmilesOptions } from '../../../src/iv/quotes/chain-to-smiles.ts';
import { countReasons, DROP_REASONS } from '../../../src/iv/quotes/drop-reason.ts';
import type { OptionQuote } from '../../../src/iv/quotes/option-quote.ts';
import { spxChain } from '../spx-chain.ts';

const asOf = '2026-01-30T21:00Z';
const chain = spxChain();
const session: ChainToSmilesOptions = { filter: { tradedSince: '2026-01-30' } };
const single = chainToSmiles(chain, { ...session, forwards: { discounts: 'per-expiry' } });
const sum = (counts: object): number => Object.values(counts).reduce((total: number, n) => total + (n as number), 0);

describe('chainToSmiles on the real chain', () => {
  it('finds the 5,296 quotes out of the money of the 45 slices of the reference', () => {
    expect(single.smiles).toHaveLength(45);
    expect(single.smiles.reduce((total, smile) => total + smile.midVol.length, 0)).toBe(5296);
    expect(single.filter.counts).toEqual({ kept: 5296, 'not-positive': 922, crossed: 1, stale: 8755, 'no-forward': 600, 'out-of-bounds': 32, 'in-the-money': 1501 });
  });

  it('loses no row: counts add up for the chain and for every slice', () => {
    expect(sum(single.filter.counts)).toBe(chain.size);
    single.report.forEach(({ counts, quotes }, s) => {
      expect(sum(counts)).toBe(chain.slices[s].end - chain.slices[s].start);
      expect(counts.kept ?? 0).toBe(quotes);
    });
    expect(countReasons(single.filter.reason)).toEqual(single.filter.counts);
  });

  it('inverts bid, mid and ask: Black prices of the volatilities are the quotes', () => {
    let [quotes, worst] = [0, 0];
    for (const { forward, discount, expiryYears, row, logMoneyness, bidVol, midVol, askVol } of single.smiles) {
      for (let i = 0; i < row.length; i++) {
        const strike = chain.strike[row[i]];
        const type = chain.side[row[i]] === 1 ? 'call' : 'put';
        if ((type === 'call') === strike >= forward && logMoneyness[i] === Math.log(strike / forward)) quotes++;
        const error = (annualizedVol: number, price: number): number => Math.abs(blackPrice({ type, forward, strike, expiryYears, annualizedVol, discount }) / price - 1);
        const bid = chain.bid[row[i]];
        const ask = chain.ask[row[i]];
        worst = Math.max(worst, error(bidVol[i], bid), error(midVol[i], 0.5 * bid + 0.5 * ask), error(askVol[i], ask));
      }
    }
    expect(quotes).toBe(5296);
    expect(worst).toBeLessThan(1e-12); // a few ulps of the log-moneyness, times its leverage on prices in the wings
  });

  it('log-moneyness ascends, and the volatilities of bid, mid and ask are in order', () => {
    for (const { logMoneyness, bidVol, midVol, askVol } of single.smiles) {
      expect(logMoneyness.every((k, i) => i === 0 || k > logMoneyness[i - 1])).toBe(true);
      expect(midVol.every((vol, i) => bidVol[i] < vol && vol < askVol[i] && vol > 0.04 && vol < 4)).toBe(true);
    }
  });

  it('with pooled discounts has 51 smiles, ordered by time of expiry', () => {
    const { smiles } = chainToSmiles(chain, session);
    expect(smiles).toHaveLength(51);
    for (let i = 1; i < smiles.length; i++) expect(smiles[i].expiryYears).toBeGreaterThan(smiles[i - 1].expiryYears);
  });

  it('pitfall, AM and PM expiries of one day are near-duplicates: keeps both, or prefers one root', () => {
    const days = (result: ChainSmiles): string[] => result.smiles.map((s) => new Date(s.expiryTime).toISOString().slice(0, 10));
    expect(days(single).length - new Set(days(single)).size).toBe(2); // the third Fridays of February and March
    const merged = chainToSmiles(chain, { ...session, forwards: { discounts: 'per-expiry' }, sameDay: { prefer: ['SPX', 'SPXW'] } });
    expect(merged.smiles).toHaveLength(43);
    expect(new Set(days(merged)).size).toBe(43);
    expect(merged.smiles.filter((s) => days(single).includes('2026-02-20') && s.group === 'SPX').length).toBe(single.smiles.filter((s) => s.group === 'SPX').length);
    expect(merged.filter.counts['merged-day']).toBeGreaterThan(300);
    expect(sum(merged.filter.counts)).toBe(chain.size);
  });

  it('mixes put and call near the forward, and only there', () => {
    const blended = chainToSmiles(chain, { ...session, forwards: { discounts: 'per-expiry' }, blendWidth: 0.05 });
    blended.smiles.forEach((smile, s) => {
      const plain = single.smiles[s];
      expect(smile.row).toEqual(plain.row);
      const isPlain = (i: number): boolean => smile.midVol[i] === plain.midVol[i];
      expect(smile.logMoneyness.every((k, i) => (Math.abs(k) >= 0.05 * Math.sqrt(smile.expiryYears) ? isPlain(i) : Math.abs(smile.midVol[i] - plain.midVol[i]) < 0.01))).toBe(true);
    });
    expect(blended.smiles.some((smile, s) => smile.midVol.some((vol, i) => vol !== single.smiles[s].midVol[i]))).toBe(true);
    expect(sum(blended.filter.counts)).toBe(chain.size);
  });

  it('is the same to the bit for rows in another order', () => {
    const rows = Array.from({ length: chain.size }, (_, i) => i).sort((a, b) => ((a * 7919) % 17107) - ((b * 7919) % 17107));
    const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (r) => column[r]);
    const shuffled = optionChain(
      {
        group: rows.map((r) => chain.slices[chain.sliceOfRow[r]].group),
        expiry: rows.map((r) => chain.slices[chain.sliceOfRow[r]].expiryTime),
        type: rows.map((r) => (chain.side[r] === 1 ? 'call' : 'put')),
        strike: pick(chain.strike),
        bid: pick(chain.bid),
        ask: pick(chain.ask),
        lastTradeTime: pick(chain.lastTradeTime as Float64Array),
      },
      { asOf },
    );
    const again = chainToSmiles(shuffled, { ...session, forwards: { discounts: 'per-expiry' } });
    expect(again.smiles.map(({ row, ...smile }) => ({ ...smile, row: row.map((r) => rows[r]) }))).toEqual(single.smiles);
  });

  it('prints one line per expiry with pairs, forward, error and what was dropped', () => {
    const text = inspect(single);
    expect(text).toMatch(/^5296 quotes in 45 smiles as of 2026-01-30T21:00:00.000Z; 17107 rows, dropped: 922 not-positive, 1 crossed, 8755 stale/);
    expect(text.split('\n')).toHaveLength(59 + 3);
    expect(text).toMatch(/SPX +2026-02-20T14:30:00.000Z +14 +6946.63 +0.0208351 +0.997535 +149 +63 not-positive, 1 crossed, 250 stale, 40 in-the-money/);
  });

  it('is plain data', () => {
    expect(structuredClone(single)).toEqual(single);
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(single))))).toEqual(single);
  });
});

const STRIKES = [80, 85, 90, 95, 100, 105, 110, 115, 120];
const flat = (expiryYears: number, forward = 100, group = 'X'): OptionQuote[] =>
  STRIKES.flatMap((strike) =>
    (['call', 'put'] as const).map((type) => {
      const mid = blackPrice({ type, forward, strike, expiryYears, annualizedVol: 0.2, discount: 0.97 });
      return { group, strike, type, expiryYears, bid: 0.98 * mid, ask: 1.02 * mid };
    }),
  );

describe('chainToSmiles', () => {
  it('gives back the volatility the quotes were made with', () => {
    const { smiles } = chainToSmiles(optionChain([...flat(0.5), ...flat(1)], { asOf }));
    expect(smiles).toHaveLength(2);
    for (const { midVol, forward } of smiles) {
      expect(forward).toBeCloseTo(100, 8);
      expect(midVol).toHaveLength(9);
      for (const vol of midVol) expect(Math.abs(vol - 0.2)).toBeLessThan(1e-8);
    }
  });

  it('takes the call at the forward itself; half put and half call there when they are mixed', () => {
    const rows = flat(1).map((q) => (q.strike === 100 && q.type === 'put' ? { ...q, bid: q.bid as number, ask: (q.ask as number) * 1.1 } : q));
    const known = { forwardAt: () => 100, discountAt: () => 0.97 };
    const result = chainToSmiles(optionChain(rows, { asOf }), { forwards: known });
    expect(result.smiles[0].logMoneyness[4]).toBe(0);
    expect(rows[result.smiles[0].row[4]].type).toBe('call');
    const put = chainToSmiles(optionChain(rows.filter((q) => q.type === 'put' || q.strike !== 100), { asOf }), { forwards: { ...known, forwardAt: () => 100 + 1e-9 } });
    const mixed = chainToSmiles(optionChain(rows, { asOf }), { forwards: known, blendWidth: 0.01 });
    expect(mixed.smiles[0].midVol[4]).toBeCloseTo((result.smiles[0].midVol[4] + put.smiles[0].midVol[4]) / 2, 8);
    expect(mixed.filter.counts['in-the-money']).toBe(8);
  });

  it('a bid of 0 that is allowed has no volatility: NaN, beside those of mid and ask', () => {
    const rows = flat(1).map((q) => (q.strike === 80 && q.type === 'put' ? { ...q, bid: 0 } : q));
    const { smiles } = chainToSmiles(optionChain(rows, { asOf }), { filter: { allowZeroBid: true } });
    expect(smiles[0].bidVol[0]).toBeNaN();
    expect(smiles[0].midVol[0] > 0 && smiles[0].askVol[0] > smiles[0].midVol[0]).toBe(true);
    expect(smiles[0].bidVol.slice(1).every((vol) => vol > 0)).toBe(true);
  });

  it('drops mids outside the bounds of arbitrage once the forward is known', () => {
    const rows = flat(1).map((q) => (q.strike === 80 && q.type === 'call' ? { ...q, bid: 15, ask: 15.2 } : q.strike === 120 && q.type === 'call' ? { ...q, bid: 97, ask: 98 } : q));
    const { filter } = chainToSmiles(optionChain(rows, { asOf }), { forwards: { forwardAt: () => 100, discountAt: () => 0.97 } });
    const reasons = Array.from(filter.reason, (code) => DROP_REASONS[code]);
    expect(reasons[rows.findIndex((q) => q.strike === 80 && q.type === 'call')]).toBe('out-of-bounds'); // worth at least 19.4
    expect(reasons[rows.findIndex((q) => q.strike === 120 && q.type === 'call')]).toBe('out-of-bounds'); // and at most 97
  });

  it('makes no smile of fewer quotes than asked for, and says so', () => {
    const result = chainToSmiles(optionChain([...flat(0.5), ...flat(1).filter((q) => q.strike < 105)], { asOf }), { minQuotes: 6, forwards: { minPairs: 3 } });
    expect(result.smiles).toHaveLength(1);
    expect(result.report[1]).toMatchObject({ quotes: 0, counts: { 'few-quotes': 5, 'in-the-money': 5 } });
  });

  it('prefers groups in the order they are named, and those not named last', () => {
    const rows = [...flat(1, 100, 'A'), ...flat(1.0005, 100, 'B'), ...flat(2, 100, 'A')];
    const groups = (sameDay: ChainToSmilesOptions['sameDay']): string[] => chainToSmiles(optionChain(rows, { asOf }), { sameDay }).smiles.map((s) => s.group);
    expect(groups('keep')).toEqual(['A', 'B', 'A']);
    expect(groups({ prefer: ['A'] })).toEqual(['A', 'A']);
    expect(groups({ prefer: ['B'] })).toEqual(['B', 'A']);
    expect(groups({ prefer: ['C'] })).toEqual(['A', 'B', 'A']);
  });

  it('an expiry without a forward displaces none of its day', () => {
    const rows = [...flat(1, 100, 'A').slice(0, 2), ...flat(1.0005, 100, 'B')];
    expect(chainToSmiles(optionChain(rows, { asOf }), { sameDay: { prefer: ['A', 'B'] } }).smiles.map((s) => s.group)).toEqual(['B']);
  });

  it('throws for a mistake of the caller', () => {
    const empty = optionChain([], { asOf });
    for (const options of [{ blendWidth: -1 }, { minQuotes: 0 }, { sameDay: 'merge' as 'keep' }, { deAmericanize: 1 as never }]) expect(() => chainToSmiles(empty, options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => chainToSmiles(empty, { merge: true } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('bad chains give reasons and statuses, never throw and never hang', () => {
  const check = (quotes: OptionQuote[], options: ChainToSmilesOptions = {}): ChainSmiles => {
    const result = chainToSmiles(optionChain(quotes, { asOf }), options);
    expect(sum(result.filter.counts)).toBe(quotes.length);
    for (const { forward: f } of result.report) expect(f.status === 'ok' ? f.forward > 0 && f.discount > 0 && Number.isFinite(f.rate) : Number.isNaN(f.forward) && Number.isNaN(f.discount)).toBe(true);
    for (const smile of result.smiles) {
      expect(smile.midVol.every((vol) => vol > 0 && vol < Infinity)).toBe(true);
      expect([...smile.bidVol, ...smile.askVol].every((vol) => vol !== vol || (vol > 0 && vol < Infinity))).toBe(true);
      expect(smile.logMoneyness.every((k, i) => Number.isFinite(k) && (i === 0 || k > smile.logMoneyness[i - 1]))).toBe(true);
      expect(smile.expiryYears > 0).toBe(true);
    }
    return result;
  };

  it.each([
    ['empty', [], {}],
    ['negative prices', flat(1).map((q) => ({ ...q, bid: -1, ask: -0.5 })), { 'not-positive': 18 }],
    ['negative strikes', flat(1).map((q) => ({ ...q, strike: -q.strike })), { 'invalid-contract': 18 }],
    ['one strike', flat(1).filter((q) => q.strike === 100), { 'no-forward': 2 }],
    ['NaN', flat(1).map((q) => ({ ...q, bid: NaN })), { 'no-price': 18 }],
    ['bid above ask', flat(1).map((q) => ({ ...q, bid: q.ask, ask: q.bid })), { crossed: 18 }],
    ['T = 0', flat(1).map((q) => ({ ...q, expiryYears: 0 })), { expired: 18 }],
    ['T < 0', flat(1).map((q) => ({ ...q, expiryYears: -1 })), { expired: 18 }],
  ] as [string, OptionQuote[], object][])('%s', (_, quotes, counts) => {
    const result = check(quotes);
    expect(result.smiles).toEqual([]);
    expect(result.filter.counts).toEqual(counts);
  });

  it('duplicates and rows out of order give the same smile', () => {
    const plain = check(flat(1)).smiles[0];
    const doubled = check([...flat(1).reverse(), ...flat(1)]);
    expect(doubled.filter.counts.duplicate).toBe(18);
    expect({ ...doubled.smiles[0], row: null }).toEqual({ ...plain, row: null });
  });

  it('any rows whatever', () => {
    const price = fc.oneof(fc.double({ min: 0, max: 60 }), fc.double(), fc.constantFrom(0, -1, NaN, Infinity, 1e-320, 1e308, 5));
    const hostile = fc.record({
      group: fc.constantFrom('A', 'B'),
      strike: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 85, max: 115 }) }, { weight: 1, arbitrary: fc.double() }, { weight: 1, arbitrary: fc.constantFrom(0, -5, NaN, 5e-324, 1e308) }),
      type: fc.constantFrom('call', 'put', 'straddle'),
      expiryYears: fc.constantFrom(-1, 0, 1e-10, 0.001, 0.5, 0.5003, 30, 1e6, NaN),
      bid: price,
      ask: price,
      exerciseStyle: fc.constantFrom('european', 'american'),
      volume: fc.constantFrom(0, 5, NaN),
    });
    const options = fc.record({
      filter: fc.constantFrom<ChainToSmilesOptions['filter'][]>({}, { american: 'as-european', allowZeroBid: true, allowLocked: true }),
      forwards: fc.constantFrom<ChainToSmilesOptions['forwards'][]>({}, { minPairs: 3, minForwardPairs: 1 }, { discounts: 'per-expiry', minPairs: 3 }, { discountAt: () => 0.9, minForwardPairs: 1, spotMarket: { spot: 100 } }, { forwardAt: () => 1e-300, discountAt: () => 1e300 }),
      sameDay: fc.constantFrom<ChainToSmilesOptions['sameDay'][]>('keep', { prefer: ['B'] }),
      blendWidth: fc.constantFrom(0, 0.1, 1e9),
    });
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 60 }), options, (quotes, chosen) => {
        check(quotes as OptionQuote[], chosen);
      }),
      { numRuns: 250 },
    );
  });

  it('a sound chain with some rows spoilt keeps its forward', () => {
    const spoil = fc.record({ at: fc.nat(17), with: fc.constantFrom<Partial<OptionQuote>[]>({ bid: NaN }, { bid: 1e9, ask: 2e9 }, { bid: 3, ask: 1 }, { strike: -1 }, { bid: 0 }, { expiryYears: 0 }) });
    fc.assert(
      fc.property(fc.array(spoil, { maxLength: 3 }), (spoils) => {
        const quotes = flat(1);
        for (const s of spoils) quotes[s.at] = { ...quotes[s.at], ...s.with };
        const { report } = check(quotes, { forwards: { minPairs: 3 } });
        const { forward, status } = report[report.length - 1].forward;
        expect(status).toBe('ok');
        expect(Math.abs(forward - 100)).toBeLessThan(1e-6);
      }),
    );
  });
});
