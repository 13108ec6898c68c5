import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { isQuantwrightError } from '../../../src/core/errors.ts';
import { randomStream } from '../../../src/core/random.ts';
import { IMPLIED_VOL_STATUS } from '../../../src/iv/black/implied-vol-status.ts';
import type { PriceQuote } from '../../../src/iv/black/implied-vol-status.ts';
import { impliedVol, impliedVols } from '../../../src/iv/black/implied-vol.ts';
import { normalizedBlack } from '../../../src/iv/black/normalized-black.ts';
import { otmPrice } from '../../../src/iv/black/otm-price.ts';

const hard = JSON.parse(readFileSync(new URL('../fixtures/implied_vol_hard.json', import.meta.url), 'utf8')) as {
  user: { rows: [number, number, number, number, number, number, number][] };
  errors: { rows: [number, number, number, number, number, string][] };
};
const typeOf = (sign: number): 'call' | 'put' => (sign > 0 ? 'call' : 'put');
const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return isQuantwrightError(error) ? error.code : 'foreign';
  }
  return undefined;
};

// Rounding of ln(F/K), sqrt(F K), sqrt(T) and the quotients (each half an epsilon, divided by the conditioning at most), and the attainable error itself. Measured 1.8 at worst.
const ROUNDINGS = 4;
const base: PriceQuote = { type: 'call', price: 10, forward: 100, strike: 100, expiryYears: 1 };

