import { describe, expect, it } from 'vitest';
import { normalizedBlack } from '../../../src/iv/black/normalized-black.ts';
import { batesCharacteristicFunction, batesGreeks, batesImpliedVol, type BatesParameters, batesPrice, batesSurface } from '../../../src/iv/heston/bates.ts';
import { hestonPrice } from '../../../src/iv/heston/price.ts';
import { HESTON_CELL_STATUS } from '../../../src/iv/heston/surface.ts';
import { batesRows, parametersOf } from './reference.ts';

const bates = (p: ArrayLike<number>): BatesParameters => ({ ...parametersOf(p), jumpIntensity: p[5], meanLogJump: p[6], logJumpDeviation: p[7] });
const base = bates([0.04, 1.5, 0.05, 0.4, -0.6, 0.4, -0.15, 0.1]);

// QuantLib integrates to a relative 1e-12 of the two probabilities; the worst row differs by 3.4e-11.
const QUANTLIB_ERROR = 1e-10;

describe('batesPrice', () => {
  it('agrees with QuantLib\'s BatesEngine on all 80 rows', () => {
    expect(batesRows).toHaveLength(80);
    for (const { p, option, price } of batesRows) {
      const found = batesPrice(bates(p), option);
      expect(found.status).toBe('ok');
      expect(Math.abs(found.price - price)).toBeLessThan(QUANTLIB_ERROR);
    }
  });

  it('is Merton\'s series when vol of variance is 0: jumps of fixed size, tiny and wide ones, short and long', () => {
    const cases = [[0.04, 1, 0.5, -0.1, 0.15], [0.04, 0.1, 0.5, -0.3, 0.05], [0.02, 2, 3, -0.05, 0.02], [0.04, 0.5, 0.2, -0.4, 0], [0.04, 0.02, 1, -0.1, 0.1], [0.04, 5, 1, 0.1, 0.3]];
    for (const [v, T, lambda, mu, delta] of cases) {
      for (const x of [-1, -0.2, -0.05, 0, 0.05, 0.2, 1]) {
        const side = x >= 0 ? -1 : 1;
        const compensator = Math.expm1(mu + (delta * delta) / 2);
        let weight = Math.exp(-lambda * T);
        let series = 0;
        for (let n = 0; n < 120; n++) {
          if (n > 0) weight *= (lambda * T) / n;
          const shifted = x - lambda * compensator * T + n * (mu + (delta * delta) / 2);
          series += weight * Math.exp((shifted - x) / 2) * normalizedBlack(side * shifted, Math.sqrt(v * T + n * delta * delta));
        }
        const found = batesPrice(bates([v, 2, v, 0, 0, lambda, mu, delta]), { type: 'call', forward: Math.exp(x / 2), strike: Math.exp(-x / 2), expiryYears: T });
        expect(found.status).toBe('ok');
        expect(Math.abs(found.outOfTheMoneyPrice / series - 1)).toBeLessThan(2e-11);
      }
    }
  });

  it('is Heston without jumps', () => {
    const option = { type: 'put' as const, forward: 100, strike: 85, expiryYears: 0.5 };
    const still = { ...base, jumpIntensity: 0 };
    expect(batesPrice(still, option).price).toBe(hestonPrice(parametersOf([0.04, 1.5, 0.05, 0.4, -0.6]), option).price);
    expect(batesPrice(base, option).price).toBeGreaterThan(batesPrice(still, option).price + 0.1);
  });

  it('prices jumps alone, without diffusion, though ln S then has an atom', () => {
    // Jumps of -50 % at rate 0.1: a put struck at 70 % pays when at least one happened: sum over n of P(n jumps) (70 - F growth 0.5^n).
    const atoms = bates([0, 1, 0, 0, 0, 0.1, Math.log(0.5), 0.02]);
    const found = batesPrice(atoms, { type: 'put', forward: 100, strike: 70, expiryYears: 1 });
    const growth = Math.exp(-0.1 * (0.5 * Math.exp(0.0002) - 1));
    const expected = [1, 2, 3, 4, 5, 6, 7].reduce((sum, n) => sum + ((Math.exp(-0.1) * 0.1 ** n) / [1, 1, 2, 6, 24, 120, 720, 5040][n]) * (70 - 100 * growth * 0.5 ** n * Math.exp(0.0002 * n)), 0);
    expect(found.status).toBe('ok');
    expect(Math.abs(found.price - expected)).toBeLessThan(1e-9); // eight and more jumps
    expect(batesSurface(atoms, { expiryYears: [1], logMoneyness: [[Math.log(0.7)]], forward: 100 }).putPrice[0]).toBeCloseTo(expected, 8);
  });

  it('says so when there are too many jumps to sum over, in single prices and surfaces', () => {
    const crowded = { ...base, jumpIntensity: 1000, meanLogJump: -0.001, logJumpDeviation: 0 };
    const found = batesPrice(crowded, { type: 'put', forward: 100, strike: 90, expiryYears: 30 });
    expect(found.status).toBe('not-converged');
    expect(found.errorEstimate).toBeGreaterThan(50);
    const atoms = batesSurface({ ...crowded, initialVariance: 0, longRunVariance: 0 }, { expiryYears: [30], logMoneyness: [[-0.1]] });
    expect(atoms.status[0]).toBe(HESTON_CELL_STATUS.indexOf('not-converged'));
  });
});

