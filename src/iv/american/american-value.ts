/** American options in cells: which regime of rates they are in, and their value there. */
import { ANNUALIZED_VOL, EXPIRY_YEARS, fillBlackTerms, INTRINSIC, RATE, SIGN, STRIKE, TIME_VALUE, UNDERLYING, YIELD } from '../black/black-terms.ts';
import { ROW_EXPIRED, ROW_OK, ROW_ZERO_VOL } from '../black/columns.ts';
import { logBoundaryAtExpiry } from './boundary-limits.ts';
import type { UnitPut } from './boundary-limits.ts';
import { doubleBoundary, doubleBoundaryPrice, solveDoubleBoundary } from './double-boundary.ts';
import type { DoubleBoundary } from './double-boundary.ts';
import { exercisePremium, exerciseWorkspace, solveBoundary } from './exercise-boundary.ts';
import type { ExerciseWorkspace } from './exercise-boundary.ts';
import { exerciseScheme } from './exercise-scheme.ts';
import type { ExerciseScheme } from './exercise-scheme.ts';

/**
 * How finely boundaries are resolved. Error of the price over the strike, measured for vols of 5 % to 80 % and 1 week to 10 years, one boundary or two:
 * `'accurate'` 1e-12 as a rule and 1e-7 at worst (ten years at 5 %), `'fast'` 1e-9 and 1e-5.
 */
export type ExerciseAccuracy = 'fast' | 'accurate';

/** Tools shared by many options of one accuracy. */
export interface AmericanSolver {
  readonly workspace: ExerciseWorkspace;
  readonly tolerance: number;
  readonly put: { -readonly [K in keyof UnitPut]: UnitPut[K] };
  /** Made for the first option with two boundaries. */
  double: DoubleBoundary | null;
}

const SIZES: Readonly<Record<ExerciseAccuracy, readonly [nodes: number, points: number, tolerance: number]>> = { fast: [10, 24, 1e-8], accurate: [24, 48, 1e-12] };

// Made when first used, then never changed.
const SCHEMES: Partial<Record<ExerciseAccuracy, ExerciseScheme>> = {};

export function americanSolver(accuracy: ExerciseAccuracy): AmericanSolver {
  return { workspace: exerciseWorkspace(schemeOf(accuracy)), tolerance: SIZES[accuracy][2], put: { rate: 0, dividendYield: 0, annualizedVol: 0, expiryYears: 0 }, double: null };
}

function schemeOf(accuracy: ExerciseAccuracy): ExerciseScheme {
  const scheme = SCHEMES[accuracy] ?? exerciseScheme(SIZES[accuracy][0], SIZES[accuracy][1]);
  SCHEMES[accuracy] = scheme;
  return scheme;
}

// Below this vol sqrt(T) the option is priced as if its vol were zero: it is worth no more than this share of its strike beyond that.
const SMALLEST_TOTAL_VOL = 1e-7;

const NEGLIGIBLE_INTEREST = 1e-14;

export const AMERICAN_NOT_CONVERGED = 5;

// Results of valueAmerican.
export const PRICE = 0;
export const EUROPEAN_PRICE = 1;
export const CRITICAL_SPOT = 2; // exercise at once from it downwards (put) or upwards (call); 0 or Infinity: not now
export const FAR_CRITICAL_SPOT = 3; // and up to here: 0 or Infinity but for two boundaries
export const VALUE_LENGTH = 4;

/**
 * Fills `out` for a cell whose inputs are in range and returns its row status.
 *
 * A call is a put by the symmetry C(S, K, r, q) = P(K, S, q, r). In terms of the put: with r <= 0 and q >= r it is never exercised early; with
 * q < r < 0 the exercise region has a lower boundary too; otherwise there is one boundary.
 *
 * @see McDonald and Schroder (1998), "A parity result for American options"; Andersen and Lake (2021), "Fast American option pricing: the double-boundary case"
 */
