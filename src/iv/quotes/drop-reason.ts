/** Why a quote of a chain was not used. Every row of a chain has exactly one reason, so the counts add up to the rows. */

/**
 * The reasons, in the order they are tried: a row keeps the first that holds. The place in this list is the code in `reason` columns.
 *
 * - `kept`: used
 * - `invalid-contract`: strike, option type or expiry is missing or not one
 * - `expired`: at or before the time of the chain
 * - `american`: early exercise, not converted
 * - `no-price`: bid or ask missing or not finite
 * - `not-positive`: bid or ask zero or negative
 * - `crossed`: bid above ask
 * - `locked`: bid equal to ask
 * - `after-as-of`: stamped later than the time of the chain
 * - `stale`: last quote or trade too old
 * - `cabinet`: ask no higher than the cabinet price
 * - `wide-spread`: ask - bid too large, absolutely or relative to the mid
 * - `thin`: sizes, volume or open interest too small
 * - `duplicate`: another row of the same contract was taken
 * - `merged-day`: another group's expiry on the same day was preferred
 * - `no-forward`: no forward or discount for the expiry
 * - `out-of-bounds`: mid outside the prices that any volatility can give
 * - `in-the-money`: the option of the same strike out of the money was asked for
 * - `no-vol`: no Black volatility has this mid
 * - `few-quotes`: fewer quotes of the expiry than a smile was to have
 */
export const DROP_REASONS = [
  'kept',
  'invalid-contract',
  'expired',
  'american',
  'no-price',
  'not-positive',
  'crossed',
  'locked',
  'after-as-of',
  'stale',
  'cabinet',
  'wide-spread',
  'thin',
  'duplicate',
  'merged-day',
  'no-forward',
  'out-of-bounds',
  'in-the-money',
  'no-vol',
  'few-quotes',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Code of each reason, for hot loops. */
export const KEPT = 0;
export const INVALID_CONTRACT = 1;
export const EXPIRED = 2;
export const AMERICAN = 3;
export const NO_PRICE = 4;
export const NOT_POSITIVE = 5;
export const CROSSED = 6;
export const LOCKED = 7;
export const AFTER_AS_OF = 8;
export const STALE = 9;
export const CABINET = 10;
export const WIDE_SPREAD = 11;
export const THIN = 12;
export const DUPLICATE = 13;
export const MERGED_DAY = 14;
export const NO_FORWARD = 15;
export const OUT_OF_BOUNDS = 16;
export const IN_THE_MONEY = 17;
export const NO_VOL = 18;
export const FEW_QUOTES = 19;

/** Rows by reason; reasons without a row are left out. */
export type DropCounts = { readonly [Reason in DropReason]?: number };

/** Counts of codes; the sum is the number of codes. */
export function countReasons(codes: ArrayLike<number>): DropCounts {
  const counts = new Uint32Array(DROP_REASONS.length);
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++;
  return namedCounts(counts);
}

/** Names the counts at places `offset`, `offset + 1`, ... of a table. */
export function namedCounts(counts: Uint32Array, offset = 0): DropCounts {
  const named: { [Reason in DropReason]?: number } = {};
  DROP_REASONS.forEach((reason, code) => {
    if (counts[offset + code] > 0) named[reason] = counts[offset + code];
  });
  return Object.freeze(named);
}

/** What was dropped, as text: `12 stale, 3 crossed`. */
export function countsText(counts: DropCounts): string {
  const dropped = Object.entries(counts).filter(([reason]) => reason !== 'kept');
  return dropped.length === 0 ? 'none' : dropped.map(([reason, n]) => `${n} ${reason}`).join(', ');
}
