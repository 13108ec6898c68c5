/**
 * Nonlinear least squares behind our own interface; the linear algebra of a step inside is ml-levenberg-marquardt.
 *
 * The library's `weights` do not weight, it accepts steps that lead uphill, clips at bounds and says nothing about convergence. So residuals
 * come in whitened, the Jacobian is analytic, and the library makes one step at a time, which is judged here.
 */
import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import { requireInteger, requireNumber, requireSameLength } from './assert.ts';
import { DomainError } from './errors.ts';
import type { LeastSquaresSystem, LevenbergMarquardtFit, LevenbergMarquardtOptions } from './levenberg-marquardt.ts';

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
  /** Largest absolute component of the gradient of the cost, components held by a bound left out; NaN where it is not a number. */
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly reason: 'gradient' | 'max-iterations' | 'not-finite' | 'no-improvement';
}

/**
 * Minimises half the sum of squared residuals.
 *
 * A start outside the bounds is moved onto them. The answer is never worse than that start. A parameter that lies on a bound with the
 * gradient pushing outwards is held there while the others move: steps that are only clipped would stall.
 * `no-improvement`: no step, however short, lowers the cost. `not-finite`: cost or Jacobian is not finite at the start.
 *
 * @throws ShapeError when bounds and start differ in length, DomainError when a lower bound lies above its upper bound
 */
export function leastSquares(problem: LeastSquaresProblem, options: LeastSquaresOptions): LeastSquaresFit {
  const { initial, lower, upper, maxIterations = 100, gradientTolerance = 1e-8 } = options;
  requireInteger('leastSquares', 'problem.count', problem.count, { min: 1 });
  requireInteger('leastSquares', 'maxIterations', maxIterations, { min: 1 });
  requireNumber('leastSquares', 'gradientTolerance', gradientTolerance, { min: 0 });
  requireSameLength('leastSquares', { initial, ...(lower && { lower }), ...(upper && { upper }) });
  if (initial.length === 0) throw new DomainError('leastSquares: initial must have at least one parameter, got 0');
  const low = Float64Array.from(initial, (_, j) => lower?.[j] ?? -Infinity);
  const high = Float64Array.from(initial, (_, j) => upper?.[j] ?? Infinity);
  if (low.some((bound, j) => !(bound <= high[j]))) throw new DomainError('leastSquares: lower must be at most upper');

  let parameters: Float64Array = Float64Array.from(initial, (value, j) => Math.min(Math.max(value, low[j]), high[j]));
  let state = stateAt(problem, parameters, low, high);
  let damping = 1e-3 * state.curvature; // Nielsen (1999), "Damping parameter in Marquardt's method", tau = 1e-3
  let iterations = 0;
  const end = (reason: LeastSquaresFit['reason']): LeastSquaresFit =>
    Object.freeze({ parameters, cost: state.cost, gradientNorm: state.gradientNorm, iterations, converged: reason === 'gradient', reason });
  if (!hasNumbers(state)) return end('not-finite');
  for (;;) {
    if (state.gradientNorm <= gradientTolerance * (1 + state.cost)) return end('gradient');
    if (iterations >= maxIterations) return end('max-iterations');
    const trial = stepFrom(problem, parameters, state.free, low, high, damping);
    iterations++;
    const next = stateAt(problem, trial, low, high);
    // Near the minimum the cost is flat to the last bit while the gradient still falls.
    if (hasNumbers(next) && (next.cost < state.cost || (next.cost === state.cost && next.gradientNorm < state.gradientNorm))) {
      [parameters, state] = [trial, next];
      damping = Math.max(damping / 10, 1e-15 * state.curvature);
    } else if (damping > 1e15 * state.curvature) return end('no-improvement');
    else damping *= 10;
  }
}

interface State {
  readonly cost: number;
  readonly gradientNorm: number;
  /** Parameters that may move: not on a bound with the gradient pushing outwards. */
  readonly free: readonly number[];
  /** Largest diagonal element of the normal matrix. */
  readonly curvature: number;
}

