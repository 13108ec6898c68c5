import { describe, expect, it } from 'vitest';
import { minimizeConvex, solvePositive } from '../../src/calibration/newton.ts';
import type { ConvexLoss } from '../../src/calibration/newton.ts';

describe('minimizeConvex', () => {
  it('halves steps that overshoot: log cosh from 3, where the first full step would lead to -97', () => {
    const visited: number[] = [];
    const { x, converged } = minimizeConvex(([at], gradient, hessian) => {
      visited.push(at);
      gradient[0] = Math.tanh(at);
      hessian[0] = 1 - Math.tanh(at) ** 2;
      return Math.log(Math.cosh(at));
    }, [3]);
    expect(visited[1]).toBeLessThan(-90);
    expect(converged).toBe(true);
    expect(Math.abs(x[0])).toBeLessThan(1e-9);
  });

  it('a quadratic takes one step, in any units', () => {
    const loss: ConvexLoss = (x, gradient, hessian) => {
      gradient.set([2 * (x[0] - 3e9), 2e-12 * (x[1] + 5)]);
      hessian.set([2, 0, 0, 2e-12]);
      return (x[0] - 3e9) ** 2 + 1e-12 * (x[1] + 5) ** 2;
    };
    const { x, converged } = minimizeConvex(loss, [0, 0]);
    expect([converged, x[0], x[1]].map((v) => (typeof v === 'number' ? Number(v.toPrecision(9)) : v))).toEqual([true, 3e9, -5]);
  });

  it('says when there is no minimum it can reach', () => {
    expect(minimizeConvex((_x, gradient) => { gradient[0] = NaN; return NaN; }, [1]).converged).toBe(false);
    expect(minimizeConvex(([at], gradient, hessian) => { gradient[0] = 1; hessian[0] = 1; return -at; }, [0]).converged).toBe(false);
  });
});

describe('solvePositive', () => {
  it('by hand: [[4, 2], [2, 3]] x = [2, 1] gives [1/2, 0]; only the lower triangle is read', () => {
    const x = solvePositive(Float64Array.of(4, 99, 2, 3), Float64Array.of(2, 1));
    expect(x[0]).toBeCloseTo(0.5, 11);
    expect(x[1]).toBeCloseTo(0, 11);
  });

  it('is NaN where the matrix is not positive definite', () => {
    expect([...solvePositive(Float64Array.of(1, 0, 2, 1), Float64Array.of(1, 1))].some(Number.isNaN)).toBe(true);
  });
});
