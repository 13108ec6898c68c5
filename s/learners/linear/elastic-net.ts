/** Elastic net by coordinate descent on the cross-products. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { driveSync } from '../../core/drive.ts';
import type { Task } from '../../core/drive.ts';
import type { MatrixLike } from '../../core/linear-algebra.ts';
import { solveSymmetric } from '../../core/linear-algebra.ts';
import { designMomentsTask, interceptOf, PRODUCTS_PER_STEP } from './moments.ts';
import type { Moments } from './moments.ts';
import type { LinearFit } from './ridge.ts';

export interface FitElasticNetOptions {
  /** Strength of the penalty, >= 0. @default 1 */
  readonly alpha?: number;
  /** Share of the L1 penalty, in [0, 1]; 1 is the lasso. @default 0.5 */
  readonly l1Ratio?: number;
  /** @default true */
  readonly fitIntercept?: boolean;
  readonly weights?: ArrayLike<number>;
  /** Sweeps over all coefficients. @default 10000 */
  readonly maxIterations?: number;
  /** Converged when the duality gap is at most this times y'y. @default 1e-13 */
  readonly tolerance?: number;
}

export interface ElasticNetFit extends LinearFit {
  readonly converged: boolean;
  readonly iterations: number;
  /** Duality gap relative to y'y / n. */
  readonly dualityGap: number;
}

/**
 * Minimises 1/(2n) sum w (y - Xb - a)^2 + alpha l1Ratio |b|_1 + alpha (1 - l1Ratio)/2 |b|^2, with weights rescaled to sum to n.
 *
 * Without an L1 part there is no kink and the answer is the ridge's, solved in one step (least squares of least norm at alpha 0).
 *
 * @returns `converged: false` when the sweeps ran out; the coefficients are then the last ones
 * @see Friedman, Hastie and Tibshirani (2010), Regularization paths for generalized linear models via coordinate descent, section 2
 */
export function fitElasticNet(x: MatrixLike, y: ArrayLike<number>, options: FitElasticNetOptions = {}): ElasticNetFit {
  return driveSync(fitElasticNetTask(x, y, options));
}

/** The same as a task. */
export function* fitElasticNetTask(x: MatrixLike, y: ArrayLike<number>, options: FitElasticNetOptions = {}): Task<ElasticNetFit> {
  const fn = 'fitElasticNet';
  requireKnownKeys(fn, options, ['alpha', 'l1Ratio', 'fitIntercept', 'weights', 'maxIterations', 'tolerance']);
  const alpha = requireNumber(fn, 'alpha', options.alpha ?? 1, { min: 0 });
  const l1Ratio = requireNumber(fn, 'l1Ratio', options.l1Ratio ?? 0.5, { min: 0, max: 1 });
  const maxIterations = requireInteger(fn, 'maxIterations', options.maxIterations ?? 10_000, { min: 1 });
  const tolerance = requireNumber(fn, 'tolerance', options.tolerance ?? 1e-13, { min: 0 });
  const moments = yield* designMomentsTask(fn, x, y, options.weights, options.fitIntercept ?? true);
  const p = x.columns;
  const { gram, cross, total } = moments;
  const l1 = alpha * l1Ratio * total;
  const l2 = alpha * (1 - l1Ratio) * total;
  if (l1 === 0) {
    const coefficients = solveSymmetric(gram.map((v, i) => (i % (p + 1) === 0 ? v + l2 : v)), cross);
    return Object.freeze({ coefficients, intercept: interceptOf(moments, coefficients), converged: true, iterations: 0, dualityGap: 0 });
  }
  const b = new Float64Array(p);
  const gradient = cross.slice(); // X'W(y - Xb)
  const sweepsPerStep = Math.ceil(PRODUCTS_PER_STEP / (p * p));
  let iterations = 0;
  let gap = dualityGap(moments, b, gradient, l1, l2);
  while (gap > tolerance * moments.ySquares && iterations < maxIterations) {
    for (let j = 0; j < p; j++) {
      const curvature = gram[j * p + j];
      if (curvature === 0) continue;
      const old = b[j];
      const rho = gradient[j] + curvature * old;
      const next = (Math.sign(rho) * Math.max(0, Math.abs(rho) - l1)) / (curvature + l2) + 0; // + 0: never -0
      if (next === old) continue;
      b[j] = next;
      for (let k = 0; k < p; k++) gradient[k] -= gram[k * p + j] * (next - old);
    }
    iterations++;
    if (iterations % sweepsPerStep === 0) yield { phase: 'sweeps', done: iterations, total: maxIterations };
    gap = dualityGap(moments, b, gradient, l1, l2);
  }
  const scaleOfGap = moments.ySquares > 0 ? gap / moments.ySquares : 0;
  return Object.freeze({ coefficients: b, intercept: interceptOf(moments, b), converged: gap <= tolerance * moments.ySquares, iterations, dualityGap: scaleOfGap });
}

// Gap between the primal objective and the dual at the residual scaled into the feasible set, all times n.
function dualityGap({ cross, ySquares }: Moments, b: Float64Array, gradient: Float64Array, l1: number, l2: number): number {
  let fit = 0; // y'W Xb
  let squares = 0; // |b|^2
  let sizes = 0;
  let dual = 0;
  let explained = 0; // b'X'W(y - Xb)
  for (let j = 0; j < b.length; j++) {
    fit += cross[j] * b[j];
    explained += gradient[j] * b[j];
    squares += b[j] * b[j];
    sizes += Math.abs(b[j]);
    dual = Math.max(dual, Math.abs(gradient[j] - l2 * b[j]));
  }
  const residualSquares = ySquares - fit - explained; // |y - Xb|^2 = y'y - y'Xb - b'X'(y - Xb)
  const shrink = dual > l1 ? l1 / dual : 1;
  const residualDotY = ySquares - fit;
  return ((1 + shrink * shrink) / 2) * residualSquares + l1 * sizes - shrink * residualDotY + ((1 + shrink * shrink) / 2) * l2 * squares;
}
