/** EnbPI: intervals of a bootstrap ensemble from its own out-of-bag residuals, which slide with time. */
import { requireInteger, requireKnownKeys, requireOneOf, requireSameLength } from '../core/assert.ts';
import { ShapeError } from '../core/errors.ts';
import { sortedFinite } from '../core/sort.ts';
import { conformalRank, requireAlpha } from './radius.ts';

export interface EnbpiRows {
  /** Outcome of each training row in time order, shape (n); NaN is missing. */
  readonly outcomes: ArrayLike<number>;
  /** Prediction of every training row by each of the B bootstrap models, B arrays of shape (n). */
  readonly predictions: readonly ArrayLike<number>[];
  /** Training rows each model was fitted on, repeats allowed, B arrays of row numbers. */
  readonly trainingRows: readonly ArrayLike<number>[];
}

export interface EnbpiOptions {
  /** Miscoverage level in (0, 1). @default 0.1 */
  readonly alpha?: number;
  /** `equal`: alpha / 2 beyond each bound. `shortest`: the split of alpha over the two tails that makes the interval shortest. @default 'equal' */
  readonly tails?: 'equal' | 'shortest';
}

export interface EnbpiFit {
  readonly kind: 'enbpi';
  readonly alpha: number;
  readonly tails: 'equal' | 'shortest';
  /** Weight of each model in a prediction, summing to 1, shape (B). */
  readonly modelWeights: Float64Array;
  /** Window of signed residuals, oldest first. */
  readonly residuals: Float64Array;
  /** Training rows without a residual: in the bag of every model, or with a missing outcome or prediction. */
  readonly missingRows: number;
}

export interface EnbpiInterval {
  /** Ensemble prediction; NaN when a model's is. */
  readonly point: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Fits an ensemble's intervals from explicit bootstrap samples.
 *
 * The residual of a row is its outcome minus the mean prediction of the models that did not see it. A new row is predicted by the mean over
 * training rows of those same leave-one-out ensembles, which is a weighted mean of the models. Coverage is asymptotic, for errors that are
 * stationary and mixing; {@link updateEnbpi} keeps the window recent.
 *
 * @throws ShapeError for arrays of different lengths; DomainError for a training row that does not exist
 * @see Xu and Xie (2021), "Conformal prediction interval for dynamic time-series", algorithm 1
 * @example enbpiInterval(fitEnbpi({ outcomes, predictions, trainingRows }, { alpha: 0.1 }), modelPredictions)
 */
export function fitEnbpi(rows: EnbpiRows, options: EnbpiOptions = {}): EnbpiFit {
  const fn = 'fitEnbpi';
  requireKnownKeys(fn, rows, ['outcomes', 'predictions', 'trainingRows']);
  requireKnownKeys(fn, options, ['alpha', 'tails']);
  const { outcomes, predictions, trainingRows } = rows;
  const { alpha = 0.1, tails = 'equal' } = options;
  requireAlpha(fn, alpha);
  requireOneOf(fn, 'tails', tails, ['equal', 'shortest']);
  const modelCount = requireSameLength(fn, { predictions, trainingRows });
  const n = outcomes.length;
  const unseen = trainingRows.map((bag, b) => {
    requireSameLength(fn, { outcomes, [`predictions[${b}]`]: predictions[b] });
    const out = new Uint8Array(n).fill(1);
    for (let k = 0; k < bag.length; k++) out[requireInteger(fn, `trainingRows[${b}]`, bag[k], { min: 0, max: n - 1 })] = 0;
    return out;
  });
  const modelWeights = new Float64Array(modelCount);
  const residuals: number[] = [];
  let ensembles = 0; // rows that at least one model did not see
  for (let i = 0; i < n; i++) {
    const models = Array.from({ length: modelCount }, (_, b) => b).filter((b) => unseen[b][i] === 1);
    if (models.length === 0) continue;
    ensembles++;
    for (const b of models) modelWeights[b] += 1 / models.length;
    residuals.push(outcomes[i] - models.reduce((sum, b) => sum + predictions[b][i], 0) / models.length);
  }
  const present = Float64Array.from(residuals.filter(Number.isFinite));
  return Object.freeze({ kind: 'enbpi', alpha, tails, modelWeights: modelWeights.map((w) => w / ensembles), residuals: present, missingRows: n - present.length });
}

/**
 * Prediction and interval of one row.
 *
 * @param modelPredictions - the row as predicted by each bootstrap model, shape (B)
 * @returns a bound is infinite when the window is too short for its tail; all NaN when a prediction is not finite or no training row was out of bag
 * @throws ShapeError unless there is one prediction per model
 */
export function enbpiInterval(fit: EnbpiFit, modelPredictions: ArrayLike<number>): EnbpiInterval {
  const { modelWeights, residuals, alpha } = fit;
  if (modelPredictions.length !== modelWeights.length) throw new ShapeError(`enbpiInterval: modelPredictions must have one value for each of ${modelWeights.length} models, got ${modelPredictions.length}`);
  const sum = modelWeights.reduce((total, w, b) => total + w * modelPredictions[b], 0);
  const point = Number.isFinite(sum) ? sum : NaN;
  const n = residuals.length;
  const sorted = sortedFinite(residuals);
  const at = (rank: number): number => (rank < 1 ? -Infinity : rank > n ? Infinity : sorted[rank - 1]);
  let high = conformalRank(n, alpha / 2);
  let low = n + 1 - high;
  if (fit.tails === 'shortest') {
    const outside = n + 1 - conformalRank(n, alpha); // order statistics that may lie beyond both bounds together
    [low, high] = [0, n + 1];
    for (let rank = 1; rank < outside; rank++) {
      const opposite = n + 1 - outside + rank;
      if (at(opposite) - at(rank) < at(high) - at(low)) [low, high] = [rank, opposite];
    }
  }
  return Object.freeze({ point, lower: point + at(low), upper: point + at(high) });
}

/**
 * The fit after outcomes became known: their residuals enter the window and as many of the oldest leave it.
 *
 * @param residuals - outcome minus `point`, oldest first; not finite is missing and skipped
 */
export function updateEnbpi(fit: EnbpiFit, residuals: ArrayLike<number>): EnbpiFit {
  const fresh = Array.from(residuals).filter(Number.isFinite);
  return Object.freeze({ ...fit, residuals: Float64Array.from([...fit.residuals, ...fresh].slice(fresh.length)) });
}
