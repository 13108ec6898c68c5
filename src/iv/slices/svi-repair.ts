/** A slice with butterfly arbitrage replaced by one without. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import type { SmileQuotes } from '../option.ts';
import { fitSvi, type SviFit } from './svi-fit.ts';
import { isSviButterflyFree } from './svi-butterfly.ts';
import { sviFromJumpWings, sviToJumpWings } from './svi-forms.ts';
import { requireSvi, uncheckedSviSmile, type SviSmile } from './svi.ts';

export interface SviRepair {
  readonly smile: SviSmile;
  /** Whether the result is free of butterfly arbitrage on the whole line; the closed form does not promise it. */
  readonly isButterflyFree: boolean;
}

/**
 * The closed form of Gatheral and Jacquier: level, skew and put wing at the money stay, the call wing becomes c' = p + 2 psi and the minimum
 * variance v~' = 4 v p c' / (p + c')^2, which makes the slice one of SSVI's.
 *
 * @throws DomainError where the slice has no jump-wings form, or a skew of 0, for which v~' leaves the width open
 * @see Gatheral and Jacquier (2014), section 5.1
 */
export function repairSviClosedForm(smile: SviSmile): SviRepair {
  const wings = sviToJumpWings(smile, 1); // variances cancel: any expiry gives the same slice
  const { atmVariance, atmSkew, putWing } = wings;
  const callWing = putWing + 2 * atmSkew;
  const sum = putWing + callWing;
  if (!(sum > 0) || atmSkew === 0) throw new DomainError(`repairSviClosedForm: smile must have a skew and a wing at the money, got skew ${atmSkew} and put wing ${putWing}`);
  const repaired = sviFromJumpWings({ ...wings, callWing, minimumVariance: (atmVariance * 4 * putWing * callWing) / (sum * sum) });
  return Object.freeze({ smile: repaired, isButterflyFree: isSviButterflyFree(repaired) });
}

export interface SviRepairOptions {
  /** Log-moneyness range in which the volatilities are kept. @default three standard deviations either side */
  readonly from?: number;
  readonly to?: number;
  /** Volatilities compared. @default 81 */
  readonly count?: number;
}

export interface ClosestSviRepair extends SviRepair {
  /** Root mean square change of sqrt(total variance) over the range; divide by sqrt(expiryYears) for volatility. */
  readonly rmseTotalVol: number;
}

/**
 * The butterfly-free slice closest to a slice in volatility over a range of log-moneyness.
 *
 * A slice without arbitrage is returned as it is. Otherwise {@link fitSvi} with `arbitrage: 'free'` refits the slice's own volatilities from three
 * starts (the grid, the slice, its closed-form repair), so the result is checked on the whole line.
 *
 * @throws DomainError for options out of range, or when total variance is nowhere positive in the range
 */
export function repairSvi(smile: SviSmile, options: SviRepairOptions = {}): ClosestSviRepair {
  requireSvi('repairSvi', smile);
  requireKnownKeys('repairSvi', options, ['from', 'to', 'count']);
  const out = new Float64Array(3);
  uncheckedSviSmile(smile, 0, out);
  const deviation = out[0] > 0 ? Math.sqrt(out[0]) : smile.sigma;
  const { from = -3 * deviation, to = 3 * deviation, count = 81 } = options;
  requireNumber('repairSvi', 'to', to);
  requireNumber('repairSvi', 'from', from);
  if (!(from < to)) throw new DomainError(`repairSvi: from must be below to, got ${from} and ${to}`);
  requireInteger('repairSvi', 'count', count, { min: 5 });
  if (isSviButterflyFree(smile)) return Object.freeze({ smile: Object.freeze({ ...smile }), isButterflyFree: true, rmseTotalVol: 0 });

  const logMoneyness = Float64Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
  const midVol = logMoneyness.map((k) => {
    uncheckedSviSmile(smile, k, out);
    return out[0] > 0 ? Math.sqrt(out[0]) : NaN;
  });
  const none = new Float64Array(count).fill(NaN);
  const quotes: SmileQuotes = { expiryYears: 1, forward: 1, discount: 1, logMoneyness, midVol, bidVol: none, askVol: none };
  let best: SviFit | null = null;
  for (const start of [undefined, smile, closedFormOrNone(smile)]) {
    if (start === undefined && best !== null) continue;
    const fit = fitSvi(quotes, { weights: 'uniform', arbitrage: 'free', ...(start && { start }) });
    if (fit.smile !== null && fit.isButterflyFree && (best === null || fit.rmseVol! < best.rmseVol!)) best = fit;
  }
  if (best === null) throw new DomainError('repairSvi: smile must have positive total variance at five places of the range or more');
  return Object.freeze({ smile: best.smile!, isButterflyFree: true, rmseTotalVol: best.rmseVol! });
}

function closedFormOrNone(smile: SviSmile): SviSmile | undefined {
  try {
    return repairSviClosedForm(smile).smile;
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
