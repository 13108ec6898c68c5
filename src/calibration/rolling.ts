/** Calibration that moves with time: each probability from labels that were known by then. */
import { requireInteger, requireKnownKeys, requireSameLength, show } from '../core/assert.ts';
import { driveSync, driveWith } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError } from '../core/errors.ts';
import { lowerBound } from '../core/sort.ts';
import { sessionRows } from '../metrics/session-rows.ts';
import { applyCalibrator } from './calibrator.ts';
import type { ChosenCalibratorFit } from './calibrator.ts';
import { fitCalibratorTask } from './choose.ts';
import type { FitCalibratorOptions } from './choose.ts';

export interface RollingCalibrationOptions extends Omit<FitCalibratorOptions, 'sessions' | 'horizon'> {
  /** Session code of each row, whole numbers that count sessions, shape (n); rows in any order. */
  readonly sessions: ArrayLike<number>;
  /** Sessions after its own at which a row's label is known, >= 1: the label of session s is known in session s + delay. @default 1 */
  readonly delay?: number;
  /** Sessions between two fits. @default 20 */
  readonly refitEvery?: number;
  /** Sessions of known labels to fit on, the latest ones. @default all */
  readonly windowSessions?: number;
  /** Fewest known rows for a fit. @default 20 */
  readonly minimumRows?: number;
}

/** Sessions that share a fit. */
export interface RollingCalibrationBlock {
  /** First and last session code of the block. */
  readonly fromSession: number;
  readonly toSession: number;
  /** Rows of the block. */
  readonly rows: number;
  /** Session codes of the rows fitted on: from this one up to this one, the last whose label is known in `fromSession`. */
  readonly fitFromSession: number;
  readonly fitToSession: number;
  /** Rows fitted on. */
  readonly n: number;
  /** Null, and the probabilities of the block NaN, when fewer than `minimumRows` rows have a label that is known. */
  readonly fit: ChosenCalibratorFit | null;
}

export interface RollingCalibration {
  /** Shape (n); NaN for a missing score and in blocks without a fit. */
  readonly probabilities: Float64Array;
  /** In time order. */
  readonly blocks: readonly RollingCalibrationBlock[];
  /** Rows with a score and no probability, because too few labels were known. */
  readonly uncalibratedRows: number;
}

const KEYS = ['sessions', 'delay', 'refitEvery', 'windowSessions', 'minimumRows', 'scale', 'methods', 'loss', 'folds', 'weights'];

/** {@link rollingCalibration} as a task to drive or `yield*`. */
export function* rollingCalibrationTask(scores: ArrayLike<number>, labels: ArrayLike<number>, options: RollingCalibrationOptions): Task<RollingCalibration> {
  const fn = 'rollingCalibration';
  requireKnownKeys(fn, options, KEYS);
  const { sessions, delay = 1, refitEvery = 20, windowSessions, minimumRows = 20, weights, methods = ['platt'], ...rest } = options;
  for (const [name, value] of Object.entries({ delay, refitEvery, minimumRows, ...(windowSessions !== undefined && { windowSessions }) })) requireInteger(fn, name, value, { min: 1 });
  const n = requireSameLength(fn, { scores, labels, sessions, ...(weights && { weights }) });
  for (let i = 0; i < n; i++) {
    if (!Number.isInteger(sessions[i])) throw new DomainError(`${fn}: sessions must be whole numbers, got ${show(sessions[i])} at row ${i}`);
    if (labels[i] === labels[i] && labels[i] !== 0 && labels[i] !== 1) throw new DomainError(`${fn}: labels must be 0, 1 or NaN, got ${show(labels[i])} at row ${i}`);
  }
  const { ids, order, start } = sessionRows(fn, sessions);
  const probabilities = new Float64Array(n).fill(NaN);
  const blocks: RollingCalibrationBlock[] = [];
  let uncalibratedRows = 0;
  for (let s = 0; s < ids.length; ) {
    const fromSession = ids[s];
    const next = lowerBound(ids, fromSession + refitEvery);
    const fitToSession = fromSession - delay;
    const fitFromSession = windowSessions === undefined ? ids[0] : fitToSession - windowSessions + 1;
    const known = order.subarray(start[lowerBound(ids, fitFromSession)], start[lowerBound(ids, fitToSession + 1)]).filter((i) => labels[i] === labels[i] && Number.isFinite(scores[i]) && weights?.[i] !== 0);
    const pick = (values: ArrayLike<number>): Float64Array => Float64Array.from(known, (i) => values[i]);
    const fit = known.length < minimumRows ? null
      : yield* fitCalibratorTask(pick(scores), pick(labels), { ...rest, methods, sessions: pick(sessions), horizon: delay, ...(weights && { weights: pick(weights) }) });
    const rows = order.subarray(start[s], start[next]);
    for (const i of rows) {
      if (fit !== null) probabilities[i] = applyCalibrator(fit, scores[i]);
      else if (scores[i] === scores[i]) uncalibratedRows++;
    }
    blocks.push(Object.freeze({ fromSession, toSession: ids[next - 1], rows: rows.length, fitFromSession, fitToSession, n: known.length, fit }));
    yield { phase: 'rolling calibration', done: next, total: ids.length };
    s = next;
  }
  return Object.freeze({ probabilities, blocks: Object.freeze(blocks), uncalibratedRows });
}

/**
 * Calibrates every row with a fit to labels that were known in its session.
 *
 * Time is cut into blocks of `refitEvery` sessions. A block's fit has seen rows of sessions up to `fromSession - delay` and of them the latest
 * `windowSessions`; later labels change nothing before them. Each fit is that of {@link fitCalibrator} with `methods`, Platt by default, and
 * the delay as horizon.
 *
 * @param scores - larger for label 1, shape (n); NaN is missing
 * @param labels - 0 or 1, shape (n); NaN is not known yet
 * @throws ShapeError for different lengths; DomainError for other labels, sessions that are not whole numbers, bad weights or options
 * @example (await rollingCalibration(scores, labels, { sessions, delay: 5, windowSessions: 500 })).probabilities
 */
export function rollingCalibration(scores: ArrayLike<number>, labels: ArrayLike<number>, options: RollingCalibrationOptions & DriveOptions): Promise<RollingCalibration> {
  return driveWith(options, (own) => rollingCalibrationTask(scores, labels, own));
}

/** {@link rollingCalibration} in one go. */
export function rollingCalibrationSync(scores: ArrayLike<number>, labels: ArrayLike<number>, options: RollingCalibrationOptions): RollingCalibration {
  return driveSync(rollingCalibrationTask(scores, labels, options));
}
