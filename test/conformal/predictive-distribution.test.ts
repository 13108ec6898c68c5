import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitPredictiveDistribution, predictiveCdf, predictiveCrps, predictiveInterval, predictivePoints, predictiveQuantile, probabilityAbove } from '../../src/conformal/predictive-distribution.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';
import { casesOf, expectClose } from './reference.ts';

describe('references of crepes 0.8.0', () => {
  it.each(casesOf('cps').map((c) => [c.id, c] as const))('%s: points, percentiles and interval of a normalised system', (_, { input, expected }) => {
    const fit = fitPredictiveDistribution({ residuals: input.residuals, dispersion: input.sigma_cal });
    const percentiles = expected.percentiles_lo5_10_50_hi50_90_95 as unknown as number[][];
    const intervals = expected.interval_80 as unknown as number[][];
    input.pred_test.forEach((prediction, t) => {
      const row = { prediction, dispersion: input.sigma_test[t] };
      expectClose([
        ...[0.05, 0.1, 0.5].map((p) => predictiveQuantile(fit, row, p, 'lower')),
        ...[0.5, 0.9, 0.95].map((p) => predictiveQuantile(fit, row, p, 'higher')),
      ], percentiles[t]);
      // crepes takes int((1 - 0.8) / 2 * 30) = int(2.9999999999999996): its lower bound is one point too low. Ours is the third point.
      expectClose([predictiveInterval(fit, row, 0.2).lower, predictiveInterval(fit, row, 0.2).upper], [percentiles[t][1], intervals[t][1]]);
      expectClose([predictiveQuantile(fit, row, 0.1 - 1e-9, 'lower')], [intervals[t][0]]);
      if (t > 0) return;
      const points = [...predictivePoints(fit, row)];
      expectClose(points.slice(0, 5), expected.cpd_sorted_first as number[]);
      expectClose(points.slice(-5), expected.cpd_sorted_last as number[]);
    });
  });
});

const fit3 = fitPredictiveDistribution({ residuals: [1, -1, 0] });

describe('by hand: points -1, 0, 1 around the prediction', () => {
  it('the distribution function steps between k / 4 and (k + 1) / 4', () => {
    const row = { prediction: 10 };
    expect([8, 9.5, 10.5, 12].map((c) => predictiveCdf(fit3, row, c, 0))).toEqual([0, 0.25, 0.5, 0.75]);
    expect([8, 9.5, 10.5, 12].map((c) => predictiveCdf(fit3, row, c, 1))).toEqual([0.25, 0.5, 0.75, 1]);
    expect([8, 9.5, 10.5, 12].map((c) => predictiveCdf(fit3, row, c))).toEqual([0.125, 0.375, 0.625, 0.875]);
    expect([predictiveCdf(fit3, row, 10, 0), predictiveCdf(fit3, row, 10, 1)]).toEqual([0.25, 0.75]); // at a point: one below, through two of four
  });

  it('the probability of a rise is one minus it', () => {
    expect(probabilityAbove(fit3, { prediction: 0.5 }, 0)).toBe(0.625);
    expect(probabilityAbove(fit3, { prediction: -0.5 }, 0)).toBe(0.375);
  });

  it('quantiles bound from either side, infinite beyond the outermost point', () => {
    const row = { prediction: 10 };
    expect([0.2, 0.25, 0.3, 0.75, 0.8].map((p) => predictiveQuantile(fit3, row, p))).toEqual([9, 9, 10, 11, Infinity]);
    expect([0.2, 0.25, 0.3, 0.75, 0.8].map((p) => predictiveQuantile(fit3, row, p, 'lower'))).toEqual([-Infinity, 9, 9, 11, 11]);
    expect(predictiveInterval(fit3, row, 0.5)).toEqual({ lower: 9, upper: 11 });
    expect(predictiveInterval(fit3, row)).toEqual({ lower: -Infinity, upper: Infinity });
  });

  it('statistics 2: rounding costs no rank on either side', () => {
    const fit = fitPredictiveDistribution({ residuals: Array.from({ length: 99 }, (_, i) => i + 1) });
    expect([Math.ceil(100 * 0.07), Math.floor(100 * 0.29)]).toEqual([8, 28]); // 7 and 29 in exact arithmetic
    expect(predictiveQuantile(fit, { prediction: 0 }, 0.07)).toBe(7);
    expect(predictiveQuantile(fit, { prediction: 0 }, 0.29, 'lower')).toBe(29);
  });

  it('CRPS is the integral of the squared difference of distribution functions', () => {
    expect(predictiveCrps(fit3, { prediction: 10 }, 10)).toBeCloseTo(2 / 9, 14); // steps of 1/3: (1/9 + 1/9)
    expect(predictiveCrps(fit3, { prediction: 10 }, 13)).toBeCloseTo(1 / 9 + 4 / 9 + 2, 14);
    const normalized = fitPredictiveDistribution({ residuals: [2, -2, 0], dispersion: [2, 2, 2] });
    expect(predictiveCrps(normalized, { prediction: 10, dispersion: 5 }, 10)).toBeCloseTo(10 / 9, 14);
  });
});

