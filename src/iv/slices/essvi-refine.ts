/** All eSSVI slices at once, by an interior-point method: every iterate is free of arbitrage. */
import { solveBanded } from './banded-cholesky.ts';
import { leastTheta, leastThetaRatio } from './essvi-conditions.ts';
import { sliceCost, type WeightedQuotes } from './essvi-residuals.ts';

/** Pulls a slice's parameters to given ones: half of sum ((logs - target) * factor)^2. Shape (3n) each. */
export interface EssviPrior {
  readonly target: Float64Array;
  readonly factor: Float64Array;
}

export interface EssviRefinement {
  /** log theta, log left slope and log right slope of each slice, shape (3n). */
  readonly logs: Float64Array;
  /** Half the sum of squared residuals. */
  readonly cost: number;
  readonly iterations: number;
  readonly isConverged: boolean;
}

const MARGIN = 1e-7; // share of theta and of the slopes to keep from the conditions: far above rounding, far below any quote
const LOG_STEEPEST = Math.log(2 - 1e-9);
const BANDWIDTH = 5; // a slice touches the next one only
const WIDTH = BANDWIDTH + 1;

/**
 * Minimises the squared residuals of all slices subject to the exact butterfly and calendar conditions.
 *
 * Minimises cost - mu sum log(margin) for mu falling to zero by damped Gauss-Newton steps on log theta, log L, log R. The margins (all in
 * logarithms) are: per slice theta over its least theta; per pair of slices L' over L, R' over R, theta' / theta over the least ratio; and 2
 * over the last slice's slopes. The normal matrix is block tridiagonal, so a step costs as many operations as there are quotes.
 *
 * @param slices - ascending in expiry; no quotes are allowed where a prior holds all three parameters
 * @param start - strictly free of arbitrage, shape (3n)
 * @see Nocedal and Wright (2006), "Numerical Optimization", chapter 19; Mingone (2022), "No arbitrage global parametrization for the eSSVI
 * volatility surface", for a change of variables with the same aim
 */
export function refineEssvi(slices: readonly WeightedQuotes[], start: Float64Array, prior: EssviPrior, options: { readonly maxIterations: number; readonly tolerance: number }): EssviRefinement {
  const n = slices.length;
  const size = 3 * n;
  const conditions = 4 * n - 1;
  let logs = Float64Array.from(start);
  let trial = new Float64Array(size);
  const margins = new Float64Array(conditions);
  const band = new Float64Array(size * WIDTH);
  const factor = new Float64Array(size * WIDTH);
  const gradient = new Float64Array(size);
  const step = new Float64Array(size);
  const normal = new Float64Array(9);

  const merit = (at: Float64Array, mu: number): number => {
    if (!fillMargins(at, margins)) return Infinity;
    let sum = totalCost(slices, at, prior);
    for (let i = 0; i < conditions; i++) sum -= mu * Math.log(margins[i]);
    return sum;
  };
  let cost = totalCost(slices, logs, prior);
  // A volatility error of 1e-10 of itself is none.
  let negligible = 0;
  for (const { vol, factor: weight } of slices) for (let i = 0; i < vol.length; i++) negligible += vol[i] * vol[i] * weight[i] * weight[i] * 1e-20;
  const enough = (): number => options.tolerance * cost + negligible;
  let mu = Math.max((0.1 * cost) / conditions, negligible / conditions);
  let damping = 1e-6;
  let iterations = 0;
  let isConverged = false;
  let current = merit(logs, mu);
  for (; iterations < options.maxIterations && Number.isFinite(current); iterations++) {
    band.fill(0);
    gradient.fill(0);
    fillMargins(logs, margins);
    for (let i = 0; i < n; i++) {
      normal.fill(0);
      sliceCost(slices[i], logs, 3 * i, normal);
      addPrior(logs, prior, i, normal);
      addSlice(normal, i, band, gradient);
    }
    addBarrier(logs, margins, mu, band, gradient);
    let isAccepted = false;
    let promised = 0;
    for (let attempt = 0; attempt < 12 && !isAccepted; attempt++) {
      factor.set(band);
      for (let i = 0; i < size; i++) {
        factor[i * WIDTH + BANDWIDTH] *= 1 + damping;
        step[i] = -gradient[i];
      }
      if (solveBanded(factor, BANDWIDTH, step)) {
        promised = 0;
        let longest = 0;
        for (let i = 0; i < size; i++) {
          promised -= gradient[i] * step[i];
          longest = Math.max(longest, Math.abs(step[i]));
        }
        let share = Math.min(1, 1 / longest);
        for (let halving = 0; halving < 6 && !isAccepted; halving++, share /= 3) {
          for (let i = 0; i < size; i++) trial[i] = logs[i] + share * step[i];
          const value = merit(trial, mu);
          if (!(value < current - 1e-4 * share * promised)) continue;
          [logs, trial] = [trial, logs];
          current = value;
          isAccepted = true;
          damping = Math.max(share === 1 ? damping / 10 : damping, 1e-12);
        }
      }
      if (!isAccepted) {
        if (promised <= enough()) break; // rounding hides what is left
        damping = Math.max(damping * 30, 1e-8);
      }
    }
    cost = totalCost(slices, logs, prior);
    if (isAccepted && promised > Math.max(mu * conditions, enough())) continue;
    // The optimum of the barrier problem is at most mu times the number of conditions above the constrained optimum.
    if (mu * conditions <= enough()) {
      isConverged = true;
      break;
    }
    mu *= 0.1;
    current = merit(logs, mu);
  }
  return { logs, cost, iterations, isConverged };
}

