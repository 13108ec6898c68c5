import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHestonGrid } from '../../../src/iv/heston/price-grid.ts';
import { hestonGreeks } from '../../../src/iv/heston/greeks.ts';
import { dax, parametersOf } from './reference.ts';

const daxStrikes = dax.T.map((_, i) => Float64Array.from(dax.strikes, (K) => Math.log((K * dax.D[i]) / dax.spot)));
const optimum = Float64Array.of(0.195661, 15.66271, 0.0745913, 3.36192, -0.511491);
const starts = [optimum, Float64Array.of(0.1, 1, 0.1, 0.5, -0.5), Float64Array.of(0.25, 0.5, 0.05, 0.2, -0.2), Float64Array.of(0.04, 5, 0.06, 1.2, 0.6), Float64Array.of(0.01, 0.1, 0.3, 0.02, -0.99)];

/** Largest differences from options priced one by one: of prices, and of derivatives per unit of parameter. */
function worstErrors(p: Float64Array, expiryYears: readonly number[], logMoneyness: readonly Float64Array[], tolerance: number): { price: number; gradient: number } {
  const grid = createHestonGrid({ expiryYears, logMoneyness, tolerance });
  const prices = new Float64Array(grid.size);
  const gradient = new Float64Array(5 * grid.size);
  expect(grid.evaluate(p, prices, gradient)).toBe(true);
  const alone = new Float64Array(grid.size);
  grid.evaluate(p, alone, null);
  const worst = { price: 0, gradient: 0 };
  for (let i = 0; i < grid.size; i++) {
    const k = grid.logMoneyness[i];
    const found = hestonGreeks(parametersOf(p), { type: k <= 0 ? 'put' : 'call', forward: Math.exp(-k / 2), strike: Math.exp(k / 2), expiryYears: grid.expiryYears[i] });
    worst.price = Math.max(worst.price, Math.abs(prices[i] - found.price), Math.abs(alone[i] - found.price));
    Object.values(found.parameterGradient).forEach((slope, j) => {
      worst.gradient = Math.max(worst.gradient, Math.abs(gradient[5 * i + j] - slope) * (j === 4 ? 1 : p[j]));
    });
  }
  return worst;
}

