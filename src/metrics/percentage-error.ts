/** Errors relative to the outcome. */
import { requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { metricValue } from './metric-value.ts';
import type { MetricValue } from './metric-value.ts';
import { countedMean } from './weighted-mean.ts';
import type { WeightOptions } from './weighted-mean.ts';

export interface PercentageError extends MetricValue<'no-rows' | 'all-outcomes-zero'> {
  /** Rows left out because their outcome is 0: no error is a share of it. */
  readonly zeroOutcomes: number;
}

/**
 * Mean of |actual - predicted| / |actual|, as a decimal, over rows whose outcome is not 0.
 *
 * It rewards predictions that are too small and is dominated by outcomes near 0: of returns it means little.
 *
 * @param actual - outcomes, shape (n)
 * @param predicted - shape (n)
 * @returns >= 0, 0.1 is 10 %, never in percent; `missing` counts rows with a NaN, `zeroOutcomes` rows that could not be scored
 * @throws ShapeError for different lengths; DomainError for a negative weight
 * @see Hyndman and Koehler (2006), "Another look at measures of forecast accuracy", section 2.2
 * @example meanAbsolutePercentageError([2, 0, 4], [1, 1, 5]).value // (0.5 + 0.25) / 2
 */
export function meanAbsolutePercentageError(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: WeightOptions = {}): PercentageError {
  const fn = 'meanAbsolutePercentageError';
  requireKnownKeys(fn, options, ['weights']);
  const size = requireSameLength(fn, { actual, predicted });
  let zeroOutcomes = 0;
  const { value, n, missing } = countedMean(fn, size, (i) => {
    const error = Math.abs(actual[i] - predicted[i]);
    if (actual[i] === 0 && error === error) {
      zeroOutcomes++;
      return NaN;
    }
    return error / Math.abs(actual[i]);
  }, options.weights);
  const reason = n > 0 ? null : zeroOutcomes > 0 ? 'all-outcomes-zero' : 'no-rows';
  return Object.freeze({ ...metricValue(reason, value, n, missing - zeroOutcomes), zeroOutcomes });
}
