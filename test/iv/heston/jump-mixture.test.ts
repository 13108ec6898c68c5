import { describe, expect, it } from 'vitest';
import { integrateOtm, JUMP_SUMS } from '../../../src/iv/heston/jump-mixture.ts';
import { batesGradientRows } from './reference.ts';

describe('integrateOtm with jumps', () => {
  it('has the derivatives in all eight parameters of the reference rows', () => {
    expect(batesGradientRows).toHaveLength(15);
    for (const { p, expiryYears, logMoneyness, price, gradient } of batesGradientRows) {
      const vector = new Float64Array(9);
      vector.set(p);
      const { sums } = integrateOtm(vector, expiryYears, -logMoneyness, 1e-13, true);
      const scale = Math.exp(logMoneyness / 2); // sqrt(F K)
      expect(Math.abs(scale * sums[0] - price)).toBeLessThan(1e-12 * price);
      gradient.forEach((slope, j) => {
        const found = scale * (j < 5 ? sums[1 + j] : sums[JUMP_SUMS + j - 5]);
        expect(Math.abs(found - slope)).toBeLessThan(1e-12 + 1e-10 * Math.abs(slope));
      });
    }
  });

  it('has slopes in the jumps where the forward changes sides between the terms, far out, and for jumps of one size', () => {
    const cases = [[[0.02, 2, 0.03, 0.3, 0.2, 3, -0.1, 0.05], 1, 0.02], [[0.04, 1, 0.04, 0.5, -0.7, 0.1, -0.3, 0.1], 0.1, 0.6], [[0.04, 1, 0.04, 0.5, -0.7, 0.2, 0.2, 0.1], 0.5, -1], [[0.04, 1, 0.04, 0.5, -0.7, 0.5, -0.2, 1e-3], 0.5, 0.1]] as const;
    for (const [p, T, x] of cases) {
      const at = (j: number, h: number): Float64Array => {
        const vector = new Float64Array(9);
        vector.set(p);
        vector[j] += h;
        return integrateOtm(vector, T, x, 1e-13, true).sums;
      };
      const own = at(5, 0);
      for (let j = 5; j < 8; j++) {
        const h = 1e-3 * Math.abs(p[j]);
        const slope = (8 * (at(j, h)[0] - at(j, -h)[0]) - (at(j, 2 * h)[0] - at(j, -2 * h)[0])) / (12 * h);
        // 1e-12 of the price over the step
        expect(Math.abs(own[JUMP_SUMS + j - 5] - slope)).toBeLessThan(1e-8 * Math.abs(slope) + (1e-12 * own[0]) / h);
      }
    }
  });

  it('sums the terms about their peak, far above the expected number for calls of growing jumps', () => {
    // 600 jumps are expected, and 2,689 where the forward is: the call is worth its forward, the put its strike.
    const vector = Float64Array.of(0.04, 1, 0.04, 0.5, -0.7, 20, 1, 1, 0);
    for (const x of [-0.001, 0.001]) {
      const { sums, converged } = integrateOtm(vector, 30, x, 1e-12, true);
      expect(converged).toBe(true);
      expect(Math.abs(sums[0] * Math.exp(Math.abs(x) / 2) - 1)).toBeLessThan(1e-11);
      expect(sums.every(Number.isFinite)).toBe(true);
    }
  });

  it('ends as not converged after some million values of the characteristic function, or at once where too many jumps are expected', () => {
    const slow = integrateOtm(Float64Array.of(100, 100, 1e6, 0.5, 1, 1, -0.5, 0.2, 0), 1000, -0.1, 1e-9, false);
    expect(slow.converged).toBe(false);
    expect(slow.nodes).toBeLessThan(1_100_000);
    expect(slow.error).toBeGreaterThan(0.9); // as large as prices can be
    const crowded = integrateOtm(Float64Array.of(0.04, 1, 0.04, 0.5, -0.7, 1000, 5, 1, 0), 1000, -0.1, 1e-9, false);
    expect(crowded.converged).toBe(false);
    expect(crowded.nodes).toBe(0);
  });
});
