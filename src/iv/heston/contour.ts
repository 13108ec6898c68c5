/**
 * Where to integrate: curves zeta(y) = i (side (1/2 + l) - b sin w) + b sinh(y + i w) through the saddle of the integrand.
 *
 * The price of an out-of-the-money option is an integral of exp(i zeta x) phi / (zeta^2 + 1/4) along any curve that passes above the
 * pole i/2 (puts, side 1), below -i/2 (calls, side -1) or between (side 0, then a constant is added). The trapezoidal rule in y
 * converges like exp(-2 pi d / h) when the integrand stays bounded for |Im y| < d, so the curve is bent towards the direction of
 * fastest decay (Boyarchenko and Levendorskii 2019, "Sinh-acceleration"). All singularities of phi lie on the imaginary axis, at the
 * moments that explode (del Bano Rollin, Ferreiro-Castilla and Utzet 2010); the curve crosses the axis inside the strip.
 */
import { diffusionVariance, explosionTime, expectedTotalVariance } from './parameters.ts';

/** A curve by its numbers: side 0 passes between the poles. */
export interface Curve {
  readonly side: number;
  /** Where the curve crosses the imaginary axis. */
  readonly axis: number;
  readonly b: number;
  readonly sine: number;
  readonly cosine: number;
}

/** Nodes zeta of the trapezoidal rule and their weights -zeta' / (pi q), without the step. */
export interface CurveNodes {
  readonly nodeRe: Float64Array;
  readonly nodeIm: Float64Array;
  readonly weightRe: Float64Array;
  readonly weightIm: Float64Array;
}

/** Length of the scratch array of `chooseTilt`: the tilt w and the half-width d of the strip. */
export const TILT_SCRATCH = 2;

/** Moment of S at distance `l` from the pole of a side: -l for puts (side 1), 1 + l for calls (side -1). */
function momentAt(side: number, l: number): number {
  return side > 0 ? -l : 1 + l;
}

/** The curve at distance `l` beyond the pole of its side (not used for side 0), with a tilt w. */
export function curveAt(side: number, l: number, tilt: number): Curve {
  const sine = Math.sin(tilt);
  return { side, axis: side === 0 ? 0 : side * (0.5 + l), b: (side === 0 ? 0.5 : l) / (1 + Math.abs(sine)), sine, cosine: Math.cos(tilt) };
}

/** Fills nodes and weights at y = start + j step for j from `from` to before `to`; y = 0 has half a weight. */
export function fillNodes({ axis, b, sine, cosine }: Curve, start: number, step: number, from: number, to: number, nodes: CurveNodes): void {
  const { nodeRe, nodeIm, weightRe, weightIm } = nodes;
  for (let j = from; j < to; j++) {
    const y = start + j * step;
    const growth = Math.exp(y);
    const sinh = 0.5 * b * (growth - 1 / growth);
    const cosh = 0.5 * b * (growth + 1 / growth);
    const re = sinh * cosine;
    const im = axis - b * sine + cosh * sine;
    nodeRe[j] = re;
    nodeIm[j] = im;
    const qr = re * re + (0.5 - im) * (0.5 + im);
    const qi = 2 * re * im;
    const over = (y === 0 ? -0.5 : -1) / Math.PI / (qr * qr + qi * qi);
    const dr = cosh * cosine;
    const di = sinh * sine;
    weightRe[j] = (dr * qr + di * qi) * over;
    weightIm[j] = (di * qr - dr * qi) * over;
  }
}

/**
 * ln phi on the imaginary axis, i.e. of the moment 1/2 - im of S_T / F; Infinity for a moment that has exploded.
 *
 * With N = cosh(d T / 2) + xi sinh(d T / 2) / d: D = -q sinh(d T / 2) / (d N), I = (xi T - 2 ln N) / s; N reaches 0 when the moment explodes.
 * For choosing curves: nine digits.
 */
