import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sviG } from '../../../src/iv/slices/svi-butterfly.ts';
import { separableSvi } from '../../../src/iv/slices/svi-separable.ts';
import { formModel } from '../../../src/iv/slices/svi-model.ts';
import { sviGSensitivity, sviVarianceSensitivity } from '../../../src/iv/slices/svi-sensitivity.ts';
import { sviFromCoordinates, sviSystem, sviToCoordinates, type SviData } from '../../../src/iv/slices/svi-system.ts';
import { sviMinimumTotalVariance, sviTotalVariance } from '../../../src/iv/slices/svi.ts';
import { anySvi } from './svi-reference.ts';

const strikes = Float64Array.from({ length: 21 }, (_, i) => -0.5 + 0.05 * i);
const data: SviData = { expiryYears: 0.5, logMoneyness: strikes, vol: strikes.map((k) => 0.3 + 0.2 * k * k - 0.1 * k), weight: strikes.map((k) => 1 + k) };

describe('the search for SVI', () => {
  it('has coordinates that lead back to the slice, with its minimum first', () => {
    fc.assert(
      fc.property(anySvi, fc.double({ min: -1, max: 1, noNaN: true }), (smile, k) => {
        fc.pre(Math.abs(smile.rho) < 0.999999); // beyond, sqrt(1 - rho^2) has lost digits in rho itself
        const point = sviToCoordinates(smile);
        expect(point[0]).toBeCloseTo(sviMinimumTotalVariance(smile), 14);
        expect(point[1] * point[1]).toBeCloseTo(smile.b * (1 - smile.rho), 13);
        expect(point[2] * point[2]).toBeCloseTo(smile.b * (1 + smile.rho), 13);
        expect(Math.abs(sviTotalVariance(sviFromCoordinates(point), k) - sviTotalVariance(smile, k))).toBeLessThan(1e-13 * (1 + smile.b * (1 + smile.sigma)));
      }),
    );
  });

  it('has residuals in volatility and their derivatives, with and without a robust loss', () => {
    fc.assert(
      fc.property(anySvi, fc.constantFrom(Infinity, 0.05), (smile, lossScale) => {
        fc.pre(Math.abs(smile.rho) < 0.99);
        const { evaluate, residualCount: n } = sviSystem(data, lossScale);
        const point = sviToCoordinates(smile);
        const [residuals, low, high] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
        const jacobian = new Float64Array(5 * n);
        expect(evaluate(point, residuals, jacobian)).toBe(true);
        const plain = data.weight[3] * (Math.sqrt(sviTotalVariance(smile, strikes[3]) / 0.5) - data.vol[3]);
        const robust = Math.sign(plain) * 0.05 * Math.sqrt(Math.log(1 + (plain / 0.05) ** 2));
        expect(residuals[3]).toBeCloseTo(lossScale === Infinity ? plain : robust, 12);
        for (let j = 0; j < 5; j++) {
          const h = 1e-5 * Math.min(1, smile.sigma, Math.max(point[j], 1e-2));
          const at = (sign: number): Float64Array => point.map((value, i) => (i === j ? value + sign * h : value));
          evaluate(at(-1), low, null);
          evaluate(at(1), high, null);
          for (let i = 0; i < n; i++) {
            const slope = (high[i] - low[i]) / (2 * h);
            expect(Math.abs(slope - jacobian[5 * i + j])).toBeLessThan(2e-4 * (1 + Math.abs(slope)));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("has a model of its cost: J'r and J'J", () => {
    const { evaluate, residualCount: n } = sviSystem(data, 0.05);
    const [residuals, jacobian, hessian, gradient] = [new Float64Array(n), new Float64Array(5 * n), new Float64Array(25), new Float64Array(5)];
    evaluate(Float64Array.of(0.03, 0.2, 0.4, 0.05, 0.3), residuals, jacobian);
    formModel(jacobian, residuals, hessian, gradient);
    const column = (j: number): Float64Array => residuals.map((_, i) => jacobian[5 * i + j]);
    const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
    for (let j = 0; j < 5; j++) {
      expect(gradient[j]).toBe(product(column(j), residuals));
      for (let k = 0; k < 5; k++) expect(hessian[5 * j + k]).toBe(product(column(j), column(k)));
    }
  });

  it('knows how variance and g move with the coordinates', () => {
    fc.assert(
      fc.property(anySvi, fc.double({ min: -1, max: 1, noNaN: true }), (smile, k) => {
        fc.pre(Math.abs(smile.rho) < 0.99);
        const point = sviToCoordinates(smile);
        const [w, g, other] = [new Float64Array(6), new Float64Array(6), new Float64Array(6)];
        sviVarianceSensitivity(point, k, w);
        sviGSensitivity(point, k, g);
        expect(Math.abs(w[0] / sviTotalVariance(smile, k) - 1)).toBeLessThan(1e-9);
        expect(Math.abs(g[0] - sviG(smile, k))).toBeLessThan(1e-8 * (1 + Math.abs(g[0])) / smile.sigma);
        for (let j = 0; j < 5; j++) {
          const h = 1e-5 * Math.min(smile.sigma, Math.max(point[j], 1e-3), 1);
          const difference = (fill: typeof sviGSensitivity): number => {
            fill(point.map((value, i) => (i === j ? value + h : value)), k, other);
            const high = other[0];
            fill(point.map((value, i) => (i === j ? value - h : value)), k, other);
            return (high - other[0]) / (2 * h);
          };
          const largest = Math.max(...g.map(Math.abs));
          expect(Math.abs(difference(sviVarianceSensitivity) - w[j + 1])).toBeLessThan(1e-5 * (1 + Math.abs(w[j + 1])));
          expect(Math.abs(difference(sviGSensitivity) - g[j + 1])).toBeLessThan(1e-4 * (1 + largest));
        }
      }),
    );
  });

  it('solves for level and slopes: no other ones fit better at the same centre and width', () => {
    const bounds = { leftMin: 0, leftMax: 2, rightMin: 0, rightMax: 2 };
    fc.assert(
      fc.property(fc.double({ min: -0.5, max: 0.5, noNaN: true }), fc.double({ min: -3, max: 1, noNaN: true }), (m, logSigma) => {
        const { system, linear } = separableSvi(data, bounds);
        const residuals = new Float64Array(system.residualCount);
        const jacobian = new Float64Array(2 * system.residualCount);
        expect(system.evaluate(Float64Array.of(m, logSigma), residuals, jacobian)).toBe(true);
        const sigma = Math.exp(logSigma);
        const [level, left, right] = linear;
        const cost = (dLevel: number, dLeft: number, dRight: number): number =>
          strikes.reduce((sum, k, i) => {
            const y = k - m;
            const q = Math.sqrt(y * y + sigma * sigma) - sigma;
            const w = level + dLevel + ((right + dRight) * (q + y)) / 2 + ((left + dLeft) * (q - y)) / 2;
            return sum + (data.weight[i] * (w - data.vol[i] ** 2 * 0.5)) ** 2 / (2 * data.vol[i] * 0.5) ** 2;
          }, 0);
        const best = residuals.reduce((sum, value) => sum + value * value, 0);
        expect(best / cost(0, 0, 0)).toBeCloseTo(1, 8);
        for (const [dLevel, dLeft, dRight] of [[1e-4, 0, 0], [-1e-4, 0, 0], [0, 1e-3, 0], [0, -1e-3, 0], [0, 0, 1e-3], [0, 0, -1e-3]]) {
          if (left + dLeft >= 0 && right + dRight >= 0 && left + dLeft <= 2 && right + dRight <= 2) expect(cost(dLevel, dLeft, dRight)).toBeGreaterThanOrEqual(best * (1 - 1e-9));
        }
        // The projected derivative is orthogonal to the level.
        for (const column of [0, 1]) {
          let product = 0;
          let size = 0;
          for (let i = 0; i < residuals.length; i++) {
            const unit = data.weight[i] / (2 * data.vol[i] * 0.5);
            product += jacobian[2 * i + column] * unit;
            size += Math.abs(jacobian[2 * i + column] * unit);
          }
          expect(Math.abs(product)).toBeLessThan(1e-8 * size + 1e-12);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a point where variance is not positive', () => {
    const { evaluate, residualCount } = sviSystem(data, Infinity);
    expect(evaluate(Float64Array.of(-1, 0.1, 0.1, 0, 0.1), new Float64Array(residualCount), null)).toBe(false);
  });
});
