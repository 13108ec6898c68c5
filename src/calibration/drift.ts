/** Whether probabilities still hold on rows that came later. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { brierScore } from '../metrics/probability.ts';
import { calibrationError } from '../metrics/calibration-error.ts';
import { applyCalibratorBatch } from './calibrator.ts';
import type { CalibratorFit } from './calibrator.ts';
import { logisticRegression } from './logistic.ts';
import { logit } from './logit.ts';
import { solvePositive } from './newton.ts';
import { sigmoid } from './platt-fit.ts';
import { calibrationRows } from './rows.ts';

export interface CalibrationDriftOptions {
  /** Chance of calling a sound calibrator drifted, in (0, 1). @default 0.01 */
  readonly alpha?: number;
  /** Mean change of probability by recalibration, in [0, 1], below which a drift does not matter. @default 0.01 */
  readonly tolerance?: number;
  /** Fewest rows for a verdict; of the rarer label a tenth. @default 100 */
  readonly minimumRows?: number;
  /** Session code of each row, whole numbers, shape (n): rows of a session may depend on each other. @default one session each, in row order */
  readonly sessions?: ArrayLike<number>;
  /** Sessions that a label looks ahead: sessions nearer than that may depend on each other. @default 1 */
  readonly horizon?: number;
}

export interface CalibrationDrift {
  /** `drifted`: recalibration would help, beyond chance and beyond the tolerance. `insufficient`: the rows cannot tell. */
  readonly status: 'ok' | 'drifted' | 'insufficient';
  /** Why the rows cannot tell; null when they can. */
  readonly reason: null | 'too-few-rows' | 'rare-label' | 'too-few-sessions' | 'separable' | 'not-converged';
  /** Recalibration: logit P(label = 1) = intercept + slope * logit(probability). 1 when nothing drifted, below 1 when too sure. NaN when insufficient, or when all probabilities are equal. */
  readonly slope: number;
  readonly slopeStandardError: number;
  /** 0 when nothing drifted; with equal probabilities that of logit P = intercept + logit(probability). */
  readonly intercept: number;
  readonly interceptStandardError: number;
  /** P value of slope 1 and intercept 0 together (of intercept 0 when all probabilities are equal). NaN when insufficient. */
  readonly pValue: number;
  /** Mean |recalibrated - given| probability. NaN when insufficient. */
  readonly meanShift: number;
  /** Expected calibration error, ten bins of equal count; NaN below 20 rows. */
  readonly expectedCalibrationError: number;
  /** Mean squared error of the probabilities; NaN without a row. */
  readonly brier: number;
  /** That of the later rows' own share of label 1 for every row: a calibrator above it is worse than no score. */
  readonly baseRateBrier: number;
  /** Rows used. */
  readonly n: number;
  /** Rows used whose label is 1. */
  readonly positives: number;
  /** Rows left out because probability or label is missing. */
  readonly missingRows: number;
}

/**
 * Checks a calibrator on rows later than those it was fitted on.
 *
 * The labels are regressed on the logit of the probabilities. Slope and intercept have sandwich covariance, with sessions as clusters and
 * Bartlett weights over horizon - 1 sessions; W = d' V^-1 d with d = (slope - 1, intercept) is compared with chi-square of two degrees of
 * freedom, whose upper tail is exp(-W / 2). Equal probabilities leave the intercept alone; that tail then overstates the p value a little.
 *
 * @param fit - a calibrator, or null when `scores` are probabilities already
 * @param scores - shape (n); NaN is missing
 * @param labels - 0 or 1, shape (n); NaN is missing
 * @throws ShapeError for different lengths; DomainError for other labels, bad options, or probabilities outside [0, 1]
 * @see Cox (1958), "Two further applications of a model for binary regression" (slope and intercept); Newey and West (1987), equation 5 (weights)
 * @example calibrationDrift(fit, laterScores, laterLabels, { sessions, horizon: 5 }).status // 'ok'
 */
