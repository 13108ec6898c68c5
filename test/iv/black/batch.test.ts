import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { blackGreekColumns, blackPrices, blackScholesGreekColumns, blackScholesPrices } from '../../../src/iv/black/batch.ts';
import { ROW_STATUS } from '../../../src/iv/black/columns.ts';
import { BLACK_GREEKS, BLACK_SCHOLES_GREEKS } from '../../../src/iv/black/greek-terms.ts';
import { blackGreeks, blackScholesGreeks } from '../../../src/iv/black/greeks.ts';
import { blackPrice } from '../../../src/iv/black/price.ts';

const { rows } = JSON.parse(readFileSync(new URL('../fixtures/bs_greeks.json', import.meta.url), 'utf8')) as { rows: number[][] };
const column = (j: number): Float64Array => Float64Array.from(rows, (row) => row[j]);
const words = (status: Uint8Array): string[] => Array.from(status, (code) => ROW_STATUS[code]);

describe('batch and scalar', () => {
  it('all 17 columns have the bits of the scalar function on every row of the reference', () => {
    const columns = { type: Int8Array.from(rows, (row) => row[6]), spot: column(0), strike: column(1), expiryYears: column(2), rate: column(3), dividendYield: column(4), annualizedVol: column(5) };
    const batch = blackScholesGreekColumns(columns, { greeks: BLACK_SCHOLES_GREEKS });
    const prices = blackScholesPrices(columns);
    const scalars = rows.map(([spot, strike, expiryYears, rate, dividendYield, annualizedVol, sign]) =>
      blackScholesGreeks({ type: sign > 0 ? 'call' : 'put', spot, strike, expiryYears, rate, dividendYield, annualizedVol }));
    for (const name of BLACK_SCHOLES_GREEKS) expect(batch[name]).toEqual(Float64Array.from(scalars, (scalar) => scalar[name]));
    expect(prices.price).toEqual(batch.price);
    expect(batch.status.every((code) => code === 0)).toBe(true);
  });

  it('on forwards likewise, with single values for whole columns', () => {
    const strike = [60, 90, 100, 140];
    const shared = { type: 'put', forward: 100, expiryYears: 0.3, annualizedVol: 0.4, discount: 0.98 } as const;
    const batch = blackGreekColumns({ ...shared, strike }, { greeks: BLACK_GREEKS });
    strike.forEach((k, i) => {
      const scalar = blackGreeks({ ...shared, strike: k });
      for (const name of BLACK_GREEKS) expect(batch[name][i]).toBe(scalar[name]);
      expect(blackPrices({ ...shared, strike }).price[i]).toBe(blackPrice({ ...shared, strike: k }));
    });
  });

  it('takes a type per row, as words or as 1 and -1', () => {
    const shared = { forward: 100, strike: 110, expiryYears: 1, annualizedVol: 0.2 };
    const named = blackPrices({ type: ['call', 'put'], ...shared });
    expect(named.price).toEqual(blackPrices({ type: Int8Array.of(1, -1), ...shared }).price);
    expect(named.price[1] - named.price[0]).toBeCloseTo(10, 13);
    expect(blackPrices({ type: 'call', ...shared }).price).toHaveLength(1);
  });
});

