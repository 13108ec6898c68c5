/** An SVI fit moved to where it has no arbitrage: sequential quadratic programs at the exact minima, then a guarantee. */
import { solveDenseQp } from './dense-qp.ts';
import { isSviButterflyFree, sviGMinima } from './svi-butterfly.ts';
import { sviCalendar, sviCalendarMinima } from './svi-calendar.ts';
import { sviGSensitivity, sviVarianceSensitivity } from './svi-sensitivity.ts';
import { sviFromCoordinates, sviSystem, type SviData } from './svi-system.ts';
import { uncheckedSviSmile, type SviSmile } from './svi.ts';

export interface SviConstraint {
  /** `penalize`: butterflies cost but may remain; `free`: Durrleman's g must be nowhere negative. */
  readonly arbitrage: 'none' | 'penalize' | 'free';
  /** The fit must lie nowhere below it. */
  readonly above: SviSmile | null;
  /** The fit must lie nowhere above it. */
  readonly below: SviSmile | null;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly lossScale: number;
}

export interface ConstrainedPoint {
  readonly point: Float64Array;
  /** Half the squared residuals. */
  readonly cost: number;
  readonly iterations: number;
  readonly evaluations: number;
  readonly converged: boolean;
  /** `active`: the programs sufficed; `moved`: total variance was raised or scaled down at last; `infeasible`: no slice that obeys was found. */
  readonly outcome: 'active' | 'moved' | 'infeasible';
}

const G_TARGET = 1e-5;
const BOUND_TARGET = 1e-6; // share of the bounding slice
const WATCHED = 0.1; // constraints with more room than this are left out of a program
const P = 5;

/**
 * The point of the search that fits best among those that obey the constraint, near a start.
 *
 * Each step minimises the Gauss-Newton model, damped as in Levenberg-Marquardt, under the constraints linearised where g, or the gap to a bounding slice, has
 * its exact local minima on the whole line; minima of earlier steps stay watched (an exchange method for infinitely many constraints). A step
 * is kept when cost plus weighted violations falls. What rounding and curvature leave is removed with the exact tests in hand: raising total
 * variance by a constant obeys in the end, since slopes keep to their boxes; scaling a butterfly-free slice down by L obeys a ceiling in the end
 * and stays free, for g as a function of L is u^2 + L (w'' / 2 - w'^2 / (4 w)) - L^2 w'^2 / 16, concave, and not negative at 0 and 1.
 *
 * @see Nocedal and Wright (2006), "Numerical optimization", chapter 18; Hettich and Kortanek (1993), "Semi-infinite programming"
 */