describe('createHestonGrid', () => {
  it.each([1e-6, 1e-9, 1e-12])('prices the 104 DAX options to its tolerance %d under parameters near and far, with their gradient', (tolerance) => {
    for (const p of starts) {
      const worst = worstErrors(p, dax.T, daxStrikes, tolerance);
      expect(worst.price).toBeLessThan(tolerance + 1e-15);
      expect(worst.gradient).toBeLessThan(100 * tolerance + 1e-14); // derivatives of the logarithm grow along the curve
    }
  });

  it('holds its tolerance over the space of parameters', () => {
    const log = (low: number, high: number): fc.Arbitrary<number> => fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);
    fc.assert(fc.property(log(1e-3, 1), log(0.05, 20), log(5e-3, 1), log(0.01, 5), fc.double({ min: -0.99, max: 0.99, noNaN: true }), log(0.01, 10), (v0, kappa, theta, sigma, rho, T) => {
      const scale = Math.min(1, Math.sqrt(T * Math.max(v0, theta)));
      const strikes = Float64Array.of(-3, -1, -0.3, 0, 0.1, 0.7, 2).map((z) => z * scale);
      expect(worstErrors(Float64Array.of(v0, kappa, theta, sigma, rho), [T], [strikes], 1e-9).price).toBeLessThan(5e-8); // the aim is missed fifty times at worst, where rho is near 1
    }), { numRuns: 150, seed: 3 });
  });

  it('inverts far quotes: the put five deviations out keeps its digits', () => {
    const worst = (k: number): number => {
      const grid = createHestonGrid({ expiryYears: [0.1], logMoneyness: [[k, k / 2, k / 4]] });
      const prices = new Float64Array(3);
      grid.evaluate(starts[1], prices, null);
      const exact = hestonGreeks(parametersOf(starts[1]), { type: k <= 0 ? 'put' : 'call', forward: Math.exp(-k / 2), strike: Math.exp(k / 2), expiryYears: 0.1 }).price;
      return Math.abs(prices[0] / exact - 1);
    };
    expect(worst(-0.5)).toBeLessThan(1e-7);
    expect(worst(0.35)).toBeLessThan(1e-7);
  });

  it('gives the same bits whatever was evaluated before', () => {
    const make = () => createHestonGrid({ expiryYears: dax.T, logMoneyness: daxStrikes });
    const used = make();
    const [a, b] = [new Float64Array(104), new Float64Array(104)];
    for (let i = 0; i < 60; i++) used.evaluate(Float64Array.of(0.01 + 0.01 * i, 0.2 * (i + 1), 0.05, 0.1 + 0.05 * i, -0.98 + 0.03 * i), a, null);
    used.evaluate(optimum, a, null);
    make().evaluate(optimum, b, null);
    expect(a).toEqual(b);
  });

  it('takes strikes in any order and of ragged length, and returns them in that order', () => {
    const ragged = createHestonGrid({ expiryYears: [0.5, 1, 2], logMoneyness: [[0.1, -0.2, 0], [], [0.3]] });
    const prices = new Float64Array(4);
    ragged.evaluate(starts[1], prices, null);
    expect([ragged.size, ...ragged.logMoneyness, ...ragged.expiryYears]).toEqual([4, 0.1, -0.2, 0, 0.3, 0.5, 0.5, 0.5, 2]);
    const put = hestonGreeks(parametersOf(starts[1]), { type: 'put', forward: 1, strike: Math.exp(-0.2), expiryYears: 0.5 }).price;
    expect(prices[1] * Math.exp(-0.1)).toBeCloseTo(put, 9);
  });

  it('halves the step on request', () => {
    const grid = createHestonGrid({ expiryYears: [1], logMoneyness: [[-0.3, 0.2]], tolerance: 1e-2 });
    const [rough, fine, exact] = [0, 1, 3].map((refinement) => {
      const prices = new Float64Array(2);
      grid.evaluate(starts[1], prices, null, refinement);
      return prices[0];
    });
    expect(Math.abs(rough - exact)).toBeGreaterThan(0);
    expect(Math.abs(fine - exact)).toBeLessThan(0.1 * Math.abs(rough - exact) + 1e-15);
  });

  it('says false and gives NaN for parameters that are none, and zeros when there is no variance', () => {
    const grid = createHestonGrid({ expiryYears: [1], logMoneyness: [[0.1]] });
    const prices = new Float64Array(1);
    const gradient = new Float64Array(5);
    for (const bad of [[-0.1, 1, 0.1, 0.5, 0], [0.1, 0, 0.1, 0.5, 0], [0.1, 1, NaN, 0.5, 0], [0.1, 1, 0.1, 0.5, 1.01], [0.1, 1, 0.1, Infinity, 0]]) {
      expect(grid.evaluate(Float64Array.from(bad), prices, gradient)).toBe(false);
      expect([...prices, ...gradient].every(Number.isNaN)).toBe(true);
    }
    expect(grid.evaluate(Float64Array.of(0, 1, 0, 0.5, 0), prices, gradient)).toBe(true);
    expect([...prices, ...gradient]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('rejects wrong columns by name', () => {
    const wrong = (options: unknown): unknown => {
      try {
        createHestonGrid(options as never);
      } catch (error) {
        return (error as { code: unknown }).code;
      }
      return 'none';
    };
    expect(wrong({ expiryYears: [1, 2], logMoneyness: [[0]] })).toBe('ERR_SHAPE');
    expect(wrong({ expiryYears: [0], logMoneyness: [[0]] })).toBe('ERR_DOMAIN');
    expect(wrong({ expiryYears: [1], logMoneyness: [[NaN]] })).toBe('ERR_DOMAIN');
    expect(wrong({ expiryYears: [1], logMoneyness: [[0]], tolerance: 1 })).toBe('ERR_DOMAIN');
    expect(wrong({ expiryYears: [1], logMoneyness: [[0]], nodes: 64 })).toBe('ERR_UNKNOWN_NAME');
    const grid = createHestonGrid({ expiryYears: [1], logMoneyness: [[0]] });
    expect(() => grid.evaluate(optimum, new Float64Array(2), null)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => grid.evaluate(optimum, new Float64Array(1), new Float64Array(4))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    // Eight would be a diffusion with jumps, whose prices this engine gave with errors beyond its tolerance and without their derivatives.
    for (const length of [6, 8, 9]) {
      expect(() => grid.evaluate(new Float64Array(length).fill(0.1), new Float64Array(1), null)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringContaining(`length 5, got ${length}`) }));
    }
  });
});
