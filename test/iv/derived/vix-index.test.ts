import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blackPrice } from '../../../src/iv/black/price.ts';
import { varianceSwap } from '../../../src/iv/derived/variance-swap.ts';
import { chainStrip, vixIndex, vixTerm } from '../../../src/iv/derived/vix-index.ts';
import type { OptionStrip } from '../../../src/iv/derived/vix-index.ts';
import { optionChain } from '../../../src/iv/quotes/chain.ts';
import { chainToSmiles } from '../../../src/iv/quotes/chain-to-smiles.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { smileTotalVariance } from '../../../src/iv/smile.ts';
import { spxChain } from '../spx-chain.ts';
import { raw, slice } from '../surface/reference.ts';

/** The exchange's worked example of 2009: 9 and 37 days, 0.38 % for both. */
const rows = readFileSync(new URL('../fixtures/vix_white_paper_2009.csv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(2)
  .map((line) => line.split(',').map(Number));

function paperStrip(days: number): OptionStrip {
  const own = rows.filter(([d]) => d === days);
  const column = (i: number): number[] => own.map((row) => row[i]);
  return { strike: column(1), callBid: column(2), callAsk: column(3), putBid: column(4), putAsk: column(5) };
}

const NEAR = { minutes: 12_960, rate: 0.0038 };
const NEXT = { minutes: 53_280, rate: 0.0038 };

/** A strip with a spread of nothing at given volatility. */
function syntheticStrip(strikes: readonly number[], volAt: (strike: number) => number, years: number, forward: number, discount: number): OptionStrip {
  const price = (type: 'call' | 'put') => strikes.map((strike) => blackPrice({ type, forward, strike, expiryYears: years, annualizedVol: volAt(strike), discount }));
  return { strike: strikes, callBid: price('call'), callAsk: price('call'), putBid: price('put'), putAsk: price('put') };
}

describe('vixTerm and vixIndex', () => {
  it('has every published number of the exchange\'s example of 2009: forwards, K0, variances, 61.22', () => {
    const near = vixTerm(paperStrip(9), NEAR);
    const next = vixTerm(paperStrip(37), NEXT);
    expect([near.status, next.status]).toEqual(['ok', 'ok']);
    expect(near.forward.toFixed(5)).toBe('920.50005');
    expect(next.forward.toFixed(5)).toBe('921.00039');
    expect([near.atmStrike, next.atmStrike]).toEqual([920, 920]);
    // The example divides by times rounded to seven digits: 0.0246575 for 12,960 minutes, 0.1013699 for 53,280.
    expect(((near.variance * (NEAR.minutes / 525_600)) / 0.0246575).toFixed(7)).toBe('0.4727679');
    expect(((next.variance * (NEXT.minutes / 525_600)) / 0.1013699).toFixed(7)).toBe('0.3668180');
    const index = vixIndex([near, next]);
    expect(index.status).toBe('ok');
    expect(index.index.toFixed(2)).toBe('61.22');
    expect(vixIndex([next, near]).index).toBe(index.index);
  });

  it('takes the strikes the example takes: no option beyond two zero bids in a row', () => {
    const near = vixTerm(paperStrip(9), NEAR);
    expect(near.strike[0]).toBe(400); // puts at 375 and 350 have no bid
    expect(near.strike[near.strike.length - 1]).toBe(1220); // calls at 1225 and 1230 have none; 1250 has one again
    const next = vixTerm(paperStrip(37), NEXT);
    expect(next.strike[0]).toBe(200); // a single zero bid, at 425, is skipped
    expect(next.strike).not.toContain(425);
    expect(next.price[next.strike.indexOf(920)]).toBeCloseTo((61.55 + 60.55) / 2, 12); // the mean of call and put at K0
    expect(next.contribution[0]).toBeCloseTo((100 / 200 ** 2) * Math.exp(0.0038 * (53_280 / 525_600)) * 0.325, 12); // deltaK 300 - 200 at the end
  });

  it('counts only zero bids in a row: one here and one there do not end the strip', () => {
    const strike = [60, 70, 80, 90, 100, 110, 120, 130, 140];
    const putBid = [0.1, 0.2, 0, 0.6, 4, 11, 21, 31, 41];
    const callBid = [41, 31, 21, 11, 4, 0, 0.3, 0, 0.1];
    const strip = { strike, putBid, putAsk: putBid.map((bid) => bid + 0.2), callBid, callAsk: callBid.map((bid) => bid + 0.2) };
    expect(vixTerm(strip, { minutes: 43_200, rate: 0 }).strike).toEqual(Float64Array.of(60, 70, 90, 100, 120, 140));
    expect(vixTerm({ ...strip, putBid: [0.1, 0, 0, 0.6, 4, 11, 21, 31, 41] }, { minutes: 43_200, rate: 0 }).strike[0]).toBe(90);
  });

  it('interpolates as the exchange\'s example of 2014 does: 13.69', () => {
    const terms = [{ status: 'ok', minutes: 35_924, variance: 0.01846292 }, { status: 'ok', minutes: 46_394, variance: 0.01882101 }] as const;
    expect(vixIndex(terms).index.toFixed(2)).toBe('13.69');
    expect(vixIndex(terms, { horizonMinutes: 35_924 }).variance).toBeCloseTo(0.01846292, 15);
    expect(vixIndex(terms, { horizonMinutes: 60_000 }).status).toBe('extrapolated');
  });

  it('tends to the variance swap as strikes get dense and wide', () => {
    const smile = raw([0.008, 0.11, -0.6, 0.06, 0.13]);
    const volAt = (strike: number): number => Math.sqrt(smileTotalVariance(smile, Math.log(strike / 1000)));
    const fair = varianceSwap(slice(smile, 1)).fairVariance;
    const errors = [20, 10, 5].map((spacing) => {
      const strikes = Array.from({ length: Math.floor(6000 / spacing) }, (_, i) => 20 + spacing * i);
      const { variance } = vixTerm(syntheticStrip(strikes, volAt, 1, 1000, 0.97), { minutes: 525_600, rate: -Math.log(0.97) });
      return Math.abs(variance - fair);
    });
    expect(errors[0]).toBeLessThan(2e-4);
    expect(errors[2]).toBeLessThan(errors[0] / 10); // the error of the sum is quadratic in the spacing
  });

  it('agrees on the real chain with the integral over a smile through the same quotes, to 1 % of variance', () => {
    const chain = spxChain();
    const weeklies = chain.slices.map((s, i) => ({ ...s, i })).filter(({ expiryYears, group }) => group === 'SPXW' && expiryYears > 23 / 365 && expiryYears < 37 / 365);
    const near = weeklies.filter(({ expiryYears }) => expiryYears <= 30 / 365).at(-1)!;
    const next = weeklies.find(({ expiryYears }) => expiryYears > 30 / 365)!;
    const { smiles } = chainToSmiles(chain, { filter: { tradedSince: '2026-01-30' } });
    const terms = [near, next].map(({ i, expiryTime, group }) => {
      const strip = chainStrip(chain, i);
      const term = vixTerm(strip, { minutes: strip.minutes, rate: 0.037 });
      const quotes = smiles.find((smile) => smile.expiryTime === expiryTime && smile.group === group)!;
      const smile = pointSmile({ logMoneyness: quotes.logMoneyness, totalVariance: quotes.midVol.map((vol) => vol * vol * quotes.expiryYears) });
      const range = [quotes.logMoneyness[0], quotes.logMoneyness[quotes.logMoneyness.length - 1]] as const;
      const { status, fairVariance } = varianceSwap({ ...quotes, smile }, { range });
      expect([term.status, status]).toEqual(['ok', 'ok']);
      expect(Math.abs(term.variance / fairVariance - 1)).toBeLessThan(0.01);
      return term;
    });
    expect(vixIndex([terms[0], terms[1]]).status).toBe('ok');
  });

  it('a strip without what a filter dropped: stale rows are no quotes, those in the money still are', () => {
    const at = (strike: number, type: 'call' | 'put', bid: number, lastTradeTime: string) => ({ group: 'X', expiry: '2026-03-20', strike, type, bid, ask: bid + 0.2, lastTradeTime });
    const today = '2026-01-30T20:00Z';
    const chain = optionChain([at(100, 'call', 3, today), at(100, 'put', 2, today), at(110, 'call', 9, '2026-01-05T20:00Z'), at(110, 'call', 1, today), at(110, 'put', 9, today), at(90, 'put', 0.8, '2026-01-05T20:00Z')], { asOf: '2026-01-30T21:00Z' });
    const { filter } = chainToSmiles(chain);
    expect(filter.counts).toMatchObject({ stale: 2 });
    const missing = (strip: OptionStrip): unknown => [strip.strike, strip.callBid, strip.putBid].map((column) => Array.from(column));
    expect(missing(chainStrip(chain, 0))).toEqual([[90, 100, 110], [NaN, 3, 9], [0.8, 2, 9]]);
    expect(missing(chainStrip(chain, 0, { filter }))).toEqual([[100, 110], [3, 1], [2, 9]]);
    const other = chainToSmiles(optionChain([at(100, 'call', 3, today)], { asOf: '2026-01-30T21:00Z' })).filter;
    expect(() => chainStrip(chain, 0, { filter: other })).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  it('says what is wrong with a strip and never throws for its quotes', () => {
    const good = { strike: [90, 100, 110], callBid: [11, 4, 1], callAsk: [11.4, 4.4, 1.2], putBid: [1, 4, 11], putAsk: [1.2, 4.4, 11.4] };
    const term = (change: Partial<OptionStrip>): string => vixTerm({ ...good, ...change }, { minutes: 43_200, rate: 0 }).status;
    expect(term({})).toBe('ok');
    expect(term({ putBid: [0, 0, 0] })).toBe('no-pair');
    expect(term({ callBid: [NaN, NaN, NaN] })).toBe('no-pair');
    expect(term({ strike: [], callBid: [], callAsk: [], putBid: [], putAsk: [] })).toBe('no-pair');
    expect(term({ strike: [90, 90, 110] })).toBe('invalid');
    expect(term({ strike: [-90, 100, 110] })).toBe('invalid');
    expect(term({ strike: [NaN, 100, 110] })).toBe('invalid');
    expect(term({ putBid: [0, 4, 11], callBid: [11, 4, 0] })).toBe('few-quotes'); // K0 alone
    expect(term({ callBid: [1, 0.5, 0.2], callAsk: [1, 0.5, 0.2], putBid: [6, 15, 24], putAsk: [6, 15, 24] })).toBe('no-strike-below'); // a forward of 85
    expect(vixTerm({ ...good, callBid: [11, 5, 1] }, { minutes: 43_200, rate: 0 }).strike).not.toContain(100); // a crossed quote is none
  });

  it('sorts strikes, and hands the status of a bad term on', () => {
    const strip = paperStrip(9);
    const turned = Object.fromEntries(Object.entries(strip).map(([key, column]) => [key, Array.from(column as number[]).reverse()])) as unknown as OptionStrip;
    expect(vixTerm(turned, NEAR).variance).toBe(vixTerm(strip, NEAR).variance);
    const bad = vixTerm({ strike: [], callBid: [], callAsk: [], putBid: [], putAsk: [] }, NEAR);
    expect(vixIndex([bad, vixTerm(paperStrip(37), NEXT)])).toEqual({ status: 'no-pair', index: NaN, variance: NaN });
    expect(vixIndex([{ status: 'ok', minutes: 1000, variance: 0.4 }, { status: 'ok', minutes: 2000, variance: 0.1 }]).status).toBe('negative-variance'); // far beyond both
  });

  it('reads a strip from a chain: minutes to expiry, one row per strike, missing sides NaN', () => {
    const quote = { expiry: '2026-02-20', group: 'X' } as const;
    const chain = optionChain([{ ...quote, strike: 100, type: 'put', bid: 2, ask: 3 }, { ...quote, strike: 90, type: 'call', bid: 11, ask: 12 }, { ...quote, strike: 100, type: 'call', bid: 4, ask: 5 }, { ...quote, strike: 90, type: 'future' as 'put', bid: 1, ask: 1 }], { asOf: '2026-02-19T21:00Z' });
    const strip = chainStrip(chain, 0);
    expect(strip.minutes).toBeCloseTo(1440, 9);
    expect(strip.strike).toEqual(Float64Array.of(90, 100));
    expect(strip.putBid).toEqual(Float64Array.of(NaN, 2)); // what is neither call nor put is not there
    expect(strip.callAsk).toEqual(Float64Array.of(12, 5));
    expect(() => chainStrip(chain, 1)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('refuses lengths that differ, times that are not positive, two terms of one time', () => {
    expect(() => vixTerm({ ...paperStrip(9), strike: [1] }, NEAR)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => vixTerm(paperStrip(9), { minutes: 0, rate: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => vixTerm(paperStrip(9), { minutes: 1, rate: NaN })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    const term = vixTerm(paperStrip(9), NEAR);
    expect(() => vixIndex([term, term])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => vixIndex([term, vixTerm(paperStrip(37), NEXT)], { horizonMinutes: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
