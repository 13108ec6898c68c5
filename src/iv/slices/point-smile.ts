/** A smile through quoted points: total variance between them by a cubic that never overshoots. */
import { requireKnownKeys, requireNumber, requireOneOf, requireSameLength } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';

/** What holds beyond the outermost points: the end slope, the end value, or nothing (NaN). */
export type PointExtrapolation = 'linear' | 'flat' | 'none';

/** Plain data; arrays of one length (n >= 1). Made by {@link pointSmile}. */
export interface PointSmile {
  readonly kind: 'points';
  /** ln(strike / forward), strictly ascending. */
  readonly logMoneyness: Float64Array;
  /** vol^2 * expiryYears at the points, > 0. */
  readonly totalVariance: Float64Array;
  /** dw/dk at the points, by Steffen's rule. */
  readonly slope: Float64Array;
  readonly extrapolation: PointExtrapolation;
  /** What the points were quoted with; takes no part in the smile. Null when not known. */
  readonly quotes: PointQuotes | null;
}

/** Columns beside the points, each of shape (n); NaN where a point has none. */
export interface PointQuotes {
  readonly bidVol: Float64Array;
  readonly askVol: Float64Array;
  /** Epoch milliseconds UTC. */
  readonly timestamp: Float64Array;
}

export interface PointSmileOptions {
  /**
   * `linear` goes on with the end slope, never falling outwards and never steeper than Lee's bound; `flat` keeps the end value, which
   * puts a concave kink at the last point of a wing that was rising; `none` gives NaN.
   * @default 'linear'
   */
  readonly extrapolation?: PointExtrapolation;
  /** Kept beside the points. @default null */
  readonly quotes?: PointQuotes | null;
}

export const POINT_EXTRAPOLATIONS: readonly PointExtrapolation[] = ['linear', 'flat', 'none'];

// Just inside Lee's 2, where call prices would no longer fall to zero.
const STEEPEST_WING = 1.99;

/**
 * A smile that meets every point exactly.
 *
 * Between points a cubic Hermite segment with Steffen's slopes: monotone where the points are, extrema only at points, so total variance
 * stays positive. The second derivative jumps at points: densities do too, and nothing here rules out butterfly arbitrage.
 *
 * @param points - `logMoneyness` strictly ascending; `totalVariance` = vol^2 * expiryYears > 0; one point makes a flat smile
 * @throws ShapeError for different lengths or no point, DomainError for values out of order or range
 * @see Steffen (1990), "A simple method for monotonic interpolation in one dimension", eq. 11
 * @example pointSmile({ logMoneyness: [-0.1, 0, 0.1], totalVariance: [0.05, 0.04, 0.045] })
 */
export function pointSmile(points: { readonly logMoneyness: ArrayLike<number>; readonly totalVariance: ArrayLike<number> }, options: PointSmileOptions = {}): PointSmile {
  requireKnownKeys('pointSmile', options, ['extrapolation', 'quotes']);
  const extrapolation = requireOneOf('pointSmile', 'extrapolation', options.extrapolation ?? 'linear', POINT_EXTRAPOLATIONS);
  const n = requireSameLength('pointSmile', { logMoneyness: points.logMoneyness, totalVariance: points.totalVariance });
  if (n === 0) throw new ShapeError('pointSmile: logMoneyness must have at least one point, got 0');
  const logMoneyness = Float64Array.from(points.logMoneyness);
  const totalVariance = Float64Array.from(points.totalVariance);
  for (let i = 0; i < n; i++) {
    requireNumber('pointSmile', `logMoneyness[${i}]`, logMoneyness[i]);
    requireNumber('pointSmile', `totalVariance[${i}]`, totalVariance[i], { min: 0, open: true });
    if (i > 0 && !(logMoneyness[i] > logMoneyness[i - 1])) throw new DomainError(`pointSmile: logMoneyness must be strictly ascending, got ${logMoneyness[i]} after ${logMoneyness[i - 1]}`);
  }
  const { quotes = null } = options;
  if (quotes !== null) requireSameLength('pointSmile', { logMoneyness, bidVol: quotes.bidVol, askVol: quotes.askVol, timestamp: quotes.timestamp });
  return Object.freeze({
    kind: 'points',
    logMoneyness,
    totalVariance,
    slope: steffenSlopes(logMoneyness, totalVariance),
    extrapolation,
    quotes: quotes === null ? null : Object.freeze({ bidVol: Float64Array.from(quotes.bidVol), askVol: Float64Array.from(quotes.askVol), timestamp: Float64Array.from(quotes.timestamp) }),
  });
}

