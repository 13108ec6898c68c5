/**
 * Out-of-the-money prices of the strikes of one expiry on one side of the forward, for parameters that come once.
 *
 * The strikes share a curve, its nodes and the characteristic function; nothing is tabled (price-grid.ts does that, for the
 * many parameters of a calibration). One x' = ln(F / K) goes into the shared factor, the one whose exp(i zeta x') falls least along the curve: where the
 * shared factor is small, all integrands are. The other strikes multiply it by exp(i zeta (x - x')).
 *
 * Every second and every fourth node make the trapezoidal rules of steps 2h and 4h. With errors C g^(1/h) their differences, relative to
 * sums of moduli and at their largest over the strikes, are C g^(1/4h) and C g^(1/2h); C g^(1/h) follows, or more where the decay is faster.
 */
import { expColumns } from './complex-columns.ts';
import { chooseTilt, type Curve, curveAt, distanceOf, fillNodes, LOWEST_POSITION, sharedPosition } from './contour.ts';
import { KERNEL_SCRATCH } from './kernel.ts';
import { logCharacteristicColumns } from './kernel-columns.ts';
import { logCharacteristicGradient } from './kernel-gradient.ts';
import { nodeColumns, type NodeColumns, weighTerms } from './node-columns.ts';
import { expectedTotalVariance } from './parameters.ts';

/** Strikes in, prices out. */
export interface StrikeColumns {
  /** ln(F / K), the first `count` entries: all >= 0 (puts) or all < 0 (calls). */
  readonly x: Float64Array;
  /** Price / (discount sqrt(F K)). */
  readonly price: Float64Array;
  /** Estimated absolute error of it. */
  readonly error: Float64Array;
  /** d price / d (v0, kappa, theta, sigma, rho), shape (strikes, 5); null unless wanted. */
  readonly slopes: Float64Array | null;
}

const FIRST_NODES = 128;
const MOST_NODES = 4096;
const BLOCK = 8;
// Terms end after two in a row below this share of the tolerance, relative to the first.
const CUT = 1e-3;
const SAFETY = 4;
// Half-widths of the strip below this have no shared curve.
const NARROW = 0.05;
// Digits beyond the tolerance, so that prices far out, which are small beside their integrands, mostly need no second attempt.
const SPARE = 1.15;

/** Room for the nodes of a curve, made larger as needed and used for one curve after another. */
export interface NodeRoom {
  columns: NodeColumns;
}

export function nodeRoom(capacity: number = FIRST_NODES): NodeRoom {
  return { columns: nodeColumns(capacity) };
}

/**
 * Fills prices, errors and slopes for p of `hestonVector` with some variance, unchecked.
 *
 * Errors above `tolerance` times the price lead to one more attempt with half the step; after that they stay. They are Infinity where no
 * curve suits all strikes: the caller integrates such strikes alone.
 */
export function integrateStrikes(p: Float64Array, T: number, tolerance: number, count: number, strikes: StrikeColumns, room: NodeRoom): void {
  const { x } = strikes;
  let xLow = x[0];
  let xHigh = x[0];
  for (let i = 1; i < count; i++) {
    xLow = Math.min(xLow, x[i]);
    xHigh = Math.max(xHigh, x[i]);
  }
  const side = xHigh >= 0 ? 1 : -1;
  const position = sharedPosition(p, T, side, 0.5 * Math.abs(xLow + xHigh));
  const tilt = new Float64Array(2);
  chooseTilt(p, T, expectedTotalVariance(p, T), xLow, xHigh, tilt);
  // A strip so narrow wants a thousand nodes, and the differences tell nothing: weak parts of the error decay much more slowly than the rest.
  if (p[5] === 0 && tilt[1] < NARROW) {
    strikes.error.fill(Infinity, 0, count);
    return;
  }
  const curve = curveAt(position < LOWEST_POSITION ? 0 : side, distanceOf(position), tilt[0]);
  const shared = curve.sine >= 0 ? xLow : xHigh;
  const digits = SPARE * (1 - Math.log(tolerance));
  let h = (2 * Math.PI * tilt[1]) / (p[5] > 0 ? 2 * digits : digits); // half a step does not square the error of jumps
  for (let attempt = 0; attempt < 2; attempt++) {
    let length = fillShared(curve, h, T, p, shared, CUT * tolerance, room.columns);
    while (length < 0) {
      const capacity = 2 * room.columns.nodeRe.length;
      if (capacity > MOST_NODES) {
        strikes.error.fill(Infinity, 0, count);
        return;
      }
      room.columns = nodeRoom(capacity).columns;
      length = fillShared(curve, h, T, p, shared, CUT * tolerance, room.columns);
    }
    const nodes = room.columns;
    const factor = sumPrices(curve, h, length, p[5] > 0, tolerance, count, shared, strikes, nodes);
    if (factor === 1 || attempt === 1) {
      if (strikes.slopes !== null) sumSlopes(h, length, T, p, count, shared, strikes, nodes);
      return;
    }
    h *= factor;
  }
}

