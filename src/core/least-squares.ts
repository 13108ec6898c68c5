/**
 * Nonlinear least squares behind our own interface; the solver inside is ml-levenberg-marquardt.
 *
 * The library's `weights` do not weight, it always accepts its step and says nothing about convergence. So residuals come in whitened,
 * the Jacobian is analytic, and cost and gradient are recomputed here before the answer is called converged.
 */
import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import { requireInteger, requireNumber, requireSameLength } from './assert.ts';
import { DomainError } from './errors.ts';

export interface LeastSquaresProblem {
  /** Number of residuals. */
  readonly count: number;
  /** Residual i at the parameters, already divided by its standard deviation. */
  readonly residual: (parameters: ArrayLike<number>, i: number) => number;
  /** Derivatives of residual i with respect to each parameter, shape (p). */
  readonly jacobianRow: (parameters: ArrayLike<number>, i: number) => ArrayLike<number>;
}

export interface LeastSquaresOptions {
  readonly initial: ArrayLike<number>;
  readonly lower?: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
  /** @default 100 */
  readonly maxIterations?: number;
  /** Converged when the largest |gradient| component is at most this times (1 + cost). @default 1e-8 */
  readonly gradientTolerance?: number;
}

export interface LeastSquaresFit {
  readonly parameters: Float64Array;
  /** Half the sum of squared residuals. */
  readonly cost: number;
  /** Largest absolute component of the gradient of the cost, components held by a bound left out. */
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly reason: 'gradient' | 'max-iterations' | 'not-finite' | 'no-improvement';
}

/**
 * Minimises half the sum of squared residuals.
 *
 * A start outside the bounds is moved onto them. Never worse than that start: when the solver ends at a higher cost, the start comes back
 * with `reason: 'no-improvement'`. `not-finite` means that the cost was not finite at the start or at a step; the best point seen comes back.
 *
 * @throws ShapeError when bounds and start differ in length, DomainError when a lower bound lies above its upper bound
 */
export function leastSquares(problem: LeastSquaresProblem, options: LeastSquaresOptions): LeastSquaresFit {
  const { initial, lower, upper, maxIterations = 100, gradientTolerance = 1e-8 } = options;
  requireInteger('leastSquares', 'problem.count', problem.count, { min: 1 });
  requireInteger('leastSquares', 'maxIterations', maxIterations, { min: 1 });
  requireNumber('leastSquares', 'gradientTolerance', gradientTolerance, { min: 0 });
  requireSameLength('leastSquares', { initial, ...(lower && { lower }), ...(upper && { upper }) });
  const start = Float64Array.from(initial, (value, j) => Math.min(Math.max(value, lower?.[j] ?? -Infinity), upper?.[j] ?? Infinity));
  if (lower !== undefined && upper !== undefined && start.some((_, j) => !(lower[j] <= upper[j]))) throw new DomainError('leastSquares: lower must be at most upper');
  if (start.length === 0) throw new DomainError('leastSquares: initial must have at least one parameter, got 0');
  const startCost = costAt(problem, start);
  if (!Number.isFinite(startCost)) return result(problem, start, options, 0, 'not-finite', gradientTolerance);
  const size = Math.max(2, problem.count); // the library refuses a single residual; a second one of 0 changes nothing
  const zeros = new Array<number>(start.length).fill(0);
  const answer = levenbergMarquardt(
    { x: Array.from({ length: size }, (_, i) => i), y: new Float64Array(size) },
    (parameters) => (i) => (i < problem.count ? problem.residual(parameters, i) : 0),
    {
      initialValues: start,
      ...(lower === undefined ? {} : { minValues: lower }),
      ...(upper === undefined ? {} : { maxValues: upper }),
      maxIterations,
      errorTolerance: 1e-300, // its only stopping rule; the real one is checked below
      jacobianFunction: (parameters) => (i) => (i < problem.count ? Array.from(problem.jacobianRow(parameters, i)) : zeros),
    },
  );
  const found = Float64Array.from(answer.parameterValues);
  const foundCost = costAt(problem, found);
  if (!(foundCost <= startCost)) return result(problem, start, options, answer.iterations, 'no-improvement', gradientTolerance);
  // It stops early only when the cost at a step is not a number.
  return result(problem, found, options, answer.iterations, answer.iterations < maxIterations ? 'not-finite' : 'max-iterations', gradientTolerance);
}

function costAt(problem: LeastSquaresProblem, parameters: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < problem.count; i++) sum += problem.residual(parameters, i) ** 2;
  return sum / 2;
}

function result(problem: LeastSquaresProblem, parameters: Float64Array, options: LeastSquaresOptions, iterations: number, otherwise: LeastSquaresFit['reason'], tolerance: number): LeastSquaresFit {
  const cost = costAt(problem, parameters);
  const gradient = new Float64Array(parameters.length);
  for (let i = 0; i < problem.count; i++) {
    const r = problem.residual(parameters, i);
    const row = problem.jacobianRow(parameters, i);
    for (let j = 0; j < gradient.length; j++) gradient[j] += row[j] * r;
  }
  let gradientNorm = 0;
  for (let j = 0; j < gradient.length; j++) {
    const heldLow = options.lower !== undefined && parameters[j] <= options.lower[j] && gradient[j] > 0;
    const heldHigh = options.upper !== undefined && parameters[j] >= options.upper[j] && gradient[j] < 0;
    if (!heldLow && !heldHigh) gradientNorm = Math.max(gradientNorm, Math.abs(gradient[j]));
  }
  const converged = gradientNorm <= tolerance * (1 + cost);
  return Object.freeze({ parameters, cost, gradientNorm, iterations, converged, reason: converged ? 'gradient' : otherwise });
}
