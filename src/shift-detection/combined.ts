/** Features and errors together: one answer, with reasons a program can branch on. */
import { requireKnownKeys } from '../core/assert.ts';
import { printable } from '../core/inspect.ts';
import type { DetectorStatus } from './detector.ts';
import type { DriftReason, DriftReport, DriftStatus } from './drift-report.ts';

export interface ShiftEvidence {
  /** A drift check of the features; null or absent when there was none. */
  readonly features?: DriftReport | null;
  /**
   * What a detector said of the errors since the last check: all its statuses, or its alarms together with the latest status. A detector that
   * resets itself says `alarm` once, so the latest status alone forgets. Null or absent when there is no detector.
   */
  readonly errors?: DetectorStatus | readonly DetectorStatus[] | null;
}

/** One cause; codes of features are those of {@link DriftReason}. */
export type ShiftReason = (DriftReason & { readonly source: 'features' }) | {
  readonly source: 'errors';
  readonly code: 'error-drift' | 'error-warning' | 'nothing-monitored';
  readonly level: DriftStatus;
  /** The detector's statistic and threshold at the alarm. */
  readonly value: number;
  readonly threshold: number;
  /** Number of the update, and of the first changed value as estimated. */
  readonly index: number;
  readonly onset: number | null;
  readonly direction: 'up' | 'down' | null;
};

export interface ShiftCheck {
  readonly kind: 'shift-check';
  /** True exactly when the level is `significant`. */
  readonly alarm: boolean;
  /** The worse of both; `not-assessable` when neither could be assessed, never `stable` for want of evidence. */
  readonly level: DriftStatus;
  readonly features: DriftStatus;
  readonly errors: DriftStatus;
  /** Worst first. */
  readonly reasons: readonly ShiftReason[];
}

const ORDER: readonly DriftStatus[] = ['significant', 'moderate', 'stable', 'not-assessable'];

/**
 * Joins a drift check of the features with a detector's word on the errors.
 *
 * A detector's drift is `significant`, its warning `moderate`. Statuses of which none was monitored (warm-up, cool-down, missing) assess nothing.
 *
 * @example checkShift({ features: await checkDrift(reference, rows), errors: errors.map((error) => detector.update(error)) }).reasons.map(({ code }) => code)
 */
export function checkShift(evidence: ShiftEvidence): ShiftCheck {
  requireKnownKeys('checkShift', evidence, ['features', 'errors']);
  const { features = null, errors = null } = evidence;
  const statuses: readonly DetectorStatus[] = errors === null ? [] : Array.isArray(errors) ? errors : [errors as DetectorStatus];
  const reasons: ShiftReason[] = (features?.reasons ?? []).map((reason) => Object.freeze({ source: 'features', ...reason }));
  const monitored = statuses.filter(({ phase }) => phase === 'monitoring');
  for (const { level, statistic: value, threshold, index, onset, direction } of latestOfEach(monitored)) {
    const isDrift = level === 'drift';
    reasons.push(Object.freeze({ source: 'errors', code: isDrift ? 'error-drift' : 'error-warning', level: isDrift ? 'significant' : 'moderate', value, threshold, index, onset, direction }));
  }
  const errorLevel: DriftStatus = monitored.length === 0 ? 'not-assessable' : worst(['stable', ...reasons.filter(({ source }) => source === 'errors').map(({ level }) => level)]);
  if (statuses.length > 0 && monitored.length === 0) reasons.push(Object.freeze({ source: 'errors', code: 'nothing-monitored', level: 'not-assessable', value: NaN, threshold: NaN, index: statuses[statuses.length - 1].index, onset: null, direction: null }));
  reasons.sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  const featureLevel = features?.level ?? 'not-assessable';
  const level = worst([featureLevel, errorLevel]);
  return Object.freeze(printable<ShiftCheck>(
    { kind: 'shift-check', alarm: level === 'significant', level, features: featureLevel, errors: errorLevel, reasons: Object.freeze(reasons) },
    (check) => [`ShiftCheck: ${check.level} (features ${check.features}, errors ${check.errors})`, ...check.reasons.map(line)].join('\n'),
  ));
}

// Every alarm, and the latest status when it is a warning: earlier ones have passed or become the alarm.
function latestOfEach(monitored: readonly DetectorStatus[]): readonly DetectorStatus[] {
  return monitored.filter(({ alarm, level }, i) => alarm || (i === monitored.length - 1 && level !== 'none'));
}

function worst(levels: readonly DriftStatus[]): DriftStatus {
  return ORDER.find((level) => levels.includes(level)) as DriftStatus;
}

function line(reason: ShiftReason): string {
  const where = reason.source === 'features' ? (reason.feature ?? 'features') : `update ${reason.index}`;
  const by = reason.value === reason.value ? `, ${Number(reason.value.toPrecision(3))} against ${Number(reason.threshold.toPrecision(3))}` : '';
  return `  ${reason.level}: ${reason.code} at ${where}${by}`;
}
