/** What an inspection of a panel finds. */

/**
 * Kinds of findings, and their `value`:
 * - `nonpositive-price`: rows in the run with a price of 0 or less
 * - `ohlc-inconsistent`: largest relative excess of open, low or close over high, or of low over the others
 * - `negative-volume`, `zero-volume`: rows in the run
 * - `jump`: log return from the previous close
 * - `stale`: equal closes in a row
 * - `duplicate-closes`: sessions in which another entity had the same close
 * - `absent-sessions`: sessions in a row without a row of the entity, inside its life span
 * - `calendar-gap`: days from the previous session
 * - `survivorship-suspect`: number of entities, all of them in the first and in the last session
 */
export type FindingKind =
  | 'survivorship-suspect'
  | 'nonpositive-price'
  | 'ohlc-inconsistent'
  | 'negative-volume'
  | 'jump'
  | 'duplicate-closes'
  | 'stale'
  | 'zero-volume'
  | 'absent-sessions'
  | 'calendar-gap';

export interface Finding {
  readonly kind: FindingKind;
  /** Undefined for a finding about the whole panel. */
  readonly entity: string | undefined;
  /** Time of the row, or of the first row of the run, as text. */
  readonly time: string;
  /** See {@link FindingKind}. */
  readonly value: number;
  readonly detail: string;
}

/** First and last session of an entity. */
export interface LifeSpan {
  readonly entity: string;
  readonly first: string;
  readonly last: string;
  readonly rows: number;
  /** Sessions between first and last in which it has no row. */
  readonly absent: number;
}

export interface PanelInspection {
  readonly kind: 'panel-inspection';
  readonly rowCount: number;
  /** Findings of every kind, complete even where `findings` is cut. */
  readonly counts: Readonly<Record<FindingKind, number>>;
  /** By kind, the largest `value` first, at most `maxFindings` of each kind. */
  readonly findings: readonly Finding[];
  readonly lifeSpans: readonly LifeSpan[];
  /** Missing values of each column; `share` in [0, 1]. */
  readonly missing: readonly { readonly column: string; readonly missing: number; readonly share: number }[];
  /** True when every entity is in the first and in the last session: the universe may have been chosen knowing the future. */
  readonly universeIsConstant: boolean;
  /** Checks that were not made, and why. */
  readonly skipped: readonly { readonly check: string; readonly reason: string }[];
}

export interface InspectPanelOptions {
  /** @default 'close' */
  readonly closeColumn?: string;
  /** @default 'open' */
  readonly openColumn?: string;
  /** @default 'high' */
  readonly highColumn?: string;
  /** @default 'low' */
  readonly lowColumn?: string;
  /** @default 'volume' */
  readonly volumeColumn?: string;
  /** A jump is a log return this many robust standard deviations (1.4826 median absolute deviations) of its entity from the median. @default 8 */
  readonly jumpSigma?: number;
  /** Equal closes in a row from which a price is stale. @default 5 */
  readonly staleRows?: number;
  /** Sessions with equal closes from which two entities are duplicates. @default 20 */
  readonly duplicateSessions?: number;
  /** Most findings kept of one kind; `counts` has them all. @default 1000 */
  readonly maxFindings?: number;
}
