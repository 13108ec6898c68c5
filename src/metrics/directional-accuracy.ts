/** Whether predictions say which way the outcome goes, and how often chance would. */
import { requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { metricValue } from './metric-value.ts';
import type { MetricValue } from './metric-value.ts';
import { countedMean } from './weighted-mean.ts';
import type { WeightOptions } from './weighted-mean.ts';

export interface DirectionalAccuracyOptions extends WeightOptions {
  /** What a move is measured from, known when predicting: one number, or one per row such as the last value, shape (n). @default 0 */
  readonly reference?: number | ArrayLike<number>;
}

export interface DirectionalAccuracy extends MetricValue<'no-rows' | 'no-moves'> {
  /** Accuracy of predictions with the same share of ups that know nothing: P(up) Q(up) + (1 - P(up)) (1 - Q(up)). NaN with a reason. */
  readonly byChance: number;
  /** Weighted share of the moves that are up; NaN with a reason. */
  readonly upShare: number;
  /** Rows left out because the outcome equals the reference. */
  readonly unmoved: number;
}

/**
 * Share of rows in which prediction and outcome lie on the same side of a reference, over rows whose outcome is not on it.
 *
 * Without a reference it is {@link hitRate} with its chance level beside it: in a market that rises 54 % of the time, always saying up is right 54 % of the
 * time, and so is `byChance`. For levels such as volatilities, give the last value as reference. A prediction on the reference is never right.
 *
 * @param actual - outcomes, shape (n)
 * @param predicted - shape (n)
 * @returns in [0, 1]
 * @throws ShapeError for different lengths; DomainError for a negative weight
 * @see Pesaran and Timmermann (1992), "A simple nonparametric test of predictive performance", equation 2 for `byChance`
 */
export function directionalAccuracy(actual: ArrayLike<number>, predicted: ArrayLike<number>, options: DirectionalAccuracyOptions = {}): DirectionalAccuracy {
  const fn = 'directionalAccuracy';
  requireKnownKeys(fn, options, ['reference', 'weights']);
  const { reference = 0, weights } = options;
  const size = requireSameLength(fn, { actual, predicted, ...(typeof reference === 'object' && { reference }) });
  let unmoved = 0;
  // Direction of outcome and prediction of a row; NaN when missing, 0 when on the reference.
  const side = (values: ArrayLike<number>, i: number): number => Math.sign(values[i] - (typeof reference === 'number' ? reference : reference[i]));
  const moves = (i: number): boolean => side(actual, i) * side(predicted, i) === side(actual, i) * side(predicted, i) && side(actual, i) !== 0;
  const share = (hit: (i: number) => boolean): MetricValue => countedMean(fn, size, (i) => (moves(i) ? Number(hit(i)) : NaN), weights);
  for (let i = 0; i < size; i++) if (side(actual, i) === 0 && side(predicted, i) === side(predicted, i)) unmoved++;

  const { value, n, missing } = share((i) => side(actual, i) === side(predicted, i));
  const upShare = share((i) => side(actual, i) > 0).value;
  const [saysUp, saysDown] = [share((i) => side(predicted, i) > 0).value, share((i) => side(predicted, i) < 0).value];
  const reason = n > 0 ? null : unmoved > 0 ? 'no-moves' : 'no-rows';
  return Object.freeze({ ...metricValue(reason, value, n, missing - unmoved), byChance: upShare * saysUp + (1 - upShare) * saysDown, upShare, unmoved });
}