/** Slopes of a cubic Hermite interpolant that is monotone on every segment. Steffen (1990), eq. 11 inside and eq. 26 at the ends. */
function steffenSlopes(x: Float64Array, y: Float64Array): Float64Array {
  const n = x.length;
  const slope = new Float64Array(n);
  if (n === 1) return slope;
  const secant = (i: number): number => (y[i + 1] - y[i]) / (x[i + 1] - x[i]);
  if (n === 2) return slope.fill(secant(0));
  for (let i = 1; i < n - 1; i++) {
    const [left, right] = [secant(i - 1), secant(i)];
    const [before, after] = [x[i] - x[i - 1], x[i + 1] - x[i]];
    // The slope of the parabola through three points, cut to twice the smaller secant; zero at an extremum.
    slope[i] = left * right <= 0 ? 0 : Math.sign(left) * Math.min(2 * Math.abs(left), 2 * Math.abs(right), Math.abs((left * after + right * before) / (before + after)));
  }
  slope[0] = endSlope(secant(0), secant(1), x[1] - x[0], x[2] - x[1]);
  slope[n - 1] = endSlope(secant(n - 2), secant(n - 3), x[n - 1] - x[n - 2], x[n - 2] - x[n - 3]);
  return slope;
}

// The parabola's slope at the end, between zero and twice the end secant.
function endSlope(end: number, next: number, width: number, nextWidth: number): number {
  const parabola = end + ((end - next) * width) / (width + nextWidth);
  return parabola * end <= 0 ? 0 : Math.abs(parabola) > 2 * Math.abs(end) ? 2 * end : parabola;
}

/**
 * Total variance of a smile through points.
 *
 * @returns NaN beyond the points when the smile's extrapolation is `none`
 */
export function pointTotalVariance(smile: PointSmile, logMoneyness: number): number {
  const out = new Float64Array(3);
  uncheckedPointSmile(smile, requireNumber('pointTotalVariance', 'logMoneyness', logMoneyness), out);
  return out[0];
}

/** Fills out[0..2] with w, dw/dk and d2w/dk2 at k; NaN three times beyond the points of a smile without extrapolation. */
export function uncheckedPointSmile(smile: PointSmile, logMoneyness: number, out: Float64Array): void {
  const { logMoneyness: x, totalVariance: y, slope } = smile;
  const last = x.length - 1;
  if (!(logMoneyness >= x[0] && logMoneyness <= x[last])) {
    const end = logMoneyness > x[last] ? last : 0;
    if (smile.extrapolation === 'none' || logMoneyness !== logMoneyness) {
      out[0] = out[1] = out[2] = NaN;
      return;
    }
    const wing = smile.extrapolation === 'flat' ? 0 : end === 0 ? Math.min(Math.max(slope[0], -STEEPEST_WING), 0) : Math.max(Math.min(slope[last], STEEPEST_WING), 0);
    out[0] = y[end] + wing * (logMoneyness - x[end]);
    out[1] = last === 0 ? 0 : wing;
    out[2] = 0;
    return;
  }
  if (last === 0) {
    out[0] = y[0];
    out[1] = out[2] = 0;
    return;
  }
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (x[middle] <= logMoneyness) low = middle;
    else high = middle;
  }
  const width = x[high] - x[low];
  const t = logMoneyness - x[low];
  const secant = (y[high] - y[low]) / width;
  // y = y0 + s0 t + c t^2 + d t^3 with the end values and slopes of the segment.
  const c = (3 * secant - 2 * slope[low] - slope[high]) / width;
  const d = (slope[low] + slope[high] - 2 * secant) / (width * width);
  out[0] = t === width ? y[high] : y[low] + t * (slope[low] + t * (c + t * d)); // the last point to the bit, like the others
  out[1] = slope[low] + t * (2 * c + 3 * d * t);
  out[2] = 2 * c + 6 * d * t;
}
