/**
 * Builders of features. Each returns frozen plain data; nothing is computed until `computeFeatures`.
 *
 * In the formulas C, O, H, L, V are close, open, high, low and volume at a session, t is the row's session, r is the log return over
 * one session, and a window of k sessions is t-k+1..t. Windows count the sessions of the panel: a session without a row of the entity is
 * a missing value, and a missing value anywhere in a window makes the result NaN. Standard deviations have ddof 1.
 */
import { normaliseFeature } from './validate-features.ts';
import type { Causality, ColumnFeature, ColumnInput, DifferenceFeature, DistanceToHighFeature, DistanceToLowFeature, DollarVolumeFeature, Feature, HighLowRangeFeature, IntradayReturnFeature, LagFeature, LogReturnFeature, MarketBetaFeature, MarketReturnFeature, MarketVolFeature, MaxAbsoluteReturnFeature, MeanAbsoluteReturnFeature, MomentumFeature, OvernightGapFeature, ProductFeature, RankByDateFeature, RatioFeature, RealizedVolFeature, RelativeStrengthFeature, ResidualReturnFeature, ReturnSkewnessFeature, RollingMeanFeature, RollingStdFeature, VolumeZScoreFeature, ZScoreByDateFeature } from './types.ts';

function build<F extends Feature>(fn: F['fn'], args: object, options: object = {}): F {
  return normaliseFeature(fn, '', { ...options, ...args, fn }) as F;
}

export interface ColumnSpec {
  /** When the host's value may be used. */
  readonly causality: Causality;
  /** The value used at t is the one stamped t minus this many sessions, so a column published late cannot be used early. @default 0 */
  readonly availabilityLagSessions?: number;
  /** What the column was made from; it inherits the strictest of them, and a name the recipe does not know is `research-only`. @default [] */
  readonly parents?: readonly string[];
}
/** A column of the host with its declared spec. */
export function column(name: string, spec: ColumnSpec): ColumnFeature {
  return build<ColumnFeature>('column', { name }, spec);
}

export interface PriceOptions {
  /** Prices. @default 'close' */
  readonly column?: ColumnInput;
}
/** ln C_t - ln C_{t-sessions}. */
export function logReturn(sessions: number, options: PriceOptions = {}): LogReturnFeature {
  return build<LogReturnFeature>('logReturn', { sessions }, options);
}

export interface MomentumOptions extends PriceOptions {
  /** Newest sessions left out, less than `sessions`. @default 0 */
  readonly skip?: number;
}
/** ln C_{t-skip} - ln C_{t-sessions}. */
export function momentum(sessions: number, options: MomentumOptions = {}): MomentumFeature {
  return build<MomentumFeature>('momentum', { sessions }, options);
}

export interface VolOptions extends PriceOptions {
  /** Annualises by sqrt(periodsPerYear). @default not annualised */
  readonly periodsPerYear?: number;
}
/** Standard deviation of the last `sessions` (at least 2) one-session log returns, per session unless annualised. */
export function realizedVol(sessions: number, options: VolOptions = {}): RealizedVolFeature {
  return build<RealizedVolFeature>('realizedVol', { sessions }, options);
}

/** Share of the upward moves in all moves, mean(r+) / (mean(r+) + mean(r-)) in [0, 1]; NaN when nothing moved. Wilder's RSI / 100 with plain means. */
export function relativeStrength(sessions: number, options: PriceOptions = {}): RelativeStrengthFeature {
  return build<RelativeStrengthFeature>('relativeStrength', { sessions }, options);
}

export interface DistanceToHighOptions {
  /** Prices whose maximum is taken. @default 'high' */
  readonly column?: ColumnInput;
  /** @default 'close' */
  readonly close?: ColumnInput;
}
/** ln(C_t / max H) over the window. */
export function distanceToHigh(sessions: number, options: DistanceToHighOptions = {}): DistanceToHighFeature {
  return build<DistanceToHighFeature>('distanceToHigh', { sessions }, options);
}

export interface DistanceToLowOptions {
  /** Prices whose minimum is taken. @default 'low' */
  readonly column?: ColumnInput;
  /** @default 'close' */
  readonly close?: ColumnInput;
}
/** ln(C_t / min L) over the window. */
export function distanceToLow(sessions: number, options: DistanceToLowOptions = {}): DistanceToLowFeature {
  return build<DistanceToLowFeature>('distanceToLow', { sessions }, options);
}

/** mean |r| over the window. */
export function meanAbsoluteReturn(sessions: number, options: PriceOptions = {}): MeanAbsoluteReturnFeature {
  return build<MeanAbsoluteReturnFeature>('meanAbsoluteReturn', { sessions }, options);
}

/** max |r| over the window. */
export function maxAbsoluteReturn(sessions: number, options: PriceOptions = {}): MaxAbsoluteReturnFeature {
  return build<MaxAbsoluteReturnFeature>('maxAbsoluteReturn', { sessions }, options);
}

/** Bias-corrected skewness of r over the window (at least 3), sqrt(k(k-1))/(k-2) m3/m2^1.5; NaN when the variance is at most 1e-14. */
export function returnSkewness(sessions: number, options: PriceOptions = {}): ReturnSkewnessFeature {
  return build<ReturnSkewnessFeature>('returnSkewness', { sessions }, options);
}

