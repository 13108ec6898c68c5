/**
 * Where to integrate when there are jumps: the curves of contour.ts, with the angle and the step that suit the jumps' factor.
 *
 * On a ray at angle w from the axis at i a the integrand is, against its value on the axis, about exp(E),
 *   E(r, w) = max(-(x - V a) r sin w - V r^2 cos(2 w) / 2, -r (c' cos w + (x - c rho) sin w)) + n (exp(-m r sin w - delta^2 r^2 cos(2 w) / 2) - 1):
 * near the axis the diffusion is Gaussian with its expected variance V, far out it decays exponentially, c = (v0 + kappa theta T) / sigma and
 * c' = c sqrt(1 - rho^2); x = ln(F / K) includes the jumps' compensator; n and m are number and mean of the jumps in the measure of the axis.
 * The trapezoidal rule with step h in a strip of half-width d errs by exp(E - 2 pi d / h), E the largest in the strip: the best strip has the
 * largest d / (digits + E).
 */
import { KERNEL_SCRATCH, logCharacteristic } from './kernel.ts';
import { diffusionVariance, expectedTotalVariance, explosionTime } from './parameters.ts';

/** Strikes of one expiry on one side of the forward. */
export interface CurveTarget {
  readonly expiryYears: number;
  /** 1 for puts (x = ln(F / K) >= 0), -1 for calls. */
  readonly side: number;
  readonly xLow: number;
  readonly xHigh: number;
}

/** Positions on a lattice, so that nearby parameters share a curve and equal parameters give equal bits. */
export interface BatesCurve {
  /** 0: between the poles, 1: above, -1: below. */
  side: number;
  /** The distance beyond the pole is 2^(position / 2). */
  position: number;
  /** The angle is this times `ANGLE_STEP`. */
  tilt: number;
  /** The step is 2^(-step / 4). */
  step: number;
}

export const ANGLE_STEP: number = Math.PI / 48;
const MOST_ANGLES = 11; // beyond pi / 4 Gaussians grow
const TILTS = 2; // not all angles: fewer curves are to be made
const SINES: Float64Array = /* @__PURE__ */ Float64Array.from({ length: 2 * MOST_ANGLES + 1 }, (_, i) => Math.sin((i - MOST_ANGLES) * ANGLE_STEP));
const LOWEST_POSITION = -20; // with less room beyond the pole the curve passes between the poles
const HIGHEST_POSITION = 40;
const LARGEST_CUMULANT = 4;
const RADII = 10;
const RADIUS_RATIO = 0.6;
const LEAST_WIDTH = 0.04;
const MOST_GROWTH = 2; // on the curve itself, where it costs digits
const BEYOND = 6; // sums end at a hundredth of the tolerance

const scratch: Float64Array = /* @__PURE__ */ new Float64Array(KERNEL_SCRATCH);
const growths: Float64Array = /* @__PURE__ */ new Float64Array(2 * MOST_ANGLES + 1);

/** The distance beyond the pole. */
export function poleDistance(position: number): number {
  return Math.exp(0.5 * position * Math.LN2);
}

/** Fills `curve` for parameters `p` with expected variance above 0, for an error of exp(-digits). */
export function chooseCurve(target: CurveTarget, p: Float64Array, digits: number, curve: BatesCurve): void {
  choosePosition(target, p, curve);
  const axis = curve.side === 0 ? 0 : curve.side * (0.5 + poleDistance(curve.position));
  fillGrowths(target, p, digits, axis);
  let best = chooseStrip(digits, MOST_ANGLES - 1, curve);
  if (curve.tilt !== 0 && !isBounded(target, p, digits, axis, curve.tilt)) best = chooseStrip(digits, 0, curve);
  curve.step = Math.ceil(-4 * Math.log2(2 * Math.PI * best));
}

// The strip of the lattice with the largest d / (digits + E), tilted by at most so many steps.
function chooseStrip(digits: number, mostTilt: number, curve: BatesCurve): number {
  let best = LEAST_WIDTH / digits;
  curve.tilt = 0;
  for (let tilt = -mostTilt; tilt <= mostTilt; tilt += TILTS) {
    if (!(growths[tilt + MOST_ANGLES] <= MOST_GROWTH)) continue;
    for (let k = 1; k <= MOST_ANGLES - Math.abs(tilt); k++) {
      const score = (k * ANGLE_STEP) / (digits + Math.max(growths[MOST_ANGLES + tilt - k], growths[MOST_ANGLES + tilt + k]));
      if (score > best) {
        best = score;
        curve.tilt = tilt;
      }
    }
  }
  return best;
}

