import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { levenbergMarquardt } from '../../../src/core/levenberg-marquardt.ts';
import { randomStream } from '../../../src/core/random.ts';
import { ssviButterflyMargins, ssviCalendarMargins } from '../../../src/iv/slices/ssvi-conditions.ts';
import { fitSsvi } from '../../../src/iv/slices/ssvi-fit.ts';
import { ssviSlice, ssviSurface, type SsviPhi, type SsviSurface } from '../../../src/iv/slices/ssvi.ts';
import { isSviButterflyFree } from '../../../src/iv/slices/svi-butterfly.ts';
import { sviCalendar } from '../../../src/iv/slices/svi-calendar.ts';
import { thetaCurve } from '../../../src/iv/slices/theta-curve.ts';
import { quotesOf } from './smile-quotes.ts';

const EXPIRIES = [0.05, 0.1, 0.25, 0.5, 1, 2];
const curve = thetaCurve({ expiryYears: EXPIRIES, theta: EXPIRIES.map((years) => 0.05 * years - 0.005 * Math.expm1(-3 * years)) });
const surfaceOf = (rho: number, phi: SsviPhi): SsviSurface => ssviSurface({ rho, phi, theta: curve });
const quotesFrom = (surface: SsviSurface, error?: (i: number) => number) => EXPIRIES.map((expiryYears) => quotesOf({ expiryYears, slice: ssviSlice(surface, expiryYears), error }));

