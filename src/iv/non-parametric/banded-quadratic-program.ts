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
import { addOuterProduct, factorBand, solveBand, symmetricBand } from '../../core/banded-cholesky.ts';
import type { SymmetricBand } from '../../core/banded-cholesky.ts';

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
  /** `solved`: gap and residuals below the tolerance; `breakdown`: numbers left the doubles. */
  readonly status: 'solved' | 'max-iterations' | 'breakdown';
  readonly iterations: number;
  /** Mean complementarity, the distance from optimality per bound. */
  readonly gap: number;
}

export interface QuadraticProgramOptions {
  /** @default 60 */
  readonly maxIterations?: number;
  /** Mean complementarity, hard rows' residuals and relative stationarity below which the program counts as solved. @default 1e-8 */
  readonly tolerance?: number;
}

const LEAST_SLACK = 1; // of a hard bound at the start

/** Solves from `start`, shape (size). Always ends; deterministic. */
export function solveBandedQuadraticProgram(program: BandedQuadraticProgram, start: Float64Array, options: QuadraticProgramOptions = {}): QuadraticProgramSolution {
  const { maxIterations = 60, tolerance = 1e-8 } = options;
  const state = initialState(program, start);
  const { gapTerms } = state;
  for (let iterations = 0; ; iterations++) {
    const { gap, primal, stationary } = residuals(program, state);
    const found = (status: QuadraticProgramSolution['status']): QuadraticProgramSolution => ({ x: state.x, status, iterations, gap });
    if (gap !== gap || stationary !== stationary) return found('breakdown');
    if (gap <= tolerance && primal <= tolerance && (stationary <= tolerance || gap <= 1e-4 * tolerance)) return found('solved');
    if (iterations === maxIterations) return found('max-iterations');
    if (!factor(program, state)) return found('breakdown');
    state.correctionSlack.fill(0);
    state.correctionExcess.fill(0);
    direction(program, state, 0);
    const ratio = predictedGap(state, longestStep(state, 1)) / gapTerms / gap;
    direction(program, state, ratio * ratio * ratio * gap);
    advance(state, longestStep(state, 0.995));
  }
}

// One entry per finite bound: first the `elastic` of them with a finite price, then the hard ones.
interface State {
  readonly x: Float64Array;
  readonly count: number;
  readonly elastic: number;
  readonly gapTerms: number; // complementarity products: one per bound and one per elastic excess
  readonly row: Int32Array;
  readonly sign: Float64Array; // 1 for g x >= bound, -1 for g x <= bound
  readonly bound: Float64Array;
  readonly cost: Float64Array; // of the elastic bounds
  readonly slack: Float64Array; // > 0: inside by this much
  readonly dual: Float64Array; // > 0, of an elastic bound < cost
  readonly excess: Float64Array; // > 0, of elastic bounds: outside by this much at most
  readonly residual: Float64Array; // of sign (g x - bound) + excess - slack = 0
  readonly weight: Float64Array; // of the row's square in the Newton system
  readonly dx: Float64Array;
  readonly dSlack: Float64Array;
  readonly dDual: Float64Array;
  readonly dExcess: Float64Array;
  readonly correctionSlack: Float64Array;
  readonly correctionExcess: Float64Array;
  readonly linear: Float64Array;
  readonly stationarity: Float64Array;
  readonly magnitude: Float64Array; // of the terms that cancel in the stationarity
  readonly rowValue: Float64Array;
  readonly rowForce: Float64Array;
  readonly hessian: SymmetricBand;
  readonly band: SymmetricBand;
}

