/** Scores to probabilities. Arrays in, plain data out. */
export { checkPlattFit } from './check.ts';
export { directionScore, fitDirectionCalibrator } from './direction.ts';
export type { DirectionRows } from './direction.ts';
export { applyPlatt, applyPlattBatch } from './platt-fit.ts';
export type { PlattFallback, PlattFit } from './platt-fit.ts';
export { fitPlatt } from './platt.ts';
export type { FitPlattOptions } from './platt.ts';
