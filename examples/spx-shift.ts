/** The size of the daily moves of the S&P 500, and detectors that watch it. */
import { Adwin, Cusum, cusumForRunLength, DriftAlarm, fitDriftAlarmSync, PageHinkley } from 'quantwright/shift-detection';
import type { DetectorStatus, DriftAlarmOptions } from 'quantwright/shift-detection';
import { indexRows } from './spx-intervals.ts';

export interface DailyMoves {
  readonly dates: readonly string[];
  /** |log return| of the day in percent, shape (dates). */
  readonly moves: Float64Array;
}

export function dailyMoves(): DailyMoves {
  const { dates, outcomes } = indexRows(1);
  return { dates: dates.slice(1), moves: outcomes.slice(0, -1).map((logReturn) => 100 * Math.abs(logReturn)) };
}

/** Days the alarms learn from: to 14 December 1993. */
export const REFERENCE_DAYS = 1000;

/** Days between false alarms: eight years. */
export const TARGET_DAYS = 2000;

/** An alarm that has learned the reference and stands at its end. */
export function movesAlarm(moves: Float64Array, options: Partial<DriftAlarmOptions> = {}): DriftAlarm {
  return new DriftAlarm(fitDriftAlarmSync(moves.subarray(0, REFERENCE_DAYS), { targetRunLength: TARGET_DAYS, ...options }));
}

type Alarms = readonly DetectorStatus[];

// Of the days after the reference, numbered from the first day of all.
function afterReference(detector: { updateMany(values: Float64Array): Alarms }, moves: Float64Array): Alarms {
  const later = (index: number | null): number | null => (index === null ? null : index + REFERENCE_DAYS);
  return detector.updateMany(moves.subarray(REFERENCE_DAYS)).map((status) => ({ ...status, index: status.index + REFERENCE_DAYS, onset: later(status.onset) }));
}

function momentsOf(values: Float64Array): { readonly mean: number; readonly standardDeviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, standardDeviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}

/** Each detector's alarms; the last three see every day and have no reference, or the first 500 days. */
export const DETECTORS = {
  'DriftAlarm, 63 days of rest': (moves: Float64Array): Alarms => afterReference(movesAlarm(moves, { coolDown: 63 }), moves),
  'DriftAlarm': (moves: Float64Array): Alarms => afterReference(movesAlarm(moves), moves),
  'DriftAlarm by Page-Hinkley': (moves: Float64Array): Alarms => afterReference(movesAlarm(moves, { method: 'page-hinkley' }), moves),
  'DriftAlarm, not whitened': (moves: Float64Array): Alarms => afterReference(movesAlarm(moves, { preWhiten: false }), moves),
  'Cusum for independent days': (moves: Float64Array): Alarms => afterReference(new Cusum({ ...momentsOf(moves.subarray(0, REFERENCE_DAYS)), ...cusumForRunLength({ targetRunLength: TARGET_DAYS }) }), moves),
  'Adwin': (moves: Float64Array): Alarms => new Adwin().updateMany(moves),
  'PageHinkley': (moves: Float64Array): Alarms => new PageHinkley().updateMany(moves),
  'Cusum, threshold 8': (moves: Float64Array): Alarms => new Cusum({ ...momentsOf(moves.subarray(0, 500)), threshold: 8 }).updateMany(moves),
} as const;

export type DetectorName = keyof typeof DETECTORS;
