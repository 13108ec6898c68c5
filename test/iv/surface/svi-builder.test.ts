import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { mlLevenbergMarquardt } from '../../../src/core/least-squares.ts';
import { randomStream } from '../../../src/core/random.ts';
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { chainToSmiles } from '../../../src/iv/quotes/chain-to-smiles.ts';
import { sviSmile, sviTotalVariance } from '../../../src/iv/slices/svi.ts';
import type { SviSmile } from '../../../src/iv/slices/svi.ts';
import { checkArbitrage, checkArbitrageSync } from '../../../src/iv/surface/check-arbitrage.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { restoreIvSurface } from '../../../src/iv/surface/restore-surface.ts';
import { surfaceDiagnostics, surfaceDiagnosticsSync } from '../../../src/iv/surface/surface-diagnostics.ts';
import { surfaceVol } from '../../../src/iv/surface/surface-vol.ts';
import { buildSviSurface, buildSviSurfaceSync } from '../../../src/iv/surface/svi-builder.ts';
import { spxChain } from '../spx-chain.ts';

const STRIKES = Array.from({ length: 21 }, (_, i) => -0.5 + 0.05 * i);

/** Quotes of a smile with a spread of one volatility point, optionally with noise. */
function quotesOf(expiryYears: number, totalVariance: (k: number) => number, strikes: readonly number[] = STRIKES, noise: (i: number) => number = () => 0): SmileQuotes {
  const midVol = Float64Array.from(strikes, (k, i) => Math.sqrt(totalVariance(k) / expiryYears) + noise(i));
  return { expiryYears, forward: 100 + expiryYears, discount: Math.exp(-0.03 * expiryYears), logMoneyness: Float64Array.from(strikes), midVol, bidVol: midVol.map((v) => v - 0.005), askVol: midVol.map((v) => v + 0.005) };
}

/** A family without static arbitrage: an SVI smile that scales with time. */
const smileAt = (expiryYears: number): SviSmile => sviSmile({ a: 0.01 * expiryYears, b: 0.12 * expiryYears, rho: -0.5, m: 0.02, sigma: 0.25 });
const cleanQuotes = (expiryYears: number, strikes?: readonly number[]): SmileQuotes => quotesOf(expiryYears, (k) => sviTotalVariance(smileAt(expiryYears), k), strikes);

