/** How to judge. */
export { blockStandardError, clusteredStandardError } from './block-standard-error.ts';
export { meanByGroup } from './groups.ts';
export type { GroupKey, GroupMean } from './groups.ts';
export { informationCoefficient } from './information-coefficient.ts';
export type { InformationCoefficient, InformationCoefficientOptions, SkippedSessionReason } from './information-coefficient.ts';
export { intervalCoverage, winklerScore } from './intervals.ts';
export type { CoverageCounts, GroupCoverage, IntervalCoverage, IntervalCoverageOptions, WinklerScoreOptions } from './intervals.ts';
export { neweyWestMean } from './newey-west.ts';
export type { NeweyWestMean } from './newey-west.ts';
export { brierScore, logLoss } from './probability.ts';
export type { LogLossOptions } from './probability.ts';
export { hitRate, meanAbsoluteError, meanSquaredError, pinballLoss, rootMeanSquaredError, rSquared } from './regression-error.ts';
export type { PinballLossOptions, RSquaredOptions } from './regression-error.ts';
export type { WeightOptions } from './weighted-mean.ts';
