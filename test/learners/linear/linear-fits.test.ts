import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.ts';
import { matrixFromRows } from '../../../src/core/linear-algebra.ts';
import type { MatrixLike } from '../../../src/core/linear-algebra.ts';
import { fitElasticNet, fitRidge } from '../../../src/learners/index.ts';

function design(seed: number, n: number, p: number): { x: MatrixLike; y: number[]; weights: number[] } {
  const random = randomStream(seed, 'linear');
  const rows = Array.from({ length: n }, () => {
    const common = random.normal();
    return Array.from({ length: p }, (_, j) => (common + random.normal()) * 2 ** (j % 4) + j);
  });
  return { x: matrixFromRows(rows), y: rows.map((row) => row[0] - 0.5 * row[p - 1] + 3 * random.normal()), weights: rows.map(() => random.uniform() + 0.1) };
}

describe('fitRidge', () => {
  it('by hand: x = -1 0 1, y = 1 2 6', () => {
    // Mean 3, cross = -1*(-2) + 1*3 = 5, squares 2: b = 5 / (2 + alpha).
    const x = matrixFromRows([[-1], [0], [1]]);
    for (const alpha of [0, 1, 3]) {
      const fit = fitRidge(x, [1, 2, 6], { alpha });
      expect(fit.coefficients[0]).toBeCloseTo(5 / (2 + alpha), 14);
      expect(fit.intercept).toBeCloseTo(3, 14);
    }
    expect(fitRidge(x, [1, 2, 6], { alpha: 0, fitIntercept: false })).toEqual({ coefficients: Float64Array.of(2.5), intercept: 0 });
  });

  it('collinear columns have the coefficients of least norm', () => {
    const x = matrixFromRows([[1, 1, 5], [2, 2, 5], [3, 3, 5], [5, 5, 5]]);
    const fit = fitRidge(x, [2, 4, 6, 10], { alpha: 0 });
    expect(Array.from(fit.coefficients, (b) => Math.round(b * 1e9) / 1e9)).toEqual([1, 1, 0]);
    expect(fit.intercept).toBeCloseTo(0, 9);
  });

  it('a weight of 2 is a row twice, a weight of 0 none', () => {
    const { x, y } = design(1, 12, 3);
    const rows = Array.from({ length: 12 }, (_, i) => Array.from(x.data.subarray(3 * i, 3 * i + 3)));
    const weights = rows.map((_, i) => (i === 0 ? 0 : i === 1 ? 2 : 1));
    const [weighted, repeated] = [fitRidge(x, y, { weights }), fitRidge(matrixFromRows([rows[1], ...rows.slice(1)]), [y[1], ...y.slice(1)])];
    weighted.coefficients.forEach((b, j) => expect(b).toBeCloseTo(repeated.coefficients[j], 12));
    expect(weighted.intercept).toBeCloseTo(repeated.intercept, 12);
  });

  it('refuses values that are not finite, lengths that disagree, bad weights, no rows and unknown options', () => {
    const x = matrixFromRows([[1], [2]]);
    for (const [y, options] of [[[1, NaN], {}], [[1, 2], { weights: [1, -1] }], [[1, 2], { weights: [0, 0] }], [[1, 2], { alpha: -1 }]] as const) expect(() => fitRidge(x, y, options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitRidge(matrixFromRows([[1], [Infinity]]), [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('row 1, column 0') as string }));
    expect(() => fitRidge({ rows: 0, columns: 1, data: new Float64Array(0) }, [])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fitRidge(x, [1])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => fitRidge(x, [1, 2], { weights: [1] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    const unknown = { aplha: 1 };
    expect(() => fitRidge(x, [1, 2], unknown as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('"alpha"') as string }));
  });
});

describe('fitElasticNet', () => {
  it('meets the Karush-Kuhn-Tucker conditions', () => {
    const settings = fc.record({ alpha: fc.double({ min: 1e-3, max: 3, noNaN: true }), l1Ratio: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0.01, max: 1, noNaN: true })), fitIntercept: fc.boolean(), weighted: fc.boolean() });
    fc.assert(fc.property(fc.nat(1e6), fc.integer({ min: 6, max: 30 }), fc.integer({ min: 1, max: 5 }), settings, (seed, n, p, { weighted, ...options }) => {
      const { x, y, weights } = design(seed, n, p);
      const w = weighted ? weights : y.map(() => 1);
      const fit = fitElasticNet(x, y, { ...options, ...(weighted ? { weights } : {}), maxIterations: 1e7 }); // six rows of five columns may take 1e5 sweeps
      expect(fit.converged).toBe(true);
      const total = w.reduce((a, b) => a + b, 0);
      const residual = y.map((v, i) => v - fit.intercept - fit.coefficients.reduce((sum, b, j) => sum + b * x.data[i * p + j], 0));
      const scale = 1 + Math.max(...y.map(Math.abs)) * Math.max(...x.data.map(Math.abs));
      if (options.fitIntercept) expect(Math.abs(residual.reduce((sum, r, i) => sum + w[i] * r, 0)) / total).toBeLessThan(1e-9 * scale);
      for (let j = 0; j < p; j++) {
        const b = fit.coefficients[j];
        const slope = residual.reduce((sum, r, i) => sum + w[i] * r * x.data[i * p + j], 0) / total - options.alpha * (1 - options.l1Ratio) * b;
        const l1 = options.alpha * options.l1Ratio;
        // The gap bounds the objective at 1e-13, so slopes hold to about its root.
        if (b === 0) expect(Math.abs(slope)).toBeLessThanOrEqual(l1 + 1e-5 * scale);
        else expect(Math.abs(slope - Math.sign(b) * l1)).toBeLessThanOrEqual(1e-5 * scale);
      }
    }), { numRuns: 150 });
  });

  it('without an L1 part it is the ridge with alpha n', () => {
    const { x, y } = design(4, 40, 3);
    for (const [options, ridgeAlpha] of [[{ alpha: 0.2, l1Ratio: 0 }, 8], [{ alpha: 0, l1Ratio: 0.5 }, 0]] as const) {
      const [net, ridge] = [fitElasticNet(x, y, options), fitRidge(x, y, { alpha: ridgeAlpha })];
      expect(net.converged).toBe(true);
      net.coefficients.forEach((b, j) => expect(b).toBeCloseTo(ridge.coefficients[j], 10));
      expect(net.intercept).toBeCloseTo(ridge.intercept, 10);
    }
  });

  it('a penalty above every slope gives the mean', () => {
    const fit = fitElasticNet(matrixFromRows([[1], [2], [3]]), [1, 2, 6], { alpha: 100, l1Ratio: 1 });
    expect(fit).toMatchObject({ coefficients: Float64Array.of(0), intercept: 3, converged: true });
  });

  it('says when it did not converge', () => {
    const { x, y } = design(5, 30, 4);
    const [once, long] = [1, 10_000].map((maxIterations) => fitElasticNet(x, y, { alpha: 0.01, maxIterations }));
    expect(once).toMatchObject({ converged: false, iterations: 1 });
    expect(once.dualityGap).toBeGreaterThan(1e-13);
    expect(long.converged).toBe(true);
    expect(long.dualityGap).toBeLessThanOrEqual(1e-13);
  });

  it('constant columns and a constant target have coefficients 0', () => {
    const fit = fitElasticNet(matrixFromRows([[1, 7], [2, 7], [4, 7]]), [3, 3, 3], { alpha: 0.1 });
    expect(Array.from(fit.coefficients)).toEqual([0, 0]);
    expect(fit.intercept).toBe(3);
  });

  it('refuses ranges and unknown options', () => {
    const x = matrixFromRows([[1], [2]]);
    for (const options of [{ alpha: -1 }, { l1Ratio: 1.1 }, { l1Ratio: -0.1 }, { maxIterations: 0 }, { tolerance: -1 }]) expect(() => fitElasticNet(x, [1, 2], options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    const unknown = { l1ratio: 1 };
    expect(() => fitElasticNet(x, [1, 2], unknown as object)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
