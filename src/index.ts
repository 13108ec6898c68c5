/**
 * quantwright: train, calibrate, version, govern and serve the models of quantitative trading systems.
 *
 * The root offers what the main job needs, in the order of the rooms; every room is also a subpath with all it has. Adapters and frames
 * touch the outside world and are imported from their own subpaths.
 */
export { isQuantwrightError, QuantwrightError } from './core/errors.ts';
export type { ErrorCode } from './core/errors.ts';
export type { DriveOptions, Progress } from './core/drive.ts';
export { fromPlain, toPlain } from './core/codec.ts';
export type { Plain } from './core/codec.ts';

// rooms, in the order of their imports
export {
  appendSession, columnOf, entityRows, inspectPanel, panelDigest, panelFromColumns, panelFromCsv, panelFromRows, panelRows, selectEntities,
  selectSessions, syntheticPanel, withColumns,
} from './panel/index.ts';
export type {
  Column, EntityRows, Finding, FindingKind, InspectPanelOptions, KeyNames, LifeSpan, Panel, PanelFromCsvOptions, PanelInspection, PanelOptions,
  PanelRow, SessionRange, SyntheticPanelOptions,
} from './panel/index.ts';
export {
  blockStandardError, brierScore, clusteredStandardError, hitRate, informationCoefficient, intervalCoverage, logLoss, meanAbsoluteError, meanByGroup,
  meanSquaredError, neweyWestMean, pinballLoss, rootMeanSquaredError, rSquared, winklerScore,
} from './metrics/index.ts';
export type {
  CoverageCounts, GroupCoverage, GroupKey, GroupMean, InformationCoefficient, InformationCoefficientOptions, IntervalCoverage, IntervalCoverageOptions,
  LogLossOptions, NeweyWestMean, PinballLossOptions, RSquaredOptions, SkippedSessionReason, WeightOptions, WinklerScoreOptions,
} from './metrics/index.ts';
export { auditSplits, holdoutSplit, purgedKFold, walkForwardSplits } from './validation/index.ts';
export type {
  AuditSplitsOptions, Boundary, HoldoutCounts, HoldoutSplit, HoldoutSplitOptions, LabelSpans, OffenceKind, PurgedFold, PurgedKFoldOptions, RowSet,
  SplitAudit, SplitOffence, SplitRoles, WalkForwardSplit, WalkForwardSplitsOptions,
} from './validation/index.ts';
export {
  auditCausality, column, computeFeatures, computeFeaturesAsync, computeFeaturesTask, computeLabel, computeLabelTask, crossSectionalRank, difference,
  direction, distanceToHigh, distanceToLow, dollarVolume, featureContract, forwardReturn, forwardVolatility, highLowRange, intradayReturn, labelColumns,
  labelInfo, lag, logReturn, lookbackSessions, marketBeta, marketReturn, marketVol, maxAbsoluteReturn, meanAbsoluteReturn, momentum, overlapWeights,
  overnightGap, product, quantileBuckets, rankByDate, ratio, realizedVol, relativeStrength, requiredColumns, residualReturn, returnSkewness,
  rollingMean, rollingStd, validateFeatures, validateLabel, volumeZScore, zScoreByDate,
} from './features/index.ts';
export type {
  AuditCausalityOptions, BuildColumns, Causality, CausalityAudit, CausalityOffence, ColumnFeature, ColumnInput, ColumnSpec, ComputeFeaturesOptions,
  CrossSectionalRank, CrossSectionalRankOptions, DifferenceFeature, DirectionLabel, DirectionOptions, DistanceToHighFeature, DistanceToHighOptions,
  DistanceToLowFeature, DistanceToLowOptions, DollarVolumeFeature, DollarVolumeOptions, EntryPrice, Feature, FeatureSet, FeatureSpec, FeatureTable,
  ForwardReturnLabel, ForwardReturnOptions, ForwardVolatilityLabel, ForwardVolatilityOptions, HighLowOptions, HighLowRangeFeature,
  IntradayReturnFeature, Label, LabelInfo, LabelTable, LagFeature, LogReturnFeature, MarketBetaFeature, MarketReturnFeature, MarketVolFeature,
  MaxAbsoluteReturnFeature, MeanAbsoluteReturnFeature, MissingLabelReason, MissingRankReason, MomentumFeature, MomentumOptions, OpenCloseOptions,
  OvernightGapFeature, PriceOptions, ProductFeature, QuantileBucketsLabel, QuantileBucketsOptions, RankByDateFeature, RankByDateOptions, RatioFeature,
  RealizedVolFeature, RelativeStrengthFeature, ResidualReturnFeature, ResidualReturnOptions, ReturnKind, ReturnOffset, ReturnSkewnessFeature,
  RollingMeanFeature, RollingStdFeature, VolOptions, VolumeOptions, VolumeZScoreFeature, ZScoreByDateFeature, ZScoreByDateOptions,
} from './features/index.ts';
export { checkKey, checkPrefix, faultStore, memoryStore, openCommitLog, probeStore, storeConformance } from './storage/index.ts';
export type {
  Appended, AppendOptions, Commit, CommitLog, CommitLogOptions, ConditionScope, ConformanceCheck, Etag, Fault, FaultPlan, FaultStore, LogHead, LogOp,
  LogReadOptions, LogRefusal, ObjectStore, PutIf, StoreCapabilities, StoreDeleteOptions, StoredObject, StoreGetOptions, StoreListing, StoreListOptions,
  StoreOperation, StorePair, StorePutOptions,
} from './storage/index.ts';
export { applyPlatt, applyPlattBatch, checkPlattFit, directionScore, fitDirectionCalibrator, fitPlatt } from './calibration/index.ts';
export type { DirectionRows, FitPlattOptions, PlattFallback, PlattFit } from './calibration/index.ts';
export {
  checkConformalFit, checkGroupCuts, chooseDispersion, conformalInterval, conformalIntervals, conformalRadius, conformalRank, fitConformal,
  fitGroupCuts, groupOf, groupsOf, splitConformal,
} from './conformal/index.ts';
export type {
  ChooseDispersionOptions, ConformalContext, ConformalContexts, ConformalFit, ConformalInterval, ConformalIntervals, ConformalOptions, ConformalRows,
  DispersionChoice, DispersionRows, DispersionScore, GroupCuts, IntervalBasis, SplitConformalFit, SplitConformalOptions,
} from './conformal/index.ts';
export {
  averageGbdtModels, binMatrix, checkElasticNetOptions, checkForestLearnerOptions, checkGbdtLearnerOptions, checkRidgeOptions, elasticNetLearner,
  fitElasticNet, fitForest, fitForestSync, fitGbdt, fitGbdtSync, fitRidge, forestLearner, forestTask, gbdtImportance, gbdtLearner, gbdtTask,
  modelCodecs, predictGbdt, predictGbdtLeaves, predictGbdtRow, predictLinear, ridgeLearner, selectBinnedFeatures, stagedPredictGbdt,
} from './learners/index.ts';
export type {
  BinMatrixOptions, BinnedMatrix, BuiltInObjective, CustomBatchObjective, CustomObjective, CustomRowObjective, ElasticNetFit, ElasticNetOptions,
  EncodedModel, FeatureMatrix, FitContext, FitElasticNetOptions, FitRidgeOptions, ForestFit, ForestLearnerOptions, ForestOptions, GbdtCategories,
  GbdtFit, GbdtImportanceType, GbdtLearnerOptions, GbdtModel, GbdtObjectiveName, GbdtOptions, GbdtOutput, Learner, LinearFit, LinearModel,
  ModelBase, ModelCodec, ObjectiveData, ObjectiveOptions, PredictGbdtLeavesOptions, PredictGbdtOptions, RidgeOptions, StagedPredictGbdtOptions,
  TeamSession, TeamWork, Tensor, ThreadTeam, TrainingSet,
} from './learners/index.ts';
export {
  permutationImportance, permutationImportanceSync, permutationImportanceTask, shapImportance, treeShap, treeShapInteractions,
  treeShapInteractionsSync, treeShapInteractionsTask, treeShapSync, treeShapTask,
} from './explain/index.ts';
export type {
  FeatureImportance, PermutationImportanceInput, ShapImportance, TreeShap, TreeShapInteractions, TreeShapOptions,
} from './explain/index.ts';
export { bundleKey, codecOf, decodeBundle, decodeTensors, encodeBundle, encodeTensors, sealBundle } from './bundle/index.ts';
export type {
  Bundle, BundleCodecOptions, BundleContent, BundleContract, BundleKey, BundleLineage, BundleManifest, BundleSplit, BundleUncertainty,
  DecodeBundleOptions, EncodedBundle, EncodedPart, GateResult, HostCodecs, MemberRecord, MetricRow, OutOfSample,
} from './bundle/index.ts';
export { checkContract, createPredictor, directionDispersion, predictionTable, servePreparedTask, tooManyMissing } from './predictor/index.ts';
export type {
  AbstainedRow, AbstentionReason, ContractReport, PredictBatchesOptions, PredictedRow, Prediction, PredictionTableRow, Predictor, PredictorOptions,
  PredictRange, Provenance, ServeOptions,
} from './predictor/index.ts';
export {
  defineRecipe, elasticNet, forest, gbdt, recipeDigest, recipeFromPlain, recipeToPlain, ridge, simplexWeights, trainEnsemble, walkForward,
} from './trainer/index.ts';
export type {
  AcceptedOutcome, FoldRow, HostLearners, MemberSpec, Recipe, RecipeBoundary, RecipeGates, RecipeOptions, RecipeSelection, RecipeSplits,
  RecipeUncertainty, RecipeWeights, RejectedOutcome, Segment, SegmentModel, StackingSums, TrainOptions, TrainOutcome, WalkForwardOptions,
  WalkForwardRow, WalkForwardRun, WalkForwardSummary,
} from './trainer/index.ts';
export { openRegistry } from './versioning/index.ts';
export type {
  LoadedVersion, ModelKey, Published, PublishOptions, Registry, RegistryOptions, RegistryReadOptions, VersionFilter, VersionKey, VersionRecord,
  VersionSelector,
} from './versioning/index.ts';
