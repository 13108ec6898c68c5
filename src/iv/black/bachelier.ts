/** Options under a normal distribution: prices and greeks where forward and strike may be zero or negative. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import type { GreekColumns, PriceColumnsOptions } from './batch.ts';
import { cdfOf, density, SMALLEST_TOTAL_VOL, SMALLEST_YEARS } from './black-terms.ts';
import { asDoubles, asSigns, columnRows, outputColumns, ROW_EXPIRED, ROW_INVALID, ROW_MISSING, ROW_OK, ROW_ZERO_VOL } from './columns.ts';
import { productError, sumError } from './exact.ts';
import type { BlackGreeks } from './greeks.ts';
import { millsDefect } from './mills-ratio.ts';
import type { BlackColumns } from './option-rows.ts';
import type { BlackOption } from './price.ts';

/**
 * One option on a forward under Bachelier's model: `forward` and `strike` are any finite numbers, and `annualizedVol` is in
 * currency units per square root of a year, not a share of the forward.
 */
export interface BachelierOption extends BlackOption {}

/** Columns of such options. */
export interface BachelierColumns extends BlackColumns {}

const NAMES = ['type', 'forward', 'strike', 'expiryYears', 'annualizedVol', 'discount'] as const;

interface Terms {
  readonly sign: number;
  readonly discount: number;
  readonly years: number;
  readonly totalVol: number;
  /** (forward - strike) / (vol sqrt(T)). */
  readonly d: number;
  readonly phi: number;
  readonly price: number;
}

/** (F-K) / s to more digits than one division gives: what it is beyond `quotient`. */
function quotientError(forward: number, strike: number, vol: number, years: number, distance: number, s: number, quotient: number): number {
  const root = Math.sqrt(years);
  const square = root * root;
  const sRest = productError(vol, root, s) + (vol * (years - square - productError(root, root, square))) / (2 * root);
  const back = quotient * s;
  const rest = (distance - back - productError(quotient, s, back) + sumError(forward, -strike, distance) - quotient * sRest) / s;
  return Math.abs(rest) < 1 ? rest : 0;
}

// Discounted price from checked numbers: intrinsic value plus D s phi(d) (1 - |d| R(|d|)), R being Mills' ratio.
function priceOf(sign: number, forward: number, strike: number, years: number, vol: number, discount: number): number {
  const distance = forward - strike;
  const s = vol * Math.sqrt(years);
  const intrinsic = discount * Math.max(0, sign * distance);
  if (!(s > SMALLEST_TOTAL_VOL)) return intrinsic;
  const d = distance / s;
  const phi = density(d, quotientError(forward, strike, vol, years, distance, s, d));
  return phi === 0 ? intrinsic : intrinsic + discount * s * phi * millsDefect(Math.abs(d));
}

function terms(fn: string, option: BachelierOption): Terms {
  requireKnownKeys(fn, option, NAMES);
  const { discount = 1 } = option;
  const sign = requireOneOf(fn, 'type', option.type, ['call', 'put']) === 'call' ? 1 : -1;
  const forward = requireNumber(fn, 'forward', option.forward);
  const strike = requireNumber(fn, 'strike', option.strike);
  const expiryYears = requireNumber(fn, 'expiryYears', option.expiryYears);
  const years = expiryYears > SMALLEST_YEARS ? expiryYears : 0;
  const vol = requireNumber(fn, 'annualizedVol', option.annualizedVol, { min: 0 });
  requireNumber(fn, 'discount', discount, { min: 0, open: true });
  const totalVol = vol * Math.sqrt(years);
  const distance = forward - strike;
  const d = totalVol > SMALLEST_TOTAL_VOL ? distance / totalVol : distance === 0 ? 0 : distance * Infinity;
  const phi = totalVol > SMALLEST_TOTAL_VOL ? density(d, quotientError(forward, strike, vol, years, distance, totalVol, d)) : density(d, 0);
  return { sign, discount, years, totalVol, d, phi, price: priceOf(sign, forward, strike, years, vol, discount) };
}

/**
 * Discounted price of a European option whose forward is normally distributed.
 *
 * Out of the money the relative error is below 1e-13 down to 1e-300. Zero volatility or no time left gives the discounted intrinsic value.
 *
 * @returns price today, in the currency of the strike
 * @throws DomainError for a negative volatility, a discount that is not positive, or anything not finite
 * @see Bachelier (1900), "Théorie de la spéculation"; Schachermayer and Teichmann (2008), eq. 2.2
 * @example bachelierPrice({ type: 'call', forward: -0.5, strike: 0, expiryYears: 1, annualizedVol: 1 }) // 0.1977965574
 */
