/** The one row type every predictor gives. */

/** Where a prediction comes from and what weakens it. */
export interface Provenance {
  readonly family: string;
  /** Sessions ahead. */
  readonly horizon: number;
  /** Registry id the bundle was loaded as; null for a bundle that came from memory. */
  readonly version: string | null;
  readonly digest: string;
  readonly kind: 'ensemble';
  /** True when P(up) and interval come from calibration rows. */
  readonly calibrated: boolean;
  /** The row's outcome, or part of it, was inside the training data: not evidence of anything. */
  readonly inSample: boolean;
  /** Share of the model's features that were missing in this row. */
  readonly imputedShare: number;
  /** Machine-readable weaknesses, e.g. `no-group`, `no-dispersion`. */
  readonly degraded: readonly string[];
}

interface RowKey {
  /** Feature time, epoch milliseconds UTC. */
  readonly time: number;
  /** The same time as text. */
  readonly date: string;
  readonly entity: string;
}

/** A prediction in the units of the label. */
export interface PredictedRow extends RowKey {
  readonly status: 'predicted';
  readonly value: number;
  /** Bounds that cover the outcome with probability 1 - alpha; infinite where the calibration rows cannot promise less, NaN without calibration. */
  readonly lower: number;
  readonly upper: number;
  /** Calibrated probability that the label is above 0; null for unsigned or uncalibrated labels. */
  readonly probabilityUp: number | null;
  /** Weighted standard deviation of the members. */
  readonly disagreement: number;
  /** Out-of-sample quality of the model in [0, 1]: the same for all its rows. */
  readonly modelQuality: number;
  /** Certainty of the regime assignment in [0, 1]; null for a model without regimes. */
  readonly regimeCertainty: number | null;
  readonly regimes: Readonly<Record<string, number>> | null;
  readonly members: Readonly<Record<string, number>>;
  readonly provenance: Provenance;
}

/** Why a row has no prediction. */
export type AbstentionReason =
  | 'expired' // later than the bundle's life after its data end
  | 'missing-features' // more features missing than the contract allows
  | 'not-finite'; // a member gave no number

/** A row the model declines to predict: never a bare 0 or 0.5. */
export interface AbstainedRow extends RowKey {
  readonly status: 'abstained';
  readonly reason: AbstentionReason;
  readonly detail: string;
  readonly provenance: Provenance;
}

export type Prediction = PredictedRow | AbstainedRow;
