/** The least-squares system of a calibration: weighted differences of model and market, with derivatives in the solver's coordinates. */
import type { LeastSquaresSystem } from '../../core/levenberg-marquardt.ts';
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import { normalizedVega } from '../black/normalized-black.ts';
import { type BatesGrid, createBatesGrid } from './bates-grid.ts';
import { type CalibrationCoordinates, fillSlopes, toParameters } from './calibration-coordinates.ts';
import type { CalibrationQuotes, HestonResidual } from './calibration-quotes.ts';
import { isSame } from './calibration-replay.ts';
import { integrateOtm, JUMP_SUMS } from './jump-mixture.ts';
import { expectedTotalVariance, isHestonVector, VECTOR_LENGTH } from './parameters.ts';
import { createHestonGrid } from './price-grid.ts';

export interface CalibrationSystem extends LeastSquaresSystem {
  /** Of the grid. */
  readonly tolerance: number;
  /** Row of each of the system's options among the quotes, shape (n). */
  readonly rows: Int32Array;
  /** 1 for options that are integrated one by one because the shared curve has too few digits for them, shape (n). */
  readonly alone: Uint8Array;
  /** Fills model prices / (discount sqrt(F K)) at parameters; false where one of them is no number. */
  readonly price: (vector: Float64Array, prices: Float64Array) => boolean;
  /** The model prices of the options at a point in the solver's coordinates; kept until the next evaluation. */
  readonly pricesAt: (point: Float64Array) => Float64Array;
  /** Does some of an evaluation's work at a point in advance, from 0 or what it returned on; -1 at the end. */
  readonly prepare: (point: Float64Array, from: number) => number;
  /** Points at which prices were computed since the system was made. */
  readonly evaluated: () => number;
}

export interface SystemOptions {
  readonly quotes: CalibrationQuotes;
  /** Rows to fit, ascending, all of status `used`. */
  readonly rows: Int32Array;
  readonly coordinates: CalibrationCoordinates;
  readonly residual: HestonResidual;
  /** Of the grid: error relative to an at-the-money price. */
  readonly tolerance: number;
  /** Share of the tolerance that errors of prices have: residuals that are all no larger count as none. */
  readonly noiseShare: number;
  /** Factor of an added residual max(0, ln(sigma^2 / (2 kappa theta))); 0 adds none. */
  readonly fellerPenalty: number;
}

// Where a price is below this multiple of the grid's tolerance times an at-the-money price, the option is integrated alone.
const LEAST_DIGITS = 1e3;
// The range of noise that errors of prices may mean for a residual.
const LEAST_NOISE = 2e-12;
const MOST_NOISE = 1e-7;
const ALONE_TOLERANCE = 1e-10;

/**
 * Prepares the system. Parameters at which any option has no price, or no volatility, are refused, never scored.
 *
 * The solver asks for residuals and, when they are better, for the Jacobian at the same point. Prices with derivatives cost half as much
 * again as prices, and most steps are accepted, so both are computed at once and remembered, for the last point and the best.
 */
