/**
 * One expiry's price spline through its quotes, above the expiry before: a convex quadratic program in the option values at the nodes.
 *
 * Unknown are the out-of-the-money values V_j of the linear spline at the nodes. A quote sees about ten of them: with T_j(K) the time value of an option
 * struck at K on the lognormal factor around node j, its price is V interpolated at K plus sum_j p_j T_j(K), and p_j are second differences of V. The cost is
 * - for each quote its distance outside the inner 90 % of bid to ask, in half spreads, and half a hundredth of the squared distance from the mid; where only
 *   a mid is quoted, half the squared distance from it in units of the tolerance;
 * - the squared second differences of ln p_j, linearized around the smooth start: 0 for straight tails beyond the quotes;
 * - where a later expiry's asks allow less, ten times the relative distance above them;
 * - next to nothing for leaving the start where all of these are silent;
 * and the constraints are p_j > 0 and V_j at least the option value of the expiry before, which is always attainable.
 */
import { normalizedBlack } from '../black/normalized-black.ts';
import { solveBandedQuadraticProgram } from './banded-quadratic-program.ts';
import type { BandedQuadraticProgram, QuadraticProgramSolution } from './banded-quadratic-program.ts';
import { LocalRowBuilder } from './local-rows.ts';
import { fixMassAndMean, nodeProbabilities, nodeValues } from './node-grid.ts';
import type { NodeGrid } from './node-grid.ts';
import { startingProbabilities } from './starting-density.ts';
import type { UsableQuotes } from './usable-quotes.ts';

const REACH = 6.5; // kernel deviations beyond which a node adds less than 1e-11 to a quote's price
const INNER_SHARE = 0.9; // of the half spread, free of cost: a quote on this edge is inside for sure
const FINEST_SPREAD = 1e-4; // of the price at the start, so that a quote far below it does not dwarf all others
const MID_WEIGHT = 0.01;
const CAP_PRICE = 10; // per relative excess over a later ask: 10 % weigh like one half spread
const CAP_SHARE = 0.98;
const LOWEST_CAP = 1e-2; // of the start: a cap below that asks for no less
const LEAST_SHARE = 0.01; // of its smooth probability that a node keeps
const START_MARGIN = 0.01; // over the expiry before, so that the start is inside
const CALENDAR_MARGIN = 1e-9; // relative, so that rounding cannot undo the order
const ROOT_ANCHOR = Math.sqrt(3e-4); // keeps values that nothing else determines near the start; doubling one costs 1.5e-4 half spreads
const TOLERANCE = 1e-5; // per quote, in half spreads

export interface SliceProgram {
  readonly grid: NodeGrid;
  readonly kernelVariance: number;
  readonly quotes: UsableQuotes;
  /** Option values of the expiry before at the nodes, 0 where there is none; undefined for the first expiry. */
  readonly floor: Float64Array | undefined;
  /** Probabilities at the nodes of the expiry before, smoothly carried over to this grid; with `floor`. */
  readonly floorProbability: Float64Array | undefined;
  /** Out-of-the-money prices over the forward that later asks allow at the nodes, Infinity where none does. */
  readonly cap: Float64Array;
  readonly roughnessWeight: number;
}

export interface SliceSolution {
  readonly probability: Float64Array;
  readonly status: QuadraticProgramSolution['status'];
  readonly iterations: number;
}

/** Solves the program. The result is free of arbitrage whatever the status. */
export function solveSlice(program: SliceProgram): SliceSolution {
  const { grid, floor } = program;
  const { start, smooth } = feasibleStart(program);
  const fallback = nodeProbabilities(grid, start).map((p) => Math.max(p, 0));
  const scale = start.map((value) => Math.max(value, 1e-290));
  const { x, status, iterations } = solveBandedQuadraticProgram(quadraticProgram(program, scale, start, smooth), new Float64Array(scale.length - 2).fill(1), { tolerance: TOLERANCE });
  return { probability: x.every(Number.isFinite) ? repaired(grid, scaled(x, scale), fallback, floor) : repaired(grid, start, fallback, floor), status, iterations };
}

