/** An SVI fit moved to where it has no arbitrage: penalties at the exact minima, then a guarantee. */
import type { LeastSquaresSolver } from '../../core/levenberg-marquardt.ts';
import { isSviButterflyFree, sviG, sviGMinima } from './svi-butterfly.ts';
import { sviCalendar, sviCalendarMinima } from './svi-calendar.ts';
import { sviFromCoordinates, sviSystem, type SviData, type SviPenalties } from './svi-system.ts';
import { uncheckedSviSmile, type SviSmile } from './svi.ts';

export interface SviConstraint {
  /** Whether Durrleman's g must be nowhere negative. */
  readonly isButterflyFree: boolean;
  /** The fit must lie nowhere below it. */
  readonly above: SviSmile | null;
  /** False: butterflies are only penalised. */
  readonly isGuaranteed: boolean;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly lossScale: number;
  readonly solver: LeastSquaresSolver;
}

export interface ConstrainedPoint {
  readonly point: Float64Array;
  readonly iterations: number;
  readonly evaluations: number;
  readonly converged: boolean;
  /** `inactive`: the start already obeyed; `active`: penalties sufficed; `lifted`: total variance was raised at last. */
  readonly outcome: 'inactive' | 'active' | 'lifted';
  /** How far total variance was raised. */
  readonly lift: number;
}

const ROUNDS = 12;
const G_TARGET = 1e-5;
const FLOOR_TARGET = 1e-7; // share of the slice below
// Knots in standard deviations of the smile; the exact minima found in each round come on top.
const KNOTS = [-25, -12, -7, -4.5, -3, -2, -1.4, -0.9, -0.5, -0.2, 0, 0.2, 0.5, 0.9, 1.4, 2, 3, 4.5, 7, 12, 25];

/**
 * The nearest point of the search that obeys the constraint.
 *
 * One-sided penalties with shifted targets (the method of multipliers), so that weights stay moderate; after each round the points where g or the
 * gap to the slice below is smallest on the whole line are added (an exchange method for infinitely many constraints). What the
 * penalties leave is removed by raising total variance by a constant: slopes keep to their boxes, so a large enough lift always obeys, and the
 * smallest one is found by bisection with the exact tests.
 *
 * @see Bertsekas (1982), "Constrained optimization and Lagrange multiplier methods", section 3; Hettich and Kortanek (1993) on exchange methods
 */
