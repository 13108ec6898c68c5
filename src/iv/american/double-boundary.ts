/**
 * Two exercise boundaries: a put with yield < rate < 0 is exercised at once between a lower and an upper one, which may meet at some time to expiry.
 *
 * From above the upper boundary the spot price cannot pass the region without touching it, so above it the value is that of a put exercised
 * everywhere below, and the upper boundary solves the equation of a single one. From below likewise: the lower boundary is that of a put exercised
 * everywhere above. Each is thus solved for alone, up to the time to expiry at which they meet. Longer before expiry nothing is exercised: the
 * equations still have solutions for a while, without a meaning, and then none. Hence the horizon is extended step by step, with few nodes.
 *
 * @see Andersen and Lake (2021), "Fast American option pricing: the double-boundary case", Wilmott
 */
import { logBoundaryAtExpiry, perpetualLogBoundary, startingLogBoundary, startingLowerLogBoundary } from './boundary-limits.ts';
import type { BoundarySide, UnitPut } from './boundary-limits.ts';
import { exercisePremium, exerciseWorkspace, refineBoundary } from './exercise-boundary.ts';
import type { ExerciseWorkspace } from './exercise-boundary.ts';
import { barycentricRow } from './exercise-scheme.ts';
import type { ExerciseScheme } from './exercise-scheme.ts';

const UPPER = 1;
const LOWER = -1;

const COARSE_TOLERANCE = 1e-8;
/** Horizons tried at most; most contracts need one to five. */
const MAX_HORIZONS = 60;
// Shares of ln(q/r), the distance of the boundaries at expiry, that are left at the first horizon and before the last one.
const FIRST_APART = 0.4;
const NEARLY_MET = 0.1;
/** Where the slope of a boundary at its horizon is taken from, in roots of time. */
const SLOPE_FROM = 0.9;
// A first guess stays this far from the value at expiry: a step at most doubles the distance.
const SMALLEST_GAP = 1e-14;
/** A lower boundary that rises less than this stands for its end: prices see the square of the difference. Its integrals underflow at such low vols. */
const SMALLEST_RISE = 1e-7;

/** Tools for two boundaries, shared by many options. */
export interface DoubleBoundary {
  readonly upper: ExerciseWorkspace;
  readonly lower: ExerciseWorkspace;
  /** With few nodes; the same as `upper` and `lower` if these have no more. */
  readonly coarseUpper: ExerciseWorkspace;
  readonly coarseLower: ExerciseWorkspace;
  /** Scratch for one interpolation, and for values at all nodes. */
  readonly row: Float64Array;
  readonly values: Float64Array;
  /** The option, with a horizon for its time to expiry. */
  readonly part: { -readonly [K in keyof UnitPut]: UnitPut[K] };
  /** Longest time to expiry at which anything is exercised: that of the first nodes. */
  boundaryYears: number;
  /** Whether the boundaries meet by then. */
  met: boolean;
}

export function doubleBoundary(scheme: ExerciseScheme, coarse: ExerciseScheme): DoubleBoundary {
  const upper = exerciseWorkspace(scheme);
  const lower = exerciseWorkspace(scheme);
  const same = scheme === coarse;
  return {
    upper,
    lower,
    coarseUpper: same ? upper : exerciseWorkspace(coarse),
    coarseLower: same ? lower : exerciseWorkspace(coarse),
    row: new Float64Array(scheme.nodes + 1),
    values: new Float64Array(scheme.nodes + 1),
    part: { rate: 0, dividendYield: 0, annualizedVol: 0, expiryYears: 0 },
    boundaryYears: 0,
    met: false,
  };
}

/**
 * Fills `double` with both boundaries of a put with yield < rate < 0.
 *
 * @param tolerance - largest change of ln b in the last step
 * @returns false when one was not found
 */
export function solveDoubleBoundary(put: UnitPut, double: DoubleBoundary, tolerance: number): boolean {
  const { upper, lower, coarseUpper, part } = double;
  part.rate = put.rate;
  part.dividendYield = put.dividendYield;
  part.annualizedVol = put.annualizedVol;
  if (!extendHorizon(put.expiryYears, double)) return false;
  if (upper !== coarseUpper) {
    refineStart(double);
    if (!refineBoth(double, upper, lower, tolerance)) return false;
  }
  double.boundaryYears = part.expiryYears;
  double.met = part.expiryYears < put.expiryYears || upper.logBoundary[0] < lower.logBoundary[0];
  if (double.met) endWhereTheyMeet(put.expiryYears, double);
  return true;
}

