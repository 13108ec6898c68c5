/** What a bundle is: one atomic unit of a trained ensemble and everything needed to serve and judge it. */
import type { Plain } from '../core/codec.ts';
import type { ConformalFit, GroupCuts } from '../conformal/index.ts';
import type { Feature, FeatureSpec, Label } from '../features/index.ts';
import type { PlattFit } from '../calibration/index.ts';
import type { ModelBase } from '../learners/types.ts';
import type { DriftReference } from '../shift-detection/index.ts';

/** Result of one gate: what was measured, against what, on how much. */
export interface GateResult {
  readonly code: string;
  /** Which rows were judged. */
  readonly evidence: 'folds' | 'calibration' | 'test';
  readonly value: number;
  readonly threshold: number;
  /** Sessions behind the value. */
  readonly n: number;
  /** `insufficient` never counts as passed; `warned` does not reject. */
  readonly status: 'passed' | 'failed' | 'insufficient' | 'warned';
}

/** One measured figure with the rows it stands on. */
export interface MetricRow {
  readonly metric: string;
  readonly evidence: 'folds' | 'calibration' | 'test';
  readonly value: number;
  /** Standard error where one is defined, else NaN. */
  readonly standardError: number;
  /** Rows or sessions behind the value, as `unit` says. */
  readonly n: number;
  readonly unit: 'rows' | 'sessions';
}

export interface MemberRecord {
  readonly name: string;
  readonly kind: string;
  /** Weight in the ensemble, non-negative, summing to 1. */
  readonly weight: number;
}

/** What a panel must offer, checked at every predict. */
export interface BundleContract {
  /** Panel columns the features read. */
  readonly columns: readonly string[];
  /** Causality, parents and lags of every feature, the context included. */
  readonly specs: readonly FeatureSpec[];
  /** Sessions of history a row needs before it for all its features. */
  readonly lookbackSessions: number;
  /** A row with a larger share of missing features is not predicted. */
  readonly maxMissingShare: number;
}

export interface BundleUncertainty {
  /** Name of the context feature that scales the interval, or `constant`. */
  readonly dispersion: string;
  /** Name of the context feature whose cuts make the groups; null for one group. */
  readonly groupBy: string | null;
  readonly groupCuts: GroupCuts | null;
  readonly conformal: ConformalFit;
}

export interface BundleLineage {
  readonly panelDigest: string;
  readonly rowCount: number;
  readonly entityCount: number;
  readonly firstTime: number;
  /** Time of the last session the trainer saw: the data end. */
  readonly lastTime: number;
  readonly labelledRows: number;
}

export interface BundleSplit {
  readonly developmentRows: number;
  readonly calibrationRows: number;
  readonly testRows: number;
  /** Rows between the parts: purged because their label reached over a boundary, or embargoed. */
  readonly droppedRows: number;
  /** Last label end among the rows the shipped members were fitted on. */
  readonly trainedThrough: number;
  /** First session of the calibration and test parts; null when there is no such part. */
  readonly calibrationFrom: number | null;
  readonly testFrom: number | null;
}

export interface BundleManifest {
  readonly kind: 'bundle';
  readonly schemaVersion: 1;
  readonly family: string;
  readonly label: Label;
  /** Sessions ahead, the label's own. */
  readonly horizon: number;
  /** The recipe as plain data, and its digest. */
  readonly recipe: Plain;
  readonly recipeDigest: string;
  /** Inputs of the models, in their order. */
  readonly features: Readonly<Record<string, Feature>>;
  /** Features that no model reads: dispersions and groups of the intervals. */
  readonly context: Readonly<Record<string, Feature>>;
  readonly contract: BundleContract;
  readonly lineage: BundleLineage;
  readonly split: BundleSplit;
  /** `none`: the members have seen development rows only. `all`: refitted on every labelled row; evidence and intervals are those of the fit before. */
  readonly refit: 'none' | 'all';
  readonly members: readonly MemberRecord[];
  readonly uncertainty: BundleUncertainty | null;
  /** Calibrator of P(label > 0); null for unsigned labels. */
  readonly direction: PlattFit | null;
  /** What the features looked like in the training rows; null for a bundle without one. */
  readonly drift: DriftReference | null;
  /** Days after the data end from which every row is abstained from; null for never. */
  readonly expiresAfterDays: number | null;
  /** Out-of-sample quality in [0, 1]: information coefficient of a signed label, skill over the mean of an unsigned one. */
  readonly quality: number;
  readonly metrics: readonly MetricRow[];
  readonly gates: readonly GateResult[];
  readonly importances: readonly { readonly feature: string; readonly importance: number }[];
  /** Per-regime experts: none yet. */
  readonly regimes: readonly never[];
  /** Names behind the codes of the out-of-sample rows. */
  readonly outOfSample: { readonly entities: readonly string[]; readonly roles: readonly string[] };
}

/** The bundle's own out-of-sample predictions, one row per (time, entity), all arrays of shape (rows). */
export interface OutOfSample {
  readonly time: Float64Array;
  /** Index into `manifest.outOfSample.entities`. */
  readonly entity: Uint32Array;
  readonly prediction: Float64Array;
  readonly outcome: Float64Array;
  /** Time at which the outcome was known. */
  readonly labelEnd: Float64Array;
  /** Index into `manifest.outOfSample.roles`: `fold 1` ..., `calibration`, `test`. */
  readonly role: Uint8Array;
}

export interface Bundle {
  readonly manifest: BundleManifest;
  /** The member models, in the order of `manifest.members`. */
  readonly models: readonly ModelBase[];
  readonly outOfSample: OutOfSample;
  /** SHA-256 of the manifest bytes, which hold the digests of all other parts. */
  readonly digest: string;
}

/** A bundle before it is sealed with its digest. */
export type BundleContent = Omit<Bundle, 'digest'>;