export function axisExponent(p: Float64Array, T: number, im: number): number {
  const s = p[3] * p[3];
  const a = 0.5 - im;
  const q = a * (0.5 + im);
  const xi = p[1] - p[4] * p[3] * a;
  const square = xi * xi + s * q;
  const d = Math.sqrt(Math.abs(square));
  let exponent = p[8] > 0 ? -0.5 * p[8] * q : 0;
  if (p[5] > 0) exponent += p[5] * T * (Math.expm1(p[6] * a + 0.5 * p[7] * p[7] * a * a) - a * Math.expm1(p[6] + 0.5 * p[7] * p[7]));
  if (square < 0) {
    const half = 0.5 * d * T;
    const sine = Math.sin(half) / d;
    const n = Math.cos(half) + xi * sine;
    return half < Math.PI && n > 0 ? exponent - (p[0] * q * sine) / n + (p[1] * p[2] * (xi * T - 2 * Math.log(n))) / s : Infinity;
  }
  const m = d * T < 1e-4 ? T * (1 - 0.5 * d * T) : -Math.expm1(-d * T) / d;
  const n = 1 + 0.5 * (xi - d) * m;
  if (!(n > 0)) return Infinity;
  const t = xi >= 0 ? -q / (xi + d) : (xi - d) / s;
  const y = 0.5 * s * t * m;
  const logOverS = xi < 0 ? Math.log(n) / s : Math.abs(y) < 1e-9 ? 0.5 * t * m : Math.log1p(y) / s;
  return exponent - (0.5 * p[0] * q * m) / n + p[1] * p[2] * (t * T - 2 * logOverS);
}

const POSITIONS_PER_OCTAVE = 2;
/** With less than 2^-10 of room beyond the pole the curve passes between the poles. */
export const LOWEST_POSITION: number = -10 * POSITIONS_PER_OCTAVE;
const LARGEST_CUMULANT = 4;

/** Distances l of shared curves, 2^(position / 2). */
export function distanceOf(position: number): number {
  return Math.exp((position / POSITIONS_PER_OCTAVE) * Math.LN2);
}

/**
 * Where strikes of a side whose middle |x| is `xMiddle` have their curve: a position for `distanceOf`, or one below `LOWEST_POSITION`.
 *
 * Near the saddle of a Gaussian, W eta - |x| = 2 / eta, of a strike not so far out that those near the money would lose digits.
 */
export function sharedPosition(p: Float64Array, T: number, side: number, xMiddle: number): number {
  const totalVariance = expectedTotalVariance(p, T);
  const x = Math.min(xMiddle, 1.5 * Math.sqrt(totalVariance));
  const eta = (x + Math.sqrt(x * x + 8 * totalVariance)) / (2 * totalVariance);
  const target = eta * eta / (0.5 + Math.sqrt(0.25 + eta * eta)); // l with l (1 + l) = eta^2
  let position = Math.max(LOWEST_POSITION - 1, Math.min(40, Math.round(POSITIONS_PER_OCTAVE * Math.log2(target))));
  while (position >= LOWEST_POSITION && !isUsable(p, T, side, distanceOf(position))) position--;
  return position;
}

// Three times the distance is inside the strip, and the cumulant there no larger than where a Gaussian has its saddle: beyond,
// the integrand would be much larger than its integral.
function isUsable(p: Float64Array, T: number, side: number, l: number): boolean {
  if (!(axisExponent(p, T, side * (0.5 + l)) <= LARGEST_CUMULANT) || axisExponent(p, T, side * (0.5 + 3 * l)) === Infinity) return false;
  // Rare wide jumps grow doubly exponentially along the axis: also where the strip of the trapezoidal rule reaches to.
  return p[5] === 0 || axisExponent(p, T, side * (0.5 + 1.6 * l)) <= 2 * LARGEST_CUMULANT;
}

/** True when the moment at distance `l` beyond the pole is finite at expiry. */
function isInsideStrip(p: Float64Array, T: number, side: number, l: number): boolean {
  return explosionTime(p, momentAt(side, l)) > T;
}

/** Distance from the pole of a side to the moment that explodes at expiry, from below; to four digits; at most 1e9. */
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
  for (let step = 0; step < 14; step++) {
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
