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
import { AMERICAN_NOT_CONVERGED, americanSolver, CRITICAL_SPOT, EUROPEAN_PRICE, FAR_CRITICAL_SPOT, PRICE, VALUE_LENGTH, valueAmerican } from './american-value.ts';
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
  /** Spot price from which on the option is exercised at once: downwards for a put (0: not now), upwards for a call (Infinity: not now). */
  readonly criticalSpot: number;
  /**
   * The spot prices at which the option is exercised at once; null: at none now. `criticalSpot` is the end nearer the strike. The other is 0 for a
   * put and Infinity for a call, but for negative rates with two boundaries: deeper in the money than that it pays to wait.
   */
  readonly exerciseRegion: { readonly from: number; readonly to: number } | null;
}

/** What became of a row: `AMERICAN_STATUS[status[i]]`. */
export const AMERICAN_STATUS: readonly ['ok', 'expired', 'zero-vol', 'missing', 'invalid', 'not-converged'] = Object.freeze(['ok', 'expired', 'zero-vol', 'missing', 'invalid', 'not-converged'] as const);
/** A number in `status` in words. */
export type AmericanStatus = (typeof AMERICAN_STATUS)[number];

/**
 * Value of one American option: price, European price, exercise boundary.
 *
 * The boundary solves Andersen, Lake and Offengenden's equation B at Chebyshev nodes in sqrt(time), by Newton's method; the premium is
 * integrated along it. A put with dividendYield < rate < 0, or a call with rate < dividendYield < 0, has two boundaries, between which it is
 * exercised; at a high volatility they meet before expiry, and longer before it nothing is exercised. A boundary may not be
 * found with a negative yield and hardly any rate where vol sqrt(expiryYears) is above 7, for two boundaries at vols above 180 %, and where a negative
 * yield adds up to 1000 % before expiry.
 *
 * @throws DomainError as blackScholesPrice; QuantwrightError `ERR_CONVERGENCE` when the boundary was not found
 * @see Andersen, Lake and Offengenden (2016), "High-performance American option pricing", Journal of Computational Finance 20(1)
 * @see Andersen and Lake (2021), "Fast American option pricing: the double-boundary case", Wilmott
 * @example americanValue({ type: 'put', spot: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2, rate: 0.05 }).price // 6.0904
 */
export function americanValue(option: BlackScholesOption, options: AmericanOptions = {}): AmericanValue {
  const fn = 'americanValue';
  const solver = americanSolver(requireAccuracy(fn, options, 'accurate'));
  const out = new Float64Array(VALUE_LENGTH);
  const status = valueAmerican(blackScholesCell(fn, option), solver, out);
  if (status === AMERICAN_NOT_CONVERGED) throw new QuantwrightError('ERR_CONVERGENCE', `${fn}: the exercise boundary was not found`);
  const price = out[PRICE];
  const europeanPrice = out[EUROPEAN_PRICE];
  const criticalSpot = out[CRITICAL_SPOT];
  const far = out[FAR_CRITICAL_SPOT];
  const exerciseRegion = criticalSpot === far ? null : Object.freeze({ from: Math.min(criticalSpot, far), to: Math.max(criticalSpot, far) });
  return Object.freeze({ price, europeanPrice, exercisePremium: price - europeanPrice, criticalSpot, exerciseRegion });
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
 * Prices of many American options. About 0.7 ms each, or 0.1 ms with `accuracy: 'fast'`; two to six times as long with two boundaries.
 *
 * @returns `price`, NaN where `status` says missing, invalid or not-converged, shape (n); see {@link AMERICAN_STATUS}
 * @throws ShapeError when columns have different lengths; `signal.reason` when cancelled
 */
export function americanPrices(columns: BlackScholesColumns, options: AmericanPricesOptions & DriveOptions = {}): Promise<GreekColumns<'price'>> {
  return driveWith(options, (own) => americanPricesTask(columns, own));
}

/** {@link americanPrices} in one go. */
export function americanPricesSync(columns: BlackScholesColumns, options: AmericanPricesOptions & DriveOptions = {}): GreekColumns<'price'> {
  return driveWithSync(options, (own) => americanPricesTask(columns, own));
}
