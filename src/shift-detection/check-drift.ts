/** Which features no longer look as they did in training. */
import { requireKnownKeys } from '../core/assert.ts';
import { driveWith, driveWithSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError } from '../core/errors.ts';
import { normalCdf } from '../core/special-functions.ts';
import { compareBins, criticalIndex, proportionZ } from './bin-comparison.ts';
import { driftReport } from './drift-report.ts';
import type { DriftCause, DriftReport, DriftRow, UnassessableReason } from './drift-report.ts';
import { driftThresholds, levelOf } from './drift-thresholds.ts';
import type { DriftLevel, DriftThresholdOptions, DriftThresholds } from './drift-thresholds.ts';
import { falseDiscovery } from './false-discovery.ts';
import { kolmogorovUpper } from './kolmogorov-distribution.ts';
import { checkedRowCount, sketchTask } from './reference.ts';
import type { Dependence, DriftData, DriftFeature, DriftReference } from './reference.ts';
import { binStarts, binned, sameValues, total } from './reference-sketch.ts';
import { sketchKolmogorovSmirnov, sketchWasserstein } from './sketch-distance.ts';

export interface CheckDriftOptions {
  /** What counts as drift; see {@link driftThresholds} for the defaults. */
  readonly thresholds?: DriftThresholdOptions;
}

/**
 * Compares later rows with a {@link DriftReference}, as a task to drive or `yield*`.
 *
 * A feature drifts when an effect is both large and beyond chance. Effects: the population stability index of its values, the difference of the
 * shares of missing values, the rise of the share of unlisted categories. Beyond chance: the p-values of a feature's tests, doubled or
 * tripled for their number, pass the control of the false-discovery rate over all features, and the index is above its critical value. Both
 * depend on the rows either side is worth: n / (1 + (k - 1) r) for blocks of k rows with intraclass correlation r, as measured on the reference.
 * So few rows do not alarm by the bias of the index, many not by trivial effects, and one broken feature among many is not averaged away.
 *
 * @param current - rows to check; columns are found by name. Or a reference built `like` the first, for rows that were counted as they came
 * @returns rows worst first; `not-assessable`, never `stable`, where there is nothing to compare
 * @throws ShapeError for columns of different length; DomainError for thresholds out of range and for a current reference with other edges
 * @see Siddiqi (2006), Credit Risk Scorecards, for the limits 0.1 and 0.25; {@link falseDiscovery}, and `psiCriticalValue`
 * @example (await checkDrift(reference, { names, columns })).level
 */
export function* checkDriftTask(reference: DriftReference, current: DriftData | DriftReference, options: CheckDriftOptions = {}): Task<DriftReport> {
  const fn = 'checkDrift';
  requireKnownKeys(fn, options, ['thresholds']);
  const thresholds = driftThresholds(options.thresholds);
  const isKnown = (name: string): boolean => reference.features.some((feature) => feature.name === name);
  let later: DriftReference;
  let names: readonly string[];
  if ('kind' in current) {
    later = current;
    names = later.features.map(({ name }) => name);
  } else {
    requireKnownKeys(fn, current, ['names', 'columns', 'rowCount', 'sessions']);
    names = current.names;
    const rowCount = checkedRowCount(fn, current);
    const kept = [...names.keys()].filter((j) => isKnown(names[j]));
    later = yield* sketchTask(fn, { ...current, rowCount, names: kept.map((j) => names[j]), columns: kept.map((j) => current.columns[j]) }, { like: reference }, false);
  }
  // Rows without sessions depend on each other as those of the reference do.
  const blockRows = later.blockRows > 1 || later.rowCount === 0 ? later.blockRows : Math.min(reference.blockRows, later.rowCount);
  const sizes: SampleSizes = { rows: [reference.rowCount, later.rowCount], blockRows: [reference.blockRows, blockRows] };
  const laterFeatures = new Map(later.features.map((feature) => [feature.name, feature]));
  const compared: ComparedFeature[] = [];
  for (const feature of reference.features) {
    const found = laterFeatures.get(feature.name);
    if (found !== undefined && !isComparable(feature, found)) throw new DomainError(`${fn}: current must be built like the reference, got other edges or categories of ${feature.name}`);
    compared.push(compareFeature(feature, found, reference.bins, sizes, thresholds));
    yield { phase: 'drift check', done: compared.length, total: reference.features.length };
  }
  const { alpha, falseDiscovery: method } = thresholds;
  const { adjusted, cutoff } = falseDiscovery(compared.map(({ pValue }) => pValue), { alpha, method });
  const rows = compared.map((feature, i) => judge(feature, adjusted[i], cutoff, thresholds));
  for (const name of names) if (!isKnown(name)) rows.push(unmatched(name, 'new-column', null, [0, later.rowCount]));
  return driftReport(rows, thresholds, [reference.rowCount, later.rowCount]);
}

