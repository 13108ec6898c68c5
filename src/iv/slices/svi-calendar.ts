/** Where two raw SVI slices cross, decided on the whole real line. */
import { requireSvi, uncheckedSviSmile, type SviSmile } from './svi.ts';

export interface SviCalendar {
  /** Whether the far slice lies nowhere below the near one at equal log-moneyness. */
  readonly isCalendarFree: boolean;
  /** Log-moneyness where the slices cross, ascending, at most four. */
  readonly crossings: Float64Array;
  /** Infimum of far minus near total variance; -Infinity where the near slice's wing is steeper. */
  readonly minimumDifference: number;
  /** Where it is, infinite for a wing. */
  readonly minimumAt: number;
}

/**
 * Compares the total variances of two expiries at equal log-moneyness (not equal strike: their forwards differ).
 *
 * The difference D has an inflection where b1 sigma1^2 / r1^3 = b2 sigma2^2 / r2^3, a quadratic in k. Between inflections D' is monotone, between its zeros D
 * is, so every zero is bracketed: the quartic whose roots the crossings are (Gatheral and Jacquier 2014, section 3.1) is never formed and
 * brings in neither false roots nor lost digits.
 *
 * @throws DomainError for parameters out of range
 * @example sviCalendar(near, far).isCalendarFree
 */
export function sviCalendar(near: SviSmile, far: SviSmile): SviCalendar {
  requireSvi('sviCalendar', near);
  requireSvi('sviCalendar', far);
  const pair: Pair = { near, far };
  // D' is monotone between these, D between the stationary points.
  const inflections = inflectionsOf(near, far);
  const stationary = zeros(pair, 1, inflections, slopeAt(pair, -1), slopeAt(pair, 1));
  const crossings = zeros(pair, 0, stationary, limitAt(pair, -1), limitAt(pair, 1));
  let minimumDifference = limitAt(pair, -1);
  let minimumAt = -Infinity;
  if (limitAt(pair, 1) < minimumDifference) [minimumDifference, minimumAt] = [limitAt(pair, 1), Infinity];
  for (const k of stationary) {
    const difference = valueAt(pair, 0, k);
    if (difference < minimumDifference) [minimumDifference, minimumAt] = [difference, k];
  }
  return Object.freeze({ isCalendarFree: minimumDifference >= 0, crossings: Float64Array.from(crossings), minimumDifference, minimumAt });
}

/** Local minima of far minus near total variance, as log-moneyness to a relative precision of 1e-9. Unchecked: parameters in range. */
export function sviCalendarMinima(near: SviSmile, far: SviSmile): number[] {
  const pair: Pair = { near, far };
  return zeros(pair, 1, inflectionsOf(near, far), slopeAt(pair, -1), slopeAt(pair, 1), true, 1e-9);
}

interface Pair {
  readonly near: SviSmile;
  readonly far: SviSmile;
}

const scratch = new Float64Array(3);

// D or, with order 1, its slope.
function valueAt({ near, far }: Pair, order: number, k: number): number {
  uncheckedSviSmile(far, k, scratch);
  const value = scratch[order];
  uncheckedSviSmile(near, k, scratch);
  return value - scratch[order];
}

// Limit of D' on a side.
function slopeAt({ near, far }: Pair, side: number): number {
  return side * (far.b * (1 + side * far.rho) - near.b * (1 + side * near.rho));
}

// Limit of D on a side: a wing is a + slope |k - m|.
function limitAt(pair: Pair, side: number): number {
  const slope = side * slopeAt(pair, side);
  if (slope !== 0) return slope * Infinity;
  const { near, far } = pair;
  const wing = far.b * (1 + side * far.rho);
  return far.a - near.a - side * wing * (far.m - near.m);
}

