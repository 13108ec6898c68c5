/** How good forecasts of a whole distribution are: the continuous ranked probability score, in units of the outcome, of three kinds of forecast. */
import { requireKnownKeys, requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError, ShapeError } from '../core/errors.ts';
import { sortedFinite } from '../core/sort.ts';
import { normalCdf } from '../core/special-functions.ts';
import type { MetricValue } from './metric-value.ts';
import { countedMean } from './weighted-mean.ts';
import type { WeightOptions } from './weighted-mean.ts';

export interface CrpsEnsembleOptions extends WeightOptions {
  /**
   * Judge the distribution the members were drawn from, not the members themselves: without it a larger ensemble scores better for its size
   * alone. A row then needs two members. @default false
   */
  readonly fair?: boolean;
}

/**
 * Mean CRPS of ensembles: mean |x_i - y| - 1/2 mean |x_i - x_j| over members i, j; `fair` takes the second mean over i != j.
 *
 * Computed as the integral of (F(z) - 1{y <= z})^2 between sorted members: O(m log m) per row, never negative by rounding (unless fair).
 * One member gives its absolute error.
 *
 * @param actual - outcomes, shape (n)
 * @param ensemble - members of each row, shape (n, m), m may differ; a NaN member is left out, a row without a member is missing
 * @returns in units of the outcome
 * @throws ShapeError for different lengths
 * @see Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", equations 20 and 21; Ferro (2014), "Fair scores for ensemble forecasts", equation 11
 * @example crpsEnsemble([0], [[-1, 1]]).value // 0.5
 */
export function crpsEnsemble(actual: ArrayLike<number>, ensemble: ArrayLike<ArrayLike<number>>, options: CrpsEnsembleOptions = {}): MetricValue<'no-rows'> {
  requireKnownKeys('crpsEnsemble', options, ['fair', 'weights']);
  const { fair = false, weights } = options;
  const n = requireSameLength('crpsEnsemble', { actual, ensemble });
  return countedMean('crpsEnsemble', n, (i) => (actual[i] === actual[i] ? ensembleScore(actual[i], sortedFinite(ensemble[i]), fair) : NaN), weights);
}

function ensembleScore(y: number, members: Float64Array, fair: boolean): number {
  const m = members.length;
  if (m === 0 || (fair && m < 2)) return NaN;
  let score = distance(y, members[0]) + distance(members[m - 1], y);
  let spread = 0; // half the sum of |x_i - x_j| over all ordered pairs
  for (let i = 1; i < m; i++) {
    const [low, high] = [members[i - 1], members[i]];
    if (low === high) continue;
    const share = i / m;
    score += share * share * distance(low, Math.min(high, y)) + (1 - share) * (1 - share) * distance(Math.max(low, y), high);
    spread += i * (m - i) * (high - low);
  }
  if (!fair) return score;
  return score === Infinity ? score : score - spread / (m * m * (m - 1));
}

// Length of [from, to], 0 when it is empty.
function distance(from: number, to: number): number {
  return to > from ? to - from : 0;
}

const SQRT_PI = Math.sqrt(Math.PI);

/**
 * Mean CRPS of normal forecasts: sigma * (z * (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)), z = (y - mean) / sigma.
 *
 * @param actual - outcomes, shape (n)
 * @param mean - shape (n)
 * @param standardDeviation - >= 0, shape (n); 0 says the outcome is certain and scores |y - mean|
 * @returns in units of the outcome
 * @throws ShapeError for different lengths; DomainError for a negative standard deviation
 * @see Gneiting et al. (2005), "Calibrated probabilistic forecasting using ensemble model output statistics and minimum CRPS estimation", equation 5
 */
export function crpsGaussian(actual: ArrayLike<number>, mean: ArrayLike<number>, standardDeviation: ArrayLike<number>, options: WeightOptions = {}): MetricValue<'no-rows'> {
  const fn = 'crpsGaussian';
  requireKnownKeys(fn, options, ['weights']);
  const n = requireSameLength(fn, { actual, mean, standardDeviation });
  return countedMean(fn, n, (i) => {
    const sigma = standardDeviation[i];
    if (sigma < 0) throw new DomainError(`${fn}: standardDeviation must be >= 0 or NaN, got ${show(sigma)} at row ${i}`);
    const error = actual[i] - mean[i];
    const z = error / sigma;
    if (sigma === 0 || Math.abs(z) === Infinity) return Math.abs(error);
    return sigma * (z * (2 * normalCdf(z) - 1) + Math.SQRT2 / SQRT_PI * Math.exp(-0.5 * z * z) - 1 / SQRT_PI);
  }, options.weights);
}

export interface CrpsQuantilesOptions extends WeightOptions {
  /** Probability of each quantile, ascending, in (0, 1), shape (K). */
  readonly levels: ArrayLike<number>;
}

/**
 * CRPS of forecasts given by quantiles: twice the pinball loss, integrated over the level.
 *
 * Each level stands for the probabilities nearer to it than to another level, so uneven levels are no bias towards where they are dense. At
 * levels (k - 1/2) / K it is exactly {@link crpsEnsemble} of the quantiles as members; otherwise it approximates the CRPS as a rule of K points,
 * and only forecasts at the same levels compare.
 *
 * @param actual - outcomes, shape (n)
 * @param quantiles - shape (n, K); a row with a NaN is missing
 * @returns in units of the outcome
 * @throws ShapeError for different lengths; DomainError for levels that do not ascend in (0, 1)
 * @see Gneiting and Ranjan (2011), "Comparing density forecasts using threshold- and quantile-weighted scoring rules", equation 13; Brocker (2012), "Evaluating raw ensembles with the continuous ranked probability score", for the identity
 */
export function crpsQuantiles(actual: ArrayLike<number>, quantiles: ArrayLike<ArrayLike<number>>, options: CrpsQuantilesOptions): MetricValue<'no-rows'> {
  const fn = 'crpsQuantiles';
  requireKnownKeys(fn, options, ['levels', 'weights']);
  const levels = Float64Array.from(options.levels, (level) => requireNumber(fn, 'levels', level, { min: 0, max: 1, open: true }));
  const n = requireSameLength(fn, { actual, quantiles });
  const count = levels.length;
  for (let k = 0; k < count; k++) if (k > 0 && levels[k] <= levels[k - 1]) throw new DomainError(`${fn}: levels must ascend, got ${show(levels[k])} after ${show(levels[k - 1])}`);
  if (count === 0) throw new DomainError(`${fn}: levels must hold at least one level, got none`);
  const ends = Float64Array.from({ length: count + 1 }, (_, k) => (k === 0 ? 0 : k === count ? 1 : (levels[k - 1] + levels[k]) / 2));
  return countedMean(fn, n, (i) => {
    const row = quantiles[i];
    if (row.length !== count) throw new ShapeError(`${fn}: quantiles must have one value for each of ${count} levels, got ${row.length} at row ${i}`);
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const error = actual[i] - row[k];
      sum += 2 * (ends[k + 1] - ends[k]) * (error >= 0 ? levels[k] * error : (levels[k] - 1) * error);
    }
    return sum;
  }, options.weights);
}
