import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisExponent } from '../../../src/iv/heston/contour.ts';
import { KERNEL_SCRATCH, logCharacteristic } from '../../../src/iv/heston/kernel.ts';
import { kernelColumns, logCharacteristicColumns } from '../../../src/iv/heston/kernel-columns.ts';
import { explosionTime } from '../../../src/iv/heston/parameters.ts';

const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const log = (low: number, high: number): fc.Arbitrary<number> => between(Math.log(low), Math.log(high)).map(Math.exp);
const vector = fc.tuple(fc.oneof(fc.constant(0), log(1e-4, 1)), log(0.01, 20), log(1e-3, 1), fc.oneof(fc.constant(0), log(1e-5, 5)), fc.oneof(between(-1, 1), fc.constantFrom(-1, 1)), fc.constantFrom(0, 1.5), fc.constantFrom(0, 0.01));
const expiry = log(1 / 365, 30);

describe('logCharacteristicColumns', () => {
  it('agrees with logCharacteristic at every node, jumps, an independent normal and sigma = 0 included', () => {
    fc.assert(fc.property(vector, expiry, log(0.01, 200), between(-0.5, 0.5), ([v0, kappa, theta, sigma, rho, intensity, variance], T, re, slope) => {
      const p = Float64Array.of(v0, kappa, theta, sigma, rho, intensity, -0.1, 0.2, variance);
      const nodeRe = Float64Array.of(0, re, 3 * re);
      const nodeIm = Float64Array.of(0.3, slope * re, 3 * slope * re);
      const columns = kernelColumns(3);
      logCharacteristicColumns(nodeRe, nodeIm, 0, 3, T, p, columns);
      const out = new Float64Array(KERNEL_SCRATCH);
      for (let j = 0; j < 3; j++) {
        logCharacteristic(nodeRe[j], nodeIm[j], T, p, out);
        if (!Number.isFinite(out[0])) continue; // jumps beyond the largest double
        // t T - 2 ln(n) / s loses digits where d T is small: eps / (d T), the same in both.
        expect(Math.hypot(columns.re[j] - out[0], columns.im[j] - out[1])).toBeLessThan(1e-11 * (1 + Math.hypot(out[0], out[1])));
        if (intensity > 0) expect(Math.abs(columns.jumps[j] - out[28])).toBeLessThan(1e-13 * (1 + Math.abs(out[28]) + T * Math.exp(Math.abs(nodeIm[j]))));
      }
    }), { numRuns: 500, seed: 3 });
  });
});

describe('axisExponent', () => {
  it('is ln phi on the axis to eight digits inside the strip, and Infinity exactly where the moment has exploded', () => {
    const out = new Float64Array(KERNEL_SCRATCH);
    let [inside, outside] = [0, 0];
    fc.assert(fc.property(vector, expiry, fc.constantFrom(-1, 1), log(1e-3, 50), ([v0, kappa, theta, sigma, rho, intensity, variance], T, side, l) => {
      const p = Float64Array.of(v0, kappa, theta, sigma, rho, intensity, -0.1, 0.02, variance);
      const found = axisExponent(p, T, side * (0.5 + l));
      const time = explosionTime(p, side > 0 ? -l : 1 + l);
      fc.pre(Math.abs(time / T - 1) > 1e-9);
      if (time <= T) {
        outside++;
        expect(found).toBe(Infinity);
      } else {
        inside++;
        logCharacteristic(0, side * (0.5 + l), T, p, out);
        expect(Math.abs(found - out[0])).toBeLessThan(1e-8 * (1 + Math.abs(out[0])));
      }
    }), { numRuns: 1000, seed: 4 });
    expect(Math.min(inside, outside)).toBeGreaterThan(30);
  });
});
