import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { normalizedBlack } from '../../../src/iv/black/normalized-black.ts';
import { hestonImpliedVol } from '../../../src/iv/heston/implied-vol.ts';
import { expectedTotalVariance, hestonExpectedTotalVariance, type HestonParameters, hestonVector } from '../../../src/iv/heston/parameters.ts';
import { hestonPrice } from '../../../src/iv/heston/price.ts';
import { parametersOf, priceRows, tailMarket, tailParameters, tailRows } from './reference.ts';

const smile: HestonParameters = { initialVariance: 0.04, meanReversion: 1.5, longRunVariance: 0.06, volOfVariance: 0.5, correlation: -0.7 };

// Sums of 60 terms, and ln(F / K) rounded: a few ulp of the spot price.
const PRICE_ERROR = 2e-14;
// A tail price e^(-130) has its exponent rounded to 1e-14; the worst row measured is 1.1e-13.
const TAIL_ERROR = 1e-12;

describe('hestonPrice against 45 digits', () => {
  const sets = [...new Set(priceRows.map((row) => row.set))];

  it('has all 299 rows of 21 sets', () => {
    expect([priceRows.length, sets.length]).toEqual([299, 21]);
  });

  it.each(sets)('%s: calls and puts within 2e-14 of the spot price, the error estimate honest', (set) => {
    for (const { parameters, option, call, put } of priceRows.filter((row) => row.set === set)) {
      const found = { call: hestonPrice(parameters, { ...option, type: 'call' }), put: hestonPrice(parameters, { ...option, type: 'put' }) };
      expect(Math.abs(found.call.price - call)).toBeLessThan(PRICE_ERROR * option.spot);
      expect(Math.abs(found.put.price - put)).toBeLessThan(PRICE_ERROR * option.spot);
      expect(found.call.status).toBe('ok');
      expect(found.put.status).toBe('ok');
      const forward = option.spot * Math.exp(((option.rate ?? 0) - (option.dividendYield ?? 0)) * option.expiryYears);
      const outside = forward >= option.strike ? put : call;
      if (outside > 1e-30) {
        expect(Math.abs(found.call.outOfTheMoneyPrice / outside - 1)).toBeLessThan(TAIL_ERROR);
        // Rounding is estimated by its usual size; four times that bounds every row.
        expect(Math.abs(found.call.outOfTheMoneyPrice - outside)).toBeLessThan(4 * found.call.errorEstimate + 4e-16 * outside + 1e-40);
      }
    }
  });

  it('gives the Black volatility of each row', () => {
    for (const { parameters, option, iv } of priceRows) {
      if (iv === null) continue;
      const forward = option.spot * Math.exp(((option.rate ?? 0) - (option.dividendYield ?? 0)) * option.expiryYears);
      const found = hestonImpliedVol(parameters, { forward, strike: option.strike, expiryYears: option.expiryYears });
      expect(found.status).toBe('ok');
      // Volatility of a price above 1e-30 loses nothing more; the reference prints iv from rounded prices at 1e-13.
      expect(Math.abs(found.annualizedVol / iv - 1)).toBeLessThan(2e-13);
    }
  });

  it('keeps relative accuracy in all 44 extreme tails, down to 1e-58, and gives below 1e-110 where that is the reference', () => {
    expect(tailRows).toHaveLength(44);
    for (const [T, , K, otm] of tailRows) {
      const found = hestonPrice(tailParameters, { ...tailMarket, type: 'call', strike: K, expiryYears: T });
      if (otm === 0) expect(found.outOfTheMoneyPrice).toBeLessThan(1e-110);
      else expect(Math.abs(found.outOfTheMoneyPrice / otm - 1)).toBeLessThan(TAIL_ERROR);
    }
  });

  it('reproduces published values', () => {
    // Fang and Oosterlee (2008), section 5.2 (their 5.785155450 is 1.6e-8 too high); Broadie and Kaya (2006), tables 1 and 2; Kahl and Jaeckel (2005).
    const fangOosterlee = parametersOf([0.0175, 1.5768, 0.0398, 0.5751, -0.5711]);
    const at = (T: number): number => hestonPrice(fangOosterlee, { type: 'call', forward: 100, strike: 100, expiryYears: T }).price;
    expect(at(1)).toBeCloseTo(5.785155435, 8);
    expect(at(10)).toBeCloseTo(22.318945791, 8);
    expect(hestonPrice(parametersOf([0.010201, 6.21, 0.019, 0.61, -0.7]), { type: 'call', spot: 100, strike: 100, expiryYears: 1, rate: 0.0319 }).price).toBeCloseTo(6.8061, 4);
    expect(hestonPrice(parametersOf([0.09, 2, 0.09, 1, -0.3]), { type: 'call', spot: 100, strike: 100, expiryYears: 5, rate: 0.05 }).price).toBeCloseTo(34.9998, 3);
    expect(hestonPrice(parametersOf([0.16, 1, 0.16, 2, -0.8]), { type: 'call', forward: 100, strike: 200, expiryYears: 10 }).price).toBeCloseTo(4.95212, 4);
  });
});

