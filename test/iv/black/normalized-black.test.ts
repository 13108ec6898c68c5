import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussianFactor, normalizedBlack, normalizedBlackGap, normalizedVega, priceOverVega } from '../../../src/iv/black/normalized-black.ts';

const { rows } = JSON.parse(readFileSync(new URL('../fixtures/normalized_black.json', import.meta.url), 'utf8')) as { rows: [number, number, number, number][] };

// The exponential, two Mills values and their products; measured 4.8 at worst over 5285 points.
const PRICE_TOLERANCE = 6 * Number.EPSILON;
const smallS = fc.double({ min: 1e-8, max: 20, noNaN: true });
const outX = fc.double({ min: -700, max: 0, noNaN: true });

describe('normalizedBlack', () => {
  it('every reference price out of the money keeps its digits, down to 1e-307', () => {
    expect(rows.length).toBeGreaterThan(450);
    for (const [x, s, price, rest] of rows) {
      const value = normalizedBlack(x, s);
      expect(Math.abs((value - price) / price - rest), `b(${x}, ${s})`).toBeLessThan(PRICE_TOLERANCE);
    }
  });

  it('worked by hand: at the money it is erf(s / sqrt 8)', () => {
    expect(normalizedBlack(0, 0.2)).toBeCloseTo(0.07965567455405798, 16);
    expect(normalizedBlack(0, 2)).toBeCloseTo(0.6826894921370859, 15);
  });

  it('limits: intrinsic value at s = 0, the bound e^(x/2) at s = Infinity, 0 where the price is below the smallest double', () => {
    expect(normalizedBlack(-1, 0)).toBe(0);
    expect(normalizedBlack(1, 0)).toBe(2 * Math.sinh(0.5));
    expect(normalizedBlack(-1, Infinity)).toBe(Math.exp(-0.5));
    expect(normalizedBlack(-1, 0.02)).toBe(0);
    expect(normalizedBlack(-1, 1e-320)).toBe(0);
    expect(normalizedBlack(-1, 100)).toBe(Math.exp(-0.5));
    expect(normalizedBlack(-Infinity, 1)).toBe(0);
    expect(normalizedBlack(Infinity, 1)).toBe(Infinity);
  });

  it('NaN for a negative s and for NaN, never for a number', () => {
    for (const [x, s] of [[0, -1], [NaN, 1], [0, NaN]]) expect(normalizedBlack(x, s)).toBeNaN();
    fc.assert(fc.property(fc.double({ noNaN: true }), fc.double({ min: 0, noNaN: true }), (x, s) => {
      expect(normalizedBlack(x, s)).toBeGreaterThanOrEqual(0);
      expect(normalizedVega(x, s)).toBeGreaterThanOrEqual(0);
    }));
  });

  it('put-call parity: b(x) - b(-x) = 2 sinh(x / 2)', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 20, noNaN: true }), smallS, (x, s) => {
      expect(Math.abs(normalizedBlack(x, s) - normalizedBlack(-x, s) - 2 * Math.sinh(x / 2))).toBeLessThanOrEqual(4 * Number.EPSILON * Math.exp(x / 2));
    }));
  });

  it('rises with s up to rounding and stays within its bounds', () => {
    fc.assert(fc.property(outX, smallS, fc.double({ min: 1, max: 2, noNaN: true }), (x, s, factor) => {
      const price = normalizedBlack(x, s);
      expect(price).toBeLessThanOrEqual(Math.exp(x / 2));
      expect(normalizedBlack(x, s * factor)).toBeGreaterThanOrEqual(price * (1 - 2 * PRICE_TOLERANCE));
    }), { numRuns: 500 });
  });

  it('its expansions agree where one hands over to the next', () => {
    const step = 1e-9; // the price itself moves by the vega over such a step
    const edges = [[1.5, 1], [3, 0.5], [12, 0.125], [1.25, 1], [1, 1], [2.2, 1.2], [1.6, 1.6], [0.5, 1]];
    for (const [z, t] of edges) {
      for (const [dz, dt] of [[1, 0], [0, 1], [1, 1]]) {
        const [s0, s1] = [2 * (t - dt * step), 2 * (t + dt * step)];
        const [x0, x1] = [-(z - dz * step) * s0, -(z + dz * step) * s1];
        const middle = -z * 2 * t;
        const slope = (x1 - x0) * 0.5 * (normalizedBlack(middle + 1e-5, 2 * t) - normalizedBlack(middle - 1e-5, 2 * t)) / 1e-5 + (s1 - s0) * normalizedVega(middle, 2 * t);
        const change = normalizedBlack(x1, s1) - normalizedBlack(x0, s0);
        expect(Math.abs(change - slope), `z ${z} t ${t}`).toBeLessThan(1e-13 * normalizedBlack(middle, 2 * t) + 1e-9 * Math.abs(slope));
      }
    }
  });
});

