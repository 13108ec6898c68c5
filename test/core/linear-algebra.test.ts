import { describe, expect, it } from 'vitest';
import { matrixFromRows, solveSymmetric } from '../../src/core/linear-algebra.ts';
import { randomStream } from '../../src/core/random.ts';

const multiply = (a: ArrayLike<number>, x: ArrayLike<number>): number[] => Array.from(x, (_, i) => Array.from(x).reduce((sum, v, j) => sum + a[i * x.length + j] * v, 0));

describe('matrixFromRows', () => {
  it('is row-major', () => {
    expect(matrixFromRows([[1, 2, 3], Float32Array.of(4, 5, 6)])).toEqual({ rows: 2, columns: 3, data: Float64Array.of(1, 2, 3, 4, 5, 6) });
    expect(matrixFromRows([])).toEqual({ rows: 0, columns: 0, data: new Float64Array(0) });
  });

  it('refuses rows of different lengths, naming the row', () => {
    expect(() => matrixFromRows([[1, 2], [3]])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE', message: 'matrixFromRows: row 1 must have 2 values, got 1' }));
  });
});

describe('solveSymmetric', () => {
  it('solves a system worked by hand', () => {
    const x = solveSymmetric(Float64Array.of(4, 2, 2, 3), Float64Array.of(10, 9)); // 4 + 2 * 3 = 10, 2 + 3 * ... : x = (1.5, 2)
    expect(x[0]).toBeCloseTo(1.5, 12);
    expect(x[1]).toBeCloseTo(2, 12);
  });

  it('solves random positive definite systems of every size up to 30', () => {
    const random = randomStream(6, 'spd');
    for (let n = 1; n <= 30; n++) {
      const b = Array.from({ length: n * n }, random.normal);
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) a[i * n + j] += b[k * n + i] * b[k * n + j] + (i === j && k === 0 ? 0.1 : 0);
      const truth = Array.from({ length: n }, random.normal);
      const x = solveSymmetric(a, Float64Array.from(multiply(a, truth)));
      truth.forEach((v, i) => {
        expect(Math.abs(x[i] - v)).toBeLessThan(1e-8); // condition number up to about 1e4
      });
    }
  });

  it('a singular system has the minimum-norm answer: a doubled column shares its coefficient', () => {
    const x = solveSymmetric(Float64Array.of(2, 2, 2, 2), Float64Array.of(4, 4));
    expect(x[0]).toBeCloseTo(1, 12);
    expect(x[1]).toBeCloseTo(1, 12);
  });

  it('a zero column gets the coefficient 0, a zero system the answer 0', () => {
    expect([...solveSymmetric(Float64Array.of(2, 0, 0, 0), Float64Array.of(4, 0))]).toEqual([2, 0]);
    expect([...solveSymmetric(new Float64Array(4), Float64Array.of(1, 1))]).toEqual([0, 0]);
  });

  it('columns in very different units are not taken for collinear', () => {
    const x = solveSymmetric(Float64Array.of(1e20, 0, 0, 1e-20), Float64Array.of(1e20, 3e-20));
    expect(x[0]).toBeCloseTo(1, 12);
    expect(x[1]).toBeCloseTo(3, 12);
  });

  it('reads the lower triangle only: sums that differ in the last bit are no error', () => {
    const x = solveSymmetric(Float64Array.of(4, 2 + 2 ** -51, 2, 3), Float64Array.of(10, 9));
    expect(x[0]).toBeCloseTo(1.5, 12);
    expect(solveSymmetric(Float64Array.of(4, 99, 2, 3), Float64Array.of(10, 9))).toEqual(solveSymmetric(Float64Array.of(4, 2, 2, 3), Float64Array.of(10, 9)));
  });

  it('does not touch its arguments, knows the empty system, refuses wrong shapes and NaN', () => {
    const a = Float64Array.of(4, 2, 2, 3);
    solveSymmetric(a, Float64Array.of(1, 1));
    expect([...a]).toEqual([4, 2, 2, 3]);
    expect(solveSymmetric(new Float64Array(0), new Float64Array(0))).toHaveLength(0);
    expect(() => solveSymmetric(a, Float64Array.of(1))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    for (const bad of [NaN, Infinity]) {
      expect(() => solveSymmetric(Float64Array.of(bad), Float64Array.of(1))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
      expect(() => solveSymmetric(Float64Array.of(1), Float64Array.of(bad))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
  });
});
