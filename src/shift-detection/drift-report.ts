/** The result of a drift check: rows for tables and plots, reasons for programs, a text for people. */
import { printable, textTable } from '../core/inspect.ts';
import { worseLevel } from './drift-thresholds.ts';
import type { DriftLevel, DriftThresholds } from './drift-thresholds.ts';

export type DriftStatus = DriftLevel | 'not-assessable';

/** What about a feature drifts: its values, how many are missing, or that there are categories the reference does not list. */
export type DriftCause = 'values' | 'missing-rate' | 'new-categories';

/** Why the values of a feature are not compared. */
export type UnassessableReason =
  | 'too-few-rows' // effective rows below the minimum, on either side
  | 'too-few-values' // enough rows, but too few with a value, or with one of the listed categories
  | 'constant-reference' // all reference values fall into one bin
  | 'vanished-column' // in the reference alone
  | 'new-column'; // in the current rows alone

/** One feature; NaN where not assessable. */
export interface DriftRow {
  readonly feature: string;
  readonly status: DriftStatus;
  /** The strongest drift; null without any. */
  readonly cause: DriftCause | null;
  /** Why the values are not compared; null when they are. A feature can drift by its missing rate all the same. */
  readonly reason: UnassessableReason | null;
  /** Population stability index, smoothed by 5 effective rows. */
  readonly psi: number;
  /** The index that chance alone would explain at these sample sizes and this number of features. */
  readonly criticalValue: number;
  /** Of all tests of this feature together. */
  readonly pValue: number;
  /** The same after control of the false-discovery rate over features: to be compared with alpha. */
  readonly adjustedPValue: number;
  /** Kolmogorov-Smirnov statistic at the edges of the sketch: too small by at most the largest share in one cell, usually 0.01. */
  readonly ks: number;
  readonly ksPValue: number;
  /** Wasserstein distance of the sketches, in units of the feature. */
  readonly wasserstein: number;
  readonly referenceMissingRate: number;
  readonly missingRate: number;
  /** Share of the current values in categories the reference does not list; NaN for a numeric feature. */
  readonly newCategories: number;
  readonly referenceRows: number;
  readonly currentRows: number;
  /** Independent rows the reference is worth for this feature. */
  readonly referenceEffectiveRows: number;
  readonly effectiveRows: number;
  readonly importance: number | null;
}

/** One cause of the overall level, for programs. */
export interface DriftReason {
  readonly code: DriftCause | 'vanished-column' | 'new-column' | 'drifted-share' | 'nothing-assessable';
  readonly level: DriftStatus;
  /** Null for a cause that is of all features. */
  readonly feature: string | null;
  /** What was compared with the limit; NaN where nothing is. */
  readonly value: number;
  readonly threshold: number;
}

export interface DriftReport {
  readonly kind: 'drift-report';
  /** The worst of all reasons; `not-assessable` when no feature could be compared and no column is gone. */
  readonly level: DriftStatus;
  /** Worst first. */
  readonly reasons: readonly DriftReason[];
  /** Names of drifted features, worst first. */
  readonly drifted: readonly string[];
  readonly vanished: readonly string[];
  readonly added: readonly string[];
  /** Features with a status other than `not-assessable`. */
  readonly assessed: number;
  /** Drifted among the assessed features; NaN without any. */
  readonly driftedShare: number;
  /** The same weighted by importance; all alike when the reference has none for them. */
  readonly driftedImportance: number;
  /** Mean index of the features that have one, weighted alike; NaN without any. */
  readonly weightedPsi: number;
  readonly referenceRows: number;
  readonly currentRows: number;
  readonly thresholds: DriftThresholds;
  /** Every feature of either side, worst first: significant, moderate, not assessable, stable, and by falling index among these. */
  readonly rows: readonly DriftRow[];
}

const ORDER: readonly DriftStatus[] = ['significant', 'moderate', 'not-assessable', 'stable'];
const TEXT_ROWS = 12; // of the printed table

