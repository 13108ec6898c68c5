/** At-the-money total variance as a function of time that never falls. */
import { requireNumber, requireSameLength } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { risingMeans } from '../../core/pava.ts';

/** Knots of a monotone cubic; from 0 at time 0 to the first knot, with the last slope after the last one. */
export interface ThetaCurve {
  /** Strictly ascending, > 0, shape (n). */
  readonly expiryYears: Float64Array;
  /** Total variance at the money, > 0 and never falling, shape (n). */
  readonly theta: Float64Array;
  /** d theta / dT at the knots, >= 0, shape (n). */
  readonly slope: Float64Array;
}

export interface ThetaKnots {
  /** Strictly ascending, > 0, shape (n), n >= 1. */
  readonly expiryYears: ArrayLike<number>;
  /** Total variance at the money, > 0, shape (n); where it falls in time the knots around are pooled. */
  readonly theta: ArrayLike<number>;
  /** Weight of each knot when falling ones are pooled. @default 1 each */
  readonly weights?: ArrayLike<number>;
  /** d theta / dT at the knots, where known, shape (n); cut to where the cubic is monotone. @default the weighted harmonic mean of the chords */
  readonly slope?: ArrayLike<number>;
}

/**
 * A monotone curve through at-the-money total variances.
 *
 * Cubic Hermite pieces; slopes are weighted harmonic means of the neighbouring chords and at most three times either chord, which keeps
 * each piece monotone.
 *
 * @throws ShapeError for columns of different lengths, DomainError for values out of range
 * @see Fritsch and Carlson (1980), "Monotone piecewise cubic interpolation"; Fritsch and Butland (1984)
 * @example thetaCurve({ expiryYears: [0.25, 1], theta: [0.01, 0.04] })
 */
export function thetaCurve(knots: ThetaKnots): ThetaCurve {
  const fn = 'thetaCurve';
  const { weights, slope: given } = knots;
  const n = requireSameLength(fn, { expiryYears: knots.expiryYears, theta: knots.theta, ...(weights && { weights }), ...(given && { slope: given }) });
  if (n === 0) throw new DomainError(`${fn}: expiryYears must have at least 1 value, got 0`);
  const expiryYears = Float64Array.from(knots.expiryYears, (years, i) => requireNumber(fn, `expiryYears[${i}]`, years, { min: i === 0 ? 0 : knots.expiryYears[i - 1], open: true }));
  for (let i = 0; i < n; i++) {
    requireNumber(fn, `theta[${i}]`, knots.theta[i], { min: 0, open: true });
    if (weights !== undefined) requireNumber(fn, `weights[${i}]`, weights[i], { min: 0, open: true });
    if (given !== undefined) requireNumber(fn, `slope[${i}]`, given[i], { min: 0 });
  }
  const theta = risingMeans(knots.theta, weights ?? new Float64Array(n).fill(1));
  const before = (i: number): number => (i === 0 ? theta[0] / expiryYears[0] : (theta[i] - theta[i - 1]) / (expiryYears[i] - expiryYears[i - 1]));
  const slope = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const chord = before(i);
    const next = i === n - 1 ? chord : before(i + 1);
    slope[i] = Math.min(given === undefined ? harmonic(chord, next, expiryYears[i] - (i === 0 ? 0 : expiryYears[i - 1]), i === n - 1 ? 0 : expiryYears[i + 1] - expiryYears[i]) : given[i], 3 * chord, 3 * next);
  }
  return Object.freeze({ expiryYears, theta, slope });
}

function harmonic(chord: number, next: number, width: number, nextWidth: number): number {
  if (!(chord > 0 && next > 0)) return 0;
  const first = width + 2 * nextWidth;
  const second = nextWidth + 2 * width;
  return (first + second) / (first / chord + second / next);
}

/** Fills out[0..1] with theta and d theta / dT at a time > 0; nothing is checked. */
export function uncheckedTheta(curve: ThetaCurve, years: number, out: Float64Array): void {
  const { expiryYears, theta, slope } = curve;
  const n = theta.length;
  if (years >= expiryYears[n - 1]) {
    out[0] = theta[n - 1] + slope[n - 1] * (years - expiryYears[n - 1]);
    out[1] = slope[n - 1];
    return;
  }
  let i = 0;
  while (expiryYears[i] <= years) i++;
  const start = i === 0 ? 0 : expiryYears[i - 1];
  const from = i === 0 ? 0 : theta[i - 1];
  const width = expiryYears[i] - start;
  const chord = (theta[i] - from) / width;
  // The first piece starts with the slope of its chord, or flatter where the knot's slope asks for it.
  const a = (i === 0 ? chord : slope[i - 1]) - chord;
  const b = slope[i] - chord;
  const t = (years - start) / width;
  const u = 1 - t;
  out[0] = from + width * t * (chord + u * (a * u - b * t));
  out[1] = chord + a * u * (1 - 3 * t) - b * t * (2 - 3 * t);
}
