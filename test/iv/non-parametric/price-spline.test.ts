import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import {
  isPriceSplineSmile, priceSplineDensity, priceSplinePrice, priceSplineProbabilityBelow, priceSplineSmile, priceSplineTotalVariance, uncheckedPriceSplineSmile,
} from '../../../src/iv/non-parametric/price-spline.ts';
import type { PriceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';

const fixture = JSON.parse(readFileSync(new URL('../fixtures/price_spline.json', import.meta.url), 'utf8')) as {
  smiles: Record<string, { kernelVariance: number; moneyness: number[]; probability: number[] }>;
  rows: [string, number, number, number, number, number, number, number][];
};

const smiles: Record<string, PriceSplineSmile> = Object.fromEntries(Object.entries(fixture.smiles).map(([name, { kernelVariance, moneyness, probability }]) => [name, priceSplineSmile({ kernelVariance, moneyness: Float64Array.from(moneyness), probability: Float64Array.from(probability) })]));
const four = smiles['four-nodes'];

/** The file has 0 for what is below 1e-290. */
const UNDERFLOW = 1e-290;

function close(actual: number, expected: number, tolerance: number, scale = 0): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(Math.max(UNDERFLOW, tolerance * Math.max(Math.abs(expected), scale)));
}

/** Nodes around 1 with mean 1: the last probability balances the others. */
const splines = fc.record({
  sigma: fc.double({ min: 0.005, max: 0.5, noNaN: true }), below: fc.array(fc.tuple(fc.double({ min: 0.05, max: 0.3, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true })), { minLength: 1, maxLength: 4 }),
}).map(({ sigma, below }) => {
  const nodes: number[] = [1];
  const masses: number[] = [];
  let x = 1;
  let pull = 0;
  for (const [step, mass] of below) {
    x *= 1 - step;
    nodes.unshift(x);
    masses.unshift((0.5 * mass) / below.length);
    pull += masses[0] * (1 - x);
  }
  const top = 1.5 + pull;
  const upper = pull / (top - 1);
  const centre = 1 - upper - masses.reduce((a, b) => a + b, 0);
  return priceSplineSmile({ kernelVariance: sigma * sigma, moneyness: Float64Array.from([...nodes, top]), probability: Float64Array.from([...masses, centre, upper]) });
});

