/** Multinomial logistic regression: from scores of any number to probabilities of any number of classes. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../core/assert.ts';
import { ShapeError } from '../core/errors.ts';
import type { MatrixLike } from '../core/linear-algebra.ts';
import { classRows, countClasses, matrixRows, softmax } from './class-rows.ts';
import type { ClassRows, MatrixRows } from './class-rows.ts';
import { logisticRegression } from './logistic.ts';
import { minimizeConvex } from './newton.ts';
import { sigmoid } from './platt-fit.ts';

/** Class probabilities as plain data: softmax(coefficients * scores + intercepts). */
export interface MultinomialFit {
  readonly kind: 'multinomial';
  /** What answers: the regression, or the class frequencies (coefficients 0). */
  readonly method: 'multinomial' | 'base-rate';
  /** Why the class frequencies answer; null for the regression. `missing-class`: a class has no row. */
  readonly reason: null | 'too-few-rows' | 'missing-class' | 'not-converged';
  readonly classCount: number;
  readonly scoreCount: number;
  /** Row-major, shape (classes, scores); for two classes shape (1, scores), of the margin of class 1 over class 0. */
  readonly coefficients: Float64Array;
  /** Shape (classes), or (1) for two classes. */
  readonly intercepts: Float64Array;
  /** Rows used. */
  readonly n: number;
  /** Rows left out because a score or the label is missing or their weight is 0. */
  readonly missingRows: number;
}

export interface FitMultinomialOptions {
  /** Strength of the penalty, > 0: the loss is sum of cross entropies + penalty / 2 * sum of squared coefficients, intercepts left free. @default 1 */
  readonly penalty?: number;
  /** `balanced`: rows of class k weigh n / (classes * n_k) times their weight. @default 'none' */
  readonly classWeights?: 'none' | 'balanced';
  /** Weight of each row, >= 0, shape (n). @default all 1 */
  readonly weights?: ArrayLike<number>;
  /** Number of classes. @default one more than the largest label, at least 2 */
  readonly classCount?: number;
}

const MAX_PARAMETERS = 2000; // of a dense Newton step

/**
 * Fits P(class | scores) by penalised maximum likelihood.
 *
 * With the logits of a classifier as scores this is matrix scaling. A class without a row has no finite intercept: the class frequencies with
 * one row added to each, (n_k + 1) / (n + classes), answer, and say so.
 *
 * @param scores - shape (n, scores); a row with a value that is not finite is missing
 * @param labels - class of each row, 0, 1, ..., shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels, bad weights or options, and more than 2000 parameters
 * @see Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks", section 4.2 (matrix scaling); scikit-learn's LogisticRegression with C = 1 / penalty
 * @example applyMultinomial(fitMultinomial([[0.1, 2], [1, 0.3], [0.5, 1]], [0, 1, 2]), [[0.2, 1]]).data // three probabilities
 */
export function fitMultinomial(scores: MatrixRows, labels: ArrayLike<number>, options: FitMultinomialOptions = {}): MultinomialFit {
  const fn = 'fitMultinomial';
  requireKnownKeys(fn, options, ['penalty', 'classWeights', 'weights', 'classCount']);
  const { penalty = 1, classWeights = 'none', weights } = options;
  requireNumber(fn, 'penalty', penalty, { min: 0, open: true });
  requireOneOf(fn, 'classWeights', classWeights, ['none', 'balanced']);
  const matrix = matrixRows(fn, 'scores', scores);
  const classCount = countClasses(fn, labels, options.classCount);
  const scoreCount = matrix.columns;
  const outputs = classCount === 2 ? 1 : classCount;
  requireNumber(fn, 'classes * (scores + 1)', outputs * (scoreCount + 1), { max: MAX_PARAMETERS });
  const rows = classRows(fn, matrix, labels, classCount, weights);
  const { n, missingRows, classWeight } = rows;
  const total = classWeight.reduce((sum, w) => sum + w, 0);
  const result = (reason: MultinomialFit['reason'], coefficients: Float64Array, intercepts: Float64Array): MultinomialFit =>
    Object.freeze({ kind: 'multinomial', method: reason === null ? 'multinomial' : 'base-rate', reason, classCount, scoreCount, coefficients, intercepts, n, missingRows });
  const frequencies = (reason: 'too-few-rows' | 'missing-class' | 'not-converged'): MultinomialFit => {
    const logs = classWeight.map((w) => Math.log((w + 1) / (total + classCount)));
    return result(reason, new Float64Array(outputs * scoreCount), outputs === 1 ? Float64Array.of(logs[1] - logs[0]) : logs);
  };
  if (n < 2) return frequencies('too-few-rows');
  if (classWeight.some((w) => w === 0)) return frequencies('missing-class');

  const weight = classWeights === 'none' ? rows.weight : rows.weight.map((w, i) => (w * total) / (classCount * classWeight[rows.label[i]]));
  const { x, converged } = outputs === 1 ? twoClasses(rows, weight, penalty) : manyClasses(rows, weight, penalty, classCount);
  if (!converged) return frequencies('not-converged');
  const stride = scoreCount + 1;
  const intercepts = x.filter((_, j) => j % stride === scoreCount);
  const level = outputs === 1 ? 0 : intercepts.reduce((sum, v) => sum + v, 0) / outputs; // equal intercepts change nothing: their sum is 0
  return result(null, x.filter((_, j) => j % stride < scoreCount), intercepts.map((v) => v - level));
}

