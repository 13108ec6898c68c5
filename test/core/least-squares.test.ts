import { describe, expect, it } from 'vitest';
import { mlLevenbergMarquardt } from '../../src/core/least-squares.ts';
import { type LeastSquaresSystem, levenbergMarquardt } from '../../src/core/levenberg-marquardt.ts';
import { randomStream } from '../../src/core/random.ts';

/** A system from functions of one residual. */
function system(residualCount: number, parameterCount: number, residual: (p: Float64Array, i: number) => number, row: (p: Float64Array, i: number) => number[]): LeastSquaresSystem {
  return {
    residualCount,
    parameterCount,
    evaluate: (p, residuals, jacobian) => {
      for (let i = 0; i < residualCount; i++) {
        residuals[i] = residual(p, i);
        jacobian?.set(row(p, i), i * parameterCount);
      }
      return true;
    },
  };
}

/** Residuals 10 (y - x^2) and 1 - x: minimum 0 at (1, 1). */
const rosenbrock = system(2, 2, (p, i) => (i === 0 ? 10 * (p[1] - p[0] ** 2) : 1 - p[0]), (p, i) => (i === 0 ? [-20 * p[0], 10] : [-1, 0]));

/** Straight line y = a + b x with a standard deviation per point. */
const line = (x: number[], y: number[], sd: number[]): LeastSquaresSystem => system(x.length, 2, (p, i) => (p[0] + p[1] * x[i] - y[i]) / sd[i], (_p, i) => [1 / sd[i], x[i] / sd[i]]);

