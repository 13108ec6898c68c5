/** What goes in and out of adaptive intervals. */
import type { ForecastRows } from './adaptive/forecast-rows.ts';
import type { ConformalInterval, ConformalIntervals } from './interval.ts';
import type { ScoreRow } from './score.ts';

/** Past forecasts with their outcomes, none of which the model has seen. */
export interface AdaptiveCalibrationRows extends ForecastRows {
  /** Shape (n); NaN is missing. */
  readonly outcomes: ArrayLike<number>;
  /** Session of each row, shape (n), in any order. Absent: every row is a session of its own, in the order given. */
  readonly sessions?: ArrayLike<number>;
}

/** Forecasts of one session. */
export interface SessionForecasts extends ForecastRows {
  /** Any finite number that grows: a count, a time. */
  readonly session: number;
  /** Names, unique in the session, shape (n). May be left out for a session of one row. */
  readonly entities?: ArrayLike<string>;
}

/** Outcomes of issued forecasts, in any order. */
export interface OutcomeRows {
  /** Session of the forecast, not of the outcome, shape (n). */
  readonly sessions: ArrayLike<number>;
  /** Shape (n); left out where `issue` was given none. */
  readonly entities?: ArrayLike<string>;
  /** Shape (n); NaN says that there will be none. */
  readonly outcomes: ArrayLike<number>;
}

/** A history of forecasts with their outcomes. */
export interface ReplayRows extends AdaptiveCalibrationRows {
  readonly sessions: ArrayLike<number>;
  /** Shape (n). @default the position of the row in its session as text, or nothing in a session of one row */
  readonly entities?: ArrayLike<string>;
}

/** What the interval of one row needs; which fields, depends on the score. */
export interface AdaptiveContext extends ScoreRow {
  /** Group code; required with several groups. -1 or NaN for none. */
  readonly group?: number;
}

/** An interval and the level that it was made at; `upper` is below `lower` when the level is so high that it is empty. */
export interface AdaptiveInterval extends ConformalInterval {
  /** Miscoverage level in force; outside (0, 1) it makes the interval infinite or empty. */
  readonly alpha: number;
}

export interface AdaptiveIntervals extends ConformalIntervals {
  /** Level of each row, shape (n). */
  readonly alphas: Float64Array;
}