describe('fitSsvi', () => {
  it.each([
    { rho: -0.65, phi: { kind: 'power-law', eta: 1.3, gamma: 0.4 } },
    { rho: -0.5, phi: { kind: 'bounded-power-law', eta: 1.6, gamma: 0.45 } },
    { rho: 0.3, phi: { kind: 'power-law', eta: 0.8, gamma: 0.2 } },
    { rho: -0.7, phi: { kind: 'heston-like', lambda: 3 } },
  ] as const)('finds the surface that exact quotes come from: $phi.kind, rho $rho', ({ rho, phi }) => {
    const fit = fitSsvi(quotesFrom(surfaceOf(rho, phi)), { phi: phi.kind });
    expect(fit.converged).toBe(true);
    expect(fit.surface!.rho).toBeCloseTo(rho, 6);
    for (const [key, value] of Object.entries(phi)) if (typeof value === 'number') expect(fit.surface!.phi[key as never]).toBeCloseTo(value, 5);
    fit.surface!.theta.theta.forEach((theta, i) => expect(Math.abs(theta / curve.theta[i] - 1)).toBeLessThan(1e-7));
    for (const slice of fit.slices) expect([slice.status, slice.insideShare]).toEqual(['ok', 1]);
  });

  it('is free of arbitrage whatever the quotes say', () => {
    for (let seed = 0; seed < 12; seed++) {
      const random = randomStream(seed, 'ssvi');
      const phi = (['power-law', 'bounded-power-law', 'heston-like'] as const)[seed % 3];
      const quotes = EXPIRIES.map((expiryYears) => {
        const vol = 0.1 + 0.4 * random.uniform();
        const slice = { theta: vol * vol * expiryYears, rho: 1.8 * random.uniform() - 0.9, psi: 3 * random.uniform() * vol * Math.sqrt(expiryYears) };
        return quotesOf({ expiryYears, slice, count: 15 });
      });
      const { surface, slices } = fitSsvi(quotes, { phi });
      slices.forEach(({ smile }, i) => {
        expect(isSviButterflyFree(smile!)).toBe(true);
        expect(ssviButterflyMargins(surface!, surface!.theta.theta[i]).isArbitrageFree).toBe(true);
        expect(ssviCalendarMargins(surface!, surface!.theta.theta[i]).isArbitrageFree).toBe(true);
        if (i > 0) expect(sviCalendar(slices[i - 1].smile!, smile!).minimumDifference).toBeGreaterThan(-1e-15);
      });
      for (const years of [0.001, 0.02, 0.07, 0.3, 1.5]) expect(ssviButterflyMargins(surface!, ssviSlice(surface!, years).theta).isArbitrageFree).toBe(true);
    }
  });

  it.each(['power-law', 'bounded-power-law'] as const)('stops at the exact butterfly bound where quotes ask for more curvature: %s', (phi) => {
    const quotes = EXPIRIES.map((expiryYears, i) => quotesOf({ expiryYears, slice: { theta: curve.theta[i], rho: -0.4, psi: 5 * Math.sqrt(curve.theta[i]) }, count: 25 }));
    const { surface, slices } = fitSsvi(quotes, { phi });
    const margins = surface!.theta.theta.map((theta) => ssviButterflyMargins(surface!, theta).density / theta);
    expect(Math.min(...margins)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...margins)).toBeLessThan(1e-3); // at the bound, not before it
    for (const { smile } of slices) expect(isSviButterflyFree(smile!)).toBe(true);
  });

  it('pools at-the-money variances that fall in time and fits the shape again', () => {
    const surface = surfaceOf(-0.6, { kind: 'power-law', eta: 1.2, gamma: 0.4 });
    const quotes = quotesFrom(surface);
    quotes[3] = quotesOf({ expiryYears: 0.5, slice: { ...ssviSlice(surface, 0.5), theta: 0.5 * ssviSlice(surface, 0.25).theta } });
    const { theta } = fitSsvi(quotes).surface!.theta;
    expect(theta[3] / theta[2] - 1).toBeLessThan(1e-8);
    expect(theta[3]).toBeGreaterThan(theta[2]);
    expect(theta[2]).toBeLessThan(curve.theta[2]);
  });

  it('keeps the best thetas for its rho and phi: variable projection ends where moving one theta is worse', () => {
    const random = randomStream(1, 'noise');
    const quotes = quotesFrom(surfaceOf(-0.6, { kind: 'power-law', eta: 1.2, gamma: 0.4 }), () => 0.003 * random.normal());
    const { surface, cost } = fitSsvi(quotes);
    const costAt = (moved: SsviSurface): number => quotes.reduce((total, { expiryYears, logMoneyness, midVol }) => {
      const slice = ssviSlice(moved, expiryYears);
      return total + logMoneyness.reduce((sum, k, i) => {
        const y = slice.psi * k;
        const w = (slice.theta + slice.rho * y + Math.sqrt((y + slice.rho * slice.theta) ** 2 + (1 - slice.rho ** 2) * slice.theta ** 2)) / 2;
        return sum + ((Math.sqrt(w / expiryYears) - midVol[i]) / 0.002) ** 2 / 2;
      }, 0);
    }, 0);
    expect(costAt(surface!)).toBeCloseTo(cost, 6);
    for (const share of [0.999, 1.001]) {
      for (let i = 0; i < EXPIRIES.length; i++) {
        const theta = thetaCurve({ expiryYears: EXPIRIES, theta: surface!.theta.theta.map((value, j) => (i === j ? value * share : value)) });
        expect(costAt({ ...surface!, theta })).toBeGreaterThan(cost);
      }
      expect(costAt({ ...surface!, rho: surface!.rho * share })).toBeGreaterThan(cost);
      const phi = surface!.phi as { kind: 'power-law'; eta: number; gamma: number };
      expect(costAt({ ...surface!, phi: { ...phi, eta: phi.eta * share } })).toBeGreaterThan(cost);
      expect(costAt({ ...surface!, phi: { ...phi, gamma: phi.gamma * share } })).toBeGreaterThan(cost);
    }
  });

  it('gives every expiry a status: sparse ones keep their level, empty ones lie on the curve', () => {
    const surface = surfaceOf(-0.6, { kind: 'power-law', eta: 1.2, gamma: 0.4 });
    const quotes = quotesFrom(surface);
    quotes[1] = quotesOf({ expiryYears: 0.1, slice: ssviSlice(surface, 0.1), count: 1 });
    quotes[3] = quotesOf({ expiryYears: 0.5, slice: ssviSlice(surface, 0.5), count: 0 });
    quotes.push({ ...quotes[0], expiryYears: -1 }, quotes[0]);
    const fit = fitSsvi(quotes);
    expect(fit.slices.map((slice) => slice.status)).toEqual(['ok', 'level', 'ok', 'interpolated', 'ok', 'ok', 'bad-expiry', 'duplicate-expiry']);
    expect(fit.slices[1].slice!.theta).toBeCloseTo(curve.theta[1], 9);
    expect(Math.abs(fit.slices[3].slice!.theta / curve.theta[3] - 1)).toBeLessThan(0.02);
    const none = fitSsvi([quotesOf({ expiryYears: 1, slice: ssviSlice(surface, 1), count: 3 })]);
    expect([none.surface, none.reason, none.slices[0].status]).toEqual([null, 'no-quotes', 'no-shape']);
  });

  it('takes another solver, has the same bits every time and passes the codec', () => {
    const quotes = quotesFrom(surfaceOf(-0.6, { kind: 'power-law', eta: 1.2, gamma: 0.4 }));
    let calls = 0;
    const fit = fitSsvi(quotes, { solver: (system, options) => levenbergMarquardt(system, { ...options, maxIterations: 50 + 0 * calls++ }) });
    expect(calls).toBe(1);
    expect(fitSsvi(quotes).surface).toEqual(fit.surface);
    expect(fromPlain(toPlain(fit))).toEqual({ ...fit });
  });

  it('throws for options out of range', () => {
    expect(() => fitSsvi([], { phi: 'linear' as never })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitSsvi([], { maxIteration: 3 } as never)).toThrowError(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(fitSsvi([]).reason).toBe('no-quotes');
  });
});
