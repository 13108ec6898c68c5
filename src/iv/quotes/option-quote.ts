/** Quotes as they come: in rows or columns. */
import type { OptionType } from '../option.ts';

/** A time: epoch milliseconds UTC, a Date, or text with Z or an offset. */
export type TimeLike = number | string | Date;

export type ExerciseStyle = 'european' | 'american';

/** One quote. NaN, null or nothing means missing; a row that makes no sense is kept and marked by the filter, never thrown at. */
export interface OptionQuote {
  /** What distinguishes expiries of the same instant or day: the root symbol. @default '' */
  readonly group?: string;
  /** Instant of expiry. A date alone, `YYYY-MM-DD`, is the settlement time of that day (see {@link OptionChainOptions}), not midnight. */
  readonly expiry?: TimeLike;
  /** Years of 365 days from the time of the chain, where there is no `expiry`. */
  readonly expiryYears?: number;
  readonly strike: number;
  readonly type: OptionType;
  /** Price in the currency of the strike. */
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize?: number | null;
  readonly askSize?: number | null;
  /** Contracts traded in the session. */
  readonly volume?: number | null;
  readonly openInterest?: number | null;
  /** A date alone is 00:00 UTC. */
  readonly lastTradeTime?: TimeLike | null;
  readonly quoteTime?: TimeLike | null;
  /** @default the option `exerciseStyle` */
  readonly exerciseStyle?: ExerciseStyle;
}

/** The same in columns of one length. `group` and `exerciseStyle` may be one value for all rows. */
export interface OptionQuoteColumns {
  readonly group?: string | ArrayLike<string>;
  readonly expiry?: ArrayLike<TimeLike>;
  readonly expiryYears?: ArrayLike<number>;
  readonly strike: ArrayLike<number>;
  readonly type: ArrayLike<OptionType>;
  readonly bid: ArrayLike<number | null>;
  readonly ask: ArrayLike<number | null>;
  readonly bidSize?: ArrayLike<number | null>;
  readonly askSize?: ArrayLike<number | null>;
  readonly volume?: ArrayLike<number | null>;
  readonly openInterest?: ArrayLike<number | null>;
  readonly lastTradeTime?: ArrayLike<TimeLike | null>;
  readonly quoteTime?: ArrayLike<TimeLike | null>;
  readonly exerciseStyle?: ExerciseStyle | ArrayLike<ExerciseStyle>;
}
