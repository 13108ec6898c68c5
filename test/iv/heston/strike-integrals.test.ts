import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integrateDiffusion } from '../../../src/iv/heston/integrate.ts';
import { type HestonParameters, hestonVector } from '../../../src/iv/heston/parameters.ts';
import { integrateStrikes, nodeRoom, type StrikeColumns } from '../../../src/iv/heston/strike-integrals.ts';

const strikesAt = (x: readonly number[]): StrikeColumns => ({ x: Float64Array.from(x), price: new Float64Array(x.length), error: new Float64Array(x.length), slopes: new Float64Array(5 * x.length) });
const log = (low: number, high: number): fc.Arbitrary<number> => fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);
const anyParameters: fc.Arbitrary<HestonParameters> = fc.record({ initialVariance: log(1e-3, 1), meanReversion: log(0.05, 20), longRunVariance: log(5e-3, 1), volOfVariance: log(0.01, 5), correlation: fc.double({ min: -1, max: 1, noNaN: true }) });

describe('integrateStrikes', () => {
  it.each([[1e-6, 900], [1e-9, 400]])('has honest errors at tolerance %d: strikes said to be within it are, and few estimates are too small', (tolerance, least) => {
    let [cells, tooSmall] = [0, 0];
    fc.assert(fc.property(anyParameters, log(0.01, 10), fc.constantFrom(1, -1), (parameters, T, side) => {
      const p = hestonVector('test', parameters);
      const deviation = Math.min(1, Math.sqrt(T * Math.max(p[0], p[2])));
      const strikes = strikesAt([0.01, 0.4, 1, 1.7, 2.5].map((z) => side * z * deviation));
      integrateStrikes(p, T, tolerance, 5, strikes, nodeRoom());
      for (let i = 0; i < 5; i++) {
        if (!(strikes.price[i] > 1e-30 && strikes.error[i] <= tolerance * strikes.price[i])) continue; // the caller integrates it alone
        const exact = integrateDiffusion(p, T, strikes.x[i], 1e-14, false);
        const error = Math.abs(strikes.price[i] - exact.sums[0]);
        expect(error).toBeLessThan(tolerance * exact.sums[0]);
        cells++;
        if (error > strikes.error[i] + 1e-13 * exact.sums[0]) tooSmall++;
      }
    }), { numRuns: 200, seed: 6 });
    expect(cells).toBeGreaterThan(least); // of 1000, with many a correlation of +-1
    expect(tooSmall).toBeLessThan(0.02 * cells);
  });

  it('leaves strikes to integrals of their own where the correlation is near 1 and no curve suits all: their errors were said to be 1e-10 and were 2e-7', () => {
    const p = hestonVector('test', { initialVariance: 0.07335324926205858, meanReversion: 0.05960176502396808, longRunVariance: 0.14914230652447566, volOfVariance: 0.3286610978583433, correlation: 0.9999501250462652 });
    const together = strikesAt([1.7112075311211292, 0.274074802876399, 0.16396810577857315, 0.8355549484542316]);
    integrateStrikes(p, 10.247315283893878, 1e-9, 4, together, nodeRoom());
    expect([...together.error]).toEqual([Infinity, Infinity, Infinity, Infinity]);
    const nearMoney = strikesAt([0.16396810577857315]);
    integrateStrikes(p, 10.247315283893878, 1e-9, 1, nearMoney, nodeRoom());
    expect(nearMoney.error[0]).toBeLessThan(1e-9);
  });

  it('gives derivatives with the prices, for the strike in the shared factor and the others', () => {
    const p = hestonVector('test', { initialVariance: 0.04, meanReversion: 1.5, longRunVariance: 0.06, volOfVariance: 0.5, correlation: -0.7 });
    for (const x of [[0, 0.1, 0.3], [-0.05, -0.2, -0.3], [0.2]]) {
      const strikes = strikesAt(x);
      integrateStrikes(p, 0.5, 1e-10, x.length, strikes, nodeRoom());
      x.forEach((value, i) => {
        const { sums } = integrateDiffusion(p, 0.5, value, 1e-14, true);
        expect(Math.abs(strikes.price[i] / sums[0] - 1)).toBeLessThan(1e-10);
        for (let k = 0; k < 5; k++) expect(Math.abs((strikes.slopes as Float64Array)[5 * i + k] - sums[1 + k])).toBeLessThan(1e-9);
      });
    }
  });

  it('gives the same bits whatever was integrated before, also after its arrays grew', () => {
    const smile = hestonVector('test', { initialVariance: 0.04, meanReversion: 1.5, longRunVariance: 0.06, volOfVariance: 0.5, correlation: -0.7 });
    const thin = hestonVector('test', { initialVariance: 1e-4, meanReversion: 0.1, longRunVariance: 1e-4, volOfVariance: 3, correlation: -0.999 });
    const room = nodeRoom(8);
    integrateStrikes(thin, 0.01, 1e-12, 2, strikesAt([0.001, 0.02]), room);
    const [used, fresh] = [strikesAt([0.1, 0.2]), strikesAt([0.1, 0.2])];
    integrateStrikes(smile, 1, 1e-9, 2, used, room);
    integrateStrikes(smile, 1, 1e-9, 2, fresh, nodeRoom());
    expect(used).toEqual(fresh);
    expect(room.columns.nodeRe.length).toBeGreaterThan(8);
  });
});
