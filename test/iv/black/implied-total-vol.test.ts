import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { impliedTotalVol, regimeTotalVol } from '../../../src/iv/black/implied-total-vol.ts';
import { normalizedBlack, normalizedBlackGap, normalizedVega } from '../../../src/iv/black/normalized-black.ts';
import { quickTotalVol } from '../../../src/iv/black/quick-total-vol.ts';

// [x, beta, s, |d ln s / d ln beta|, Jaeckel's region]
const { rows } = (JSON.parse(readFileSync(new URL('../fixtures/implied_vol_hard.json', import.meta.url), 'utf8')) as { normalized: { rows: [number, number, number, number, number][] } }).normalized;

// The target of spec/iv.md: rounding of beta costs eps * cond, that of s eps; four times their sum. Measured: 1.5 at worst.
const tolerance = (conditioning: number): number => 4 * Number.EPSILON * (1 + conditioning);

describe('impliedTotalVol', () => {
  it('every hard row is within 4 epsilon (1 + conditioning)', () => {
    expect(rows.length).toBe(272);
    for (const [x, beta, s, conditioning] of rows) expect(Math.abs(impliedTotalVol(x, beta) / s - 1), `x ${x} beta ${beta}`).toBeLessThan(tolerance(conditioning));
  });

  it('price -> vol -> price wherever a price is a normal double', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 0, noNaN: true }), fc.double({ min: 1e-6, max: 25, noNaN: true }), (x, s) => {
        const beta = normalizedBlack(x, s);
        fc.pre(beta > 1e-300 && beta < Math.exp(x / 2) * (1 - 1e-9));
        const found = impliedTotalVol(x, beta);
        const conditioning = beta / (s * normalizedVega(x, s));
        expect(Math.abs(found / s - 1)).toBeLessThan(2 * tolerance(conditioning)); // the price has its own rounding, 6 epsilon at most
      }),
      { numRuns: 3000 },
    );
  });

  it('bounds: 0 for no price, Infinity at e^(x/2), NaN beyond both and for x above 0, never an exception', () => {
    expect(impliedTotalVol(-0.3, 0)).toBe(0);
    expect(impliedTotalVol(-0.3, Math.exp(-0.15))).toBe(Infinity);
    expect(impliedTotalVol(0, 1)).toBe(Infinity);
    expect(impliedTotalVol(-0.3, Math.exp(-0.15) + 1e-15)).toBeNaN();
    expect(impliedTotalVol(-0.3, -1e-300)).toBeNaN();
    expect(impliedTotalVol(0.3, 0.1)).toBeNaN();
    expect(impliedTotalVol(NaN, 0.1)).toBeNaN();
    expect(impliedTotalVol(-0.3, NaN)).toBeNaN();
    expect(impliedTotalVol(-Infinity, 0)).toBe(0);
  });

  it('ends with a volatility for any price strictly inside the bounds, denormal prices and x of every size included', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1400, noNaN: true }), fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }), (absX, share) => {
        const beta = share * Math.exp(-0.5 * absX);
        fc.pre(beta > 0 && beta < Math.exp(-0.5 * absX));
        const s = impliedTotalVol(-absX, beta);
        expect(s).toBeGreaterThan(0);
        expect(s).toBeLessThan(Infinity);
      }),
      { numRuns: 3000 },
    );
    for (const beta of [5e-324, 1e-310, 1e-300, 1e-291]) {
      for (const absX of [0, 5e-324, 1e-300, 1e-160, 1e-12, 1, 3, 50]) expect(impliedTotalVol(-absX, beta), `${absX} ${beta}`).toBeGreaterThan(0);
    }
  });

  it('at the money inverts erf(s / sqrt 8)', () => {
    for (const s of [1e-8, 1e-3, 0.2, 1, 1.5, 1.9, 3, 8]) {
      const beta = normalizedBlack(0, s);
      expect(Math.abs(impliedTotalVol(0, beta) / s - 1)).toBeLessThan(tolerance(beta / (s * normalizedVega(0, s))));
    }
  });
});

describe('regimeTotalVol', () => {
  it("Jaeckel's four regimes alone: every hard row is within 4 epsilon (1 + conditioning)", () => {
    expect(new Set(rows.map((row) => row[4]))).toEqual(new Set([1, 2, 3, 4]));
    for (const [x, beta, s, conditioning] of rows) expect(Math.abs(regimeTotalVol(-x, beta, Math.exp(x / 2) - beta) / s - 1), `x ${x} beta ${beta}`).toBeLessThan(tolerance(conditioning));
  });

  it('with the gap to the bound known to all digits, long expiries lose none', () => {
    for (const [x, s] of [[-0.1, 14], [-2, 20], [0, 14], [-30, 24], [-1e-8, 30]]) {
      expect(Math.abs(regimeTotalVol(-x, normalizedBlack(x, s), normalizedBlackGap(x, s)) / s - 1), `x ${x} s ${s}`).toBeLessThan(tolerance(1));
    }
  });
});

describe('quickTotalVol', () => {
  const cell = new Float64Array(1);

  it('every hard row that it answers is within 4 epsilon (1 + conditioning), and it answers below s = 1.8 and |x| = 3', () => {
    let answered = 0;
    for (const [x, beta, s, conditioning] of rows) {
      const found = quickTotalVol(-x, beta, cell);
      if (s < 1.8 && x > -3) expect(found, `x ${x} beta ${beta}`).toBeGreaterThan(0);
      if (found === 0) continue;
      answered++;
      expect(Math.abs(found / s - 1), `x ${x} beta ${beta}`).toBeLessThan(tolerance(conditioning));
      expect(Math.abs(cell[0] / conditioning - 1), `x ${x} beta ${beta}`).toBeLessThan(1e-3);
    }
    expect(answered).toBeGreaterThan(140);
  });

  it('agrees with the regimes to rounding over its domain', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2.9, noNaN: true }), fc.double({ min: 1e-4, max: 1.8, noNaN: true }), (absX, s) => {
        const beta = normalizedBlack(-absX, s);
        fc.pre(beta > 1e-280);
        const found = quickTotalVol(absX, beta, cell);
        expect(Math.abs(found / regimeTotalVol(absX, beta, normalizedBlackGap(absX, s)) - 1)).toBeLessThan(tolerance(1));
      }),
      { numRuns: 2000 },
    );
  });

  it('over a grid of its domain the error is rounding: at most 10 epsilon with that of the price', () => {
    let worst = 0;
    for (let i = 0; i < 60; i++) {
      for (let j = 1; j <= 60; j++) {
        const [absX, s] = [0.05 * i, 0.03 * j];
        const beta = normalizedBlack(-absX, s);
        if (beta > 1e-280) worst = Math.max(worst, Math.abs(quickTotalVol(absX, beta, cell) / s - 1));
      }
    }
    expect(worst).toBeLessThan(10 * Number.EPSILON);
  });

  it('declines what it cannot do: far, long, at no price, above the bound', () => {
    for (const [absX, beta] of [[3, 0.1], [10, 1e-9], [0, 0.68], [0.1, 0], [0.1, 1e-291], [0.1, NaN], [NaN, 0.1], [0.5, 0.9], [-1, NaN]]) expect(quickTotalVol(absX, beta, cell), `${absX} ${beta}`).toBe(0);
  });
});
