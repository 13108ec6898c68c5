/** Features and labels as plain data, and the tables they become. */

/**
 * When a value may be used.
 *
 * `causal`: known at the feature time. `end-of-day`: known only after the session it is stamped with, so not for an intraday decision.
 * `research-only`: not for prediction. An unknown column is `research-only`.
 */
export type Causality = 'causal' | 'end-of-day' | 'research-only';

/** A column of the panel with its declared spec. Build with `column`. */
export interface ColumnFeature {
  readonly fn: 'column';
  readonly name: string;
  readonly causality: Causality;
  /** Sessions between the session a value is stamped with and the first session it is available at. */
  readonly availabilityLagSessions: number;
  /** Names of what the column was made from: base columns, or columns and features of the same recipe. */
  readonly parents: readonly string[];
}

/** A column name (`open`, `high`, `low`, `close`, `volume`, or one declared elsewhere in the recipe), or a declared column. */
export type ColumnInput = string | ColumnFeature;

export interface LogReturnFeature {
  readonly fn: 'logReturn';
  readonly sessions: number;
  readonly column: ColumnInput;
}
export interface MomentumFeature {
  readonly fn: 'momentum';
  readonly sessions: number;
  readonly skip: number;
  readonly column: ColumnInput;
}
export interface RealizedVolFeature {
  readonly fn: 'realizedVol';
  readonly sessions: number;
  readonly column: ColumnInput;
  readonly periodsPerYear?: number;
}
export interface RelativeStrengthFeature {
  readonly fn: 'relativeStrength';
  readonly sessions: number;
  readonly column: ColumnInput;
}
export interface DistanceToHighFeature {
  readonly fn: 'distanceToHigh';
  readonly sessions: number;
  readonly column: ColumnInput;
  readonly close: ColumnInput;
}
export interface DistanceToLowFeature {
  readonly fn: 'distanceToLow';
  readonly sessions: number;
  readonly column: ColumnInput;
  readonly close: ColumnInput;
}
export interface MeanAbsoluteReturnFeature {
  readonly fn: 'meanAbsoluteReturn';
  readonly sessions: number;
  readonly column: ColumnInput;
}
export interface MaxAbsoluteReturnFeature {
  readonly fn: 'maxAbsoluteReturn';
  readonly sessions: number;
  readonly column: ColumnInput;
}
export interface ReturnSkewnessFeature {
  readonly fn: 'returnSkewness';
  readonly sessions: number;
  readonly column: ColumnInput;
}
export interface HighLowRangeFeature {
  readonly fn: 'highLowRange';
  readonly sessions: number;
  readonly high: ColumnInput;
  readonly low: ColumnInput;
}
export interface OvernightGapFeature {
  readonly fn: 'overnightGap';
  readonly open: ColumnInput;
  readonly close: ColumnInput;
}
export interface IntradayReturnFeature {
  readonly fn: 'intradayReturn';
  readonly open: ColumnInput;
  readonly close: ColumnInput;
}
export interface VolumeZScoreFeature {
  readonly fn: 'volumeZScore';
  readonly sessions: number;
  readonly column: ColumnInput;
}
export interface DollarVolumeFeature {
  readonly fn: 'dollarVolume';
  readonly sessions: number;
  readonly close: ColumnInput;
  readonly volume: ColumnInput;
}
export interface MarketReturnFeature {
  readonly fn: 'marketReturn';
  readonly sessions: number;
  readonly column: ColumnInput;
}
export interface MarketVolFeature {
  readonly fn: 'marketVol';
  readonly sessions: number;
  readonly column: ColumnInput;
  readonly periodsPerYear?: number;
}
export interface MarketBetaFeature {
  readonly fn: 'marketBeta';
  readonly sessions: number;
  readonly column: ColumnInput;
}
export interface ResidualReturnFeature {
  readonly fn: 'residualReturn';
  readonly sessions: number;
  readonly betaSessions: number;
  readonly column: ColumnInput;
}
export interface RatioFeature {
  readonly fn: 'ratio';
  readonly numerator: Feature;
  readonly denominator: Feature;
}
export interface DifferenceFeature {
  readonly fn: 'difference';
  readonly left: Feature;
  readonly right: Feature;
}
export interface ProductFeature {
  readonly fn: 'product';
  readonly left: Feature;
  readonly right: Feature;
}
export interface LagFeature {
  readonly fn: 'lag';
  readonly feature: Feature;
  readonly sessions: number;
}
export interface RollingMeanFeature {
  readonly fn: 'rollingMean';
  readonly feature: Feature;
  readonly sessions: number;
}
export interface RollingStdFeature {
  readonly fn: 'rollingStd';
  readonly feature: Feature;
  readonly sessions: number;
}
export interface RankByDateFeature {
  readonly fn: 'rankByDate';
  readonly feature: Feature;
  /** Column of group codes, e.g. a sector number: ranks are taken inside each group. */
  readonly within?: ColumnInput;
}
export interface ZScoreByDateFeature {
  readonly fn: 'zScoreByDate';
  readonly feature: Feature;
  readonly ddof: number;
  readonly clip?: number;
}

