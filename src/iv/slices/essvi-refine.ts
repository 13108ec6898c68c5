/** All eSSVI slices at once, by an interior-point method: every iterate is free of arbitrage. */
import { solvePositiveBand } from '../../core/banded-cholesky.ts';
import { addBarrier, BANDWIDTH, barrier, barrierParameter } from './essvi-barrier.ts';
import { sliceCost, type WeightedQuotes } from './essvi-residuals.ts';

/** Pulls a slice's parameters to given ones: half of sum ((x - target) * factor)^2. Shape (3n) each. */
export interface EssviPrior {
  readonly target: Float64Array;
  readonly factor: Float64Array;
}

export interface EssviRefinement {
  /** log theta, left slope and right slope of each slice, shape (3n). */
  readonly x: Float64Array;
  readonly iterations: number;
  readonly isConverged: boolean;
}

export interface EssviRefineOptions {
  readonly maxIterations: number;
  /** Share of the cost that may be left above the constrained optimum. */
  readonly tolerance: number;
}

const WIDTH = BANDWIDTH + 1;
const CENTRED = 0.5;
const BOLD = 0.03; // after a whole, hardly damped step
const CAREFUL = 0.2;
const ROUNDING = 1e-13; // of the merit function, below which it cannot show a decrease

/**
 * Minimises the squared residuals of all slices subject to the exact butterfly and calendar conditions.
 *
 * Minimises cost + mu {@link barrier} for mu falling to zero by damped Newton steps on log theta, L, R (Gauss-Newton for the residuals, exact
 * for the barrier). The matrix is block tridiagonal, so that a step costs as many operations as there are quotes.
 *
 * @param slices - ascending in expiry; no quotes are allowed where a prior holds all three parameters
 * @param start - strictly free of arbitrage, shape (3n)
 * @see Nocedal and Wright (2006), "Numerical Optimization", chapter 19; Mingone (2022), "No arbitrage global parametrization for the eSSVI
 * volatility surface", for a change of variables with the same aim
 */
export function refineEssvi(slices: readonly WeightedQuotes[], start: Float64Array, prior: EssviPrior, { maxIterations, tolerance }: EssviRefineOptions): EssviRefinement {
  const size = start.length;
  const parameter = barrierParameter(slices.length);
  let x = Float64Array.from(start);
  let trial = new Float64Array(size);
  const band = new Float64Array(size * WIDTH);
  const factor = new Float64Array(size * WIDTH);
  const gradient = new Float64Array(size);
  const step = new Float64Array(size);
  const negligible = negligibleCost(slices);
  let cost = totalCost(slices, x, prior);
  let wall = barrier(x);
  let mu = Math.max(cost, negligible) / parameter;
  let damping = 1e-8;
  let iterations = 0;
  let isConverged = false;
  if (wall === Infinity || !Number.isFinite(cost)) return { x, iterations, isConverged };
  while (iterations < maxIterations && !isConverged) {
    iterations++;
    band.fill(0);
    gradient.fill(0);
    addCost(slices, x, prior, band, gradient);
    addBarrier(x, mu, band, gradient);
    const merit = cost + mu * wall;
    const left = tolerance * cost + negligible;
    let decrement = Infinity;
    let isMoved = false;
    let isFull = false;
    while (!isMoved && damping < 1e12 && decrement > Math.max(ROUNDING * Math.abs(merit), 1e-3 * left)) {
      factor.set(band);
      for (let i = 0; i < size; i++) {
        factor[i * WIDTH + BANDWIDTH] += damping * Math.abs(factor[i * WIDTH + BANDWIDTH]);
        step[i] = -gradient[i];
      }
      if (solvePositiveBand({ size, bandwidth: BANDWIDTH, data: factor }, step)) {
        decrement = 0;
        for (let i = 0; i < size; i++) decrement -= gradient[i] * step[i];
        for (let share = 1, cut = 0; cut < 8 && !isMoved; cut++, share *= 0.4) {
          for (let i = 0; i < size; i++) trial[i] = x[i] + share * step[i];
          const trialWall = barrier(trial);
          if (trialWall === Infinity) continue;
          const trialCost = totalCost(slices, trial, prior);
          if (!(trialCost + mu * trialWall < merit - 1e-4 * share * decrement)) continue;
          [x, trial] = [trial, x];
          cost = trialCost;
          wall = trialWall;
          isMoved = true;
          isFull = share === 1 && damping < 1e-3;
          if (share === 1) damping = Math.max(damping / 10, 1e-12);
        }
      }
      if (!isMoved) damping = Math.max(10 * damping, 1e-6);
    }
    if (!isMoved && damping >= 1e12) break;
    // Unless it is near the optimum for its mu, an iterate comes too close to the boundary for a smaller one and then creeps along it.
    if (decrement > Math.max(CENTRED * mu, 0.01 * left)) continue;
    // The optimum of cost + mu barrier has a cost at most mu times the parameter above the constrained one.
    if (mu * parameter <= left) isConverged = true;
    else mu *= isFull ? BOLD : CAREFUL;
  }
  return { x, iterations, isConverged };
}

// That of volatility errors of 1e-10 of themselves.
function negligibleCost(slices: readonly WeightedQuotes[]): number {
  let sum = 0;
  for (const { vol, factor } of slices) for (let i = 0; i < vol.length; i++) sum += vol[i] * vol[i] * factor[i] * factor[i] * 1e-20;
  return sum;
}

function totalCost(slices: readonly WeightedQuotes[], x: Float64Array, { target, factor }: EssviPrior): number {
  let sum = 0;
  for (let i = 0; i < slices.length; i++) sum += sliceCost(slices[i], x, 3 * i, null);
  for (let j = 0; j < x.length; j++) sum += ((x[j] - target[j]) * factor[j] * (x[j] - target[j]) * factor[j]) / 2;
  return sum;
}

const normal = new Float64Array(9);

function addCost(slices: readonly WeightedQuotes[], x: Float64Array, { target, factor }: EssviPrior, band: Float64Array, gradient: Float64Array): void {
  for (let i = 0; i < slices.length; i++) {
    normal.fill(0);
    sliceCost(slices[i], x, 3 * i, normal);
    for (let a = 0, next = 3; a < 3; a++) {
      const row = 3 * i + a;
      gradient[row] += normal[a] + factor[row] * factor[row] * (x[row] - target[row]);
      for (let b = 0; b <= a; b++) band[row * WIDTH + BANDWIDTH - a + b] += normal[next++];
      band[row * WIDTH + BANDWIDTH] += factor[row] * factor[row];
    }
  }
}
