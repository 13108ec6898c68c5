/** Volatility residuals of eSSVI slices and their derivatives by log theta and both wing slopes. */
import { solvePositiveBand } from '../../core/banded-cholesky.ts';
import { levenbergMarquardt, type LeastSquaresSystem } from '../../core/levenberg-marquardt.ts';

/** The usable quotes of one expiry. */
export interface WeightedQuotes {
  readonly expiryYears: number;
  readonly logMoneyness: Float64Array;
  readonly vol: Float64Array;
  /** Factor on each volatility residual, > 0. */
  readonly factor: Float64Array;
}

const LOG_SLOPE_MIN = Math.log(1e-8);
const LOG_SLOPE_MAX = Math.log(2 - 1e-6);

const point = new Float64Array(4);

/**
 * Fills {@link point} with a quote's residual and its derivatives by log theta, L and R.
 *
 * With root = sqrt((theta + (R - L) k)^2 + 4 R L k^2) the hyperbola (w - R k)(w + L k) = theta w gives dw/dtheta = w / root,
 * dw/dR = k (w + L k) / root and dw/dL = -k (w - R k) / root.
 */
function evaluateAt(quotes: WeightedQuotes, i: number, theta: number, left: number, right: number): void {
  const k = quotes.logMoneyness[i];
  const line = theta + (right - left) * k;
  const square = 4 * right * left * k * k;
  const root = Math.sqrt(line * line + square);
  const w = line >= 0 ? (line + root) / 2 : square / (2 * (root - line));
  const model = Math.sqrt(w / quotes.expiryYears);
  const chain = quotes.factor[i] / (2 * model * quotes.expiryYears * root);
  point[0] = (model - quotes.vol[i]) * quotes.factor[i];
  point[1] = chain * w * theta;
  point[2] = -chain * k * (w - right * k);
  point[3] = chain * k * (w + left * k);
}

/**
 * Half the sum of squared residuals of one slice.
 *
 * @param x - log theta, L and R at `at`, `at + 1`, `at + 2`
 * @param normal - unless null, the gradient (3) and the lower triangle of J'J (6) are added to it
 */
export function sliceCost(quotes: WeightedQuotes, x: Float64Array, at: number, normal: Float64Array | null): number {
  const theta = Math.exp(x[at]);
  const left = x[at + 1];
  const right = x[at + 2];
  const n = quotes.vol.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    evaluateAt(quotes, i, theta, left, right);
    sum += point[0] * point[0];
    if (normal === null) continue;
    for (let a = 0, next = 3; a < 3; a++) {
      normal[a] += point[0] * point[a + 1];
      for (let b = 0; b <= a; b++) normal[next++] += point[a + 1] * point[b + 1];
    }
  }
  return sum / 2;
}

/**
 * Fits one slice on its own, arbitrage or not.
 *
 * The hyperbola is linear in theta, R - L and R L: w = theta + (R - L) k + R L k^2 / w. Least squares with the quoted w on the right gives
 * the start, Levenberg-Marquardt on the volatility residuals the answer.
 *
 * @returns log theta, left slope, right slope
 */
export function fitOneEssvi(quotes: WeightedQuotes): Float64Array {
  const system: LeastSquaresSystem = {
    residualCount: quotes.vol.length,
    parameterCount: 3,
    evaluate: (logs, residuals, jacobian) => {
      const theta = Math.exp(logs[0]);
      const left = Math.exp(logs[1]);
      const right = Math.exp(logs[2]);
      for (let i = 0; i < residuals.length; i++) {
        evaluateAt(quotes, i, theta, left, right);
        residuals[i] = point[0];
        if (jacobian === null) continue;
        jacobian[3 * i] = point[1];
        jacobian[3 * i + 1] = point[2] * left;
        jacobian[3 * i + 2] = point[3] * right;
      }
      return true;
    },
  };
  const logTheta = Math.log(varianceAtTheMoney(quotes));
  const lower = [logTheta - 3, LOG_SLOPE_MIN, LOG_SLOPE_MIN];
  const upper = [logTheta + 3, LOG_SLOPE_MAX, LOG_SLOPE_MAX];
  // The solver sees the logarithms of the slopes, which must stay positive.
  const { parameters } = levenbergMarquardt(system, { initial: hyperbolaStart(quotes, logTheta), lower, upper, maxIterations: 60, costTolerance: 1e-9, maxStep: 3 });
  return Float64Array.of(parameters[0], Math.exp(parameters[1]), Math.exp(parameters[2]));
}

/** Total variance of the quotes at the money: linear between the nearest on both sides, the nearest where one side is empty. */
export function varianceAtTheMoney({ expiryYears, logMoneyness, vol }: WeightedQuotes): number {
  let below = -1;
  let above = -1;
  for (let i = 0; i < vol.length; i++) {
    if (logMoneyness[i] <= 0 && (below < 0 || logMoneyness[i] > logMoneyness[below])) below = i;
    if (logMoneyness[i] >= 0 && (above < 0 || logMoneyness[i] < logMoneyness[above])) above = i;
  }
  if (below < 0 || above < 0) return vol[below < 0 ? above : below] * vol[below < 0 ? above : below] * expiryYears;
  const gap = logMoneyness[above] - logMoneyness[below];
  const share = gap > 0 ? -logMoneyness[below] / gap : 0;
  return expiryYears * ((1 - share) * vol[below] * vol[below] + share * vol[above] * vol[above]);
}

function hyperbolaStart({ expiryYears, logMoneyness, vol, factor }: WeightedQuotes, logTheta: number): Float64Array {
  const band = new Float64Array(9);
  const target = new Float64Array(3);
  const scale = Math.exp(logTheta / 2); // of log-moneyness: one standard deviation
  const row = new Float64Array(3);
  for (let i = 0; i < vol.length; i++) {
    const w = vol[i] * vol[i] * expiryYears;
    const weight = factor[i] / vol[i];
    row[0] = 1;
    row[1] = logMoneyness[i] / scale;
    row[2] = (logMoneyness[i] * logMoneyness[i]) / w;
    for (let a = 0; a < 3; a++) {
      target[a] += weight * weight * row[a] * w;
      for (let b = 0; b <= a; b++) band[3 * a + 2 - (a - b)] += weight * weight * row[a] * row[b];
    }
  }
  for (let a = 0; a < 3; a++) band[3 * a + 2] *= 1 + 1e-9;
  const isSolved = solvePositiveBand({ size: target.length, bandwidth: 2, data: band }, target);
  const [level, slope, product] = isSolved ? target : [0, 0, 0];
  const theta = level > 0 && Math.abs(Math.log(level) - logTheta) < 2 ? level : Math.exp(logTheta);
  const difference = Math.min(Math.max(slope / scale, -1.5), 1.5);
  const bend = product > 0 && product < 1 ? product : 0.1 * theta; // a little where the quotes ask for none
  const sum = Math.sqrt(difference * difference + 4 * bend);
  return Float64Array.of(Math.log(theta), Math.log((sum - difference) / 2), Math.log((sum + difference) / 2));
}
