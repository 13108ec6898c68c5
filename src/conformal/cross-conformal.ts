/** Intervals from cross-validation: jackknife+ and CV+, and their minmax forms. No row is set aside for calibration alone. */
import { requireInteger, requireKnownKeys, requireOneOf, requireSameLength } from '../core/assert.ts';
import { ShapeError } from '../core/errors.ts';
import { argsort } from '../core/sort.ts';
import { conformalRadius, conformalRank, requireAlpha } from './radius.ts';
import type { Interval } from './score.ts';

export interface CrossConformalRows {
  /** Actual minus predicted by the model that was fitted without the row's fold, shape (n); NaN is missing. */
  readonly residuals: ArrayLike<number>;
  /** Fold of each row in 0 .. K - 1, shape (n). Absent: each row is its own fold, the jackknife. */
  readonly folds?: ArrayLike<number>;
}

export interface CrossConformalOptions {
  /** Miscoverage level in (0, 1). @default 0.1 */
  readonly alpha?: number;
  /** `plus` covers with probability at least 1 - 2 alpha (jackknife) and in practice near 1 - alpha; `minmax` at least 1 - alpha, wider. @default 'plus' */
  readonly method?: 'plus' | 'minmax';
}

export interface CrossConformalFit {
  readonly kind: 'cross-conformal';
  readonly alpha: number;
  readonly method: 'plus' | 'minmax';
  /** Number of folds, and of predictions that a test row needs. */
  readonly foldCount: number;
  /** Conformal radius of all |residuals|; what `minmax` adds on both sides. */
  readonly radius: number;
  /** Largest |residuals| of each fold, as many as can decide an interval; empty for `minmax`. */
  readonly tailResiduals: Float64Array;
  /** Fold of each of them. */
  readonly tailFolds: Uint32Array;
  /** 1-based order statistic of prediction - residual that is the lower bound, counted from below, and of the upper bound from above; 0 for an infinite interval. */
  readonly tailRank: number;
  /** Rows with a residual. */
  readonly count: number;
  readonly missingRows: number;
}

/**
 * Fits intervals on out-of-fold residuals.
 *
 * Folds of rows that depend on each other (overlapping labels, one session's names) must be purged, as for any cross-validation.
 *
 * @throws ShapeError for different lengths; DomainError for a fold that is not an integer >= 0 or an option outside its range
 * @see Barber, Candes, Ramdas and Tibshirani (2021), "Predictive inference with the jackknife+", theorems 1 (jackknife+), 3 (minmax) and 4 (CV+)
 * @example crossConformalInterval(fitCrossConformal({ residuals: [0.5, -1, 2] }, { alpha: 0.5 }), [10, 11, 12]) // { lower: 10, upper: 12 }
 */
export function fitCrossConformal(rows: CrossConformalRows, options: CrossConformalOptions = {}): CrossConformalFit {
  const fn = 'fitCrossConformal';
  requireKnownKeys(fn, rows, ['residuals', 'folds']);
  requireKnownKeys(fn, options, ['alpha', 'method']);
  const { alpha = 0.1, method = 'plus' } = options;
  requireAlpha(fn, alpha);
  requireOneOf(fn, 'method', method, ['plus', 'minmax']);
  const { residuals } = rows;
  const folds = rows.folds ?? Uint32Array.from(residuals, (_, i) => i);
  const n = requireSameLength(fn, { residuals, folds });
  const scores = Float64Array.from(residuals, Math.abs);
  let [foldCount, count] = [0, 0];
  for (let i = 0; i < n; i++) {
    foldCount = Math.max(foldCount, 1 + requireInteger(fn, 'folds', folds[i], { min: 0, max: 4294967294 }));
    if (scores[i] === scores[i]) count++;
  }
  // The same rank from either end; 0 is "beyond the last of n".
  const tailRank = Math.max(0, count + 1 - conformalRank(count, alpha));
  const kept: number[] = [];
  if (method === 'plus') {
    // A row with tailRank larger residuals in its own fold is never the order statistic: they are all further out.
    const ahead = new Map<number, number>();
    for (const i of argsort(scores).reverse()) {
      const larger = ahead.get(folds[i]) ?? 0;
      if (scores[i] !== scores[i] || larger >= tailRank) continue;
      ahead.set(folds[i], larger + 1);
      kept.push(i);
    }
  }
  return Object.freeze({
    kind: 'cross-conformal',
    alpha,
    method,
    foldCount,
    radius: conformalRadius(scores, alpha),
    tailResiduals: Float64Array.from(kept, (i) => scores[i]),
    tailFolds: Uint32Array.from(kept, (i) => folds[i]),
    tailRank,
    count,
    missingRows: n - count,
  });
}

/**
 * The interval of one test row; costs a sort of `tailResiduals`.
 *
 * @param foldPredictions - the test row as predicted by the model fitted without each fold, shape (K)
 * @returns infinite when the rows are too few for alpha; NaN bounds when a prediction is not finite
 * @throws ShapeError unless there is one prediction per fold
 */
export function crossConformalInterval(fit: CrossConformalFit, foldPredictions: ArrayLike<number>): Interval {
  if (foldPredictions.length !== fit.foldCount) throw new ShapeError(`crossConformalInterval: foldPredictions must have one value for each of ${fit.foldCount} folds, got ${foldPredictions.length}`);
  const predictions = Float64Array.from(foldPredictions).sort();
  if (!predictions.every(Number.isFinite)) return Object.freeze({ lower: NaN, upper: NaN });
  if (fit.tailRank === 0) return Object.freeze({ lower: -Infinity, upper: Infinity });
  if (fit.method === 'minmax') return Object.freeze({ lower: predictions[0] - fit.radius, upper: predictions[predictions.length - 1] + fit.radius });
  const below = fit.tailResiduals.map((residual, j) => foldPredictions[fit.tailFolds[j]] - residual).sort();
  const above = fit.tailResiduals.map((residual, j) => foldPredictions[fit.tailFolds[j]] + residual).sort();
  return Object.freeze({ lower: below[fit.tailRank - 1], upper: above[above.length - fit.tailRank] });
}
