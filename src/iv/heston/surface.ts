/** Prices and volatilities of many strikes and expiries, each with its status and error. */
import { requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { printable } from '../../core/inspect.ts';
import { volOfOtmPrice } from './implied-vol.ts';
import { integrateOtm } from './jump-mixture.ts';
import { diffusionVariance, expectedTotalVariance, type HestonParameters, hestonVector } from './parameters.ts';
import { integrateStrikes, nodeRoom, type NodeRoom, type StrikeColumns } from './strike-integrals.ts';

/** Where to price: strikes by log-moneyness, one array per expiry, of any lengths and in any order. */
export interface HestonSurfacePoints {
  /** Years of 365 days, shape (m). */
  readonly expiryYears: ArrayLike<number>;
  /** ln(strike / forward), m arrays. */
  readonly logMoneyness: readonly ArrayLike<number>[];
  /** Forward of each expiry, or one for all, > 0. @default 1 */
  readonly forward?: ArrayLike<number> | number;
  /** Price today of 1 at each expiry, or one for all, > 0. @default 1 */
  readonly discount?: ArrayLike<number> | number;
}

export interface HestonSurfaceOptions {
  /** Aimed relative error of each out-of-the-money price, in [1e-13, 0.01]; rounding of the sum ends the search too. @default 1e-9 */
  readonly tolerance?: number;
  /** Also compute the derivatives of the prices in the five parameters. @default false */
  readonly gradient?: boolean;
}

/**
 * What a cell's numbers are: `ok`; `no-time-value`: no volatility has the out-of-the-money price, which is below
 * 1e-300 or at its upper bound (the discounted forward for calls, strike for puts), and the volatility is NaN; `zero-variance`:
 * v0 = theta = 0, prices are payoffs, the volatility 0; `not-converged`: the error exceeds the tolerance, or a derivative is no finite
 * number; `invalid`: the expiry is not above 0, or the strike, forward or discount is no usable number, and all numbers of the cell are NaN.
 * Rounding of the sum ends the search too: at tolerances near 1e-13, and far out, an `ok` cell's `errorEstimate` may exceed the tolerance.
 */
export const HESTON_CELL_STATUS: readonly ['ok', 'no-time-value', 'zero-variance', 'not-converged', 'invalid'] = Object.freeze(['ok', 'no-time-value', 'zero-variance', 'not-converged', 'invalid'] as const);
export type HestonCellStatus = (typeof HESTON_CELL_STATUS)[number];
const OK = 0;
const NO_TIME_VALUE = 1;
const ZERO_VARIANCE = 2;
const NOT_CONVERGED = 3;
const INVALID = 4;

/** Cells in columns: those of the first expiry, then of the second, in the given order; n cells. */
export interface HestonSurface {
  readonly kind: 'heston-surface';
  readonly expiryYears: Float64Array;
  readonly logMoneyness: Float64Array;
  readonly strike: Float64Array;
  /** Discounted prices. */
  readonly callPrice: Float64Array;
  readonly putPrice: Float64Array;
  /** Black volatility per year as a decimal. */
  readonly annualizedVol: Float64Array;
  /** Estimated absolute error of the out-of-the-money price. */
  readonly errorEstimate: Float64Array;
  /** Positions in {@link HESTON_CELL_STATUS}: every cell has its own; no cell is filled from its neighbours. */
  readonly status: Uint8Array;
  /** d price / d (v0, kappa, theta, sigma, rho), shape (n, 5) row-major, the same for calls and puts; null unless asked for. */
  readonly gradient: Float64Array | null;
}

/**
 * Prices a surface in the Heston model, sharing one characteristic function per expiry and side of the forward.
 *
 * Rules of three steps from the same nodes tell the error of each cell; where it is too large for the tolerance, the cell gets an integral
 * of its own ({@link hestonPrice}). At the default tolerance errors are mostly below 1e-12 of the forward. Cells with unusable coordinates get a status and NaN; they never throw.
 * For the same strikes under many parameters, {@link createHestonGrid} keeps its tables.
 *
 * @throws {@link ShapeError} `ERR_SHAPE` when columns disagree in length
 * @throws {@link DomainError} `ERR_DOMAIN` for parameters or options outside their ranges
 */
export function hestonSurface(parameters: HestonParameters, points: HestonSurfacePoints, options: HestonSurfaceOptions = {}): HestonSurface {
  return surfaceOf('hestonSurface', hestonVector('hestonSurface', parameters), points, options);
}

/** The surface of a checked vector of 5 or 8 parameters. */
export function surfaceOf(fn: string, p: Float64Array, points: HestonSurfacePoints, options: HestonSurfaceOptions): HestonSurface {
  requireKnownKeys(fn, options, ['tolerance', 'gradient']);
  requireKnownKeys(fn, points, ['expiryYears', 'logMoneyness', 'forward', 'discount']);
  const tolerance = requireNumber(fn, 'tolerance', options.tolerance ?? 1e-9, { min: 1e-13, max: 0.01 });
  const { expiryYears, logMoneyness } = points;
  if (!Array.isArray(logMoneyness) || logMoneyness.length !== expiryYears.length) {
    throw new ShapeError(`${fn}: logMoneyness must be one array for each of ${expiryYears.length} expiries, got ${show(logMoneyness)}`);
  }
  const forward = perExpiry(fn, 'forward', points.forward, expiryYears.length);
  const discount = perExpiry(fn, 'discount', points.discount, expiryYears.length);
  const size = logMoneyness.reduce((sum, strikes) => sum + strikes.length, 0);
  const column = (): Float64Array => new Float64Array(size).fill(NaN);
  const surface: HestonSurface = {
    kind: 'heston-surface',
    expiryYears: column(),
    logMoneyness: column(),
    strike: column(),
    callPrice: column(),
    putPrice: column(),
    annualizedVol: column(),
    errorEstimate: column(),
    status: new Uint8Array(size).fill(INVALID),
    gradient: options.gradient ? new Float64Array(5 * size).fill(NaN) : null,
  };

  const most = logMoneyness.reduce((largest, strikes) => Math.max(largest, strikes.length), 0);
  const strikes: StrikeColumns = { x: new Float64Array(most), price: new Float64Array(most), error: new Float64Array(most), slopes: options.gradient ? new Float64Array(5 * most) : null };
  const cells = new Int32Array(most);
  const room = nodeRoom();
  for (let e = 0, first = 0; e < expiryYears.length; first += logMoneyness[e++].length) {
    const T = expiryYears[e];
    const isUsable = T > 0 && T <= 1000 && forward[e] > 0 && forward[e] < Infinity && discount[e] > 0 && discount[e] < Infinity;
    for (let i = 0; i < logMoneyness[e].length; i++) {
      const k = logMoneyness[e][i];
      surface.expiryYears[first + i] = T;
      surface.logMoneyness[first + i] = k;
      surface.strike[first + i] = forward[e] * Math.exp(k);
    }
    if (!isUsable) continue;
    for (let side = 1; side >= -1; side -= 2) {
      let count = 0;
      for (let i = 0; i < logMoneyness[e].length; i++) {
        const k = logMoneyness[e][i];
        if (!(Math.abs(k) <= 100 && side > 0 === k <= 0)) continue;
        strikes.x[count] = -k;
        cells[count++] = first + i;
      }
      if (count > 0) fillSide(surface, p, tolerance, discount[e] * forward[e], count, cells, strikes, room);
    }
  }
  return Object.freeze(printable(surface, describe));
}

// The cells of one expiry on one side of the forward.
function fillSide(surface: HestonSurface, p: Float64Array, tolerance: number, scale: number, count: number, cells: Int32Array, strikes: StrikeColumns, room: NodeRoom): void {
  const { x, price, error, slopes } = strikes;
  const T = surface.expiryYears[cells[0]];
  const hasVariance = expectedTotalVariance(p, T) > 0;
  const isShared = diffusionVariance(p, T) > 0;
  price.fill(0, 0, count);
  error.fill(0, 0, count);
  slopes?.fill(0, 0, 5 * count);
  if (isShared) integrateStrikes(p, T, tolerance, count, strikes, room);
  for (let i = 0; i < count; i++) {
    let status = OK;
    if (!hasVariance) {
      status = ZERO_VARIANCE;
    } else if (!(isShared && price[i] > 1e-300 && error[i] <= tolerance * price[i] && hasSlopes(slopes, i))) {
      const own = integrateOtm(p, T, x[i], tolerance, slopes !== null);
      price[i] = own.sums[0];
      error[i] = own.error;
      if (slopes !== null) for (let j = 0; j < 5; j++) slopes[5 * i + j] = own.sums[1 + j];
      if (!own.converged || !Number.isFinite(price[i])) status = NOT_CONVERGED;
      else if (!(price[i] >= 1e-300)) status = NO_TIME_VALUE;
    }
    fillCell(surface, cells[i], i, status, scale, strikes);
  }
}

function hasSlopes(slopes: Float64Array | null, i: number): boolean {
  if (slopes !== null) for (let j = 5 * i; j < 5 * i + 5; j++) if (!Number.isFinite(slopes[j])) return false;
  return true;
}

function fillCell(surface: HestonSurface, cell: number, i: number, statusOfPrice: number, scaleOfForward: number, { price, error, slopes }: StrikeColumns): void {
  const k = surface.logMoneyness[cell];
  const scale = scaleOfForward * Math.exp(0.5 * k);
  const found = scale * Math.max(0, price[i]);
  const timeValue = Math.min(found, scaleOfForward * Math.exp(Math.min(0, k))); // rounding may lift it over its bound
  // F - K = -F (e^k - 1)
  const intrinsic = -scaleOfForward * Math.expm1(k);
  const vol = statusOfPrice === ZERO_VARIANCE ? 0 : volOfOtmPrice(k, price[i], surface.expiryYears[cell]);
  surface.callPrice[cell] = timeValue + Math.max(0, intrinsic);
  surface.putPrice[cell] = timeValue + Math.max(0, -intrinsic);
  surface.annualizedVol[cell] = vol;
  surface.errorEstimate[cell] = Math.max(scale * error[i], found - timeValue);
  surface.status[cell] = statusOfPrice === OK && Number.isNaN(vol) ? NO_TIME_VALUE : statusOfPrice;
  if (surface.gradient !== null && slopes !== null) for (let j = 0; j < 5; j++) surface.gradient[5 * cell + j] = scale * slopes[5 * i + j];
}

function perExpiry(fn: string, name: string, value: ArrayLike<number> | number | undefined, count: number): Float64Array {
  if (value === undefined || typeof value === 'number') {
    if (value !== undefined && Number.isNaN(value)) throw new DomainError(`${fn}: ${name} must be a number or one for each expiry, got NaN`);
    return new Float64Array(count).fill(value ?? 1);
  }
  if (value.length !== count) throw new ShapeError(`${fn}: ${name} must have length ${count}, got ${value.length}`);
  return Float64Array.from(value);
}

function describe(surface: HestonSurface): string {
  const ok = surface.status.reduce((count, status) => count + (status === OK ? 1 : 0), 0);
  const expiries = new Set(surface.expiryYears).size;
  return `HestonSurface { ${surface.status.length} cells over ${expiries} expiries, ${ok} ok }`;
}