function totalCost(slices: readonly WeightedQuotes[], logs: Float64Array, { target, factor }: EssviPrior): number {
  let sum = 0;
  for (let i = 0; i < slices.length; i++) sum += sliceCost(slices[i], logs, 3 * i, null);
  for (let j = 0; j < logs.length; j++) sum += ((logs[j] - target[j]) * factor[j] * (logs[j] - target[j]) * factor[j]) / 2;
  return sum;
}

function addPrior(logs: Float64Array, { target, factor }: EssviPrior, i: number, normal: Float64Array): void {
  for (let a = 0; a < 3; a++) {
    const square = factor[3 * i + a] * factor[3 * i + a];
    normal[a] += square * (logs[3 * i + a] - target[3 * i + a]);
    normal[DIAGONAL[a]] += square;
  }
}

const DIAGONAL = [3, 5, 8]; // of the packed lower triangle behind a gradient of 3

function addSlice(normal: Float64Array, i: number, band: Float64Array, gradient: Float64Array): void {
  for (let a = 0, next = 3; a < 3; a++) {
    gradient[3 * i + a] += normal[a];
    for (let b = 0; b <= a; b++) band[(3 * i + a) * WIDTH + BANDWIDTH - a + b] += normal[next++];
  }
}

// Margins of the conditions: n densities, then 3 per pair, then 2 wings of the last slice less one place each; false where one is not positive.
function fillMargins(logs: Float64Array, margins: Float64Array): boolean {
  const n = logs.length / 3;
  let next = 0;
  for (let i = 0; i < n; i++) {
    const left = Math.exp(logs[3 * i + 1]);
    const right = Math.exp(logs[3 * i + 2]);
    if (i > 0) {
      const nearLeft = Math.exp(logs[3 * i - 2]);
      const nearRight = Math.exp(logs[3 * i - 1]);
      const byLeft = logs[3 * i + 1] - logs[3 * i - 2] - MARGIN;
      const byRight = logs[3 * i + 2] - logs[3 * i - 1] - MARGIN;
      if (!(byLeft > 0 && byRight > 0)) return false;
      const contact = logs[3 * i] - logs[3 * i - 3] - Math.log(leastThetaRatio(nearLeft, nearRight, left, right)) - MARGIN;
      if (!(contact > 0)) return false;
      margins[next++] = byLeft;
      margins[next++] = byRight;
      margins[next++] = contact;
    }
    const density = logs[3 * i] - Math.log(leastTheta(left, right, null)) - MARGIN;
    if (!(density > 0)) return false;
    margins[next++] = density;
  }
  margins[next++] = LOG_STEEPEST - logs[3 * n - 2];
  margins[next++] = LOG_STEEPEST - logs[3 * n - 1];
  return margins[next - 2] > 0 && margins[next - 1] > 0;
}

const rows = new Float64Array(6);
const slopes = new Float64Array(2);

// Gradient and Gauss-Newton curvature of -mu log(margin): -mu c' / c and mu c' c'^T / c^2.
function addBarrier(logs: Float64Array, margins: Float64Array, mu: number, band: Float64Array, gradient: Float64Array): void {
  const n = logs.length / 3;
  let next = 0;
  for (let i = 0; i < n; i++) {
    const left = Math.exp(logs[3 * i + 1]);
    const right = Math.exp(logs[3 * i + 2]);
    if (i > 0) {
      const at = 3 * i - 3;
      addCondition(band, gradient, at, mu, margins[next++], [0, -1, 0, 0, 1, 0]);
      addCondition(band, gradient, at, mu, margins[next++], [0, 0, -1, 0, 0, 1]);
      fillRatioGradient(Math.exp(logs[at + 1]), Math.exp(logs[at + 2]), left, right);
      rows[0] = -1;
      rows[3] = 1;
      addCondition(band, gradient, at, mu, margins[next++], rows);
    }
    const theta = leastTheta(left, right, slopes);
    addCondition(band, gradient, 3 * i, mu, margins[next++], [1, (-left * slopes[0]) / theta, (-right * slopes[1]) / theta]);
  }
  addCondition(band, gradient, 3 * n - 2, mu, margins[next++], [-1]);
  addCondition(band, gradient, 3 * n - 1, mu, margins[next++], [-1]);
}

function addCondition(band: Float64Array, gradient: Float64Array, at: number, mu: number, margin: number, derivatives: ArrayLike<number>): void {
  for (let a = 0; a < derivatives.length; a++) {
    const share = (mu / margin) * derivatives[a];
    gradient[at + a] -= share;
    for (let b = 0; b <= a; b++) band[(at + a) * WIDTH + BANDWIDTH - a + b] += (share * derivatives[b]) / margin;
  }
}

// Derivatives of minus the logarithm of the least ratio by the logarithms of both slices' slopes, into rows[1], [2], [4], [5].
function fillRatioGradient(nearLeft: number, nearRight: number, left: number, right: number): void {
  const crossA = right + nearLeft;
  const crossB = left + nearRight;
  const outer = Math.sqrt(crossA * crossB);
  const inner = Math.sqrt((left - nearLeft) * (right - nearRight));
  const sum = outer + inner;
  const byLeftGap = inner / (2 * (left - nearLeft));
  const byRightGap = inner / (2 * (right - nearRight));
  rows[1] = (2 * nearLeft * (outer / (2 * crossA) - byLeftGap)) / sum;
  rows[2] = (2 * nearRight * (outer / (2 * crossB) - byRightGap)) / sum;
  rows[4] = 2 * left * ((outer / (2 * crossB) + byLeftGap) / sum - 1 / (left + right));
  rows[5] = 2 * right * ((outer / (2 * crossA) + byRightGap) / sum - 1 / (left + right));
}
