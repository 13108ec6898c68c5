export { createPredictor } from './predictor.ts';
export type { PredictBatchesOptions, PredictRange, Predictor, PredictorOptions } from './predictor.ts';
export { checkContract } from './contract.ts';
export type { ContractReport } from './contract.ts';
export { directionDispersion, servePreparedTask, tooManyMissing } from './serve.ts';
export type { ServeOptions } from './serve.ts';
export { predictionTable } from './table.ts';
export type { PredictionTableRow } from './table.ts';
export type { AbstainedRow, AbstentionReason, PredictedRow, Prediction, Provenance } from './types.ts';
