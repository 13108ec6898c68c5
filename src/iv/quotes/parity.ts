/** Forward and discount of one expiry from put-call parity: C - P = D (F - K), a straight line in the strike. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength } from '../../core/assert.ts';
import { median } from '../../core/stats.ts';

/** Pairs of a call and a put of one strike, in any order; rows that are not finite are not pairs. */
export interface ParityPairs {
  readonly strike: ArrayLike<number>;
  /** Mid of the call less mid of the put. */
  readonly callMinusPut: ArrayLike<number>;
  /** Spread of the call plus spread of the put, >= 0. */
  readonly spread: ArrayLike<number>;
}

export interface ParityOptions {
  /** Price today of 1 at expiry, where it is known; only the forward is estimated then. @default estimated */
  readonly discount?: number;
  /** Standard error of that discount, which then enters the forward's. @default 0 */
  readonly discountError?: number;
  /** Fewest pairs, at least 3, or 1 with a discount. @default 8, or 3 with a discount */
  readonly minPairs?: number;
  /** Median absolute deviations, in units of a normal standard deviation, beyond which a pair is an outlier. @default 5 */
  readonly outlierDeviations?: number;
  /** Residuals below this share of the pair's spread are never outliers: a mid is not known better. @default 0.125 */
  readonly outlierFloor?: number;
}

/** Why a regression has no answer. */
export type ParityStatus = 'ok' | 'too-few-pairs' | 'one-strike' | 'negative-discount' | 'negative-forward' | 'not-finite';

export interface ParityFit {
  /** Unless `ok`, the numbers from `forward` to `rmsePrice` are NaN. */
  readonly status: ParityStatus;
  readonly forward: number;
  readonly discount: number;
  /** Standard errors, from the scatter of the pairs about the line. The discount's is the one given with it. */
  readonly forwardError: number;
  readonly discountError: number;
  /** Root mean square residual of the used pairs, in the currency of the strike. */
  readonly rmsePrice: number;
  readonly pairs: number;
  /** Pairs that are not outliers. */
  readonly used: number;
}

// Standard deviations of a normal per median absolute deviation.
const NORMAL_MAD = 1.482602218505602;
const MAX_STEPS = 50;
// Residuals count as at least this share of the spread in the weights of the absolute deviations.
const SMALLEST_RESIDUAL = 1e-4;
// A locked pair may not outweigh all the others.
const SMALLEST_SPREAD = 0.01;

/**
 * Regression of parity, robust to quotes that are off.
 *
 * Least absolute deviations, in units of each pair's spread, by reweighting; pairs farther from that line than `outlierDeviations` are cut; the
 * others are fitted by least squares with weights 1 / spread^2. Spreads below a hundredth of their median count as that.
 *
 * The line belongs to European options. American ones obey parity only as an inequality; near the money and for short expiries the line is close.
 *
 * @throws ShapeError for different lengths, DomainError for options out of range
 * @see Stoll (1969), "The relationship between put and call option prices"; Schlossmacher (1973), "An iterative technique for absolute deviations curve fitting"
 * @example fitParity({ strike: [90, 100, 110], callMinusPut: [14.7, 4.9, -4.9], spread: [0.2, 0.1, 0.2] }, { minPairs: 3 }) // forward 105, discount 0.98
 */
export function fitParity(pairs: ParityPairs, options: ParityOptions = {}): ParityFit {
  const fn = 'fitParity';
  requireKnownKeys(fn, options, ['discount', 'discountError', 'minPairs', 'outlierDeviations', 'outlierFloor']);
  const discount = options.discount === undefined ? null : requireNumber(fn, 'discount', options.discount, { min: 0, max: Infinity, open: true });
  const knownError = requireNumber(fn, 'discountError', options.discountError ?? 0, { min: 0 });
  const minPairs = requireInteger(fn, 'minPairs', options.minPairs ?? (discount === null ? 8 : 3), { min: discount === null ? 3 : 1 });
  const deviations = requireNumber(fn, 'outlierDeviations', options.outlierDeviations ?? 5, { min: 0, open: true });
  const floor = requireNumber(fn, 'outlierFloor', options.outlierFloor ?? 0.125, { min: 0 });
  const rows = requireSameLength(fn, { strike: pairs.strike, callMinusPut: pairs.callMinusPut, spread: pairs.spread });

  const strike = new Float64Array(rows);
  const difference = new Float64Array(rows);
  const spread = new Float64Array(rows);
  let n = 0;
  for (let i = 0; i < rows; i++) {
    if (!Number.isFinite(pairs.strike[i]) || !Number.isFinite(pairs.callMinusPut[i]) || !(pairs.spread[i] >= 0 && pairs.spread[i] < Infinity)) continue;
    strike[n] = pairs.strike[i];
    difference[n] = pairs.callMinusPut[i];
    spread[n++] = pairs.spread[i];
  }
  if (n < minPairs) return failed('too-few-pairs', n);
  const line = robustLine(strike.subarray(0, n), difference.subarray(0, n), spread.subarray(0, n), { slope: discount === null ? null : -discount, deviations, floor });
  return fitOfLine(line, discount === null ? null : knownError, n);
}

