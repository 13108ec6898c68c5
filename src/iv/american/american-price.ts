/** Prices of options that may be exercised at any time, with a constant rate and dividend yield. */
import { requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { driveWith, driveWithSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { QuantwrightError } from '../../core/errors.ts';
import type { GreekColumns, PriceColumnsOptions } from '../black/batch.ts';
import { CELL_LENGTH } from '../black/black-terms.ts';
import { outputColumns, ROW_MISSING } from '../black/columns.ts';
import { loadRow, spotRows } from '../black/option-rows.ts';
import type { BlackScholesColumns } from '../black/option-rows.ts';
import { blackScholesCell } from '../black/price.ts';
import type { BlackScholesOption } from '../black/price.ts';
import { AMERICAN_NOT_CONVERGED, AMERICAN_UNSUPPORTED, americanSolver, CRITICAL_SPOT, EUROPEAN_PRICE, PRICE, VALUE_LENGTH, valueAmerican } from './american-value.ts';
import type { ExerciseAccuracy } from './american-value.ts';

export interface AmericanOptions {
  /** Resolution of the exercise boundary: `'fast'` takes a sixth of the time of `'accurate'`. @default 'accurate' */
  readonly accuracy?: ExerciseAccuracy;
}

/** The value of an American option and where it is exercised. */
export interface AmericanValue {
  readonly price: number;
  /** Price of the same option with exercise at expiry only. */
  readonly europeanPrice: number;
  /** What early exercise is worth: price - europeanPrice, >= 0. */
  readonly exercisePremium: number;
  /** Spot price from which on the option is exercised at once: downwards for a put (0: never), upwards for a call (Infinity: never). */
  readonly criticalSpot: number;
}

/** What became of a row: `AMERICAN_STATUS[status[i]]`. */
export const AMERICAN_STATUS: readonly ['ok', 'expired', 'zero-vol', 'missing', 'invalid', 'unsupported', 'not-converged'] = Object.freeze(['ok', 'expired', 'zero-vol', 'missing', 'invalid', 'unsupported', 'not-converged'] as const);
/** A number in `status` in words. `unsupported`: negative rates with two exercise boundaries. */
export type AmericanStatus = (typeof AMERICAN_STATUS)[number];

/**
 * Value of one American option: price, European price, exercise boundary.
 *
 * The boundary solves Andersen, Lake and Offengenden's equation B at Chebyshev nodes in sqrt(time), by Newton's method; the premium is
 * integrated along it. Negative rates are priced as long as there is one boundary: a put with dividendYield < rate < 0, or a call with
 * rate < dividendYield < 0, is not supported. The boundary is not found for vols beyond 500 % with no rate and a negative yield.
 *
 * @throws DomainError as blackScholesPrice; QuantwrightError `ERR_UNSUPPORTED` for two boundaries, `ERR_CONVERGENCE` when the boundary was not found
 * @see Andersen, Lake and Offengenden (2016), "High-performance American option pricing", Journal of Computational Finance 20(1)
 * @example americanValue({ type: 'put', spot: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2, rate: 0.05 }).price // 6.0904
 */
export function americanValue(option: BlackScholesOption, options: AmericanOptions = {}): AmericanValue {
  const fn = 'americanValue';
  const solver = americanSolver(requireAccuracy(fn, options, 'accurate'));
  const out = new Float64Array(VALUE_LENGTH);
  const status = valueAmerican(blackScholesCell(fn, option), solver, out);
  if (status === AMERICAN_UNSUPPORTED) throw new QuantwrightError('ERR_UNSUPPORTED', `${fn}: rates must give one exercise boundary, got two (both negative, the yield side lower)`);
  if (status === AMERICAN_NOT_CONVERGED) throw new QuantwrightError('ERR_CONVERGENCE', `${fn}: the exercise boundary was not found`);
  const price = out[PRICE];
  const europeanPrice = out[EUROPEAN_PRICE];
  return Object.freeze({ price, europeanPrice, exercisePremium: price - europeanPrice, criticalSpot: out[CRITICAL_SPOT] });
}

/** The checked accuracy of an options object. */
export function requireAccuracy(fn: string, options: AmericanOptions, fallback: ExerciseAccuracy): ExerciseAccuracy {
  requireKnownKeys(fn, options, ['accuracy']);
  return requireOneOf(fn, 'accuracy', options.accuracy ?? fallback, ['fast', 'accurate']);
}

/** Price of one American option: {@link americanValue} without the rest. */
export function americanPrice(option: BlackScholesOption, options: AmericanOptions = {}): number {
  return americanValue(option, options).price;
}

export interface AmericanPricesOptions extends AmericanOptions, PriceColumnsOptions {}

/** {@link americanPrices} as a task to drive or `yield*`. */
export function* americanPricesTask(columns: BlackScholesColumns, options: AmericanPricesOptions = {}): Task<GreekColumns<'price'>> {
  const fn = 'americanPrices';
  const { out: reused, ...rest } = options;
  const solver = americanSolver(requireAccuracy(fn, rest, 'accurate'));
  const rows = spotRows(fn, columns, 'annualizedVol');
  const result = outputColumns(fn, ['price'], rows.rows, reused);
  const { price, status } = result;
  const cell = new Float64Array(CELL_LENGTH);
  const out = new Float64Array(VALUE_LENGTH);
  for (let i = 0; i < rows.rows; i++) {
    status[i] = loadRow(rows, i, cell);
    if (status[i] < ROW_MISSING) {
      status[i] = valueAmerican(cell, solver, out);
      price[i] = out[PRICE];
    } else price[i] = NaN;
    yield { phase: 'american prices', done: i + 1, total: rows.rows };
  }
  return Object.freeze(result);
}

/**
 * Prices of many American options. About 0.7 ms each, or 0.1 ms with `accuracy: 'fast'`.
 *
 * @returns `price`, NaN where `status` says missing, invalid, unsupported or not-converged, shape (n); see {@link AMERICAN_STATUS}
 * @throws ShapeError when columns have different lengths; `signal.reason` when cancelled
 */
export function americanPrices(columns: BlackScholesColumns, options: AmericanPricesOptions & DriveOptions = {}): Promise<GreekColumns<'price'>> {
  return driveWith(options, (own) => americanPricesTask(columns, own));
}

/** {@link americanPrices} in one go. */
export function americanPricesSync(columns: BlackScholesColumns, options: AmericanPricesOptions & DriveOptions = {}): GreekColumns<'price'> {
  return driveWithSync(options, (own) => americanPricesTask(columns, own));
}
