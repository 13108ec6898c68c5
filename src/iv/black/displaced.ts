/** Displaced (shifted) Black: forward plus displacement is lognormal, so forwards and strikes down to -displacement have prices. */
import { requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { blackPrices } from './batch.ts';
import type { GreekColumns, PriceColumnsOptions } from './batch.ts';
import { asDoubles, columnRows } from './columns.ts';
import type { NumberColumn } from './columns.ts';
import { blackGreeks } from './greeks.ts';
import type { BlackGreeks } from './greeks.ts';
import type { BlackColumns } from './option-rows.ts';
import { blackPrice } from './price.ts';
import type { BlackOption } from './price.ts';

/** One option on a forward; `annualizedVol` is that of forward + displacement. */
export interface DisplacedBlackOption extends BlackOption {
  /** Added to forward and strike, in their currency; both sums must be positive. */
  readonly displacement: number;
}

/** Columns of such options. */
export interface DisplacedBlackColumns extends BlackColumns {
  readonly displacement: NumberColumn;
}

const NAMES = ['type', 'forward', 'strike', 'expiryYears', 'annualizedVol', 'discount', 'displacement'] as const;

function shifted(fn: string, option: DisplacedBlackOption): BlackOption {
  requireKnownKeys(fn, option, NAMES);
  const { displacement, forward, strike, ...rest } = option;
  requireNumber(fn, 'displacement', displacement);
  requireNumber(fn, 'forward + displacement', forward + displacement, { min: 0, open: true });
  requireNumber(fn, 'strike + displacement', strike + displacement, { min: 0, open: true });
  return { ...rest, forward: forward + displacement, strike: strike + displacement };
}

/**
 * Discounted price of a European option under displaced Black: Black's formula on forward and strike plus the displacement.
 *
 * @returns price today, in the currency of the strike
 * @throws DomainError when forward or strike plus displacement is not positive, or as `blackPrice`
 * @see Rubinstein (1983), "Displaced diffusion option pricing"
 * @example displacedBlackPrice({ type: 'call', forward: -0.002, strike: 0, expiryYears: 1, annualizedVol: 0.3, displacement: 0.03 }) // 0.002548140357
 */
export function displacedBlackPrice(option: DisplacedBlackOption): number {
  return blackPrice(shifted('displacedBlackPrice', option));
}

/**
 * Price and sixteen greeks under displaced Black: the fields of `BlackGreeks`, with the displacement held fixed.
 *
 * Only `carryRho` differs from Black's greeks at the shifted forward: the cost of carry moves the forward, not the displacement.
 *
 * @throws DomainError as {@link displacedBlackPrice}
 */
export function displacedBlackGreeks(option: DisplacedBlackOption): BlackGreeks {
  const greeks = blackGreeks(shifted('displacedBlackGreeks', option));
  return Object.freeze({ ...greeks, carryRho: Math.max(0, option.expiryYears) * option.forward * greeks.forwardDelta });
}

/**
 * Displaced Black prices of many options; a bad row gets a status (`ROW_STATUS`) and NaN, nothing is thrown for it.
 *
 * @returns `price` and `status`, shape (n)
 * @throws ShapeError when columns have different lengths
 */
export function displacedBlackPrices(columns: DisplacedBlackColumns, options: PriceColumnsOptions = {}): GreekColumns<'price'> {
  const rows = columnRows('displacedBlackPrices', columns, NAMES, NAMES.filter((name) => name !== 'discount'));
  const { displacement, forward, strike, ...rest } = columns;
  const shift = asDoubles(displacement, rows, 0);
  const plus = (column: NumberColumn): Float64Array => asDoubles(column, rows, 0).map((value, i) => value + shift[i]);
  return blackPrices({ ...rest, forward: plus(forward), strike: plus(strike) }, options);
}
