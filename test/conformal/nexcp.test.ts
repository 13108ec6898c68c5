import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitNexcp } from '../../src/conformal/nexcp.ts';
import { conformalRadius } from '../../src/conformal/radius.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';
import { casesOf, expectClose } from './reference.ts';

const agesOf = (n: number): number[] => Array.from({ length: n }, (_, i) => n - 1 - i);

describe('fitNexcp', () => {
  it.each(casesOf('weighted').map((c) => [c.id, c] as const))('%s: closed form of Barber et al. (2023), newest row at age 0', (_, { input, params, expected }) => {
    const decay = (params as unknown as { nexcp_rho: number }).nexcp_rho;
    expectClose([fitNexcp(input.scores, agesOf(input.scores.length), { alpha: params.alpha, decay }).radius], [expected.nexcp_q as number]);
  });

  it('worked by hand: ages 0, 1, 2 at decay 0.9', () => {
    const fit = fitNexcp([3, 1, 2], [0, 1, 2], { alpha: 0.5, decay: 0.9 }); // half of 3.71 is 1.855; 0.9 + 0.81 = 1.71 falls short
    expect(fit.radius).toBe(3);
    expect(fit.effectiveCount).toBeCloseTo(2.71 ** 2 / (1 + 0.81 + 0.6561), 12);
    expect(fitNexcp([3, 1, 2], [0, 1, 2], { alpha: 0.6, decay: 0.9 }).radius).toBe(2); // 0.4 * 3.71 = 1.484
  });

  it('decay 1 is the split conformal radius', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { maxLength: 40 }), fc.integer({ min: 1, max: 99 }), (scores, percent) => {
      expect(fitNexcp(scores, agesOf(scores.length), { alpha: percent / 100, decay: 1 }).radius).toBe(conformalRadius(scores, percent / 100));
    }));
  });

  it('never grows with alpha', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { maxLength: 40 }), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (scores, a, b) => {
      const at = (percent: number): number => fitNexcp(scores, agesOf(scores.length), { alpha: percent / 100, decay: 0.95 }).radius;
      expect(at(Math.max(a, b))).toBeLessThanOrEqual(at(Math.min(a, b)));
    }));
  });

  it('is infinite when fading leaves less weight than (1 - alpha) / alpha, however many rows there are', () => {
    const scores = Array.from({ length: 1000 }, (_, i) => i);
    expect(fitNexcp(scores, agesOf(1000), { alpha: 0.05, decay: 0.94 }).radius).toBe(Infinity); // at most 1 / 0.06 = 16.7 < 19
    expect(fitNexcp(scores, agesOf(1000), { alpha: 0.05, decay: 0.96 }).radius).toBeLessThan(1000); // 25
  });

  it('follows a doubling of the errors faster than the unweighted radius', () => {
    const random = randomStream(2, 'nexcp');
    const scores = Array.from({ length: 500 }, (_, i) => Math.abs(random.normal()) * (i < 400 ? 1 : 2));
    expect(fitNexcp(scores, agesOf(500), { decay: 0.97 }).radius).toBeGreaterThan(1.2 * conformalRadius(scores, 0.1));
  });

  it('covers exchangeable rows with probability at least 1 - alpha (2000 draws, 4 standard errors)', () => {
    const random = randomStream(4, 'nexcp-coverage');
    const [draws, n, alpha] = [2000, 40, 0.1];
    let covered = 0;
    for (let r = 0; r < draws; r++) if (random.uniform() <= fitNexcp(Float64Array.from({ length: n }, random.uniform), agesOf(n), { alpha, decay: 0.97 }).radius) covered++;
    expect(covered / draws).toBeGreaterThan(1 - alpha - 4 * Math.sqrt((alpha * (1 - alpha)) / draws));
  });

  it('counts missing rows, is frozen, small and plain', () => {
    const fit = fitNexcp([1, NaN, 3], [0, 1, NaN], { alpha: 0.5 });
    expect([fit.count, fit.missingRows, fit.radius]).toEqual([1, 2, 1]);
    expect(Object.isFrozen(fit)).toBe(true);
    expect(fromPlain(toPlain(fit))).toEqual(fit);
  });

  it.each([0, -0.1, 1.01, NaN])('refuses a decay of %s', (decay) => {
    expect(() => fitNexcp([1], [0], { decay })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('refuses an age before the row was born and different lengths', () => {
    expect(() => fitNexcp([1], [-1])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitNexcp([1, 2], [1])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
