/** What eSSVI and SSVI fits share: the usable quotes of each expiry and the report on its slice. */
import { requireSameLength } from '../../core/assert.ts';
import { textTable } from '../../core/inspect.ts';
import type { SmileQuotes } from '../option.ts';
import { essviToSvi, uncheckedEssviSmile, type EssviSlice } from './essvi.ts';
import type { WeightedQuotes } from './essvi-residuals.ts';
import { sliceWeights, type SliceWeights } from './slice-weights.ts';
import type { SviSmile } from './svi.ts';

/** Weights of the quotes of all expiries: a rule of {@link sliceWeights}, or one array of numbers per expiry. */
export type SurfaceWeights = 'spread' | 'vega' | 'uniform' | readonly ArrayLike<number>[];

/**
 * `fitted`: from its own quotes; `level`: too few quotes, so that the level is its own and the shape its neighbours'; `interpolated`: no
 * usable quote, all from its neighbours. Without slice: `expiry`: not a positive number; `duplicate`: another slice has this expiry;
 * `no-shape`: no expiry has enough quotes.
 */
export type EssviSliceStatus = 'fitted' | 'level' | 'interpolated' | 'expiry' | 'duplicate' | 'no-shape';

export interface EssviSliceFit {
  readonly status: EssviSliceStatus;
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  /** Null where the status says why. */
  readonly slice: EssviSlice | null;
  /** The slice as raw SVI. */
  readonly smile: SviSmile | null;
  /** Quotes with a weight above 0. */
  readonly usedQuotes: number;
  /** Root mean square error of used quotes in volatility; null without any. */
  readonly rmseVol: number | null;
  /** Root mean square of weighted residuals: with `spread` in half spreads. */
  readonly rmseWeighted: number | null;
  /** Share of used quotes with bid and ask whose model volatility lies inside them; null without any. */
  readonly insideShare: number | null;
}

/** The usable quotes of one expiry. */
export interface UsedQuotes extends WeightedQuotes {
  /** Place of each among the quotes of its expiry. */
  readonly rows: Uint32Array;
}

/** The usable quotes of every expiry. */
export function usableQuotes(fn: string, quotes: readonly SmileQuotes[], weights: SurfaceWeights): UsedQuotes[] {
  if (typeof weights !== 'string') requireSameLength(fn, { quotes, weights });
  return quotes.map((slice, i) => usableOf(slice, typeof weights === 'string' ? weights : weights[i]));
}

function usableOf(quotes: SmileQuotes, weights: SliceWeights): UsedQuotes {
  const all = sliceWeights(quotes, weights);
  const { expiryYears, logMoneyness, midVol } = quotes;
  const rows = Uint32Array.from(all.keys()).filter((i) => {
    const w = midVol[i] * midVol[i] * expiryYears;
    return all[i] > 0 && Math.abs(logMoneyness[i]) < 100 && w > 1e-14 && w < 100; // beyond them lies nothing that is a volatility
  });
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (i) => column[i]);
  return { expiryYears, logMoneyness: pick(logMoneyness), vol: pick(midVol), factor: pick(all), rows };
}

/** Places of the slices to fit, ascending in expiry; of slices of one expiry the one with most quotes. */
export function distinctExpiries(slices: readonly UsedQuotes[]): { chosen: number[]; statusOf: (i: number) => EssviSliceStatus } {
  const isExpiry = (i: number): boolean => slices[i].expiryYears > 0 && slices[i].expiryYears < Infinity;
  const ascending = [...slices.keys()].filter(isExpiry).sort((a, b) => slices[a].expiryYears - slices[b].expiryYears || slices[b].vol.length - slices[a].vol.length || a - b);
  const chosen = ascending.filter((i, place) => place === 0 || slices[i].expiryYears > slices[ascending[place - 1]].expiryYears);
  return { chosen, statusOf: (i) => (isExpiry(i) ? 'duplicate' : 'expiry') };
}

/** A table of slices for people. */
export function printSlices({ slices }: { readonly slices: readonly EssviSliceFit[] }): string {
  return textTable(slices.map(({ expiryYears, status, usedQuotes, slice, rmseVol, insideShare }) => ({ expiryYears, status, usedQuotes, ...slice, rmseVol, insideShare })));
}

const scratch = new Float64Array(3);

/** What is known of one expiry after a fit. */
export function sliceFit(quotes: SmileQuotes, used: UsedQuotes, status: EssviSliceStatus, slice: EssviSlice | null): EssviSliceFit {
  const { expiryYears, forward, discount, bidVol, askVol } = quotes;
  const usedQuotes = used.vol.length;
  const none = { status, expiryYears, forward, discount, slice, smile: null, usedQuotes, rmseVol: null, rmseWeighted: null, insideShare: null };
  if (slice === null) return Object.freeze(none);
  const smile = essviToSvi(slice);
  const modelVol = (logMoneyness: number): number => {
    uncheckedEssviSmile(slice, logMoneyness, scratch);
    return Math.sqrt(scratch[0] / expiryYears);
  };
  let square = 0;
  let weighted = 0;
  let quoted = 0;
  let inside = 0;
  used.rows.forEach((row, i) => {
    const vol = modelVol(used.logMoneyness[i]);
    const residual = vol - used.vol[i];
    square += residual * residual;
    weighted += residual * residual * used.factor[i] * used.factor[i];
    if (!(bidVol[row] <= askVol[row])) return;
    quoted++;
    if (vol >= bidVol[row] && vol <= askVol[row]) inside++;
  });
  return Object.freeze({
    ...none,
    smile,
    rmseVol: usedQuotes > 0 ? Math.sqrt(square / usedQuotes) : null,
    rmseWeighted: usedQuotes > 0 ? Math.sqrt(weighted / usedQuotes) : null,
    insideShare: quoted > 0 ? inside / quoted : null,
  });
}