export function constrainSvi(data: SviData, start: Float64Array, constraint: SviConstraint, maxIterations = 60): ConstrainedPoint {
  const { lower, upper } = constraint;
  const system = sviSystem(data, constraint.lossScale);
  const n = system.residualCount;
  let point: Float64Array = start.map((value, j) => Math.min(Math.max(value, lower[j]), upper[j]));
  let residuals = new Float64Array(n);
  let trialResiduals = new Float64Array(n);
  const jacobian = new Float64Array(n * P);
  const hessian = new Float64Array(P * P);
  const damped = new Float64Array(P * P);
  const gradient = new Float64Array(P);
  const scale = new Float64Array(P);
  const soft = constraint.arbitrage === 'penalize' ? softWeight(data) : 0;
  let places = placesOf(point, constraint, []);
  let evaluations = 1;
  let cost = system.evaluate(point, residuals, jacobian) ? halfSquare(residuals) : Infinity;
  let damping = 1e-3;
  let growth = 2;
  let price = 0; // of a violation, in cost
  let converged = false;
  let isFresh = true;
  let iterations = 0;
  while (iterations < maxIterations && damping < 1e12 && cost < Infinity) {
    iterations++;
    if (isFresh) formModel(jacobian, residuals, places, soft, hessian, gradient, scale);
    damped.set(hessian);
    for (let j = 0; j < P; j++) damped[j * P + j] += damping * scale[j] + 1e-300;
    const solution = stepOf(damped, gradient, places, point, constraint, soft > 0, null);
    isFresh = false;
    if (solution === null) {
      damping *= growth;
      growth *= 2;
      continue;
    }
    const promised = promiseOf(hessian, gradient, solution.step);
    // Damping adds to the multipliers: a price taken from a short step would stop later ones. But what a step mends must be worth what it costs.
    if (damping <= 1) price = Math.max(price, 1.5 * solution.dearest);
    const violation = violationOf(places, soft > 0);
    if (violation > 0) price = Math.max(price, (-2 * promised) / (solution.share * violation + 1e-300));
    // Half of a target may stay unmet: the constraint itself is obeyed.
    converged = Math.abs(promised) <= 1e-7 * cost && worstOf(places) <= 0.5;
    const before = cost + penaltyOf(places, price, soft);
    let step = solution.step;
    let watched: Place[] = [];
    let isAccepted = false;
    for (let attempt = 0; attempt < 2; attempt++) {
      const trial = point.map((value, j) => Math.min(Math.max(value + step[j], lower[j]), upper[j]));
      evaluations++;
      const trialPlaces = placesOf(trial, constraint, places);
      const trialCost = system.evaluate(trial, trialResiduals, null) ? halfSquare(trialResiduals) : Infinity;
      if (trialCost + penaltyOf(trialPlaces, price, soft) < before) {
        isAccepted = true;
        point = trial;
        places = trialPlaces;
        cost = trialCost;
        [residuals, trialResiduals] = [trialResiduals, residuals];
        break;
      }
      watched = [...watched, ...trialPlaces.filter((place) => place.isMinimum && place.value < 0)];
      if (converged || attempt === 1 || !(trialCost < Infinity)) break;
      // The same program with the constraints as they are at the trial: what their curvature took away (Maratos' effect) is given back.
      const corrected = stepOf(damped, gradient, trialPlaces, point, constraint, soft > 0, step);
      if (corrected === null) break;
      step = corrected.step;
    }
    if (converged) break;
    if (isAccepted) {
      evaluations++;
      system.evaluate(point, residuals, jacobian);
      isFresh = true;
      damping = Math.max(damping / 4, 1e-12);
      growth = 2;
    } else {
      // Where a step would break the constraint it is watched from now on.
      places = placesOf(point, constraint, [...watched, ...places]);
      damping *= growth;
      growth *= 2;
    }
  }
  if (obeysConstraint(point, constraint) || (soft > 0 && constraint.above === null && constraint.below === null)) {
    return { point, cost, iterations, evaluations, converged, outcome: 'active' };
  }
  const moved = moveUntilObeyed(point, constraint);
  if (moved === null) return { point, cost, iterations, evaluations, converged, outcome: 'infeasible' };
  system.evaluate(moved, residuals, null);
  return { point: moved, cost: halfSquare(residuals), iterations, evaluations: evaluations + 1, converged, outcome: 'moved' };
}

// A constraint c(point) >= 0 at a log-moneyness, with its derivatives; g or the gap to a bounding slice as a share of it.
interface Place {
  readonly kind: 'g' | 'above' | 'below';
  readonly at: number;
  /** Whether it is a minimum of the current slice, not of an earlier one. */
  readonly isMinimum: boolean;
  readonly value: number;
  readonly row: Float64Array;
}

function placesOf(point: Float64Array, { arbitrage, above, below }: SviConstraint, earlier: readonly Place[]): Place[] {
  const smile = sviFromCoordinates(point);
  const found: Place[] = [];
  if (arbitrage !== 'none') for (const k of sviGMinima(smile, WATCHED)) found.push(placeOf('g', k, true, point, null));
  if (above !== null) for (const k of sviCalendarMinima(above, smile, Infinity)) found.push(placeOf('above', k, true, point, above));
  if (below !== null) for (const k of sviCalendarMinima(smile, below, Infinity)) found.push(placeOf('below', k, true, point, below));
  const minima = found.length;
  const near = 0.02 * smile.sigma;
  for (const { kind, at } of earlier) {
    if (found.length - minima >= MEMORY) break;
    if (found.some((place) => place.kind === kind && Math.abs(place.at - at) <= near)) continue;
    const place = placeOf(kind, at, false, point, kind === 'above' ? above : below);
    if (place.value < WATCHED) found.push(place);
  }
  return found;
}

