/** Calls and puts of one strike: what parity is read from. */
import type { OptionChain } from './chain.ts';
import { KEPT } from './drop-reason.ts';
import type { QuoteFilter } from './filter-quotes.ts';
import type { ChainSlice } from './slice-rows.ts';

/** Columns of one length, ascending in strike. */
export interface PairColumns {
  readonly strike: Float64Array;
  /** Mid of the call less mid of the put. */
  readonly callMinusPut: Float64Array;
  /** Sum of both spreads. */
  readonly spread: Float64Array;
}

/**
 * Mids and spreads of the strikes of which a call and a put were kept.
 *
 * In the order of a chain the two follow each other, once duplicates are dropped.
 *
 * @param maxPairs - only so many, with the smallest differences: those nearest the money
 */
export function slicePairs(chain: OptionChain, filter: QuoteFilter, slice: ChainSlice, maxPairs: number): PairColumns {
  const { order, strike, side, bid, ask } = chain;
  const { reason } = filter;
  const most = (slice.end - slice.start) >> 1;
  const columns: PairColumns = { strike: new Float64Array(most), callMinusPut: new Float64Array(most), spread: new Float64Array(most) };
  let n = 0;
  let call = -1;
  for (let at = slice.start; at < slice.end; at++) {
    const row = order[at];
    if (reason[row] !== KEPT) continue;
    if (side[row] === 1) {
      call = row;
      continue;
    }
    if (call < 0 || strike[call] !== strike[row]) continue;
    columns.strike[n] = strike[row];
    columns.callMinusPut[n] = 0.5 * bid[call] + 0.5 * ask[call] - (0.5 * bid[row] + 0.5 * ask[row]);
    columns.spread[n] = ask[call] - bid[call] + (ask[row] - bid[row]);
    n++;
    call = -1;
  }
  if (n <= maxPairs) return { strike: columns.strike.subarray(0, n), callMinusPut: columns.callMinusPut.subarray(0, n), spread: columns.spread.subarray(0, n) };
  const nearest = Array.from({ length: n }, (_, i) => i).sort((a, b) => Math.abs(columns.callMinusPut[a]) - Math.abs(columns.callMinusPut[b]) || a - b).slice(0, maxPairs).sort((a, b) => a - b);
  const take = (values: Float64Array): Float64Array => Float64Array.from(nearest, (i) => values[i]);
  return { strike: take(columns.strike), callMinusPut: take(columns.callMinusPut), spread: take(columns.spread) };
}
