/**
 * One option by a curve of its own: relative accuracy down to prices of 1e-300, derivatives from the same nodes.
 *
 * With x = ln(F / K), price / (discount sqrt(F K)) = [e^(-|x|/2) for side 0] - (1 / pi) int_0^inf Re(exp(ln phi + i zeta x) zeta' / q) dy
 * (Lewis 2001, "A simple option formula for general jump-diffusion and other exponential Levy processes", the curve moved past a pole).
 */
import { axisExponent, chooseTilt, criticalDistance, type Curve, fillNodes, TILT_SCRATCH } from './contour.ts';
import { KERNEL_SCRATCH } from './kernel.ts';
import { logCharacteristicColumns } from './kernel-columns.ts';
import { logCharacteristicGradient } from './kernel-gradient.ts';
import { nodeColumns, weighTerms } from './node-columns.ts';
import { expectedTotalVariance } from './parameters.ts';

/** Sums: price, d/d(v0, kappa, theta, sigma, rho), d/dT, d/dx, d2/dx2. */
export const SUMS = 9;

export interface OtmIntegral {
  /** Price / (discount sqrt(F K)) of the out-of-the-money option and its derivatives, see `SUMS`; only [0] without a gradient. */
  readonly sums: Float64Array;
  /** Estimated absolute error of sums[0]. */
  readonly error: number;
  /** The step was halved until the estimate fell below the tolerance. */
  readonly converged: boolean;
  /** Values of the characteristic function used. */
  readonly nodes: number;
}

const MAX_NODES = 20_000;
const GOLDEN = 0.6180339887498949;
const LEAST_GAIN = 1e-3;
const BLOCK = 8;
const NODES = nodeColumns(BLOCK);
// Derivatives of ln phi at the nodes: real and imaginary parts of six.
const GRADIENT = 12;
const GRADIENTS = new Float64Array(GRADIENT * BLOCK);
const SCRATCH = new Float64Array(KERNEL_SCRATCH);

/**
 * Price of the out-of-the-money option without jumps, for p of `hestonVector` (unchecked), T >= 0 and x = ln(F / K).
 *
 * @param tolerance - relative to the price, or to the rounding of the sum when that is larger
 */
