/** Nonlinear least squares on whole residual vectors: our own solver, which rejects steps, stops by relative measures and allocates nothing while it runs. */
import { requireInteger, requireNumber, requireSameLength } from './assert.ts';
import { DomainError } from './errors.ts';

/** Residuals of a model, all at once. */
export interface LeastSquaresSystem {
  readonly residualCount: number;
  readonly parameterCount: number;
  /**
   * Fills `residuals`, shape (n), already divided by their standard deviations, and `jacobian`, row-major (n x p), unless it is null.
   * Returns false where the model is not defined at these parameters: such a step is refused.
   */
  readonly evaluate: (parameters: Float64Array, residuals: Float64Array, jacobian: Float64Array | null) => boolean;
}

export interface LevenbergMarquardtOptions {
  readonly initial: ArrayLike<number>;
  readonly lower?: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
  /** @default 100 */
  readonly maxIterations?: number;
  /** Converged when a step lowers the cost by less than this share, as promised and as found. @default 1e-12 */
  readonly costTolerance?: number;
  /** Converged when the cosine between residuals and every Jacobian column is at most this. @default 1e-10 */
  readonly gradientTolerance?: number;
  /** Longest change of one parameter in one step. @default Infinity */
  readonly maxStep?: number;
}

export interface LevenbergMarquardtFit {
  /** Shape (p). */
  readonly parameters: Float64Array;
  /** Half the sum of squared residuals. */
  readonly cost: number;
  readonly iterations: number;
  /** Calls of `evaluate`. */
  readonly evaluations: number;
  readonly converged: boolean;
  /** `gradient` and `flat` are converged; `no-improvement`: no step, however short, lowers the cost; `not-finite`: the start has no finite cost. */
  readonly reason: 'gradient' | 'flat' | 'max-iterations' | 'no-improvement' | 'not-finite';
}

/** A solver that fits can be given in the place of ours. */
export type LeastSquaresSolver = (system: LeastSquaresSystem, options: LevenbergMarquardtOptions) => LevenbergMarquardtFit;

/**
 * Minimises half the sum of squared residuals by damped Gauss-Newton steps.
 *
 * Damping follows the largest curvature seen per parameter (Moré 1978) and the ratio of actual to promised decrease (Nielsen 1999). A start
 * outside the bounds is moved onto them; a parameter on a bound with the gradient pushing outwards is held while the others move. The answer
 * is never worse than that start.
 *
 * @throws ShapeError when bounds and start differ in length, DomainError for options out of range
 * @see Moré (1978), "The Levenberg-Marquardt algorithm: implementation and theory"; Nielsen (1999), IMM-REP-1999-05
 */
