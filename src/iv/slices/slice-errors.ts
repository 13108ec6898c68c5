/** How far a smile lies from the quotes it was fitted to. */
import type { SmileQuotes } from '../option.ts';

export interface SliceErrors {
  /** Root mean square of model minus mid volatility over the quotes used, unweighted; null without any. */
  readonly rmseVol: number | null;
  /** The same of weighted residuals: with `spread` weights in half spreads. */
  readonly rmseWeighted: number | null;
  /** Share of the used quotes with bid and ask whose model volatility lies within them; null where none has both. */
  readonly insideShare: number | null;
}

export const NO_ERRORS: SliceErrors = Object.freeze({ rmseVol: null, rmseWeighted: null, insideShare: null });

const scratch = new Float64Array(3);

/**
 * Errors over the quotes with a weight above 0.
 *
 * @param weight - shape (n) of the quotes
 * @param evaluate - fills total variance of one log-moneyness into the first place
 */
export function sliceErrors(quotes: SmileQuotes, weight: ArrayLike<number>, evaluate: (logMoneyness: number, out: Float64Array) => void): SliceErrors {
  const { expiryYears, logMoneyness, midVol, bidVol, askVol } = quotes;
  let used = 0;
  let plain = 0;
  let weighted = 0;
  let quoted = 0;
  let inside = 0;
  for (let i = 0; i < weight.length; i++) {
    if (!(weight[i] > 0)) continue;
    evaluate(logMoneyness[i], scratch);
    const vol = Math.sqrt(scratch[0] / expiryYears);
    const error = vol - midVol[i];
    used++;
    plain += error * error;
    weighted += error * error * weight[i] * weight[i];
    if (!(bidVol[i] <= askVol[i])) continue;
    quoted++;
    if (vol >= bidVol[i] && vol <= askVol[i]) inside++;
  }
  if (used === 0) return NO_ERRORS;
  return { rmseVol: Math.sqrt(plain / used), rmseWeighted: Math.sqrt(weighted / used), insideShare: quoted > 0 ? inside / quoted : null };
}