export function calibrationSystem(options: SystemOptions): CalibrationSystem {
  const { quotes, rows, coordinates, residual, fellerPenalty } = options;
  const { count, freeCount } = coordinates;
  const n = rows.length;
  const residualCount = fellerPenalty > 0 ? n + 1 : n;
  const alone = new Uint8Array(n);
  const vector = new Float64Array(count);
  const wide = new Float64Array(VECTOR_LENGTH);
  const gradient = new Float64Array(count * n);
  const slopes = new Float64Array(count);
  const scale = new Float64Array(n);
  const expiryYears = Float64Array.from(rows, (row) => quotes.expiryYears[row]);
  const logMoneyness = Float64Array.from(rows, (row) => quotes.logMoneyness[row]);
  const engine = engineOf(quotes, rows, options.tolerance, count);
  const sources = Array.from({ length: freeCount }, (_, column) => Array.from({ length: count }, (_, j) => j).filter((j) => coordinates.matrix[j * freeCount + column] !== 0));
  const noise = Float64Array.from(rows, (row) => noiseOf(quotes, row, residual, options.noiseShare * options.tolerance));
  const slots = [makeSlot(freeCount, n, residualCount), makeSlot(freeCount, n, residualCount)];
  let evaluations = 0;

  const priceAt = (values: Float64Array, out: Float64Array, slopesOut: Float64Array | null): boolean => {
    evaluations++;
    wide.fill(0);
    wide.set(values);
    if (!isHestonVector(wide)) return false;
    if (alone.includes(0)) engine.evaluate(wide, out, slopesOut, scale);
    const least = LEAST_DIGITS * options.tolerance;
    for (let i = 0; i < n; i++) {
      if (alone[i] === 0 && out[i] > least * scale[i]) continue;
      const own = integrateOtm(wide, expiryYears[i], -logMoneyness[i], ALONE_TOLERANCE, slopesOut !== null);
      if (!Number.isFinite(own.sums[0])) return false;
      out[i] = own.sums[0];
      if (slopesOut === null) continue;
      for (let j = 0; j < 5; j++) slopesOut[count * i + j] = own.sums[1 + j];
      for (let j = 5; j < count; j++) slopesOut[count * i + j] = wide[5] > 0 ? own.sums[JUMP_SUMS + j - 5] : 0;
    }
    return true;
  };

  const compute = ({ point, prices, residuals, jacobian }: Slot): boolean => {
    toParameters(coordinates, point, vector);
    if (!priceAt(vector, prices, gradient)) return false;
    fillSlopes(coordinates, vector, slopes);
    const { matrix } = coordinates;
    let isNoise = true;
    for (let i = 0; i < n; i++) {
      const row = rows[i];
      const weight = quotes.weight[row];
      let perPrice: number; // d residual / d price
      if (residual === 'vol') {
        const x = Math.abs(logMoneyness[i]);
        const root = Math.sqrt(expiryYears[i]);
        const total = impliedTotalVol(-x, prices[i]);
        const vega = normalizedVega(x, total) * root;
        if (!(total > 0 && vega > 0)) return false;
        residuals[i] = weight * (total / root - quotes.marketVol[row]);
        perPrice = weight / vega;
      } else {
        perPrice = weight / (residual === 'relative-price' ? quotes.marketPrice[row] : quotes.marketVega[row]);
        residuals[i] = perPrice * (prices[i] - quotes.marketPrice[row]);
      }
      if (!Number.isFinite(residuals[i])) return false;
      if (Math.abs(residuals[i]) > weight * noise[i]) isNoise = false;
      for (let column = 0; column < freeCount; column++) {
        let sum = 0;
        for (const j of sources[column]) sum += matrix[j * freeCount + column] * slopes[j] * gradient[count * i + j];
        const slope = perPrice * sum;
        if (!Number.isFinite(slope)) return false; // a price among the smallest doubles
        jacobian[i * freeCount + column] = slope;
      }
    }
    // Only zeros tell the solver that a fit is perfect.
    if (isNoise) residuals.fill(0);
    if (fellerPenalty > 0) addPenalty(residuals, jacobian);
    return true;
  };
  // ln(sigma^2 / (2 kappa theta)) is linear in the coordinates.
  const addPenalty = (residuals: Float64Array, jacobian: Float64Array): void => {
    const excess = Math.log((vector[3] * vector[3]) / (2 * vector[1] * vector[2]));
    residuals[n] = excess > 0 ? fellerPenalty * excess : 0;
    const { matrix } = coordinates;
    for (let column = 0; column < freeCount; column++) {
      const slope = 2 * matrix[3 * freeCount + column] - matrix[freeCount + column] - matrix[2 * freeCount + column];
      jacobian[n * freeCount + column] = excess > 0 ? fellerPenalty * slope : 0;
    }
  };

  const slotOf = (point: Float64Array): Slot => {
    for (const slot of slots) if (isSame(slot.point, point)) return slot;
    const slot = slots[0].sum > slots[1].sum ? slots[0] : slots[1];
    slot.point.set(point);
    slot.isAllowed = compute(slot);
    if (!slot.isAllowed) slot.residuals.fill(NaN);
    slot.sum = slot.isAllowed ? slot.residuals.reduce((sum, value) => sum + value * value, 0) : Infinity;
    return slot;
  };
  const evaluate = (point: Float64Array, residuals: Float64Array, jacobian: Float64Array | null): boolean => {
    const slot = slotOf(point);
    residuals.set(slot.residuals);
    if (jacobian !== null) jacobian.set(slot.jacobian);
    return slot.isAllowed;
  };
  const pricesAt = (point: Float64Array): Float64Array => slotOf(point).prices;
  const prepare = (point: Float64Array, from: number): number => {
    toParameters(coordinates, point, vector);
    wide.set(vector);
    return isHestonVector(wide) ? engine.prepare(wide, from) : -1;
  };
  return { residualCount, parameterCount: freeCount, evaluate, tolerance: options.tolerance, rows, alone, pricesAt, prepare, price: (values, out) => priceAt(values, out, null), evaluated: () => evaluations };
}

