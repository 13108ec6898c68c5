import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateSmile } from '../../../src/iv/smile.ts';
import type { Smile } from '../../../src/iv/smile.ts';
import { normalizedBlack } from '../../../src/iv/black/normalized-black.ts';
import { gammaSwap, varianceSwap, volatilitySwap } from '../../../src/iv/derived/variance-swap.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { priceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';
import { sabrSmile } from '../../../src/iv/slices/sabr.ts';
import { surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';
import { derivedSlices } from './reference.ts';


/** Fukasawa (2011): E[-2 ln(S / F)] is the integral of phi(z) w(k(z)) over z = -d2(k); here over k, by the trapezoidal rule on a sinh grid. */
function fukasawa(smile: Smile, expiryYears: number): number {
  const out = new Float64Array(3);
  evaluateSmile(smile, 0, out);
  const width = Math.sqrt(out[0]);
  const step = 1 / 400;
  let sum = 0;
  for (let i = -3200; i <= 3200; i++) {
    const k = width * Math.sinh(i * step);
    evaluateSmile(smile, k, out);
    const [w, slope] = out;
    const z = k / Math.sqrt(w) + Math.sqrt(w) / 2;
    const dz = 1 / Math.sqrt(w) - (k * slope) / (2 * w * Math.sqrt(w)) + slope / (4 * Math.sqrt(w));
    sum += ((Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * w * dz * width * Math.cosh(i * step)) * step;
  }
  return sum / expiryYears;
}

describe('varianceSwap', () => {
  it('has the reference fair variances, every row, to 1e-12', () => {
    let rows = 0;
    for (const { T, raw_a_b_rho_m_sigma: parameters, varSwapFairVariance } of derivedSlices) {
      if (varSwapFairVariance === undefined) continue;
      const swap = varianceSwap(slice(raw(parameters), T));
      expect(swap.status).toBe('ok');
      expect(Math.abs(swap.fairVariance - varSwapFairVariance)).toBeLessThan(1e-12); // asked for: 1e-8
      expect(Math.abs(swap.fairVariance - varSwapFairVariance)).toBeLessThanOrEqual(Math.max(swap.error, 1e-14));
      rows++;
    }
    expect(rows).toBe(4);
  });

  it('agrees with Fukasawa\'s formula, which integrates variances instead of prices', () => {
    for (const parameters of [[0.0005, 0.035, -0.65, 0.01, 0.045], [0.008, 0.11, -0.6, 0.06, 0.13], [0.01, 0.3, -0.7, 0, 0.4], [0.02, 0.5, 0.4, 0.1, 0.3]] as const) {
      expect(Math.abs(varianceSwap(slice(raw(parameters), 0.5)).fairVariance / fukasawa(raw(parameters), 0.5) - 1)).toBeLessThan(1e-9);
    }
  });

  it('is the squared volatility of a flat smile, from a minute at 1 % to 30 years at 200 %', () => {
    fc.assert(
      fc.property(fc.double({ min: 2e-6, max: 30, noNaN: true }), fc.double({ min: 0.01, max: 2, noNaN: true }), (years, vol) => {
        const flat = slice(raw([vol * vol * years, 0, 0, 0, 1]), years);
        expect(Math.abs(varianceSwap(flat).fairVariance / (vol * vol) - 1)).toBeLessThan(1e-11);
        expect(Math.abs(gammaSwap(flat).fairVariance / (vol * vol) - 1)).toBeLessThan(1e-11);
        expect(volatilitySwap(flat).fairVol).toBeCloseTo(vol, 13);
      }),
      { numRuns: 60 },
    );
  });

  it('splits a flat smile with w = 0.04 into puts and calls as Black prices say', () => {
    // Integral of call / K^2 dK over K > F is E[(S/F - 1 - ln(S/F)); S > F] = 2 Phi(0.1) - 1 - (mean of the log return above 0), by hand 0.018746...
    const { putVariance, callVariance, fairVariance } = varianceSwap(slice(raw([0.04, 0, 0, 0, 1]), 1));
    const cdf = 0.539827837277029; // Phi(0.1)
    const partialLog = -0.02 * (1 - cdf) + 0.2 * 0.3969525474770118; // E[ln S; S > F] = mu Phi(-0.1) + sigma phi(0.1)
    expect(callVariance).toBeCloseTo(2 * (cdf - (1 - cdf) - partialLog), 12);
    expect(putVariance + callVariance).toBeCloseTo(fairVariance, 16);
  });

  it('follows a left wing that dies slowly, and says `divergent` at Lee\'s bound and beyond', () => {
    // w = -1.8 k: the trapezoid over 400 standard deviations is not enough either, so against itself at a coarser tolerance.
    const steep = slice(raw([0.01, 0.95, -0.9, 0, 0.2]), 1);
    const fine = varianceSwap(steep);
    expect(fine.status).toBe('ok');
    expect(Math.abs(fine.fairVariance / varianceSwap(steep, { tolerance: 1e-6 }).fairVariance - 1)).toBeLessThan(1e-5);
    expect(fine.putVariance).toBeGreaterThan(10 * fine.callVariance);
    expect(varianceSwap(slice(raw([0.01, 1, -1, 0, 0.2]), 1)).status).toBe('divergent');
    const violated = derivedSlices.find(({ name }) => name === 'lee_violated')!;
    expect(varianceSwap(slice(raw(violated.raw_a_b_rho_m_sigma), 1))).toMatchObject({ status: 'divergent', fairVariance: NaN, fairVol: NaN, error: NaN });
    const bound = derivedSlices.find(({ name }) => name === 'lee_bound')!; // the right wing: calls over K^2 still end, over K they do not
    expect(varianceSwap(slice(raw(bound.raw_a_b_rho_m_sigma), 1)).status).toBe('ok');
    expect(gammaSwap(slice(raw(bound.raw_a_b_rho_m_sigma), 1)).status).toBe('divergent');
  });

  it('mirrors: the gamma swap of a smile is the variance swap of the smile with log-moneyness reversed', () => {
    const smile = [0.008, 0.11, -0.6, 0.06, 0.13] as const;
    expect(gammaSwap(slice(raw(smile), 1)).fairVariance).toBeCloseTo(varianceSwap(slice(raw([0.008, 0.11, 0.6, -0.06, 0.13]), 1)).fairVariance, 13);
  });

  it('meets kinks of quoted points, smiles of prices and blends', () => {
    const points = pointSmile({ logMoneyness: [-0.4, -0.2, -0.05, 0, 0.1, 0.3], totalVariance: [0.1, 0.07, 0.045, 0.04, 0.035, 0.04] });
    // Riemann sum of Black prices, 200,000 midpoints.
    expect(varianceSwap(slice(points, 1), { range: [-2, 2] }).fairVariance).toBeCloseTo(riemann(points, -2, 2), 9);
    const spline = priceSplineSmile({ kernelVariance: 0.01, moneyness: Float64Array.of(0.7, 0.9, 1, 1.2156862745098038), probability: Float64Array.of(0.1, 0.25, 0.395, 0.255) });
    expect(varianceSwap(slice(spline, 1)).fairVariance).toBeCloseTo(-2 * (0.1 * Math.log(0.7) + 0.25 * Math.log(0.9) + 0.255 * Math.log(1.2156862745098038) - 0.005), 10); // -2 E[ln A + ln Z]
    const sabr = sabrSmile({ alpha: 0.2, beta: 1, rho: -0.4, nu: 0.5, forward: 100, expiryYears: 0.5 });
    expect(varianceSwap(slice(sabr, 0.5)).fairVariance).toBeCloseTo(riemann(sabr, -4, 4) / 0.5, 9);
    const surface = ivSurface([indexSlice(0.25), indexSlice(1)], { interpolation: 'price' });
    const between = surfaceSmile(surface, 0.5);
    const [near, far] = surface.slices.map((s) => varianceSwap(s).fairVariance * s.expiryYears);
    const { nearWeight, farWeight } = between.smile as { nearWeight: number; farWeight: number };
    // Prices mix, so do the prices of log contracts.
    expect(0.5 * varianceSwap(between).fairVariance).toBeCloseTo(nearWeight * near + farWeight * far, 11);
  });

  it('adds up over ranges of strikes, kinks or not', () => {
    for (const { name, T, raw_a_b_rho_m_sigma: p } of derivedSlices) {
      if (name === 'negative_min' || name === 'lee_violated') continue;
      const part = (low: number, high: number): number => varianceSwap(slice(raw(p), T), { range: [low, high] }).fairVariance;
      const whole = varianceSwap(slice(raw(p), T)).fairVariance;
      // The vertex of `vshape` is a thousandth wide: panels that end there and around it see it whole.
      const cuts = [-Infinity, p[3] - 4 * p[4], p[3] - p[4], p[3], p[3] + p[4], p[3] + 4 * p[4], Infinity];
      let sum = 0;
      for (let i = 1; i < cuts.length; i++) sum += part(cuts[i - 1], cuts[i]);
      expect(Math.abs(sum / whole - 1)).toBeLessThan(1e-9);
    }
  });

  it('does not stop before the last quoted point, however far out volatility jumps', () => {
    // 1 % up to 30 standard deviations, 200 % from 35 on: arbitrage, but these are the prices.
    const jump = pointSmile({ logMoneyness: [-2, -0.35, -0.3, 0, 0.1], totalVariance: [4, 4, 1e-4, 1e-4, 1e-4] }, { extrapolation: 'flat' });
    expect(varianceSwap(slice(jump, 1)).fairVariance).toBeCloseTo(riemann(jump, -40, 2), 5);
    expect(varianceSwap(slice(jump, 1)).fairVariance).toBeGreaterThan(1);
    const later = pointSmile({ ...jump, totalVariance: jump.totalVariance.map((w) => 2 * w) }, { extrapolation: 'flat' });
    const between = surfaceSmile(ivSurface([slice(jump, 1), slice(later, 2)]), 1.5); // 1.5 times the variance of the first
    expect(varianceSwap(between).fairVariance).toBeCloseTo(riemann(between.smile!, -40, 2) / 1.5, 5);
    expect(varianceSwap(between).fairVariance).toBeGreaterThan(1);
  });

  it('needs no integral for a price spline, and has what the integral has', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 0.2, noNaN: true }), fc.double({ min: 0.2, max: 0.8, noNaN: true }), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (kernelVariance, low, weight) => {
        // Mass 1 and mean 1 on two nodes beside 1.
        const high = (1 - weight * low) / (1 - weight);
        const smile = priceSplineSmile({ kernelVariance, moneyness: Float64Array.of(low, high), probability: Float64Array.of(weight, 1 - weight) });
        for (const swap of [varianceSwap, gammaSwap]) {
          const exact = swap(slice(smile, 0.5));
          const integrated = swap(slice(smile, 0.5), { range: [-60, 60] }); // not all strikes, so by the integral
          expect(Math.abs(exact.putVariance - integrated.putVariance)).toBeLessThan(1e-9 * exact.fairVariance);
          expect(Math.abs(exact.callVariance - integrated.callVariance)).toBeLessThan(1e-9 * exact.fairVariance);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('says why there is no number: a smile that ends, negative variance, a time the surface does not have', () => {
    const short = pointSmile({ logMoneyness: [-0.2, 0, 0.2], totalVariance: [0.05, 0.04, 0.04] }, { extrapolation: 'none' });
    expect(varianceSwap(slice(short, 1))).toMatchObject({ status: 'outside-strikes', fairVariance: NaN });
    expect(varianceSwap(slice(short, 1), { range: [-0.2, 0.2] }).fairVariance).toBeCloseTo(riemann(short, -0.2, 0.2), 9);
    expect(varianceSwap(slice(raw([-0.05, 0.1, -0.3, 0, 0.2]), 1)).status).toBe('negative-variance');
    expect(varianceSwap(slice(raw([-0.01, 0.1, 0, 0.3, 0.05]), 1)).status).toBe('negative-variance'); // only around 0.3
    const surface = ivSurface([indexSlice(0.25), indexSlice(1)], { extrapolation: 'none' });
    expect(varianceSwap(surfaceSmile(surface, 2))).toMatchObject({ status: 'outside-expiries', fairVol: NaN });
    expect(varianceSwap(surfaceSmile(ivSurface(surface.slices), 0.1)).status).toBe('before-first-expiry');
    expect(volatilitySwap(surfaceSmile(surface, 2)).status).toBe('outside-expiries');
    expect(volatilitySwap(slice(raw([-0.05, 0.1, -0.3, 0, 0.2]), 1)).status).toBe('negative-variance');
  });

  it('lies above the volatility swap: the square of the mean is below the mean of the square', () => {
    for (const { T, raw_a_b_rho_m_sigma: p, varSwapFairVariance } of derivedSlices) {
      if (varSwapFairVariance === undefined || p[1] === 0) continue;
      expect(volatilitySwap(slice(raw(p), T)).fairVol).toBeLessThan(Math.sqrt(varSwapFairVariance));
    }
  });

  it.each([
    ['an unknown option', { tol: 1 }, 'ERR_UNKNOWN_NAME'],
    ['a tolerance of 0', { tolerance: 0 }, 'ERR_DOMAIN'],
    ['a range upside down', { range: [1, -1] }, 'ERR_DOMAIN'],
    ['a range of NaN', { range: [NaN, 1] }, 'ERR_DOMAIN'],
  ])('refuses %s', (_, options, code) => {
    expect(() => varianceSwap(indexSlice(1), options as never)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['no slice', null],
    ['no smile', { expiryYears: 1, forward: 100, discount: 1 }],
    ['an unknown smile', { ...indexSlice(1), smile: { kind: 'cubic' } }],
    ['a time of 0', { ...indexSlice(1), expiryYears: 0 }],
    ['a forward of NaN', { ...indexSlice(1), forward: NaN }],
  ])('refuses %s', (_, bad) => {
    expect(() => varianceSwap(bad as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

function riemann(smile: Smile, low: number, high: number): number {
  const n = 200_000;
  const out = new Float64Array(3);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const k = low + ((high - low) * (i + 0.5)) / n;
    evaluateSmile(smile, k, out);
    sum += Math.exp(-k / 2) * normalizedBlack(-Math.abs(k), Math.sqrt(out[0]));
  }
  return (2 * sum * (high - low)) / n;
}