describe('defect 1 of the system replaced: log-moneyness entered the Fourier kernel with the wrong sign', () => {
  it('goes to Black at all strikes as vol of variance goes to 0: K = 80 is 24.59 and K = 120 is 3.25, not 9.48 and 0', () => {
    const price = (strike: number): number => hestonPrice({ ...smile, initialVariance: 0.04, longRunVariance: 0.04, volOfVariance: 1e-6 }, { type: 'call', spot: 100, strike, expiryYears: 1, rate: 0.05 }).price;
    expect(price(80)).toBeCloseTo(24.5888, 3);
    expect(price(120)).toBeCloseTo(3.2475, 3);
  });

  it.each([0, 1e-12, 1e-8, 1e-5])('is Black with the expected total variance at vol of variance %d, in value and to rounding', (volOfVariance) => {
    for (const correlation of [-1, -0.5, 0, 1]) {
      for (const expiryYears of [1 / 365, 0.5, 30]) {
        const parameters = { ...smile, volOfVariance, correlation };
        const total = Math.sqrt(hestonExpectedTotalVariance(parameters, expiryYears));
        for (const deviations of [-3, -1, 0, 0.5, 2]) {
          const x = deviations * total;
          const found = hestonPrice(parameters, { type: 'call', forward: 1, strike: Math.exp(-x), expiryYears });
          const black = normalizedBlack(-Math.abs(x), total) * Math.exp(-x / 2);
          // The smile of vol of variance moves prices by an amount proportional to it: below 3 sigma T here.
          expect(Math.abs(found.outOfTheMoneyPrice - black)).toBeLessThan(1e-14 + 3 * volOfVariance);
          expect(found.status).toBe('ok');
        }
      }
    }
  });

  it('has a first-order correction in vol of variance that is odd in the correlation (small sigma is a limit, not a special case)', () => {
    const price = (volOfVariance: number, correlation: number): number => hestonPrice({ ...smile, volOfVariance, correlation }, { type: 'call', forward: 100, strike: 110, expiryYears: 1 }).price;
    const base = price(0, 0);
    const slope = (price(1e-6, -0.5) - base) / 1e-6;
    expect(slope).toBeLessThan(-0.1);
    expect((price(1e-6, 0.5) - base) / 1e-6).toBeCloseTo(-slope, 4);
    expect((price(1e-3, -0.5) - base) / 1e-3).toBeCloseTo(slope, 1);
  });
});

const anyParameters = fc.record({
  initialVariance: fc.oneof(fc.constant(0), fc.double({ min: 1e-4, max: 1, noNaN: true })),
  meanReversion: fc.double({ min: 0.02, max: 20, noNaN: true }),
  longRunVariance: fc.double({ min: 1e-3, max: 1, noNaN: true }),
  volOfVariance: fc.oneof(fc.double({ min: 0, max: 0.05, noNaN: true }), fc.double({ min: 0.05, max: 5, noNaN: true })),
  correlation: fc.oneof(fc.double({ min: -0.999, max: 0.999, noNaN: true }), fc.constantFrom(-1, 1)),
});
const anyExpiry = fc.double({ min: Math.log(1 / 365), max: Math.log(30), noNaN: true }).map(Math.exp);

