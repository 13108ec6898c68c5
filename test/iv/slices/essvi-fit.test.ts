import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { randomStream } from '../../../src/core/random.ts';
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { chainToSmiles } from '../../../src/iv/quotes/chain-to-smiles.ts';
import { essviButterflyMargins, essviCalendarMargins, essviFromWings, leftSlope, rightSlope } from '../../../src/iv/slices/essvi-conditions.ts';
import { fitEssvi, type EssviFit } from '../../../src/iv/slices/essvi-fit.ts';
import { essviTotalVariance, type EssviSlice } from '../../../src/iv/slices/essvi.ts';
import { isSviButterflyFree } from '../../../src/iv/slices/svi-butterfly.ts';
import { sviCalendar } from '../../../src/iv/slices/svi-calendar.ts';
import { syntheticSurfacesSync } from '../../../src/iv/synthetic/surfaces.ts';
import { spxChain } from '../spx-chain.ts';
import { quotesOf } from './smile-quotes.ts';

const truth = syntheticSurfacesSync({ seed: 4 }).days[0].slices;
const exact = truth.map(({ expiryYears, slice }) => quotesOf({ expiryYears, slice }));

function expectArbitrageFree(fit: EssviFit): void {
  const slices = fit.slices.filter((slice) => slice.slice !== null).sort((a, b) => a.expiryYears - b.expiryYears);
  slices.forEach(({ slice, smile }, i) => {
    expect(essviButterflyMargins(slice!).isArbitrageFree).toBe(true);
    expect(isSviButterflyFree(smile!)).toBe(true);
    if (i === 0) return;
    expect(essviCalendarMargins(slices[i - 1].slice!, slice!).isArbitrageFree).toBe(true);
    expect(sviCalendar(slices[i - 1].smile!, smile!).isCalendarFree).toBe(true);
  });
}

// Half the sum of squared spread-weighted residuals of slices in place of the fitted ones.
function costOf(quotes: readonly SmileQuotes[], slices: readonly EssviSlice[], halfSpread: number): number {
  let sum = 0;
  quotes.forEach(({ logMoneyness, midVol, expiryYears }, s) => {
    logMoneyness.forEach((k, i) => {
      const residual = (Math.sqrt(essviTotalVariance(slices[s], k) / expiryYears) - midVol[i]) / halfSpread;
      sum += (residual * residual) / 2;
    });
  });
  return sum;
}

