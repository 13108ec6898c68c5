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