/** Runs {@link checkDriftTask} without blocking the host. */
export function checkDrift(reference: DriftReference, current: DriftData | DriftReference, options: CheckDriftOptions & DriveOptions = {}): Promise<DriftReport> {
  return driveWith(options, (own) => checkDriftTask(reference, current, own));
}

/** Runs {@link checkDriftTask} in one go. */
export function checkDriftSync(reference: DriftReference, current: DriftData | DriftReference, options: CheckDriftOptions & DriveOptions = {}): DriftReport {
  return driveWithSync(options, (own) => checkDriftTask(reference, current, own));
}

type Pair = readonly [number, number];

interface SampleSizes {
  readonly rows: Pair;
  /** Rows of the block of a row, on average. */
  readonly blockRows: Pair;
}

/** Effective rows of both samples: Kish's design effect of blocks of equal correlation. */
function worth({ rows, blockRows }: SampleSizes, intraclass: number): Pair {
  const side = (i: 0 | 1): number => rows[i] / (1 + (blockRows[i] - 1) * intraclass);
  return [side(0), side(1)];
}

/** Squared coefficient of variation, over contrasts between bins, of the variance of the difference of both samples' shares. */
function spreadOf({ rows, blockRows }: SampleSizes, { mean, variance }: Dependence): number {
  const factor = ((blockRows[0] - 1) / rows[0] + (blockRows[1] - 1) / rows[1]) / (1 / rows[0] + 1 / rows[1]);
  return (factor * factor * variance) / (1 + factor * mean) ** 2;
}

function isComparable(a: DriftFeature, b: DriftFeature): boolean {
  if (a.kind === 'numeric') return b.kind === 'numeric' && sameValues(a.edges, b.edges);
  return b.kind === 'categorical' && sameValues(a.categories, b.categories);
}

interface Effect {
  readonly cause: DriftCause;
  readonly size: number;
  readonly pValue: number;
}

interface ComparedFeature {
  readonly row: DriftRow;
  readonly effects: readonly Effect[];
  /** Bins behind the index. */
  readonly bins: number;
  /** Effective rows in them. */
  readonly compared: Pair;
  readonly spread: number;
  /** Of all effects together; NaN when there is none to test. */
  readonly pValue: number;
}

