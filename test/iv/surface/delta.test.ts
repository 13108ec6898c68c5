import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalCdf } from '../../../src/core/special-functions.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { smileTotalVariance } from '../../../src/iv/smile.ts';
import type { Smile } from '../../../src/iv/smile.ts';
import { DELTA_CONVENTIONS, deltaLogMoneyness } from '../../../src/iv/surface/delta.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { surfaceVol } from '../../../src/iv/surface/surface-vol.ts';
import { indexSlice, raw, reference } from './reference.ts';

const flat = (totalVariance: number): Smile => raw([totalVariance, 0, 0, 0, 0.1]);

/** Delta by the definition, of a smile at a log-moneyness. */
function deltaOf(smile: Smile, k: number, type: 'call' | 'put', adjusted: boolean): number {
  const s = Math.sqrt(smileTotalVariance(smile, k));
  const d1 = -k / s + s / 2;
  const sign = type === 'call' ? 1 : -1;
  return adjusted ? Math.exp(k) * normalCdf(sign * (d1 - s)) : normalCdf(sign * d1);
}

describe('deltaLogMoneyness', () => {
  it('finds the reference strikes of 10 and 25 delta to 1e-12', () => {
    let rows = 0;
    for (const { raw_a_b_rho_m_sigma: parameters, forwardDelta } of reference.slices) {
      for (const delta of ['10', '25'] as const) {
        if (forwardDelta === undefined) continue;
        const { kCall, kPut } = forwardDelta[delta];
        expect(Math.abs(deltaLogMoneyness(raw(parameters), { delta: Number(delta) / 100, type: 'call' }).logMoneyness - kCall)).toBeLessThan(1e-12);
        expect(Math.abs(deltaLogMoneyness(raw(parameters), { delta: Number(delta) / 100, type: 'put' }).logMoneyness - kPut)).toBeLessThan(1e-12);
        rows++;
      }
    }
    expect(rows).toBeGreaterThanOrEqual(8);
  });

  it('is the formula for a flat smile: k = w / 2 - s Phi^-1(delta)', () => {
    expect(deltaLogMoneyness(flat(0.04), { delta: 0.5, type: 'call' }).logMoneyness).toBeCloseTo(0.02, 14);
    expect(deltaLogMoneyness(flat(0.04), { delta: -0.5, type: 'put' }).logMoneyness).toBeCloseTo(0.02, 14);
    expect(deltaLogMoneyness(flat(0.04), { delta: 0.8413447460685429, type: 'call' }).logMoneyness).toBeCloseTo(0.02 - 0.2, 12);
  });

  it('meets the delta it was asked for, in every convention', () => {
    const smile = raw([0.008, 0.11, -0.6, 0.06, 0.13]);
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.35, noNaN: true }), fc.constantFrom('call', 'put'), fc.constantFrom(...DELTA_CONVENTIONS), fc.double({ min: 0.7, max: 1.1, noNaN: true }), (delta, type, convention, spotFactor) => {
        const { status, logMoneyness } = deltaLogMoneyness(smile, { delta, type, convention, spotFactor });
        expect(status).toBe('ok');
        const factor = convention.startsWith('spot') ? spotFactor : 1;
        expect(Math.abs((factor * deltaOf(smile, logMoneyness, type, convention.endsWith('adjusted'))) / delta - 1)).toBeLessThan(1e-11);
      }),
      { numRuns: 300 },
    );
  });

  it('takes the falling side of a premium-adjusted call delta, and says when its maximum is too low', () => {
    const query = { type: 'call', convention: 'forward-premium-adjusted' } as const;
    const smile = flat(0.09);
    const { logMoneyness } = deltaLogMoneyness(smile, { delta: 0.5, ...query });
    expect(deltaOf(smile, logMoneyness, 'call', true)).toBeCloseTo(0.5, 12);
    expect(deltaOf(smile, logMoneyness + 1e-4, 'call', true)).toBeLessThan(0.5);
    const top = Math.max(...Array.from({ length: 4001 }, (_, i) => deltaOf(smile, -1 + i / 2000, 'call', true)));
    expect(deltaLogMoneyness(smile, { delta: top - 1e-6, ...query }).status).toBe('ok');
    expect(deltaLogMoneyness(smile, { delta: top + 1e-6, ...query })).toEqual({ status: 'no-solution', logMoneyness: NaN });
  });

  it('says so when there is none: a delta above 1, above the spot factor, or beyond the smile\'s last point', () => {
    expect(deltaLogMoneyness(flat(0.04), { delta: 1, type: 'call' }).status).toBe('no-solution');
    expect(deltaLogMoneyness(flat(0.04), { delta: 0.96, type: 'put', convention: 'spot', spotFactor: 0.95 }).status).toBe('no-solution');
    const short = pointSmile({ logMoneyness: [-0.1, 0, 0.1], totalVariance: [0.04, 0.04, 0.04] }, { extrapolation: 'none' });
    expect(deltaLogMoneyness(short, { delta: 0.05, type: 'call' }).status).toBe('no-solution');
    expect(deltaLogMoneyness(short, { delta: 0.4, type: 'call' }).status).toBe('ok'); // k = 0.0707: the walk outwards stops at the end
    expect(deltaLogMoneyness(raw([-0.05, 0.1, 0, 0, 0.2]), { delta: 0.25, type: 'call' }).status).toBe('no-solution');
  });

  it('finds far strikes: a delta of 1e-10, and total volatility of 5', () => {
    expect(deltaOf(flat(25), deltaLogMoneyness(flat(25), { delta: 1e-10, type: 'put' }).logMoneyness, 'put', false) / 1e-10).toBeCloseTo(1, 10);
    expect(deltaOf(flat(1e-6), deltaLogMoneyness(flat(1e-6), { delta: 1e-10, type: 'call' }).logMoneyness, 'call', false) / 1e-10).toBeCloseTo(1, 10);
  });

  it.each([
    ['a delta of 0', { delta: 0, type: 'call' }, 'ERR_DOMAIN'],
    ['NaN', { delta: NaN, type: 'call' }, 'ERR_DOMAIN'],
    ['an unknown type', { delta: 0.2, type: 'C' }, 'ERR_DOMAIN'],
    ['an unknown convention', { delta: 0.2, type: 'call', convention: 'fx' }, 'ERR_DOMAIN'],
  ])('refuses %s', (_, query, code) => {
    expect(() => deltaLogMoneyness(flat(0.04), query as never)).toThrow(expect.objectContaining({ code }));
  });
});

