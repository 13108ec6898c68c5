/** The least-squares system of a calibration: weighted differences of model and market, with derivatives in the solver's coordinates. */
import type { LeastSquaresSystem } from '../../core/levenberg-marquardt.ts';
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import { normalizedVega } from '../black/normalized-black.ts';
import { type CalibrationCoordinates, fillSlopes, toParameters } from './calibration-coordinates.ts';
import type { CalibrationQuotes, HestonResidual } from './calibration-quotes.ts';
import { integrateOtm } from './jump-mixture.ts';
import { expectedTotalVariance, VECTOR_LENGTH } from './parameters.ts';
import { createHestonGrid, type HestonGrid } from './price-grid.ts';

export interface CalibrationSystem extends LeastSquaresSystem {
  readonly grid: HestonGrid;
  /** Of the grid. */
  readonly tolerance: number;
  /** Row of each of the grid's options among the quotes, shape (n). */
  readonly rows: Int32Array;
  /** 1 for options that are integrated one by one because the shared curve has too few digits for them, shape (n). */
  readonly alone: Uint8Array;
  /** Fills model prices / (discount sqrt(F K)) at parameters; false where one of them is no number. */
  readonly price: (vector: Float64Array, prices: Float64Array) => boolean;
  /** The model prices of the options at a point in the solver's coordinates; kept until the next evaluation. */
  readonly pricesAt: (point: Float64Array) => Float64Array;
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
// Relative step of central differences in the parameters of jumps: prices have errors of 1e-9 where the integration changes its curve.
const JUMP_STEP = 1e-3;

/**
 * Prepares the system. Parameters at which any option has no price, or no volatility, are refused, never scored.
 *
 * The solver asks for residuals and, when they are better, for the Jacobian at the same point. Prices with derivatives cost half as much
 * again as prices, and most steps are accepted, so both are computed at once and remembered.
 */
export function calibrationSystem(options: SystemOptions): CalibrationSystem {
  const { quotes, rows, coordinates, residual, fellerPenalty } = options;
  const { count, freeCount } = coordinates;
  const n = rows.length;
  const residualCount = fellerPenalty > 0 ? n + 1 : n;
  const grid = gridOf(quotes, rows, options.tolerance);
  const alone = new Uint8Array(n);
  const vector = new Float64Array(count);
  const wide = new Float64Array(VECTOR_LENGTH);
  const prices = new Float64Array(n);
  const gradient = new Float64Array(5 * n);
  const jumpGradient = new Float64Array(3 * n);
  const shifted = new Float64Array(n);
  const slopes = new Float64Array(count);
  const atMoney = new Float64Array(n);
  const noise = Float64Array.from(rows, (row) => noiseOf(quotes, row, residual, options.noiseShare * options.tolerance));
  const known = { point: new Float64Array(freeCount).fill(NaN), allowed: false, residuals: new Float64Array(residualCount), jacobian: new Float64Array(residualCount * freeCount) };
  const scratch = new Float64Array(residualCount);
  let evaluations = 0;

  // The scale of the grid's errors: at-the-money prices of the expiries.
  const fillAtMoney = (): void => {
    let T = NaN;
    let scale = 0;
    for (let i = 0; i < n; i++) {
      if (grid.expiryYears[i] !== T) {
        T = grid.expiryYears[i];
        scale = 0.4 * Math.sqrt(expectedTotalVariance(wide, T));
      }
      atMoney[i] = scale;
    }
  };
  const setVector = (values: Float64Array): void => {
    wide.fill(0);
    wide.set(values);
  };
  const priceAt = (values: Float64Array, out: Float64Array, slopesOut: Float64Array | null): boolean => {
    evaluations++;
    if (!grid.evaluate(values, out, slopesOut)) return false;
    setVector(values);
    fillAtMoney();
    const least = LEAST_DIGITS * options.tolerance;
    for (let i = 0; i < n; i++) {
      if (alone[i] === 0 && out[i] > least * atMoney[i]) continue;
      const own = integrateOtm(wide, grid.expiryYears[i], -grid.logMoneyness[i], ALONE_TOLERANCE, slopesOut !== null);
      if (!Number.isFinite(own.sums[0])) return false;
      out[i] = own.sums[0];
      if (slopesOut !== null) for (let j = 0; j < 5; j++) slopesOut[5 * i + j] = own.sums[1 + j];
    }
    return true;
  };
  const fillJumpGradient = (): boolean => {
    for (let j = 5; j < 8; j++) {
      if (!Number.isNaN(coordinates.fixed[j])) continue;
      const value = vector[j];
      const step = JUMP_STEP * (j === 6 ? Math.max(Math.abs(value), 0.01) : value);
      vector[j] = value + step;
      const isUpPriced = priceAt(vector, shifted, null);
      for (let i = 0; i < n; i++) jumpGradient[3 * i + j - 5] = shifted[i];
      vector[j] = value - step;
      const isDownPriced = priceAt(vector, shifted, null);
      for (let i = 0; i < n; i++) jumpGradient[3 * i + j - 5] = (jumpGradient[3 * i + j - 5] - shifted[i]) / (2 * step);
      vector[j] = value;
      if (!isUpPriced || !isDownPriced) return false;
    }
    return true;
  };

  const compute = (point: Float64Array): boolean => {
    const { residuals, jacobian } = known;
    toParameters(coordinates, point, vector);
    if (!priceAt(vector, prices, gradient)) return false;
    if (count > 5 && !fillJumpGradient()) return false;
    fillSlopes(coordinates, vector, slopes);
    const { matrix } = coordinates;
    let isNoise = true;
    for (let i = 0; i < n; i++) {
      const row = rows[i];
      const weight = quotes.weight[row];
      let perPrice: number; // d residual / d price
      if (residual === 'vol') {
        const x = Math.abs(grid.logMoneyness[i]);
        const root = Math.sqrt(grid.expiryYears[i]);
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
        for (let j = 0; j < count; j++) {
          const factor = matrix[j * freeCount + column];
          if (factor !== 0) sum += factor * slopes[j] * (j < 5 ? gradient[5 * i + j] : jumpGradient[3 * i + j - 5]);
        }
        const slope = perPrice * sum;
        if (!Number.isFinite(slope)) return false; // a price among the smallest doubles
        jacobian[i * freeCount + column] = slope;
      }
    }
    // Only zeros tell the solver that a fit is perfect.
    if (isNoise) residuals.fill(0);
    if (fellerPenalty > 0) addPenalty();
    return true;
  };
  // ln(sigma^2 / (2 kappa theta)) is linear in the coordinates.
  const addPenalty = (): void => {
    const excess = Math.log((vector[3] * vector[3]) / (2 * vector[1] * vector[2]));
    known.residuals[n] = excess > 0 ? fellerPenalty * excess : 0;
    const { matrix } = coordinates;
    for (let column = 0; column < freeCount; column++) {
      const slope = 2 * matrix[3 * freeCount + column] - matrix[freeCount + column] - matrix[2 * freeCount + column];
      known.jacobian[n * freeCount + column] = excess > 0 ? fellerPenalty * slope : 0;
    }
  };

  const evaluate = (point: Float64Array, residuals: Float64Array, jacobian: Float64Array | null): boolean => {
    let isKnown = true;
    for (let j = 0; j < freeCount; j++) isKnown = isKnown && known.point[j] === point[j];
    if (!isKnown) {
      known.point.set(point);
      known.allowed = compute(point);
      if (!known.allowed) known.residuals.fill(NaN);
    }
    residuals.set(known.residuals);
    if (jacobian !== null) jacobian.set(known.jacobian);
    return known.allowed;
  };
  const pricesAt = (point: Float64Array): Float64Array => {
    evaluate(point, scratch, null);
    return prices;
  };
  return { residualCount, parameterCount: freeCount, evaluate, grid, tolerance: options.tolerance, rows, alone, pricesAt, price: (values, out) => priceAt(values, out, null), evaluated: () => evaluations };
}

// What the error of a price makes of a residual, before weighting.
function noiseOf({ marketPrice, marketVega, marketVol, expiryYears }: CalibrationQuotes, row: number, residual: HestonResidual, priceError: number): number {
  const unit = residual === 'relative-price' ? marketPrice[row] : marketVega[row];
  const error = (priceError * 0.4 * marketVol[row] * Math.sqrt(expiryYears[row])) / unit;
  return Math.min(MOST_NOISE, Math.max(LEAST_NOISE, error));
}

// The grid of the rows: their expiries in the order of the quotes.
function gridOf(quotes: CalibrationQuotes, rows: Int32Array, tolerance: number): HestonGrid {
  const expiryYears: number[] = [];
  const logMoneyness: number[][] = [];
  for (let e = 0, at = 0; e + 1 < quotes.offsets.length; e++) {
    const strikes: number[] = [];
    for (; at < rows.length && rows[at] < quotes.offsets[e + 1]; at++) strikes.push(quotes.logMoneyness[rows[at]]);
    if (strikes.length === 0) continue;
    expiryYears.push(quotes.expiryYears[quotes.offsets[e]]);
    logMoneyness.push(strikes);
  }
  return createHestonGrid({ expiryYears, logMoneyness, tolerance });
}