describe('properties', () => {
  const residuals = fc.array(fc.integer({ min: -40, max: 40 }).map((v) => v / 8), { minLength: 1, maxLength: 40 });
  const quarter = fc.integer({ min: -60, max: 60 }).map((v) => v / 8);

  it('the distribution function rises with its value and its tie weight, within [0, 1]', () => {
    fc.assert(fc.property(residuals, quarter, quarter, quarter, (rs, prediction, a, b) => {
      const fit = fitPredictiveDistribution({ residuals: rs });
      const at = (c: number, tie: number): number => predictiveCdf(fit, { prediction }, c, tie);
      if (a < b) expect(at(a, 1)).toBeLessThanOrEqual(at(b, 1));
      if (a < b) expect(at(a, 0)).toBeLessThanOrEqual(at(b, 0));
      expect(at(a, 0)).toBeLessThan(at(a, 1));
      expect(at(a, 0)).toBeGreaterThanOrEqual(0);
      expect(at(a, 1)).toBeLessThanOrEqual(1);
    }));
  });

  it('quantiles invert it: enough probability up to the higher one, not too much below the lower one', () => {
    fc.assert(fc.property(residuals, fc.integer({ min: 1, max: 99 }), (rs, percent) => {
      const [fit, row, p] = [fitPredictiveDistribution({ residuals: rs }), { prediction: 0 }, percent / 100];
      const [low, high] = [predictiveQuantile(fit, row, p, 'lower'), predictiveQuantile(fit, row, p, 'higher')];
      expect(low).toBeLessThanOrEqual(high);
      const shareUpTo = rs.filter((r) => r <= high).length / (rs.length + 1);
      const shareBelow = rs.filter((r) => r < low).length / (rs.length + 1);
      if (high < Infinity) expect(shareUpTo).toBeGreaterThanOrEqual(p - 1e-12);
      expect(shareBelow).toBeLessThanOrEqual(p + 1e-12);
    }));
  });

  it('intervals narrow as alpha grows', () => {
    fc.assert(fc.property(residuals, fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (rs, a, b) => {
      const fit = fitPredictiveDistribution({ residuals: rs });
      const [wide, narrow] = [Math.min(a, b), Math.max(a, b)].map((percent) => predictiveInterval(fit, { prediction: 1 }, percent / 100));
      expect(wide.lower).toBeLessThanOrEqual(narrow.lower);
      expect(wide.upper).toBeGreaterThanOrEqual(narrow.upper);
    }));
  });

  it('CRPS equals numerical integration', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 12 }), fc.integer({ min: -12, max: 12 }), (rs, y) => {
      let integral = 0; // everything steps at integers
      for (let c = -20; c < 20; c++) integral += (rs.filter((r) => r <= c).length / rs.length - (y <= c ? 1 : 0)) ** 2;
      expect(predictiveCrps(fitPredictiveDistribution({ residuals: rs }), { prediction: 0 }, y)).toBeCloseTo(integral, 10);
    }), { numRuns: 60 });
  });

  it('intervals cover with probability at least 1 - alpha and smoothed values are uniform (2000 draws, 4 standard errors)', () => {
    const random = randomStream(14, 'cps');
    const [draws, n, alpha] = [2000, 29, 0.2];
    let [covered, below] = [0, 0];
    for (let r = 0; r < draws; r++) {
      const dispersion = Array.from({ length: n + 1 }, () => 0.5 + random.uniform());
      const y = dispersion.map((d) => d * random.studentT(3));
      const fit = fitPredictiveDistribution({ residuals: y.slice(0, n), dispersion: dispersion.slice(0, n) });
      const row = { prediction: 0, dispersion: dispersion[n] };
      const { lower, upper } = predictiveInterval(fit, row, alpha);
      if (lower <= y[n] && y[n] <= upper) covered++;
      if (predictiveCdf(fit, row, y[n], random.uniform()) <= 0.25) below++;
    }
    expect(covered / draws).toBeGreaterThan(1 - alpha - 4 * Math.sqrt((alpha * (1 - alpha)) / draws));
    expect(Math.abs(below / draws - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / draws));
  });
});

