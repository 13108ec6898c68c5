/** What every comparison of two samples returns. */

/** Why two samples cannot be compared: an expected outcome, never an error. */
export type NotAssessableReason =
  | 'empty-sample' // a sample has no value that is not missing
  | 'too-few-values' // fewer values than the method needs
  | 'constant-reference' // all reference values are the same: there are no bins
  | 'constant' // all values of both samples are the same, or fall into one bin
  | 'infinite-values' // a distance to an infinity says nothing
  | 'singular-covariance'
  | 'too-few-blocks' // so few ways to deal the blocks that no p-value could reach 0.05
  | 'undefined-statistic'; // the caller's statistic is not finite

export interface TwoSampleResult {
  /** The statistic of the method; NaN exactly when not assessable. */
  readonly statistic: number;
  /** Probability of a statistic at least as far out if both samples had one distribution; NaN when not assessable or where the method has none but by permutation. */
  readonly pValue: number;
  /** Rows compared, reference and current; where missing rows are a bin of their own, they count. */
  readonly n: readonly [number, number];
  /** Rows with a missing value: NaN, or not a number at all. */
  readonly missing: readonly [number, number];
  readonly status: 'ok' | 'not-assessable';
  /** Null exactly when the status is ok. */
  readonly reason: NotAssessableReason | null;
}

/** Numbers of reference and of current rows. */
export type Pair = readonly [number, number];

/** A frozen {@link TwoSampleResult}: with a reason both numbers are NaN, whatever was computed. */
export function twoSampleResult(reason: NotAssessableReason | null, statistic: number, pValue: number, n: Pair, missing: Pair = [0, 0]): TwoSampleResult {
  const known = reason === null;
  return Object.freeze({
    statistic: known ? statistic : NaN,
    pValue: known ? pValue : NaN,
    n: Object.freeze([...n] as const),
    missing: Object.freeze([...missing] as const),
    status: known ? 'ok' : 'not-assessable',
    reason,
  });
}