// c1 r2^2 = c2 r1^2 with c = (b sigma^2)^(2/3).
function inflectionsOf(near: SviSmile, far: SviSmile): number[] {
  const c1 = twoThirds(near);
  const c2 = twoThirds(far);
  if (!(c1 > 0 && c2 > 0)) return []; // a straight line bends nowhere
  const shift = far.m - near.m; // centred on the near slice: c1 ((y - shift)^2 + s2^2) = c2 (y^2 + s1^2)
  const square = c1 - c2;
  const half = -c1 * shift;
  const constant = c1 * (shift * shift + far.sigma * far.sigma) - c2 * near.sigma * near.sigma;
  if (square === 0) return half === 0 ? [] : [near.m - constant / (2 * half)];
  const discriminant = half * half - square * constant;
  if (!(discriminant > 0)) return [];
  const q = half >= 0 ? -half - Math.sqrt(discriminant) : -half + Math.sqrt(discriminant);
  const roots = [near.m + q / square, near.m + constant / q].filter(Number.isFinite);
  return roots.sort((a, b) => a - b);
}

function twoThirds({ b, sigma }: SviSmile): number {
  return b > 0 ? Math.exp((Math.log(b) + 2 * Math.log(sigma)) * (2 / 3)) : 0;
}

// Zeros of a function that is monotone between `knots` and comes to `left` and `right` far out; all, or those from negative to positive.
function zeros(pair: Pair, order: number, knots: readonly number[], left: number, right: number, risingOnly = false, precision = 4e-16): number[] {
  const found: number[] = [];
  const scale = pair.near.sigma + pair.far.sigma + Math.abs(pair.near.m - pair.far.m);
  const centre = (pair.near.m + pair.far.m) / 2;
  let low = -Infinity;
  let atLow = left;
  let touch: number | null = null;
  for (let i = 0; i <= knots.length; i++) {
    const high = i < knots.length ? knots[i] : Infinity;
    const atHigh = i < knots.length ? valueAt(pair, order, high) : right;
    if (atHigh === 0 && high !== Infinity) {
      // A touch, unless the sign is another one after it.
      touch = high;
      low = high;
      continue;
    }
    if (touch !== null) {
      if (atLow * atHigh < 0 && !(risingOnly && atHigh < 0)) found.push(touch);
      touch = null;
    } else if (atLow * atHigh < 0 && !(risingOnly && atHigh < 0)) {
      // Where a value far out is only known as a limit the bracket grows until the sign has changed; so far out that no digit is left there is no zero.
      let from = low;
      let to = high;
      if (from === -Infinity) from = reach(pair, order, Math.min(high, centre), -scale, atLow);
      if (to === Infinity) to = reach(pair, order, Math.max(low, centre), scale, atHigh);
      if (Number.isFinite(from) && Number.isFinite(to)) found.push(zeroBetween(pair, order, from, to, atHigh > 0, precision));
    }
    low = high;
    atLow = atHigh;
  }
  return found;
}

function reach(pair: Pair, order: number, start: number, step: number, sign: number): number {
  let length = step;
  for (let i = 0; i < 200; i++) {
    const k = start + length;
    if (valueAt(pair, order, k) * sign > 0) return k;
    length *= 2;
  }
  return NaN;
}

// Regula falsi with the Illinois weight, bisection where it is slow.
function zeroBetween(pair: Pair, order: number, from: number, to: number, isRising: boolean, precision: number): number {
  let low = from;
  let high = to;
  let atLow = valueAt(pair, order, low);
  let atHigh = valueAt(pair, order, high);
  for (let i = 0; i < 200; i++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) return middle;
    let k = i % 3 === 2 ? middle : high - (atHigh * (high - low)) / (atHigh - atLow);
    if (!(k > low && k < high)) k = middle;
    const value = valueAt(pair, order, k);
    if (value === 0) return k;
    if (value > 0 === isRising) {
      [high, atHigh] = [k, value];
      atLow /= 2;
    } else {
      [low, atLow] = [k, value];
      atHigh /= 2;
    }
    if (high - low <= precision * Math.max(Math.abs(low), Math.abs(high))) break;
  }
  return low + (high - low) / 2;
}
