/** Conformal sets of class labels. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, requireSameLength, show } from '../core/assert.ts';
import { DomainError, ShapeError } from '../core/errors.ts';
import { hashUniform } from '../core/hash.ts';
import type { MatrixLike } from '../core/linear-algebra.ts';
import { argsort } from '../core/sort.ts';
import { conformalRadius, requireAlpha } from './radius.ts';

/** Calibration rows the classifier has not seen. */
export interface LabelRows {
  /** Probability of each class, shape (n, K); a row with a NaN is missing. */
  readonly probabilities: MatrixLike;
  /** True class in 0 .. K - 1, shape (n); NaN or -1 is missing. */
  readonly labels: ArrayLike<number>;
  /** Draws in [0, 1] for a randomised score, shape (n), instead of those of `seed`. */
  readonly uniforms?: ArrayLike<number>;
}

export interface LabelSetOptions {
  /** Miscoverage level in (0, 1). @default 0.1 */
  readonly alpha?: number;
  /**
   * `lac`: 1 - probability of the label; smallest sets, sometimes empty. `aps`: probability of the label and all likelier ones; sets that
   * grow where the classifier is unsure. @default 'lac'
   */
  readonly score?: 'lac' | 'aps';
  /** A radius for every class, so that coverage holds within each. @default false */
  readonly labelConditional?: boolean;
  /** Seed of randomised APS: smaller sets of exact coverage. Absent: not randomised. */
  readonly seed?: number;
  /** Regularised APS (RAPS): added per label ranked after `freeLabels`, >= 0. @default 0 */
  readonly penalty?: number;
  /** >= 1. @default 1 */
  readonly freeLabels?: number;
}

export interface LabelSetFit {
  readonly kind: 'label-sets';
  readonly alpha: number;
  readonly score: 'lac' | 'aps';
  readonly classCount: number;
  /** Score up to which a label belongs to the set: one, or one per class; Infinity where rows are too few. */
  readonly radii: Float64Array;
  /** Rows behind each. */
  readonly counts: Uint32Array;
  /** Undefined when the score is not randomised. */
  readonly seed: number | undefined;
  readonly penalty: number;
  readonly freeLabels: number;
  readonly missingRows: number;
}

export interface LabelSet {
  /** Classes in the set, ascending. */
  readonly labels: readonly number[];
  /** `missing`: a probability was NaN, so no label can be excluded. */
  readonly basis: 'scores' | 'missing';
}

// A sum of probabilities in another order ends a few ulps away; a label is not lost to that.
const ROUNDING = 1e-12;

/**
 * Fits label sets.
 *
 * For exchangeable rows a set holds the true label with probability at least 1 - alpha; with `labelConditional`, within each class.
 *
 * @throws ShapeError for different lengths; DomainError for probabilities outside [0, 1], unknown labels or options outside their ranges
 * @see Sadinle, Lei and Wasserman (2019), "Least ambiguous set-valued classifiers", for `lac`; Romano, Sesia and Candes (2020),
 *   "Classification with valid and adaptive coverage", for `aps`; Angelopoulos et al. (2021), "Uncertainty sets for image classifiers", for the penalty
 * @example labelSet(fitLabelSets({ probabilities, labels }, { alpha: 0.1 }), [0.7, 0.2, 0.1]).labels // [0]
 */
