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
  accuracy, areaUnderRoc, averagePrecision, balancedAccuracy, blockBootstrap, blockBootstrapSync, blockBootstrapTask, blockStandardError,
  brierDecomposition, brierScore, calibrationError, clusteredStandardError, confusionMatrix, coverageReport, crpsEnsemble, crpsGaussian,
  crpsQuantiles, deflatedSharpeRatio, dieboldMariano, directionalAccuracy, explainedVariance, f1Score, hitRate, informationCoefficient,
  intervalCoverage, intervalWidths, kendallTau, logLoss, matthewsCorrelation, maximumDrawdown, meanAbsoluteError, meanAbsolutePercentageError,
  meanByGroup, meanSquaredError, medianAbsoluteError, metricByGroup, minimumTrackRecordLength, multiclassBrierScore, multiclassLogLoss,
  neweyWestMean, onRows, optimalBlockLength, pearsonCorrelation, perturbationStability, perturbationStabilitySync, perturbationStabilityTask,
  pinballLoss, precision, probabilisticSharpeRatio, probabilityOfBacktestOverfitting, probabilityOfBacktestOverfittingSync,
  probabilityOfBacktestOverfittingTask, qlike, quantileReturns, quantileWeights, rSquared, rankedProbabilityScore, recall, reliabilityCurve,
  rollingCoverage, rollingMetric, rollingMetricSync, rollingMetricTask, rootMeanSquaredError, sharpeRatio, sortinoRatio, spearmanCorrelation,
  topLabelCalibrationError, turnover, widthErrorCorrelation, winklerScore,
} from './metrics/index.ts';
export type {
  AnnualizedSharpe, BacktestOverfitting, BacktestOverfittingOptions, BlockBootstrap, BlockBootstrapOptions, BootstrapInterval, BrierDecomposition,
  BrierDecompositionOptions, CalibrationBin, CalibrationError, CalibrationErrorOptions, ClassMetric, ClassOptions, ClassProbabilities,
  ConfusionMatrix, ConfusionMatrixOptions, Correlation, CoverageCounts, CoverageReport, CoverageReportOptions, CoverageRows, CoverageWindow,
  CrpsEnsembleOptions, CrpsQuantilesOptions, DeflatedSharpeOptions, DieboldMariano, DieboldMarianoOptions, DirectionalAccuracy,
  DirectionalAccuracyOptions, GroupCoverage, GroupKey, GroupMean, GroupMetric, InformationCoefficient, InformationCoefficientOptions, InputColumns,
  IntervalCoverage, IntervalCoverageOptions, IntervalWidths, LogLossOptions, MaximumDrawdown, MaximumDrawdownOptions, MetricByGroup,
  MetricByGroupOptions, MetricValue, MetricWindow, MinimumTrackRecord, MinimumTrackRecordOptions, NeweyWestMean, OptimalBlockLength,
  PercentageError, PerturbationRepeat, PerturbationStability, PerturbationStabilityInput, PinballLossOptions, ProbabilisticSharpe,
  ProbabilisticSharpeOptions, Qlike, QlikeOptions, QuantileReturns, QuantileReturnsOptions, QuantileSpread, QuantileWeights, QuantileWeightsOptions,
  RSquaredOptions, ReliabilityBin, ReliabilityCurve, ReliabilityCurveOptions, RollingCoverage, RollingCoverageOptions, RollingMetric,
  RollingMetricInput, RowMetric, SharpeRatio, SharpeRatioOptions, SkippedQuantilesReason, SkippedSessionReason, SkippedTurnoverReason, SortinoRatio,
  SortinoRatioOptions, Turnover, TurnoverOptions, UndefinedBootstrapReason, UndefinedCorrelationReason, UndefinedDieboldMarianoReason,
  UndefinedOverfittingReason, UndefinedSharpeReason, WeightOptions, WidthErrorCorrelationOptions, WinklerScoreOptions,
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
export {
  applyBeta, applyCalibrator, applyCalibratorBatch, applyClassTemperature, applyHistogram, applyIsotonic, applyIsotonicBatch, applyMultinomial,
  applyPlatt, applyPlattBatch, applySmoothIsotonic, applyTemperature, applyVennAbers, calibrationDrift, checkCalibratorFit, checkClassCalibratorFit,
  checkPlattFit, directionConfidence, directionScore, fitBaseRate, fitBeta, fitCalibrator, fitCalibratorSync, fitCalibratorTask,
  fitClassTemperature, fitDirectionCalibrator, fitHistogram, fitIsotonic, fitMultinomial, fitPlatt, fitSmoothIsotonic, fitTemperature, fitVennAbers,
  rollingCalibration, rollingCalibrationSync, rollingCalibrationTask, vennAbersInterval,
} from './calibration/index.ts';
export type {
  BaseRateFit, BetaFit, CalibrationDrift, CalibrationDriftOptions, CalibratorCandidate, CalibratorFit, CalibratorMethod, ChosenCalibratorFit,
  DirectionCalibratorOptions, DirectionRows, FitBaseRateOptions, FitBetaOptions, FitCalibratorOptions, FitHistogramOptions, FitIsotonicOptions,
  FitMultinomialOptions, FitPlattOptions, FitSmoothIsotonicOptions, FitTemperatureOptions, FitVennAbersOptions, HistogramFit, IsotonicFit,
  MatrixRows, MultinomialFit, PlattFallback, PlattFit, RollingCalibration, RollingCalibrationBlock, RollingCalibrationOptions, ScoreScale,
  SingleCalibratorFit, SmoothIsotonicFit, TemperatureFit, VennAbersFit, VennAbersInterval,
} from './calibration/index.ts';
export {
  AdaptiveConformal, aci, adaptScores, checkConformalFit, checkGroupCuts, chooseDispersion, conformal, conformalInterval, conformalIntervals,
  conformalPValue, conformalRadius, conformalRank, crossConformalInterval, dtaci, effectiveCount, effectiveWeightCount, enbpiInterval, fitConformal,
  fitCrossConformal, fitEnbpi, fitGroupCuts, fitLabelSets, fitNexcp, fitPredictiveDistribution, fitWeightedConformal, groupOf, groupsOf,
  isTwoTailed, labelSet, lowerScore, predictiveCdf, predictiveCrps, predictiveInterval, predictivePoints, predictiveQuantile, probabilityAbove,
  quantileTracker, restoreConformal, rolling, scoreInterval, splitConformal, tailAlpha, uncertaintyScalar, updateEnbpi, upperScore, weightedRadius,
} from './conformal/index.ts';
export type {
  Aci, AciOptions, AdaptScoresOptions, AdaptedScores, AdaptiveCalibrationRows, AdaptiveConformalOptions, AdaptiveConformalSettings,
  AdaptiveConformalState, AdaptiveContext, AdaptiveInterval, AdaptiveIntervals, Adaptor, AdaptorState, BookState, ChooseDispersionOptions,
  ConformalContext, ConformalContexts, ConformalFit, ConformalInterval, ConformalIntervals, ConformalOptions, ConformalRows, ConformalScore,
  CoverageState, CrossConformalFit, CrossConformalOptions, CrossConformalRows, DispersionChoice, DispersionRows, DispersionScore, Dtaci,
  DtaciOptions, DtaciState, EnbpiFit, EnbpiInterval, EnbpiOptions, EnbpiRows, ForecastRows, GroupCuts, IntegratorOptions, Interval, IntervalBasis,
  LabelRows, LabelSet, LabelSetFit, LabelSetOptions, LiveCoverage, NexcpFit, NexcpOptions, OutcomeRows, PredictiveFit, PredictiveOptions,
  PredictiveRow, PredictiveRows, QuantileTracker, QuantileTrackerOptions, ReplayRows, Rolling, ScoreRow, ScoreWindowState, SessionForecasts,
  SplitConformalFit, SplitConformalOptions, TailState, TrackerState, UpdateReport, WeightedConformalFit, WeightedConformalOptions, WindowOptions,
} from './conformal/index.ts';
export {
  Adwin, Bocpd, Cusum, Ddm, DriftAlarm, Eddm, Ewma, ExchangeabilityMartingale, GeometricMovingAverage, HddmA, HddmW, Kswin, PageHinkley, Whitener,
  alarmTimeline, binCounts, binsFromEdges, blockCalibrate, blockCalibrateSync, blockCalibrateTask, blockPermutationTask, blockPermutationTest,
  blockPermutationTestSync, buildDriftReference, buildDriftReferenceSync, buildDriftReferenceTask, categoryCounts, checkDrift, checkDriftReference,
  checkDriftSync, checkDriftTask, checkShift, chiSquareOfCounts, chiSquareTest, cusumForRunLength, cusumRunLength, domainClassifierTask,
  domainClassifierTest, domainClassifierTestSync, driftThresholds, energyDistance, equalWidthBins, ewmaForRunLength, ewmaRunLength, falseDiscovery,
  fitDriftAlarm, fitDriftAlarmSync, fitDriftAlarmTask, hellingerOfCounts, hotellingTest, jensenShannonOfCounts, kolmogorovSmirnov,
  kullbackLeiblerOfCounts, mahalanobisDistances, mannWhitney, meanDiscrepancy, meanDiscrepancySync, meanDiscrepancyTask, mergeDriftReferences,
  multivariateEnergyDistance, multivariateEnergyDistanceSync, multivariateEnergyDistanceTask, populationStabilityIndex,
  populationStabilityIndexOfCounts, preWhiten, psiCriticalValue, psiCriticalValueOfCounts, referenceBins, restoreAdwin, restoreBocpd, restoreCusum,
  restoreDdm, restoreDriftAlarm, restoreEddm, restoreEwma, restoreExchangeabilityMartingale, restoreGeometricMovingAverage, restoreHddmA,
  restoreHddmW, restoreKswin, restorePageHinkley, simulateThresholdSync, simulateThresholdTask, wassersteinDistance,
} from './shift-detection/index.ts';
export type {
  AdwinOptions, AlarmTimelineRow, BlockCalibrateOptions, BlockPermutationOptions, BocpdOptions, CalibratedThreshold, CategoricalSketch,
  CategoryCounts, CheckDriftOptions, CountOptions, CriticalValueOptions, CusumOptions, CusumRunLengthOptions, CusumTarget, DdmOptions, Dependence,
  DetectorFactory, DetectorLevel, DetectorMemory, DetectorOptions, DetectorPhase, DetectorState, DetectorStatus, Direction, DomainClassifierOptions,
  DriftAlarmFit, DriftAlarmOptions, DriftAlarmState, DriftCause, DriftData, DriftFeature, DriftLevel, DriftReason, DriftReference,
  DriftReferenceInput, DriftReferenceOptions, DriftReport, DriftRow, DriftStatus, DriftThresholdOptions, DriftThresholds, EddmOptions, EffectLimits,
  EwmaOptions, EwmaRunLengthOptions, EwmaTarget, ExchangeabilityMartingaleOptions, FalseDiscovery, FalseDiscoveryMethod, FalseDiscoveryOptions,
  GeometricMovingAverageOptions, HddmAOptions, HddmWOptions, KolmogorovSmirnovOptions, KswinOptions, MannWhitneyResult, MeanDiscrepancyOptions,
  MeanDiscrepancyResult, NotAssessableReason, NumericSketch, PageHinkleyOptions, Points, PopulationStabilityOptions, PreWhitenOptions, PreWhitening,
  ReferenceBins, ReferenceReason, ResumableDetector, ShiftCheck, ShiftEvidence, ShiftReason, SimulationOptions, TwoSampleResult, UnassessableReason,
  WhitenerState,
} from './shift-detection/index.ts';
export {
  AMERICAN_STATUS, ARBITRAGE_KINDS, ATM_CONVENTIONS, BLACK_GREEKS, BLACK_SCHOLES_GREEKS, DELTA_CONVENTIONS, DE_AMERICANIZE_STATUS, DROP_REASONS,
  FEATURE_FAMILIES, HESTON_CELL_STATUS, HESTON_PARAMETER_NAMES, HESTON_QUOTE_STATUS, IMPLIED_VOL_STATUS, LOCAL_VOL_STATUSES, ROW_STATUS,
  SURFACE_STATUSES, americanPrice, americanPrices, americanPricesSync, americanPricesTask, americanQuotes, americanValue, atmShape, bachelierGreeks,
  bachelierImpliedVol, bachelierImpliedVols, bachelierPrice, bachelierPrices, batesCharacteristicFunction, batesGreeks, batesImpliedVol, batesPrice,
  batesSurface, blackGreekColumns, blackGreeks, blackPrice, blackPrices, blackScholesGreekColumns, blackScholesGreeks, blackScholesPrice,
  blackScholesPrices, buildSviSurface, buildSviSurfaceSync, buildSviSurfaceTask, calibrateBates, calibrateBatesSync, calibrateBatesTask,
  calibrateHeston, calibrateHestonSync, calibrateHestonTask, calibrationRows, chainForwards, chainStrip, chainToSmiles, checkArbitrage,
  checkArbitrageSync, checkArbitrageTask, countReasons, createHestonGrid, curveDiscount, deAmericanize, deAmericanizeQuotes,
  deAmericanizeQuotesSync, deAmericanizeQuotesTask, decomposeQuotes, decomposeSmile, decomposeSurface, deltaLogMoneyness, deltaQuotes,
  densityMoments, displacedBlackGreeks, displacedBlackPrice, displacedBlackPrices, distributionMoments, distributionQuantiles, durrlemanG,
  essviButterflyMargins, essviCalendarMargins, essviLeastTheta, essviLeastThetaRatio, essviToSvi, essviTotalVariance, europeanChain, evaluateSmile,
  evaluateSmiles, expiryTime, filterQuotes, fitDiscountCurve, fitEssvi, fitParity, fitPriceSurface, fitPriceSurfaceSync, fitPriceSurfaceTask,
  fitSabr, fitSsvi, fitSvi, forwardFromSpot, forwardVariance, forwardVarianceCurve, gammaSwap, hestonCharacteristicFunction, hestonDiagnostics,
  hestonExpectedTotalVariance, hestonGreeks, hestonImpliedVol, hestonMomentExplosionTime, hestonPrice, hestonSurface, impliedDividends,
  impliedTotalVol, impliedVol, impliedVols, interpolateEssvi, isPriceSplineSmile, isSabrSmile, isSviButterflyFree, isSviSmile, ivSurface,
  ivSurfaceSeries, levenbergMarquardt, localVol, localVolGrid, mlLevenbergMarquardt, normalizedBlack, normalizedVega, optionChain, otmPrice,
  pointSmile, pointTotalVariance, priceSplineCalendarGap, priceSplineDensity, priceSplinePrice, priceSplineProbabilityBelow, priceSplineSmile,
  priceSplineTotalVariance, projectEssvi, reconstructChanges, repairSvi, repairSviClosedForm, restoreIvSurface, restoreIvSurfaceSeries,
  restoreSmile, sabrDensity, sabrNormalVol, sabrShiftedVol, sabrSmile, sabrTotalVariance, sabrVol, scaleGreeks, skewStickiness, sliceWeights,
  smileDensity, smileTotalVariance, smileTotalVariances, spreadWeights, ssviButterflyMargins, ssviCalendarMargins, ssviPoint, ssviSlice,
  ssviSurface, ssviToSvi, ssviTotalVariance, strikeDistribution, strikeFromDelta, surfaceAsOf, surfaceDiagnostics, surfaceDiagnosticsSync,
  surfaceDiagnosticsTask, surfaceFeatures, surfaceFeaturesSync, surfaceFeaturesTask, surfaceFromFits, surfaceFromPoints, surfacePca, surfacePcaSync,
  surfacePcaTask, surfacePoints, surfaceSmile, surfaceVol, surfaceVols, sviButterfly, sviCalendar, sviFromJumpWings, sviFromNatural, sviG,
  sviMinimumTotalVariance, sviSmile, sviToJumpWings, sviToNatural, sviTotalVariance, syntheticChain, syntheticSurfaces, syntheticSurfacesSync,
  syntheticSurfacesTask, syntheticVolGrid, termSlope, termStructure, thetaCurve, varianceSwap, vegaWeights, vixIndex, vixTerm, volatilitySwap,
  withPoints, withSlice, withSurface, withSurfaceAsOf,
} from './iv/index.ts';
export type {
  AmericanOptions, AmericanPricesOptions, AmericanQuote, AmericanQuoteColumns, AmericanQuotes, AmericanStatus, AmericanValue, ArbitrageKind,
  ArbitrageReport, ArbitrageViolation, AtmConvention, AtmShape, AtmShapeOptions, BachelierColumns, BachelierOption, BatesCalibration,
  BatesCalibrationOptions, BatesParameters, BlackColumns, BlackGreekName, BlackGreeks, BlackOption, BlackScholesColumns, BlackScholesGreekName,
  BlackScholesGreeks, BlackScholesOption, BlendRule, BlendSmile, CalibrationOptions, CalibrationOutcome, CalibrationProblem, CalibrationRow,
  CalibrationRun, CalibrationStart, CalibrationStatus, CalibrationTable, CalibrationWarning, ChainForwards, ChainForwardsOptions, ChainSlice,
  ChainSmile, ChainSmiles, ChainStrip, ChainStripOptions, ChainToSmilesOptions, CharacteristicArgument, CheckArbitrageOptions, CheckedGrid,
  ClosestSviRepair, ComplexValue, DeAmericanize, DeAmericanizeStatus, DeAmericanized, DeAmericanizedColumns, DecomposeOptions, DecompositionStatus,
  DeltaConvention, DeltaQuery, DeltaQuote, DeltaQuotes, DeltaQuotesOptions, DeltaSolution, DensityMoments, DiscountAt, DiscountCurve,
  DiscountCurveOptions, DiscountEstimate, DiscountPoints, DisplacedBlackColumns, DisplacedBlackOption, DistributionMoments,
  DistributionMomentsOptions, DistributionQuantile, DistributionStatus, DividendSchedule, DropCounts, DropReason, DroppedCell, DroppedPoint,
  DroppedSurface, EssviButterflyMargins, EssviCalendarMargins, EssviFit, EssviFitOptions, EssviProjectionOptions, EssviSlice, EssviSliceFit,
  EssviSliceStatus, EssviTermStructure, EuropeanPrices, ExerciseAccuracy, ExerciseStyle, ExpiryDiagnostics, ExpiryForward, ExpirySettlement,
  ExpiryTimeOptions, FeatureFamily, FitErrors, FittedSlice, ForwardPoint, ForwardStatus, ForwardVariance, ForwardVarianceBasis,
  ForwardVarianceOptions, ForwardVarianceQuery, ForwardVarianceStatus, GreekColumns, GreekColumnsOptions, GreekUnits, HestonCalibration,
  HestonCalibrationOptions, HestonCellStatus, HestonDiagnostics, HestonForwardOption, HestonGreeks, HestonGrid, HestonGridOptions, HestonImpliedVol,
  HestonOption, HestonParameters, HestonPrice, HestonPriceOptions, HestonQuoteStatus, HestonResidual, HestonSmilePoint, HestonSpotOption,
  HestonStatus, HestonSurface, HestonSurfaceOptions, HestonSurfacePoints, HestonVolGrid, HestonWeights, ImpliedDividend, ImpliedVol,
  ImpliedVolColumns, ImpliedVolOptions, ImpliedVolStatus, ImpliedVolsOptions, InterpolatedSlice, IvPoint, IvSurface, IvSurfaceOptions,
  IvSurfaceSeries, LeastSquaresSolver, LeastSquaresSystem, LevenbergMarquardtFit, LevenbergMarquardtOptions, LocalVol, LocalVolGrid,
  LocalVolOptions, LocalVolQuery, LocalVolStatus, LogVolHistory, ModelCalibration, NumberColumn, OptionChain, OptionChainOptions, OptionQuote,
  OptionQuoteColumns, OptionStrip, OptionType, OtmPrice, OuFactor, ParameterBounds, ParityFit, ParityOptions, ParityPairs, ParityStatus,
  PointDropReason, PointExtrapolation, PointQuotes, PointSmile, PointSmileOptions, PointSurface, PointSurfaceOptions, PriceColumns,
  PriceColumnsOptions, PriceQuote, PriceSliceFit, PriceSliceStatus, PriceSurfaceFit, PriceSurfaceOptions, QuoteFilter, QuoteFilterOptions,
  RowStatus, SabrDensity, SabrDensityOptions, SabrFit, SabrFitOptions, SabrProcess, SabrSmile, SameDay, SkewStickiness, SkewStickinessOptions,
  SliceForward, SliceLike, SliceReport, SliceWeights, Smile, SmileColumns, SmileDecomposition, SmileDensity, SmilePlace, SmileQuotes, SpotColumns,
  SpotMarket, SsviCalendarMargins, SsviFit, SsviFitOptions, SsviPhi, SsviPoint, SsviSurface, StrangleKind, StrikeDistribution, StrikeFromDelta,
  StrikeFromDeltaQuery, SurfaceColumns, SurfaceDiagnostics, SurfaceDiagnosticsOptions, SurfaceExtrapolation, SurfaceFeatureRow, SurfaceFeatures,
  SurfaceFeaturesOptions, SurfaceGrid, SurfaceInterpolation, SurfacePca, SurfacePcaOptions, SurfacePcaStatus, SurfaceQuery, SurfaceSlice,
  SurfaceStatus, SurfaceVol, SurfaceVols, SurfaceWeights, SviButterfly, SviCalendar, SviFit, SviFitOptions, SviJumpWings, SviNatural, SviRepair,
  SviRepairOptions, SviSmile, SviSurface, SviSurfaceOptions, SviSurfaceSlice, SwapOptions, SwapStatus, SyntheticChain, SyntheticChainOptions,
  SyntheticDay, SyntheticQuoteStatus, SyntheticSlice, SyntheticSurfaces, SyntheticSurfacesOptions, SyntheticVolGrid, SyntheticVolGridOptions,
  TermSlope, TermSlopeQuery, TermStructure, ThetaCurve, ThetaKnots, TimeLike, TypeColumn, VarianceSwap, VixIndex, VixIndexOptions, VixStatus,
  VixTerm, VixTermOptions, VolatilitySwap,
} from './iv/index.ts';
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
export {
  bundleDrift, checkContract, createLivePredictor, createPredictor, directionDispersion, predictionTable, servePreparedTask, tooManyMissing,
} from './predictor/index.ts';
export type {
  AbstainedRow, AbstentionReason, BundleDriftOptions, ContractReport, LivePredictor, LivePredictorOptions, Outcome, PredictBatchesOptions,
  PredictRange, PredictedRow, Prediction, PredictionTableRow, Predictor, PredictorOptions, Provenance, ServeOptions,
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
