/** What is quoted: calls and puts, and quotes of one expiry in volatility. */

export type OptionType = 'call' | 'put';

/** The quotes of one expiry, out of the money, as Black volatilities: what smiles are fitted to. */
export interface SmileQuotes {
  /** Time to expiry in years of 365 days. */
  readonly expiryYears: number;
  /** Forward price for this expiry, in the currency of the strikes. */
  readonly forward: number;
  /** Price today of 1 at expiry. */
  readonly discount: number;
  /** ln(strike / forward), ascending, shape (n). */
  readonly logMoneyness: Float64Array;
  /** Black volatility of the mid price per year, as a decimal, shape (n). */
  readonly midVol: Float64Array;
  /** Black volatility of the bid, shape (n); NaN where the bid has none. */
  readonly bidVol: Float64Array;
  /** Black volatility of the ask, shape (n); NaN where the ask has none. */
  readonly askVol: Float64Array;
}
