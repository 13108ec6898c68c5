/** Ridge regression. */
import { requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { driveSync } from '../../core/drive.ts';
import type { Task } from '../../core/drive.ts';
import { solveSymmetric } from '../../core/linear-algebra.ts';
import type { MatrixLike } from '../../core/linear-algebra.ts';
import { designMomentsTask, interceptOf } from './moments.ts';

export interface FitRidgeOptions {
  /** Penalty on the squared coefficients, >= 0; 0 is least squares. @default 1 */
  readonly alpha?: number;
  /** @default true */
  readonly fitIntercept?: boolean;
  /** Weight of each row, >= 0. @default 1 */
  readonly weights?: ArrayLike<number>;
}

export interface LinearFit {
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

/**
 * Minimises sum w (y - Xb - a)^2 + alpha |b|^2; the intercept a is not penalised and there is no 1/n.
 *
 * Collinear columns with alpha 0 get the coefficients of least norm.
 *
 * @see Hoerl and Kennard (1970), Ridge regression; the objective is scikit-learn's Ridge
 */
export function fitRidge(x: MatrixLike, y: ArrayLike<number>, options: FitRidgeOptions = {}): LinearFit {
  return driveSync(fitRidgeTask(x, y, options));
}

/** The same as a task. */
export function* fitRidgeTask(x: MatrixLike, y: ArrayLike<number>, options: FitRidgeOptions = {}): Task<LinearFit> {
  requireKnownKeys('fitRidge', options, ['alpha', 'fitIntercept', 'weights']);
  const alpha = requireNumber('fitRidge', 'alpha', options.alpha ?? 1, { min: 0 });
  const moments = yield* designMomentsTask('fitRidge', x, y, options.weights, options.fitIntercept ?? true);
  const p = x.columns;
  const a = moments.gram.slice();
  for (let j = 0; j < p; j++) a[j * p + j] += alpha;
  const coefficients = solveSymmetric(a, moments.cross);
  return Object.freeze({ coefficients, intercept: interceptOf(moments, coefficients) });
}
