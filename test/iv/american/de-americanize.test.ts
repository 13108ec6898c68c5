import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { americanPrice, americanValue } from '../../../src/iv/american/american-price.ts';
import { DE_AMERICANIZE_STATUS, deAmericanize, deAmericanizeQuotes, deAmericanizeQuotesSync, deAmericanizeQuotesTask } from '../../../src/iv/american/de-americanize.ts';
import { blackScholesPrice } from '../../../src/iv/black/price.ts';

describe('deAmericanize', () => {
  it('undoes americanPrice: volatility and European price come back', () => {
    for (const [type, strike, rate, dividendYield] of [['put', 90, 0.05, 0], ['put', 105, 0.05, 0.02], ['call', 100, 0.02, 0.06], ['call', 110, 0.05, 0.03], ['put', 100, 0.04, 0.04]] as const) {
      const option = { type, spot: 100, strike, expiryYears: 0.75, rate, dividendYield };
      const { price, europeanPrice, exercisePremium } = americanValue({ ...option, annualizedVol: 0.27 });
      const result = deAmericanize({ ...option, price });
      expect(result.status).toBe('ok');
      expect(result.annualizedVol).toBeCloseTo(0.27, 11);
      expect(result.europeanPrice).toBeCloseTo(europeanPrice, 10);
      expect(result.exercisePremium).toBeCloseTo(exercisePremium, 10);
      expect(exercisePremium).toBeGreaterThan(1e-4);
    }
  });

  it('re-pricing at the volatility found returns the quote, wherever there is one', () => {
    const inputs = fc.record({
      type: fc.constantFrom('call' as const, 'put' as const), k: fc.double({ min: -0.6, max: 0.6, noNaN: true }), vol: fc.double({ min: 0.04, max: 2, noNaN: true }),
      expiryYears: fc.double({ min: 0.01, max: 3, noNaN: true }), rate: fc.double({ min: -0.02, max: 0.1, noNaN: true }), dividendYield: fc.double({ min: 0, max: 0.1, noNaN: true }),
    });
    let found = 0;
    fc.assert(fc.property(inputs, ({ k, vol, ...rest }) => {
      const option = { ...rest, spot: 100, strike: 100 * Math.exp(k) };
      const price = americanPrice({ ...option, annualizedVol: vol }, { accuracy: 'fast' });
      const result = deAmericanize({ ...option, price }, { accuracy: 'fast' });
      expect(['ok', 'at-intrinsic']).toContain(result.status);
      if (result.status !== 'ok') return;
      found++;
      expect(Math.abs(americanPrice({ ...option, annualizedVol: result.annualizedVol }, { accuracy: 'fast' }) - price)).toBeLessThan(1e-9 * price + 1e-12);
      expect(result.europeanPrice).toBe(blackScholesPrice({ ...option, annualizedVol: result.annualizedVol }));
    }), { numRuns: 200, seed: 4 });
    expect(found).toBeGreaterThan(150);
  });

  it('where early exercise is worth nothing the European price is the quote', () => {
    const quote = { type: 'call', spot: 100, strike: 95, expiryYears: 1, rate: 0.03, price: 14 } as const;
    const result = deAmericanize(quote);
    expect(result.status).toBe('ok');
    expect(result.europeanPrice).toBeCloseTo(14, 12);
    expect(result.exercisePremium).toBeCloseTo(0, 12);
  });

  it.each([
    ['at its exercise value', { price: 20, strike: 120 }, 'at-intrinsic'],
    ['out of the money for nothing', { price: 0, strike: 80 }, 'at-intrinsic'],
    ['below its exercise value', { price: 19.99, strike: 120 }, 'below-intrinsic'],
    ['negative', { price: -1, strike: 80 }, 'below-intrinsic'],
    ['at the strike, the most a put can be worth', { price: 120, strike: 120 }, 'above-maximum'],
    ['above the strike', { price: 121, strike: 120 }, 'above-maximum'],
    ['expired', { price: 5, strike: 100, expiryYears: 0 }, 'expired'],
    ['missing', { price: NaN, strike: 100 }, 'missing'],
    ['missing its strike', { price: 5, strike: NaN }, 'missing'],
    ['with a strike of 0', { price: 5, strike: 0 }, 'invalid'],
    ['infinite', { price: Infinity, strike: 100 }, 'invalid'],
    ['without a type', { price: 5, strike: 100, type: 'P' as never }, 'invalid'],
    ['above the discounted strike, with two exercise boundaries', { price: 101.01, strike: 100, rate: -0.01, dividendYield: -0.03 }, 'above-maximum'],
    ['at its exercise value, with two exercise boundaries', { price: 30, strike: 130, rate: -0.01, dividendYield: -0.03 }, 'at-intrinsic'],
  ])('a quote %s has a status and no numbers', (_title, change, status) => {
    const result = deAmericanize({ type: 'put', spot: 100, expiryYears: 1, rate: 0.05, ...change });
    expect(result.status).toBe(status);
    expect([result.annualizedVol, result.europeanPrice, result.exercisePremium]).toEqual([NaN, NaN, NaN]);
  });

  it('a call below the price that no volatility has is below intrinsic, though above its exercise value', () => {
    // European call without dividends: at least S - K e^(-rT) = 10.75.
    expect(deAmericanize({ type: 'call', spot: 100, strike: 94, expiryYears: 1, rate: 0.05, price: 8 }).status).toBe('below-intrinsic');
  });

  it('a price just above the exercise value has a low volatility, not a failure', () => {
    const result = deAmericanize({ type: 'put', spot: 90, strike: 100, expiryYears: 1, rate: 0.05, price: 10.0001 });
    expect(result.status).toBe('ok');
    expect(americanPrice({ type: 'put', spot: 90, strike: 100, expiryYears: 1, rate: 0.05, annualizedVol: result.annualizedVol })).toBeCloseTo(10.0001, 9);
  });
});