// Option values with 0 at the ends from the scaled unknowns.
function scaled(unknowns: Float64Array, scale: Float64Array): Float64Array {
  const values = new Float64Array(scale.length);
  for (let j = 0; j < unknowns.length; j++) values[j + 1] = unknowns[j] * scale[j + 1];
  return values;
}

// Smooth probabilities, and the larger of their option values and the expiry before: a maximum of convex functions, so convex itself.
function feasibleStart({ grid, quotes, floor, floorProbability }: SliceProgram): { readonly start: Float64Array; readonly smooth: Float64Array } {
  const smooth = startingProbabilities(grid, quotes, floor, floorProbability);
  const start = nodeValues(grid, smooth);
  if (floor !== undefined) {
    // Scaled values have the centre's probability less the margin times its complement, which must stay positive.
    const margin = 1 + Math.min(START_MARGIN, 0.5 * Math.max(0, nodeProbabilities(grid, floor)[grid.centre]));
    for (let j = 0; j < start.length; j++) start[j] = Math.max(start[j], margin * floor[j]);
  }
  return { start, smooth: smooth.map((p) => Math.max(p, 1e-290)) };
}

interface Rows {
  readonly squares: LocalRowBuilder;
  readonly target: number[];
  readonly ranges: LocalRowBuilder;
  readonly lower: number[];
  readonly upper: number[];
  readonly price: number[];
}

function quadraticProgram(program: SliceProgram, scale: Float64Array, start: Float64Array, smooth: Float64Array): BandedQuadraticProgram {
  const n = scale.length;
  const count = program.quotes.logMoneyness.length;
  const rows: Rows = { squares: new LocalRowBuilder(count + 2 * n, 14 * count + 6 * n), target: [], ranges: new LocalRowBuilder(count + 3 * n, 14 * count + 5 * n), lower: [], upper: [], price: [] };
  addQuotes(rows, program, scale);
  addBounds(rows, program, scale, start, smooth);
  addRoughness(rows, program, scale, smooth);
  const { squares, ranges } = rows;
  return {
    size: n - 2, bandwidth: Math.max(squares.longest(), ranges.longest()) - 1, squares: squares.done(), target: Float64Array.from(rows.target),
    ranges: ranges.done(), lower: Float64Array.from(rows.lower), upper: Float64Array.from(rows.upper), price: Float64Array.from(rows.price),
  };
}

/** A row that is a price at `logMoneyness` as a function of the unknowns; returns its constant part. */
function pricePart(program: SliceProgram, logMoneyness: number, scale: Float64Array, out: Float64Array): { readonly first: number; readonly last: number; readonly constant: number } {
  const { logMoneyness: nodes, moneyness, spacing, left, right, centre } = program.grid;
  const n = nodes.length;
  const sigma = Math.sqrt(program.kernelVariance);
  const from = Math.max(0, Math.ceil((logMoneyness - REACH * sigma - nodes[0]) / spacing));
  const to = Math.min(n - 1, Math.floor((logMoneyness + REACH * sigma - nodes[0]) / spacing));
  const cell = Math.min(n - 2, Math.max(0, Math.floor((logMoneyness - nodes[0]) / spacing)));
  const first = Math.max(1, Math.min(from - 1, cell));
  const last = Math.min(n - 2, Math.max(to + 1, cell + 1));
  for (let j = first; j <= last; j++) out[j] = 0;
  const strike = Math.exp(logMoneyness);
  const share = (strike - moneyness[cell]) / (moneyness[cell + 1] - moneyness[cell]);
  if (cell >= first) out[cell] += 1 - share;
  if (cell + 1 <= last) out[cell + 1] += share;
  let constant = 0;
  for (let j = from; j <= to; j++) {
    const value = Math.sqrt(moneyness[j] * strike) * normalizedBlack(-Math.abs(logMoneyness - nodes[j]), sigma);
    if (j === centre) constant = value;
    if (j >= first && j <= last) out[j] -= value * (left[j] + right[j]);
    if (j > first) out[j - 1] += value * left[j];
    if (j < last) out[j + 1] += value * right[j];
  }
  for (let j = first; j <= last; j++) out[j] *= scale[j];
  return { first, last, constant };
}