function initialState(program: BandedQuadraticProgram, start: Float64Array): State {
  const { size, bandwidth, squares, target, ranges, lower, upper, price } = program;
  let elastic = 0;
  let count = 0;
  for (let i = 0; i < ranges.count; i++) {
    const bounds = (lower[i] > -Infinity ? 1 : 0) + (upper[i] < Infinity ? 1 : 0);
    count += bounds;
    if (price[i] < Infinity) elastic += bounds;
  }
  const doubles = (length: number): Float64Array => new Float64Array(length);
  const state: State = {
    x: Float64Array.from(start), count, elastic, gapTerms: Math.max(1, count + elastic), row: new Int32Array(count), sign: doubles(count), bound: doubles(count), cost: doubles(elastic),
    slack: doubles(count), dual: doubles(count), excess: doubles(elastic), residual: doubles(count), weight: doubles(count), dx: doubles(size), dSlack: doubles(count), dDual: doubles(count),
    dExcess: doubles(elastic), correctionSlack: doubles(count), correctionExcess: doubles(elastic), linear: doubles(size), stationarity: doubles(size), magnitude: doubles(size),
    rowValue: doubles(ranges.count), rowForce: doubles(ranges.count), hessian: symmetricBand(size, bandwidth), band: symmetricBand(size, bandwidth),
  };
  for (let i = 0; i < squares.count; i++) {
    addOuterProduct(state.hessian, 1, squares.start[i], squares.coefficient, squares.offset[i], squares.offset[i + 1]);
    addRow(squares, i, -target[i], state.linear);
  }
  let soft = 0;
  let hard = elastic;
  let violation = 0; // elastic bounds only
  for (let i = 0; i < ranges.count; i++) {
    const value = rowProduct(ranges, i, state.x);
    for (let side = 1; side >= -1; side -= 2) {
      const bound = side > 0 ? lower[i] : upper[i];
      if (!Number.isFinite(bound)) continue;
      const k = price[i] < Infinity ? soft++ : hard++;
      state.row[k] = i;
      state.sign[k] = side;
      state.bound[k] = bound;
      state.residual[k] = side * (value - bound);
      if (k >= elastic) continue;
      state.cost[k] = price[i];
      violation += Math.max(-state.residual[k], 0);
    }
  }
  // All complementarity products start near one value, as large as the way to go: the central path is straight there.
  const distance = Math.max(1, violation / Math.max(1, elastic));
  for (let k = 0; k < count; k++) {
    const inside = state.residual[k];
    if (k < elastic) {
      state.excess[k] = Math.max(-inside, 0) + distance;
      state.slack[k] = inside + state.excess[k];
      state.dual[k] = (state.cost[k] * state.excess[k]) / (state.slack[k] + state.excess[k]); // slack dual = excess (cost - dual)
    } else {
      state.slack[k] = Math.max(inside, LEAST_SLACK);
      state.dual[k] = distance / state.slack[k];
    }
  }
  return state;
}

// What a row gives at x.
function rowProduct(rows: LocalRows, i: number, x: Float64Array): number {
  const { coefficient } = rows;
  let sum = 0;
  const from = rows.offset[i];
  const shift = rows.start[i] - from;
  for (let r = from, to = rows.offset[i + 1]; r < to; r++) sum += coefficient[r] * x[r + shift];
  return sum;
}

function addRow(rows: LocalRows, i: number, weight: number, out: Float64Array): void {
  const { coefficient } = rows;
  const from = rows.offset[i];
  const shift = rows.start[i] - from;
  for (let r = from, to = rows.offset[i + 1]; r < to; r++) out[r + shift] += weight * coefficient[r];
}

// Residuals of the optimality conditions, and the weights of the Newton system.
function residuals(program: BandedQuadraticProgram, state: State): { readonly gap: number; readonly primal: number; readonly stationary: number } {
  const { ranges, size } = program;
  const { x, count, elastic, row, sign, bound, cost, slack, dual, excess, residual, weight, linear, stationarity, magnitude, rowValue, rowForce } = state;
  multiplyBand(state.hessian, x, stationarity);
  for (let j = 0; j < size; j++) {
    magnitude[j] = Math.abs(stationarity[j]) + Math.abs(linear[j]);
    stationarity[j] += linear[j];
  }
  for (let i = 0; i < ranges.count; i++) rowValue[i] = rowProduct(ranges, i, x);
  rowForce.fill(0);
  let primal = 0;
  let gap = 0;
  for (let k = 0; k < count; k++) {
    let inside = sign[k] * (rowValue[row[k]] - bound[k]) - slack[k];
    let flexibility = slack[k] / dual[k];
    gap += slack[k] * dual[k];
    if (k < elastic) {
      const room = cost[k] - dual[k];
      inside += excess[k];
      flexibility += excess[k] / room;
      gap += excess[k] * room;
    }
    residual[k] = inside;
    weight[k] = 1 / flexibility;
    rowForce[row[k]] -= sign[k] * dual[k];
    const size = Math.abs(inside);
    if (size > primal) primal = size;
  }
  for (let i = 0; i < ranges.count; i++) {
    const force = rowForce[i];
    if (force === 0) continue;
    const from = ranges.offset[i];
    const shift = ranges.start[i] - from;
    for (let r = from, to = ranges.offset[i + 1]; r < to; r++) {
      const term = force * ranges.coefficient[r];
      stationarity[r + shift] += term;
      magnitude[r + shift] += Math.abs(term);
    }
  }
  let stationary = 0;
  for (let j = 0; j < size; j++) {
    const relative = Math.abs(stationarity[j]) / (1 + magnitude[j]);
    if (relative !== relative) return { gap: NaN, primal, stationary: NaN };
    if (relative > stationary) stationary = relative;
  }
  return { gap: gap / state.gapTerms, primal, stationary };
}

