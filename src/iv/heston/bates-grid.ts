/**
 * Bates prices of a fixed set of strikes and expiries for many parameters, with derivatives in all eight: the engine of calibrations with jumps.
 *
 * As in price-grid.ts, one characteristic function per expiry and side of the forward serves all its strikes, and out-of-the-money options are
 * integrated directly; the curves are those of bates-curve.ts. These are chosen by a model of the integrand, which narrow jumps over a slow
 * diffusion can escape: the rule of twice the step tells, and options that no step suits are integrated by themselves.
 */
import { type BatesCurve, chooseCurve, type CurveTarget } from './bates-curve.ts';
import { type CurveTable, curveTable, extendKernel, extendNodes, reachOf } from './bates-table.ts';
import { integrateOtm, JUMP_SUMS } from './jump-mixture.ts';
import { KERNEL_SCRATCH } from './kernel.ts';
import { jumpCharacteristicGradient, logCharacteristicGradient } from './kernel-gradient.ts';
import { expectedTotalVariance, VECTOR_LENGTH } from './parameters.ts';

/** Number of parameters. */
const P = 8;
/** Doubles per node: phi and its derivatives. */
const WIDTH = 2 * (P + 1);
/** Where the jumps' part is in the scratch array. */
const JUMPS = KERNEL_SCRATCH;
const MOST_NODES = 2048;
// A calibration visits a few dozen curves; more are dropped rather than kept.
const MOST_TABLES = 16;
// The error of step h is about the square of the difference of the rules of h and 2h, as a share of the largest term; jumps make it larger.
// A tenth of the root of the tolerance is allowed, and this at least; else the step is halved, a few times.
const LEAST_DIFFERENCE = 1e-6;
const MOST_HALVINGS = 2;
const HALVING = 4; // of BatesCurve.step
// Kernels made in one go by `prepare`: some 5 ms.
const MOST_AT_ONCE = 60_000;

interface StrikeGroup extends CurveTarget {
  /** Positions in the vector of prices. */
  readonly rows: Int32Array;
  /** ln(F / K) of each. */
  readonly x: Float64Array;
  readonly tables: Map<number, CurveTable>;
}

export interface BatesGrid {
  /**
   * Fills `prices`, shape (n), with out-of-the-money prices / (discount sqrt(F K)) at the eight parameters of `batesVector`, unchecked; `gradient`, null or shape
   * (n, 8), with their derivatives; `scale`, shape (n), with the largest term of each sum: errors are the tolerance times this.
   */
  evaluate(vector: Float64Array, prices: Float64Array, gradient: Float64Array | null, scale: Float64Array): void;
  /** Makes the tables for an evaluation at `vector` of some groups of strikes from `first` on; the group to go on with, or -1 at the end. */
  prepare(vector: Float64Array, first: number): number;
}

/**
 * Prepares the engine.
 *
 * @param tolerance - aimed error relative to the largest term of an option's sum
 */
