import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bachelierImpliedVol, bachelierImpliedVols } from '../../../src/iv/black/bachelier-implied-vol.ts';
import { farBachelierMoneyness, isNearTheMoney, nearBachelierVol } from '../../../src/iv/black/bachelier-moneyness.ts';
import { IMPLIED_VOL_STATUS } from '../../../src/iv/black/implied-vol-status.ts';
import { millsDefect } from '../../../src/iv/black/mills-ratio.ts';

const { rows } = JSON.parse(readFileSync(new URL('../fixtures/bachelier_implied_vol.json', import.meta.url), 'utf8')) as { rows: [number, number, number, number][] };
const base = { type: 'call', price: 1, forward: 0, strike: 0, expiryYears: 1 } as const;
const priceOf = (distance: number, s: number): number => s * 0.3989422804014327 * Math.exp(-0.5 * (distance / s) ** 2) * millsDefect(distance / s);

describe('bachelierImpliedVol', () => {
  it('every reference row is within 4 epsilon (1 + conditioning)', () => {
    expect(rows.length).toBe(42);
    for (const [distance, price, vol, conditioning] of rows) {
      for (const [type, strike] of [['call', distance], ['put', -distance]] as const) {
        const found = bachelierImpliedVol({ ...base, type, price, strike });
        expect(found.status).toBe('ok');
        expect(Math.abs(found.annualizedVol / vol - 1), `${distance} ${price}`).toBeLessThan(4 * Number.EPSILON * (1 + conditioning));
        expect(found.attainableError).toBeLessThan(Number.EPSILON * 1.01 * conditioning);
      }
    }
  });

  it('worked by hand: at the money, sqrt(2 pi / T) price / discount', () => {
    expect(bachelierImpliedVol({ ...base, price: 0.3989422804014327, forward: -0.5, strike: -0.5 }).annualizedVol).toBeCloseTo(1, 15);
    expect(bachelierImpliedVol({ ...base, price: 0.9, discount: 0.9, expiryYears: 4 }).annualizedVol).toBeCloseTo(Math.sqrt(2 * Math.PI) / 2, 14);
  });

  it('in the money the intrinsic value is taken off first, with forward and strike of any sign', () => {
    fc.assert(
      fc.property(fc.double({ min: -0.05, max: 0.05, noNaN: true }), fc.double({ min: -0.05, max: 0.05, noNaN: true }), fc.double({ min: 0.005, max: 0.1, noNaN: true }), (forward, strike, s) => {
        const otm = priceOf(Math.abs(forward - strike), s);
        fc.pre(otm > 1e-13);
        for (const type of ['call', 'put'] as const) {
          const intrinsic = Math.max(0, (type === 'call' ? 1 : -1) * (forward - strike));
          const found = bachelierImpliedVol({ type, price: otm + intrinsic, forward, strike, expiryYears: 1 }, { maxAttainableError: Infinity });
          if (found.attainableError < 0.01) expect(Math.abs(found.annualizedVol / s - 1)).toBeLessThan(4 * found.attainableError + 1e-14);
        }
      }),
    );
  });

  it('statuses, no maximum among them', () => {
    const cases = [
      [{ price: 0 }, 'at-intrinsic', 0], [{ price: -1 }, 'below-intrinsic', NaN], [{ price: 1, strike: -2 }, 'below-intrinsic', NaN], [{ price: 2, strike: -2 }, 'at-intrinsic', 0], [{ price: NaN }, 'missing', NaN],
      [{ expiryYears: 0 }, 'expired', NaN], [{ forward: Infinity }, 'invalid', NaN], [{ discount: -1 }, 'invalid', NaN], [{ price: 1e200 }, 'ok', Math.sqrt(2 * Math.PI) * 1e200], [{ price: Infinity }, 'above-maximum', NaN],
    ] as const;
    for (const [change, status, vol] of cases) {
      const found = bachelierImpliedVol({ ...base, ...change });
      expect(found.status, JSON.stringify(change)).toBe(status);
      if (Number.isFinite(vol) && vol > 0) expect(found.annualizedVol / vol).toBeCloseTo(1, 14);
      else expect(found.annualizedVol).toBe(vol);
    }
    expect(bachelierImpliedVol({ ...base, price: -1 }, { outOfBounds: 'zero-or-infinity' }).annualizedVol).toBe(0);
  });

  it('any double in any field: a volatility > 0 exactly when the status says so', () => {
    const any = fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 5e-324, 1e-300, 1e300, 1.7e308, -1, 100));
    fc.assert(
      fc.property(fc.record({ type: fc.constantFrom('call' as const, 'put' as const), price: any, forward: any, strike: any, expiryYears: any, discount: any }), (quote) => {
        const { annualizedVol, status, attainableError } = bachelierImpliedVol(quote);
        if (status === 'ok' || status === 'ill-conditioned') {
          expect(annualizedVol > 0 && annualizedVol < Infinity).toBe(true);
          expect(attainableError).toBeGreaterThanOrEqual(0);
        } else expect(annualizedVol === 0 || annualizedVol === Infinity || annualizedVol !== annualizedVol).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('columns are rows, bit for bit', () => {
    const price = [0.02, 0.01, NaN, 0.5];
    const strike = [0.01, -0.02, 0, -1];
    const { annualizedVol, attainableError, status } = bachelierImpliedVols({ type: 'call', price, forward: 0.005, strike, expiryYears: 0.5, discount: 0.99 });
    for (let i = 0; i < 4; i++) {
      const one = bachelierImpliedVol({ type: 'call', price: price[i], forward: 0.005, strike: strike[i], expiryYears: 0.5, discount: 0.99 });
      expect({ annualizedVol: annualizedVol[i], attainableError: attainableError[i], status: IMPLIED_VOL_STATUS[status[i]] }).toEqual(one);
    }
    expect([...status].map((code) => IMPLIED_VOL_STATUS[code])).toEqual(['ok', 'below-intrinsic', 'missing', 'below-intrinsic']);
  });
});

describe('the start of the inversion', () => {
  it('is within 5e-6 near the money and 3e-6 beyond, to z = 37', () => {
    for (let z = 0.01; z < 37; z += 0.01) {
      const price = priceOf(z, 1);
      if (isNearTheMoney(z, price)) expect(Math.abs(price * nearBachelierVol(z / price) - 1), `${z}`).toBeLessThan(5.1e-6);
      else expect(Math.abs(farBachelierMoneyness(Math.sqrt(Math.log(z / price))) / z - 1), `${z}`).toBeLessThan(2.9e-6);
    }
  });
});
