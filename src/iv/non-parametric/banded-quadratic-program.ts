/**
 * Convex quadratic programs whose every term sees a few neighbouring unknowns: a primal-dual interior point method on banded matrices.
 *
 * minimise  1/2 sum_i (a_i x - target_i)^2 + sum_i price_i (distance of g_i x from [lower_i, upper_i])
 *
 * A row with price Infinity is hard: its range is a constraint. One with a finite price may be left at that price per unit, so that rows which
 * contradict each other leave the program solvable; only hard rows can make it infeasible. Mehrotra's predictor and corrector share one factorization
 * per iteration; elastic slacks are eliminated row by row.
 *
 * @see Mehrotra (1992), "On the implementation of a primal-dual interior point method"; Nocedal and Wright (2006), "Numerical optimization", algorithm 16.4
 */
import { addOuterProduct, factorBand, solveBand, symmetricBand } from './banded-cholesky.ts';
import type { SymmetricBand } from './banded-cholesky.ts';

/** Rows over consecutive unknowns: row i has `coefficient[offset[i] .. offset[i + 1])` on the unknowns from `start[i]` on. */
export interface LocalRows {
  readonly count: number;
  readonly start: Int32Array;
  readonly offset: Int32Array;
  readonly coefficient: Float64Array;
}

export interface BandedQuadraticProgram {
  /** How many unknowns. */
  readonly size: number;
  /** No row may be longer than bandwidth + 1. */
  readonly bandwidth: number;
  readonly squares: LocalRows;
  /** Shape (squares.count). */
  readonly target: Float64Array;
  readonly ranges: LocalRows;
  /** Shape (ranges.count); -Infinity for no bound. */
  readonly lower: Float64Array;
  /** Shape (ranges.count); Infinity for no bound. */
  readonly upper: Float64Array;
  /** Cost of leaving the range by one unit, > 0, Infinity for a hard row; shape (ranges.count). */
  readonly price: Float64Array;
}

export interface QuadraticProgramSolution {
  readonly x: Float64Array;
  /** `solved`: gap and residuals below the tolerance. Hard rows hold to rounding whenever `hardViolation` says so, also at `max-iterations`. */
  readonly status: 'solved' | 'max-iterations' | 'breakdown';
  readonly iterations: number;
  /** Mean complementarity, the distance from optimality per bound. */
  readonly gap: number;
}

export interface QuadraticProgramOptions {
  /** @default 60 */
  readonly maxIterations?: number;
  /** Mean complementarity and scaled residuals below which the program counts as solved. @default 1e-8 */
  readonly tolerance?: number;
}

// What a row gives at x.
function rowValue(rows: LocalRows, i: number, x: Float64Array): number {
  let sum = 0;
  const from = rows.offset[i];
  const shift = rows.start[i] - from;
  for (let r = from, to = rows.offset[i + 1]; r < to; r++) sum += rows.coefficient[r] * x[r + shift];
  return sum;
}

function addRow(rows: LocalRows, i: number, weight: number, out: Float64Array): void {
  const from = rows.offset[i];
  const shift = rows.start[i] - from;
  for (let r = from, to = rows.offset[i + 1]; r < to; r++) out[r + shift] += weight * rows.coefficient[r];
}

function addForce(rows: LocalRows, i: number, weight: number, out: Float64Array, magnitude: Float64Array): void {
  const from = rows.offset[i];
  const shift = rows.start[i] - from;
  for (let r = from, to = rows.offset[i + 1]; r < to; r++) {
    const term = weight * rows.coefficient[r];
    out[r + shift] += term;
    magnitude[r + shift] += Math.abs(term);
  }
}

/** The sum of outer products of the squares. */
function squaresBand(program: BandedQuadraticProgram): SymmetricBand {
  const { squares } = program;
  const band = symmetricBand(program.size, program.bandwidth);
  for (let i = 0; i < squares.count; i++) addOuterProduct(band, 1, squares.start[i], squares.coefficient, squares.offset[i], squares.offset[i + 1]);
  return band;
}