describe('hestonPrice by property', () => {
  it('keeps put-call parity at every strike', () => {
    fc.assert(fc.property(anyParameters, anyExpiry, fc.double({ min: -1, max: 1, noNaN: true }), (parameters, expiryYears, k) => {
      const terms = { forward: 100, strike: 100 * Math.exp(k), expiryYears, discount: 0.9 };
      const gap = hestonPrice(parameters, { ...terms, type: 'call' }).price - hestonPrice(parameters, { ...terms, type: 'put' }).price;
      expect(Math.abs(gap - 0.9 * (100 - terms.strike))).toBeLessThan(1e-12 * (100 + terms.strike));
    }), { numRuns: 200, seed: 7 });
  });

  it('falls and is convex in the strike, and lies between its bounds', () => {
    fc.assert(fc.property(anyParameters, anyExpiry, fc.double({ min: -0.8, max: 0.8, noNaN: true }), fc.double({ min: 0.005, max: 0.2, noNaN: true }), (parameters, expiryYears, k, step) => {
      const strikes = [-1, 0, 1].map((i) => 100 * Math.exp(k) * (1 + i * step));
      const found = strikes.map((strike) => hestonPrice(parameters, { type: 'call', forward: 100, strike, expiryYears }));
      const [a, b, c] = found.map((f) => f.price);
      const error = 1e-11 + 4 * found.reduce((sum, f) => sum + f.errorEstimate, 0);
      expect(a - b).toBeGreaterThan(-error);
      expect(b - c).toBeGreaterThan(-error);
      expect(a - b).toBeLessThan(strikes[1] - strikes[0] + error);
      expect(a - 2 * b + c).toBeGreaterThan(-error);
      expect(b).toBeGreaterThan(Math.max(0, 100 - strikes[1]) - error);
      expect(b).toBeLessThan(100);
    }), { numRuns: 200, seed: 8 });
  });

  it('agrees with the plain integral on Lewis\'s line, whatever curve it chose (no branch is lost)', () => {
    fc.assert(fc.property(anyParameters, anyExpiry, fc.double({ min: -2.5, max: 2.5, noNaN: true }), (drawn, expiryYears, deviations) => {
      const parameters = { ...drawn, correlation: 0.95 * drawn.correlation, initialVariance: drawn.initialVariance + 0.01, volOfVariance: drawn.volOfVariance + 0.003 };
      const vector = hestonVector('test', parameters);
      const x = deviations * Math.min(1, Math.sqrt(expectedTotalVariance(vector, expiryYears)));
      const found = hestonPrice(parameters, { type: 'call', forward: 1, strike: Math.exp(-x), expiryYears });
      const lewis = lewisPrice(parameters, expiryYears, x);
      expect(Math.abs(found.outOfTheMoneyPrice * Math.exp(x / 2) - lewis)).toBeLessThan(2e-8); // the plain sum's own error
    }), { numRuns: 60, seed: 9 });
  });
});

// Trapezoid in u = sinh(y) / 2 with textbook complex arithmetic: shares no code with the library.
function lewisPrice(parameters: HestonParameters, T: number, x: number): number {
  type C = [number, number];
  const mul = (a: C, b: C): C => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
  const div = (a: C, b: C): C => mul(a, [b[0] / (b[0] ** 2 + b[1] ** 2), -b[1] / (b[0] ** 2 + b[1] ** 2)]);
  const exp = (a: C): C => [Math.exp(a[0]) * Math.cos(a[1]), Math.exp(a[0]) * Math.sin(a[1])];
  const { initialVariance: v0, meanReversion: kappa, longRunVariance: theta, volOfVariance: sigma, correlation: rho } = parameters;
  const h = 0.002;
  let sum = 0;
  let small = 0;
  for (let j = 0; small < 30 && j < 12000; j++) {
    const u = 0.5 * Math.sinh(j * h);
    const q = u * u + 0.25;
    const xi: C = [kappa - rho * sigma / 2, -rho * sigma * u];
    const square: C = [xi[0] ** 2 - xi[1] ** 2 + sigma ** 2 * q, 2 * xi[0] * xi[1]];
    const modulus = Math.sqrt(Math.hypot(square[0], square[1]));
    const angle = Math.atan2(square[1], square[0]) / 2;
    const d: C = [modulus * Math.cos(angle), modulus * Math.sin(angle)];
    const g = div([xi[0] - d[0], xi[1] - d[1]], [xi[0] + d[0], xi[1] + d[1]]);
    const e = exp([-d[0] * T, -d[1] * T]);
    const ge = mul(g, e);
    const D = mul([(xi[0] - d[0]) / sigma ** 2, (xi[1] - d[1]) / sigma ** 2], div([1 - e[0], -e[1]], [1 - ge[0], -ge[1]]));
    const ratio = div([1 - ge[0], -ge[1]], [1 - g[0], -g[1]]);
    const log: C = [Math.log(Math.hypot(ratio[0], ratio[1])), Math.atan2(ratio[1], ratio[0])];
    const C0 = [0, 1].map((i) => (kappa * theta * ((xi[i] - d[i]) * T - 2 * log[i])) / sigma ** 2);
    const size = (Math.exp(v0 * D[0] + C0[0]) * 0.5 * Math.cosh(j * h)) / q;
    sum += size * Math.cos(v0 * D[1] + C0[1] + u * x) * (j === 0 ? 0.5 : 1);
    small = size < 1e-13 ? small + 1 : 0;
  }
  return Math.exp(-Math.abs(x) / 2) - (sum * h) / Math.PI;
}