export function fitLabelSets(rows: LabelRows, options: LabelSetOptions = {}): LabelSetFit {
  const fn = 'fitLabelSets';
  requireKnownKeys(fn, rows, ['probabilities', 'labels', 'uniforms']);
  requireKnownKeys(fn, options, ['alpha', 'score', 'labelConditional', 'seed', 'penalty', 'freeLabels']);
  const { labels, uniforms, probabilities: { rows: n, columns: classCount, data } } = rows;
  const { alpha = 0.1, score = 'lac', labelConditional = false, penalty = 0, freeLabels = 1 } = options;
  requireAlpha(fn, alpha);
  requireOneOf(fn, 'score', score, ['lac', 'aps']);
  requireNumber(fn, 'penalty', penalty, { min: 0 });
  requireInteger(fn, 'freeLabels', freeLabels, { min: 1 });
  const seed = options.seed === undefined ? undefined : requireInteger(fn, 'seed', options.seed, { min: -2147483648, max: 4294967295 });
  if (score === 'lac' && (seed !== undefined || uniforms !== undefined || penalty > 0)) throw new DomainError(`${fn}: seed, uniforms and penalty must be left out for score "lac"`);
  if (uniforms !== undefined && seed === undefined) throw new DomainError(`${fn}: seed must be given with uniforms: sets are randomised too, got undefined`);
  requireSameLength(fn, { 'rows of probabilities': { length: n }, labels, ...(uniforms && { uniforms }) });

  const rule = { score, penalty, freeLabels };
  const scored: number[][] = Array.from({ length: labelConditional ? classCount : 1 }, () => []);
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    if (label !== label || label === -1) continue;
    requireInteger(fn, 'labels', label, { min: 0, max: classCount - 1 });
    const uniform = uniforms === undefined ? drawOf(seed, 0, i) : requireNumber(fn, 'uniforms', uniforms[i], { min: 0, max: 1 });
    const own = labelScores(fn, rule, data.subarray(i * classCount, (i + 1) * classCount), uniform)?.[label];
    if (own !== undefined) scored[labelConditional ? label : 0].push(own);
  }
  const counts = Uint32Array.from(scored, (own) => own.length);
  return Object.freeze({
    kind: 'label-sets',
    alpha,
    ...rule,
    classCount,
    radii: Float64Array.from(scored, (own) => conformalRadius(own, alpha)),
    counts,
    seed,
    missingRows: n - counts.reduce((sum, count) => sum + count, 0),
  });
}

/**
 * The labels that conform with a row.
 *
 * @param probabilities - of each class, shape (K)
 * @param key - number of the row in 0 .. 2^32 - 1 for a randomised fit: the same key gives the same draw. Absent: no draw is made, and the
 *   label at which the radius is crossed stays, so that a set is never empty and covers at least as often
 * @throws ShapeError unless there is one probability per class; DomainError for one outside [0, 1]
 */
export function labelSet(fit: LabelSetFit, probabilities: ArrayLike<number>, key?: number): LabelSet {
  const fn = 'labelSet';
  if (probabilities.length !== fit.classCount) throw new ShapeError(`${fn}: probabilities must have one value for each of ${fit.classCount} classes, got ${probabilities.length}`);
  if (key !== undefined) requireInteger(fn, 'key', key, { min: 0, max: 4294967295 });
  const scores = labelScores(fn, fit, probabilities, fit.seed === undefined ? 0 : key === undefined ? 1 : drawOf(fit.seed, 1, key));
  const all = Array.from(probabilities, (_, label) => label);
  const labels = scores === undefined ? all : all.filter((label) => scores[label] <= fit.radii[fit.radii.length > 1 ? label : 0] + ROUNDING);
  return Object.freeze({ labels: Object.freeze(labels), basis: scores === undefined ? 'missing' : 'scores' });
}

// Score of every label; undefined for a row with a missing probability. `uniform` is the part of the label's own probability that APS takes off.
function labelScores(fn: string, rule: Pick<LabelSetFit, 'score' | 'penalty' | 'freeLabels'>, probabilities: ArrayLike<number>, uniform: number): Float64Array | undefined {
  for (let k = 0; k < probabilities.length; k++) {
    if (probabilities[k] !== probabilities[k]) return undefined;
    if (!(probabilities[k] >= 0 && probabilities[k] <= 1)) throw new DomainError(`${fn}: probabilities must lie in [0, 1], got ${show(probabilities[k])}`);
  }
  if (rule.score === 'lac') return Float64Array.from(probabilities, (p) => 1 - p);
  const scores = new Float64Array(probabilities.length);
  let likelier = 0;
  argsort(Float64Array.from(probabilities, (p) => -p)).forEach((label, rank) => {
    const own = probabilities[label];
    scores[label] = likelier + (1 - uniform) * own + rule.penalty * Math.max(0, rank + 1 - rule.freeLabels);
    likelier += own;
  });
  return scores;
}

// Counter-based, so that a row's draw does not depend on the rows around it. Stream 0 calibrates, stream 1 serves.
function drawOf(seed: number | undefined, stream: number, index: number): number {
  return seed === undefined ? 0 : hashUniform(seed, stream, index);
}
