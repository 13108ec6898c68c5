/** Population stability index of two samples of numbers. */
import { requireKnownKeys, requireOneOf } from '../core/assert.ts';
import type { CountOptions } from './count-null.ts';
import { populationStabilityIndexOfCounts } from './counts.ts';
import { binCounts, equalWidthBins, referenceBins } from './reference-bins.ts';
import { twoSampleResult } from './two-sample.ts';
import type { TwoSampleResult } from './two-sample.ts';

export interface PopulationStabilityOptions extends CountOptions {
  /** Bins of the reference, >= 1; fewer come out where values repeat. @default 10 */
  readonly bins?: number;
  /** Bins of equal mass or of equal width. @default 'quantile' */
  readonly binning?: 'quantile' | 'width';
}

/**
 * Population stability index of two samples, with bins from the reference that are open at both ends and a bin of missing values.
 *
 * With quantile bins any strictly increasing map of all values that keeps the edges between the same values changes nothing; far outside the
 * reference is as good as just outside, so a total shift gives the greatest value there is.
 *
 * @param reference - in any order; NaN and what is no number is missing, infinities are numbers
 * @returns `empty-sample` where the reference has no value or the current sample no row, `constant-reference` where the reference leaves no edge
 * @throws DomainError for options outside their ranges
 * @see {@link populationStabilityIndexOfCounts}
 * @example populationStabilityIndex(trained.momentum, today.momentum).pValue
 */
export function populationStabilityIndex(reference: ArrayLike<number>, current: ArrayLike<number>, options: PopulationStabilityOptions = {}): TwoSampleResult {
  const { bins = 10, binning = 'quantile', ...rest } = options;
  requireKnownKeys('populationStabilityIndex', options, ['bins', 'binning', 'smoothing', 'floor', 'seed']);
  requireOneOf('populationStabilityIndex', 'binning', binning, ['quantile', 'width']);
  const cells = (binning === 'width' ? equalWidthBins : referenceBins)(reference, bins);
  const counts = [binCounts(cells, reference), binCounts(cells, current)] as const;
  const [missing, absent] = counts.map((count) => count[count.length - 1]);
  const found = populationStabilityIndexOfCounts(...counts, rest);
  const reason = missing === reference.length ? 'empty-sample' : cells.innerEdges.length === 0 ? 'constant-reference' : found.reason;
  return twoSampleResult(reason, found.statistic, found.pValue, [reference.length, current.length], [missing, absent]);
}
