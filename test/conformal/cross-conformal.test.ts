import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossConformalInterval, fitCrossConformal } from '../../src/conformal/cross-conformal.ts';
import { conformalRadius, conformalRank } from '../../src/conformal/radius.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';
import { olsModel } from './ols.ts';
import { casesOf, expectClose } from './reference.ts';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('references of MAPIE 0.9.2 with least squares', () => {
  it.each(casesOf('resampling').map((c) => [c.id, c] as const))('%s: naive, jackknife, jackknife+, CV+ and both minmax forms', (_, item) => {
    const { alpha } = item.params;
    const x = item.input.X as unknown as number[][];
    const xTest = item.input.X_test as unknown as number[][];
    const { y } = item.input;
    const n = y.length;
    const full = olsModel(x, y, range(n));
    const expected = item.expected as unknown as Record<string, number[][]>;
    expectClose(xTest.map(full), item.expected.point as number[]);

    const check = (name: string, folds: number[], method: 'plus' | 'minmax'): number[] => {
      const models = range(1 + Math.max(...folds)).map((f) => olsModel(x, y, range(n).filter((i) => folds[i] !== f)));
      const residuals = y.map((v, i) => v - models[folds[i]](x[i]));
      const fit = fitCrossConformal({ residuals, folds }, { alpha, method });
      xTest.forEach((row, t) => {
        const { lower, upper } = crossConformalInterval(fit, models.map((model) => model(row)));
        expectClose([lower, upper], expected[name][t]);
      });
      return residuals;
    };
    const quarters = range(n).map((i) => Math.floor(i / (n / 4)));
    const leaveOneOut = check('jackknife_plus', range(n), 'plus');
    check('jackknife_minmax', range(n), 'minmax');
    check('cv_plus_4', quarters, 'plus');
    check('cv_minmax_4', quarters, 'minmax');
    for (const [name, residuals] of [['jackknife', leaveOneOut], ['naive', y.map((v, i) => v - full(x[i]))]] as const) {
      const radius = conformalRadius(residuals.map(Math.abs), alpha);
      xTest.forEach((row, t) => {
        expectClose([full(row) - radius, full(row) + radius], expected[name][t]);
      });
    }
  });
});