// E is a model of the diffusion: the integrand itself on a tilted curve, without the swings of the jumps.
function isBounded({ expiryYears: T, xLow, xHigh }: CurveTarget, p: Float64Array, digits: number, axis: number, tilt: number): boolean {
  const sine = Math.sin(tilt * ANGLE_STEP);
  const cosine = Math.cos(tilt * ANGLE_STEP);
  const x = sine > 0 ? xLow : xHigh;
  let reference = 0;
  for (let k = 0, r = 0; k < RADII; k++, r = k === 1 ? farEnd(p, T, digits) : RADIUS_RATIO * r) {
    const im = axis + r * sine;
    logCharacteristic(r * cosine, im, T, p, scratch);
    const a = 0.5 - im;
    const envelope = p[5] * T * (Math.exp(p[6] * a + 0.5 * p[7] * p[7] * (a * a - r * r * cosine * cosine)) - 1 - a * Math.expm1(p[6] + 0.5 * p[7] * p[7]));
    const exponent = scratch[0] - scratch[28] + (p[5] > 0 ? envelope : 0) - im * x;
    if (k === 0) reference = exponent;
    else if (!(exponent - reference <= (k === 1 ? -digits : MOST_GROWTH))) return false;
  }
  return true;
}

// Where the diffusion has ended on the real axis.
function farEnd(p: Float64Array, T: number, digits: number): number {
  const c = (p[0] + p[1] * p[2] * T) / Math.max(p[3], 1e-300);
  return (digits + BEYOND) * Math.max(Math.sqrt(2 / ((digits + BEYOND) * Math.max(diffusionVariance(p, T), 1e-300))), 1 / Math.max(1e-9, c * Math.sqrt(1 - p[4] * p[4])));
}

// Near the saddle of a strike in the middle, as far out as the integrand on the axis is not much larger than its integral.
function choosePosition(target: CurveTarget, p: Float64Array, curve: BatesCurve): void {
  const { expiryYears, side, xLow, xHigh } = target;
  const totalVariance = expectedTotalVariance(p, expiryYears);
  // Gaussian saddle W eta - |x| = 2 / eta, of a strike not so far out that those near the money would lose digits
  const x = Math.min(0.5 * Math.abs(xLow + xHigh), 1.5 * Math.sqrt(totalVariance));
  const eta = (x + Math.sqrt(x * x + 8 * totalVariance)) / (2 * totalVariance);
  const aim = (eta * eta) / (0.5 + Math.sqrt(0.25 + eta * eta)); // l (1 + l) = eta^2
  let position = Math.max(LOWEST_POSITION - 1, Math.min(HIGHEST_POSITION, Math.round(2 * Math.log2(aim))));
  while (position >= LOWEST_POSITION && !isUsable(target, p, poleDistance(position))) position--;
  curve.position = position;
  curve.side = position < LOWEST_POSITION ? 0 : side;
}

// The largest E of each angle of the lattice.
function fillGrowths({ expiryYears: T, xLow, xHigh }: CurveTarget, p: Float64Array, digits: number, axis: number): void {
  const V = Math.max(diffusionVariance(p, T), 1e-300);
  const c = Math.min((p[0] + p[1] * p[2] * T) / Math.max(p[3], 1e-300), 1e9);
  const decay = c * Math.sqrt(1 - p[4] * p[4]);
  const a = 0.5 - axis;
  const variance = p[7] * p[7];
  const jumps = p[5] * T * Math.exp(a * (p[6] + 0.5 * a * variance));
  const mean = p[6] + a * variance;
  const drift = -p[5] * T * Math.expm1(p[6] + 0.5 * variance);
  for (let i = 0; i < growths.length; i++) {
    const sine = SINES[i];
    const cos2 = 1 - 2 * sine * sine;
    const x = (sine > 0 ? xLow : xHigh) + drift;
    const gaussSlope = (x - V * axis) * sine;
    const farSlope = decay * Math.sqrt(1 - sine * sine) + (x - c * p[4]) * sine;
    let largest = farSlope > 0 ? 0 : Infinity;
    // Here the diffusion has ended, though it were without the strike's part.
    const end = Math.max(Math.sqrt((2 * (digits + BEYOND)) / (V * cos2)), (digits + BEYOND) / farSlope);
    for (let k = 0, r = end; k < RADII && largest < Infinity; k++, r *= RADIUS_RATIO) {
      const diffusion = Math.max(-gaussSlope * r - 0.5 * V * cos2 * r * r, -farSlope * r);
      const jump = jumps > 0 ? jumps * Math.expm1(-mean * sine * r - 0.5 * variance * cos2 * r * r) : 0;
      if (diffusion + jump > largest) largest = diffusion + jump;
    }
    growths[i] = largest;
  }
}

function isUsable({ expiryYears: T, side }: CurveTarget, p: Float64Array, l: number): boolean {
  if (!(explosionTime(p, side > 0 ? -3 * l : 1 + 3 * l) > T)) return false;
  logCharacteristic(0, side * (0.5 + l), T, p, scratch);
  if (!(scratch[0] <= LARGEST_CUMULANT)) return false;
  // Rare wide jumps grow doubly exponentially along the axis: also where the strip of the trapezoidal rule reaches to.
  logCharacteristic(0, side * (0.5 + 1.6 * l), T, p, scratch);
  return scratch[0] <= 2 * LARGEST_CUMULANT;
}
