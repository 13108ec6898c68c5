import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveCount, effectiveWeightCount } from '../../src/conformal/effective-count.ts';
import { mean } from '../../src/core/stats.ts';
import { randomStream } from '../../src/core/random.ts';

describe('effectiveCount', () => {
  it('worked by hand', () => {
    expect(effectiveCount(100, 1)).toBe(100);
    expect(effectiveCount(4, 2)).toBeCloseTo(4 / (1 + 2 * 0.75 * 0.5), 14);
    expect(effectiveCount(3, 5)).toBeCloseTo(3 / (1 + 2 * ((2 / 3) * 0.8 + (1 / 3) * 0.6)), 14);
    expect([effectiveCount(0, 5), effectiveCount(1, 5)]).toEqual([0, 1]);
  });

  it('equals its sum for any n and overlap, and lies in [1, n]', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), (n, h) => {
      let sum = 0;
      for (let j = 1; j < Math.min(n, h); j++) sum += (1 - j / n) * (1 - j / h);
      expect(effectiveCount(n, h)).toBeCloseTo(n / (1 + 2 * sum), 8);
      expect(effectiveCount(n, h)).toBeGreaterThanOrEqual(1 - 1e-12);
      expect(effectiveCount(n, h)).toBeLessThanOrEqual(n);
    }));
  });

  it('tends to n / overlap for many sessions and to 1 for an overlap of everything', () => {
    expect(effectiveCount(1e6, 5) / (1e6 / 5)).toBeCloseTo(1, 4);
    expect(effectiveCount(252, 5)).toBeGreaterThan(252 / 5);
    expect(effectiveCount(10, 1e9)).toBeCloseTo(1, 6);
  });

  it('is what the mean of overlapping sums is worth: simulated variance within 4 standard errors', () => {
    const random = randomStream(15, 'overlap');
    const [n, h, draws] = [20, 4, 4000];
    let squares = 0;
    for (let r = 0; r < draws; r++) {
      const steps = Array.from({ length: n + h - 1 }, random.normal);
      const m = mean(Array.from({ length: n }, (_, t) => (steps[t] + steps[t + 1] + steps[t + 2] + steps[t + 3]) / 2)); // variance 1 each
      squares += m * m;
    }
    const worth = 1 / (squares / draws);
    expect(Math.abs(worth / effectiveCount(n, h) - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
  });

  it('engine 4: 60 overlapping 5-session labels are too few for 95 %, which 60 independent ones are not', () => {
    expect(effectiveCount(60, 5)).toBeLessThan(19);
    expect(effectiveCount(60, 1)).toBeGreaterThan(19);
  });

  it.each([[-1, 1], [1.5, 1], [10, 0], [10, 2.5], [NaN, 1]])('refuses %s and %s', (n, overlap) => {
    expect(() => effectiveCount(n, overlap)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('effectiveWeightCount', () => {
  it('worked by hand: equal weights count fully, one dominating weight counts once', () => {
    expect(effectiveWeightCount([2, 2, 2])).toBe(3);
    expect(effectiveWeightCount([4, 2, 2])).toBe(8 / 3);
    expect(effectiveWeightCount([1, 0, NaN])).toBe(1);
    expect([effectiveWeightCount([]), effectiveWeightCount([0, 0])]).toEqual([0, 0]);
  });

  it('does not depend on the scale of the weights, however small or large', () => {
    for (const scale of [2 ** -1000, 1, 2 ** 1000]) expect(effectiveWeightCount([4 * scale, 2 * scale, 2 * scale])).toBe(8 / 3);
  });

  it.each([-1, Infinity])('refuses a weight of %s', (weight) => {
    expect(() => effectiveWeightCount([1, weight])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