export function createBatesGrid(expiryYears: readonly number[], logMoneyness: readonly ArrayLike<number>[], tolerance: number): BatesGrid {
  const groups: StrikeGroup[] = [];
  let first = 0;
  expiryYears.forEach((T, e) => {
    const k = logMoneyness[e];
    for (const side of [1, -1]) {
      const own = Array.from({ length: k.length }, (_, i) => i).filter((i) => side > 0 === k[i] <= 0);
      if (own.length === 0) continue;
      const x = Float64Array.from(own, (i) => -k[i]);
      groups.push({ expiryYears: T, side, rows: Int32Array.from(own, (i) => first + i), x, xLow: x.reduce((a, b) => Math.min(a, b)), xHigh: x.reduce((a, b) => Math.max(a, b)), tables: new Map() });
    }
    first += k.length;
  });
  const p = new Float64Array(VECTOR_LENGTH);
  const diffusion = new Float64Array(VECTOR_LENGTH);
  const curve: BatesCurve = { side: 0, position: 0, tilt: 0, step: 0 };
  const out = new Float64Array(KERNEL_SCRATCH + 9);
  const digits = 1 - Math.log(tolerance);
  const mostDifference = Math.max(LEAST_DIFFERENCE, 0.1 * Math.sqrt(tolerance));
  let values = new Float64Array(WIDTH * 128);
  let nodes = 0;

  // phi and its products with the derivatives of its logarithm at the nodes that count; their number.
  const fillValues = (group: StrikeGroup, table: CurveTable): number => {
    const T = group.expiryYears;
    let cut = 0;
    let axisJumps = 0;
    let small = 0;
    for (let j = 0; j < MOST_NODES; j++) {
      if (j === table.nodeCount) extendNodes(table, 2 * j);
      if (values.length < WIDTH * (j + 1)) {
        const longer = new Float64Array(2 * values.length);
        longer.set(values);
        values = longer;
      }
      const re = table.nodeRe[j];
      const im = table.nodeIm[j];
      logCharacteristicGradient(re, im, T, diffusion, out);
      jumpCharacteristicGradient(re, im, T, p, out, JUMPS);
      const size = Math.exp(out[0] + out[JUMPS]);
      const angle = out[1] + out[JUMPS + 1];
      const fr = size * Math.cos(angle);
      const fi = size * Math.sin(angle);
      const at = WIDTH * j;
      values[at] = fr;
      values[at + 1] = fi;
      for (let k = 2; k < 12; k += 2) {
        values[at + k] = fr * out[k] - fi * out[k + 1];
        values[at + k + 1] = fr * out[k + 1] + fi * out[k];
      }
      for (let k = 2; k < 8; k += 2) {
        values[at + 10 + k] = fr * out[JUMPS + k] - fi * out[JUMPS + k + 1];
        values[at + 11 + k] = fr * out[JUMPS + k + 1] + fi * out[JUMPS + k];
      }
      if (j === 0) {
        cut = size * tolerance * 0.01;
        axisJumps = out[JUMPS + 8];
      }
      // The jumps' factor swings up to its modulus again and again.
      const bound = size * Math.exp(Math.max(out[JUMPS + 8], axisJumps) - out[JUMPS] + jumpDrift(im, T));
      small = bound * reachOf(table, j, group.xLow, group.xHigh) < cut ? small + 1 : 0;
      if (small === 2) return j + 1;
    }
    return MOST_NODES;
  };
  // The part of the jumps' exponent that does not swing.
  const jumpDrift = (im: number, T: number): number => -p[5] * T * (1 + (0.5 - im) * Math.expm1(p[6] + 0.5 * p[7] * p[7]));

  // The table of the group's curve, with `values` filled and kernels for their nodes; the nodes' number is left in `nodes`.
  const tableOf = (group: StrikeGroup): CurveTable => {
    const { tables } = group;
    const key = ((curve.position + 64) * 64 + (curve.tilt + 32)) * 256 + (curve.step + 64);
    let table = tables.get(key);
    if (table === undefined) {
      if (tables.size >= MOST_TABLES) tables.clear();
      table = curveTable(curve);
      tables.set(key, table);
    }
    nodes = fillValues(group, table);
    extendKernel(table, group.x, nodes);
    return table;
  };
  const evaluateGroup = (group: StrikeGroup, prices: Float64Array, gradient: Float64Array | null, scale: Float64Array): void => {
    const { rows, x } = group;
    if (!(expectedTotalVariance(p, group.expiryYears) > 0)) {
      for (const row of rows) {
        prices[row] = 0;
        scale[row] = 0;
        gradient?.fill(0, P * row, P * row + P);
      }
      return;
    }
    chooseCurve(group, p, digits, curve);
    for (let halvings = 0; halvings <= MOST_HALVINGS; halvings++) {
      if (sumGroup(group, prices, gradient, scale)) return;
      curve.step += HALVING;
    }
    for (let i = 0; i < rows.length; i++) integrateAlone(group.expiryYears, x[i], rows[i], prices, gradient, scale);
  };
  // Whether the step is fine enough for all strikes.
  const sumGroup = (group: StrikeGroup, prices: Float64Array, gradient: Float64Array | null, scale: Float64Array): boolean => {
    const { rows, x } = group;
    const { kernel, stride, side } = tableOf(group);
    const size = Math.abs(values[0]) + Math.abs(values[1]);
    let isFine = nodes < MOST_NODES;
    for (let i = 0; i < rows.length && isFine; i++) {
      const row = rows[i];
      const at = 2 * stride * i;
      scale[row] = 2 * size * (Math.abs(kernel[at]) + Math.abs(kernel[at + 1]));
      isFine = Math.abs(differenceOf(kernel, at, values, nodes)) <= mostDifference * scale[row];
      prices[row] = gradient === null ? priceOf(kernel, at, values, nodes) : slopesOf(kernel, at, values, nodes, gradient, P * row);
      if (side === 0) prices[row] += Math.exp(-0.5 * Math.abs(x[i]));
    }
    return isFine;
  };
  const integrateAlone = (T: number, x: number, row: number, prices: Float64Array, gradient: Float64Array | null, scale: Float64Array): void => {
    const { sums } = integrateOtm(p, T, x, tolerance, gradient !== null);
    prices[row] = sums[0];
    scale[row] = sums[0];
    if (gradient === null) return;
    for (let j = 0; j < P; j++) gradient[P * row + j] = j < 5 ? sums[1 + j] : p[5] > 0 ? sums[JUMP_SUMS + j - 5] : 0;
  };
  const setVector = (vector: Float64Array): void => {
    p.set(vector.subarray(0, P));
    diffusion.set(vector.subarray(0, 5));
  };

  return {
    evaluate(vector, prices, gradient, scale) {
      setVector(vector);
      for (let g = 0; g < groups.length; g++) evaluateGroup(groups[g], prices, gradient, scale);
    },
    prepare(vector, first) {
      setVector(vector);
      let made = 0;
      for (let g = first; g < groups.length; g++) {
        if (made > MOST_AT_ONCE) return g;
        if (!(expectedTotalVariance(p, groups[g].expiryYears) > 0)) continue;
        chooseCurve(groups[g], p, digits, curve);
        tableOf(groups[g]);
        made += nodes * groups[g].rows.length;
      }
      return -1;
    },
  };
}

