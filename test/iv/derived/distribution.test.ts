import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributionMoments, distributionQuantiles, strikeDistribution } from '../../../src/iv/derived/distribution.ts';
import { varianceSwap } from '../../../src/iv/derived/variance-swap.ts';
import { priceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import type { Smile } from '../../../src/iv/smile.ts';
import { surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { smileDensity } from '../../../src/iv/surface/smile-density.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';
import { derivedSlices } from './reference.ts';

const vogt = slice(raw(derivedSlices[0].raw_a_b_rho_m_sigma), 1);

describe('strikeDistribution', () => {
  it('is the lognormal density of a flat smile: at K = F, phi(d2) / (K s)', () => {
    const { density, cumulative, status, worst } = strikeDistribution(slice(raw([0.04, 0, 0, 0, 1]), 1), [100]);
    expect(density[0]).toBeCloseTo(0.3969525474770118 / 20, 15); // phi(0.1) / (100 0.2)
    expect(cumulative[0]).toBeCloseTo(0.539827837277029, 15); // Phi(0.1)
    expect([status, worst]).toEqual([['ok'], 'ok']);
  });

  it('is the derivative of the distribution function', () => {
    const index = indexSlice(0.5);
    const h = 1e-3;
    for (const strike of [60, 90, 100, 110, 140]) {
      const { density, cumulative } = strikeDistribution(index, [strike - h, strike, strike + h]);
      expect((cumulative[2] - cumulative[0]) / (2 * h)).toBeCloseTo(density[1], 8);
    }
  });

  it('says `butterfly` on the strikes where the Vogt slice has a negative density, and only there', () => {
    const [low, high] = derivedSlices[0]['gRoots_in_-3_3'];
    const { status, density, worst } = strikeDistribution(vogt, [100, 100 * Math.exp(low - 1e-9), 100 * Math.exp(low + 1e-9), 240, 100 * Math.exp(high - 1e-9), 100 * Math.exp(high + 1e-9)]);
    expect(status).toEqual(['ok', 'ok', 'butterfly', 'butterfly', 'butterfly', 'ok']);
    expect(density[3]).toBeLessThan(0);
    expect(worst).toBe('butterfly');
  });

  it('has a status for each strike without a density', () => {
    const short = pointSmile({ logMoneyness: [-0.1, 0, 0.1], totalVariance: [0.04, 0.04, 0.04] }, { extrapolation: 'none' });
    const { status, density, worst } = strikeDistribution(slice(short, 1), [100, 120, -1, NaN, Infinity, 0]);
    expect(status).toEqual(['ok', 'outside-strikes', 'invalid', 'invalid', 'invalid', 'invalid']);
    expect(Array.from(density, Number.isNaN)).toEqual([false, true, true, true, true, true]);
    expect(worst).toBe('outside-strikes');
    const bounded = surfaceSmile(ivSurface([indexSlice(1)], { extrapolation: 'none' }), 2);
    expect(strikeDistribution(bounded, [100])).toMatchObject({ worst: 'outside-expiries', status: ['outside-expiries'] });
    expect(strikeDistribution(slice(raw([-0.05, 0.1, 0, 0, 0.1]), 1), [100]).status).toEqual(['negative-variance']);
    expect(() => strikeDistribution(vogt, 100 as never)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('distributionQuantiles', () => {
  it('inverts the distribution function', () => {
    const smiles: readonly Smile[] = [indexSlice(0.5).smile, raw([0.04, 0, 0, 0, 1]), raw([0.01, 0.3, -0.7, 0, 0.4]), priceSplineSmile({ kernelVariance: 0.01, moneyness: Float64Array.of(0.5, 1.5), probability: Float64Array.of(0.5, 0.5) })];
    fc.assert(
      fc.property(fc.constantFrom(...smiles), fc.double({ min: 1e-6, max: 0.999999, noNaN: true }), (smile, probability) => {
        const [{ status, strike, logMoneyness }] = distributionQuantiles(slice(smile, 1), [probability]);
        expect(status).toBe('ok');
        expect(strike).toBeCloseTo(100 * Math.exp(logMoneyness), 12);
        expect(Math.abs(smileDensity(smile, [logMoneyness]).cumulative[0] - probability)).toBeLessThan(1e-13);
      }),
      { numRuns: 100 },
    );
  });

  it('has the median of a lognormal at exp(-w / 2), and quantiles of the normal around it', () => {
    const quantiles = distributionQuantiles(slice(raw([0.04, 0, 0, 0, 1]), 1), [0.15865525393145707, 0.5, 0.8413447460685429]);
    expect(quantiles[1].logMoneyness).toBeCloseTo(-0.02, 14);
    expect(quantiles[0].logMoneyness).toBeCloseTo(-0.22, 13);
    expect(quantiles[2].logMoneyness).toBeCloseTo(0.18, 13);
  });

  it('has a status where there is none: beyond the smile, under a negative density, without a smile', () => {
    const short = pointSmile({ logMoneyness: [-0.1, 0, 0.1], totalVariance: [0.04, 0.04, 0.04] }, { extrapolation: 'none' });
    expect(distributionQuantiles(slice(short, 1), [0.001, 0.5])).toMatchObject([{ status: 'no-solution', strike: NaN }, { status: 'ok' }]);
    const bounded = surfaceSmile(ivSurface([indexSlice(1)], { extrapolation: 'none' }), 2);
    expect(distributionQuantiles(bounded, [0.5])).toMatchObject([{ status: 'outside-expiries', logMoneyness: NaN }]);
    expect(distributionQuantiles(slice(raw([-0.05, 0.1, 0, 0, 0.1]), 1), [0.5])[0].status).toBe('negative-variance');
    const statuses = new Set(distributionQuantiles(vogt, Array.from({ length: 400 }, (_, i) => 0.9 + (0.1 * (i + 0.5)) / 400)).map(({ status }) => status));
    expect([...statuses].every((status) => status === 'ok' || status === 'butterfly')).toBe(true);
    expect(() => distributionQuantiles(vogt, [1])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('distributionMoments', () => {
  it('is normal for the log return of a flat smile: mean -w / 2, variance w, skewness 0, kurtosis 3', () => {
    for (const w of [1e-6, 0.04, 4]) {
      const { status, mean, variance, skewness, kurtosis } = distributionMoments(slice(raw([w, 0, 0, 0, 1]), 0.5));
      expect(status).toBe('ok');
      expect(mean / (-w / 2)).toBeCloseTo(1, 9);
      expect(variance / w).toBeCloseTo(1, 9);
      expect(Math.abs(skewness)).toBeLessThan(1e-7);
      expect(kurtosis).toBeCloseTo(3, 7);
    }
  });

  it('is lognormal for the price: variance e^w - 1, skewness (e^w + 2) sqrt(e^w - 1), kurtosis e^4w + 2 e^3w + 3 e^2w - 3', () => {
    for (const w of [0.0025, 0.04, 0.5]) {
      const { mean, variance, skewness, kurtosis } = distributionMoments(slice(raw([w, 0, 0, 0, 1]), 1), { of: 'price' });
      const e = Math.exp(w);
      expect(mean).toBe(1);
      expect(variance / Math.expm1(w)).toBeCloseTo(1, 9);
      expect(skewness / ((e + 2) * Math.sqrt(e - 1))).toBeCloseTo(1, 8);
      expect(kurtosis / (e ** 4 + 2 * e ** 3 + 3 * e ** 2 - 3)).toBeCloseTo(1, 8);
    }
  });

  it('has the moments of its density, by the trapezoidal rule', () => {
    const index = indexSlice(0.5);
    const k = Float64Array.from({ length: 40_001 }, (_, i) => -8 + i * 3e-4);
    const { density } = smileDensity(index.smile, k);
    for (const of of ['log-return', 'price'] as const) {
      const x = k.map((at) => (of === 'price' ? Math.exp(at) : at));
      const moment = (about: number, power: number): number => x.reduce((sum, at, i) => sum + density[i] * (at - about) ** power * 3e-4, 0);
      const { mean, variance, skewness, kurtosis } = distributionMoments(index, { of });
      expect(mean).toBeCloseTo(moment(0, 1), 7);
      expect(variance).toBeCloseTo(moment(mean, 2), 7);
      expect(skewness / (moment(mean, 3) / variance ** 1.5)).toBeCloseTo(1, 5);
      expect(kurtosis / (moment(mean, 4) / variance ** 2)).toBeCloseTo(1, 5);
    }
    expect(distributionMoments(index).mean).toBeCloseTo((-0.5 / 2) * varianceSwap(index).fairVariance, 12);
    expect(distributionMoments(index).skewness).toBeLessThan(-1);
  });

  it('needs no integral for a price spline, and mixes the moments of smiles whose prices are mixed', () => {
    // Two nodes: ln X is N(ln x - v / 2, v) with even chances, so about its mean even moments are those of +-h plus a normal.
    const [v, a, b] = [0.01, 0.8, 1.2];
    const smile = priceSplineSmile({ kernelVariance: v, moneyness: Float64Array.of(a, b), probability: Float64Array.of(0.5, 0.5) });
    const h = Math.log(b / a) / 2;
    const log = distributionMoments(slice(smile, 1));
    expect(log.mean).toBeCloseTo(Math.log(a * b) / 2 - v / 2, 14);
    expect(log.variance).toBeCloseTo(h * h + v, 14);
    expect(log.skewness).toBeCloseTo(0, 12);
    expect(log.kurtosis).toBeCloseTo((h ** 4 + 6 * h * h * v + 3 * v * v) / (h * h + v) ** 2, 11);
    const k = Float64Array.from({ length: 30_001 }, (_, i) => -1.5 + i * 1e-4);
    const { density } = smileDensity(smile, k);
    const moment = (power: number): number => k.reduce((sum, at, i) => sum + density[i] * Math.expm1(at) ** power * 1e-4, 0);
    const price = distributionMoments(slice(smile, 1), { of: 'price' });
    expect(price.mean).toBe(1);
    expect(price.variance).toBeCloseTo(moment(2), 11);
    expect(price.skewness).toBeCloseTo(moment(3) / moment(2) ** 1.5, 9);
    expect(price.kurtosis).toBeCloseTo(moment(4) / moment(2) ** 2, 8);
    const surface = ivSurface([slice(smile, 0.5), indexSlice(2)], { interpolation: 'price' });
    const between = surfaceSmile(surface, 1);
    const x = k.map((at) => 8 * at);
    const mixed = smileDensity(between.smile!, x).density;
    const { mean, variance } = distributionMoments(between);
    const raw2 = x.reduce((sum, at, i) => sum + mixed[i] * at * at * 8e-4, 0);
    expect(variance + mean * mean).toBeCloseTo(raw2, 8);
  });

  it('says `divergent` for a moment that the right wing makes infinite, and keeps those that are not', () => {
    // w rises by 1.2 per unit of k: Lee's moment formula leaves moments below 1 + 1 / (2 1.2) + 1.2 / 8 - 1 / 2 = 1.07.
    const heavy = slice(raw([0.02, 0.8, 0.5, 0, 0.3]), 1);
    expect(distributionMoments(heavy, { of: 'price' })).toMatchObject({ status: 'divergent', variance: NaN });
    expect(distributionMoments(heavy).status).toBe('ok');
    // By 0.35: moments below 1 + 1 / 0.7 + 0.35 / 8 - 1 / 2 = 1.97 + ... fourth infinite, second finite.
    const milder = distributionMoments(slice(raw([0.02, 0.15, 0.5, 0, 0.3]), 1), { of: 'price' });
    expect(milder.status).toBe('divergent');
    expect(milder.variance).toBeGreaterThan(0);
    expect(milder.kurtosis).toBeNaN();
  });

  it('has a status without a smile and refuses unknown options', () => {
    const bounded = surfaceSmile(ivSurface([indexSlice(1)], { extrapolation: 'none' }), 2);
    expect(distributionMoments(bounded)).toMatchObject({ status: 'outside-expiries', variance: NaN });
    expect(distributionMoments(slice(raw([-0.05, 0.1, 0, 0, 0.1]), 1)).status).toBe('negative-variance');
    expect(() => distributionMoments(vogt, { of: 'return' as never })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
