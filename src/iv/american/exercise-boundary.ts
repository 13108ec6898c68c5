/**
 * Early exercise of a put with strike 1: the boundary below which it is exercised at once, and what the right is worth.
 *
 * @see Andersen, Lake and Offengenden (2016), "High-performance American option pricing", eq. 2.8 (premium), 3.7 (fixed point B)
 */
import { cdfOf } from '../black/black-terms.ts';
import { logBoundaryAtExpiry, perpetualLogBoundary, startingLogBoundary } from './boundary-limits.ts';
import type { BoundarySide, UnitPut } from './boundary-limits.ts';
import type { ExerciseScheme } from './exercise-scheme.ts';

const INV_SQRT_TWO_PI = 0.3989422804014327;
/** Newton steps at most; sane contracts need four to six. */
const MAX_STEPS = 40;
/** Shares of the first guess of ln b: with hardly any rate and a negative yield Newton's method is lost from too low a boundary. */
const STARTS = [1, 0.3, 0.1];

/** What a solver needs between options of one scheme: no allocation per option. */
export interface ExerciseWorkspace {
  readonly scheme: ExerciseScheme;
  /** ln(boundary) at the nodes, latest first; the last is that of an option about to expire. */
  readonly logBoundary: Float64Array;
  /** ln^2(boundary / its value at expiry), which is smooth in sqrt(time). */
  readonly squared: Float64Array;
  /** ln(boundary) of the step before, to go back to half way, shape (nodes). */
  readonly previous: Float64Array;
  /** Jacobian of the equations at the nodes with their residuals as last column, shape (nodes * (nodes + 1)). */
  readonly system: Float64Array;
  /** Weights of the quadrature points in N and D, with exp(ru) and exp(qu), shape (nodes * points). */
  readonly weightN: Float64Array;
  readonly weightD: Float64Array;
  /** Derivatives of N and D at the quadrature points of one node, shape (points). */
  readonly slopeN: Float64Array;
  readonly slopeD: Float64Array;
}

export function exerciseWorkspace(scheme: ExerciseScheme): ExerciseWorkspace {
  const { nodes, points } = scheme;
  return {
    scheme,
    logBoundary: new Float64Array(nodes + 1),
    squared: new Float64Array(nodes + 1),
    previous: new Float64Array(nodes),
    system: new Float64Array(nodes * (nodes + 1)),
    weightN: new Float64Array(nodes * points),
    weightD: new Float64Array(nodes * points),
    slopeN: new Float64Array(points),
    slopeD: new Float64Array(points),
  };
}

function phi(z: number): number {
  return INV_SQRT_TWO_PI * Math.exp(-0.5 * z * z);
}

/**
 * Fills the workspace with the boundary of a put with rate > 0, or rate = 0 > yield.
 *
 * @param tolerance - largest change of ln b in the last step
 * @returns the steps taken, or -1 when the last still changed more
 */
export function solveBoundary(put: UnitPut, workspace: ExerciseWorkspace, tolerance: number): number {
  const { logBoundary, scheme } = workspace;
  const atExpiry = logBoundaryAtExpiry(put, 1);
  const perpetual = perpetualLogBoundary(put, 1);
  for (const share of STARTS) {
    for (let i = 0; i < scheme.nodes; i++) logBoundary[i] = atExpiry + share * (startingLogBoundary(put, put.expiryYears * scheme.nodeRoot[i] * scheme.nodeRoot[i], atExpiry, perpetual) - atExpiry);
    const steps = refineBoundary(put, 1, workspace, tolerance);
    if (steps > 0) return steps;
  }
  return -1;
}

/**
 * Solves for a boundary from a first guess of ln b at the nodes beside expiry, with `expiryYears` the time at the first node.
 *
 * With b the boundary over the strike: b(t) = exp(-(r-q) t) N / D, N = Phi(d-) + r int exp(ru) Phi(d-) du, D likewise with q and d+. For the lower
 * one of two boundaries N = r int exp(ru) Phi(-d-) du, D likewise. The logarithm of this equation at all nodes at once is solved by Newton's method
 * with the exact Jacobian: the fixed point of the paper gains a digit or two per round, Newton doubles them, for twice the work.
 *
 * @returns as {@link solveBoundary}
 */
