import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatesGrid, createBatesGrid } from '../../../src/iv/heston/bates-grid.ts';
import { integrateOtm, JUMP_SUMS } from '../../../src/iv/heston/jump-mixture.ts';
import { createHestonGrid } from '../../../src/iv/heston/price-grid.ts';
import { daxGrid } from './calibration-data.ts';
import { batesGradientRows, batesRows } from './reference.ts';

const daxModel = Float64Array.of(0.139553, 9.51423, 0.0311207, 0.867768, -0.536669, 0.299049, -0.27097, 0.273482);

interface Values {
  readonly prices: Float64Array;
  readonly gradient: Float64Array;
  readonly scale: Float64Array;
}

function valuesOf(grid: BatesGrid, p: Float64Array, n: number): Values {
  const values = { prices: new Float64Array(n), gradient: new Float64Array(8 * n), scale: new Float64Array(n) };
  grid.evaluate(p, values.prices, values.gradient, values.scale);
  return values;
}

describe('createBatesGrid', () => {
  it('agrees with QuantLib\'s BatesEngine on all 80 rows', () => {
    for (const { p, option, price } of batesRows) {
      if (!('spot' in option)) throw new Error('rows have a spot price');
      const { spot, strike, expiryYears, rate = 0, dividendYield = 0, type } = option;
      const forward = spot * Math.exp((rate - dividendYield) * expiryYears);
      const discount = Math.exp(-rate * expiryYears);
      const k = Math.log(strike / forward);
      const { prices } = valuesOf(createBatesGrid([expiryYears], [[k]], 1e-12), Float64Array.from(p), 1);
      const sign = type === 'call' ? 1 : -1;
      const found = discount * (Math.sqrt(forward * strike) * prices[0] + Math.max(0, sign * (forward - strike)));
      expect(Math.abs(found - price)).toBeLessThan(1e-9); // of a spot price of 100; QuantLib's worst row is 3e-11
    }
  });

  it('has prices and derivatives in all eight parameters of the reference rows', () => {
    for (const { p, expiryYears, logMoneyness, price, gradient } of batesGradientRows) {
      const found = valuesOf(createBatesGrid([expiryYears], [[logMoneyness]], 1e-13), Float64Array.from(p), 1);
      const scale = Math.exp(logMoneyness / 2);
      expect(Math.abs(scale * found.prices[0] - price)).toBeLessThan(1e-12);
      gradient.forEach((slope, j) => expect(Math.abs(scale * found.gradient[j] - slope)).toBeLessThan(1e-11 + 1e-10 * Math.abs(slope)));
    }
  });

  it('errs by no more than its tolerance at DAX, relative to the largest term, with or without derivatives', () => {
    for (const tolerance of [1e-6, 1e-9, 1e-12]) {
      const grid = createBatesGrid(Array.from(daxGrid.expiryYears), daxGrid.logMoneyness, tolerance);
      const { prices, scale } = valuesOf(grid, daxModel, 104);
      const alone = new Float64Array(104);
      grid.evaluate(daxModel, alone, null, scale);
      let row = 0;
      for (const [e, strikes] of daxGrid.logMoneyness.entries()) for (const k of Array.from(strikes)) {
        const vector = new Float64Array(9);
        vector.set(daxModel);
        const exact = integrateOtm(vector, daxGrid.expiryYears[e], -k, 1e-14, false).sums[0];
        expect(Math.abs(prices[row] - exact)).toBeLessThan(10 * tolerance * scale[row]);
        expect(alone[row]).toBe(prices[row]);
        row++;
      }
    }
  });

  it('does so over the space of parameters that calibrations visit', () => {
    const log = (low: number, high: number): fc.Arbitrary<number> => fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);
    const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
    const model = fc.tuple(log(5e-3, 0.5), log(0.2, 15), log(5e-3, 0.5), log(0.05, 2), number(-0.9, 0.9), log(1e-3, 5), number(-0.5, 0.3), log(0.02, 0.5));
    fc.assert(fc.property(model, log(0.02, 3), (p, T) => {
      const root = Math.sqrt(T * (p[0] + 0.3 * p[5] * (p[6] * p[6] + p[7] * p[7])));
      const strikes = [-3, -1, -0.3, 0, 0.1, 0.7, 2].map((z) => z * Math.min(0.5, root));
      const { prices, scale } = valuesOf(createBatesGrid([T], [strikes], 1e-8), Float64Array.from(p), 7);
      const vector = new Float64Array(9);
      vector.set(p);
      strikes.forEach((k, i) => expect(Math.abs(prices[i] - integrateOtm(vector, T, -k, 1e-12, false).sums[0])).toBeLessThan(1e-6 * scale[i]));
    }), { numRuns: 100, seed: 5 });
  });

  it('stays finite for jumps in crowds, of one size, over thin and over wild diffusions', () => {
    for (const p of [[0.322, 8.51, 0.396, 0.06, -0.777, 15.4, -0.343, 0.0467], [0.0946, 0.46, 0.559, 0.0628, 0.451, 4.83, 0.155, 0.00385], [0.0924, 0.311, 0.143, 4.87, 0.355, 0.785, -0.427, 0.366], [0.04, 2, 0.04, 1, -0.999, 30, -0.005, 0.015]]) {
      for (const T of [0.01, 1, 8]) {
        const { prices, gradient, scale } = valuesOf(createBatesGrid([T], [[-0.5, 0, 0.5]], 1e-8), Float64Array.from(p), 3);
        for (let i = 0; i < 3; i++) expect(Math.abs(prices[i])).toBeLessThan(1e3 * scale[i]);
        expect(gradient.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('halves its step, or integrates by themselves, options of narrow jumps over a slow diffusion that the model of its curves misjudges', () => {
    const cases = [
      [[0.001788483773517715, 0.2762803174914906, 0.028822571226878466, 0.8168802813839884, -0.7488012003526091, 5.874655729962436, -0.5425445715896785, 0.024884704874432506], 0.4562598917354393, 0.09222728871543796],
      [[0.01135, 0.0769, 0.00683, 0.7825, 0.163, 1.087, -0.33, 0.0301], 19.67, 0.6178],
      [[0.00673, 0.178, 0.0754, 2.78, -0.325, 2.2, -0.445, 0.107], 0.79, 0.3],
    ] as const;
    for (const [p, T, k] of cases) for (const tolerance of [1e-9, 1e-12]) {
      const { prices, gradient, scale } = valuesOf(createBatesGrid([T], [[k]], tolerance), Float64Array.from(p), 1);
      const vector = new Float64Array(9);
      vector.set(p);
      const { sums } = integrateOtm(vector, T, -k, 1e-14, true);
      expect(Math.abs(prices[0] - sums[0])).toBeLessThan(1e-7 * scale[0]);
      // d/dv0 to d/drho, then d/dlambda, d/dmu and d/ddelta
      for (let j = 0; j < 8; j++) {
        const slope = sums[j < 5 ? 1 + j : JUMP_SUMS + j - 5];
        expect(Math.abs(gradient[j] - slope)).toBeLessThan(1e-6 * Math.max(1e-3, Math.abs(slope)));
      }
    }
  });

  it('is within 1e-7 of the largest term for 300 wild models with narrow jumps, small variances and slow reversion', () => {
    const log = (low: number, high: number): fc.Arbitrary<number> => fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);
    const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
    const model = fc.tuple(log(1e-3, 0.05), log(0.01, 1), log(1e-3, 0.1), log(0.1, 3), number(-0.99, 0.99), log(0.1, 10), number(-0.6, 0.4), log(0.01, 0.16));
    fc.assert(fc.property(model, log(0.01, 20), number(-1, 1), (p, T, z) => {
      const k = 2.5 * z * Math.sqrt((p[0] + p[2]) * T);
      const { prices, scale } = valuesOf(createBatesGrid([T], [[k]], 1e-12), Float64Array.from(p), 1);
      const vector = new Float64Array(9);
      vector.set(p);
      expect(Math.abs(prices[0] - integrateOtm(vector, T, -k, 1e-13, false).sums[0])).toBeLessThanOrEqual(1e-7 * scale[0]);
    }), { numRuns: 300, seed: 7 });
  });

  it('is the grid of Heston when the rate of jumps is 0', () => {
    const years = Array.from(daxGrid.expiryYears);
    const still = Float64Array.of(0.19, 15, 0.075, 3.3, -0.5, 0, 0, 0);
    const { prices, gradient } = valuesOf(createBatesGrid(years, daxGrid.logMoneyness, 1e-12), still, 104);
    const heston = { prices: new Float64Array(104), gradient: new Float64Array(520) };
    createHestonGrid({ expiryYears: years, logMoneyness: daxGrid.logMoneyness, tolerance: 1e-12 }).evaluate(still.slice(0, 5), heston.prices, heston.gradient);
    for (let i = 0; i < 104; i++) {
      expect(Math.abs(prices[i] - heston.prices[i])).toBeLessThan(1e-11);
      for (let j = 0; j < 5; j++) expect(Math.abs(gradient[8 * i + j] - heston.gradient[5 * i + j])).toBeLessThan(1e-9);
    }
  });

  it('gives the same bits whatever was evaluated or prepared before', () => {
    const make = (): BatesGrid => createBatesGrid(Array.from(daxGrid.expiryYears), daxGrid.logMoneyness, 1e-9);
    const used = make();
    for (let i = 0; i < 40; i++) valuesOf(used, Float64Array.of(0.01 + 0.01 * i, 0.2 * (i + 1), 0.05, 0.1 + 0.05 * i, -0.9 + 0.04 * i, 0.05 * (i + 1), -0.01 * i, 0.02 + 0.01 * i), 104);
    const prepared = make();
    expect(prepared.prepare(daxModel, 0)).toBe(-1);
    const fresh = valuesOf(make(), daxModel, 104);
    expect(valuesOf(used, daxModel, 104)).toEqual(fresh);
    expect(valuesOf(prepared, daxModel, 104)).toEqual(fresh);
  });

  it('prepares many strikes in pieces', () => {
    const years = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
    const strikes = Array.from({ length: 1000 }, (_, i) => (i - 700) / 2000);
    const grid = createBatesGrid(years, years.map(() => strikes), 1e-9);
    const pieces = [];
    for (let next = grid.prepare(daxModel, 0); next >= 0; next = grid.prepare(daxModel, next)) pieces.push(next);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces).toEqual([...new Set(pieces)].sort((a, b) => a - b));
    expect(pieces.at(-1)).toBeLessThan(12);
  });

  it('has prices of 0 without variance', () => {
    const { prices, gradient } = valuesOf(createBatesGrid([1], [[-0.1, 0.1]], 1e-9), Float64Array.of(0, 1, 0, 0.3, 0, 0, -0.1, 0.1), 2);
    expect(Array.from(prices)).toEqual([0, 0]);
    expect(gradient.every((value) => value === 0)).toBe(true);
  });
});