export function calibrationDrift(fit: CalibratorFit | null, scores: ArrayLike<number>, labels: ArrayLike<number>, options: CalibrationDriftOptions = {}): CalibrationDrift {
  const fn = 'calibrationDrift';
  requireKnownKeys(fn, options, ['alpha', 'tolerance', 'minimumRows', 'sessions', 'horizon']);
  const alpha = requireNumber(fn, 'alpha', options.alpha ?? 0.01, { min: 0, max: 1, open: true });
  const tolerance = requireNumber(fn, 'tolerance', options.tolerance ?? 0.01, { min: 0, max: 1 });
  const minimumRows = requireInteger(fn, 'minimumRows', options.minimumRows ?? 100, { min: 2 });
  const horizon = requireInteger(fn, 'horizon', options.horizon ?? 1, { min: 0 });
  const { sessions } = options;
  requireSameLength(fn, { scores, labels, ...(sessions && { sessions }) });
  const given = fit === null ? Float64Array.from(scores) : applyCalibratorBatch(fit, scores);
  for (let i = 0; i < given.length; i++) if (given[i] < 0 || given[i] > 1) throw new DomainError(`${fn}: probabilities must lie in [0, 1], got ${show(given[i])} at row ${i}`);
  const rows = calibrationRows(fn, given, labels);
  const { score: probability, label, n, positives, missingRows, weight } = rows;
  const codes = Float64Array.from(rows.row, (i) => sessions?.[i] ?? i);
  if (!codes.every(Number.isInteger)) throw new DomainError(`${fn}: sessions must be whole numbers, got ${show(codes.find((code) => !Number.isInteger(code)))}`);

  const share = positives / n;
  const scoresOfRows = { brier: brierScore(label, probability), baseRateBrier: share * (1 - share), expectedCalibrationError: calibrationError(label, probability, { binning: 'equal-mass' }).expected, n, positives, missingRows };
  const insufficient = (reason: CalibrationDrift['reason']): CalibrationDrift =>
    Object.freeze({ status: 'insufficient', reason, slope: NaN, slopeStandardError: NaN, intercept: NaN, interceptStandardError: NaN, pValue: NaN, meanShift: NaN, ...scoresOfRows });
  if (n < minimumRows) return insufficient('too-few-rows');
  if (Math.min(positives, n - positives) < minimumRows / 10) return insufficient('rare-label');
  const margin = probability.map(logit);
  const isConstant = margin.every((z) => z === margin[0]);
  if (!isConstant && isSeparable(margin, label)) return insufficient('separable');
  const one = new Float64Array(n).fill(1);
  const columns = isConstant ? [one] : [margin, one];
  const { x, hessian, converged } = logisticRegression(columns, label, weight);
  if (!converged) return insufficient('not-converged');

  const [slope, level] = isConstant ? [NaN, x[0]] : [x[0], x[1]];
  const recalibrated = margin.map((z) => sigmoid(isConstant ? level : slope * z + level));
  const covariance = sandwich(columns, recalibrated.map((p, i) => label[i] - p), hessian, codes, horizon);
  if (covariance === undefined) return insufficient('too-few-sessions');
  const intercept = isConstant ? level - margin[0] : level;
  const size = columns.length;
  const distance = isConstant ? Float64Array.of(intercept) : Float64Array.of(slope - 1, intercept);
  const wald = solvePositive(covariance, distance).reduce((sum, v, j) => sum + v * distance[j], 0);
  const pValue = Math.exp(-wald / 2);
  const meanShift = recalibrated.reduce((sum, p, i) => sum + Math.abs(p - probability[i]) / n, 0);
  return Object.freeze({
    status: pValue < alpha && meanShift > tolerance ? 'drifted' : 'ok', reason: null, slope, slopeStandardError: isConstant ? NaN : Math.sqrt(covariance[0]),
    intercept, interceptStandardError: Math.sqrt(covariance[size * size - 1]), pValue, meanShift, ...scoresOfRows,
  });
}

// H^-1 S H^-1, S the long-run covariance of the summed gradients of sessions; undefined when there are fewer sessions than four per parameter.
function sandwich(columns: readonly Float64Array[], residual: Float64Array, hessian: Float64Array, codes: Float64Array, horizon: number): Float64Array | undefined {
  const size = columns.length;
  const sums = new Map<number, Float64Array>();
  for (let i = 0; i < residual.length; i++) {
    const sum = sums.get(codes[i]) ?? new Float64Array(size);
    sums.set(codes[i], sum);
    for (let j = 0; j < size; j++) sum[j] += columns[j][i] * residual[i];
  }
  const lags = Math.max(0, horizon - 1);
  if (sums.size < 4 * size * (lags + 1)) return undefined;
  const middle = new Float64Array(size * size);
  for (const [code, now] of sums) {
    for (let lag = 0; lag <= lags; lag++) {
      const before = sums.get(code - lag);
      if (before === undefined) continue;
      const share = (1 - lag / (lags + 1)) * (lag === 0 ? 0.5 : 1);
      for (let j = 0; j < size; j++) for (let k = 0; k < size; k++) middle[j * size + k] += share * (now[j] * before[k] + before[j] * now[k]);
    }
  }
  const inverse = Array.from({ length: size }, (_, j) => solvePositive(hessian, Float64Array.from({ length: size }, (__, k) => (j === k ? 1 : 0))));
  const covariance = new Float64Array(size * size);
  for (let j = 0; j < size; j++) for (let k = 0; k < size; k++) for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) covariance[j * size + k] += inverse[j][a] * middle[a * size + b] * inverse[k][b];
  return covariance;
}

// Some threshold parts the labels, in either direction: no finite slope is best.
function isSeparable(margin: Float64Array, label: Uint8Array): boolean {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (let i = 0; i < margin.length; i++) {
    low[label[i]] = Math.min(low[label[i]], margin[i]);
    high[label[i]] = Math.max(high[label[i]], margin[i]);
  }
  return high[0] <= low[1] || high[1] <= low[0];
}
