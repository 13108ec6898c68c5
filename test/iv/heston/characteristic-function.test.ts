import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hestonCharacteristicFunction } from '../../../src/iv/heston/characteristic-function.ts';
import type { HestonParameters } from '../../../src/iv/heston/parameters.ts';

const parameters: HestonParameters = { initialVariance: 0.04, meanReversion: 1.5, longRunVariance: 0.06, volOfVariance: 0.5, correlation: -0.7 };

type C = readonly [number, number];
const add = (a: C, b: C, scale = 1): C => [a[0] + scale * b[0], a[1] + scale * b[1]];
const mul = (a: C, b: C): C => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];

// D' = sigma^2 D^2 / 2 - (kappa - i rho sigma z) D - (z^2 + i z) / 2, C' = kappa theta D by Runge and Kutta: no closed form, no branch.
function byRiccati(p: HestonParameters, z: C, T: number, steps: number): C {
  const q = add(mul(z, z), [-z[1], z[0]]);
  const xi: C = [p.meanReversion + p.correlation * p.volOfVariance * z[1], -p.correlation * p.volOfVariance * z[0]];
  const slope = (D: C): C => add(add(mul(D, D), mul(xi, D), -2 / p.volOfVariance ** 2), q, -1 / p.volOfVariance ** 2).map((v) => (v * p.volOfVariance ** 2) / 2) as unknown as C;
  let D: C = [0, 0];
  let sum: C = [0, 0];
  const h = T / steps;
  for (let i = 0; i < steps; i++) {
    const a = slope(D);
    const b = slope(add(D, a, h / 2));
    const c = slope(add(D, b, h / 2));
    const d = slope(add(D, c, h));
    sum = add(sum, D, h);
    sum = add(sum, add(add(a, b), c), (h * h) / 6);
    D = add(D, add(add(a, d), add(b, c), 2), h / 6);
  }
  const log = add([p.initialVariance * D[0], p.initialVariance * D[1]], sum, p.meanReversion * p.longRunVariance);
  return [Math.exp(log[0]) * Math.cos(log[1]), Math.exp(log[0]) * Math.sin(log[1])];
}

describe('hestonCharacteristicFunction', () => {
  it('solves the Riccati equations: real and complex arguments, long times (the main branch of the logarithm is the right one)', () => {
    fc.assert(fc.property(
      fc.double({ min: 0.2, max: 5, noNaN: true }), fc.double({ min: 0.05, max: 2, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: -20, max: 20, noNaN: true }), fc.double({ min: -1, max: 0, noNaN: true }), fc.double({ min: 0.05, max: 10, noNaN: true }),
      (meanReversion, volOfVariance, correlation, real, imaginary, expiryYears) => {
        const p = { ...parameters, meanReversion, volOfVariance, correlation };
        const found = hestonCharacteristicFunction(p, { real, imaginary, expiryYears });
        const expected = byRiccati(p, [real, imaginary], expiryYears, 4000);
        // Runge-Kutta's own error at 4000 steps of a decay of up to 50 per year
        expect(Math.hypot(found.real - expected[0], found.imaginary - expected[1])).toBeLessThan(1e-7);
      }), { numRuns: 60, seed: 2 });
  });

  it('is 1 at 0 and at -i (the forward is a martingale), also where kappa < rho sigma', () => {
    for (const p of [parameters, { ...parameters, correlation: 0.9, volOfVariance: 4 }, { ...parameters, volOfVariance: 0 }]) {
      for (const expiryYears of [0, 0.01, 5]) {
        for (const imaginary of [0, -1]) {
          const found = hestonCharacteristicFunction(p, { real: 0, imaginary, expiryYears });
          expect(found.real).toBeCloseTo(1, 12);
          expect(found.imaginary).toBeCloseTo(0, 12);
        }
      }
    }
  });

  it('is Hermitian and at most 1 on the real line', () => {
    for (const real of [0.3, 4, 60]) {
      const right = hestonCharacteristicFunction(parameters, { real, expiryYears: 2 });
      const left = hestonCharacteristicFunction(parameters, { real: -real, expiryYears: 2 });
      expect([left.real, left.imaginary]).toEqual([right.real, -right.imaginary]);
      expect(Math.hypot(right.real, right.imaginary)).toBeLessThan(1);
    }
  });

  it('is that of a normal when vol of variance is 0: exp(-w (z^2 + i z) / 2)', () => {
    const w = 0.06 * 2 + (0.04 - 0.06) * -Math.expm1(-3) / 1.5;
    const found = hestonCharacteristicFunction({ ...parameters, volOfVariance: 0 }, { real: 3, expiryYears: 2 });
    expect(found.real).toBeCloseTo(Math.exp(-4.5 * w) * Math.cos(1.5 * w), 14);
    expect(found.imaginary).toBeCloseTo(-Math.exp(-4.5 * w) * Math.sin(1.5 * w), 14);
  });

  it('rejects what is not a number', () => {
    expect(() => hestonCharacteristicFunction(parameters, { real: NaN, expiryYears: 1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => hestonCharacteristicFunction(parameters, { real: 1, expiryYears: -1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