describe('surfaceVol by delta', () => {
  const surface = ivSurface([0.25, 1].map((t) => indexSlice(t)), { spot: 100 });

  it('has the volatility of the strike that has the delta', () => {
    const found = surfaceVol(surface, { expiryYears: 0.6, delta: 0.25, type: 'put' });
    expect(found.annualizedVol).toBeCloseTo(surfaceVol(surface, { expiryYears: 0.6, strike: found.strike }).annualizedVol, 14);
    const s = Math.sqrt(found.totalVariance);
    expect(normalCdf(found.logMoneyness / s - s / 2)).toBeCloseTo(0.25, 13);
  });

  it('scales spot deltas by discount forward / spot = exp(-yield T)', () => {
    const found = surfaceVol(surface, { expiryYears: 1, delta: 0.25, type: 'call', convention: 'spot' });
    const s = Math.sqrt(found.totalVariance);
    expect(Math.exp(-0.01) * normalCdf(-found.logMoneyness / s + s / 2)).toBeCloseTo(0.25, 13); // rate 0.03, carry 0.02
  });

  it('needs a spot for spot deltas, and has a status where there is no solution', () => {
    expect(() => surfaceVol(ivSurface(surface.slices), { expiryYears: 1, delta: 0.25, type: 'call', convention: 'spot' })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(surfaceVol(surface, { expiryYears: 1, delta: 0.99999, type: 'call', convention: 'spot' })).toMatchObject({ status: 'no-solution', annualizedVol: NaN, strike: NaN });
  });
});
