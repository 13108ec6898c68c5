/** How far probabilities are from the frequencies they promise. */
import { requireInteger, requireKnownKeys, requireOneOf } from '../core/assert.ts';
import { binaryRows } from './binary-rows.ts';
import type { BinaryRows } from './binary-rows.ts';
import { equalMassBins, equalWidthBins, summarizeBins, uniformEdges } from './calibration-bins.ts';
import type { CalibrationBin } from './calibration-bins.ts';

export interface CalibrationErrorOptions {
  /** @default 10 */
  readonly bins?: number;
  /** Bins of equal width [k / bins, (k + 1) / bins), the last one closed, or of equal counts (ties in row order). @default 'equal-width' */
  readonly binning?: 'equal-width' | 'equal-mass';
  /** Fewest rows for an answer. @default 2 * bins */
  readonly minimumRows?: number;
}

export interface CalibrationError {
  /** Mean of |frequency - mean probability| over bins, weighted by their rows (ECE), in [0, 1]. Perfect probabilities, evenly spread, still have about sqrt(bins / n) / 3; see `debiasedMeanSquare`. */
  readonly expected: number;
  /** Largest |frequency - mean probability| of a bin (MCE): mostly the noise of the smallest bin. */
  readonly maximum: number;
  /** Mean over bins of (frequency - mean probability)^2, weighted by their rows. */
  readonly meanSquare: number;
  /**
   * `meanSquare` without what chance adds to it: the mean of (y_i - p_i) * (y_j - p_j) over pairs of distinct rows of a bin, over bins of at least
   * two rows. Unbiased: near 0, and as often below as above, when the probabilities hold. NaN also when every bin has fewer than two rows.
   */
  readonly debiasedMeanSquare: number;
  /** Why the four numbers are NaN: no row, or fewer than `minimumRows`; null when they are not. */
  readonly reason: 'no-rows' | 'insufficient' | null;
  /** Rows counted. */
  readonly n: number;
  /** Rows left out because the outcome or the probability is NaN. */
  readonly missing: number;
  /** In ascending order of probability, empty ones included, shape (bins). */
  readonly bins: readonly CalibrationBin[];
}

/**
 * Expected and maximum calibration error of probabilities of outcome 1, plain and debiased.
 *
 * Too few rows are `insufficient`, never a zero that looks perfect.
 *
 * @param actual - outcomes, 0 or 1, shape (n); rows with a NaN are left out and counted
 * @param probability - of outcome 1, in [0, 1], shape (n)
 * @throws ShapeError for different lengths; DomainError for other outcomes, a probability outside [0, 1] or unusable options
 * @see Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian binning", section 4, for ECE and MCE; Kumar, Liang and Ma (2019), "Verified uncertainty calibration", section 5, for the debiased square, which equals this one when a bin holds one probability
 * @example calibrationError([0, 1, 1, 0], [0.1, 0.9, 0.9, 0.1], { bins: 2 }).expected // 0.1
 */
export function calibrationError(actual: ArrayLike<number>, probability: ArrayLike<number>, options: CalibrationErrorOptions = {}): CalibrationError {
  return errorOfRows('calibrationError', binaryRows('calibrationError', 'probability', actual, probability, undefined), options);
}

/** {@link calibrationError} of rows already checked. */
export function errorOfRows(fn: string, rows: BinaryRows, options: CalibrationErrorOptions): CalibrationError {
  requireKnownKeys(fn, options, ['bins', 'binning', 'minimumRows']);
  const bins = requireInteger(fn, 'bins', options.bins ?? 10, { min: 1, max: 1e6 });
  const binning = requireOneOf(fn, 'binning', options.binning ?? 'equal-width', ['equal-width', 'equal-mass']);
  const minimumRows = requireInteger(fn, 'minimumRows', options.minimumRows ?? 2 * bins, { min: 1 });
  const { n, missing } = rows;
  const binOf = binning === 'equal-width' ? equalWidthBins(rows.score, bins) : equalMassBins(rows.score, bins);
  const table = summarizeBins(rows, binOf, bins, binning === 'equal-width' ? uniformEdges(bins) : undefined);
  const reason = n === 0 ? 'no-rows' : n < minimumRows ? 'insufficient' : null;
  const numbers = reason === null ? binErrors(rows, binOf, table) : { expected: NaN, maximum: NaN, meanSquare: NaN, debiasedMeanSquare: NaN };
  return Object.freeze({ ...numbers, reason, n, missing, bins: table });
}

function binErrors({ outcome, score, n }: BinaryRows, binOf: Uint32Array, table: readonly CalibrationBin[]): Pick<CalibrationError, 'expected' | 'maximum' | 'meanSquare' | 'debiasedMeanSquare'> {
  const squares = new Float64Array(table.length);
  for (let i = 0; i < n; i++) squares[binOf[i]] += (outcome[i] - score[i]) ** 2;
  let [expected, maximum, meanSquare, pairs, paired] = [0, 0, 0, 0, 0];
  table.forEach((bin, b) => {
    if (bin.n === 0) return;
    const gap = Math.abs(bin.frequency - bin.meanProbability);
    expected += (bin.n / n) * gap;
    maximum = Math.max(maximum, gap);
    meanSquare += (bin.n / n) * gap * gap;
    if (bin.n < 2) return;
    pairs += ((bin.n * gap) ** 2 - squares[b]) / (bin.n - 1);
    paired += bin.n;
  });
  return { expected, maximum, meanSquare, debiasedMeanSquare: paired === 0 ? NaN : pairs / paired };
}