export function levenbergMarquardt(system: LeastSquaresSystem, options: LevenbergMarquardtOptions): LevenbergMarquardtFit {
  const { start, low, high, maxIterations, gradientTolerance } = checkedProblem('levenbergMarquardt', system, options);
  const { costTolerance = 1e-12, maxStep = Infinity } = options;
  requireNumber('levenbergMarquardt', 'costTolerance', costTolerance, { min: 0 });
  if (!(maxStep > 0)) throw new DomainError(`levenbergMarquardt: maxStep must be > 0, got ${maxStep}`);
  const { residualCount: n, parameterCount: p } = system;
  let parameters: Float64Array = start;
  let trial: Float64Array = new Float64Array(p);
  let residuals = new Float64Array(n);
  let trialResiduals = new Float64Array(n);
  const jacobian = new Float64Array(n * p);
  const normal = new Float64Array(p * p);
  const factor = new Float64Array(p * p);
  const gradient = new Float64Array(p);
  const scale = new Float64Array(p);
  const step = new Float64Array(p);
  const held = new Uint8Array(p);

  let evaluations = 1;
  let iterations = 0;
  let cost = system.evaluate(parameters, residuals, jacobian) ? halfSquare(residuals) : NaN;
  const end = (reason: LevenbergMarquardtFit['reason']): LevenbergMarquardtFit =>
    Object.freeze({ parameters, cost, iterations, evaluations, converged: reason === 'gradient' || reason === 'flat', reason });
  if (!Number.isFinite(cost)) return end('not-finite');

  let damping = 1e-3;
  let growth = 2;
  for (;;) {
    formNormal(jacobian, residuals, normal, gradient);
    let cosine = 0;
    for (let j = 0; j < p; j++) {
      const curvature = normal[j * p + j];
      if (!Number.isFinite(curvature)) return end('not-finite');
      scale[j] = Math.max(scale[j], curvature);
      held[j] = (parameters[j] <= low[j] && gradient[j] > 0) || (parameters[j] >= high[j] && gradient[j] < 0) ? 1 : 0;
      if (held[j] === 0 && curvature > 0) cosine = Math.max(cosine, Math.abs(gradient[j]) / Math.sqrt(curvature * 2 * cost));
    }
    if (cost === 0 || cosine <= gradientTolerance) return end('gradient');

    // Until a step is accepted, only the damping changes.
    for (;;) {
      if (iterations >= maxIterations) return end('max-iterations');
      if (damping > 1e20) return end('no-improvement');
      iterations++;
      let promised = 0;
      if (solveDamped(normal, gradient, scale, held, damping, factor, step)) {
        let longest = 0;
        for (let j = 0; j < p; j++) longest = Math.max(longest, Math.abs(step[j]));
        const shrink = longest > maxStep ? maxStep / longest : 1;
        for (let j = 0; j < p; j++) trial[j] = Math.min(Math.max(parameters[j] + shrink * step[j], low[j]), high[j]);
        for (let j = 0; j < p; j++) step[j] = trial[j] - parameters[j];
        promised = promisedDecrease(normal, gradient, step);
        evaluations++;
        const allowed = system.evaluate(trial, trialResiduals, null);
        const decrease = allowed ? cost - halfSquare(trialResiduals) : NaN;
        // The last steps promise less than rounding can show; a step that is short only because others were refused promises nothing.
        if (damping <= 1 && (isRounding(step, parameters) || (promised <= costTolerance * cost && Math.abs(decrease) <= costTolerance * cost))) {
          if (decrease > 0) {
            [parameters, trial] = [trial, parameters];
            cost -= decrease;
          }
          return end('flat');
        }
        if (decrease > 0) {
          [parameters, trial] = [trial, parameters];
          [residuals, trialResiduals] = [trialResiduals, residuals];
          const quality = 2 * (decrease / promised) - 1;
          damping = Math.max(damping * Math.max(1 / 3, 1 - quality * quality * quality), 1e-15);
          growth = 2;
          break;
        }
      }
      damping *= growth;
      growth *= 2;
    }
    evaluations++;
    system.evaluate(parameters, residuals, jacobian);
    cost = halfSquare(residuals);
  }
}

/** Start and bounds of a problem, checked, with the start moved onto the bounds. */
export function checkedProblem(
  fn: string,
  system: LeastSquaresSystem,
  options: LevenbergMarquardtOptions,
): { readonly start: Float64Array; readonly low: Float64Array; readonly high: Float64Array; readonly maxIterations: number; readonly gradientTolerance: number } {
  const { initial, lower, upper, maxIterations = 100, gradientTolerance = 1e-10 } = options;
  requireInteger(fn, 'residualCount', system.residualCount, { min: 1 });
  requireInteger(fn, 'maxIterations', maxIterations, { min: 1 });
  requireNumber(fn, 'gradientTolerance', gradientTolerance, { min: 0 });
  requireSameLength(fn, { initial, ...(lower && { lower }), ...(upper && { upper }) });
  if (system.parameterCount < 1 || initial.length !== system.parameterCount) {
    throw new DomainError(`${fn}: initial must have parameterCount >= 1 values, got ${initial.length} for ${system.parameterCount}`);
  }
  const low = Float64Array.from(initial, (_, j) => lower?.[j] ?? -Infinity);
  const high = Float64Array.from(initial, (_, j) => upper?.[j] ?? Infinity);
  if (low.some((bound, j) => !(bound <= high[j]))) throw new DomainError(`${fn}: lower must be at most upper`);
  return { start: Float64Array.from(initial, (value, j) => Math.min(Math.max(value, low[j]), high[j])), low, high, maxIterations, gradientTolerance };
}