export function constrainSvi(data: SviData, start: Float64Array, constraint: SviConstraint): ConstrainedPoint {
  const { above, lower, upper, solver, lossScale } = constraint;
  let point = start;
  let iterations = 0;
  let evaluations = 0;
  let converged = true;
  if (obeys(point, constraint)) return { point, iterations, evaluations, converged, outcome: 'inactive', lift: 0 };

  const deviation = Math.sqrt(Math.max(start[0], middleVariance(data)));
  const gAt = constraint.isButterflyFree ? KNOTS.map((knot) => knot * deviation) : [];
  const floorAt = above === null ? [] : KNOTS.map((knot) => knot * deviation);
  const gShift = gAt.map(() => 0);
  const floorShift = floorAt.map(() => 0);
  let total = 0;
  for (let i = 0; i < data.weight.length; i++) total += data.weight[i] * data.weight[i];
  total = Math.sqrt(total);
  let stiffness = 1;
  const rounds = constraint.isGuaranteed || above !== null ? ROUNDS : 3;
  for (let round = 0; round < rounds; round++) {
    const smile = sviFromCoordinates(point);
    if (constraint.isButterflyFree) addPlaces(gAt, gShift, sviGMinima(smile, G_TARGET), smile.sigma);
    if (above !== null) addPlaces(floorAt, floorShift, sviCalendarMinima(above, smile, 0), smile.sigma);
    const penalties: SviPenalties = {
      gAt: Float64Array.from(gAt),
      gTarget: Float64Array.from(gShift, (shift) => G_TARGET + shift),
      gWeight: 0.3 * deviation * total * stiffness / Math.sqrt(data.expiryYears),
      floorAt: Float64Array.from(floorAt),
      floorTarget: Float64Array.from(floorAt, (k, j) => (1 + FLOOR_TARGET) * varianceAt(above!, k) + floorShift[j]),
      floorWeight: total * stiffness,
    };
    const fit = solver(sviSystem(data, lossScale, penalties), { initial: point, lower, upper, maxIterations: 30, costTolerance: 1e-8 });
    iterations += fit.iterations;
    evaluations += fit.evaluations;
    converged = fit.converged || fit.reason === 'no-improvement';
    point = fit.parameters;
    if (obeys(point, constraint)) return { point, iterations, evaluations, converged, outcome: 'active', lift: 0 };
    const next = sviFromCoordinates(point);
    const growth = round < 4 ? 2 : 3;
    for (let j = 0; j < gAt.length; j++) gShift[j] = Math.max(0, gShift[j] + G_TARGET - sviG(next, gAt[j])) / (growth * growth);
    for (let j = 0; j < floorAt.length; j++) {
      const floor = (1 + FLOOR_TARGET) * varianceAt(above!, floorAt[j]);
      floorShift[j] = Math.max(0, floorShift[j] + floor - varianceAt(next, floorAt[j])) / (growth * growth);
    }
    stiffness *= growth;
  }
  if (!constraint.isGuaranteed && above === null) return { point, iterations, evaluations, converged, outcome: 'active', lift: 0 };
  const lifted = liftUntil(point, constraint);
  return { point: lifted ?? point, iterations, evaluations, converged: converged && lifted !== null, outcome: 'lifted', lift: lifted === null ? NaN : lifted[0] - point[0] };
}

/** Whether the slice at a point obeys the constraint, by the exact tests. */
function obeys(point: Float64Array, { isButterflyFree, isGuaranteed, above }: SviConstraint): boolean {
  const smile = sviFromCoordinates(point);
  if (isButterflyFree && (isGuaranteed || above === null) && !isSviButterflyFree(smile)) return false;
  return above === null || sviCalendar(above, smile).isCalendarFree;
}

// The smallest constant on total variance with which the point obeys; null where none does, as with a slope at Lee's bound.
function liftUntil(point: Float64Array, constraint: SviConstraint): Float64Array | null {
  const trial = point.slice();
  let low = 0;
  let high = 1e-9 * point[0];
  for (;;) {
    trial[0] = point[0] + high;
    if (obeys(trial, constraint)) break;
    if (high > 1e3) return null;
    low = high;
    high *= 4;
  }
  for (let i = 0; i < 30 && high - low > 1e-3 * high; i++) {
    const middle = (low + high) / 2;
    trial[0] = point[0] + middle;
    if (obeys(trial, constraint)) high = middle;
    else low = middle;
  }
  trial[0] = point[0] + high;
  return trial;
}

// Places closer than a twentieth of the vertex to one that is there move it, so that their number stays small.
function addPlaces(places: number[], shifts: number[], found: Float64Array, width: number): void {
  for (const k of found) {
    const near = places.findIndex((place, j) => j >= KNOTS.length && Math.abs(place - k) < 0.05 * width);
    if (near >= 0) places[near] = k;
    else {
      places.push(k);
      shifts.push(0);
    }
  }
}

// Variance of the quote nearest to the money.
function middleVariance({ logMoneyness, vol, expiryYears }: SviData): number {
  let nearest = 0;
  for (let i = 1; i < vol.length; i++) if (Math.abs(logMoneyness[i]) < Math.abs(logMoneyness[nearest])) nearest = i;
  return vol[nearest] * vol[nearest] * expiryYears;
}

const scratch = new Float64Array(3);

function varianceAt(smile: SviSmile, logMoneyness: number): number {
  uncheckedSviSmile(smile, logMoneyness, scratch);
  return scratch[0];
}
