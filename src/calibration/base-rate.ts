/** The share of label 1: the calibrator that does not look at the score. */
import { requireKnownKeys } from '../core/assert.ts';
import { calibrationRows, softBaseRate } from './rows.ts';

/** One probability for all scores, as plain data. */
export interface BaseRateFit {
  readonly kind: 'base-rate';
  /** (N+ + 1) / (N + 2). */
  readonly probability: number;
  /** Rows used. */
  readonly n: number;
  /** Rows used whose label is 1. */
  readonly positives: number;
  /** Rows left out because score or label is missing or their weight is 0. */
  readonly missingRows: number;
}

export interface FitBaseRateOptions {
  /** Weight of each row, >= 0, shape (n); a row of weight 0 is left out. @default all 1 */
  readonly weights?: ArrayLike<number>;
}

/**
 * Share of label 1 among the rows with a score, one row of each label added: never 0 or 1, and 0.5 without a row.
 *
 * @param scores - read only to see which are missing, shape (n)
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels and bad weights
 * @see Laplace (1774), the rule of succession
 */
export function fitBaseRate(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitBaseRateOptions = {}): BaseRateFit {
  requireKnownKeys('fitBaseRate', options, ['weights']);
  const rows = calibrationRows('fitBaseRate', scores, labels, options.weights);
  return Object.freeze({ kind: 'base-rate', probability: softBaseRate(rows), n: rows.n, positives: rows.positives, missingRows: rows.missingRows });
}
