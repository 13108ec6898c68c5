/** Recipes' functions: features, their contract, labels, cross-sectional ranks and the causality audit. */
export { auditCausality } from './audit-causality.ts';
export type { AuditCausalityOptions, BuildColumns, CausalityAudit, CausalityOffence } from './audit-causality.ts';
export { column, difference, distanceToHigh, distanceToLow, dollarVolume, highLowRange, intradayReturn, lag, logReturn, marketBeta, marketReturn, marketVol, maxAbsoluteReturn, meanAbsoluteReturn, momentum, overnightGap, product, rankByDate, ratio, realizedVol, relativeStrength, residualReturn, returnSkewness, rollingMean, rollingStd, volumeZScore, zScoreByDate } from './builders.ts';
export type { ColumnSpec, DistanceToHighOptions, DistanceToLowOptions, DollarVolumeOptions, HighLowOptions, MomentumOptions, OpenCloseOptions, PriceOptions, RankByDateOptions, ResidualReturnOptions, VolOptions, VolumeOptions, ZScoreByDateOptions } from './builders.ts';
export { computeFeatures, computeFeaturesAsync, computeFeaturesTask } from './compute-features.ts';
export type { ComputeFeaturesOptions } from './compute-features.ts';
export { computeLabel, computeLabelTask } from './compute-label.ts';
export { featureContract, lookbackSessions, requiredColumns } from './contract.ts';
export { crossSectionalRank } from './cross-sectional-rank.ts';
export type { CrossSectionalRank, CrossSectionalRankOptions, MissingRankReason } from './cross-sectional-rank.ts';
export { direction, forwardReturn, forwardVolatility, labelColumns, labelInfo, quantileBuckets, validateLabel } from './labels.ts';
export type { DirectionOptions, ForwardReturnOptions, ForwardVolatilityOptions, QuantileBucketsOptions } from './labels.ts';
export { overlapWeights } from './overlap-weights.ts';
export type { Causality, ColumnFeature, ColumnInput, DifferenceFeature, DirectionLabel, DistanceToHighFeature, DistanceToLowFeature, DollarVolumeFeature, EntryPrice, Feature, FeatureSet, FeatureSpec, FeatureTable, ForwardReturnLabel, ForwardVolatilityLabel, HighLowRangeFeature, IntradayReturnFeature, Label, LabelInfo, LabelTable, LagFeature, LogReturnFeature, MarketBetaFeature, MarketReturnFeature, MarketVolFeature, MaxAbsoluteReturnFeature, MeanAbsoluteReturnFeature, MissingLabelReason, MomentumFeature, OvernightGapFeature, ProductFeature, QuantileBucketsLabel, RankByDateFeature, RatioFeature, RealizedVolFeature, RelativeStrengthFeature, ResidualReturnFeature, ReturnKind, ReturnOffset, ReturnSkewnessFeature, RollingMeanFeature, RollingStdFeature, VolumeZScoreFeature, ZScoreByDateFeature } from './types.ts';
export { validateFeatures } from './validate-features.ts';
