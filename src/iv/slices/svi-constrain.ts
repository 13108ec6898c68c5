/** The SVI slice that fits best in its box and without arbitrage: sequential quadratic programs at exact minima, then a guarantee. */
import { solveDenseQp } from './dense-qp.ts';
import { moveUntilObeyed, obeysConstraint, type SviConstraint } from './svi-guarantee.ts';
import { formModel } from './svi-model.ts';
import { penaltyOf, placesOf, rowAt, violationOf, worstOf, type Place } from './svi-places.ts';
import { sviSystem, type SviData } from './svi-system.ts';

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

const P = 5;
const LARGEST_FALL = 0.5; // of the smallest variance and of the width in one step: where these vanish no model holds for long
const LEAST_CURVATURE = 0.2; // of the Gauss-Newton model along the last step
const COST_TOLERANCE = 1e-6;

/**
 * The point of the search that fits best among those that obey the constraint, near a start.
 *
 * Each step minimises a quadratic model of the cost, damped as in Levenberg-Marquardt, in the box and under the constraints linearised where g, or the gap
 * to a bounding slice, has its exact local minima on the whole line; minima of earlier steps stay watched (an exchange method for infinitely many
 * constraints). The model is Gauss and Newton's, corrected along the last step by what the gradient of the Lagrangian did there: large residuals and
 * curved constraints make the bare model overshoot along the valley of the search. A step is kept when cost plus weighted violations falls. What
 * rounding and curvature leave is removed at last with the exact tests in hand.
 *
 * @see Nocedal and Wright (2006), "Numerical optimization", chapter 18, (18.15) for the damped update; Hettich and Kortanek (1993), "Semi-infinite programming"
 */
export function constrainSvi(data: SviData, start: Float64Array, constraint: SviConstraint, maxIterations: number): ConstrainedPoint {
  const { lower, upper } = constraint;
  const system = sviSystem(data, constraint.lossScale);
  const unit = meanVariance(data);
  const soft = constraint.arbitrage === 'penalize' ? softWeight(data) : 0;
  let point: Float64Array = start.map((value, j) => Math.min(Math.max(value, lower[j]), upper[j]));
  let trial: Float64Array = new Float64Array(P);
  const residuals = new Float64Array(system.residualCount);
  const jacobian = new Float64Array(system.residualCount * P);
  const costAt = (at: Float64Array): number => (system.evaluate(at, residuals, jacobian) ? halfSquare(residuals) : Infinity);
  const hessian = new Float64Array(P * P);
  let gradient = new Float64Array(P);
  let trialGradient = new Float64Array(P);
  const damped = new Float64Array(P * P);
  const scale = new Float64Array(P);
  let places = placesOf(point, constraint, unit, []);
  let cost = costAt(point);
  formModel(jacobian, residuals, hessian, gradient);
  addSoft(places, soft, hessian, gradient, scale);
  let evaluations = 1;
  let damping = 1e-3;
  let growth = 2;
  let price = 0; // of a violation, in cost
  let converged = false;
  let iterations = 0;
  while (iterations < maxIterations && damping < 1e12 && cost < Infinity) {
    iterations++;
    damped.set(hessian);
    for (let j = 0; j < P; j++) damped[j * P + j] += damping * scale[j] + 1e-300;
    let program = programOf(damped, gradient, places, point, constraint, soft > 0, null);
    if (program === null) {
      damping *= growth;
      growth *= 2;
      continue;
    }
    const promised = promiseOf(hessian, gradient, program.step);
    // Damping adds to the multipliers: a price taken from a short step would stop later ones. But what a step mends must be worth what it costs.
    if (damping <= 1) price = Math.max(price, 1.5 * program.dearest);
    const violation = violationOf(places, soft > 0);
    if (violation > 0) price = Math.max(price, (-2 * promised) / (program.share * violation + 1e-300));
    // Half of a target may stay unmet: the constraint itself is obeyed.
    converged = Math.abs(promised) <= COST_TOLERANCE * (cost + penaltyOf(places, 0, soft)) && worstOf(places, soft > 0) <= 0.5;
    const before = cost + penaltyOf(places, price, soft);
    const watched: Place[] = [];
    let isAccepted = false;
    for (let attempt = 0; attempt < 2; attempt++) {
      for (let j = 0; j < P; j++) trial[j] = Math.min(Math.max(point[j] + program.step[j], lower[j]), upper[j]);
      evaluations++;
      const trialPlaces = placesOf(trial, constraint, unit, places);
      const trialCost = costAt(trial);
      if (trialCost + penaltyOf(trialPlaces, price, soft) < before) {
        isAccepted = true;
        places = trialPlaces;
        cost = trialCost;
        break;
      }
      for (const place of trialPlaces) if (place.isMinimum && place.value < 0) watched.push(place);
      if (converged || attempt === 1 || !(trialCost < Infinity)) break;
      // The same program with the constraints as they are at the trial: what their curvature took away (Maratos' effect) is given back.
      const corrected = programOf(damped, gradient, trialPlaces, point, constraint, soft > 0, program.step);
      if (corrected === null) break;
      program = corrected;
    }
    if (isAccepted && converged) point = trial;
    else if (isAccepted) {
      formModel(jacobian, residuals, hessian, trialGradient);
      addSoft(places, soft, hessian, trialGradient, scale);
      correctCurvature(hessian, point, trial, gradient, trialGradient, program, constraint, unit);
      [point, trial] = [trial, point];
      [gradient, trialGradient] = [trialGradient, gradient];
      damping = Math.max(damping / 4, 1e-12);
      growth = 2;
    } else if (!converged) {
      // Where a step would break the constraint it is watched from now on.
      places = placesOf(point, constraint, unit, [...watched, ...places]);
      damping *= growth;
      growth *= 2;
    }
    if (converged) break;
  }
  if (obeysConstraint(point, constraint) || (soft > 0 && constraint.above === null && constraint.below === null)) {
    return { point, cost, iterations, evaluations, converged, outcome: 'active' };
  }
  const moved = moveUntilObeyed(point, constraint);
  if (moved === null) return { point, cost, iterations, evaluations, converged, outcome: 'infeasible' };
  return { point: moved, cost: costAt(moved), iterations, evaluations: evaluations + 1, converged, outcome: 'moved' };
}

