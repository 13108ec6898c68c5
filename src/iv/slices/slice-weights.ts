/** How much each quote of an expiry counts when a smile is fitted. */
import { requireOneOf, requireSameLength } from '../../core/assert.ts';
import type { SmileQuotes } from '../option.ts';

/**
 * `spread`: the inverse half spread in volatility, so that a residual of 1 is the edge of bid and ask; `vega`: relative vega, so that residuals
 * are price errors; `uniform`: volatility itself; or one number >= 0 per quote that multiplies its volatility residual (0 leaves it out).
 */
export type SliceWeights = 'spread' | 'vega' | 'uniform' | ArrayLike<number>;

/**
 * The factor on each quote's volatility residual, shape (n): 0 for a quote that cannot be used, where log-moneyness or mid volatility is not a
 * number, beyond +-50, or outside [1e-5, 1000].
 *
 * @throws ShapeError when columns differ in length, DomainError for an unknown name
 */
export function sliceWeights(quotes: SmileQuotes, weights: SliceWeights = 'spread'): Float64Array {
  const { logMoneyness, midVol, bidVol, askVol } = quotes;
  const named = typeof weights === 'string';
  const n = requireSameLength('sliceWeights', { logMoneyness, midVol, bidVol, askVol, ...(!named && { weights }) });
  let result: Float64Array;
  if (!named) result = Float64Array.from(weights);
  else if (requireOneOf('sliceWeights', 'weights', weights, ['spread', 'vega', 'uniform']) === 'spread') result = spreadWeights(quotes);
  else if (weights === 'vega') result = vegaWeights(quotes);
  else result = new Float64Array(n).fill(1);
  for (let i = 0; i < n; i++) {
    const isUsable = Math.abs(logMoneyness[i]) <= 50 && midVol[i] >= 1e-5 && midVol[i] <= 1000 && result[i] > 0 && result[i] < Infinity;
    if (!isUsable) result[i] = 0;
  }
  return result;
}

/**
 * The inverse half spread per quote, shape (n), in inverse volatility.
 *
 * A spread below half of the first decile counts as that: a quote that is locked for a moment must not decide the fit. A quote that lacks a side gets
 * the median; where no quote has both, all weigh 1.
 */
export function spreadWeights({ bidVol, askVol }: SmileQuotes): Float64Array {
  const half = Float64Array.from(bidVol, (bid, i) => (askVol[i] - bid) / 2);
  const known = half.filter((value) => value > 0 && value < Infinity).sort();
  const median = known.length > 0 ? known[known.length >> 1] : 1;
  const least = known.length > 0 ? known[Math.floor(known.length / 10)] / 2 : 1;
  return half.map((value) => 1 / (value >= 0 && value < Infinity ? Math.max(value, least) : median));
}

/**
 * Vega per quote relative to the largest there is, shape (n): exp(-d1^2 / 2) with d1 = -k / s + s / 2 and s = vol sqrt(T).
 *
 * The undiscounted vega of a forward of 1 is this times sqrt(T / (2 pi)).
 */
export function vegaWeights({ expiryYears, logMoneyness, midVol }: SmileQuotes): Float64Array {
  const root = Math.sqrt(expiryYears);
  return logMoneyness.map((k, i) => {
    const s = midVol[i] * root;
    const d1 = s / 2 - k / s;
    return Math.exp((-d1 * d1) / 2);
  });
}