// The shared factor at all nodes that count, and zeros up to a multiple of 4; -1 when there are too many.
function fillShared(curve: Curve, h: number, T: number, p: Float64Array, shared: number, cutShare: number, nodes: NodeColumns): number {
  const { nodeRe, nodeIm, kernel } = nodes;
  const { re, im, jumps } = kernel;
  let cut = 0;
  let small = 0;
  for (let from = 0; from < nodeRe.length; from += BLOCK) {
    const to = from + BLOCK;
    fillNodes(curve, 0, h, from, to, nodes);
    logCharacteristicColumns(nodeRe, nodeIm, from, to, T, p, kernel);
    weighTerms(nodes, from, to, shared, 0);
    for (let j = from; j < to; j++) {
      let bound = Math.abs(re[j]) + Math.abs(im[j]);
      // The jumps' factor swings up to its value on the axis again and again: that value bounds it.
      if (p[5] > 0) bound *= Math.exp(jumps[0] - jumps[j]);
      if (j === 0) cut = bound * cutShare;
      small = bound < cut ? small + 1 : 0;
      if (small === 2) {
        const length = j + 1 + ((3 - j) & 3);
        re.fill(0, j + 1, length);
        im.fill(0, j + 1, length);
        return length;
      }
    }
  }
  return -1;
}

function fillOwn(length: number, difference: number, { nodeRe, nodeIm, ownRe, ownIm }: NodeColumns): void {
  for (let j = 0; j < length; j++) {
    ownRe[j] = -nodeIm[j] * difference;
    ownIm[j] = nodeRe[j] * difference;
  }
  expColumns(ownRe, ownIm, 0, length);
}

// 1 when all errors are within the tolerance of their prices, else the factor of the step at which they should be.
function sumPrices(curve: Curve, h: number, length: number, hasJumps: boolean, tolerance: number, count: number, shared: number, strikes: StrikeColumns, nodes: NodeColumns): number {
  const { x, price, error } = strikes;
  const { ownRe, ownIm } = nodes;
  const { re, im } = nodes.kernel;
  let coarse = 0;
  let fine = 0;
  for (let i = 0; i < count; i++) {
    fillOwn(length, x[i] - shared, nodes);
    let fourth = 0;
    let second = 0;
    let odd = 0;
    let scale = 0;
    for (let j = 0; j < length; j += 4) {
      const a = ownRe[j] * re[j] - ownIm[j] * im[j];
      const b = ownRe[j + 1] * re[j + 1] - ownIm[j + 1] * im[j + 1];
      const c = ownRe[j + 2] * re[j + 2] - ownIm[j + 2] * im[j + 2];
      const d = ownRe[j + 3] * re[j + 3] - ownIm[j + 3] * im[j + 3];
      fourth += a;
      second += c;
      odd += b + d;
      scale += Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(d);
    }
    price[i] = h * (fourth + second + odd);
    error[i] = h * scale;
    fine = Math.max(fine, Math.abs(odd - fourth - second) / scale);
    coarse = Math.max(coarse, 2 * Math.abs(second - fourth) / scale);
  }
  // A difference may be small by accident: it counts as no smaller than the square of the one before.
  const difference = Math.max(fine, coarse * coarse);
  const ratio = difference / coarse;
  const share = (hasJumps ? fine : Math.min(difference, SAFETY * difference * Math.max(difference, ratio * ratio))) + CUT * tolerance;
  let least = Infinity;
  for (let i = 0; i < count; i++) {
    error[i] *= share + 2e-15 + 3e-16 * Math.abs(curve.axis * x[i]);
    if (curve.side === 0) price[i] += Math.exp(-0.5 * Math.abs(x[i]));
    least = Math.min(least, (tolerance * price[i]) / error[i]);
  }
  if (least >= 1) return 1;
  return least > 0 && share < 0.1 ? Math.max(0.5, Math.log(share) / Math.log(0.3 * share * least)) : 0.5;
}

// Derivatives of ln phi times the shared factor, one after another in place of the weights.
function sumSlopes(h: number, length: number, T: number, p: Float64Array, count: number, shared: number, strikes: StrikeColumns, nodes: NodeColumns): void {
  const { nodeRe, nodeIm, kernel, ownRe, ownIm } = nodes;
  const slopes = strikes.slopes as Float64Array;
  const out = new Float64Array(KERNEL_SCRATCH);
  const products = new Float64Array(10 * length);
  for (let j = 0; j < length; j++) {
    logCharacteristicGradient(nodeRe[j], nodeIm[j], T, p, out);
    for (let k = 0; k < 10; k += 2) {
      products[10 * j + k] = h * (kernel.re[j] * out[k + 2] - kernel.im[j] * out[k + 3]);
      products[10 * j + k + 1] = h * (kernel.re[j] * out[k + 3] + kernel.im[j] * out[k + 2]);
    }
  }
  for (let i = 0; i < count; i++) {
    fillOwn(length, strikes.x[i] - shared, nodes);
    slopes.fill(0, 5 * i, 5 * i + 5);
    for (let j = 0; j < length; j++) {
      for (let k = 0; k < 5; k++) slopes[5 * i + k] += ownRe[j] * products[10 * j + 2 * k] - ownIm[j] * products[10 * j + 2 * k + 1];
    }
  }
}
