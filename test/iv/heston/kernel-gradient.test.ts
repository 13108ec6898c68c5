import { describe, expect, it } from 'vitest';
import { KERNEL_SCRATCH, logCharacteristic } from '../../../src/iv/heston/kernel.ts';
import { jumpCharacteristicGradient, logCharacteristicGradient } from '../../../src/iv/heston/kernel-gradient.ts';

const p = Float64Array.of(0.04, 1.5, 0.05, 0.4, -0.6, 0.4, -0.15, 0.1, 0);
const heston = Float64Array.of(0.04, 1.5, 0.05, 0.4, -0.6, 0, 0, 0, 0);
const nodes = [[0, 0.9], [0, -0.7], [0.3, 0], [4, 1.2], [25, -3]] as const;
const expiries = [0.02, 0.5, 3];

function logPhi(re: number, im: number, T: number, vector: Float64Array): readonly [number, number] {
  const out = new Float64Array(KERNEL_SCRATCH);
  logCharacteristic(re, im, T, vector, out);
  return [out[0], out[1]];
}

// Fourth order differences: 1e-10 of the function.
function slopeOf(f: (h: number) => number, h: number): number {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

describe('derivatives of the logarithm of the characteristic function', () => {
  it('are its slopes in the five parameters of the diffusion', () => {
    const out = new Float64Array(KERNEL_SCRATCH);
    for (const T of expiries) for (const [re, im] of nodes) {
      logCharacteristicGradient(re, im, T, heston, out);
      for (let j = 0; j < 5; j++) for (const part of [0, 1]) {
        const slope = slopeOf((h) => logPhi(re, im, T, heston.map((value, i) => (i === j ? value + h : value)))[part], 1e-3 * Math.abs(heston[j]));
        expect(Math.abs(out[2 + 2 * j + part] - slope)).toBeLessThan(1e-8 * Math.max(1, Math.abs(slope)));
      }
    }
  });

  it('are its slopes in rate, mean and deviation of the jumps', () => {
    const out = new Float64Array(9);
    for (const T of expiries) for (const [re, im] of nodes) {
      jumpCharacteristicGradient(re, im, T, p, out, 0);
      const [all, none] = [logPhi(re, im, T, p), logPhi(re, im, T, heston)];
      for (const part of [0, 1]) {
        expect(Math.abs(out[part] - (all[part] - none[part]))).toBeLessThan(1e-12 * Math.max(1, Math.abs(all[part])));
        for (let j = 5; j < 8; j++) {
          const slope = slopeOf((h) => logPhi(re, im, T, p.map((value, i) => (i === j ? value + h : value)))[part], 1e-3 * Math.abs(p[j]));
          expect(Math.abs(out[2 * (j - 4) + part] - slope)).toBeLessThan(1e-8 * Math.max(1, Math.abs(slope)));
        }
      }
      // lambda T |J|, by hand: i z = 1/2 - Im zeta + i Re zeta
      const a = 0.5 - im;
      expect(out[8]).toBeCloseTo(0.4 * T * Math.exp(-0.15 * a + 0.005 * (a * a - re * re)), 12);
    }
  });
});
