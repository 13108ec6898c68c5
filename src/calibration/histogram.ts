/** Histogram binning: the share of label 1 in bins of equally many rows. */
import { requireInteger, requireKnownKeys, requireNumber, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { poolViolators } from '../core/pava.ts';
import { lowerBound } from '../core/sort.ts';
import { calibrationRows } from './rows.ts';
import { groupByScore } from './score-groups.ts';

/** A step function of the score as plain data. */
export interface HistogramFit {
  readonly kind: 'histogram';
  /** Lowest score of every bin but the first, strictly ascending, shape (bins - 1). */
  readonly edges: Float64Array;
  /** Probability of each bin, shape (bins); 0.5 in the single bin of no row. */
  readonly probabilities: Float64Array;
  /** Weight in each bin, shape (bins). */
  readonly binWeights: Float64Array;
  /** Probabilities rise from bin to bin. */
  readonly monotone: boolean;
  /** Rows used. */
  readonly n: number;
  /** Rows used whose label is 1. */
  readonly positives: number;
  /** Rows left out because score or label is missing or their weight is 0. */
  readonly missingRows: number;
}

export interface FitHistogramOptions {
  /** Most bins. @default 10 */
  readonly bins?: number;
  /** Least weight (rows, without weights) in a bin; where there is less, there are fewer bins. @default 20 */
  readonly minimumPerBin?: number;
  /** Rows of the overall share of label 1 added to every bin, >= 0. @default 1 */
  readonly smoothing?: number;
  /** Bins whose probability falls are pooled with their neighbours. @default true */
  readonly monotone?: boolean;
  /** Weight of each row, >= 0, shape (n); a row of weight 0 is left out. @default all 1 */
  readonly weights?: ArrayLike<number>;
}

/**
 * Fits one probability per bin of equally many rows.
 *
 * Rows of one score are never parted, and an edge lies half way between the scores it parts. A bin of weight w with sum s of labels has
 * (s + smoothing * base) / (w + smoothing), where base = (N+ + 1) / (N + 2) is the softened share of label 1 over all rows.
 *
 * @param scores - raw scores, shape (n); NaN and infinities are missing
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels, bad weights or options
 * @see Zadrozny and Elkan (2001), "Obtaining calibrated probability estimates from decision trees and naive Bayesian classifiers", section 3
 * @example applyHistogram(fitHistogram([1, 2, 3, 4], [0, 1, 1, 1], { bins: 2, minimumPerBin: 1, smoothing: 0 }), 1.5) // 0.5
 */
export function fitHistogram(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitHistogramOptions = {}): HistogramFit {
  const fn = 'fitHistogram';
  requireKnownKeys(fn, options, ['bins', 'minimumPerBin', 'smoothing', 'monotone', 'weights']);
  const { bins = 10, minimumPerBin = 20, smoothing = 1, monotone = true, weights } = options;
  requireInteger(fn, 'bins', bins, { min: 1, max: 1e6 });
  requireNumber(fn, 'minimumPerBin', minimumPerBin, { min: 0 });
  requireNumber(fn, 'smoothing', smoothing, { min: 0 });
  if (typeof monotone !== 'boolean') throw new DomainError(`${fn}: monotone must be a boolean, got ${show(monotone)}`);
  const rows = calibrationRows(fn, scores, labels, weights);
  const { n, positives, missingRows } = rows;
  const [negative, positive] = rows.classWeight;
  const total = negative + positive;
  const base = (positive + 1) / (total + 2);
  const groups = groupByScore(fn, rows.score, rows.label, rows.weight);

  const edges: number[] = [];
  const sums = [0];
  const masses = [0];
  let before = 0;
  for (let g = 0; g < groups.score.length; g++) {
    const b = masses.length - 1;
    const isFull = before >= ((b + 1) * total) / bins - 1e-9 * total; // the guard keeps a third of three thirds whole
    if (isFull && masses[b] > 0 && masses[b] >= minimumPerBin && total - before >= minimumPerBin) {
      edges.push(middle(groups.score[g - 1], groups.score[g]));
      masses.push(0);
      sums.push(0);
    }
    const last = masses.length - 1;
    masses[last] += groups.weight[g];
    sums[last] += groups.sum[g];
    before += groups.weight[g];
  }
  const size = masses.length;
  const probabilities = Float64Array.from(sums, (sum, b) => Math.min(1, (sum + smoothing * base) / (masses[b] + smoothing)));
  if (n === 0) probabilities[0] = base;
  if (monotone) {
    const mass = Float64Array.from(masses, (m) => m + smoothing || 1);
    const pooled = poolViolators(mass.map((m, b) => m * probabilities[b]), mass);
    for (let b = 0, k = 0; b < size; b++) {
      if (b > pooled.last[k]) k++;
      probabilities[b] = pooled.value[k];
    }
  }
  return Object.freeze({ kind: 'histogram', edges: Float64Array.from(edges), probabilities, binWeights: Float64Array.from(masses), monotone, n, positives, missingRows });
}

/**
 * Probability of the bin a score falls in; scores outside those seen fall in the first or last bin.
 *
 * @returns NaN, missing, for a NaN score
 */
export function applyHistogram(fit: HistogramFit, score: number): number {
  if (score !== score) return NaN;
  const bin = lowerBound(fit.edges, score);
  return fit.probabilities[fit.edges[bin] === score ? bin + 1 : bin];
}

// Half way, above the lower and at most the higher of two neighbours.
function middle(low: number, high: number): number {
  const half = low / 2 + high / 2;
  return half > low ? half : high;
}