export function refineBoundary(put: UnitPut, side: BoundarySide, workspace: ExerciseWorkspace, tolerance: number): number {
  const { scheme, logBoundary, previous, squared, system } = workspace;
  const { nodes } = scheme;
  const top = logBoundaryAtExpiry(put, side);
  const furthest = side * (perpetualLogBoundary(put, side) - top);
  logBoundary[nodes] = top;
  for (let i = 0; i <= nodes; i++) squared[i] = (logBoundary[i] - top) * (logBoundary[i] - top);
  fillWeights(workspace.weightN, scheme, put.rate, put.expiryYears);
  fillWeights(workspace.weightD, scheme, put.dividendYield, put.expiryYears);
  for (let step = 1; step <= MAX_STEPS; step++) {
    for (let i = 0; i < nodes; i++) fillEquation(put, side, workspace, i, top);
    // With a negative yield D is negative for a boundary that is too low.
    const astray = step > 1 && !isDefined(system, nodes);
    if (!astray) solveInPlace(system, nodes);
    let change = 0;
    for (let i = 0; i < nodes; i++) {
      const gap = side * (logBoundary[i] - top);
      const wanted = astray ? 0.5 * (gap + side * (previous[i] - top)) : Math.min(0.5 * gap, Math.max(2 * gap, gap - side * system[i * (nodes + 1) + nodes]));
      const moved = Math.max(furthest, wanted);
      change = Math.max(change, Math.abs(moved - gap));
      if (!astray) previous[i] = logBoundary[i];
      logBoundary[i] = top + side * moved;
      squared[i] = moved * moved;
    }
    if (!(change > tolerance)) return change === change ? step : -1;
  }
  return -1;
}

function isDefined(system: Float64Array, nodes: number): boolean {
  for (let i = 0; i < nodes; i++) if (!Number.isFinite(system[i * (nodes + 1) + nodes])) return false;
  return true;
}

// rate exp(rate u) du at every point.
function fillWeights(out: Float64Array, scheme: ExerciseScheme, rate: number, expiryYears: number): void {
  const { nodes, points, nodeRoot, remainingRoot, weight } = scheme;
  if (rate === 0) {
    out.fill(0);
    return;
  }
  for (let i = 0; i < nodes; i++) {
    const carried = rate * expiryYears * nodeRoot[i] * nodeRoot[i];
    for (let k = 0; k < points; k++) {
      const c = remainingRoot[k];
      out[i * points + k] = 2 * carried * weight[k] * c * Math.exp(carried * (1 - c * c));
    }
  }
}

// Row i of the system: derivatives of ln b + (r-q) t + ln(D / N) at node i by ln b at every node, and that residual.
function fillEquation(put: UnitPut, side: BoundarySide, workspace: ExerciseWorkspace, i: number, top: number): void {
  const { rate, dividendYield, annualizedVol } = put;
  const { scheme, logBoundary, squared, system, weightN, weightD, slopeN, slopeD } = workspace;
  const { points, nodes, remainingRoot, interpolation } = scheme;
  const rootYears = Math.sqrt(put.expiryYears) * scheme.nodeRoot[i];
  const years = rootYears * rootYears;
  const carry = rate - dividendYield;
  const here = logBoundary[i];
  const wholeVol = annualizedVol * rootYears;
  const wholeCentre = (here + carry * years) / wholeVol;
  const phiLower = side < 0 ? 0 : phi(wholeCentre - 0.5 * wholeVol);
  const phiUpper = side < 0 ? 0 : phi(wholeCentre + 0.5 * wholeVol);
  let n = side < 0 ? 0 : cdfOf(wholeCentre - 0.5 * wholeVol, phiLower);
  let d = side < 0 ? 0 : cdfOf(wholeCentre + 0.5 * wholeVol, phiUpper);
  let ownN = phiLower / wholeVol;
  let ownD = phiUpper / wholeVol;
  for (let k = 0; k < points; k++) {
    const c = remainingRoot[k];
    const row = (i * points + k) * (nodes + 1);
    let h = 0;
    for (let j = 0; j < nodes; j++) h += interpolation[row + j] * squared[j];
    const root = h > 0 ? Math.sqrt(h) : 0;
    const s = wholeVol * c;
    const remaining = years * c * c;
    const centre = (here - top + side * root + carry * remaining) / s;
    // d sqrt(h) / d ln b_j = interpolation_j (ln b_j - top) / sqrt(h)
    const scale = root > 0 ? 1 / root : 0;
    const growthN = weightN[i * points + k];
    const growthD = weightD[i * points + k];
    if (growthN !== 0) {
      const density = phi(centre - 0.5 * s);
      const slope = (growthN * density) / s;
      n += growthN * cdfOf(side * (centre - 0.5 * s), density);
      ownN += side * slope;
      slopeN[k] = slope * scale;
    }
    if (growthD !== 0) {
      const density = phi(centre + 0.5 * s);
      const slope = (growthD * density) / s;
      d += growthD * cdfOf(side * (centre + 0.5 * s), density);
      ownD += side * slope;
      slopeD[k] = slope * scale;
    }
  }
  const out = i * (nodes + 1);
  for (let j = 0; j < nodes; j++) system[out + j] = 0;
  for (let k = 0; k < points; k++) {
    const row = (i * points + k) * (nodes + 1);
    const slope = (dividendYield === 0 ? 0 : slopeD[k] / d) - (rate === 0 ? 0 : slopeN[k] / n);
    for (let j = 0; j < nodes; j++) system[out + j] += slope * interpolation[row + j];
  }
  for (let j = 0; j < nodes; j++) system[out + j] *= logBoundary[j] - top;
  system[out + i] += 1 + ownD / d - ownN / n;
  system[out + nodes] = here + carry * years + Math.log(d / n);
}