export interface HighLowOptions {
  /** @default 'high' */
  readonly high?: ColumnInput;
  /** @default 'low' */
  readonly low?: ColumnInput;
}
/** mean ln(H / L) over the window. */
export function highLowRange(sessions: number, options: HighLowOptions = {}): HighLowRangeFeature {
  return build<HighLowRangeFeature>('highLowRange', { sessions }, options);
}

export interface OpenCloseOptions {
  /** @default 'open' */
  readonly open?: ColumnInput;
  /** @default 'close' */
  readonly close?: ColumnInput;
}
/** ln(O_t / C_{t-1}). */
export function overnightGap(options: OpenCloseOptions = {}): OvernightGapFeature {
  return build<OvernightGapFeature>('overnightGap', {}, options);
}

/** ln(C_t / O_t). */
export function intradayReturn(options: OpenCloseOptions = {}): IntradayReturnFeature {
  return build<IntradayReturnFeature>('intradayReturn', {}, options);
}

export interface VolumeOptions {
  /** @default 'volume' */
  readonly column?: ColumnInput;
}
/** (ln V_t - mean ln V) / std ln V over the window (at least 2); a volume of 0 is missing, a constant volume NaN. */
export function volumeZScore(sessions: number, options: VolumeOptions = {}): VolumeZScoreFeature {
  return build<VolumeZScoreFeature>('volumeZScore', { sessions }, options);
}

export interface DollarVolumeOptions {
  /** @default 'close' */
  readonly close?: ColumnInput;
  /** @default 'volume' */
  readonly volume?: ColumnInput;
}
/** ln mean(C V) over the window. */
export function dollarVolume(sessions: number, options: DollarVolumeOptions = {}): DollarVolumeFeature {
  return build<DollarVolumeFeature>('dollarVolume', { sessions }, options);
}

/** Sum over the window of the market return: the equal-weight mean of r over the entities that have one at that session. */
export function marketReturn(sessions: number, options: PriceOptions = {}): MarketReturnFeature {
  return build<MarketReturnFeature>('marketReturn', { sessions }, options);
}

/** Standard deviation over the window (at least 2) of the market return of {@link marketReturn}. */
export function marketVol(sessions: number, options: VolOptions = {}): MarketVolFeature {
  return build<MarketVolFeature>('marketVol', { sessions }, options);
}

/** cov(r, market) / var(market) over the window (at least 2), market as in {@link marketReturn}. */
export function marketBeta(sessions: number, options: PriceOptions = {}): MarketBetaFeature {
  return build<MarketBetaFeature>('marketBeta', { sessions }, options);
}

export interface ResidualReturnOptions extends PriceOptions {
  /** Window of the beta. @default 63 */
  readonly betaSessions?: number;
}
/** logReturn(sessions) - marketBeta(betaSessions) * marketReturn(sessions). */
export function residualReturn(sessions: number, options: ResidualReturnOptions = {}): ResidualReturnFeature {
  return build<ResidualReturnFeature>('residualReturn', { sessions }, options);
}

/** numerator / denominator; NaN where the denominator is 0. */
export function ratio(numerator: Feature, denominator: Feature): RatioFeature {
  return build<RatioFeature>('ratio', { numerator, denominator });
}

/** left - right. */
export function difference(left: Feature, right: Feature): DifferenceFeature {
  return build<DifferenceFeature>('difference', { left, right });
}

/** left * right. */
export function product(left: Feature, right: Feature): ProductFeature {
  return build<ProductFeature>('product', { left, right });
}

/** The feature's value of the same entity `sessions` sessions earlier; NaN when the entity has no row there. */
export function lag(feature: Feature, sessions: number): LagFeature {
  return build<LagFeature>('lag', { feature, sessions });
}

/** Mean of the feature over the window. */
export function rollingMean(feature: Feature, sessions: number): RollingMeanFeature {
  return build<RollingMeanFeature>('rollingMean', { feature, sessions });
}

/** Standard deviation of the feature over the window (at least 2). */
export function rollingStd(feature: Feature, sessions: number): RollingStdFeature {
  return build<RollingStdFeature>('rollingStd', { feature, sessions });
}

export interface RankByDateOptions {
  /** Column of group codes (a sector number): ranks inside each group; a row without a code gets NaN. @default one group */
  readonly within?: ColumnInput;
}
/** Average rank among the session's n values, divided by n, minus 0.5: in (-0.5, 0.5]. NaN takes no rank and stays NaN. */
export function rankByDate(feature: Feature, options: RankByDateOptions = {}): RankByDateFeature {
  return build<RankByDateFeature>('rankByDate', { feature }, options);
}

export interface ZScoreByDateOptions {
  /** 0 or 1. @default 1 */
  readonly ddof?: number;
  /** Scores are cut to [-clip, clip]. @default no cut */
  readonly clip?: number;
}
/** (x - mean) / std among the session's values; NaN when all are equal or there are at most `ddof`. NaN takes no part and stays NaN. */
export function zScoreByDate(feature: Feature, options: ZScoreByDateOptions = {}): ZScoreByDateFeature {
  return build<ZScoreByDateFeature>('zScoreByDate', { feature }, options);
}