describe('fitEssvi', () => {
  it('finds the slices that exact quotes come from', () => {
    const fit = fitEssvi(exact);
    expect(fit.converged).toBe(true);
    fit.slices.forEach(({ slice, status, insideShare }, i) => {
      expect(status).toBe('ok');
      expect(insideShare).toBe(1);
      for (const key of ['theta', 'rho', 'psi'] as const) expect(Math.abs(slice![key] / truth[i].slice[key] - 1)).toBeLessThan(1e-7); // the margin kept from the conditions
    });
    expectArbitrageFree(fit);
  });

  it('is free of arbitrage whatever the quotes say, by checks on SVI that share no code with it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.double({ min: 0.0001, max: 0.05, noNaN: true }), (seed, noise) => {
        const random = randomStream(seed, 'quotes');
        const quotes = Array.from({ length: 2 + random.integer(8) }, (_, i) => {
          const expiryYears = 0.02 + i * 0.1 + 0.05 * random.uniform();
          const vol = 0.1 + 0.4 * random.uniform(); // total variance falls in time as often as it rises
          const slice = { theta: vol * vol * expiryYears, rho: 1.8 * random.uniform() - 0.9, psi: 2 * random.uniform() * vol * Math.sqrt(expiryYears) };
          return quotesOf({ expiryYears, slice, count: 20, error: () => Math.max(noise * random.normal(), -0.04) });
        });
        const fit = fitEssvi(quotes);
        expect(fit.slices.every((slice) => slice.status === 'ok')).toBe(true);
        expect(fit.converged).toBe(true);
        expectArbitrageFree(fit);
      }),
      { numRuns: 40 },
    );
  });

  it('is at the optimum: no slices near by that are free of arbitrage fit better', () => {
    const random = randomStream(8, 'optimum');
    const halfSpread = 0.002;
    // The second expiry asks for less total variance than the first and a flatter right wing.
    const slices = [{ theta: 0.01, rho: -0.4, psi: 0.12 }, { theta: 0.0095, rho: -0.8, psi: 0.13 }, { theta: 0.02, rho: -0.6, psi: 0.2 }];
    const quotes = slices.map((slice, i) => quotesOf({ expiryYears: 0.25 * (i + 1), slice, halfSpread }));
    const fit = fitEssvi(quotes, { tolerance: 1e-9 });
    expectArbitrageFree(fit);
    expect(fit.cost).toBeCloseTo(costOf(quotes, fit.slices.map(({ slice }) => slice!), halfSpread), 6);
    expect(fit.cost).toBeGreaterThan(100 * (fit.unconstrainedCost + 1)); // the conditions bind
    let tried = 0;
    for (let i = 0; i < 4000; i++) {
      const size = [1e-2, 1e-3, 1e-4, 1e-5][i % 4];
      const moved = fit.slices.map(({ slice }) => essviFromWings(slice!.theta * Math.exp(size * random.normal()), leftSlope(slice!) * Math.exp(size * random.normal()), rightSlope(slice!) * Math.exp(size * random.normal())));
      const isFree = moved.every((slice, j) => essviButterflyMargins(slice).isArbitrageFree && (j === 0 || essviCalendarMargins(moved[j - 1], slice).isArbitrageFree));
      if (!isFree) continue;
      tried++;
      // 1e-6: the share of theta and of the slopes that the fit keeps from the conditions.
      expect(costOf(quotes, moved, halfSpread)).toBeGreaterThan(fit.cost * (1 - 1e-6));
    }
    expect(tried).toBeGreaterThan(100);
  });

  it('scales sparse expiries with time from their neighbours (engine.md 14 defect 4: a sparse slice reused another maturity\'s total variance)', () => {
    const quotes = exact.slice();
    quotes[3] = quotesOf({ ...truth[3], count: 2 });
    quotes[5] = quotesOf({ ...truth[5], count: 0 });
    const nan = quotesOf(truth[8]);
    quotes[8] = { ...nan, midVol: nan.midVol.map(() => NaN) };
    const fit = fitEssvi(quotes);
    expect(fit.slices.map((slice) => slice.status)).toEqual(['ok', 'ok', 'ok', 'level', 'ok', 'interpolated', 'ok', 'ok', 'interpolated']);
    expectArbitrageFree(fit);
    const vol = (i: number): number => Math.sqrt(fit.slices[i].slice!.theta / fit.slices[i].expiryYears);
    const trueVol = (i: number): number => Math.sqrt(truth[i].slice.theta / truth[i].expiryYears);
    expect(vol(3)).toBeCloseTo(trueVol(3), 2); // two quotes four standard deviations out, its shape its neighbours'
    expect(vol(5)).toBeCloseTo(trueVol(5), 2);
    expect(vol(8)).toBeCloseTo(trueVol(8), 1); // beyond the last quoted expiry
    for (const i of [3, 5, 8]) expect(fit.slices[i].slice!.theta).toBeGreaterThan(fit.slices[i - 1].slice!.theta);
    expect(fit.slices[5].rmseVol).toBeNull();
  });

  it('takes the level of an expiry from a single quote', () => {
    const quotes = exact.slice();
    const single = quotesOf({ ...truth[4], count: 1, error: () => 0.01 });
    quotes[4] = single;
    const { status, slice } = fitEssvi(quotes).slices[4];
    expect(status).toBe('level');
    expect(Math.sqrt(slice!.theta / single.expiryYears)).toBeCloseTo(single.midVol[0], 3);
  });

  it('gives statuses, never throws, for expiries that make no sense, twice the same or out of order', () => {
    const order = [4, 0, 2, 1, 3];
    const bad = [{ ...exact[0], expiryYears: 0 }, { ...exact[0], expiryYears: -1 }, { ...exact[0], expiryYears: NaN }, { ...exact[0], expiryYears: Infinity }, quotesOf({ ...truth[2], count: 9 })];
    const fit = fitEssvi([...order.map((i) => exact[i]), ...bad]);
    expect(fit.slices.map((slice) => slice.status)).toEqual([...order.map(() => 'ok'), 'bad-expiry', 'bad-expiry', 'bad-expiry', 'bad-expiry', 'duplicate-expiry']);
    order.forEach((i, place) => expect(fit.slices[place].slice!.theta).toBeCloseTo(truth[i].slice.theta, 7));
    for (const slice of fit.slices.slice(5)) expect(slice.smile).toBeNull();
  });

  it('skips quotes that are not numbers, not positive or beyond all reason', () => {
    const { midVol, ...rest } = exact[2];
    const spoiled = midVol.slice();
    spoiled.set([NaN, 0, -0.2, Infinity, 1e200, 1e-200], 3);
    const fit = fitEssvi([exact[1], { ...rest, midVol: spoiled }, exact[3]]);
    expect(fit.slices[1].usedQuotes).toBe(34);
    expect(fit.slices[1].slice!.theta).toBeCloseTo(truth[2].slice.theta, 8);
  });

  it('says that there is nothing to fit', () => {
    for (const quotes of [[], [quotesOf({ ...truth[0], count: 4 })]]) {
      const fit = fitEssvi(quotes);
      expect([fit.reason, fit.converged, fit.slices.map((slice) => slice.status)]).toEqual(['no-quotes', false, quotes.map(() => 'no-shape')]);
    }
  });

  it('fits the level, or flat smiles, or one straight wing without failing', () => {
    const flat = fitEssvi([quotesOf({ expiryYears: 1, slice: { theta: 0.04, rho: 0, psi: 0 } })]);
    expect(flat.slices[0].slice!.theta).toBeCloseTo(0.04, 6);
    expect(flat.slices[0].rmseVol).toBeLessThan(1e-4);
    const { logMoneyness, ...rest } = exact[4];
    const left = fitEssvi([{ ...rest, logMoneyness: logMoneyness.map((k) => Math.min(k, 0) - 0.01) }]);
    expect(left.slices[0].status).toBe('ok');
    expectArbitrageFree(left);
  });

  it('weighs quotes as told', () => {
    const quotes = exact.slice(3, 5).map((slice, s) => (s === 0 ? { ...slice, midVol: slice.midVol.map((vol, i) => vol + (i < 10 ? 0.05 : 0)) } : slice));
    const ignoring = fitEssvi(quotes, { weights: quotes.map((slice) => slice.midVol.map((_, i) => (i < 10 ? 0 : 1))) });
    expect(ignoring.slices[0].usedQuotes).toBe(30);
    expect(ignoring.slices[0].slice!.psi).toBeCloseTo(truth[3].slice.psi, 6);
    const byVega = fitEssvi(quotes, { weights: 'vega' }).slices[0].slice!;
    const uniform = fitEssvi(quotes, { weights: 'uniform' }).slices[0].slice!;
    expect(Math.abs(byVega.theta - truth[3].slice.theta)).toBeLessThan(Math.abs(uniform.theta - truth[3].slice.theta)); // vega is at the money
  });

  it('has the same bits every time and passes the codec', () => {
    const fit = fitEssvi(exact);
    expect(fitEssvi(exact)).toEqual(fit);
    expect(fromPlain(toPlain(fit))).toEqual({ ...fit });
    expect(structuredClone(fit)).toEqual({ ...fit });
    expect(Object.isFrozen(fit) && Object.isFrozen(fit.slices[0])).toBe(true);
  });

  it('throws for columns of different lengths and options out of range', () => {
    expect(() => fitEssvi([{ ...exact[0], midVol: new Float64Array(3) }])).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => fitEssvi(exact, { weights: [[1]] })).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => fitEssvi(exact, { weights: 'spreads' as never })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitEssvi(exact, { minQuotes: 2 })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitEssvi(exact, { iterations: 2 } as never)).toThrowError(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('the SPX chain of 2026-01-30', () => {
  const { smiles } = chainToSmiles(spxChain(), { filter: { tradedSince: '2026-01-30' } });

  it('is fitted by all its expiries without arbitrage, at 1 % of the cost above slices on their own', () => {
    expect(smiles.length).toBeGreaterThan(40);
    const fit = fitEssvi(smiles);
    expect(fit.converged).toBe(true);
    expect(fit.slices.every((slice) => slice.smile !== null)).toBe(true);
    expectArbitrageFree(fit);
    expect(fit.cost / fit.unconstrainedCost).toBeLessThan(1.02);
    expect(fit.cost / fit.unconstrainedCost).toBeGreaterThan(1); // else the conditions would not have mattered
    const used = fit.slices.reduce((sum, slice) => sum + slice.usedQuotes, 0);
    const inside = fit.slices.reduce((sum, slice) => sum + (slice.insideShare ?? 0) * slice.usedQuotes, 0) / used;
    expect(inside).toBeGreaterThan(0.3);
  });
});