// Gaussian elimination with partial pivoting of n equations, the right-hand side as last column, which becomes the solution.
function solveInPlace(a: Float64Array, n: number): void {
  const width = n + 1;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) if (Math.abs(a[i * width + column]) > Math.abs(a[pivot * width + column])) pivot = i;
    for (let j = column; j < width; j++) {
      const swapped = a[column * width + j];
      a[column * width + j] = a[pivot * width + j];
      a[pivot * width + j] = swapped;
    }
    for (let i = column + 1; i < n; i++) {
      const factor = a[i * width + column] / a[column * width + column];
      for (let j = column + 1; j < width; j++) a[i * width + j] -= factor * a[column * width + j];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    let value = a[i * width + n];
    for (let j = i + 1; j < n; j++) value -= a[i * width + j] * a[j * width + n];
    a[i * width + n] = value / a[i * width + i];
  }
}

/**
 * Value of the right to exercise early below a boundary, at a spot price (in units of the strike) not below it, once the workspace is filled.
 *
 * The integral over time of r exp(-r s) Phi(-d-) - q S exp(-q s) Phi(-d+), with s the time from now and the boundary then.
 *
 * @param boundaryYears - longest time to expiry with a boundary, that of the first node; `put.expiryYears` as a rule
 */
export function exercisePremium(put: UnitPut, side: BoundarySide, workspace: ExerciseWorkspace, logSpot: number, boundaryYears: number): number {
  const { rate, dividendYield, annualizedVol } = put;
  const { points, nodes, remainingRoot, weight, interpolation } = workspace.scheme;
  const { squared } = workspace;
  const top = logBoundaryAtExpiry(put, side);
  const spot = Math.exp(logSpot);
  const before = put.expiryYears - boundaryYears;
  let sum = 0;
  for (let k = 0; k < points; k++) {
    const c = remainingRoot[k];
    const row = k * (nodes + 1);
    let h = 0;
    for (let j = 0; j < nodes; j++) h += interpolation[row + j] * squared[j];
    const years = before + boundaryYears * c * c;
    const s = annualizedVol * Math.sqrt(years);
    const centre = (logSpot - top + (h > 0 ? side * Math.sqrt(h) : 0) + (rate - dividendYield) * years) / s;
    const lower = 0.5 * s - centre;
    const upper = -0.5 * s - centre;
    sum += weight[k] * c * (rate * Math.exp(-rate * years) * cdfOf(lower, phi(lower)) - dividendYield * spot * Math.exp(-dividendYield * years) * cdfOf(upper, phi(upper)));
  }
  return 2 * boundaryYears * sum;
}