function hasNumbers(state: State): boolean {
  return Number.isFinite(state.cost + state.gradientNorm + state.curvature);
}

function stateAt(problem: LeastSquaresProblem, parameters: Float64Array, low: Float64Array, high: Float64Array): State {
  const gradient = new Float64Array(parameters.length);
  const diagonal = new Float64Array(parameters.length);
  let cost = 0;
  for (let i = 0; i < problem.count; i++) {
    const r = problem.residual(parameters, i);
    const row = problem.jacobianRow(parameters, i);
    cost += (r * r) / 2;
    for (let j = 0; j < gradient.length; j++) {
      gradient[j] += row[j] * r;
      diagonal[j] += row[j] * row[j];
    }
  }
  const free = [...gradient.keys()].filter((j) => !(parameters[j] <= low[j] && gradient[j] > 0) && !(parameters[j] >= high[j] && gradient[j] < 0));
  return { cost, gradientNorm: Math.max(0, ...free.map((j) => Math.abs(gradient[j]))), free, curvature: Math.max(...diagonal) };
}

// Where one step of the library leads, clipped at the bounds, with all but the free parameters held.
function stepFrom(problem: LeastSquaresProblem, start: Float64Array, free: readonly number[], low: Float64Array, high: Float64Array, damping: number): Float64Array {
  const pick = (values: ArrayLike<number>): number[] => free.map((j) => values[j]);
  let trial = start;
  const place = (values: ArrayLike<number>): Float64Array => {
    trial = start.slice();
    free.forEach((j, k) => {
      trial[j] = values[k];
    });
    return trial;
  };
  const size = Math.max(2, problem.count); // the library refuses a single residual; a second one of 0 changes nothing
  const zeros = free.map(() => 0);
  levenbergMarquardt(
    { x: Array.from({ length: size }, (_, i) => i), y: new Float64Array(size) },
    (values) => {
      const parameters = place(values); // the last point asked for is the one stepped to
      return (i) => (i < problem.count ? problem.residual(parameters, i) : 0);
    },
    {
      initialValues: pick(start),
      minValues: pick(low),
      maxValues: pick(high),
      damping,
      maxIterations: 1,
      errorTolerance: 0,
      jacobianFunction: (values) => {
        const parameters = place(values);
        return (i) => (i < problem.count ? pick(problem.jacobianRow(parameters, i)) : zeros);
      },
    },
  );
  return trial;
}

/**
 * The library as a {@link LeastSquaresSolver}, for comparison with ours: slower, and with the single stopping rule of {@link leastSquares}.
 * `costTolerance` and `maxStep` do not apply.
 */
export function mlLevenbergMarquardt(system: LeastSquaresSystem, options: LevenbergMarquardtOptions): LevenbergMarquardtFit {
  const { residualCount, parameterCount } = system;
  const residuals = new Float64Array(residualCount);
  const jacobian = new Float64Array(residualCount * parameterCount);
  const last = new Float64Array(parameterCount).fill(NaN);
  let evaluations = 0;
  // The library asks residual by residual; the model answers for all at once.
  const at = (parameters: ArrayLike<number>): void => {
    if (last.every((value, j) => value === parameters[j])) return;
    last.set(Array.from(parameters));
    evaluations++;
    if (!system.evaluate(last.slice(), residuals, jacobian)) residuals.fill(NaN);
  };
  const problem: LeastSquaresProblem = {
    count: residualCount,
    residual: (parameters, i) => {
      at(parameters);
      return residuals[i];
    },
    jacobianRow: (parameters, i) => {
      at(parameters);
      return jacobian.subarray(i * parameterCount, (i + 1) * parameterCount);
    },
  };
  const { initial, lower, upper, maxIterations, gradientTolerance } = options;
  const fit = leastSquares(problem, { initial, ...(lower && { lower }), ...(upper && { upper }), ...(maxIterations && { maxIterations }), ...(gradientTolerance && { gradientTolerance }) });
  const { parameters, cost, iterations, converged, reason } = fit;
  return Object.freeze({ parameters, cost, iterations, evaluations, converged, reason });
}
