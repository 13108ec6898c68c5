/** Quotes of smiles for tests of fits. */
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { essviTotalVariance, type EssviSlice } from '../../../src/iv/slices/essvi.ts';

export interface QuotesOf {
  readonly expiryYears: number;
  readonly slice: EssviSlice;
  /** Number of quotes, from -4 to 2.5 standard deviations. @default 40 */
  readonly count?: number;
  /** Half spread in volatility. @default 0.002 */
  readonly halfSpread?: number;
  /** Error of the i-th mid volatility. @default none */
  readonly error?: (i: number) => number;
}

export function quotesOf({ expiryYears, slice, count = 40, halfSpread = 0.002, error = () => 0 }: QuotesOf): SmileQuotes {
  const deviation = Math.sqrt(slice.theta);
  const logMoneyness = Float64Array.from({ length: count }, (_, i) => deviation * (count === 1 ? 0 : -4 + (6.5 * i) / (count - 1)));
  const midVol = logMoneyness.map((k, i) => Math.sqrt(essviTotalVariance(slice, k) / expiryYears) + error(i));
  return { expiryYears, forward: 100, discount: 0.99, logMoneyness, midVol, bidVol: midVol.map((vol) => vol - halfSpread), askVol: midVol.map((vol) => vol + halfSpread) };
}
