/** Prices and volatilities of many strikes and expiries, each with its status and error. */
import { requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { printable } from '../../core/inspect.ts';
import { volOfOtmPrice } from './implied-vol.ts';
import { integrateOtm } from './jump-mixture.ts';
import { diffusionVariance, expectedTotalVariance, type HestonParameters, hestonVector } from './parameters.ts';
import { createHestonGrid } from './price-grid.ts';

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
  /** Aimed relative error of each out-of-the-money price, in [1e-13, 0.01]. @default 1e-9 */
  readonly tolerance?: number;
  /** Also compute the derivatives of the prices in the five parameters. @default false */
  readonly gradient?: boolean;
}

/**
 * What a cell's numbers are: `ok`; `no-time-value`: the out-of-the-money price is below 1e-300, the volatility NaN; `zero-variance`:
 * v0 = theta = 0, prices are payoffs, the volatility 0; `not-converged`: the error exceeds the tolerance; `invalid`: the expiry is not
 * above 0, or the strike, forward or discount is no usable number, and all numbers of the cell are NaN.
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
 * Each cell is integrated with two steps; where they differ too much for the tolerance, it gets an integral of its own
 * ({@link hestonPrice}). Cells with unusable coordinates get a status and NaN; they never throw.
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

  // The usable cells go to the engine; `cellOf` brings them back.
  const usable: number[][] = [];
  const cellOf: number[] = [];
  let cell = 0;
  for (let e = 0; e < expiryYears.length; e++) {
    const T = expiryYears[e];
    usable.push([]);
    for (let i = 0; i < logMoneyness[e].length; i++, cell++) {
      const k = logMoneyness[e][i];
      surface.expiryYears[cell] = T;
      surface.logMoneyness[cell] = k;
      surface.strike[cell] = forward[e] * Math.exp(k);
      if (!(T > 0 && T <= 1000 && Math.abs(k) <= 100 && forward[e] > 0 && forward[e] < Infinity && discount[e] > 0 && discount[e] < Infinity)) continue;
      usable[e].push(k);
      cellOf.push(cell);
    }
  }
  const kept = usable.map((_, e) => e).filter((e) => usable[e].length > 0);
  const grid = createHestonGrid({ expiryYears: kept.map((e) => expiryYears[e]), logMoneyness: kept.map((e) => usable[e]), tolerance });
  const coarse = new Float64Array(grid.size);
  const fine = new Float64Array(grid.size);
  const slopes = options.gradient ? new Float64Array(5 * grid.size) : null;
  const shared = p.subarray(0, p[5] > 0 ? 8 : 5);
  grid.evaluate(shared, coarse, null, 0);
  grid.evaluate(shared, fine, slopes, 1);

  let row = 0;
  for (const e of kept) {
    for (let i = 0; i < usable[e].length; i++, row++) {
      fillCell(surface, cellOf[row], { p, row, coarse, fine, slopes, tolerance, forward: forward[e], discount: discount[e] });
    }
  }
  return Object.freeze(printable(surface, describe));
}

interface CellTerms {
  readonly p: Float64Array;
  readonly row: number;
  readonly coarse: Float64Array;
  readonly fine: Float64Array;
  readonly slopes: Float64Array | null;
  readonly tolerance: number;
  readonly forward: number;
  readonly discount: number;
}

function fillCell(surface: HestonSurface, cell: number, terms: CellTerms): void {
  const { p, row, fine, slopes, tolerance, forward, discount } = terms;
  const T = surface.expiryYears[cell];
  const k = surface.logMoneyness[cell];
  const scale = discount * forward * Math.exp(0.5 * k);
  let price = fine[row];
  let error = Math.abs(price - terms.coarse[row]);
  let status = OK;
  if (!(expectedTotalVariance(p, T) > 0)) {
    status = ZERO_VARIANCE;
  } else if (!(price > 0 && diffusionVariance(p, T) > 0 && error <= (p[5] > 0 ? tolerance : Math.sqrt(tolerance) * 1e-2) * price)) {
    const own = integrateOtm(p, T, -k, tolerance, slopes !== null);
    price = own.sums[0];
    error = own.error;
    if (slopes !== null) for (let j = 0; j < 5; j++) slopes[5 * row + j] = own.sums[1 + j];
    if (!own.converged || !Number.isFinite(price)) status = NOT_CONVERGED;
    else if (!(price >= 1e-300)) status = NO_TIME_VALUE;
  } else {
    // Halving the step about squares a relative error, but for jumps.
    if (p[5] === 0) error = Math.max((error * error) / price, 1e-15 * price);
  }
  const timeValue = scale * Math.max(0, price);
  // F - K = -F (e^k - 1)
  surface.callPrice[cell] = timeValue + discount * forward * Math.max(0, -Math.expm1(k));
  surface.putPrice[cell] = timeValue + discount * forward * Math.max(0, Math.expm1(k));
  surface.annualizedVol[cell] = status === ZERO_VARIANCE ? 0 : volOfOtmPrice(k, price, T);
  if (status === OK && Number.isNaN(surface.annualizedVol[cell])) status = NO_TIME_VALUE;
  surface.errorEstimate[cell] = scale * error;
  surface.status[cell] = status;
  if (surface.gradient !== null && slopes !== null) for (let j = 0; j < 5; j++) surface.gradient[5 * cell + j] = scale * slopes[5 * row + j];
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
