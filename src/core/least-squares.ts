/**
 * Nonlinear least squares with the linear algebra of a step from ml-levenberg-marquardt.
 *
 * The library's `weights` do not weight, it accepts steps that lead uphill, clips at bounds and says nothing about convergence. So residuals
 * come in whitened, the Jacobian is analytic, and the library makes one step at a time, which is judged here.
 */
import { levenbergMarquardt as libraryFit } from 'ml-levenberg-marquardt';
import { checkedProblem, type LeastSquaresSystem, type LevenbergMarquardtFit, type LevenbergMarquardtOptions } from './levenberg-marquardt.ts';

/**
 * Minimises half the sum of squared residuals with the library's steps: the same contract as our own solver, slower.
 *
 * Converged where the largest gradient component is at most `gradientTolerance * (1 + cost)`; `costTolerance` and `maxStep` do not apply. The
 * answer is never worse than the start moved onto the bounds. A parameter that lies on a bound with the gradient pushing outwards is held
 * there while the others move: steps that are only clipped would stall.
 *
 * @throws ShapeError when bounds and start differ in length, DomainError when a lower bound lies above its upper bound
 */
export function mlLevenbergMarquardt(system: LeastSquaresSystem, options: LevenbergMarquardtOptions): LevenbergMarquardtFit {
  const { start, low, high, maxIterations, gradientTolerance } = checkedProblem('mlLevenbergMarquardt', system, { gradientTolerance: 1e-8, ...options });
  let parameters = start;
  let evaluations = 1;
  let state = stateAt(system, parameters, low, high);
  let damping = 1e-3 * state.curvature; // Nielsen (1999), "Damping parameter in Marquardt's method", tau = 1e-3
  let iterations = 0;
  const end = (reason: LevenbergMarquardtFit['reason']): LevenbergMarquardtFit =>
    Object.freeze({ parameters, cost: state.cost, iterations, evaluations, converged: reason === 'gradient', reason });
  if (!hasNumbers(state)) return end('not-finite');
  for (;;) {
    if (state.gradientNorm <= gradientTolerance * (1 + state.cost)) return end('gradient');
    if (iterations >= maxIterations) return end('max-iterations');
    const trial = stepFrom(system, parameters, state, low, high, damping);
    iterations++;
    evaluations++;
    const next = stateAt(system, trial, low, high);
    // Near the minimum the cost is flat to the last bit while the gradient still falls.
    if (hasNumbers(next) && (next.cost < state.cost || (next.cost === state.cost && next.gradientNorm < state.gradientNorm))) {
      [parameters, state] = [trial, next];
      damping = Math.max(damping / 10, 1e-15 * state.curvature);
    } else if (damping > 1e15 * state.curvature) return end('no-improvement');
    else damping *= 10;
  }
}

interface State {
  readonly residuals: Float64Array;
  readonly jacobian: Float64Array;
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

function stateAt(system: LeastSquaresSystem, parameters: Float64Array, low: Float64Array, high: Float64Array): State {
  const p = parameters.length;
  const residuals = new Float64Array(system.residualCount);
  const jacobian = new Float64Array(system.residualCount * p);
  const gradient = new Float64Array(p);
  const diagonal = new Float64Array(p);
  let cost = system.evaluate(parameters, residuals, jacobian) ? 0 : NaN;
  residuals.forEach((r, i) => {
    cost += (r * r) / 2;
    for (let j = 0; j < p; j++) {
      gradient[j] += jacobian[i * p + j] * r;
      diagonal[j] += jacobian[i * p + j] ** 2;
    }
  });
  const free = [...gradient.keys()].filter((j) => !(parameters[j] <= low[j] && gradient[j] > 0) && !(parameters[j] >= high[j] && gradient[j] < 0));
  return { residuals, jacobian, cost, gradientNorm: Math.max(0, ...free.map((j) => Math.abs(gradient[j]))), free, curvature: Math.max(...diagonal) };
}

// Where one step of the library leads, clipped at the bounds, with all but the free parameters held.
function stepFrom(system: LeastSquaresSystem, start: Float64Array, state: State, low: Float64Array, high: Float64Array, damping: number): Float64Array {
  const { residuals, jacobian, free } = state;
  const p = start.length;
  const pick = (values: ArrayLike<number>, offset = 0): number[] => free.map((j) => values[offset + j]);
  const size = Math.max(2, residuals.length); // the library refuses a single residual; a second one of 0 changes nothing
  const zeros = free.map(() => 0);
  const atTrial = new Float64Array(residuals.length);
  let trial = start;
  libraryFit(
    { x: Array.from({ length: size }, (_, i) => i), y: new Float64Array(size) },
    (values) => {
      trial = start.slice(); // the last point asked for is the one stepped to
      free.forEach((j, k) => {
        trial[j] = values[k];
      });
      const isStart = trial.every((value, j) => value === start[j]);
      if (!isStart && !system.evaluate(trial, atTrial, null)) atTrial.fill(NaN);
      const values1 = isStart ? residuals : atTrial.slice();
      return (i) => (i < values1.length ? values1[i] : 0);
    },
    {
      initialValues: pick(start),
      minValues: pick(low),
      maxValues: pick(high),
      damping,
      maxIterations: 1,
      errorTolerance: 0,
      jacobianFunction: () => (i) => (i < residuals.length ? pick(jacobian, i * p) : zeros),
    },
  );
  return trial;
}