describe('a surface of SVI slices', () => {
  it('finds the parameters of noise-free slices to 1e-6 (defect: refits of noise-free SVI were 15 to 45 bp off)', () => {
    const built = buildSviSurfaceSync([0.1, 0.5, 2].map((years) => cleanQuotes(years)));
    expect(built.status).toBe('ok');
    built.slices.forEach(({ smile, rmseVol, expiryYears, insideShare }) => {
      expect(rmseVol).toBeLessThan(1e-8);
      expect(insideShare).toBe(1);
      for (const name of ['a', 'b', 'rho', 'm', 'sigma'] as const) expect(smile?.[name]).toBeCloseTo(smileAt(expiryYears)[name], 6);
    });
  });

  it('repairs quotes that cross in time at equal log-moneyness (defect: calendars were compared at fixed strikes)', () => {
    // The later smile is lower in the left wing only; forwards differ, so that equal strikes are not equal log-moneyness.
    const far = sviSmile({ a: 0.02, b: 0.05, rho: 0.4, m: 0, sigma: 0.2 });
    const quotes = [quotesOf(0.25, (k) => sviTotalVariance(sviSmile({ a: 0.005, b: 0.09, rho: -0.6, m: 0, sigma: 0.15 }), k)), quotesOf(0.3, (k) => sviTotalVariance(far, k))];
    const alone = quotes.map((one) => buildSviSurfaceSync([one]).surface!.slices[0]);
    expect(checkArbitrageSync(alone, { between: 0 }).counts.calendar).toBeGreaterThan(0);
    const built = buildSviSurfaceSync(quotes);
    expect(built.slices.map(({ constraint }) => constraint)).toEqual(['inactive', 'active']);
    expect(checkArbitrageSync(built.surface!)).toMatchObject({ isArbitrageFree: true });
  });

  it("keeps Vogt's butterfly out (defect: only the wings were checked, and against 4 instead of 2)", () => {
    const vogt = sviSmile({ a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 });
    const quotes = quotesOf(1, (k) => sviTotalVariance(vogt, k), Array.from({ length: 61 }, (_, i) => -1.5 + 0.05 * i));
    const built = buildSviSurfaceSync([quotes]);
    expect(built.slices[0]).toMatchObject({ constraint: 'active' });
    expect(checkArbitrageSync(built.surface!)).toMatchObject({ isArbitrageFree: true });
    expect(built.slices[0].rmseVol).toBeLessThan(0.01);
  });

  it("leaves a sparse expiry to total variance that scales with time (defect: it got another expiry's total variance)", () => {
    const sparse = cleanQuotes(0.5, [-0.1, 0, 0.1]);
    const { surface, slices, status } = buildSviSurfaceSync([cleanQuotes(0.25), sparse, cleanQuotes(1)], { interpolation: 'variance' });
    expect(status).toBe('partial');
    expect(slices[1]).toMatchObject({ status: 'too-few-quotes', smile: null, usedQuotes: 3, rmseVol: null });
    for (const k of [-0.3, 0, 0.2]) {
      const found = surfaceVol(surface!, { expiryYears: 0.5, logMoneyness: k });
      expect(found.totalVariance).toBeCloseTo(sviTotalVariance(smileAt(0.5), k), 7);
    }
  });

  it('takes expiries in any order, and of two at one time the one with more quotes', () => {
    const [first, second] = [cleanQuotes(0.25), cleanQuotes(1)];
    const doubled = cleanQuotes(1, STRIKES.slice(0, 9));
    const { slices, surface } = buildSviSurfaceSync([second, doubled, first]);
    expect(slices.map(({ status }) => status)).toEqual(['ok', 'ok', 'duplicate-expiry']);
    expect(surface?.slices.map(({ expiryYears }) => expiryYears)).toEqual([0.25, 1]);
    expect(surface).toEqual(buildSviSurfaceSync([first, second]).surface);
  });

  it('never has static arbitrage, whatever the quotes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0, max: 0.05, noNaN: true }), (seed, size) => {
        const random = randomStream(seed, 'quotes');
        const quotes = [0.02, 0.1, 0.4, 0.5, 1.5].map((years) => quotesOf(years, (k) => sviTotalVariance(smileAt(years), k), STRIKES, () => size * random.normal()));
        const usable = quotes.map((one) => ({ ...one, midVol: one.midVol.map((vol) => Math.max(vol, 0.01)) }));
        const { surface } = buildSviSurfaceSync(usable);
        expect(checkArbitrageSync(surface!, { between: 1 }).violations).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('hostile quotes give statuses: nothing is thrown, nothing hangs, what is left has no arbitrage', () => {
    const value = fc.oneof(fc.constantFrom(NaN, Infinity, -Infinity, 0, -1, 1e-300, 1e300), fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: 0.05, max: 0.8, noNaN: true }));
    const column = fc.array(value, { minLength: 8, maxLength: 8 }).map((values) => Float64Array.from(values));
    const expiry = fc.record({ expiryYears: fc.oneof(fc.constantFrom(NaN, 0, -1, Infinity), fc.double({ min: 0.001, max: 5, noNaN: true })), forward: fc.constantFrom(100, NaN, -5, 0), discount: fc.constantFrom(0.99, NaN, 0), logMoneyness: column, midVol: column, bidVol: column, askVol: column });
    fc.assert(
      fc.property(fc.array(expiry, { maxLength: 4 }), (quotes) => {
        const { surface, slices } = buildSviSurfaceSync(quotes, { maxIterations: 30 });
        expect(slices).toHaveLength(quotes.length);
        expect(slices.filter(({ smile }) => smile !== null)).toHaveLength(surface?.slices.length ?? 0);
        if (surface !== null) expect(checkArbitrageSync(surface, { between: 0 }).violations).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(buildSviSurfaceSync([])).toMatchObject({ status: 'empty', surface: null, slices: [] });
  });

  it('keeps the order of time whatever stands among the expiries', () => {
    const good = [0.1, 0.3, 0.5, 1, 2, 3].map((years) => cleanQuotes(years));
    const wild = [NaN, NaN, -1, Infinity].map((expiryYears, i) => ({ ...quotesOf(1, (k) => sviTotalVariance(smileAt(1), k), STRIKES.slice(0, 20 - i)), expiryYears }));
    const expected = buildSviSurfaceSync(good).surface;
    fc.assert(
      fc.property(fc.shuffledSubarray([...good, ...wild], { minLength: 10, maxLength: 10 }), (quotes) => {
        const built = buildSviSurfaceSync(quotes);
        expect(built.surface).toEqual(expected);
        expect(built.slices.slice(6).map(({ status }) => status)).toEqual(['bad-expiry', 'bad-expiry', 'bad-expiry', 'bad-expiry']);
      }),
      { numRuns: 20 },
    );
  });

  it('runs as a task: the same result, progress per expiry, an end by a signal', async () => {
    const quotes = [0.1, 0.5, 2].map((years) => cleanQuotes(years));
    const seen: number[] = [];
    const built = await buildSviSurface(quotes, { onProgress: ({ done, total }) => seen.push(done / total) });
    expect(built).toEqual(buildSviSurfaceSync(quotes));
    expect(seen[0]).toBe(0);
    await expect(buildSviSurface(quotes, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });

  it("takes the library's solver and finds the same slices", () => {
    const quotes = [cleanQuotes(0.25), cleanQuotes(1)];
    const [ours, theirs] = [buildSviSurfaceSync(quotes), buildSviSurfaceSync(quotes, { solver: mlLevenbergMarquardt })];
    ours.slices.forEach(({ smile }, i) => STRIKES.forEach((k) => expect(sviTotalVariance(theirs.slices[i].smile!, k)).toBeCloseTo(sviTotalVariance(smile!, k), 5)));
  });

  it('an expiry too short for numbers, or without a forward, has its status', () => {
    const odd = [{ ...cleanQuotes(1), expiryYears: 1e-300 }, { ...cleanQuotes(1), forward: NaN }, { ...cleanQuotes(2), discount: 0 }];
    expect(buildSviSurfaceSync(odd).slices.map(({ status, smile }) => [status, smile])).toEqual([['bad-expiry', null], ['bad-forward', null], ['bad-forward', null]]);
  });

  it('refuses options that are not there or out of range', () => {
    const bad = (options: object): void => expect(() => buildSviSurfaceSync([cleanQuotes(1)], options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    bad({ lossScale: 0 });
    bad({ minQuotes: 4 });
    bad({ weights: 'none' });
    bad({ interpolation: 'linear' });
    expect(() => buildSviSurfaceSync([cleanQuotes(1)], { arbitrage: 'none' } as object)).toThrow(/arbitrage/);
    expect(() => buildSviSurfaceSync(null as never)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('the SPX chain of 2026-01-30', () => {
  const { smiles } = chainToSmiles(spxChain(), { filter: { tradedSince: '2026-01-30' } });
  const built = buildSviSurfaceSync(smiles);
  const surface = built.surface!;

  it('becomes a surface with every expiry, at least 45 % of the traded quotes inside bid and ask', () => {
    expect(smiles.length).toBeGreaterThanOrEqual(45);
    expect(built.status).toBe('ok');
    expect(surface.slices).toHaveLength(smiles.length);
    expect(surfaceDiagnosticsSync(surface, smiles, { arbitrage: { between: 0 } }).overall.insideShare).toBeGreaterThan(0.45);
  });

  it('converges at every expiry, by spread and by vega with a forgiving loss', () => {
    const byVega = buildSviSurfaceSync(smiles, { weights: 'vega', lossScale: 0.001 });
    for (const { slices } of [built, byVega]) expect(slices.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(surfaceDiagnosticsSync(byVega.surface!, smiles, { arbitrage: { between: 0 } }).overall.insideShare).toBeGreaterThan(0.67);
  });

  it('has no butterfly, calendar, vertical or wing violation to ten standard deviations, at expiries and between them', () => {
    const report = checkArbitrageSync(surface, { standardDeviations: 10 });
    expect(report.violations).toEqual([]);
    expect(report.interpolatedCount).toBe(3 * (smiles.length - 1));
  });

  it('is much the same whichever filter chose the quotes', () => {
    const within24Hours = chainToSmiles(spxChain()).smiles;
    expect(within24Hours.length).toBe(smiles.length);
    const other = buildSviSurfaceSync(within24Hours).surface!;
    expect(surfaceDiagnosticsSync(other, within24Hours, { arbitrage: { between: 0 } }).overall.insideShare).toBeGreaterThan(0.45);
    for (const { expiryYears } of other.slices.filter((_, i) => i % 10 === 5)) {
      expect(surfaceVol(other, { expiryYears, logMoneyness: 0 }).annualizedVol).toBeCloseTo(surfaceVol(surface, { expiryYears, logMoneyness: 0 }).annualizedVol, 2);
    }
  });

  it('stays with its quotes at every scale of the loss: no slice is lifted far off and takes the later ones with it', () => {
    for (const lossScale of [2, 5, Infinity]) {
      const diagnostics = surfaceDiagnosticsSync(buildSviSurfaceSync(smiles, { lossScale }).surface!, smiles, { arbitrage: { between: 0 } });
      expect(diagnostics.overall.insideShare).toBeGreaterThan(0.3);
      expect(Math.max(...diagnostics.expiries.map(({ rmseVol }) => rmseVol))).toBeLessThan(0.05);
    }
  });

  it('is judged without blocking: the same reports, and an end by a signal', async () => {
    const few = ivSurface(surface.slices.slice(0, 6));
    const quotes = smiles.slice(0, 6);
    expect(await checkArbitrage(few)).toEqual(checkArbitrageSync(few));
    expect(await surfaceDiagnostics(few, quotes)).toEqual(surfaceDiagnosticsSync(few, quotes));
    const stopped = { signal: AbortSignal.abort(new Error('stop')) };
    await expect(checkArbitrage(few, stopped)).rejects.toThrow('stop');
    await expect(surfaceDiagnostics(few, quotes, stopped)).rejects.toThrow('stop');
  });

  it('passes the plain codec unchanged, and prints itself', () => {
    expect(restoreIvSurface(fromPlain(JSON.parse(JSON.stringify(toPlain(surface)))))).toEqual(surface);
    expect(inspect(built)).toContain(`${smiles.length} of ${smiles.length} expiries`);
  });
});