describe('deAmericanizeQuotes', () => {
  const shared = { type: 'put', spot: 100, expiryYears: 0.5, rate: 0.05 } as const;

  it('has the bits of the scalar function at the same accuracy, bad rows among good ones', async () => {
    const strike = [90, 100, NaN, 110];
    const price = [1.5, 5, 5, 9];
    const result = await deAmericanizeQuotes({ ...shared, strike, price });
    expect(Array.from(result.status, (code) => DE_AMERICANIZE_STATUS[code])).toEqual(['ok', 'ok', 'missing', 'below-intrinsic']);
    for (const i of [0, 1]) {
      const one = deAmericanize({ ...shared, strike: strike[i], price: price[i] }, { accuracy: 'fast' });
      expect([result.annualizedVol[i], result.europeanPrice[i], result.exercisePremium[i]]).toEqual([one.annualizedVol, one.europeanPrice, one.exercisePremium]);
    }
    expect([result.annualizedVol[2], result.europeanPrice[3]]).toEqual([NaN, NaN]);
    expect(fromPlain(toPlain(result))).toEqual(result);
    expect(Object.isFrozen(result)).toBe(true);
  });

  it("'fast' finds the volatility to a hundredth of a basis point", () => {
    const quote = { ...shared, strike: 105, price: americanPrice({ ...shared, strike: 105, annualizedVol: 0.3 }) };
    expect(Math.abs(deAmericanizeQuotesSync(quote).annualizedVol[0] - 0.3)).toBeLessThan(1e-6);
  });

  it('yields progress, can be cancelled, and throws on wrong lengths', async () => {
    expect([...deAmericanizeQuotesTask({ ...shared, strike: [90, 95], price: 1 })].at(-1)).toEqual({ phase: 'de-americanise', done: 2, total: 2 });
    const reason = new Error('enough');
    await expect(deAmericanizeQuotes({ ...shared, strike: 90, price: 1 }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(() => deAmericanizeQuotesSync({ ...shared, strike: [90, 95], price: [1, 2, 3] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
