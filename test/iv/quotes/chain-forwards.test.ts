import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { optionChain } from '../../../src/iv/quotes/chain.ts';
import type { OptionChain } from '../../../src/iv/quotes/chain.ts';
import { chainForwards } from '../../../src/iv/quotes/chain-forwards.ts';
import type { ChainForwardsOptions, SliceForward } from '../../../src/iv/quotes/chain-forwards.ts';
import { impliedDividends } from '../../../src/iv/quotes/dividends.ts';
import { filterQuotes } from '../../../src/iv/quotes/filter-quotes.ts';
import type { OptionQuote } from '../../../src/iv/quotes/option-quote.ts';
import { spxChain } from '../spx-chain.ts';

interface ForwardReference {
  root: string;
  expiry: string;
  nPairs: number;
  nUsed: number;
  D: number;
  F: number;
  rmse: number;
  seF: number;
}
const { columns, rows } = JSON.parse(readFileSync(new URL('../fixtures/spx_20260130_forwards.json', import.meta.url), 'utf8')) as { columns: string[]; rows: (string | number)[][] };
const reference = rows.map((row) => Object.fromEntries(columns.map((name, j) => [name, row[j]])) as unknown as ForwardReference);

const chain = spxChain();
const traded = filterQuotes(chain, { tradedSince: '2026-01-30' });
const found = (slices: readonly SliceForward[], { root, expiry }: { root: string; expiry: string }): SliceForward =>
  slices.find((s) => s.group === root && new Date(s.expiryTime).toISOString().startsWith(expiry)) as SliceForward;

describe('chainForwards on the real chain', () => {
  const single = chainForwards(chain, traded, { discounts: 'per-expiry' });

  it('finds a forward for the 45 expiries of the reference and no other', () => {
    expect(reference).toHaveLength(45);
    expect(single.slices.filter((s) => s.status === 'ok')).toHaveLength(45);
    expect(single.slices.filter((s) => s.status === 'too-few-pairs').every((s) => s.pairs < 8)).toBe(true);
    for (const row of reference) expect(found(single.slices, row).pairs).toBe(row.nPairs);
  });

  it('reproduces forward, discount, error and rmse on 44 of 45; the other is within one standard error', () => {
    // Least squares on the same pairs, where the same outliers are cut; on 2026-02-02 the reference cuts one more.
    for (const row of reference) {
      const slice = found(single.slices, row);
      if (row.expiry === '2026-02-02') {
        expect([slice.used, row.nUsed]).toEqual([77, 76]);
        expect(Math.abs(slice.forward - row.F)).toBeLessThan(row.seF);
        continue;
      }
      expect(slice.used).toBe(row.nUsed);
      expect(Math.abs(slice.forward - row.F)).toBeLessThan(1e-8); // a millionth of a standard error
      expect(Math.abs(slice.discount - row.D)).toBeLessThan(1e-12);
      expect(Math.abs(slice.forwardError / row.seF - 1)).toBeLessThan(1e-8);
      expect(Math.abs(slice.rmsePrice / row.rmse - 1)).toBeLessThan(1e-8);
    }
  });

  it('pitfall, quotes of untraded contracts are stale: without the filter parity is off by up to 300 points', () => {
    const all = filterQuotes(chain, { maxTradeAge: Infinity });
    const worst = (options: ChainForwardsOptions): number => Math.max(...chainForwards(chain, all, { discounts: 'per-expiry', ...options }).slices.map((s) => (s.status === 'ok' ? s.rmsePrice : 0)));
    expect(worst({ outlierFloor: 1e9 })).toBeGreaterThan(300);
    expect(worst({})).toBeLessThan(50); // the cut of outliers helps, and is not enough
    expect(Math.max(...single.slices.map((s) => (s.status === 'ok' ? s.rmsePrice : 0)))).toBeLessThan(1);
  });

  const pooled = chainForwards(chain, traded);

  it('pools discounts: single rates of the first two weeks scatter from 0 % to 7 %, the curve stays between 3.7 % and 4.3 %', () => {
    const early = single.slices.filter((s) => s.status === 'ok' && s.expiryYears < 14 / 365).map((s) => s.rate);
    expect(Math.min(...early)).toBeLessThan(0.01);
    expect(Math.max(...early)).toBeGreaterThan(0.06);
    const rates = pooled.slices.filter((s) => s.status === 'ok').map((s) => s.rate);
    expect(Math.min(...rates)).toBeGreaterThan(0.037);
    expect(Math.max(...rates)).toBeLessThan(0.043);
    expect(pooled.discountCurve).toMatchObject({ status: 'ok', points: 45 });
  });

  it('with pooled discounts forwards stay within 2.2 standard errors of the reference, and six expiries with few pairs get one', () => {
    for (const row of reference) {
      const slice = found(pooled.slices, row);
      expect(slice.discountSource).toBe('pooled');
      expect(Math.abs(slice.forward - row.F)).toBeLessThan(2.2 * row.seF);
    }
    const more = pooled.slices.filter((s, i) => s.status === 'ok' && single.slices[i].status !== 'ok');
    expect(more.map((s) => s.pairs)).toEqual([5, 4, 4, 5, 5, 4]);
    expect(more.every((s) => s.forwardError < 0.13)).toBe(true);
  });

  it('pooled forwards rise smoothly: carry between neighbours is that of 2 % to 5 % a year', () => {
    const ok = pooled.slices.filter((s) => s.status === 'ok' && s.group === 'SPX');
    for (let i = 1; i < ok.length; i++) {
      const carry = Math.log(ok[i].forward / ok[i - 1].forward) / (ok[i].expiryYears - ok[i - 1].expiryYears);
      expect(carry > 0.02 && carry < 0.05).toBe(true);
    }
  });

  it('implies the dividends of the index: about 1.1 % a year, 77 points in a year', () => {
    const ok = pooled.slices.filter((s) => s.status === 'ok' && s.expiryYears > 0.9 && s.expiryYears < 1.2);
    for (const point of impliedDividends(6939, ok)) {
      expect(point.dividendYield > 0.009 && point.dividendYield < 0.013).toBe(true);
      expect(point.presentValue > 60 && point.presentValue < 90).toBe(true);
    }
  });

  it('prints a table and is plain data', () => {
    expect(inspect(pooled)).toContain('SPXW   2026-02-02T21:00:00.000Z');
    expect(structuredClone(pooled)).toEqual(pooled);
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(pooled))))).toEqual(pooled);
  });
});