export function valueAmerican(cell: Float64Array, solver: AmericanSolver, out: Float64Array): number {
  const { workspace, put } = solver;
  const call = cell[SIGN] > 0;
  const spot = cell[UNDERLYING];
  const strike = cell[STRIKE];
  const exercise = Math.max(0, call ? spot - strike : strike - spot);
  put.rate = call ? cell[YIELD] : cell[RATE];
  put.dividendYield = call ? cell[RATE] : cell[YIELD];
  put.expiryYears = cell[EXPIRY_YEARS];
  put.annualizedVol = cell[ANNUALIZED_VOL];
  if (put.expiryYears === 0) {
    out[PRICE] = out[EUROPEAN_PRICE] = exercise;
    out[CRITICAL_SPOT] = strike;
    out[FAR_CRITICAL_SPOT] = call ? Infinity : 0;
    return ROW_EXPIRED;
  }
  fillBlackTerms(cell);
  const european = cell[INTRINSIC] + cell[TIME_VALUE];
  out[EUROPEAN_PRICE] = out[PRICE] = european;
  out[CRITICAL_SPOT] = out[FAR_CRITICAL_SPOT] = call ? Infinity : 0;
  const status = put.annualizedVol === 0 ? ROW_ZERO_VOL : ROW_OK;
  // Exercise gains at most the interest on the strike and what a negative yield takes from the spot price.
  if (put.dividendYield * put.expiryYears >= Math.min(-NEGLIGIBLE_INTEREST, put.rate * put.expiryYears) && put.rate * put.expiryYears <= NEGLIGIBLE_INTEREST) {
    out[PRICE] = Math.max(european, exercise); // no less by rounding either
    return status;
  }
  if (put.rate * put.expiryYears > -NEGLIGIBLE_INTEREST && put.rate < 0) put.rate = 0;
  const two = put.rate < 0;
  if (two && interestToGain(put) <= NEGLIGIBLE_INTEREST) {
    out[PRICE] = Math.max(european, exercise);
    return status;
  }
  if (put.annualizedVol * Math.sqrt(put.expiryYears) < SMALLEST_TOTAL_VOL) {
    fillCriticalSpots(out, call, strike, logBoundaryAtExpiry(put, 1), two ? logBoundaryAtExpiry(put, -1) : -Infinity);
    out[PRICE] = Math.max(european, exercise, certainValue(put, call ? spot : strike, call ? strike : spot));
    return status;
  }
  const logSpot = call ? Math.log(strike / spot) : Math.log(spot / strike);
  const scale = call ? spot : strike;
  if (two) {
    solver.double ??= doubleBoundary(workspace.scheme, schemeOf('fast'));
    if (!solveDoubleBoundary(put, solver.double, solver.tolerance)) return notConverged(out);
    const { met, upper, lower } = solver.double;
    if (!met) fillCriticalSpots(out, call, strike, upper.logBoundary[0], lower.logBoundary[0]);
    const inside = !met && logSpot > lower.logBoundary[0] && logSpot < upper.logBoundary[0];
    out[PRICE] = inside ? exercise : Math.max(european, exercise, scale * doubleBoundaryPrice(put, solver.double, logSpot, european / scale));
    return status;
  }
  if (solveBoundary(put, workspace, solver.tolerance) < 0) return notConverged(out);
  fillCriticalSpots(out, call, strike, workspace.logBoundary[0], -Infinity);
  out[PRICE] = logSpot <= workspace.logBoundary[0] ? exercise : Math.max(exercise, european + Math.max(0, scale * exercisePremium(put, 1, workspace, logSpot, put.expiryYears)));
  return status;
}

function notConverged(out: Float64Array): number {
  out[PRICE] = out[CRITICAL_SPOT] = out[FAR_CRITICAL_SPOT] = NaN;
  return AMERICAN_NOT_CONVERGED;
}

function fillCriticalSpots(out: Float64Array, call: boolean, strike: number, near: number, far: number): void {
  out[CRITICAL_SPOT] = call ? strike / Math.exp(near) : strike * Math.exp(near);
  out[FAR_CRITICAL_SPOT] = call ? strike / Math.exp(far) : strike * Math.exp(far);
}

// Two boundaries: at most the difference of the rates is gained, and only until the spot price has had the time to cross from one to the other.
function interestToGain(put: UnitPut): number {
  const apart = -logBoundaryAtExpiry(put, -1) / put.annualizedVol;
  return (put.rate - put.dividendYield) * Math.min(put.expiryYears, apart * apart);
}

// The best time to exercise when nothing is random: now, at expiry (the European price), or where the gain from waiting stops.
function certainValue(put: UnitPut, strike: number, spot: number): number {
  const { rate, dividendYield, expiryYears } = put;
  if (!(rate * dividendYield > 0) || rate === dividendYield) return 0;
  const years = Math.log((dividendYield * spot) / (rate * strike)) / (dividendYield - rate);
  return years > 0 && years < expiryYears ? strike * Math.exp(-rate * years) - spot * Math.exp(-dividendYield * years) : 0;
}
