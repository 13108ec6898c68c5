/** Venn-Abers prediction: two probabilities, one of which is calibrated whatever the scores are. */
import { requireKnownKeys } from '../core/assert.ts';
import { lowerBound } from '../core/sort.ts';
import { calibrationRows } from './rows.ts';
import { groupByScore } from './score-groups.ts';

/** Two rising step functions as plain data. */
export interface VennAbersFit {
  readonly kind: 'venn-abers';
  /** Scores from which on `lower` holds: `lower[k]` from `lowerScores[k]` up to the next, 0 below the first. Strictly ascending, shape (a). */
  readonly lowerScores: Float64Array;
  /** Probability of label 1 had the score been seen with label 0, rising, shape (a). */
  readonly lower: Float64Array;
  /** Scores up to which `upper` holds: `upper[k]` above the one before up to `upperScores[k]`, 1 above the last. Strictly ascending, shape (b). */
  readonly upperScores: Float64Array;
  /** Probability of label 1 had the score been seen with label 1, rising, shape (b). */
  readonly upper: Float64Array;
  /** Rows used; with none the interval is [0, 1]. */
  readonly n: number;
  /** Rows used whose label is 1. */
  readonly positives: number;
  /** Rows left out because score or label is missing or their weight is 0. */
  readonly missingRows: number;
}

export interface FitVennAbersOptions {
  /** Weight of each row, >= 0, shape (n), beside a new row of weight 1. @default all 1 */
  readonly weights?: ArrayLike<number>;
}

/** What is known about a probability. */
export interface VennAbersInterval {
  /** p0 <= p1: how far apart they are says how little is known at this score. */
  readonly lower: number;
  readonly upper: number;
  /** The single probability that loses least, in the minimax sense of log loss, against the better of the two: p1 / (1 - p0 + p1). */
  readonly probability: number;
}

/**
 * Inductive Venn-Abers predictor.
 *
 * p0 and p1 are isotonic regressions of the calibration rows together with the new score, labelled 0 and then 1. All of them are found
 * once, in O(n log n); a question is two binary searches.
 *
 * @param scores - raw scores, larger for label 1, shape (n); NaN and infinities are missing
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels and bad weights
 * @see Vovk, Petej and Fedorova (2015), "Large-scale probabilistic predictors with and without guarantees of validity", algorithms 1 to 4 and equation 5
 * @example vennAbersInterval(fitVennAbers([1, 2], [0, 1]), 1.5) // { lower: 0, upper: 1, probability: 0.5 }
 */
export function fitVennAbers(scores: ArrayLike<number>, labels: ArrayLike<number>, options: FitVennAbersOptions = {}): VennAbersFit {
  requireKnownKeys('fitVennAbers', options, ['weights']);
  const rows = calibrationRows('fitVennAbers', scores, labels, options.weights);
  const { score, sum, weight } = groupByScore('fitVennAbers', rows.score, rows.label, rows.weight);
  const upper = valuesWithOne(sum, weight);
  // Turned round, the other question is the same one.
  const lower = valuesWithOne(sum.map((v, g) => weight[g] - v).reverse(), weight.slice().reverse()).map((v) => 1 - v).reverse();
  const firstOfRun = lower.map((v, g) => (g === 0 ? (v > 0 ? 1 : 0) : v > lower[g - 1] ? 1 : 0));
  const lastOfRun = upper.map((v, g) => (g === upper.length - 1 ? (v < 1 ? 1 : 0) : v < upper[g + 1] ? 1 : 0));
  const kept = (values: Float64Array, marks: Float64Array): Float64Array => values.filter((_, g) => marks[g] === 1);
  return Object.freeze({
    kind: 'venn-abers', lowerScores: kept(score, firstOfRun), lower: kept(lower, firstOfRun), upperScores: kept(score, lastOfRun), upper: kept(upper, lastOfRun),
    n: rows.n, positives: rows.positives, missingRows: rows.missingRows,
  });
}

/**
 * Isotonic value of each group when one row of label 1 is put just before it.
 *
 * In the diagram of summed labels over summed weights the row is a step of (1, 1) that moves from the left end past one group after the
 * other; the slope of the lower convex hull over that step is the value. Corners to the right of the step come off a stack as it passes, and
 * those to its left never return: every point is put on and taken off at most twice.
 */
function valuesWithOne(sum: Float64Array, weight: Float64Array): Float64Array {
  const size = sum.length;
  // Point k is the path after the step and k groups; the stack keeps corner coordinates, leftmost on top.
  const x = new Float64Array(size + 1);
  const y = new Float64Array(size + 1);
  for (let k = 0; k < size; k++) {
    x[k + 1] = x[k] + weight[k];
    y[k + 1] = y[k] + sum[k];
  }
  const stackX: number[] = [];
  const stackY: number[] = [];
  // Puts a corner on top, dropping those under it that are no corners any more.
  const push = (px: number, py: number): void => {
    for (let top = stackX.length - 1; top > 0; top--) {
      const turn = (stackX[top] - px) * (stackY[top - 1] - stackY[top]) - (stackY[top] - py) * (stackX[top - 1] - stackX[top]);
      if (turn > 0) break;
      stackX.pop();
      stackY.pop();
    }
    stackX.push(px);
    stackY.push(py);
  };
  for (let k = size; k >= 0; k--) push(x[k], y[k]);
  push(-1, -1);
  const value = new Float64Array(size);
  for (let g = 0; g < size; g++) {
    const top = stackX.length - 1;
    const slope = (stackY[top - 1] - stackY[top]) / (stackX[top - 1] - stackX[top]);
    value[g] = Math.min(1, Math.max(slope, g === 0 ? 0 : value[g - 1]));
    // The step passes group g: the left end of the step moves to one step before point g + 1.
    const [px, py] = [x[g + 1] - 1, y[g + 1] - 1];
    if (py - stackY[top] >= slope * (px - stackX[top])) continue;
    stackX.pop();
    stackY.pop();
    push(px, py);
  }
  return value;
}

/**
 * The two probabilities at a score and their merger.
 *
 * @returns NaN, missing, for a NaN score
 */
export function vennAbersInterval(fit: VennAbersFit, score: number): VennAbersInterval {
  if (score !== score) return Object.freeze({ lower: NaN, upper: NaN, probability: NaN });
  const { lowerScores, upperScores } = fit;
  const above = lowerBound(upperScores, score);
  const from = lowerBound(lowerScores, score);
  const below = lowerScores[from] === score ? from : from - 1;
  const upper = above < upperScores.length ? fit.upper[above] : 1;
  const lower = below < 0 ? 0 : Math.min(fit.lower[below], upper); // equal in truth, they may differ in the last bit
  return Object.freeze({ lower, upper, probability: upper / (1 - lower + upper) });
}

/** The merged probability of {@link vennAbersInterval}. */
export function applyVennAbers(fit: VennAbersFit, score: number): number {
  return vennAbersInterval(fit, score).probability;
}
