import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { hestonGreeks } from '../../../src/iv/heston/greeks.ts';
import { hestonImpliedVol } from '../../../src/iv/heston/implied-vol.ts';
import { batesSurface } from '../../../src/iv/heston/bates.ts';
import { HESTON_PARAMETER_NAMES, type HestonParameters } from '../../../src/iv/heston/parameters.ts';
import { hestonPrice } from '../../../src/iv/heston/price.ts';
import { HESTON_CELL_STATUS, hestonSurface } from '../../../src/iv/heston/surface.ts';
import { priceRows } from './reference.ts';

const smile: HestonParameters = { initialVariance: 0.04, meanReversion: 1.5, longRunVariance: 0.06, volOfVariance: 0.5, correlation: -0.7 };
const points = { expiryYears: [0.02, 0.5, 3], logMoneyness: [[-0.2, -0.1, 0, 0.05], [-0.5, 0, 0.3], [-1, 0.2, 0.8]], forward: [100, 101, 105], discount: [0.999, 0.98, 0.9] };
const statuses = (status: Uint8Array): string[] => Array.from(status, (s) => HESTON_CELL_STATUS[s]);

describe('hestonSurface', () => {
  it('prices every reference row to its relative tolerance, hard sets included', () => {
    for (const { set, parameters, option, call, put, iv } of priceRows) {
      const growth = (option.rate ?? 0) - (option.dividendYield ?? 0);
      const forward = option.spot * Math.exp(growth * option.expiryYears);
      const found = hestonSurface(parameters, {
        expiryYears: [option.expiryYears],
        logMoneyness: [[Math.log(option.strike / option.spot) - growth * option.expiryYears]],
        forward,
        discount: Math.exp(-(option.rate ?? 0) * option.expiryYears),
      });
      // One row of ql_highcorr is worth nothing: ln S is bounded there.
      expect([set, ...statuses(found.status)]).toEqual([set, Math.min(call, put) < 1e-40 && iv === null && found.annualizedVol[0] !== found.annualizedVol[0] ? 'no-time-value' : 'ok']);
      // 1e-9 of the out-of-the-money price, and the rounding of strike and forward.
      const error = 1e-9 * Math.min(Math.abs(call), Math.abs(put)) + 4e-14 * option.spot;
      expect(Math.abs(found.callPrice[0] - call)).toBeLessThan(error);
      expect(Math.abs(found.putPrice[0] - put)).toBeLessThan(error);
      expect(found.errorEstimate[0]).toBeLessThan(2e-9 * found.callPrice[0] + 1e-14);
      if (iv !== null) expect(Math.abs(found.annualizedVol[0] / iv - 1)).toBeLessThan(1e-9);
    }
  });

  it('agrees with options priced one by one: calls, puts, volatilities, gradients', () => {
    const surface = hestonSurface(smile, points, { gradient: true });
    let cell = 0;
    points.expiryYears.forEach((expiryYears, e) => {
      for (const k of points.logMoneyness[e]) {
        const strike = points.forward[e] * Math.exp(k);
        const terms = { forward: points.forward[e], strike, expiryYears, discount: points.discount[e] };
        expect(surface.strike[cell]).toBeCloseTo(strike, 12);
        expect(Math.abs(surface.callPrice[cell] - hestonPrice(smile, { ...terms, type: 'call' }).price)).toBeLessThan(1e-9);
        expect(Math.abs(surface.putPrice[cell] - hestonPrice(smile, { ...terms, type: 'put' }).price)).toBeLessThan(1e-9);
        expect(surface.annualizedVol[cell]).toBeCloseTo(hestonImpliedVol(smile, { forward: terms.forward, strike, expiryYears }).annualizedVol, 9);
        const slopes = hestonGreeks(smile, { ...terms, type: 'call' }).parameterGradient;
        HESTON_PARAMETER_NAMES.forEach((name, j) => {
          expect(Math.abs((surface.gradient as Float64Array)[5 * cell + j] - slopes[name])).toBeLessThan(1e-7);
        });
        cell++;
      }
    });
    expect(surface.status.every((status) => status === 0)).toBe(true);
  });

  it('defect: cells without a number were filled from their neighbours; now each has its status and NaN', () => {
    const surface = hestonSurface({ ...smile, volOfVariance: 0.01 }, { expiryYears: [1, 0.003, -1, NaN], logMoneyness: [[0, NaN, 0.1], [0, 4], [0], [0.1]] }, { gradient: true });
    expect(statuses(surface.status)).toEqual(['ok', 'invalid', 'ok', 'ok', 'no-time-value', 'invalid', 'invalid']);
    expect(Array.from(surface.annualizedVol, Number.isNaN)).toEqual([false, true, false, false, true, true, true]);
    expect(Array.from(surface.callPrice, Number.isNaN)).toEqual([false, true, false, false, false, true, true]);
    expect(surface.callPrice[4]).toBeLessThan(1e-300);
    expect(surface.putPrice[4]).toBeCloseTo(Math.expm1(4), 12);
  });

  it('gives statuses for unusable forwards and discounts of single expiries, and no cells for no expiries', () => {
    const surface = hestonSurface(smile, { expiryYears: [1, 1, 1], logMoneyness: [[0], [0], [0]], forward: [100, -1, 100], discount: [1, 1, 0] });
    expect(statuses(surface.status)).toEqual(['ok', 'invalid', 'invalid']);
    expect(hestonSurface(smile, { expiryYears: [], logMoneyness: [] }).status).toHaveLength(0);
    expect(hestonSurface({ ...smile, initialVariance: 0, longRunVariance: 0 }, { expiryYears: [1], logMoneyness: [[-0.1]], forward: 100 })).toMatchObject({ status: Uint8Array.of(2), annualizedVol: Float64Array.of(0), putPrice: Float64Array.of(0) });
  });

  it('keeps its tolerance near correlation 1, where puts far out and near the money share no curve (one was wrong by 2e-7)', () => {
    const parameters = { initialVariance: 0.07335324926205858, meanReversion: 0.05960176502396808, longRunVariance: 0.14914230652447566, volOfVariance: 0.3286610978583433, correlation: 0.9999501250462652 };
    const expiryYears = 10.247315283893878;
    const logMoneyness = [-1.7112075311211292, -0.274074802876399, 0.40179731251494494, -0.16396810577857315, -0.8355549484542316, 1.5429472882663962, 1.352477163367939, 0.2243276305084637];
    const surface = hestonSurface(parameters, { expiryYears: [expiryYears], logMoneyness: [logMoneyness] });
    logMoneyness.forEach((k, i) => {
      const exact = hestonPrice(parameters, { type: 'call', forward: 1, strike: Math.exp(k), expiryYears }, { tolerance: 1e-14 }).outOfTheMoneyPrice;
      const error = Math.abs((k > 0 ? surface.callPrice[i] : surface.putPrice[i]) - exact);
      expect(error).toBeLessThan(surface.errorEstimate[i] + 1e-13 * exact);
      expect(surface.errorEstimate[i]).toBeLessThan(1e-9 * exact);
    });
    expect(statuses(surface.status)).toEqual(new Array(8).fill('ok'));
  });

  it('holds prices to their upper bounds: at the bound no volatility has them, and what overflowed has not converged', () => {
    const crowded = { initialVariance: 0.04, meanReversion: 1, longRunVariance: 0.04, volOfVariance: 0.5, correlation: -0.5, jumpIntensity: 20, meanLogJump: 0.5, logJumpDeviation: 0.3 };
    const atBound = batesSurface(crowded, { expiryYears: [30], logMoneyness: [[0, 0.5]], forward: 100, discount: 0.5 });
    expect(statuses(atBound.status)).toEqual(['no-time-value', 'no-time-value']);
    expect([...atBound.callPrice]).toEqual([50, 50]); // the discounted forward: one was 1.000000000000278 of it
    expect(atBound.putPrice[0]).toBe(50);
    expect(atBound.putPrice[1]).toBeCloseTo(50 * Math.exp(0.5), 10);
    expect([...atBound.annualizedVol]).toEqual([NaN, NaN]);
    const wild = { initialVariance: 1, meanReversion: 1, longRunVariance: 1e6, volOfVariance: 0, correlation: 1 };
    const overflowed = hestonSurface(wild, { expiryYears: [1], logMoneyness: [[0.1, 0, -0.1]] });
    expect(statuses(overflowed.status)).toEqual(['not-converged', 'ok', 'ok']); // the first was a call of 2.6e304
    expect(overflowed.callPrice[0]).toBe(1);
    expect(hestonPrice(wild, { type: 'call', forward: 1, strike: Math.exp(0.1), expiryYears: 1 })).toMatchObject({ price: 1, status: 'not-converged' });
  });

  it('never says ok to a gradient that is none: correlation 1, no variance yet and no time to make any', () => {
    const parameters = { initialVariance: 0, meanReversion: 0.01, longRunVariance: 0.04, volOfVariance: 0.5, correlation: 1 };
    const where = { expiryYears: [1e-12], logMoneyness: [[0]] };
    const surface = hestonSurface(parameters, where, { gradient: true });
    expect([statuses(surface.status)[0], (surface.gradient as Float64Array).every(Number.isFinite)]).toEqual(['not-converged', false]);
    expect(statuses(hestonSurface(parameters, where).status)).toEqual(['ok']);
  });

  it('is free of butterflies and, at equal log-moneyness, of calendar arbitrage', () => {
    const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
    fc.assert(fc.property(between(0, 0.5), between(0.1, 10), between(0.005, 0.5), between(0, 3), between(-1, 1), (initialVariance, meanReversion, longRunVariance, volOfVariance, correlation) => {
      const strikes = Array.from({ length: 21 }, (_, i) => Math.log(0.5 + i * 0.075));
      const expiryYears = [0.1, 0.5, 1, 4];
      const surface = hestonSurface({ initialVariance, meanReversion, longRunVariance, volOfVariance, correlation }, { expiryYears, logMoneyness: expiryYears.map(() => strikes) });
      const call = (e: number, i: number): number => surface.callPrice[21 * e + i];
      const worst = { butterfly: Infinity, vertical: Infinity, calendar: Infinity };
      for (let e = 0; e < 4; e++) {
        for (let i = 1; i < 20; i++) {
          worst.butterfly = Math.min(worst.butterfly, call(e, i - 1) - 2 * call(e, i) + call(e, i + 1));
          worst.vertical = Math.min(worst.vertical, call(e, i - 1) - call(e, i));
          if (e > 0) worst.calendar = Math.min(worst.calendar, call(e, i) - call(e - 1, i));
        }
      }
      for (const least of Object.values(worst)) expect(least).toBeGreaterThan(-2e-9); // twice the tolerance
    }), { numRuns: 50, seed: 5 });
  });

  it('is frozen, passes the codec and structured clone, and prints itself in a line', () => {
    const surface = hestonSurface(smile, points, { gradient: true });
    expect(Object.isFrozen(surface)).toBe(true);
    expect(fromPlain(toPlain(surface))).toEqual({ ...surface });
    expect(structuredClone(surface)).toEqual({ ...surface });
    const print = (surface as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')];
    expect(print()).toBe('HestonSurface { 10 cells over 3 expiries, 10 ok }');
  });

  it.each([
    [{ expiryYears: [1, 2], logMoneyness: [[0]] }, {}, 'ERR_SHAPE'],
    [{ expiryYears: [1], logMoneyness: [[0]], forward: [1, 2] }, {}, 'ERR_SHAPE'],
    [{ expiryYears: [1], logMoneyness: [[0]], discount: NaN }, {}, 'ERR_DOMAIN'],
    [{ expiryYears: [1], logMoneyness: [[0]] }, { tolerance: 0 }, 'ERR_DOMAIN'],
    [{ expiryYears: [1], strikes: [[0]] }, {}, 'ERR_UNKNOWN_NAME'],
  ])('rejects wrong columns and options (%#)', (where, options, code) => {
    expect(() => hestonSurface(smile, where as never, options)).toThrow(expect.objectContaining({ code }));
  });
});