describe('bad rows', () => {
  it('each gets a status and NaN, the others their price, and nothing is thrown', () => {
    const forward = [100, NaN, -1, 100, 100, 100, 100, 100, Infinity, 0, 100];
    const strike = [100, 100, 100, 0, 100, 100, 100, 100, 100, 100, 90];
    const annualizedVol = [0.2, 0.2, 0.2, 0.2, -0.1, NaN, 0.2, 0, 0.2, 0.2, 0.2];
    const expiryYears = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -0.1];
    const type = ['call', 'call', 'call', 'call', 'call', 'call', 'Put', 'call', 'call', 'call', 'call'] as 'call'[];
    const { price, status } = blackPrices({ type, forward, strike, expiryYears, annualizedVol });
    expect(words(status)).toEqual(['ok', 'missing', 'invalid', 'invalid', 'invalid', 'missing', 'invalid', 'zero-vol', 'invalid', 'invalid', 'expired']);
    status.forEach((code, i) => expect(Number.isNaN(price[i])).toBe(code >= 3));
    expect(price[0]).toBe(blackPrice({ type: 'call', forward: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2 }));
    expect(price[10]).toBe(10);
  });

  it('discounts and rates out of range are invalid rows', () => {
    expect(words(blackPrices({ type: 'call', forward: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2, discount: [1, 0, -1, NaN, Infinity] }).status)).toEqual(['ok', 'invalid', 'invalid', 'missing', 'invalid']);
    const { vega, status } = blackScholesGreekColumns({ type: 'call', spot: 100, strike: 100, expiryYears: 10, annualizedVol: 0.2, rate: [0.1, 100, -Infinity] }, { greeks: ['vega'] });
    expect(words(status)).toEqual(['ok', 'invalid', 'invalid']);
    expect(Array.from(vega, Number.isNaN)).toEqual([false, true, true]);
  });

  it('results beyond the largest double are invalid, never Infinity or NaN with status ok', () => {
    const { price, status } = blackPrices({ type: 'call', forward: [1e300, 100], strike: 90, expiryYears: 1, annualizedVol: 0.3, discount: [1e300, 1] });
    expect(words(status)).toEqual(['invalid', 'ok']);
    expect(price[0]).toBeNaN();
    const greeks = blackGreekColumns({ type: 'put', forward: 50, strike: 300, expiryYears: [Number.MAX_VALUE, 1], annualizedVol: 2, discount: 105 }, { greeks: ['rho', 'carryRho'] });
    expect(words(greeks.status)).toEqual(['invalid', 'ok']);
    expect([greeks.rho[0], greeks.carryRho[0]]).toEqual([NaN, NaN]);
  });

  it('infinities of opposite sign are invalid, not missing', () => {
    expect(words(blackScholesPrices({ type: 'call', spot: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2, rate: Infinity, dividendYield: -Infinity }).status)).toEqual(['invalid']);
  });
});

describe('shapes', () => {
  const shared = { type: 'call', forward: 100, expiryYears: 1, annualizedVol: 0.2 } as const;

  it('wrong lengths throw, naming both columns', () => {
    expect(() => blackPrices({ ...shared, strike: [90, 100], discount: [1, 1, 1] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE', message: 'blackPrices: strike and discount must have the same length, got 2 and 3' }));
  });

  it('a missing or misspelt column throws', () => {
    expect(() => blackPrices(shared as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => blackPrices({ ...shared, strike: 100, strikes: 100 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(() => blackGreekColumns({ ...shared, strike: 100 }, { greeks: ['delta' as never] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('no rows give no results', () => {
    expect(blackPrices({ ...shared, strike: [] }).price).toHaveLength(0);
  });

  it('writes into the arrays of an earlier result', () => {
    const first = blackPrices({ ...shared, strike: [90, 100] });
    const second = blackPrices({ ...shared, strike: [80, 70] }, { out: first });
    expect(second.price).toBe(first.price);
    expect(second.price[1]).toBe(blackPrice({ ...shared, strike: 70 }));
    expect(() => blackPrices({ ...shared, strike: [80, 70, 60] }, { out: first })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  it('does not change its columns, and results pass the codec', () => {
    const strike = Float64Array.of(90, 100);
    const result = blackGreekColumns({ ...shared, strike }, { greeks: ['price', 'vega'] });
    expect(strike).toEqual(Float64Array.of(90, 100));
    expect(Object.isFrozen(result)).toBe(true);
    expect(fromPlain(toPlain(result))).toEqual(result);
    expect(structuredClone(result)).toEqual(result);
  });
});
