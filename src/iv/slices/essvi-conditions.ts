/** When eSSVI slices are free of arbitrage: necessary and sufficient conditions, each with its margin. */
import { requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { requireEssvi, type EssviSlice } from './essvi.ts';

/** Margins of the butterfly conditions of one slice: each must be >= 0. */
export interface EssviButterflyMargins {
  /** 2 - psi (1 - rho) / 2: Lee's bound for the left wing. */
  readonly leftWing: number;
  /** 2 - psi (1 + rho) / 2: Lee's bound for the right wing. */
  readonly rightWing: number;
  /** theta less {@link essviLeastTheta}: the density is nowhere negative; -Infinity where a wing is too steep for any theta. */
  readonly density: number;
  /** 4 theta - psi^2 (1 + |rho|): with the wings' margins sufficient for the density, not necessary (Gatheral and Jacquier 2014, Theorem 4.2). */
  readonly gatheralJacquier: number;
  /** Both wings and the density. */
  readonly isArbitrageFree: boolean;
}

/** Margins of the calendar conditions of two slices: each must be >= 0. */
export interface EssviCalendarMargins {
  /** The far left slope less the near one. */
  readonly leftWing: number;
  /** The far right slope less the near one. */
  readonly rightWing: number;
  /** The far theta less the near one; necessary, implied by `contact`. */
  readonly atTheMoney: number;
  /** The far theta less the near one times {@link essviLeastThetaRatio}; -Infinity where the wings cross. */
  readonly contact: number;
  /** Both wings and the contact. */
  readonly isArbitrageFree: boolean;
}

/**
 * Margins of the conditions under which one slice has no butterfly arbitrage: necessary and sufficient together.
 *
 * @throws DomainError for parameters out of range
 * @example essviButterflyMargins({ theta: 0.04, rho: -0.7, psi: 0.5 }).isArbitrageFree
 */
export function essviButterflyMargins(slice: EssviSlice): EssviButterflyMargins {
  requireEssvi('essviButterflyMargins', slice);
  const { theta, rho, psi } = slice;
  const leftWing = 2 - leftSlope(slice);
  const rightWing = 2 - rightSlope(slice);
  const density = theta - leastTheta(leftSlope(slice), rightSlope(slice), null);
  const isArbitrageFree = leftWing > 0 && rightWing > 0 && density >= 0;
  return Object.freeze({ leftWing, rightWing, density, gatheralJacquier: 4 * theta - psi * psi * (1 + Math.abs(rho)), isArbitrageFree });
}

/**
 * Margins of the conditions under which total variance never falls from the near to the far slice at any log-moneyness: necessary and
 * sufficient together.
 *
 * @throws DomainError for parameters out of range
 * @example essviCalendarMargins(near, far).isArbitrageFree
 */
export function essviCalendarMargins(near: EssviSlice, far: EssviSlice): EssviCalendarMargins {
  requireEssvi('essviCalendarMargins', near, 'near');
  requireEssvi('essviCalendarMargins', far, 'far');
  const leftWing = leftSlope(far) - leftSlope(near);
  const rightWing = rightSlope(far) - rightSlope(near);
  const contact = far.theta - near.theta * leastThetaRatio(leftSlope(near), rightSlope(near), leftSlope(far), rightSlope(far));
  return Object.freeze({ leftWing, rightWing, atTheMoney: far.theta - near.theta, contact, isArbitrageFree: leftWing >= 0 && rightWing >= 0 && contact >= 0 });
}

/**
 * The smallest at-the-money total variance at which a slice of this rho and psi has no butterfly arbitrage.
 *
 * On the hyperbola (w - R k)(w + L k) = theta w with k = w (2u - 1) / D, D = L (1 - u) + R u, 0 < u < 1, Durrleman's g is linear in
 * 1 / theta, and g >= 0 everywhere exactly when
 *
 * theta >= max over u of psi^2 u (1 - u) (1 - 4 R L u (1 - u) / (D Q)) / (1 - (L (1 - u) - R u)^2 / 4), Q = L (1 - u)^2 + R u^2.
 *
 * At most psi^2 (1 + |rho|) / 4, the bound of Gatheral and Jacquier, and often a third of it.
 *
 * @returns Infinity where a wing slope reaches 2
 * @throws DomainError for parameters out of range
 * @see Martini and Mingone (2022), "No arbitrage SVI", for the same set by another way
 * @example essviLeastTheta({ rho: 0, psi: 0.2 }) // 0.00202, Gatheral and Jacquier ask for 0.01
 */
export function essviLeastTheta(shape: Pick<EssviSlice, 'rho' | 'psi'>): number {
  const slice = { theta: 1, rho: shape.rho, psi: shape.psi };
  requireEssvi('essviLeastTheta', slice, 'shape');
  return leastTheta(leftSlope(slice), rightSlope(slice), null);
}

/**
 * The smallest ratio of far to near at-the-money total variance at which the two slices do not cross.
 *
 * Along k = w z the ratio of the slices' total variances is far theta / near theta times (1 - R z)(1 + L z) over the same of the far slice;
 * the largest value of the inverse over 0 < w < Infinity is
 *
 * ((R' + L') / (sqrt((R' + L)(L' + R)) + sqrt((R' - R)(L' - L))))^2, primes for the far slice: between 1 and psi' / psi.
 *
 * @returns Infinity where a wing of the far slice is flatter than the near one
 * @throws DomainError for parameters out of range
 * @see Hendriks and Martini (2019), Proposition 3.5, for the discriminant from which it follows
 */
export function essviLeastThetaRatio(near: Pick<EssviSlice, 'rho' | 'psi'>, far: Pick<EssviSlice, 'rho' | 'psi'>): number {
  const [first, second] = [near, far].map(({ rho, psi }) => ({ theta: 1, rho, psi }));
  requireEssvi('essviLeastThetaRatio', first, 'near');
  requireEssvi('essviLeastThetaRatio', second, 'far');
  return leastThetaRatio(leftSlope(first), rightSlope(first), leftSlope(second), rightSlope(second));
}

/** Slope of the left wing, as a positive number. */
export function leftSlope(slice: EssviSlice): number {
  return (slice.psi * (1 - slice.rho)) / 2;
}

/** Slope of the right wing. */
export function rightSlope(slice: EssviSlice): number {
  return (slice.psi * (1 + slice.rho)) / 2;
}

/** The slice with these wing slopes, both > 0 (both 0: flat). */
export function essviFromWings(theta: number, left: number, right: number): EssviSlice {
  const psi = left + right;
  return Object.freeze({ theta, rho: psi > 0 ? (right - left) / psi : 0, psi });
}

/** Unchecked {@link essviLeastThetaRatio} of wing slopes. */
export function leastThetaRatio(nearLeft: number, nearRight: number, farLeft: number, farRight: number): number {
  const left = farLeft - nearLeft;
  const right = farRight - nearRight;
  if (left < 0 || right < 0) return Infinity;
  if (left + right === 0) return 1;
  const ratio = (farLeft + farRight) / (Math.sqrt((farRight + nearLeft) * (farLeft + nearRight)) + Math.sqrt(left * right));
  return ratio * ratio;
}

const STEEPEST = 2 - 1e-9; // Lee's bound of 2 itself is not allowed
const GRID = 20;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Unchecked {@link essviLeastTheta} of wing slopes.
 *
 * @param gradient - filled with its derivatives by left and right slope unless null
 */
export function leastTheta(left: number, right: number, gradient: Float64Array | null): number {
  if (!(left < 2 && right < 2)) return Infinity;
  if (left + right === 0) return 0;
  let best = 0;
  let bestAt = 1;
  for (let i = 1; i < GRID; i++) {
    const value = thetaAt(left, right, stretched(i / GRID));
    if (value > best) {
      best = value;
      bestAt = i;
    }
  }
  // Golden section in the cells around the best grid point; the value is flat there, so 1e-8 in place is 1e-16 in theta.
  let a = (bestAt - 1) / GRID;
  let b = (bestAt + 1) / GRID;
  let c = b - GOLDEN * (b - a);
  let d = a + GOLDEN * (b - a);
  let atC = thetaAt(left, right, stretched(c));
  let atD = thetaAt(left, right, stretched(d));
  while (b - a > 1e-8) {
    if (atC > atD) {
      b = d;
      d = c;
      atD = atC;
      c = b - GOLDEN * (b - a);
      atC = thetaAt(left, right, stretched(c));
    } else {
      a = c;
      c = d;
      atC = atD;
      d = a + GOLDEN * (b - a);
      atD = thetaAt(left, right, stretched(d));
    }
  }
  const u = stretched((a + b) / 2);
  best = Math.max(best, atC, atD);
  if (gradient !== null) fillGradient(left, right, u, gradient);
  return best;
}

// More grid points near both ends, where steep wings have their maximum.
function stretched(t: number): number {
  return t * t * (3 - 2 * t);
}

function thetaAt(left: number, right: number, u: number): number {
  const v = u * (1 - u);
  const psi = left + right;
  const d = left * (1 - u) + right * u;
  const q = left * (1 - u) * (1 - u) + right * u * u;
  const tilt = (left * (1 - u) - right * u) / 2;
  return (psi * psi * v * (1 - (4 * right * left * v) / (d * q))) / ((1 - tilt) * (1 + tilt));
}

// At a maximum over u the derivative by u does not count (envelope theorem).
function fillGradient(left: number, right: number, u: number, gradient: Float64Array): void {
  const v = u * (1 - u);
  const psi = left + right;
  const d = left * (1 - u) + right * u;
  const q = left * (1 - u) * (1 - u) + right * u * u;
  const tilt = (left * (1 - u) - right * u) / 2;
  const below = (1 - tilt) * (1 + tilt);
  const share = (4 * right * left * v) / (d * q);
  const numerator = psi * psi * v * (1 - share);
  const byLeft = 2 * psi * v * (1 - share) - psi * psi * v * ((4 * right * v) / (d * q) - share * ((1 - u) / d + ((1 - u) * (1 - u)) / q));
  const byRight = 2 * psi * v * (1 - share) - psi * psi * v * ((4 * left * v) / (d * q) - share * (u / d + (u * u) / q));
  gradient[0] = byLeft / below + (numerator * tilt * (1 - u)) / (below * below);
  gradient[1] = byRight / below - (numerator * tilt * u) / (below * below);
}

export interface EssviProjectionOptions {
  /** Distance to keep from every condition, as a share. @default 1e-9 */
  readonly margin?: number;
}

/**
 * Slices without arbitrage near given ones: what is arbitrage free already stays as it is, but for the margin.
 *
 * From the last expiry to the first, wing slopes are cut to those of the next slice and, with rho kept, until the density is nowhere
 * negative; then, from the first to the last, theta is lifted until no slice crosses the one before.
 *
 * @param slices - in ascending order of expiry, any parameters in range
 * @returns slices that satisfy {@link essviButterflyMargins} and, one after the other, {@link essviCalendarMargins}
 * @throws DomainError for parameters or a margin out of range
 */
export function projectEssvi(slices: readonly EssviSlice[], options: EssviProjectionOptions = {}): EssviSlice[] {
  requireKnownKeys('projectEssvi', options, ['margin']);
  const margin = requireNumber('projectEssvi', 'margin', options.margin ?? 1e-9, { min: 0, max: 0.1 });
  slices.forEach((slice, i) => requireEssvi('projectEssvi', slice, `slices[${i}]`));
  const left = Float64Array.from(slices, leftSlope);
  const right = Float64Array.from(slices, rightSlope);
  const theta = Float64Array.from(slices, (slice) => slice.theta);
  projectWings(theta, left, right, margin);
  return slices.map((_, i) => essviFromWings(theta[i], left[i], right[i]));
}

/** {@link projectEssvi} on columns, in place. */
export function projectWings(theta: Float64Array, left: Float64Array, right: Float64Array, margin: number): void {
  const n = theta.length;
  for (let i = n - 1; i >= 0; i--) {
    const leftCap = i === n - 1 ? STEEPEST : left[i + 1];
    const rightCap = i === n - 1 ? STEEPEST : right[i + 1];
    left[i] = Math.min(left[i], leftCap * (1 - margin));
    right[i] = Math.min(right[i], rightCap * (1 - margin));
    const scale = densityScale(theta[i] * (1 - margin), left[i], right[i]);
    left[i] *= scale;
    right[i] *= scale;
  }
  for (let i = 1; i < n; i++) theta[i] = Math.max(theta[i], theta[i - 1] * leastThetaRatio(left[i - 1], right[i - 1], left[i], right[i]) * (1 + margin));
}

// The largest share of both slopes, at most 1, whose least theta is at most `theta`.
function densityScale(theta: number, left: number, right: number): number {
  const psi = left + right;
  if (psi * Math.max(left, right) <= 2 * theta || leastTheta(left, right, null) <= theta) return 1; // the first is Gatheral and Jacquier's, without a search
  // The share at which Gatheral and Jacquier's bound holds is enough, and is where the search begins.
  let low = Math.min(1, Math.sqrt((2 * theta) / (psi * Math.max(left, right))));
  let high = 1;
  for (let i = 0; i < 60 && high - low > 1e-12; i++) {
    const middle = (low + high) / 2;
    if (leastTheta(left * middle, right * middle, null) <= theta) low = middle;
    else high = middle;
  }
  return low;
}