function compareFeature(feature: DriftFeature, later: DriftFeature | undefined, wantedBins: number, sizes: SampleSizes, thresholds: DriftThresholds): ComparedFeature {
  const { dependence } = feature;
  const rowCounts = sizes.rows;
  const effective = worth(sizes, dependence.mean);
  const nothing = { effects: [], bins: 0, compared: [0, 0], spread: 0, pValue: NaN } as const;
  const blank = { ...unmatched(feature.name, 'vanished-column', feature.importance, rowCounts), referenceEffectiveRows: effective[0] };
  if (later === undefined) return { ...nothing, row: blank };
  const missing = [feature.missing, later.missing];
  const rates = [missing[0] / rowCounts[0], missing[1] / rowCounts[1]];
  const row = { ...blank, effectiveRows: effective[1], referenceMissingRate: rates[0], missingRate: rates[1] };
  if (!(Math.min(...effective) >= thresholds.minimumRows)) return { ...nothing, row: { ...row, reason: 'too-few-rows' } };

  const effects: Effect[] = [];
  const valued: Pair = [effective[0] * (1 - rates[0]), effective[1] * (1 - rates[1])];
  const spread = spreadOf(sizes, dependence);
  if (missing[0] + missing[1] > 0) {
    const [n, m] = worth(sizes, dependence.missing);
    effects.push({ cause: 'missing-rate', size: Math.abs(rates[1] - rates[0]), pValue: 2 * normalCdf(-Math.abs(proportionZ(n * rates[0], n, m * rates[1], m))) });
  }
  let reason: UnassessableReason | null = Math.min(...valued) < thresholds.minimumRows ? 'too-few-values' : null;
  let [psi, ks, ksPValue, wasserstein, newCategories, bins] = [NaN, NaN, NaN, NaN, NaN, 0];
  const scale = [effective[0] / rowCounts[0], effective[1] / rowCounts[1]];
  const counts = binsOf(feature, later, wantedBins).map((own, side) => own.map((count) => count * scale[side]));
  const compared: Pair = [total(counts[0]), total(counts[1])];
  if (reason === null && feature.kind === 'numeric' && counts[0].length < 2) reason = 'constant-reference';
  const isValued = reason === null;
  if (isValued && Math.min(...compared) < thresholds.minimumRows) reason = 'too-few-values';
  if (reason === null) {
    const found = compareBins(counts[0], counts[1], spread);
    ({ psi, bins } = found);
    effects.push({ cause: 'values', size: psi, pValue: found.pValue });
    if (feature.kind === 'numeric' && later.kind === 'numeric') {
      ks = sketchKolmogorovSmirnov(feature, later);
      // The level persists most: the largest correlation there can be with this mean and variance.
      const [n, m] = worth(sizes, Math.min(1, dependence.mean + Math.sqrt(dependence.variance * Math.max(0, bins - 2))));
      ksPValue = kolmogorovUpper(ks, Math.max(1, Math.floor(1 / (1 / (n * (1 - rates[0])) + 1 / (m * (1 - rates[1]))))));
      wasserstein = sketchWasserstein(feature, later);
    }
  }
  if (isValued && feature.kind === 'categorical' && later.kind === 'categorical') {
    const present = [rowCounts[0] - missing[0], rowCounts[1] - missing[1]];
    newCategories = later.other / present[1];
    // A category seen once would have been new without its one row: Good (1953), "The population frequencies of species".
    const unseen = feature.other + feature.counts.filter((count) => count === 1).length;
    const z = proportionZ(unseen * scale[0], valued[0], later.other * scale[1], valued[1]);
    if (later.other > 0) effects.push({ cause: 'new-categories', size: newCategories - unseen / present[0], pValue: normalCdf(-z) });
  }
  const least = effects.reduce((p, effect) => Math.min(p, effect.pValue), Infinity);
  return { row: { ...row, reason, psi, ks, ksPValue, wasserstein, newCategories }, effects, bins, compared, spread, pValue: effects.length === 0 ? NaN : Math.min(1, effects.length * least) };
}

function binsOf(feature: DriftFeature, later: DriftFeature, wantedBins: number): readonly [Float64Array, Float64Array] {
  if (feature.kind === 'numeric') {
    const starts = binStarts(feature.counts, wantedBins);
    return [binned(feature.counts, starts), binned(later.counts, starts)];
  }
  // Categories nobody has listed are a bin where the reference has such rows; else they are new, and an effect of their own.
  const rest = (other: number): readonly number[] => (feature.other > 0 ? [other] : []);
  return [Float64Array.of(...feature.counts, ...rest(feature.other)), Float64Array.of(...later.counts, ...rest((later as typeof feature).other))];
}

function judge({ row, effects, bins, compared, spread, pValue }: ComparedFeature, adjustedPValue: number, cutoff: number, thresholds: DriftThresholds): DriftRow {
  const limits = { values: thresholds.psi, 'missing-rate': thresholds.missingRate, 'new-categories': thresholds.newCategories };
  const criticalValue = bins < 2 ? NaN : criticalIndex(bins, compared, cutoff / effects.length, spread);
  let [status, cause, least]: [DriftLevel, DriftCause | null, number] = ['stable', null, Infinity];
  for (const effect of effects) {
    const isChance = effects.length * effect.pValue > cutoff || (effect.cause === 'values' && effect.size < criticalValue);
    const level = isChance ? 'stable' : levelOf(effect.size, limits[effect.cause]);
    if (level === 'stable' || (status === 'significant' && level === 'moderate') || (status === level && effect.pValue >= least)) continue;
    [status, cause, least] = [level, effect.cause, effect.pValue];
  }
  return { ...row, status: status === 'stable' && row.reason !== null ? 'not-assessable' : status, cause, criticalValue, pValue, adjustedPValue };
}

function unmatched(feature: string, reason: UnassessableReason, importance: number | null, rows: Pair): DriftRow {
  return {
    feature, status: 'not-assessable', cause: null, reason, psi: NaN, criticalValue: NaN, pValue: NaN, adjustedPValue: NaN, ks: NaN, ksPValue: NaN, wasserstein: NaN,
    referenceMissingRate: NaN, missingRate: NaN, newCategories: NaN, referenceRows: rows[0], currentRows: rows[1], referenceEffectiveRows: NaN, effectiveRows: NaN, importance,
  };
}