const MEMORY = 8;
const scratch = new Float64Array(6);
const bound = new Float64Array(3);

function placeOf(kind: Place['kind'], at: number, isMinimum: boolean, point: Float64Array, slice: SviSmile | null): Place {
  if (kind === 'g') {
    sviGSensitivity(point, at, scratch);
    return { kind, at, isMinimum, value: scratch[0] - G_TARGET, row: scratch.slice(1) };
  }
  const side = kind === 'above' ? 1 : -1;
  sviVarianceSensitivity(point, at, scratch);
  uncheckedSviSmile(slice!, at, bound);
  const row = scratch.slice(1);
  for (let j = 0; j < P; j++) row[j] *= side / bound[0];
  return { kind, at, isMinimum, value: side * (scratch[0] / bound[0] - 1) - BOUND_TARGET, row };
}

// Gauss-Newton model of the cost, softly penalised butterflies included.
function formModel(jacobian: Float64Array, residuals: Float64Array, places: readonly Place[], soft: number, hessian: Float64Array, gradient: Float64Array, scale: Float64Array): void {
  hessian.fill(0);
  gradient.fill(0);
  for (let i = 0; i < residuals.length; i++) addSquare(jacobian, P * i, residuals[i], 1, hessian, gradient);
  if (soft > 0) for (const place of places) if (place.kind === 'g' && place.isMinimum && place.value < 0) addSquare(place.row, 0, place.value, soft, hessian, gradient);
  for (let j = 0; j < P; j++) {
    for (let k = 0; k < j; k++) hessian[k * P + j] = hessian[j * P + k];
    scale[j] = Math.max(scale[j], hessian[j * P + j]);
  }
}

function addSquare(row: Float64Array, at: number, value: number, weight: number, hessian: Float64Array, gradient: Float64Array): void {
  for (let j = 0; j < P; j++) {
    const weighted = weight * row[at + j];
    gradient[j] += weighted * value;
    for (let k = 0; k <= j; k++) hessian[j * P + k] += weighted * row[at + k];
  }
}

// The step of the program, with constraints linearised at `point + offset`; where they contradict each other less of each violation is asked for.
function stepOf(
  hessian: Float64Array, gradient: Float64Array, places: readonly Place[], point: Float64Array, { lower, upper }: SviConstraint, isSoft: boolean, offset: Float64Array | null,
): { readonly step: Float64Array; readonly dearest: number; readonly share: number } | null {
  const hard = places.filter((place) => !(isSoft && place.kind === 'g'));
  const m = hard.length + 2 * P;
  const rows = new Float64Array(m * P);
  const bounds = new Float64Array(m);
  hard.forEach((place, i) => rows.set(place.row, i * P));
  for (let j = 0; j < P; j++) {
    const low = hard.length + 2 * j;
    rows[low * P + j] = 1;
    bounds[low] = Math.max(lower[j] - point[j], -1e9);
    rows[(low + 1) * P + j] = -1;
    bounds[low + 1] = Math.max(point[j] - upper[j], -1e9);
  }
  for (const share of [1, 0.5, 0.1, 0.01]) {
    hard.forEach((place, i) => {
      bounds[i] = place.value < 0 ? -share * place.value : -place.value;
      if (offset !== null) for (let j = 0; j < P; j++) bounds[i] += place.row[j] * offset[j];
    });
    const solution = solveDenseQp({ hessian, gradient, rows, bounds });
    if (solution === null) continue;
    let dearest = 0;
    for (let i = 0; i < hard.length; i++) dearest = Math.max(dearest, solution.multipliers[i]);
    return { step: solution.x, dearest, share };
  }
  return null;
}