export function bachelierPrice(option: BachelierOption): number {
  return terms('bachelierPrice', option).price;
}

/**
 * Price and sixteen greeks under Bachelier's model: the fields and conventions of `BlackGreeks`, with vol in currency units.
 *
 * Limits without volatility or time as `blackGreeks`.
 *
 * @throws DomainError as {@link bachelierPrice}
 */
export function bachelierGreeks(option: BachelierOption): BlackGreeks {
  const { sign, discount, years, totalVol, d, phi, price } = terms('bachelierGreeks', option);
  const { forward, annualizedVol } = option;
  const cdf = totalVol > SMALLEST_TOTAL_VOL || d !== 0 ? cdfOf(sign * d, phi) : 0.5;
  const rate = years > 0 ? -Math.log(discount) / years : 0;
  const forwardDelta = sign * discount * cdf;
  const vega = discount * phi * Math.sqrt(years);
  const curved = totalVol > SMALLEST_TOTAL_VOL && phi > 0;
  const forwardGamma = curved ? (discount * phi) / totalVol : 0;
  const square = curved ? d * d : 0;
  const perYear = curved ? 0.5 / years : 0;
  const perVol = curved ? 1 / annualizedVol : 0;
  const decay = curved ? d * perYear : 0;
  return Object.freeze({
    price,
    forwardDelta,
    forwardGamma,
    vega,
    theta: rate * price - vega * annualizedVol * perYear,
    rho: -years * price,
    carryRho: years * forward * forwardDelta,
    forwardVanna: curved ? -discount * phi * d * perVol : 0,
    volga: vega * square * perVol,
    forwardCharm: rate * forwardDelta + discount * phi * decay,
    veta: curved ? vega * (rate - perYear - square * perYear) : 0,
    forwardSpeed: curved ? (-forwardGamma * d) / totalVol : 0,
    forwardZomma: forwardGamma * (square - 1) * perVol,
    forwardColor: forwardGamma * (rate + perYear - square * perYear),
    ultima: vega * square * (square - 3) * perVol * perVol,
    dualDelta: -forwardDelta,
    dualGamma: forwardGamma,
  });
}

/**
 * Bachelier prices of many options; a bad row gets a status (`ROW_STATUS`) and NaN, nothing is thrown for it.
 *
 * @returns `price` and `status`, shape (n)
 * @throws ShapeError when columns have different lengths
 */
export function bachelierPrices(columns: BachelierColumns, options: PriceColumnsOptions = {}): GreekColumns<'price'> {
  const fn = 'bachelierPrices';
  requireKnownKeys(fn, options, ['out']);
  const rows = columnRows(fn, columns, NAMES, NAMES.slice(0, 5));
  const sign = asSigns(columns.type, rows);
  const forward = asDoubles(columns.forward, rows, 0);
  const strike = asDoubles(columns.strike, rows, 0);
  const expiryYears = asDoubles(columns.expiryYears, rows, 0);
  const vol = asDoubles(columns.annualizedVol, rows, 0);
  const discount = asDoubles(columns.discount, rows, 1);
  const result = outputColumns(fn, ['price'], rows, options.out);
  const { price, status } = result;
  for (let i = 0; i < rows; i++) {
    const missing = forward[i] !== forward[i] || strike[i] !== strike[i] || expiryYears[i] !== expiryYears[i] || vol[i] !== vol[i] || discount[i] !== discount[i];
    const finite = Math.abs(forward[i]) < Infinity && Math.abs(strike[i]) < Infinity && Math.abs(expiryYears[i]) < Infinity;
    const valid = finite && vol[i] >= 0 && vol[i] < Infinity && discount[i] > 0 && discount[i] < Infinity && (sign[i] === 1 || sign[i] === -1);
    const years = expiryYears[i] > SMALLEST_YEARS ? expiryYears[i] : 0;
    status[i] = missing ? ROW_MISSING : !valid ? ROW_INVALID : years === 0 ? ROW_EXPIRED : vol[i] === 0 ? ROW_ZERO_VOL : ROW_OK;
    price[i] = status[i] < ROW_MISSING ? priceOf(sign[i], forward[i], strike[i], years, vol[i], discount[i]) : NaN;
    if (status[i] < ROW_MISSING && !(price[i] < Infinity)) {
      status[i] = ROW_INVALID;
      price[i] = NaN;
    }
  }
  return Object.freeze(result);
}