describe('missing data and mistakes', () => {
  it('leaves rows without a residual or dispersion out and counts them', () => {
    const fit = fitPredictiveDistribution({ residuals: [1, NaN, 2, 3], dispersion: [1, 1, 0, 2] });
    expect([fit.missingRows, [...fit.scores]]).toEqual([2, [1, 1.5]]);
  });

  it('a row without a prediction or dispersion is NaN everywhere', () => {
    const fit = fitPredictiveDistribution({ residuals: [1, 2, 3], dispersion: [1, 1, 1] });
    for (const row of [{ prediction: NaN, dispersion: 1 }, { prediction: 1 }, { prediction: 1, dispersion: 0 }, { prediction: Infinity, dispersion: 1 }]) {
      expect([predictiveCdf(fit, row, 0), probabilityAbove(fit, row, 0), predictiveQuantile(fit, row, 0.5), predictiveQuantile(fit, row, 0.01, 'lower'), predictiveCrps(fit, row, 0), predictivePoints(fit, row)[0]]).toEqual([NaN, NaN, NaN, NaN, NaN, NaN]);
    }
    expect(predictiveCrps(fit, { prediction: 1, dispersion: 1 }, NaN)).toBeNaN();
  });

  it('no rows: an infinite interval, a probability of one half, no CRPS', () => {
    const fit = fitPredictiveDistribution({ residuals: [] });
    expect(predictiveInterval(fit, { prediction: 0 }, 0.9)).toEqual({ lower: -Infinity, upper: Infinity });
    expect(probabilityAbove(fit, { prediction: 0 }, 0)).toBe(0.5);
    expect(predictiveCrps(fit, { prediction: 0 }, 0)).toBeNaN();
  });

  it('an infinite residual keeps its rank and makes the CRPS infinite', () => {
    const fit = fitPredictiveDistribution({ residuals: [1, Infinity, 2] });
    expect(predictiveQuantile(fit, { prediction: 0 }, 0.75)).toBe(Infinity);
    expect(predictiveCrps(fit, { prediction: 0 }, 1)).toBe(Infinity);
  });

  it('raises small dispersions to the floor, in the fit and in the row', () => {
    const fit = fitPredictiveDistribution({ residuals: [1, 4], dispersion: [0.1, 2] }, { dispersionFloor: 1 });
    expect([...fit.scores]).toEqual([1, 2]);
    expect([...predictivePoints(fit, { prediction: 0, dispersion: 0.5 })]).toEqual([1, 2]);
  });

  it('is frozen and answers the same after the plain codec', () => {
    const back = fromPlain(toPlain(fit3)) as typeof fit3;
    expect(back).toEqual(fit3);
    expect(fit3.scores.buffer.byteLength).toBe(24);
    expect(Object.isFrozen(fit3)).toBe(true);
  });

  it('refuses different lengths, probabilities and levels outside (0, 1) and a negative floor', () => {
    const code = (c: string): unknown => expect.objectContaining({ code: c });
    expect(() => fitPredictiveDistribution({ residuals: [1], dispersion: [1, 2] })).toThrow(code('ERR_SHAPE'));
    expect(() => fitPredictiveDistribution({ residuals: [1] }, { dispersionFloor: -1 })).toThrow(code('ERR_DOMAIN'));
    for (const p of [0, 1, NaN]) expect(() => predictiveQuantile(fit3, { prediction: 0 }, p)).toThrow(code('ERR_DOMAIN'));
    expect(() => predictiveInterval(fit3, { prediction: 0 }, 2)).toThrow(code('ERR_DOMAIN'));
  });
});