function addQuotes({ squares, target, ranges, lower, upper, price }: Rows, program: SliceProgram, scale: Float64Array): void {
  const { quotes, grid } = program;
  const n = scale.length;
  const row = new Float64Array(n);
  for (let q = 0; q < quotes.logMoneyness.length; q++) {
    const k = quotes.logMoneyness[q];
    if (!(k > grid.logMoneyness[0] && k < grid.logMoneyness[n - 1])) continue;
    const { first, last, constant } = pricePart(program, k, scale, row);
    let atStart = constant;
    for (let j = first; j <= last; j++) atStart += row[j];
    const half = quotes.half[q];
    const unit = 1 / Math.max(half, FINEST_SPREAD * atStart);
    const mid = quotes.mid[q];
    const hasBid = quotes.bid[q] > 0;
    const hasAsk = quotes.ask[q] > 0;
    if (mid > 0) {
      const rootWeight = hasBid || hasAsk ? Math.sqrt(MID_WEIGHT) : 1;
      squares.open(first - 1);
      for (let j = first; j <= last; j++) squares.push(rootWeight * unit * row[j]);
      target.push(rootWeight * unit * (mid - constant));
    }
    if (!hasBid && !hasAsk) continue;
    ranges.open(first - 1);
    for (let j = first; j <= last; j++) ranges.push(unit * row[j]);
    // Between bid and ask, or within the tolerance around their middle where that is wider, less a margin at the edges.
    const inset = (1 - INNER_SHARE) * half;
    const middle = hasBid && hasAsk ? 0.5 * (quotes.bid[q] + quotes.ask[q]) : NaN;
    lower.push(hasBid ? ((hasAsk ? Math.min(quotes.bid[q] + inset, middle - INNER_SHARE * half) : quotes.bid[q] + inset) - constant) * unit : -Infinity);
    upper.push(hasAsk ? ((hasBid ? Math.max(quotes.ask[q] - inset, middle + INNER_SHARE * half) : quotes.ask[q] - inset) - constant) * unit : Infinity);
    price.push(1);
  }
}

function addBounds({ squares, target, ranges, lower, upper, price }: Rows, program: SliceProgram, scale: Float64Array, start: Float64Array, smooth: Float64Array): void {
  const { floor, cap, grid } = program;
  const { left, right, centre } = grid;
  const n = scale.length;
  for (let j = 1; j < n - 1; j++) {
    squares.open(j - 1);
    squares.push(ROOT_ANCHOR);
    target.push(ROOT_ANCHOR);
    if (cap[j] < Infinity) {
      // The kernel adds to the spline's value what it adds at the start.
      const allowed = (CAP_SHARE * cap[j] * start[j]) / (start[j] + kernelTimeValue(program, smooth, j));
      const bound = Math.max(allowed, LOWEST_CAP * start[j]);
      if (bound > 0) {
        ranges.open(j - 1);
        ranges.push(scale[j] / bound);
        lower.push(-Infinity);
        upper.push(1);
        price.push(CAP_PRICE);
      }
    }
    if (floor !== undefined && floor[j] > 0) {
      ranges.open(j - 1);
      ranges.push(1);
      lower.push((floor[j] / scale[j]) * (1 + CALENDAR_MARGIN));
      upper.push(Infinity);
      price.push(Infinity);
    }
  }
  for (let j = 0; j < n; j++) {
    // Probability j over its smooth value.
    ranges.open(Math.max(1, j - 1) - 1);
    if (j > 1) ranges.push((left[j] * scale[j - 1]) / smooth[j]);
    if (j > 0 && j < n - 1) ranges.push((-(left[j] + right[j]) * scale[j]) / smooth[j]);
    if (j < n - 2) ranges.push((right[j] * scale[j + 1]) / smooth[j]);
    lower.push(LEAST_SHARE - (j === centre ? 1 / smooth[j] : 0));
    upper.push(Infinity);
    price.push(Infinity);
  }
}

