/** Out-of-the-money quotes of each expiry as Black volatilities. */
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import type { SmileQuotes } from '../option.ts';
import type { OptionChain } from './chain.ts';
import type { SliceForward } from './chain-forwards.ts';
import { IN_THE_MONEY, KEPT, NO_VOL, OUT_OF_BOUNDS } from './drop-reason.ts';
import type { ChainSlice } from './slice-rows.ts';

/** Quotes of one expiry, and where in the chain they come from. */
export interface ChainSmile extends SmileQuotes {
  readonly group: string;
  /** Epoch milliseconds UTC. */
  readonly expiryTime: number;
  /** Row in the chain of each quote, shape (n); of a blended one the row out of the money. */
  readonly row: Uint32Array;
}

export interface OtmOptions {
  /** Half width in log-moneyness of the band around the forward in which the volatilities of put and call are mixed, over sqrt(T); 0 chooses at the forward. */
  readonly blendWidth: number;
}

/** Columns that every expiry fills in turn. */
export interface OtmScratch {
  readonly logMoneyness: Float64Array;
  readonly midVol: Float64Array;
  readonly bidVol: Float64Array;
  readonly askVol: Float64Array;
  readonly row: Uint32Array;
}

export function otmScratch(size: number): OtmScratch {
  const column = (): Float64Array => new Float64Array(size);
  return { logMoneyness: column(), midVol: column(), bidVol: column(), askVol: column(), row: new Uint32Array(size) };
}

/**
 * The smile of one expiry: puts below the forward, calls at and above it. Rows of the slice that are not used get their reason.
 *
 * @param forward - with status `ok`
 * @returns null without a quote
 */
export function otmQuotes(chain: OptionChain, slice: ChainSlice, forward: SliceForward, reason: Uint8Array, options: OtmOptions, scratch: OtmScratch): ChainSmile | null {
  dropOutOfBounds(chain, slice, forward, reason);
  const { order, strike, side } = chain;
  const { expiryYears } = slice;
  const half = options.blendWidth * Math.sqrt(expiryYears);
  let n = 0;
  let at = slice.start;
  while (at < slice.end) {
    // One strike at a time: at most one call and one put of it are kept.
    const price = strike[order[at]];
    let [call, put] = [-1, -1];
    for (; at < slice.end && strike[order[at]] === price; at++) {
      if (reason[order[at]] !== KEPT) continue;
      if (side[order[at]] === 1) call = order[at];
      else put = order[at];
    }
    const k = Math.log(price / forward.forward);
    const isCall = price >= forward.forward;
    const [otm, itm] = isCall ? [call, put] : [put, call];
    const isBlended = half > 0 && Math.abs(k) < half && otm >= 0 && itm >= 0;
    if (itm >= 0 && !isBlended) reason[itm] = IN_THE_MONEY;
    if (otm < 0) continue;
    fillVols(chain, otm, forward, k, 0, scratch, n);
    if (!(scratch.midVol[n] > 0)) {
      reason[otm] = NO_VOL;
      if (isBlended) reason[itm] = IN_THE_MONEY;
      continue;
    }
    if (isBlended) blendInto(chain, itm, forward, k, 0.5 - Math.abs(k) / (2 * half), scratch, n, reason);
    scratch.logMoneyness[n] = k;
    scratch.row[n++] = otm;
  }
  if (n === 0) return null;
  return Object.freeze({
    group: slice.group,
    expiryTime: slice.expiryTime,
    expiryYears,
    forward: forward.forward,
    discount: forward.discount,
    logMoneyness: scratch.logMoneyness.slice(0, n),
    midVol: scratch.midVol.slice(0, n),
    bidVol: scratch.bidVol.slice(0, n),
    askVol: scratch.askVol.slice(0, n),
    row: scratch.row.slice(0, n),
  });
}

// A European call is worth between D (F - K) and D F, a put between D (K - F) and D K, and neither less than 0.
function dropOutOfBounds(chain: OptionChain, slice: ChainSlice, { forward, discount }: SliceForward, reason: Uint8Array): void {
  const { order, strike, side, bid, ask } = chain;
  for (let at = slice.start; at < slice.end; at++) {
    const row = order[at];
    if (reason[row] !== KEPT) continue;
    const mid = 0.5 * bid[row] + 0.5 * ask[row];
    const low = Math.max(0, discount * side[row] * (forward - strike[row]));
    const high = discount * (side[row] === 1 ? forward : strike[row]);
    if (!(mid > low && mid < high)) reason[row] = OUT_OF_BOUNDS;
  }
}

// Volatilities of a row's prices less `intrinsic`, which turns an option in the money into the other one of its strike.
function fillVols(chain: OptionChain, row: number, { forward, discount, expiryYears }: SliceForward, k: number, intrinsic: number, out: OtmScratch, at: number): void {
  const unit = discount * Math.sqrt(forward) * Math.sqrt(chain.strike[row]);
  const rootYears = Math.sqrt(expiryYears);
  const bid = chain.bid[row];
  const ask = chain.ask[row];
  out.midVol[at] = volOf(-Math.abs(k), (0.5 * bid + 0.5 * ask - intrinsic) / unit, rootYears);
  out.bidVol[at] = volOf(-Math.abs(k), (bid - intrinsic) / unit, rootYears);
  out.askVol[at] = volOf(-Math.abs(k), (ask - intrinsic) / unit, rootYears);
}

// Put and call out of the money by the same log-moneyness have one normalized price: both count as calls.
function volOf(x: number, price: number, rootYears: number): number {
  if (!(price > 0 && price < Infinity && x > -Infinity)) return NaN;
  const vol = impliedTotalVol(x, price) / rootYears;
  return vol > 0 && vol < Infinity ? vol : NaN;
}

function blendInto(chain: OptionChain, itm: number, forward: SliceForward, k: number, share: number, scratch: OtmScratch, at: number, reason: Uint8Array): void {
  const mid = scratch.midVol[at];
  const bid = scratch.bidVol[at];
  const ask = scratch.askVol[at];
  fillVols(chain, itm, forward, k, forward.discount * Math.abs(forward.forward - chain.strike[itm]), scratch, at);
  if (!(scratch.midVol[at] > 0)) reason[itm] = NO_VOL;
  scratch.midVol[at] = mixed(mid, scratch.midVol[at], share);
  scratch.bidVol[at] = mixed(bid, scratch.bidVol[at], share);
  scratch.askVol[at] = mixed(ask, scratch.askVol[at], share);
}

// The other option's volatility counts by its share, where it has one.
function mixed(own: number, other: number, share: number): number {
  return own !== own ? NaN : other === other ? own + share * (other - own) : own;
}