describe('fitCrossConformal', () => {
  it('worked by hand: jackknife+ of three rows at alpha 0.5 takes the second from each end', () => {
    const fit = fitCrossConformal({ residuals: [0.5, -1, 2] }, { alpha: 0.5 });
    expect(crossConformalInterval(fit, [10, 11, 12])).toEqual({ lower: 10, upper: 12 }); // 9.5 10 10 and 10.5 12 14
    const minmax = fitCrossConformal({ residuals: [0.5, -1, 2] }, { alpha: 0.5, method: 'minmax' });
    expect(crossConformalInterval(minmax, [10, 11, 12])).toEqual({ lower: 9, upper: 13 }); // radius 1
  });

  it('with one common prediction it is split conformal', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 99 }), (residuals, percent) => {
      const alpha = percent / 100;
      const radius = conformalRadius(residuals.map(Math.abs), alpha);
      const interval = crossConformalInterval(fitCrossConformal({ residuals }, { alpha }), residuals.map(() => 7));
      expect(interval).toEqual({ lower: 7 - radius, upper: 7 + radius });
    }));
  });

  const rows = fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 60 });

  it('keeping the tail of each fold changes nothing: equal to the order statistics over all rows', () => {
    fc.assert(fc.property(rows, fc.integer({ min: 1, max: 99 }), fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 5, maxLength: 5 }), (pairs, percent, predictions) => {
      const [residuals, folds] = [pairs.map((p) => p[0]), pairs.map((p) => p[1])];
      const [n, alpha] = [pairs.length, percent / 100];
      const fit = fitCrossConformal({ residuals, folds }, { alpha });
      const k = conformalRank(n, alpha);
      const below = pairs.map(([r, f]) => predictions[f] - Math.abs(r)).sort((a, b) => a - b);
      const above = pairs.map(([r, f]) => predictions[f] + Math.abs(r)).sort((a, b) => a - b);
      const expected = k > n ? { lower: -Infinity, upper: Infinity } : { lower: below[n - k], upper: above[k - 1] };
      expect(crossConformalInterval(fit, predictions.slice(0, fit.foldCount))).toEqual(expected);
    }));
  });

  it('minmax holds plus, and both narrow as alpha grows', () => {
    fc.assert(fc.property(rows, fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (pairs, a, b) => {
      const [residuals, folds] = [pairs.map((p) => p[0]), pairs.map((p) => p[1])];
      const predictions = range(1 + Math.max(...folds)).map((f) => 3 * f);
      const at = (percent: number, method: 'plus' | 'minmax'): { lower: number; upper: number } => crossConformalInterval(fitCrossConformal({ residuals, folds }, { alpha: percent / 100, method }), predictions);
      const [wide, narrow] = [at(Math.min(a, b), 'plus'), at(Math.max(a, b), 'plus')];
      expect(wide.lower).toBeLessThanOrEqual(narrow.lower);
      expect(wide.upper).toBeGreaterThanOrEqual(narrow.upper);
      const outer = at(a, 'minmax');
      expect(outer.lower).toBeLessThanOrEqual(at(a, 'plus').lower);
      expect(outer.upper).toBeGreaterThanOrEqual(at(a, 'plus').upper);
    }));
  });

  it('statistics 2: n = 9 at alpha 0.1 is finite, n = 8 infinite, for both methods', () => {
    for (const method of ['plus', 'minmax'] as const) {
      const at = (n: number): number => crossConformalInterval(fitCrossConformal({ residuals: range(n) }, { alpha: 0.1, method }), range(n).map(() => 0)).upper;
      expect(at(9)).toBe(8);
      expect(at(8)).toBe(Infinity);
    }
  });

  it('jackknife+ of a mean covers with probability at least 1 - alpha, and CV+ too (1500 draws, 4 standard errors)', () => {
    const random = randomStream(6, 'jackknife');
    const [draws, n, alpha, folds] = [1500, 20, 0.2, range(20).map((i) => i % 5)];
    let [jackknife, cv] = [0, 0];
    for (let r = 0; r < draws; r++) {
      const y = Array.from({ length: n + 1 }, () => random.studentT(4));
      const meanWithout = (skip: (i: number) => boolean): number => {
        const kept = range(n).filter((i) => !skip(i));
        return kept.reduce((sum, i) => sum + y[i], 0) / kept.length;
      };
      const covers = (codes: number[]): boolean => {
        const means = range(1 + Math.max(...codes)).map((f) => meanWithout((i) => codes[i] === f));
        const { lower, upper } = crossConformalInterval(fitCrossConformal({ residuals: codes.map((f, i) => y[i] - means[f]), folds: codes }, { alpha }), means);
        return lower <= y[n] && y[n] <= upper;
      };
      if (covers(range(n))) jackknife++;
      if (covers(folds)) cv++;
    }
    const bound = 1 - alpha - 4 * Math.sqrt((alpha * (1 - alpha)) / draws);
    expect(jackknife / draws).toBeGreaterThan(bound);
    expect(cv / draws).toBeGreaterThan(bound);
  });

  it('leaves missing residuals out and counts them; a prediction that is not finite gives NaN', () => {
    const fit = fitCrossConformal({ residuals: [1, NaN, 2, 3], folds: [0, 0, 1, 1] }, { alpha: 0.5 });
    expect([fit.count, fit.missingRows, fit.foldCount]).toEqual([3, 1, 2]);
    expect(crossConformalInterval(fit, [0, NaN])).toEqual({ lower: NaN, upper: NaN });
    expect(crossConformalInterval(fit, [0, Infinity])).toEqual({ lower: NaN, upper: NaN });
    expect(crossConformalInterval(fit, [0, 0])).toEqual({ lower: -2, upper: 2 });
    expect(crossConformalInterval(fitCrossConformal({ residuals: [] }), [])).toEqual({ lower: -Infinity, upper: Infinity });
  });

  it('keeps a tail, not the rows; the same after the plain codec', () => {
    const random = randomStream(8, 'size');
    const residuals = Array.from({ length: 5000 }, random.normal);
    const folds = range(5000).map((i) => i % 5);
    const fit = fitCrossConformal({ residuals, folds }, { alpha: 0.02 });
    expect(fit.tailResiduals.length).toBeLessThanOrEqual(5 * 101);
    const back = fromPlain(toPlain(fit)) as typeof fit;
    expect(crossConformalInterval(back, [1, 2, 3, 4, 5])).toEqual(crossConformalInterval(fit, [1, 2, 3, 4, 5]));
    expect(Object.isFrozen(fit)).toBe(true);
    expect(fitCrossConformal({ residuals, folds }, { method: 'minmax' }).tailResiduals.length).toBe(0);
  });

  it('refuses wrong folds, methods and numbers of predictions', () => {
    const code = (c: string): unknown => expect.objectContaining({ code: c });
    expect(() => fitCrossConformal({ residuals: [1], folds: [-1] })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitCrossConformal({ residuals: [1], folds: [0.5] })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitCrossConformal({ residuals: [1, 2], folds: [0] })).toThrow(code('ERR_SHAPE'));
    expect(() => fitCrossConformal({ residuals: [1] }, { method: 'max' as never })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitCrossConformal({ residuals: [1] }, { alpha: 0 })).toThrow(code('ERR_DOMAIN'));
    expect(() => crossConformalInterval(fitCrossConformal({ residuals: [1, 2] }), [1])).toThrow(code('ERR_SHAPE'));
  });
});
