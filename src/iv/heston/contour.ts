/**
 * Where to integrate: curves zeta(y) = i (side (1/2 + l) - b sin w) + b sinh(y + i w) through the saddle of the integrand.
 *
 * The price of an out-of-the-money option is an integral of exp(i zeta x) phi / (zeta^2 + 1/4) along any curve that passes above the
 * pole i/2 (puts, side 1), below -i/2 (calls, side -1) or between (side 0, then a constant is added). The trapezoidal rule in y
 * converges like exp(-2 pi d / h) when the integrand stays bounded for |Im y| < d, so the curve is bent towards the direction of
 * fastest decay (Boyarchenko and Levendorskii 2019, "Sinh-acceleration"). All singularities of phi lie on the imaginary axis, at the
 * moments that explode (del Bano Rollin, Ferreiro-Castilla and Utzet 2010); the curve crosses the axis inside the strip.
 */
import { diffusionVariance, explosionTime } from './parameters.ts';

/** Length of the scratch array of `chooseTilt`: the tilt w and the half-width d of the strip. */
export const TILT_SCRATCH = 2;

/** Moment of S at distance `l` from the pole of a side: -l for puts (side 1), 1 + l for calls (side -1). */
function momentAt(side: number, l: number): number {
  return side > 0 ? -l : 1 + l;
}

/** True when the moment at distance `l` beyond the pole is finite at expiry. */
export function isInsideStrip(p: Float64Array, T: number, side: number, l: number): boolean {
  return explosionTime(p, momentAt(side, l)) > T;
}

/** Distance from the pole of a side to the moment that explodes at expiry, from below; at most 1e9. */
export function criticalDistance(p: Float64Array, T: number, side: number): number {
  let low = 1;
  if (isInsideStrip(p, T, side, low)) {
    while (isInsideStrip(p, T, side, 2 * low)) {
      low *= 2;
      if (low > 1e9) return low;
    }
  } else {
    while (!isInsideStrip(p, T, side, low)) {
      low /= 2;
      if (low < 1e-12) return 0;
    }
  }
  let width = low;
  for (let step = 0; step < 30; step++) {
    width /= 2;
    if (isInsideStrip(p, T, side, low + width)) low += width;
  }
  return low;
}

/**
 * Tilt w and half-width d of the strip for all x between `xLow` and `xHigh`; out[0] = w, out[1] = d.
 *
 * Far out phi decays like exp(-c (sqrt(1 - rho^2) + i rho) zeta), c = (v0 + kappa theta T) / sigma, hence exp(i zeta x) phi decays
 * in all directions within pi/2 of atan2(x - c rho, c sqrt(1 - rho^2)). Nearer it decays like a Gaussian of total variance W, within
 * pi/4 of the real axis. 2 c^2 / W is the exponent where one law takes over from the other: when it is small only the first counts.
 */
export function chooseTilt(p: Float64Array, T: number, totalVariance: number, xLow: number, xHigh: number, out: Float64Array): void {
  const c = Math.min((p[0] + p[1] * p[2] * T) / Math.max(p[3], 1e-300), 1e9);
  const rho = p[4];
  const decay = c * Math.sqrt(1 - rho * rho);
  const highest = Math.atan2(xHigh - c * rho, decay);
  const lowest = Math.atan2(xLow - c * rho, decay);
  const takeover = (c * c) / totalVariance;
  const cone = p[8] > 0 ? 0.55 : 0.55 + 0.75 * Math.min(1, 0.5 / takeover);
  let low = highest - Math.PI / 2;
  let high = lowest + Math.PI / 2;
  if (p[5] > 0) {
    // exp(i z mu) of several jumps moves x to x + n mu; off the axis its exponential would grow, so the curve is not tilted.
    const jump = 4 * (Math.abs(p[6]) + p[7]);
    low = Math.max(low, -Math.atan2(decay, Math.abs(xHigh) + jump + c * Math.abs(rho)));
    high = Math.min(high, Math.atan2(decay, Math.abs(xLow) + jump + c * Math.abs(rho)));
    // |phi| of the jumps grows like exp(lambda T exp(|mu| |zeta| sin w)) until the diffusion or the jumps' own spread ends it.
    const end = Math.min(6 / Math.sqrt(diffusionVariance(p, T)), 5 / p[7]);
    out[0] = 0;
    out[1] = Math.max(0.04, Math.min(-low, high, cone, Math.asin(Math.min(1, 1 / (Math.abs(p[6]) * end)))));
    return;
  }
  low = Math.max(low, -cone);
  high = Math.min(high, cone);
  if (high - low < 0.08) {
    // No curve suits all x (|rho| near 1 and x on both sides of c rho): the middle one, with a step for a narrow strip.
    out[0] = Math.max(-1.2, Math.min(1.2, 0.5 * (low + high)));
    out[1] = 0.04;
    return;
  }
  out[0] = 0.5 * (low + high);
  out[1] = 0.5 * (high - low);
}