/** A feature as plain data: a function of the closed set and its arguments. The builders make it; JSON is checked by `validateFeatures`. */
export type Feature =
  | ColumnFeature
  | LogReturnFeature
  | MomentumFeature
  | RealizedVolFeature
  | RelativeStrengthFeature
  | DistanceToHighFeature
  | DistanceToLowFeature
  | MeanAbsoluteReturnFeature
  | MaxAbsoluteReturnFeature
  | ReturnSkewnessFeature
  | HighLowRangeFeature
  | OvernightGapFeature
  | IntradayReturnFeature
  | VolumeZScoreFeature
  | DollarVolumeFeature
  | MarketReturnFeature
  | MarketVolFeature
  | MarketBetaFeature
  | ResidualReturnFeature
  | RatioFeature
  | DifferenceFeature
  | ProductFeature
  | LagFeature
  | RollingMeanFeature
  | RollingStdFeature
  | RankByDateFeature
  | ZScoreByDateFeature;

/** Features by name. */
export type FeatureSet = Readonly<Record<string, Feature>>;

/** What is known about one feature without any data; the keys are in alphabetical order. */
export interface FeatureSpec {
  /** Largest availability lag among the columns it reads. */
  readonly availabilityLagSessions: number;
  /** The strictest among its columns and their parents. */
  readonly causality: Causality;
  /** How it is made, e.g. `rankByDate(logReturn(5, close))`. */
  readonly expression: string;
  readonly fn: Feature['fn'];
  /** Panel columns it reads, ascending. */
  readonly inputs: readonly string[];
  /** Sessions before a row that its value depends on; 0 when it needs only the row's own session. */
  readonly lookbackSessions: number;
  readonly name: string;
  /** Everything it descends from: `inputs` and their declared parents, ascending. */
  readonly parents: readonly string[];
}

/** One value per panel row and feature; NaN means missing. */
export interface FeatureTable {
  /** Number of panel rows n. */
  readonly rowCount: number;
  readonly names: readonly string[];
  /** One column per name, each of shape (n). */
  readonly columns: readonly Float64Array[];
}

export type ReturnKind = 'log' | 'simple';
export type EntryPrice = 'close' | 'next-open';

/** What is subtracted from a forward return. `entryColumn` is the benchmark's entry price and is required with a next-open entry. */
export type ReturnOffset = 'none' | 'date-mean' | { readonly benchmark: string; readonly entryColumn?: string };

interface ReturnLabelFields {
  readonly sessions: number;
  readonly kind: ReturnKind;
  readonly entry: EntryPrice;
  readonly minus: ReturnOffset;
  /** Column of closing prices. */
  readonly column: string;
  /** Column of entry prices of a next-open entry. */
  readonly entryColumn?: string;
}
export interface ForwardReturnLabel extends ReturnLabelFields {
  readonly fn: 'forwardReturn';
}
export interface DirectionLabel extends ReturnLabelFields {
  readonly fn: 'direction';
  readonly threshold: number;
}
export interface QuantileBucketsLabel extends ReturnLabelFields {
  readonly fn: 'quantileBuckets';
  readonly buckets: number;
}
export interface ForwardVolatilityLabel {
  readonly fn: 'forwardVolatility';
  readonly sessions: number;
  readonly periodsPerYear: number;
  readonly log: boolean;
  readonly floor: number;
  readonly column: string;
}

/** What a model learns, as plain data. The label owns the horizon. */
export type Label = ForwardReturnLabel | ForwardVolatilityLabel | DirectionLabel | QuantileBucketsLabel;

export interface LabelInfo {
  /** Sessions from the feature time to the end of the label's window. */
  readonly horizon: number;
  /** True when the sign of the outcome is a direction, so that P(up) means something. */
  readonly signed: boolean;
  readonly task: 'regression' | 'binary' | 'multiclass';
  readonly scale: 'log-return' | 'simple-return' | 'log-volatility' | 'volatility' | 'class';
  /** Number of classes; 0 for regression. */
  readonly classes: number;
}

/**
 * Why a label is missing.
 *
 * `end-of-data`: the window ends after the last session. `delisted`: the entity never appears again. `halted`: it does, but not when needed.
 * `no-entry-price`: no usable price to enter at. `benchmark-missing`: no usable benchmark price. `too-few-names`: too small a cross-section.
 */
export type MissingLabelReason = 'end-of-data' | 'halted' | 'delisted' | 'benchmark-missing' | 'no-entry-price' | 'too-few-names';

/** Label values of every panel row. */
export interface LabelTable {
  /** NaN where missing, shape (n). */
  readonly values: Float64Array;
  /** Session index at which the value became known, -1 where missing, shape (n). */
  readonly endSession: Int32Array;
  /** Number of rows without a value, by reason; they add up to the missing rows. */
  readonly missing: Readonly<Record<MissingLabelReason, number>>;
}