/**
 * Price of the put over its strike, once `double` is filled, to rounding errors.
 *
 * @param logSpot - ln(spot / strike)
 * @param european - price over the strike without early exercise
 */
export function doubleBoundaryPrice(put: UnitPut, double: DoubleBoundary, logSpot: number, european: number): number {
  const { upper, lower, boundaryYears } = double;
  if (double.met) return european + exercisePremium(put, UPPER, upper, logSpot, boundaryYears) - exercisePremium(put, LOWER, lower, logSpot, boundaryYears);
  if (logSpot >= upper.logBoundary[0]) return european + exercisePremium(put, UPPER, upper, logSpot, boundaryYears);
  // Below the upper boundary its premium makes the European price the exercise value, from which the lower one takes a negative amount.
  const exercise = -Math.expm1(logSpot);
  return logSpot > lower.logBoundary[0] ? exercise : exercise - exercisePremium(put, LOWER, lower, logSpot, boundaryYears);
}

// Solves with few nodes up to `expiryYears`, or to about where the boundaries meet, which is left in part.expiryYears.
function extendHorizon(expiryYears: number, double: DoubleBoundary): boolean {
  const { coarseUpper, coarseLower, part } = double;
  const { nodes, nodeRoot } = coarseUpper.scheme;
  const lowest = logBoundaryAtExpiry(part, LOWER);
  const floor = perpetualLogBoundary(part, UPPER);
  const ceiling = perpetualLogBoundary(part, LOWER);
  const apart = floor > ceiling ? Math.min(FIRST_APART * -lowest, 0.9 * (floor - ceiling)) : FIRST_APART * -lowest;
  let years = expiryYears;
  while (startingLogBoundary(part, years, 0, floor) - startingLowerLogBoundary(part, years, lowest, ceiling) < apart) years *= 0.5;
  for (let i = 0; i < nodes; i++) {
    const nodeYears = years * nodeRoot[i] * nodeRoot[i];
    coarseUpper.logBoundary[i] = startingLogBoundary(part, nodeYears, 0, floor);
    coarseLower.logBoundary[i] = startingLowerLogBoundary(part, nodeYears, lowest, ceiling);
  }
  const wholeRoot = Math.sqrt(expiryYears);
  let root = Math.sqrt(years);
  for (let k = 0; k < MAX_HORIZONS; k++) {
    part.expiryYears = root === wholeRoot ? expiryYears : root * root;
    if (!refineBoth(double, coarseUpper, coarseLower, COARSE_TOLERANCE)) return false;
    const gap = coarseUpper.logBoundary[0] - coarseLower.logBoundary[0];
    if (root === wholeRoot || gap < 0) return true;
    const closing = (gapAt(double, coarseUpper, coarseLower, SLOPE_FROM) - gap) / (1 - SLOPE_FROM);
    const toGo = closing > 0 ? (gap / closing) * (gap > NEARLY_MET * -lowest ? 0.8 : 1.2) : Infinity;
    const ratio = Math.min(1 + toGo, 1.5, wholeRoot / root);
    root = root * ratio < wholeRoot ? root * ratio : wholeRoot;
    stretch(double, UPPER, coarseUpper, ratio, lowest);
    stretch(double, LOWER, coarseLower, ratio, lowest);
  }
  return false;
}

function refineBoth(double: DoubleBoundary, upper: ExerciseWorkspace, lower: ExerciseWorkspace, tolerance: number): boolean {
  const { part } = double;
  if (refineBoundary(part, UPPER, upper, tolerance) < 0) return false;
  const atExpiry = logBoundaryAtExpiry(part, LOWER);
  const perpetual = perpetualLogBoundary(part, LOWER);
  if (perpetual - atExpiry > SMALLEST_RISE) return refineBoundary(part, LOWER, lower, tolerance) > 0;
  lower.logBoundary.fill(perpetual, 0, lower.scheme.nodes).fill(atExpiry, lower.scheme.nodes);
  lower.squared.fill((perpetual - atExpiry) * (perpetual - atExpiry), 0, lower.scheme.nodes).fill(0, lower.scheme.nodes);
  return true;
}

