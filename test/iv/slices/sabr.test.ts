import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { sabrZOverChi } from '../../../src/iv/slices/sabr-chi.ts';
import { sabrDensity } from '../../../src/iv/slices/sabr-density.ts';
import { isSabrSmile, sabrNormalVol, sabrShiftedVol, sabrSmile, sabrTotalVariance, sabrVol, uncheckedSabrSmile, type SabrSmile } from '../../../src/iv/slices/sabr.ts';

interface QuantlibRow {
  readonly alpha: number;
  readonly beta: number;
  readonly rho: number;
  readonly nu: number;
  readonly forward: number;
  readonly expiryYears: number;
  readonly strike: number;
  readonly vol: number;
}
const { rows } = JSON.parse(readFileSync(new URL('../fixtures/sabr_quantlib.json', import.meta.url), 'utf8')) as { rows: readonly QuantlibRow[] };

const anySabr: fc.Arbitrary<SabrSmile> = fc
  .record({
    formula: fc.constantFrom<SabrSmile['formula']>('obloj', 'hagan'),
    level: fc.double({ min: 0.05, max: 0.6, noNaN: true }),
    beta: fc.double({ min: 0, max: 1, noNaN: true }),
    rho: fc.double({ min: -0.95, max: 0.95, noNaN: true }),
    nu: fc.double({ min: 0, max: 2, noNaN: true }),
    expiryYears: fc.double({ min: 0.02, max: 2, noNaN: true }),
  })
  .map(({ level, ...rest }) => sabrSmile({ ...rest, alpha: level * Math.exp((1 - rest.beta) * Math.log(100)), forward: 100 }));

