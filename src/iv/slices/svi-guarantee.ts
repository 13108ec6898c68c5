/** What an SVI fit must obey, the exact tests for it, and the last resort: a slice moved until it passes them. */
import { isSviButterflyFree } from './svi-butterfly.ts';
import { sviCalendar } from './svi-calendar.ts';
import { sviFromCoordinates } from './svi-system.ts';
import type { SviSmile } from './svi.ts';

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

/** Whether the slice at a point obeys the constraint, by the exact tests; a butterfly that is only penalised does not count beside a bounding slice. */
export function obeysConstraint(point: Float64Array, { arbitrage, above, below }: SviConstraint): boolean {
  const smile = sviFromCoordinates(point);
  if (above !== null && !sviCalendar(above, smile).isCalendarFree) return false;
  if (below !== null && !sviCalendar(smile, below).isCalendarFree) return false;
  const isSoft = arbitrage === 'penalize' && (above !== null || below !== null);
  return arbitrage === 'none' || isSoft || isSviButterflyFree(smile);
}

/**
 * Raised until g and the floor are obeyed, then scaled down until the ceiling is; null where the floor is lost on the way.
 *
 * Raising total variance by a constant obeys in the end, since slopes keep to their boxes. Scaling a butterfly-free slice down by L obeys a ceiling
 * in the end and stays free, for g as a function of L is u^2 + L (w'' / 2 - w'^2 / (4 w)) - L^2 w'^2 / 16, concave, and not negative at 0 and 1.
 */
export function moveUntilObeyed(point: Float64Array, constraint: SviConstraint): Float64Array | null {
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