/** Solves from `start`, shape (size). Always ends; deterministic. */
export function solveBandedQuadraticProgram(program: BandedQuadraticProgram, start: Float64Array, options: QuadraticProgramOptions = {}): QuadraticProgramSolution {
  const { maxIterations = 60, tolerance = 1e-8 } = options;
  const { size: n, squares, target, ranges, lower, upper, price } = program;
  const hessian = squaresBand(program);
  const linear = new Float64Array(n);
  for (let i = 0; i < squares.count; i++) addRow(squares, i, -target[i], linear);

  // One entry per finite bound: sign +1 for g x >= lower, -1 for g x <= upper.
  let m = 0;
  for (let i = 0; i < ranges.count; i++) m += (lower[i] > -Infinity ? 1 : 0) + (upper[i] < Infinity ? 1 : 0);
  const row = new Int32Array(m);
  const sign = new Float64Array(m);
  const bound = new Float64Array(m);
  for (let i = 0, at = 0; i < ranges.count; i++) {
    if (lower[i] > -Infinity) {
      row[at] = i;
      sign[at] = 1;
      bound[at++] = lower[i];
    }
    if (upper[i] < Infinity) {
      row[at] = i;
      sign[at] = -1;
      bound[at++] = upper[i];
    }
  }
  const x = Float64Array.from(start);
  const slack = new Float64Array(m); // s > 0: inside by s
  const dual = new Float64Array(m); // y > 0
  const excess = new Float64Array(m); // t > 0: outside by t at most, elastic rows only
  const value = new Float64Array(ranges.count);
  for (let i = 0; i < ranges.count; i++) value[i] = rowValue(ranges, i, x);
  for (let k = 0; k < m; k++) {
    const inside = sign[k] * (value[row[k]] - bound[k]);
    const cost = price[row[k]];
    if (cost === Infinity) {
      slack[k] = Math.max(inside, 0.1);
      dual[k] = 1 / Math.max(1, slack[k]);
    } else {
      excess[k] = Math.max(-inside, 0) + 1;
      slack[k] = inside + excess[k];
      dual[k] = (cost * excess[k]) / (slack[k] + excess[k]); // s y = t (cost - y)
    }
  }
  const terms = countTerms(price, row, m);

  const band = symmetricBand(n, program.bandwidth);
  const stationarity = new Float64Array(n);
  const magnitude = new Float64Array(n); // of the terms that cancel in the stationarity
  const dx = new Float64Array(n);
  const rowWeight = new Float64Array(ranges.count);
  const rowForce = new Float64Array(ranges.count);
  const primal = new Float64Array(m);
  const weight = new Float64Array(m);
  const dDual = new Float64Array(m);
  const dSlack = new Float64Array(m);
  const dExcess = new Float64Array(m);
  const correctionSlack = new Float64Array(m);
  const correctionExcess = new Float64Array(m);
  const step = new Float64Array(ranges.count);

  // Solves for the direction with complementarity targets `mu` minus the corrections.
  const direct = (mu: number): void => {
    rowForce.fill(0);
    for (let k = 0; k < m; k++) {
      const rc1 = mu - slack[k] * dual[k] - correctionSlack[k];
      const cost = price[row[k]];
      let force = -primal[k] + rc1 / dual[k];
      if (cost < Infinity) force -= (mu - excess[k] * (cost - dual[k]) - correctionExcess[k]) / (cost - dual[k]);
      rowForce[row[k]] += sign[k] * weight[k] * force;
    }
    for (let j = 0; j < n; j++) dx[j] = -stationarity[j];
    for (let i = 0; i < ranges.count; i++) if (rowForce[i] !== 0) addRow(ranges, i, rowForce[i], dx);
    solveBand(band, dx);
    for (let i = 0; i < ranges.count; i++) step[i] = rowValue(ranges, i, dx);
    for (let k = 0; k < m; k++) {
      const rc1 = mu - slack[k] * dual[k] - correctionSlack[k];
      const cost = price[row[k]];
      let force = -primal[k] + rc1 / dual[k];
      let rc2 = 0;
      if (cost < Infinity) {
        rc2 = mu - excess[k] * (cost - dual[k]) - correctionExcess[k];
        force -= rc2 / (cost - dual[k]);
      }
      dDual[k] = weight[k] * (force - sign[k] * step[row[k]]);
      dSlack[k] = (rc1 - slack[k] * dDual[k]) / dual[k];
      if (cost < Infinity) dExcess[k] = (rc2 + excess[k] * dDual[k]) / (cost - dual[k]);
    }
  };

  let gap = Infinity;
  let iterations = 0;
  for (; iterations < maxIterations; iterations++) {
    // Residuals of the optimality conditions.
    multiplyBand(hessian, x, stationarity);
    for (let j = 0; j < n; j++) {
      magnitude[j] = Math.abs(stationarity[j]) + Math.abs(linear[j]);
      stationarity[j] += linear[j];
    }
    for (let i = 0; i < ranges.count; i++) value[i] = rowValue(ranges, i, x);
    let worst = 0;
    gap = 0;
    rowForce.fill(0);
    rowWeight.fill(0);
    for (let k = 0; k < m; k++) {
      const cost = price[row[k]];
      primal[k] = sign[k] * (value[row[k]] - bound[k]) + (cost < Infinity ? excess[k] : 0) - slack[k];
      worst = Math.max(worst, Math.abs(primal[k]));
      gap += slack[k] * dual[k] + (cost < Infinity ? excess[k] * (cost - dual[k]) : 0);
      rowForce[row[k]] -= sign[k] * dual[k];
      weight[k] = 1 / (slack[k] / dual[k] + (cost < Infinity ? excess[k] / (cost - dual[k]) : 0));
      rowWeight[row[k]] += weight[k];
    }
    gap /= terms;
    for (let i = 0; i < ranges.count; i++) if (rowForce[i] !== 0) addForce(ranges, i, rowForce[i], stationarity, magnitude);
    let stationary = 0;
    for (let j = 0; j < n; j++) {
      if (stationarity[j] !== stationarity[j]) return { x, status: 'breakdown', iterations, gap };
      stationary = Math.max(stationary, Math.abs(stationarity[j]) / (1 + magnitude[j]));
    }
    if (gap <= tolerance && worst <= tolerance && (stationary <= tolerance || gap <= 1e-4 * tolerance)) return { x, status: 'solved', iterations, gap };

    band.data.set(hessian.data);
    for (let i = 0; i < ranges.count; i++) {
      if (rowWeight[i] > 0) addOuterProduct(band, rowWeight[i], ranges.start[i], ranges.coefficient, ranges.offset[i], ranges.offset[i + 1]);
    }
    if (factorBand(band) < 0) return { x, status: 'breakdown', iterations, gap };

    correctionSlack.fill(0);
    correctionExcess.fill(0);
    direct(0);
    const affine = longestStep(1);
    let after = 0;
    for (let k = 0; k < m; k++) {
      after += (slack[k] + affine * dSlack[k]) * (dual[k] + affine * dDual[k]);
      const cost = price[row[k]];
      if (cost < Infinity) after += (excess[k] + affine * dExcess[k]) * (cost - dual[k] - affine * dDual[k]);
      correctionSlack[k] = dSlack[k] * dDual[k];
      correctionExcess[k] = -dExcess[k] * dDual[k];
    }
    const ratio = after / terms / gap;
    direct(ratio * ratio * ratio * gap);
    const length = longestStep(0.995);
    for (let j = 0; j < n; j++) x[j] += length * dx[j];
    for (let k = 0; k < m; k++) {
      slack[k] += length * dSlack[k];
      dual[k] += length * dDual[k];
      if (price[row[k]] < Infinity) excess[k] += length * dExcess[k];
    }
  }
  return { x, status: 'max-iterations', iterations, gap };

  // The largest step <= 1 that keeps all slacks and duals positive, by the share `share` of the way to the boundary.
  function longestStep(share: number): number {
    let length = 1 / share;
    for (let k = 0; k < m; k++) {
      if (dSlack[k] < 0) length = Math.min(length, -slack[k] / dSlack[k]);
      if (dDual[k] < 0) length = Math.min(length, -dual[k] / dDual[k]);
      const cost = price[row[k]];
      if (cost < Infinity) {
        if (dExcess[k] < 0) length = Math.min(length, -excess[k] / dExcess[k]);
        if (dDual[k] > 0) length = Math.min(length, (cost - dual[k]) / dDual[k]);
      }
    }
    return Math.min(1, length * share);
  }
}

// Complementarity products: one per bound and one per elastic slack.
function countTerms(price: Float64Array, row: Int32Array, m: number): number {
  let terms = 0;
  for (let k = 0; k < m; k++) terms += price[row[k]] < Infinity ? 2 : 1;
  return Math.max(1, terms);
}

function multiplyBand(matrix: SymmetricBand, x: Float64Array, out: Float64Array): void {
  const { size: n, bandwidth: b, data } = matrix;
  out.fill(0);
  for (let i = 0; i < n; i++) {
    const row = i * (b + 1) + b - i;
    let sum = data[row + i] * x[i];
    for (let j = Math.max(0, i - b); j < i; j++) {
      sum += data[row + j] * x[j];
      out[j] += data[row + j] * x[i];
    }
    out[i] += sum;
  }
}