export function integrateDiffusion(p: Float64Array, T: number, x: number, tolerance: number, withGradient: boolean): OtmIntegral {
  const sums = new Float64Array(SUMS);
  const totalVariance = expectedTotalVariance(p, T);
  if (!(totalVariance > 0)) return { sums, error: 0, converged: true, nodes: 0 };
  let side = x >= 0 ? 1 : -1;
  let critical = criticalDistance(p, T, side);
  let l = 0;
  if (critical < 1e-3) side = 0; // the strip is too thin to pass beyond the pole
  else l = saddleDistance(p, T, x, side, critical);
  if (side === 0) critical = 0.5;

  const tilt = new Float64Array(TILT_SCRATCH);
  chooseTilt(p, T, totalVariance, x, x, tilt);
  const sine = Math.sin(tilt[0]);
  const cosine = Math.cos(tilt[0]);
  const below = side === 0 ? 0.5 : side > 0 ? l : critical - l; // room towards -i infinity
  const above = side === 0 ? 0.5 : side > 0 ? critical - l : l;
  const b = Math.min(below / (1 + sine), above / (1 - sine), 3 / Math.sqrt(totalVariance) + 0.2 * l);
  const axis = side === 0 ? 0 : side * (0.5 + l);
  const curve: Curve = { side, axis, b, sine, cosine };
  const cumulant = axisExponent(p, T, axis);
  const reference = cumulant - axis * x; // the largest exponent; taken out so that nothing underflows
  if (reference < -720) return { sums, error: 0, converged: true, nodes: 0 }; // the price is below the smallest doubles
  const rounding = 1e-15 + 6e-16 * (Math.abs(cumulant) + Math.abs(axis * x));
  let h = (2 * Math.PI * tilt[1]) / 12;
  let end = Infinity;
  let previous = NaN;
  let previousRatio = 0; // of the difference before to the sum of moduli
  let even = 0; // the sum of every second node of the first level: the rule of step 2 h
  let magnitude = 0;
  let largest = 0;
  let curvature = NaN; // the sum that converges last, of d2/dx2, of the step before, and the sum of its moduli
  let curvatureMagnitude = 0;
  let nodes = 0;
  let error = Infinity;
  let converged = false;
  for (let level = 0; ; level++) {
    // All nodes first, then those between
    const start = level === 0 ? 0 : h;
    const step = level === 0 ? h : 2 * h;
    let small = 0;
    for (let block = 0; small < 3 && start + block * step <= end && nodes < MAX_NODES; block += BLOCK) {
      const count = Math.min(BLOCK, Math.floor((end - start) / step + 1e-9) + 1 - block);
      fillNodes(curve, start + block * step, step, 0, count, NODES);
      if (withGradient) fillGradients(count, T, p);
      else logCharacteristicColumns(NODES.nodeRe, NODES.nodeIm, 0, count, T, p, NODES.kernel);
      weighTerms(NODES, 0, count, x, reference);
      for (let j = 0; j < count; j++) {
        const termRe = NODES.kernel.re[j];
        const termIm = NODES.kernel.im[j];
        const modulus = Math.abs(termRe) + Math.abs(termIm);
        if (!(modulus < Infinity)) {
          small = 3;
          break;
        }
        nodes++;
        magnitude += modulus;
        sums[0] += termRe;
        if (level === 0 && (j & 1) === 0) even += termRe;
        let weighted = modulus;
        if (withGradient) {
          const re = NODES.nodeRe[j];
          const im = NODES.nodeIm[j];
          const at = GRADIENT * j;
          weighted *= 0.25 + re * re + im * im;
          curvatureMagnitude += weighted;
          for (let k = 1; k <= 6; k++) sums[k] += termRe * GRADIENTS[at + 2 * k - 2] - termIm * GRADIENTS[at + 2 * k - 1];
          sums[7] -= im * termRe + re * termIm; // i zeta = -im + i re
          sums[8] += (im * im - re * re) * termRe + 2 * im * re * termIm;
        }
        if (level === 0) {
          if (weighted > largest) largest = weighted;
          small = weighted < 1e-18 * largest ? small + 1 : 0;
          if (small === 3) {
            end = (block + j) * h;
            break;
          }
        }
      }
    }
    if (level === 0 && end === Infinity) end = h * nodes;
    const value = sums[0] * h;
    const difference = Math.abs(value - previous);
    const scale = magnitude * h;
    // The error of step h is about the square of that of step 2 h; the power 1.5 leaves a margin, and `LEAST_GAIN` room for a weak part of
    // the error that decays more slowly. A difference may be small by accident: it counts as no smaller than power 2.5 of the one before.
    const ratio = level === 0 ? Math.abs(2 * even - sums[0]) / magnitude : Math.max(difference / scale, previousRatio * previousRatio * Math.sqrt(previousRatio));
    error = level === 0 ? Infinity : scale * Math.max(ratio * Math.max(Math.sqrt(ratio), LEAST_GAIN), rounding);
    converged = error <= tolerance * Math.abs(value) || error <= 2 * rounding * scale;
    if (withGradient) {
      const change = Math.abs(sums[8] * h - curvature) / (curvatureMagnitude * h);
      converged = converged && change * Math.sqrt(change) <= Math.max(tolerance, 2 * rounding);
    }
    if (converged || nodes >= MAX_NODES || level > 12) {
      if (!converged) error = Math.max(error, difference); // halving did not square the error
      break;
    }
    previous = value;
    previousRatio = ratio;
    curvature = sums[8] * h;
    h /= 2;
  }
  const factor = h * Math.exp(reference);
  for (let k = 0; k < SUMS; k++) sums[k] *= factor;
  if (side === 0) {
    const covered = Math.exp(-0.5 * Math.abs(x));
    sums[0] += covered;
    sums[7] += x >= 0 ? -0.5 * covered : 0.5 * covered;
    sums[8] += 0.25 * covered;
  }
  error = Math.abs((error * factor) / h);
  // Where the correlation is 1 and hardly any variance is left, derivatives overflow that the price does not need.
  converged = converged && error < Infinity && (!withGradient || sums.every(Number.isFinite));
  return { sums, error, converged, nodes };
}

function fillGradients(count: number, T: number, p: Float64Array): void {
  const { nodeRe, nodeIm, kernel } = NODES;
  for (let j = 0; j < count; j++) {
    logCharacteristicGradient(nodeRe[j], nodeIm[j], T, p, SCRATCH);
    kernel.re[j] = SCRATCH[0];
    kernel.im[j] = SCRATCH[1];
    for (let k = 0; k < GRADIENT; k++) GRADIENTS[GRADIENT * j + k] = SCRATCH[2 + k];
  }
}

// Minimum over l of ln phi(i axis) - axis x - ln(l (1 + l)), axis = side (1/2 + l): convex between the pole and the explosion.
function saddleDistance(p: Float64Array, T: number, x: number, side: number, critical: number): number {
  let low = Math.min(Math.log(critical), 3) - 20;
  let high = Math.log(critical) - 1e-6;
  const exponent = (logL: number): number => {
    const l = Math.exp(logL);
    const axis = side * (0.5 + l);
    const value = axisExponent(p, T, axis) - axis * x - Math.log(l * (1 + l));
    return Number.isFinite(value) ? value : Infinity;
  };
  let a = high - GOLDEN * (high - low);
  let c = low + GOLDEN * (high - low);
  let fa = exponent(a);
  let fc = exponent(c);
  for (let step = 0; step < 18; step++) {
    if (fa < fc || fc === Infinity) {
      high = c;
      c = a;
      fc = fa;
      a = high - GOLDEN * (high - low);
      fa = exponent(a);
    } else {
      low = a;
      a = c;
      fa = fc;
      c = low + GOLDEN * (high - low);
      fc = exponent(c);
    }
  }
  return Math.exp(0.5 * (low + high));
}