describe('price spline', () => {
  it('agrees with mpmath at 60 digits, to where prices are 1e-10000', () => {
    expect(fixture.rows.length).toBe(36);
    const out = new Float64Array(3);
    for (const [name, k, w, dw, d2w, price, density, below] of fixture.rows) {
      uncheckedPriceSplineSmile(smiles[name], k, out);
      // An error of 1e-16 / sigma of a node's distance, times the distance: 1e-12 of prices at sigma = 0.002, less of w.
      close(out[0], w, 2e-13);
      close(out[1], dw, 1e-11, 1e-3 * Math.sqrt(w));
      close(out[2], d2w, 1e-9, 1);
      close(priceSplinePrice(smiles[name], k), price, 2e-12);
      close(priceSplineDensity(smiles[name], k), density, 2e-12);
      close(priceSplineProbabilityBelow(smiles[name], k), below, 2e-12);
    }
  });

  it('with one node is Black with constant volatility, flat to the last digits at any distance', () => {
    const out = new Float64Array(3);
    for (const k of [-700, -60, -5, -0.3, 0, 0.3, 5, 60, 700]) {
      uncheckedPriceSplineSmile(smiles['one-node'], k, out);
      close(out[0], 0.09, 1e-15);
      expect(Math.abs(out[1])).toBeLessThan(1e-14);
      expect(Math.abs(out[2])).toBeLessThan(1e-13);
    }
  });

  it('has derivatives that are those of its total variance', () => {
    fc.assert(fc.property(splines, fc.double({ min: -4, max: 4, noNaN: true }), (smile, z) => {
      const s = Math.sqrt(priceSplineTotalVariance(smile, 0));
      const k = z * s;
      const h = 1e-4 * Math.min(s, Math.sqrt(smile.kernelVariance));
      const at = (place: number) => {
        const out = new Float64Array(3);
        uncheckedPriceSplineSmile(smile, place, out);
        return out;
      };
      const [low, here, high] = [at(k - h), at(k), at(k + h)];
      // Central differences: h^2 / 6 of the third derivative, of order w / sigma^3.
      close(here[1], (high[0] - low[0]) / (2 * h), 1e-4, here[0] / Math.sqrt(smile.kernelVariance));
      close(here[2], (high[1] - low[1]) / (2 * h), 1e-4, here[0] / smile.kernelVariance);
    }));
  });

  it('has a positive density with mass 1 and mean 1, whose integrals are prices and probabilities', () => {
    fc.assert(fc.property(splines, (smile) => {
      const sigma = Math.sqrt(smile.kernelVariance);
      const from = Math.log(smile.moneyness[0]) - 10 * sigma - smile.kernelVariance;
      const to = Math.log(smile.moneyness[smile.moneyness.length - 1]) + 10 * sigma + smile.kernelVariance;
      const step = sigma / 8; // the midpoint rule is exact to rounding for Gaussian sums at this step
      let mass = 0;
      let mean = 0;
      let put = 0;
      let below = 0;
      let lowest = Infinity;
      const cells = Math.ceil((to - from) / step);
      const strike = from + step * Math.floor(0.45 * cells);
      for (let i = 0; i < cells; i++) {
        const y = from + (i + 0.5) * step;
        const density = priceSplineDensity(smile, y);
        lowest = Math.min(lowest, density);
        mass += density * step;
        mean += density * step * Math.exp(y);
        if (y < strike) {
          below += density * step;
          put += density * step * (Math.exp(strike) - Math.exp(y));
        }
      }
      expect(lowest).toBeGreaterThanOrEqual(0); // 0 only where it underflows
      expect(mass).toBeCloseTo(1, 10);
      expect(mean).toBeCloseTo(1, 10);
      // The cut at the strike makes the rule second order: step^2 / 24 of the slopes there.
      expect(below).toBeCloseTo(priceSplineProbabilityBelow(smile, strike), 2);
      const model = priceSplinePrice(smile, strike);
      expect(Math.abs(put - (strike < 0 ? model : model + Math.exp(strike) - 1))).toBeLessThan(2e-3 * Math.exp(strike) * sigma);
    }), { numRuns: 20 });
  });

  it('is continuous through the forward, where the sum changes from puts to calls', () => {
    const low = new Float64Array(3);
    const high = new Float64Array(3);
    for (const smile of Object.values(smiles)) {
      uncheckedPriceSplineSmile(smile, -1e-14, low);
      uncheckedPriceSplineSmile(smile, 0, high);
      close(low[0], high[0], 1e-11);
      close(low[1], high[1], 1e-8, Math.sqrt(high[0]));
      close(low[2], high[2], 1e-6, 1);
    }
  });

  it('falls to the variance of the factor in the far tails, as stated', () => {
    for (const k of [-300, 300]) close(priceSplineTotalVariance(four, k), 0.0025, 0.02);
  });

  it('is NaN at a place that is not a number, and throws for it when checked', () => {
    const out = new Float64Array(3);
    uncheckedPriceSplineSmile(four, NaN, out);
    expect(Array.from(out)).toEqual([NaN, NaN, NaN]);
    expect(() => priceSplineTotalVariance(four, NaN)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => priceSplineDensity(four, Infinity)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('passes through structured clone and the plain codec unchanged', () => {
    expect(structuredClone(four)).toEqual(four);
    expect(fromPlain(toPlain(four))).toEqual(four);
    expect(isPriceSplineSmile(fromPlain(JSON.parse(JSON.stringify(toPlain(four)))))).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['no object', 7, ''],
    ['another kind', { ...four, kind: 'svi' }, 'ERR_DOMAIN'],
    ['no variance', { ...four, kernelVariance: 0 }, 'ERR_DOMAIN'],
    ['arrays instead of typed arrays', { ...four, moneyness: [1], probability: [1] }, 'ERR_DOMAIN'],
    ['different lengths', { ...four, probability: Float64Array.of(1) }, 'ERR_SHAPE'],
    ['no nodes', { ...four, moneyness: new Float64Array(0), probability: new Float64Array(0) }, 'ERR_SHAPE'],
    ['nodes out of order', { ...four, moneyness: Float64Array.of(0.7, 1, 0.9, 1.2) }, 'ERR_DOMAIN'],
    ['a node at 0', { ...four, moneyness: Float64Array.of(0, 0.9, 1, 1.2) }, 'ERR_DOMAIN'],
    ['NaN among the nodes', { ...four, moneyness: Float64Array.of(0.7, NaN, 1, 1.2) }, 'ERR_DOMAIN'],
    ['a negative probability', { ...four, probability: Float64Array.of(-0.1, 0.45, 0.425, 0.225) }, 'ERR_DOMAIN'],
    ['mass other than 1', { ...four, probability: Float64Array.of(0.05, 0.3, 0.4, 0.225) }, 'ERR_DOMAIN'],
    ['a mean other than 1', { ...four, probability: Float64Array.of(0.3, 0.05, 0.425, 0.225) }, 'ERR_DOMAIN'],
  ])('is not one with %s', (_, value, code) => {
    expect(isPriceSplineSmile(value)).toBe(false);
    if (code !== '') expect(() => priceSplineTotalVariance(value as PriceSplineSmile, 0)).toThrow(expect.objectContaining({ code }));
  });
});
