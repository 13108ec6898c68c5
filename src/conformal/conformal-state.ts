/** What adaptive intervals remember. */
import type { CoverageState } from './adaptive/coverage-tracker.ts';
import type { TailState } from './adaptive/tail.ts';
import type { AdaptiveConformalSettings } from './conformal-options.ts';

/** An issued session as plain data. Arrays have one entry per row, except `radii` and `levels`, which have one per tail. */
export interface BookState {
  readonly session: number;
  readonly settled: boolean;
  readonly radii: Float64Array;
  readonly levels: Float64Array;
  readonly entities: readonly string[];
  /** The arrays of the forecast that the score reads. */
  readonly values: Readonly<Partial<Record<'predictions' | 'dispersion' | 'lower' | 'upper', Float64Array>>>;
  readonly groups: Int32Array;
  readonly outcomes: Float64Array;
  /** 1 where the outcome is in. */
  readonly known: Uint8Array;
}

/** All that adaptive intervals remember, as plain data for `toPlain`. */
export interface AdaptiveConformalState {
  readonly kind: 'adaptive-conformal';
  readonly settings: AdaptiveConformalSettings;
  /** Dispersion floor in force. */
  readonly floor: number;
  /** In the order groups, all rows (with several groups), |residual| (normalised score); upper before lower. */
  readonly tails: readonly TailState[];
  /** Last session that left the book; -Infinity at first. */
  readonly closedThrough: number;
  readonly book: readonly BookState[];
  readonly coverage: CoverageState;
}
