/** Forward and discount of every expiry of a chain. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { ShapeError } from '../../core/errors.ts';
import { printable, textTable } from '../../core/inspect.ts';
import { formatTime } from '../../core/time.ts';
import type { OptionChain } from './chain.ts';
import { curveDiscount, fitDiscountCurve } from './discount-curve.ts';
import type { DiscountCurve } from './discount-curve.ts';
import { requireSpotMarket, spotForward } from './dividends.ts';
import type { SpotMarket } from './dividends.ts';
import type { QuoteFilter } from './filter-quotes.ts';
import { fitParity } from './parity.ts';
import type { ParityFit, ParityStatus } from './parity.ts';
import { slicePairs } from './parity-pairs.ts';
import type { ChainSlice } from './slice-rows.ts';

export interface ChainForwardsOptions {
  /**
   * `pooled`: the discounts of all expiries make one curve, and forwards are estimated again with its discounts. `per-expiry`: each by itself;
   * of expiries within two weeks the rates are noise of whole percents.
   * @default 'pooled'
   */
  readonly discounts?: 'pooled' | 'per-expiry';
  /** Fewest pairs to estimate a discount, at least 3 and at most `maxPairs`. @default 8, or `maxPairs` where that is less */
  readonly minPairs?: number;
  /** Fewest pairs to estimate a forward once the discount is known, at least 1. @default 3 */
  readonly minForwardPairs?: number;
  /** Use only so many pairs, at least 3, those nearest the money; for American quotes, which obey parity only there. @default Infinity */
  readonly maxPairs?: number;
  /** As in `fitParity`. @default 5 */
  readonly outlierDeviations?: number;
  /** As in `fitParity`. @default 0.125 */
  readonly outlierFloor?: number;
  /** Discounts that are known; undefined or NaN leaves an expiry to the estimate. @default none */
  readonly discountAt?: (slice: ChainSlice) => number | undefined;
  /** Forwards that are known, in the same way. @default none */
  readonly forwardAt?: (slice: ChainSlice) => number | undefined;
  /** Spot price and dividends, for expiries whose pairs do not suffice but whose discount is known. @default none */
  readonly spotMarket?: SpotMarket;
}

/** Why an expiry has no forward and discount. */
export type ForwardStatus = ParityStatus | 'expired';

/** One expiry. Unless `status` is `ok`, forward and discount are NaN, and so are errors that nothing was estimated for. */
export interface SliceForward {
  readonly group: string;
  readonly expiryTime: number;
  readonly expiryYears: number;
  readonly status: ForwardStatus;
  readonly forwardSource: 'parity' | 'given' | 'spot' | 'none';
  readonly discountSource: 'parity' | 'pooled' | 'given' | 'none';
  readonly forward: number;
  /** Standard error; 0 for a given forward, NaN for one from spot. */
  readonly forwardError: number;
  readonly discount: number;
  readonly discountError: number;
  /** -ln(discount) / expiryYears, continuously compounded. */
  readonly rate: number;
  readonly rateError: number;
  /** Strikes with a call and a put that were kept, `maxPairs` at most. */
  readonly pairs: number;
  /** Pairs in the last regression; 0 where there was none. */
  readonly used: number;
  /** Root mean square residual of parity over the used pairs, NaN without a regression. */
  readonly rmsePrice: number;
}

/** Plain data. */
export interface ChainForwards {
  readonly kind: 'chain-forwards';
  readonly asOf: number;
  /** One per slice of the chain, in its order. */
  readonly slices: readonly SliceForward[];
  /** The pooled curve; null when nothing was pooled. */
  readonly discountCurve: DiscountCurve | null;
}

const FORWARD_OPTIONS: readonly (keyof ChainForwardsOptions)[] = ['discounts', 'minPairs', 'minForwardPairs', 'maxPairs', 'outlierDeviations', 'outlierFloor', 'discountAt', 'forwardAt', 'spotMarket'];

/**
 * Forwards and discounts from put-call parity, expiry by expiry.
 *
 * A pair is a call and a put of one strike that the filter kept. Where the rows are American and were taken as European, or converted by an
 * approximation, parity holds only near the money: use `maxPairs`.
 *
 * @throws ShapeError for the filter of another chain; DomainError for options out of range, a given discount or forward that is not a positive number among them
 */
