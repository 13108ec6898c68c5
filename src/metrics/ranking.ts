/** How well scores separate the two classes; only their order counts. */
import { requireKnownKeys } from '../core/assert.ts';
import { argsort } from '../core/sort.ts';
import { binaryRows } from './binary-rows.ts';
import type { BinaryRows } from './binary-rows.ts';
import { metricValue } from './metric-value.ts';
import type { MetricValue } from './metric-value.ts';
import type { WeightOptions } from './weighted-mean.ts';

/**
 * Area under the receiver operating characteristic: the probability that a row of class 1 scores above a row of class 0, a tie counting half.
 *
 * With weights, pairs count by the product of theirs. O(n log n).
 *
 * @param actual - outcomes, 0 or 1, shape (n)
 * @param score - any numbers, higher for class 1, shape (n)
 * @returns in [0, 1], 0.5 for scores that say nothing; `one-class` when all rows have the same outcome
 * @throws ShapeError for different lengths; DomainError for other outcomes or a negative weight
 * @see Hanley and McNeil (1982), "The meaning and use of the area under a receiver operating characteristic (ROC) curve"
 * @example areaUnderRoc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8]).value // 0.875
 */
export function areaUnderRoc(actual: ArrayLike<number>, score: ArrayLike<number>, options: WeightOptions = {}): MetricValue<'no-rows' | 'one-class'> {
  requireKnownKeys('areaUnderRoc', options, ['weights']);
  const rows = binaryRows('areaUnderRoc', 'score', actual, score, options.weights);
  let [below, area, positives] = [0, 0, 0]; // `below`: weight of class 0 among lower scores
  eachScore(rows, 'lowest', (one, zero) => {
    area += one * (below + zero / 2);
    below += zero;
    positives += one;
  });
  const reason = rows.n === 0 ? 'no-rows' : positives === 0 || below === 0 ? 'one-class' : null;
  return metricValue(reason, area / (positives * below), rows.n, rows.missing);
}

/**
 * Average precision: the mean of the precision at each score threshold, weighted by the recall it adds. No interpolation.
 *
 * Rows with the same score enter together, so their order does not matter. O(n log n).
 *
 * @param actual - outcomes, 0 or 1, shape (n)
 * @param score - any numbers, higher for class 1, shape (n)
 * @returns in (0, 1], the share of class 1 for scores that say nothing; `no-positives` when no row has outcome 1
 * @throws ShapeError for different lengths; DomainError for other outcomes or a negative weight
 * @see Zhu (2004), "Recall, precision and average precision"
 */
export function averagePrecision(actual: ArrayLike<number>, score: ArrayLike<number>, options: WeightOptions = {}): MetricValue<'no-rows' | 'no-positives'> {
  requireKnownKeys('averagePrecision', options, ['weights']);
  const rows = binaryRows('averagePrecision', 'score', actual, score, options.weights);
  let [found, taken, sum] = [0, 0, 0];
  eachScore(rows, 'highest', (one, zero) => {
    found += one;
    taken += one + zero;
    sum += one * (found / taken);
  });
  const reason = rows.n === 0 ? 'no-rows' : found === 0 ? 'no-positives' : null;
  return metricValue(reason, sum / found, rows.n, rows.missing);
}

// Visits the weights of class 1 and of class 0 at each distinct score, from the lowest on, or from the highest.
function eachScore({ outcome, score, weight, n }: BinaryRows, from: 'lowest' | 'highest', visit: (one: number, zero: number) => void): void {
  const order = argsort(score);
  if (from === 'highest') order.reverse();
  for (let i = 0; i < n; ) {
    const value = score[order[i]];
    let [one, zero] = [0, 0];
    for (; i < n && score[order[i]] === value; i++) {
      if (outcome[order[i]] === 1) one += weight[order[i]];
      else zero += weight[order[i]];
    }
    visit(one, zero);
  }
}
