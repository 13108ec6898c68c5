/** Quotes of one expiry as prices with tolerances, whatever was quoted. */
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import { normalizedBlack, normalizedVega } from '../black/normalized-black.ts';
import type { SmileQuotes } from '../option.ts';

/** Out-of-the-money prices over the forward, undiscounted, sorted by log-moneyness; all columns of shape (n). */
export interface UsableQuotes {
  /** Place in the quotes given. */
  readonly row: Int32Array;
  readonly logMoneyness: Float64Array;
  /** NaN where only one side is quoted. */
  readonly mid: Float64Array;
  /** 0 where there is no bid. */
  readonly bid: Float64Array;
  /** NaN where there is no ask. */
  readonly ask: Float64Array;
  /** What an earlier expiry may cost at most: the ask, or the mid and its tolerance where no side is quoted; NaN where only a bid is. */
  readonly ceiling: Float64Array;
  /** Half the spread, at least the smallest tolerance. */
  readonly half: Float64Array;
  /** Total volatility of the mid, or of the only side. */
  readonly totalVol: Float64Array;
  /** Total volatility that half the spread is worth. */
  readonly halfTotalVol: Float64Array;
  /** How many have a mid. */
  readonly twoSided: number;
  /** Total volatility near the forward: the scale of everything. NaN without quotes. */
  readonly level: number;
}

const MAX_TOTAL_VOL = 8; // a price within 1e-4 of its bound
const MAX_LOG_MONEYNESS = 30;
const LEVEL_QUOTES = 5;

const present = (vol: number): boolean => vol > 0 && vol < Infinity;

/**
 * Reads the quotes that say something: a mid, a bid or an ask above 0, the bid not above the ask, log-moneyness within 30.
 *
 * @param minHalfSpread - smallest half spread that a quote is trusted to, in vols per year
 */
export function usableQuotes(quotes: SmileQuotes, minHalfSpread: number): UsableQuotes {
  const { logMoneyness, midVol, bidVol, askVol } = quotes;
  const rootYears = Math.sqrt(quotes.expiryYears);
  const kept: number[] = [];
  for (let i = 0; i < logMoneyness.length; i++) {
    const crossed = present(bidVol[i]) && present(askVol[i]) && bidVol[i] > askVol[i];
    const any = present(midVol[i]) || present(bidVol[i]) || present(askVol[i]);
    const highest = Math.max(present(midVol[i]) ? midVol[i] : 0, present(bidVol[i]) ? bidVol[i] : 0, present(askVol[i]) ? askVol[i] : 0);
    if (any && !crossed && Math.abs(logMoneyness[i]) <= MAX_LOG_MONEYNESS && highest * rootYears <= MAX_TOTAL_VOL) kept.push(i);
  }
  kept.sort((a, b) => logMoneyness[a] - logMoneyness[b] || a - b);
  const n = kept.length;
  const columns = { logMoneyness: new Float64Array(n), mid: new Float64Array(n), bid: new Float64Array(n), ask: new Float64Array(n), ceiling: new Float64Array(n), half: new Float64Array(n), totalVol: new Float64Array(n), halfTotalVol: new Float64Array(n) };
  let twoSided = 0;
  for (let q = 0; q < n; q++) {
    const i = kept[q];
    const k = logMoneyness[i];
    const scale = Math.exp(0.5 * k);
    const price = (vol: number): number => scale * normalizedBlack(-Math.abs(k), vol * rootYears);
    const bid = present(bidVol[i]) ? price(bidVol[i]) : 0;
    const ask = present(askVol[i]) ? price(askVol[i]) : NaN;
    const both = bid > 0 && ask > 0;
    const midPrice = present(midVol[i]) ? price(midVol[i]) : both ? 0.5 * (bid + ask) : NaN;
    const oneSide = present(bidVol[i]) ? bidVol[i] : askVol[i];
    const totalVol = present(midVol[i]) ? midVol[i] * rootYears : both ? impliedTotalVol(-Math.abs(k), midPrice / scale) : oneSide * rootYears;
    const vega = scale * normalizedVega(-Math.abs(k), totalVol);
    const floor = minHalfSpread * rootYears;
    const halfTotalVol = Math.max(floor, both ? 0.5 * (askVol[i] - bidVol[i]) * rootYears : 0);
    columns.logMoneyness[q] = k;
    columns.mid[q] = midPrice;
    columns.bid[q] = bid;
    columns.ask[q] = ask;
    columns.half[q] = Math.max(vega * floor, both ? 0.5 * (ask - bid) : 0, 1e-9 * (midPrice || bid || ask), 1e-300);
    columns.ceiling[q] = ask > 0 ? ask : bid > 0 ? NaN : midPrice + columns.half[q];
    columns.totalVol[q] = totalVol;
    columns.halfTotalVol[q] = halfTotalVol;
    if (midPrice > 0) twoSided++;
  }
  return { row: Int32Array.from(kept), ...columns, twoSided, level: levelOf(columns.logMoneyness, columns.mid, columns.totalVol) };
}

// Median total volatility of the quotes with a mid that are nearest to the forward.
function levelOf(logMoneyness: Float64Array, mid: Float64Array, totalVol: Float64Array): number {
  const nearest = Array.from(logMoneyness, (_, q) => q).filter((q) => mid[q] > 0)
    .sort((a, b) => Math.abs(logMoneyness[a]) - Math.abs(logMoneyness[b]) || a - b).slice(0, LEVEL_QUOTES)
    .map((q) => totalVol[q]).sort((a, b) => a - b);
  return nearest.length === 0 ? NaN : 0.5 * (nearest[(nearest.length - 1) >> 1] + nearest[nearest.length >> 1]);
}