function factor(program: BandedQuadraticProgram, state: State): boolean {
  const { ranges } = program;
  const { count, row, weight, rowForce, band } = state;
  band.data.set(state.hessian.data);
  rowForce.fill(0);
  for (let k = 0; k < count; k++) rowForce[row[k]] += weight[k];
  for (let i = 0; i < ranges.count; i++) {
    if (rowForce[i] > 0) addOuterProduct(band, rowForce[i], ranges.start[i], ranges.coefficient, ranges.offset[i], ranges.offset[i + 1]);
  }
  return factorBand(band) >= 0;
}

/**
 * Newton's direction towards complementarity products `mu` less the corrections.
 *
 * Bound by bound, slack dual = mu and excess (cost - dual) = mu linearized give dSlack and dExcess in terms of dDual, and the row's equation gives
 * dDual = weight (-residual + a / dual - b / room - sign g dx) with a, b what the products lack; what is left is the banded system for dx.
 */
function direction(program: BandedQuadraticProgram, state: State, mu: number): void {
  const { ranges, size } = program;
  const { count, elastic, row, sign, cost, slack, dual, excess, residual, weight, dx, dSlack, dDual, dExcess, correctionSlack, correctionExcess, stationarity, rowValue, rowForce } = state;
  rowForce.fill(0);
  for (let k = 0; k < count; k++) {
    const lack = (mu - correctionSlack[k]) / dual[k] - slack[k];
    let force = lack - residual[k];
    dSlack[k] = lack;
    if (k < elastic) {
      const lackExcess = (mu - correctionExcess[k]) / (cost[k] - dual[k]) - excess[k];
      force -= lackExcess;
      dExcess[k] = lackExcess;
    }
    dDual[k] = force;
    rowForce[row[k]] += sign[k] * weight[k] * force;
  }
  for (let j = 0; j < size; j++) dx[j] = -stationarity[j];
  for (let i = 0; i < ranges.count; i++) if (rowForce[i] !== 0) addRow(ranges, i, rowForce[i], dx);
  solveBand(state.band, dx);
  for (let i = 0; i < ranges.count; i++) rowValue[i] = rowProduct(ranges, i, dx);
  for (let k = 0; k < count; k++) {
    const change = weight[k] * (dDual[k] - sign[k] * rowValue[row[k]]);
    dDual[k] = change;
    dSlack[k] -= (slack[k] / dual[k]) * change;
    if (k < elastic) dExcess[k] += (excess[k] / (cost[k] - dual[k])) * change;
  }
}

// The sum of complementarity products after a step, and the second-order terms for the corrector.
function predictedGap(state: State, length: number): number {
  const { count, elastic, cost, slack, dual, excess, dSlack, dDual, dExcess, correctionSlack, correctionExcess } = state;
  let sum = 0;
  for (let k = 0; k < count; k++) {
    sum += (slack[k] + length * dSlack[k]) * (dual[k] + length * dDual[k]);
    correctionSlack[k] = dSlack[k] * dDual[k];
    if (k < elastic) {
      sum += (excess[k] + length * dExcess[k]) * (cost[k] - dual[k] - length * dDual[k]);
      correctionExcess[k] = -dExcess[k] * dDual[k];
    }
  }
  return sum;
}

// The largest step <= 1 that goes at most the share `share` of the way to where a slack, dual or excess is 0.
function longestStep(state: State, share: number): number {
  const { count, elastic, cost, slack, dual, excess, dSlack, dDual, dExcess } = state;
  let rate = share; // the largest relative decrease
  for (let k = 0; k < count; k++) {
    const slackRate = -dSlack[k] / slack[k];
    if (slackRate > rate) rate = slackRate;
    const dualRate = -dDual[k] / dual[k];
    if (dualRate > rate) rate = dualRate;
    if (k < elastic) {
      const excessRate = -dExcess[k] / excess[k];
      if (excessRate > rate) rate = excessRate;
      const roomRate = dDual[k] / (cost[k] - dual[k]);
      if (roomRate > rate) rate = roomRate;
    }
  }
  return share / rate;
}

function advance(state: State, length: number): void {
  const { count, elastic, x, slack, dual, excess, dx, dSlack, dDual, dExcess } = state;
  for (let j = 0; j < x.length; j++) x[j] += length * dx[j];
  for (let k = 0; k < count; k++) {
    slack[k] += length * dSlack[k];
    dual[k] += length * dDual[k];
    if (k < elastic) excess[k] += length * dExcess[k];
  }
}

function multiplyBand(matrix: SymmetricBand, x: Float64Array, out: Float64Array): void {
  const { size: n, bandwidth: b, data } = matrix;
  out.fill(0);
  for (let i = 0; i < n; i++) {
    const row = i * (b + 1) + b - i;
    let sum = data[row + i] * x[i];
    for (let j = i > b ? i - b : 0; j < i; j++) {
      sum += data[row + j] * x[j];
      out[j] += data[row + j] * x[i];
    }
    out[i] += sum;
  }
}
