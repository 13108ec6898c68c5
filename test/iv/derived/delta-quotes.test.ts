import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalCdf } from '../../../src/core/special-functions.ts';
import { blackPrice } from '../../../src/iv/black/price.ts';
import { deltaQuotes, strikeFromDelta } from '../../../src/iv/derived/delta-quotes.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { smileTotalVariance } from '../../../src/iv/smile.ts';
import { surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { DELTA_CONVENTIONS } from '../../../src/iv/surface/delta.ts';
import type { DeltaConvention } from '../../../src/iv/surface/delta.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import type { SurfaceSlice } from '../../../src/iv/surface/iv-surface.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';
import { derivedSlices } from './reference.ts';

describe('deltaQuotes', () => {
  it('has the reference 10 and 25 delta strikes, volatilities, risk reversals and butterflies, every row, to 1e-12', () => {
    let rows = 0;
    for (const { T, raw_a_b_rho_m_sigma: parameters, forwardDelta } of derivedSlices) {
      if (forwardDelta === undefined) continue;
      const { status, quotes, atmVol, atmStrike } = deltaQuotes(slice(raw(parameters), T));
      expect(status).toBe('ok');
      for (const quote of quotes) {
        const expected = forwardDelta[quote.delta === 0.1 ? '10' : '25'];
        const close = (got: number, want: number): void => expect(Math.abs(got - want)).toBeLessThan(1e-12); // asked for: 1e-10
        close(Math.log(quote.callStrike / 100), expected.kCall);
        close(Math.log(quote.putStrike / 100), expected.kPut);
        close(quote.callVol, expected.volCall);
        close(quote.putVol, expected.volPut);
        close(quote.riskReversal, expected.RR);
        close(quote.butterfly, expected.BF_vs_DNS);
        close(atmVol, expected.volDNS);
        close(Math.log(atmStrike / 100), expected.kDNS);
        rows++;
      }
    }
    expect(rows).toBe(8);
  });

  it('is zero for a flat smile in every convention and for both strangles', () => {
    for (const convention of DELTA_CONVENTIONS) {
      for (const strangle of ['smile', 'market'] as const) {
        for (const atm of ['forward', 'delta-neutral'] as const) {
          const { quotes, atmVol } = deltaQuotes({ ...slice(raw([0.02, 0, 0, 0, 1]), 0.5), discount: 0.98 }, { convention, strangle, atm, spot: 101 });
          expect(atmVol).toBeCloseTo(0.2, 15);
          for (const { status, riskReversal, butterfly } of quotes) {
            expect(status).toBe('ok');
            expect(Math.abs(riskReversal)).toBeLessThan(1e-15);
            expect(Math.abs(butterfly)).toBeLessThan(1e-12);
          }
        }
      }
    }
  });

  it('prices the market strangle like the smile: one volatility, the same money (pitfall: market against smile strangle)', () => {
    const index: SurfaceSlice = indexSlice(0.5);
    const { quotes, atmVol } = deltaQuotes(index, { strangle: 'market' });
    for (const { delta, strangleVol, butterfly } of quotes) {
      expect(butterfly).toBe(strangleVol - atmVol);
      const totalVol = strangleVol * Math.sqrt(0.5);
      let [atOneVol, onSmile] = [0, 0];
      for (const type of ['call', 'put'] as const) {
        // Strike with this delta at the one volatility: d1 = +-Phi^-1(delta).
        let [low, high] = [-3, 3];
        for (let i = 0; i < 200; i++) {
          const k = (low + high) / 2;
          const d1 = -k / totalVol + totalVol / 2;
          const size = type === 'call' ? normalCdf(d1) : normalCdf(-d1);
          if ((size > delta) === (type === 'call')) low = k;
          else high = k;
        }
        const option = { type, forward: index.forward, strike: index.forward * Math.exp(low), expiryYears: 0.5 };
        atOneVol += blackPrice({ ...option, annualizedVol: strangleVol });
        onSmile += blackPrice({ ...option, annualizedVol: Math.sqrt(smileTotalVariance(index.smile, low) / 0.5) });
      }
      expect(Math.abs(atOneVol / onSmile - 1)).toBeLessThan(1e-11);
    }
    const smile = deltaQuotes(index).quotes;
    expect(Math.abs(quotes[0].strangleVol - smile[0].strangleVol)).toBeGreaterThan(1e-4); // a skewed smile: the two are not the same
    expect(Math.abs(quotes[0].strangleVol - smile[0].strangleVol)).toBeLessThan(0.02);
  });

  it('sets the butterfly against the money of the convention', () => {
    const index = indexSlice(0.5);
    const { quotes: [forward], atmStrike } = deltaQuotes(index, { deltas: [0.25], atm: 'forward' });
    const { quotes: [neutral], atmVol } = deltaQuotes(index, { deltas: [0.25] });
    expect(atmStrike).toBe(index.forward);
    expect(neutral.butterfly).toBeCloseTo((neutral.callVol + neutral.putVol) / 2 - atmVol, 15);
    expect(forward.butterfly - neutral.butterfly).toBeCloseTo(atmVol - Math.sqrt(smileTotalVariance(index.smile, 0) / 0.5), 14);
    // Premium-adjusted: the straddle without delta is below the forward.
    expect(deltaQuotes(index, { convention: 'forward-premium-adjusted' }).atmStrike).toBeLessThan(index.forward);
    expect(deltaQuotes(index).atmStrike).toBeGreaterThan(index.forward);
  });

  it('has a status where there is no number: a delta beyond the smile, no time, no variance', () => {
    const short = pointSmile({ logMoneyness: [-0.1, 0, 0.1], totalVariance: [0.04, 0.04, 0.04] }, { extrapolation: 'none' });
    const { status, quotes } = deltaQuotes(slice(short, 1), { deltas: [0.05, 0.45] });
    expect(status).toBe('ok');
    expect(quotes[0]).toMatchObject({ status: 'no-solution', riskReversal: NaN, butterfly: NaN, strangleVol: NaN });
    expect(quotes[1].status).toBe('ok');
    const surface = ivSurface([indexSlice(0.25), indexSlice(1)], { extrapolation: 'none' });
    expect(deltaQuotes(surfaceSmile(surface, 2))).toMatchObject({ status: 'outside-expiries', atmVol: NaN, atmStrike: NaN });
    expect(deltaQuotes(surfaceSmile(surface, 2)).quotes[0].status).toBe('outside-expiries');
    expect(deltaQuotes(slice(raw([-0.05, 0.1, 0, 0, 0.1]), 1))).toMatchObject({ status: 'negative-variance' });
    const beyond = deltaQuotes(surfaceSmile(ivSurface(surface.slices), 2));
    expect(beyond.quotes[0]).toMatchObject({ status: 'after-last-expiry', delta: 0.1 });
    expect(beyond.quotes[0].riskReversal).toBeLessThan(0);
  });

  it.each([
    ['a delta of 0', { deltas: [0] }, 'ERR_DOMAIN'],
    ['a delta of 25', { deltas: [25] }, 'ERR_DOMAIN'],
    ['deltas that are no array', { deltas: 0.25 }, 'ERR_SHAPE'],
    ['an unknown convention', { convention: 'simple' }, 'ERR_DOMAIN'],
    ['an unknown strangle', { strangle: 'broker' }, 'ERR_DOMAIN'],
    ['a spot convention without a spot', { convention: 'spot' }, 'ERR_DOMAIN'],
    ['an unknown option', { delta: 0.25 }, 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_, options, code) => {
    expect(() => deltaQuotes(indexSlice(1), options as never)).toThrow(expect.objectContaining({ code }));
  });
});

describe('strikeFromDelta', () => {
  it('gives the strike whose delta by the definition is the one asked for', () => {
    const index = indexSlice(0.5);
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.45, noNaN: true }), fc.constantFrom('call' as const, 'put' as const), fc.constantFrom<DeltaConvention>(...DELTA_CONVENTIONS), (delta, type, convention) => {
        const spot = 99;
        const { status, strike, annualizedVol, logMoneyness } = strikeFromDelta(index, { delta, type, convention, spot });
        expect(status).toBe('ok');
        expect(Math.log(strike / index.forward)).toBeCloseTo(logMoneyness, 13);
        const s = annualizedVol * Math.sqrt(0.5);
        const d1 = -logMoneyness / s + s / 2;
        const sign = type === 'call' ? 1 : -1;
        const base = convention.endsWith('adjusted') ? Math.exp(logMoneyness) * normalCdf(sign * (d1 - s)) : normalCdf(sign * d1);
        expect(base * (convention.startsWith('spot') ? (index.discount * index.forward) / spot : 1)).toBeCloseTo(delta, 11);
      }),
      { numRuns: 100 },
    );
  });

  it('says when there is none, and refuses a spot delta without a spot', () => {
    expect(strikeFromDelta(indexSlice(1), { delta: 1.5, type: 'call' })).toMatchObject({ status: 'no-solution', strike: NaN });
    expect(strikeFromDelta(surfaceSmile(ivSurface([indexSlice(1)]), 0), { delta: 0.25, type: 'call' })).toMatchObject({ status: 'expired', strike: NaN });
    expect(() => strikeFromDelta(indexSlice(1), { delta: 0.25, type: 'put', convention: 'spot' })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => strikeFromDelta(indexSlice(1), { delta: 0, type: 'put' })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
