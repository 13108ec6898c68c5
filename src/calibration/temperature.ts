/** Temperature scaling: one number that makes logits less, or more, sure. */
import { requireKnownKeys } from '../core/assert.ts';
import { ShapeError } from '../core/errors.ts';
import type { MatrixLike } from '../core/linear-algebra.ts';
import { classRows, matrixRows, softmax } from './class-rows.ts';
import type { ClassRows, MatrixRows } from './class-rows.ts';
import { minimizeConvex } from './newton.ts';
import { sigmoid } from './platt-fit.ts';

/** A temperature as plain data: P = softmax(logits / temperature), or 1 / (1 + exp(-logit / temperature)) for two classes. */
export interface TemperatureFit {
  readonly kind: 'temperature';
  /** What answers: the fitted temperature, the logits as they are (1), or equal probabilities (Infinity). */
  readonly method: 'temperature' | 'identity' | 'uniform';
  /**
   * Why no temperature was fitted; null when one was. `separable`: every row's own class has the largest logit, so that colder is always
   * better; `inverted`: the logits speak against the labels, so that hotter is always better.
   */
  readonly reason: null | 'too-few-rows' | 'one-class' | 'constant-scores' | 'separable' | 'inverted' | 'not-converged';
  /** > 0; above 1 the logits were too sure. */
  readonly temperature: number;
  readonly classCount: number;
  /** Rows used. */
  readonly n: number;
  /** Rows left out because a logit or the label is missing or their weight is 0. */
  readonly missingRows: number;
}

export interface FitTemperatureOptions {
  /** Weight of each row, >= 0, shape (n); a row of weight 0 is left out. @default all 1 */
  readonly weights?: ArrayLike<number>;
}

/**
 * Temperature of logits of label 1, by maximum likelihood.
 *
 * A positive temperature orders the rows as the logits do: the AUC does not change. It cannot move the probability 0.5: where the mean is
 * off, {@link fitPlatt} is the smallest thing that helps.
 *
 * @param logits - log(p / (1 - p)), shape (n); NaN and infinities are missing
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels and bad weights
 * @see Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks", section 4.2
 * @example applyTemperature(fitTemperature([-4, -4, -4, 4, 4, 4], [0, 0, 1, 1, 1, 0]), 4) // 2 / 3
 */
export function fitTemperature(logits: ArrayLike<number>, labels: ArrayLike<number>, options: FitTemperatureOptions = {}): TemperatureFit {
  requireKnownKeys('fitTemperature', options, ['weights']);
  const data = new Float64Array(2 * logits.length);
  for (let i = 0; i < logits.length; i++) data[2 * i + 1] = logits[i];
  return temperatureOf(classRows('fitTemperature', { rows: logits.length, columns: 2, data }, labels, 2, options.weights), 2);
}

/**
 * {@link fitTemperature} of several classes.
 *
 * @param logits - one column per class, shape (n, classes); a row with a value that is not finite is missing
 * @param labels - class of each row, 0 to classes - 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths and fewer than two columns; DomainError for other labels and bad weights
 */
export function fitClassTemperature(logits: MatrixRows, labels: ArrayLike<number>, options: FitTemperatureOptions = {}): TemperatureFit {
  const fn = 'fitClassTemperature';
  requireKnownKeys(fn, options, ['weights']);
  const matrix = matrixRows(fn, 'logits', logits);
  if (matrix.columns < 2) throw new ShapeError(`${fn}: logits must have at least 2 columns, got ${matrix.columns}`);
  return temperatureOf(classRows(fn, matrix, labels, matrix.columns, options.weights), matrix.columns);
}

function temperatureOf(rows: ClassRows, classCount: number): TemperatureFit {
  const { data, label, weight, classWeight, n, missingRows } = rows;
  const result = (reason: TemperatureFit['reason'], temperature: number): TemperatureFit =>
    Object.freeze({ kind: 'temperature', method: reason === null ? 'temperature' : temperature === 1 ? 'identity' : 'uniform', reason, temperature, classCount, n, missingRows });
  if (n < 2) return result('too-few-rows', 1);
  if (classWeight.filter((w) => w > 0).length < 2) return result('one-class', 1);

  let isSeparable = true;
  let pull = 0; // minus the slope of the loss at 1 / temperature = 0
  let spread = 0;
  for (let i = 0; i < n; i++) {
    const row = data.subarray(i * classCount, (i + 1) * classCount);
    const [lowest, highest] = [Math.min(...row), Math.max(...row)];
    const own = row[label[i]];
    let center = 0;
    for (const value of row) center += value / classCount;
    isSeparable &&= own === highest;
    pull += weight[i] * (own - center);
    spread = Math.max(spread, highest - lowest);
  }
  if (spread === 0) return result('constant-scores', 1);
  if (isSeparable) return result('separable', 1);
  if (!(pull > 0)) return result('inverted', Infinity);
  const p = new Float64Array(classCount);
  // The inverse temperature times the spread: a loss that knows no unit, convex in it.
  const { x, converged } = minimizeConvex(([coldness], gradient, hessian) => {
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const offset = i * classCount;
      const own = data[offset + label[i]] / spread;
      const logSum = softmax(data, offset, classCount, coldness / spread, p);
      let [first, second] = [0, 0];
      for (let k = 0; k < classCount; k++) {
        const value = data[offset + k] / spread - own;
        first += p[k] * value;
        second += p[k] * value * value;
      }
      loss += weight[i] * (logSum - coldness * own);
      gradient[0] += weight[i] * first;
      hessian[0] += weight[i] * (second - first * first);
    }
    return loss;
  }, [1]);
  const temperature = spread / x[0];
  return converged && temperature > 0 && temperature < Infinity ? result(null, temperature) : result('not-converged', 1);
}

/**
 * Calibrated probability of label 1.
 *
 * @returns a probability in [0, 1]; NaN, missing, for a NaN logit
 */
export function applyTemperature(fit: TemperatureFit, logit: number): number {
  return logit !== logit ? NaN : sigmoid(fit.temperature === Infinity ? 0 : logit / fit.temperature);
}

/**
 * Calibrated probabilities of the classes, shape (n, classes); a row with a value that is not finite becomes NaN.
 *
 * @throws ShapeError unless there is one column per class
 */
export function applyClassTemperature(fit: TemperatureFit, logits: MatrixRows): MatrixLike {
  const fn = 'applyClassTemperature';
  const { rows, columns, data } = matrixRows(fn, 'logits', logits);
  if (columns !== fit.classCount) throw new ShapeError(`${fn}: logits must have ${fit.classCount} columns, got ${columns}`);
  const out = new Float64Array(data.length);
  const scale = 1 / fit.temperature;
  for (let i = 0; i < rows; i++) {
    const isWhole = data.subarray(i * columns, (i + 1) * columns).every(Number.isFinite);
    const row = out.subarray(i * columns, (i + 1) * columns);
    if (isWhole) softmax(data, i * columns, columns, scale, row);
    else row.fill(NaN);
  }
  return { rows, columns, data: out };
}