// Of the rules of h and 2h.
function differenceOf(kernel: Float64Array, at: number, values: Float64Array, nodes: number): number {
  let difference = 0;
  for (let j = 0, v = 0; j < nodes; j++, at += 2, v += WIDTH) difference = kernel[at] * values[v] - kernel[at + 1] * values[v + 1] - difference;
  return difference;
}

function priceOf(kernel: Float64Array, at: number, values: Float64Array, nodes: number): number {
  let price = 0;
  for (let j = 0, v = 0; j < nodes; j++, at += 2, v += WIDTH) price += kernel[at] * values[v] - kernel[at + 1] * values[v + 1];
  return price;
}

function slopesOf(kernel: Float64Array, at: number, values: Float64Array, nodes: number, gradient: Float64Array, g: number): number {
  let price = 0;
  let d0 = 0;
  let d1 = 0;
  let d2 = 0;
  let d3 = 0;
  let d4 = 0;
  let d5 = 0;
  let d6 = 0;
  let d7 = 0;
  for (let j = 0, v = 0; j < nodes; j++, at += 2, v += WIDTH) {
    const tr = kernel[at];
    const ti = kernel[at + 1];
    price += tr * values[v] - ti * values[v + 1];
    d0 += tr * values[v + 2] - ti * values[v + 3];
    d1 += tr * values[v + 4] - ti * values[v + 5];
    d2 += tr * values[v + 6] - ti * values[v + 7];
    d3 += tr * values[v + 8] - ti * values[v + 9];
    d4 += tr * values[v + 10] - ti * values[v + 11];
    d5 += tr * values[v + 12] - ti * values[v + 13];
    d6 += tr * values[v + 14] - ti * values[v + 15];
    d7 += tr * values[v + 16] - ti * values[v + 17];
  }
  gradient[g] = d0;
  gradient[g + 1] = d1;
  gradient[g + 2] = d2;
  gradient[g + 3] = d3;
  gradient[g + 4] = d4;
  gradient[g + 5] = d5;
  gradient[g + 6] = d6;
  gradient[g + 7] = d7;
  return price;
}
