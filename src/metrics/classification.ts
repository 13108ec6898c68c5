/** How good predicted classes are. Classes are numbers or text; a row with a NaN is missing and counted. */
import { requireKnownKeys, requireOneOf } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { mean } from '../core/stats.ts';
import { countClasses } from './confusion-matrix.ts';
import type { ConfusionMatrix } from './confusion-matrix.ts';
import type { GroupKey } from './groups.ts';
import { metricValue } from './metric-value.ts';
import type { MetricValue } from './metric-value.ts';
import type { WeightOptions } from './weighted-mean.ts';

export interface ClassOptions<Key extends GroupKey = GroupKey> extends WeightOptions {
  /** The class that counts as positive; all others are negative. Text classes have no default. @default 1 */
  readonly positive?: Key;
  /** `binary` judges `positive`; `macro` is the mean over the classes for which the metric is defined. @default 'binary' */
  readonly average?: 'binary' | 'macro';
}

export interface ClassMetric<Reason extends string = string, Key extends GroupKey = GroupKey> extends MetricValue<'no-rows' | Reason> {
  /** Classes the `macro` mean leaves out, because the metric is undefined for them; scikit-learn scores those 0. */
  readonly undefinedClasses: readonly Key[];
}

/**
 * Share of rows whose class was predicted.
 *
 * @param actual - class of each row, shape (n)
 * @param predicted - shape (n)
 * @returns in [0, 1]
 * @throws ShapeError for different lengths; DomainError for a negative weight
 */
export function accuracy<Key extends GroupKey>(actual: ArrayLike<Key>, predicted: ArrayLike<Key>, options: WeightOptions = {}): MetricValue<'no-rows'> {
  requireKnownKeys('accuracy', options, ['weights']);
  const matrix = countClasses('accuracy', actual, predicted, options.weights);
  const { right, total } = totals(matrix);
  return metricValue(matrix.n === 0 ? 'no-rows' : null, right / total, matrix.n, matrix.missing);
}

/**
 * Share of the rows predicted as a class that are of it: tp / (tp + fp).
 *
 * @returns in [0, 1]; `no-predicted-positives` when the class is never predicted
 * @see {@link accuracy} for arguments and errors
 */
export function precision<Key extends GroupKey>(actual: ArrayLike<Key>, predicted: ArrayLike<Key>, options: ClassOptions<Key> = {}): ClassMetric<'no-predicted-positives', Key> {
  return classMetric('precision', 'no-predicted-positives', actual, predicted, options, ({ tp, fp }) => tp / (tp + fp));
}

/**
 * Share of the rows of a class that are predicted as it: tp / (tp + fn).
 *
 * @returns in [0, 1]; `no-actual-positives` when the class never happens
 * @see {@link accuracy} for arguments and errors
 */
export function recall<Key extends GroupKey>(actual: ArrayLike<Key>, predicted: ArrayLike<Key>, options: ClassOptions<Key> = {}): ClassMetric<'no-actual-positives', Key> {
  return classMetric('recall', 'no-actual-positives', actual, predicted, options, ({ tp, fn }) => tp / (tp + fn));
}

/**
 * Harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn).
 *
 * @returns in [0, 1]; `no-positives` when the class neither happens nor is predicted
 * @see {@link accuracy} for arguments and errors; van Rijsbergen (1979), Information Retrieval, chapter 7, with equal weights
 */
export function f1Score<Key extends GroupKey>(actual: ArrayLike<Key>, predicted: ArrayLike<Key>, options: ClassOptions<Key> = {}): ClassMetric<'no-positives', Key> {
  return classMetric('f1Score', 'no-positives', actual, predicted, options, ({ tp, fp, fn }) => (2 * tp) / (2 * tp + fp + fn));
}

/**
 * Mean recall of the classes that happen: 1 / K for a constant prediction, whatever the shares of the classes.
 *
 * @returns in [0, 1]; `one-class` when only one class happens
 * @see {@link accuracy} for arguments and errors; Brodersen et al. (2010), "The balanced accuracy and its posterior distribution"
 */