// Softly penalised butterflies, and the largest curvature seen per coordinate.
function addSoft(places: readonly Place[], soft: number, hessian: Float64Array, gradient: Float64Array, scale: Float64Array): void {
  if (soft > 0) {
    for (const { kind, isMinimum, value, row } of places) {
      if (kind !== 'g' || !isMinimum || value >= 0) continue;
      for (let j = 0; j < P; j++) {
        gradient[j] += soft * value * row[j];
        for (let k = 0; k < P; k++) hessian[j * P + k] += soft * row[j] * row[k];
      }
    }
  }
  for (let j = 0; j < P; j++) scale[j] = Math.max(scale[j], hessian[j * P + j]);
}

interface Program {
  readonly step: Float64Array;
  /** The places that bind in the program, with their multipliers. */
  readonly active: readonly (readonly [place: Place, multiplier: number])[];
  readonly dearest: number;
  /** Of each violation that the step is to mend. */
  readonly share: number;
}

// The step of the program, with constraints linearised at `point + offset`; where they contradict each other less of each violation is asked for.
function programOf(
  hessian: Float64Array, gradient: Float64Array, places: readonly Place[], point: Float64Array, { lower, upper }: SviConstraint, isSoft: boolean, offset: Float64Array | null,
): Program | null {
  const hard = isSoft ? places.filter(({ kind }) => kind !== 'g') : places;
  const count = hard.length;
  const rows = new Float64Array((count + 2 * P) * P);
  const bounds = new Float64Array(count + 2 * P);
  for (let i = 0; i < count; i++) for (let j = 0; j < P; j++) rows[i * P + j] = hard[i].row[j];
  for (let j = 0; j < P; j++) {
    const low = count + 2 * j;
    rows[low * P + j] = 1;
    bounds[low] = Math.max(lower[j] - point[j], j === 0 || j === 4 ? -LARGEST_FALL * point[j] : -1e9);
    rows[(low + 1) * P + j] = -1;
    bounds[low + 1] = Math.max(point[j] - upper[j], -1e9);
  }
  for (const share of [1, 0.5, 0.1, 0.01]) {
    for (let i = 0; i < count; i++) {
      const { value, row } = hard[i];
      bounds[i] = value < 0 ? -share * value : -value;
      if (offset !== null) for (let j = 0; j < P; j++) bounds[i] += row[j] * offset[j];
    }
    const solution = solveDenseQp({ hessian, gradient, rows, bounds });
    if (solution === null) {
      if (count === 0) return null;
      continue;
    }
    const active: (readonly [Place, number])[] = [];
    let dearest = 0;
    for (let i = 0; i < count; i++) {
      const multiplier = solution.multipliers[i];
      if (multiplier > 0) active.push([hard[i], multiplier]);
      dearest = Math.max(dearest, multiplier);
    }
    return { step: solution.x, active, dearest, share };
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

const along = new Float64Array(P);
const change = new Float64Array(P);
const seen = new Float64Array(P);

// Gives the model at the new point, along the step that led there, the curvature that the gradient of the Lagrangian has shown (BFGS, damped).
function correctCurvature(
  model: Float64Array, from: Float64Array, to: Float64Array, gradient: Float64Array, newGradient: Float64Array, { active }: Program, constraint: SviConstraint, unit: number,
): void {
  for (let j = 0; j < P; j++) {
    along[j] = to[j] - from[j];
    change[j] = newGradient[j] - gradient[j];
  }
  for (const [place, multiplier] of active) {
    const row = rowAt(place, from, constraint, unit);
    const newRow = rowAt(place, to, constraint, unit);
    for (let j = 0; j < P; j++) change[j] -= multiplier * (newRow[j] - row[j]);
  }
  let modelled = 0;
  let shown = 0;
  for (let j = 0; j < P; j++) {
    seen[j] = 0;
    for (let k = 0; k < P; k++) seen[j] += model[j * P + k] * along[k];
    modelled += along[j] * seen[j];
    shown += along[j] * change[j];
  }
  if (!(modelled > 0)) return;
  const weight = shown >= LEAST_CURVATURE * modelled ? 1 : ((1 - LEAST_CURVATURE) * modelled) / (modelled - shown);
  let size = 0;
  for (let j = 0; j < P; j++) {
    change[j] = weight * change[j] + (1 - weight) * seen[j];
    size += along[j] * change[j];
  }
  for (let j = 0; j < P; j++) for (let k = 0; k < P; k++) model[j * P + k] += (change[j] * change[k]) / size - (seen[j] * seen[k]) / modelled;
}

function halfSquare(residuals: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < residuals.length; i++) sum += residuals[i] * residuals[i];
  return sum / 2;
}

// A violation of 0.01 in g costs as much as a percent of the volatility at every quote.
function softWeight({ weight, vol }: SviData): number {
  let sum = 0;
  for (let i = 0; i < vol.length; i++) sum += weight[i] * weight[i] * vol[i] * vol[i];
  return sum;
}

function meanVariance({ vol, expiryYears }: SviData): number {
  let sum = 0;
  for (let i = 0; i < vol.length; i++) sum += vol[i] * vol[i];
  return (sum * expiryYears) / vol.length;
}
