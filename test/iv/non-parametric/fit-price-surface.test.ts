import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { randomStream } from '../../../src/core/random.ts';
import { fitPriceSurface, fitPriceSurfaceSync, fitPriceSurfaceTask } from '../../../src/iv/non-parametric/fit-price-surface.ts';
import type { PriceSliceFit, PriceSurfaceFit } from '../../../src/iv/non-parametric/fit-price-surface.ts';
import { priceSplineCalendarGap } from '../../../src/iv/non-parametric/price-spline-calendar.ts';
import { requirePriceSpline, uncheckedPriceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';
import type { PriceSplineSmile } from '../../../src/iv/non-parametric/price-spline.ts';
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { chainToSmiles } from '../../../src/iv/quotes/chain-to-smiles.ts';
import { spxChain } from '../spx-chain.ts';
import { countArbitrage, outOfTheMoney } from './static-arbitrage.ts';

const CLEAN = { butterfly: 0, calendar: 0, bounds: 0 };

/** Total variance as a function, in order of expiry. */
function variances(fit: PriceSurfaceFit): ((k: number) => number)[] {
  const out = new Float64Array(3);
  return fit.slices.filter((slice) => slice.smile !== null).sort((a, b) => a.expiryYears - b.expiryYears).map(({ smile }) => (k: number) => {
    uncheckedPriceSplineSmile(smile!, k, out);
    return out[0];
  });
}

function smilesOf(fit: PriceSurfaceFit): PriceSplineSmile[] {
  return fit.slices.filter((slice) => slice.smile !== null).sort((a, b) => a.expiryYears - b.expiryYears).map((slice) => slice.smile!);
}

/** Quotes from vols with half a spread on each side. */
function quotes(expiryYears: number, logMoneyness: readonly number[], midVol: readonly number[], half = 0.002): SmileQuotes {
  return {
    expiryYears, forward: 100, discount: 0.99, logMoneyness: Float64Array.from(logMoneyness), midVol: Float64Array.from(midVol),
    bidVol: Float64Array.from(midVol, (vol) => vol - half), askVol: Float64Array.from(midVol, (vol) => vol + half),
  };
}

const grid = (from: number, to: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

describe('non-parametric surface', () => {
  it('puts at least 80 % of the traded SPX quotes inside bid and ask with no violation to 10 deviations (the SVI baseline has 42 %)', () => {
    const { smiles } = chainToSmiles(spxChain(), { filter: { tradedSince: '2026-01-30' } });
    expect(smiles.length).toBeGreaterThanOrEqual(45);
    const fit = fitPriceSurfaceSync(smiles);
    expect(fit.slices.reduce((sum, slice) => sum + slice.usedQuotes, 0)).toBeGreaterThanOrEqual(5296);
    expect(fit.slices.map((slice) => slice.status)).toEqual(smiles.map(() => 'ok'));
    expect(fit.insideShare).toBeGreaterThan(0.995); // measured 0.998
    for (const slice of fit.slices) expect(slice.insideShare).toBeGreaterThan(0.95);
    expect(countArbitrage(variances(fit), 10, 150)).toEqual(CLEAN);
    // The proof behind the count: ordered splines of ordered kernels, one after the other.
    const ordered = smilesOf(fit);
    for (let i = 0; i < ordered.length; i++) {
      expect(() => requirePriceSpline('test', ordered[i])).not.toThrow();
      if (i > 0) expect(priceSplineCalendarGap(ordered[i - 1], ordered[i])).toBeGreaterThanOrEqual(0);
    }
    // What the fit says about itself is so.
    let inside = 0;
    fit.slices.forEach((slice, i) => {
      slice.modelVol.forEach((vol, q) => {
        if (!(vol > smiles[i].askVol[q]) && !(vol < smiles[i].bidVol[q])) inside++;
      });
    });
    expect(inside / fit.slices.reduce((sum, slice) => sum + slice.usedQuotes, 0)).toBeCloseTo(fit.insideShare!, 12);
  }, 60_000);

  it('fits the ragged SX5E surface of Andreasen and Huge within 16 bp and 1.1 bp on average, and a finer kernel within 14 bp and 1 bp (QuantLib allows 15 and 3.5)', () => {
    const { rows } = JSON.parse(readFileSync(new URL('../fixtures/sx5e_20100301.json', import.meta.url), 'utf8')) as { rows: [number, number, number][] };
    expect(rows.length).toBe(155);
    const missing = (n: number) => new Float64Array(n).fill(NaN);
    const smiles = [...new Set(rows.map(([years]) => years))].map((expiryYears): SmileQuotes => {
      const own = rows.filter(([years]) => years === expiryYears);
      return { expiryYears, forward: 1, discount: 1, logMoneyness: Float64Array.from(own, (r) => Math.log(r[1])), midVol: Float64Array.from(own, (r) => r[2]), bidVol: missing(own.length), askVol: missing(own.length) };
    });
    for (const [kernelShare, largest, average] of [[0.15, 0.0016, 0.00011], [0.12, 0.0014, 0.0001]]) {
      const fit = fitPriceSurfaceSync(smiles, { kernelShare });
      const errors = fit.slices.flatMap((slice, i) => Array.from(slice.modelVol, (vol, q) => Math.abs(vol - smiles[i].midVol[q])));
      expect(errors.length).toBe(155);
      expect(Math.max(...errors)).toBeLessThan(largest);
      expect(errors.reduce((a, b) => a + b, 0) / 155).toBeLessThan(average);
      expect(countArbitrage(variances(fit))).toEqual(CLEAN);
      for (const slice of fit.slices) expect(slice.insideShare).toBeNull(); // no bids, no asks
    }
  });

  it('finds what an arbitrage-free market quotes: Black with one volatility comes back to 1 bp between and 10 bp beyond the quotes', () => {
    const places = grid(-0.5, 0.4, 31);
    const fit = fitPriceSurfaceSync([0.5, 1].map((years) => quotes(years, places, places.map(() => 0.2), 1e-4)));
    for (const slice of fit.slices) {
      expect(slice.insideShare).toBe(1);
      const out = new Float64Array(3);
      for (const k of grid(-0.5, 0.4, 200)) {
        uncheckedPriceSplineSmile(slice.smile!, k, out);
        expect(Math.abs(Math.sqrt(out[0] / slice.expiryYears) - 0.2)).toBeLessThan(1.5e-4);
      }
    }
    expect(countArbitrage(variances(fit))).toEqual(CLEAN);
  });

  it('cleans mids with butterfly arbitrage: a spike of 3 vols at one strike', () => {
    const places = grid(-0.3, 0.3, 25);
    const mids = places.map((k, i) => 0.2 - 0.1 * k + (i === 12 ? 0.03 : 0));
    const given = quotes(0.5, places, mids);
    const own = (k: number): number => {
      const i = Math.min(23, Math.max(0, Math.floor((k + 0.3) / 0.025)));
      const share = (k - places[i]) / 0.025;
      return 0.5 * (mids[i] * (1 - share) + mids[i + 1] * share) ** 2;
    };
    expect(countArbitrage([own], 2).butterfly).toBeGreaterThan(0);
    const fit = fitPriceSurfaceSync([given]);
    expect(fit.slices[0].status).toBe('ok');
    expect(countArbitrage(variances(fit))).toEqual(CLEAN);
    expect(fit.slices[0].insideShare).toBeCloseTo(24 / 25, 12); // the spike alone is left outside
    expect(fit.slices[0].worstExcess).toBeGreaterThan(5);
  });

  it('cleans mids with calendar arbitrage: a later expiry with less total variance', () => {
    const places = grid(-0.4, 0.3, 21);
    const fit = fitPriceSurfaceSync([quotes(0.25, places, places.map((k) => 0.4 - 0.2 * k), 0.02), quotes(0.5, places, places.map((k) => 0.27 - 0.2 * k), 0.02)]);
    expect(fit.slices.map((slice) => slice.status)).toEqual(['ok', 'ok']);
    expect(countArbitrage(variances(fit))).toEqual(CLEAN);
    expect(fit.insideShare).toBeLessThan(1);
    expect(fit.slices[0].insideShare! + fit.slices[1].insideShare!).toBeGreaterThan(0.5);
  });

  it('compares expiries at equal log-moneyness, not equal strikes: forwards of 100 and 200 with the same smile are no conflict', () => {
    const places = grid(-0.4, 0.3, 21);
    const near = quotes(0.5, places, places.map(() => 0.25));
    const fit = fitPriceSurfaceSync([near, { ...quotes(0.6, places, places.map(() => 0.25)), forward: 200 }]);
    expect(fit.insideShare).toBe(1);
  });

  it('never has arbitrage, whatever the quotes say', () => {
    const places = fc.array(fc.double({ min: -0.8, max: 0.6, noNaN: true }), { minLength: 3, maxLength: 25 });
    const slice = fc.tuple(fc.double({ min: 0.01, max: 3, noNaN: true }), places, fc.integer({ min: 0, max: 1e9 }), fc.double({ min: 0, max: 0.5, noNaN: true }), fc.double({ min: 0.0001, max: 0.05, noNaN: true }));
    fc.assert(fc.property(fc.array(slice, { minLength: 1, maxLength: 4 }), (slices) => {
      const given = slices.map(([years, where, seed, noise, half]) => {
        const random = randomStream(seed, 'noise');
        return quotes(years, where, where.map((k) => Math.max(0.02, 0.3 - 0.2 * k + 0.2 * k * k + noise * random.normal())), half);
      });
      const fit = fitPriceSurfaceSync(given);
      for (const one of fit.slices) if (one.smile !== null) requirePriceSpline('test', one.smile);
      const ordered = smilesOf(fit);
      for (let i = 1; i < ordered.length; i++) expect(priceSplineCalendarGap(ordered[i - 1], ordered[i])).toBeGreaterThanOrEqual(-1e-14);
      expect(countArbitrage(variances(fit), 10, 100)).toEqual(CLEAN);
    }), { numRuns: 25 });
  }, 60_000);

  it('keeps prices of the deep wings to their digits: the put at -10 deviations is convex and above 0', () => {
    const places = grid(-0.25, 0.15, 21);
    const fit = fitPriceSurfaceSync([quotes(0.02, places, places.map((k) => 0.2 - 0.5 * k))]);
    const [variance] = variances(fit);
    const price = outOfTheMoney(-0.28, variance(-0.28));
    expect(price).toBeGreaterThan(0);
    expect(price).toBeLessThan(1e-3);
  });

  describe('quotes that say little', () => {
    const places = grid(-0.3, 0.3, 13);
    const sound = quotes(0.5, places, places.map((k) => 0.22 - 0.1 * k));
    const solo = (one: SmileQuotes): PriceSliceFit => fitPriceSurfaceSync([one]).slices[0];

    it('too few quotes give a status, no smile, and do not disturb the others', () => {
      const few = quotes(0.3, [0, 0.1], [0.2, 0.2]);
      const fit = fitPriceSurfaceSync([few, sound]);
      expect(fit.slices[0]).toMatchObject({ status: 'too-few-quotes', smile: null, usedQuotes: 2, iterations: 0 });
      expect(Array.from(fit.slices[0].modelVol)).toEqual([NaN, NaN]);
      expect(fit.slices[1].smile).toEqual(solo(sound).smile);
      expect(solo(quotes(1, [], [])).status).toBe('too-few-quotes');
    });

    it.each([0, -1, NaN, Infinity])('an expiry of %s years is a bad one', (expiryYears) => {
      expect(solo({ ...sound, expiryYears })).toMatchObject({ status: 'bad-expiry', smile: null });
    });

    it('a total volatility above 4 or below 1e-4 at the money is a bad level', () => {
      const wild = (scale: number): SmileQuotes => quotes(0.5, scale < 1 ? places.map((k) => k * scale) : places, places.map((k) => scale * (0.22 - 0.1 * k)));
      for (const scale of [30, 1e-5]) expect(solo(wild(scale))).toMatchObject({ status: 'bad-level', smile: null, rmseVol: null });
    });

    it('NaN bids are open below, NaN asks open above', () => {
      const noBids = solo({ ...sound, bidVol: sound.bidVol.map(() => NaN) });
      expect(noBids).toMatchObject({ status: 'ok', usedQuotes: 13, insideShare: 1 });
      const noAsks = solo({ ...sound, askVol: sound.askVol.map(() => NaN) });
      expect(noAsks).toMatchObject({ status: 'ok', usedQuotes: 13, insideShare: 1 });
    });

    it('NaN mids are the middle of bid and ask where both are there', () => {
      const fit = solo({ ...sound, midVol: sound.midVol.map(() => NaN) });
      expect(fit).toMatchObject({ status: 'ok', usedQuotes: 13, insideShare: 1 });
      expect(fit.rmseVol).toBeNull();
    });

    it('a quote with only an ask bounds without pulling: the smile stays where the others put it', () => {
      const extra: SmileQuotes = {
        ...sound, logMoneyness: Float64Array.from([...places, 0.01]), midVol: Float64Array.from([...sound.midVol, NaN]),
        bidVol: Float64Array.from([...sound.bidVol, NaN]), askVol: Float64Array.from([...sound.askVol, 0.9]),
      };
      const fit = solo(extra);
      expect(fit.usedQuotes).toBe(14);
      expect(fit.modelVol[13]).toBeCloseTo(0.219, 2);
    });

    it('crossed, negative, zero, infinite and misplaced quotes are left out, their row NaN', () => {
      const k = [...places, 0, 0.05, 0.1, -0.1, 0.15, NaN, 1e9];
      const mid = [...sound.midVol, 0.2, -1, 0, Infinity, 1e6, 0.2, 0.2];
      const bid = [...sound.bidVol, 0.25, -1, 0, Infinity, 1e6, 0.2, 0.2];
      const ask = [...sound.askVol, 0.15, -1, 0, Infinity, 1e6, 0.2, 0.2];
      const fit = solo({ ...sound, logMoneyness: Float64Array.from(k), midVol: Float64Array.from(mid), bidVol: Float64Array.from(bid), askVol: Float64Array.from(ask) });
      expect(fit).toMatchObject({ status: 'ok', usedQuotes: 13, insideShare: 1 });
      expect(Array.from(fit.modelVol.subarray(13))).toEqual(new Array(7).fill(NaN));
      expect(fit.smile).toEqual(solo(sound).smile);
    });

    it('unsorted and duplicate quotes are no matter', () => {
      const order = [...places.keys()].sort((a, b) => Math.sin(a) - Math.sin(b));
      const pick = (column: Float64Array): Float64Array => Float64Array.from(order, (i) => column[i]);
      const shuffled = solo({ ...sound, logMoneyness: pick(sound.logMoneyness), midVol: pick(sound.midVol), bidVol: pick(sound.bidVol), askVol: pick(sound.askVol) });
      const straight = solo(sound);
      expect(shuffled.smile).toEqual(straight.smile);
      expect(Array.from(shuffled.modelVol)).toEqual(order.map((i) => straight.modelVol[i]));
      const twice = (column: Float64Array): Float64Array => Float64Array.from([...column, ...column]);
      const doubled = solo({ ...sound, logMoneyness: twice(sound.logMoneyness), midVol: twice(sound.midVol), bidVol: twice(sound.bidVol), askVol: twice(sound.askVol) });
      expect(doubled).toMatchObject({ status: 'ok', usedQuotes: 26, insideShare: 1 });
    });

    it('all quotes at one strike still make a smile', () => {
      const fit = solo(quotes(0.5, [0.1, 0.1, 0.1], [0.2, 0.2, 0.2]));
      expect(fit.status).toBe('ok');
      expect(fit.modelVol[0]).toBeCloseTo(0.2, 2);
    });

    it('two settlements of one day, jointly inconsistent, stay free of arbitrage and near their quotes', () => {
      const fit = fitPriceSurfaceSync([quotes(0.1, places, places.map((k) => 0.203 - 0.1 * k)), quotes(0.1008, places, places.map((k) => 0.2 - 0.1 * k)), quotes(0.1, places, places.map((k) => 0.2 - 0.1 * k))]);
      expect(countArbitrage(variances(fit))).toEqual(CLEAN);
      for (const slice of fit.slices) expect(slice.rmseVol).toBeLessThan(0.004);
    });

    it('columns of different lengths and unknown or foolish options throw', () => {
      expect(() => fitPriceSurfaceSync([{ ...sound, midVol: Float64Array.of(1) }])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
      expect(() => fitPriceSurfaceSync([sound], { smoothness: 1 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
      expect(() => fitPriceSurfaceSync([sound], { kernelShare: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
      expect(() => fitPriceSurfaceSync([sound], { roughnessWeight: -1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
      expect(() => fitPriceSurfaceSync(7 as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
      expect(() => fitPriceSurfaceSync([null as never])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
      expect(() => fitPriceSurfaceSync([{ expiryYears: 1 } as never])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    });

    it('no expiries give no slices', () => {
      expect(fitPriceSurfaceSync([]).slices).toEqual([]);
    });
  });

  describe('as a task', () => {
    const places = grid(-0.3, 0.3, 13);
    const given = [1, 0.5, 0.25].map((years) => quotes(years, places, places.map((k) => 0.22 - 0.1 * k)));

    it('gives the same bits driven, in one go and again, in the order given', async () => {
      const sync = fitPriceSurfaceSync(given);
      expect(await fitPriceSurface(given)).toEqual(sync);
      expect(fitPriceSurfaceSync(given)).toEqual(sync);
      expect(sync.slices.map((slice) => slice.expiryYears)).toEqual([1, 0.5, 0.25]);
    });

    it('reports progress per expiry and stops when told', async () => {
      const steps: number[] = [];
      for (const step of fitPriceSurfaceTask(given)) steps.push(step.done / step.total);
      expect(steps).toEqual([0, 1 / 3, 2 / 3, 1]);
      const controller = new AbortController();
      controller.abort(new Error('enough'));
      await expect(fitPriceSurface(given, { signal: controller.signal })).rejects.toThrow('enough');
    });

    it('leaves the quotes as they are, is frozen, and passes through structured clone and the plain codec', () => {
      const before = structuredClone(given);
      const fit = fitPriceSurfaceSync(given);
      expect(given).toEqual(before);
      expect(Object.isFrozen(fit) && Object.isFrozen(fit.slices) && Object.isFrozen(fit.slices[0]) && Object.isFrozen(fit.slices[0].smile)).toBe(true);
      expect(structuredClone(fit)).toEqual(fit);
      expect(fromPlain(toPlain(fit))).toEqual(fit);
    });
  });
});
