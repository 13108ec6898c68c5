/** How good forecasts of a variance are, when the outcome is a noisy but unbiased measure of it. */
import { requireKnownKeys, requireOneOf, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { metricValue } from './metric-value.ts';
import type { MetricValue } from './metric-value.ts';
import { countedMean } from './weighted-mean.ts';
import type { WeightOptions } from './weighted-mean.ts';

export interface QlikeOptions extends WeightOptions {
  /** `patton`: a / f - ln(a / f) - 1, which is 0 for a perfect forecast. `log`: ln f + a / f, the normal likelihood, defined for a = 0 too. They order forecasts alike. @default 'patton' */
  readonly form?: 'patton' | 'log';
}

export interface Qlike extends MetricValue<'no-rows' | 'all-outcomes-zero'> {
  /** Rows the `patton` form left out because their realised variance is 0, where it is infinite for every forecast; 0 in the `log` form. */
  readonly zeroOutcomes: number;
}

/**
 * QLIKE loss of variance forecasts.
 *
 * Robust: forecasts keep their order when the true variance is replaced by an unbiased measure of it, such as a squared return. A forecast that is too
 * low costs more than one as many times too high. It depends on variances only through a / f (`patton`), so it is the same in any unit.
 *
 * @param actual - realised variance a >= 0, never a standard deviation, shape (n)
 * @param forecast - variance f > 0 in the same unit, shape (n)
 * @returns mean loss; >= 0 in the `patton` form
 * @throws ShapeError for different lengths; DomainError for a negative outcome, a forecast of 0 or less, or a negative weight
 * @see Patton (2011), "Volatility forecast comparison using imperfect volatility proxies", equation 6 for `log` and section 3.2 for the form that is 0 at its best
 * @example qlike([2], [1]).value // 1 - ln 2
 */
export function qlike(actual: ArrayLike<number>, forecast: ArrayLike<number>, options: QlikeOptions = {}): Qlike {
  const fn = 'qlike';
  requireKnownKeys(fn, options, ['form', 'weights']);
  const form = requireOneOf(fn, 'form', options.form ?? 'patton', ['patton', 'log']);
  const size = requireSameLength(fn, { actual, forecast });
  let zeroOutcomes = 0;
  const { value, n, missing } = countedMean(fn, size, (i) => {
    const a = actual[i];
    const f = forecast[i];
    if (a < 0) throw new DomainError(`${fn}: actual must be a variance >= 0 or NaN, got ${show(a)} at row ${i}`);
    if (f <= 0) throw new DomainError(`${fn}: forecast must be a variance > 0 or NaN, got ${show(f)} at row ${i}`);
    if (form === 'log') return Math.log(f) + a / f;
    if (a === 0 && f === f) {
      zeroOutcomes++;
      return NaN;
    }
    return a / f - Math.log(a / f) - 1;
  }, options.weights);
  const reason = n > 0 ? null : zeroOutcomes > 0 ? 'all-outcomes-zero' : 'no-rows';
  return Object.freeze({ ...metricValue(reason, value, n, missing - zeroOutcomes), zeroOutcomes });
}