describe('normalizedVega', () => {
  it('is phi(x / s) exp(-s^2 / 8), and the slope of the price', () => {
    expect(normalizedVega(0, 0)).toBe(0.3989422804014327);
    expect(normalizedVega(-1, 0)).toBe(0);
    expect(normalizedVega(1, 0.5)).toBeCloseTo(Math.exp(-2 - 0.03125) * 0.3989422804014327, 16);
    fc.assert(fc.property(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: 0.3, max: 3, noNaN: true }), (x, s) => {
      const slope = (normalizedBlack(x, s + 1e-5) - normalizedBlack(x, s - 1e-5)) / 2e-5;
      expect(Math.abs(slope - normalizedVega(x, s))).toBeLessThan(1e-8); // central difference: third derivative times 1e-10, rounding 1e-11
    }));
  });

  it('keeps its digits in the far wing, where rounding of x / s alone would cost a thousand ulp', () => {
    // exp(-(z^2 + t^2) / 2) at x = 3.7, s = 0.1 and x = 0.1, s = 0.003; mpmath at 60 digits for these doubles.
    expect(Math.abs(gaussianFactor(3.7, 0.1) / 5.307429928885636e-298 - 1)).toBeLessThan(2 * Number.EPSILON);
    expect(Math.abs(gaussianFactor(0.1, 0.003) / 5.312358103707472e-242 - 1)).toBeLessThan(2 * Number.EPSILON);
  });
});

describe('normalizedBlackGap', () => {
  it('is what the price lacks to its bound, with digits that subtraction does not have', () => {
    expect(normalizedBlackGap(0, 14) / 2.55962508777167e-12).toBeCloseTo(1, 14);
    expect(normalizedBlackGap(-2, 20) / 1.5165143511464585e-23).toBeCloseTo(1, 13);
    fc.assert(fc.property(fc.double({ min: -5, max: 0, noNaN: true }), fc.double({ min: 0.1, max: 5, noNaN: true }), (x, s) => {
      expect(Math.abs(Math.exp(x / 2) - normalizedBlack(x, s) - normalizedBlackGap(x, s))).toBeLessThan(4 * Number.EPSILON);
    }));
  });
});

describe('priceOverVega', () => {
  // mpmath at 60 digits: Y(h + t) - Y(h - t) with Y = Phi / phi.
  it.each([
    [0, 1e-08, 2e-08],
    [0, 0.15, 0.30226015762617114],
    [-0.5, 0.2, 0.22694355221276513],
    [-1, 0.19, 0.1317083098295631],
    [-1.5, 0.29, 0.1327814902881263],
    [-2.5, 0.499, 0.11653547038164415],
    [-3.4, 0.67, 0.09669640704749756],
    [-3.6, 0.7, 0.09183553073043675],
    [-5, 0.99, 0.07348422983607938],
    [-5.4, 1.05, 0.06773074046016855],
    [-5.9, 1.17, 0.06424713894726776],
    [-5, 1e-06, 7.191895284684464e-08],
    [-8, 1.5, 0.046303407156670834],
    [-12, 2.3, 0.03243731056694102],
    [-20, 0.001, 4.9629607387241186e-06],
    [-37, 7.3, 0.011070113452303241],
    [-0.1, 0.5, 0.9567030641994931],
    [-3, 0.7, 0.12480448330420281],
    [-30, 6.5, 0.015099810357709471],
  ])('at h = %s, t = %s keeps its digits', (h, t, expected) => {
    expect(Math.abs(priceOverVega(-h, t) / expected - 1)).toBeLessThan(2e-15); // measured 6e-16
  });

  it('goes from series to difference without a jump', () => {
    for (const [h, t] of [[-0.7, 1], [-1.5, 1], [-3, 0.5], [-2.5, 1.5], [-1, 1.0001], [-10, 0.15], [-1.2, 1.2]]) {
      const step = 1e-12;
      expect(Math.abs(priceOverVega(-h, t * (1 + step)) / priceOverVega(-h, t * (1 - step)) - 1)).toBeLessThan(2e-11);
      expect(Math.abs(priceOverVega(-h * (1 + step), t) / priceOverVega(-h * (1 - step), t) - 1)).toBeLessThan(2e-11);
    }
  });

  it('keeps its digits between z and z + 1/2 too, where one argument of Mills\' ratio is negative', () => {
    // mpmath at 60 digits.
    for (const [z, t, expected] of [[0.75, 1.25, 1.5426482660699392], [1.0, 1.5, 1.6097523840282], [1.0, 1.0625, 0.9066008140771691], [2.0, 2.5, 1.751446914915962], [3.0, 3.25, 1.3921884065136823], [8.0, 8.5, 1.9036316374516815]]) expect(Math.abs(priceOverVega(z, t) / expected - 1)).toBeLessThan(2e-15);
  });

  it('is 0 for t = 0', () => {
    for (const h of [0, -1, -5, -30]) expect(priceOverVega(-h, 0)).toBe(0);
  });
});
