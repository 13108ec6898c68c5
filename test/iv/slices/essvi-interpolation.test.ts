import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { essviButterflyMargins, leastThetaRatio, leftSlope, rightSlope } from '../../../src/iv/slices/essvi-conditions.ts';
import { interpolateEssvi } from '../../../src/iv/slices/essvi-interpolation.ts';
import { essviTotalVariance, type EssviSlice } from '../../../src/iv/slices/essvi.ts';
import { edgePair } from './essvi-arbitrary.ts';

const near = { theta: 0.01, rho: -0.7, psi: 0.11 };
const far = { theta: 0.04, rho: -0.5, psi: 0.3 };
const term = { expiryYears: [0.25, 1], slices: [near, far] };

// Whether total variance falls from one slice to a later one, with equal slopes equal but for rounding.
function crossing(first: EssviSlice, second: EssviSlice): number {
  const left = Math.max(leftSlope(second), leftSlope(first));
  const right = Math.max(rightSlope(second), rightSlope(first));
  expect(left - leftSlope(second)).toBeLessThan(1e-14 * second.psi);
  expect(right - rightSlope(second)).toBeLessThan(1e-14 * second.psi);
  return (first.theta * leastThetaRatio(leftSlope(first), rightSlope(first), left, right)) / second.theta - 1;
}

describe('interpolateEssvi', () => {
  it('gives the slices themselves at their expiries', () => {
    expect(interpolateEssvi(term, 0.25)).toEqual(near);
    expect(interpolateEssvi(term, 1)).toEqual(far);
  });

  it('is linear in theta and in both wing slopes where that is free of arbitrage', () => {
    const middle = interpolateEssvi(term, 0.5);
    expect(middle.theta).toBeCloseTo(0.02, 15);
    expect(leftSlope(middle)).toBeCloseTo((2 * leftSlope(near) + leftSlope(far)) / 3, 15);
    expect(rightSlope(middle)).toBeCloseTo((2 * rightSlope(near) + rightSlope(far)) / 3, 15);
  });

  it('has no calendar and no butterfly arbitrage between slices at the edge of both', () => {
    fc.assert(
      fc.property(edgePair, fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.double({ min: 0.001, max: 0.999, noNaN: true }), (pair, s, t) => {
        const between = { expiryYears: [1, 2], slices: [pair.near, pair.far] };
        const first = interpolateEssvi(between, 1 + Math.min(s, t));
        const second = interpolateEssvi(between, 1 + Math.max(s, t));
        for (const slice of [first, second]) expect(essviButterflyMargins(slice).density / slice.theta).toBeGreaterThan(-1e-7);
        // 1e-6: where one wing stays, the least ratio has half the digits of the slopes.
        expect(crossing(pair.near, first)).toBeLessThan(1e-6);
        expect(crossing(first, second)).toBeLessThan(1e-6);
        expect(crossing(second, pair.far)).toBeLessThan(1e-6);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the ray of contact where the linear path would cross: theta, rho and psi one by one would too', () => {
    const slices = [{ theta: 0.05, rho: -0.9, psi: 0.5 }, { theta: 0, rho: 0.2, psi: 1.2 }];
    const ratio = leastThetaRatio(leftSlope(slices[0]), rightSlope(slices[0]), leftSlope(slices[1]), rightSlope(slices[1]));
    slices[1].theta = slices[0].theta * ratio;
    const linear = { theta: (slices[0].theta + slices[1].theta) / 2, rho: 0, psi: 0 };
    const [left, right] = [leftSlope, rightSlope].map((slope) => (slope(slices[0]) + slope(slices[1])) / 2);
    Object.assign(linear, { rho: (right - left) / (right + left), psi: left + right });
    expect(Math.max(crossing(slices[0], linear), crossing(linear, slices[1]))).toBeGreaterThan(0.01);
    const ours = interpolateEssvi({ expiryYears: [1, 2], slices }, 1.5);
    expect(crossing(slices[0], ours)).toBeLessThan(1e-9);
    expect(crossing(ours, slices[1])).toBeLessThan(1e-9);
  });

  it('scales total variance with time before the first expiry (engine.md 14 defect 4: not the total variance of another maturity)', () => {
    const early = interpolateEssvi(term, 0.05);
    for (const k of [-0.3, 0, 0.2]) expect(essviTotalVariance(early, k) / 0.05).toBeCloseTo(essviTotalVariance(near, k) / 0.25, 14);
  });

  it('goes on with the last slope in time of theta and the last wings after the last expiry', () => {
    expect(interpolateEssvi(term, 2)).toEqual({ theta: 0.08, rho: -0.5, psi: 0.3 });
    const alone = interpolateEssvi({ expiryYears: [1], slices: [far] }, 3);
    expect(alone.theta).toBeCloseTo(0.12, 15);
  });

  it('works from a flat slice and between equal ones', () => {
    const flat = { theta: 0.01, rho: 0, psi: 0 };
    const middle = interpolateEssvi({ expiryYears: [1, 2], slices: [flat, { theta: 0.03, rho: -0.5, psi: 0.1 }] }, 1.5);
    expect(essviButterflyMargins(middle).isArbitrageFree).toBe(true);
    const same = interpolateEssvi({ expiryYears: [1, 2], slices: [far, far] }, 1.5);
    for (const key of ['theta', 'rho', 'psi'] as const) expect(same[key]).toBeCloseTo(far[key], 14);
  });

  it('refuses slices that cross, expiries that do not rise and lengths that differ', () => {
    expect(() => interpolateEssvi({ expiryYears: [1, 2], slices: [far, near] }, 1.5)).toThrowError(/must not cross; repair them with projectEssvi/);
    expect(() => interpolateEssvi({ expiryYears: [2, 1], slices: [near, far] }, 1.5)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => interpolateEssvi({ expiryYears: [1], slices: [near, far] }, 1.5)).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => interpolateEssvi(term, 0)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => interpolateEssvi({ expiryYears: [], slices: [] }, 1)).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