describe('SABR', () => {
  it("agrees with QuantLib's Hagan formula on all rows", () => {
    // 1e-10: QuantLib's short series at the money is the weaker side, 5e-11 there; elsewhere 1e-15.
    expect(rows.length).toBe(78);
    for (const { strike, vol, ...process } of rows) {
      const smile = sabrSmile({ ...process, formula: 'hagan' });
      expect(Math.abs(sabrVol(smile, Math.log(strike / process.forward)) / vol - 1)).toBeLessThan(1e-10);
    }
  });

  it('is worked by hand at the money, where both formulas are alpha F^(beta - 1) (1 + T (...))', () => {
    const parameters = { alpha: 2, beta: 0.5, rho: -0.4, nu: 0.6, forward: 100, expiryYears: 1.5 };
    // (1 - beta)^2 alpha^2 / (24 F) = 0.25 4 / 2400; rho beta nu alpha / (4 sqrt F) = -0.24 / 40; (2 - 0.48) 0.36 / 24
    const expected = 0.2 * (1 + 1.5 * (1 / 2400 - 0.006 + 0.0228));
    for (const formula of ['obloj', 'hagan'] as const) expect(sabrVol(sabrSmile({ ...parameters, formula }), 0)).toBeCloseTo(expected, 15);
  });

  it('has one formula for beta = 1, and nearly one near the money for others', () => {
    const both = (beta: number, k: number): number[] => (['obloj', 'hagan'] as const).map((formula) => sabrVol(sabrSmile({ alpha: 0.3, beta, rho: -0.3, nu: 0.8, forward: 1, expiryYears: 1, formula }), k));
    const [one, other] = both(1, -0.7);
    expect(one).toBeCloseTo(other, 14);
    const [obloj, hagan] = both(0, -0.02);
    expect(Math.abs(obloj - hagan)).toBeLessThan(1e-5);
    const [farObloj, farHagan] = both(0, -1.2);
    expect(Math.abs(farObloj - farHagan)).toBeGreaterThan(1e-4);
  });

  it('has the exact constant-elasticity leading term for nu = 0: alpha ln(F / K) / integral of x^(beta - 1)', () => {
    // beta = 0: (F - K) / alpha is the integral, so vol = alpha ln(F / K) / (F - K) (1 + T alpha^2 / (24 F K)).
    const smile = sabrSmile({ alpha: 20, beta: 0, rho: 0, nu: 0, forward: 100, expiryYears: 1 });
    expect(sabrVol(smile, Math.log(0.6))).toBeCloseTo(((20 * Math.log(100 / 60)) / 40) * (1 + 400 / (24 * 6000)), 13);
  });

  it('has z / chi(z) without a hole: series and closed form meet at |z| = 0.1', () => {
    const [inside, outside] = [new Float64Array(4), new Float64Array(4)];
    for (const rho of [-0.99, -0.5, 0, 0.3, 0.9, 0.999]) {
      for (const sign of [-1, 1]) {
        sabrZOverChi(sign * 0.1 * (1 - 1e-12), rho, inside);
        sabrZOverChi(sign * 0.1 * (1 + 1e-12), rho, outside);
        // d2f/dz2 loses 1 / z^2 of its digits in the closed form.
        [1e-12, 1e-10, 1e-8, 1e-9].forEach((tolerance, i) => expect(Math.abs(inside[i] - outside[i])).toBeLessThan(tolerance / (1 - rho)));
      }
      sabrZOverChi(0, rho, inside);
      // 1 - rho z / 2 + (2 - 3 rho^2) z^2 / 12
      expect([...inside].map((value) => value + 0)).toEqual([1, -rho / 2, expect.closeTo((2 - 3 * rho * rho) / 6, 14), 0].map((value) => (typeof value === 'number' ? value + 0 : value)));
    }
  });

  it('has the derivatives of its total variance', () => {
    fc.assert(
      fc.property(anySabr, fc.double({ min: -1.5, max: 1.5, noNaN: true }), (smile, k) => {
        const [low, at, high] = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
        const h = 1e-5;
        uncheckedSabrSmile(smile, k - h, low);
        uncheckedSabrSmile(smile, k, at);
        uncheckedSabrSmile(smile, k + h, high);
        const size = 1 + Math.abs(at[0]) * 100;
        expect(Math.abs((high[0] - low[0]) / (2 * h) - at[1])).toBeLessThan(1e-7 * size);
        expect(Math.abs((high[1] - low[1]) / (2 * h) - at[2])).toBeLessThan(1e-6 * size);
        expect(sabrTotalVariance(smile, k)).toBe(at[0]);
      }),
    );
  });

  it('[pitfall] implies a negative density at low strikes, and says where', () => {
    // Hagan's parameters in "Arbitrage-free SABR" (2014): alpha 35 %, beta 0.25, rho -10 %, nu 100 %, F = 1, T = 1.
    const smile = sabrSmile({ alpha: 0.35, beta: 0.25, rho: -0.1, nu: 1, forward: 1, expiryYears: 1, formula: 'hagan' });
    const { isButterflyFree, negativeBelow, negativeAbove, minimumG } = sabrDensity(smile);
    expect(isButterflyFree).toBe(false);
    expect(minimumG).toBeLessThan(-0.01);
    expect(negativeAbove).toBeNull();
    expect(negativeBelow!).toBeGreaterThan(-2.1);
    expect(negativeBelow!).toBeLessThan(-1.8);
    // The density from prices changes sign there: convexity of Black prices over strikes.
    const price = (strike: number): number => {
      const s = Math.sqrt(sabrTotalVariance(smile, Math.log(strike)));
      const d1 = -Math.log(strike) / s + s / 2;
      return cdf(d1) - strike * cdf(d1 - s);
    };
    const bend = (strike: number): number => price(strike - 1e-3) - 2 * price(strike) + price(strike + 1e-3);
    const edge = Math.exp(negativeBelow!);
    expect(bend(0.85 * edge)).toBeLessThan(0);
    expect(bend(1.15 * edge)).toBeGreaterThan(0);
    expect(sabrDensity(sabrSmile({ alpha: 0.2, beta: 1, rho: -0.2, nu: 0.3, forward: 1, expiryYears: 0.2 })).isButterflyFree).toBe(true);
  });

  it('gives Bachelier volatilities: by hand for beta = 0, negative rates included, and close to Black at the money', () => {
    const rates = { alpha: 0.01, beta: 0, rho: -0.3, nu: 0.4, forward: -0.002, expiryYears: 2 };
    // (2 - 3 rho^2) nu^2 / 24 = 1.73 0.16 / 24
    expect(sabrNormalVol(rates, -0.002)).toBeCloseTo(0.01 * (1 + (2 * 1.73 * 0.16) / 24), 16);
    const out = new Float64Array(4);
    sabrZOverChi((0.4 / 0.01) * -0.005, -0.3, out);
    expect(sabrNormalVol(rates, 0.003)).toBeCloseTo(0.01 * out[0] * (1 + (2 * 1.73 * 0.16) / 24), 16);
    // A short-dated lognormal process: normal vol = F vol (1 - vol^2 T / 24 + ...)
    expect(sabrNormalVol({ alpha: 0.2, beta: 1, rho: 0, nu: 0, forward: 100, expiryYears: 0.5 }, 100)).toBeCloseTo(20 * (1 - (0.5 * 0.04) / 24), 12);
    const shifted = { alpha: 0.02, beta: 0.5, rho: -0.3, nu: 0.4, forward: -0.002, expiryYears: 2, shift: 0.03 };
    expect(sabrNormalVol(shifted, 0.003)).toBeCloseTo(sabrNormalVol({ ...shifted, forward: 0.028, shift: 0 }, 0.033), 16);
    expect(sabrShiftedVol(shifted, 0.003)).toBeCloseTo(sabrVol(sabrSmile({ alpha: 0.02, beta: 0.5, rho: -0.3, nu: 0.4, forward: 0.028, expiryYears: 2 }), Math.log((0.003 + 0.03) / 0.028)), 15);
  });

  it('gives Bachelier volatilities that price like its Black volatilities, to the order of the expansion', () => {
    const process = { alpha: 2, beta: 0.5, rho: -0.4, nu: 0.5, forward: 100, expiryYears: 0.05 };
    for (const strike of [85, 95, 100, 110]) {
      const s = sabrVol(sabrSmile(process), Math.log(strike / 100)) * Math.sqrt(0.05);
      const d1 = Math.log(100 / strike) / s + s / 2;
      const black = 100 * cdf(d1) - strike * cdf(d1 - s);
      const n = sabrNormalVol(process, strike) * Math.sqrt(0.05);
      const d = (100 - strike) / n;
      const bachelier = (100 - strike) * cdf(d) + (n * Math.exp((-d * d) / 2)) / Math.sqrt(2 * Math.PI);
      expect(Math.abs(black - bachelier)).toBeLessThan(2e-4);
    }
  });

  const good = { alpha: 0.2, beta: 0.5, rho: -0.3, nu: 0.4, forward: 100, expiryYears: 1 };
  it.each([{ alpha: 0 }, { alpha: NaN }, { beta: -0.1 }, { beta: 1.1 }, { rho: 1 }, { rho: -1 }, { nu: -0.1 }, { forward: 0 }, { expiryYears: 0 }, { formula: 'exact' as 'obloj' }])('refuses %j', (change) => {
    expect(() => sabrSmile({ ...good, ...change })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(isSabrSmile({ kind: 'sabr', formula: 'obloj', ...good, ...change })).toBe(false);
  });

  it('refuses strikes and options out of range', () => {
    const domain = expect.objectContaining({ code: 'ERR_DOMAIN' });
    const smile = sabrSmile(good);
    expect(() => sabrVol(smile, NaN)).toThrow(domain);
    expect(() => sabrNormalVol(good, -1)).toThrow(domain);
    expect(() => sabrShiftedVol({ ...good, shift: 1 }, -2)).toThrow(domain);
    expect(() => sabrDensity(smile, { from: 1, to: 0 })).toThrow(domain);
    expect(() => sabrDensity(smile, { count: 1 })).toThrow(domain);
    expect(isSabrSmile(null)).toBe(false);
    expect(isSabrSmile({ ...smile, alpha: '0.2' })).toBe(false);
  });

  it('is frozen plain data', () => {
    const smile = sabrSmile(good);
    expect(Object.isFrozen(smile)).toBe(true);
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(smile))))).toEqual(smile);
    expect(isSabrSmile(structuredClone(smile))).toBe(true);
  });
});

// Normal distribution by its continued fraction and series, independent of the package.
function cdf(x: number): number {
  if (x > 0) return 1 - cdf(-x);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < -4) {
    let fraction = 0;
    for (let n = 60; n > 0; n--) fraction = n / (-x + fraction);
    return density / (-x + fraction);
  }
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + density * sum;
}
