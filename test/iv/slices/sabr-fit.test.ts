import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { mlLevenbergMarquardt } from '../../../src/core/least-squares.ts';
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { fitSabr } from '../../../src/iv/slices/sabr-fit.ts';
import { sabrSmile, sabrVol, type SabrSmile } from '../../../src/iv/slices/sabr.ts';

function quotesOf(smile: SabrSmile, reach: number, halfSpread = NaN): SmileQuotes {
  const logMoneyness = Float64Array.from({ length: 31 }, (_, i) => -reach + (2 * reach * i) / 30);
  const midVol = logMoneyness.map((k) => sabrVol(smile, k));
  return { expiryYears: smile.expiryYears, forward: smile.forward, discount: 1, logMoneyness, midVol, bidVol: midVol.map((v) => v - halfSpread), askVol: midVol.map((v) => v + halfSpread) };
}

describe('SABR fits', () => {
  it('recover noise-free parameters for any beta and both formulas', () => {
    const parameters = fc.record({
      formula: fc.constantFrom<SabrSmile['formula']>('obloj', 'hagan'),
      level: fc.double({ min: 0.1, max: 0.5, noNaN: true }),
      beta: fc.constantFrom(0, 0.3, 0.5, 1),
      rho: fc.double({ min: -0.8, max: 0.6, noNaN: true }),
      scaledNu: fc.double({ min: 0.2, max: 0.8, noNaN: true }),
      expiryYears: fc.double({ min: 0.05, max: 2, noNaN: true }),
    });
    fc.assert(
      fc.property(parameters, ({ formula, level, beta, rho, scaledNu, expiryYears }) => {
        const root = Math.sqrt(expiryYears);
        const smile = sabrSmile({ formula, beta, rho, expiryYears, alpha: level * Math.exp((1 - beta) * Math.log(5000)), nu: scaledNu / root, forward: 5000 });
        const fit = fitSabr(quotesOf(smile, 1.5 * level * root), { beta, formula });
        expect(fit.status).toBe('ok');
        expect(fit.rmseVol!).toBeLessThan(1e-8);
        expect(Math.abs(fit.smile!.alpha / smile.alpha - 1)).toBeLessThan(1e-5);
        expect(Math.abs(fit.smile!.rho - smile.rho)).toBeLessThan(1e-4);
        expect(Math.abs(fit.smile!.nu / smile.nu - 1)).toBeLessThan(1e-4);
      }),
      { numRuns: 50, seed: 11 },
    );
  });

  const smile = sabrSmile({ alpha: 0.25, beta: 1, rho: -0.6, nu: 1.2, forward: 5000, expiryYears: 0.3 });

  it('come to the same with the library as solver, and count quotes inside bid and ask', () => {
    const ours = fitSabr(quotesOf(smile, 0.3, 0.001));
    const theirs = fitSabr(quotesOf(smile, 0.3, 0.001), { solver: mlLevenbergMarquardt });
    expect(theirs.smile!.rho).toBeCloseTo(ours.smile!.rho, 4);
    expect(ours.insideShare).toBe(1);
    expect(fitSabr(quotesOf(smile, 0.3)).insideShare).toBeNull();
  });

  it('have a status for what cannot be fitted, and never throw for quotes', () => {
    const quotes = quotesOf(smile, 0.3);
    const few = { ...quotes, logMoneyness: quotes.logMoneyness.slice(0, 2), midVol: quotes.midVol.slice(0, 2), bidVol: quotes.bidVol.slice(0, 2), askVol: quotes.askVol.slice(0, 2) };
    expect(fitSabr(few)).toMatchObject({ status: 'too-few-quotes', smile: null, usedQuotes: 2 });
    expect(fitSabr({ ...quotes, expiryYears: 0 })).toMatchObject({ status: 'bad-expiry', smile: null });
    expect(fitSabr({ ...quotes, forward: NaN })).toMatchObject({ status: 'bad-forward', smile: null });
    const column = fc.array(fc.oneof(fc.double(), fc.double({ min: -0.5, max: 1, noNaN: true })), { minLength: 8, maxLength: 8 }).map((values) => Float64Array.from(values));
    fc.assert(
      fc.property(column, column, column, column, (logMoneyness, midVol, bidVol, askVol) => {
        const fit = fitSabr({ ...quotes, logMoneyness, midVol, bidVol, askVol }, { beta: 0.5 });
        if (fit.smile !== null) for (const value of [fit.smile.alpha, fit.smile.rho, fit.smile.nu, fit.rmseVol!]) expect(Number.isFinite(value)).toBe(true);
      }),
    );
  });

  it('are plain data and throw for mistakes of the caller', () => {
    const fit = fitSabr(quotesOf(smile, 0.3));
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(fit))))).toEqual(fit);
    const domain = expect.objectContaining({ code: 'ERR_DOMAIN' });
    expect(() => fitSabr(quotesOf(smile, 0.3), { beta: 2 })).toThrow(domain);
    expect(() => fitSabr(quotesOf(smile, 0.3), { formula: 'x' as 'hagan' })).toThrow(domain);
    expect(() => fitSabr(quotesOf(smile, 0.3), { alpha: 1 } as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(() => fitSabr({ ...quotesOf(smile, 0.3), midVol: new Float64Array(2) })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
