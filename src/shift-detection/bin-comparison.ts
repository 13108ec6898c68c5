/** Whether two lists of counts, or two shares, differ by more than chance: levels that hold from 30 rows on. */
import { chiSquareUpper, gammaUpperQuantile, normalCdf } from '../core/special-functions.ts';
import { sharesOf } from './count-null.ts';
import { chiSquareOfCounts, psiCriticalValue } from './counts.ts';
import { total } from './reference-sketch.ts';

// The default of `populationStabilityIndexOfCounts`, so that an empty bin stays finite.
const SMOOTHING = 5;
// Bins expected to hold fewer current rows are taken together: chi-square needs about two (Roscoe and Byars 1971).
const FEWEST_EXPECTED = 2;

/**
 * z of the difference of two shares, `hits` of `rows` each, by the arcsine of their roots.
 *
 * @see Anscombe (1948), "The transformation of Poisson, binomial and negative-binomial data", equation 4.2; false alarms at or below the level for any share
 */
export function proportionZ(referenceHits: number, referenceRows: number, hits: number, rows: number): number {
  const angle = (x: number, n: number): number => 2 * Math.asin(Math.sqrt((x + 0.375) / (n + 0.75)));
  return (angle(hits, rows) - angle(referenceHits, referenceRows)) / Math.sqrt(1 / (referenceRows + 0.5) + 1 / (rows + 0.5));
}

export interface BinComparison {
  /** Population stability index. */
  readonly psi: number;
  readonly pValue: number;
  /** Bins after taking rare ones together, empty ones left out. */
  readonly bins: number;
}

/**
 * Population stability index of two lists of counts, with the p-value of Pearson's test.
 *
 * The index has no closed law for few rows: with 30 rows in 10 bins its limit errs by a factor of two and more, Pearson's does not. Where even
 * the rare bins together are rare, they are tested against the others as a share, the others among themselves, and the smaller p-value doubled.
 *
 * @param reference - rows in each bin, scaled to effective rows, shape (bins)
 * @param current - likewise
 * @param spread - squared coefficient of variation of the design effects of contrasts between bins, >= 0; 0 for independent rows
 * @see Rao and Scott (1981), "The analysis of categorical data from complex sample surveys", for the correction by Satterthwaite's method
 */
export function compareBins(reference: Float64Array, current: Float64Array, spread = 0): BinComparison {
  const [n, m] = [total(reference), total(current)];
  const isRare = (count: number): boolean => (count / n) * m < FEWEST_EXPECTED;
  const [first, second]: [number[], number[]] = [[], []];
  const rare: [number, number] = [0, 0];
  reference.forEach((count, i) => {
    if (isRare(count)) {
      rare[0] += count;
      rare[1] += current[i];
    } else {
      first.push(count);
      second.push(current[i]);
    }
  });
  const takeRare = (): void => {
    first.push(rare[0]);
    second.push(rare[1]);
  };
  const hasRare = rare[0] + rare[1] > 0;
  if (hasRare && !isRare(rare[0])) takeRare();
  let pValue = first.length < 2 || total(second) === 0 ? 1 : chiSquareUpper(chiSquareOfCounts(first, second).statistic / (1 + spread), (first.length - 1) / (1 + spread));
  if (hasRare && isRare(rare[0])) {
    const share = 2 * normalCdf(-Math.abs(proportionZ(rare[0], n, rare[1], m)));
    pValue = first.length < 2 ? share : Math.min(1, 2 * Math.min(share, pValue));
    takeRare();
  }
  const { p, q } = sharesOf(Float64Array.from(first), Float64Array.from(second), SMOOTHING, 0);
  const psi = p.reduce((sum, share, i) => sum + (q[i] - share) * Math.log(q[i] / share), 0);
  return { psi, pValue, bins: first.length };
}

/** The population stability index that chance exceeds with probability `level`, for `n` effective rows of reference and current sample. */
export function criticalIndex(bins: number, n: readonly [number, number], level: number, spread = 0): number {
  const quantile = (shape: number): number => gammaUpperQuantile(shape, level);
  const shape = (bins - 1) / 2;
  return psiCriticalValue(bins, n, { level, smoothing: SMOOTHING }) * (spread === 0 ? 1 : ((1 + spread) * quantile(shape / (1 + spread))) / quantile(shape));
}
