import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blackPrice, blackScholesPrice } from '../../../src/iv/black/price.ts';

describe('blackPrice', () => {
  it('at the money is F (2 Phi(s / 2) - 1): 7.965567455405796 at 100, 20 % and a year', () => {
    expect(blackPrice({ type: 'call', forward: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2 })).toBeCloseTo(7.965567455405796, 13);
  });

  it('is linear in the discount', () => {
    const option = { type: 'put', forward: 100, strike: 110, expiryYears: 2, annualizedVol: 0.3 } as const;
    expect(blackPrice({ ...option, discount: 0.5 })).toBeCloseTo(0.5 * blackPrice(option), 14);
  });

  it('in the money is intrinsic value plus the option out of the money, so tiny time values survive', () => {
    const call = blackPrice({ type: 'call', forward: 100, strike: 50, expiryYears: 0.1, annualizedVol: 0.2 });
    expect(call).toBe(50);
    const put = blackPrice({ type: 'put', forward: 100, strike: 50, expiryYears: 0.1, annualizedVol: 0.2 });
    expect(put).toBeGreaterThan(0);
    expect(put).toBeLessThan(1e-25);
  });

  it('without time or volatility is the discounted intrinsic value', () => {
    for (const [type, strike, value] of [['call', 90, 10], ['call', 110, 0], ['put', 110, 10], ['put', 100, 0]] as const) {
      expect(blackPrice({ type, forward: 100, strike, expiryYears: 0, annualizedVol: 0.2 })).toBe(value);
      expect(blackPrice({ type, forward: 100, strike, expiryYears: -3, annualizedVol: 0.2 })).toBe(value);
      expect(blackPrice({ type, forward: 100, strike, expiryYears: 1, annualizedVol: 0, discount: 0.5 })).toBe(0.5 * value);
    }
  });

  it('tends to the forward (call) and the strike (put) as volatility grows', () => {
    expect(blackPrice({ type: 'call', forward: 100, strike: 120, expiryYears: 1, annualizedVol: 60 })).toBe(100);
    expect(blackPrice({ type: 'put', forward: 100, strike: 120, expiryYears: 1, annualizedVol: 60 })).toBe(120);
    expect(blackPrice({ type: 'put', forward: 100, strike: 120, expiryYears: 1, annualizedVol: 1e200 })).toBe(120);
  });

  it('rises with volatility, lies within its bounds and is convex in the strike', () => {
    const inputs = fc.record({ k: fc.double({ min: -3, max: 3, noNaN: true }), vol: fc.double({ min: 0.001, max: 4, noNaN: true }), years: fc.double({ min: 0.001, max: 10, noNaN: true }) });
    fc.assert(fc.property(inputs, ({ k, vol, years }) => {
      const strike = 100 * Math.exp(k);
      const at = (x: number, annualizedVol = vol): number => blackPrice({ type: 'call', forward: 100, strike: x, expiryYears: years, annualizedVol });
      const price = at(strike);
      // Rounding of the price, a few ulps of the forward.
      expect(at(strike, vol * 1.01)).toBeGreaterThanOrEqual(price - 1e-13);
      expect(price).toBeGreaterThanOrEqual(Math.max(0, 100 - strike));
      expect(price).toBeLessThanOrEqual(100);
      expect(at(strike * 0.99) + at(strike * 1.01) - 2 * price).toBeGreaterThanOrEqual(-1e-12);
    }), { numRuns: 1000, seed: 3 });
  });

  it('is a smooth function across the switch between series and differences', () => {
    // priceOverVega goes from series to difference at t = vol sqrt(T) / 2 = 1: a jump there would show in the third difference, which is rounding alone.
    const at = (vol: number): number => blackPrice({ type: 'call', forward: 100, strike: 110, expiryYears: 1, annualizedVol: vol });
    for (let vol = 0.05; vol < 2.3; vol += 0.01) {
      const h = 1e-6;
      const third = at(vol + 2 * h) - 3 * at(vol + h) + 3 * at(vol) - at(vol - h);
      expect(Math.abs(third)).toBeLessThan(1e-12);
    }
  });
});

describe('blackScholesPrice', () => {
  it('is Black on the forward S exp((r - q) T) discounted by exp(-r T)', () => {
    const price = blackScholesPrice({ type: 'put', spot: 100, strike: 95, expiryYears: 2, annualizedVol: 0.3, rate: 0.04, dividendYield: 0.01 });
    expect(price).toBeCloseTo(blackPrice({ type: 'put', forward: 100 * Math.exp(0.06), strike: 95, expiryYears: 2, annualizedVol: 0.3, discount: Math.exp(-0.08) }), 12);
  });

  it("Hull's example: S 42, K 40, r 10 %, 20 %, half a year gives a call of 4.76 and a put of 0.81", () => {
    const option = { spot: 42, strike: 40, expiryYears: 0.5, annualizedVol: 0.2, rate: 0.1 };
    expect(blackScholesPrice({ type: 'call', ...option })).toBeCloseTo(4.76, 2);
    expect(blackScholesPrice({ type: 'put', ...option })).toBeCloseTo(0.81, 2);
  });
});

describe("a caller's mistakes", () => {
  const option = { type: 'call', forward: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2 } as const;
  it.each([
    ['forward', 0, 'blackPrice: forward must be a finite number > 0, got 0'],
    ['strike', -1, 'blackPrice: strike must be a finite number > 0, got -1'],
    ['annualizedVol', -0.1, 'blackPrice: annualizedVol must be a finite number >= 0, got -0.1'],
    ['expiryYears', NaN, 'blackPrice: expiryYears must be a finite number, got NaN'],
    ['discount', 0, 'blackPrice: discount must be a finite number > 0, got 0'],
    ['type', 'Call', 'blackPrice: type must be one of "call", "put", got "Call"'],
  ])('%s = %s throws', (name, value, message) => {
    expect(() => blackPrice({ ...option, [name]: value })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message }));
  });

  it('names a field that does not exist', () => {
    expect(() => blackPrice({ ...option, spot: 100 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });

  it('refuses rates for which there is no discount factor', () => {
    expect(() => blackScholesPrice({ type: 'call', spot: 100, strike: 100, expiryYears: 10, annualizedVol: 0.2, rate: 100 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
