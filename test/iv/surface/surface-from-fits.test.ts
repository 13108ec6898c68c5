import { describe, expect, it } from 'vitest';
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { fitPriceSurfaceSync } from '../../../src/iv/non-parametric/fit-price-surface.ts';
import { fitEssvi } from '../../../src/iv/slices/essvi-fit.ts';
import { fitSabr } from '../../../src/iv/slices/sabr-fit.ts';
import { fitSsvi } from '../../../src/iv/slices/ssvi-fit.ts';
import { sviSmile } from '../../../src/iv/slices/svi.ts';
import { surfaceFromFits } from '../../../src/iv/surface/surface-from-fits.ts';
import type { FittedSlice } from '../../../src/iv/surface/surface-from-fits.ts';
import { surfaceVol } from '../../../src/iv/surface/surface-vol.ts';

const logMoneyness = Float64Array.from({ length: 15 }, (_, i) => -0.35 + 0.05 * i);

function quotesAt(expiryYears: number): SmileQuotes {
  const midVol = logMoneyness.map((k) => 0.2 - 0.1 * k + 0.3 * k * k);
  return { expiryYears, forward: 100 * (1 + 0.02 * expiryYears), discount: 1 - 0.03 * expiryYears, logMoneyness, midVol, bidVol: midVol.map((vol) => vol - 0.002), askVol: midVol.map((vol) => vol + 0.002) };
}

const empty: SmileQuotes = { ...quotesAt(0.75), logMoneyness: new Float64Array(0), midVol: new Float64Array(0), bidVol: new Float64Array(0), askVol: new Float64Array(0) };
const quotes = [quotesAt(1), empty, quotesAt(0.5)];

describe('a surface of fits', () => {
  const fits: Record<string, readonly FittedSlice[]> = {
    fitSabr: quotes.map((one) => fitSabr(one)),
    fitPriceSurface: fitPriceSurfaceSync(quotes).slices,
    fitSsvi: fitSsvi(quotes).slices,
    fitEssvi: fitEssvi(quotes).slices,
  };
  it.each(Object.entries(fits))('has the expiries, forwards and discounts of the smiles of %s', (name, slices) => {
    const surface = surfaceFromFits(slices, { interpolation: 'price', spot: 99 })!;
    // What an expiry without quotes lacks comes from its neighbours in the fits of all expiries together.
    const expiries = name.startsWith('fitE') || name.startsWith('fitSs') ? [0.5, 0.75, 1] : [0.5, 1];
    expect(surface.slices.map(({ expiryYears }) => expiryYears)).toEqual(expiries);
    expect(surface.slices[0]).toMatchObject({ forward: 101, discount: 0.985 });
    expect([surface.interpolation, surface.spot]).toEqual(['price', 99]);
    expect(surfaceVol(surface, { expiryYears: 1, logMoneyness: 0 }).annualizedVol).toBeCloseTo(0.2, 2);
  });

  it('leaves out what has no smile or had to break its bounds; of nothing there is none', () => {
    const smile = sviSmile({ a: 0.01, b: 0.1, rho: -0.5, m: 0, sigma: 0.2 });
    const slice = { forward: 100, discount: 1 };
    const found = surfaceFromFits([{ ...slice, status: 'ok', expiryYears: 1, smile }, { ...slice, status: 'infeasible', expiryYears: 2, smile }, { ...slice, status: 'too-few-quotes', expiryYears: 3, smile: null }]);
    expect(found!.slices.map(({ expiryYears }) => expiryYears)).toEqual([1]);
    expect(surfaceFromFits([{ ...slice, status: 'too-few-quotes', expiryYears: 3, smile: null }])).toBeNull();
    expect(surfaceFromFits([])).toBeNull();
  });

  it('refuses two smiles of one expiry and what is no list', () => {
    const smile = sviSmile({ a: 0.01, b: 0.1, rho: -0.5, m: 0, sigma: 0.2 });
    const slice = { status: 'ok', expiryYears: 1, forward: 100, discount: 1, smile };
    expect(() => surfaceFromFits([slice, slice])).toThrowError(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    expect(() => surfaceFromFits(null as unknown as FittedSlice[])).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
