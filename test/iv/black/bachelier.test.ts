import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bachelierGreeks, bachelierPrice, bachelierPrices } from '../../../src/iv/black/bachelier.ts';
import { ROW_STATUS } from '../../../src/iv/black/columns.ts';
import type { BlackGreekName } from '../../../src/iv/black/greek-terms.ts';
import { blackPrice } from '../../../src/iv/black/price.ts';

const { columns, rows } = JSON.parse(readFileSync(new URL('../fixtures/bachelier_greeks.json', import.meta.url), 'utf8')) as { columns: string[]; rows: number[][] };

describe('Bachelier against mpmath at 60 digits', () => {
  it('every price and greek is within 1e-13 of itself, or of its largest term where it has zeros', () => {
    expect(rows).toHaveLength(12);
    for (const row of rows) {
      const [forward, strike, expiryYears, annualizedVol, rate, discount] = row;
      const greeks = bachelierGreeks({ type: 'call', forward, strike, expiryYears, annualizedVol, discount });
      columns.slice(6).forEach((name, j) => {
        const d = Math.abs(forward - strike) / (annualizedVol * Math.sqrt(expiryYears));
        // The rate is recovered from the rounded discount: -ln(D) / T is off by an ulp of D over T.
        const largest: Record<string, number> = {
          theta: (greeks.vega * annualizedVol) / (2 * expiryYears) + (Math.abs(rate) + 2e-3 / expiryYears) * greeks.price,
          forwardCharm: (Math.abs(rate) + 2e-3 / expiryYears) * greeks.forwardDelta + (greeks.vega * d) / expiryYears ** 1.5,
          veta: greeks.vega * (Math.abs(rate) + (1 + d * d) / (2 * expiryYears)),
          forwardColor: greeks.forwardGamma * (Math.abs(rate) + (1 + d * d) / (2 * expiryYears)),
          forwardZomma: (greeks.forwardGamma * (d * d + 1)) / annualizedVol,
          ultima: (greeks.vega * d * d * (d * d + 3)) / annualizedVol ** 2,
        };
        const expected = row[6 + j];
        expect(Math.abs(greeks[name as BlackGreekName] - expected), `${name} of ${row.slice(0, 5)}`).toBeLessThanOrEqual(1e-13 * Math.max(Math.abs(expected), largest[name] ?? 0));
      });
    }
  });

  it('keeps the digits of a price of 1.5e-301, 37 deviations out of the money', () => {
    const price = bachelierPrice({ type: 'call', forward: 0, strike: 37, expiryYears: 1, annualizedVol: 1 });
    expect(price).toBeGreaterThan(1e-301);
    expect(Math.abs(price / rows[7][6] - 1)).toBeLessThan(1e-13);
  });
});

describe('bachelierPrice', () => {
  it('at the money is s / sqrt(2 pi)', () => {
    expect(bachelierPrice({ type: 'put', forward: -3, strike: -3, expiryYears: 4, annualizedVol: 1 })).toBeCloseTo(2 / Math.sqrt(2 * Math.PI), 15);
  });

  it('satisfies parity, with forward and strike of either sign', () => {
    const inputs = fc.record({ forward: fc.double({ min: -100, max: 100, noNaN: true }), strike: fc.double({ min: -100, max: 100, noNaN: true }), annualizedVol: fc.double({ min: 0, max: 80, noNaN: true }), expiryYears: fc.double({ min: 0, max: 20, noNaN: true }) });
    fc.assert(fc.property(inputs, (fields) => {
      const call = bachelierPrice({ type: 'call', ...fields, discount: 0.9 });
      const put = bachelierPrice({ type: 'put', ...fields, discount: 0.9 });
      expect(call - put).toBeCloseTo(0.9 * (fields.forward - fields.strike), 11);
      expect(Math.min(call, put)).toBeGreaterThanOrEqual(0);
    }), { numRuns: 500, seed: 5 });
  });

  it('is the limit of Black for small vol: vol F in place of vol', () => {
    const black = blackPrice({ type: 'call', forward: 100, strike: 100.1, expiryYears: 1, annualizedVol: 0.001 });
    expect(bachelierPrice({ type: 'call', forward: 100, strike: 100.1, expiryYears: 1, annualizedVol: 0.1 })).toBeCloseTo(black, 4);
  });

  it('carryRho is T F forwardDelta and may be negative for a call', () => {
    const greeks = bachelierGreeks({ type: 'call', forward: -2, strike: -1, expiryYears: 3, annualizedVol: 1 });
    expect(greeks.carryRho).toBeCloseTo(-6 * greeks.forwardDelta, 15);
  });

  it('without time or volatility is intrinsic value with deltas 0, half or 1', () => {
    for (const limit of [{ expiryYears: 0, annualizedVol: 1 }, { expiryYears: 1, annualizedVol: 0 }]) {
      const at = (strike: number) => bachelierGreeks({ type: 'call', forward: 1, strike, ...limit });
      expect([at(-1).price, at(1).price, at(3).price]).toEqual([2, 0, 0]);
      expect([at(-1).forwardDelta, at(1).forwardDelta, at(3).forwardDelta]).toEqual([1, 0.5, 0]);
      expect(Object.values(at(3)).every((value) => value === 0)).toBe(true);
    }
  });

  it('throws on bad fields', () => {
    const option = { type: 'call', forward: 1, strike: 1, expiryYears: 1, annualizedVol: 1 } as const;
    expect(() => bachelierPrice({ ...option, annualizedVol: -1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'bachelierPrice: annualizedVol must be a finite number >= 0, got -1' }));
    expect(() => bachelierGreeks({ ...option, forward: NaN })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => bachelierPrice({ ...option, vol: 1 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('bachelierPrices', () => {
  it('a price beyond the largest double is an invalid row, never Infinity with status ok', () => {
    const { price, status } = bachelierPrices({ type: 'call', forward: [200, 100], strike: 90, expiryYears: 1, annualizedVol: 1, discount: [Number.MAX_VALUE, 1] });
    expect(Array.from(status, (code) => ROW_STATUS[code])).toEqual(['invalid', 'ok']);
    expect(price[0]).toBeNaN();
  });

  it('has the bits of the scalar function, and a status instead of an error for a bad row', () => {
    const forward = [-1, 0, NaN, Infinity, 1, 1, 1];
    const annualizedVol = [1, 0.5, 1, 1, -1, 0, 1];
    const expiryYears = [1, 1, 1, 1, 1, 1, 0];
    const { price, status } = bachelierPrices({ type: 'put', forward, strike: 0.5, expiryYears, annualizedVol, discount: 0.9 });
    expect(Array.from(status, (code) => ROW_STATUS[code])).toEqual(['ok', 'ok', 'missing', 'invalid', 'invalid', 'zero-vol', 'expired']);
    for (const i of [0, 1, 5, 6]) expect(price[i]).toBe(bachelierPrice({ type: 'put', forward: forward[i], strike: 0.5, expiryYears: expiryYears[i], annualizedVol: annualizedVol[i], discount: 0.9 }));
    expect([price[2], price[3], price[4]]).toEqual([NaN, NaN, NaN]);
  });
});
