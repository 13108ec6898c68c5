/** How wide intervals are, and whether they are wide where the errors are. */
import { requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { spearman } from '../core/correlation.ts';
import { median } from '../core/stats.ts';
import { metricValue } from './metric-value.ts';
import type { MetricValue } from './metric-value.ts';
import { weightedMean } from './weighted-mean.ts';

export interface IntervalWidths {
  /** Mean of upper - lower, in units of the outcome; infinite when one interval is. */
  readonly mean: number;
  /** Mean over intervals of finite width; NaN when there is none. */
  readonly meanFinite: number;
  /** Infinite when half of the intervals are. */
  readonly median: number;
  /** Share of intervals of infinite width: the honest answer where too few scores are known. */
  readonly infiniteShare: number;
  /** Share of intervals with upper < lower, which hold nothing; their width is 0. */
  readonly emptyShare: number;
  /** Why the numbers are NaN: no row; null when they are not. */
  readonly reason: 'no-rows' | null;
  readonly n: number;
  /** Rows left out because a bound is NaN. */
  readonly missing: number;
}

/**
 * Mean and median width of intervals, and the shares that are infinite or empty.
 *
 * @param lower - shape (n)
 * @param upper - shape (n)
 * @throws ShapeError for different lengths
 */
export function intervalWidths(lower: ArrayLike<number>, upper: ArrayLike<number>): IntervalWidths {
  const fn = 'intervalWidths';
  const widths = widthsOf(fn, lower, upper);
  const share = (test: (i: number) => boolean): number => weightedMean(fn, widths.length, (i) => (widths[i] === widths[i] ? Number(test(i)) : NaN), undefined);
  const n = widths.reduce((count, width) => count + Number(width === width), 0);
  return Object.freeze({
    mean: weightedMean(fn, widths.length, (i) => widths[i], undefined),
    meanFinite: weightedMean(fn, widths.length, (i) => (widths[i] < Infinity ? widths[i] : NaN), undefined),
    median: median(widths),
    infiniteShare: share((i) => widths[i] === Infinity),
    emptyShare: share((i) => upper[i] < lower[i]),
    reason: n === 0 ? 'no-rows' : null,
    n,
    missing: widths.length - n,
  });
}

export interface WidthErrorCorrelationOptions {
  /** The prediction each interval was made around, shape (n). @default the middle of the interval, which an infinite interval lacks */
  readonly predicted?: ArrayLike<number>;
}

/**
 * Spearman correlation between the width of an interval and the error |actual - predicted|: are the uncertain rows the ones called uncertain?
 *
 * Intervals of one width carry no information about a row: their answer is `constant-width`, not 0. Infinite widths rank above all others.
 *
 * @param lower - shape (n)
 * @param upper - shape (n)
 * @param actual - outcomes, shape (n)
 * @returns in [-1, 1]; of honest normalised intervals of returns some 0.2 to 0.5, since even a known scale leaves the error random
 * @throws ShapeError for different lengths
 */
export function widthErrorCorrelation(lower: ArrayLike<number>, upper: ArrayLike<number>, actual: ArrayLike<number>, options: WidthErrorCorrelationOptions = {}): MetricValue<'too-few-rows' | 'constant-width' | 'constant-error'> {
  const fn = 'widthErrorCorrelation';
  requireKnownKeys(fn, options, ['predicted']);
  const { predicted } = options;
  const size = requireSameLength(fn, { lower, upper, actual, ...(predicted && { predicted }) });
  const allWidths = widthsOf(fn, lower, upper);
  const kept: number[] = [];
  const errors = Float64Array.from({ length: size }, (_, i) => Math.abs(actual[i] - (predicted === undefined ? lower[i] / 2 + upper[i] / 2 : predicted[i])));
  for (let i = 0; i < size; i++) if (errors[i] === errors[i] && allWidths[i] === allWidths[i]) kept.push(i);
  const widths = kept.map((i) => allWidths[i]);
  const sizes = kept.map((i) => errors[i]);
  const isConstant = (values: readonly number[]): boolean => values.every((value) => value === values[0]);
  const reason = kept.length < 3 ? 'too-few-rows' : isConstant(widths) ? 'constant-width' : isConstant(sizes) ? 'constant-error' : null;
  return metricValue(reason, spearman(widths, sizes), kept.length, size - kept.length);
}

function widthsOf(fn: string, lower: ArrayLike<number>, upper: ArrayLike<number>): Float64Array {
  const n = requireSameLength(fn, { lower, upper });
  return Float64Array.from({ length: n }, (_, i) => (upper[i] < lower[i] ? 0 : upper[i] === lower[i] ? 0 : upper[i] - lower[i])); // infinity less itself is NaN
}
