import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atmShape } from '../../../src/iv/derived/atm-shape.ts';
import { decomposeQuotes, decomposeSmile, decomposeSurface } from '../../../src/iv/derived/decompose.ts';
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';

function quotes(logMoneyness: readonly number[], volAt: (k: number) => number, expiryYears = 1): SmileQuotes {
  const k = Float64Array.from(logMoneyness);
  return { expiryYears, forward: 100, discount: 1, logMoneyness: k, midVol: k.map(volAt), bidVol: k, askVol: k };
}

describe('decomposeQuotes', () => {
  it('gives back level, slope and twice the coefficient of k^2 of a quadratic, at whatever strikes', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 0.5, noNaN: true }), fc.double({ min: -0.3, max: 0.3, noNaN: true }), fc.double({ min: -0.5, max: 2, noNaN: true }), fc.uniqueArray(fc.integer({ min: -9, max: 9 }), { minLength: 3 }), (level, slope, curvature, strikes) => {
        const k = strikes.sort((a, b) => a - b).map((i) => 0.01 * i);
        const found = decomposeQuotes(quotes(k, (at) => level + slope * at + (curvature / 2) * at * at), { window: 10 });
        expect(found.status).toBe('ok');
        expect(found.level).toBeCloseTo(level, 11);
        expect(found.slope).toBeCloseTo(slope, 9);
        expect(found.curvature).toBeCloseTo(curvature, 7);
        expect(found.rmseVol).toBeLessThan(1e-14);
        expect(found.count).toBe(k.length);
      }),
    );
  });

  it('is the least-squares quadratic: by hand 0.2 + 0.02 / 35 ... for five volatilities with one raised', () => {
    // k = -0.2..0.2, vols 0.2 but 0.21 in the middle: fitted values (-3, 12, 17, 12, -3) / 35 of the bump (Savitzky and Golay 1964).
    const { level, slope, curvature, fromLogMoneyness, toLogMoneyness, atmStrike } = decomposeQuotes(quotes([-0.2, -0.1, 0, 0.1, 0.2], (k) => (k === 0 ? 0.21 : 0.2)), { window: 2 });
    expect(level).toBeCloseTo(0.2 + (0.01 * 17) / 35, 15);
    expect(slope).toBeCloseTo(0, 15);
    expect(curvature).toBeCloseTo((0.01 * 2 * (12 - 17)) / 35 / 0.01, 12);
    expect([fromLogMoneyness, toLogMoneyness, atmStrike]).toEqual([-0.2, 0.2, 100]);
  });

  it('says `few-quotes` for fewer than three in the window (defect 14.6: a polynomial through anything)', () => {
    expect(decomposeQuotes(quotes([], () => 0.2))).toMatchObject({ status: 'few-quotes', level: NaN, atmStrike: NaN, count: 0 });
    expect(decomposeQuotes(quotes([0, 0.1], () => 0.2))).toMatchObject({ status: 'few-quotes', level: NaN, count: 2 });
    expect(decomposeQuotes(quotes([-3, 0, 3], () => 0.2))).toMatchObject({ status: 'few-quotes', count: 1 });
    expect(decomposeQuotes(quotes([0, 0.1, 0.2], (k) => (k === 0.1 ? NaN : 0.2)))).toMatchObject({ status: 'few-quotes', count: 2 });
    expect(decomposeQuotes(quotes([0, 0.1, 0.1, 0.1], (k) => 0.2 + k))).toMatchObject({ status: 'few-quotes', count: 4 }); // two strikes
  });

  it('looks no further than its window (defect 14.6: unlimited extrapolation)', () => {
    const volAt = (k: number): number => (Math.abs(k) > 0.45 ? 5 : 0.2 + k * k);
    const found = decomposeQuotes(quotes([-0.5, -0.3, -0.1, 0.1, 0.3, 0.5], volAt), { window: 2 }); // up to 2 x 0.21
    expect(found).toMatchObject({ count: 4, fromLogMoneyness: -0.3, toLogMoneyness: 0.3 });
    expect(found.curvature).toBeCloseTo(2, 12);
    expect(found.atmStrike).toBeCloseTo(100 * Math.exp(-0.1), 12);
  });

  it('skips volatilities that are none, and refuses columns that differ in length', () => {
    const found = decomposeQuotes(quotes([-0.2, -0.1, 0, 0.1, 0.2], (k) => (k === 0 ? -1 : 0.3 + k)));
    expect(found).toMatchObject({ status: 'ok', count: 4 });
    expect(found.slope).toBeCloseTo(1, 12);
    expect(() => decomposeQuotes({ ...quotes([0], () => 1), midVol: new Float64Array(2) })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => decomposeQuotes(quotes([0], () => 1, NaN))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => decomposeQuotes(quotes([0], () => 1), { samples: 5 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('decomposeSmile and decomposeSurface', () => {
  it('tends to the smile\'s own derivatives as the window shrinks', () => {
    const index = indexSlice(0.5);
    const exact = atmShape(index);
    const { level, slope, curvature, rmseVol, forward, atmStrike } = decomposeSmile(index, { window: 0.02 });
    expect(level).toBeCloseTo(exact.annualizedVol, 8);
    expect(slope).toBeCloseTo(exact.skew, 4);
    expect(curvature).toBeCloseTo(exact.curvature, 3);
    expect([forward, atmStrike]).toEqual([index.forward, index.forward]);
    expect(decomposeSmile(index).rmseVol).toBeGreaterThan(100 * rmseVol);
  });

  it('has one row per expiry of a surface, each that of its slice', () => {
    const surface = ivSurface([indexSlice(1), indexSlice(0.25)]);
    const rows = decomposeSurface(surface, { samples: 11 });
    expect(rows.map(({ expiryYears }) => expiryYears)).toEqual([0.25, 1]);
    expect(rows[1]).toEqual(decomposeSmile(surface.slices[1], { samples: 11 }));
    expect(rows[0].count).toBe(11);
  });

  it('has a status where there is no smile, no variance, or too little of one', () => {
    const surface = ivSurface([indexSlice(1)], { extrapolation: 'none' });
    expect(decomposeSmile(surfaceSmile(surface, 2))).toMatchObject({ status: 'outside-expiries', level: NaN, atmStrike: NaN });
    expect(decomposeSmile(slice(raw([-0.05, 0.1, 0, 0, 0.1]), 1)).status).toBe('negative-variance');
    const short = pointSmile({ logMoneyness: [-0.001, 0, 0.001], totalVariance: [0.04, 0.04, 0.04] }, { extrapolation: 'none' });
    expect(decomposeSmile(slice(short, 1))).toMatchObject({ status: 'few-quotes', count: 1 });
    expect(decomposeSmile(slice(pointSmile({ logMoneyness: [0.1, 0.2], totalVariance: [0.04, 0.04] }, { extrapolation: 'none' }), 1)).status).toBe('outside-strikes');
    expect(decomposeSmile(surfaceSmile(ivSurface([indexSlice(1)]), 2)).status).toBe('after-last-expiry');
    expect(() => decomposeSmile(indexSlice(1), { samples: 2 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => decomposeSurface(surface, { window: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