// What the model promises to take from the cost.
function promiseOf(hessian: Float64Array, gradient: Float64Array, step: Float64Array): number {
  let promised = 0;
  for (let j = 0; j < P; j++) {
    promised -= gradient[j] * step[j];
    for (let k = 0; k < P; k++) promised -= (step[j] * hessian[j * P + k] * step[k]) / 2;
  }
  return promised;
}

// Violations at minima, those that are only penalised left out.
function violationOf(places: readonly Place[], isSoft: boolean): number {
  let sum = 0;
  for (const { kind, isMinimum, value } of places) if (isMinimum && value < 0 && !(isSoft && kind === 'g')) sum -= value;
  return sum;
}

function penaltyOf(places: readonly Place[], price: number, soft: number): number {
  let sum = price * violationOf(places, soft > 0);
  if (soft > 0) for (const { kind, isMinimum, value } of places) if (kind === 'g' && isMinimum && value < 0) sum += (soft * value * value) / 2;
  return sum;
}

// A violation of 0.01 in g costs as much as a percent of the volatility at every quote.
function softWeight({ weight, vol }: SviData): number {
  let sum = 0;
  for (let i = 0; i < vol.length; i++) sum += weight[i] * weight[i] * vol[i] * vol[i];
  return sum;
}

// The deepest violation at a minimum, in targets.
function worstOf(places: readonly Place[]): number {
  let worst = 0;
  for (const { kind, isMinimum, value } of places) if (isMinimum) worst = Math.max(worst, -value / (kind === 'g' ? G_TARGET : BOUND_TARGET));
  return worst;
}

function halfSquare(residuals: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < residuals.length; i++) sum += residuals[i] * residuals[i];
  return sum / 2;
}

/** Whether the slice at a point obeys the constraint, by the exact tests; a butterfly that is only penalised does not count beside a bounding slice. */
export function obeysConstraint(point: Float64Array, { arbitrage, above, below }: SviConstraint): boolean {
  const smile = sviFromCoordinates(point);
  if (above !== null && !sviCalendar(above, smile).isCalendarFree) return false;
  if (below !== null && !sviCalendar(smile, below).isCalendarFree) return false;
  const isSoft = arbitrage === 'penalize' && (above !== null || below !== null);
  return arbitrage === 'none' || isSoft || isSviButterflyFree(smile);
}

// First up until g and the floor are obeyed, then down until the ceiling is; null where the floor is lost on the way.
function moveUntilObeyed(point: Float64Array, constraint: SviConstraint): Float64Array | null {
  const raised = leastMove(point, { ...constraint, below: null }, raise, 1e-9 * point[0], 1e3);
  if (raised === null || constraint.below === null || obeysConstraint(raised, constraint)) return raised;
  return leastMove(raised, constraint, scaleDown, 1e-9, 100);
}

function raise(point: Float64Array, amount: number, out: Float64Array): void {
  out.set(point);
  out[0] += amount;
}

// w times e^-amount: level and slopes scale, and slopes enter squared.
function scaleDown(point: Float64Array, amount: number, out: Float64Array): void {
  const root = Math.exp(-amount / 2);
  out.set(point);
  out[0] *= root * root;
  out[1] *= root;
  out[2] *= root;
}

type Move = (point: Float64Array, amount: number, out: Float64Array) => void;

// The smallest amount that obeys: growing steps, then bisection. Null where none does.
function leastMove(point: Float64Array, constraint: SviConstraint, move: Move, first: number, most: number): Float64Array | null {
  if (obeysConstraint(point, constraint)) return point;
  const trial = point.slice();
  let low = 0;
  let high = first;
  for (;;) {
    move(point, high, trial);
    if (obeysConstraint(trial, constraint)) break;
    if (!(high > 0 && high <= most)) return null;
    low = high;
    high *= 4;
  }
  for (let i = 0; i < 30 && high - low > 1e-3 * high; i++) {
    const middle = (low + high) / 2;
    move(point, middle, trial);
    if (obeysConstraint(trial, constraint)) high = middle;
    else low = middle;
  }
  // A little further than the edge, so that no rounding undoes it.
  move(point, 1.01 * high, trial);
  if (!obeysConstraint(trial, constraint)) move(point, high, trial);
  return trial;
}