/** The report of rows in any order. */
export function driftReport(found: readonly DriftRow[], thresholds: DriftThresholds, [referenceRows, currentRows]: readonly [number, number]): DriftReport {
  const size = ({ psi }: DriftRow): number => (psi === psi ? psi : 0);
  const rows = found.map((row) => Object.freeze(row)).sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || size(b) - size(a));
  const assessed = rows.filter(({ status }) => status !== 'not-assessable');
  const drifted = assessed.filter(({ status }) => status !== 'stable');
  const areAlike = !(assessed.reduce((sum, { importance }) => sum + (importance ?? 0), 0) > 0);
  const weight = (some: readonly DriftRow[], value: (row: DriftRow) => number = () => 1): number =>
    some.reduce((sum, row) => sum + (areAlike ? 1 : (row.importance ?? 0)) * value(row), 0);
  const share = assessed.length === 0 ? NaN : drifted.length / assessed.length;
  const weightedShare = weight(drifted) / weight(assessed);
  const withIndex = rows.filter(({ psi }) => psi === psi);
  const named = (reason: UnassessableReason): readonly string[] => Object.freeze(rows.filter((row) => row.reason === reason).map(({ feature }) => feature));
  const [vanished, added] = [named('vanished-column'), named('new-column')];

  const reasons: DriftReason[] = drifted.map((row) => driftReason(row, thresholds));
  for (const [code, level, names] of [['vanished-column', thresholds.vanishedColumn, vanished], ['new-column', thresholds.newColumn, added]] as const) {
    if (level !== 'stable') for (const feature of names) reasons.push({ code, level, feature, value: NaN, threshold: NaN });
  }
  const largest = Math.max(share, weightedShare === weightedShare ? weightedShare : 0);
  if (largest >= thresholds.driftedShare) reasons.push({ code: 'drifted-share', level: 'significant', feature: null, value: largest, threshold: thresholds.driftedShare });
  const level = reasons.reduce<DriftLevel>((worst, reason) => worseLevel(worst, reason.level as DriftLevel), 'stable');
  if (assessed.length === 0) reasons.push({ code: 'nothing-assessable', level: 'not-assessable', feature: null, value: NaN, threshold: NaN });
  reasons.sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  return Object.freeze(printable<DriftReport>({
    kind: 'drift-report',
    level: assessed.length === 0 && !reasons.some(({ code }) => code === 'vanished-column') ? 'not-assessable' : level,
    reasons: Object.freeze(reasons.map((reason) => Object.freeze(reason))),
    drifted: Object.freeze(drifted.map(({ feature }) => feature)),
    vanished,
    added,
    assessed: assessed.length,
    driftedShare: share,
    driftedImportance: weightedShare,
    weightedPsi: weight(withIndex, ({ psi }) => psi) / weight(withIndex),
    referenceRows,
    currentRows,
    thresholds,
    rows: Object.freeze(rows),
  }, describe));
}

function driftReason({ cause, status, feature, psi, missingRate, referenceMissingRate, newCategories }: DriftRow, thresholds: DriftThresholds): DriftReason {
  const [value, limits] = cause === 'values' ? [psi, thresholds.psi] : cause === 'missing-rate' ? [missingRate - referenceMissingRate, thresholds.missingRate] : [newCategories, thresholds.newCategories];
  return { code: cause as DriftCause, level: status, feature, value, threshold: limits[status as 'moderate' | 'significant'] };
}

function describe({ level, rows, drifted, assessed, driftedShare, driftedImportance, vanished, added, referenceRows, currentRows }: DriftReport): string {
  const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
  const lines = [`DriftReport: ${level}; ${currentRows} rows against ${referenceRows}`];
  lines.push(assessed === 0 ? 'no feature could be assessed' : `${drifted.length} of ${assessed} assessed features drifted (${percent(driftedShare)}, by importance ${percent(driftedImportance)})`);
  if (vanished.length > 0) lines.push(`vanished: ${vanished.join(', ')}`);
  if (added.length > 0) lines.push(`new: ${added.join(', ')}`);
  if (rows.length > 0) lines.push(textTable(rows.slice(0, TEXT_ROWS).map(({ feature, status, cause, reason, psi, criticalValue, adjustedPValue, missingRate, effectiveRows }) =>
    ({ feature, status, why: cause ?? reason, psi, critical: criticalValue, 'adjusted p': adjustedPValue, missing: missingRate, 'effective n': effectiveRows })), 3));
  if (rows.length > TEXT_ROWS) lines.push(`and ${rows.length - TEXT_ROWS} more`);
  return lines.join('\n');
}
