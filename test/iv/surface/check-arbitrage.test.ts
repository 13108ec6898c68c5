import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.ts';
import { drive } from '../../../src/core/drive.ts';
import { priceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { sviButterfly } from '../../../src/iv/slices/svi-butterfly.ts';
import type { SviSmile } from '../../../src/iv/slices/svi.ts';
import { checkArbitrageSync, checkArbitrageTask } from '../../../src/iv/surface/check-arbitrage.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { smileDensity } from '../../../src/iv/surface/smile-density.ts';
import { butterflyG, differencedG, pricesAt, probeSmile } from '../../../src/iv/surface/smile-probe.ts';
import { indexSlice, raw, reference, slice } from './reference.ts';

const TIMES = [0.02, 0.1, 0.25, 0.5, 1, 2];

describe('checkArbitrage on the reference slices', () => {
  it.each(reference.slices.map((s) => [s.name, s] as const))('judges %s as 50 digits do', (_, { raw_a_b_rho_m_sigma: parameters, T, gMin, minTotalVar, slopeLeft, slopeRight, ...rest }) => {
    const report = checkArbitrageSync([slice(raw(parameters), T)]);
    const hasNegative = minTotalVar < 0;
    const hasButterfly = gMin !== null && gMin < 0;
    const hasWing = slopeLeft >= 2 || slopeRight >= 2;
    expect(report.isArbitrageFree).toBe(!hasNegative && !hasButterfly && !hasWing);
    expect(report.counts['negative-variance'] > 0).toBe(hasNegative);
    expect(report.counts.wing > 0).toBe(hasWing);
    if (hasNegative) return; // the reference has no g there
    expect(report.counts.butterfly).toBe(hasButterfly ? 1 : 0);
    if (!hasButterfly) return;
    const worst = report.worst.butterfly!;
    const roots = rest['gRoots_in_-3_3'];
    expect(worst.witness).toBe('both');
    for (const root of roots) expect(Math.min(Math.abs(worst.fromLogMoneyness - root), Math.abs(worst.toLogMoneyness - root))).toBeLessThan(1e-5);
  });

  it('finds where the Vogt slice is worst: g = -0.03286357345 at k = 0.87926', () => {
    const worst = checkArbitrageSync([slice(raw(reference.slices[0].raw_a_b_rho_m_sigma), 1)]).worst.butterfly!;
    expect(worst.size).toBeCloseTo(0.03286357345, 8);
    expect(worst.logMoneyness).toBeCloseTo(0.87926254, 4);
    expect(worst.fromLogMoneyness).toBeCloseTo(0.64240787786938, 6);
    expect(worst.toLogMoneyness).toBeCloseTo(1.25691299193213, 6);
  });

  it('calls every butterfly-free conversion row free', () => {
    expect(reference.conversions).toHaveLength(12);
    for (const { raw_a_b_rho_m_sigma: parameters, T, ...rest } of reference.conversions) {
      expect(rest['butterflyFree_in_-3_3']).toBe(true);
      expect(checkArbitrageSync([slice(raw(parameters), T)]).isArbitrageFree).toBe(true);
    }
  });

  it('finds every calendar crossing of the reference, and none where there is none', () => {
    for (const { near, far, minDiff, argmin, ...rest } of reference.calendar) {
      const report = checkArbitrageSync([slice(raw(near), 1), slice(raw(far), 2)], { logMoneynessRange: [-10, 10] });
      const crossings = rest['crossings_in_-10_10'];
      expect(report.counts.calendar > 0).toBe(minDiff < 0);
      expect(report.counts.butterfly).toBe(0);
      const ends = report.violations.flatMap(({ fromLogMoneyness, toLogMoneyness }) => [fromLogMoneyness, toLogMoneyness]).filter((k) => Math.abs(k) < 10).sort((a, b) => a - b);
      expect(ends).toHaveLength(crossings.length);
      ends.forEach((end, i) => expect(Math.abs(end - crossings[i])).toBeLessThan(1e-9));
      if (minDiff < 0) {
        expect(report.worst.calendar!.size).toBeCloseTo(-minDiff, 12);
        expect(report.worst.calendar!.logMoneyness).toBe(argmin);
        expect(report.worst.calendar).toMatchObject({ expiryYears: 1, farExpiryYears: 2, isInterpolated: false });
      }
    }
  });
});

describe('the two witnesses', () => {
  const smile = raw([0.01, 0.1, -0.5, 0.02, 0.13]);
  const exact = (k: number): number => smileDensity(smile, [k]).durrlemanG[0];
  const probe = probeSmile(smile, -1.4, 1.4);

  it('state an error that covers what they miss, from coarse steps to steps that leave only rounding', () => {
    let largest = 0;
    for (const k of [-1.2, -0.5, -0.01, 0, 0.003, 0.4, 1.3]) {
      for (let h = 1e-2; h > 1e-7; h /= 3) {
        const derivatives = differencedG(probe, k, h);
        expect(Math.abs(derivatives.value - exact(k))).toBeLessThanOrEqual(derivatives.error);
        const triple = [k - h, k, k + h];
        const variances = triple.map(probe.at);
        const prices = butterflyG(triple, variances, pricesAt(triple, variances), 1);
        // Truncation of three prices that are h apart, about (h d / s)^2 / 12 of g with d up to 7 and s = 0.14.
        expect(Math.abs(prices.value - exact(k))).toBeLessThanOrEqual(prices.error + 400 * h * h * (1 + exact(k)));
        if (h < 1e-6) largest = Math.max(largest, Math.abs(prices.value - exact(k)));
      }
    }
    expect(largest).toBeGreaterThan(1e-5); // rounding that a checker without an error would take for arbitrage
  });

  it('resolve the vertex of a hyperbola a thousandth of a standard deviation wide', () => {
    const { logMoneyness } = probeSmile(raw([0.04, 0.05, 0, 0.1, 2e-4]), -2, 2);
    expect(logMoneyness.filter((k) => Math.abs(k - 0.1) < 2e-4).length).toBeGreaterThan(3);
    expect(logMoneyness).toContain(0);
  });
});

describe('checkArbitrage against the exact test of SVI', () => {
  it('agrees on 600 random slices, with and without arbitrage', () => {
    const random = randomStream(5, 'slices');
    let violating = 0;
    for (let i = 0; i < 600; i++) {
      const scale = Math.exp(1.5 * random.normal() - 2); // total volatility from 0.01 to 3
      const [b, rho, m, sigma] = [scale * Math.exp(0.8 * random.normal() - 0.9), Math.tanh(random.normal()), scale * random.normal(), scale * Math.exp(0.7 * random.normal())];
      const a = scale * scale * (0.2 + random.uniform()) - b * sigma * Math.sqrt(1 - rho * rho) * random.uniform();
      const smile: SviSmile = raw([a, b, rho, m, sigma]);
      const exact = sviButterfly(smile);
      const report = checkArbitrageSync([slice(smile, 1)], { standardDeviations: 40 });
      if (!exact.isButterflyFree) violating++;
      expect(report.isArbitrageFree).toBe(exact.isButterflyFree);
    }
    expect(violating).toBeGreaterThan(30);
  });
});

describe('checkArbitrage', () => {
  it('finds nothing on a clean surface, between its expiries or in the short end', () => {
    const report = checkArbitrageSync(ivSurface(TIMES.map((t) => indexSlice(t))), { extraExpiryYears: [0.001, 0.01] });
    expect(report).toMatchObject({ isArbitrageFree: true, smileCount: 6 + 15 + 2, interpolatedCount: 17, pairCount: 5 + 20 + 2, undefinedNodes: 0 });
    expect(Object.values(report.worst)).toEqual([null, null, null, null, null]);
  });

  it('raises no false alarm from rounding: 40 standard deviations out, at volatilities of 1 % to 300 %, over minutes and decades', () => {
    for (const vol of [0.01, 0.2, 3]) {
      for (const t of [1e-5, 0.02, 1, 30]) {
        const smile = (years: number) => raw([0.5 * vol * vol * years, 0.2 * vol * Math.sqrt(years) * Math.min(1, 1 / (vol * Math.sqrt(years))), -0.4, 0, vol * Math.sqrt(years)]);
        const report = checkArbitrageSync([slice(smile(t), t), slice(smile(1.05 * t), 1.05 * t)], { standardDeviations: 40 });
        expect(sviButterfly(smile(t)).isButterflyFree).toBe(true);
        expect(report.violations.filter(({ kind }) => kind !== 'calendar')).toEqual([]);
      }
    }
  });

  it('sees a concave kink, as a rising wing held flat makes one, by convexity of prices', () => {
    const shape = { logMoneyness: [-0.5, -0.2, 0, 0.2], totalVariance: [0.15, 0.09, 0.05, 0.05] };
    const report = checkArbitrageSync([slice(pointSmile(shape, { extrapolation: 'flat' }), 1)]);
    const atKink = report.violations.find(({ kind, fromLogMoneyness, toLogMoneyness }) => kind === 'butterfly' && fromLogMoneyness <= -0.499 && toLogMoneyness >= -0.501)!;
    expect(atKink.witness).not.toBe('derivatives');
    expect(atKink.size).toBeGreaterThan(10); // a density of minus infinity, as seen between three nodes
    const straight = checkArbitrageSync([slice(pointSmile(shape), 1)]);
    expect(straight.violations.filter(({ fromLogMoneyness, toLogMoneyness }) => fromLogMoneyness <= -0.499 && toLogMoneyness >= -0.501)).toEqual([]);
  });

  it('does not take a convex kink for arbitrage', () => {
    const kink: SviSmile = raw([0.04, 0.02, 0, 0.03, 1e-9]); // |k - 0.03|, all but
    expect(sviButterfly(kink).isButterflyFree).toBe(true);
    expect(checkArbitrageSync([slice(kink, 1)]).isArbitrageFree).toBe(true);
  });

  it('finds a dip of the density narrower than its grid', () => {
    const narrow: SviSmile = raw([0.0399, 0.02, 0.999, -0.3, 0.0005]);
    const exact = sviButterfly(narrow);
    expect(checkArbitrageSync([slice(narrow, 1)]).isArbitrageFree).toBe(exact.isButterflyFree);
  });

  it('engine.md 14, defect 4, and Lee: a wing slope between 2 and 4 is arbitrage', () => {
    const report = checkArbitrageSync([slice(raw([0.5, 1.5, 0.5, 0, 1]), 1)]); // slopes 0.75 and 2.25
    expect(report.worst.wing).toMatchObject({ logMoneyness: Infinity });
    expect(report.worst.wing!.size).toBeCloseTo(0.25, 8);
    expect(report.counts.wing).toBe(1);
  });

  it('engine.md 14, defect 4, and iv.md 6: compares at equal log-moneyness, not at equal strikes, when forwards differ', () => {
    const near = raw([0.01, 0.1, -0.9, 0, 0.1]);
    const same = [{ ...slice(near, 1), forward: 100 }, { ...slice(near, 2), forward: 120 }];
    expect(checkArbitrageSync(same).isArbitrageFree).toBe(true); // at equal strikes the later one has less total variance
    const shifted: SviSmile = { ...near, m: -Math.log(1.2) }; // equal at equal strikes
    expect(checkArbitrageSync([same[0], { ...same[1], smile: shifted }]).counts.calendar).toBe(1);
  });

  it('tells what a slice does from what lies between and beyond slices', () => {
    const vogt = raw(reference.slices[0].raw_a_b_rho_m_sigma);
    const scaled: SviSmile = { ...vogt, a: vogt.a / 2, b: vogt.b / 2 };
    const report = checkArbitrageSync([slice(scaled, 0.5), slice(vogt, 1)], { between: 1 });
    expect(report.violations.filter(({ kind }) => kind === 'butterfly').map(({ expiryYears, isInterpolated }) => [expiryYears, isInterpolated])).toEqual([[0.5, false], [0.75, true], [1, false]]);
    const steepening = ivSurface([slice(raw([0.3, 0.4, 0.5, 0, 0.5]), 1), slice(raw([0.7, 1, 0.5, 0, 0.6]), 2)]); // right slopes 0.6 and 1.5
    expect(checkArbitrageSync(steepening).isArbitrageFree).toBe(true);
    const beyond = checkArbitrageSync(steepening, { extraExpiryYears: [3] }); // 2.4
    expect(beyond.worst.wing).toMatchObject({ expiryYears: 3, isInterpolated: true, logMoneyness: Infinity });
  });

  it('finds none between butterfly-free slices in calendar order whose prices are mixed (Gatheral and Jacquier, Lemma 5.1)', () => {
    const random = randomStream(9, 'pairs');
    let pairs = 0;
    for (let i = 0; i < 40; i++) {
      const [b, rho, m, sigma] = [0.05 + 0.3 * random.uniform(), random.uniform() - 0.8, 0.2 * random.normal(), 0.1 + 0.3 * random.uniform()];
      const near = raw([0.02, b, rho, m, sigma]);
      const far = raw([0.03 + 0.1 * random.uniform(), b * (1 + random.uniform()), rho, m, sigma * (1 + random.uniform())]);
      if (!sviButterfly(near).isButterflyFree || !sviButterfly(far).isButterflyFree) continue;
      pairs++;
      expect(checkArbitrageSync(ivSurface([slice(near, 1), slice(far, 2)], { interpolation: 'price' })).violations).toEqual([]);
    }
    expect(pairs).toBeGreaterThan(15);
  });

  it('finds no arbitrage in price splines, which have none', () => {
    const smile = (kernelVariance: number) => priceSplineSmile({ kernelVariance, moneyness: Float64Array.of(0.8, 1, 1.2), probability: Float64Array.of(0.25, 0.5, 0.25) });
    expect(checkArbitrageSync([slice(smile(0.004), 0.2), slice(smile(0.01), 0.5)]).isArbitrageFree).toBe(true);
    expect(checkArbitrageSync([slice(smile(0.01), 0.2), slice(smile(0.004), 0.5)]).counts.calendar).toBe(1);
  });

  it('does not judge where a smile has no value, and counts it', () => {
    const short = pointSmile({ logMoneyness: [-0.2, 0, 0.2], totalVariance: [0.05, 0.04, 0.05] }, { extrapolation: 'none' });
    const report = checkArbitrageSync([slice(short, 1)]);
    expect(report.undefinedNodes).toBeGreaterThan(100);
    expect(report.counts['negative-variance']).toBe(0);
  });

  it('prints itself', () => {
    const report = checkArbitrageSync([slice(raw(reference.slices[0].raw_a_b_rho_m_sigma), 1)]);
    const text = (report as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]();
    expect(text).toContain('1 butterfly');
    expect(text).toContain('0.03286');
    expect(structuredClone(report)).toEqual(report);
  });

  it('runs as a task with progress and stops at a signal', async () => {
    const slices = TIMES.map((t) => indexSlice(t));
    const phases = new Set<string>();
    const report = await drive(checkArbitrageTask(slices), { onProgress: ({ phase }) => phases.add(phase) });
    expect(report).toEqual(checkArbitrageSync(slices));
    expect([...phases]).toEqual(['smiles', 'calendar']);
    await expect(drive(checkArbitrageTask(slices), { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it.each([
    ['no slices', [], {}, 'ERR_SHAPE'],
    ['a slip', [indexSlice(1)], { tolerance: 1 }, 'ERR_UNKNOWN_NAME'],
    ['0 standard deviations', [indexSlice(1)], { standardDeviations: 0 }, 'ERR_DOMAIN'],
    ['a range of one number', [indexSlice(1)], { logMoneynessRange: [1] }, 'ERR_DOMAIN'],
    ['a range upside down', [indexSlice(1)], { logMoneynessRange: [1, -1] }, 'ERR_DOMAIN'],
    ['a time of 0', [indexSlice(1)], { extraExpiryYears: [0] }, 'ERR_DOMAIN'],
  ] as const)('refuses %s', (_, slices, options, code) => {
    expect(() => checkArbitrageSync(slices, options as never)).toThrow(expect.objectContaining({ code }));
  });
});