describe.each([['our solver', levenbergMarquardt], ['the library, one step at a time', mlLevenbergMarquardt]] as const)('least squares by %s', (_name, solve) => {
  it('finds the minimum of Rosenbrock from the classic start', () => {
    const result = solve(rosenbrock, { initial: [-1.2, 1] });
    expect(result).toMatchObject({ converged: true, reason: 'gradient' });
    expect(result.parameters[0]).toBeCloseTo(1, 6);
    expect(result.parameters[1]).toBeCloseTo(1, 6);
    expect(result.cost).toBeLessThan(1e-12);
  });

  it('holds bounds: with x <= 0.5 the minimum is (0.5, 0.25), and a component held by a bound is not a gradient', () => {
    for (const initial of [[-1.2, 1], [0, 0], [0.4, 0.2], [0.5, -2], [-2, 2]]) {
      const result = solve(rosenbrock, { initial, lower: [-2, -2], upper: [0.5, 2] });
      expect(result.parameters[0]).toBe(0.5);
      expect(result.parameters[1]).toBeCloseTo(0.25, 6);
      expect(result.cost).toBeCloseTo(0.125, 9);
      expect(result.converged).toBe(true);
    }
  });

  it('whitened residuals weight: the line equals the closed form of weighted least squares', () => {
    const [x, y, sd] = [[0, 1, 2, 3], [1, 3, 2, 5], [0.1, 1, 2, 0.5]];
    const w = sd.map((s) => 1 / s ** 2);
    const sum = (f: (i: number) => number): number => w.reduce((total, wi, i) => total + wi * f(i), 0);
    const [mx, my] = [sum((i) => x[i]) / sum(() => 1), sum((i) => y[i]) / sum(() => 1)];
    const slope = sum((i) => (x[i] - mx) * (y[i] - my)) / sum((i) => (x[i] - mx) ** 2);
    const weighted = solve(line(x, y, sd), { initial: [0, 0] });
    expect(weighted.converged).toBe(true);
    expect(weighted.parameters[1]).toBeCloseTo(slope, 7);
    expect(weighted.parameters[0]).toBeCloseTo(my - slope * mx, 7);
    const unweighted = solve(line(x, y, [1, 1, 1, 1]), { initial: [0, 0] });
    expect(Math.abs(unweighted.parameters[1] - slope)).toBeGreaterThan(0.05);
  });

  it('cost is that of the returned parameters', () => {
    const result = solve(line([0, 1, 2], [0, 1, 3], [1, 1, 1]), { initial: [5, 5] });
    const residuals = [0, 1, 2].map((v, i) => result.parameters[0] + result.parameters[1] * v - [0, 1, 3][i]);
    expect(result.cost).toBeCloseTo(residuals.reduce((s, r) => s + r * r, 0) / 2, 12);
  });

  it('does not call a fit converged that ran out of iterations', () => {
    expect(solve(rosenbrock, { initial: [-1.2, 1], maxIterations: 3 })).toMatchObject({ converged: false, reason: 'max-iterations', iterations: 3 });
  });

  it('is never worse than the start, also where steps lead astray', () => {
    const random = randomStream(31, 'wild');
    for (let trial = 0; trial < 50; trial++) {
      const [a, b, c] = [random.normal() * 5, random.normal() * 5, random.normal()];
      const residual = (p: ArrayLike<number>, i: number): number => Math.sin(a * p[0] + i) * Math.exp(Math.abs(p[1])) + b * p[1] - c * i;
      const wild = system(3, 2, residual, (p, i) => {
        const sign = trial % 3 === 0 ? -1 : 1; // deliberately wrong in every third trial
        return [sign * a * Math.cos(a * p[0] + i) * Math.exp(Math.abs(p[1])), sign * (Math.sin(a * p[0] + i) * Math.sign(p[1]) * Math.exp(Math.abs(p[1])) + b)];
      });
      const initial = [random.normal(), random.normal()];
      const startCost = [0, 1, 2].reduce((s, i) => s + residual(initial, i) ** 2, 0) / 2;
      expect(solve(wild, { initial, maxIterations: 20 }).cost).toBeLessThanOrEqual(startCost);
    }
  });

  it('one residual is enough', () => {
    const result = solve(system(1, 1, (p) => p[0] ** 2 - 2, (p) => [2 * p[0]]), { initial: [1] });
    expect(result.converged).toBe(true);
    expect(result.parameters[0]).toBeCloseTo(Math.SQRT2, 8);
  });

  it('a start outside the bounds is moved onto them: the answer is always inside', () => {
    const toward3 = system(2, 1, (p) => p[0] - 3, () => [1]);
    expect(solve(toward3, { initial: [3], lower: [0], upper: [2] }).parameters[0]).toBe(2);
    expect(solve(toward3, { initial: [-9], lower: [0], upper: [2] })).toMatchObject({ converged: true });
  });

  it('a parameter that no residual depends on stays where it is', () => {
    const result = solve(system(2, 2, (p, i) => p[0] - i, () => [1, 0]), { initial: [5, 7] });
    expect(result.parameters[0]).toBeCloseTo(0.5, 7);
    expect(result.parameters[1]).toBe(7);
  });

  it('says when the cost is not a number at the start; steps back from such points on the way', () => {
    const logarithm = system(2, 1, (p, i) => (i === 0 ? Math.log(1 - p[0]) : p[0] - 3), (p, i) => [i === 0 ? -1 / (1 - p[0]) : 1]);
    expect(solve(logarithm, { initial: [2] })).toMatchObject({ converged: false, reason: 'not-finite', iterations: 0 });
    const onTheWay = solve(logarithm, { initial: [0], maxIterations: 200 }); // the first full step leads to log(-2)
    expect(onTheWay).toMatchObject({ converged: true });
    expect(onTheWay.parameters[0]).toBeCloseTo(0.6082193876, 6);
    expect(solve(system(2, 1, (p, i) => Math.sqrt(p[0]) - i, (p) => [0.5 / Math.sqrt(p[0])]), { initial: [0] })).toMatchObject({ converged: false, reason: 'not-finite' });
  });

  it('a point the model refuses is stepped back from; a refused start is not finite', () => {
    const toward3: LeastSquaresSystem = {
      residualCount: 1,
      parameterCount: 1,
      evaluate: (p, residuals, jacobian) => {
        residuals[0] = p[0] - 3;
        jacobian?.fill(1);
        return p[0] < 2;
      },
    };
    const result = solve(toward3, { initial: [0], maxIterations: 400 });
    expect(result.parameters[0]).toBeLessThan(2);
    expect(result.parameters[0]).toBeGreaterThan(1);
    expect(result.converged).toBe(false);
    expect(solve(toward3, { initial: [2.5] })).toMatchObject({ converged: false, reason: 'not-finite' });
  });

  it('refuses empty and contradictory input', () => {
    const bad = (run: () => unknown, code: string): void => expect(run).toThrow(expect.objectContaining({ code }));
    bad(() => solve({ ...rosenbrock, residualCount: 0 }, { initial: [1, 1] }), 'ERR_DOMAIN');
    bad(() => solve({ ...rosenbrock, parameterCount: 0 }, { initial: [] }), 'ERR_DOMAIN');
    bad(() => solve(rosenbrock, { initial: [1] }), 'ERR_DOMAIN');
    bad(() => solve(rosenbrock, { initial: [1, 1], maxIterations: 0 }), 'ERR_DOMAIN');
    bad(() => solve(rosenbrock, { initial: [1, 1], lower: [0] }), 'ERR_SHAPE');
    bad(() => solve(rosenbrock, { initial: [1, 1], lower: [2, 0], upper: [1, 1] }), 'ERR_DOMAIN');
  });
});

describe('our solver alone', () => {
  it('stops where steps lower the cost by less than the stated share', () => {
    const result = levenbergMarquardt(line([0, 1, 2], [0, 1, 3], [1, 1, 1]), { initial: [5, 5], gradientTolerance: 0 });
    expect(result).toMatchObject({ converged: true, reason: 'flat' });
    expect(result.parameters[1]).toBeCloseTo(1.5, 8);
    expect(result.iterations).toBeLessThan(12);
  });

  it('no step is longer than maxStep', () => {
    const visited: number[] = [];
    const far: LeastSquaresSystem = {
      residualCount: 1,
      parameterCount: 1,
      evaluate: (p, residuals, jacobian) => {
        visited.push(p[0]);
        residuals[0] = p[0] - 10;
        jacobian?.fill(1);
        return true;
      },
    };
    expect(levenbergMarquardt(far, { initial: [0], maxStep: 2 }).parameters[0]).toBeCloseTo(10, 9);
    expect(Math.max(...visited.slice(1).map((value, i) => Math.abs(value - visited[i])))).toBeLessThanOrEqual(2 + 1e-12);
    expect(() => levenbergMarquardt(far, { initial: [0], maxStep: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
