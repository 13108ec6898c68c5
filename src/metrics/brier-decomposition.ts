/** What a Brier score is made of. */
import { requireInteger, requireKnownKeys, requireOneOf } from '../core/assert.ts';
import { argsort } from '../core/sort.ts';
import { binaryRows } from './binary-rows.ts';
import type { BinaryRows } from './binary-rows.ts';
import { equalMassBins, equalWidthBins } from './calibration-bins.ts';
import type { WeightOptions } from './weighted-mean.ts';

export interface BrierDecompositionOptions extends WeightOptions {
  /** Groups of rows: one for each distinct probability, or bins of equal width or equal counts. @default 'distinct' */
  readonly binning?: 'distinct' | 'equal-width' | 'equal-mass';
  /** Number of bins, unless `binning` is `distinct`. @default 10 */
  readonly bins?: number;
}

/** brier = reliability - resolution + uncertainty + withinVariance - withinCovariance, exactly but for rounding. */
export interface BrierDecomposition {
  /** Mean of (probability - outcome)^2. */
  readonly brier: number;
  /** Mean over bins of (mean probability - frequency)^2: miscalibration, 0 is best. */
  readonly reliability: number;
  /** Mean over bins of (frequency - base rate)^2: how far the bins tell outcomes apart, more is better. */
  readonly resolution: number;
  /** base rate * (1 - base rate): the Brier score of always saying the base rate. */
  readonly uncertainty: number;
  /** Mean of (probability - mean probability of its bin)^2; 0 for distinct values. */
  readonly withinVariance: number;
  /** Twice the mean of (outcome - frequency) * (probability - mean probability) within the bin; 0 for distinct values. */
  readonly withinCovariance: number;
  /** Weighted share of outcome 1. */
  readonly baseRate: number;
  /** Groups with a row. */
  readonly groups: number;
  /** Why every number above is NaN: no row; null when they are not. */
  readonly reason: 'no-rows' | null;
  readonly n: number;
  /** Rows left out because the outcome or the probability is NaN. */
  readonly missing: number;
}

/**
 * Murphy's decomposition of the Brier score, with the two terms that binning adds.
 *
 * By distinct values and with few rows per value, reliability and resolution are both inflated by the same noise; bins of at least some
 * dozens of rows show the two.
 *
 * @param actual - outcomes, 0 or 1, shape (n)
 * @param probability - of outcome 1, in [0, 1], shape (n)
 * @throws ShapeError for different lengths; DomainError for other outcomes, a probability outside [0, 1] or a negative weight
 * @see Murphy (1973), "A new vector partition of the probability score", equation 13; Stephenson, Coelho and Jolliffe (2008), "Two extra components in the Brier score decomposition", equation 6
 */
export function brierDecomposition(actual: ArrayLike<number>, probability: ArrayLike<number>, options: BrierDecompositionOptions = {}): BrierDecomposition {
  const fn = 'brierDecomposition';
  requireKnownKeys(fn, options, ['binning', 'bins', 'weights']);
  const binning = requireOneOf(fn, 'binning', options.binning ?? 'distinct', ['distinct', 'equal-width', 'equal-mass']);
  const bins = requireInteger(fn, 'bins', options.bins ?? 10, { min: 1, max: 1e6 });
  const rows = binaryRows(fn, 'probability', actual, probability, options.weights);
  const { outcome, score, weight, n, missing } = rows;
  const binOf = binning === 'distinct' ? distinctBins(rows) : binning === 'equal-width' ? equalWidthBins(score, bins) : equalMassBins(score, bins);
  const { mass, p, y, groups } = binMeans(rows, binOf, binning === 'distinct' ? n : bins);

  let [total, baseRate] = [0, 0];
  for (let b = 0; b < mass.length; b++) {
    total += mass[b];
    baseRate += mass[b] * y[b];
  }
  baseRate /= total;
  let [brier, reliability, resolution, withinVariance, withinCovariance] = [0, 0, 0, 0, 0];
  for (let b = 0; b < mass.length; b++) {
    reliability += (mass[b] / total) * (p[b] - y[b]) ** 2;
    resolution += (mass[b] / total) * (y[b] - baseRate) ** 2;
  }
  for (let i = 0; i < n; i++) {
    const share = weight[i] / total;
    const offset = score[i] - p[binOf[i]];
    brier += share * (score[i] - outcome[i]) ** 2;
    withinVariance += share * offset * offset;
    withinCovariance += 2 * share * (outcome[i] - y[binOf[i]]) * offset;
  }
  const numbers = { brier, reliability, resolution, uncertainty: baseRate * (1 - baseRate), withinVariance, withinCovariance, baseRate };
  if (n === 0) for (const key of Object.keys(numbers) as (keyof typeof numbers)[]) numbers[key] = NaN;
  return Object.freeze({ ...numbers, groups, reason: n === 0 ? 'no-rows' : null, n, missing });
}

// Running means, so that a bin of one value has exactly that mean and no variance.
function binMeans({ outcome, score, weight, n }: BinaryRows, binOf: Uint32Array, bins: number): { mass: Float64Array; p: Float64Array; y: Float64Array; groups: number } {
  const [mass, p, y] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
  let groups = 0;
  for (let i = 0; i < n; i++) {
    const b = binOf[i];
    if (mass[b] === 0) groups++;
    mass[b] += weight[i];
    p[b] += (weight[i] / mass[b]) * (score[i] - p[b]);
    y[b] += (weight[i] / mass[b]) * (outcome[i] - y[b]);
  }
  return { mass, p, y, groups };
}

function distinctBins({ score, n }: BinaryRows): Uint32Array {
  const binOf = new Uint32Array(n);
  const order = argsort(score);
  let bin = 0;
  for (let i = 0; i < n; i++) {
    if (i > 0 && score[order[i]] !== score[order[i - 1]]) bin++;
    binOf[order[i]] = bin;
  }
  return binOf;
}
