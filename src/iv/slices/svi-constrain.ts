/** An SVI fit moved to where it has no arbitrage: penalties at the exact minima, then a guarantee. */
import type { LeastSquaresSolver } from '../../core/levenberg-marquardt.ts';
import { isSviButterflyFree, sviG, sviGMinima } from './svi-butterfly.ts';
import { sviCalendar, sviCalendarMinima } from './svi-calendar.ts';
import { sviFromCoordinates, sviSystem, type SviData, type SviPenalties } from './svi-system.ts';
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
  readonly solver: LeastSquaresSolver;
}

export interface ConstrainedPoint {
  readonly point: Float64Array;
  readonly iterations: number;
  readonly evaluations: number;
  readonly converged: boolean;
  /** `active`: penalties sufficed; `moved`: total variance was raised or scaled down at last; `infeasible`: no slice that obeys was found. */
  readonly outcome: 'active' | 'moved' | 'infeasible';
}

const G_TARGET = 1e-5;
const BOUND_MARGIN = 1e-7; // share of the bounding slice
// Knots in standard deviations of the smile; the exact minima found in each round come on top.
const KNOTS = [-25, -12, -7, -4.5, -3, -2, -1.4, -0.9, -0.5, -0.2, 0, 0.2, 0.5, 0.9, 1.4, 2, 3, 4.5, 7, 12, 25];

/**
 * The point of the search that fits best among those that obey the constraint, near a start.
 *
 * One-sided penalties with shifted targets (the method of multipliers), so that weights stay moderate; after each round the points where g or the
 * gap to a bounding slice is smallest on the whole line are added (an exchange method for infinitely many constraints). What the
 * penalties leave, if anything, is removed with the exact tests in hand. Raising total variance by a constant obeys in the end, since slopes keep
 * to their boxes; scaling a butterfly-free slice down by L obeys a ceiling in the end and stays free, for g as a function of L is
 * u^2 + L (w'' / 2 - w'^2 / (4 w)) - L^2 w'^2 / 16, concave, and not negative at 0 and 1.
 *
 * @see Bertsekas (1982), "Constrained optimization and Lagrange multiplier methods", section 3; Hettich and Kortanek (1993), "Semi-infinite programming"
 */
export function constrainSvi(data: SviData, start: Float64Array, constraint: SviConstraint, rounds = 12): ConstrainedPoint {
  const { arbitrage, above, below, lower, upper, solver, lossScale } = constraint;
  let point = start;
  let iterations = 0;
  let evaluations = 0;
  let converged = true;
  const deviation = Math.sqrt(middleVariance(data));
  const knots = KNOTS.map((knot) => knot * deviation);
  const g = places(arbitrage === 'none' ? [] : knots);
  const floor = places(above === null ? [] : knots);
  const ceiling = places(below === null ? [] : knots);
  let total = 0;
  for (let i = 0; i < data.weight.length; i++) total += data.weight[i] * data.weight[i];
  total = Math.sqrt(total);
  let stiffness = 1;
  const isSoft = arbitrage === 'penalize' && above === null && below === null;
  for (let round = 0; round < (isSoft ? 2 : rounds); round++) {
    const smile = sviFromCoordinates(point);
    if (arbitrage !== 'none') addPlaces(g, sviGMinima(smile, G_TARGET), smile.sigma);
    if (above !== null) addPlaces(floor, sviCalendarMinima(above, smile, 0), smile.sigma);
    if (below !== null) addPlaces(ceiling, sviCalendarMinima(smile, below, 0), smile.sigma);
    const penalties: SviPenalties = {
      gAt: Float64Array.from(g.at),
      gTarget: Float64Array.from(g.shift, (shift) => G_TARGET + shift),
      gWeight: (0.3 * deviation * total * stiffness) / Math.sqrt(data.expiryYears),
      boundAt: Float64Array.from([...floor.at, ...ceiling.at]),
      boundTarget: Float64Array.from([...floor.at.map((k, j) => boundAt(above!, k, 1) + floor.shift[j]), ...ceiling.at.map((k, j) => boundAt(below!, k, -1) - ceiling.shift[j])]),
      boundSide: Float64Array.from([...floor.at.map(() => 1), ...ceiling.at.map(() => -1)]),
      boundWeight: total * stiffness,
    };
    const fit = solver(sviSystem(data, lossScale, penalties), { initial: point, lower, upper, maxIterations: 15, costTolerance: 1e-6 });
    iterations += fit.iterations;
    evaluations += fit.evaluations;
    converged = fit.converged || fit.reason === 'no-improvement';
    point = fit.parameters;
    if (obeysConstraint(point, constraint)) return { point, iterations, evaluations, converged, outcome: 'active' };
    const next = sviFromCoordinates(point);
    const growth = round < 4 ? 2 : 3;
    const scale = growth * growth; // the multiplier, weight^2 times shift, is kept
    for (let j = 0; j < g.at.length; j++) g.shift[j] = Math.max(0, g.shift[j] + G_TARGET - sviG(next, g.at[j])) / scale;
    for (let j = 0; j < floor.at.length; j++) floor.shift[j] = Math.max(0, floor.shift[j] + boundAt(above!, floor.at[j], 1) - varianceAt(next, floor.at[j])) / scale;
    for (let j = 0; j < ceiling.at.length; j++) ceiling.shift[j] = Math.max(0, ceiling.shift[j] - boundAt(below!, ceiling.at[j], -1) + varianceAt(next, ceiling.at[j])) / scale;
    stiffness *= growth;
  }
  if (isSoft) return { point, iterations, evaluations, converged, outcome: 'active' };
  const moved = moveUntilObeyed(point, constraint);
  return { point: moved ?? point, iterations, evaluations, converged, outcome: moved === null ? 'infeasible' : 'moved' };
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
    if (high > most) return null;
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

// Where a constraint is watched, and how far its target is shifted there.
interface Places {
  readonly at: number[];
  readonly shift: number[];
}

function places(knots: readonly number[]): Places {
  return { at: [...knots], shift: knots.map(() => 0) };
}

// A minimum closer than a twentieth of the vertex to one that was added before moves it, so that their number stays small.
function addPlaces({ at, shift }: Places, found: Float64Array, width: number): void {
  for (const k of found) {
    const near = at.findIndex((place, j) => j >= KNOTS.length && Math.abs(place - k) < 0.05 * width);
    if (near >= 0) at[near] = k;
    else {
      at.push(k);
      shift.push(0);
    }
  }
}

// Variance of the quote nearest to the money.
function middleVariance({ logMoneyness, vol, expiryYears }: SviData): number {
  let nearest = 0;
  for (let i = 1; i < vol.length; i++) if (Math.abs(logMoneyness[i]) < Math.abs(logMoneyness[nearest])) nearest = i;
  return vol[nearest] * vol[nearest] * expiryYears;
}

function boundAt(smile: SviSmile, logMoneyness: number, side: number): number {
  return (1 + side * BOUND_MARGIN) * varianceAt(smile, logMoneyness);
}

const scratch = new Float64Array(3);

function varianceAt(smile: SviSmile, logMoneyness: number): number {
  uncheckedSviSmile(smile, logMoneyness, scratch);
  return scratch[0];
}
