import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyIsotonic, fitIsotonic } from '../../src/calibration/isotonic.ts';
import { applySmoothIsotonic, fitSmoothIsotonic } from '../../src/calibration/smooth-isotonic.ts';
import { applyVennAbers, fitVennAbers, vennAbersInterval } from '../../src/calibration/venn-abers.ts';
import { randomStream } from '../../src/core/random.ts';

const label = fc.integer({ min: 0, max: 1 });
const rows = fc.array(fc.tuple(fc.integer({ min: -8, max: 8 }), label, fc.integer({ min: 1, max: 3 })), { maxLength: 30 });
const split = (list: readonly (readonly [number, number, number])[]): [number[], number[], number[]] => [list.map((r) => r[0]), list.map((r) => r[1]), list.map((r) => r[2])];
const shuffled = (list: readonly (readonly [number, number, number])[], seed: number): (readonly [number, number, number])[] => [...randomStream(seed, 'order').permutation(list.length)].map((i) => list[i]);
const repeated = (list: readonly (readonly [number, number, number])[]): (readonly [number, number, number])[] => list.flatMap((row) => Array.from({ length: row[2] }, () => [row[0], row[1], 1] as const));

describe('Venn-Abers', () => {
  it('by hand: between a 0 and a 1 nothing is known, at them half', () => {
    const fit = fitVennAbers([1, 2], [0, 1]);
    expect(vennAbersInterval(fit, 1.5)).toEqual({ lower: 0, upper: 1, probability: 0.5 });
    // At 1 the row itself counts: labels 0 and 1 average one half. Below 1 a new 1 pools with the 0 above it.
    expect(vennAbersInterval(fit, 1)).toEqual({ lower: 0, upper: 0.5, probability: 1 / 3 });
    expect(vennAbersInterval(fit, 0)).toEqual({ lower: 0, upper: 0.5, probability: 1 / 3 });
    expect(vennAbersInterval(fit, 3)).toEqual({ lower: 0.5, upper: 1, probability: 2 / 3 });
  });

  it('knows nothing without a row, and nothing of NaN', () => {
    expect(vennAbersInterval(fitVennAbers([], []), 7)).toEqual({ lower: 0, upper: 1, probability: 0.5 });
    expect(vennAbersInterval(fitVennAbers([NaN, 1], [1, NaN]), 7)).toMatchObject({ lower: 0, upper: 1 });
    expect(applyVennAbers(fitVennAbers([1], [1]), NaN)).toBeNaN();
  });

  it('one class: the other label is never certain, 1 / (n + 1)', () => {
    const fit = fitVennAbers([1, 2, 3], [0, 0, 0]);
    expect(vennAbersInterval(fit, 1)).toMatchObject({ lower: 0, upper: 0.25 });
    expect(fit.positives).toBe(0);
  });

  it('is two isotonic regressions with the new row in them, at every score and with weights', () => {
    fc.assert(fc.property(rows, fc.integer({ min: -18, max: 18 }), (list, twice) => {
      const [x, y, w] = split(list);
      const at = twice / 2;
      const { lower, upper } = vennAbersInterval(fitVennAbers(x, y, { weights: w }), at);
      const refit = (yes: number): number => applyIsotonic(fitIsotonic([...x, at], [...y, yes], { weights: [...w, 1] }), at);
      expect(Math.abs(lower - refit(0))).toBeLessThan(1e-12);
      expect(Math.abs(upper - refit(1))).toBeLessThan(1e-12);
    }), { numRuns: 300 });
  });

  it('p0 <= p <= p1 in [0, 1], all rising, whatever the order of rows, and weights are repetition', () => {
    fc.assert(fc.property(rows, fc.double({ min: -10, max: 10, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true }), fc.nat(99), (list, at, step, seed) => {
      const [x, y, w] = split(list);
      const fit = fitVennAbers(x, y, { weights: w });
      const [a, b] = [vennAbersInterval(fit, at), vennAbersInterval(fit, at + step)];
      expect(0 <= a.lower && a.lower <= a.probability && a.probability <= a.upper && a.upper <= 1).toBe(true);
      expect(a.lower <= b.lower && a.upper <= b.upper && a.probability <= b.probability + 1e-15).toBe(true); // 1e-15: four ulps through the merger
      const [sx, sy, sw] = split(shuffled(list, seed));
      expect(fitVennAbers(sx, sy, { weights: sw })).toEqual(fit);
      const [rx, ry] = split(repeated(list));
      const again = vennAbersInterval(fitVennAbers(rx, ry), at);
      expect(again.lower).toBeCloseTo(a.lower, 12);
      expect(again.upper).toBeCloseTo(a.upper, 12);
    }));
  });

  it('refuses labels that are not 0 or 1', () => {
    expect(() => fitVennAbers([1, 2], [0.5, 1])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('smooth isotonic', () => {
  it('by hand: four blocks of one row, softened, linear between and hyperbolic beyond', () => {
    // Labels 0 0 1 1 pool to two blocks 0 and 1 with centres 1.5 and 3.5; softened 1 / 4 and 3 / 4.
    const fit = fitSmoothIsotonic([1, 2, 3, 4], [0, 0, 1, 1], { minimumPerBlock: 1 });
    expect([[...fit.knots], [...fit.values]]).toEqual([[1.5, 3.5], [0.25, 0.75]]);
    expect([1.5, 2.5, 3.5].map((s) => applySmoothIsotonic(fit, s))).toEqual([0.25, 0.5, 0.75]);
    // Slope 1 / 4: one below the first knot 0.25 / (1 + 0.25 / 0.25) = 1 / 8.
    expect(applySmoothIsotonic(fit, 0.5)).toBeCloseTo(1 / 8, 14);
    expect(applySmoothIsotonic(fit, 4.5)).toBeCloseTo(7 / 8, 14);
    expect([-Infinity, Infinity].map((s) => applySmoothIsotonic(fit, s))).toEqual([0, 1]);
  });

  it('engine 3: small blocks are pooled, so that few rows do not make steps', () => {
    const scores = Array.from({ length: 200 }, (_, i) => i);
    const labels = scores.map((i) => (i * 7919) % 200 < i ? 1 : 0);
    const fit = fitSmoothIsotonic(scores, labels);
    expect(fit.knots.length).toBeLessThanOrEqual(4);
    expect(fitIsotonic(scores, labels).values.length).toBeGreaterThan(10);
    expect(fit.values.every((v) => v > 0 && v < 1)).toBe(true); // isotonic ends in a certain 0 and 1
    expect([fitIsotonic(scores, labels).values[0], fitIsotonic(scores, labels).values.at(-1)]).toEqual([0, 1]);
  });

  it('a light block is pooled with the next: means of scores and of softened labels', () => {
    // Blocks 0 0 | 1/2 1/2 | 1 1 1 1; the first two make one of four rows, mean label 1/4. Softened: 1/5 + (6/7 - 1/5) * mean.
    const fit = fitSmoothIsotonic([1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 1, 0, 1, 1, 1, 1], { minimumPerBlock: 3 });
    expect([...fit.knots]).toEqual([2.5, 6.5]);
    expect(fit.values[0]).toBeCloseTo(1 / 5 + (6 / 7 - 1 / 5) / 4, 14);
    expect(fit.values[1]).toBeCloseTo(6 / 7, 14);
    // The last block is light: it goes to the one before, and one block is left.
    expect([...fitSmoothIsotonic([1, 2, 3, 4, 5], [0, 0, 0, 0, 1], { minimumPerBlock: 3 }).knots]).toEqual([1, 5]);
  });

  it('scores that do not rise with labels keep their order by a millionth', () => {
    const fit = fitSmoothIsotonic([1, 2, 3, 4], [1, 1, 0, 0]);
    expect(fit).toMatchObject({ method: 'smooth-isotonic', reason: null });
    expect(applySmoothIsotonic(fit, 2)).toBeLessThan(applySmoothIsotonic(fit, 3));
    expect(Math.abs(applySmoothIsotonic(fit, 1) - 0.5)).toBeLessThan(1e-6);
  });

  it('one class, constant scores and too few rows give the softened base rate and say so', () => {
    const base = (fit: ReturnType<typeof fitSmoothIsotonic>, reason: string, rate: number): void => {
      expect(fit).toMatchObject({ method: 'base-rate', reason });
      for (const s of [-9, 0, 9]) expect(applySmoothIsotonic(fit, s)).toBeCloseTo(rate, 12);
    };
    base(fitSmoothIsotonic([1, 2, 3], [1, 1, 1]), 'one-class', 4 / 5);
    base(fitSmoothIsotonic([2, 2, 2], [1, 0, 1]), 'constant-scores', 3 / 5);
    base(fitSmoothIsotonic([2, NaN], [1, 0]), 'too-few-rows', 2 / 3);
    expect(applySmoothIsotonic(fitSmoothIsotonic([], []), NaN)).toBeNaN();
  });

  it('is strictly monotone: scores a thousandth apart never tie, near or far', () => {
    fc.assert(fc.property(rows.filter((list) => new Set(list.map((r) => r[0])).size > 1 && new Set(list.map((r) => r[1])).size > 1), fc.integer({ min: -60_000, max: 60_000 }), fc.integer({ min: 0, max: 5 }), (list, at, minimum) => {
      const [x, y, w] = split(list);
      const fit = fitSmoothIsotonic(x, y, { weights: w, minimumPerBlock: minimum });
      const [a, b] = [applySmoothIsotonic(fit, at / 1000), applySmoothIsotonic(fit, (at + 1) / 1000)];
      expect(0 < a && a < b && b < 1).toBe(true);
    }), { numRuns: 400 });
  });

  it('weights are repetition and the order of rows is no matter', () => {
    fc.assert(fc.property(rows, fc.nat(99), fc.integer({ min: -10, max: 10 }), (list, seed, at) => {
      const [x, y, w] = split(list);
      const p = applySmoothIsotonic(fitSmoothIsotonic(x, y, { weights: w, minimumPerBlock: 4 }), at);
      const [sx, sy, sw] = split(shuffled(list, seed));
      expect(applySmoothIsotonic(fitSmoothIsotonic(sx, sy, { weights: sw, minimumPerBlock: 4 }), at)).toBeCloseTo(p, 12);
      const [rx, ry] = split(repeated(list));
      if (x.length > 1) expect(applySmoothIsotonic(fitSmoothIsotonic(rx, ry, { minimumPerBlock: 4 }), at)).toBeCloseTo(p, 12);
    }));
  });

  it('comes near to the truth: 20000 rows of a bent curve, root mean square error below 0.02', () => {
    const random = randomStream(5, 'smooth');
    const truth = (s: number): number => 0.1 + 0.6 * Math.max(0, s);
    const x = Float64Array.from({ length: 20_000 }, () => random.uniform() * 2 - 1);
    const fit = fitSmoothIsotonic(x, x.map((s) => (random.uniform() < truth(s) ? 1 : 0)));
    const error = x.reduce((sum, s) => sum + (applySmoothIsotonic(fit, s) - truth(s)) ** 2 / x.length, 0);
    expect(Math.sqrt(error)).toBeLessThan(0.02);
  });
});
