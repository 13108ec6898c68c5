import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solveDenseQp } from '../../../src/iv/slices/dense-qp.ts';

describe('dense quadratic programs', () => {
  it('gives the point worked by hand: nearest to (2, 1) with x + y <= 1', () => {
    const solution = solveDenseQp({ hessian: Float64Array.of(1, 0, 0, 1), gradient: Float64Array.of(-2, -1), rows: Float64Array.of(-1, -1), bounds: Float64Array.of(-1) })!;
    expect(solution.x[0]).toBeCloseTo(1, 14);
    expect(solution.x[1]).toBeCloseTo(0, 14);
    expect(solution.multipliers[0]).toBeCloseTo(1, 14); // the gradient there is (-1, -1)
  });

  it('is free where nothing binds, and null where rows contradict each other or H is not positive definite', () => {
    const hessian = Float64Array.of(2, 0, 0, 1);
    const free = solveDenseQp({ hessian, gradient: Float64Array.of(-2, -1), rows: Float64Array.of(1, 0), bounds: Float64Array.of(0) })!;
    expect([...free.x]).toEqual([1, 1]);
    expect([...free.multipliers]).toEqual([0]);
    expect(solveDenseQp({ hessian, gradient: new Float64Array(2), rows: Float64Array.of(1, 0, -1, 0), bounds: Float64Array.of(1, 0) })).toBeNull();
    expect(solveDenseQp({ hessian: Float64Array.of(1, 2, 2, 1), gradient: new Float64Array(2), rows: new Float64Array(0), bounds: new Float64Array(0) })).toBeNull();
  });

  it('takes the same row twice', () => {
    const solution = solveDenseQp({ hessian: Float64Array.of(1, 0, 0, 1), gradient: new Float64Array(2), rows: Float64Array.of(1, 1, 1, 1, 2, 2), bounds: Float64Array.of(2, 2, 4) })!;
    expect(solution.x[0]).toBeCloseTo(1, 12);
    expect(solution.x[1]).toBeCloseTo(1, 12);
  });

  it('finds the vertex where more rows meet than there are variables, in a combination with shares of hundreds', () => {
    const hessian = Float64Array.of(1.0140625, 0.38671875, -0.8203125, -0.43359375, 0.38671875, 0.27578125, -0.328125, -0.1875, -0.8203125, -0.328125, 0.88125, 0.40625, -0.43359375, -0.1875, 0.40625, 0.3578125);
    const rows = Float64Array.of(-5, 0, 7, 10, 14, 0, -1, -10, 2, 16, 3, 16, 0, 0, 0, 0, 7, -1, -9, 0, 0, 0, 0, 0, -11, -8, -4, -4).map((value) => value / 16);
    const bounds = Float64Array.from({ length: 7 }, (_, p) => rows[4 * p + 2] / 16); // all rows meet at (0, 0, 1/16, 0)
    const solution = solveDenseQp({ hessian, gradient: Float64Array.of(0, 0.0625, 0, 0), rows, bounds });
    expect(solution).not.toBeNull();
    [0, 0, 0.0625, 0].forEach((value, i) => expect(solution!.x[i]).toBeCloseTo(value, 8));
    // The last row against the sum of two of the others, a millionth too far: nothing obeys.
    const against = Float64Array.from([...rows.subarray(0, 8), ...rows.subarray(0, 4).map((value, i) => -value - rows[4 + i])]);
    const beyond = Float64Array.of(bounds[0], bounds[1], -bounds[0] - bounds[1] + 1e-6);
    expect(solveDenseQp({ hessian, gradient: new Float64Array(4), rows: against, bounds: beyond })).toBeNull();
  });

  it('satisfies the Karush-Kuhn-Tucker conditions', () => {
    const n = 4;
    const m = 7;
    const number = fc.integer({ min: -16, max: 16 }).map((x) => x / 16);
    fc.assert(
      fc.property(
        fc.array(number, { minLength: n * n, maxLength: n * n }),
        fc.array(number, { minLength: n, maxLength: n }),
        fc.array(number, { minLength: m * n, maxLength: m * n }),
        fc.array(number, { minLength: n, maxLength: n }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: m, maxLength: m }),
        (root, g, a, feasible, room) => {
          const hessian = new Float64Array(n * n);
          for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) hessian[i * n + j] += root[i * n + k] * root[j * n + k];
          for (let i = 0; i < n; i++) hessian[i * n + i] += 0.1;
          const rows = Float64Array.from(a);
          const value = (x: ArrayLike<number>, p: number): number => rows.subarray(p * n, (p + 1) * n).reduce((sum, entry, j) => sum + entry * x[j], 0);
          const bounds = Float64Array.from(room, (slack, p) => value(feasible, p) - slack); // so that there is a feasible point
          const solution = solveDenseQp({ hessian, gradient: Float64Array.from(g), rows, bounds });
          expect(solution).not.toBeNull();
          const { x, multipliers } = solution!;
          for (let p = 0; p < m; p++) {
            const slack = value(x, p) - bounds[p];
            expect(slack).toBeGreaterThan(-1e-6); // rounding, times the shares of nearly dependent rows
            expect(multipliers[p]).toBeGreaterThanOrEqual(0);
            if (multipliers[p] > 1e-6) expect(Math.abs(slack)).toBeLessThan(1e-6);
          }
          for (let i = 0; i < n; i++) {
            let stationarity = g[i];
            for (let j = 0; j < n; j++) stationarity += hessian[i * n + j] * x[j];
            for (let p = 0; p < m; p++) stationarity -= multipliers[p] * rows[p * n + i];
            expect(Math.abs(stationarity)).toBeLessThan(1e-7);
          }
        },
      ),
    );
  });
});
