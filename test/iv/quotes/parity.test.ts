import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.ts';
import { fitParity } from '../../../src/iv/quotes/parity.ts';

// Rounding of a dozen sums.
const EXACT = 1e-12;
const line = (strikes: number[], { forward, discount }: { forward: number; discount: number }): number[] => strikes.map((k) => discount * (forward - k));
const STRIKES = [80, 85, 90, 95, 100, 105, 110, 115, 120];

describe('fitParity', () => {
  it('worked by hand: three pairs on a line', () => {
    const fit = fitParity({ strike: [90, 100, 110], callMinusPut: [14.7, 4.9, -4.9], spread: [0.2, 0.1, 0.2] }, { minPairs: 3 });
    expect(fit.status).toBe('ok');
    expect(Math.abs(fit.forward - 105)).toBeLessThan(105 * EXACT);
    expect(Math.abs(fit.discount - 0.98)).toBeLessThan(EXACT);
    expect(fit.rmsePrice).toBeLessThan(EXACT * 100);
  });

  it('worked by hand: standard errors of weighted least squares', () => {
    // y = 1, 0, 0 at 9, 10, 11: mean 1/3, slope -1/2, residuals 1/6, -1/3, 1/6; variance (1/6) / (3 - 2); D = 1/2, F = 10 + 2/3.
    const fit = fitParity({ strike: [9, 10, 11], callMinusPut: [1, 0, 0], spread: [1, 1, 1] }, { minPairs: 3, outlierDeviations: 100, outlierFloor: 100 });
    expect(fit.discount).toBeCloseTo(1 / 2, 14);
    expect(fit.forward).toBeCloseTo(32 / 3, 13);
    expect(fit.rmsePrice).toBeCloseTo(Math.sqrt(1 / 18), 14);
    expect(fit.discountError).toBeCloseTo(Math.sqrt(1 / 12), 14); // 1/6 over the sum of squares 2
    expect(fit.forwardError).toBeCloseTo(Math.sqrt(1 / 18 / 0.25 + (1 / 3 / 0.25) ** 2 / 12), 13);
  });

  it('weights pairs by 1 / spread^2', () => {
    const fit = fitParity({ strike: [100, 100], callMinusPut: [1, 2], spread: [1, 2] }, { discount: 1, minPairs: 1, outlierFloor: 10 });
    expect(fit.forward).toBeCloseTo(100 + (1 * 1 + 2 * 0.25) / 1.25, 12);
  });

  it('recovers forward and discount whatever three of seventeen quotes say, with spreads that widen from the money', () => {
    fc.assert(
      fc.property(
        fc.record({ forward: fc.double({ min: 60, max: 140, noNaN: true }), discount: fc.double({ min: 0.5, max: 1.1, noNaN: true }), bad: fc.uniqueArray(fc.nat(16), { maxLength: 3 }), by: fc.double({ min: 1, max: 300, noNaN: true }) }),
        ({ forward, discount, bad, by }) => {
          const strike = Array.from({ length: 17 }, (_, i) => 80 + 2.5 * i);
          const callMinusPut = line(strike, { forward, discount });
          for (const i of bad) callMinusPut[i] += by;
          const fit = fitParity({ strike, callMinusPut, spread: strike.map((k) => 0.1 + 0.02 * Math.abs(k - 100)) });
          expect(fit.used).toBe(17 - bad.length);
          expect(Math.abs(fit.forward - forward)).toBeLessThan(1e-9); // the tolerance of the reweighting is cut away with the outliers
          expect(Math.abs(fit.discount - discount)).toBeLessThan(1e-11);
        },
      ),
    );
  });

  it('never calls a residual inside an eighth of the spread an outlier', () => {
    const callMinusPut = line(STRIKES, { forward: 100, discount: 1 });
    callMinusPut[4] += 0.1;
    const pairs = { strike: STRIKES, callMinusPut, spread: STRIKES.map(() => 1) };
    expect(fitParity(pairs).used).toBe(9);
    expect(fitParity(pairs, { outlierFloor: 0.05 }).used).toBe(8);
  });

  it('states errors that cover: the truth lies within two standard errors in about 95 of 100 samples', () => {
    const { normal } = randomStream(5, 'parity');
    let [forwards, discounts] = [0, 0];
    const samples = 400;
    const strike = Array.from({ length: 25 }, (_, i) => 88 + i);
    for (let s = 0; s < samples; s++) {
      const spread = strike.map((k) => 0.2 + 0.02 * Math.abs(k - 100));
      const callMinusPut = strike.map((k, i) => 0.95 * (102 - k) + 0.2 * spread[i] * normal());
      const fit = fitParity({ strike, callMinusPut, spread });
      if (Math.abs(fit.forward - 102) < 2 * fit.forwardError) forwards++;
      if (Math.abs(fit.discount - 0.95) < 2 * fit.discountError) discounts++;
    }
    // t with 23 degrees of freedom: 94.3 %; four binomial standard deviations of 1.2 %.
    for (const share of [forwards / samples, discounts / samples]) expect(Math.abs(share - 0.943)).toBeLessThan(0.048);
  });

  it('with a discount given estimates the forward from a single pair, its error half the spread', () => {
    const fit = fitParity({ strike: [100], callMinusPut: [2], spread: [0.4] }, { discount: 0.8, minPairs: 1 });
    expect(fit).toMatchObject({ status: 'ok', forward: 102.5, discount: 0.8, discountError: 0, used: 1, rmsePrice: 0 });
    expect(fit.forwardError).toBeCloseTo(0.2 / 0.8, 14);
  });

  it('lets the error of a given discount into the forward in proportion to the distance of the strikes', () => {
    const error = (strike: number): number => fitParity({ strike: [strike], callMinusPut: line([strike], { forward: 100, discount: 0.9 }), spread: [0] }, { discount: 0.9, discountError: 0.01, minPairs: 1 }).forwardError;
    const own = 0.5 / 0.9; // a locked pair alone counts with spread 1
    expect(error(100)).toBeCloseTo(own, 12);
    expect(error(80)).toBeCloseTo(Math.sqrt(own * own + (20 * (0.01 / 0.9)) ** 2), 12);
  });

  it('locked pairs do not outweigh the rest: spreads count at least a hundredth of the median', () => {
    const callMinusPut = line(STRIKES, { forward: 100, discount: 1 }).map((y, i) => y + (i % 2 === 0 ? 0.01 : -0.01));
    const fit = fitParity({ strike: STRIKES, callMinusPut, spread: STRIKES.map((_, i) => (i === 4 ? 0 : 0.5)) });
    expect(fit.status).toBe('ok');
    expect(fit.forwardError).toBeGreaterThan(0);
    expect(fitParity({ strike: STRIKES, callMinusPut, spread: STRIKES.map(() => 0) }).status).toBe('ok');
  });

  it('says why there is no answer', () => {
    const status = (callMinusPut: number[], strike = STRIKES.slice(0, callMinusPut.length), spread = strike.map(() => 1)): string => fitParity({ strike, callMinusPut, spread }, { minPairs: 3 }).status;
    expect(status([])).toBe('too-few-pairs');
    expect(status([1, 2])).toBe('too-few-pairs');
    expect(status([3, NaN, 1, 0])).toBe('ok');
    expect(status([3, NaN, Infinity, 0])).toBe('too-few-pairs');
    expect(status([3, 2, 1], STRIKES.slice(0, 3), [1, -1, 1])).toBe('too-few-pairs');
    expect(status([1, 1, 1], [100, 100, 100])).toBe('one-strike');
    expect(status([1, 2, 3])).toBe('negative-discount');
    expect(status([2, 2, 2])).toBe('negative-discount'); // a discount of 0
    expect(status([-200, -205, -210])).toBe('negative-forward');
    expect(status([1e308, -1e308, 1e308], [1e308, 1e307, 2e307])).toBe('not-finite');
    expect(fitParity({ strike: STRIKES, callMinusPut: STRIKES, spread: STRIKES })).toMatchObject({ forward: NaN, discount: NaN, forwardError: NaN, discountError: NaN, rmsePrice: NaN, pairs: 9, used: 0 });
  });

  it('gives finite numbers or a status for any numbers whatever', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(0, 1e-320, 1e300, -1e300, NaN, Infinity), fc.double({ min: 50, max: 150 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { maxLength: 12 }), fc.boolean(), (rows, isGiven) => {
        const fit = fitParity({ strike: rows.map((r) => r[0]), callMinusPut: rows.map((r) => r[1]), spread: rows.map((r) => Math.abs(r[2])) }, isGiven ? { discount: 0.9, minPairs: 1 } : { minPairs: 3 });
        const numbers = [fit.forward, fit.discount, fit.forwardError, fit.discountError, fit.rmsePrice];
        expect(fit.status === 'ok' ? numbers.every(Number.isFinite) && fit.forward > 0 && fit.discount > 0 : numbers.every(Number.isNaN)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('throws for a mistake of the caller', () => {
    const pairs = { strike: [1], callMinusPut: [1], spread: [1] };
    expect(() => fitParity({ ...pairs, spread: [] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    for (const options of [{ discount: 0 }, { discount: NaN }, { minPairs: 2 }, { outlierDeviations: 0 }, { outlierFloor: -1 }, { discountError: -1 }]) expect(() => fitParity(pairs, options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitParity(pairs, { minPair: 3 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
