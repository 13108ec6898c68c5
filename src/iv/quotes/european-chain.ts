/** American quotes turned into European ones before parity, by a function that is passed in. */
import { show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { sealChain } from './chain.ts';
import type { OptionChain } from './chain.ts';

/** The American quotes of a chain that have not expired, in columns of one length. */
export interface AmericanQuotes {
  /** Row in the chain. */
  readonly row: Uint32Array;
  /** 1 call, -1 put. */
  readonly type: Int8Array;
  readonly strike: Float64Array;
  readonly expiryYears: Float64Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
}

/** European prices with the volatility of the American ones; NaN where there is none. */
export interface EuropeanPrices {
  readonly bid: ArrayLike<number>;
  readonly ask: ArrayLike<number>;
}

/** Takes the early exercise premium out of prices; it knows the spot price, rates and dividends. */
export type DeAmericanize = (quotes: AmericanQuotes) => EuropeanPrices;

/** The American quotes of a chain that have not expired, for a conversion that runs elsewhere or takes its time. */
export function americanQuotes(chain: OptionChain): AmericanQuotes {
  const isWanted = (row: number): boolean => chain.american[row] === 1 && chain.sliceOfRow[row] >= 0 && chain.slices[chain.sliceOfRow[row]].expiryYears > 0;
  const row = Uint32Array.from({ length: chain.size }, (_, i) => i).filter(isWanted);
  const take = (values: Float64Array): Float64Array => Float64Array.from(row, (r) => values[r]);
  return Object.freeze({
    row,
    type: Int8Array.from(row, (r) => chain.side[r]),
    strike: take(chain.strike),
    expiryYears: Float64Array.from(row, (r) => chain.slices[chain.sliceOfRow[r]].expiryYears),
    bid: take(chain.bid),
    ask: take(chain.ask),
  });
}

/**
 * The chain with its American quotes converted and marked European.
 *
 * A row without an answer, or whose answer has no price, stays American, so that the filter drops it and says so. European rows are not touched.
 *
 * @param convert - a function of {@link americanQuotes}, or the prices themselves
 * @throws ShapeError for prices of other lengths than the quotes, DomainError when there are none
 * @example
 * europeanChain(chain, ({ bid, ask, type, strike, expiryYears }) => {
 *   const european = (price: Float64Array) => deAmericanizeQuotesSync({ type, strike, expiryYears, price, spot: 100, rate: 0.04 }).europeanPrice;
 *   return { bid: european(bid), ask: european(ask) };
 * });
 */
export function europeanChain(chain: OptionChain, convert: DeAmericanize | EuropeanPrices): OptionChain {
  if (typeof convert !== 'function' && (convert === null || typeof convert !== 'object')) throw new DomainError(`europeanChain: convert must be a function or prices, got ${show(convert)}`);
  const quotes = americanQuotes(chain);
  const { row } = quotes;
  if (row.length === 0) return chain;
  const prices = typeof convert === 'function' ? convert(quotes) : convert;
  if (prices?.bid?.length !== row.length || prices.ask?.length !== row.length) {
    throw new ShapeError(`europeanChain: bid and ask must have ${row.length} values, got ${prices?.bid?.length} and ${prices?.ask?.length}`);
  }
  const american = chain.american.slice();
  const bid = chain.bid.slice();
  const ask = chain.ask.slice();
  row.forEach((r, i) => {
    if (!Number.isFinite(prices.bid[i]) || !Number.isFinite(prices.ask[i])) return;
    american[r] = 0;
    bid[r] = prices.bid[i];
    ask[r] = prices.ask[i];
  });
  return sealChain({ ...chain, american, bid, ask });
}