type Solution = { readonly x: Float64Array; readonly converged: boolean };

function twoClasses({ data, columns, label, n }: ClassRows, weight: Float64Array, penalty: number): Solution {
  const design = Array.from({ length: columns + 1 }, (_, j) => (j === columns ? new Float64Array(n).fill(1) : Float64Array.from({ length: n }, (__, i) => data[i * columns + j])));
  return logisticRegression(design, label, weight, design.map((_, j) => (j === columns ? 0 : penalty)));
}

// Parameters by class: its coefficients, then its intercept.
function manyClasses({ data, columns, label, n }: ClassRows, weight: Float64Array, penalty: number, classCount: number): Solution {
  const stride = columns + 1;
  const size = classCount * stride;
  const margin = new Float64Array(classCount);
  const p = new Float64Array(classCount);
  const v = new Float64Array(stride).fill(1);
  return minimizeConvex((x, gradient, hessian) => {
    let loss = 0;
    for (let j = 0; j < size; j++) {
      if (j % stride === columns) continue;
      loss += 0.5 * penalty * x[j] * x[j];
      gradient[j] = penalty * x[j];
      hessian[j * size + j] = penalty;
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < columns; j++) v[j] = data[i * columns + j];
      for (let k = 0; k < classCount; k++) {
        margin[k] = 0;
        for (let j = 0; j < stride; j++) margin[k] += x[k * stride + j] * v[j];
      }
      const logSum = softmax(margin, 0, classCount, 1, p);
      loss += weight[i] * (logSum - margin[label[i]]);
      for (let k = 0; k < classCount; k++) {
        const residual = weight[i] * (p[k] - (k === label[i] ? 1 : 0));
        for (let j = 0; j < stride; j++) gradient[k * stride + j] += residual * v[j];
        for (let m = 0; m <= k; m++) {
          const curvature = weight[i] * p[k] * ((k === m ? 1 : 0) - p[m]);
          for (let j = 0; j < stride; j++) {
            const row = (k * stride + j) * size + m * stride;
            for (let q = 0; q < stride; q++) hessian[row + q] += curvature * v[j] * v[q];
          }
        }
      }
    }
    return loss;
  }, new Float64Array(size));
}

/**
 * Probabilities of the classes, shape (n, classes); a row with a value that is not finite becomes NaN.
 *
 * @throws ShapeError unless there is one column per score
 */
export function applyMultinomial(fit: MultinomialFit, scores: MatrixRows): MatrixLike {
  const fn = 'applyMultinomial';
  const { rows, columns, data } = matrixRows(fn, 'scores', scores);
  const { classCount, scoreCount, coefficients, intercepts } = fit;
  if (columns !== scoreCount) throw new ShapeError(`${fn}: scores must have ${scoreCount} columns, got ${columns}`);
  const out = new Float64Array(rows * classCount).fill(NaN);
  const margin = new Float64Array(intercepts.length);
  for (let i = 0; i < rows; i++) {
    const values = data.subarray(i * columns, (i + 1) * columns);
    if (!values.every(Number.isFinite)) continue;
    for (let k = 0; k < margin.length; k++) {
      margin[k] = intercepts[k];
      for (let j = 0; j < columns; j++) margin[k] += coefficients[k * columns + j] * values[j];
    }
    const row = out.subarray(i * classCount, (i + 1) * classCount);
    if (margin.length > 1) softmax(margin, 0, classCount, 1, row);
    else row.set([1 - sigmoid(margin[0]), sigmoid(margin[0])]);
  }
  return { rows, columns: classCount, data: out };
}