// sum_i p_i T_i at node j.
function kernelTimeValue(program: SliceProgram, probability: Float64Array, j: number): number {
  const { moneyness, logMoneyness, spacing } = program.grid;
  const sigma = Math.sqrt(program.kernelVariance);
  const reach = Math.floor((REACH * sigma) / spacing);
  let sum = 0;
  for (let i = Math.max(0, j - reach); i <= Math.min(moneyness.length - 1, j + reach); i++) {
    sum += probability[i] * Math.sqrt(moneyness[i] * moneyness[j]) * normalizedBlack(-Math.abs(logMoneyness[i] - logMoneyness[j]), sigma);
  }
  return sum;
}

// Second differences of ln p_j ~ ln q_j + p_j / q_j - 1 around the smooth probabilities q_j.
function addRoughness({ squares, target }: Rows, program: SliceProgram, scale: Float64Array, smooth: Float64Array): void {
  const { left, right, centre } = program.grid;
  const n = scale.length;
  const rootWeight = Math.sqrt(program.roughnessWeight);
  const coefficients = new Float64Array(5); // of V_(j-2) .. V_(j+2)
  for (let j = 1; j < n - 1; j++) {
    coefficients.fill(0);
    let constant = 0;
    for (let i = j - 1; i <= j + 1; i++) {
      const weight = (i === j ? -2 : 1) / smooth[i];
      const at = i - j + 2;
      if (i > 0) coefficients[at - 1] += weight * left[i] * scale[i - 1];
      coefficients[at] -= weight * (left[i] + right[i]) * scale[i];
      if (i < n - 1) coefficients[at + 1] += weight * right[i] * scale[i + 1];
      constant += (i === j ? -2 : 1) * Math.log(smooth[i]) + (i === centre ? weight : 0);
    }
    const first = Math.max(1, j - 2);
    squares.open(first - 1);
    for (let c = first; c <= Math.min(n - 2, j + 2); c++) squares.push(rootWeight * coefficients[c - j + 2]);
    target.push(-rootWeight * constant);
  }
}

/**
 * Probabilities that hold all constraints in floating point: of the program's solution, moved towards the start by no more than rounding and an
 * unfinished program make necessary.
 */
export function repaired(grid: NodeGrid, values: Float64Array, start: Float64Array, floor: Float64Array | undefined): Float64Array {
  const n = values.length;
  const solution = nodeProbabilities(grid, values);
  let share = 0;
  const towards = nodeValues(grid, start);
  for (let j = 0; j < n; j++) {
    if (!(solution[j] >= 0)) share = Math.max(share, solution[j] < 0 ? solution[j] / (solution[j] - start[j]) : 1);
    const bound = floor === undefined ? 0 : floor[j] * (1 + 0.5 * CALENDAR_MARGIN);
    if (!(values[j] >= bound)) share = Math.max(share, values[j] < bound ? (bound - values[j]) / (towards[j] - values[j]) : 1);
  }
  share = share === 0 ? 0 : Math.min(1, 1.001 * share + 1e-15);
  const mixed = solution.map((p, j) => (share < 1 ? Math.max(0, (1 - share) * p + share * start[j]) : start[j]));
  fixMassAndMean(grid, mixed);
  if (share === 1 || floor === undefined) return mixed;
  const check = nodeValues(grid, mixed);
  if (check.every((value, j) => value >= floor[j])) return mixed;
  const safe = Float64Array.from(start);
  fixMassAndMean(grid, safe);
  return safe;
}