/** What is known of a point: that of the smaller sum of squares is kept when another is asked for. */
interface Slot {
  readonly point: Float64Array;
  readonly prices: Float64Array;
  readonly residuals: Float64Array;
  readonly jacobian: Float64Array;
  isAllowed: boolean;
  sum: number;
}

function makeSlot(freeCount: number, n: number, residualCount: number): Slot {
  return { point: new Float64Array(freeCount).fill(NaN), prices: new Float64Array(n), residuals: new Float64Array(residualCount), jacobian: new Float64Array(residualCount * freeCount), isAllowed: false, sum: Infinity };
}

// What the error of a price makes of a residual, before weighting.
function noiseOf({ marketPrice, marketVega, marketVol, expiryYears }: CalibrationQuotes, row: number, residual: HestonResidual, priceError: number): number {
  const unit = residual === 'relative-price' ? marketPrice[row] : marketVega[row];
  const error = (priceError * 0.4 * marketVol[row] * Math.sqrt(expiryYears[row])) / unit;
  return Math.min(MOST_NOISE, Math.max(LEAST_NOISE, error));
}

// The engine for the rows: Heston's, or that with jumps.
function engineOf(quotes: CalibrationQuotes, rows: Int32Array, tolerance: number, count: number): BatesGrid {
  const expiryYears: number[] = [];
  const logMoneyness: number[][] = [];
  for (let e = 0, at = 0; e + 1 < quotes.offsets.length; e++) {
    const strikes: number[] = [];
    for (; at < rows.length && rows[at] < quotes.offsets[e + 1]; at++) strikes.push(quotes.logMoneyness[rows[at]]);
    if (strikes.length === 0) continue;
    expiryYears.push(quotes.expiryYears[quotes.offsets[e]]);
    logMoneyness.push(strikes);
  }
  if (count > 5) return createBatesGrid(expiryYears, logMoneyness, tolerance);
  const grid = createHestonGrid({ expiryYears, logMoneyness, tolerance });
  return {
    prepare: () => -1,
    evaluate(vector, prices, gradient, scale) {
      grid.evaluate(vector.subarray(0, 5), prices, gradient);
      // Its errors are shares of at-the-money prices.
      for (let i = 0, T = NaN, atMoney = 0; i < scale.length; i++) {
        if (grid.expiryYears[i] !== T) {
          T = grid.expiryYears[i];
          atMoney = 0.4 * Math.sqrt(expectedTotalVariance(vector, T));
        }
        scale[i] = atMoney;
      }
    },
  };
}