// No parameter moves by more than its last bits.
function isRounding(step: Float64Array, parameters: Float64Array): boolean {
  for (let j = 0; j < step.length; j++) if (Math.abs(step[j]) > 4 * Number.EPSILON * Math.abs(parameters[j])) return false;
  return true;
}

function halfSquare(residuals: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < residuals.length; i++) sum += residuals[i] * residuals[i];
  return sum / 2;
}

// J'J (lower triangle) and J'r, entry by entry: sums that stay in registers are several times as fast as rows added to memory, bit for bit.
function formNormal(jacobian: Float64Array, residuals: Float64Array, normal: Float64Array, gradient: Float64Array): void {
  const p = gradient.length;
  const end = residuals.length * p;
  for (let j = 0; j < p; j++) {
    let slope = 0;
    let square = 0;
    for (let i = 0, at = j; at < end; i++, at += p) {
      const value = jacobian[at];
      slope += value * residuals[i];
      square += value * value;
    }
    gradient[j] = slope;
    normal[j * p + j] = square;
    let k = 0;
    for (; k + 3 <= j; k += 3) {
      let [first, second, third] = [0, 0, 0];
      for (let at = j, other = k; at < end; at += p, other += p) {
        const value = jacobian[at];
        first += value * jacobian[other];
        second += value * jacobian[other + 1];
        third += value * jacobian[other + 2];
      }
      normal[j * p + k] = first;
      normal[j * p + k + 1] = second;
      normal[j * p + k + 2] = third;
    }
    for (; k < j; k++) {
      let sum = 0;
      for (let at = j, other = k; at < end; at += p, other += p) sum += jacobian[at] * jacobian[other];
      normal[j * p + k] = sum;
    }
  }
}

// What the linear model promises for the step: -(g's + s'Hs / 2).
function promisedDecrease(normal: Float64Array, gradient: Float64Array, step: Float64Array): number {
  const p = gradient.length;
  let value = 0;
  for (let j = 0; j < p; j++) {
    value -= gradient[j] * step[j] + (normal[j * p + j] * step[j] * step[j]) / 2;
    for (let k = 0; k < j; k++) value -= normal[j * p + k] * step[j] * step[k];
  }
  return value;
}

// Solves (H + damping diag(scale)) s = -g with held parameters left out, by Cholesky; false where the matrix is not positive.
function solveDamped(normal: Float64Array, gradient: Float64Array, scale: Float64Array, held: Uint8Array, damping: number, factor: Float64Array, step: Float64Array): boolean {
  const p = gradient.length;
  for (let j = 0; j < p; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = held[j] === 1 || held[k] === 1 ? 0 : normal[j * p + k];
      if (j === k) sum = held[j] === 1 || scale[j] === 0 ? 1 : sum + damping * scale[j];
      for (let l = 0; l < k; l++) sum -= factor[j * p + l] * factor[k * p + l];
      if (j !== k) factor[j * p + k] = sum / factor[k * p + k];
      else if (!(sum > 0)) return false;
      else factor[j * p + j] = Math.sqrt(sum);
    }
  }
  for (let j = 0; j < p; j++) {
    let sum = held[j] === 1 ? 0 : -gradient[j];
    for (let k = 0; k < j; k++) sum -= factor[j * p + k] * step[k];
    step[j] = sum / factor[j * p + j];
  }
  for (let j = p - 1; j >= 0; j--) {
    let sum = step[j];
    for (let k = j + 1; k < p; k++) sum -= factor[k * p + j] * step[k];
    step[j] = sum / factor[j * p + j];
  }
  return true;
}