export function chainForwards(chain: OptionChain, filter: QuoteFilter, options: ChainForwardsOptions = {}): ChainForwards {
  const fn = 'chainForwards';
  requireKnownKeys(fn, options, FORWARD_OPTIONS);
  const mode = requireOneOf(fn, 'discounts', options.discounts ?? 'pooled', ['pooled', 'per-expiry']);
  const minForwardPairs = requireInteger(fn, 'minForwardPairs', options.minForwardPairs ?? 3, { min: 1 });
  const maxPairs = options.maxPairs === undefined || options.maxPairs === Infinity ? Infinity : requireInteger(fn, 'maxPairs', options.maxPairs, { min: 3 });
  const minPairs = requireInteger(fn, 'minPairs', options.minPairs ?? Math.min(8, maxPairs), { min: 3, max: maxPairs });
  const { spotMarket } = options;
  if (spotMarket !== undefined) requireSpotMarket(fn, spotMarket);
  const robust = {
    outlierDeviations: requireNumber(fn, 'outlierDeviations', options.outlierDeviations ?? 5, { min: 0, open: true }),
    outlierFloor: requireNumber(fn, 'outlierFloor', options.outlierFloor ?? 0.125, { min: 0 }),
  };
  if (filter.reason.length !== chain.size) throw new ShapeError(`${fn}: filter must have ${chain.size} rows as the chain, got ${filter.reason.length}`);

  const pairs = chain.slices.map((slice) => slicePairs(chain, filter, slice, maxPairs));
  const free = pairs.map((p) => fitParity(p, { ...robust, minPairs }));
  const discountCurve = mode === 'pooled' ? poolDiscounts(chain.slices, free) : null;
  const curve = discountCurve?.status === 'ok' ? discountCurve : null;
  const slices = chain.slices.map((slice, s): SliceForward => {
    if (slice.expiryYears <= 0) return sliceForward(slice, { status: 'expired', pairs: free[s].pairs });
    const givenForward = given(fn, 'forwardAt', options.forwardAt?.(slice));
    const discount = knownDiscount(slice, given(fn, 'discountAt', options.discountAt?.(slice)), curve);
    if (discount === null) return fromFit(slice, free[s], 'parity', givenForward);
    if (!isUsable(discount)) return sliceForward(slice, { status: 'not-finite', pairs: free[s].pairs });
    if (givenForward !== undefined) return sliceForward(slice, { ...discount, status: 'ok', pairs: free[s].pairs, forward: givenForward, forwardError: 0, forwardSource: 'given' });
    const fit = fitParity(pairs[s], { ...robust, discount: discount.discount, discountError: discount.discountError, minPairs: minForwardPairs });
    if (fit.status === 'ok' || spotMarket === undefined) return fromFit(slice, fit, discount.discountSource, undefined);
    const forward = spotForward(spotMarket, slice.expiryYears, discountFunction(slice, discount, curve));
    return forward > 0 ? sliceForward(slice, { ...discount, status: 'ok', pairs: fit.pairs, forward, forwardSource: 'spot' }) : sliceForward(slice, { status: fit.status, pairs: fit.pairs });
  });
  return Object.freeze(printable({ kind: 'chain-forwards', asOf: chain.asOf, slices: Object.freeze(slices), discountCurve }, printForwards));
}

function poolDiscounts(slices: readonly ChainSlice[], fits: readonly ParityFit[]): DiscountCurve {
  const usable = slices.map((slice, s) => ({ ...fits[s], expiryYears: slice.expiryYears })).filter((point) => point.expiryYears > 0 && point.status === 'ok');
  return fitDiscountCurve({ expiryYears: usable.map((p) => p.expiryYears), discount: usable.map((p) => p.discount), discountError: usable.map((p) => p.discountError) });
}

interface KnownDiscount {
  readonly discount: number;
  readonly discountError: number;
  readonly discountSource: 'pooled' | 'given';
}

function knownDiscount(slice: ChainSlice, givenDiscount: number | undefined, curve: DiscountCurve | null): KnownDiscount | null {
  if (givenDiscount !== undefined) return { discount: givenDiscount, discountError: 0, discountSource: 'given' };
  if (curve === null) return null;
  const { discount, discountError } = curveDiscount(curve, slice.expiryYears);
  return { discount, discountError, discountSource: 'pooled' };
}

function isUsable({ discount, discountError }: KnownDiscount): boolean {
  return discount > 0 && discount < Infinity && discountError < Infinity;
}

// Between today and expiry: the curve, or the one rate of a discount that was given.
function discountFunction(slice: ChainSlice, known: KnownDiscount, curve: DiscountCurve | null): (years: number) => number {
  if (known.discountSource === 'pooled' && curve !== null) return (years) => curveDiscount(curve, years).discount;
  return (years) => Math.exp((Math.log(known.discount) * years) / slice.expiryYears);
}

function fromFit(slice: ChainSlice, fit: ParityFit, discountSource: 'parity' | 'pooled' | 'given', givenForward: number | undefined): SliceForward {
  if (fit.status !== 'ok') return sliceForward(slice, { status: fit.status, pairs: fit.pairs });
  if (givenForward !== undefined) return sliceForward(slice, { ...fit, discountSource, forward: givenForward, forwardError: 0, forwardSource: 'given' });
  return sliceForward(slice, { ...fit, discountSource, forwardSource: 'parity' });
}

function sliceForward(slice: ChainSlice, found: Partial<SliceForward> & { readonly status: ForwardStatus; readonly pairs: number }): SliceForward {
  const { group, expiryTime, expiryYears } = slice;
  const { discount = NaN, discountError = NaN } = found;
  const rate = -Math.log(discount) / expiryYears + 0;
  const rateError = discountError / (discount * expiryYears);
  if (Math.abs(rate) === Infinity || rateError === Infinity) return sliceForward(slice, { status: 'not-finite', pairs: found.pairs });
  const nothing = { forwardSource: 'none', discountSource: 'none', forward: NaN, forwardError: NaN, used: 0, rmsePrice: NaN } as const;
  return Object.freeze({ group, expiryTime, expiryYears, ...nothing, ...found, discount, discountError, rate, rateError });
}

function given(fn: string, name: string, value: number | undefined): number | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined;
  return requireNumber(fn, name, value, { min: 0, max: Infinity, open: true });
}

function printForwards(forwards: ChainForwards): string {
  return textTable(
    forwards.slices.map((s) => ({ group: s.group, expiry: formatTime(s.expiryTime), pairs: s.pairs, used: s.used, forward: s.forward, error: s.forwardError, discount: s.discount, 'rate %': 100 * s.rate, rmsePrice: s.rmsePrice, status: s.status })),
    6,
  );
}