export function balancedAccuracy<Key extends GroupKey>(actual: ArrayLike<Key>, predicted: ArrayLike<Key>, options: WeightOptions = {}): MetricValue<'no-rows' | 'one-class'> {
  requireKnownKeys('balancedAccuracy', options, ['weights']);
  const matrix = countClasses('balancedAccuracy', actual, predicted, options.weights);
  const recalls = matrix.classes.map((_, k) => outcomesOf(matrix, k)).filter(({ tp, fn }) => tp + fn > 0).map(({ tp, fn }) => tp / (tp + fn));
  return metricValue(matrix.n === 0 ? 'no-rows' : recalls.length === 1 ? 'one-class' : null, mean(recalls), matrix.n, matrix.missing);
}

/**
 * Matthews correlation between predicted and actual class; of more than two classes Gorodkin's R_K.
 *
 * @returns in [-1, 1], 0 is chance; `one-class` when only one class happens, `constant-prediction` when only one is predicted
 * @see {@link accuracy} for arguments and errors; Matthews (1975), "Comparison of the predicted and observed secondary structure of T4 phage lysozyme"; Gorodkin (2004), "Comparing two K-category assignments by a K-category correlation coefficient", equation 8
 */
export function matthewsCorrelation<Key extends GroupKey>(actual: ArrayLike<Key>, predicted: ArrayLike<Key>, options: WeightOptions = {}): MetricValue<'no-rows' | 'one-class' | 'constant-prediction'> {
  requireKnownKeys('matthewsCorrelation', options, ['weights']);
  const matrix = countClasses('matthewsCorrelation', actual, predicted, options.weights);
  const { right, total } = totals(matrix);
  let [cross, actualSquares, predictedSquares, happen, said] = [0, 0, 0, 0, 0];
  for (let k = 0; k < matrix.classes.length; k++) {
    const { tp, fp, fn } = outcomesOf(matrix, k);
    cross += (tp + fn) * (tp + fp);
    actualSquares += (tp + fn) ** 2;
    predictedSquares += (tp + fp) ** 2;
    if (tp + fn > 0) happen++;
    if (tp + fp > 0) said++;
  }
  const reason = matrix.n === 0 ? 'no-rows' : happen === 1 ? 'one-class' : said === 1 ? 'constant-prediction' : null;
  const value = (right * total - cross) / (Math.sqrt(total * total - actualSquares) * Math.sqrt(total * total - predictedSquares));
  return metricValue(reason, Math.max(-1, Math.min(1, value)), matrix.n, matrix.missing);
}

// Weight of hits, false alarms and misses of one class.
interface Outcomes {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

function outcomesOf({ counts }: ConfusionMatrix<GroupKey>, k: number): Outcomes {
  const tp = counts[k][k];
  let [fp, fn] = [0, 0];
  for (let other = 0; other < counts.length; other++) {
    if (other === k) continue;
    fp += counts[other][k];
    fn += counts[k][other];
  }
  return { tp, fp, fn };
}

function totals({ counts }: ConfusionMatrix<GroupKey>): { right: number; total: number } {
  let [right, total] = [0, 0];
  counts.forEach((row, i) => {
    right += row[i];
    for (const weight of row) total += weight;
  });
  return { right, total };
}

function classMetric<Key extends GroupKey, Reason extends string>(fn: string, undefinedReason: Reason, actual: ArrayLike<Key>, predicted: ArrayLike<Key>, options: ClassOptions<Key>, score: (outcomes: Outcomes) => number): ClassMetric<Reason, Key> {
  requireKnownKeys(fn, options, ['positive', 'average', 'weights']);
  const average = requireOneOf(fn, 'average', options.average ?? 'binary', ['binary', 'macro']);
  const matrix = countClasses(fn, actual, predicted, options.weights);
  const { classes, n, missing } = matrix;
  if (average === 'binary' && options.positive === undefined && classes.some((key) => typeof key === 'string')) throw new DomainError(`${fn}: positive must name a class when classes are text, got undefined`);
  const place = classes.indexOf(options.positive ?? (1 as Key));
  const judged = average === 'macro' ? classes.map((_, k) => k) : place < 0 ? [] : [place];
  const scores = judged.map((k) => score(outcomesOf(matrix, k)));
  const value = mean(scores);
  const undefinedClasses = Object.freeze(average === 'macro' ? classes.filter((_, k) => scores[k] !== scores[k]) : []);
  return Object.freeze({ ...metricValue(n === 0 ? 'no-rows' : value === value ? null : undefinedReason, value, n, missing), undefinedClasses });
}