describe('impliedVol', () => {
  it('every quoted row, in and out of the money, is within 4 (epsilon + attainable error)', () => {
    expect(hard.user.rows.length).toBe(500);
    for (const [forward, strike, expiryYears, sign, price, vol, attainable] of hard.user.rows) {
      const found = impliedVol({ type: typeOf(sign), price, forward, strike, expiryYears });
      const text = `${typeOf(sign)} F ${forward} K ${strike} T ${expiryYears} price ${price}`;
      expect(Math.abs(found.annualizedVol / vol - 1), text).toBeLessThan(ROUNDINGS * (Number.EPSILON + attainable));
      expect(Math.abs(found.attainableError / attainable - 1), text).toBeLessThan(1e-3);
      expect(found.status, text).toBe(attainable > 1e-3 ? 'ill-conditioned' : 'ok');
    }
  });

  it('every error row has a defined status, without an exception', () => {
    const expected: Record<string, [string, number]> = {
      'below intrinsic': ['below-intrinsic', NaN],
      'at intrinsic -> sigma 0': ['at-intrinsic', 0],
      'zero price ATM -> sigma 0': ['at-intrinsic', 0],
      'zero price OTM -> sigma 0 (limit)': ['at-intrinsic', 0],
      'at max call (=F) -> +inf': ['at-maximum', Infinity],
      'above max': ['above-maximum', NaN],
      'at max put (=K) -> +inf': ['at-maximum', Infinity],
      'T=0': ['expired', NaN],
      'T<0': ['expired', NaN],
      'F=0': ['invalid', NaN],
      'K=0': ['invalid', NaN],
      'negative price': ['below-intrinsic', NaN],
      'see vollib/py_vollib#18': ['at-maximum', Infinity],
    };
    expect(hard.errors.rows.length).toBe(13);
    for (const [forward, strike, expiryYears, sign, price, name] of hard.errors.rows) {
      const found = impliedVol({ type: typeOf(sign), price, forward, strike, expiryYears });
      expect([found.status, found.annualizedVol], name).toEqual(expected[name]);
    }
  });

  it('worked by hand: the classic 20 % call, undiscounted and discounted', () => {
    expect(impliedVol({ ...base, price: 7.965567455405804 }).annualizedVol).toBeCloseTo(0.2, 15);
    expect(impliedVol({ ...base, price: 7.965567455405804 * 0.9, discount: 0.9 }).annualizedVol).toBeCloseTo(0.2, 14);
    expect(impliedVol({ ...base, price: 7.965567455405804, expiryYears: 0.25 }).annualizedVol).toBeCloseTo(0.4, 14);
  });

  it('policy: out of bounds is NaN by default, the bound that was crossed on request; the status stays', () => {
    const low = { ...base, strike: 90, price: 9 };
    const high = { ...base, price: 101 };
    expect(impliedVol(low)).toEqual({ annualizedVol: NaN, status: 'below-intrinsic', attainableError: NaN });
    expect(impliedVol(high)).toEqual({ annualizedVol: NaN, status: 'above-maximum', attainableError: NaN });
    expect(impliedVol(low, { outOfBounds: 'zero-or-infinity' })).toMatchObject({ annualizedVol: 0, status: 'below-intrinsic' });
    expect(impliedVol(high, { outOfBounds: 'zero-or-infinity' })).toMatchObject({ annualizedVol: Infinity, status: 'above-maximum' });
    expect(impliedVol({ ...base, price: NaN }, { outOfBounds: 'zero-or-infinity' }).annualizedVol).toBeNaN();
    expect(impliedVol({ ...base, expiryYears: 0 }, { outOfBounds: 'zero-or-infinity' }).annualizedVol).toBeNaN();
  });

  it('missing before invalid before expired before out of bounds', () => {
    const cases: [Partial<PriceQuote>, string][] = [
      [{ price: NaN, forward: -1 }, 'missing'], [{ forward: NaN }, 'missing'], [{ strike: NaN }, 'missing'], [{ expiryYears: NaN }, 'missing'], [{ discount: NaN }, 'missing'],
      [{ forward: -1, expiryYears: 0 }, 'invalid'], [{ strike: Infinity }, 'invalid'], [{ discount: 0 }, 'invalid'], [{ discount: Infinity }, 'invalid'], [{ expiryYears: Infinity }, 'invalid'],
      [{ expiryYears: 0, price: -1 }, 'expired'], [{ price: Infinity }, 'above-maximum'], [{ price: -Infinity }, 'below-intrinsic'], [{ price: 0, strike: 90 }, 'below-intrinsic'],
      [{ price: 0, strike: 110 }, 'at-intrinsic'],
    ];
    for (const [change, status] of cases) expect(impliedVol({ ...base, ...change }).status, JSON.stringify(change)).toBe(status);
  });

  it('defect of engine.md 14: no Brent bracket [1e-6, 10], so volatilities outside it come back, and so do those at its ends', () => {
    for (const vol of [1e-9, 1e-7, 1e-6, 10, 12, 40]) {
      const expiryYears = 0.01;
      const price = 100 * normalizedBlack(0, vol * 0.1);
      expect(Math.abs(impliedVol({ ...base, price, expiryYears }).annualizedVol / vol - 1)).toBeLessThan(1e-14);
    }
  });

  it('defect of engine.md 14: a price below intrinsic by less than 1e-10 is below, not a number', () => {
    expect(impliedVol({ ...base, strike: 90, price: 10 - 1e-11 }).status).toBe('below-intrinsic');
    expect(impliedVol({ ...base, strike: 90, price: 10 + 1e-11 }).annualizedVol).toBeGreaterThan(0);
  });

  it('defect of engine.md 14: every NaN has a reason', () => {
    const reasons = [{ expiryYears: 0 }, { price: -1 }, { price: 9, strike: 90 }, { price: 101 }].map((change) => impliedVol({ ...base, ...change }));
    expect(reasons.map((r) => r.status)).toEqual(['expired', 'below-intrinsic', 'below-intrinsic', 'above-maximum']);
    for (const r of reasons) expect(r.annualizedVol).toBeNaN();
  });

  it('defect of engine.md 14: a put deep in the money, where the vega is near zero, is called ill-conditioned and the call at its strike is not', () => {
    const s = 0.2 * Math.sqrt(0.1);
    const call = Math.sqrt(100 * 160) * normalizedBlack(Math.log(100 / 160), s);
    const put = impliedVol({ type: 'put', price: call + 60, forward: 100, strike: 160, expiryYears: 0.1 });
    expect(put.status).toBe('ill-conditioned');
    expect(Math.abs(put.annualizedVol / 0.2 - 1)).toBeLessThan(put.attainableError);
    const other = impliedVol({ type: 'call', price: call, forward: 100, strike: 160, expiryYears: 0.1 });
    expect(other.status).toBe('ok');
    expect(Math.abs(other.annualizedVol / 0.2 - 1)).toBeLessThan(1e-13);
    expect(impliedVol({ type: 'put', price: call + 60, forward: 100, strike: 160, expiryYears: 0.1 }, { maxAttainableError: Infinity }).status).toBe('ok');
  });

  it('pitfall of iv.md 6: in the money the error is that of one ulp of the price, which attainableError gives', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 1, noNaN: true }), fc.double({ min: 0.1, max: 0.6, noNaN: true }), fc.constantFrom('call', 'put'), fc.double({ min: 0.5, max: 1, noNaN: true }), (s, k, type, discount) => {
        const strike = type === 'call' ? 100 * Math.exp(-k) : 100 * Math.exp(k);
        const x = Math.log(100 / strike);
        const otm = discount * Math.sqrt(100 * strike) * normalizedBlack(-Math.abs(x), s);
        const price = otm + discount * Math.abs(100 - strike);
        fc.pre(otm > 1e-9 && price > discount * Math.abs(100 - strike));
        const found = impliedVol({ type, price, forward: 100, strike, expiryYears: 1, discount }, { maxAttainableError: Infinity });
        // The test's own product and sum round twice; beyond a relative error of 0.1 linear error analysis ends.
        if (found.attainableError < 0.01) expect(Math.abs(found.annualizedVol / s - 1)).toBeLessThan(4 * found.attainableError + 1e-14);
      }),
      { numRuns: 1000 },
    );
  });

  it('call and put at one strike have one volatility', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 2, noNaN: true }), fc.double({ min: -0.3, max: 0.3, noNaN: true }), (s, x) => {
        const strike = 100 * Math.exp(-x);
        const call = Math.sqrt(100 * strike) * normalizedBlack(Math.log(100 / strike), s);
        const a = impliedVol({ ...base, strike, price: call });
        const b = impliedVol({ ...base, strike, type: 'put', price: call - 100 + strike });
        fc.pre(a.attainableError < 1e-6 && b.attainableError < 1e-6);
        expect(Math.abs(a.annualizedVol / b.annualizedVol - 1)).toBeLessThan(4 * (a.attainableError + b.attainableError) + 4e-15);
      }),
    );
  });

  it('a discount scales prices and nothing else, up to the longest expiries', () => {
    for (const s of [0.01, 0.5, 1.7, 2.5, 5, 8]) {
      for (const strike of [60, 100, 170]) {
        const price = Math.sqrt(100 * strike) * normalizedBlack(Math.log(100 / strike), s);
        const plain = impliedVol({ ...base, strike, price });
        if (plain.status !== 'ok') continue;
        const halved = impliedVol({ ...base, strike, price: 0.5 * price, discount: 0.5 });
        expect(halved, `${s} ${strike}`).toEqual(plain); // powers of 2 round nowhere
        const discounted = impliedVol({ ...base, strike, price: 0.93 * price, discount: 0.93 });
        expect(Math.abs(discounted.annualizedVol / s - 1)).toBeLessThan(4 * (discounted.attainableError + Number.EPSILON));
      }
    }
    expect(impliedVol({ ...base, price: 50 * normalizedBlack(0, 8), discount: 0.5 }).annualizedVol).toBeCloseTo(8, 9);
  });

  it('throws for the form of a quote, never for its numbers', () => {
    expect(codeOf(() => impliedVol({ ...base, type: 'Call' as 'call' }))).toBe('ERR_DOMAIN');
    expect(codeOf(() => impliedVol({ ...base, price: '10' as unknown as number }))).toBe('ERR_DOMAIN');
    expect(codeOf(() => impliedVol({ ...base, spot: 1 } as PriceQuote))).toBe('ERR_UNKNOWN_NAME');
    expect(codeOf(() => impliedVol(base, { outOfBound: 'nan' } as object))).toBe('ERR_UNKNOWN_NAME');
    expect(codeOf(() => impliedVol(base, { outOfBounds: 'zero' as 'nan' }))).toBe('ERR_DOMAIN');
    expect(codeOf(() => impliedVol(base, { maxAttainableError: -1 }))).toBe('ERR_DOMAIN');
  });

  it('any double in any field: a volatility > 0 exactly when the status says so', () => {
    const any = fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 5e-324, 1e-300, 1e300, 1.7e308, -1, 100, 100.00000000000001));
    fc.assert(
      fc.property(fc.record({ type: fc.constantFrom('call' as const, 'put' as const), price: any, forward: any, strike: any, expiryYears: any, discount: any }), (quote) => {
        const { annualizedVol, status, attainableError } = impliedVol(quote);
        if (status === 'ok' || status === 'ill-conditioned') {
          expect(annualizedVol > 0 && annualizedVol < Infinity).toBe(true);
          expect(attainableError).toBeGreaterThanOrEqual(0);
        } else expect(annualizedVol === 0 || annualizedVol === Infinity || annualizedVol !== annualizedVol).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('results are frozen plain data that pass structured clone and the codec', () => {
    const one = impliedVol(base);
    expect(Object.isFrozen(one)).toBe(true);
    expect(structuredClone(one)).toEqual(one);
    const many = impliedVols({ ...base, strike: [90, 110] });
    expect(Object.isFrozen(many)).toBe(true);
    expect(fromPlain(toPlain(many))).toEqual(many);
  });
});

describe('impliedVols', () => {
  const types = ['call', 'put', 'call', 'put', 'call', 'call'] as const;
  const columns = { price: [12, 9, NaN, 1, 150, 3], forward: 100, strike: [95, 105, 100, 130, 100, Infinity], expiryYears: [0.5, 1, 1, 1, 1, 1], discount: 0.97 };

  it('is impliedVol row by row, bit for bit, whatever the form of the columns', () => {
    const rows = types.map((type, i) => impliedVol({ type, price: columns.price[i], forward: 100, strike: columns.strike[i], expiryYears: columns.expiryYears[i], discount: 0.97 }));
    const arrays = { ...columns, price: Float64Array.from(columns.price), discount: new Array(6).fill(0.97) };
    for (const result of [impliedVols({ ...columns, type: types }), impliedVols({ ...arrays, type: Int8Array.of(1, -1, 1, -1, 1, 1) })]) {
      expect([...result.annualizedVol]).toEqual(rows.map((r) => r.annualizedVol));
      expect([...result.attainableError]).toEqual(rows.map((r) => r.attainableError));
      expect([...result.status].map((code) => IMPLIED_VOL_STATUS[code])).toEqual(rows.map((r) => r.status));
    }
    expect(rows.map((r) => r.status)).toEqual(['ok', 'ok', 'missing', 'below-intrinsic', 'above-maximum', 'invalid']);
  });

  it('one type for all rows, a wrong type in a row is that row invalid, and no rows are none', () => {
    expect([...impliedVols({ ...columns, type: 'put' }).status].map((code) => IMPLIED_VOL_STATUS[code])).toEqual(['ok', 'ok', 'missing', 'below-intrinsic', 'above-maximum', 'invalid']);
    expect(IMPLIED_VOL_STATUS[impliedVols({ ...base, type: ['CALL' as 'call'] }).status[0]]).toBe('invalid');
    expect(IMPLIED_VOL_STATUS[impliedVols({ ...base, type: Int8Array.of(0) }).status[0]]).toBe('invalid');
    expect(impliedVols({ ...base, price: [] }).annualizedVol.length).toBe(0);
  });

  it('writes into arrays given to it, and keeps the policy per batch', () => {
    const out = impliedVols({ ...columns, type: types });
    const again = impliedVols({ ...columns, type: types }, { out, outOfBounds: 'zero-or-infinity' });
    expect(again.annualizedVol).toBe(out.annualizedVol);
    expect(again.annualizedVol[3]).toBe(0);
    expect(again.annualizedVol[4]).toBe(Infinity);
  });

  it('columns of different lengths throw, bad rows do not', () => {
    expect(codeOf(() => impliedVols({ ...base, price: [1, 2], strike: [100, 110, 120] }))).toBe('ERR_SHAPE');
    expect(codeOf(() => impliedVols({ ...base, prices: [1] } as never))).toBe('ERR_UNKNOWN_NAME');
    expect(codeOf(() => impliedVols({ ...base, strike: 'all' as never }))).toBe('ERR_DOMAIN');
  });

  it('20,000 quotes drawn like the SPX chain come back within 1e-13', () => {
    const random = randomStream(6, 'spx quotes');
    const n = 20_000;
    const [price, strike, expiryYears, vols] = [0, 1, 2, 3].map(() => new Float64Array(n));
    const type = new Int8Array(n);
    for (let i = 0; i < n; ) {
      strike[i] = 6900 * Math.exp(-0.6 + 0.8 * random.uniform());
      expiryYears[i] = 1 / 365 + random.uniform() * (3 - 1 / 365);
      vols[i] = 0.1 + 0.7 * random.uniform();
      type[i] = strike[i] >= 6900 ? 1 : -1;
      price[i] = Math.sqrt(6900 * strike[i]) * normalizedBlack(-Math.abs(Math.log(6900 / strike[i])), vols[i] * Math.sqrt(expiryYears[i]));
      if (price[i] > 1e-9) i++;
    }
    const { annualizedVol, status } = impliedVols({ type, price, forward: 6900, strike, expiryYears });
    expect(status.every((code) => code === 0)).toBe(true);
    expect(vols.reduce((worst, vol, i) => Math.max(worst, Math.abs(annualizedVol[i] / vol - 1)), 0)).toBeLessThan(1e-13);
  });
});

describe('otmPrice', () => {
  it('worked by hand: parity with a discount', () => {
    const put = otmPrice({ type: 'call', price: 12, forward: 110, strike: 100, expiryYears: 1, discount: 0.9 });
    expect(put).toMatchObject({ type: 'put', status: 'ok' });
    expect(put.price).toBeCloseTo(3, 14);
    expect(put.attainableError).toBeCloseTo(2 ** -49 / 3, 20); // one ulp of 12
  });

  it('leaves an option out of the money or at it as it is', () => {
    expect(otmPrice({ ...base, strike: 120, price: 1 })).toMatchObject({ type: 'call', price: 1, attainableError: 2 ** -52 });
    expect(otmPrice({ ...base, type: 'put', price: 5 })).toMatchObject({ type: 'put', price: 5 });
  });

  it('cannot bring digits back: a price that rounding reduced to its intrinsic value has none', () => {
    const gone = otmPrice({ ...base, strike: 90, price: 10 });
    expect(gone).toEqual({ type: 'put', price: 0, status: 'at-intrinsic', attainableError: Infinity });
    const one = otmPrice({ ...base, strike: 90, price: 10 + 2 ** -49 });
    expect(one).toMatchObject({ status: 'ok', price: 2 ** -49, attainableError: 1 });
  });

  it('is the inverse of adding the intrinsic value, exactly, where the sum is exact', () => {
    expect(otmPrice({ type: 'put', price: 25.25, forward: 100, strike: 125, expiryYears: 1 })).toMatchObject({ type: 'call', price: 0.25 });
    // forward - strike rounds here; its rest is not lost
    const [forward, strike] = [1e8, 1 / 3];
    expect(otmPrice({ type: 'call', price: 1e8, forward, strike, expiryYears: 1 }).price).toBe(1 / 3);
  });

  it('says why there is none', () => {
    expect(otmPrice({ ...base, strike: 90, price: 9 })).toMatchObject({ status: 'below-intrinsic', price: NaN });
    expect(otmPrice({ ...base, price: NaN }).status).toBe('missing');
    expect(otmPrice({ ...base, forward: 0 }).status).toBe('invalid');
    expect(codeOf(() => otmPrice({ ...base, type: 'x' as 'call' }))).toBe('ERR_DOMAIN');
  });
});