// `knownError` is null for a discount that was estimated.
function fitOfLine(line: Line, knownError: number | null, pairs: number): ParityFit {
  if (!Number.isFinite(line.value) || !(line.weight < Infinity)) return failed('not-finite', pairs);
  if (line.slopeWeight === 0 && knownError === null) return failed('one-strike', pairs);
  const discount = -line.slope;
  if (!Number.isFinite(discount)) return failed('not-finite', pairs);
  if (discount <= 0) return failed('negative-discount', pairs);
  const parameters = knownError === null ? 2 : 1;
  const { used, residualSquares, weightedSquares, weight, slopeWeight, value } = line;
  // With no residual freedom the quotes' half spreads are all that is known of the error.
  const residualVariance = used > parameters ? weightedSquares / (used - parameters) : 0.25;
  const forward = line.strike + value / discount;
  const discountError = knownError ?? Math.sqrt(residualVariance / slopeWeight);
  const moneyness = value / (discount * discount);
  const forwardError = Math.sqrt(residualVariance / weight / (discount * discount) + moneyness * moneyness * discountError * discountError);
  const rmsePrice = Math.sqrt(residualSquares / used);
  if (forward <= 0) return failed('negative-forward', pairs);
  if (!(Number.isFinite(forward) && Number.isFinite(forwardError) && Number.isFinite(discountError) && Number.isFinite(rmsePrice))) return failed('not-finite', pairs);
  return Object.freeze({ status: 'ok', forward, discount, forwardError, discountError, rmsePrice, pairs, used });
}

function failed(status: ParityStatus, pairs: number): ParityFit {
  return Object.freeze({ status, forward: NaN, discount: NaN, forwardError: NaN, discountError: NaN, rmsePrice: NaN, pairs, used: 0 });
}

interface LineOptions {
  /** Null to be fitted. */
  readonly slope: number | null;
  readonly deviations: number;
  readonly floor: number;
}

/** y = value + slope (x - strike) by weighted least squares, where `strike` is the weighted mean of x: value and slope are uncorrelated. */
interface Line {
  strike: number;
  value: number;
  slope: number;
  /** Sum of weights, and of weights times squared distances to `strike`; the latter 0 where all x are one. */
  weight: number;
  slopeWeight: number;
  used: number;
  residualSquares: number;
  weightedSquares: number;
}

function robustLine(x: Float64Array, y: Float64Array, spread: Float64Array, options: LineOptions): Line {
  const n = x.length;
  const typical = median(spread);
  for (let i = 0; i < n; i++) spread[i] = typical > 0 ? Math.max(spread[i], SMALLEST_SPREAD * typical) : 1;
  const weights = spread.map((s) => 1 / s);
  const line: Line = { strike: 0, value: 0, slope: 0, weight: 0, slopeWeight: 0, used: 0, residualSquares: 0, weightedSquares: 0 };
  const deviation = new Float64Array(n); // absolute residuals in spreads
  let last = Infinity;
  for (let step = 0; step < MAX_STEPS; step++) {
    solveLine(x, y, weights, options.slope, line);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = Math.abs(y[i] - line.value - line.slope * (x[i] - line.strike)) / spread[i];
      deviation[i] = d;
      sum += d;
      weights[i] = 1 / (spread[i] * spread[i] * Math.max(d, SMALLEST_RESIDUAL));
    }
    if (Math.abs(last - sum) <= 1e-12 * sum) break;
    last = sum;
  }
  const cut = Math.max(options.deviations * NORMAL_MAD * median(deviation), options.floor);
  for (let i = 0; i < n; i++) weights[i] = deviation[i] <= cut ? 1 / (spread[i] * spread[i]) : 0;
  solveLine(x, y, weights, options.slope, line);
  for (let i = 0; i < n; i++) {
    if (weights[i] === 0) continue;
    const r = y[i] - line.value - line.slope * (x[i] - line.strike);
    line.used++;
    line.residualSquares += r * r;
    line.weightedSquares += weights[i] * r * r;
  }
  return line;
}

function solveLine(x: Float64Array, y: Float64Array, weights: Float64Array, slope: number | null, line: Line): void {
  const n = x.length;
  let [weight, sumX, sumY] = [0, 0, 0];
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    const w = weights[i];
    weight += w;
    sumX += w * x[i];
    sumY += w * y[i];
    if (w > 0 && x[i] < low) low = x[i];
    if (w > 0 && x[i] > high) high = x[i];
  }
  const [meanX, meanY] = [sumX / weight, sumY / weight];
  let [xx, xy] = [0, 0];
  for (let i = 0; i < n; i++) {
    const dx = x[i] - meanX;
    xx += weights[i] * dx * dx;
    xy += weights[i] * dx * (y[i] - meanY);
  }
  line.strike = meanX;
  line.value = meanY;
  line.weight = weight;
  line.slopeWeight = high > low ? xx : 0;
  line.slope = slope ?? (line.slopeWeight > 0 ? xy / xx : 0);
}