const asOf = '2026-01-30T21:00Z';
const market = (years: number, { forward, discount }: { forward: number; discount: number }, strikes = [80, 85, 90, 95, 100, 105, 110, 115, 120]): OptionQuote[] =>
  strikes.flatMap((strike) => {
    const call = 10 + Math.max(0, discount * (forward - strike));
    const put = call - discount * (forward - strike);
    return [{ strike, type: 'call' as const, bid: call - 0.1, ask: call + 0.1, expiryYears: years }, { strike, type: 'put' as const, bid: put - 0.1, ask: put + 0.1, expiryYears: years }];
  });
const forwardsOf = (quotes: OptionQuote[], options?: ChainForwardsOptions): readonly SliceForward[] => {
  const made: OptionChain = optionChain(quotes, { asOf });
  return chainForwards(made, filterQuotes(made), options).slices;
};

describe('chainForwards', () => {
  it('uses discounts and forwards that are given', () => {
    const [slice] = forwardsOf(market(1, { forward: 101, discount: 0.95 }, [100]), { discountAt: () => 0.95, minForwardPairs: 1 });
    expect(slice).toMatchObject({ status: 'ok', discountSource: 'given', discountError: 0, forwardSource: 'parity', used: 1 });
    expect(slice.forward).toBeCloseTo(101, 10);
    expect(slice.rate).toBeCloseTo(-Math.log(0.95), 12);
    expect(forwardsOf(market(1, { forward: 101, discount: 0.95 }), { forwardAt: (s) => 100 + s.expiryYears, discountAt: () => 0.9 })[0]).toMatchObject({ forward: 101, discount: 0.9, forwardSource: 'given', discountSource: 'given', used: 0, forwardError: 0 });
    expect(forwardsOf(market(1, { forward: 101, discount: 0.95 }), { forwardAt: () => 102, discounts: 'per-expiry' })[0]).toMatchObject({ forward: 102, forwardSource: 'given', discountSource: 'parity' });
  });

  it('leaves expiries to the estimate where a given function has no answer', () => {
    const slices = forwardsOf([...market(0.5, { forward: 101, discount: 0.98 }), ...market(1, { forward: 102, discount: 0.96 })], { discounts: 'per-expiry', discountAt: (s) => (s.expiryYears === 1 ? 0.5 : NaN) });
    expect(slices.map((s) => s.discountSource)).toEqual(['parity', 'given']);
    expect(slices[0].discount).toBeCloseTo(0.98, 10);
  });

  it('falls back on the spot price where there are no pairs and the discount is known', () => {
    const spotMarket = { spot: 100, dividends: { exYears: [0.5], amount: [2] } };
    const noPuts = market(1, { forward: 101, discount: 0.95 }).filter((q) => q.type === 'call');
    expect(forwardsOf(noPuts)[0]).toMatchObject({ status: 'too-few-pairs', forward: NaN });
    expect(forwardsOf(noPuts, { spotMarket })[0]).toMatchObject({ status: 'too-few-pairs' });
    const [given] = forwardsOf(noPuts, { spotMarket, discountAt: () => Math.exp(-0.05) });
    expect(given).toMatchObject({ status: 'ok', forwardSource: 'spot', discountSource: 'given', forwardError: NaN });
    expect(given.forward).toBeCloseTo(100 * Math.exp(0.05) - 2 * Math.exp(0.025), 10);
    const fromCurve = forwardsOf([...market(0.5, { forward: 101, discount: 0.98 }), ...noPuts], { spotMarket })[1];
    expect(fromCurve).toMatchObject({ status: 'ok', forwardSource: 'spot', discountSource: 'pooled' });
    expect(fromCurve.forward).toBeCloseTo((100 - 2 * 0.98) / fromCurve.discount, 6);
  });

  it('maxPairs uses the pairs nearest the money, where parity of American quotes is closest', () => {
    const quotes = market(1, { forward: 100, discount: 1 }).map((q) => (q.strike > 110 && q.type === 'put' ? { ...q, bid: (q.bid ?? 0) + 8, ask: (q.ask ?? 0) + 8 } : q));
    const near = forwardsOf(quotes, { maxPairs: 5, discounts: 'per-expiry' })[0]; // so few pairs are enough, unless more are asked for
    expect([near.pairs, near.used]).toEqual([5, 5]);
    expect(near.forward).toBeCloseTo(100, 10);
    expect(near.discount).toBeCloseTo(1, 10);
  });

  it('the error of a pooled discount enters forwards read from strikes far away', () => {
    const quotes = [...market(0.5, { forward: 100, discount: 0.98 }).map((q, i) => ({ ...q, bid: (q.bid ?? 0) + 0.05 * Math.sin(i) })), ...market(1, { forward: 100, discount: 0.96 }, [50, 51, 52])];
    const far = forwardsOf(quotes)[1];
    const known = forwardsOf(quotes, { discountAt: () => far.discount })[1];
    expect([far.discountSource, known.discountSource]).toEqual(['pooled', 'given']);
    const lever = ((far.forward - 51) * far.discountError) / far.discount;
    expect(far.forwardError).toBeCloseTo(Math.sqrt(known.forwardError ** 2 + lever ** 2), 12);
    expect(far.forwardError).toBeGreaterThan(1.5 * known.forwardError);
  });

  it('marks expired slices and those that cannot be fitted', () => {
    const slices = forwardsOf([...market(-0.1, { forward: 100, discount: 1 }), ...market(0, { forward: 100, discount: 1 }), ...market(1, { forward: 100, discount: -1 })], { discounts: 'per-expiry' });
    expect(slices.map((s) => s.status)).toEqual(['expired', 'expired', 'negative-discount']);
  });

  it('throws for a mistake of the caller', () => {
    const quotes = market(1, { forward: 100, discount: 1 });
    const domain = expect.objectContaining({ code: 'ERR_DOMAIN' });
    for (const options of [{ minPairs: 2 }, { minForwardPairs: 0 }, { discounts: 'smooth' as 'pooled' }, { outlierDeviations: 0 }, { outlierFloor: NaN }, { maxPairs: 0 }, { maxPairs: 6, minPairs: 7 }, { discountAt: () => -1 }, { forwardAt: () => Infinity }, { spotMarket: { spot: NaN } }]) {
      expect(() => forwardsOf(quotes, options)).toThrow(domain);
    }
    expect(() => chainForwards(chain, filterQuotes(optionChain(quotes, { asOf })))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => forwardsOf(quotes, { pooled: true } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