// ln b at x = sqrt(time to expiry / horizon), at most 1: many nodes do not extrapolate.
function logBoundaryAt(double: DoubleBoundary, side: BoundarySide, workspace: ExerciseWorkspace, x: number): number {
  const { scheme, squared } = workspace;
  const row = double.row.subarray(0, scheme.nodes + 1);
  barycentricRow(scheme.nodeRoot, x, row);
  let h = 0;
  for (let j = 0; j < scheme.nodes; j++) h += row[j] * squared[j];
  return logBoundaryAtExpiry(double.part, side) - side * (h > 0 ? Math.sqrt(h) : 0);
}

function gapAt(double: DoubleBoundary, upper: ExerciseWorkspace, lower: ExerciseWorkspace, x: number): number {
  return logBoundaryAt(double, UPPER, upper, x) - logBoundaryAt(double, LOWER, lower, x);
}

// A guess at the nodes of a longer horizon: beyond the old one in a straight line in the root of time.
function stretch(double: DoubleBoundary, side: BoundarySide, workspace: ExerciseWorkspace, ratio: number, lowest: number): void {
  const { logBoundary, scheme } = workspace;
  const { values } = double;
  const edge = logBoundary[0];
  const slope = (edge - logBoundaryAt(double, side, workspace, SLOPE_FROM)) / (1 - SLOPE_FROM);
  for (let i = 0; i < scheme.nodes; i++) {
    const x = scheme.nodeRoot[i] * ratio;
    values[i] = x <= 1 ? logBoundaryAt(double, side, workspace, x) : edge + slope * (x - 1);
  }
  for (let i = 0; i < scheme.nodes; i++) logBoundary[i] = Math.min(-SMALLEST_GAP, Math.max(lowest + SMALLEST_GAP, values[i]));
}

// From few nodes to many. Near expiry, where the upper boundary is steepest, the first guess times a factor is better than its interpolation.
function refineStart(double: DoubleBoundary): void {
  const { upper, lower, coarseUpper, coarseLower, part } = double;
  const { nodes, nodeRoot } = upper.scheme;
  const floor = perpetualLogBoundary(part, UPPER);
  const last = coarseUpper.scheme.nodes - 2;
  const steep = coarseUpper.scheme.nodeRoot[last];
  const factor = coarseUpper.logBoundary[last] / startingLogBoundary(part, part.expiryYears * steep * steep, 0, floor);
  for (let i = 0; i < nodes; i++) {
    const x = nodeRoot[i];
    upper.logBoundary[i] = x < steep ? factor * startingLogBoundary(part, part.expiryYears * x * x, 0, floor) : logBoundaryAt(double, UPPER, coarseUpper, x);
    lower.logBoundary[i] = logBoundaryAt(double, LOWER, coarseLower, x);
  }
}

// Moves the first nodes to where the boundaries meet, by the secant method. The premium is of second order in what is left.
function endWhereTheyMeet(expiryYears: number, double: DoubleBoundary): void {
  const { upper, lower, part } = double;
  let x = 1;
  let gap = upper.logBoundary[0] - lower.logBoundary[0];
  let before = 0.98;
  let gapBefore = gapAt(double, upper, lower, before);
  for (let k = 0; k < 20 && gap !== gapBefore && Math.abs(x - before) > 1e-10; k++) {
    const next = x - (gap * (x - before)) / (gap - gapBefore);
    before = x;
    gapBefore = gap;
    x = next;
    gap = gapAt(double, upper, lower, x);
  }
  double.boundaryYears = Math.min(expiryYears, part.expiryYears * x * x);
  const ratio = Math.sqrt(double.boundaryYears / part.expiryYears);
  moveNodes(double, UPPER, upper, ratio);
  moveNodes(double, LOWER, lower, ratio);
}

// The same polynomials, by their values at the nodes of another horizon.
function moveNodes(double: DoubleBoundary, side: BoundarySide, workspace: ExerciseWorkspace, ratio: number): void {
  const { logBoundary, scheme, squared } = workspace;
  const atExpiry = logBoundaryAtExpiry(double.part, side);
  for (let i = 0; i < scheme.nodes; i++) logBoundary[i] = logBoundaryAt(double, side, workspace, scheme.nodeRoot[i] * ratio);
  for (let i = 0; i < scheme.nodes; i++) squared[i] = (logBoundary[i] - atExpiry) * (logBoundary[i] - atExpiry);
}
