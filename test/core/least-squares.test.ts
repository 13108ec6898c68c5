import { describe, expect, it } from 'vitest';
import { leastSquares } from '../../src/core/least-squares.ts';
import type { LeastSquaresProblem } from '../../src/core/least-squares.ts';
import { randomStream } from '../../src/core/random.ts';

/** Residuals 10 (y - x^2) and 1 - x: minimum 0 at (1, 1). */
const rosenbrock: LeastSquaresProblem = {
  count: 2,
  residual: (p, i) => (i === 0 ? 10 * (p[1] - p[0] ** 2) : 1 - p[0]),
  jacobianRow: (p, i) => (i === 0 ? [-20 * p[0], 10] : [-1, 0]),
};

/** Straight line y = a + b x with a standard deviation per point. */
const line = (x: number[], y: number[], sd: number[]): LeastSquaresProblem => ({
  count: x.length,
  residual: (p, i) => (p[0] + p[1] * x[i] - y[i]) / sd[i],
  jacobianRow: (_p, i) => [1 / sd[i], x[i] / sd[i]],
});

describe('leastSquares', () => {
  it('finds the minimum of Rosenbrock from the classic start', () => {
    const fit = leastSquares(rosenbrock, { initial: [-1.2, 1] });
    expect(fit).toMatchObject({ converged: true, reason: 'gradient' });
    expect(fit.parameters[0]).toBeCloseTo(1, 6);
    expect(fit.parameters[1]).toBeCloseTo(1, 6);
    expect(fit.cost).toBeLessThan(1e-12);
  });

  it('holds bounds: with x <= 0.5 the minimum is (0.5, 0.25), and a component held by a bound is not a gradient', () => {
    for (const initial of [[-1.2, 1], [0, 0], [0.4, 0.2], [0.5, -2], [-2, 2]]) {
      const fit = leastSquares(rosenbrock, { initial, lower: [-2, -2], upper: [0.5, 2] });
      expect(fit.parameters[0]).toBe(0.5);
      expect(fit.parameters[1]).toBeCloseTo(0.25, 6);
      expect(fit.cost).toBeCloseTo(0.125, 9);
      expect(fit.converged).toBe(true);
    }
  });

  it('whitened residuals weight: the line equals the closed form of weighted least squares', () => {
    const [x, y, sd] = [[0, 1, 2, 3], [1, 3, 2, 5], [0.1, 1, 2, 0.5]];
    const w = sd.map((s) => 1 / s ** 2);
    const sum = (f: (i: number) => number): number => w.reduce((total, wi, i) => total + wi * f(i), 0);
    const [mx, my] = [sum((i) => x[i]) / sum(() => 1), sum((i) => y[i]) / sum(() => 1)];
    const slope = sum((i) => (x[i] - mx) * (y[i] - my)) / sum((i) => (x[i] - mx) ** 2);
    const fit = leastSquares(line(x, y, sd), { initial: [0, 0] });
    expect(fit.converged).toBe(true);
    expect(fit.parameters[1]).toBeCloseTo(slope, 8);
    expect(fit.parameters[0]).toBeCloseTo(my - slope * mx, 8);
    const unweighted = leastSquares(line(x, y, [1, 1, 1, 1]), { initial: [0, 0] });
    expect(Math.abs(unweighted.parameters[1] - slope)).toBeGreaterThan(0.05);
  });

  it('cost and gradient are those of the returned parameters', () => {
    const fit = leastSquares(line([0, 1, 2], [0, 1, 3], [1, 1, 1]), { initial: [5, 5] });
    const residuals = [0, 1, 2].map((v, i) => fit.parameters[0] + fit.parameters[1] * v - [0, 1, 3][i]);
    expect(fit.cost).toBeCloseTo(residuals.reduce((s, r) => s + r * r, 0) / 2, 12);
    expect(fit.gradientNorm).toBeCloseTo(Math.max(Math.abs(residuals[0] + residuals[1] + residuals[2]), Math.abs(residuals[1] + 2 * residuals[2])), 12);
  });

  it('does not call a fit converged that ran out of iterations', () => {
    expect(leastSquares(rosenbrock, { initial: [-1.2, 1], maxIterations: 3 })).toMatchObject({ converged: false, reason: 'max-iterations', iterations: 3 });
  });

  it('is never worse than the start, also where steps lead astray', () => {
    const random = randomStream(31, 'wild');
    for (let trial = 0; trial < 50; trial++) {
      const [a, b, c] = [random.normal() * 5, random.normal() * 5, random.normal()];
      const problem: LeastSquaresProblem = {
        count: 3,
        residual: (p, i) => Math.sin(a * p[0] + i) * Math.exp(Math.abs(p[1])) + b * p[1] - c * i,
        // Deliberately of the wrong sign in every third trial.
        jacobianRow: (p, i) => {
          const sign = trial % 3 === 0 ? -1 : 1;
          return [sign * a * Math.cos(a * p[0] + i) * Math.exp(Math.abs(p[1])), sign * (Math.sin(a * p[0] + i) * Math.sign(p[1]) * Math.exp(Math.abs(p[1])) + b)];
        },
      };
      const initial = [random.normal(), random.normal()];
      const startCost = [0, 1, 2].reduce((s, i) => s + problem.residual(initial, i) ** 2, 0) / 2;
      expect(leastSquares(problem, { initial, maxIterations: 20 }).cost).toBeLessThanOrEqual(startCost);
    }
  });

  it('one residual is enough', () => {
    const fit = leastSquares({ count: 1, residual: (p) => p[0] ** 2 - 2, jacobianRow: (p) => [2 * p[0]] }, { initial: [1] });
    expect(fit.converged).toBe(true);
    expect(fit.parameters[0]).toBeCloseTo(Math.SQRT2, 8);
  });

  it('a start outside the bounds is moved onto them: the answer is always inside', () => {
    const toward3: LeastSquaresProblem = { count: 2, residual: (p) => p[0] - 3, jacobianRow: () => [1] };
    expect(leastSquares(toward3, { initial: [3], lower: [0], upper: [2] }).parameters[0]).toBe(2);
    expect(leastSquares(toward3, { initial: [-9], lower: [0], upper: [2] })).toMatchObject({ converged: true });
  });

  it('says when the cost is not a number at the start; steps back from such points on the way', () => {
    const logarithm: LeastSquaresProblem = { count: 2, residual: (p, i) => (i === 0 ? Math.log(1 - p[0]) : p[0] - 3), jacobianRow: (p, i) => [i === 0 ? -1 / (1 - p[0]) : 1] };
    expect(leastSquares(logarithm, { initial: [2] })).toMatchObject({ converged: false, reason: 'not-finite', iterations: 0 });
    const onTheWay = leastSquares(logarithm, { initial: [0], maxIterations: 200 }); // the first full step leads to log(-2)
    expect(onTheWay).toMatchObject({ converged: true, reason: 'gradient' });
    expect(onTheWay.parameters[0]).toBeCloseTo(0.6082193876, 8);
    expect(leastSquares({ count: 2, residual: (p, i) => Math.sqrt(p[0]) - i, jacobianRow: (p) => [0.5 / Math.sqrt(p[0])] }, { initial: [0] })).toMatchObject({ converged: false, reason: 'not-finite' });
  });

  it('refuses empty and contradictory input', () => {
    const bad = (run: () => unknown, code: string): void => expect(run).toThrow(expect.objectContaining({ code }));
    bad(() => leastSquares({ ...rosenbrock, count: 0 }, { initial: [1, 1] }), 'ERR_DOMAIN');
    bad(() => leastSquares(rosenbrock, { initial: [] }), 'ERR_DOMAIN');
    bad(() => leastSquares(rosenbrock, { initial: [1, 1], maxIterations: 0 }), 'ERR_DOMAIN');
    bad(() => leastSquares(rosenbrock, { initial: [1, 1], lower: [0] }), 'ERR_SHAPE');
    bad(() => leastSquares(rosenbrock, { initial: [1, 1], lower: [2, 0], upper: [1, 1] }), 'ERR_DOMAIN');
  });
});
