/** A metric that may be undefined, and why. */

/** `value` is NaN exactly when `reason` says why. */
export interface MetricValue<Reason extends string = string> {
  readonly value: number;
  /** Why there is no value; null when there is one. */
  readonly reason: Reason | null;
  /** Rows counted: nothing missing, weight above 0. */
  readonly n: number;
  /** Rows left out because something of them is NaN. */
  readonly missing: number;
}

/** A frozen {@link MetricValue}: with a reason the value is NaN, whatever was computed. */
export function metricValue<Reason extends string>(reason: Reason | null, value: number, n: number, missing: number): MetricValue<Reason> {
  return Object.freeze({ value: reason === null ? value : NaN, reason, n, missing });
}
