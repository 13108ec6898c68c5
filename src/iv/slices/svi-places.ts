/** Where an SVI slice comes closest to breaking its constraint, and how that moves with the coordinates of the search. */
import { sviGMinima } from './svi-butterfly.ts';
import { sviCalendarMinima } from './svi-calendar.ts';
import type { SviConstraint } from './svi-guarantee.ts';
import { sviGSensitivity, sviVarianceSensitivity } from './svi-sensitivity.ts';
import { sviFromCoordinates } from './svi-system.ts';
import { uncheckedSviSmile, type SviSmile } from './svi.ts';

/** A constraint c(point) >= 0 at a log-moneyness; g, or the gap to a bounding slice in units of the quotes' mean total variance. */
export interface Place {
  readonly kind: 'g' | 'above' | 'below';
  readonly at: number;
  /** Whether it is a minimum of the current slice, not of an earlier one. */
  readonly isMinimum: boolean;
  /** Less its target: what a program aims at lies a little inside, so that rounding and curvature do not break the constraint. */
  readonly value: number;
  /** Derivatives with respect to (v, C, P, m, sigma). */
  readonly row: ArrayLike<number>;
}

const G_TARGET = 1e-5;
const GAP_TARGET = 1e-6;
const WATCHED = 0.1; // constraints with more room than this are left out of a program
const MEMORY = 8;
const scratch = new Float64Array(6);
const bound = new Float64Array(3);

/** The exact local minima of g and of the gaps on the whole line, then places of earlier steps that may bind again. */
export function placesOf(point: Float64Array, constraint: SviConstraint, unit: number, earlier: readonly Place[]): Place[] {
  const { arbitrage, above, below } = constraint;
  const found: Place[] = [];
  if (arbitrage === 'none' && above === null && below === null) return found;
  const smile = sviFromCoordinates(point);
  if (arbitrage !== 'none') for (const k of sviGMinima(smile, WATCHED)) found.push(placeOf('g', k, true, point, null, unit));
  if (above !== null) for (const k of sviCalendarMinima(above, smile)) found.push(placeOf('above', k, true, point, above, unit));
  if (below !== null) for (const k of sviCalendarMinima(smile, below)) found.push(placeOf('below', k, true, point, below, unit));
  const minima = found.length;
  const near = 0.02 * smile.sigma;
  for (const { kind, at } of earlier) {
    if (found.length - minima >= MEMORY) break;
    if (found.some((place) => place.kind === kind && Math.abs(place.at - at) <= near)) continue;
    const place = placeOf(kind, at, false, point, boundingSlice(kind, constraint), unit);
    if (place.value < WATCHED) found.push(place);
  }
  return found;
}

/** Derivatives of the constraint of a place at another point of the search. */
export function rowAt({ kind, at }: Place, point: Float64Array, constraint: SviConstraint, unit: number): ArrayLike<number> {
  return placeOf(kind, at, false, point, boundingSlice(kind, constraint), unit).row;
}

function boundingSlice(kind: Place['kind'], { above, below }: SviConstraint): SviSmile | null {
  return kind === 'above' ? above : kind === 'below' ? below : null;
}

function placeOf(kind: Place['kind'], at: number, isMinimum: boolean, point: Float64Array, slice: SviSmile | null, unit: number): Place {
  if (slice === null) {
    sviGSensitivity(point, at, scratch);
    return { kind, at, isMinimum, value: scratch[0] - G_TARGET, row: [scratch[1], scratch[2], scratch[3], scratch[4], scratch[5]] };
  }
  const factor = (kind === 'above' ? 1 : -1) / unit;
  sviVarianceSensitivity(point, at, scratch);
  uncheckedSviSmile(slice, at, bound);
  const row = [factor * scratch[1], factor * scratch[2], factor * scratch[3], factor * scratch[4], factor * scratch[5]];
  return { kind, at, isMinimum, value: factor * (scratch[0] - bound[0]) - GAP_TARGET, row };
}

/** The sum of violations at minima, those of g left out where they are only penalised. */
export function violationOf(places: readonly Place[], isSoft: boolean): number {
  let sum = 0;
  for (const { kind, isMinimum, value } of places) if (isMinimum && value < 0 && !(isSoft && kind === 'g')) sum -= value;
  return sum;
}

/** What places add to the cost: a price per violation, and half of `soft` times the squared violations of g that are only penalised. */
export function penaltyOf(places: readonly Place[], price: number, soft: number): number {
  let sum = price * violationOf(places, soft > 0);
  if (soft > 0) for (const { kind, isMinimum, value } of places) if (kind === 'g' && isMinimum && value < 0) sum += (soft * value * value) / 2;
  return sum;
}

/** The deepest violation at a minimum, in targets; of g only where butterflies are forbidden, not penalised. */
export function worstOf(places: readonly Place[], isSoft: boolean): number {
  let worst = 0;
  for (const { kind, isMinimum, value } of places) if (isMinimum && !(isSoft && kind === 'g')) worst = Math.max(worst, -value / (kind === 'g' ? G_TARGET : GAP_TARGET));
  return worst;
}