describe('the other Bates functions', () => {
  it('greeks are slopes of the price', () => {
    const option = { type: 'call' as const, spot: 100, strike: 105, expiryYears: 0.4, rate: 0.03, dividendYield: 0.01 };
    const found = batesGreeks(base, option);
    const slope = (f: (h: number) => number, h: number): number => (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
    expect(found.delta).toBeCloseTo(slope((h) => batesPrice(base, { ...option, spot: 100 + h }).price, 0.1), 8);
    expect(found.theta).toBeCloseTo(-slope((h) => batesPrice(base, { ...option, expiryYears: 0.4 + h }).price, 1e-3), 6);
    expect(found.parameterGradient.volOfVariance).toBeCloseTo(slope((h) => batesPrice({ ...base, volOfVariance: 0.4 + h }, option).price, 1e-3), 7);
  });

  it('surface and implied volatility agree with single prices', () => {
    const expiryYears = [0.05, 1];
    const strikes = [-0.3, -0.1, 0, 0.1, 0.25];
    const surface = batesSurface(base, { expiryYears, logMoneyness: expiryYears.map(() => strikes), forward: 100 });
    surface.strike.forEach((strike, i) => {
      const T = surface.expiryYears[i];
      expect(Math.abs(surface.callPrice[i] - batesPrice(base, { type: 'call', forward: 100, strike, expiryYears: T }).price)).toBeLessThan(1e-8);
      expect(surface.annualizedVol[i]).toBeCloseTo(batesImpliedVol(base, { forward: 100, strike, expiryYears: T }).annualizedVol, 8);
    });
    // Jumps steepen the short end.
    expect(surface.annualizedVol[1] - surface.annualizedVol[2]).toBeGreaterThan(0.05);
  });

  it.each([
    ['rare wide jumps, whose moments grow doubly exponentially', [0.179, 0.557, 0.0117, 0.0102, 0.563, 0.195, -0.162, 0.336], 0.023],
    ['many alike jumps, whose factor swings between e^-15 and 1', [0.0426, 0.388, 0.323, 1.195, 0.195, 2.526, 0.251, 0.0076], 3.03],
    ['jumps of one size over a thin diffusion', [0.0021, 1.08, 0.0016, 1.02, 0.85, 5.6, -0.26, 0], 0.38],
  ] as const)('surfaces agree with the mixture of single prices for %s', (_, p, T) => {
    const strikes = [-0.6, -0.2, -0.05, 0, 0.05, 0.2, 0.4];
    const surface = batesSurface(bates(p), { expiryYears: [T], logMoneyness: [strikes] });
    strikes.forEach((k, i) => {
      const exact = batesPrice(bates(p), { type: k <= 0 ? 'put' : 'call', forward: 1, strike: Math.exp(k), expiryYears: T });
      expect(exact.status).toBe('ok');
      expect(Math.abs((k <= 0 ? surface.putPrice[i] : surface.callPrice[i]) - exact.price)).toBeLessThan(1e-8 * exact.price);
    });
  });

  it('characteristic function is 1 at -i and carries the jumps\' variance', () => {
    expect(batesCharacteristicFunction(base, { real: 0, imaginary: -1, expiryYears: 3 }).real).toBeCloseTo(1, 12);
    const jumpsOnly = bates([0, 1, 0, 0, 0, 2, 0, 0.1]);
    const h = 1e-3;
    const near = batesCharacteristicFunction(jumpsOnly, { real: h, expiryYears: 1 });
    expect((2 * (1 - Math.hypot(near.real, near.imaginary))) / (h * h)).toBeCloseTo(2 * 0.01, 6);
  });

  it('rejects jump parameters out of range', () => {
    for (const wrong of [{ jumpIntensity: -1 }, { meanLogJump: NaN }, { logJumpDeviation: -0.1 }]) {
      expect(() => batesPrice({ ...base, ...wrong }, { type: 'call', forward: 1, strike: 1, expiryYears: 1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining(Object.keys(wrong)[0]) }));
    }
  });
});
