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
 * Minimises cost - mu sum log(margin) for mu falling to zero by damped primal-dual steps on log theta, log L, log R. The margins (all in
 * logarithms) are: per slice theta over its least theta; per pair of slices L' over L, R' over R, theta' / theta over the least ratio; and 2
 * over the last slice's slopes. The matrix is Gauss-Newton for the residuals and exact for the margins, without whose curvature steps would
 * creep along the boundary; it is block tridiagonal, so that a step costs as many operations as there are quotes.
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
  const multipliers = new Float64Array(conditions);
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
  for (let i = 0; i < conditions; i++) multipliers[i] = mu / margins[i];
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
    addBarrier(logs, margins, multipliers, mu, band, gradient);
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
    if (isAccepted) updateMultipliers(logs, trial, margins, multipliers, mu);
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
const curvature = new Float64Array(36);
const slopes = new Float64Array(2);
const LEFT = Float64Array.of(0, -1, 0, 0, 1, 0);
const RIGHT = Float64Array.of(0, 0, -1, 0, 0, 1);
const OWN = Float64Array.of(1, 0, 0);
const LAST = Float64Array.of(-1);

// Gradient of -mu log(margin) and, with the multiplier m of each condition c, the curvature m c' c'^T / c - m c''.
function addBarrier(logs: Float64Array, margins: Float64Array, multipliers: Float64Array, mu: number, band: Float64Array, gradient: Float64Array): void {
  const n = logs.length / 3;
  let next = 0;
  for (let i = 0; i < n; i++) {
    const left = Math.exp(logs[3 * i + 1]);
    const right = Math.exp(logs[3 * i + 2]);
    if (i > 0) {
      const at = 3 * i - 3;
      for (const derivatives of [LEFT, RIGHT]) {
        addCondition(band, gradient, { at, size: 6, margin: margins[next], multiplier: multipliers[next], mu }, derivatives, null);
        next++;
      }
      fillRatio(Math.exp(logs[at + 1]), Math.exp(logs[at + 2]), left, right);
      addCondition(band, gradient, { at, size: 6, margin: margins[next], multiplier: multipliers[next], mu }, rows, curvature);
      next++;
    }
    fillDensity(left, right);
    addCondition(band, gradient, { at: 3 * i, size: 3, margin: margins[next], multiplier: multipliers[next], mu }, OWN, curvature);
    next++;
  }
  for (const at of [3 * n - 2, 3 * n - 1]) {
    addCondition(band, gradient, { at, size: 1, margin: margins[next], multiplier: multipliers[next], mu }, LAST, null);
    next++;
  }
}

interface Condition {
  readonly at: number;
  readonly size: number;
  readonly margin: number;
  readonly multiplier: number;
  readonly mu: number;
}

function addCondition(band: Float64Array, gradient: Float64Array, { at, size, margin, multiplier, mu }: Condition, derivatives: Float64Array, second: Float64Array | null): void {
  for (let a = 0; a < size; a++) {
    gradient[at + a] -= (mu / margin) * derivatives[a];
    for (let b = 0; b <= a; b++) {
      band[(at + a) * WIDTH + BANDWIDTH - a + b] += multiplier * ((derivatives[a] * derivatives[b]) / margin - (second === null ? 0 : second[a * size + b]));
    }
  }
}

// The dual step for the primal one just taken, kept within a factor of mu / margin.
function updateMultipliers(logs: Float64Array, before: Float64Array, margins: Float64Array, multipliers: Float64Array, mu: number): void {
  const old = margins.slice();
  fillMargins(before, old);
  fillMargins(logs, margins);
  for (let i = 0; i < margins.length; i++) {
    const dual = (mu - multipliers[i] * (margins[i] - old[i])) / old[i];
    multipliers[i] = Math.min(Math.max(dual, (0.1 * mu) / margins[i]), (10 * mu) / margins[i]);
  }
}

const H = 1e-5;

// Log of theta over its least value: derivatives into OWN, second ones (by differences of first ones, in logarithms) into `curvature`.
function fillDensity(left: number, right: number): void {
  const at = (byLeft: number, byRight: number): void => {
    const theta = leastTheta(left * byLeft, right * byRight, slopes);
    OWN[1] = (-left * byLeft * slopes[0]) / theta;
    OWN[2] = (-right * byRight * slopes[1]) / theta;
  };
  curvature.fill(0);
  at(1 + H, 1);
  const [leftA, rightA] = [OWN[1], OWN[2]];
  at(1, 1 + H);
  const [leftB, rightB] = [OWN[1], OWN[2]];
  at(1, 1);
  curvature[4] = (leftA - OWN[1]) / H;
  curvature[8] = (rightB - OWN[2]) / H;
  curvature[7] = (rightA - OWN[2] + leftB - OWN[1]) / (2 * H);
}

// Sums and differences of (L, R, L', R') that the least ratio is made of: R' + L, L' + R, L' - L, R' - R.
const TERMS = [[1, 0, 0, 1], [0, 1, 1, 0], [-1, 0, 1, 0], [0, -1, 0, 1]] as const;
const PLACES = [1, 2, 4, 5]; // of the slopes among the logarithms of two slices

// Log of theta' / theta over the least ratio, 2 log(sqrt(A B) + sqrt(C D)) - 2 log(L' + R') + log theta' - log theta: derivatives by the logarithms.
function fillRatio(nearLeft: number, nearRight: number, left: number, right: number): void {
  const slope = [nearLeft, nearRight, left, right];
  const term = [right + nearLeft, left + nearRight, left - nearLeft, right - nearRight];
  const outer = Math.sqrt(term[0] * term[1]);
  const inner = Math.sqrt(term[2] * term[3]);
  const share = [outer / (outer + inner), inner / (outer + inner)];
  const product = (share[0] * share[1]) / 4;
  const total = left + right;
  curvature.fill(0);
  rows.fill(0);
  rows[0] = -1;
  rows[3] = 1;
  for (let i = 0; i < 4; i++) {
    let first = i > 1 ? -2 / total : 0;
    for (let a = 0; a < 4; a++) first += (share[a >> 1] * TERMS[a][i]) / term[a];
    rows[PLACES[i]] = slope[i] * first;
    for (let j = 0; j <= i; j++) {
      let second = j > 1 ? 2 / (total * total) : 0;
      for (let a = 0; a < 4; a++) {
        for (let b = 0; b < 4; b++) {
          const mixed = (a >> 1 === b >> 1 ? product : -product) - (a === b ? share[a >> 1] / 2 : 0);
          second += (2 * mixed * TERMS[a][i] * TERMS[b][j]) / (term[a] * term[b]);
        }
      }
      curvature[PLACES[i] * 6 + PLACES[j]] = slope[i] * slope[j] * second + (i === j ? slope[i] * first : 0);
    }
  }
}
