/** What eSSVI and SSVI fits share: the usable quotes of each expiry and the report on its slice. */
import { requireSameLength } from '../../core/assert.ts';
import { textTable } from '../../core/inspect.ts';
import type { SmileQuotes } from '../option.ts';
import { essviToSvi, uncheckedEssviSmile, type EssviSlice } from './essvi.ts';
import type { WeightedQuotes } from './essvi-residuals.ts';
import { NO_ERRORS, sliceErrors, type SliceErrors } from './slice-errors.ts';
import { sliceWeights, type SliceWeights } from './slice-weights.ts';
import type { SviSmile } from './svi.ts';

/** Weights of the quotes of all expiries: a rule of {@link sliceWeights}, or one array of numbers per expiry. */
export type SurfaceWeights = 'spread' | 'vega' | 'uniform' | readonly ArrayLike<number>[];

/**
 * `ok`: from its own quotes; `level`: too few quotes, so that the level is its own and the shape its neighbours'; `interpolated`: no
 * usable quote, all from its neighbours. Without slice: `bad-expiry`: not a positive number; `duplicate-expiry`: another slice has this expiry;
 * `no-shape`: no expiry has enough quotes.
 */
export type EssviSliceStatus = 'ok' | 'level' | 'interpolated' | 'bad-expiry' | 'duplicate-expiry' | 'no-shape';

export interface EssviSliceFit extends SliceErrors {
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
}

/** The usable quotes of one expiry. */
export interface UsedQuotes extends WeightedQuotes {
  /** Weight of every quote of the expiry, 0 where it cannot be used. */
  readonly weight: Float64Array;
}

/** The usable quotes of every expiry. */
export function usableQuotes(fn: string, quotes: readonly SmileQuotes[], weights: SurfaceWeights): UsedQuotes[] {
  if (typeof weights !== 'string') requireSameLength(fn, { quotes, weights });
  return quotes.map((slice, i) => usableOf(slice, typeof weights === 'string' ? weights : weights[i]));
}

function usableOf(quotes: SmileQuotes, weights: SliceWeights): UsedQuotes {
  const all = sliceWeights(quotes, weights);
  const { expiryYears, logMoneyness, midVol } = quotes;
  const weight = all.map((factor, i) => {
    const w = midVol[i] * midVol[i] * expiryYears;
    return Math.abs(logMoneyness[i]) < 100 && w > 1e-14 && w < 100 ? factor : 0; // beyond them lies nothing that is a volatility
  });
  const used = (column: Float64Array): Float64Array => column.filter((_, i) => weight[i] > 0);
  return { expiryYears, logMoneyness: used(logMoneyness), vol: used(midVol), factor: used(weight), weight };
}

/** Places of the slices to fit, ascending in expiry; of slices of one expiry the one with most quotes. */
export function distinctExpiries(slices: readonly UsedQuotes[]): { chosen: number[]; statusOf: (i: number) => EssviSliceStatus } {
  const isExpiry = (i: number): boolean => slices[i].expiryYears > 0 && slices[i].expiryYears < Infinity;
  const ascending = [...slices.keys()].filter(isExpiry).sort((a, b) => slices[a].expiryYears - slices[b].expiryYears || slices[b].vol.length - slices[a].vol.length || a - b);
  const chosen = ascending.filter((i, place) => place === 0 || slices[i].expiryYears > slices[ascending[place - 1]].expiryYears);
  return { chosen, statusOf: (i) => (isExpiry(i) ? 'duplicate-expiry' : 'bad-expiry') };
}

/** A table of slices for people. */
export function printSlices({ slices }: { readonly slices: readonly EssviSliceFit[] }): string {
  return textTable(slices.map(({ expiryYears, status, usedQuotes, slice, rmseVol, insideShare }) => ({ expiryYears, status, usedQuotes, ...slice, rmseVol, insideShare })));
}

/** What is known of one expiry after a fit. */
export function sliceFit(quotes: SmileQuotes, used: UsedQuotes, status: EssviSliceStatus, slice: EssviSlice | null): EssviSliceFit {
  const { expiryYears, forward, discount } = quotes;
  const usedQuotes = used.vol.length;
  if (slice === null) return Object.freeze({ status, expiryYears, forward, discount, slice, smile: null, usedQuotes, ...NO_ERRORS });
  const errors = sliceErrors(quotes, used.weight, (logMoneyness, out) => uncheckedEssviSmile(slice, logMoneyness, out));
  return Object.freeze({ status, expiryYears, forward, discount, slice, smile: essviToSvi(slice), usedQuotes, ...errors });
}