describe('hestonPrice ends its search', () => {
  it('not at a difference smaller than the error left: an estimate of 1.2e-13 for an error of 4e-12', () => {
    const parameters = { initialVariance: 0.0010262862701369202, meanReversion: 0.3837239435787612, longRunVariance: 0.025454699527911566, volOfVariance: 2.404735448340989, correlation: 0.18558342894539237 };
    const terms = { type: 'put' as const, forward: 1, strike: Math.exp(-0.31721073054518856), expiryYears: 5.5374196264982505 };
    const exact = 0.008370361535211571; // the same with four and eight times the nodes
    for (const tolerance of [1e-15, 1e-12, 1e-9, 1e-6]) {
      const found = hestonPrice(parameters, terms, { tolerance });
      expect(found.status).toBe('ok');
      expect(Math.abs(found.price - exact)).toBeLessThan(found.errorEstimate + 1e-15 * exact);
    }
  });
});

describe('hestonPrice at its edges', () => {
  const terms = { type: 'call' as const, forward: 100, strike: 90, expiryYears: 1, discount: 0.9 };

  it('is the payoff at expiry and after, with a status', () => {
    for (const expiryYears of [0, -0.1]) expect(hestonPrice(smile, { ...terms, expiryYears, discount: 1 })).toMatchObject({ price: 10, outOfTheMoneyPrice: 0, status: 'expired' });
  });

  it('is the discounted payoff of the forward when there is no variance', () => {
    expect(hestonPrice({ ...smile, initialVariance: 0, longRunVariance: 0 }, terms)).toMatchObject({ price: 9, status: 'zero-variance' });
  });

  it('starts from a variance of 0 like from its neighbours', () => {
    const price = (initialVariance: number): number => hestonPrice({ ...smile, initialVariance }, { ...terms, expiryYears: 1 / 52 }).outOfTheMoneyPrice;
    expect(price(0)).toBeGreaterThan(0);
    expect(price(1e-9) / price(0)).toBeCloseTo(1, 4);
  });

  it('gives no call price above the highest attainable forward when the correlation is -1', () => {
    // rho = -1: d ln F = -v/2 dt - (dv - kappa (theta - v) dt) / sigma, so ln F_T <= ln F + (v0 + kappa theta T) / sigma when kappa >= -sigma/2.
    const parameters = { ...smile, correlation: -1 };
    const highest = 100 * Math.exp((0.04 + 1.5 * 0.06) / 0.5);
    expect(hestonPrice(parameters, { ...terms, strike: 0.9 * highest }).price).toBeGreaterThan(0);
    expect(hestonPrice(parameters, { ...terms, strike: 1.02 * highest }).price).toBeLessThan(1e-13);
  });

  it('takes the terms on a spot price and on the forward alike', () => {
    const onSpot = hestonPrice(smile, { type: 'put', spot: 100, strike: 90, expiryYears: 2, rate: 0.05, dividendYield: 0.02 }).price;
    expect(hestonPrice(smile, { type: 'put', forward: 100 * Math.exp(0.06), strike: 90, expiryYears: 2, discount: Math.exp(-0.1) }).price).toBeCloseTo(onSpot, 12);
  });

  it('answers with frozen plain data and the same bits each time', () => {
    const found = hestonPrice(smile, terms);
    expect(Object.isFrozen(found)).toBe(true);
    expect(fromPlain(toPlain(found))).toEqual(found);
    expect(structuredClone(found)).toEqual(found);
    expect(hestonPrice(smile, terms)).toEqual(found);
  });

  it.each([
    [{ ...smile, correlation: 1.1 }, terms, 'correlation'],
    [{ ...smile, meanReversion: 0 }, terms, 'meanReversion'],
    [{ ...smile, initialVariance: -0.01 }, terms, 'initialVariance'],
    [{ ...smile, volOfVariance: NaN }, terms, 'volOfVariance'],
    [smile, { ...terms, strike: 0 }, 'strike'],
    [smile, { ...terms, type: 'Call' as 'call' }, 'type'],
    [smile, { type: 'call' as const, spot: 1, strike: 1, expiryYears: 100, rate: 8 }, 'rate'],
  ])('rejects a wrong argument by name (%#)', (parameters, option, name) => {
    expect(() => hestonPrice(parameters, option)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining(name) }));
  });

  it('names an unknown field', () => {
    expect(() => hestonPrice(smile, { ...terms, rate: 0.1 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(() => hestonPrice(smile, terms, { tol: 1 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('hestonImpliedVol', () => {
  it('has no volatility for what has no time value, and says so', () => {
    expect(hestonImpliedVol(smile, { forward: 1, strike: 1, expiryYears: 0 })).toEqual({ annualizedVol: NaN, status: 'expired' });
    expect(hestonImpliedVol({ ...smile, volOfVariance: 0.01 }, { forward: 1, strike: 50, expiryYears: 0.003 })).toEqual({ annualizedVol: NaN, status: 'no-time-value' });
    expect(hestonImpliedVol({ ...smile, initialVariance: 0, longRunVariance: 0 }, { forward: 1, strike: 2, expiryYears: 1 })).toEqual({ annualizedVol: 0, status: 'zero-variance' });
  });
});
